"""Code words and PINs at the desk: what was said is compared here, and goes no further.

Good and duress take the same way to the end: the same comparisons, one event of the same
size, the same sentence. What the event does besides is seen on other screens.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from callflows.events import Event, SecretChecked, SecretRevealed
from callflows.incident import Incident
from client_directory.directory import Directory
from client_directory.model import Person
from client_directory.secret import unseal
from securityline.pin_check import secret_outcome
from securityline.web.board import Board
from securityline.web.ports import DirectoryHolderPort
from securityline.web.refusal import Message, Refused, me, open_incident, text_of
from securityline.web.service_presses import site_in_case
from securityline.web.sessions import Session
from securityline.web.speakers import has_secret
from securityline.web.steps import organisation_of
from securityline.web.throttle import Throttle
from securityline.web.tree_presses import Press
from securityline.web.words import N_

LONGEST_SECRET: Final = 80
LONGEST_REASON: Final = 500


class SecretPresses:
    """Compare what somebody says with his secrets; show a stored code word, with a reason.

    :param clock: engine time, seconds.
    """

    def __init__(
        self, board: Board, directory: DirectoryHolderPort, clock: Callable[[], float]
    ) -> None:
        self._board = board
        self._directory = directory
        self._clock = clock
        self._tries = Throttle(1 / 10, 8)
        self.acts: Mapping[str, Press] = {
            "secret": self._secret,
            "secret_reveal": self._reveal,
        }

    def _secret(self, session: Session, message: Message) -> Event:
        incident, person = self._person(session, message)
        said = text_of(message, "text", LONGEST_SECRET)
        now = self._clock()
        if not self._tries.take(session.operator, now):
            raise Refused(N_("Too many tries. Wait a moment."))
        directory = self._directory.current
        organisation = incident.organisation or ""
        site = site_in_case(self._board, incident)
        return SecretChecked(
            incident_id=incident.incident_id,
            operator=me(session),
            person=person.person,
            name=person.name,
            outcome=secret_outcome(directory, organisation, person.person, site, said, now),
            procedure=directory.procedure_for(organisation, "duress"),
        )

    def _reveal(self, session: Session, message: Message) -> Event:
        incident, person = self._person(session, message)
        reason = text_of(message, "text", LONGEST_REASON)
        if person.code_word_sealed is None:
            raise Refused(N_("No code word of this person can be shown."))
        if not reason:
            raise Refused(N_("Write why you must see it."))
        return SecretRevealed(
            incident_id=incident.incident_id,
            operator=me(session),
            person=person.person,
            name=person.name,
            reason=reason,
        )

    def _person(self, session: Session, message: Message) -> tuple[Incident, Person]:
        incident = open_incident(self._board, session, message)
        organisation = organisation_of(incident, self._directory.current)
        wanted = text_of(message, "person", 200)
        for person in organisation.people if organisation is not None else ():
            if person.person == wanted and has_secret(person):
                return incident, person
        raise Refused(N_("The directory has no code word or PIN of this person."))


def revealed(event: Event, directory: Directory, board: Board) -> dict[str, Any] | None:
    """Return what the one who asked is told, once his asking is durable; for others `None`."""
    incident = board.incident(event.incident_id)
    if not isinstance(event, SecretRevealed) or incident is None:
        return None
    person = directory.person(incident.organisation or "", event.person)
    word = unseal(person.code_word_sealed or "") if person is not None else None
    return {"secret": {"name": event.name, "word": word}} if word is not None else None
