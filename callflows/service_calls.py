"""How far a call to a service came, marked as its leg tells; and the one place that dials it.

What people hear meanwhile is not decided here: see `talking` and `consulting`.
"""

from typing import Any, Final

from callflows.attention import attend
from callflows.board import Board
from callflows.call import CallState, InboundCall, OperatorLeg
from callflows.commands import DialService, StartRecording, StopRecording
from callflows.events import (
    Cause,
    CommandFailed,
    Event,
    LegAnswered,
    LegEnded,
    LegRinging,
    ServiceAnswered,
    ServiceCalled,
    ServiceCause,
    ServiceEnded,
    ServiceFailed,
    ServiceRang,
)
from callflows.incident import Incident
from callflows.operators import DeskState
from callflows.procedure_run import Outcome, StepRecord
from callflows.quiet import keep_site_quiet
from callflows.ringing import move, stop_all
from callflows.service_call import ServiceCall, ServiceCallState
from callflows.sounds import ringback
from callflows.transition import Transition

RING_TIME: Final = 60.0
"Seconds that a service's phone rings: emergency lines have queues of their own."

_CAUSES: Final[dict[Cause, ServiceCause]] = {
    Cause.NO_ANSWER: "no_answer",
    Cause.BUSY: "busy",
    Cause.REFUSED: "refused",
    Cause.UNREACHABLE: "unreachable",
    Cause.HUNG_UP: "refused",
    Cause.CANCELLED: "refused",
    Cause.RELEASED: "given_up",
    Cause.FAILED: "failed",
}
"What the end of a leg that was not answered counts as."
_QUIET: Final = frozenset({"given_up"})
"Causes that surprise nobody: an operator wanted it so."

# ---------------------------------------------------------------- dialling


def dial(board: Board, call: InboundCall, service: ServiceCall) -> None:
    """Call a service: its operator is on the line. Nothing else in the engine does this."""
    service.state, service.asked_at = ServiceCallState.DIALLED, board.now
    _wait(board, service, board.now + RING_TIME)
    board.say(
        ServiceCalled(
            **_which(service),
            service_kind=service.service_kind,
            operator=service.operator,
            call_id=call.call_id,
            leg_id=service.leg_id,
            line=service.line,
            attempt=service.attempt,
            is_simulated=service.is_simulated,
        )
    )
    board.say(*ringback(call))
    board.say(
        DialService(
            incident_id=service.incident_id,
            call_id=call.call_id,
            leg_id=service.leg_id,
            service=service.service,
            line=service.line,
            presented_number=service.presented_number,
            is_simulated=service.is_simulated,
        )
    )


def summoned(board: Board, call: InboundCall, leg: OperatorLeg) -> None:
    """Dial the service that a call is made for, now that its operator has picked up."""
    service = board.service_calls.get(call.service_call) if call.service_call else None
    if service is None:
        return
    desk = board.operators[leg.operator]
    del call.legs[leg.leg_id]
    call.state, call.operator, call.operator_leg = (
        CallState.DIALLING,
        leg.operator,
        leg.leg_id,
    )
    desk.misses = 0
    move(board, desk, DeskState.TALKING)
    if service.was_on_break:
        desk.after_call = DeskState.ON_BREAK
    stop_all(board, call, is_answered_elsewhere=True)
    board.touch(call)
    dial(board, call, service)


# ---------------------------------------------------------------- what its leg tells


def tell(board: Board, service: ServiceCall, event: Event) -> None:
    """Mark what the leg of a service tells; the call it is part of takes the event too."""
    transition = TABLE.get((service.state, type(event)))
    if transition is not None:
        transition.step(board, service, event)


def _ringing(board: Board, service: ServiceCall, event: LegRinging) -> bool:
    service.state = ServiceCallState.RINGING
    _rang(board, service)
    return True


def _rang(board: Board, service: ServiceCall) -> None:
    service.rang_at = board.now
    verified = service.verified_at
    board.say(
        ServiceRang(
            **_which(service),
            is_simulated=service.is_simulated,
            pressed_time=board.now - service.pressed_at,
            verified_time=None if verified is None else board.now - verified,
        )
    )


def _answered(board: Board, service: ServiceCall, event: LegAnswered) -> bool:
    if service.rang_at is None:
        _rang(board, service)
    service.state, service.answered_at = ServiceCallState.SPEAKING, board.now
    _wait(board, service, None)
    board.say(
        ServiceAnswered(
            **_which(service), operator=service.operator, is_simulated=service.is_simulated
        )
    )
    incident = board.incidents.get(service.incident_id)
    if incident is not None and incident.is_open:
        _record_step(board, incident, service)
    return True


def _record_step(board: Board, incident: Incident, service: ServiceCall) -> None:
    """Take the consigne's step for this service as done, if it is open and was not yet."""
    run = incident.run
    for step in run.path:
        is_meant = (step.do or {}).get("call_service") == service.service_kind
        if is_meant and step.step not in run.records and run.shut_by(step) is None:
            run.record(
                StepRecord(
                    step=step.step,
                    outcome=Outcome.DONE,
                    operator=service.operator,
                    at=board.now,
                    text=service.name,
                )
            )
            break
    keep_site_quiet(board, incident, f"{service.service_kind} called")


