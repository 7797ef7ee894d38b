"""An operator calls somebody of a case: whom the card offers, and what his press means."""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from itertools import islice
from typing import NamedTuple

from callflows.events import Event, PersonCallPressed
from callflows.incident import Incident
from client_directory.call_plan import presented_number
from client_directory.call_right import why_he_is_never_called
from client_directory.model import Organisation, Person, Site
from securityline.web.board import Board
from securityline.web.ports import DirectoryHolderPort
from securityline.web.refusal import Message, Refused, me, open_incident, text_of
from securityline.web.service_presses import site_in_case
from securityline.web.sessions import Session
from securityline.web.steps import organisation_of, site_of
from securityline.web.tree_presses import Press
from securityline.web.words import N_

FIRST_ROLES = ("site_manager", "security_manager", "keyholder")
"Whom an operator looks for first."
MOST_OFFERED = 40
"People of a site whom the card offers: a site of thousands has its managers in front."


class Reachable(NamedTuple):
    """Somebody whom an operator may call from this case, at one number."""

    name: str
    number: str
    "E.164."
    person: str | None = None
    is_at_site: bool = False
    is_to_ask: bool = False
    "He was registered to be asked whether all is well."
    has_called: bool = False
    "He is the caller of this case."


class PersonPresses:
    """Turn the press into an event. Only what the card offers can be called.

    :param clock: engine time, seconds.
    """

    def __init__(
        self, board: Board, directory: DirectoryHolderPort, clock: Callable[[], float]
    ) -> None:
        self._board = board
        self._directory = directory
        self._clock = clock
        self.acts: Mapping[str, Press] = {"call_person": self._call}

    def _call(self, session: Session, message: Message) -> Event:
        incident = open_incident(self._board, session, message)
        organisation = organisation_of(incident, self._directory.current)
        site = site_of(organisation, site_in_case(self._board, incident))
        wanted = text_of(message, "number", 40)
        offered = callable_in(self._board, incident, organisation, site, self._clock())
        whom = next((one for one in offered if one.number == wanted), None)
        if whom is None:
            raise Refused(N_("This number is none of this case."))
        shown = presented_number(organisation) if organisation is not None else None
        dids = organisation.dids if organisation is not None else ()
        people = organisation.people if organisation is not None else ()
        he = next((one for one in people if one.person == whom.person), None)
        return PersonCallPressed(
            incident_id=incident.incident_id,
            operator=me(session),
            number=whom.number,
            name=whom.name,
            person=whom.person,
            is_at_site=whom.is_at_site,
            presented_number=shown,
            recording=next((x.recording for x in dids if x.number == shown), "evidence"),
            languages=(
                *(he.languages if he is not None else ()),
                *(organisation.languages if organisation is not None else ()),
            ),
        )


def callable_in(
    board: Board,
    incident: Incident,
    organisation: Organisation | None,
    site: Site | None,
    now: float,
) -> list[Reachable]:
    """Return whom an operator may call from a case, whom he looks for first before others.

    :param now: engine time, seconds: people whose entry is not valid today are left out.
    """
    found: dict[str, Reachable] = {}
    for one in _all(board, incident, organisation, site, now):
        found.setdefault(one.number, one)
    return list(found.values())


def _all(
    board: Board,
    incident: Incident,
    organisation: Organisation | None,
    site: Site | None,
    now: float,
) -> Iterator[Reachable]:
    for ask in incident.to_ask:
        name = ask.name or (site.name if site is not None else incident.site_name)
        at_site = ask.who == "site"
        yield Reachable(name, ask.number, ask.person, is_at_site=at_site, is_to_ask=True)
    for call_id in incident.call_ids:
        call = board.call(call_id)
        if call is None or call.is_withheld or call.caller is None or call.is_outbound:
            continue
        known = call.identification
        yield Reachable(known.person_name, call.caller, known.person, has_called=True)
    if organisation is None or site is None:
        return
    for number in site.phones:
        yield Reachable(site.name, number, is_at_site=True)
    at = datetime.fromtimestamp(now, UTC)
    near = (one for one in organisation.people if one.phones and site.site in one.sites)
    may = (
        one
        for one in sorted(near, key=rank)
        if why_he_is_never_called(organisation, one, site.site, at) is None
    )
    for person in islice(may, MOST_OFFERED):
        for phone in person.phones:
            yield Reachable(person.name, phone.number, person.person)


def rank(person: Person) -> int:
    """Say how soon an operator looks for somebody, by what he is at the site."""
    ranks = [FIRST_ROLES.index(one) for one in person.roles if one in FIRST_ROLES]
    return min(ranks, default=len(FIRST_ROLES))
