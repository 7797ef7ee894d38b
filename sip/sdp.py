"""Session descriptions: read with hard limits, written back with what we do not know.

RFC 4566 and RFC 8866. What two of them agree on is in :mod:`sip.offer_answer`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Final, Literal, NamedTuple, Self

from sip.errors import ParseError

Direction = Literal["sendrecv", "sendonly", "recvonly", "inactive"]
Attributes = tuple[tuple[str, str | None], ...]
"`a=` lines in order; a value of `None` means there was no colon."

DIRECTIONS: Final[tuple[Direction, ...]] = ("sendrecv", "sendonly", "recvonly", "inactive")
MAX_OCTETS: Final = 16_384
MAX_LINES: Final = 400
MAX_MEDIA: Final = 16
"m= lines. A call brings one or two."
MAX_FORMATS: Final = 64
_MAX_ADDRESS: Final = 45  # characters of the longest IPv6 address
_MAX_PORT: Final = 65_535
# Unknown session lines keep their place among these (RFC 8866 section 5).
_BEFORE_CONNECTION: Final = "iuep"


class Origin(NamedTuple):
    """The o= line. Numbers stay text: theirs may have any length."""

    username: str
    session_id: str
    version: str
    network: str
    address_type: str
    address: str

    def __str__(self) -> str:
        return " ".join(self)


_NO_ORIGIN: Final = Origin("-", "0", "0", "IN", "IP4", "0.0.0.0")  # noqa: S104


@dataclass(frozen=True, slots=True)
class Media:
    """One m= line and what belongs to it."""

    kind: str
    "`audio`, `video`, …"
    port: int
    "0: declined or ended."
    protocol: str
    "`RTP/AVP`, …"
    formats: tuple[str, ...]
    "Payload types as text, in order of preference."
    connection: str | None = None
    "Address of its own c= line; `None`: the session's."
    attributes: Attributes = ()
    others: tuple[tuple[str, str], ...] = ()
    "Lines of other types (i=, b=, k=, unknown), kept."
    port_count: int | None = None

    def attribute(self, name: str) -> str | None:
        """Return an attribute's value: `""` if it has none, `None` if it is absent."""
        return _find(self.attributes, name)

    def codecs(self) -> dict[str, str]:
        """Return payload type -> `NAME/RATE` (and `/CHANNELS`) in upper case, by a=rtpmap."""
        maps = [value.split() for name, value in self.attributes if name == "rtpmap" and value]
        return {words[0]: words[1].upper() for words in maps if len(words) == 2}


@dataclass(frozen=True, slots=True)
class SessionDescription:
    """A whole description."""

    origin: Origin
    media: tuple[Media, ...]
    connection: str | None = None
    "Address of the session's c= line."
    name: str = "-"
    timing: tuple[str, ...] = ("0 0",)
    "Values of the t= lines; an answer repeats those of the offer (RFC 3264 section 6)."
    attributes: Attributes = ()
    others: tuple[tuple[str, str], ...] = ()

    @classmethod
    def parse(cls, body: bytes) -> Self:
        """Read a description.

        Line breaks may be bare LF, unknown lines are kept, a missing or bad o= is taken for
        an empty one: nothing that a call needs is in it.
        :raises ParseError: it is malformed or beyond the limits of this module.
        """
        session, sections = _split(_lines(body))
        fields: dict[str, str] = {}
        for letter, value in session:
            if letter in "vosc" and fields.setdefault(letter, value) != value:
                raise ParseError(400, f"SDP: two {letter}= lines")
        if fields.get("v", "").strip() != "0":
            raise ParseError(400, "SDP: no v=0")
        origin = fields.get("o", "").rsplit(maxsplit=5)
        return cls(
            Origin(*origin) if len(origin) == 6 else _NO_ORIGIN,
            tuple(_parse_media(section) for section in sections),
            _parse_connection(fields["c"]) if "c" in fields else None,
            fields.get("s", "").strip() or "-",
            tuple(value for letter, value in session if letter == "t") or ("0 0",),
            _parse_attributes(session),
            tuple(line for line in session if line[0] not in "vosctam"),
        )

    def direction(self, media: Media) -> Direction:
        """Return which way the describer wants `media` to flow, from his point of view."""
        for attributes in (media.attributes, self.attributes):
            for direction in DIRECTIONS:
                if (direction, None) in attributes:
                    return direction
        return "sendrecv"

    def address(self, media: Media) -> str | None:
        """Return the address that holds for `media`."""
        return self.connection if media.connection is None else media.connection

    def __bytes__(self) -> bytes:
        lines = ["v=0", f"o={self.origin}", f"s={self.name}"]
        lines += [f"{x}={value}" for x, value in self.others if x in _BEFORE_CONNECTION]
        if self.connection is not None:
            lines.append(f"c={format_connection(self.connection)}")
        lines += [f"{x}={value}" for x, value in self.others if x == "b"]
        lines += [f"t={value}" for value in self.timing]
        known = _BEFORE_CONNECTION + "b"
        lines += [f"{x}={value}" for x, value in self.others if x not in known]
        lines += _format_attributes(self.attributes)
        for media in self.media:
            lines += _format_media(media)
        return ("\r\n".join(lines) + "\r\n").encode()


