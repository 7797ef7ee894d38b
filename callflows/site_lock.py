"""Two operators never work on one case, or on one site, without knowing it.

Whoever comes second is told who works there and since when, and goes on with a key of its
own, which is a line in the log. Speaking with a caller, and calling an emergency service,
never waits for that key.
"""

from collections.abc import Iterable, Mapping
from operator import attrgetter

from callflows.board import Board
from callflows.events import OperatorId, SiteEntered, SiteShared
from callflows.incident import Incident
from callflows.operators import DeskState, OperatorDesk


def others_at_site(incidents: Iterable[Incident], incident: Incident) -> list[Incident]:
    """Return open cases of the same site that other operators own, the oldest first."""
    if incident.site is None:
        return []
    found = [
        other
        for other in incidents
        if other.is_open
        and other.site == incident.site
        and other.organisation == incident.organisation
        and other.incident_id != incident.incident_id
        and other.owner is not None
        and other.owner != incident.owner
    ]
    return sorted(found, key=attrgetter("opened_at", "incident_id"))


def held_by(
    incidents: Iterable[Incident], incident: Incident, operator: OperatorId
) -> Incident | None:
    """Return the case because of which this operator must say that he knows; or nothing."""
    if not incident.is_open or operator == incident.owner or operator in incident.entered:
        return None
    others = [x for x in others_at_site(incidents, incident) if x.owner != operator]
    return others[0] if others else None


def is_anothers(
    operators: Mapping[OperatorId, OperatorDesk], incident: Incident, operator: OperatorId
) -> bool:
    """Whether a case is a colleague's who is signed in, and who asks has not said he knows.

    A case of somebody who has gone home is anybody's.
    """
    owner = incident.owner
    if not incident.is_open or owner in (None, operator) or operator in incident.entered:
        return False
    desk = operators.get(OperatorId(owner or ""))
    return desk is not None and desk.state is not DeskState.SIGNED_OUT


def entered(board: Board, incident: Incident, event: SiteEntered) -> bool:
    """Note that he knows; from then on he works on this case like on any other."""
    other = held_by(board.incidents.values(), incident, event.operator)
    if other is None and is_anothers(board.operators, incident, event.operator):
        other = incident
    if other is None or other.owner is None:
        return False
    incident.entered.append(event.operator)
    board.say(
        SiteShared(
            incident_id=incident.incident_id,
            operator=event.operator,
            other=other.owner,
            other_case=other.incident_id,
        )
    )
    return True
