"""How a call stops: the caller goes back in front of the queue, or the call is over."""

from typing import Any, Final, Literal

from callflows import call_back, search, service_calls, transferring
from callflows.board import Board
from callflows.call import CallState, InboundCall, Sound
from callflows.commands import StopRecording
from callflows.crossing import call_over
from callflows.events import (
    CallAbandoned,
    CallBackMissed,
    CallEnded,
    CallRequeued,
    LegId,
    OperatorId,
)
from callflows.operators import DeskState, OperatorDesk
from callflows.parting import drop_transfer
from callflows.ringing import hang_up, move, refresh, stop_all
from callflows.sounds import hold_message

FAILURE_REST: Final = 5.0
"Seconds in which an operator whose phone broke in a call is not rung for it again."

EndedBy = Literal["caller", "operator", "engine", "fault"]


def requeue(
    board: Board, call: InboundCall, reason: str, gone_leg: LegId | None = None
) -> None:
    """Put a caller whose other side broke in front of the queue, and look for another.

    A service is no caller: it waits for nobody and hears no message, so its call ends.
    """
    is_unreached = call.dialled_by is not None and not call.is_caller_answered
    if is_unreached or call.service_call is not None or call.leg_id in call.service_legs:
        finish(board, call, "fault", gone_leg)
        return
    if call.transfer is not None:
        transferring.give(board, call, gone_leg)  # the other operator has him, or is rung on
        return
    _drop_services(board, call)
    desk = _release(board, call, gone_leg)
    if call.state is CallState.DIALLING:
        hang_up(board, call, call.leg_id, None)
        call.legs_made += 1
        call.leg_id, call.dial_until = LegId(f"{call.call_id}-a{call.legs_made}"), None
        board.legs[call.leg_id] = call.call_id
    call.leaves_fallback()
    _count_talk(board, call)
    call.state, call.operator, call.operator_leg = CallState.WAITING, None, None
    call.is_requeued, call.waits_since = True, board.now
    call.is_held_at_desk = call.is_held_at_phone = False
    call.operator_silent_since = call.station_down_since = None
    board.seeking[call.call_id] = call
    refresh(board, call)  # an operator who pressed to take him is being rung already
    board.say(CallRequeued(incident_id=call.incident_id, call_id=call.call_id, reason=reason))
    if desk is not None:
        call.rests[desk.operator] = board.now + FAILURE_REST
        move(board, desk, desk.after_call or DeskState.READY, reason)
        desk.after_call = None
    hold_message(board, call)
    search.begin(board, call)


def finish(board: Board, call: InboundCall, by: EndedBy, gone_leg: LegId | None = None) -> None:
    """End a call: every leg of it, its recording, and the operator's part in it.

    :param gone_leg: the leg whose end ends the call; it needs no hanging up.
    """
    drop_transfer(board, call)
    call.leaves_fallback()
    stop_all(board, call, is_answered_elsewhere=False)
    desk = _release(board, call, gone_leg)
    for guest in call.guests:
        hang_up(board, call, guest, None)
    call.guests.clear()
    if call.consulted is not None:
        hang_up(board, call, call.consulted, None)
        call.consulted, call.is_consulted_up = None, False
    _count_talk(board, call)
    is_dialled = call.has_caller or call.state is CallState.DIALLING
    if gone_leg == call.leg_id or not is_dialled:
        board.legs.pop(call.leg_id, None)
    else:
        hang_up(board, call, call.leg_id, None)
    if call.recording_id is not None:
        board.say(
            StopRecording(
                incident_id=call.incident_id,
                call_id=call.call_id,
                recording_id=call.recording_id,
            )
        )
    _conclude(board, call, by)
    if desk is not None:
        has_work = call.answered_at is not None or call.service_call is not None
        has_work = has_work or call.dialled_by is not None  # he dials the next, maybe
        free = DeskState.WRAP_UP if has_work else DeskState.READY
        move(board, desk, desk.after_call or free)
        if desk.state is DeskState.WRAP_UP:
            desk.incident_id = call.incident_id
        desk.after_call = None


def _conclude(board: Board, call: InboundCall, by: EndedBy) -> None:
    """Say how it ended, and let go on whatever waited for that."""
    was_seeking = call.seeks
    board.seeking.pop(call.call_id, None)
    call.state, call.ended_at = CallState.ENDED, board.now
    call.sound = Sound.NOTHING
    call.stage_until = call.retry_at = call.notice_until = call.dial_until = None
    board.touch(call)
    # Whoever leaves the queue into which our fault put him back did not choose to end it.
    how: EndedBy = "fault" if was_seeking else by
    which: dict[str, Any] = {"incident_id": call.incident_id, "call_id": call.call_id}
    is_given_up = False
    service_calls.call_over(board, call, is_fault=how == "fault")
    if call.answered_at is not None or call.service_call is not None:
        call.ended_by = how
        board.say(CallEnded(**which, ended_by=how, talk_time=call.talk_time))
    elif call.calls_back is not None:
        call.ended_by = "fault" if by == "fault" else "abandoned"
        name = call.identification.person_name if call.dialled_by is not None else ""
        board.say(CallBackMissed(**which, ended_by=call.ended_by, name=name))
    else:
        call.ended_by = "abandoned"
        is_given_up = True
        board.say(CallAbandoned(**which, waiting_time=board.now - call.offered_at))
    call_over(board, call)
    if is_given_up:
        call_back.plan(board, call)  # only now does his tree know whom it calls next
    call_back.over(board, call)


def _release(board: Board, call: InboundCall, gone_leg: LegId | None) -> OperatorDesk | None:
    """End the leg of whoever talks to the caller; return his desk, if he is an operator."""
    if call.operator_leg is None:
        return None
    operator: OperatorId | None = call.operator
    if call.operator_leg == gone_leg:
        board.legs.pop(call.operator_leg, None)
    else:
        hang_up(board, call, call.operator_leg, operator)
    return board.operators[operator] if operator is not None else None


def _drop_services(board: Board, call: InboundCall) -> None:
    """End the lines to services that the operator called beside this call."""
    for service in board.services_in(call):
        service_calls.leave(board, service, is_fault=True)
        hang_up(board, call, service.leg_id, None)
        if service.leg_id in call.guests:
            call.guests.remove(service.leg_id)
    call.consulted, call.is_consulted_up = None, False
    call.is_held_for_service = False


def _count_talk(board: Board, call: InboundCall) -> None:
    if call.talk_began_at is not None:
        call.talk_time += board.now - call.talk_began_at
        call.talk_began_at = None
