"""Opening and availability: OpenStreetMap `opening_hours`, local time, public holidays.

Thin: the grammar, the holidays of each country and the evaluation are opening-hours-py's.
"""

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
_FAR_DAYS: Final = 400
"A change further off than this is no change: it bounds the search for the next one."
_MARGIN: Final = timedelta(days=2)
"More than any clock has ever jumped (Samoa left out a day)."


def is_time_zone(name: str) -> bool:
    """Say whether this is a zone of the IANA database, such as `Europe/Brussels`."""
    try:
        ZoneInfo(name)
    except (ValueError, OSError, LookupError):
        return False
    return True


def is_schedule(expression: str, country: str) -> bool:
    """Say whether this can be read as opening hours in a country."""
    try:
        _parsed(expression, "UTC", country)
    except ValueError:
        return False
    return True


def is_open(expression: str, time_zone: str, country: str, at: datetime) -> bool:
    """Say whether the schedule is open.

    :param at: aware; any zone.
    :raises ValueError: the expression, zone or country is wrong. A directory that was
        loaded holds none.
    """
    return _parsed(expression, time_zone, country).is_open(_local(at, time_zone))


def next_change(expression: str, time_zone: str, country: str, at: datetime) -> datetime | None:
    """Return when the schedule next opens or closes, UTC; `None` if never within a year."""
    change = _parsed(expression, time_zone, country).next_change(_local(at, time_zone))
    return change.astimezone(UTC) if change is not None else None


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
    first = on_the_wall(start, time_zone) - _MARGIN
    last = on_the_wall(end, time_zone) + _MARGIN
    return clipped(
        (
            (begins(opens, time_zone), ends(closes, time_zone))
            for opens, closes, state, _ in _on_paper(expression, country).intervals(first, last)
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


def _local(at: datetime, time_zone: str) -> datetime:
    if at.tzinfo is None:
        raise ValueError("an aware datetime is needed")
    return at.astimezone(ZoneInfo(time_zone))


def _parsed(expression: str, time_zone: str, country: str) -> OpeningHours:
    return _read(expression, ZoneInfo(time_zone), country)


def _on_paper(expression: str, country: str) -> OpeningHours:
    """Return the schedule as it is written, in times on the wall."""
    return _read(expression, None, country)


@lru_cache(maxsize=4_096)
def _read(expression: str, zone: ZoneInfo | None, country: str) -> OpeningHours:
    if len(expression) > MAX_LENGTH:
        raise ValueError("opening hours of more than 500 characters")
    try:
        return OpeningHours(
            expression,
            timezone=zone,
            country=country,
            auto_country=False,
            auto_timezone=False,
            max_interval_days=_FAR_DAYS,
        )
    except (ParserError, UnknownCountryError):
        raise ValueError(f"not opening hours in {country}: {expression}") from None
