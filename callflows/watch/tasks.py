"""Recurring tasks, such as virtual patrols: when each is due, late, done.

Times are times on the wall. In the hour that happens twice a task is due once, at the
first occurrence; one that falls into the hour that is jumped over is due right after it.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final, Literal

from callflows.codec import from_plain, to_plain
from callflows.events import OperatorId, TaskDone, TaskDue, TaskLate, TaskOutcome
from callflows.watch.due_times import DueTimes
from client_directory.schedule import is_open
from client_directory.wall_clock import begins, on_the_wall

FAR_DAYS: Final = 400
"A task that is not due within so many days never is."
MOST_AT_ONCE: Final = 500
"Events returned by one `due`, after a long stop; the rest follows at once."
_DAY: Final = timedelta(days=1)

TaskWatchEvent = TaskDue | TaskLate | TaskDone


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskView:
    """A task that waits to be done, as people look at it."""

    task_id: str
    organisation: str
    task: str
    title: Mapping[str, str]
    site: str | None
    due_at: float
    "Engine time."
    late_at: float
    state: Literal["due", "late", "missed"]
    "Missed: not done in time, and the next one is due already."


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskPlan:
    """Something to be done every day at some times.

    :raises ValueError: a time is none.
    """

    organisation: str
    task: str
    times: tuple[str, ...]
    "On the wall, `22:00`."
    title: Mapping[str, str] = field(default_factory=dict)
    site: str | None = None
    during: str = "24/7"
    "OpenStreetMap opening_hours; a time outside them is left out that day."
    late_time: float = 900.0
    "Seconds."
    time_zone: str = "Europe/Brussels"
    country: str = "BE"

    def __post_init__(self) -> None:
        for one in self.times:
            if time.fromisoformat(one).tzinfo is not None:
                raise ValueError(f"task {self.task}: {one} is no time on the wall")

    @property
    def key(self) -> str:
        """Its name among all clients'."""
        return f"{self.organisation}/{self.task}"

    def next_at(self, after: float) -> float | None:
        """Return the first moment later than `after` at which it is due."""
        day = on_the_wall(after, self.time_zone).date() - _DAY
        for ahead in range(FAR_DAYS):
            later = [at for at in self._moments(day + ahead * _DAY) if at > after]
            if later:
                return min(later)
        return None

    def _moments(self, day: date) -> Iterator[float]:
        for one in self.times:
            wall = datetime.combine(day, time.fromisoformat(one))
            # The schedule is read as written, so a time that is jumped over counts too.
            if is_open(self.during, "UTC", self.country, wall.replace(tzinfo=UTC)):
                yield begins(wall, self.time_zone)


@dataclass(slots=True)
class _Occurrence:
    """One that nobody has done yet, with the plan as it was when it fell due."""

    plan: TaskPlan
    due_at: float
    is_late: bool = False

    @property
    def task_id(self) -> str:
        wall = on_the_wall(self.due_at, self.plan.time_zone)
        return f"{self.plan.key}@{wall:%Y-%m-%dT%H:%M}"

    @property
    def late_at(self) -> float:
        return self.due_at + self.plan.late_time


@dataclass(slots=True)
class _Planned:
    plan: TaskPlan
    next_at: float | None


@dataclass(slots=True)
class _State:
    now: float
    planned: list[_Planned]
    waiting: list[_Occurrence]


