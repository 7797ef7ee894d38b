"""A live call goes from one operator to another; the caller hears music, and is never lost.

Attended: the two talk first, the caller on hold. Otherwise the first lets go at once, and
the caller comes back to him when the other does not take it. Whatever breaks on the way
leaves the caller with one of the two, or in front of the queue.
"""

from typing import Final

from callflows.board import Board
from callflows.call import CallState, InboundCall
from callflows.events import (
    AnswerPressed,
    CallGiven,
    Cause,
    LegAnswered,
    LegId,
    OperatorId,
    TransferAnswered,
    TransferOffered,
    TransferPressed,
    TransferRefused,
    TransferReturned,
    TransferTaken,
)
from callflows.holding import begin_hold, end_hold
from callflows.operators import DeskState
from callflows.parting import free, is_alone, let_go, wait_again
from callflows.ringing import give_up, hang_up, move, order, ring, stop
from callflows.routing import is_cleared, may_ring
from callflows.sounds import hold_music, join, operator_apart
from callflows.transfer import Transfer

TRANSFER_TIME: Final = 20.0
"Seconds for which the other's phone rings before the caller goes back."


def transfer_pressed(board: Board, call: InboundCall, event: TransferPressed) -> bool:
    """Let another operator's phone ring for a caller who is to be his."""
    if event.operator != call.operator:
        return False
    if why := _why_not(board, call, event):
        board.say(
            TransferRefused(
                incident_id=call.incident_id,
                call_id=call.call_id,
                operator=event.operator,
                reason=why,
            )
        )
        return True
    if not event.is_attended:
        _release(board, call)
    ring(board, call, board.operators[event.to], TRANSFER_TIME)
    (leg,) = (one for one in call.legs.values() if one.operator == event.to)
    call.transfer = Transfer(event.operator, event.to, leg.leg_id, event.is_attended)
    board.say(
        TransferOffered(
            incident_id=call.incident_id,
            call_id=call.call_id,
            leg_id=leg.leg_id,
            operator=event.operator,
            to=event.to,
            is_attended=event.is_attended,
        )
    )
    if event.is_attended:
        call.is_held_at_desk = True
        if call.state is CallState.TALKING:
            begin_hold(board, call)
        else:
            board.say(*operator_apart(call))
    return True


def _why_not(board: Board, call: InboundCall, event: TransferPressed) -> str:
    other = board.operators.get(event.to)
    if other is None or event.to == event.operator:
        return "no such operator"
    if call.transfer is not None:
        return "he is being offered to somebody already"
    if not is_alone(call):
        return "a third line is in the call"
    if not is_cleared(other, call.clearance):
        return "clearance"
    if not may_ring(other):
        is_there = other.state is DeskState.READY
        return "no phone" if is_there else f"operator is {other.state.value}"
    return ""


def _release(board: Board, call: InboundCall, gone_leg: LegId | None = None) -> None:
    """Let the first operator go: the caller hears music, and waits for the other."""
    first = call.operator
    is_quiet = call.state is CallState.TALKING
    let_go(board, call, DeskState.WRAP_UP, gone_leg)
    wait_again(board, call, first or OperatorId(""))
    if is_quiet:
        hold_music(board, call)


def answer_pressed(board: Board, call: InboundCall, event: AnswerPressed) -> bool:
    """Let the other's phone pick up by itself: he pressed "answer" on his desk."""
    leg = next((one for one in call.legs.values() if one.operator == event.operator), None)
    if call.transfer is None or leg is None or leg.is_auto_answered:
        return False
    desk = stop(board, call, leg)
    ring(board, call, desk, TRANSFER_TIME, is_auto_answered=True)
    return True


def answered(board: Board, call: InboundCall, event: LegAnswered) -> bool:
    """Let the two operators talk; say whether it was the other who picked up."""
    transfer, leg = call.transfer, call.legs.get(event.leg_id)
    if transfer is None or leg is None or leg.waits_for is not None:
        return False
    del call.legs[leg.leg_id]
    transfer.leg_id, transfer.is_up = leg.leg_id, True
    desk = board.operators[leg.operator]
    desk.misses = 0
    move(board, desk, DeskState.TALKING)
    board.touch(call)
    board.say(
        TransferAnswered(
            incident_id=call.incident_id,
            call_id=call.call_id,
            operator=transfer.to,
            by=transfer.by,
        ),
        *operator_apart(call),
    )
    return True


def call_given(board: Board, call: InboundCall, event: CallGiven) -> bool:
    """Give the caller to the other: the first presses it after they talked, or before."""
    if event.operator != call.operator or call.transfer is None:
        return False
    give(board, call)
    return True


