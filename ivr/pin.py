"""A PIN being entered by telephone: when it is complete. Pure.

The digits stay in here. What comes out is one of five outcomes, found by whoever holds the
hashes, in the same time for each of them.
"""

from dataclasses import dataclass, field
from typing import Final, Literal

Outcome = Literal["good", "wrong", "none", "expired", "duress"]

LONGEST: Final = 8
"Digits of the longest PIN."
FIRST_TIME: Final = 15.0
"Seconds until the first digit: a phone must be taken from the ear."
NEXT_TIME: Final = 4.0
"Seconds between two digits; after as many the PIN is complete."


@dataclass(slots=True)
class PinEntry:
    """One try.

    :param began_at: engine time at which it was asked for.
    """

    began_at: float
    is_complete: bool = False
    _digits: list[str] = field(default_factory=list, repr=False)
    _last_at: float = 0.0

    def press(self, digit: str, now: float) -> None:
        """Take one key. `#` ends the entry, `*` begins it anew."""
        if self.is_complete:
            return
        self._last_at = now
        if digit == "*":
            self._digits.clear()
        elif digit == "#":
            self.is_complete = True
        elif digit.isdecimal():
            self._digits.append(digit)
            self.is_complete = len(self._digits) == LONGEST

    @property
    def deadline(self) -> float:
        """When it is complete if no further key comes, engine time."""
        return self._last_at + NEXT_TIME if self._last_at else self.began_at + FIRST_TIME

    def take(self) -> str:
        """Return what was entered, and forget it."""
        entered = "".join(self._digits)
        self._digits.clear()
        self.is_complete = True
        return entered


def outcome_of(
    *, is_entered: bool, is_pin: bool, is_duress_pin: bool, is_expired: bool
) -> Outcome:
    """Return which of the five outcomes it is.

    All four questions are asked in every case, so that no answer takes longer than another.
    Duress goes before expiry: whoever is forced needs help, whatever his dates.
    """
    if is_duress_pin:
        return "duress"
    if not is_entered:
        return "none"
    if not is_pin:
        return "wrong"
    return "expired" if is_expired else "good"
