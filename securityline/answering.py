"""How soon callers were answered, against the targets. Pure: lines go in, figures come out.

Counted is every caller who waited for one of our operators. One whom no operator answered
counts against each target that he waited longer than; who gave up sooner tells nothing of
that target and is left out of it. A caller whom the client's fallback number answered was
answered by nobody of ours.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple, Protocol

TARGETS: Final = ((10.0, 0.90), (15.0, 0.95), (30.0, 0.985))
"Seconds, and the share of callers whom an operator must have answered by then."
KEPT_TIME: Final = 26 * 3600.0
"Seconds for which a call is remembered: the longest day has 25 hours."
MOST_KEPT: Final = 50_000
"Calls remembered; the oldest are dropped."
HOUR: Final = 3600.0
_COUNTED: Final = frozenset(
    {"CallOffered", "OperatorAnswered", "CallAbandoned", "FallbackAnswered"}
)
"Lines that tell of a caller; all others are let by at once."


class Line(Protocol):
    """A line of the logbook."""

    @property
    def now(self) -> float:
        """Engine time, seconds since the epoch."""

    @property
    def what(self) -> str:
        """Its name."""

    @property
    def data(self) -> Mapping[str, Any]:
        """Its values."""


class Answer(NamedTuple):
    """What became of one caller."""

    at: float
    "Engine time at which it was known."
    wait: float
    "Seconds from the INVITE."
    is_answered: bool
    "By an operator."


class Figure(NamedTuple):
    """One target, and how it was kept."""

    within: float
    "Seconds."
    target: float
    share: float | None
    "Of the callers, 0 to 1; `None` when there were none to count."

    @property
    def is_met(self) -> bool | None:
        """Whether it was kept; `None` when nobody called."""
        return None if self.share is None else self.share >= self.target


class AnswerBook:
    """The callers of the last day, from the log's lines and, at the start, from documents."""

    def __init__(self) -> None:
        self._answers: dict[str, Answer] = {}
        self._offered: dict[str, float] = {}

    def take(self, lines: Iterable[Line]) -> bool:
        """Take lines as they are written; return whether a figure may have changed."""
        before = len(self._answers)
        for line in lines:
            if line.what not in _COUNTED:
                continue
            call = str(line.data["call_id"])
            match line.what:
                case "CallOffered":
                    self._offered[call] = line.now
                case "OperatorAnswered":
                    self._note(call, line.now, float(line.data["answer_time"]), True)
                case "CallAbandoned":
                    self._note(call, line.now, float(line.data["waiting_time"]), False)
                case "FallbackAnswered":
                    wait = line.now - self._offered.get(call, line.now)
                    self._note(call, line.now, wait, False)
        return len(self._answers) != before

    def load(self, calls: Iterable[Mapping[str, Any]]) -> None:
        """Take the calls that a process before us saw, as the API describes them."""
        for call in calls:
            ended = call.get("answered_at") or call.get("ended_at")
            if call.get("direction") != "inbound" or not ended or not call.get("started_at"):
                continue
            at, begun = _seconds(ended), _seconds(call["started_at"])
            is_answered = bool(call.get("answered_at") and call.get("operator"))
            self._note(str(call["call_id"]), at, at - begun, is_answered)

    def since(self, moment: float) -> list[Answer]:
        """Return what became known from that engine time on."""
        return [answer for answer in self._answers.values() if answer.at >= moment]

    def _note(self, call: str, at: float, wait: float, is_answered: bool) -> None:
        """Note what became of a caller; a second answer of the same call is no caller."""
        self._offered.pop(call, None)
        if call in self._answers:
            return
        self._answers[call] = Answer(at, max(0.0, wait), is_answered)
        if len(self._answers) > MOST_KEPT:
            del self._answers[next(iter(self._answers))]
        oldest = next(iter(self._answers))
        if self._answers[oldest].at < at - KEPT_TIME:
            self._answers = {k: a for k, a in self._answers.items() if a.at >= at - KEPT_TIME}


def figures(answers: Sequence[Answer], waiting: Sequence[float] = ()) -> list[Figure]:
    """Return each target with what came of it.

    :param waiting: seconds that callers have waited who still do.
    """
    found = []
    for within, target in TARGETS:
        kept = sum(one.is_answered and one.wait <= within for one in answers)
        late = sum(one.wait > within for one in answers)
        late += sum(seconds > within for seconds in waiting)
        counted = kept + late
        found.append(Figure(within, target, kept / counted if counted else None))
    return found


def percentile(answers: Iterable[Answer], share: float) -> float | None:
    """Return within how many seconds that share of the answered callers was answered.

    The nearest rank: a time that a caller really waited. `None` when nobody was answered.
    """
    waits = sorted(one.wait for one in answers if one.is_answered)
    if not waits:
        return None
    rank = -int(-(share * len(waits)) // 1)
    return waits[max(0, min(len(waits), rank) - 1)]


def _seconds(moment: str) -> float:
    return datetime.fromisoformat(moment).timestamp()
