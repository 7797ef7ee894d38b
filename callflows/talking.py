"""A call that somebody has answered: talk and hold."""

from typing import Final

from callflows import call_back, consulting, phrases, service_calls, transferring
from callflows.asides import late_answer, leg_failed
from callflows.board import Board
from callflows.call import CallState, InboundCall, OperatorLeg
from callflows.ends import finish, requeue
from callflows.events import (
    AnswerPressed,
    AudioBack,
    AudioLost,
    CallGiven,
    Cause,
    CommandFailed,
    DeadlineReached,
    Event,
    FallbackAnswered,
    HangUpPressed,
    HoldPressed,
    LegAnswered,
    LegEnded,
    LegHeld,
    LegId,
    LegResumed,
    OperatorAnswered,
    PhrasePressed,
    ResumePressed,
    TransferPressed,
)
from callflows.holding import (
    hold_pressed,
    leg_held,
    leg_resumed,
    resume_pressed,
    take_back,
)
from callflows.operators import DeskState
from callflows.ringing import forget_fallback, gone, hang_up, lost, move, stop_all
from callflows.sounds import commands, join, notice_heard_time
from callflows.transition import Transition

SILENT_TIME: Final = 20.0
"""Seconds without audio from the operator's phone before the caller is given to another.

Longer than any pause for thought, since some phones send nothing while muted; at once when
the registrar has lost the phone as well.
"""
# ---------------------------------------------------------------- beginning


def connect(board: Board, call: InboundCall, leg: OperatorLeg) -> None:
    """Let caller and operator hear each other; whoever else rings is told it is taken."""
    if not call.has_caller:
        dial = call_back.dial if call.service_call is None else service_calls.summoned
        dial(board, call, leg)
        return
    desk = board.operators[leg.operator]
    heard, previous = notice_heard_time(call, board.now), call.operator_leg
    call.leaves_fallback()
    del call.legs[leg.leg_id]
    join(board, call, leg.leg_id)
    _begin_talk(board, call, CallState.TALKING)
    call.operator = leg.operator
    desk.misses = 0
    move(board, desk, DeskState.TALKING)
    board.say(
        OperatorAnswered(
            incident_id=call.incident_id,
            call_id=call.call_id,
            leg_id=leg.leg_id,
            operator=leg.operator,
            answer_time=board.now - call.offered_at,
            notice_heard_time=heard,
        )
    )
    incident = board.incidents.get(call.incident_id)
    if incident is not None and incident.owner is None:
        incident.belongs_to(leg.operator, board.now)
    transferring.taken(board, call, leg.operator)
    stop_all(board, call, is_answered_elsewhere=True)
    if previous is not None and previous not in call.given_up:
        hang_up(board, call, previous, None)


def forward(board: Board, call: InboundCall, leg_id: LegId) -> None:
    """Let the caller and the fallback number, whose leg this is, hear each other."""
    forget_fallback(board, call)
    call.fallback_answered_at = board.now
    call.fallback_proof, call.is_fallback_offered = "", False
    join(board, call, leg_id)
    _begin_talk(board, call, CallState.FORWARDED)
    board.say(
        FallbackAnswered(
            incident_id=call.incident_id,
            call_id=call.call_id,
            leg_id=leg_id,
            number=call.fallback_number or "",
        )
    )
    stop_all(board, call, is_answered_elsewhere=True)


def _begin_talk(board: Board, call: InboundCall, state: CallState) -> None:
    board.seeking.pop(call.call_id, None)
    call.state = state
    if call.answered_at is None:
        call.answered_at = board.now
    if call.talk_began_at is None:
        call.talk_began_at = board.now
    call.stage_until = call.retry_at = call.phrase_until = None
    call.operator_silent_since = call.station_down_since = None
    call.is_held_at_desk = call.is_held_at_phone = False
    call.rests.clear()


# ---------------------------------------------------------------- audio and station


def audio_lost(board: Board, call: InboundCall, event: AudioLost) -> bool:
    """Note whose audio fails. A silent caller stays; a silent operator's phone may not."""
    if event.leg_id == call.leg_id:
        call.is_caller_silent = True
    elif event.leg_id == call.operator_leg and call.operator is not None:
        call.operator_silent_since = board.now
        board.touch(call)
        if call.station_down_since is not None and call.state is CallState.TALKING:
            requeue(board, call, "the operator's phone is gone")
    else:
        return False
    return True


