"""Welfare checks: somebody is called at intervals while a schedule is open.

Intervals are real time, the schedule is time on the wall: a night of 25 hours has one call
more.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from callflows.codec import from_plain, to_plain
from callflows.events import PinOutcome, SafetyTimerCancelled, WelfareCallDue
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

_KIND: Final = "welfare"


@dataclass(frozen=True, slots=True, kw_only=True)
class WelfarePlan:
    """Somebody who must give a sign of life again and again.

    :raises ValueError: an interval that is none, or red before amber.
    """

    who: LonePerson
    during: Hours
    every_time: float
    "Seconds from the last sign, or from the beginning of the hours, to the next call."
    amber_time: float
    "Seconds from a call being due to an operator being warned."
    red_time: float
    "The same, to the alarm."

    def __post_init__(self) -> None:
        if self.every_time <= 0 or not 0 <= self.amber_time <= self.red_time:
            raise ValueError(f"welfare check {self.who.timer_id}: times that cannot be")

    def call_at(self, since: float) -> float | None:
        """Return when he is called next after a sign of life, `None` if never.

        The end of the hours is a time to ask too, unless he gave a sign less than half an
        interval before: that he came to the end is what one wants to know.
        """
        span = self.during.span_at(since)
        if span is not None and since + self.every_time <= span[1]:
            return since + self.every_time
        if span is not None and since < span[1] - self.every_time / 2:
            return span[1]
        following = self.during.next_span(since)
        if following is None:
            return None
        return min(following[0] + self.every_time, following[1])


@dataclass(slots=True)
class _Check:
    plan: WelfarePlan
    call_at: float | None
    "When he is called next, while nothing is asked of him."
    asked: Watched | None = None
    "Since he was called and gave no good PIN; `running` is until amber."
    wrong_tries: int = 0
    "Wrong PINs since a good one, while nothing is asked of him."


@dataclass(slots=True)
class _State:
    now: float
    checks: list[_Check]


class WelfareChecks:
    """Everybody who is called at intervals.

    :param now: engine time; the first interval begins here, or with the next hours.
    """

    def __init__(self, plans: Iterable[WelfarePlan] = (), now: float = 0.0) -> None:
        self._now = now
        self._checks: dict[str, _Check] = {}
        self._due = DueTimes()
        self.watch(plans, now)

    def watch(self, plans: Iterable[WelfarePlan], now: float) -> None:
        """Check on these people from now on, and no others: the directory was read.

        Who is being asked is asked on, by the old times.
        """
        now = self._clamped(now)
        wanted = {plan.who.timer_id: plan for plan in plans}
        for key in [key for key in self._checks if key not in wanted]:
            del self._checks[key]
            self._due.drop(key)
        for key, plan in wanted.items():
            known = self._checks.get(key)
            if known is None or (known.plan != plan and known.asked is None):
                self._checks[key] = _Check(plan=plan, call_at=plan.call_at(now))
            else:
                known.plan = plan
            self._wait(self._checks[key])

    def pin_checked(
        self, timer_id: str, outcome: PinOutcome, now: float
    ) -> list[TimerWatchEvent]:
        """Take a sign of life, asked for or not: the outcome of his PIN."""
        check = self._checks.get(timer_id)
        now = self._clamped(now)
        if check is None:
            return []
        who = check.plan.who
        watched = check.asked or Watched(
            stage="running", amber_at=now, red_at=now, wrong_tries=check.wrong_tries
        )
        if outcome == "duress":
            check.asked = watched
            events = duress(who, _KIND, watched)
        elif outcome != "good":
            events = pin_refused(who, _KIND, watched, outcome)
            check.wrong_tries = watched.wrong_tries
            if watched.stage == "red":
                check.asked = watched
        elif watched.is_silent:
            events = [refused(who, _KIND, "good PIN after the duress PIN", "good")]
        else:
            self._go_on(check, now)
            events = [SafetyTimerCancelled(**who.about(_KIND), stage=watched.stage)]
        self._wait(check)
        return events

    def view(self) -> list[TimerView]:
        """Return the checks in which somebody is asked now and gave no good PIN yet."""
        return [
            viewed(check.plan.who, _KIND, check.asked)
            for check in self._checks.values()
            if check.asked is not None
        ]

    def stand_down(self, timer_id: str, now: float) -> bool:
        """Go on with the calls after the operators closed an alarm; any other stays."""
        check = self._checks.get(timer_id)
        now = self._clamped(now)
        if check is None or check.asked is None or check.asked.stage != "red":
            return False
        self._go_on(check, now)
        self._wait(check)
        return True

    def next_due(self) -> float | None:
        """Return when to ask again, engine time."""
        return self._due.next()

    def due(self, now: float) -> list[TimerWatchEvent]:
        """Return the calls to make, who did not answer, and who is in danger, by now.

        A call that fell due while we were away is made once, and he has all his time from
        then on: nobody asked him before.
        """
        now = self._clamped(now)
        events: list[TimerWatchEvent] = []
        while (at := self._due.next()) is not None and at <= now:
            for timer_id in self._due.take(at):
                check = self._checks[timer_id]
                events.append(self._move(check, now))
                self._wait(check)
        return events

    def to_state(self) -> dict[str, Any]:
        """Return everything, JSON-plain and exact."""
        plain: dict[str, Any] = to_plain(_State(self._now, list(self._checks.values())))
        return plain

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> "WelfareChecks":
        """Build what `to_state` described. Then `watch` tells it of today's plans.

        :raises ValueError: the state is not one of ours.
        """
        read = from_plain(_State, state)
        checks = cls(now=read.now)
        for check in read.checks:
            checks._checks[check.plan.who.timer_id] = check
            checks._wait(check)
        return checks

    def _go_on(self, check: _Check, now: float) -> None:
        check.asked, check.wrong_tries = None, 0
        check.call_at = check.plan.call_at(now)

    def _move(self, check: _Check, now: float) -> TimerWatchEvent:
        plan, who, watched = check.plan, check.plan.who, check.asked
        if watched is None:
            check.call_at = None
            check.asked = Watched(
                stage="running", amber_at=now + plan.amber_time, red_at=now + plan.red_time
            )
            return WelfareCallDue(**who.about(_KIND), numbers=who.numbers)
        if watched.stage == "running":
            return lapsed(who, _KIND, watched)
        return raised(who, _KIND, watched, "no sign of life")

    def _wait(self, check: _Check) -> None:
        asked, key = check.asked, check.plan.who.timer_id
        if asked is None:
            at = check.call_at
        elif asked.stage == "red":
            at = None
        else:
            at = asked.amber_at if asked.stage == "running" else asked.red_at
        if at is None:
            self._due.drop(key)
        else:
            self._due.set(key, at)

    def _clamped(self, now: float) -> float:
        self._now = max(self._now, now)
        return self._now
