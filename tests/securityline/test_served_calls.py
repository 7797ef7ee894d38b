"""The API lists the calls of people who serve themselves by key."""

from dataclasses import dataclass, field
from typing import Any

import pytest

from callflows import events as e
from securityline.served_calls import ServedCalls
from securityline.views import StateDocuments
from securityline.web.discretion import discreet_calls
from tests.stories.by_key import KeyLine
from tests.stories.line import Outcome


@dataclass
class Listed(KeyLine):
    """A line whose documents are written after each event, as the engine does."""

    written: dict[str, tuple[str | None, Any]] = field(default_factory=dict)
    documents: StateDocuments | None = None

    def _handle(self, event: e.Event) -> list[Outcome]:
        self.documents = self.documents or StateDocuments(self.switchboard)
        outcomes = super()._handle(event)
        for one in self.documents.changed(event, outcomes, self.now):
            if one.kind == "call":
                self.written[one.id] = (one.state, one.data)
        return outcomes


@pytest.fixture
def line() -> Listed:
    line = Listed()
    line.ready("ann")
    return line


def test_he_is_listed_while_he_serves_himself_and_when_it_is_over(line: Listed) -> None:
    line.installer_rings()
    [(call_id, (state, view))] = line.written.items()
    assert state == "active"
    assert (view["state"], view["service"], view["incident_id"]) == (
        "self_service", "installer", None,
    )  # fmt: skip
    assert view["ended_at"] is None
    line.tell(e.LegEnded(leg_id=line.leg, cause=e.Cause.HUNG_UP))
    state, view = line.written[call_id]
    assert (state, view["state"]) == ("ended", "ended")
    assert view["ended_at"] >= view["started_at"]
    assert "outcome" not in view


def test_whoever_wants_a_person_is_a_call_like_any_other_by_the_same_name(line: Listed) -> None:
    line.worker_rings()
    [call_id] = line.written
    line.keys("0")
    _, view = line.written[call_id]
    assert view["state"] == "offered"
    assert view["incident_id"]
    assert list(line.written) == [call_id]


def test_an_engine_that_starts_again_knows_whose_call_ended(line: Listed) -> None:
    line.worker_rings()
    [(call_id, _)] = line.written.items()
    later = ServedCalls(line.switchboard)
    [ended] = later.changed([e.SelfServiceEnded(call_id=e.CallId(call_id), outcome="")], 9e9)
    assert ended.state == "ended"
    assert ended.data["person"] == "piet"  # type: ignore[index]


def test_such_a_call_hides_with_no_case(line: Listed) -> None:
    line.installer_rings()
    views = [view for _, view in line.written.values()]
    assert discreet_calls(views, lambda case: case == "inc-silent") == views
