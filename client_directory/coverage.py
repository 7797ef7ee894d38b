"""At which hours a call tree would reach nobody, or too few.

Exact to the second, not sampled: windows of availability are laid over each other, so a
hole of a minute before midnight is found like one of a week.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Final

from client_directory.call_plan import PlannedLevel
from client_directory.schedule import Span, clipped
from client_directory.wall_clock import on_the_wall

SPANS_NAMED: Final = 3
"How many spans a finding writes out."
_WEEKDAYS: Final = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")


def uncovered(levels: Iterable[PlannedLevel], start: float, end: float) -> tuple[Span, ...]:
    """Return when nobody of these levels can be called."""
    windows = {target.windows for level in levels for target in level.targets}
    if any(one[0][0] <= start and end <= one[0][1] for one in windows):
        return ()
    covered = clipped((span for one in windows for span in one), start, end)
    edges = [start, *(edge for span in covered for edge in span), end]
    pairs = zip(edges[::2], edges[1::2], strict=True)
    return tuple((opens, closes) for opens, closes in pairs if opens < closes)


def too_few(level: PlannedLevel, start: float, end: float) -> tuple[Span, ...]:
    """Return when some of a level can be called, and fewer than must answer."""
    if level.answers_needed <= 1:
        return ()
    found = (
        (begin, until)
        for begin, until, count in _counts(level)
        if 0 < count < level.answers_needed
    )
    return clipped(found, start, end)


def _counts(level: PlannedLevel) -> Iterator[tuple[float, float, int]]:
    """Give from when to when how many people can be called, from the first to the last."""
    changes = sorted(
        change
        for target in level.targets
        for opens, closes in target.windows
        for change in ((opens, 1), (closes, -1))
    )
    before, count = 0.0, 0
    for moment, change in changes:
        yield before, moment, count
        before = moment
        count += change


def moments_of_change(levels: Sequence[PlannedLevel], start: float, end: float) -> list[float]:
    """Return when somebody of these levels comes or goes, with start and end, in order."""
    windows = {target.windows for level in levels for target in level.targets}
    edges = {edge for one in windows for span in one for edge in span}
    return sorted({start, end} | {edge for edge in edges if start < edge < end})


def named(spans: Sequence[Span], time_zone: str) -> str:
    """Write spans as a person reads them, in local time: the first few, and how many more."""
    written = [_named(span, time_zone) for span in spans[:SPANS_NAMED]]
    if len(spans) > SPANS_NAMED:
        written.append(f"and {len(spans) - SPANS_NAMED} times more")
    return ", ".join(written)


def _named(span: Span, time_zone: str) -> str:
    opens, closes = (on_the_wall(edge, time_zone) for edge in span)
    until = f"{closes:%H:%M}" if opens.date() == closes.date() else _day_and_hour(closes)
    return f"{_day_and_hour(opens)} to {until}"


def _day_and_hour(moment: datetime) -> str:
    return f"{_WEEKDAYS[moment.weekday()]} {moment:%Y-%m-%d %H:%M}"
