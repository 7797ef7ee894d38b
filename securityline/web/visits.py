"""Supervisors on colleagues' calls, as screens see them, and what operators must not see.

A client's contract may say that its operators do not see when a call of theirs is listened
to. Then neither their phone, the strip of operators nor the log of the case tells of it;
supervisors and auditors read it all the same, and it stands in the logbook whatever is shown.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from callflows.call import InboundCall
from callflows.operators import DeskState, OperatorDesk
from callflows.visit import Visit, VisitState
from callflows.visit_life import OPEN
from securityline.web.board import Audience, Board
from securityline.web.ports import Line

READERS: Final = frozenset({"supervisor", "auditor"})
"Roles that may read of every visit."
_ITS_LEG: Final = re.compile(r"-v\d+$")
"How the legs at a supervisor's phone are named (`callflows.visiting`)."


class DeskRow(NamedTuple):
    """An operator in the strip."""

    operator: str
    name: str
    state: str
    since: float
    has_station: bool
    call_id: str
    "The call that this reader may come onto; empty: none."
    incident_id: str
    "Its case."
    visitor: str
    "Who is on his call, if that is shown."


def desk_rows(board: Board, desks: Sequence[OperatorDesk], audience: Audience) -> list[DeskRow]:
    """Return everybody for the strip, with what this audience may know and press."""
    return [_desk_row(board, desk, audience) for desk in desks]


def _desk_row(board: Board, desk: OperatorDesk, audience: Audience) -> DeskRow:
    own = visit_of(board, desk.operator)
    is_hidden = own is not None and not own.is_shown and not audience.may_visit
    call = board.call(desk.call_id) if desk.call_id else None
    visit = visit_on(board, call) if call is not None else None
    is_told = visit is not None and (visit.is_shown or audience.may_visit)
    return DeskRow(
        desk.operator,
        desk.name,
        DeskState.TALKING.value if is_hidden else desk.state.value,
        desk.since,
        desk.has_station,
        call.call_id if call is not None and _may_come(call, audience, visit) else "",
        call.incident_id if call is not None else "",
        board.name_of(visit.operator) if visit is not None and is_told else "",
    )


def _may_come(call: InboundCall, audience: Audience, visit: Visit | None) -> bool:
    is_open = call.state in OPEN and call.operator is not None and visit is None
    is_seen = call.clearance in audience.clearances and call.incident_id not in audience.unseen
    return audience.may_visit and is_open and is_seen


def visit_of(board: Board, operator: str) -> Visit | None:
    """Find the visit of a supervisor."""
    visits = board.switchboard.visits.values()
    return next((visit for visit in visits if visit.operator == operator), None)


def visit_on(board: Board, call: InboundCall) -> Visit | None:
    """Find who is on a call, once his phone is picked up."""
    for visit in board.switchboard.visits.values():
        if visit.call_id == call.call_id and visit.state is not VisitState.SUMMONING:
            return visit
    return None


def of_phone(board: Board, operator: str, call: InboundCall | None) -> dict[str, Any]:
    """Return what an operator's phone panel says: who is on his call, or on whose he is."""
    visit = visit_of(board, operator)
    on_mine = visit_on(board, call) if call is not None else None
    visited = board.call(visit.call_id) if visit is not None else None
    return {
        "visit": visit,
        "visited": visited,
        "colleague": board.name_of(visited.operator) if visited is not None else "",
        "visitor": board.name_of(on_mine.operator) if on_mine and on_mine.is_shown else "",
        "visitor_mode": on_mine.mode if on_mine and on_mine.is_shown else "",
    }


def is_secret(line: Line) -> bool:
    """Whether the line itself tells of a visit that operators do not see."""
    return line.data.get("is_shown") is False


def for_reader(lines: Sequence[Line], role: str) -> list[Line]:
    """Leave out what this reader must not know of a case's visits."""
    if role in READERS or not any(map(is_secret, lines)):
        return list(lines)
    return [line for line in lines if not is_secret(line) and not _names_its_leg(line.data)]


def _names_its_leg(data: Mapping[str, Any]) -> bool:
    legs = [data.get("leg_id"), *(data.get("leg_ids") or ())]
    return any(isinstance(leg, str) and _ITS_LEG.search(leg) for leg in legs)
