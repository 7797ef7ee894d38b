"""A snapshot is exact: what is built from it cannot be told from what went on."""

import json
from typing import Any

import pytest

from callflows import events as e
from callflows.call import CallState
from callflows.events import CallId, IncidentId, OperatorId
from callflows.switchboard import Switchboard
from tests.callflows.situations import CALL, CALLS, CASE, closed
from tests.stories.line import AGGRESSION, CONSIGNE, Line


def through_json(state: dict[str, Any]) -> dict[str, Any]:
    """As a store would keep it, which may sort keys."""
    return dict(json.loads(json.dumps(state, sort_keys=True)))


@pytest.mark.parametrize("state", CallState)
def test_every_state_of_a_call_comes_back(state: CallState) -> None:
    line = CALLS[state]()
    restored = Switchboard.from_state(through_json(line.switchboard.to_state()))
    assert restored.to_state() == line.switchboard.to_state()
    assert restored.calls == line.switchboard.calls
    assert restored.incidents == line.switchboard.incidents
    assert restored.operators == line.switchboard.operators
    assert restored.next_deadline() == line.switchboard.next_deadline()
    assert [x.call_id for x in restored.waiting()] == [
        x.call_id for x in line.switchboard.waiting()
    ]


def test_an_empty_board() -> None:
    assert Switchboard.from_state(through_json(Switchboard().to_state())).calls == {}


def test_a_consigne_stands_in_it_once_however_many_follow_it() -> None:
    line = Line()
    for _ in range(5):
        line.calls()
    state = line.switchboard.to_state()
    assert len(state["procedures"]) == 1
    assert state["incidents"][4]["run"]["procedure"] == 0
    assert state["calls"][4]["offer"]["procedure"] == 0
    restored = Switchboard.from_state(through_json(state))
    first, second, *_ = restored.incidents.values()
    assert first.procedure == CONSIGNE
    assert first.procedure is second.procedure
    line.calls(procedure=None)
    assert line.switchboard.to_state()["calls"][5]["offer"]["procedure"] is None


def test_making_a_snapshot_changes_nothing() -> None:
    line = CALLS[CallState.OFFERED]()
    first = json.dumps(line.switchboard.to_state())
    assert json.dumps(line.switchboard.to_state()) == first
    assert line.switchboard.incidents[CASE].procedure == CONSIGNE


def test_earlier_consignes_and_what_was_recorded_come_back_in_order() -> None:
    line = CALLS[CallState.TALKING]()
    ann = OperatorId("ann")
    line.tell(e.StepAnswered(incident_id=CASE, operator=ann, step="facts", text="smoke"))
    line.tell(e.KindChosen(incident_id=CASE, operator=ann, kind="x", procedure=AGGRESSION))
    for step in ("safe", "inform", "safe"):
        line.tell(
            e.StepAnswered(incident_id=CASE, operator=ann, step=step, answer="yes", text="")
        )
    restored = Switchboard.from_state(through_json(line.switchboard.to_state()))
    incident = restored.incidents[CASE]
    assert [record.step for record in incident.run.done] == ["inform", "safe"]
    assert incident.earlier_runs[0].procedure == CONSIGNE
    assert incident.earlier_runs[0].records["facts"].text == "smoke"


def test_many_ringing_legs_keep_their_order() -> None:
    line = Line()
    names = [f"op{n:02}" for n in range(12)]
    line.ready(*names)
    line.calls()
    line.fast_forward(20)
    assert len(line.call(CALL).legs) == 12
    restored = Switchboard.from_state(through_json(line.switchboard.to_state()))
    event = e.LegEnded(leg_id=line.call(CALL).leg_id, cause=e.Cause.CANCELLED)
    assert restored.handle(event, line.now) == line.switchboard.handle(event, line.now)


def test_a_closed_case_is_forgotten_after_its_hour_also_by_the_restored() -> None:
    line = closed()
    restored = Switchboard.from_state(through_json(line.switchboard.to_state()))
    assert CASE in restored.incidents
    restored.handle(e.TrunkStateChanged(trunk="a", is_up=True), line.now + 3600)
    assert CASE not in restored.incidents
    assert CallId(CALL) not in restored.calls


def test_draining_comes_back() -> None:
    switchboard = Switchboard()
    switchboard.handle(e.EngineDraining(), 1.0)
    assert Switchboard.from_state(switchboard.to_state()).is_draining


@pytest.mark.parametrize(
    "broken",
    [
        {},
        {"version": 2},
        {"version": 1},
        {"version": 1, "incidents": None},
    ],
)
def test_what_is_no_state_of_ours_is_refused(broken: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="state"):
        Switchboard.from_state(broken)


@pytest.mark.parametrize("part", ["incidents", "calls", "operators", "procedures", "closed"])
def test_a_part_that_is_rubbish_is_refused(part: str) -> None:
    state = through_json(closed().switchboard.to_state())
    state[part] = ["rubbish"]
    with pytest.raises(ValueError, match=r"^state: "):
        Switchboard.from_state(state)


def test_a_case_whose_consigne_is_not_there_is_refused() -> None:
    state = through_json(CALLS[CallState.TALKING]().switchboard.to_state())
    state["procedures"] = []
    with pytest.raises(ValueError, match="state: IndexError"):
        Switchboard.from_state(state)


def test_the_deadline_of_a_forgotten_call_is_nobody_s() -> None:
    line = closed()
    line.fast_forward(3600)
    line.ready("ann")
    assert line.switchboard.next_deadline() is None
    assert IncidentId(CASE) not in line.switchboard.incidents
