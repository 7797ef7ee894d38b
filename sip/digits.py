"""Keys pressed, told by INFO (RFC 6086): `application/dtmf-relay` and `application/dtmf`."""

from __future__ import annotations

from typing import Final, NamedTuple

from sip.errors import ParseError

RELAY_TYPE: Final = "application/dtmf-relay"
PLAIN_TYPE: Final = "application/dtmf"
DEFAULT_DURATION: Final = 160
"Milliseconds, when the far end does not say."

_DIGITS: Final = frozenset("0123456789*#ABCD")
_NUMBERED: Final = {"10": "*", "11": "#", "12": "A", "13": "B", "14": "C", "15": "D"}
"Events of RFC 4733 written as numbers, as some gateways do."
_MAX_DURATION: Final = 60_000
_MAX_BODY: Final = 512


class Digit(NamedTuple):
    """One key press."""

    digit: str
    duration_ms: int


def parse(content_type: str | None, body: bytes) -> Digit:
    """Read the body of an INFO.

    :raises ParseError: another type (415), or no digit in it (400).
    """
    if content_type not in (RELAY_TYPE, PLAIN_TYPE):
        raise ParseError(415, "Unsupported Media Type")
    if len(body) > _MAX_BODY:
        raise ParseError(400, "Bad DTMF body")
    text = body.decode("ascii", "replace")
    if content_type == PLAIN_TYPE and "=" not in text:
        return Digit(_digit(text), DEFAULT_DURATION)
    fields: dict[str, str] = {}
    for line in text.splitlines():
        name, _, value = line.partition("=")
        fields.setdefault(name.strip().lower(), value.strip())
    duration = fields.get("duration", "")
    is_number = duration.isascii() and duration.isdigit() and len(duration) < 9
    milliseconds = min(int(duration), _MAX_DURATION) if is_number else DEFAULT_DURATION
    return Digit(_digit(fields.get("signal", "")), milliseconds)


def _digit(text: str) -> str:
    digit = text.strip().upper()
    digit = _NUMBERED.get(digit, digit)
    if digit not in _DIGITS:
        raise ParseError(400, "Bad DTMF digit")
    return digit


def write(digit: str, duration_ms: int) -> bytes:
    """Write the body of an INFO of type `application/dtmf-relay`.

    :raises ValueError: no such key.
    """
    if digit not in _DIGITS:
        raise ValueError(f"no such key: {digit!r}")
    return f"Signal={digit}\r\nDuration={duration_ms}\r\n".encode()
