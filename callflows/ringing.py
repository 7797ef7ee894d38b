"""Make phones ring, and stop them: the only place where a leg to somebody is made.

An operator is rung for one call at a time. His phone needs a moment to be free again after
it was told to stop; a leg made in that moment rings as soon as the old one is gone.
"""

from typing import Final

from callflows.board import Board
from callflows.call import CallState, InboundCall, OperatorLeg
from callflows.commands import DialNumber, HangUp, RingOperator
from callflows.events import (
    Cause,
    LegId,
    OperatorId,
    OperatorMissed,
    OperatorRang,
    OperatorStateChanged,
)
from callflows.operators import DeskState, OperatorDesk

CLEARING_TIME: Final = 2.0
"""Seconds after which a phone that was told to stop counts as free, whatever it says.

A phone that is alive answers a CANCEL or BYE within SIP's first resends (T1 0.5 s, RFC
3261 section 17.1.1.1); a dead one would keep the next caller waiting for 32 s.
"""
REFUSAL_REST: Final = 30.0
"Seconds in which an operator who refused a call, or whose phone failed, is not rung for it."
MISS_REST: Final = 10.0
"The same for one who let it ring out, once everybody was tried."
MISSES_TO_BREAK: Final = 2
"Calls in a row that an operator lets ring out before he is set on break."

UNKNOWN_NUMBER: Final = "unknown number"
WITHHELD: Final = "withheld"

_RINGABLE: Final = (DeskState.READY, DeskState.RINGING)


def move(board: Board, desk: OperatorDesk, state: DeskState, reason: str = "") -> None:
    """Bring an operator into a state and say so.

    Being rung for a call that somebody else takes does not end his idle time.
    """
    if state is DeskState.READY and desk.state is not DeskState.RINGING:
        desk.idle_since = board.now
    desk.state, desk.since, desk.reason = state, board.now, reason
    desk.deadline = board.now + board.wrap_up_time if state is DeskState.WRAP_UP else None
    if state is not DeskState.RINGING and state is not DeskState.TALKING:
        desk.call_id = desk.leg_id = None
    if state is not DeskState.WRAP_UP:
        desk.incident_id = None
    if state is DeskState.READY:
        board.is_unsettled = True
    board.touched_desks[desk.operator] = desk
    board.say(OperatorStateChanged(operator=desk.operator, state=state.value, reason=reason))


def ring(
    board: Board,
    call: InboundCall,
    desk: OperatorDesk,
    ring_time: float,
    *,
    is_auto_answered: bool = False,
) -> None:
    """Let an operator's phone ring for a call, as soon as it is free.

    :param ring_time: seconds.
    """
    leg = OperatorLeg(
        leg_id=_next_leg(call, "o"),
        operator=desk.operator,
        until=board.now + ring_time,
        is_auto_answered=is_auto_answered,
    )
    call.legs[leg.leg_id] = leg
    board.legs[leg.leg_id] = call.call_id
    desk.call_id, desk.leg_id = call.call_id, leg.leg_id
    if desk.state is not DeskState.RINGING:
        move(board, desk, DeskState.RINGING)
    refresh(board, call)
    if desk.clearing_leg is not None and board.now < desk.clearing_until:
        leg.waits_for = desk.clearing_leg
    else:
        order(board, call, leg)


def order(board: Board, call: InboundCall, leg: OperatorLeg) -> None:
    """Send the order to ring."""
    leg.waits_for = None
    whose = call.identification
    number = None if call.is_withheld else call.caller
    shown = whose.person_name or number or WITHHELD
    client = whose.organisation_name if call.offer.is_known_did else UNKNOWN_NUMBER
    purpose = "" if call.calls_back is None else "CALL BACK "
    if call.dialled_by is not None:
        purpose = "CALL "
    if call.service_call is not None:
        purpose = "EMERGENCY CALL "
    board.touch(call)
    board.say(
        OperatorRang(
            incident_id=call.incident_id,
            call_id=call.call_id,
            leg_id=leg.leg_id,
            operator=leg.operator,
        ),
        RingOperator(
            incident_id=call.incident_id,
            call_id=call.call_id,
            leg_id=leg.leg_id,
            operator=leg.operator,
            display_name=f"{purpose}{client or call.did}: {shown}",
            number=number,
            is_auto_answered=leg.is_auto_answered,
        ),
    )


def dial_fallback(board: Board, call: InboundCall, ring_time: float) -> None:
    """Let the client's fallback number ring, showing the client's own number."""
    if call.fallback_number is None or call.fallback_leg is not None:
        return
    call.fallback_leg = _next_leg(call, "f")
    call.fallback_until = board.now + ring_time
    board.legs[call.fallback_leg] = call.call_id
    refresh(board, call)
    board.say(
        DialNumber(
            incident_id=call.incident_id,
            call_id=call.call_id,
            leg_id=call.fallback_leg,
            number=call.fallback_number,
            presented_number=call.offer.presented_number or call.did,
            is_screened=True,
        )
    )


def stop(
    board: Board,
    call: InboundCall,
    leg: OperatorLeg,
    *,
    cause: Cause = Cause.RELEASED,
    is_answered_elsewhere: bool = False,
) -> OperatorDesk:
    """Stop an operator's phone; what becomes of him is the caller's business."""
    del call.legs[leg.leg_id]
    desk = board.operators[leg.operator]
    if leg.waits_for is None:
        hang_up(board, call, leg.leg_id, leg.operator, cause, is_answered_elsewhere)
    else:
        board.legs.pop(leg.leg_id, None)
    refresh(board, call)
    return desk


