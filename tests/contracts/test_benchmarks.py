"""`make bench` writes every figure it prints to `benchmarks/results/`, as the contract says."""

from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"
SCRIPTS = sorted(path for path in BENCHMARKS.glob("*.py") if not path.name.startswith("_"))


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_a_benchmark_keeps_its_result_without_being_asked(script: Path) -> None:
    text = script.read_text()
    assert f"{script.stem}.json" in text
    for option in ("--write", "--save"):
        assert option not in text, "make bench gives no options"
