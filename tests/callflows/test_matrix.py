"""Every state meets every event: handled as its table says, or noted; never an exception."""

from typing import Any

import pytest

from callflows import events as e
from callflows import keyholder, service_calls, shift, visiting
from callflows.call import CallState
from callflows.call_moves import MOVES
from callflows.call_tree import AttemptState, TreeState
from callflows.incident import IncidentState
from callflows.operators import DeskState
from callflows.service_call import OVER, ServiceCallState
from callflows.switchboard import CALL_TABLE, CASE_TABLE, ROUTES
from callflows.visit import VisitState
from tests.callflows.each import each
from tests.callflows.situations import (
    ANN,
    ATTEMPTS,
    CALL,
    CALLS,
    CASE,
    CASES,
    DESKS,
    EVENTS,
    SERVICES,
    TRANSFERS,
    TREES,
    VISITS,
    examples,
    shift_offered,
    subject,
)
from tests.stories.line import Line


def tell(line: Line, event: e.Event) -> list[Any]:
    """Tell an event; the line checks that nothing broke and everything holds."""
    if isinstance(event, e.LegAnswered) and event.leg_id in line.phones:
        line.phones[event.leg_id].is_up = True
    return line.tell(event)


@each(EVENTS)
@pytest.mark.parametrize("state", CallState)
def test_every_state_of_a_call_meets_every_event(state: CallState, kind: type[e.Event]) -> None:
    for event in list(examples(kind, CALLS[state]())):
        line = CALLS[state]()
        assert line.call(subject(state)).state is state
        known = set(line.switchboard._board.legs)
        outcomes = tell(line, event)
        after = line.call(subject(state)).state
        is_about_call = (
            line.switchboard._board.legs.get(getattr(event, "leg_id", "")) == (subject(state))
            and getattr(event, "leg_id", None) in known
        )
        if is_about_call and ROUTES.get(kind) and (state, kind) not in CALL_TABLE:
            assert [type(x) for x in outcomes] == [e.Ignored]
            assert after is state
        if (state, kind) in CALL_TABLE and is_about_call:
            allowed = {state, *CALL_TABLE[state, kind].to}
            allowed |= {b for (a, b) in MOVES if a in allowed}
            assert after in allowed


@each(EVENTS)
@pytest.mark.parametrize("stage", TRANSFERS)
def test_a_caller_on_his_way_to_another_operator_meets_every_event(
    stage: str, kind: type[e.Event]
) -> None:
    for event in list(examples(kind, TRANSFERS[stage]())):
        line = TRANSFERS[stage]()
        tell(line, event)
        line.fast_forward(60)  # whatever happened, nobody is left between two operators
        call = line.call(CALL)
        assert call.transfer is None or call.transfer.is_up
        assert call.is_over or call.seeks or call.operator or call.state is CallState.FORWARDED


@each(EVENTS)
@pytest.mark.parametrize("state", DeskState)
def test_every_state_of_an_operator_meets_every_event(
    state: DeskState, kind: type[e.Event]
) -> None:
    for event in list(examples(kind, DESKS[state]())):
        line = DESKS[state]()
        assert line.state_of("ann") == state.value
        outcomes = tell(line, event)
        if (
            getattr(event, "operator", "") == ANN
            and ROUTES.get(kind) is ROUTES[e.OperatorReady]
        ):
            if (state, kind) not in shift.TABLE:
                assert [type(x) for x in outcomes] == [e.Ignored]
                assert line.state_of("ann") == state.value
            else:
                # Free operators are rung, and called operators answer, within one event.
                allowed = {state, *shift.TABLE[state, kind].to}
                if DeskState.READY in allowed:
                    allowed.add(DeskState.RINGING)
                assert DeskState(line.state_of("ann")) in allowed


@each(EVENTS)
@pytest.mark.parametrize("state", IncidentState)
def test_every_state_of_a_case_meets_every_event(
    state: IncidentState, kind: type[e.Event]
) -> None:
    for event in list(examples(kind, CASES[state]())):
        line = CASES[state]()
        assert line.switchboard.incidents[CASE].state is state
        outcomes = tell(line, event)
        after = line.switchboard.incidents[CASE].state
        if kind in ROUTES or event.incident_id != CASE:
            assert after is state
        elif (state, kind) not in CASE_TABLE:
            assert [type(x) for x in outcomes] == [e.Ignored]
            assert after is state
        else:
            assert after in {state, *CASE_TABLE[state, kind].to}


@each(EVENTS)
@pytest.mark.parametrize("state", AttemptState)
def test_every_state_of_a_call_to_a_keyholder_meets_every_event(
    state: AttemptState, kind: type[e.Event]
) -> None:
    for event in list(examples(kind, ATTEMPTS[state]())):
        night = ATTEMPTS[state]()
        attempt = night.attempt("ann")
        assert attempt.state is state
        is_his = getattr(event, "leg_id", None) == attempt.leg_id
        outcomes = tell(night, event)
        if not is_his or kind not in {known for _, known in keyholder.TABLE}:
            continue
        if (state, kind) not in keyholder.TABLE:
            assert [type(x) for x in outcomes] == [e.Ignored]
        else:
            assert attempt.state in {state, *keyholder.TABLE[state, kind].to, *LATER}


LATER = (AttemptState.OVER,)
"A call that is told to end is over once the phone says so, within the same story's step."


