"""A schedule on the clock of the wall, asked in engine time."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from client_directory.schedule import Span, open_spans

_DAY: Final = 86_400.0
_HORIZONS: Final = (8, 40, 400)
"Days looked ahead, one after the other: nearly everything opens and closes within a week."


@dataclass(frozen=True, slots=True)
class Hours:
    """When a place is open, or a check is made.

    In the hour that happens twice a span begins at the first occurrence and ends at the
    last; a time that is jumped over is right after the jump.
    """

    expression: str = "24/7"
    "OpenStreetMap opening_hours, public holidays included."
    time_zone: str = "Europe/Brussels"
    country: str = "BE"
    "Whose public holidays, ISO 3166-1 alpha-2."

    def span_at(self, now: float) -> Span | None:
        """Return the span that is open now; `None` when none is.

        Its end is infinite when it does not close within a year. Its beginning is exact
        only within the day before.
        """
        for spans, end in self._looked(now):
            for begin, until in spans:
                if begin <= now < until < end:
                    return begin, until
            if not any(begin <= now < until for begin, until in spans):
                return None
        return now, math.inf

    def next_span(self, now: float) -> Span | None:
        """Return the first span that begins later than now, `None` if none within a year."""
        for spans, _ in self._looked(now):
            for begin, _ in spans:
                if begin > now:
                    return self.span_at(begin)
        return None

    def _looked(self, now: float) -> Iterator[tuple[tuple[Span, ...], float]]:
        """Look ahead further and further. Whole days, so that many questions share a look."""
        start = (now // _DAY - 1) * _DAY
        for days in _HORIZONS:
            end = start + days * _DAY
            yield open_spans(self.expression, self.time_zone, self.country, start, end), end