def format_connection(address: str) -> str:
    """Write an address as `IN IP4 …` or `IN IP6 …`."""
    return f"IN {'IP6' if ':' in address else 'IP4'} {address}"


def is_reachable(address: str) -> bool:
    """Say whether `address` is one host's IP address: no name, no group, no broadcast."""
    return len(address) <= _MAX_ADDRESS and _is_one_host(address)


@lru_cache(maxsize=1024)
def _is_one_host(address: str) -> bool:
    try:
        parsed: IPv4Address | IPv6Address = ip_address(address)
    except ValueError:
        return False
    if isinstance(parsed, IPv6Address) and parsed.ipv4_mapped is not None:
        parsed = parsed.ipv4_mapped
    is_everybody = parsed.version == 4 and int(parsed) == 2**32 - 1
    return not (parsed.is_multicast or parsed.is_unspecified or is_everybody)


def _lines(body: bytes) -> list[tuple[str, str]]:
    if len(body) > MAX_OCTETS:
        raise ParseError(400, "SDP too large")
    try:
        text = body.decode()
    except UnicodeDecodeError:
        text = body.decode("latin-1")
    raw = text.replace("\r\n", "\n").split("\n", MAX_LINES)
    if len(raw) > MAX_LINES:
        raise ParseError(400, "SDP: too many lines")
    lines: list[tuple[str, str]] = []
    for line in raw:
        if not line:
            continue
        if line[1:2] != "=" or not line[0].isascii() or not line[0].isalpha():
            raise ParseError(400, "SDP: bad line")
        if "\r" in line or "\0" in line:
            raise ParseError(400, "SDP: control character")
        lines.append((line[0], line[2:]))
    return lines


def _split(
    lines: list[tuple[str, str]],
) -> tuple[list[tuple[str, str]], list[list[tuple[str, str]]]]:
    sections: list[list[tuple[str, str]]] = [[]]
    for line in lines:
        if line[0] == "m":
            sections.append([])
        sections[-1].append(line)
    if len(sections) > MAX_MEDIA + 1:
        raise ParseError(400, "SDP: too many m= lines")
    return sections[0], sections[1:]


def _parse_media(section: list[tuple[str, str]]) -> Media:
    words = section[0][1].split()
    if not 4 <= len(words) <= 3 + MAX_FORMATS:
        raise ParseError(400, "SDP: bad m=")
    port, slash, count = words[1].partition("/")
    connections = [value for letter, value in section if letter == "c"]
    return Media(
        words[0].lower(),
        _parse_number(port),
        words[2],
        tuple(words[3:]),
        _parse_connection(connections[0]) if connections else None,
        _parse_attributes(section),
        tuple(line for line in section[1:] if line[0] not in "ca"),
        _parse_number(count) if slash else None,
    )


def _parse_number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 5) or int(text) > _MAX_PORT:
        raise ParseError(400, "SDP: bad port")
    return int(text)


def _parse_connection(value: str) -> str:
    words = value.split()
    if len(words) != 3 or words[0].upper() != "IN" or words[1].upper() not in ("IP4", "IP6"):
        raise ParseError(400, "SDP: bad c=")
    return words[2].partition("/")[0]  # a multicast TTL tells us nothing


def _parse_attributes(lines: list[tuple[str, str]]) -> Attributes:
    found: list[tuple[str, str | None]] = []
    for letter, text in lines:
        if letter == "a":
            name, colon, value = text.rstrip(" \t").partition(":")
            found.append((name, value if colon else None))
    return tuple(found)


def _find(attributes: Attributes, wanted: str) -> str | None:
    return next((value or "" for name, value in attributes if name == wanted), None)


def _format_attributes(attributes: Attributes) -> list[str]:
    return [f"a={name}" if value is None else f"a={name}:{value}" for name, value in attributes]


def _format_media(media: Media) -> list[str]:
    port = str(media.port) if media.port_count is None else f"{media.port}/{media.port_count}"
    lines = [f"m={media.kind} {port} {media.protocol} {' '.join(media.formats)}"]
    lines += [f"i={value}" for letter, value in media.others if letter == "i"]
    if media.connection is not None:
        lines.append(f"c={format_connection(media.connection)}")
    lines += [f"{letter}={value}" for letter, value in media.others if letter != "i"]
    return lines + _format_attributes(media.attributes)