@each(EVENTS)
@pytest.mark.parametrize("state", TreeState)
def test_every_state_of_a_tree_meets_every_event(state: TreeState, kind: type[e.Event]) -> None:
    for event in list(examples(kind, TREES[state]())):
        night = TREES[state]()
        assert night.tree.state is state
        tell(night, event)
        if state is TreeState.TAKEN:
            assert night.tree.state is TreeState.TAKEN, "what is taken stays taken"
        assert night.tree.is_over or night.tree.deadline is not None, "it waits for nothing"


@each(EVENTS)
@pytest.mark.parametrize("state", SERVICES, ids=lambda state: " ".join(state))
def test_every_state_of_a_call_to_a_service_meets_every_event(
    state: tuple[ServiceCallState, str], kind: type[e.Event]
) -> None:
    for event in list(examples(kind, SERVICES[state]())):
        room = SERVICES[state]()
        service = room.service()
        assert service.state is state[0]
        known = service_calls.TABLE.get((state[0], kind))
        allowed = {state[0], *(known.to if known else ())}
        allowed |= {b for (a, b) in service_calls.MOVES if a in allowed}
        tell(room, event)
        assert room.service(0).state in allowed
        is_waiting = service.state in (ServiceCallState.DIALLED, ServiceCallState.RINGING)
        assert not is_waiting or service.deadline is not None, "it waits for nothing"
        assert service.state not in OVER or service.deadline is None


@each(EVENTS)
@pytest.mark.parametrize("state", VISITS, ids=lambda state: " ".join(state))
def test_every_state_of_a_supervisor_s_visit_meets_every_event(
    state: tuple[VisitState, str], kind: type[e.Event]
) -> None:
    for event in list(examples(kind, VISITS[state]())):
        room = VISITS[state]()
        visit = room.visit()
        assert visit.state is state[0]
        is_its_own = getattr(event, "leg_id", None) == visit.leg_id
        outcomes = tell(room, event)
        known = visiting.TABLE.get((state[0], kind))
        if is_its_own and ROUTES.get(kind) is ROUTES[e.LegEnded] and known is None:
            assert [type(x) for x in outcomes] == [e.Ignored]
        if visit.leg_id in room.switchboard.visits:
            allowed = {state[0], *(known.to if known else ())}
            assert visit.state in allowed
            assert visit.state is not VisitState.SUMMONING or visit.deadline is not None
        else:
            is_told = [x for x in room.all(e.VisitEnded) if x.call_id == visit.call_id]
            assert is_told or room.all(e.CallTakenOver), "a visit ended and nothing says so"


@each(EVENTS)
def test_a_list_of_a_shift_meets_every_event(kind: type[e.Event]) -> None:
    for event in list(examples(kind, shift_offered())):
        line = shift_offered()
        tell(line, event)
        case, lists = line.switchboard.incidents[CASE], line.switchboard.shift_lists
        assert case.owner, "a case is somebody's at every moment"
        is_accepted = kind is e.ShiftItemAccepted and event.operator == ANN
        if case.is_open and case.owner != "bob" and kind not in TAKES:
            assert is_accepted, "it went to another without being accepted"
        left = [one.thing.item for known in lists.values() for one in known.waiting]
        assert (f"case {CASE}" in left) <= (case.owner == "bob")


TAKES = (e.CaseTaken, e.ServicePressed)
"By these a case becomes somebody else's as well."


def test_an_event_of_a_class_nobody_knows_is_noted() -> None:
    class Unheard(e.Event):
        """What a later version may bring."""

    line = CALLS[CallState.TALKING]()
    assert line.tell(Unheard(incident_id=CASE)) == [
        e.Ignored(incident_id=CASE, event="Unheard", state="open")
    ]
    assert line.tell(Unheard()) == [e.Ignored(event="Unheard", state="unknown incident")]


def test_every_class_of_event_goes_somewhere() -> None:
    by_case = {kind for _, kind in CASE_TABLE}
    assert set(EVENTS) == set(ROUTES) | by_case
    assert not set(ROUTES) & by_case


def test_no_flow_has_more_than_nine_states() -> None:
    machines = (CallState, DeskState, IncidentState, AttemptState, TreeState, ServiceCallState)
    machines += (VisitState,)
    for states in machines:
        assert len(list(states)) <= 9  # about eight: a parked caller is neither held nor lost


def test_a_defect_in_a_rule_takes_no_other_call_down(monkeypatch: pytest.MonkeyPatch) -> None:
    line = CALLS[CallState.TALKING]()
    state = line.switchboard.calls[CALL].state

    def broken(*_: object) -> bool:
        raise KeyError("a defect")

    table = {(state, e.LegRinging): type(CALL_TABLE[state, e.LegEnded])(broken)}
    monkeypatch.setattr("callflows.switchboard.CALL_TABLE", CALL_TABLE | table)
    event = e.LegRinging(leg_id=line.call(CALL).leg_id)
    assert line.switchboard.handle(event, line.now) == [
        e.FlowFailed(event="LegRinging", reason="KeyError: 'a defect'")
    ]
    assert [type(x) for x in line.gives_up(CALL)][-2:] == [e.CallEnded, e.OperatorStateChanged]


def test_a_defect_in_the_search_is_met_once_and_not_with_every_event(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    line = CALLS[CallState.WAITING]()

    def broken(_: object) -> None:
        raise RuntimeError("a defect")

    monkeypatch.setattr("callflows.switchboard.settle", broken)
    failed = line.switchboard.handle(e.OperatorReady(operator=ANN), line.now)
    assert isinstance(failed[-1], e.FlowFailed)
    leg_id = line.call(CALL).leg_id
    assert line.switchboard.handle(e.LegRinging(leg_id=leg_id), line.now) == []
