"""One switchboard for every state that a call, an operator or a case can be in."""

import dataclasses
import typing
from collections.abc import Callable, Iterator
from typing import Any, Literal

from callflows import events as e
from callflows.call import CallState
from callflows.call_tree import AttemptState, TreeState
from callflows.events import CallId, IncidentId, LegId, OperatorId
from callflows.incident import IncidentState
from callflows.operators import DeskState
from callflows.service_call import ServiceCallState
from callflows.visit import VisitState
from client_directory.model import DEFAULT_ALERTS
from tests.stories.keyholders import TREE, Night, level, plan
from tests.stories.line import AGGRESSION, Line
from tests.stories.services import POLICE, Room
from tests.stories.visits import Floor, floor

CALL = CallId("call-1")
CALLER_LEG = LegId("call-1-a")
CASE = IncidentId("inc-call-1")
ANN = OperatorId("ann")


def offered() -> Line:
    line = Line()
    line.ready("ann", "bob")
    line.calls()
    return line


def waiting() -> Line:
    line = Line()
    line.signs_in("ann")
    line.calls()
    return line


def fallback() -> Line:
    line = waiting()
    line.fast_forward(31)
    return line


def talking() -> Line:
    line = offered()
    line.picks_up("ann")
    return line


def held() -> Line:
    line = talking()
    line.presses(e.HoldPressed, "ann", CALL)
    return line


def parked() -> Line:
    line = talking()
    line.parks("ann", CALL, 300)
    return line


def offered_to_bob(*, is_up: bool) -> Line:
    """Ann offers her caller to Bob, and wants to talk with him first."""
    line = talking()
    line.transfers("ann", "bob", CALL)
    if is_up:
        line.picks_up("bob")
    return line


def given_to_bob() -> Line:
    """Ann has let her caller go; Bob's phone rings for him."""
    line = talking()
    line.transfers("ann", "bob", CALL, talks_first=False)
    return line


TRANSFERS: dict[str, Callable[[], Line]] = {
    "rings": lambda: offered_to_bob(is_up=False),
    "talks first": lambda: offered_to_bob(is_up=True),
    "given": given_to_bob,
}


def dialling() -> Line:
    line = Line()
    line.ready("ann", "bob")
    line.calls()
    line.gives_up(CALL)
    line.fast_forward(5)
    line.picks_up("ann")
    return line


def forwarded() -> Line:
    line = fallback()
    line.picks_up("+3225550199")
    line.ready("ann")
    return line


def ended() -> Line:
    line = talking()
    line.gives_up(CALL)
    return line


CALLS: dict[CallState, Callable[[], Line]] = {
    CallState.WAITING: waiting,
    CallState.OFFERED: offered,
    CallState.FALLBACK: fallback,
    CallState.TALKING: talking,
    CallState.HELD: held,
    CallState.PARKED: parked,
    CallState.DIALLING: dialling,
    CallState.FORWARDED: forwarded,
    CallState.ENDED: ended,
}


def subject(state: CallState) -> CallId:
    """The call that is in that state: the caller's own, or the one that calls him back."""
    return CallId(f"{CALL}-b1") if state is CallState.DIALLING else CALL


def night(*keys: str, accept: Literal["key", "pin"] = "key") -> Night:
    """Ann's phone rings as a keyholder's; she picks up and presses these keys."""
    night = Night()
    night.begins(level("ann", "ben", accept=accept), message=True)
    if keys:
        night.answers("ann")
    for key in keys:
        night.keys("ann", key.strip())
    return night


def machine() -> Night:
    reached = night("#")
    reached.tell(e.GreetingEnded(leg_id=reached.attempt("ann").leg_id))
    return reached


def gone() -> Night:
    reached = night("#")
    reached.leaves("ann")
    return reached


ATTEMPTS: dict[AttemptState, Callable[[], Night]] = {
    AttemptState.DIALLED: night,
    AttemptState.ASKING: lambda: night("#"),
    AttemptState.PIN: lambda: night("1", accept="pin"),
    AttemptState.MINUTES: lambda: night("3"),
    AttemptState.ENDING: machine,
    AttemptState.OVER: gone,
}


