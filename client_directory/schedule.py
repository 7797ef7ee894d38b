"""Opening and availability: OpenStreetMap `opening_hours`, local time, public holidays.

Thin: the grammar, the holidays of each country and the evaluation are opening-hours-py's.
"""

import struct
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

# The package's stubs leave its errors out.
from opening_hours import (  # type: ignore[attr-defined]
    OpeningHours,
    ParserError,
    State,
    UnknownCountryError,
)

from client_directory.wall_clock import begins, ends, on_the_wall

Span = tuple[float, float]
"From and until, engine time, seconds since 1970."

MAX_LENGTH: Final = 500
_SEARCHED_DAYS: Final = (8, 64, 400)
"Where the next change is searched, nearest first; further off there is none."
_MARGIN: Final = timedelta(days=2)
"More than any clock has ever jumped (Samoa left out a day)."


def is_time_zone(name: str) -> bool:
    """Say whether this is a zone of the IANA database, such as `Europe/Brussels`."""
    try:
        ZoneInfo(name)
    except (ValueError, OSError, LookupError, struct.error):  # the last: a file cut short
        return False
    return True


def is_schedule(expression: str, country: str) -> bool:
    """Say whether this can be read as opening hours in a country."""
    try:
        _read(expression, country)
    except ValueError:
        return False
    return True


def is_open(expression: str, time_zone: str, country: str, at: datetime) -> bool:
    """Say whether the schedule is open.

    :param at: aware; any zone.
    :raises ValueError: the expression, zone or country is wrong. A directory that was
        loaded holds none.
    """
    moment = _moment(at)
    spans = _spans(expression, time_zone, country, moment, moment + 1.0)
    return any(opens == moment for opens, _ in spans)


def next_change(expression: str, time_zone: str, country: str, at: datetime) -> datetime | None:
    """Return when the schedule next opens or closes, UTC; `None` if never within a year."""
    start = _moment(at)
    for days in _SEARCHED_DAYS:
        end = start + days * 86_400.0
        spans = _spans(expression, time_zone, country, start, end)
        edges = (edge for span in spans for edge in span if start < edge < end)
        if (change := next(edges, None)) is not None:
            return datetime.fromtimestamp(change, UTC)
    return None


@lru_cache(maxsize=16_384)
def open_spans(
    expression: str, time_zone: str, country: str, start: float, end: float
) -> tuple[Span, ...]:
    """Return when the schedule is open between two moments, in order.

    A span begins at the first occurrence of its wall-clock time and ends at the last, so
    where two people hand over in the hour that happens twice they overlap.

    :param start: engine time, seconds since 1970.
    :param end: engine time.
    :raises ValueError: the expression, zone or country is wrong.
    """
    return _spans(expression, time_zone, country, start, end)


def _spans(
    expression: str, time_zone: str, country: str, start: float, end: float
) -> tuple[Span, ...]:
    paper = _read(expression, country)
    first = on_the_wall(start, time_zone) - _MARGIN
    last = on_the_wall(end, time_zone) + _MARGIN
    return clipped(
        (
            (begins(opens, time_zone), ends(closes, time_zone))
            for opens, closes, state, _ in paper.intervals(first, last)
            if state == State.OPEN
        ),
        start,
        end,
    )


def clipped(spans: Iterable[Span], start: float, end: float) -> tuple[Span, ...]:
    """Return what lies between two moments, in order, spans that touch made one."""
    joined: list[Span] = []
    for begin, finish in sorted(spans):
        begin, finish = max(begin, start), min(finish, end)
        if finish <= begin:
            continue
        if joined and begin <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], finish))
        else:
            joined.append((begin, finish))
    return tuple(joined)


def _moment(at: datetime) -> float:
    if at.tzinfo is None:
        raise ValueError("an aware datetime is needed")
    return at.timestamp()


@lru_cache(maxsize=4_096)
def _read(expression: str, country: str) -> OpeningHours:
    """Read a schedule as it is written, in times on the wall."""
    if len(expression) > MAX_LENGTH:
        raise ValueError("opening hours of more than 500 characters")
    try:
        return OpeningHours(
            expression,
            country=country,
            auto_country=False,
            auto_timezone=False,
            max_interval_days=_SEARCHED_DAYS[-1],
        )
    except (ParserError, UnknownCountryError):
        raise ValueError(f"not opening hours in {country}: {expression}") from None
