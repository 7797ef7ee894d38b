"""How long a supervisor stays on a call: as it goes on, with another operator, or is over.

After each event :func:`follow` looks where the call stands and lets him hear it, or lets him
go. When the operator's phone breaks while the caller hears the supervisor too, the caller
stays with him and with nobody's message.
"""

from typing import Final

from callflows.attention import take_case
from callflows.board import Board
from callflows.call import CallState, InboundCall, OperatorLeg
from callflows.commands import RingOperator
from callflows.events import LegId, VisitEnded
from callflows.operators import DeskState, OperatorDesk
from callflows.ringing import hang_up, move
from callflows.routing import is_cleared
from callflows.talking import connect
from callflows.visit import Visit, VisitState
from callflows.visit_audio import AUDIO, visitors, without

MAY_VISIT: Final = frozenset({"supervisor"})
"Roles."
OPEN: Final = frozenset({CallState.TALKING, CallState.HELD, CallState.DIALLING})
"States of a call in which an operator is on it."


def barred(board: Board, desk: OperatorDesk, call: InboundCall) -> str:
    """Say whether who he is keeps him from this call: his role, his clearance. Hard gates."""
    if desk.role not in MAY_VISIT:
        return "for supervisors only"
    incident = board.incidents.get(call.incident_id)
    is_seen = incident is None or is_cleared(desk, incident.clearance)
    return "" if is_seen and is_cleared(desk, call.clearance) else "clearance"


def visit_of(board: Board, operator: str) -> Visit | None:
    """Find the visit of a supervisor."""
    found = (visit for visit in board.visits.values() if visit.operator == operator)
    return next(found, None)


# ---------------------------------------------------------------- what the call does


def follow(board: Board) -> None:
    """Let each supervisor hear his call as it stands after this event, or let him go."""
    for visit in tuple(board.visits.values()):
        call, desk = board.calls[visit.call_id], board.operators[visit.operator]
        if why := barred(board, desk, call):
            end(board, visit, why)
        elif call.state not in OPEN or call.operator is None:
            _outlive(board, visit, call, desk)
        elif visit.state is VisitState.SUMMONING:
            _ring(board, visit, call, desk)
        elif any(
            isinstance(x, AUDIO) and x.incident_id == call.incident_id for x in board.outcomes
        ):
            board.say(*visitors(call, visit))


def _outlive(board: Board, visit: Visit, call: InboundCall, desk: OperatorDesk) -> None:
    """Take that no operator is on the call any more.

    A caller who hears the supervisor already is not told to wait for another operator, but
    for one whom he was given to.
    """
    is_heard = visit.state is VisitState.BARGING and not visit.is_held
    if not is_heard or not call.seeks or call.transfer is not None:
        end(board, visit, "the call is over" if call.is_over else "no operator is on it")
        return
    _forget(board, visit)
    leg = OperatorLeg(visit.leg_id, visit.operator, until=board.now)
    call.legs[leg.leg_id] = leg
    board.legs[leg.leg_id] = call.call_id
    desk.call_id, desk.leg_id = call.call_id, leg.leg_id
    if visit.back_to is DeskState.ON_BREAK:
        desk.after_call = DeskState.ON_BREAK
    _say_end(board, visit, "the operator's side broke: the caller is his")
    incident = board.incidents[call.incident_id]
    if incident.is_open:
        take_case(board, incident, visit.operator)
    connect(board, call, leg)


def _ring(board: Board, visit: Visit, call: InboundCall, desk: OperatorDesk) -> None:
    """Let his phone ring and pick up by itself, as soon as it is free."""
    if visit.is_ordered:
        return
    if desk.clearing_leg is not None and board.now < desk.clearing_until:
        wait(board, visit, desk.clearing_until)
        return
    visit.is_ordered = True
    wait(board, visit, visit.until)
    board.say(
        RingOperator(
            incident_id=visit.incident_id,
            call_id=visit.call_id,
            leg_id=visit.leg_id,
            operator=visit.operator,
            display_name=f"{visit.mode.upper().replace('_', ' ')}: {_name(board, call)}",
            is_auto_answered=True,
            is_muted=True,
        )
    )


def _name(board: Board, call: InboundCall) -> str:
    desk = board.operators.get(call.operator) if call.operator else None
    return desk.name or desk.operator if desk is not None else ""


# ---------------------------------------------------------------- how it ends


def end(board: Board, visit: Visit, reason: str, *, is_leg_gone: bool = False) -> None:
    """Let a supervisor go: his leg ends, the others hear each other, he is free again."""
    _forget(board, visit)
    call, desk = board.calls[visit.call_id], board.operators[visit.operator]
    if visit.is_ordered and not is_leg_gone:
        board.legs[visit.leg_id] = call.call_id
        hang_up(board, call, visit.leg_id, visit.operator)
    was_heard = visit.state in (VisitState.WHISPERING, VisitState.BARGING)
    if was_heard and call.state in OPEN and call.operator_leg is not None:
        board.say(*without(call))
    _say_end(board, visit, reason)
    if desk.state is DeskState.VISITING:
        move(board, desk, desk.after_call or visit.back_to)
        desk.after_call = None


def _say_end(board: Board, visit: Visit, reason: str) -> None:
    since = visit.heard_since
    board.say(
        VisitEnded(
            incident_id=visit.incident_id,
            call_id=visit.call_id,
            operator=visit.operator,
            reason=reason,
            visit_time=0.0 if since is None else board.now - since,
            is_shown=visit.is_shown,
        )
    )


def _forget(board: Board, visit: Visit) -> None:
    board.visits.pop(visit.leg_id, None)
    board.drop_timed(visit)


def restarted(board: Board, alive: frozenset[LegId]) -> None:
    """Let those go whose phone's leg did not survive a restart."""
    for visit in tuple(board.visits.values()):
        if visit.is_ordered and visit.leg_id not in alive:
            end(board, visit, "the engine was restarted", is_leg_gone=True)


def wait(board: Board, visit: Visit, deadline: float | None) -> None:
    """Have it told when this engine time has come; `None`: it waits for nothing."""
    visit.deadline = deadline
    if deadline is None:
        board.drop_timed(visit)
    else:
        board.keep_timed(visit)
