"""What the API shows is what is: no change goes unwritten, and none is written twice."""

from typing import Any

from hypothesis import given, settings

from callflows import events as e
from callflows.switchboard import Switchboard
from securityline import views
from securityline.logbook.entry import show_time
from securityline.views import StateDocuments, call_view, incident_view
from tests.securityline.test_recovery import CALLS, STORIES, offer, operators_at_work


class Shown:
    """What readers of the documents see, beside what is."""

    def __init__(self) -> None:
        self.board = Switchboard()
        self.documents = StateDocuments(self.board)
        self.written: dict[tuple[str, str], Any] = {}
        self.now = 1000.0

    def tell(self, event: e.Event) -> int:
        outcomes = self.board.handle(event, self.now)
        changed = self.documents.changed(event, outcomes, self.now)
        for document in changed:
            key = (document.kind, document.id)
            assert self.written.get(key) != document.data, "written without a change"
            self.written[key] = document.data
        return len(changed)

    def actual(self) -> dict[tuple[str, str], Any]:
        cases = {
            ("incident", k): incident_view(v, [self.board.trees[t] for t in v.tree_ids])
            for k, v in self.board.incidents.items()
        }
        calls = {("call", k): call_view(v) for k, v in self.board.calls.items()}
        return {**cases, **calls}


@settings(max_examples=150)
@given(STORIES)
def test_every_change_is_written_and_nothing_else(story: list[tuple[e.Event, float]]) -> None:
    shown = Shown()
    for event in operators_at_work():
        shown.tell(event)
    for event, pause in story:
        shown.now += pause
        shown.tell(event)
        actual = shown.actual()
        assert {key: shown.written.get(key) for key in actual} == actual


def test_times_are_shown_as_rfc_3339() -> None:
    assert show_time(None) is None
    assert show_time(1_767_225_600.1234) == "2026-01-01T00:00:00.123Z"


def test_what_is_long_over_is_forgotten(monkeypatch: Any) -> None:
    monkeypatch.setattr(views, "MOST_REMEMBERED", 2)
    shown = Shown()
    for number in range(3):
        shown.tell(offer(number))
    shown.documents._written |= {f"old-{number}": () for number in range(20)}
    shown.tell(e.LegEnded(leg_id=e.LegId(f"{CALLS[0]}-a"), cause=e.Cause.CANCELLED))
    assert not any(key.startswith("old") for key in shown.documents._written)
    assert CALLS[1] in shown.documents._written
