"""Events that move nothing, or mean the same in every state: noted where the desk looks."""

from collections.abc import Callable
from typing import Final

from callflows import phrases
from callflows.board import Board
from callflows.call import CallState, InboundCall
from callflows.caller_keys import key_pressed
from callflows.commands import HangUp
from callflows.events import (
    Cause,
    CommandFailed,
    DigitPressed,
    Event,
    LegAnswered,
    LegEnded,
    LegHeld,
    LegResumed,
    LegRinging,
    PromptEnded,
    RecordingEnded,
    RecordingFailed,
    RecordingGap,
    RecordingStarted,
)
from callflows.ringing import gone
from callflows.sounds import RECORDING_NOTICE, notice_ended
from callflows.transition import Transition

_LEG_COMMANDS: Final = frozenset(
    {"RingOperator", "DialNumber", "DialService", "AnswerCaller", "HangUp"}
)
"Commands without which a leg does not live. A prompt that fails ends nobody's call."


def caller_held(board: Board, call: InboundCall, event: LegHeld) -> bool:
    """Note that the caller's own phone holds: he may be hiding it in his pocket."""
    call.is_holding = call.is_holding or event.leg_id == call.leg_id
    return event.leg_id == call.leg_id


def caller_resumed(board: Board, call: InboundCall, event: LegResumed) -> bool:
    """Note that the caller's own phone is back."""
    if event.leg_id == call.leg_id:
        call.is_holding = False
    return event.leg_id == call.leg_id


def late_answer(board: Board, call: InboundCall, event: LegAnswered) -> bool:
    """Hang up a leg that was given up and picked up all the same."""
    if event.leg_id not in call.given_up:
        return False
    board.say(
        HangUp(
            incident_id=call.incident_id,
            leg_id=event.leg_id,
            is_answered_elsewhere=call.answered_at is not None,
        )
    )
    return True


def leg_failed(
    board: Board,
    call: InboundCall,
    event: CommandFailed,
    ended: Callable[[Board, InboundCall, LegEnded], bool],
) -> bool:
    """Take a command's failure as the failure of its leg, if the leg lives by it.

    A recording that cannot be started is a banner on the desk, and no call's end.

    :param ended: what this state does when a leg ends.
    """
    if event.command == "StartRecording":
        call.recording_failure = event.reason
    if event.command in _LEG_COMMANDS and event.leg_id is not None:
        if event.command == "AnswerCaller":  # he may still hear his network's tone
            board.say(HangUp(incident_id=event.incident_id, leg_id=event.leg_id))
        ended(
            board,
            call,
            LegEnded(
                incident_id=event.incident_id,
                leg_id=event.leg_id,
                cause=Cause.FAILED,
                reason=event.reason,
            ),
        )
    return True


def _prompt_ended(board: Board, call: InboundCall, event: PromptEnded) -> bool:
    if event.prompt == RECORDING_NOTICE and event.leg_id == call.leg_id:
        notice_ended(board, call, event.played_time)
    elif event.leg_id == call.leg_id:
        phrases.ended(board, call, is_complete=event.is_complete)
    return True


def _noted(board: Board, call: InboundCall, event: Event) -> bool:
    return True


def _recording_started(board: Board, call: InboundCall, event: RecordingStarted) -> bool:
    call.is_recording = call.is_recording or event.recording_id == call.recording_id
    return True


def _recording_ended(board: Board, call: InboundCall, event: RecordingEnded) -> bool:
    if event.recording_id == call.recording_id:
        call.is_recording = False
    return True


def _recording_failed(board: Board, call: InboundCall, event: RecordingFailed) -> bool:
    call.is_recording, call.recording_failure = False, event.reason
    return True


def _gone(board: Board, call: InboundCall, event: LegEnded) -> bool:
    return gone(board, call, event.leg_id)


def _failed(board: Board, call: InboundCall, event: CommandFailed) -> bool:
    return leg_failed(board, call, event, _gone)


_EVERYWHERE: Final[dict[type[Event], Transition[CallState]]] = {
    LegRinging: Transition(_noted),
    DigitPressed: Transition(key_pressed),
    PromptEnded: Transition(_prompt_ended),
    RecordingStarted: Transition(_recording_started),
    RecordingEnded: Transition(_recording_ended),
    RecordingGap: Transition(_noted),
    RecordingFailed: Transition(_recording_failed),
}

TABLE: Final[dict[tuple[CallState, type[Event]], Transition[CallState]]] = {
    **{(s, event): what for s in CallState for event, what in _EVERYWHERE.items()},
    (CallState.ENDED, LegEnded): Transition(_gone),
    (CallState.ENDED, LegAnswered): Transition(late_answer),
    (CallState.ENDED, CommandFailed): Transition(_failed),
}
