"""An operator calls the police, the fire brigade or an ambulance: what his press does.

One press, one line: his own phone rings first, or he is in a call of the case already, and
only then is the service dialled. No alarm, tree, deadline or restart leads here. For one case
and service there is one line at a time, and a further one only by a press that names it.
"""

from collections.abc import Callable
from typing import Any, Final

from callflows import consulting, service_calls
from callflows.attention import take_case
from callflows.board import Board
from callflows.call import CallState, InboundCall, Sound
from callflows.ends import finish
from callflows.events import (
    CallId,
    CallOffered,
    Cause,
    Event,
    HoldPressed,
    Identification,
    LegId,
    ServiceCallId,
    ServiceDetailWritten,
    ServiceHangUpPressed,
    ServiceLine,
    ServicePressed,
    ServiceRefused,
)
from callflows.holding import hold_pressed, take_back
from callflows.incident import Incident
from callflows.operators import DeskState, OperatorDesk
from callflows.parting import drop_transfer
from callflows.ringing import CLEARING_TIME, hang_up, missed, move, ring, stop
from callflows.routing import is_cleared
from callflows.service_call import ServiceCall, ServiceCallState
from callflows.service_gate import verified_at, why_shut

OWN_RING_TIME: Final = 20.0
"Seconds that the operator's own phone rings before the press counts as lost."
AGAIN_TIME: Final = 2.0
"Seconds after a press in which another for the same service is no decision, but a bounce."
LONGEST_DETAIL: Final = 200
"Characters kept of what the service said."

IN_CALL: Final = (CallState.TALKING, CallState.HELD)

# ---------------------------------------------------------------- the press


def pressed(board: Board, event: ServicePressed) -> None:
    """Call a service for an operator, or say why not. Nothing else makes such a call."""
    incident = board.incidents.get(event.incident_id)
    desk = board.operators.get(event.operator)
    if incident is None or desk is None:
        _turn_away(
            board, event, "there is no such case" if incident is None else "not signed in"
        )
        return
    why_not = _why_not(board, incident, desk, event)
    if why_not:
        _turn_away(board, event, why_not)
        return
    if incident.owner != desk.operator or incident.attention_since is not None:
        take_case(board, incident, desk.operator)
    is_talking = desk.state is DeskState.TALKING
    call = board.calls.get(desk.call_id) if is_talking and desk.call_id else None
    service = _service(board, incident, event, call)
    board.service_calls[service.service_call_id] = service
    if call is not None:
        _consult(board, call, service)
    else:
        _summon(board, incident, desk, service)


def _why_not(
    board: Board, incident: Incident, desk: OperatorDesk, event: ServicePressed
) -> str:
    if not incident.is_open:
        return "the case is closed"
    if desk.state is DeskState.SIGNED_OUT:
        return "not signed in"
    if not is_cleared(desk, incident.clearance):
        return "clearance"
    return (
        _called_already(board, incident, event)
        or why_shut(board, incident)
        or _cannot_speak(board, incident, desk)
    )


def _called_already(board: Board, incident: Incident, event: ServicePressed) -> str:
    """Say whether this press means a call that was made, or one too many."""
    made = [x for x in board.services_of(incident.incident_id) if x.service == event.service]
    if not event.lines:
        return "it has no number"
    if any(not x.is_over for x in made):
        return "it is being called already"
    if event.attempt != len(made) + 1:
        return "it was called already"
    if made and board.now < made[-1].pressed_at + AGAIN_TIME:
        return "it was pressed a moment ago"
    if any(_lingers(board, x) for x in made):
        return "the line before is still being ended"
    return ""


def _lingers(board: Board, service: ServiceCall) -> bool:
    ended_at = service.ended_at if service.ended_at is not None else board.now
    return service.leg_id in board.legs and board.now < ended_at + CLEARING_TIME


