"""What operators press for the emergency services: the only maker of `ServicePressed`."""

from collections.abc import Mapping
from typing import Final, cast, get_args

from callflows.events import (
    Event,
    ServiceCallId,
    ServiceDetail,
    ServiceDetailWritten,
    ServiceHangUpPressed,
    ServiceLine,
    ServicePressed,
)
from callflows.incident import Incident
from callflows.service_call import ServiceCall
from client_directory.call_plan import presented_number
from client_directory.directory import Directory
from client_directory.model import Organisation, Service, ServiceKind
from securityline.web.board import Board
from securityline.web.ports import DirectoryHolderPort
from securityline.web.refusal import Message, Refused, me, open_incident, text_of
from securityline.web.sessions import Session
from securityline.web.tree_presses import Press
from securityline.web.words import N_

LONGEST_DETAIL: Final = 200
MOST_OF_A_KIND: Final = 4
"Buttons on a card for one kind of service. A site has one of each."
KINDS: Final = get_args(ServiceKind)


class ServicePresses:
    """Turn presses on the services' buttons into events.

    :param is_live: whether services are really called (`live_emergency_calls`).
    """

    def __init__(
        self, board: Board, directory: DirectoryHolderPort, *, is_live: bool = False
    ) -> None:
        self._board = board
        self._directory = directory
        self._is_live = is_live
        self.acts: Mapping[str, Press] = {
            "service": self._service,
            "service_end": self._end,
            "service_detail": self._detail,
        }

    def _service(self, session: Session, message: Message) -> Event:
        """Say which service is meant, and which call to it; the rules decide."""
        incident = open_incident(self._board, session, message)
        directory = self._directory.current
        wanted = text_of(message, "service", 200)
        offered = services_of(incident, directory, site_in_case(self._board, incident))
        service = next((one for one in offered if one.service == wanted), None)
        if service is None:
            raise Refused(N_("This is no service of the site."))
        attempt = text_of(message, "attempt", 3)
        if not (attempt.isascii() and attempt.isdecimal() and int(attempt)):
            raise Refused(N_("The desk sent something the engine does not know."))
        organisation = directory.organisations.get(incident.organisation or "")
        number = callback_number(self._board, incident, organisation)
        dids = organisation.dids if organisation else ()
        recordings = [did.recording for did in dids if did.number == number]
        return ServicePressed(
            incident_id=incident.incident_id,
            operator=me(session),
            service=service.service,
            service_kind=service.kind,
            name=service.name,
            lines=lines_of(service),
            attempt=int(attempt),
            presented_number=number,
            is_simulated=not self._is_live,
            recording=recordings[0] if recordings else "evidence",
        )

    def _end(self, session: Session, message: Message) -> Event:
        service = self._call(session, message)
        if service.is_over:
            raise Refused(N_("This line is over."))
        call = self._board.call(service.call_id)
        if call is not None and call.operator not in (None, session.operator):
            raise Refused(N_("This is not your call."))
        return ServiceHangUpPressed(
            incident_id=service.incident_id,
            operator=me(session),
            service_call_id=service.service_call_id,
        )

    def _detail(self, session: Session, message: Message) -> Event:
        service = self._call(session, message)
        detail = text_of(message, "detail", 20)
        text = text_of(message, "text", LONGEST_DETAIL)
        if detail not in get_args(ServiceDetail):
            raise Refused(N_("The desk sent something the engine does not know."))
        if service.asked_at is None:
            raise Refused(N_("The service was not called yet."))
        if not text and detail != "accepted":
            raise Refused(N_("There is nothing to write."))
        return ServiceDetailWritten(
            incident_id=service.incident_id,
            operator=me(session),
            service_call_id=service.service_call_id,
            detail=cast(ServiceDetail, detail),
            text=text,
        )

    def _call(self, session: Session, message: Message) -> ServiceCall:
        """Find a call to a service, of an open case that this operator may see."""
        name = ServiceCallId(text_of(message, "call", 200))
        service = self._board.switchboard.service_calls.get(name)
        incident = self._board.incident(service.incident_id) if service is not None else None
        is_seen = incident is not None and incident.clearance in session.clearances
        if service is None or incident is None or not is_seen:
            raise Refused(N_("There is no such call."))
        if not incident.is_open:
            raise Refused(N_("This case is closed."))
        return service


def site_in_case(board: Board, incident: Incident) -> str | None:
    """Name the site of a case: its call's, once somebody is on the line, else its own."""
    call = board.call_of(incident)
    known = call.identification.site if call is not None else None
    return known or incident.site


def services_of(incident: Incident, directory: Directory, site: str | None) -> list[Service]:
    """Return the services that a case offers: its site's, or those of all that it may be.

    Nobody knows where it is: the client's sites, and, for an unknown client, the whole table.
    """
    organisation = directory.organisations.get(incident.organisation or "")
    if organisation is None:
        found = list(directory.services.values())
    else:
        places = [one for one in organisation.sites if one.site == site]
        names = [n for one in places or organisation.sites for n in one.services.values()]
        known = directory.services
        found = [known[name] for name in dict.fromkeys(names) if name in known]
    by_kind = {kind: [one for one in found if one.kind == kind] for kind in KINDS}
    return [one for kind in KINDS for one in by_kind[kind][:MOST_OF_A_KIND]]


def lines_of(service: Service) -> tuple[ServiceLine, ...]:
    """Name the numbers of a service, the reserved one first: alarm centres must use it."""
    return ("public",) if service.direct is None else ("direct", "public")


def callback_number(
    board: Board, incident: Incident, organisation: Organisation | None
) -> str | None:
    """Choose the number at which the service can call back: one of the client's own."""
    if organisation is not None:
        return presented_number(organisation)
    call = board.call_of(incident)
    return call.did if call is not None and call.did.startswith("+") else None
