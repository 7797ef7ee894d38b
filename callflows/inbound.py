"""A caller who waits: from the INVITE until somebody speaks to him, or he gives up."""

from typing import Final

from callflows import call_back, search
from callflows.asides import caller_held, caller_resumed, late_answer, leg_failed
from callflows.board import Board
from callflows.call import SEEKING, CallState, InboundCall, Stage
from callflows.cases import case_for
from callflows.commands import StartRecording
from callflows.covert import hush
from callflows.crossing import rang_in
from callflows.ends import finish
from callflows.events import (
    AnswerPressed,
    AudioBack,
    AudioLost,
    CallOffered,
    Cause,
    CommandFailed,
    DeadlineReached,
    DialRefused,
    Event,
    HangUpPressed,
    LegAnswered,
    LegEnded,
    LegHeld,
    LegResumed,
)
from callflows.ringing import (
    forget_fallback,
    give_up,
    gone,
    lost,
    order,
    stop_fallback,
)
from callflows.sounds import first_sound, hold_message
from callflows.taking import give_back, take
from callflows.talking import audio_back, audio_lost, connect, forward
from callflows.transition import Transition
from client_directory.numbers import is_emergency_number

WAITING: Final = CallState.WAITING
OFFERED: Final = CallState.OFFERED
FALLBACK: Final = CallState.FALLBACK
TALKING: Final = CallState.TALKING
FORWARDED: Final = CallState.FORWARDED
ENDED: Final = CallState.ENDED

_HOME: Final = "BE"
"Where a number without country code would be dialled; ours all have one (E.164)."

# ---------------------------------------------------------------- a call comes in


def offered(board: Board, event: CallOffered) -> bool:
    """Open a case for a call, and look for somebody to answer it."""
    if event.call_id in board.calls or event.leg_id in board.legs:
        return False
    incident = case_for(board, event)
    call_back.rang_again(board, event)
    call = InboundCall(
        call_id=event.call_id,
        incident_id=incident.incident_id,
        leg_id=event.leg_id,
        offer=event,
        offered_at=board.now,
        waits_since=board.now,
        urgency=incident.urgency,
    )
    call.is_caller_answered = event.is_answered
    board.add_call(call)
    incident.call_ids.append(call.call_id)
    if incident.is_covert:
        hush(board, call)
    first_sound(board, call)
    if event.recording != "none":
        call.recording_id = f"{call.call_id}-r1"
        board.say(
            StartRecording(
                incident_id=call.incident_id,
                call_id=call.call_id,
                leg_id=call.leg_id,
                recording_id=call.recording_id,
            )
        )
    _check_fallback(board, call)
    rang_in(board, call)
    search.begin(board, call)
    return True


def _check_fallback(board: Board, call: InboundCall) -> None:
    """Keep the fallback number, unless no flow may dial it: then say so, once."""
    number = call.offer.fallback_number
    if number is None:
        return
    why = ""
    if not (number.isascii() and number.startswith("+") and number[1:].isdecimal()):
        why = "not an E.164 number"
    elif is_emergency_number(number, _HOME):
        why = "an emergency number"
    if not why:
        call.fallback_number = number
        return
    board.say(
        DialRefused(
            incident_id=call.incident_id, call_id=call.call_id, number=number, reason=why
        )
    )


# ---------------------------------------------------------------- while he waits


def answered(board: Board, call: InboundCall, event: LegAnswered) -> bool:
    """Connect the caller to whoever picked up first; who comes later is hung up."""
    leg = call.legs.get(event.leg_id)
    if leg is not None and leg.waits_for is None:
        connect(board, call, leg)
    elif event.leg_id == call.fallback_leg:
        forward(board, call, event.leg_id)
    else:
        return late_answer(board, call, event)
    return True


def _leg_ended(board: Board, call: InboundCall, event: LegEnded) -> bool:
    if event.leg_id == call.leg_id:
        finish(board, call, "caller", gone_leg=event.leg_id)
    elif (leg := call.legs.get(event.leg_id)) is not None:
        lost(board, call, leg, event.cause)
    elif event.leg_id == call.fallback_leg:
        board.legs.pop(event.leg_id, None)
        forget_fallback(board, call)
        search.fallback_failed(board, call)
    else:
        return gone(board, call, event.leg_id)
    return True


