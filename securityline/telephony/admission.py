"""A new call gets its identifiers and everything that is known of it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Final

from callflows.events import AloneCaller, CallId, CallOffered, Identification, IncidentId, LegId
from client_directory.directory import Directory, DirectoryHolder
from securityline.identification import CallIds, build_call_offered
from securityline.identity import TrunkProfile, read_identity
from securityline.telephony.expected import Expected, names_of_caller
from sip.events import CallRefused, IncomingCall

_UNIT: Final = MappingProxyType(
    {
        "fr": "Appel d'un appareil d'alarme",
        "nl": "Oproep van een alarmtoestel",
        "de": "Anruf eines Alarmgeräts",
        "en": "Call of an alarm unit",
    }
)
UNKNOWN_TRUNK: Final = TrunkProfile(name="", is_trusted=False)


class IncidentNumbers:
    """Numbers that a person can say over a telephone: `20261122-0042`.

    They begin again at 1 every day (UTC) and never repeat, because the last one is read
    back from the logbook at the start.

    :param last: the newest incident's number, or empty.
    """

    def __init__(self, last: str = "") -> None:
        self._day, _, count = last.partition("-")
        self._count = int(count) if count.isdigit() else 0

    def next(self, now: float) -> IncidentId:
        """Return a fresh number.

        :param now: engine time, seconds since 1970.
        """
        day = datetime.fromtimestamp(now, UTC).strftime("%Y%m%d")
        if day > self._day:  # a clock set back goes on counting in the later day
            self._day, self._count = day, 0
        self._count += 1
        return IncidentId(f"{self._day}-{self._count:04d}")


def newest_number(numbers: Iterable[str]) -> str:
    """Return the latest of incident numbers, or nothing. As text, 10000 is before 9999."""

    def rank(number: str) -> tuple[str, int]:
        day, _, count = number.partition("-")
        return day, int(count) if count.isdigit() else 0

    return max(numbers, key=rank, default="")


class Admission:
    """Make the `CallOffered` of an incoming call.

    :param case_of: says which open case waits for a call of this client from this number:
        a keyholder who is being called rings in, an abandoned caller rings again.
    :param alone: says whose timer a caller may serve by key.
    :param expected: says by a caller's names whether he is a unit that reported an alarm.
    """

    def __init__(
        self,
        profiles: Mapping[str, TrunkProfile],
        directory: DirectoryHolder,
        numbers: IncidentNumbers,
        clock: Callable[[], float],
        case_of: Callable[[str | None, str | None], IncidentId | None] = lambda _o, _c: None,
        expected: Callable[[Sequence[str], float], Expected | None] = lambda _n, _t: None,
        alone: Callable[[CallOffered], AloneCaller | None] = lambda _offered: None,
    ) -> None:
        self._alone = alone
        self._case_of = case_of
        self._expected = expected
        self._profiles = profiles
        self._directory = directory
        self._numbers = numbers
        self._clock = clock

    def __call__(self, event: IncomingCall | CallRefused, leg_id: LegId) -> CallOffered:
        """Say who calls whom, and what the client wants done."""
        now = self._clock()
        directory = self._directory.current
        profile = self._profiles.get(event.peer.name, UNKNOWN_TRUNK)
        identity = read_identity(
            event.request, profile, lambda number: directory.dialled(number) is not None
        )
        incident_id = self._numbers.next(now)
        offered = build_call_offered(
            identity,
            directory,
            profile,
            CallIds(incident_id, CallId(f"{incident_id}-c1"), leg_id),
            datetime.fromtimestamp(now, UTC),
        )
        waiting = self._case_of(offered.identification.organisation, offered.caller)
        if waiting is not None:
            return replace(offered, incident_id=waiting)
        names = names_of_caller(event.request, event.peer, offered.caller)
        expected = self._expected(names, now)
        if expected is not None:
            return by_unit(offered, expected, directory)
        if event.peer.kind == "phone" and not offered.display_name:
            return replace(offered, display_name=event.peer.name)
        return replace(offered, alone=alone) if (alone := self._alone(offered)) else offered


def by_unit(offered: CallOffered, expected: Expected, directory: Directory) -> CallOffered:
    """Put the call of a unit into the case of its alarm.

    It is rung through as a call of the client's, although a unit dials no number of his; and
    nothing is read to it before an operator speaks: it may stand beside an attacker.
    """
    offered = replace(
        offered,
        incident_id=expected.incident_id,
        display_name=offered.display_name or expected.account,
        while_ringing="ringback",
        urgency=1,
    )
    account = directory.alarm_account(expected.account)
    if offered.is_known_did or account is None:
        return offered
    organisation, site = account
    line = next((did for did in organisation.dids if did.service == "security_line"), None)
    why = f"The unit with account {expected.account} reported an alarm and calls."
    return replace(
        offered,
        is_known_did=True,
        did_label=dict(_UNIT),
        identification=Identification(
            organisation=organisation.organisation,
            organisation_name=organisation.name,
            organisation_certainty="known",
            site=site.site,
            site_name=site.name,
            site_certainty="known",
            why=why,
            organisation_why=why,
            site_why=why,
            person_why="A unit names no person.",
        ),
        clearance=organisation.clearance,
        languages=organisation.languages,
        recording=line.recording if line else offered.recording,
        fallback_number=(line and line.fallback_number) or offered.fallback_number,
        presented_number=line.number if line else offered.presented_number,
        procedure=directory.procedure_for(organisation.organisation),
    )
