"""What the values of the structured headers mean: addresses, Via, CSeq."""

import re
from dataclasses import dataclass, replace
from typing import Final, NamedTuple, Self

from sip.errors import ParseError
from sip.grammar import (
    Parameters,
    find_parameter,
    format_parameters,
    make_printable,
    match_quoted,
    parse_number,
    parse_parameters,
    parse_port,
    quote,
    unquote,
)
from sip.uri import Uri

_MAX_CSEQ: Final = 2**31 - 1
_VIA: Final = re.compile(
    r"[Ss][Ii][Pp][ \t]*+/[ \t]*+2\.0[ \t]*+/[ \t]*+([A-Za-z0-9\-.!%*_+`'~]++)[ \t]++"
    r"(\[[0-9A-Fa-f:.]++\]|[A-Za-z0-9_][A-Za-z0-9.\-_]*+)[ \t]*+"
    r"(?::[ \t]*+([0-9]{1,5}+)[ \t]*+)?+"
    r"(;.*+)?+",
    re.DOTALL,
)
_CSEQ: Final = re.compile(r"([0-9]++)[ \t]++([A-Za-z0-9\-.!%*_+`'~]++)")
_ONCE_IN_VIA: Final = frozenset({"branch", "received", "rport"})
_TAG: Final = frozenset({"tag"})


class CSeq(NamedTuple):
    """The place of a request in its dialog (RFC 3261 section 20.16)."""

    number: int
    method: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a CSeq value.

        :raises ParseError: it is malformed, or the number is 2**31 or more.
        """
        match = _CSEQ.fullmatch(text)
        if match is None:
            raise ParseError(400, "Bad CSeq")
        return cls(parse_number(match[1], _MAX_CSEQ, "CSeq"), match[2])

    def __str__(self) -> str:
        return f"{self.number} {self.method}"


@dataclass(slots=True, unsafe_hash=True)
class NameAddr:
    """Who: a display name, an address, and what belongs to the header itself."""

    display_name: Final[str]
    "Quotes undone, control characters replaced: safe to show as text. Proves nothing."
    uri: Final[Uri]
    parameters: Final[Parameters] = ()

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `"Name" <uri>;parameters`, or `uri;parameters` without brackets.

        Lenient where nothing is ambiguous: any text may stand unquoted before `<`, and
        blanks inside the brackets (RFC 4475 sections 3.1.2.14 and 3.1.2.15).
        :raises ParseError: it is neither, or has two tags. An address with `?` or `,` needs
            its brackets.
        """
        if text.startswith('"'):
            end = match_quoted(text)
            name = make_printable(unquote(text[:end]))
            bracket = len(text) - len(text[end:].lstrip(" \t"))
            if not text.startswith("<", bracket):
                raise ParseError(400, "Bad address")
        else:
            bracket = text.find("<")
            if bracket < 0:
                return cls._parse_bare(text)
            name = make_printable(text[:bracket].rstrip(" \t")) if bracket else ""
        close = text.find(">", bracket)
        if close < 0 or (text[0] != '"' and name.count('"') % 2):
            raise ParseError(400, "Bad address")
        uri = Uri.parse(text[bracket + 1 : close].strip(" \t"))
        rest = text[close + 1 :]
        return cls(name, uri, parse_parameters(rest, _TAG) if rest else ())

    @classmethod
    def _parse_bare(cls, text: str) -> Self:
        address, semicolon, parameters = text.partition(";")
        if "?" in address or "," in address:
            raise ParseError(400, "Address needs brackets")
        uri = Uri.parse(address.rstrip(" \t"))
        return cls("", uri, parse_parameters(semicolon + parameters, _TAG))

    @property
    def tag(self) -> str | None:
        """The tag of a From or To (RFC 3261 section 19.3)."""
        return find_parameter(self.parameters, "tag")

    def parameter(self, name: str) -> str | None:
        """Return a header parameter: `""` if it has no value, `None` if it is absent."""
        return find_parameter(self.parameters, name)

    def with_tag(self, tag: str) -> Self:
        """Return the same address with this tag in place of any other."""
        others = tuple(item for item in self.parameters if item[0].lower() != "tag")
        return replace(self, parameters=(*others, ("tag", tag)))

    def __str__(self) -> str:
        name = f"{quote(self.display_name)} " if self.display_name else ""
        return f"{name}<{self.uri}>{format_parameters(self.parameters)}"


@dataclass(slots=True, unsafe_hash=True)
class Via:
    """One hop a request took (RFC 3261 section 20.42)."""

    transport: Final[str]
    "In upper case."
    host: Final[str]
    "Sent-by host; IPv6 in brackets."
    port: Final[int | None] = None
    parameters: Final[Parameters] = ()

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read one Via element.

        :raises ParseError: it is malformed, or says branch, received or rport twice.
        """
        match = _VIA.fullmatch(text)
        if match is None:
            raise ParseError(400, "Bad Via")
        transport, host, port, rest = match.groups()
        parameters = parse_parameters(rest, _ONCE_IN_VIA) if rest else ()
        number = None if port is None else parse_port(port)
        return cls(transport.upper(), host, number, parameters)

    @property
    def branch(self) -> str | None:
        """The transaction's name; `None` from a peer of RFC 2543."""
        return find_parameter(self.parameters, "branch")

    @property
    def received(self) -> str | None:
        """Address the request came from; IPv6 without brackets (RFC 5118 section 4.5)."""
        value = find_parameter(self.parameters, "received")
        return None if value is None else value.strip("[]")

    @property
    def rport(self) -> int | None:
        """Port the request came from, 0 when the sender asks for it (RFC 3581)."""
        value = find_parameter(self.parameters, "rport")
        return None if value is None else parse_port(value) if value else 0

    def with_received(self, host: str, port: int, *, always: bool = False) -> Self:
        """Note where the request really came from (RFC 3261 section 18.2.1, RFC 3581).

        What the sender himself claimed in `received` and `rport` is dropped: it would
        send our answer to whomever he likes.
        :param host: source address, IPv6 without brackets.
        :param always: note the port even if the sender did not ask for it.
        """
        asked = find_parameter(self.parameters, "rport") is not None or always
        kept = tuple(
            item for item in self.parameters if item[0].lower() not in ("received", "rport")
        )
        if asked or self.host.strip("[]").lower() != host.lower():
            kept += (("received", host),)
        if asked:
            kept += (("rport", str(port)),)
        return replace(self, parameters=kept)

    def __str__(self) -> str:
        port = "" if self.port is None else f":{self.port}"
        return f"SIP/2.0/{self.transport} {self.host}{port}{format_parameters(self.parameters)}"
