"""Timers of people who work alone: started, armed anew by each PIN, amber, red, ended.

A good PIN is a sign of life: while the hours of the timer last it runs anew, as long as
before, until he ends it or an operator does. Outside the hours, and where it has none, it is
over. Under duress it is red, and looks to whoever must not know as the good PIN leaves it.

All in engine time: a change of hour neither gives nor takes a minute.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from callflows.codec import from_plain, to_plain
from callflows.events import (
    PinOutcome,
    SafetyTimerCancelled,
    SafetyTimerEnded,
    SafetyTimerProlonged,
    SafetyTimerStarted,
)
from callflows.watch.alone import (
    LonePerson,
    TimerView,
    TimerWatchEvent,
    Watched,
    duress,
    lapsed,
    pin_refused,
    raised,
    refused,
    viewed,
)
from callflows.watch.due_times import DueTimes
from callflows.watch.hours import Hours

LONGEST_TIME: Final = 12 * 3600.0
"Seconds from the start of a timer to its lapse, prolongations included."
AMBER_TIME: Final = 120.0
"Seconds in which he is asked before it becomes an alarm."
_KIND: Final = "lone_worker"


@dataclass(slots=True)
class _Timer:
    who: LonePerson
    began_at: float
    amber_time: float
    watched: Watched
    run_time: float = 0.0
    "Seconds for which it was started; 0 in what an older engine wrote."
    during: Hours | None = None
    "While these last a sign of life arms it anew; `None`: it ends it."


@dataclass(slots=True)
class _State:
    now: float
    timers: list[_Timer]


class SafetyTimers:
    """Every running timer, and those that became an alarm and were not answered by a PIN."""

    def __init__(self, now: float = 0.0) -> None:
        self._now = now
        self._timers: dict[str, _Timer] = {}
        self._due = DueTimes()

    def start(
        self,
        who: LonePerson,
        run_time: float,
        now: float,
        *,
        memo: str = "",
        note: str = "",
        by: str = "",
        amber_time: float = AMBER_TIME,
        during: Hours | None = None,
    ) -> list[TimerWatchEvent]:
        """Start a timer. One that runs is not started anew: it could be used to stop it.

        :param run_time: seconds until it lapses; at most `LONGEST_TIME`.
        :param memo: a recording in which he said what he is about to do; `note`: in words.
        :param by: who started it, when it was not he.
        :param amber_time: seconds from then to the alarm.
        :param during: hours in which he gives a sign again and again; `None`: once.
        """
        now = self._clamped(now)
        known = self._timers.get(who.timer_id)
        if known is not None and _looks_running(known.watched):
            return [refused(known.who, _KIND, "runs already")]
        if not 0 < run_time <= LONGEST_TIME:
            return [refused(who, _KIND, "no such time")]
        timer = _Timer(
            who=who,
            began_at=now,
            amber_time=max(amber_time, 0.0),
            watched=Watched(stage="running", amber_at=now, red_at=now, memo=memo, note=note),
            run_time=run_time,
            during=during,
        )
        self._timers[who.timer_id] = timer
        self._arm(timer, now)
        about, amber_at = who.about(_KIND), timer.watched.amber_at
        return [SafetyTimerStarted(**about, lapses_at=amber_at, memo=memo, note=note, by=by)]

    def prolong(
        self, timer_id: str, more_time: float, by: str, now: float
    ) -> list[TimerWatchEvent]:
        """Give him more time, while it runs. Amber is ended by his PIN alone.

        :param more_time: seconds behind the present end.
        :param by: the person, or an operator who spoke to him.
        """
        timer = self._timers.get(timer_id)
        now = self._clamped(now)
        if timer is None:
            return []
        watched, seems_at = timer.watched, timer.watched.pretended_at
        if watched.stage != "running" and seems_at is None:
            return [refused(timer.who, _KIND, f"{watched.stage}: only his PIN ends it")]
        amber_at = (watched.amber_at if seems_at is None else seems_at) + more_time
        if not (more_time > 0 and amber_at <= timer.began_at + LONGEST_TIME):
            return [refused(timer.who, _KIND, "no such time")]
        if seems_at is not None:
            watched.pretended_at = amber_at
            return [refused(timer.who, _KIND, "more time under duress", "duress")]
        watched.amber_at, watched.red_at = amber_at, amber_at + timer.amber_time
        self._wait(timer)
        return [SafetyTimerProlonged(**timer.who.about(_KIND), lapses_at=amber_at, by=by)]

    def pin_checked(
        self, timer_id: str, outcome: PinOutcome, now: float, *, is_last: bool = False
    ) -> list[TimerWatchEvent]:
        """Take what became of asking him for his PIN. Good is a sign of life; no other is.

        An alarm already raised is not taken back: the event says that he gave his PIN.

        :param is_last: he ends his timer with it, whatever its hours.
        """
        timer = self._timers.get(timer_id)
        now = self._clamped(now)
        if timer is None:
            return []
        who, watched = timer.who, timer.watched
        goes_on = not is_last and _goes_on(timer, now)
        if outcome == "duress" or (outcome == "good" and watched.is_silent):
            timer.began_at = now
            watched.pretended_at = now + timer.run_time if goes_on else None
        if outcome == "duress":
            events = duress(who, _KIND, watched)
            self._due.drop(timer_id)
            return events
        if outcome != "good":
            events = pin_refused(who, _KIND, watched, outcome)
            self._wait(timer)
            return events
        if watched.is_silent:
            # Whoever forces him may have got the other PIN out of him as well.
            return [refused(who, _KIND, "good PIN after the duress PIN", "good")]
        stage = watched.stage
        if goes_on:
            watched.wrong_tries = 0
            self._arm(timer, now)
        else:
            self._forget(timer_id)
        return [SafetyTimerCancelled(**who.about(_KIND), stage=stage)]

    def end(self, timer_id: str, by: str, reason: str, now: float) -> list[TimerWatchEvent]:
        """End a timer that runs: an operator knows that he is safe. Amber needs his PIN."""
        timer = self._timers.get(timer_id)
        self._clamped(now)
        if timer is None:
            return []
        if timer.watched.pretended_at is not None:
            timer.watched.pretended_at = None
            return [refused(timer.who, _KIND, "ended under duress", "duress")]
        if timer.watched.stage != "running":
            return [refused(timer.who, _KIND, f"{timer.watched.stage}: only his PIN ends it")]
        self._forget(timer_id)
        return [SafetyTimerEnded(**timer.who.about(_KIND), by=by, reason=reason)]

    def view(self) -> list[TimerView]:
        """Return every timer as it stands."""
        return [viewed(timer.who, _KIND, timer.watched) for timer in self._timers.values()]

    def stand_down(self, timer_id: str) -> bool:
        """Forget a timer whose alarm the operators have closed; any other is left alone."""
        timer = self._timers.get(timer_id)
        if timer is None or timer.watched.stage != "red":
            return False
        del self._timers[timer_id]
        return True

    def next_due(self) -> float | None:
        """Return when to ask again, engine time."""
        return self._due.next()

    def due(self, now: float) -> list[TimerWatchEvent]:
        """Return what lapsed, and what became an alarm, by now.

        After a stop of ours both may be told at once: the promise was made to the person,
        and the alarm comes no later for it.
        """
        now = self._clamped(now)
        events: list[TimerWatchEvent] = []
        while (at := self._due.next()) is not None and at <= now:
            for timer_id in self._due.take(at):
                events.append(self._move(self._timers[timer_id]))
        return events

    def to_state(self) -> dict[str, Any]:
        """Return everything, JSON-plain and exact."""
        plain: dict[str, Any] = to_plain(_State(self._now, list(self._timers.values())))
        return plain

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> "SafetyTimers":
        """Build what `to_state` described.

        :raises ValueError: the state is not one of ours.
        """
        read = from_plain(_State, state)
        timers = cls(now=read.now)
        for timer in read.timers:
            timers._timers[timer.who.timer_id] = timer
            timers._wait(timer)
        return timers

    def _move(self, timer: _Timer) -> TimerWatchEvent:
        event: TimerWatchEvent
        if timer.watched.stage == "running":
            event = lapsed(timer.who, _KIND, timer.watched)
        else:
            event = raised(timer.who, _KIND, timer.watched, "no sign of life")
        self._wait(timer)
        return event

    def _arm(self, timer: _Timer, now: float) -> None:
        """Let it run from now on, for as long as it was started for."""
        amber_at = now + timer.run_time
        timer.began_at, timer.watched.stage = now, "running"
        timer.watched.amber_at, timer.watched.red_at = amber_at, amber_at + timer.amber_time
        self._wait(timer)

    def _forget(self, timer_id: str) -> None:
        del self._timers[timer_id]
        self._due.drop(timer_id)

    def _wait(self, timer: _Timer) -> None:
        watched = timer.watched
        if watched.stage == "red":
            self._due.drop(timer.who.timer_id)
        else:
            is_running = watched.stage == "running"
            at = watched.amber_at if is_running else watched.red_at
            self._due.set(timer.who.timer_id, at)

    def _clamped(self, now: float) -> float:
        self._now = max(self._now, now if math.isfinite(now) else self._now)
        return self._now


def _goes_on(timer: _Timer, now: float) -> bool:
    """Whether a sign of life given now arms it anew."""
    return timer.run_time > 0 and timer.during is not None and bool(timer.during.span_at(now))


def _looks_running(watched: Watched) -> bool:
    """Whether it runs, also for whoever may not know that it is red."""
    return watched.stage != "red" or watched.pretended_at is not None
