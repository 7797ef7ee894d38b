"""Opening and availability: OpenStreetMap `opening_hours`, local time, public holidays.

Thin: the grammar, the holidays of each country and the evaluation are opening-hours-py's.
"""

from datetime import UTC, datetime
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

# The package's stubs leave its errors out.
from opening_hours import (  # type: ignore[attr-defined]
    OpeningHours,
    ParserError,
    UnknownCountryError,
)

MAX_LENGTH: Final = 500
_FAR_DAYS: Final = 400
"A change further off than this is no change: it bounds the search for the next one."


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


def _local(at: datetime, time_zone: str) -> datetime:
    if at.tzinfo is None:
        raise ValueError("an aware datetime is needed")
    return at.astimezone(ZoneInfo(time_zone))


@lru_cache(maxsize=4_096)
def _parsed(expression: str, time_zone: str, country: str) -> OpeningHours:
    if len(expression) > MAX_LENGTH:
        raise ValueError("opening hours of more than 500 characters")
    try:
        return OpeningHours(
            expression,
            timezone=ZoneInfo(time_zone),
            country=country,
            auto_country=False,
            auto_timezone=False,
            max_interval_days=_FAR_DAYS,
        )
    except (ParserError, UnknownCountryError):
        raise ValueError(f"not opening hours in {country}: {expression}") from None