def stop_fallback(board: Board, call: InboundCall, *, is_answered_elsewhere: bool) -> None:
    """Stop the fallback number's phone."""
    if call.fallback_leg is not None:
        hang_up(
            board,
            call,
            call.fallback_leg,
            None,
            Cause.RELEASED,
            is_answered_elsewhere,
        )
        forget_fallback(board, call)


def forget_fallback(board: Board, call: InboundCall) -> None:
    """Take that the fallback number does not ring any more."""
    call.fallback_leg = call.fallback_until = None
    refresh(board, call)


def hang_up(
    board: Board,
    call: InboundCall,
    leg_id: LegId,
    operator: OperatorId | None,
    cause: Cause = Cause.RELEASED,
    is_answered_elsewhere: bool = False,
) -> None:
    """End a leg and remember that it is on its way out."""
    desk = board.operators.get(operator) if operator is not None else None
    call.given_up[leg_id] = desk.operator if desk else None
    if desk is not None:
        desk.clearing_leg, desk.clearing_until = leg_id, board.now + CLEARING_TIME
    board.say(
        HangUp(
            incident_id=call.incident_id,
            leg_id=leg_id,
            cause=cause,
            is_answered_elsewhere=is_answered_elsewhere,
        )
    )


def stop_all(
    board: Board,
    call: InboundCall,
    *,
    is_answered_elsewhere: bool,
    besides: LegId | None = None,
) -> None:
    """Stop every phone that rings for a call, but one; those operators are free again."""
    for leg in tuple(call.legs.values()):
        if leg.leg_id != besides:
            desk = stop(board, call, leg, is_answered_elsewhere=is_answered_elsewhere)
            move(board, desk, DeskState.READY)
    if call.fallback_leg != besides:
        stop_fallback(board, call, is_answered_elsewhere=is_answered_elsewhere)


def gone(board: Board, call: InboundCall, leg_id: LegId) -> bool:
    """Take that a leg which was hung up has ended: what waited for it rings now."""
    if leg_id in call.guests:
        call.guests.remove(leg_id)
        board.legs.pop(leg_id, None)
        return True
    if leg_id not in call.given_up:
        return False
    operator = call.given_up.pop(leg_id)
    board.legs.pop(leg_id, None)
    if operator is not None:
        cleared(board, board.operators[operator], leg_id)
    return True


def cleared(board: Board, desk: OperatorDesk, leg_id: LegId) -> None:
    """Take that an operator's phone is free again."""
    if desk.clearing_leg != leg_id:
        return
    desk.clearing_leg = None
    call = board.calls[desk.call_id] if desk.call_id else None
    for leg in tuple(call.legs.values()) if call else ():
        if call is not None and leg.waits_for == leg_id:
            order(board, call, leg)


def missed(board: Board, call: InboundCall, leg: OperatorLeg, cause: Cause) -> None:
    """Note that an operator did not take a call, and let him rest from it.

    Whoever lets two calls in a row ring out is set on break: his chair is empty, and every
    caller would wait for it. Never the last one left for his kind of call.
    """
    desk = board.operators[leg.operator]
    board.say(
        OperatorMissed(
            incident_id=call.incident_id,
            call_id=call.call_id,
            leg_id=leg.leg_id,
            operator=leg.operator,
            cause=cause,
        )
    )
    is_rung_out = cause is Cause.NO_ANSWER
    if call.is_queued:
        rest = MISS_REST if is_rung_out else REFUSAL_REST
        call.rests[leg.operator] = board.now + rest
    board.is_unsettled = True
    desk.idle_since = board.now
    if not is_rung_out:
        if desk.state is DeskState.RINGING:
            move(board, desk, DeskState.READY)
        return
    call.slow.append(leg.operator)
    desk.misses += 1
    if desk.misses >= MISSES_TO_BREAK and _is_covered(board, desk):
        reason = f"{desk.misses} calls in a row rang out at his phone"
        move(board, desk, DeskState.ON_BREAK, reason)
    elif desk.state is DeskState.RINGING:
        move(board, desk, DeskState.READY)


def _is_covered(board: Board, desk: OperatorDesk) -> bool:
    """Whether others are there for every kind of call that this operator may take."""
    held = set(desk.clearances)
    for other in board.roster:
        if other is not desk and other.state in _RINGABLE and other.has_station:
            held.difference_update(other.clearances)
            if "high_security" in other.clearances:
                return True
    return not held


def lost(board: Board, call: InboundCall, leg: OperatorLeg, cause: Cause) -> None:
    """Take that an operator's leg ended by itself before it was answered."""
    del call.legs[leg.leg_id]
    board.legs.pop(leg.leg_id, None)
    refresh(board, call)
    missed(board, call, leg, cause)


def give_up(board: Board, call: InboundCall, leg: OperatorLeg, cause: Cause) -> None:
    """Stop an operator's phone because he does not take the call."""
    stop(board, call, leg, cause=cause)
    missed(board, call, leg, cause)


def refresh(board: Board, call: InboundCall) -> None:
    """Name the state of a call whose caller waits, from what rings for it."""
    board.touch(call)
    if call.seeks:
        if call.legs:
            call.state = CallState.OFFERED
        else:
            call.state = CallState.FALLBACK if call.fallback_leg else CallState.WAITING


def _next_leg(call: InboundCall, kind: str) -> LegId:
    call.legs_made += 1
    return LegId(f"{call.call_id}-{kind}{call.legs_made}")
