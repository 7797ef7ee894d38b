"""From a time on the wall to the moment it happens, also on the two odd days of a year.

In the hour that happens twice a thing begins at the first occurrence and ends at the last,
so whoever goes and whoever comes overlap. A time that does not happen at all, because the
clock jumped over it, happens right after the jump.
"""

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

_DAY: Final = timedelta(days=1)
_MIDNIGHT: Final = time()


@lru_cache(maxsize=65_536)
def begins(wall: datetime, time_zone: str) -> float:
    """Return the first moment at which the clock on the wall shows this time.

    :param wall: without an offset.
    :return: engine time, seconds since 1970.
    """
    return _moment(wall, ZoneInfo(time_zone), fold=0)


@lru_cache(maxsize=65_536)
def ends(wall: datetime, time_zone: str) -> float:
    """Return the last moment at which the clock on the wall shows this time, engine time."""
    return _moment(wall, ZoneInfo(time_zone), fold=1)


def day_begins(day: date, time_zone: str) -> float:
    """Return when a day begins, engine time; the first day there is always has begun."""
    if day == date.min:
        return float("-inf")
    return begins(datetime.combine(day, _MIDNIGHT), time_zone)


def day_ends(day: date, time_zone: str) -> float:
    """Return when a day is over, engine time; the last day there is never ends."""
    if day == date.max:
        return float("inf")
    return ends(datetime.combine(day + _DAY, _MIDNIGHT), time_zone)


def on_the_wall(moment: float, time_zone: str) -> datetime:
    """Return what the clock on the wall shows at a moment, without an offset."""
    return datetime.fromtimestamp(moment, ZoneInfo(time_zone)).replace(tzinfo=None)


def _moment(wall: datetime, zone: ZoneInfo, fold: int) -> float:
    # Fold 0 reads with the offset before a change, fold 1 with the one after it.
    before = wall.replace(tzinfo=zone, fold=0).timestamp()
    after = wall.replace(tzinfo=zone, fold=1).timestamp()
    if after >= before:
        return after if fold else before
    return _jump(after, before, zone)


def _jump(low: float, high: float, zone: ZoneInfo) -> float:
    """Return when the clock jumped forward, somewhere after `low` and not after `high`."""
    offset = _offset(low, zone)
    first, last = int(low), int(high)
    while last - first > 1:
        middle = (first + last) // 2
        if _offset(middle, zone) == offset:
            first = middle
        else:
            last = middle
    return float(last)


def _offset(moment: float, zone: ZoneInfo) -> timedelta | None:
    return datetime.fromtimestamp(moment, UTC).astimezone(zone).utcoffset()