def tree_over() -> Night:
    stopped = night()
    stopped.press(e.StopTreePressed)
    return stopped


def paused() -> Night:
    waiting = night()
    waiting.press(e.PauseTreePressed)
    return waiting


def exhausted() -> Night:
    tired = night()
    tired.fast_forward(200)
    return tired


TREES: dict[TreeState, Callable[[], Night]] = {
    TreeState.RUNNING: night,
    TreeState.PAUSED: paused,
    TreeState.TAKEN: lambda: night("1"),
    TreeState.EXHAUSTED: exhausted,
    TreeState.STOPPED: tree_over,
}


def called(*steps: str) -> Room:
    """Bob calls the police for a case in which Ann speaks with the caller."""
    room = Room()
    room.ready("ann", "bob")
    room.calls()
    room.picks_up("ann")
    room.press("bob", CASE)
    for step in steps:
        match step:
            case "up":
                room.picks_up("bob")
            case "rings":
                room.rings_there()
            case "answers":
                room.answers_there()
            case "ends":
                room.ends_there()
    return room


def consulted(*steps: str) -> Room:
    """Ann calls the police herself; her caller is on hold."""
    room = Room()
    room.ready("ann", "bob")
    room.calls()
    room.picks_up("ann")
    room.press("ann", CASE)
    for step in steps:
        getattr(room, f"{step}_there")()
    return room


SERVICES: dict[tuple[ServiceCallState, str], Callable[[], Room]] = {
    (ServiceCallState.SUMMONING, "apart"): called,
    (ServiceCallState.DIALLED, "apart"): lambda: called("up"),
    (ServiceCallState.RINGING, "apart"): lambda: called("up", "rings"),
    (ServiceCallState.SPEAKING, "apart"): lambda: called("up", "answers"),
    (ServiceCallState.ENDED, "apart"): lambda: called("up", "answers", "ends"),
    (ServiceCallState.FAILED, "apart"): lambda: called("up", "ends"),
    (ServiceCallState.DIALLED, "beside a caller"): consulted,
    (ServiceCallState.RINGING, "beside a caller"): lambda: consulted("rings"),
    (ServiceCallState.SPEAKING, "beside a caller"): lambda: consulted("answers"),
    (ServiceCallState.ENDED, "beside a caller"): lambda: consulted("answers", "ends"),
    (ServiceCallState.FAILED, "beside a caller"): lambda: consulted("ends"),
}


def visited(mode: str, *steps: str) -> Floor:
    """Eva is on the call of Ann, or her phone rings for that."""
    room = floor()
    if mode == "summoning":
        room.comes("barge")
    else:
        room.visits(mode)
    for step in steps:
        match step:
            case "held":
                room.presses(e.HoldPressed, "ann", CALL)
            case "police":
                room.press("ann", CASE)
            case "answers":
                room.answers_there()
    return room


VISITS: dict[tuple[VisitState, str], Callable[[], Floor]] = {
    (state, " ".join(steps)): (lambda mode=mode, steps=steps: visited(mode, *steps))  # type: ignore[misc]
    for state, mode in (
        (VisitState.SUMMONING, "summoning"),
        (VisitState.LISTENING, "listen"),
        (VisitState.WHISPERING, "whisper"),
        (VisitState.BARGING, "barge"),
    )
    for steps in ((), ("held",), ("police",), ("police", "answers"))
}


def visiting() -> Line:
    """Ann is a supervisor on a call of Bob's."""
    room = Floor()
    room.supervisor("ann")
    room.ready("bob")
    room.calls()
    room.picks_up("bob")
    room.visits("whisper", who="ann")
    return room


def signed_out() -> Line:
    line = Line()
    line.station_up("ann")
    return line


def ready() -> Line:
    line = Line()
    line.ready("ann")
    return line