def audio_back(board: Board, call: InboundCall, event: AudioBack) -> bool:
    """Note that audio arrives again."""
    if event.leg_id == call.leg_id:
        call.is_caller_silent = False
    elif event.leg_id == call.operator_leg:
        call.operator_silent_since = None
        board.touch(call)
    else:
        return False
    return True


def station_down(board: Board, call: InboundCall) -> None:
    """Take that the registrar lost the phone of the operator who is in this call.

    While his audio arrives, only his registration is gone and nobody is cut off for that.
    """
    call.station_down_since = board.now
    board.touch(call)
    if call.operator_silent_since is not None and call.state is CallState.TALKING:
        requeue(board, call, "the operator's phone is gone")


def station_up(board: Board, call: InboundCall) -> None:
    """Take that the phone is back."""
    call.station_down_since = None
    board.touch(call)


def due_at(call: InboundCall) -> float | None:
    """Return when an answered call wants to be told the time."""
    times = [silent_until(call)]
    if call.state is CallState.TALKING:
        times.append(call.phrase_until)
    return min((at for at in times if at is not None), default=None)


def silent_until(call: InboundCall) -> float | None:
    """Return when the operator's side counts as broken, if it shows signs of that."""
    if call.state is CallState.DIALLING:
        return call.dial_until
    if call.state is CallState.TALKING and call.operator_silent_since is not None:
        return call.operator_silent_since + SILENT_TIME
    if call.state is CallState.HELD and call.station_down_since is not None:
        return call.station_down_since + SILENT_TIME
    return None


# ---------------------------------------------------------------- ends


def leg_ended(board: Board, call: InboundCall, event: LegEnded) -> bool:
    """End the call, or look for another operator when only his side broke."""
    if event.leg_id == call.leg_id and consulting.others_are_there(call):
        consulting.caller_left(board, call)
    elif event.leg_id == call.consulted:
        board.legs.pop(event.leg_id, None)
        take_back(board, call, waits=consulting.part(board, call, event.leg_id))
    elif event.leg_id in call.guests:
        gone(board, call, event.leg_id)
        board.say(*commands(call))
    elif event.leg_id == call.leg_id:
        is_fault = event.cause is Cause.FAILED
        finish(board, call, "fault" if is_fault else "caller", gone_leg=event.leg_id)
    elif event.leg_id == call.operator_leg:
        if event.cause is Cause.HUNG_UP and call.transfer is not None:
            transferring.give(board, call, event.leg_id)
        elif event.cause is Cause.HUNG_UP:
            finish(board, call, "operator", gone_leg=event.leg_id)
        else:
            why = event.reason or event.cause.value
            requeue(board, call, f"the leg to the operator broke: {why}", event.leg_id)
    elif (leg := call.legs.get(event.leg_id)) is not None:
        lost(board, call, leg, event.cause)
    elif not transferring.leg_gone(board, call, event.leg_id):
        return gone(board, call, event.leg_id)
    return True


def _answered_late(board: Board, call: InboundCall, event: LegAnswered) -> bool:
    """Take a service that picked up, or a phone that did although it was told to stop."""
    if transferring.answered(board, call, event):
        return True
    if event.leg_id != call.consulted or call.is_consulted_up:
        return late_answer(board, call, event)
    consulting.picked_up(board, call)
    return True


def _called_back(board: Board, call: InboundCall, event: LegAnswered) -> bool:
    """Let operator and caller hear each other: he picked up when he was called back."""
    if event.leg_id != call.leg_id or call.operator_leg is None:
        return late_answer(board, call, event)
    picked_up = call_back.picked_up if call.service_call is None else service_calls.picked_up
    picked_up(board, call)
    join(board, call, call.operator_leg)
    _begin_talk(board, call, CallState.TALKING)
    return True


def _not_reached(board: Board, call: InboundCall, event: DeadlineReached) -> bool:
    """Stop ringing a caller who does not pick up."""
    finish(board, call, "engine")
    return True


