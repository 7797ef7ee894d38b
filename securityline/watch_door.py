"""Where people act on what is watched: timers of those who work alone, and recurring tasks.

The desk and the API come through here alike. What is refused is refused in a sentence, in
English; what was done is durable when `then` is called.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any, Final

from callflows.codec import to_plain
from callflows.events import (
    IncidentId,
    OperatorId,
    PinOutcome,
    SafetyTimerRefused,
    TaskOutcome,
)
from callflows.events.watch import WatchEvent
from callflows.incident import Incident
from callflows.lone_line import END, timer_asked
from callflows.watch import plans
from callflows.watch.alone import TimerView
from callflows.watch.plans import LoneWorkerPlan
from callflows.watch.timers import LONGEST_TIME
from client_directory.directory import Directory
from client_directory.model import Organisation
from securityline.agreed_openings import AgreedOpenings
from securityline.logbook.entry import Entry
from securityline.pin_check import pin_outcome
from securityline.watch_refusal import NotDone, Refusal
from securityline.watch_rows import Cases, TaskRow, TimerRow
from securityline.watching import Watching

SHORTEST_TIME: Final = 60.0
"Seconds of the shortest timer."
TASK_OUTCOMES: Final[Mapping[str, TaskOutcome]] = {
    "handled": "in_order",
    "test": "not_done",
    "duplicate": "not_done",
    "wrong_number": "not_done",
    "no_answer_on_call_back": "not_done",
}
"What closing a task's case says of the task; any other disposition is a finding."

Then = Callable[[], None]


class WatchDoor:
    """What people do with timers and tasks. Belongs to one event loop."""

    def __init__(
        self,
        watching: Watching,
        directory: Callable[[], Directory],
        clock: Callable[[], float],
        cases: Cases,
    ) -> None:
        self._watching = watching
        self._directory = directory
        self._clock = clock
        self._cases = cases
        self.openings = AgreedOpenings(watching, directory, clock, cases)

    # ------------------------------------------------------------ looking

    def timers(self, clearances: Iterable[str]) -> list[TimerRow]:
        """Return the timers that run, and the welfare checks in which somebody is asked.

        What needs a human first: red, amber, then what lapses next.
        """
        cleared, watching = frozenset(clearances), self._watching
        rows = []
        for timer in (*watching.timers.view(), *watching.welfare.view()):
            who = timer.who
            names = self._names(who.organisation, who.site)
            if names["clearance"] in cleared:
                case = self._case(f"timer/{who.timer_id}")
                rows.append(TimerRow(timer=timer, incident_id=case, **names))
        order = {"red": 0, "amber": 1, "running": 2}
        rows.sort(key=lambda row: (order[row.timer.stage], row.timer.amber_at))
        return rows

    def tasks(self, clearances: Iterable[str]) -> list[TaskRow]:
        """Return the tasks that wait to be done, the oldest first."""
        cleared = frozenset(clearances)
        rows = []
        for task in self._watching.tasks.view():
            names = self._names(task.organisation, task.site)
            if names["clearance"] in cleared:
                case = self._case(f"task/{task.task_id}")
                rows.append(TaskRow(task=task, incident_id=case, **names))
        return rows

    def startable(self, clearances: Iterable[str]) -> list[tuple[Organisation, LoneWorkerPlan]]:
        """Return the timers that may be started: who has one and runs none."""
        cleared = frozenset(clearances)
        running = {t.who.timer_id for t in self._watching.timers.view() if t.stage != "red"}
        return [
            (client, plan)
            for client in self._directory().organisations.values()
            if client.clearance in cleared
            for plan in plans.lone_worker_plans(client)
            if plan.who.timer_id not in running
        ]

    def _case(self, key: str) -> IncidentId | None:
        """Return the open case of a thing."""
        incident_id = self._cases.watched.get(key)
        incident = self._cases.incidents.get(incident_id) if incident_id else None
        return incident_id if incident is not None and incident.is_open else None

    def _names(self, organisation: str, site: str | None) -> dict[str, Any]:
        directory = self._directory()
        client = directory.organisations.get(organisation)
        place = directory.site(organisation, site) if client is not None and site else None
        return {
            "organisation_name": client.name if client is not None else organisation,
            "site_name": place.name if place is not None else site or "",
            "clearance": client.clearance if client is not None else "standard",
        }

    # ------------------------------------------------------------ timers

    def start_timer(
        self,
        organisation: str,
        person: str,
        *,
        site: str | None = None,
        run_time: float | None = None,
        note: str = "",
        by: str = "",
        then: Then | None = None,
    ) -> str:
        """Start the timer of somebody who works alone; return its name.

        :param site: where he is, when it is another site than the directory says.
        :param run_time: seconds until it lapses; by default as his client wants it.
        :raises NotDone: there is none for him, no such time, or it runs already.
        """
        plan = self._plan(organisation, person, site)
        time = plan.run_time if run_time is None else run_time
        if not SHORTEST_TIME <= time <= LONGEST_TIME:
            raise NotDone("no such time")
        events = self._watching.timers.start(
            plan.who,
            time,
            self._clock(),
            note=note,
            by=by,
            amber_time=plan.amber_time,
            during=plan.during,
        )
        self._told("timers", events, then)
        return plan.who.timer_id

    def _plan(self, organisation: str, person: str, site: str | None) -> LoneWorkerPlan:
        client = self._directory().organisations.get(organisation)
        wanted = plans.lone_worker_plans(client) if client is not None else []
        his = [plan for plan in wanted if plan.who.person == person]
        if client is None or not his:
            raise NotDone("no such person")
        if site is None:
            return his[0]
        for plan in his:
            if plan.who.site == site:
                return plan
        if all(one.site != site for one in client.sites):
            raise NotDone("no such site")
        return replace(his[0], who=replace(his[0].who, site=site))

    def prolong_timer(
        self, timer_id: str, more_time: float, by: str, then: Then | None = None
    ) -> None:
        """Give a lone worker more time, seconds.

        :raises NotDone: no such timer or time, or only his PIN ends it.
        """
        self._known(timer_id)
        events = self._watching.timers.prolong(timer_id, more_time, by, self._clock())
        self._told("timers", events, then)

    def end_timer(self, timer_id: str, by: str, reason: str, then: Then | None = None) -> None:
        """End a timer that has not lapsed, for an operator who knows that he is safe.

        :raises NotDone: no such timer, or only his PIN ends it.
        """
        self._known(timer_id)
        events = self._watching.timers.end(timer_id, by, reason, self._clock())
        self._told("timers", events, then)

    def check_in(
        self, timer_id: str, pin: str, then: Then | None = None, *, is_last: bool = False
    ) -> PinOutcome:
        """Take a PIN as a sign of life, and say what it was worth.

        :param is_last: it ends the timer, which else runs anew while its hours last.

        Duress takes the way of a good PIN to the end: whoever answers for us says the same.

        :raises NotDone: there is no such timer, for whoever could be listening.
        """
        timer = self._known(timer_id)
        who = timer.who
        now = self._clock()
        outcome = pin_outcome(
            self._directory(), who.organisation, who.person, who.site, pin, now
        )
        self.pin_checked(timer_id, outcome, then, is_last=is_last)
        return outcome

    def pin_checked(
        self,
        timer_id: str,
        outcome: PinOutcome,
        then: Then | None = None,
        *,
        is_last: bool = False,
    ) -> None:
        """Take what became of asking somebody alone for his PIN."""
        now, watching = self._clock(), self._watching
        events = watching.timers.pin_checked(timer_id, outcome, now, is_last=is_last)
        if events:
            watching.told("timers", events, then)
        else:
            watching.told("welfare", watching.welfare.pin_checked(timer_id, outcome, now), then)

    def timer_asked(self, asked: Mapping[str, Any]) -> None:
        """Start or prolong a timer for somebody who wants it by telephone (`TimerAsked`).

        What is refused is told to nobody from here: his call waits a moment for the timer's
        answer, and then for a person.
        """
        with suppress(NotDone):
            if asked["what"] == "prolong":
                self.prolong_timer(asked["timer_id"], asked["run_time"], asked["person"])
            else:
                where, time = asked["site"], asked["run_time"]
                self.start_timer(
                    asked["organisation"], asked["person"], site=where, run_time=time
                )

    def _known(self, timer_id: str) -> TimerView:
        """Find a timer. One that is red under duress is as if its PIN had been a good one."""
        watching = self._watching
        for timer in (*watching.timers.view(), *watching.welfare.view()):
            if timer.who.timer_id == timer_id and (shown := timer.as_shown()) is not None:
                return shown
        raise NotDone("no such timer")

    def _told(self, name: str, events: Sequence[WatchEvent], then: Then | None) -> None:
        """Tell the engine; what a watcher refused is logged and refused.

        What it left undone under duress is done for whoever asked.
        """
        refusals = (one for one in events if isinstance(one, SafetyTimerRefused))
        refusal = next((one for one in refusals if one.outcome != "duress"), None)
        self._watching.told(name, events, then if refusal is None else None)
        if refusal is not None:
            raise NotDone(_why(refusal.reason))

    # ------------------------------------------------------------ tasks

    def task_done(
        self,
        task_id: str,
        operator: OperatorId,
        outcome: TaskOutcome,
        text: str = "",
        then: Then | None = None,
    ) -> None:
        """Take what was found.

        :raises NotDone: the task does not wait to be done.
        """
        events = self._watching.tasks.done(task_id, operator, outcome, text, self._clock())
        if not events:
            raise NotDone("no such task")
        self._watching.told("tasks", events, then)

    # ------------------------------------------------------------ cases that closed

    def take(self, entries: Sequence[Entry]) -> None:
        """Read off the engine's lines what was keyed by telephone, and which cases closed."""
        for entry in entries:
            if entry.what == "TimerAsked":
                self.timer_asked(entry.data)
            if entry.what == "CheckAnswered":
                told, is_last = entry.data, bool(entry.data.get("is_last"))
                self.pin_checked(told["timer_id"], told["outcome"], is_last=is_last)
        closed = {e.incident_id for e in entries if e.what == "IncidentClosed"}
        if closed:
            self.settle(closed)

    def settle(self, only: Collection[str] | None = None) -> None:
        """Let closed cases end what they were about: the task, the timer's alarm.

        :param only: these cases; by default all, after a start: a stop may have come between
            the closing and this.
        """
        for key, incident_id in list(self._cases.watched.items()):
            incident = self._cases.incidents.get(incident_id)
            is_meant = only is None or incident_id in only
            if is_meant and incident is not None and not incident.is_open:
                self._closed(key, incident)
        for check in list(self._cases.checks.values()) if only is None else ():
            if check.answer is not None and not check.is_told:
                self.pin_checked(check.watch_id, check.answer)
        for call in list(self._cases.self_services.values()) if only is None else ():
            if not call.is_told and call.answer is not None:
                is_last = call.choice == END
                self.pin_checked(call.alone, call.answer, is_last=is_last)
            elif not call.is_told:
                self.timer_asked(to_plain(timer_asked(call)))

    def _closed(self, key: str, incident: Incident) -> None:
        kind, _, name = key.partition("/")
        watching, now = self._watching, self._clock()
        if kind == "timer":
            if watching.timers.stand_down(name):
                watching.keep("timers")
            if watching.welfare.stand_down(name, now):
                watching.keep("welfare")
        elif kind == "task":
            outcome = TASK_OUTCOMES.get(incident.disposition, "finding")
            who = incident.closed_by or OperatorId("")
            done = watching.tasks.done(name, who, outcome, incident.closing_text, now)
            watching.told("tasks", done)


def _why(reason: str) -> Refusal:
    if reason == "runs already":
        return "runs already"
    return "no such time" if reason == "no such time" else "only his PIN ends it"
