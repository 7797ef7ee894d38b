"""The tool that changes the code changes what it says, and nothing else."""

from pathlib import Path

import pytest

from tools import mutate

SOURCE = '''\
"""A module."""

LIMIT: int = 3


def check(x, y):
    """Say yes."""
    if x < LIMIT and not y:
        return True
    things[x] = -y  # no mutate: for the test
    work(x)
    return x + 1 if y else f"{x + 2}"
'''


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(mutate, "ROOT", tmp_path)
    path = tmp_path / "callflows" / "module.py"
    path.parent.mkdir()
    path.write_text(SOURCE, encoding="utf-8")
    return path


def test_every_kind_of_change_is_made_once(module: Path) -> None:
    assert [str(mutant) for mutant in mutate.mutants(module)] == [
        "callflows/module.py:3: 3  ->  4",
        "callflows/module.py:8: x < LIMIT and (not y)  ->  not (x < LIMIT and (not y))",
        "callflows/module.py:8: x < LIMIT and (not y)  ->  x < LIMIT or not y",
        "callflows/module.py:8: x < LIMIT  ->  x <= LIMIT",
        "callflows/module.py:8: not y  ->  y",
        "callflows/module.py:9: True  ->  False",
        "callflows/module.py:11: work(x)  ->  pass",
        "callflows/module.py:12: y  ->  not y",
        "callflows/module.py:12: x + 1  ->  x - 1",
        "callflows/module.py:12: 1  ->  2",
    ]


def test_each_change_is_undone_before_the_next(module: Path) -> None:
    import ast

    seen = [ast.unparse(ast.fix_missing_locations(m.tree)) for m in mutate.mutants(module)]
    original = ast.unparse(ast.parse(SOURCE))
    assert len(set(seen)) == len(seen)
    for text in seen:
        differing = [
            (a, b)
            for a, b in zip(original.splitlines(), text.splitlines(), strict=True)
            if a != b
        ]
        assert len(differing) == 1


def test_the_tests_of_a_file(module: Path, tmp_path: Path) -> None:
    assert mutate.tests_of("sip/uri.py") == ["tests/sip"]
    mirrored = tmp_path / "tests" / "sip" / "media" / "test_uri_parts.py"
    mirrored.parent.mkdir(parents=True)
    mirrored.touch()
    assert mutate.tests_of("sip/uri.py") == [str(mirrored)]
    assert mutate.tests_of("callflows/codec.py") == ["tests/stories", "tests/callflows"]
    assert (
        mutate.tests_of("callflows/module.py")[-1] == "--ignore=tests/callflows/test_codec.py"
    )


def test_the_sample_is_the_same_every_time(module: Path) -> None:
    def sample(size: int, seed: int) -> list[str]:
        return [str(mutant) for mutant in mutate._sample([module], size, seed)]

    assert sample(4, 1) == sample(4, 1)
    assert len(sample(4, 1)) == 4
    assert sample(4, 1) != sample(4, 2)
    assert len(sample(99, 1)) == 10


def test_the_vocabulary_is_left_alone() -> None:
    files = {path.name for path in mutate._files(["callflows"])}
    assert "search.py" in files
    assert not {"events.py", "commands.py"} & files
