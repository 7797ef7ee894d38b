"""The header fields of one message: their names and their raw values.

Names are compared without case, compact forms are expanded and folded lines unfolded when
a message is read. Values stay text; what they mean is in :mod:`sip.values`.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final, TypeVar, overload

from sip.errors import ParseError
from sip.grammar import is_token, split_list

T = TypeVar("T")

_WELL_KNOWN: Final = """
Accept Accept-Contact Accept-Encoding Accept-Language Alert-Info Allow Allow-Events
Answer-Mode Authentication-Info Authorization Call-ID Call-Info Contact Content-Disposition
Content-Encoding Content-ID Content-Language Content-Length Content-Type CSeq Date Diversion
Error-Info Event Expires From Geolocation Geolocation-Routing History-Info Identity
In-Reply-To Max-Forwards MIME-Version Min-Expires Min-SE Organization P-Access-Network-Info
P-Asserted-Identity P-Asserted-Service P-Called-Party-ID P-Charging-Vector P-Early-Media
P-Preferred-Identity Path Priority Privacy Proxy-Authenticate Proxy-Authorization
Proxy-Require RAck Reason Record-Route Refer-To Referred-By Reject-Contact Remote-Party-ID
Replaces Reply-To Request-Disposition Require Retry-After Route RSeq Server Service-Route
Session-Expires Subject Subscription-State Supported Timestamp To Unsupported User-Agent Via
Warning WWW-Authenticate
"""
_COMPACT: Final = {
    "a": "Accept-Contact",
    "b": "Referred-By",
    "c": "Content-Type",
    "d": "Request-Disposition",
    "e": "Content-Encoding",
    "f": "From",
    "i": "Call-ID",
    "j": "Reject-Contact",
    "k": "Supported",
    "l": "Content-Length",
    "m": "Contact",
    "o": "Event",
    "r": "Refer-To",
    "s": "Subject",
    "t": "To",
    "u": "Allow-Events",
    "v": "Via",
    "x": "Session-Expires",
    "y": "Identity",
}
_CANONICAL: Final = {name.lower(): name for name in _WELL_KNOWN.split()} | _COMPACT
# Spelling as met on the wire -> key to look up; key -> name to write.
_KEYS: Final = {
    spelling: name.lower()
    for lower, name in _CANONICAL.items()
    for spelling in (lower, name, lower.upper(), lower.title())
} | {spelling: name.lower() for spelling, name in _COMPACT.items()}
_NAMES: Final = {name.lower(): name for name in _CANONICAL.values()}

# Who somebody claims to be. RFC 3261 allows blanks before the colon, but proxies that strip
# these headers from strangers have let them through when written so (CVE-2020-28361).
_IDENTITY: Final = frozenset(
    {
        "authorization",
        "diversion",
        "history-info",
        "identity",
        "p-asserted-identity",
        "p-called-party-id",
        "p-preferred-identity",
        "proxy-authorization",
        "remote-party-id",
    }
)
_UNREAD: Final[Any] = object()
_FOLD: Final = re.compile(r"[ \t]*+(?:\r\n[ \t]++)++")


class Headers:
    """Header fields. Looking up ignores case and knows the compact names.

    Lines of one name keep their order and stand together; names stand in the order in which
    each first came (RFC 3261 section 7.3.1: more than that has no meaning).
    """

    __slots__ = ("_lines", "_names", "_parsed")

    def __init__(self, items: Iterable[tuple[str, str]] = ()) -> None:
        self._lines: dict[str, list[str]] = {}
        self._names: dict[str, str] = {}  # of headers nobody knows, as first written
        self._parsed: dict[str, Any] = {}
        for name, value in items:
            self.add(name, value)

    @overload
    def get(self, name: str) -> str | None: ...
    @overload
    def get(self, name: str, default: str) -> str: ...
    def get(self, name: str, default: str | None = None) -> str | None:
        """Return the first value of `name`, as it was written."""
        values = self._lines.get(_key(name))
        return values[0] if values else default

    def get_all(self, name: str) -> list[str]:
        """Return the value of every line called `name`, in order."""
        return list(self._lines.get(_key(name), ()))

    def values(self, name: str) -> list[str]:
        """Return every element of a list header, over all its lines.

        Do not use it for headers whose grammar is no comma-separated list: `Date`,
        `WWW-Authenticate`, `Authorization`.
        :raises ParseError: quotes or brackets that never close.
        """
        lines = self._lines.get(_key(name))
        if not lines:
            return []
        return [element for line in lines for element in split_list(line)]

    def parsed(self, key: str, parse: Callable[[list[str]], T], slot: str = "") -> T:
        """Return `parse(lines)` for the header with this lower-case key; remember it.

        The memory is wiped whenever a header changes.
        :param slot: name to remember it under, when one header is read in two ways.
        """
        slot = slot or key
        found: T = self._parsed.get(slot, _UNREAD)
        if found is _UNREAD:
            found = self._parsed[slot] = parse(self._lines.get(key, []))
        return found

    def read(self, readers: Iterable[tuple[str, str, Callable[[list[str]], Any]]]) -> None:
        """Do what :meth:`parsed` does for many: (slot, key, parse) each, in order."""
        parsed, lines = self._parsed, self._lines
        for slot, key, parse in readers:
            parsed[slot] = parse(lines.get(key, []))

    def add(self, name: str, value: str) -> None:
        """Append one line.

        :raises ValueError: the value would start a new line, or the name is no token. The
            caller let foreign text through.
        """
        self._lines.setdefault(self._checked(name, value), []).append(value)
        self._parsed.clear()

    def set(self, name: str, value: str) -> None:
        """Replace all lines called `name` by one.

        :raises ValueError: as for :meth:`add`.
        """
        self._lines[self._checked(name, value)] = [value]
        self._parsed.clear()

    def replace_first(self, name: str, value: str) -> None:
        """Replace the first line called `name`, leave its other lines.

        :raises KeyError: there is none.
        :raises ValueError: as for :meth:`add`.
        """
        self._lines[self._checked(name, value)][0] = value
        self._parsed.clear()

    def remove(self, name: str) -> None:
        """Drop every line called `name`, if there is any."""
        self._lines.pop(_key(name), None)
        self._parsed.clear()

    def append_from(self, other: "Headers", name: str, at_most: int | None = None) -> None:
        """Append the lines called `name` of another message as they stand there."""
        key = self._checked(name, "")
        values = other._lines.get(key, [])[:at_most]
        if values:
            self._lines.setdefault(key, []).extend(values)
            self._parsed.clear()

    def copy(self) -> "Headers":
        """Return an independent copy."""
        twin = Headers()
        twin._lines = {key: values.copy() for key, values in self._lines.items()}
        twin._names = self._names.copy()
        return twin

    def items(self) -> list[tuple[str, str]]:
        """Return all lines as (name, value)."""
        return [
            (_NAMES.get(key) or self._names[key], value)
            for key, values in self._lines.items()
            for value in values
        ]

    def _checked(self, name: str, value: str) -> str:
        """Return the key of a line that is to be written, if it may be."""
        if "\r" in value or "\n" in value:
            raise ValueError(f"a line break in header {name}: {value!r}")
        key = _KEYS.get(name)
        if key is None:
            if not is_token(name.removesuffix(" ")):
                raise ValueError(f"not a header name: {name!r}")
            key = _key(name)
            self._names.setdefault(key, name)
        return key

    def __contains__(self, name: str) -> bool:
        return _key(name) in self._lines

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return iter(self.items())

    def __len__(self) -> int:
        return sum(map(len, self._lines.values()))

    def __eq__(self, other: object) -> bool:
        return self.items() == other.items() if isinstance(other, Headers) else NotImplemented

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"Headers({self.items()!r})"


def parse_headers(block: str) -> Headers:
    """Read the header lines of a message, without its start line and its empty line.

    :raises ParseError: a line is not `name: value`.
    """
    headers = Headers()
    lines, keys = headers._lines, _KEYS
    for line in block.split("\r\n"):
        name, colon, value = line.partition(":")
        key = keys.get(name)
        if key is None or not colon:
            if line.startswith((" ", "\t")):
                if block.startswith((" ", "\t")):
                    raise ParseError(400, "Folded start line")
                return parse_headers(unfold(block))
            key = _read_name(headers, name, colon)
        if key in lines:
            lines[key].append(value.strip(" \t"))
        else:
            lines[key] = [value.strip(" \t")]
    return headers


def unfold(block: str) -> str:
    """Join folded lines (RFC 3261 section 7.3.1)."""
    return _FOLD.sub(" ", block)


def _read_name(headers: Headers, name: str, colon: str) -> str:
    bare = name.rstrip(" \t")
    if not colon or not is_token(bare):
        raise ParseError(400, "Bad header line")
    key = _key(bare)
    if bare != name and key in _IDENTITY:
        # Kept for the record under a name that no lookup asks for.
        headers._names[f"{key} "] = f"{_NAMES[key]} "
        return f"{key} "
    if key not in _NAMES:
        headers._names.setdefault(key, bare)
    return key


def _key(name: str) -> str:
    known = _KEYS.get(name)
    if known is None:
        lower = name.lower()
        known = _KEYS.get(lower, lower)
    return known
