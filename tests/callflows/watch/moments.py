"""Moments as people say them, in engine time."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

BRUSSELS = ZoneInfo("Europe/Brussels")

CHANGES = {
    2024: ("2024-03-31", "2024-10-27"),
    2025: ("2025-03-30", "2025-10-26"),
    2026: ("2026-03-29", "2026-10-25"),
    2027: ("2027-03-28", "2027-10-31"),
    2030: ("2030-03-31", "2030-10-27"),
}
"Days on which Belgium's clocks go forward and back, by year."


def at(wall: str, *, second: bool = False) -> float:
    """Return when the clock on a wall in Brussels shows `2026-10-25 02:30`.

    :param second: the second time it does, in the hour that happens twice.
    """
    moment = datetime.fromisoformat(wall).replace(tzinfo=BRUSSELS, fold=int(second))
    return moment.timestamp()


def wall(moment: float) -> str:
    """Return what the clock on a wall in Brussels shows, with the offset."""
    return datetime.fromtimestamp(moment, BRUSSELS).strftime("%Y-%m-%d %H:%M%z")


def told(watch: Any, until: float) -> list[tuple[float, Any]]:
    """Ask whenever something is due; return what was told, with the time of each."""
    found: list[tuple[float, Any]] = []
    while (due := watch.next_due()) is not None and due <= until:
        found += [(due, event) for event in watch.due(due)]
        following = watch.next_due()
        assert following is None or following > due, "asked twice for the same moment"
    return found
