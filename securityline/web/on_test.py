"""Sites and zones on test, as operators see, set and end them.

An installer does the same by telephone (`callflows.installer_line`). A test has an end and a
reason, and stands on every desk that is cleared for the client until it is over.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, tzinfo
from typing import Final, NamedTuple

from callflows.alarm_book import TestMode
from callflows.alarm_on_test import LONGEST_TIME
from callflows.events import NO_INCIDENT, Event, IncidentId, TestModeEnded, TestModeSet
from client_directory.alarm_model import zone_key
from client_directory.directory import Directory
from client_directory.model import Organisation, Site
from securityline.web.board import Board
from securityline.web.moving_presses import read_until
from securityline.web.ports import DirectoryHolderPort
from securityline.web.refusal import Message, Refused, open_incident, text_of
from securityline.web.sessions import Session
from securityline.web.tree_presses import Press
from securityline.web.words import N_

LONGEST_REASON: Final = 300
_HOURS: Final = re.compile(r"(\d{1,3})\s*(?:h|u|std)\b\.?\s*(.*)", re.DOTALL | re.IGNORECASE)


class TestRow(NamedTuple):
    """One test that runs."""

    test: TestMode
    organisation_name: str
    site_name: str
    zone_name: str


class TestPresses:
    """Turn presses on tests into events.

    :param clock: engine time, seconds.
    :param zone: in which an end like `14:30` is meant.
    """

    def __init__(
        self,
        board: Board,
        directory: DirectoryHolderPort,
        clock: Callable[[], float],
        zone: tzinfo = UTC,
    ) -> None:
        self._board, self._directory = board, directory
        self._clock, self._zone = clock, zone
        self.acts: Mapping[str, Press] = {"test_set": self._set, "test_end": self._end}

    def _set(self, session: Session, message: Message) -> Event:
        organisation, site, zone = self._place(session, message)
        if zone and all(zone_key(one.zone) != zone_key(zone) for one in site.zones):
            raise Refused(N_("This site has no such zone."))
        now = self._clock()
        until, reason = read_test_end(text_of(message, "text", LONGEST_REASON), now, self._zone)
        if until is None:
            raise Refused(N_("Write until when, and why: 2h new detector, or 14:30 service."))
        if not now < until <= now + LONGEST_TIME:
            raise Refused(N_("A test ends within 31 days."))
        if not reason:
            raise Refused(N_("Write why it goes on test."))
        return TestModeSet(
            incident_id=self._case(session, message),
            organisation=organisation.organisation,
            site=site.site,
            zone=zone,
            until=until,
            who=self._board.name_of(session.operator),
            reason=reason,
        )

    def _end(self, session: Session, message: Message) -> Event:
        organisation, site, zone = self._place(session, message)
        running = on_test(self._board, self._directory.current, session.clearances)
        where = (organisation.organisation, site.site, zone)
        if all((x.test.organisation, x.test.site, x.test.zone) != where for x in running):
            raise Refused(N_("This is not on test any more."))
        return TestModeEnded(
            incident_id=NO_INCIDENT,
            organisation=organisation.organisation,
            site=site.site,
            zone=zone,
            who=self._board.name_of(session.operator),
        )

    def _place(self, session: Session, message: Message) -> tuple[Organisation, Site, str]:
        wanted, place = text_of(message, "organisation", 80), text_of(message, "site", 80)
        organisation = self._directory.current.organisations.get(wanted)
        if organisation is not None and organisation.clearance in session.clearances:
            for site in organisation.sites:
                if site.site == place:
                    return organisation, site, text_of(message, "zone", 40)
        raise Refused(N_("This client has no such site."))

    def _case(self, session: Session, message: Message) -> IncidentId:
        """Name the case that the test is set from, if it is."""
        if not message.get("incident"):
            return NO_INCIDENT
        return open_incident(self._board, session, message).incident_id


def read_test_end(text: str, now: float, zone: tzinfo) -> tuple[float | None, str]:
    """Read when a test ends, and why: `2h detector`, `90 detector`, `14:30 detector`.

    :return: engine time, `None` when no time stands there.
    """
    if found := _HOURS.match(text):
        return now + int(found[1]) * 3600.0, found[2]
    return read_until(text, now, zone)


def on_test(board: Board, directory: Directory, cleared: Iterable[str]) -> list[TestRow]:
    """List what is on test, what ends first in front."""
    clearances, rows = frozenset(cleared), []
    for test in board.switchboard.alarms.tests.values():
        organisation = directory.organisations.get(test.organisation)
        if organisation is None or organisation.clearance not in clearances:
            continue
        site = next((one for one in organisation.sites if one.site == test.site), None)
        zones = {zone_key(one.zone): one.name for one in site.zones} if site is not None else {}
        rows.append(
            TestRow(
                test,
                organisation.name,
                site.name if site is not None else test.site,
                zones.get(zone_key(test.zone)) or "",
            )
        )
    return sorted(rows, key=lambda row: row.test.until)
