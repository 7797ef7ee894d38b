"""A consigne's silence: after the dispatch no call goes to the site, for whoever is there."""

from callflows.board import Board
from callflows.events import SiteQuiet
from callflows.incident import Incident


def keep_site_quiet(board: Board, incident: Incident, reason: str) -> None:
    """Begin, or begin again, the silence that the consigne asks for; most ask for none."""
    procedure = incident.procedure
    if procedure is None or procedure.quiet_time is None:
        return
    incident.quiet_until = board.now + procedure.quiet_time
    board.say(
        SiteQuiet(incident_id=incident.incident_id, until=incident.quiet_until, reason=reason)
    )


def is_site_quiet(incident: Incident, now: float) -> bool:
    """Whether no call may go to the site now. Everybody who calls sites asks here first."""
    return incident.quiet_until is not None and now < incident.quiet_until