class TaskWatch:
    """Every recurring task, and the occurrences that wait to be done.

    :param now: engine time. What fell due before is nobody's business here.
    """

    def __init__(self, plans: Iterable[TaskPlan] = (), now: float = 0.0) -> None:
        self._now = now
        self._planned: dict[str, _Planned] = {}
        self._waiting: dict[str, _Occurrence] = {}
        self._due = DueTimes()
        self._late = DueTimes()
        self.watch(plans, now)

    def watch(self, plans: Iterable[TaskPlan], now: float) -> None:
        """Follow these plans from now on, and no others; what waits to be done still waits.

        What fell due before and was not told yet is told by the next `due`: by the new plan
        when it has changed.
        """
        now = self._clamped(now)
        wanted = {plan.key: plan for plan in plans}
        for key in [key for key in self._planned if key not in wanted]:
            del self._planned[key]
            self._due.drop(key)
        for key, plan in wanted.items():
            known = self._planned.get(key)
            if known is None:
                self._planned[key] = _Planned(plan, plan.next_at(now))
            elif known.plan != plan:
                untold = now if known.next_at is None else known.next_at - 1.0
                self._planned[key] = _Planned(plan, plan.next_at(min(now, untold)))
            self._wait(key)

    def waiting(self) -> list[TaskDue]:
        """Return what waits to be done, the oldest first."""
        ordered = sorted(self._waiting.values(), key=lambda one: (one.due_at, one.task_id))
        return [_told_due(one) for one in ordered]

    def view(self) -> list[TaskView]:
        """Return what waits to be done as people look at it, the oldest first."""
        ordered = sorted(self._waiting.values(), key=lambda one: (one.due_at, one.task_id))
        newest = {one.plan.key: one.due_at for one in ordered}
        return [
            TaskView(
                task_id=one.task_id,
                organisation=one.plan.organisation,
                task=one.plan.task,
                title=one.plan.title,
                site=one.plan.site,
                due_at=one.due_at,
                late_at=one.late_at,
                state=_state(one, newest[one.plan.key]),
            )
            for one in ordered
        ]

    def done(
        self, task_id: str, operator: OperatorId, outcome: TaskOutcome, text: str, now: float
    ) -> list[TaskDone]:
        """Take what an operator found. A task that does not wait (any more) is nothing."""
        one = self._waiting.pop(task_id, None)
        if one is None:
            return []
        self._late.drop(task_id)
        is_late = self._clamped(now) >= one.late_at
        return [
            TaskDone(
                **_about(one), operator=operator, outcome=outcome, text=text, is_late=is_late
            )
        ]

    def next_due(self) -> float | None:
        """Return when to ask again, engine time."""
        times = [at for at in (self._due.next(), self._late.next()) if at is not None]
        return min(times, default=None)

    def due(self, now: float) -> list[TaskDue | TaskLate]:
        """Return what fell due or late by now, in order, also while we were away."""
        now = self._clamped(now)
        events: list[TaskDue | TaskLate] = []
        while (at := self.next_due()) is not None and at <= now and len(events) < MOST_AT_ONCE:
            for key in self._due.take(at):
                events.append(self._fall_due(self._planned[key], at))
            for task_id in self._late.take(at):
                one = self._waiting[task_id]
                one.is_late = True
                events.append(TaskLate(**_about(one)))
        return events

    def to_state(self) -> dict[str, Any]:
        """Return everything, JSON-plain and exact."""
        state = _State(self._now, list(self._planned.values()), list(self._waiting.values()))
        plain: dict[str, Any] = to_plain(state)
        return plain

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> "TaskWatch":
        """Build what `to_state` described. Then `watch` tells it of today's plans.

        :raises ValueError: the state is not one of ours.
        """
        read = from_plain(_State, state)
        tasks = cls(now=read.now)
        for planned in read.planned:
            tasks._planned[planned.plan.key] = planned
            tasks._wait(planned.plan.key)
        for one in read.waiting:
            tasks._keep(one)
        return tasks

    def _fall_due(self, planned: _Planned, at: float) -> TaskDue:
        one = _Occurrence(plan=planned.plan, due_at=at)
        self._keep(one)
        planned.next_at = planned.plan.next_at(at)
        self._wait(planned.plan.key)
        return _told_due(one)

    def _keep(self, one: _Occurrence) -> None:
        self._waiting[one.task_id] = one
        if not one.is_late:
            self._late.set(one.task_id, one.late_at)

    def _wait(self, key: str) -> None:
        next_at = self._planned[key].next_at
        if next_at is None:
            self._due.drop(key)
        else:
            self._due.set(key, next_at)

    def _clamped(self, now: float) -> float:
        self._now = max(self._now, now)
        return self._now


def _state(one: _Occurrence, newest_at: float) -> Literal["due", "late", "missed"]:
    if not one.is_late:
        return "due"
    return "missed" if one.due_at < newest_at else "late"


def _told_due(one: _Occurrence) -> TaskDue:
    return TaskDue(**_about(one), late_at=one.late_at)


def _about(one: _Occurrence) -> dict[str, Any]:
    plan = one.plan
    return {
        "organisation": plan.organisation,
        "site": plan.site,
        "task_id": one.task_id,
        "task": plan.task,
        "title": plan.title,
        "due_at": one.due_at,
    }
