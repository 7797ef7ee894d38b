"""The night of 25 October 2026, which has 25 hours, at a depot in Brussels.

At three o'clock the clocks go back to two. A patrol is due at half past two, a porter is
called every hour, the last driver forgot to close, a line is cut, a guard goes down into
the cellar, and in the middle of it all the engine is stopped and started again.
"""

import json
from typing import Any

from callflows.events import OperatorId
from callflows.watch.alone import LonePerson
from callflows.watch.hours import Hours
from callflows.watch.opening import OpeningPlan, OpeningWatch, Registered
from callflows.watch.supervision import SupervisedPath, Supervision
from callflows.watch.tasks import TaskPlan, TaskWatch
from callflows.watch.timers import SafetyTimers
from callflows.watch.welfare import WelfareChecks, WelfarePlan
from tests.callflows.watch.moments import at, wall

PIA = LonePerson(timer_id="porter", organisation="acme", person="pia", name="Pia")
LUC = LonePerson(timer_id="cellar", organisation="acme", person="luc", name="Luc")
EVENING = at("2026-10-24 17:00")


class Night:
    """Every watcher of one depot, and a clock that jumps from one due time to the next."""

    def __init__(self) -> None:
        self.now = EVENING
        self.lines = Supervision(
            [
                SupervisedPath(
                    path="ip", organisation="acme", site="depot", account="1", limit_time=90.0
                )
            ],
            self.now,
        )
        self.doors = OpeningWatch(
            [
                OpeningPlan(
                    organisation="acme",
                    site="depot",
                    hours=Hours("Mo-Sa 06:00-20:00"),
                    late_to_close_time=1800.0,
                    failed_to_close_time=7200.0,
                    people=(Registered(name="Marc", number="+32470000002", users=("4",)),),
                    site_numbers=("+3225550123",),
                )
            ],
            self.now,
        )
        self.tasks = TaskWatch(
            [TaskPlan(organisation="acme", task="patrol", times=("02:30",))], self.now
        )
        self.porter = WelfareChecks(
            [
                WelfarePlan(
                    who=PIA,
                    during=Hours("22:00-06:00"),
                    every_time=3600.0,
                    amber_time=120.0,
                    red_time=300.0,
                )
            ],
            self.now,
        )
        self.guards = SafetyTimers(self.now)
        self.seen: list[tuple[str, str]] = []
        self.last_beat = self.now
        self.is_line_cut = False

    def watchers(self) -> list[Any]:
        return [self.lines, self.doors, self.tasks, self.porter, self.guards]

    def until(self, moment: float) -> None:
        """Let the night go on; the panel beats each minute, the porter answers at once."""
        while True:
            dues = [w.next_due() for w in self.watchers()]
            beat = self.last_beat + 60.0
            following = min([due for due in dues if due is not None] + [beat])
            if following > moment:
                self.now = moment
                return
            self.now = max(self.now, following)
            if following == beat:
                self.last_beat = beat
                if not self.is_line_cut:
                    self.tell(self.lines.heard("ip", beat))
            for watcher in self.watchers():
                self.tell(watcher.due(self.now))

    def tell(self, events: list[Any]) -> None:
        for event in events:
            name = type(event).__name__
            self.seen.append((wall(self.now)[11:], name))
            if name == "WelfareCallDue":
                self.tell(self.porter.pin_checked("porter", "good", self.now))

    def restart(self, away_time: float) -> None:
        """Stop the engine, and start it again after some seconds."""
        states = [json.loads(json.dumps(w.to_state(), sort_keys=True)) for w in self.watchers()]
        self.now += away_time
        self.last_beat = self.now
        self.lines, self.doors, self.tasks, self.porter, self.guards = (
            Supervision.from_state(states[0]),
            OpeningWatch.from_state(states[1]),
            TaskWatch.from_state(states[2]),
            WelfareChecks.from_state(states[3]),
            SafetyTimers.from_state(states[4]),
        )
        self.lines.start_again(self.now)

    def times_of(self, name: str) -> list[str]:
        return [when for when, what in self.seen if what == name]


def test_the_night_of_25_hours() -> None:
    night = Night()
    night.doors.opened("acme", "depot", "4", at("2026-10-24 17:30"))

    # The last driver goes home and does not close.
    night.until(at("2026-10-24 23:00"))
    assert night.times_of("LateToCloseSeen") == ["20:30+0200"]
    assert night.times_of("FailedToCloseSeen") == ["22:00+0200"]
    night.tell(night.doors.closed("acme", "depot", "4", night.now))

    # A guard goes down into the cellar for an hour and a half, over the change of hour.
    night.until(at("2026-10-25 02:10"))
    night.tell(night.guards.start(LUC, 5400.0, night.now, memo="memo-7"))

    # The engine is stopped just before the patrol, and comes back just after its time.
    night.until(at("2026-10-25 02:29"))
    night.restart(away_time=120.0)
    night.until(at("2026-10-25 02:35"))
    assert night.times_of("TaskDue") == ["02:31+0200"]
    [task] = night.tasks.waiting()
    assert wall(task.due_at)[11:] == "02:30+0200"
    night.tell(
        night.tasks.done(task.task_id, OperatorId("ann"), "in_order", "all quiet", night.now)
    )

    # Somebody cuts the line. Its limit is a minute and a half.
    night.is_line_cut, cut_at = True, night.last_beat
    night.until(at("2026-10-25 02:05", second=True))
    lost = night.times_of("PathLost")
    assert lost == [wall(cut_at + 90.5)[11:]]
    night.restart(away_time=30.0)

    # Half past two comes a second time, and there is no second patrol. Luc's 90 minutes
    # are over at 02:40 by the wall, the second time; he is asked, and gives his PIN.
    night.until(at("2026-10-25 02:41", second=True))
    assert night.times_of("TaskDue") == ["02:31+0200"]
    assert night.times_of("SafetyTimerLapsed") == ["02:40+0100"]
    night.tell(night.guards.pin_checked("cellar", "good", night.now))

    # The line is mended; somebody opens far too early, on a Sunday.
    night.is_line_cut = False
    night.until(at("2026-10-25 04:00"))
    assert len(night.times_of("PathLost")) == 1
    assert len(night.times_of("PathRestored")) == 1
    night.tell(night.doors.opened("acme", "depot", "4", night.now))
    night.tell(night.doors.closed("acme", "depot", "4", night.now + 60))
    night.until(at("2026-10-25 12:00"))
    assert night.times_of("EarlyOpenSeen") == ["04:00+0100"]

    # The porter was called nine times in a night of nine hours.
    assert len(night.times_of("WelfareCallDue")) == 9
    assert night.times_of("WelfareCallDue")[-1] == "06:00+0100"
    assert night.times_of("SafetyTimerRaised") == []
    assert night.times_of("TaskLate") == []
