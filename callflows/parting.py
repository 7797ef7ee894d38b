"""An operator leaves a call that goes on without him: his phone, his desk, his time.

Below everything that moves calls between people; nothing here looks for anybody.
"""

from callflows.board import Board
from callflows.call import CallState, InboundCall, Stage
from callflows.events import LegId, OperatorId
from callflows.operators import DeskState, OperatorDesk
from callflows.ringing import hang_up, move, refresh, stop


def is_alone(call: InboundCall) -> bool:
    """Whether nobody but caller and operator is in a call."""
    more = (call.guests, call.consulted, call.service_call, call.transfer)
    return not any(more) and call.leg_id not in call.service_legs


def let_go(
    board: Board, call: InboundCall, state: DeskState, gone_leg: LegId | None = None
) -> None:
    """Take the operator out of a call; his desk is free for that state.

    :param gone_leg: a leg that has ended already; it needs no hanging up.
    """
    operator, leg_id = call.operator, call.operator_leg
    if leg_id is not None:
        if leg_id == gone_leg:
            board.legs.pop(leg_id, None)
        else:
            hang_up(board, call, leg_id, operator)
    call.operator = call.operator_leg = None
    call.operator_silent_since = call.station_down_since = None
    call.is_held_at_desk = call.is_held_at_phone = False
    if operator is not None:
        free(board, board.operators[operator], state)
        if board.operators[operator].state is DeskState.WRAP_UP:
            board.operators[operator].incident_id = call.incident_id


def free(board: Board, desk: OperatorDesk, state: DeskState) -> None:
    """Let an operator do something else, or what he asked to do after this call."""
    move(board, desk, desk.after_call or state)
    desk.after_call = None


def drop_transfer(board: Board, call: InboundCall) -> None:
    """Offer the caller to nobody any more; the other operator is free."""
    transfer, call.transfer = call.transfer, None
    if transfer is None:
        return
    for leg in [one for one in call.legs.values() if one.operator == transfer.to]:
        move(board, stop(board, call, leg), DeskState.READY)
    if transfer.is_up:
        hang_up(board, call, transfer.leg_id, transfer.to)
        free(board, board.operators[transfer.to], DeskState.READY)


def wait_again(board: Board, call: InboundCall, whom: OperatorId) -> None:
    """Let the caller wait in front of the queue, for this operator first."""
    if call.talk_began_at is not None:
        call.talk_time += board.now - call.talk_began_at
        call.talk_began_at = None
    call.state, call.stage, call.attempts = CallState.WAITING, Stage.ONE_BY_ONE, 0
    call.is_requeued, call.waits_since, call.preferred = True, board.now, whom
    call.slow.clear()
    call.rests.clear()
    board.seeking[call.call_id] = call
    refresh(board, call)
    board.is_unsettled = True
