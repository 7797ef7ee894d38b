"""What every screen that may know hears at once, besides what it shows."""

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from callflows.incident import Incident
from securityline.web.board import Audience, Board
from securityline.web.ports import Line


class Shout(NamedTuple):
    """An alert, and whom it is not for."""

    message: dict[str, Any]
    clearance: str
    not_for: str = ""
    "An operator: he knows."
    is_for_supervisors: bool = False

    def is_for(self, operator: str, audience: Audience) -> bool:
        """Whether a screen hears it."""
        is_known = self.clearance in audience.clearances
        is_known &= self.message["incident"] not in audience.unseen
        is_role = audience.may_visit or not self.is_for_supervisors
        return is_role and is_known and operator != self.not_for


def shouts(lines: Iterable[Line], board: Board) -> Iterator[Shout]:
    """Tell what is to be heard: a case that waits, an action that needs a second person."""
    for incident_id in sorted({x.incident_id for x in lines if x.what == "AttentionWanted"}):
        incident = board.incident(incident_id)
        if incident is not None and incident.attention_since is not None:
            yield Shout(_alert(incident), incident.clearance)
    for line in lines:
        incident = board.incident(line.incident_id) if line.what == "ActionAwaited" else None
        if incident is not None:
            message = {**_alert(incident), "for": "action"}
            yield Shout(message, incident.clearance, str(line.data.get("operator", "")))
    for line in lines:
        incident = board.incident(line.incident_id) if line.what == "AlertRaised" else None
        if incident is not None:
            message = {**_alert(incident), "for": "late"}
            yield Shout(message, incident.clearance, is_for_supervisors=True)


def _alert(incident: Incident) -> dict[str, Any]:
    return {
        "incident": incident.incident_id,
        "urgency": incident.urgency,
        "words": incident.organisation_name,
    }