def give(board: Board, call: InboundCall, gone_leg: LegId | None = None) -> None:
    """Let the first operator leave: the other has the caller, or his phone rings on for him."""
    transfer = call.transfer
    if transfer is None:
        return
    if not transfer.is_up:
        transfer.is_attended = False
        _release(board, call, gone_leg)
        return
    let_go(board, call, DeskState.WRAP_UP, gone_leg)
    call.operator, call.state = transfer.to, CallState.TALKING
    join(board, call, transfer.leg_id)
    taken(board, call, transfer.to)


def taken(board: Board, call: InboundCall, operator: OperatorId) -> None:
    """Make a case the operator's who has its caller now."""
    transfer, call.transfer = call.transfer, None
    incident = board.incidents.get(call.incident_id)
    if transfer is None or incident is None:
        return
    incident.belongs_to(operator, board.now)
    board.say(
        TransferTaken(
            incident_id=call.incident_id,
            call_id=call.call_id,
            operator=operator,
            by=transfer.by,
        )
    )


def left(board: Board, call: InboundCall, operator: OperatorId) -> bool:
    """Take that the other presses "hang up" instead: he declines, or has heard enough."""
    transfer = call.transfer
    if transfer is None or operator != transfer.to:
        return False
    for leg in [one for one in call.legs.values() if one.operator == operator]:
        give_up(board, call, leg, Cause.REFUSED)
    if transfer.is_up:
        hang_up(board, call, transfer.leg_id, operator)
        _step_out(board, call, transfer)
    return True


def leg_gone(board: Board, call: InboundCall, leg_id: LegId) -> bool:
    """Take that the line of the other, who had picked up, has ended by itself."""
    transfer = call.transfer
    if transfer is None or not transfer.is_up or transfer.leg_id != leg_id:
        return False
    board.legs.pop(leg_id, None)
    _step_out(board, call, transfer)
    return True


def _step_out(board: Board, call: InboundCall, transfer: Transfer) -> None:
    transfer.is_up, transfer.is_over = False, True
    free(board, board.operators[transfer.to], DeskState.READY)
    board.touch(call)


# ---------------------------------------------------------------- time, and what breaks


def due_at(board: Board, call: InboundCall) -> float | None:
    """Return when the other's phone has rung long enough, or is free to ring."""
    times = [leg.until for leg in call.legs.values()]
    times += [
        board.operators[leg.operator].clearing_until
        for leg in call.legs.values()
        if leg.waits_for is not None
    ]
    return min(times, default=None)


def due(board: Board, call: InboundCall) -> None:
    """Stop the other's phone when it rang long enough; let it ring when it is free."""
    for leg in tuple(call.legs.values()):
        free_at = board.operators[leg.operator].clearing_until
        if leg.waits_for is not None and free_at <= board.now:
            order(board, call, leg)
        if leg.until <= board.now:
            give_up(board, call, leg, Cause.NO_ANSWER)
    board.touch(call)


def look(board: Board) -> None:
    """Take callers back whom the other did not take, for whatever reason his phone is still."""
    for call in tuple(board.touched_calls.values()):
        transfer = call.transfer
        if transfer is None or transfer.is_up:
            continue
        if any(leg.operator == transfer.to for leg in call.legs.values()):
            continue
        call.transfer = None
        _come_back(board, call, transfer)


def _come_back(board: Board, call: InboundCall, transfer: Transfer) -> None:
    other = board.operators[transfer.to]
    why = "he left again" if transfer.is_over else "he did not take it"
    board.say(
        TransferReturned(
            incident_id=call.incident_id,
            call_id=call.call_id,
            operator=transfer.by,
            to=transfer.to,
            reason=why if other.has_station else "his phone is gone",
        )
    )
    if transfer.is_attended:
        call.is_held_at_desk = False
        end_hold(board, call)
        if call.state is CallState.HELD:
            board.say(*operator_apart(call))
        return
    first = board.operators[transfer.by]
    if first.state is DeskState.WRAP_UP and first.incident_id == call.incident_id:
        move(board, first, DeskState.READY, "the caller comes back")
    board.is_unsettled = True


def restarted(board: Board, alive: frozenset[LegId]) -> None:
    """Take back whoever's other operator did not survive a restart."""
    for call in board.calls.values():
        transfer = call.transfer
        if transfer is not None and transfer.is_up and transfer.leg_id not in alive:
            leg_gone(board, call, transfer.leg_id)
