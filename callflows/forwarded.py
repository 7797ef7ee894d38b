"""The fallback number answered: the caller talks to it, until an operator takes him back.

Nobody asks for a key there, so what answered is listened to: a voicemail is no human. A
caller who reached one waits again as if the number had not been picked up, for the next
operator who is ready.
"""

from typing import Final, Literal

from callflows import search
from callflows.asides import caller_held, caller_resumed, leg_failed
from callflows.attention import attend
from callflows.board import Board
from callflows.call import CallState, InboundCall
from callflows.ends import requeue
from callflows.events import (
    AnswerPressed,
    AudioBack,
    AudioLost,
    Cause,
    CommandFailed,
    DeadlineReached,
    Event,
    FallbackMissed,
    GreetingEnded,
    HangUpPressed,
    LegAnswered,
    LegEnded,
    LegHeld,
    LegId,
    LegResumed,
    MachineSuspected,
)
from callflows.inbound import answered, ring_time_over
from callflows.taking import give_back, take
from callflows.talking import audio_back, audio_lost, leg_ended
from callflows.transition import Transition

LISTENED_TIME: Final = 30.0
"""Seconds after the pick-up in which a sign of a machine counts.

A longer greeting was known by then for its one long speech; a beep in a talk between two
people is a kitchen's or a lift's.
"""
SPEECH_TIME: Final = 4.0
"""Seconds for which whoever is suspected for a long greeting has to speak on.

With the 2.8 s that raise the suspicion (`sip.media.machine.LONG_GREETING`): a guard's "Good
evening, you are speaking with …" takes 3 to 5 s and then he waits for an answer; a machine's
greeting takes 8 s and more, or ends in a beep. A guard who is taken for a machine would be
taken for one at each try.
"""

# ---------------------------------------------------------------- machines


def _suspected(board: Board, call: InboundCall, event: MachineSuspected) -> bool:
    """Take the caller back from what beeps or sings; wait a little for what only speaks."""
    if event.leg_id != call.operator_leg:
        return False
    if _is_listened_to(board, call) and event.evidence == "long_greeting":
        call.fallback_doubted_until = board.now + SPEECH_TIME
        board.touch(call)
    elif _is_listened_to(board, call) and event.evidence != "long_speech":
        _nobody_there(board, call, "voicemail")
    return True


def _greeting_ended(board: Board, call: InboundCall, event: GreetingEnded) -> bool:
    """Take the caller back at the beep; whoever falls silent waits for an answer."""
    if event.leg_id != call.operator_leg:
        return False
    call.fallback_doubted_until = None
    board.touch(call)
    if event.evidence == "beep" and _is_listened_to(board, call):
        _nobody_there(board, call, "voicemail")
    return True


def _is_listened_to(board: Board, call: InboundCall) -> bool:
    since = call.fallback_answered_at
    return since is not None and board.now - since <= LISTENED_TIME


def _nobody_there(
    board: Board,
    call: InboundCall,
    cause: Literal["voicemail", "hung_up"],
    gone_leg: LegId | None = None,
) -> None:
    """Let the caller wait again: the fallback number failed, and nobody spoke to him."""
    number, leg_id = call.fallback_number or "", call.operator_leg or LegId("")
    waits_since = call.waits_since
    call.leaves_fallback(was_person=False)
    call.talk_began_at = None
    board.say(
        FallbackMissed(
            incident_id=call.incident_id,
            call_id=call.call_id,
            leg_id=leg_id,
            number=number,
            cause=cause,
        )
    )
    requeue(board, call, "nobody was there at the fallback number", gone_leg)
    call.waits_since = waits_since  # he has waited all the time
    search.hold(board, call)
    incident = board.incidents.get(call.incident_id)
    if incident is not None and cause == "voicemail":
        attend(board, incident, f"the fallback number {number} is a voicemail")


# ---------------------------------------------------------------- ends and time


def _leg_ended(board: Board, call: InboundCall, event: LegEnded) -> bool:
    """Take the caller back from what hung up before anybody can have helped him."""
    is_unproved = not call.is_fallback_proved(board.now)
    if event.leg_id == call.operator_leg and event.cause is Cause.HUNG_UP and is_unproved:
        _nobody_there(board, call, "hung_up", gone_leg=event.leg_id)
        return True
    return leg_ended(board, call, event)


def _due(board: Board, call: InboundCall, event: DeadlineReached) -> bool:
    ring_time_over(board, call)
    if call.fallback_doubted_until is not None and call.fallback_doubted_until <= board.now:
        _nobody_there(board, call, "voicemail")
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
    (FORWARDED, LegEnded): Transition(_leg_ended, (CallState.ENDED, WAITING)),
    (FORWARDED, MachineSuspected): Transition(_suspected, (WAITING,)),
    (FORWARDED, GreetingEnded): Transition(_greeting_ended, (WAITING,)),
    (FORWARDED, AnswerPressed): Transition(take),
    (FORWARDED, HangUpPressed): Transition(give_back),
    (FORWARDED, DeadlineReached): Transition(_due, (WAITING,)),
    (FORWARDED, CommandFailed): Transition(_failed, (CallState.ENDED, WAITING)),
    (FORWARDED, AudioLost): Transition(audio_lost),
    (FORWARDED, AudioBack): Transition(audio_back),
    (FORWARDED, LegHeld): Transition(caller_held),
    (FORWARDED, LegResumed): Transition(caller_resumed),
}
