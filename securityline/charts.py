"""What a supervisor would rather look at than read, as numbers to draw. Pure.

Lengths are in the units of an SVG's own view box; the template only writes them down. Each
chart comes with the same numbers for a table: nobody has to see it.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

WIDTH: Final = 560.0
HEIGHT: Final = 200.0
LEFT, TOP, BOTTOM = 34.0, 12.0, 26.0
ROW: Final = 30.0
LABEL_WIDTH: Final = 210.0
STEPS: Final = (10.0, 15.0, 30.0, 60.0)
"Seconds at which the answer times are parted: the targets, and a minute."
MOST_CAUSES: Final = 10


class Part(NamedTuple):
    """One piece of a bar."""

    kind: str
    "CSS class, and the word for it."
    number: int
    x: float
    y: float
    width: float
    height: float


class Bar(NamedTuple):
    """One bar with its label."""

    label: str
    total: int
    parts: list[Part]
    x: float
    "Middle of a column, or where a row's label ends."
    y: float


class Chart(NamedTuple):
    """Bars and what they stand on."""

    bars: list[Bar]
    width: float
    height: float
    lines: list[tuple[int, float]]
    "Counts and how high their lines are."

    @property
    def total(self) -> int:
        """Everything in it."""
        return sum(bar.total for bar in self.bars)


class Caller(NamedTuple):
    """One call that somebody made to us."""

    at: float
    "Engine time of the INVITE."
    wait: float
    is_answered: bool


def callers(calls: Iterable[Mapping[str, Any]], since: float) -> list[Caller]:
    """Read the calls of a day from their documents; what we dialled is left out."""
    found = []
    for call in calls:
        begun, ended = call.get("started_at"), call.get("answered_at") or call.get("ended_at")
        if call.get("direction") != "inbound" or not begun or not ended:
            continue
        at = datetime.fromisoformat(begun).timestamp()
        if at >= since:
            is_answered = bool(call.get("answered_at") and call.get("operator"))
            wait = datetime.fromisoformat(ended).timestamp() - at
            found.append(Caller(at, wait, is_answered))
    return found


def by_hour(found: Sequence[Caller], zone: ZoneInfo) -> Chart:
    """Draw a column for each hour of the day: answered, and not."""
    counts = [Counter[str]() for _ in range(24)]
    for one in found:
        hour = datetime.fromtimestamp(one.at, zone).hour
        counts[hour]["answered" if one.is_answered else "lost"] += 1
    return _columns([(f"{hour}", dict(count)) for hour, count in enumerate(counts)])


def by_wait(found: Sequence[Caller]) -> Chart:
    """Draw how long callers waited for an operator; who never got one stands by himself."""
    edges = (0.0, *STEPS)
    labels = [f"≤ {edge:g} s" for edge in STEPS] + [f"> {STEPS[-1]:g} s", "—"]
    counts = [0] * len(labels)
    for one in found:
        place = sum(one.wait > edge for edge in edges[1:]) if one.is_answered else -1
        counts[place] += 1
    kinds = ["met", "met", "met", "late", "late", "lost"]
    return _columns([(w, {k: n}) for w, k, n in zip(labels, kinds, counts, strict=True)])


def by_cause(incidents: Iterable[Mapping[str, Any]], since: float) -> Chart:
    """Draw a row for each kind of incident of the day, the most frequent first."""
    counts = Counter(
        str(one.get("kind") or "")
        for one in incidents
        if one.get("opened_at")
        and datetime.fromisoformat(one["opened_at"]).timestamp() >= since
    )
    rows = sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:MOST_CAUSES]
    most = max((count for _, count in rows), default=1)
    room = WIDTH - LABEL_WIDTH - 50
    bars = []
    for place, (kind, count) in enumerate(rows):
        y = place * ROW
        part = Part("cause", count, LABEL_WIDTH, y + 4, round(room * count / most, 1), ROW - 8)
        bars.append(Bar(kind, count, [part], LABEL_WIDTH - 8, y + ROW / 2))
    return Chart(bars, WIDTH, max(ROW, ROW * len(rows)), [])


def _columns(named: Sequence[tuple[str, Mapping[str, int]]]) -> Chart:
    most = max((sum(counts.values()) for _, counts in named), default=0)
    top = _round_up(most)
    room, step = HEIGHT - TOP - BOTTOM, (WIDTH - LEFT) / max(1, len(named))
    bars = []
    for place, (label, counts) in enumerate(named):
        x, y = LEFT + place * step, HEIGHT - BOTTOM
        parts = []
        for kind, count in counts.items():
            height = round(room * count / top, 1)
            y -= height
            if count:
                width = round(step * 0.7, 1)
                parts.append(
                    Part(kind, count, round(x + step * 0.15, 1), round(y, 1), width, height)
                )
        total = sum(counts.values())
        bars.append(Bar(label, total, parts, round(x + step / 2, 1), HEIGHT - 8))
    marks = sorted({0, top // 2, top} if top > 1 else {0, top})
    lines = [(n, round(HEIGHT - BOTTOM - room * n / top, 1)) for n in marks]
    return Chart(bars, WIDTH, HEIGHT, lines)


def _round_up(most: int) -> int:
    """Return a round number that is not smaller, for the top of the chart."""
    size = 1
    while True:
        for step in (1, 2, 5):
            if most <= step * size:
                return step * size
        size *= 10
