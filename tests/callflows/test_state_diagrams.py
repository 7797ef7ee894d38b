"""The diagrams in the documents are the tables."""

from pathlib import Path

from callflows.call import CallState
from callflows.switchboard import CALL_TABLE
from tools import state_diagrams


def test_the_page_is_fresh() -> None:
    assert state_diagrams.PAGE.read_text(encoding="utf-8") == state_diagrams.page(), (
        "run: python tools/state_diagrams.py"
    )


def test_every_transition_of_the_table_is_drawn() -> None:
    page = state_diagrams.page()
    for (state, event), transition in CALL_TABLE.items():
        for target in set(transition.to) - {state}:
            drawn = [
                line
                for line in page.splitlines()
                if line.strip().startswith(f"{state.value} --> {target.value}:")
            ]
            assert len(drawn) == 1
            assert event.__name__ in drawn[0]


def test_every_state_is_left_by_something_but_the_last() -> None:
    for state in set(CallState) - {CallState.ENDED}:
        targets = {t for (s, _), x in CALL_TABLE.items() if s is state for t in x.to}
        assert targets - {state}, state
    assert not any(x.to for (s, _), x in CALL_TABLE.items() if s is CallState.ENDED)


def test_a_stale_page_is_reported(tmp_path: Path, monkeypatch, capsys) -> None:  # type: ignore[no-untyped-def]
    stale = state_diagrams.ROOT / "docs" / "call-states.md"
    monkeypatch.setattr(state_diagrams, "ROOT", tmp_path)
    monkeypatch.setattr(state_diagrams, "PAGE", tmp_path / stale.name)
    monkeypatch.setattr("sys.argv", ["state_diagrams.py", "--check"])
    assert state_diagrams.main() == 1
    assert "is stale" in capsys.readouterr().err
    monkeypatch.setattr("sys.argv", ["state_diagrams.py"])
    assert state_diagrams.main() == 0
    monkeypatch.setattr("sys.argv", ["state_diagrams.py", "--check"])
    assert state_diagrams.main() == 0