def _failed(board: Board, call: InboundCall, event: CommandFailed) -> bool:
    return leg_failed(board, call, event, _leg_ended)


# ---------------------------------------------------------------- deadlines


def _due(board: Board, call: InboundCall, event: DeadlineReached) -> bool:
    """Do what is due: stop phones that rang long enough, ring those that rested."""
    ring_time_over(board, call)
    if call.fallback_until is not None and call.fallback_until <= board.now:
        stop_fallback(board, call, is_answered_elsewhere=False)
        search.fallback_failed(board, call)
    if call.stage_until is not None and call.stage_until <= board.now:
        search.together_is_over(board, call)
    if call.retry_at is not None and call.retry_at <= board.now:
        search.retry(board, call)
    if call.notice_until is not None and call.notice_until <= board.now:
        hold_message(board, call)
    rest_is_over(board, call)
    board.touch(call)
    return True


def rest_is_over(board: Board, call: InboundCall) -> None:
    """Let those be rung again who did not take the call a while ago."""
    rested = [who for who, until in call.rests.items() if until <= board.now]
    for who in rested:
        del call.rests[who]
    board.is_unsettled = board.is_unsettled or bool(rested)


def ring_time_over(board: Board, call: InboundCall) -> None:
    """Stop the phones that rang long enough, and ring those whose operator's is free now.

    One by one, the only operator there is keeps ringing when all are to be rung anyway.
    """
    for leg in tuple(call.legs.values()):
        free_at = board.operators[leg.operator].clearing_until
        if leg.waits_for is not None and free_at <= board.now:
            order(board, call, leg)
        if leg.until > board.now:
            continue
        is_offered = call.stage is Stage.ONE_BY_ONE and not leg.is_auto_answered
        is_offered = is_offered and call.transfer is None
        if is_offered and not search.has_next(board, call):
            search.open_to_all(board, call)
            leg.until = board.now + search.TOGETHER_TIME
        else:
            give_up(board, call, leg, Cause.NO_ANSWER)


def next_due(board: Board, call: InboundCall) -> float | None:
    """Return when a caller's search wants a `DeadlineReached`, engine time."""
    times = [leg.until for leg in call.legs.values()]
    times += [
        board.operators[leg.operator].clearing_until
        for leg in call.legs.values()
        if leg.waits_for is not None
    ]
    times += [
        t
        for t in (
            call.fallback_until,
            call.fallback_doubted_until,
            call.fallback_offered_at,
            call.stage_until,
            call.retry_at,
            call.notice_until,
        )
        if t is not None
    ]
    times += call.rests.values()
    return min(times, default=None)


# ---------------------------------------------------------------- the table

_WHILE_SEEKING: Final[dict[type[Event], Transition[CallState]]] = {
    AnswerPressed: Transition(take, (OFFERED,)),
    AudioLost: Transition(audio_lost),
    AudioBack: Transition(audio_back),
    LegHeld: Transition(caller_held),
    LegResumed: Transition(caller_resumed),
}

TABLE: Final[dict[tuple[CallState, type[Event]], Transition[CallState]]] = {
    **{(s, event): t for s in SEEKING for event, t in _WHILE_SEEKING.items()},
    (WAITING, LegAnswered): Transition(late_answer),
    (WAITING, LegEnded): Transition(_leg_ended, (ENDED,)),
    (WAITING, CommandFailed): Transition(_failed, (ENDED,)),
    (WAITING, DeadlineReached): Transition(_due, (OFFERED, FALLBACK)),
    (OFFERED, LegAnswered): Transition(answered, (TALKING, FORWARDED)),
    (OFFERED, LegEnded): Transition(_leg_ended, (WAITING, FALLBACK, ENDED)),
    (OFFERED, CommandFailed): Transition(_failed, (WAITING, FALLBACK, ENDED)),
    (OFFERED, DeadlineReached): Transition(_due, (WAITING, FALLBACK)),
    (OFFERED, HangUpPressed): Transition(give_back, (WAITING, FALLBACK)),
    (FALLBACK, LegAnswered): Transition(answered, (FORWARDED,)),
    (FALLBACK, LegEnded): Transition(_leg_ended, (WAITING, ENDED)),
    (FALLBACK, CommandFailed): Transition(_failed, (WAITING, ENDED)),
    (FALLBACK, DeadlineReached): Transition(_due, (WAITING, OFFERED)),
}
