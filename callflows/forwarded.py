"""The fallback number answered: the caller talks to it, until an operator takes him back.

Nobody asks for a key there, so what answered is listened to: a voicemail is no human. A
caller who reached one waits again as if the number had not been picked up, for the next
operator who is ready.

No time makes a human of it: a greeting of a few seconds without a beep sounds like a guard
who waits for an answer. Only who answers the caller, or presses a key, is one. Until then
the caller stays where he is, and after a while operators are rung for him as well.
"""

from typing import Final, Literal

from callflows import search
from callflows.asides import caller_held, caller_resumed, leg_failed
from callflows.attention import attend
from callflows.board import Board
from callflows.call import CallState, InboundCall
from callflows.caller_keys import key_pressed
from callflows.ends import requeue
from callflows.events import (
    AnswerPressed,
    AudioBack,
    AudioLost,
    Cause,
    CommandFailed,
    ConversationHeard,
    DeadlineReached,
    DigitPressed,
    Event,
    FallbackMissed,
    FallbackProved,
    GreetingEnded,
    HangUpPressed,
    LegAnswered,
    LegEnded,
    LegHeld,
    LegId,
    LegResumed,
    MachineSuspected,
)
from callflows.inbound import answered, rest_is_over, ring_time_over
from callflows.operators import DeskState
from callflows.ringing import move, stop
from callflows.taking import give_back, take
from callflows.talking import audio_back, audio_lost, leg_ended
from callflows.transition import Transition

LISTENED_TIME: Final = 30.0
"""Seconds after the pick-up in which a sign of a machine counts.

A longer greeting was known by then for its one long speech; a beep in a talk between two
people is a kitchen's or a lift's. `call.DOUBT_TIME`, after which operators are rung as
well, is as long: by then nothing speaks for a machine, and perhaps nothing for a person.
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
    if since is None or call.fallback_proof == "key":
        return False
    return board.now - since <= LISTENED_TIME


def _nobody_there(
    board: Board,
    call: InboundCall,
    cause: Literal["voicemail", "hung_up"],
    gone_leg: LegId | None = None,
) -> None:
    """Let the caller wait again: the fallback number failed, and nobody spoke to him."""
    number, leg_id = call.fallback_number or "", call.operator_leg or LegId("")
    waits_since = call.waits_since
    call.fallback_proof = ""
    call.leaves_fallback()
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


# ---------------------------------------------------------------- a person


def _conversation(board: Board, call: InboundCall, event: ConversationHeard) -> bool:
    """Leave the caller to whoever answers what he says."""
    if event.leg_id != call.operator_leg:
        return False
    _somebody_is_there(board, call, "talk")
    return True


def _key(board: Board, call: InboundCall, event: DigitPressed) -> bool:
    """Leave the caller to whoever pressed a key there: no machine does."""
    if event.leg_id == call.operator_leg:
        _somebody_is_there(board, call, "key")
    return key_pressed(board, call, event)


def _somebody_is_there(board: Board, call: InboundCall, proof: Literal["talk", "key"]) -> None:
    """Ring nobody more; an operator who wants to take the caller is rung on."""
    if not call.is_fallback_doubtful:
        return
    call.fallback_proof, call.is_fallback_offered = proof, False
    call.fallback_doubted_until = None
    board.seeking.pop(call.call_id, None)
    call.rests.clear()
    board.touch(call)
    board.say(
        FallbackProved(
            incident_id=call.incident_id,
            call_id=call.call_id,
            leg_id=call.operator_leg or LegId(""),
            number=call.fallback_number or "",
            proof=proof,
        )
    )
    for leg in [leg for leg in call.legs.values() if not leg.is_auto_answered]:
        move(board, stop(board, call, leg, is_answered_elsewhere=True), DeskState.READY)


# ---------------------------------------------------------------- ends and time


def _leg_ended(board: Board, call: InboundCall, event: LegEnded) -> bool:
    """Take the caller back from what hung up and was not known to be a person."""
    is_his = event.leg_id == call.operator_leg and event.cause is Cause.HUNG_UP
    if is_his and call.is_fallback_doubtful:
        _nobody_there(board, call, "hung_up", gone_leg=event.leg_id)
        return True
    return leg_ended(board, call, event)


def _due(board: Board, call: InboundCall, event: DeadlineReached) -> bool:
    ring_time_over(board, call)
    if call.fallback_doubted_until is not None and call.fallback_doubted_until <= board.now:
        _nobody_there(board, call, "voicemail")
    elif call.fallback_offered_at is not None and call.fallback_offered_at <= board.now:
        call.is_fallback_offered = True
        board.seeking[call.call_id] = call
        search.beside_fallback(board, call)
    rest_is_over(board, call)
    board.touch(call)
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
    (FORWARDED, ConversationHeard): Transition(_conversation),
    (FORWARDED, DigitPressed): Transition(_key),
    (FORWARDED, AnswerPressed): Transition(take),
    (FORWARDED, HangUpPressed): Transition(give_back),
    (FORWARDED, DeadlineReached): Transition(_due, (WAITING,)),
    (FORWARDED, CommandFailed): Transition(_failed, (CallState.ENDED, WAITING)),
    (FORWARDED, AudioLost): Transition(audio_lost),
    (FORWARDED, AudioBack): Transition(audio_back),
    (FORWARDED, LegHeld): Transition(caller_held),
    (FORWARDED, LegResumed): Transition(caller_resumed),
}
