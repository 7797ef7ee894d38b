"""Contact ID (SIA DC-05): what a panel says in sixteen digits, by IP or by voice. Pure."""

import re
from dataclasses import dataclass
from typing import Final

from securityline.alarms.codes import contact_id
from securityline.alarms.signal import Qualifier

_DATA: Final = re.compile(
    r"(?:#(?P<account>[0-9A-Za-z]{1,16}))?\s*\|?\s*"
    r"(?P<qualifier>[0-9A-Fa-f])(?P<code>[0-9A-Fa-f]{3})\s*"
    r"(?P<area>[0-9A-Fa-f]{2})\s*(?P<number>[0-9A-Fa-f]{3})(?P<rest>.*)",
    re.DOTALL,
)
_QUALIFIERS: Final[dict[str, Qualifier]] = {"1": "event", "3": "restore", "6": "status"}

DIGITS: Final = 16
"Of a message over the telephone."
MESSAGE_TYPES: Final = ("18", "98", "58")
_KEYS: Final = "0123456789*#ABC"
"Keys of a telephone for the digits 0–9 and B–F; there is no A, since 0 counts ten."
_DIGITS: Final = "0123456789BCDEF"
_FROM_KEY: Final = dict(zip(_KEYS, _DIGITS, strict=True))
_VALUES: Final = {digit: int(digit, 16) or 10 for digit in _DIGITS}


@dataclass(frozen=True, slots=True)
class ContactIdEvent:
    """One event."""

    account: str
    "Four digits, 0–9 and B–F; may be empty in DC-09, where the frame says it."
    qualifier: Qualifier
    code: str
    area: str
    "Group or partition; empty for 00."
    zone: str = ""
    user: str = ""
    unread: str = ""
    "What followed, or a qualifier that the standard does not know."


def parse(data: str) -> ContactIdEvent | None:
    """Read the data of a DC-09 frame `ADM-CID`, such as `#1234|1130 01 015`.

    :return: `None` if that is not Contact ID.
    """
    found = _DATA.fullmatch(data.strip())
    if found is None:
        return None
    unread = found["rest"].strip()
    if found["qualifier"] not in _QUALIFIERS:
        unread = f"qualifier {found['qualifier']} {unread}".rstrip()
    return _event(
        (found["account"] or "").upper(),
        found["qualifier"],
        found["code"].upper(),
        found["area"],
        found["number"],
        unread,
    )


def decode(keys: str) -> ContactIdEvent | None:
    """Read a message of sixteen keys heard on the telephone: ACCT MT Q XYZ GG CCC S.

    :return: `None` if a key is missing or misheard: the checksum, modulo 15, is not 0.
    """
    digits = "".join(_FROM_KEY.get(key, "?") for key in keys.upper())
    if len(digits) != DIGITS or "?" in digits or checksum(digits):
        return None
    if digits[4:6] not in MESSAGE_TYPES or digits[6] not in _QUALIFIERS:
        return None
    return _event(digits[:4], digits[6], digits[7:10], digits[10:12], digits[12:15])


def encode(account: str, qualifier: str, code: str, area: str, number: str) -> str:
    """Return the sixteen keys of a message, as a panel presses them.

    :raises ValueError: they are not 4, 1, 3, 2 and 3 digits out of 0–9 and B–F.
    """
    digits = f"{account}18{qualifier}{code}{area}{number}".upper()
    if len(digits) != DIGITS - 1 or set(digits) - set(_DIGITS):
        raise ValueError(f"not a Contact ID message: {digits}")
    last = -checksum(digits) % 15
    # Fifteen is sent as F, not left out: no digit counts nothing.
    digits += next(digit for digit in reversed(_DIGITS) if _VALUES[digit] % 15 == last)
    return "".join(_KEYS[_DIGITS.index(digit)] for digit in digits)


def checksum(digits: str) -> int:
    """Return the sum of digits 0–9 and B–F modulo 15, in which 0 counts ten."""
    return sum(_VALUES[digit] for digit in digits) % 15


def _event(
    account: str, qualifier: str, code: str, area: str, number: str, unread: str = ""
) -> ContactIdEvent:
    is_user = contact_id(code).counts == "user"
    number = "" if number == "000" else number
    return ContactIdEvent(
        account,
        _QUALIFIERS.get(qualifier, "event"),
        code,
        area="" if area == "00" else area,
        zone="" if is_user else number,
        user=number if is_user else "",
        unread=unread,
    )