def _cannot_speak(board: Board, incident: Incident, desk: OperatorDesk) -> str:
    """Say why the operator cannot be put on the line to a service now."""
    if desk.state is DeskState.VISITING:
        return "you are in another call"
    if desk.state is not DeskState.TALKING:
        return "" if desk.has_station else "no phone"
    call = board.calls.get(desk.call_id) if desk.call_id else None
    if call is None or call.incident_id != incident.incident_id or call.state not in IN_CALL:
        return "you are in another call"
    if call.operator != desk.operator:
        return "the caller is not yours yet"
    return "you are calling another service" if call.consulted is not None else ""


def _turn_away(board: Board, event: ServicePressed, reason: str) -> None:
    board.say(
        ServiceRefused(
            incident_id=event.incident_id,
            service=event.service,
            operator=event.operator,
            reason=reason,
        )
    )


def _service(
    board: Board, incident: Incident, event: ServicePressed, call: InboundCall | None
) -> ServiceCall:
    made = board.services_of(incident.incident_id)
    name = ServiceCallId(f"{incident.incident_id}-s{len(made) + 1}")
    return ServiceCall(
        service_call_id=name,
        incident_id=incident.incident_id,
        service=event.service,
        service_kind=event.service_kind,
        name=event.name,
        operator=event.operator,
        attempt=event.attempt,
        lines=event.lines,
        line=_next_line([x for x in made if x.service == event.service], event.lines),
        presented_number=event.presented_number,
        is_simulated=event.is_simulated,
        recording=event.recording,
        leg_id=LegId(f"{name}-e"),
        call_id=call.call_id if call is not None else CallId(name),
        pressed_at=board.now,
        verified_at=verified_at(board, incident),
    )


def _next_line(made: list[ServiceCall], lines: tuple[ServiceLine, ...]) -> ServiceLine:
    """Choose the number: the one that worked, else the one after the last that did not."""
    if not made or made[-1].line not in lines:
        return lines[0]
    place = lines.index(made[-1].line)
    return lines[place if made[-1].answered_at is not None else (place + 1) % len(lines)]


# ---------------------------------------------------------------- the operator's own line


def _consult(board: Board, call: InboundCall, service: ServiceCall) -> None:
    """Call the service beside the call that the operator is in; its caller goes on hold."""
    drop_transfer(board, call)  # a service outranks whoever was to have the caller
    call.service_legs.append(service.leg_id)
    call.consulted, call.is_consulted_up = service.leg_id, False
    board.legs[service.leg_id] = call.call_id
    call.is_held_for_service = hold_pressed(
        board, call, HoldPressed(operator=service.operator, call_id=call.call_id)
    )
    service_calls.dial(board, call, service)


def _summon(board: Board, incident: Incident, desk: OperatorDesk, service: ServiceCall) -> None:
    """Let the operator's own phone ring; the service is dialled when he has picked up."""
    service.was_on_break = desk.state is DeskState.ON_BREAK
    if desk.state is DeskState.RINGING:
        take_from(board, desk, "he calls an emergency service")
    offer = CallOffered(
        incident_id=incident.incident_id,
        call_id=service.call_id,
        leg_id=service.leg_id,
        did=service.presented_number or "",
        identification=Identification(
            organisation=incident.organisation,
            organisation_name=incident.organisation_name,
            organisation_certainty="known",
            site=incident.site,
            site_name=incident.site_name,
            site_certainty="known" if incident.site else "unknown",
            person_name=service.name,
            person_certainty="known",
        ),
        clearance=incident.clearance,
        recording=service.recording,
        presented_number=service.presented_number,
        urgency=incident.urgency,
    )
    call = InboundCall(
        call_id=service.call_id,
        incident_id=incident.incident_id,
        leg_id=service.leg_id,
        offer=offer,
        offered_at=board.now,
        waits_since=board.now,
        urgency=incident.urgency,
        state=CallState.OFFERED,
        sound=Sound.NOTHING,
        service_call=service.service_call_id,
        service_legs=[service.leg_id],
    )
    board.add_call(call)
    incident.call_ids.append(call.call_id)
    ring(board, call, desk, OWN_RING_TIME, is_auto_answered=True)


