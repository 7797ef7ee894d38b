"""What the caller hears, at every moment: never silence."""

from dataclasses import replace
from typing import Final, Literal

from callflows.board import Board
from callflows.call import InboundCall, Sound
from callflows.commands import (
    AnswerCaller,
    Bridge,
    Command,
    Conference,
    Play,
    SignalRinging,
)
from callflows.events import LegId

RECORDING_NOTICE: Final = "recording_notice"
ALL_BUSY: Final = "all_busy_calm"
PLEASE_HOLD: Final = "please_hold"
"Prompts, by their names in `ivr.prompts`."

NOTICE_TIME: Final = 15.0
"""Seconds after which the recording notice counts as heard.

The notice lasts 7 to 8 s in each language; the media process tells its end, and should it
die meanwhile, nobody may wait for that.
"""


def first_sound(board: Board, call: InboundCall) -> None:
    """Let the caller hear something, at the moment he calls.

    The recording notice is for calls that are recorded; others hear their network's tone, or
    ours if we have picked up already. Where a panel lets us listen in, nothing is heard.
    """
    offer = call.offer
    if offer.is_listening_in:
        call.sound = Sound.NOTHING
        return
    if offer.is_answered:
        board.say(*commands(call))
    else:
        board.say(SignalRinging(incident_id=call.incident_id, leg_id=call.leg_id))
    if offer.while_ringing == "notice" and offer.recording != "none":
        call.sound, call.notice_began_at = Sound.NOTICE, board.now
        answer_caller(board, call)
        board.say(*commands(call))


def answer_caller(board: Board, call: InboundCall) -> None:
    """Pick up the caller's leg, once."""
    if not call.is_caller_answered:
        call.is_caller_answered = True
        board.say(AnswerCaller(incident_id=call.incident_id, leg_id=call.leg_id))


def hold_message(board: Board, call: InboundCall) -> None:
    """Let the caller hear the calm message, after the notice if that is still being read."""
    is_quiet = call.offer.is_listening_in and call.sound is Sound.NOTHING
    if call.sound is Sound.HOLD_MESSAGE or not call.has_caller or is_quiet:
        return
    if call.sound is Sound.NOTICE and call.notice_heard_time is None:
        latest = call.notice_began_at + NOTICE_TIME
        if board.now < latest:
            call.notice_until = latest
            return
    call.notice_until = None
    _change(board, call, Sound.HOLD_MESSAGE)


def notice_ended(board: Board, call: InboundCall, played_time: float) -> None:
    """Take that the recording notice was heard; the hold message follows if it waited."""
    call.notice_heard_time = played_time
    if call.notice_until is not None:
        hold_message(board, call)


def hold_music(board: Board, call: InboundCall) -> None:
    """Let the caller hear that he is on hold, and the operator nothing."""
    _change(board, call, Sound.HOLD_MUSIC)


def join(board: Board, call: InboundCall, leg_id: LegId) -> None:
    """Let the caller and whoever answered hear each other."""
    call.operator_leg = leg_id
    call.notice_until = None
    _change(board, call, Sound.PEOPLE)


def repeat(board: Board, call: InboundCall) -> None:
    """Order again what the caller hears now, after a restart. It does no harm twice."""
    if call.is_caller_answered:
        board.say(AnswerCaller(incident_id=call.incident_id, leg_id=call.leg_id))
    board.say(*commands(call))


def notice_heard_time(call: InboundCall, now: float) -> float:
    """Return how many seconds of the recording notice the caller has heard."""
    if call.notice_heard_time is not None:
        return call.notice_heard_time
    if call.sound is Sound.NOTICE:
        return min(now - call.notice_began_at, NOTICE_TIME)
    return 0.0


def commands(call: InboundCall) -> list[Command]:
    """Return what makes the caller hear what he is to hear."""
    match call.sound:
        case Sound.RINGBACK if call.is_caller_answered:
            return [_ringback(call)]
        case Sound.RINGBACK:
            return [SignalRinging(incident_id=call.incident_id, leg_id=call.leg_id)]
        case Sound.NOTICE:
            return [_play(call, call.leg_id, RECORDING_NOTICE, "ringback")]
        case Sound.HOLD_MESSAGE:
            return [_play(call, call.leg_id, ALL_BUSY, "repeat"), *_guests_wait(call)]
        case Sound.HOLD_MUSIC:
            music = _play(call, call.leg_id, PLEASE_HOLD, "hold_music")
            return [music, *operator_apart(call), *_guests_wait(call)]
        case Sound.PEOPLE if call.operator_leg is not None and call.guests:
            legs = (call.leg_id, call.operator_leg, *call.guests)
            return [Conference(incident_id=call.incident_id, leg_ids=legs)]
        case Sound.PEOPLE if call.operator_leg is not None:
            return [
                Bridge(
                    incident_id=call.incident_id,
                    leg_id=call.leg_id,
                    other_leg_id=call.operator_leg,
                )
            ]
        case _:
            return []


def operator_apart(call: InboundCall) -> list[Command]:
    """Return what the operator hears while the caller is on hold.

    The service or the operator whom he calls, or nothing.
    """
    operator = call.operator_leg
    if operator is None:
        return []
    if call.transfer is not None:
        other = {"leg_id": call.transfer.leg_id, "other_leg_id": operator}
        is_up = call.transfer.is_up
        return [Bridge(incident_id=call.incident_id, **other)] if is_up else ringback(call)
    if call.consulted is None:
        return [silence(call, operator)]
    if call.is_consulted_up:
        both = {"leg_id": call.consulted, "other_leg_id": operator}
        return [Bridge(incident_id=call.incident_id, **both)]
    return ringback(call)


def ringback(call: InboundCall) -> list[Command]:
    """Return what lets the operator hear that a number he calls rings."""
    operator = call.operator_leg
    return [] if operator is None else [replace(silence(call, operator), then="ringback")]


def _guests_wait(call: InboundCall) -> list[Command]:
    return [_play(call, guest, PLEASE_HOLD, "hold_music") for guest in call.guests]


def _play(
    call: InboundCall,
    leg_id: LegId,
    prompt: str,
    then: Literal["ringback", "hold_music", "repeat"],
) -> Play:
    if leg_id in call.service_legs:
        return silence(call, leg_id)  # no service is ever played a recording
    return Play(
        incident_id=call.incident_id,
        leg_id=leg_id,
        prompts=(prompt,),
        language=call.language,
        then=then,
    )


def _ringback(call: InboundCall) -> Play:
    return Play(
        incident_id=call.incident_id,
        leg_id=call.leg_id,
        prompts=(),
        language=call.language,
        then="ringback",
    )


def silence(call: InboundCall, leg_id: LegId) -> Play:
    """Return what lets a leg hear nothing."""
    return Play(incident_id=call.incident_id, leg_id=leg_id, prompts=(), language=call.language)


def _change(board: Board, call: InboundCall, sound: Sound) -> None:
    answer_caller(board, call)
    if call.sound is Sound.NOTICE and call.notice_heard_time is None:
        call.notice_heard_time = notice_heard_time(call, board.now)
    call.sound = sound
    board.touch(call)
    board.say(*commands(call))
