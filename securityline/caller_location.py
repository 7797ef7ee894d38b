"""Where the caller is, when his network says so: PIDF-LO (RFC 4119, 5491, 6442).

Only points and circles with coordinates are read; a civic address alone gives nothing yet.
"""

import math
from typing import Final

# The parser that could be fooled is never asked: a document type is refused before any
# entity can be declared, external ones are off by default, and size and depth are bounded.
from xml.parsers.expat import ExpatError, ParserCreate

MAX_BYTES: Final = 32_768
_MAX_DEPTH: Final = 40
_MAX_TEXT: Final = 200
_MAX_RADIUS: Final = 1_000_000.0  # metres
_GML: Final = "http://www.opengis.net/gml"
_SHAPES: Final = "http://www.opengis.net/pidflo/1.0"
_READ: Final = frozenset({f"{_GML} pos", f"{_SHAPES} radius", f"{_SHAPES} semiMajorAxis"})


Location = tuple[float, float, float]
"""Latitude and longitude (degrees, WGS 84), and the radius in metres within which the caller
is; 0 when the network did not say."""


class _Refused(Exception):
    pass


def parse_location(document: bytes) -> Location | None:
    """Read a PIDF-LO document; `None` for anything that is none, or is not safe to read."""
    if len(document) > MAX_BYTES:
        return None
    reader = _Reader()
    try:
        reader.parser.Parse(document, True)
    except (ExpatError, _Refused, ValueError, LookupError):
        # The last two: an encoding that expat does not know.
        return None
    return reader.location()


class _Reader:
    def __init__(self) -> None:
        self.parser = ParserCreate(namespace_separator=" ")
        self.parser.StartDoctypeDeclHandler = self._refuse
        self.parser.EntityDeclHandler = self._refuse
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._take
        self._depth = 0
        self._open = ""
        self._found: dict[str, str] = {}

    def location(self) -> Location | None:
        numbers = [_number(word) for word in self._found.get(f"{_GML} pos", "").split()]
        if len(numbers) not in (2, 3):
            return None
        latitude, longitude = numbers[0], numbers[1]
        written = self._found.get(f"{_SHAPES} radius") or self._found.get(
            f"{_SHAPES} semiMajorAxis", "0"
        )
        radius = _number(written)
        if not (abs(latitude) <= 90 and abs(longitude) <= 180):
            return None
        return latitude, longitude, radius if 0 <= radius <= _MAX_RADIUS else 0.0

    def _refuse(self, *_: object) -> None:
        raise _Refused

    def _start(self, name: str, _attributes: dict[str, str]) -> None:
        self._depth += 1
        if self._depth > _MAX_DEPTH:
            raise _Refused
        # The first of each counts; a second location belongs to another device.
        self._open = name if name in _READ and name not in self._found else ""
        if self._open:
            self._found[name] = ""

    def _end(self, _name: str) -> None:
        self._depth -= 1
        self._open = ""

    def _take(self, text: str) -> None:
        if self._open and len(self._found[self._open]) < _MAX_TEXT:
            self._found[self._open] += text[:_MAX_TEXT]


def _number(text: str) -> float:
    """Return NaN for what is no number: every comparison with it is false."""
    try:
        value = float(text)
    except ValueError:
        return math.nan
    return value if math.isfinite(value) else math.nan