def take_from(board: Board, desk: OperatorDesk, why: str) -> None:
    """Stop the call that rings at his phone; it goes to the next one, as if he refused it."""
    call = board.calls.get(desk.call_id) if desk.call_id else None
    leg = call.legs.get(desk.leg_id) if call and desk.leg_id else None
    if call is not None and leg is not None:
        stop(board, call, leg)
        move(board, desk, DeskState.READY, why)
        missed(board, call, leg, Cause.REFUSED)


def end_unsummoned(board: Board) -> None:
    """Give up the calls whose operator's own phone rings no more."""
    for service in tuple(board.service_calls.values()):
        if service.state is not ServiceCallState.SUMMONING:
            continue
        call = board.calls.get(service.call_id)
        if call is None or call.legs:
            continue
        finish(board, call, "engine")
        desk = board.operators[service.operator]
        if service.was_on_break and desk.state is DeskState.READY:
            move(board, desk, DeskState.ON_BREAK)


# ---------------------------------------------------------------- how it ends


def due(board: Board, service: ServiceCall) -> None:
    """Stop ringing a service that does not pick up."""
    _end(board, service, lambda: service_calls.fail(board, service, "no_answer"))


def _hang_up_pressed(board: Board, event: ServiceHangUpPressed) -> None:
    service = board.service_calls.get(event.service_call_id)
    if service is None or service.is_over:
        board.ignore(event, "unknown call to a service" if service is None else "over")
        return
    call = board.calls.get(service.call_id)
    if call is not None and call.operator not in (None, event.operator):
        board.ignore(event, "another operator's call")
        return
    _end(board, service, lambda: service_calls.leave(board, service, is_fault=False))


def _end(board: Board, service: ServiceCall, mark: Callable[[], None]) -> None:
    """End the line to a service; a caller who was on hold for it is taken back."""
    mark()
    call = board.calls.get(service.call_id)
    if call is None or call.is_over:
        return
    if call.leg_id == service.leg_id:
        finish(board, call, "operator")
        return
    waits = consulting.part(board, call, service.leg_id)
    hang_up(board, call, service.leg_id, None)
    take_back(board, call, waits=waits)


def restarted(board: Board, alive: frozenset[LegId]) -> None:
    """Give up the lines to services that did not survive; none is dialled again."""
    for service in tuple(board.service_calls.values()):
        is_dialled = service.asked_at is not None and not service.is_over
        if not is_dialled or service.leg_id in alive:
            continue
        service_calls.lost(board, service)
        call = board.calls.get(service.call_id)
        if call is None or call.is_over or call.leg_id == service.leg_id:
            continue
        board.legs.pop(service.leg_id, None)
        waits = consulting.leave(call, service.leg_id)
        are_there = call.leg_id in alive and call.operator_leg in alive
        take_back(board, call, waits=waits and are_there)


# ---------------------------------------------------------------- what the service said


def _detail_written(board: Board, event: ServiceDetailWritten) -> None:
    service = board.service_calls.get(event.service_call_id)
    text = event.text.strip()[:LONGEST_DETAIL]
    if service is None or service.asked_at is None:
        board.ignore(event, "unknown call to a service" if service is None else "not called")
        return
    if not text and event.detail != "accepted":
        board.ignore(event, "nothing was written")
        return
    match event.detail:
        case "reference":
            service.reference = text
        case "eta":
            service.eta = text
        case "accepted":
            service.accepted_at, service.accepted = board.now, text


ROUTES: Final[dict[type[Event], Callable[[Board, Any], None]]] = {
    ServicePressed: pressed,
    ServiceHangUpPressed: _hang_up_pressed,
    ServiceDetailWritten: _detail_written,
}
