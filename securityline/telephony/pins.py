"""Keys that are a PIN: taken off the line here, so that they reach no flow and no log."""

from datetime import UTC, datetime
from typing import Final
from zoneinfo import ZoneInfo

from callflows.commands import CollectPin
from callflows.events import LegId, PinChecked
from client_directory.model import Organisation, Person
from client_directory.secret import hash_secret, is_secret
from ivr.pin import PinEntry, outcome_of
from securityline.telephony.exchange import Exchange
from securityline.telephony.legs import Leg

_NOBODY: Final = hash_secret("no secret of anybody")
"Compared with where there is no hash, so that it takes as long."


class Pins:
    """Collect PINs and tell their outcome."""

    def __init__(self, exchange: Exchange) -> None:
        self._x = exchange
        self._entries: dict[LegId, tuple[PinEntry, CollectPin]] = {}

    def collect(self, command: CollectPin) -> None:
        """Take the next keys of a leg as a PIN, from the first one on."""
        entry = PinEntry(self._x.clock())
        self._entries[command.leg_id] = entry, command
        self._watch(entry, command)

    def take(self, leg: Leg, digit: str) -> bool:
        """Take a key; say whether it was part of a PIN."""
        found = self._entries.get(leg.leg_id)
        if found is None:
            return False
        entry, command = found
        entry.press(digit, self._x.clock())
        if entry.is_complete:
            self._check(entry, command)
        else:
            self._watch(entry, command)
        return True

    def _watch(self, entry: PinEntry, command: CollectPin) -> None:
        self._x.later(
            max(entry.deadline - self._x.clock(), 0.0) + 0.001,
            lambda: self._look(entry, command),
        )

    def _look(self, entry: PinEntry, command: CollectPin) -> None:
        """End the entry when no further key came in time."""
        if self._entries.get(command.leg_id, (None,))[0] is not entry:
            return
        if self._x.clock() < entry.deadline:
            self._watch(entry, command)
        else:
            self._check(entry, command)

    def _check(self, entry: PinEntry, command: CollectPin) -> None:
        """Compare with both secrets, always, and tell what came of it."""
        del self._entries[command.leg_id]
        entered = entry.take()
        if self._x.legs.get(command.leg_id) is None:
            return
        organisation = self._x.directory.current.organisations.get(command.organisation)
        person = _find(organisation, command.person)
        is_pin = is_secret(entered, (person.pin_hash if person else None) or _NOBODY)
        is_duress_pin = is_secret(
            entered, (person.duress_pin_hash if person else None) or _NOBODY
        )
        outcome = outcome_of(
            is_entered=bool(entered),
            is_pin=is_pin,
            is_duress_pin=is_duress_pin,
            is_expired=_is_expired(organisation, person, command.site, self._x.clock()),
        )
        self._x.tell(
            PinChecked(incident_id=command.incident_id, leg_id=command.leg_id, outcome=outcome)
        )


def _find(organisation: Organisation | None, person: str) -> Person | None:
    people = organisation.people if organisation is not None else ()
    return next((one for one in people if one.person == person), None)


def _is_expired(
    organisation: Organisation | None, person: Person | None, site: str | None, now: float
) -> bool:
    """Whether he has no right today: out of his dates, or no right to the site."""
    if organisation is None or person is None:
        return True
    today = datetime.fromtimestamp(now, UTC).astimezone(ZoneInfo(organisation.time_zone)).date()
    is_valid = (person.valid_from is None or person.valid_from <= today) and (
        person.valid_until is None or today <= person.valid_until
    )
    return not is_valid or (site is not None and site not in person.sites)
