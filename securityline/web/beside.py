"""What stands below the card and need not be there in its first second.

A fragment of its own (`more`), drawn after the card: nothing in it delays a call.
"""

from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

from callflows.incident import Incident
from client_directory.links import links_of
from client_directory.model import Organisation, Site
from securityline.web.board import Board
from securityline.web.person_presses import callable_in, rank
from securityline.web.plain import write_number
from securityline.web.ports import DirectoryHolderPort
from securityline.web.rendering import Rendering
from securityline.web.service_presses import site_in_case
from securityline.web.site_history import SiteHistory
from securityline.web.speakers import MOST_SPEAKERS, revealable, speakers
from securityline.web.steps import organisation_of, site_of

MOST_CONTACTS: Final = 12


class Contact(NamedTuple):
    """Somebody of the site, or the site itself."""

    name: str
    roles: tuple[str, ...]
    numbers: tuple[str, ...]


class Beside:
    """Draw what belongs to a case beside its card.

    :param clock: engine time, seconds.
    """

    def __init__(
        self,
        board: Board,
        rendering: Rendering,
        directory: DirectoryHolderPort,
        clock: Callable[[], float],
    ) -> None:
        self._board = board
        self._render = rendering
        self._directory = directory
        self._clock = clock
        self.history = SiteHistory(board)

    def draw(self, incident: Incident, language: str) -> str:
        """Draw it for one case."""
        organisation = organisation_of(incident, self._directory.current)
        site = site_of(organisation, site_in_case(self._board, incident))
        people = speakers(self._board, incident, organisation) if incident.is_open else []
        values = {
            "incident_id": incident.incident_id,
            "speakers": people[:MOST_SPEAKERS],
            "revealable": revealable(people)[:MOST_SPEAKERS],
            "are_more": len(people) > MOST_SPEAKERS,
            "history": self.history.of(incident),
            "site_name": site.name if site else incident.site_name,
            "site": site.site if site and incident.is_open else "",
            "organisation_id": incident.organisation,
            "callable": [
                {"number_shown": write_number(one.number), **one._asdict()}
                for one in callable_in(self._board, incident, organisation, site, self._clock())
            ]
            if incident.is_open
            else [],
            "contacts": list(_contacts(organisation, site)),
            "links": links_of(organisation, site) if organisation and site else [],
        }
        return self._render("more.html", language, values)


def _contacts(organisation: Organisation | None, site: Site | None) -> Iterator[Contact]:
    """Give the site's own numbers, then its people, whom one looks for first before others."""
    if organisation is None or site is None:
        return
    if site.phones:
        yield Contact(site.name, (), tuple(write_number(one) for one in site.phones))
    people = [one for one in organisation.people if site.site in one.sites and one.phones]
    for person in sorted(people, key=rank)[:MOST_CONTACTS]:
        numbers = tuple(write_number(phone.number) for phone in person.phones)
        yield Contact(person.name, person.roles, numbers)
