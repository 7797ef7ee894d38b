"""The fallback number answered: the caller talks to it, until an operator takes him back."""

from typing import Final

from callflows.asides import caller_held, caller_resumed, leg_failed
from callflows.board import Board
from callflows.call import CallState, InboundCall
from callflows.ends import requeue
from callflows.events import (
    AnswerPressed,
    AudioBack,
    AudioLost,
    CommandFailed,
    DeadlineReached,
    Event,
    HangUpPressed,
    LegAnswered,
    LegEnded,
    LegHeld,
    LegResumed,
)
from callflows.inbound import answered, ring_time_over
from callflows.taking import give_back, take
from callflows.talking import audio_back, audio_lost, leg_ended
from callflows.transition import Transition


def _due(board: Board, call: InboundCall, event: DeadlineReached) -> bool:
    ring_time_over(board, call)
    return True


def _failed(board: Board, call: InboundCall, event: CommandFailed) -> bool:
    if event.command == "Bridge":
        requeue(board, call, f"caller and fallback number were not joined: {event.reason}")
        return True
    return leg_failed(board, call, event, leg_ended)


FORWARDED: Final = CallState.FORWARDED
WAITING: Final = CallState.WAITING

TABLE: Final[dict[tuple[CallState, type[Event]], Transition[CallState]]] = {
    (FORWARDED, LegAnswered): Transition(answered, (CallState.TALKING,)),
    (FORWARDED, LegEnded): Transition(leg_ended, (CallState.ENDED, WAITING)),
    (FORWARDED, AnswerPressed): Transition(take),
    (FORWARDED, HangUpPressed): Transition(give_back),
    (FORWARDED, DeadlineReached): Transition(_due),
    (FORWARDED, CommandFailed): Transition(_failed, (CallState.ENDED, WAITING)),
    (FORWARDED, AudioLost): Transition(audio_lost),
    (FORWARDED, AudioBack): Transition(audio_back),
    (FORWARDED, LegHeld): Transition(caller_held),
    (FORWARDED, LegResumed): Transition(caller_resumed),
}
