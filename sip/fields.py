"""What can be asked of any message: its headers and body, as values.

Typed values (`request.from_`, `request.contacts`, …) are read when somebody first asks and
remembered until a header changes; each raises `ParseError` (400) when what stands there is
malformed. :func:`sip.message.parse` has already made sure of those that it names.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, Final, Literal

from sip.errors import ParseError
from sip.grammar import parse_number, split_list
from sip.headers import Headers
from sip.multipart import Part, bare_type, iter_parts
from sip.values import CSeq, NameAddr, Via

_MAX_DELTA_SECONDS: Final = 2**32 - 1
_MAX_FORWARDS: Final = 255


class Message:
    """What requests and responses have in common."""

    __slots__ = ("body", "headers")
    is_request: ClassVar[bool]

    headers: Headers
    body: bytes

    @property
    def start_line(self) -> str:
        """The first line, without its line break."""
        raise NotImplementedError

    @property
    def via(self) -> tuple[Via, ...]:
        """All hops, nearest first."""
        return self.headers.parsed("via", _parse_vias)

    @property
    def top_via(self) -> Via:
        """The nearest hop: for a request, who is to get the answer."""
        return self.headers.parsed("via", parse_top_via, "top via")

    @property
    def from_(self) -> NameAddr:
        """Who sent the request, by his own account."""
        return self.headers.parsed("from", parse_from)

    @property
    def to(self) -> NameAddr:
        """Whom the request was first meant for."""
        return self.headers.parsed("to", parse_to)

    @property
    def call_id(self) -> str:
        """The call's name, compared octet for octet."""
        return self.headers.parsed("call-id", parse_call_id)

    @property
    def cseq(self) -> CSeq:
        """Number and method of the request."""
        return self.headers.parsed("cseq", parse_cseq)

    @property
    def contacts(self) -> tuple[NameAddr, ...] | Literal["*"]:
        """Where to reach the sender directly; `"*"` in a REGISTER that removes all."""
        return self.headers.parsed("contact", _parse_contacts)

    @property
    def routes(self) -> tuple[NameAddr, ...]:
        """The way still to go."""
        return self.headers.parsed("route", _parse_addresses)

    @property
    def record_routes(self) -> tuple[NameAddr, ...]:
        """The proxies that want to see the rest of the dialog, nearest first."""
        return self.headers.parsed("record-route", _parse_addresses)

    @property
    def max_forwards(self) -> int | None:
        """Hops left; `None` from a peer of RFC 2543."""
        return self.headers.parsed("max-forwards", parse_max_forwards)

    @property
    def expires(self) -> int | None:
        """Seconds."""
        return self.headers.parsed("expires", _parse_seconds)

    @property
    def min_expires(self) -> int | None:
        """Seconds; what a 423 asks for."""
        return self.headers.parsed("min-expires", _parse_seconds)

    @property
    def content_type(self) -> str | None:
        """Type and subtype of the body in lower case, without parameters."""
        return self.headers.parsed("content-type", parse_content_type)

    @property
    def require(self) -> tuple[str, ...]:
        """Option tags the receiver must understand, in lower case."""
        return self.headers.parsed("require", _parse_option_tags)

    @property
    def supported(self) -> tuple[str, ...]:
        """Option tags the sender understands, in lower case."""
        return self.headers.parsed("supported", _parse_option_tags)

    @property
    def allow(self) -> tuple[str, ...]:
        """Methods the sender takes, as written: methods have a case."""
        return self.headers.parsed("allow", _parse_list)

    def addresses(self, name: str) -> tuple[NameAddr, ...]:
        """Return every address of a list header, such as `P-Asserted-Identity`.

        :raises ParseError: one of them is malformed.
        """
        return _parse_addresses(self.headers.get_all(name))

    def iter_parts(self) -> Iterator[Part]:
        """Give the parts of the body; a plain body is one part, no body none.

        :raises ParseError: a multipart body that cannot be taken apart, when it gets there.
        """
        content_type = self.content_type or "text/plain"
        if content_type.startswith("multipart/"):
            yield from iter_parts(self.headers.get("Content-Type", ""), self.body)
        elif self.body:
            yield Part(content_type, self.headers, self.body)

    def parts(self) -> list[Part]:
        """Return the parts of the body, all of them well formed.

        :raises ParseError: they are not.
        """
        return list(self.iter_parts())

    def sdp_body(self) -> bytes | None:
        """Return the session description, also one inside a multipart body.

        A body that forgets to say what it is, but begins like one, is one.
        :raises ParseError: a multipart body that cannot be taken apart, as far as the
            description: what is wrong behind it does no harm to a call.
        """
        if self.content_type is None:
            return self.body if self.body.startswith(b"v=0") else None
        for part in self.iter_parts():
            if part.content_type == "application/sdp":
                return part.body
        return None

    def __bytes__(self) -> bytes:
        start = self.start_line
        if "\r" in start or "\n" in start:
            raise ValueError(f"a line break in the start line: {start!r}")
        lines = [start]
        lines += [
            f"{name}: {value}" for name, value in self.headers if name != "Content-Length"
        ]
        lines.append(f"Content-Length: {len(self.body)}\r\n\r\n")
        return "\r\n".join(lines).encode("utf-8", "replace") + self.body

    def __eq__(self, other: object) -> bool:
        return bytes(self) == bytes(other) if isinstance(other, Message) else NotImplemented

    __hash__ = None  # type: ignore[assignment]