DESKS: dict[DeskState, Callable[[], Line]] = {
    DeskState.SIGNED_OUT: signed_out,
    DeskState.ON_BREAK: waiting,
    DeskState.READY: ready,
    DeskState.RINGING: offered,
    DeskState.TALKING: talking,
    DeskState.WRAP_UP: ended,
    DeskState.VISITING: visiting,
}


def closed() -> Line:
    line = ended()
    line.tell(e.StepAnswered(incident_id=CASE, operator=ANN, step="facts", text="nothing"))
    line.tell(e.CloseRequested(incident_id=CASE, operator=ANN, disposition="test"))
    return line


def shift_offered() -> Line:
    """Bob goes home: his case and a note wait to be accepted."""
    line = Line()
    line.ready("bob")
    line.calls()
    line.picks_up("bob")
    line.gives_up(CALL, e.Cause.HUNG_UP)
    line.signs_in("ann")
    line.tell(e.ShiftOffered(operator=OperatorId("bob"), text="a note"))
    return line


CASES: dict[IncidentState, Callable[[], Line]] = {
    IncidentState.OPEN: talking,
    IncidentState.CLOSED: closed,
}

EVENTS = [
    kind
    for kind in vars(e).values()
    if isinstance(kind, type) and issubclass(kind, e.Event) and kind is not e.Event
]


def examples(kind: type[e.Event], line: Line) -> Iterator[e.Event]:
    """Build one event of a class for everything it could be about."""
    call = line.switchboard.calls.get(CALL)
    legs = {CALLER_LEG, LegId("call-1-o1"), LegId("call-1-f1"), LegId("unknown")}
    legs |= set(line.switchboard._board.legs) | set(line.switchboard._board.tree_legs)
    legs |= set(line.switchboard.visits)
    if call is not None:
        legs |= {call.leg_id, *call.legs, *call.given_up}
        legs |= {leg for leg in (call.operator_leg, call.fallback_leg) if leg}
    names = {f.name for f in dataclasses.fields(kind)}
    if kind is e.CallOffered:
        yield e.CallOffered(call_id=CALL, leg_id=CALLER_LEG, did="+3225550100")
        yield e.CallOffered(call_id=CallId("new"), leg_id=LegId("new-a"), did="x", urgency=9)
    elif "leg_id" in names:
        for leg_id in sorted(legs):
            yield build(kind, leg_id=leg_id)
    elif "operator" in names:
        for operator in ("ann", "bob", "eva", "nobody"):
            yield build(kind, operator=OperatorId(operator))
    else:
        yield build(kind)
        yield build(kind, incident_id=e.NO_INCIDENT, call_id=CallId("unknown"))


VALUES: dict[str, Any] = {
    "incident_id": CASE,
    "call_id": CALL,
    "operator": ANN,
    "to": "bob",
    "until": 1100.0,
    "cause": e.Cause.FAILED,
    "command": "Bridge",
    "procedure": AGGRESSION,
    "kind": "aggression",
    "step": "facts",
    "text": "words",
    "disposition": "test",
    "urgency": 1,
    "result": "confirmed",
    "side": "both",
    "clearances": ("standard",),
    "languages": {"fr": 1},
    "reason": "because",
    "plan": plan(level("ann")),
    "tree_id": TREE,
    "person": "ann",
    "outcome": "good",
    "level": 0,
    "service": POLICE,
    "service_kind": "police",
    "lines": ("direct",),
    "service_call_id": f"{CASE}-s1",
    "detail": "reference",
    "mode": "take_over",
    "by": "bob",
    "item": f"case {CASE}",
    "default": DEFAULT_ALERTS,
}


def build(kind: type[e.Event], **values: Any) -> Any:
    """Build an event, with something plausible in every field that needs it."""
    hints = typing.get_type_hints(kind)
    given = VALUES | values
    made = {}
    for part in dataclasses.fields(kind):
        if part.name in given:
            made[part.name] = given[part.name]
        elif (
            part.default is dataclasses.MISSING and part.default_factory is dataclasses.MISSING
        ):
            made[part.name] = {str: "x", float: 1.0, int: 1, bool: True}.get(
                hints[part.name], "x"
            )
    return kind(**made)
