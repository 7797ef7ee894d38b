"""A case without a call goes to another operator, who accepts or declines."""

from typing import Final

from callflows.attention import attend
from callflows.board import Board
from callflows.events import (
    HandoverAccepted,
    HandoverDeclined,
    HandoverEnded,
    HandoverOffered,
    HandoverRefused,
    OperatorId,
    OwnerChanged,
)
from callflows.handed_over import Handover
from callflows.incident import Incident
from callflows.operators import DeskState, OperatorDesk
from callflows.routing import is_cleared

ANSWER_TIME: Final = 120.0
"Seconds in which the other must say whether he takes it."
ROLES: Final = ("operator", "supervisor", "administrator")
"Who may work on cases at all."


def offered(board: Board, incident: Incident, event: HandoverOffered) -> bool:
    """Ask another operator, or a role; a second request takes the place of the first."""
    if why := _why_not(board, incident, event):
        _not_handed_over(board, incident, event.operator, why)
        return True
    handover = Handover(
        incident_id=incident.incident_id,
        by=event.operator,
        to=event.to,
        role=event.role,
        until=board.now + ANSWER_TIME,
        text=event.text,
    )
    incident.handover = handover
    board.keep_timed(handover)
    return True


def _why_not(board: Board, incident: Incident, event: HandoverOffered) -> str:
    if incident.owner not in (None, event.operator):
        return "it is another operator's case"
    if any(not call.is_over for call in board.calls_of(incident.incident_id)):
        return "somebody is on the line"
    if event.to is None:
        return "" if event.role in ROLES else "no such role"
    other = board.operators.get(event.to)
    if other is None or event.to == event.operator or other.role not in ROLES:
        return "no such operator"
    if not is_cleared(other, incident.clearance):
        return "clearance"
    return "operator is signed_out" if other.state is DeskState.SIGNED_OUT else ""


def accepted(board: Board, incident: Incident, event: HandoverAccepted) -> bool:
    """Make it his case; whatever it waited for, it waits for him no longer."""
    handover = incident.handover
    if handover is None:
        return False
    if why := _may_not_accept(board, incident, handover, event.operator):
        _not_handed_over(board, incident, event.operator, why)
        return True
    give(board, incident, event.operator)
    return True


def give(board: Board, incident: Incident, operator: OperatorId) -> None:
    """Make a case the operator's who accepted it; parked, it comes back to him."""
    drop(board, incident)
    previous = incident.owner
    incident.belongs_to(operator, board.now)
    incident.attention.clear()
    incident.attention_since = None
    if incident.parking is not None:
        incident.parking.operator = operator
    board.say(
        OwnerChanged(
            incident_id=incident.incident_id,
            operator=operator,
            previous=previous,
            reason="handed over",
        )
    )


def _may_not_accept(
    board: Board, incident: Incident, handover: Handover, operator: OperatorId
) -> str:
    desk = board.operators.get(operator)
    if desk is None or operator == handover.by or not _is_asked(handover, desk):
        return "you were not asked"
    return "" if is_cleared(desk, incident.clearance) else "clearance"


def _is_asked(handover: Handover, desk: OperatorDesk) -> bool:
    if handover.to is not None:
        return desk.operator == handover.to
    return desk.role == handover.role


def declined(board: Board, incident: Incident, event: HandoverDeclined) -> bool:
    """Leave the case where it is. One of a role who declines leaves it to the others of it."""
    handover = incident.handover
    if handover is None:
        return False
    if event.operator not in (handover.to, handover.by):
        desk = board.operators.get(event.operator)
        return handover.to is None and desk is not None and _is_asked(handover, desk)
    _end(board, incident, "called off" if event.operator == handover.by else "declined")
    return True


def due(board: Board, handover: Handover) -> None:
    """Leave the case where it is, since nobody has answered."""
    incident = board.incidents.get(handover.incident_id)
    if incident is None or incident.handover is not handover:
        board.drop_timed(handover)
        return
    _end(board, incident, "nobody accepted in time")


def _end(board: Board, incident: Incident, reason: str) -> None:
    handover = incident.handover
    if handover is None:
        return
    drop(board, incident)
    board.say(
        HandoverEnded(incident_id=incident.incident_id, operator=handover.by, reason=reason)
    )
    if reason != "called off":
        only = None if is_away(board, handover.by) else handover.by
        attend(board, incident, "nobody took the case over", only)


def is_away(board: Board, operator: OperatorId) -> bool:
    """Whether nobody sits at his desk: signed out, on a break, never heard of."""
    desk = board.operators.get(operator)
    return desk is None or desk.state in (DeskState.SIGNED_OUT, DeskState.ON_BREAK)


def drop(board: Board, incident: Incident) -> None:
    """Ask nobody any more."""
    if incident.handover is not None:
        board.drop_timed(incident.handover)
        incident.handover = None


def _not_handed_over(board: Board, incident: Incident, operator: OperatorId, why: str) -> None:
    board.say(HandoverRefused(incident_id=incident.incident_id, operator=operator, reason=why))
