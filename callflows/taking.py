"""An operator takes a call by a press on his desk, or gives it back."""

from callflows import routing
from callflows.board import Board
from callflows.call import InboundCall
from callflows.events import AnswerPressed, AnswerRefused, Cause, HangUpPressed
from callflows.operators import DeskState, OperatorDesk
from callflows.queue import explain
from callflows.ringing import give_up, ring, stop
from callflows.search import TOGETHER_TIME


def take(board: Board, call: InboundCall, event: AnswerPressed) -> bool:
    """Let the operator's phone pick up by itself, for a call that rings or waits.

    Other phones go on ringing until his has answered: a headset may be unplugged.
    """
    desk = board.operators.get(event.operator)
    if desk is None:
        return False
    leg = call.legs.get(desk.leg_id) if desk.leg_id else None
    if leg is not None and leg.is_auto_answered:
        return False
    if leg is None and (reason := _refused_because(desk, call)):
        board.say(
            AnswerRefused(
                incident_id=call.incident_id,
                call_id=call.call_id,
                operator=event.operator,
                reason=reason,
            )
        )
        return True
    if leg is not None:
        stop(board, call, leg)
    else:
        why = f"{explain(call, board.now)}, taken at the desk"
        board.say(routing.explain(call, [desk], board.roster, board.now, why))
    ring(board, call, desk, TOGETHER_TIME, is_auto_answered=True)
    return True


def _refused_because(desk: OperatorDesk, call: InboundCall) -> str:
    if not routing.is_cleared(desk, call.clearance):
        return "clearance"
    if desk.state not in (DeskState.READY, DeskState.WRAP_UP):
        return f"operator is {desk.state.value}"
    return "" if desk.has_station else "no phone"


def give_back(board: Board, call: InboundCall, event: HangUpPressed) -> bool:
    """Refuse, from the desk, a call that rings at one's phone: the next is rung at once."""
    desk = board.operators.get(event.operator)
    leg = call.legs.get(desk.leg_id) if desk and desk.leg_id else None
    if leg is None:
        return False
    give_up(board, call, leg, Cause.REFUSED)
    return True
