"""Keys that are a PIN: taken off the line here, so that they reach no flow and no log."""

from callflows.commands import CollectPin
from callflows.events import LegId, PinChecked
from ivr.pin import PinEntry
from securityline.pin_check import pin_outcome
from securityline.telephony.exchange import Exchange
from securityline.telephony.legs import Leg


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
        outcome = pin_outcome(
            self._x.directory.current,
            command.organisation,
            command.person,
            command.site,
            entered,
            self._x.clock(),
        )
        self._x.tell(
            PinChecked(incident_id=command.incident_id, leg_id=command.leg_id, outcome=outcome)
        )
