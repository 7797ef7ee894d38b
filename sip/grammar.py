"""The small pieces of RFC 3261 section 25 that every header is made of.

Everything here is linear in the length of its input: the patterns are possessive
(`*+`, `++`), so none of them can backtrack.
"""

import re
from typing import Final

from sip.errors import ParseError

Parameters = tuple[tuple[str, str | None], ...]
"Parameters in the order written; a value of `None` means there was no `=`."

_TOKEN: Final = re.compile(r"[A-Za-z0-9\-.!%*_+`'~]++")
_QUOTED: Final = re.compile(r'"(?:[^"\\]|\\.)*+"', re.DOTALL)
_ESCAPED: Final = re.compile(r"\\(.)", re.DOTALL)
_TO_ESCAPE: Final = re.compile(r'(["\\])')
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_HOST: Final = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9.\-_])*+|\[[0-9A-Fa-f:.]++\]")
# A value is a token, a host or a quoted string; printable ASCII that separates nothing is
# let through as well, since tags with `@`, `/` or `=` in them do occur.
_PARAMETER: Final = re.compile(
    r"[ \t]*+;[ \t]*+([A-Za-z0-9\-.!%*_+`'~]++)[ \t]*+"
    r"(?:=[ \t]*+([^\x00-\x20\x7f-\U0010ffff;,\"<>]++|\"(?:[^\"\\]|\\.)*+\")?+[ \t]*+)?+",
    re.DOTALL,
)
_UNESCAPE: Final = re.compile(r"(?:%[0-9A-Fa-f]{2})++")
_LWS: Final = " \t"
_MAX_PORT: Final = 65535


def is_token(text: str) -> bool:
    """Say whether `text` is a `token` (section 25.1)."""
    return _TOKEN.fullmatch(text) is not None


def is_host(text: str) -> bool:
    """Say whether `text` is a host name, an IPv4 address or a bracketed IPv6 address.

    `[2001:db8:::192.0.2.1]` is let through: RFC 5118 section 4.10 asks for it.
    """
    return _HOST.fullmatch(text) is not None


def parse_port(text: str) -> int:
    """Read a port.

    :raises ParseError: it is not 1 to 5 digits, or over 65535.
    """
    if text.isdigit() and text.isascii() and len(text) <= 5:
        port = int(text)
        if port <= _MAX_PORT:
            return port
    raise ParseError(400, "Bad port")


def parse_number(text: str, maximum: int, what: str) -> int:
    """Read a decimal number from 0 to `maximum`, leading zeros allowed.

    :raises ParseError: it is anything else, and `what` says what it was for.
    """
    if not text.isdigit() or not text.isascii():
        raise ParseError(400, f"Bad {what}")
    if len(text) > 10:
        text = text.lstrip("0") or "0"
    if len(text) > 10 or (number := int(text)) > maximum:
        raise ParseError(400, f"{what} out of range")
    return number


def parse_parameters(text: str, once: frozenset[str] = frozenset()) -> Parameters:
    """Read `;name=value;name`, from its first semicolon to its end.

    Quoted values keep their quotes; `name=` with nothing behind it counts as `name`.
    :param once: names, in lower case, of which a second one would leave it open what is
        meant.
    :raises ParseError: it does not follow the grammar, down to an empty parameter.
    """
    found: list[tuple[str, str | None]] = []
    position, end, match_at = 0, len(text), _PARAMETER.match
    while position < end:
        match = match_at(text, position)
        if match is None:
            if not text[position:].strip(_LWS):
                break
            raise ParseError(400, "Bad parameter")
        found.append(match.groups())  # type: ignore[arg-type]
        position = match.end()
    if once and len(found) > 1:
        names = [name for name, _ in found if name in once or name.lower() in once]
        if len(names) > 1 and len({name.lower() for name in names}) != len(names):
            raise ParseError(400, "Parameter twice")
    return tuple(found)


def find_parameter(parameters: Parameters, name: str) -> str | None:
    """Return the value of the parameter called `name` (in lower case), quotes undone.

    A parameter without a value gives the empty string, an absent one `None`.
    """
    for key, value in parameters:
        if key == name or key.lower() == name:
            if value is None:
                return ""
            return unquote(value) if value.startswith('"') else value
    return None


def format_parameters(parameters: Parameters) -> str:
    """Write parameters back as `;name=value;name`."""
    return "".join(
        f";{name}" if value is None else f";{name}={value}" for name, value in parameters
    )


def match_quoted(text: str) -> int:
    """Return where the quoted string at the start of `text` ends, just after its quote.

    :raises ParseError: it never ends.
    """
    match = _QUOTED.match(text)
    if match is None:
        raise ParseError(400, "Unbalanced quotes")
    return match.end()


def unquote(text: str) -> str:
    """Undo the quotes and backslashes of a quoted string."""
    inside = text[1:-1]
    return _ESCAPED.sub(r"\1", inside) if "\\" in inside else inside


def quote(text: str) -> str:
    """Make a quoted string; control characters, which could break a line, are dropped."""
    return '"' + _TO_ESCAPE.sub(r"\\\1", _CONTROL.sub("", text)) + '"'


def make_printable(text: str) -> str:
    """Replace every control character by U+FFFD, so that `text` can be shown and logged."""
    return text if text.isprintable() else _CONTROL.sub("\ufffd", text)


def unescape(text: str) -> str:
    """Undo `%` escapes, for people's eyes only.

    Never before a comparison or a decision: `%00` and `%40` are not NUL and `@` there.
    """

    def undo(match: re.Match[str]) -> str:
        return bytes.fromhex(match[0].replace("%", "")).decode("utf-8", "replace")

    return make_printable(_UNESCAPE.sub(undo, text)) if "%" in text else text


def split_list(text: str) -> list[str]:
    """Split a header value at its commas, but not inside quotes or angle brackets.

    Empty elements are dropped (`Supported: a,,b` occurs and is harmless).
    :raises ParseError: quotes or brackets that never close.
    """
    if "," not in text:
        element = text.strip(_LWS)
        return [element] if element else []
    if '"' not in text and "<" not in text:
        return [part for piece in text.split(",") if (part := piece.strip(_LWS))]
    return [part for piece in _split_guarded(text) if (part := piece.strip(_LWS))]


def _split_guarded(text: str) -> list[str]:
    pieces: list[str] = []
    start = position = 0
    # Anchored at each step: a search would try again at every place after one that fails.
    while match := _GUARDED.match(text, position):
        position = match.end()
        if match[0] == ",":
            pieces.append(text[start : position - 1])
            start = position
    if position != len(text):
        raise ParseError(400, "Unbalanced quotes or brackets")
    pieces.append(text[start:])
    return pieces


_GUARDED: Final = re.compile(r'[^",<]++|"(?:[^"\\]|\\.)*+"|<[^>]*+>|,', re.DOTALL)
