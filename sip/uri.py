"""Addresses: `sip:`, `sips:` and `tel:` URIs, and any other scheme kept as it came."""

import re
from dataclasses import dataclass
from typing import Final, Self

from sip.errors import ParseError
from sip.grammar import (
    Parameters,
    find_parameter,
    format_parameters,
    parse_parameters,
    parse_port,
)

# Scheme, userinfo, host, port, parameters, headers. The user part is taken literally up to
# the `@`: `;`, `?` and `=` belong to it (RFC 4475 section 3.1.1.9). It may be empty, against
# the grammar: some carriers write `sip:@host` for a caller they do not know.
_SIP: Final = re.compile(
    r"(sips?):"
    r"(?:([^\x00-\x20<>\"@\[\]\x7f]*+)@)?+"
    r"(\[[0-9A-Fa-f:.]++\]|[A-Za-z0-9_][A-Za-z0-9.\-_]*+)"
    r"(?::([0-9]{1,5}+))?+"
    r"(;[^\x00-\x20<>\"?@\x7f]*+)?+"
    r"(?:\?([^\x00-\x20<>\"@\x7f]*+))?+"
)
_SCHEME: Final = re.compile(r"[A-Za-z][A-Za-z0-9+\-.]*+")
_TELEPHONE: Final = re.compile(r"[0-9A-Fa-f*#+\-.()]++")
_OPAQUE: Final = re.compile(r"[^\x00-\x20<>\"\x7f]++")
_ESCAPE: Final = re.compile(r"%([0-9A-Fa-f]{2})")
_UNRESERVED: Final = frozenset(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.!~*'()"
)
# Differ when only one side has them (RFC 3261 section 19.1.4).
_DECISIVE: Final = ("user", "ttl", "method", "maddr", "transport")


# `Final` fields, here and in sip.values, where the house style has frozen=True: mypy refuses
# an assignment all the same, and making one costs a fifth (it is done four times a message).
@dataclass(slots=True, unsafe_hash=True)
class Uri:
    """One URI, its parts as they were written: escapes are never undone here.

    Not to be changed; `dataclasses.replace` makes another. `==` compares what was written;
    :meth:`is_equivalent` is the comparison of the RFC.
    """

    scheme: Final[str]
    "In lower case."
    user: Final[str | None] = None
    "For `tel`, the number."
    password: Final[str | None] = None
    host: Final[str] = ""
    "IPv6 addresses keep their brackets. Empty for `tel` and foreign schemes."
    port: Final[int | None] = None
    parameters: Final[Parameters] = ()
    headers: Final[str] = ""
    "What follows `?`. Never applied to anything (RFC 3261 section 19.1.5)."
    opaque: Final[str] = ""
    "For schemes that are not ours, everything after the colon."

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a URI.

        :raises ParseError: it is not one.
        """
        match = _SIP.fullmatch(text)
        if match is not None:
            return cls._from_match(match)
        scheme, colon, rest = text.partition(":")
        lower = scheme.lower()
        if lower in ("sip", "sips"):
            match = _SIP.fullmatch(f"{lower}:{rest}")
            if match is not None:
                return cls._from_match(match)
            raise ParseError(400, "Bad SIP URI")
        if lower == "tel" and colon:
            return cls._parse_tel(rest)
        if not colon or _SCHEME.fullmatch(scheme) is None or _OPAQUE.fullmatch(rest) is None:
            raise ParseError(400, "Bad URI")
        return cls(lower, opaque=rest)

    @classmethod
    def _from_match(cls, match: re.Match[str]) -> Self:
        scheme, user, host, port, parameters, headers = match.groups()
        password = None
        if user is not None and ":" in user:
            user, _, password = user.partition(":")
        return cls(
            scheme,
            user,
            password,
            host,
            None if port is None else parse_port(port),
            () if parameters is None else _split_parameters(parameters),
            headers or "",
        )

    @classmethod
    def _parse_tel(cls, rest: str) -> Self:
        number, semicolon, parameters = rest.partition(";")
        if _TELEPHONE.fullmatch(number) is None:
            raise ParseError(400, "Bad tel URI")
        return cls("tel", number, parameters=parse_parameters(semicolon + parameters))

    def parameter(self, name: str) -> str | None:
        """Return a parameter's value: `""` if it has none, `None` if it is absent."""
        return find_parameter(self.parameters, name)

    def is_equivalent(self, other: "Uri") -> bool:
        """Compare as RFC 3261 section 19.1.4 says, with which `==` does not bother.

        Escapes of unreserved characters equal the character; reserved ones do not.
        """
        if self.scheme != other.scheme or self.port != other.port:
            return False
        if self.host.lower() != other.host.lower() or self.opaque != other.opaque:
            return False
        if _normal(self.user) != _normal(other.user):
            return False
        if _normal(self.password) != _normal(other.password):
            return False
        return self._agrees_on_parameters(other) and _headers(self) == _headers(other)

    def _agrees_on_parameters(self, other: "Uri") -> bool:
        mine, theirs = _comparable(self.parameters), _comparable(other.parameters)
        if any(mine[name] != theirs[name] for name in mine.keys() & theirs.keys()):
            return False
        return all((name in mine) == (name in theirs) for name in _DECISIVE)

    def __str__(self) -> str:
        if self.opaque:
            return f"{self.scheme}:{self.opaque}"
        text = f"{self.scheme}:"
        if self.user is not None:
            text += self.user if self.password is None else f"{self.user}:{self.password}"
            text += "@" if self.scheme != "tel" else ""
        text += self.host
        if self.port is not None:
            text += f":{self.port}"
        if self.parameters:
            text += format_parameters(self.parameters)
        return f"{text}?{self.headers}" if self.headers else text


def _split_parameters(text: str) -> Parameters:
    found: list[tuple[str, str | None]] = []
    for piece in text[1:].split(";"):
        name, _, value = piece.partition("=")
        if not name:
            raise ParseError(400, "Bad URI parameter")
        found.append((name, value or None))
    return tuple(found)


def _normal(text: str | None) -> str | None:
    """Undo the escapes that make no difference, and write the others in one case."""
    if text is None or "%" not in text:
        return text

    def undo(match: re.Match[str]) -> str:
        character = chr(int(match[1], 16))
        return character if character in _UNRESERVED else match[0].upper()

    return _ESCAPE.sub(undo, text)


def _comparable(parameters: Parameters) -> dict[str, str]:
    return {
        (_normal(name) or "").lower(): (_normal(value) or "").lower()
        for name, value in parameters
    }


def _headers(uri: Uri) -> list[str]:
    return sorted((_normal(uri.headers) or "").split("&"))
