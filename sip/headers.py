"""The header fields of one message: their order, their names, their raw values.

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
# Spelling as met on the wire -> (name to write, key to look up).
_SPELLINGS: Final = {
    spelling: (name, name.lower())
    for lower, name in _CANONICAL.items()
    for spelling in (lower, name, lower.upper(), lower.title())
} | {spelling: (name, name.lower()) for spelling, name in _COMPACT.items()}

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
    """Header fields in order. Looking up ignores case and knows the compact names."""

    __slots__ = ("_index", "_items", "_parsed")

    def __init__(self, items: Iterable[tuple[str, str]] = ()) -> None:
        self._items: list[tuple[str, str]] = []
        self._index: dict[str, list[str]] = {}
        self._parsed: dict[str, Any] = {}
        for name, value in items:
            self.add(name, value)

    @overload
    def get(self, name: str) -> str | None: ...
    @overload
    def get(self, name: str, default: str) -> str: ...
    def get(self, name: str, default: str | None = None) -> str | None:
        """Return the first value of `name`, as it was written."""
        values = self._index.get(_key(name))
        return values[0] if values else default

    def get_all(self, name: str) -> list[str]:
        """Return the value of every line called `name`, in order."""
        return list(self._index.get(_key(name), ()))

    def values(self, name: str) -> list[str]:
        """Return every element of a list header, over all its lines.

        Do not use it for headers whose grammar is no comma-separated list: `Date`,
        `WWW-Authenticate`, `Authorization`.
        :raises ParseError: quotes or brackets that never close.
        """
        lines = self._index.get(_key(name))
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
            found = self._parsed[slot] = parse(self._index.get(key, []))
        return found

    def read(self, readers: Iterable[tuple[str, str, Callable[[list[str]], Any]]]) -> None:
        """Do what :meth:`parsed` does for many: (slot, key, parse) each, in order."""
        parsed, index = self._parsed, self._index
        for slot, key, parse in readers:
            parsed[slot] = parse(index.get(key, []))

    def add(self, name: str, value: str) -> None:
        """Append one line.

        :raises ValueError: the value would start a new line, or the name is no token. The
            caller let foreign text through.
        """
        canonical, key = _checked(name, value)
        self._items.append((canonical, value))
        self._index.setdefault(key, []).append(value)
        self._parsed.clear()

    def set(self, name: str, value: str) -> None:
        """Replace all lines called `name` by one, in the place of the first.

        :raises ValueError: as for :meth:`add`.
        """
        key = _checked(name, value)[1]
        if key not in self._index:
            self.add(name, value)
            return
        self.replace_first(name, value)
        first = next(n for n, item in enumerate(self._items) if item[0].lower() == key)
        self._items[first + 1 :] = [
            item for item in self._items[first + 1 :] if item[0].lower() != key
        ]
        self._index[key] = [value]

    def replace_first(self, name: str, value: str) -> None:
        """Replace the first line called `name`, leave its other lines.

        :raises KeyError: there is none.
        :raises ValueError: as for :meth:`add`.
        """
        canonical, key = _checked(name, value)
        self._index[key][0] = value
        first = next(n for n, item in enumerate(self._items) if item[0].lower() == key)
        self._items[first] = (canonical, value)
        self._parsed.clear()

    def remove(self, name: str) -> None:
        """Drop every line called `name`, if there is any."""
        key = _key(name)
        if self._index.pop(key, None) is not None:
            self._items = [item for item in self._items if item[0].lower() != key]
            self._parsed.clear()

    def copy(self) -> "Headers":
        """Return an independent copy."""
        twin = Headers()
        twin._items = self._items.copy()
        twin._index = {key: values.copy() for key, values in self._index.items()}
        return twin

    def append_from(self, other: "Headers", name: str, at_most: int | None = None) -> None:
        """Append the lines called `name` of another message as they stand there."""
        canonical, key = _SPELLINGS.get(name) or _checked(name, "")
        values = other._index.get(key, [])[:at_most]
        if values:
            self._items += [(canonical, value) for value in values]
            self._index.setdefault(key, []).extend(values)
            self._parsed.clear()

    def items(self) -> list[tuple[str, str]]:
        """Return all lines as (canonical name, value), in order."""
        return list(self._items)

    def __contains__(self, name: str) -> bool:
        return _key(name) in self._index

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return iter(self._items)

    def __len__(self) -> int:
        return len(self._items)

    def __eq__(self, other: object) -> bool:
        return self._items == other._items if isinstance(other, Headers) else NotImplemented

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"Headers({self._items!r})"


def parse_headers(block: str) -> Headers:
    """Read the header lines of a message, without its start line and its empty line.

    :raises ParseError: a line is not `name: value`.
    """
    headers = Headers()
    items, index, spellings = headers._items, headers._index, _SPELLINGS
    for line in block.split("\r\n"):
        name, colon, value = line.partition(":")
        known = spellings.get(name)
        if known is None or not colon:
            if line.startswith((" ", "\t")):
                if block.startswith((" ", "\t")):
                    raise ParseError(400, "Folded start line")
                return parse_headers(unfold(block))
            known = _read_name(name, colon)
        value = value.strip(" \t")
        items.append((known[0], value))
        key = known[1]
        if key in index:
            index[key].append(value)
        else:
            index[key] = [value]
    return headers


def unfold(block: str) -> str:
    """Join folded lines (RFC 3261 section 7.3.1)."""
    return _FOLD.sub(" ", block)


def _read_name(name: str, colon: str) -> tuple[str, str]:
    bare = name.rstrip(" \t")
    if not colon or not is_token(bare):
        raise ParseError(400, "Bad header line")
    lower = bare.lower()
    canonical = _CANONICAL.get(lower, bare)
    key = canonical.lower()
    if bare != name and key in _IDENTITY:
        # Kept for the record under a name that no lookup asks for.
        return f"{canonical} ", f"{key} "
    return canonical, key


def _key(name: str) -> str:
    known = _SPELLINGS.get(name)
    return known[1] if known else _CANONICAL.get(name.lower(), name).lower()


def _checked(name: str, value: str) -> tuple[str, str]:
    if "\r" in value or "\n" in value:
        raise ValueError(f"a line break in header {name}: {value!r}")
    known = _SPELLINGS.get(name)
    if known is not None:
        return known
    if not is_token(name.removesuffix(" ")):
        raise ValueError(f"not a header name: {name!r}")
    canonical = _CANONICAL.get(name.lower(), name)
    return canonical, canonical.lower()
