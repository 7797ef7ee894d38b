"""A site that somebody entitled announced to be open outside its hours."""

from collections.abc import Callable, Collection
from typing import Final

from callflows.events import NO_INCIDENT, IncidentId, OpeningAgreed
from client_directory.directory import Directory
from securityline.watch_refusal import NotDone
from securityline.watch_rows import Cases
from securityline.watching import Watching

LONGEST_AGREED: Final = 24 * 3600.0
"Seconds for which a site is agreed to be open outside its hours, at most."


class AgreedOpenings:
    """What operators agree on openings. Belongs to one event loop."""

    def __init__(
        self,
        watching: Watching,
        directory: Callable[[], Directory],
        clock: Callable[[], float],
        cases: Cases,
    ) -> None:
        self._watching = watching
        self._directory = directory
        self._clock = clock
        self._cases = cases

    def agree(
        self,
        organisation: str,
        site: str,
        until: float,
        by: str,
        reason: str,
        then: Callable[[], None] | None = None,
        *,
        case: str = "",
    ) -> None:
        """Take it that a site is open until a time, engine time, whatever its hours say.

        :param case: from which it is agreed; it is a line of it if it is one of the site.
        :raises NotDone: its opening is not watched, or there is no such time.
        """
        now, opening = self._clock(), self._watching.opening
        if not now < until <= now + LONGEST_AGREED:
            raise NotDone("no such time")
        if not opening.agree(organisation, site, now, until, now):
            raise NotDone("not watched")
        incident = self._cases.incidents.get(IncidentId(case))
        is_his = incident is not None and (incident.organisation, incident.site) == (
            organisation,
            site,
        )
        agreed = OpeningAgreed(
            incident_id=IncidentId(case) if is_his else NO_INCIDENT,
            organisation=organisation,
            site=site,
            until=until,
            by=by,
            reason=reason,
        )
        self._watching.told("opening", [agreed], then)

    def is_cleared(self, organisation: str, clearances: Collection[str]) -> bool:
        """Say whether a client is one of those that somebody is cleared for."""
        client = self._directory().organisations.get(organisation)
        return client is not None and client.clearance in clearances
