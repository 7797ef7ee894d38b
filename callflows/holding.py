"""The caller on hold and taken back, by the desk or by the operator's own phone."""

from callflows.asides import caller_held, caller_resumed
from callflows.board import Board
from callflows.call import CallState, InboundCall
from callflows.consulting import leave_together, quiet, talk_alone
from callflows.events import (
    CallHeld,
    CallResumed,
    HoldPressed,
    LegHeld,
    LegResumed,
    ResumePressed,
)
from callflows.parting import drop_transfer
from callflows.sounds import hold_music, join


def hold_pressed(board: Board, call: InboundCall, event: HoldPressed) -> bool:
    """Put the caller on hold from the desk. A service that was in the call stays in it."""
    if event.operator != call.operator:
        return False
    if call.is_held_at_desk:
        return False
    call.is_held_at_desk = True
    if call.state is CallState.TALKING:
        begin_hold(board, call)
    return True


def leg_held(board: Board, call: InboundCall, event: LegHeld) -> bool:
    """Take that a phone holds: the operator's, or the caller's own."""
    if event.leg_id == call.leg_id:
        return caller_held(board, call, event)
    if event.leg_id != call.operator_leg:
        return False
    call.is_held_at_phone = True
    if call.state is CallState.TALKING:
        begin_hold(board, call)
    return True


def begin_hold(board: Board, call: InboundCall) -> None:
    """Let the caller hear that he is on hold; the operator is alone, or with a service."""
    call.state = CallState.HELD
    talk_alone(call)
    hold_music(board, call)
    board.say(
        CallHeld(incident_id=call.incident_id, call_id=call.call_id, operator=call.operator)
    )


def resume_pressed(board: Board, call: InboundCall, event: ResumePressed) -> bool:
    """Take the caller back; a service that is on the line hears him too from now on."""
    if event.operator != call.operator or not call.is_held_at_desk:
        return False
    call.is_held_at_desk = call.is_held_for_service = False
    end_hold(board, call)
    return True


def leg_resumed(board: Board, call: InboundCall, event: LegResumed) -> bool:
    """Take that a phone holds no longer."""
    if event.leg_id == call.leg_id:
        return caller_resumed(board, call, event)
    if event.leg_id != call.operator_leg or not call.is_held_at_phone:
        return False
    call.is_held_at_phone = False
    end_hold(board, call)
    return True


def end_hold(board: Board, call: InboundCall) -> None:
    """Join them again, once neither the desk nor the phone holds."""
    if call.is_held_at_desk or call.is_held_at_phone or call.operator_leg is None:
        return
    drop_transfer(board, call)  # who takes his caller back gives him to nobody
    call.state = CallState.TALKING
    if call.operator_silent_since is not None:
        call.operator_silent_since = board.now
    leave_together(board, call)
    join(board, call, call.operator_leg)
    board.say(
        CallResumed(incident_id=call.incident_id, call_id=call.call_id, operator=call.operator)
    )


def take_back(board: Board, call: InboundCall, *, waits: bool) -> None:
    """Let a caller who was put on hold for a service hear the operator again."""
    if not waits:
        return
    if call.is_held_for_service:
        call.is_held_for_service = call.is_held_at_desk = False
        end_hold(board, call)
    if call.state is CallState.HELD:
        board.say(*quiet(call))
