"""A supervisor becomes the operator of a call, and the former one is let go."""

from callflows.attention import take_case
from callflows.board import Board
from callflows.call import CallState, InboundCall
from callflows.events import CallTakenOver, OperatorId, VisitEnded
from callflows.holding import end_hold
from callflows.operators import DeskState
from callflows.parting import drop_transfer
from callflows.ringing import hang_up, move
from callflows.sounds import commands, join, ringback
from callflows.visit import Visit


def take_over(board: Board, call: InboundCall, visit: Visit) -> None:
    """Give the caller and the case to the supervisor, whose phone is on the line.

    The former operator goes into his wrap-up: what he knows is still to be written down.
    """
    former, mine = call.operator, board.operators[visit.operator]
    if former is None or call.operator_leg is None:
        return
    theirs, old_leg = board.operators[former], call.operator_leg
    board.visits.pop(visit.leg_id, None)
    board.drop_timed(visit)
    board.legs[visit.leg_id] = call.call_id
    if call.transfer is not None:
        drop_transfer(board, call)  # who was to have the caller is asked no more
        call.is_held_at_desk = False
    call.operator, call.operator_leg = mine.operator, visit.leg_id
    call.operator_silent_since = call.station_down_since = None
    if not mine.has_station:
        call.station_down_since = board.now
    board.touch(call)
    hang_up(board, call, old_leg, former)
    _say(board, call, visit, former)
    incident = board.incidents.get(call.incident_id)
    if incident is not None and incident.is_open:
        take_case(board, incident, mine.operator)
    mine.misses = 0
    mine.after_call = DeskState.ON_BREAK if visit.back_to is DeskState.ON_BREAK else None
    move(board, mine, DeskState.TALKING)
    mine.call_id, mine.leg_id = call.call_id, visit.leg_id
    _hear(board, call)
    move(board, theirs, theirs.after_call or DeskState.WRAP_UP)
    theirs.after_call = None
    if theirs.state is DeskState.WRAP_UP:
        theirs.incident_id = call.incident_id


def _hear(board: Board, call: InboundCall) -> None:
    """Let the caller hear his new operator; a hold by the former one's own phone is over."""
    call.is_held_at_phone = False
    if call.state is CallState.DIALLING:
        board.say(*ringback(call))
    elif call.state is CallState.TALKING and call.operator_leg is not None:
        join(board, call, call.operator_leg)
    elif not call.is_held_at_desk:
        end_hold(board, call)
    else:
        board.say(*commands(call))


def _say(board: Board, call: InboundCall, visit: Visit, former: OperatorId) -> None:
    since = visit.heard_since
    if since is not None:
        board.say(
            VisitEnded(
                incident_id=visit.incident_id,
                call_id=visit.call_id,
                operator=visit.operator,
                reason="he took the call over",
                visit_time=board.now - since,
                is_shown=visit.is_shown,
            )
        )
    board.say(
        CallTakenOver(
            incident_id=call.incident_id,
            call_id=call.call_id,
            leg_id=visit.leg_id,
            operator=visit.operator,
            former=former,
            why=visit.why,
        )
    )
