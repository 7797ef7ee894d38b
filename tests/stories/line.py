"""The switchboard on a table: real rules, pretend phones, pretend time.

`Line` tells events, carries commands out in a pretend telephone world, and after every
event checks what must always hold. A story reads like what happened; a broken promise
fails in whatever story meets it.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from callflows import commands as c
from callflows import events as e
from callflows import shift
from callflows.alerting import late_times
from callflows.call import CallState, InboundCall, Sound
from callflows.call_moves import MOVES as CALL_MOVES
from callflows.deadlines import deadline_of
from callflows.events import CallId, Cause, IncidentId, LegId, OperatorId
from callflows.operators import MOVES as DESK_MOVES
from callflows.operators import DeskState
from callflows.switchboard import CALL_TABLE, Outcome, Switchboard
from callflows.visit import Visit
from client_directory.model import Answer, Clearance, Procedure, Step
from client_directory.numbers import is_emergency_number

T = TypeVar("T")

AT_SOMEBODY_S = (
    CallState.TALKING,
    CallState.HELD,
    CallState.DIALLING,
    CallState.FORWARDED,
)

DID = "+3225550100"
CALLER = "+32470000001"
FALLBACK = "+3225550199"

CONSIGNE = Procedure(
    procedure="default",
    version=1,
    incident_kinds=("other",),
    title={"fr": "Procédure générale", "nl": "Algemene procedure"},
    urgency=3,
    steps=(
        Step(
            step="facts",
            ask={"fr": "Que s'est-il passé ?"},
            answers="free_text",
            is_required=True,
            go_to="end",
        ),
    ),
)

AGGRESSION = Procedure(
    procedure="aggression",
    version=3,
    incident_kinds=("aggression",),
    title={"fr": "Agression physique"},
    urgency=1,
    steps=(
        Step(
            step="safe",
            ask={"fr": "Êtes-vous en sécurité ?"},
            is_required=True,
            answers=(
                Answer(answer="yes", go_to="inform"),
                Answer(answer="no", set_urgency=1, go_to="police"),
            ),
        ),
        Step(step="police", do={"call_service": "police"}, is_required=True, go_to="inform"),
        Step(step="inform", do={"start_call_tree": "x"}, is_required=True, go_to="end"),
    ),
)


@dataclass(slots=True)
class Phone:
    """One leg in the pretend world."""

    leg_id: LegId
    whose: str
    is_caller: bool = False
    is_up: bool = False
    is_told_to_end: bool = False
    is_muted: bool = False
    "What it sends is dropped unheard."
    is_asked_for_pin: bool = False
    "The next keys are his PIN, and reach no log."
    is_covert: bool = False
    "It hears silence, whatever it is ordered to hear."
    hears: Any = "nothing"
    "A `Play`, the leg it is bridged to, `ringback` from the network, or `nothing`."


@dataclass(slots=True)
class Line:
    """Drive the switchboard through its doors and look at what comes out."""

    switchboard: Switchboard = field(default_factory=Switchboard)
    now: float = 1000.0
    phones: dict[LegId, Phone] = field(default_factory=dict)
    "Legs that live."
    said: list[tuple[float, Any]] = field(default_factory=list)
    "Every event and outcome, in order."
    recordings: dict[str, str] = field(default_factory=dict)
    "Recording to `running` or `stopped`."
    ends: dict[CallId, int] = field(default_factory=dict)
    "How often each call was said to have ended."
    is_slow_to_end: bool = False
    "Phones that are hung up say so only when the story says `settles`."
    is_cloned: bool = False
    "A copy made from a snapshot must say the same to every event."
    calls_made: int = 0
    machines: dict[CallId, set[float]] = field(default_factory=dict)
    "When a fallback number was picked up and nobody was there, for each call."
    unproved: dict[CallId, set[float]] = field(default_factory=dict)
    "When it was picked up and nobody was known to be there."
    owned: set[IncidentId] = field(default_factory=set)
    "Cases that have been somebody's."
    desk_states: dict[OperatorId, DeskState] = field(default_factory=dict)

    # ------------------------------------------------ telling

    def tell(self, event: e.Event) -> list[Outcome]:
        """Let something happen; return what came of it directly."""
        outcomes = self._handle(event)
        if not self.is_slow_to_end:
            self.settles()
        return outcomes

    def settles(self) -> None:
        """Let every phone that was told to end say that it has."""
        while told := [p for p in self.phones.values() if p.is_told_to_end]:
            for phone in told:
                self._handle(e.LegEnded(leg_id=phone.leg_id, cause=Cause.RELEASED))

    def _handle(self, event: e.Event) -> list[Outcome]:
        states = {call.call_id: call.state for call in self.switchboard.calls.values()}
        clone = self._clone() if self.is_cloned else None
        outcomes = self.switchboard.handle(event, self.now)
        if clone is not None:
            assert clone.handle(event, self.now) == outcomes, "a restored copy differs"
            assert clone.to_state() == self.switchboard.to_state()
            assert clone.next_deadline() == self.switchboard.next_deadline()
        self.said.append((self.now, event))
        if isinstance(event, e.CallOffered) and event.call_id not in states:
            phone = Phone(event.leg_id, event.call_id, is_caller=True, is_up=event.is_answered)
            self.phones.setdefault(event.leg_id, phone)
        if isinstance(event, e.LegEnded):
            self.phones.pop(event.leg_id, None)
        if any(isinstance(outcome, e.Ignored) for outcome in outcomes):
            assert len(outcomes) == 1, "an event that means nothing had consequences"
        for outcome in outcomes:
            self.said.append((self.now, outcome))
            self._carry_out(outcome)
        self._check(states)
        self._check_moves(event, states)
        self._check_shift(event, outcomes)
        return outcomes

    def _clone(self) -> Switchboard:
        return Switchboard.from_state(
            json.loads(json.dumps(self.switchboard.to_state(), sort_keys=True))
        )

    def fast_forward(self, seconds: float) -> None:
        """Let time pass; deadlines are told when they are due."""
        end = self.now + seconds
        while (due := self.switchboard.next_deadline()) is not None and due[0] <= end:
            self.now = max(self.now, due[0])
            self.tell(e.DeadlineReached(incident_id=due[1]))
            left = self.switchboard.next_deadline()
            assert left is None or left != due, "a deadline that was told comes again"
        self.now = end

    def restart(self, *, surviving: Iterable[LegId] | None = None) -> list[Outcome]:
        """Kill the engine and start it again from its snapshot."""
        self.switchboard = self._clone()
        alive = tuple(self.phones if surviving is None else surviving)
        self.phones = {leg: phone for leg, phone in self.phones.items() if leg in alive}
        return self.tell(e.EngineStarted(version="2", surviving_legs=alive))

    # ------------------------------------------------ operators

    def signs_in(
        self,
        operator: str,
        languages: dict[str, int] | None = None,
        clearances: tuple[Clearance, ...] = ("standard",),
        role: str = "operator",
    ) -> None:
        """An operator registers his phone, signs in, and is not ready yet."""
        who = OperatorId(operator)
        self.tell(e.StationUp(operator=who))
        self.tell(
            e.OperatorSignedIn(
                operator=who,
                name=operator.capitalize(),
                languages=languages if languages is not None else {"fr": 2, "nl": 2},
                clearances=clearances,
                role=role,
            )
        )

    def ready(self, *operators: str) -> list[Outcome]:
        """They may be rung; whoever is not signed in signs in first."""
        outcomes: list[Outcome] = []
        for operator in operators:
            if OperatorId(operator) not in self.switchboard.operators:
                self.signs_in(operator)
            outcomes += self.tell(e.OperatorReady(operator=OperatorId(operator)))
        return outcomes

    def on_break(self, operator: str) -> list[Outcome]:
        return self.tell(e.OperatorOnBreak(operator=OperatorId(operator), reason="coffee"))

    def signs_out(self, operator: str) -> list[Outcome]:
        return self.tell(e.OperatorSignedOut(operator=OperatorId(operator)))

    def station_down(self, operator: str) -> list[Outcome]:
        return self.tell(e.StationDown(operator=OperatorId(operator), reason="expired"))

    def station_up(self, operator: str) -> list[Outcome]:
        return self.tell(e.StationUp(operator=OperatorId(operator)))

    def leg_of(self, operator: str) -> LegId:
        """The leg at an operator's phone."""
        return next(
            p.leg_id
            for p in self.phones.values()
            if p.whose == operator and not p.is_told_to_end
        )

    def picks_up(self, operator: str) -> list[Outcome]:
        leg_id = self.leg_of(operator)
        self.phones[leg_id].is_up = True
        return self.tell(e.LegAnswered(leg_id=leg_id))

    def rejects(self, operator: str, cause: Cause = Cause.REFUSED) -> list[Outcome]:
        return self.tell(e.LegEnded(leg_id=self.leg_of(operator), cause=cause))

    def hangs_up(self, operator: str, cause: Cause = Cause.HUNG_UP) -> list[Outcome]:
        return self.tell(e.LegEnded(leg_id=self.leg_of(operator), cause=cause))

    def presses(self, button: type[e.Event], operator: str, call: str) -> list[Outcome]:
        """He presses a button on his desk: `AnswerPressed`, `HoldPressed` …"""
        return self.tell(
            button(operator=OperatorId(operator), call_id=CallId(call))  # type: ignore[call-arg]
        )

    def transfers(
        self, operator: str, to: str, call: str, *, talks_first: bool = True
    ) -> list[Outcome]:
        """He offers the caller he speaks with to another operator."""
        return self.tell(
            e.TransferPressed(
                operator=OperatorId(operator),
                call_id=CallId(call),
                to=OperatorId(to),
                is_attended=talks_first,
            )
        )

    def parks(
        self, operator: str, call: str, seconds: float, limit: float = 900.0
    ) -> list[Outcome]:
        """He lays the case of a call aside."""
        return self.tell(
            e.CaseParked(
                incident_id=self.call(call).incident_id,
                operator=OperatorId(operator),
                until=self.now + seconds,
                limit=limit,
                text="waits for the locksmith",
            )
        )

    def state_of(self, operator: str) -> str:
        return self.switchboard.operators[OperatorId(operator)].state.value

    # ------------------------------------------------ callers

    def calls(self, **offer: Any) -> str:
        """Somebody dials the number; returns the call's id."""
        self.calls_made += 1
        call_id = offer.pop("call_id", f"call-{self.calls_made}")
        values: dict[str, Any] = {
            "call_id": CallId(call_id),
            "leg_id": LegId(f"{call_id}-a"),
            "incident_id": IncidentId(f"inc-{call_id}"),
            "did": DID,
            "caller": CALLER,
            "fallback_number": FALLBACK,
            "procedure": CONSIGNE,
            "identification": e.Identification(organisation="acme", organisation_name="Acme"),
        }
        self.tell(e.CallOffered(**(values | offer)))
        return str(call_id)

    def gives_up(self, call: str, cause: Cause = Cause.CANCELLED) -> list[Outcome]:
        """The caller hangs up."""
        return self.tell(e.LegEnded(leg_id=self.call(call).leg_id, cause=cause))

    def call(self, call: str) -> InboundCall:
        return self.switchboard.calls[CallId(call)]

    def hears(self, call: str) -> Any:
        """What the caller hears: prompts, the leg he talks to, or his network's tone."""
        phone = self.phones[self.call(call).leg_id]
        if phone.is_covert:
            return "silence"
        heard = phone.hears
        return (heard.prompts, heard.then) if isinstance(heard, c.Play) else heard

    # ------------------------------------------------ looking

    def ringing(self, call: str | None = None) -> list[str]:
        """Whose phones ring now."""
        return sorted(
            phone.whose
            for phone in self.phones.values()
            if not phone.is_caller
            and not phone.is_up
            and not phone.is_told_to_end
            and (call is None or phone.leg_id.startswith(f"{call}-"))
        )

    def all(self, kind: type[T]) -> list[T]:
        """Every event, fact or command of that class, in order."""
        return [what for _, what in self.said if isinstance(what, kind)]

    def last(self, kind: type[T]) -> T:
        return self.all(kind)[-1]

    # ------------------------------------------------ the pretend world

    def _carry_out(self, outcome: Outcome) -> None:
        match outcome:
            case c.SignalRinging(leg_id=leg_id):
                self.phones[leg_id].hears = "ringback"
            case c.AnswerCaller(leg_id=leg_id):
                self.phones[leg_id].is_up = True
            case c.Play(leg_id=leg_id):
                is_service = self.switchboard._board.service_at(leg_id) is not None
                assert not (is_service and (outcome.prompts or outcome.then != "silence")), (
                    "a service is played a recording"
                )
                self._unbridge(self.phones[leg_id])
                self.phones[leg_id].hears = outcome
            case c.Bridge(leg_id=leg_id, other_leg_id=other):
                self._bridge(self.phones[leg_id], self.phones[other])
            case c.SetCovert(leg_id=leg_id, is_covert=is_covert):
                if leg_id in self.phones:
                    self.phones[leg_id].is_covert = is_covert
            case c.Conference(leg_ids=leg_ids):
                self._confer(leg_ids)
            case c.Hear(leg_id=leg_id, leg_ids=leg_ids):
                assert all(self.phones[x].is_up for x in (leg_id, *leg_ids)), "not picked up"
                self.phones[leg_id].hears = frozenset(leg_ids)
                self.phones[leg_id].is_muted = outcome.is_muted
            case c.CollectPin(leg_id=leg_id):
                self.phones[leg_id].is_asked_for_pin = True
            case c.RingOperator(leg_id=leg_id, operator=operator):
                self._ring_operator(outcome)
                self.phones[leg_id] = Phone(leg_id, operator, is_muted=outcome.is_muted)
            case c.DialNumber(leg_id=leg_id, number=number):
                assert not is_emergency_number(number, "BE"), "an emergency number was dialled"
                assert leg_id not in self.phones, "a leg is made twice"
                self.phones[leg_id] = Phone(leg_id, number)
            case c.DialService():
                self._dial_service(outcome)
            case c.HangUp(leg_id=leg_id):
                if leg_id in self.phones:
                    self._unbridge(self.phones[leg_id])
                    self.phones[leg_id].is_told_to_end = True
            case c.StartRecording(recording_id=recording_id):
                assert recording_id not in self.recordings
                self.recordings[recording_id] = "running"
            case c.StopRecording(recording_id=recording_id):
                assert self.recordings[recording_id] == "running"
                self.recordings[recording_id] = "stopped"
            case (
                e.CallEnded(call_id=call_id)
                | e.CallAbandoned(call_id=call_id)
                | e.CallBackMissed(call_id=call_id)
            ):
                self.ends[call_id] = self.ends.get(call_id, 0) + 1
            case e.OperatorAnswered(call_id=call_id):  # even in the very same moment
                self.unproved.get(call_id, set()).discard(self.now)
                self.machines.get(call_id, set()).discard(self.now)
            case e.FallbackAnswered(call_id=call_id):
                self.unproved.setdefault(call_id, set()).add(self.now)
            case e.FallbackProved(call_id=call_id):
                picked_up = self.switchboard.calls[call_id].fallback_answered_at
                self.unproved[call_id].discard(picked_up or 0.0)
            case e.FallbackMissed(call_id=call_id):
                picked_up = next(
                    at
                    for at, what in reversed(self.said)
                    if isinstance(what, e.FallbackAnswered) and what.call_id == call_id
                )
                self.machines.setdefault(call_id, set()).add(picked_up)

    def _dial_service(self, order: c.DialService) -> None:
        """Whatever the story: only a press of this case's operator calls a service, once."""
        presses = [
            p
            for p in self.all(e.ServicePressed)
            if p.incident_id == order.incident_id and p.service == order.service
        ]
        dialled = [
            d
            for d in self.all(c.DialService)
            if d.incident_id == order.incident_id and d.service == order.service
        ]
        attempts = {p.attempt for p in presses}
        assert len(dialled) <= len(attempts), "a service was called without a press of its own"
        living = [
            p
            for leg, p in self.phones.items()
            if p.whose == order.service
            and not p.is_told_to_end
            and leg.startswith(f"{order.incident_id}-")
        ]
        assert not living, "two lines to one service for one case"
        call = self.switchboard.calls[order.call_id]
        assert call.operator_leg is not None, "a service is called and nobody is there to speak"
        assert self.phones[call.operator_leg].is_up
        assert order.leg_id not in self.phones, "a leg is made twice"
        self.phones[order.leg_id] = Phone(order.leg_id, order.service)

    def _ring_operator(self, order: c.RingOperator) -> None:
        desk = self.switchboard.operators[order.operator]
        others = [
            p
            for p in self.phones.values()
            if p.whose == order.operator and not p.is_told_to_end
        ]
        assert not others, f"{order.operator} is rung twice"
        clearance = self.switchboard.calls[order.call_id].clearance
        assert clearance == "standard" or clearance in desk.clearances, "clearance"
        assert order.leg_id not in self.phones, "a leg is made twice"

    def _bridge(self, one: Phone, other: Phone) -> None:
        assert one.is_up, "bridged to a caller who was not answered"
        assert other.is_up, "bridged to a phone that was not picked up"
        self._unbridge(one)
        self._unbridge(other)
        one.hears, other.hears = other.leg_id, one.leg_id
        one.is_muted = other.is_muted = False

    def _confer(self, leg_ids: tuple[LegId, ...]) -> None:
        assert len(leg_ids) > 2, "a conference of two is a bridge"
        for leg_id in leg_ids:
            assert self.phones[leg_id].is_up, "in a conference and not picked up"
            self._unbridge(self.phones[leg_id])
        for leg_id in leg_ids:
            self.phones[leg_id].hears = frozenset(leg_ids) - {leg_id}
            self.phones[leg_id].is_muted = False

    def _unbridge(self, phone: Phone) -> None:
        other = self.phones.get(LegId(phone.hears)) if isinstance(phone.hears, str) else None
        if other is not None:
            other.hears = "nothing"
        phone.hears = "nothing"

    # ------------------------------------------------ what must always hold

    def _check(self, before: dict[CallId, CallState]) -> None:
        assert not [x for _, x in self.said if isinstance(x, e.FlowFailed)], self.said[-1]
        board = self.switchboard._board
        for call in self.switchboard.calls.values():
            self._check_call(call)
            self._check_fallback(call)
            assert call.deadline == deadline_of(board, call), "a deadline was not updated"
            assert not call.seeks or call.deadline is not None, "a caller waits for ever"
            assert call.is_queued == (call.call_id in board.seeking)
        self._check_covert()
        self._check_legs()
        self._check_visits()
        self._check_alerts()
        self._check_shift_lists()
        assert not board.touched_calls
        assert not board.touched_desks
        due = self.switchboard.next_deadline()
        times = [x.deadline for x in self.switchboard.calls.values() if x.deadline is not None]
        times += [d.deadline for d in self.switchboard.operators.values() if d.deadline]
        timed = [thing for kept in board.timed.values() for thing in kept.values()]
        times += [thing.deadline for thing in timed if thing.deadline is not None]
        assert (due[0] if due else None) == min(times, default=None)
        self._check_desks()

    def _check_covert(self) -> None:
        """The caller of a covert case hears nothing, whatever happens to his call."""
        for call in self.switchboard.calls.values():
            phone = self.phones.get(call.leg_id)
            incident = self.switchboard.incidents.get(call.incident_id)
            if phone is None or incident is None or call.is_over:
                continue
            if phone.is_caller and call.tree_id is None:
                assert phone.is_covert == incident.is_covert

    def _check_shift_lists(self) -> None:
        """What is handed over is still his who hands it over; no case loses its owner."""
        incidents = self.switchboard.incidents
        for known in self.switchboard.shift_lists.values():
            assert known.waiting, "a list on which nothing waits"
            for one in known.waiting:
                assert known.until is not None or one.is_late, "it waits for nothing"
                if one.incident_id:
                    assert incidents[one.incident_id].is_open
                    assert incidents[one.incident_id].owner == known.operator
        self.owned = {case for case in self.owned if case in incidents}
        assert all(incidents[case].owner for case in self.owned), "a case is nobody's"
        self.owned |= {case for case, incident in incidents.items() if incident.owner}

    def _check_alerts(self) -> None:
        """What is late was told, and nothing is said to be late that is not."""
        board = self.switchboard._board
        assert set(board.case_watches) == set(board.incidents)
        for watch in board.case_watches.values():
            incident = board.incidents[watch.incident_id]
            assert (watch.deadline is not None) == incident.is_open, "nobody looks again"
            times = late_times(board, incident)
            assert all(times.get(kind, self.now + 1) <= self.now for kind in watch.raised)
            if watch.deadline is not None and watch.deadline > self.now:
                late = {kind for kind, at in times.items() if at < self.now}
                assert late <= set(watch.raised), "late, and nobody was told"

    def _check_visits(self) -> None:
        """Who hears a supervisor: nobody, the operator, or all, as his visit says."""
        for visit in self.switchboard.visits.values():
            desk = self.switchboard.operators[visit.operator]
            call = self.switchboard.calls[visit.call_id]
            assert desk.state is DeskState.VISITING
            assert desk.role == "supervisor"
            assert call.clearance in desk.clearances or "high_security" in desk.clearances
            assert call.operator not in (None, visit.operator)
            assert call.state in ("talking", "held", "dialling")
            mine = self.phones.get(visit.leg_id)
            if visit.state == "summoning":
                assert visit.deadline is not None, "it waits for nothing"
                assert mine is None or mine.is_muted
                continue
            assert mine is not None
            assert mine.is_up
            hearers = {
                phone.leg_id
                for phone in self.phones.values()
                if isinstance(phone.hears, frozenset | str)
                and visit.leg_id in (phone.hears if isinstance(phone.hears, frozenset) else [])
            }
            if visit.state == "listening" or visit.is_held:
                assert mine.is_muted, "a listener's microphone is open"
                assert not hearers, "somebody hears a listener"
            elif visit.state == "whispering" or call.state != "talking":
                assert call.leg_id not in hearers or call.leg_id in call.service_legs, (
                    "the caller hears a whisper"
                )
                asked = call.transfer.leg_id if call.transfer is not None else None
                assert hearers <= {call.operator_leg, call.consulted, asked}
            else:
                assert hearers == {call.leg_id, call.operator_leg, *call.guests}
            if call.state == "talking":
                assert mine.hears == {call.leg_id, call.operator_leg, *call.guests}

    def _check_legs(self) -> None:
        """Whoever may still say something is known, and nobody else."""
        known: dict[LegId, CallId] = {}
        for call in self.switchboard.calls.values():
            legs = [*call.legs, *call.given_up, *call.guests]
            legs += [call.consulted] if call.consulted else []
            is_shared = call.transfer is not None and call.transfer.is_up
            legs += [call.transfer.leg_id] if call.transfer and is_shared else []
            legs += [] if call.is_over else [call.leg_id]
            legs += [leg for leg in (call.fallback_leg,) if leg]
            if call.state in AT_SOMEBODY_S:
                legs.append(call.operator_leg or LegId("none"))
            known |= dict.fromkeys(legs, call.call_id)
            if call.seeks:
                ringing = CallState.OFFERED if call.legs else CallState.WAITING
                alone = CallState.FALLBACK if call.fallback_leg else CallState.WAITING
                assert call.state is (ringing if call.legs else alone)
        assert self.switchboard._board.legs == known

    def _check_call(self, call: InboundCall) -> None:
        assert self.ends.get(call.call_id, 0) == call.is_over
        if call.recording_id:
            assert self.recordings[call.recording_id] == (
                "stopped" if call.is_over else "running"
            )
        others = [
            p
            for leg, p in self.phones.items()
            if leg != call.leg_id and self.switchboard._board.legs.get(leg) == call.call_id
        ]
        if call.is_over:
            assert all(p.is_told_to_end for p in others), "a phone rings for nobody"
            assert call.sound is Sound.NOTHING
            return
        is_his_own = call.service_call is not None or call.dialled_by is not None
        is_summoned = is_his_own and call.state is CallState.OFFERED
        if (call.seeks or is_summoned) and not call.has_caller:
            assert call.leg_id not in self.phones, "called back before an operator is there"
            return
        caller = self.phones[call.leg_id]
        if call.state is CallState.DIALLING:
            operator = self.phones[LegId(str(call.operator_leg))]
            assert operator.is_up, "nobody is there to speak to him"
            assert isinstance(operator.hears, c.Play), "silence for the operator"
            return
        if call.phrase_until is not None and call.state is CallState.TALKING:
            assert isinstance(caller.hears, c.Play), "no phrase is played"
            return
        if (visit := self._visit_on(call)) is not None and call.state is CallState.TALKING:
            self._check_visited(call, visit)
            return
        bridged = [p for p in others if p.hears == call.leg_id and not p.is_told_to_end]
        if call.state is CallState.HELD and call.consulted is not None:
            self._check_consulted(call)
        self._check_transfer(call)
        assert len(bridged) <= 1, "two people talk to one caller"
        if call.state is CallState.TALKING and call.guests:
            together = {call.leg_id, call.operator_leg, *call.guests}
            for leg in together:
                heard = self.phones[LegId(str(leg))].hears
                assert heard == together - {leg}, "not all hear all"
        elif call.state in (CallState.TALKING, CallState.FORWARDED):
            assert [p.leg_id for p in bridged] == [caller.hears] == [call.operator_leg]
        elif caller.is_up:
            if call.offer.is_listening_in:
                assert caller.hears == "nothing", "an intruder hears us"
                return
            assert isinstance(caller.hears, c.Play), f"silence for the caller: {caller.hears}"
            is_rung = call.offer.is_answered and caller.hears.then == "ringback"
            is_excused = is_rung or call.leg_id in call.service_legs
            assert caller.hears.prompts or is_excused, "silence for the caller"
        else:
            assert caller.hears == "ringback", "silence for the caller"
            assert call.state in (CallState.OFFERED, CallState.FALLBACK), "nobody rings"

    def _check_fallback(self, call: InboundCall) -> None:
        """A voicemail is no human: it answered nobody, and nobody is left with it for long."""
        if call.operator is None:
            machines = self.machines.get(call.call_id, set())
            assert call.answered_at not in machines, "a voicemail counts as a human"
            if call.state is not CallState.FORWARDED:
                unproved = self.unproved.get(call.call_id, set())
                assert call.answered_at not in unproved, "nobody known counts as a human"
        if call.state is CallState.FORWARDED:
            doubted_until = call.fallback_doubted_until
            assert doubted_until is None or doubted_until >= self.now, "in doubt for ever"
            due = self.switchboard.next_deadline()
            if due is not None and due[0] < self.now:
                return  # the engine was dead when it fell due: it is told next
            is_in_peace = (call.fallback_offered_at or 0.0) >= self.now
            assert call.is_fallback_doubtful == (is_in_peace or call.is_fallback_offered), (
                "he is with nobody known, and nobody is looked for"
            )
        else:
            assert call.fallback_answered_at is call.fallback_doubted_until is None
            assert not call.is_fallback_offered
            assert call.fallback_proof == ""

    def _check_transfer(self, call: InboundCall) -> None:
        """Two operators who talk hear each other; one who calls the other hears that."""
        transfer = call.transfer
        if transfer is None:
            assert call.state is not CallState.PARKED or call.operator_leg is None
            return
        assert transfer.is_up or [x for x in call.legs.values() if x.operator == transfer.to]
        if not transfer.is_attended:
            assert call.state is CallState.OFFERED
            return
        assert call.state is CallState.HELD, "the caller hears them talk"
        first = self.phones[LegId(str(call.operator_leg))]
        if transfer.is_up:
            other = self.phones[transfer.leg_id]
            visit = self._visit_on(call)
            guest = {visit.leg_id} if visit is not None else set()
            for one, heard in ((first, other), (other, first)):
                hears = {one.hears} if isinstance(one.hears, str) else set(one.hears)
                assert hears - guest == {heard.leg_id}, "the two do not hear each other"
        else:
            assert isinstance(first.hears, c.Play), "silence for the operator"
            assert first.hears.then == "ringback", "silence for the operator"

    def _visit_on(self, call: InboundCall) -> Visit | None:
        found = [
            visit
            for visit in self.switchboard.visits.values()
            if visit.call_id == call.call_id and visit.state != "summoning"
        ]
        return found[0] if found else None

    def _check_visited(self, call: InboundCall, visit: Visit) -> None:
        """Caller and operator hear each other, and the supervisor only as he may be heard."""
        parties = {call.leg_id, call.operator_leg, *call.guests}
        for leg in parties:
            heard = self.phones[LegId(str(leg))].hears
            heard = {heard} if isinstance(heard, str) else set(heard)
            assert heard - {visit.leg_id} == parties - {leg}, "not all hear all"

    def _check_consulted(self, call: InboundCall) -> None:
        """The operator and the service he calls: alone together, or he hears that it rings."""
        operator = self.phones[LegId(str(call.operator_leg))]
        if call.is_consulted_up and (visit := self._visit_on(call)) is not None:
            assert set(operator.hears) - {visit.leg_id} == {call.consulted} or (
                operator.hears == call.consulted
            )
            return
        if call.is_consulted_up:
            service = self.phones[LegId(str(call.consulted))]
            assert (operator.hears, service.hears) == (service.leg_id, operator.leg_id)
        else:
            assert isinstance(operator.hears, c.Play), "silence for the operator"
            assert operator.hears.then == "ringback", "silence for the operator"

    def _check_moves(self, event: e.Event, before: dict[CallId, CallState]) -> None:
        """Whatever changes state does so as the tables, and so the diagrams, say."""
        for call in self.switchboard.calls.values():
            was = before.get(call.call_id, CallState.WAITING)
            known = CALL_TABLE.get((was, type(event)))
            reachable = {was, *(known.to if known else ())}
            reachable |= {b for (a, b) in CALL_MOVES if a in reachable}
            reachable |= {b for (a, b) in CALL_MOVES if a in reachable}
            if not isinstance(event, e.EngineStarted):
                assert call.state in reachable, f"{was} to {call.state} by {event}"

    def _check_shift(self, event: e.Event, outcomes: list[Outcome]) -> None:
        for fact in outcomes:
            if isinstance(fact, e.OperatorStateChanged):
                was = self.desk_states.get(fact.operator, DeskState.SIGNED_OUT)
                now = DeskState(fact.state)
                known = shift.TABLE.get((was, type(event)))
                is_own = known is not None and now in known.to
                assert is_own or (was, now) in DESK_MOVES, f"{was} to {now} by {event}"
                self.desk_states[fact.operator] = now

    def _check_desks(self) -> None:
        calls = self.switchboard.calls
        for desk in self.switchboard.operators.values():
            rings_for = [
                call.call_id
                for call in calls.values()
                for leg in call.legs.values()
                if leg.operator == desk.operator
            ]
            talks_in = [
                call.call_id
                for call in calls.values()
                if call.operator == desk.operator
                and call.state in ("talking", "held", "dialling")
            ]
            talks_in += [
                call.call_id
                for call in calls.values()
                if call.transfer and call.transfer.is_up and call.transfer.to == desk.operator
            ]
            held = rings_for + talks_in
            assert held == ([desk.call_id] if desk.call_id else []), "one call at a time"
            expected = {"ringing": len(rings_for), "talking": len(talks_in)}
            assert expected.get(desk.state.value, len(held) == 0) == 1
            assert desk.after_call is None or desk.state in ("talking", "visiting")
            visits = [
                v for v in self.switchboard.visits.values() if v.operator == desk.operator
            ]
            assert len(visits) == (desk.state is DeskState.VISITING), "on one call at a time"
