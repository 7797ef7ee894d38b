"""Whose a case is, and where it goes: parked, offered to another, at a site of another's."""

from typing import Final, NamedTuple

from markupsafe import Markup

from callflows.call import CallState
from callflows.events import OperatorId
from callflows.incident import Incident
from callflows.operators import DeskState
from callflows.site_lock import others_at_site
from securityline.web.board import Board
from securityline.web.case_limits import limits_of
from securityline.web.rendering import Rendering

MOST_NEIGHBOURS: Final = 5
"Cases of the same site that the card names."


class Neighbour(NamedTuple):
    """Another operator's open case of the same site."""

    incident_id: str
    owner_name: str
    since: float
    kind: str


class Moving:
    """Draw what concerns the owner of a case."""

    def __init__(self, board: Board, rendering: Rendering) -> None:
        self._board, self._render = board, rendering

    def draw(self, incident: Incident, language: str) -> dict[str, Markup]:
        """Draw owner and keys, and in front of the card what must be seen at once."""
        if not incident.is_open:
            return {"moving": Markup(), "moving_banners": Markup()}
        parking, handover = incident.parking, incident.handover
        name_of = self._board.name_of
        values = {
            "case": incident,
            "owner_name": name_of(incident.owner),
            "parked": parking if parking and not parking.is_back else None,
            "parked_by": name_of(parking.operator) if parking else "",
            "handover": handover,
            "offered_by": name_of(handover.by) if handover else "",
            "offered_to": name_of(handover.to) if handover else "",
            "neighbours": self._neighbours(incident),
            "is_owner_there": self._is_owner_there(incident),
            "knowing": " ".join(incident.entered),
            "is_spoken": self._is_spoken(incident),
            "lives": self._board.lives(incident),
            "limits": limits_of(self._board.switchboard, incident),
        }
        return {
            name: Markup(self._render(f"{name}.html", language, values))  # noqa: S704 - ours
            for name in ("moving", "moving_banners")
        }

    def _is_owner_there(self, incident: Incident) -> bool:
        owner = self._board.switchboard.operators.get(OperatorId(incident.owner or ""))
        return owner is not None and owner.state is not DeskState.SIGNED_OUT

    def _neighbours(self, incident: Incident) -> list[Neighbour]:
        cases = self._board.switchboard.incidents.values()
        found = others_at_site(cases, incident)
        return [
            Neighbour(
                other.incident_id,
                self._board.name_of(other.owner),
                other.owner_since if other.owner_since is not None else other.opened_at,
                other.kind,
            )
            for other in found[:MOST_NEIGHBOURS]
            if other.clearance == incident.clearance or incident.clearance != "standard"
        ]

    def _is_spoken(self, incident: Incident) -> bool:
        """Whether an operator is in a call of the case that can be parked with it."""
        calls = [self._board.call(call_id) for call_id in incident.call_ids]
        return any(c and c.state in (CallState.TALKING, CallState.HELD) for c in calls)
