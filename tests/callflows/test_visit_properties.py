"""Supervisors on calls, in any order, with phones that fail: nobody is heard who must not be.

What must hold is checked by the pretend world after every event: a listener's phone is closed
and nobody hears him, a whisper reaches no caller, and caller and operator hear each other
whatever a supervisor does. The presses of services come along: they move the same people.
"""

from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, rule

from callflows import events as e
from callflows.events import CallId, OperatorId
from tests.callflows.test_service_properties import PEOPLE, AnyPress
from tests.stories.visits import Floor

SUPERVISORS = ("eva", "zoe")
everybody = st.sampled_from((*SUPERVISORS, *PEOPLE))
numbers = st.integers(0, 20)


class AnyVisit(AnyPress):
    """Two operators, two supervisors of whom one is not cleared for everything."""

    def __init__(self) -> None:
        super().__init__()
        self.room: Floor = Floor(is_slow_to_end=True)

    @initialize(is_cloned=st.booleans(), callers=st.integers(1, 2))
    def shift_begins(self, is_cloned: bool, callers: int) -> None:
        self.room.is_cloned = is_cloned
        self.room.supervisor("eva", clearances=("standard", "high_security"))
        self.room.supervisor("zoe")
        for who in PEOPLE:
            self.room.signs_in(who, clearances=("standard", "high_security"))
        self.room.ready(*PEOPLE)
        for number in range(callers):
            self.room.calls(clearance="high_security" if number else "standard")
        self.room.alarm()
        for who in PEOPLE[:callers]:
            if who in self.room.ringing():
                self.room.picks_up(who)

    @rule(
        who=everybody,
        number=numbers,
        mode=st.sampled_from(["listen", "whisper", "barge", "barge", "take_over"]),
    )
    def comes(self, who: str, number: int, mode: str) -> None:
        calls = list(self.room.switchboard.calls)
        self.room.comes(mode, calls[number % len(calls)], who)

    @rule(number=numbers)
    def a_supervisor_picks_up(self, number: int) -> None:
        rung = [
            v for v in self.room.switchboard.visits.values() if v.leg_id in self.room.phones
        ]
        if rung:
            phone = self.room.phones[rung[number % len(rung)].leg_id]
            if not phone.is_up:
                phone.is_up = True
                self.room.tell(e.LegAnswered(leg_id=phone.leg_id))

    @rule(who=everybody, to=everybody, number=numbers, talks_first=st.booleans())
    def transfers(self, who: str, to: str, number: int, talks_first: bool) -> None:
        calls = list(self.room.switchboard.calls)
        call = calls[number % len(calls)]
        self.room.transfers(who, to, call, talks_first=talks_first)

    @rule(who=everybody, number=numbers)
    def gives(self, who: str, number: int) -> None:
        calls = list(self.room.switchboard.calls)
        call_id = CallId(calls[number % len(calls)])
        self.room.tell(e.CallGiven(operator=OperatorId(who), call_id=call_id))

    @rule(who=everybody)
    def leaves(self, who: str) -> None:
        self.room.leaves(who)

    @rule(who=st.sampled_from(SUPERVISORS), role=st.sampled_from(["supervisor", "operator"]))
    def signs_in_anew(self, who: str, role: str) -> None:
        self.room.signs_in(who, clearances=("standard",), role=role)

    @rule(who=st.sampled_from(SUPERVISORS), is_gone=st.booleans())
    def goes(self, who: str, is_gone: bool) -> None:
        if is_gone:
            self.room.signs_out(who)
        else:
            self.room.station_down(who)

    @rule(number=numbers, command=st.sampled_from(["RingOperator", "Hear"]))
    def an_order_fails(self, number: int, command: str) -> None:
        known = list(self.room.switchboard.visits.values())
        if known:
            visit = known[number % len(known)]
            self.room.tell(e.CommandFailed(command=command, reason="x", leg_id=visit.leg_id))

    @invariant()
    def every_visit_ends_once(self) -> None:
        begun = [x.leg_id for x in self.room.all(e.VisitBegun)]
        assert len(begun) == len(set(begun))
        living = self.room.switchboard.visits.values()
        assert len({v.call_id for v in living}) == len(living), "two on one call"

    @invariant()
    def one_call_one_operator(self) -> None:
        for call in self.room.switchboard.calls.values():
            if call.state in ("talking", "held") and call.operator is not None:
                desk: Any = self.room.switchboard.operators[OperatorId(call.operator)]
                assert (desk.state, desk.call_id) == ("talking", CallId(call.call_id))


AnyVisit.TestCase.settings = settings(
    max_examples=200, stateful_step_count=50, deadline=None, derandomize=True
)
TestAnyVisit = AnyVisit.TestCase
del AnyPress
