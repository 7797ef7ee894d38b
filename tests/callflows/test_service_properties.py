"""Two operators, two callers, an alarm and a button for the police: whatever they press.

What must hold is checked by the pretend world after every event: no service is dialled
without a press of an operator who is on the line, none twice at once, none is ever played a
recording, and nobody is left in silence.
"""

from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from callflows import commands as c
from callflows import events as e
from callflows.events import Cause, LegId, OperatorId
from tests.stories.line import AGGRESSION, Phone
from tests.stories.services import MEDICAL, POLICE, Room

PEOPLE = ("ann", "bob")
people = st.sampled_from(PEOPLE)
services = st.sampled_from([POLICE, MEDICAL])
numbers = st.integers(0, 20)
SOMEBODY = ("+32470000061", "+32470000062")
CAUSES = st.sampled_from([Cause.HUNG_UP, Cause.BUSY, Cause.FAILED, Cause.UNREACHABLE])


class AnyPress(RuleBasedStateMachine):
    """Operators who call services, in any order, with phones that fail."""

    def __init__(self) -> None:
        super().__init__()
        self.room = Room(is_slow_to_end=True)

    @initialize(is_cloned=st.booleans(), callers=st.integers(0, 2))
    def shift_begins(self, is_cloned: bool, callers: int) -> None:
        self.room.is_cloned = is_cloned
        self.room.ready(*PEOPLE)
        for _ in range(callers):
            self.room.calls(procedure=AGGRESSION)
        self.room.alarm()
        for who in PEOPLE[:callers]:
            if who in self.room.ringing():
                self.room.picks_up(who)

    def phone(self, number: int) -> Phone | None:
        living = list(self.room.phones.values())
        return living[number % len(living)] if living else None

    @rule(who=people, number=numbers, service=services, attempt=st.sampled_from([1, 1, 2, 3]))
    def presses(self, who: str, number: int, service: str, attempt: int) -> None:
        cases = list(self.room.switchboard.incidents)
        self.room.press(who, cases[number % len(cases)], service, attempt=attempt)

    @rule(who=people, service=services)
    def presses_in_his_call(self, who: str, service: str) -> None:
        desk = self.room.switchboard.operators[OperatorId(who)]
        if desk.call_id is None:
            return
        case = self.room.call(desk.call_id).incident_id
        made = self.room.switchboard._board.services_of(case)
        attempt = sum(x.service == service for x in made) + 1
        self.room.press(who, case, service, attempt=attempt)

    @rule(who=people, number=numbers, whom=st.sampled_from(SOMEBODY))
    def calls_somebody(self, who: str, number: int, whom: str) -> None:
        cases = list(self.room.switchboard.incidents)
        self.room.tell(
            e.PersonCallPressed(
                incident_id=cases[number % len(cases)],
                operator=OperatorId(who),
                number=whom,
                name="Jan",
                presented_number="+3225550100",
            )
        )

    @rule(number=numbers)
    def picks_up(self, number: int) -> None:
        phone = self.phone(number)
        if phone is not None and not phone.is_up and not phone.is_caller:
            phone.is_up = True
            self.room.tell(e.LegAnswered(leg_id=phone.leg_id))

    @rule(number=numbers)
    def rings(self, number: int) -> None:
        if phone := self.phone(number):
            self.room.tell(e.LegRinging(leg_id=phone.leg_id))

    @rule(number=numbers, cause=CAUSES)
    def ends(self, number: int, cause: Cause) -> None:
        if phone := self.phone(number):
            self.room.tell(e.LegEnded(leg_id=phone.leg_id, cause=cause))

    @rule(
        who=people,
        press=st.sampled_from(
            [e.HoldPressed, e.ResumePressed, e.ResumePressed, e.HangUpPressed]
        ),
    )
    def presses_on_his_call(self, who: str, press: Any) -> None:
        desk = self.room.switchboard.operators[OperatorId(who)]
        if desk.call_id is not None:
            self.room.presses(press, who, desk.call_id)

    @rule(number=numbers, kind=st.sampled_from([e.LegHeld, e.LegResumed, e.AudioLost]))
    def a_phone_says(self, number: int, kind: Any) -> None:
        if phone := self.phone(number):
            self.room.tell(kind(leg_id=phone.leg_id))

    @rule(who=people, number=numbers)
    def ends_the_line(self, who: str, number: int) -> None:
        known = list(self.room.switchboard.service_calls)
        if known:
            self.room.tell(
                e.ServiceHangUpPressed(
                    operator=OperatorId(who), service_call_id=known[number % len(known)]
                )
            )

    @rule(who=people, kind=st.sampled_from([e.OperatorReady, e.OperatorOnBreak]))
    def changes(self, who: str, kind: Any) -> None:
        self.room.tell(kind(operator=OperatorId(who)))

    @rule(who=people)
    def loses_his_phone(self, who: str) -> None:
        self.room.station_down(who)
        self.room.station_up(who)

    @rule(number=numbers)
    def fails(self, number: int) -> None:
        phone = self.phone(number)
        if phone is None or phone.whose not in (POLICE, MEDICAL) or phone.is_up:
            return
        self.room.tell(e.CommandFailed(command="DialService", reason="x", leg_id=phone.leg_id))
        self.room.phones.pop(phone.leg_id, None)

    @rule(dead=st.sets(numbers, max_size=2))
    def engine_is_killed(self, dead: set[int]) -> None:
        legs = list(self.room.phones)
        gone = {legs[n % len(legs)] for n in dead} if legs else set()
        self.room.restart(surviving=[leg for leg in legs if leg not in gone])

    @rule(seconds=st.sampled_from([0.5, 2.0, 5.0, 61.0]))
    def time_passes(self, seconds: float) -> None:
        self.room.fast_forward(seconds)

    @rule()
    def everything_settles(self) -> None:
        self.room.settles()

    @invariant()
    def one_line_by_one_press(self) -> None:
        board = self.room.switchboard._board
        taken = len(self.room.all(e.ServicePressed)) - len(self.room.all(e.ServiceRefused))
        assert len(board.service_calls) == taken
        assert len(self.room.all(c.DialService)) <= taken
        for case in {x.incident_id for x in board.service_calls.values()}:
            living = [x.service for x in board.services_of(case) if not x.is_over]
            assert len(living) == len(set(living))
        for service in board.service_calls.values():
            call = board.calls[service.call_id]
            assert service.is_over or not call.is_over, "it goes on in a call that is over"
            if not service.is_over and service.asked_at is not None:
                assert board.legs[LegId(service.leg_id)] == call.call_id
                where = (call.leg_id, call.consulted, *call.guests)
                assert service.leg_id in where, "nobody speaks with it"

    @invariant()
    def whom_an_operator_calls_is_called_once(self) -> None:
        """Only when he is on the line, never by a second press, and nobody is forgotten."""
        board = self.room.switchboard._board
        taken = len(self.room.all(e.PersonCalled))
        asked = len(self.room.all(e.PersonCallPressed))
        assert asked == taken + len(self.room.all(e.PersonCallRefused))
        dialled = [x for x in self.room.all(c.DialNumber) if x.number in SOMEBODY]
        assert len({x.call_id for x in dialled}) == len(dialled) <= taken
        assert all(call.legs and not call.is_over for call in board.summoning.values())
        living = [x for x in board.calls.values() if x.dialled_by and not x.is_over]
        assert len({x.caller for x in living}) == len(living)

    def teardown(self) -> None:
        """Every end is said once."""
        said = [*self.room.all(e.ServiceEnded), *self.room.all(e.ServiceFailed)]
        ends = [fact.service_call_id for fact in said]
        assert len(ends) == len(set(ends))


AnyPress.TestCase.settings = settings(
    max_examples=200, stateful_step_count=50, deadline=None, derandomize=True
)
TestAnyPress = AnyPress.TestCase