def parse_from(lines: list[str]) -> NameAddr:
    """Read From."""
    return _parse_party(parse_single(lines, "From"))


def parse_to(lines: list[str]) -> NameAddr:
    """Read To."""
    return _parse_party(parse_single(lines, "To"))


def _parse_party(value: str) -> NameAddr:
    party = NameAddr.parse(value)
    if party.parameters and party.tag == "":
        raise ParseError(400, "Empty tag")
    return party


def parse_single(lines: list[str], what: str) -> str:
    """Return the only line of a header that must be there once."""
    if not lines:
        raise ParseError(400, f"Missing {what}")
    if len(lines) > 1:
        raise ParseError(400, f"More than one {what}")
    return lines[0]


def parse_call_id(lines: list[str]) -> str:
    """Read Call-ID: printable ASCII without blanks (a little more than the grammar)."""
    value = parse_single(lines, "Call-ID")
    if not value or not value.isascii() or not value.isprintable() or " " in value:
        raise ParseError(400, "Bad Call-ID")
    return value


def parse_cseq(lines: list[str]) -> CSeq:
    """Read CSeq."""
    return CSeq.parse(parse_single(lines, "CSeq"))


def parse_content_type(lines: list[str]) -> str | None:
    """Read the type and subtype of Content-Type, which may be absent."""
    return bare_type(parse_single(lines, "Content-Type")) if lines else None


def parse_content_length(lines: list[str]) -> int | None:
    """Read Content-Length, octets; it may be absent from a datagram."""
    if not lines:
        return None
    return parse_number(parse_single(lines, "Content-Length"), 2**32, "Content-Length")


def parse_max_forwards(lines: list[str]) -> int | None:
    """Read Max-Forwards, 0 to 255."""
    if not lines:
        return None
    return parse_number(parse_single(lines, "Max-Forwards"), _MAX_FORWARDS, "Max-Forwards")


def _parse_seconds(lines: list[str]) -> int | None:
    return parse_number(lines[0], _MAX_DELTA_SECONDS, "Expires") if lines else None


def parse_top_via(lines: list[str]) -> Via:
    """Read the first element of the first Via line."""
    if not lines:
        raise ParseError(400, "Missing Via")
    line = lines[0]
    return Via.parse((split_list(line) or [""])[0] if "," in line else line)


def _parse_vias(lines: list[str]) -> tuple[Via, ...]:
    if not lines:
        raise ParseError(400, "Missing Via")
    return tuple(Via.parse(element) for line in lines for element in split_list(line))


def _parse_addresses(lines: list[str]) -> tuple[NameAddr, ...]:
    return tuple(NameAddr.parse(element) for line in lines for element in split_list(line))


def _parse_contacts(lines: list[str]) -> tuple[NameAddr, ...] | Literal["*"]:
    return "*" if lines == ["*"] else _parse_addresses(lines)


def _parse_list(lines: list[str]) -> tuple[str, ...]:
    return tuple(element for line in lines for element in split_list(line))


def _parse_option_tags(lines: list[str]) -> tuple[str, ...]:
    return tuple(tag.lower() for tag in _parse_list(lines))
