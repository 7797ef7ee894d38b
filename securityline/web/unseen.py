"""Which silent cases a screen does not show, and until when.

Whoever is forced may stand beside an operator's caller and hear his voice change, or see his
screen. So the silent case is on every screen but his, while he speaks with the person, as
long as a colleague is there to see it and has taken it, or may yet be about to.
"""

from typing import Final

from callflows.attention import waiting_cases
from callflows.events import OperatorId
from callflows.incident import Incident
from callflows.operators import DeskState
from callflows.routing import is_cleared
from securityline.web.board import Board

PATIENCE: Final = 45.0
"Seconds that nobody takes a silent case before its operator's own screen shows it as well."
AWAY: Final = (DeskState.SIGNED_OUT, DeskState.ON_BREAK)


def unseen_by_operator(board: Board, now: float) -> dict[OperatorId, frozenset[str]]:
    """Return what is hidden from whom now; mostly from nobody, and nothing."""
    hidden: dict[OperatorId, set[str]] = {}
    for incident in board.switchboard.incidents.values():
        who = incident.silent_for
        if who is not None and incident.is_open and _is_hidden(board, incident, who, now):
            hidden.setdefault(who, set()).add(incident.incident_id)
    return {who: frozenset(ids) for who, ids in hidden.items()}


def unseen_by(board: Board, operator: str, now: float) -> frozenset[str]:
    """Return the cases that do not exist for an operator at the moment."""
    return unseen_by_operator(board, now).get(OperatorId(operator), frozenset())


def has_silent(board: Board) -> bool:
    """Whether any silent case is open that could be hidden from somebody."""
    incidents = board.switchboard.incidents.values()
    return any(one.silent_for is not None and one.is_open for one in incidents)


def _is_hidden(board: Board, incident: Incident, who: OperatorId, now: float) -> bool:
    waits = incident in waiting_cases((incident,))
    if waits and now - (incident.attention_since or now) > PATIENCE:
        return False
    return _speaks(board, incident, who) and _has_colleague(board, incident, who)


def _speaks(board: Board, incident: Incident, who: OperatorId) -> bool:
    """Whether he is still in a call of the case that it is about."""
    about = board.incident(incident.silent_about or "")
    calls = [board.call(one) for one in about.call_ids] if about is not None else []
    return any(c is not None and not c.is_over and c.operator == who for c in calls)


def _has_colleague(board: Board, incident: Incident, who: OperatorId) -> bool:
    """Whether somebody else is there who may see the case and do something about it."""
    return any(
        desk.operator != who
        and desk.state not in AWAY
        and desk.role != "auditor"
        and is_cleared(desk, incident.clearance)
        for desk in board.switchboard.operators.values()
    )
