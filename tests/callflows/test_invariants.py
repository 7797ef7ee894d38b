"""Whatever happens, in whatever order: what must always hold holds.

The pretend world of `tests.stories.line` checks after every event; here hypothesis writes
the stories.
"""

import dataclasses
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from callflows import commands as c
from callflows import events as e
from callflows.events import CallId, Cause, IncidentId, LegId, OperatorId, TreeId
from callflows.incident import DISPOSITIONS
from callflows.switchboard import Switchboard
from tests.stories.keyholders import NUMBERS, level, plan
from tests.stories.line import AGGRESSION, CONSIGNE, Phone
from tests.stories.services import INTRUSION, MEDICAL, POLICE, Room

OPERATORS = ("ann", "bob", "cas", "dan")
CLEARED = ("ann", "cas")
operators = st.sampled_from(OPERATORS)
numbers = st.integers(0, 30)
IN_A_CALL = (
    e.HoldPressed,
    e.HoldPressed,
    e.ResumePressed,
    e.ResumePressed,
    e.LegHeld,
    e.LegHeld,
    e.LegResumed,
    e.AudioLost,
    e.AudioBack,
    e.StationDown,
    e.StationUp,
    e.HangUpPressed,
    e.LegEnded,
    e.AnswerPressed,
    e.MachineSuspected,
    e.GreetingEnded,
    e.ConversationHeard,
)


