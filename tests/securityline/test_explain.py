"""`securityline explain`: decisions of a real book, made again."""

from pathlib import Path

import pytest

from tests.securityline.books import append, running
from tests.securityline.test_cli import run
from tests.securityline.web.rig import POSTES, house


async def night(folder: Path) -> tuple[str, str]:
    """Two callers, two operators; returns case and call of the first."""
    async with house(folder) as home:
        home.sign_in("op-1", "op-2", "op-4")
        first = home.ring(POSTES)
        home.pass_time(11)
        home.ring(POSTES)
        await home.settled()
    return first[0], first[1]


async def test_every_decision_of_a_night_comes_out_the_same(tmp_path: Path) -> None:
    case, call = await night(tmp_path)
    result = run("explain", tmp_path / "book")
    lines = result.output.splitlines()
    assert result.exit_code == 0, result.output
    assert len(lines) >= 3
    assert all("(same): " in line for line in lines)
    assert "excluded" in lines[-1]
    of_case = run("explain", tmp_path / "book", case).output
    assert of_case
    assert of_case == run("explain", tmp_path / "book", call).output
    assert set(of_case.splitlines()) < set(lines)


async def test_a_decision_that_does_not_come_out_the_same_is_named(tmp_path: Path) -> None:
    reading = {"state": "ready", "skill": 1, "idle": 5.0, "excluded": ""}
    wrong = {
        "call_id": "c",
        "operators": ["worse"],
        "reason": "Worse: fr 1, idle 5 s; first offer",
        "takes": "best",
        "languages": ["fr"],
        "considered": [
            {"operator": "worse"} | reading,
            {"operator": "best"} | reading | {"skill": 3},
        ],
    }
    async with running(tmp_path) as book:
        await append(book, [("fact", "inc", "OperatorChosen", wrong)])
    result = run("explain", tmp_path)
    assert result.exit_code == 1
    assert "c: worse (DIFFERENT, today best): Worse" in result.output


@pytest.mark.parametrize("which", [None, "nothing"])
async def test_a_book_without_decisions_is_no_success(
    tmp_path: Path, which: str | None
) -> None:
    async with running(tmp_path):
        pass
    assert run("explain", tmp_path, *([which] if which else [])).exit_code == 1


def test_no_book_is_one_sentence(tmp_path: Path) -> None:
    result = run("explain", tmp_path / "none")
    assert isinstance(result.exception, FileNotFoundError)