def _hang_up_pressed(board: Board, call: InboundCall, event: HangUpPressed) -> bool:
    if event.operator != call.operator:
        return transferring.left(board, call, event.operator)
    if call.transfer is not None:
        transferring.give(board, call)
    else:
        finish(board, call, "operator")
    return True


# ---------------------------------------------------------------- the table


def _due(board: Board, call: InboundCall, event: DeadlineReached) -> bool:
    """Give the caller to another when his operator's side has been broken for long."""
    transferring.due(board, call)
    if call.phrase_until is not None and call.phrase_until <= board.now:
        phrases.ended(board, call, is_complete=False)
    broken_at = silent_until(call)
    if broken_at is not None and broken_at <= board.now:
        requeue(board, call, "no audio from the operator's phone")
    return True


def _failed(board: Board, call: InboundCall, event: CommandFailed) -> bool:
    """Take a command's failure as the leg's; a bridge joins nobody without the other leg."""
    if event.command in ("Bridge", "Conference"):
        if call.transfer is not None and call.transfer.is_up:
            return transferring.left(board, call, call.transfer.to)
        requeue(board, call, f"caller and operator were not joined: {event.reason}")
        return True
    return leg_failed(board, call, event, leg_ended)


TALKING: Final = CallState.TALKING
HELD: Final = CallState.HELD
DIALLING: Final = CallState.DIALLING
FORWARDED: Final = CallState.FORWARDED
ENDED: Final = CallState.ENDED
WAITING: Final = CallState.WAITING
OFFERED: Final = CallState.OFFERED

TABLE: Final[dict[tuple[CallState, type[Event]], Transition[CallState]]] = {
    (TALKING, LegEnded): Transition(leg_ended, (ENDED, WAITING)),
    (TALKING, LegAnswered): Transition(_answered_late),
    (TALKING, HangUpPressed): Transition(_hang_up_pressed, (ENDED,)),
    (TALKING, TransferPressed): Transition(transferring.transfer_pressed, (HELD, OFFERED)),
    (TALKING, HoldPressed): Transition(hold_pressed, (HELD,)),
    (TALKING, LegHeld): Transition(leg_held, (HELD,)),
    (TALKING, LegResumed): Transition(leg_resumed),
    (TALKING, PhrasePressed): Transition(phrases.pressed),
    (TALKING, AudioLost): Transition(audio_lost, (WAITING,)),
    (TALKING, AudioBack): Transition(audio_back),
    (TALKING, DeadlineReached): Transition(_due, (WAITING,)),
    (TALKING, CommandFailed): Transition(_failed, (ENDED, WAITING)),
    (DIALLING, LegAnswered): Transition(_called_back, (TALKING,)),
    (DIALLING, LegEnded): Transition(leg_ended, (ENDED, WAITING)),
    (DIALLING, HangUpPressed): Transition(_hang_up_pressed, (ENDED,)),
    (DIALLING, DeadlineReached): Transition(_not_reached, (ENDED,)),
    (DIALLING, CommandFailed): Transition(_failed, (ENDED, WAITING)),
    (HELD, LegEnded): Transition(leg_ended, (ENDED, WAITING)),
    (HELD, LegAnswered): Transition(_answered_late),
    (HELD, HangUpPressed): Transition(_hang_up_pressed, (ENDED, TALKING, OFFERED)),
    (HELD, AnswerPressed): Transition(transferring.answer_pressed),
    (HELD, TransferPressed): Transition(transferring.transfer_pressed, (OFFERED,)),
    (HELD, CallGiven): Transition(transferring.call_given, (TALKING, OFFERED)),
    (HELD, HoldPressed): Transition(hold_pressed),
    (HELD, ResumePressed): Transition(resume_pressed, (TALKING,)),
    (HELD, LegHeld): Transition(leg_held),
    (HELD, LegResumed): Transition(leg_resumed, (TALKING,)),
    (HELD, AudioLost): Transition(audio_lost),
    (HELD, AudioBack): Transition(audio_back),
    (HELD, DeadlineReached): Transition(_due, (WAITING,)),
    (HELD, CommandFailed): Transition(_failed, (ENDED, WAITING)),
}