def _ended(board: Board, service: ServiceCall, event: LegEnded) -> bool:
    if service.answered_at is not None:
        is_cut = event.cause not in (Cause.HUNG_UP, Cause.RELEASED)
        talk_over(board, service, is_cut=is_cut)
    else:
        fail(board, service, _CAUSES[event.cause], event.reason)
    return True


def _failed(board: Board, service: ServiceCall, event: CommandFailed) -> bool:
    if event.command == "DialService":
        fail(board, service, "failed", event.reason)
    return True


# ---------------------------------------------------------------- how it ends


def talk_over(board: Board, service: ServiceCall, *, is_cut: bool) -> None:
    """Note that the talk is over; one that was cut off is shown to somebody."""
    service.is_cut = is_cut
    talk_time = board.now - (service.answered_at or board.now)
    _close(board, service, ServiceCallState.ENDED)
    board.say(ServiceEnded(**_which(service), talk_time=talk_time, is_cut=is_cut))
    if is_cut:
        _attend(board, service, f"{service.name}: the line was cut off")


def fail(board: Board, service: ServiceCall, cause: ServiceCause, reason: str = "") -> None:
    """Note that the service was not reached, and put the case in front of everybody."""
    service.cause = cause
    _close(board, service, ServiceCallState.FAILED)
    board.say(ServiceFailed(**_which(service), cause=cause, reason=reason))
    if cause not in _QUIET:
        _attend(board, service, f"{service.name} not reached: {cause}")


def call_over(board: Board, call: InboundCall, *, is_fault: bool) -> None:
    """Take that a call is over, and with it whatever service was still in it."""
    for service in board.services_in(call):
        leave(board, service, is_fault=is_fault)


def leave(board: Board, service: ServiceCall, *, is_fault: bool) -> None:
    """Take that a service is let go of by our side."""
    if service.answered_at is not None:
        talk_over(board, service, is_cut=is_fault)
    elif service.state is ServiceCallState.SUMMONING:
        fail(board, service, "no_phone")
    else:
        fail(board, service, "failed" if is_fault else "given_up")


def lost(board: Board, service: ServiceCall) -> None:
    """Take that its leg did not survive a restart: nobody knows what became of it."""
    if service.answered_at is not None:
        talk_over(board, service, is_cut=True)
    else:
        fail(board, service, "unknown")


def _close(board: Board, service: ServiceCall, state: ServiceCallState) -> None:
    service.state, service.ended_at = state, board.now
    _wait(board, service, None)
    if service.recording_id is not None:
        board.say(
            StopRecording(
                incident_id=service.incident_id,
                call_id=service.call_id,
                recording_id=service.recording_id,
            )
        )
        service.recording_id = None


def _attend(board: Board, service: ServiceCall, why: str) -> None:
    incident = board.incidents.get(service.incident_id)
    if incident is not None:
        attend(board, incident, why)


# ---------------------------------------------------------------- small things


def record(board: Board, call: InboundCall, service: ServiceCall) -> None:
    """Record the talk with a service that has joined a caller's call, on its own."""
    if service.recording == "none":
        return
    service.recording_id = f"{service.service_call_id}-r1"
    board.say(
        StartRecording(
            incident_id=call.incident_id,
            call_id=call.call_id,
            leg_id=service.leg_id,
            recording_id=service.recording_id,
        )
    )


def picked_up(board: Board, call: InboundCall) -> None:
    """Begin the recording of a call that is a service's own."""
    call.is_caller_answered = True
    if call.offer.recording == "none":
        return
    call.recording_id = call.next_recording()
    board.say(
        StartRecording(
            incident_id=call.incident_id,
            call_id=call.call_id,
            leg_id=call.leg_id,
            recording_id=call.recording_id,
        )
    )


def _which(service: ServiceCall) -> dict[str, Any]:
    return {
        "incident_id": service.incident_id,
        "service_call_id": service.service_call_id,
        "service": service.service,
        "name": service.name,
    }


def _wait(board: Board, service: ServiceCall, deadline: float | None) -> None:
    service.deadline = deadline
    if deadline is None:
        board.drop_timed(service)
    else:
        board.keep_timed(service)


_S = ServiceCallState
_CALLING: Final = (_S.DIALLED, _S.RINGING)

TABLE: Final[dict[tuple[ServiceCallState, type[Event]], Transition[ServiceCallState]]] = {
    (_S.DIALLED, LegRinging): Transition(_ringing, (_S.RINGING,)),
    **{
        (s, LegAnswered): Transition(_answered, (_S.SPEAKING,))
        for s in (_S.DIALLED, _S.RINGING)
    },
    **{(s, LegEnded): Transition(_ended, (_S.FAILED,)) for s in _CALLING},
    (_S.SPEAKING, LegEnded): Transition(_ended, (_S.ENDED,)),
    **{(s, CommandFailed): Transition(_failed, (_S.FAILED,)) for s in _CALLING},
}
"What an event about its leg does; anything else means nothing in that state."

MOVES: Final = {
    (_S.SUMMONING, _S.DIALLED): "the operator picks up",
    (_S.SUMMONING, _S.FAILED): "the operator's own phone is not picked up",
    (_S.DIALLED, _S.FAILED): "its time is up, or the operator gives up",
    (_S.RINGING, _S.FAILED): "its time is up, or the operator gives up",
    (_S.SPEAKING, _S.ENDED): "the operator ends it, or his phone breaks",
}
"What moves it besides its own events."
