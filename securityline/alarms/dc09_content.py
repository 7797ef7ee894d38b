"""What stands inside a DC-09 frame (sections 5.5.1, 5.6): header, data, extended data. Pure."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from securityline.alarms.signal import one_line

_HEADER: Final = re.compile(
    rb'"(?P<star>\*?)(?P<token>[A-Za-z0-9][A-Za-z0-9-]{0,15})"(?P<sequence>[0-9]{4})'
    rb"(?:R(?P<receiver>[0-9A-Fa-f]{0,6}))?(?:L(?P<prefix>[0-9A-Fa-f]{0,6}))?"
    rb"(?:#(?P<account>[0-9A-Za-z]{0,16})|A0)?\[(?P<content>.*)",
    re.DOTALL,
)
_TIMESTAMP: Final = re.compile(r"_(\d\d):(\d\d):(\d\d),(\d\d)-(\d\d)-(\d{4})\s*\Z")
_ANGLE: Final = re.compile(r"(\d{1,3})([NSEW])(\d{1,2}(?:\.\d*)?)")

# Names of the extended data that go into a signal's `extra`, by their letter.
_NAMES: Final = {
    "A": "authentication",
    "C": "supervision_category",
    "G": "network_path",
    "J": "json",
    "M": "mac_address",
    "N": "network_address",
    "P": "programming",
    "T": "trigger",
    "V": "verification",
    "X": "longitude",
    "Y": "latitude",
    "Z": "altitude",
}
_PLACES: Final = "SOLR"
"Site, building, location, room: from the large to the small."
_NEW_KEY: Final = "K"


@dataclass(frozen=True, slots=True)
class Header:
    """What is never encrypted, as it was written: replies repeat it."""

    token: str
    is_encrypted: bool
    sequence: str
    "Four digits; pairs a reply with its frame, nothing else."
    receiver: str | None
    line_prefix: str | None
    account: str
    content: bytes
    "From behind the bracket on."


@dataclass(frozen=True, slots=True)
class Content:
    """What may be encrypted."""

    data: str
    extended: tuple[str, ...] = ()
    "Each begins with its letter."
    timestamp: datetime | None = None
    unread: str = ""


@dataclass(frozen=True, slots=True)
class Extended:
    """Extended data in the words of a signal."""

    text: str
    location: str
    occurred_at: datetime | None
    others: tuple[tuple[str, str], ...]


def read_header(body: bytes) -> Header | None:
    """Read a frame's body up to its data; `None` if it is not DC-09."""
    found = _HEADER.fullmatch(body)
    if found is None:
        return None
    return Header(
        found["token"].decode().upper(),
        bool(found["star"]),
        found["sequence"].decode(),
        _text(found["receiver"]),
        _text(found["prefix"]),
        _text(found["account"]) or "",
        found["content"],
    )


def read_content(octets: bytes) -> Content | None:
    """Read data, extended data and timestamp, in the clear; `None` without the closing bracket.

    :param octets: from behind `[`, without padding.
    """
    try:
        text = octets.decode("utf-8")
    except UnicodeDecodeError:
        text = octets.decode("cp1252", "replace")
    stamp = _TIMESTAMP.search(text)
    inside, bracket, behind = text[: stamp.start() if stamp else len(text)].rpartition("]")
    if not bracket:
        return None
    data, *extended = inside.split("][")
    timestamp = timestamp_of(stamp[0]) if stamp else None
    unread = behind if timestamp or not stamp else behind + stamp[0]
    return Content(data, tuple(filter(None, extended)), timestamp, unread.strip())


def timestamp_of(text: str) -> datetime | None:
    """Read `_HH:MM:SS,MM-DD-YYYY` (UTC), with or without `_`; `None` if it is none."""
    found = _TIMESTAMP.fullmatch(text if text.startswith("_") else f"_{text}")
    if found is None:
        return None
    hour, minute, second, month, day, year = map(int, found.groups())
    try:
        return datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    except ValueError:
        return None


def timestamp(now: datetime) -> str:
    """Write a moment as DC-09 does."""
    return now.astimezone(UTC).strftime("_%H:%M:%S,%m-%d-%Y")


def read_extended(fields: tuple[str, ...]) -> Extended:
    """Sort extended data; a letter we do not know is kept under its own name."""
    found: dict[str, str] = {}
    for field in fields:
        letter, value = field[0].upper(), one_line(field[1:], 4096)
        found[letter] = f"{found[letter]}; {value}" if letter in found else value
    if _NEW_KEY in found:
        found[_NEW_KEY] = "(not shown)"  # a key belongs in no log
    others = {
        _NAMES.get(letter, f"extended_{letter}"): value
        for letter, value in found.items()
        if letter not in (*_PLACES, "H", "I")
    }
    position = _position(found.get("Y", ""), found.get("X", ""))
    if position:
        others["position"] = position
    occurred_at = timestamp_of(found.get("H", ""))
    if "H" in found and occurred_at is None:
        others["occurred"] = found["H"]
    return Extended(
        found.get("I", ""),
        ", ".join(found[letter] for letter in _PLACES if found.get(letter)),
        occurred_at,
        tuple(others.items()),
    )


def _position(latitude: str, longitude: str) -> str:
    degrees = [_degrees(latitude, "NS", 90), _degrees(longitude, "EW", 180)]
    return "" if None in degrees else ",".join(f"{value:.6f}" for value in degrees)


def _degrees(text: str, sides: str, most: int) -> float | None:
    """Read degrees, side and minutes, as in `49N06.6666`."""
    found = _ANGLE.fullmatch(text.strip())
    if found is None or found[2] not in sides:
        return None
    degrees = int(found[1]) + float(found[3]) / 60
    if degrees > most:
        return None
    return degrees if found[2] == sides[0] else -degrees


def _text(octets: bytes | None) -> str | None:
    return None if octets is None else octets.decode()