class AnyStory(RuleBasedStateMachine):
    """Operators, callers, phones, clocks and faults, in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.line = Room(is_slow_to_end=True)
        self.ends_of_calls = 0
        self.called_now: set[str] = set()
        "Numbers that an operator had called, whatever the tree's own turn."

    # ------------------------------------------------ choosing

    def phone(self, number: int, *, is_caller: bool) -> Phone | None:
        found = [p for p in self.line.phones.values() if p.is_caller is is_caller]
        return found[number % len(found)] if found else None

    def call_id(self, number: int) -> CallId:
        known = list(self.line.switchboard.calls)
        return known[number % len(known)] if known else CallId("nobody's")

    def incident_id(self, number: int) -> IncidentId:
        known = list(self.line.switchboard.incidents)
        return known[number % len(known)] if known else IncidentId("none")

    def tell(self, event: e.Event) -> None:
        self.line.tell(event)

    @initialize(
        present=st.sets(operators),
        urgencies=st.lists(st.integers(1, 4), max_size=4),
        is_cloned=st.sampled_from([False, False, False, True]),
    )
    def shift_begins(self, present: set[str], urgencies: list[int], is_cloned: bool) -> None:
        """Sometimes every event is also told to a copy built from a snapshot before it."""
        self.line.is_cloned = is_cloned
        for who in sorted(present):
            self.signs_in(who, {"fr": 2})
            self.line.ready(who)
        for urgency in urgencies:
            self.line.calls(urgency=urgency)
            if urgency % 2 and (ringing := self.line.ringing(f"call-{len(urgencies)}")):
                self.line.picks_up(ringing[0])

    # ------------------------------------------------ operators

    @rule(who=operators, languages=st.sampled_from([{"fr": 3}, {"nl": 1}, {}]))
    def signs_in(self, who: str, languages: dict[str, int]) -> None:
        clearances: Any = ("standard", "high_security") if who in CLEARED else ("standard",)
        self.line.signs_in(who, languages, clearances)

    @rule(who=operators)
    def is_ready(self, who: str) -> None:
        self.line.ready(who)

    @rule(
        who=operators,
        kind=st.sampled_from(
            [e.OperatorReady, e.OperatorOnBreak, e.OperatorSignedOut, e.StationUp]
        ),
    )
    def changes(self, who: str, kind: Any) -> None:
        self.tell(kind(operator=OperatorId(who)))

    @rule(who=operators)
    def loses_his_phone(self, who: str) -> None:
        self.line.station_down(who)

    # ------------------------------------------------ callers

    @precondition(lambda self: len(self.line.phones) < 12)
    @rule(
        urgency=st.integers(1, 4),
        clearance=st.sampled_from(["standard", "standard", "high_security"]),
        while_ringing=st.sampled_from(["notice", "ringback"]),
        recording=st.sampled_from(["evidence", "none"]),
        fallback=st.sampled_from(["+3225550199", None, "112", "+32112"]),
        is_known=st.booleans(),
        language=st.sampled_from(["fr", "nl"]),
        old_case=st.none() | numbers,
    )
    def calls(
        self,
        urgency: int,
        clearance: str,
        while_ringing: str,
        recording: str,
        fallback: str | None,
        is_known: bool,
        language: str,
        old_case: int | None,
    ) -> None:
        case = {} if old_case is None else {"incident_id": self.incident_id(old_case)}
        self.line.calls(
            urgency=urgency,
            clearance=clearance,
            while_ringing=while_ringing,
            recording=recording,
            fallback_number=fallback,
            is_known_did=is_known,
            languages=(language,),
            **case,
        )

    @rule(number=numbers, cause=st.sampled_from(Cause))
    def caller_leaves(self, number: int, cause: Cause) -> None:
        if phone := self.phone(number, is_caller=True):
            self.tell(e.LegEnded(leg_id=phone.leg_id, cause=cause))

    @rule(
        number=numbers,
        is_caller=st.booleans(),
        kind=st.sampled_from([e.AudioLost, e.AudioBack, e.LegHeld, e.LegResumed, e.LegRinging]),
    )
    def leg_says(self, number: int, is_caller: bool, kind: Any) -> None:
        if phone := self.phone(number, is_caller=is_caller):
            self.tell(kind(leg_id=phone.leg_id))

    @rule(number=numbers, seconds=st.floats(0, 9))
    def notice_ends(self, number: int, seconds: float) -> None:
        if phone := self.phone(number, is_caller=True):
            self.tell(
                e.PromptEnded(
                    leg_id=phone.leg_id,
                    prompt="recording_notice",
                    played_time=seconds,
                    is_complete=True,
                )
            )

    # ------------------------------------------------ phones

    @rule(number=numbers)
    def picks_up(self, number: int) -> None:
        """Any phone that rings, also one that was told to stop a moment ago."""
        found = [p for p in self.line.phones.values() if not p.is_caller and not p.is_up]
        if found:
            phone = found[number % len(found)]
            phone.is_up = True
            self.tell(e.LegAnswered(leg_id=phone.leg_id))

    @rule(
        number=numbers,
        kinds=st.lists(st.sampled_from(IN_A_CALL), min_size=1, max_size=4),
        cause=st.sampled_from(Cause),
        seconds=st.sampled_from([0.0, 3.0, 21.0]),
        evidence=st.sampled_from(["long_greeting", "long_speech", "beep", "silence"]),
    )
    def things_happen_in_an_answered_call(
        self, number: int, kinds: list[Any], cause: Cause, seconds: float, evidence: str
    ) -> None:
        """Talk, hold and forwarding are rare in random stories; here they are not."""
        calls = [x for x in self.line.switchboard.calls.values() if x.operator_leg]
        calls = [x for x in calls if not x.is_over and not x.seeks]
        if not calls:
            self.picks_up(number)
            return
        call = calls[number % len(calls)]
        for kind in kinds:
            values = {
                "call_id": call.call_id,
                "leg_id": call.operator_leg or call.leg_id,
                "operator": call.operator or OperatorId("ann"),
                "reason": "gone",
                "cause": cause,
                "evidence": evidence,
            }
            names = {f.name for f in dataclasses.fields(kind)}
            self.tell(kind(**{k: v for k, v in values.items() if k in names}))
            self.line.fast_forward(seconds)

    @rule(number=numbers, cause=st.sampled_from(Cause))
    def phone_ends(self, number: int, cause: Cause) -> None:
        if phone := self.phone(number, is_caller=False):
            self.tell(e.LegEnded(leg_id=phone.leg_id, cause=cause))

    @rule()
    def phones_settle(self) -> None:
        self.line.settles()

    @rule(
        number=numbers,
        is_caller=st.booleans(),
        command=st.sampled_from(["RingOperator", "AnswerCaller", "Bridge", "HangUp", "Play"]),
    )
    def command_fails(self, number: int, is_caller: bool, command: str) -> None:
        phone = self.phone(number, is_caller=is_caller)
        if phone is None or (command == "AnswerCaller" and not is_caller):
            return
        if command in ("RingOperator", "HangUp") and not is_caller:
            self.line.phones.pop(phone.leg_id)
        elif command in ("RingOperator", "HangUp"):
            return
        self.tell(e.CommandFailed(command=command, reason="broke", leg_id=phone.leg_id))

    # ------------------------------------------------ the desk

    @rule(
        who=operators,
        number=numbers,
        button=st.sampled_from(
            [e.AnswerPressed, e.AnswerPressed, e.HangUpPressed, e.HoldPressed, e.ResumePressed]
        ),
    )
    def presses(self, who: str, number: int, button: Any) -> None:
        self.line.presses(button, who, self.call_id(number))

    @rule(
        number=numbers,
        to=operators,
        talks_first=st.booleans(),
        then=st.lists(
            st.sampled_from(
                [
                    "other picks up",
                    "other refuses",
                    "other hangs up",
                    "other breaks",
                    "other answers at his desk",
                    "other loses his phone",
                    "first gives",
                    "first hangs up",
                    "first takes back",
                    "first breaks",
                    "first loses his phone",
                    "caller leaves",
                    "restart",
                    "restart without the other",
                    "time",
                ]
            ),
            max_size=4,
        ),
    )
    def offers_his_caller(
        self, number: int, to: str, talks_first: bool, then: list[str]
    ) -> None:
        """Rare in random stories; whatever comes then, the caller is with somebody."""
        calls = [x for x in self.line.switchboard.calls.values() if x.operator]
        calls = [x for x in calls if x.state in ("talking", "held")]
        if not calls:
            return
        call = calls[number % len(calls)]
        first = str(call.operator)
        self.line.transfers(first, to, call.call_id, talks_first=talks_first)
        for what in then:
            self._goes_on(call.call_id, first, to, what)

    def _goes_on(self, call_id: CallId, first: str, to: str, what: str) -> None:
        call = self.line.call(call_id)
        phones = self.line.phones
        there = [leg for leg in phones if self.line.switchboard._board.legs.get(leg) == call_id]
        his = [leg for leg in there if phones[leg].whose == to]
        firsts = [leg for leg in there if phones[leg].whose == first]
        if what == "other picks up" and his and not phones[his[-1]].is_up:
            phones[his[-1]].is_up = True
            self.tell(e.LegAnswered(leg_id=his[-1]))
        elif what in ("other refuses", "other breaks") and his:
            cause = Cause.REFUSED if what == "other refuses" else Cause.FAILED
            self.tell(e.LegEnded(leg_id=his[-1], cause=cause))
        elif what == "first breaks" and firsts:
            self.tell(e.LegEnded(leg_id=firsts[-1], cause=Cause.FAILED))
        elif what == "caller leaves" and call.leg_id in phones:
            self.tell(e.LegEnded(leg_id=call.leg_id, cause=Cause.HUNG_UP))
        elif what == "restart":
            self.line.settles()
            self.line.restart()
        elif what == "restart without the other":
            self.line.settles()
            self.line.restart(surviving=[leg for leg in phones if leg not in his])
        elif what == "time":
            self.line.fast_forward(21)
        presses: dict[str, tuple[Any, str]] = {
            "other hangs up": (e.HangUpPressed, to),
            "other answers at his desk": (e.AnswerPressed, to),
            "first gives": (e.CallGiven, first),
            "first hangs up": (e.HangUpPressed, first),
            "first takes back": (e.ResumePressed, first),
        }
        if what in presses:
            self.line.presses(*presses[what], call_id)
        elif what.endswith("loses his phone"):
            self.line.station_down(first if what.startswith("first") else to)

    @rule(
        who=operators,
        number=numbers,
        seconds=st.sampled_from([-1.0, 5.0, 300.0, 5000.0]),
        then=st.sampled_from(["", "taken back", "caller leaves", "restart", "time", "lost"]),
        by=operators,
    )
    def parks_a_case(self, who: str, number: int, seconds: float, then: str, by: str) -> None:
        case = self.incident_id(number)
        if case not in self.line.switchboard.incidents:
            return
        calls = self.line.switchboard._board.calls_of(case)
        spoken = [x for x in calls if x.operator and x.state in ("talking", "held")]
        who = str(spoken[0].operator) if spoken else who
        self.tell(
            e.CaseParked(
                incident_id=case, operator=OperatorId(who), until=self.line.now + seconds
            )
        )
        if then == "taken back":
            self.tell(e.CaseUnparked(incident_id=case, operator=OperatorId(by)))
        elif then == "caller leaves" and spoken and spoken[0].leg_id in self.line.phones:
            self.tell(e.LegEnded(leg_id=spoken[0].leg_id, cause=Cause.HUNG_UP))
        elif then in ("restart", "lost"):
            self.line.settles()
            self.line.restart(surviving=None if then == "restart" else ())
        elif then == "time":
            self.line.fast_forward(301)

    @rule(who=operators, text=st.sampled_from(["", "a note"]))
    def hands_his_shift_over(self, who: str, text: str) -> None:
        self.tell(e.ShiftOffered(operator=OperatorId(who), text=text))

    @rule(who=operators, by=operators, number=numbers, is_withdrawn=st.booleans())
    def accepts_what_is_handed_over(
        self, who: str, by: str, number: int, is_withdrawn: bool
    ) -> None:
        known = self.line.switchboard.shift_lists.get(OperatorId(by))
        items = [one.thing.item for one in known.items] if known else ["note 1"]
        item = items[number % len(items)]
        if is_withdrawn and number == 0:
            self.tell(e.ShiftWithdrawn(operator=OperatorId(by)))
        self.tell(e.ShiftItemAccepted(operator=OperatorId(who), by=OperatorId(by), item=item))

    @rule(who=operators, number=numbers, urgency=st.integers(0, 5))
    def sets_urgency(self, who: str, number: int, urgency: int) -> None:
        case = self.incident_id(number)
        self.tell(e.UrgencySet(incident_id=case, operator=OperatorId(who), urgency=urgency))

    @rule(who=operators, number=numbers, procedure=st.sampled_from([AGGRESSION, CONSIGNE]))
    def chooses_kind(self, who: str, number: int, procedure: Any) -> None:
        case = self.incident_id(number)
        self.tell(
            e.KindChosen(
                incident_id=case,
                operator=OperatorId(who),
                kind=procedure.incident_kinds[0],
                procedure=procedure,
            )
        )

    @rule(
        who=operators,
        number=numbers,
        step=st.sampled_from(["facts", "safe", "police", "inform", "x"]),
        answer=st.sampled_from(["yes", "no", ""]),
    )
    def answers_step(self, who: str, number: int, step: str, answer: str) -> None:
        case = self.incident_id(number)
        self.tell(
            e.StepAnswered(
                incident_id=case, operator=OperatorId(who), step=step, answer=answer, text="?"
            )
        )

    @rule(who=operators, number=numbers, disposition=st.sampled_from([*DISPOSITIONS[:2], ""]))
    def closes(self, who: str, number: int, disposition: str) -> None:
        case = self.incident_id(number)
        self.tell(
            e.CloseRequested(
                incident_id=case, operator=OperatorId(who), disposition=disposition
            )
        )

    @rule(
        who=operators, number=numbers, press=st.sampled_from([e.CovertPressed, e.SpeakPressed])
    )
    def turns_covert(self, who: str, number: int, press: Any) -> None:
        self.tell(press(incident_id=self.incident_id(number), operator=OperatorId(who)))

    @rule(number=numbers, digit=st.sampled_from("0159#"))
    def caller_presses_a_key(self, number: int, digit: str) -> None:
        phone = self.phone(number, is_caller=True)
        if phone is not None:
            self.tell(e.DigitPressed(leg_id=phone.leg_id, digit=digit))

    @rule(who=operators, number=numbers, outcome=st.sampled_from(["good", "wrong", "duress"]))
    def says_a_code_word(self, who: str, number: int, outcome: Any) -> None:
        case = self.incident_id(number)
        self.tell(
            e.SecretChecked(
                incident_id=case,
                operator=OperatorId(who),
                person="p",
                name="P",
                outcome=outcome,
                procedure=AGGRESSION,
            )
        )
        incident = self.line.switchboard.incidents.get(case)
        if outcome == "duress" and incident is not None and incident.is_open:
            assert incident.silent_id is not None
            assert self.line.switchboard.incidents[incident.silent_id].is_under_duress

    # ------------------------------------------------ keyholders

    def tree_id(self, number: int) -> TreeId:
        known = list(self.line.switchboard.trees)
        return known[number % len(known)] if known else TreeId("none")

    def keyholder_leg(self, number: int) -> LegId:
        known = list(self.line.switchboard._board.tree_legs)
        return known[number % len(known)] if known else LegId("none")

    @precondition(lambda self: len(self.line.switchboard.trees) < 3)
    @rule(
        number=numbers,
        people=st.lists(st.sampled_from(["ann", "ben", "cas", "dan"]), max_size=4, unique=True),
        strategy=st.sampled_from(["in_order", "all_at_once", "overlapping"]),
        accept=st.sampled_from(["key", "pin"]),
        rounds=st.integers(1, 2),
    )
    def tree_starts(
        self, number: int, people: list[str], strategy: Any, accept: Any, rounds: int
    ) -> None:
        case = self.incident_id(number)
        tree_id = TreeId(f"{case}-t{len(self.line.switchboard.trees) + 1}")
        wanted = plan(level(*people, strategy=strategy, accept=accept), rounds=rounds)
        self.tell(e.CallTreeRequested(incident_id=case, tree_id=tree_id, plan=wanted))

    @rule(number=numbers, digits=st.sampled_from(["1", "2", "3", "0", "*", "12#"]))
    def keyholder_presses(self, number: int, digits: str) -> None:
        leg_id = self.keyholder_leg(number)
        phone = self.line.phones.get(leg_id)
        if phone is None or not phone.is_up:
            return
        for digit in digits:
            if not phone.is_asked_for_pin:
                self.tell(e.DigitPressed(leg_id=leg_id, digit=digit))

    @rule(
        number=numbers, outcome=st.sampled_from(["good", "wrong", "none", "expired", "duress"])
    )
    def pin_is_checked(self, number: int, outcome: Any) -> None:
        leg_id = self.keyholder_leg(number)
        phone = self.line.phones.get(leg_id)
        if phone is not None and phone.is_asked_for_pin:
            phone.is_asked_for_pin = False
            self.tell(e.PinChecked(leg_id=leg_id, outcome=outcome))

    @rule(number=numbers, kind=st.sampled_from([e.MachineSuspected, e.GreetingEnded]))
    def sounds_like_a_machine(self, number: int, kind: Any) -> None:
        self.tell(kind(leg_id=self.keyholder_leg(number)))

    @rule(number=numbers)
    def last_words_end(self, number: int) -> None:
        leg_id = self.keyholder_leg(number)
        tree = self.line.switchboard._board.tree_of(leg_id)
        attempt = tree.attempt(leg_id) if tree else None
        if attempt is not None and attempt.last_words:
            prompt = attempt.last_words[-1]
            self.tell(
                e.PromptEnded(leg_id=leg_id, prompt=prompt, played_time=2.0, is_complete=True)
            )

    @rule(
        number=numbers,
        who=operators,
        person=st.sampled_from(["ann", "ben", "dan", "nobody"]),
        press=st.sampled_from(
            [
                e.PauseTreePressed,
                e.ResumeTreePressed,
                e.SkipKeyholderPressed,
                e.JumpTreePressed,
                e.CallKeyholderPressed,
                e.StopTreePressed,
                e.ConfirmKeyholderPressed,
                e.JoinKeyholderPressed,
                e.JoinKeyholderPressed,
            ]
        ),
    )
    def presses_on_a_tree(self, number: int, who: str, person: str, press: Any) -> None:
        values = {
            "tree_id": self.tree_id(number),
            "operator": OperatorId(who),
            "person": person,
            "level": number % 2,
            "leg_id": self.keyholder_leg(number),
        }
        names = {f.name for f in dataclasses.fields(press)}
        if press is e.CallKeyholderPressed:
            self.called_now |= set(NUMBERS.get(person, ()))
        self.tell(press(**{k: v for k, v in values.items() if k in names}))

    @precondition(lambda self: len(self.line.phones) < 12)
    @rule(name=st.sampled_from(["ann", "dan"]))
    def keyholder_rings_in(self, name: str) -> None:
        self.line.calls(caller=NUMBERS[name][0])

    # ------------------------------------------------ alarms

    @rule(
        number=numbers,
        kind=st.sampled_from(["intrusion", "fire", "technical"]),
        zone=st.sampled_from(["", "1", "2"]),
        what=st.sampled_from([e.AlarmReceived, e.RestoreReceived, e.OpenCloseReceived]),
        procedure=st.sampled_from([AGGRESSION, CONSIGNE, INTRUSION, None]),
    )
    def panel_reports(
        self, number: int, kind: str, zone: str, what: Any, procedure: Any
    ) -> None:
        values: dict[str, Any] = {"urgency": 2, "procedure": procedure}
        self.tell(
            what(
                source="dc09",
                source_id=str(number),
                repeat_time=5.0,
                organisation="acme",
                site=f"site-{number % 3}",
                kind=kind,
                zone=zone,
                user="5",
                **(values if what is e.AlarmReceived else {}),
            )
        )

    @rule(who=operators, number=numbers)
    def takes_case(self, who: str, number: int) -> None:
        case = self.incident_id(number)
        self.tell(e.CaseTaken(incident_id=case, operator=OperatorId(who)))

    # ------------------------------------------------ emergency services

    def service_leg(self, number: int) -> LegId:
        known = list(self.line.switchboard.service_calls.values())
        return known[number % len(known)].leg_id if known else LegId("none")

    @rule(
        who=operators,
        number=numbers,
        service=st.sampled_from([POLICE, POLICE, MEDICAL]),
        attempt=st.integers(1, 3),
    )
    def presses_a_service(self, who: str, number: int, service: str, attempt: int) -> None:
        case = self.incident_id(number)
        before = len(self.line.all(c.DialService)), len(self.line.all(e.ServiceRefused))
        self.line.press(who, case, service, attempt=attempt)
        after = len(self.line.all(c.DialService)), len(self.line.all(e.ServiceRefused))
        assert after[0] - before[0] + after[1] - before[1] <= 1

    @rule(who=operators)
    def presses_for_his_own_call(self, who: str) -> None:
        """What an operator does with a person in danger on the line."""
        desk = self.line.switchboard.operators.get(OperatorId(who))
        call = self.line.switchboard.calls.get(desk.call_id) if desk and desk.call_id else None
        if call is not None:
            self.line.press(who, call.incident_id, POLICE)

    @rule(number=numbers, kind=st.sampled_from(["rings", "answers", "answers", "ends"]))
    def service_does(self, number: int, kind: str) -> None:
        phone = self.line.phones.get(self.service_leg(number))
        if phone is None:
            return
        if kind == "rings":
            self.tell(e.LegRinging(leg_id=phone.leg_id))
        elif kind == "answers":
            phone.is_up = True
            self.tell(e.LegAnswered(leg_id=phone.leg_id))
        else:
            self.tell(e.LegEnded(leg_id=phone.leg_id, cause=Cause.BUSY))

    @rule(who=operators, number=numbers)
    def presses_on_the_line_to_a_service(self, who: str, number: int) -> None:
        known = list(self.line.switchboard.service_calls.values())
        if known:
            service = known[number % len(known)]
            self.tell(
                e.ServiceHangUpPressed(
                    operator=OperatorId(who), service_call_id=service.service_call_id
                )
            )

    @rule(number=numbers)
    def the_alarm_is_verified(self, number: int) -> None:
        self.line.verifies("ann", self.incident_id(number))

    # ------------------------------------------------ time and faults

    @rule(seconds=st.sampled_from([0.0, 0.3, 1.9, 5.0, 10.0, 31.0, 200.0]))
    def time_passes(self, seconds: float) -> None:
        self.line.fast_forward(seconds)

    @rule(seconds=st.floats(0.001, 70))
    def an_odd_time_passes(self, seconds: float) -> None:
        self.line.fast_forward(seconds)

    @rule(dead=st.sets(numbers, max_size=4))
    def engine_is_killed(self, dead: set[int]) -> None:
        legs = list(self.line.phones)
        gone = {legs[n % len(legs)] for n in dead} if legs else set()
        self.line.restart(surviving=[leg for leg in legs if leg not in gone])

    @precondition(lambda self: not self.line.switchboard.is_draining)
    @rule()
    def engine_drains(self) -> None:
        self.tell(e.EngineDraining())

    @rule(number=numbers)
    def strangers_speak(self, number: int) -> None:
        leg_id = LegId(f"unknown-{number}")
        self.tell(e.LegAnswered(leg_id=leg_id))
        self.tell(e.LegEnded(leg_id=leg_id, cause=Cause.FAILED))
        self.tell(e.DeadlineReached(incident_id=IncidentId(f"unknown-{number}")))

    # ------------------------------------------------ what must hold

    @invariant()
    def trees_go_on(self) -> None:
        """A tree that runs waits for something, and nobody is rung at two phones in order."""
        board = self.line.switchboard._board
        for tree in board.trees.values():
            assert tree.is_over or tree.deadline is not None
            ringing = [attempt.number for attempt in tree.live if attempt.is_ringing]
            assert len(ringing) == len(set(ringing)), "one telephone, two calls of one tree"
            for attempt in tree.live:
                assert board.tree_legs[attempt.leg_id] == tree.tree_id
            if tree.state == "taken":
                assert set(ringing) <= self.called_now, "still ringing after it was taken"

    @invariant()
    def services_are_called_by_people(self) -> None:
        """Whatever happened: no call to a service without a press of its own, none doubled."""
        board = self.line.switchboard._board
        for case in {x.incident_id for x in board.service_calls.values()}:
            living = [x.service for x in board.services_of(case) if not x.is_over]
            assert len(living) == len(set(living)), "two lines to one service for one case"
        pressed = len(self.line.all(e.ServicePressed))
        assert len(self.line.all(c.DialService)) <= pressed
        for service in board.service_calls.values():
            is_waiting = service.asked_at is not None and service.answered_at is None
            assert service.is_over or not is_waiting or service.deadline is not None

    @invariant()
    def queue_is_in_order(self) -> None:
        waiting = self.line.switchboard.waiting()
        assert sorted(x.call_id for x in waiting) == sorted(
            x.call_id for x in self.line.switchboard.calls.values() if x.is_queued
        )

    def teardown(self) -> None:
        """Replay the log: the same events at the same times give the same outcomes."""
        replayed = Switchboard()
        expected: list[Any] = []
        outcomes: list[Any] = []
        for now, what in self.line.said:
            if isinstance(what, e.Event):
                assert outcomes == expected
                outcomes, expected = list(replayed.handle(what, now)), []
            else:
                expected.append(what)
        assert outcomes == expected
        assert replayed.to_state() == self.line.switchboard.to_state()


AnyStory.TestCase.settings = settings(
    max_examples=150, stateful_step_count=60, deadline=None, derandomize=True
)
TestAnyStory = AnyStory.TestCase
