"""Who is on call when: a rota's weeks as moments."""

from collections.abc import Iterator
from datetime import date, datetime, time
from typing import Final, NamedTuple

from client_directory.model import Rota
from client_directory.wall_clock import begins, on_the_wall

_WEEKDAYS: Final = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")
_WEEK: Final = 7
"Days."


class Turn(NamedTuple):
    """One member's week."""

    person: str
    start: float
    "Engine time, seconds since 1970; never before the span that was asked for."
    end: float


def turns(rota: Rota, start: float, end: float) -> Iterator[Turn]:
    """Give whose turn it is between two moments, in order and without a hole.

    The handover is at wall-clock time in the rota's zone: a week with a change of hour has
    167 or 169 hours. Before the first week the members take turns all the same, backwards.

    :param start: engine time.
    :param end: engine time.
    """
    first = _first_handover(rota)
    week = (on_the_wall(start, rota.time_zone).toordinal() - first) // _WEEK
    if _handover(rota, first, week) > start:
        week -= 1
    now = start
    while now < end:
        until = min(_handover(rota, first, week + 1), end)
        if until > now:
            yield Turn(rota.members[week % len(rota.members)], now, until)
            now = until
        week += 1


def _first_handover(rota: Rota) -> int:
    """Return the day of the handover on, or last before, the day that `first_week` names.

    As a proleptic Gregorian ordinal, because the first days there are have none before.
    """
    weekday = _WEEKDAYS.index(rota.handover[:2])
    return rota.first_week.toordinal() - (rota.first_week.weekday() - weekday) % _WEEK


def _handover(rota: Rota, first: int, week: int) -> float:
    day = date.fromordinal(first + week * _WEEK)
    return begins(datetime.combine(day, time.fromisoformat(rota.handover[3:])), rota.time_zone)
