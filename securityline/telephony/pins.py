"""Keys that are a PIN: taken off the line here, so that they reach no flow and no log."""

from typing import Final

from callflows.commands import CollectInstallerPin, CollectPin
from callflows.events import LegId, PinChecked
from ivr.pin import LONGEST, PinEntry
from securityline.installer_check import check_installer
from securityline.pin_check import pin_outcome
from securityline.telephony.exchange import Exchange
from securityline.telephony.legs import Leg

OPERATOR: Final = "0"
"Keyed in place of a PIN: a person is wanted. No PIN is as short."


class Pins:
    """Collect PINs and tell their outcome."""

    def __init__(self, exchange: Exchange) -> None:
        self._x = exchange
        self._early: dict[LegId, str] = {}
        "Keys of a PIN that came before the order to collect it was durable."
        self._entries: dict[LegId, tuple[PinEntry, CollectPin | CollectInstallerPin]] = {}

    def collect(self, command: CollectPin | CollectInstallerPin) -> None:
        """Take the next keys of a leg as a PIN, from the first one on."""
        entry = PinEntry(self._x.clock())
        self._entries[command.leg_id] = entry, command
        leg = self._x.legs.get(command.leg_id)
        early = self._early.pop(command.leg_id, "")
        if leg is None:  # he was faster than the disk, and has hung up
            for digit in early:
                entry.press(digit, self._x.clock())
            self._check(entry, command, is_gone=True)
            return
        self._watch(entry, command)
        for digit in early:
            self.take(leg, digit)

    def take(self, leg: Leg, digit: str) -> bool:
        """Take a key; say whether it was part of a PIN."""
        found = self._entries.get(leg.leg_id)
        if found is None and self._x.awaits_pin(leg.leg_id):
            self._early[leg.leg_id] = self._early.get(leg.leg_id, "")[:LONGEST] + digit
            return True
        if found is None:
            self._early.pop(leg.leg_id, None)
            return False
        entry, command = found
        entry.press(digit, self._x.clock())
        if entry.is_complete:
            self._check(entry, command)
        else:
            self._watch(entry, command)
        return True

    def ended(self, leg: Leg) -> None:
        """Take what somebody had keyed when his line ended: a whole PIN counts without `#`.

        A wrong one is dropped: he may have been in the middle of it.
        """
        if (found := self._entries.get(leg.leg_id)) is not None:
            self._check(*found, is_gone=True)

    def _watch(self, entry: PinEntry, command: CollectPin | CollectInstallerPin) -> None:
        self._x.later(
            max(entry.deadline - self._x.clock(), 0.0) + 0.001,
            lambda: self._look(entry, command),
        )

    def _look(self, entry: PinEntry, command: CollectPin | CollectInstallerPin) -> None:
        """End the entry when no further key came in time."""
        if self._entries.get(command.leg_id, (None,))[0] is not entry:
            return
        if self._x.clock() < entry.deadline:
            self._watch(entry, command)
        else:
            self._check(entry, command)

    def _check(
        self,
        entry: PinEntry,
        command: CollectPin | CollectInstallerPin,
        *,
        is_gone: bool = False,
    ) -> None:
        """Compare with every secret that it could be, always, and tell what came of it.

        :param is_gone: he hung up; then only what was right, or given under duress, is told.
        """
        del self._entries[command.leg_id]
        entered = entry.take()
        directory, now = self._x.directory.current, self._x.clock()
        place, right = "", None
        if isinstance(command, CollectInstallerPin):
            outcome, place, right = check_installer(directory, command.number, entered, now)
        else:
            outcome = pin_outcome(
                directory, command.organisation, command.person, command.site, entered, now
            )
        if is_gone and outcome not in ("good", "duress"):
            return
        wants_operator = entered == OPERATOR
        self._x.tell(
            PinChecked(
                incident_id=command.incident_id,
                leg_id=command.leg_id,
                outcome="none" if wants_operator else outcome,
                place=place,
                right=right,
                wants_operator=wants_operator,
            )
        )
