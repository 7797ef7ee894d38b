"""Feeds the engine with what the clock shows: the watchers of `callflows.watch`, made real.

One timer stands on the nearest due time of all watchers. What they tell goes into the engine
with copies of what a case needs from the directory, and their state is written in the same
transaction, so a timer that was started is still there after a kill.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from time import thread_time
from typing import Any, Final, Protocol, TypeVar

import structlog

from callflows.events import (
    EarlyOpenSeen,
    FailedToCloseSeen,
    IncidentId,
    LateToCloseSeen,
    PathLost,
    SafetyTimerLapsed,
    SafetyTimerRaised,
    TaskDue,
    TaskLate,
    WelfareCallDue,
)
from callflows.events.watch import WatchEvent
from callflows.watch import plans
from callflows.watch.opening import OpeningWatch
from callflows.watch.supervision import SupervisedPath, Supervision
from callflows.watch.tasks import TaskWatch
from callflows.watch.timers import SafetyTimers
from callflows.watch.welfare import WelfareChecks
from client_directory.alarm_model import significant
from client_directory.directory import Directory
from client_directory.model import Organisation
from securityline.alarms.signal import Signal
from securityline.logbook.document import Document
from securityline.logbook.entry import Entry
from securityline.watch_copies import copies

DOCUMENT: Final = "watch"
"Kind of the documents in the logbook: one for each watcher."

SAVED_AT_LEISURE: Final = ("paths",)
"Watchers of very many things, of which nothing is lost that is not heard again."
SAVE_SHARE: Final = 0.02
"Largest part of the loop's time for writing those down."

_OPENS_CASES: Final = (
    PathLost,
    EarlyOpenSeen,
    LateToCloseSeen,
    FailedToCloseSeen,
    WelfareCallDue,
    SafetyTimerLapsed,
    SafetyTimerRaised,
    TaskDue,
    TaskLate,
)

log = structlog.get_logger()


class Timer(Protocol):
    """A timer that can be stopped."""

    def cancel(self) -> None:
        """Stop it."""


class Watcher(Protocol):
    """Any of the watchers."""

    def next_due(self) -> float | None:
        """Return when to ask again, engine time."""

    def due(self, now: float) -> Sequence[WatchEvent]:
        """Return what has become true."""

    def to_state(self) -> dict[str, Any]:
        """Return everything, JSON-plain."""


class Tell(Protocol):
    """The engine's `handle`."""

    def __call__(
        self,
        event: WatchEvent,
        documents: Sequence[Document] = (),
        then: Callable[[], None] | None = None,
        /,
    ) -> None:
        """Run an event; the documents are durable with it, and `then` called after that."""


W = TypeVar("W")


class Watching:
    """All watchers of all clients. Belongs to one event loop.

    :param directory: the directory in force.
    :param clock: engine time, seconds.
    :param tell: gives an event to the engine.
    :param save: writes a document that belongs to no event.
    :param number: a fresh number for a case.
    :param later: calls after some seconds; `asyncio`'s `call_later`.
    :param documents: what a predecessor left (`DOCUMENT`).
    :param scaip_interval: seconds between two heartbeats that SCAIP units are told to send.
    """

    def __init__(
        self,
        directory: Callable[[], Directory],
        clock: Callable[[], float],
        *,
        tell: Tell,
        save: Callable[[Document], None],
        number: Callable[[], IncidentId],
        later: Callable[[float, Callable[[], None]], Timer],
        documents: Iterable[Document] = (),
        scaip_interval: float = plans.SCAIP_INTERVAL,
    ) -> None:
        self._directory = directory
        self._clock = clock
        self._tell = tell
        self._save = save
        self._number = number
        self._later = later
        self._scaip_interval = scaip_interval
        left = {document.id: document.data for document in documents}
        self.paths = _read("paths", Supervision.from_state, Supervision, left)
        self.opening = _read("opening", OpeningWatch.from_state, OpeningWatch, left)
        self.timers = _read("timers", SafetyTimers.from_state, SafetyTimers, left)
        self.welfare = _read("welfare", WelfareChecks.from_state, WelfareChecks, left)
        self.tasks = _read("tasks", TaskWatch.from_state, TaskWatch, left)
        self._watchers: Mapping[str, Watcher] = {
            "paths": self.paths,
            "opening": self.opening,
            "timers": self.timers,
            "welfare": self.welfare,
            "tasks": self.tasks,
        }
        self._by_account: dict[str, list[SupervisedPath]] = {}
        self._timer: Timer | None = None
        self._is_started = False
        self._next_save = 0.0
        self._is_unsaved = False

    # ------------------------------------------------------------ life

    def start(self) -> None:
        """Watch from now on. What was not heard while we were away may be our own fault."""
        self._is_started = True
        self.paths.start_again(self._clock())
        self.reload()
        self.save()

    def stop(self) -> None:
        """Watch no longer, and write down where everything stands."""
        self._is_started = False
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self.save()

    def reload(self) -> None:
        """Take the plans from the directory in force."""
        now = self._clock()
        clients = list(self._directory().organisations.values())
        paths = [path for client in clients for path in self._paths_of(client)]
        self.paths.watch(paths, now)
        self.opening.watch([p for c in clients for p in plans.opening_plans(c, now)], now)
        self.welfare.watch([p for c in clients for p in plans.welfare_plans(c)], now)
        self.tasks.watch([p for c in clients for p in plans.task_plans(c)], now)
        self._by_account = {}
        for path in paths:
            self._by_account.setdefault(path.account.upper(), []).append(path)
        self._watch_clock()

    def _paths_of(self, client: Organisation) -> list[SupervisedPath]:
        return plans.supervised_paths(client, self._scaip_interval)

    def save(self) -> None:
        """Write the state of every watcher."""
        for name in self._watchers:
            self._save(self._document(name))

    # ------------------------------------------------------------ what is heard

    def heard(self, signal: Signal) -> None:
        """Take any signal, a heartbeat too, as a sign of life of the path it came by.

        Of all of its account's that it may have come by, where the directory does not tell
        them apart; `securityline check` warns of those.
        """
        line = significant(signal.line_prefix)
        for path in self._by_account.get(signal.account.upper(), ()):
            if path.via in (None, signal.path) and path.line in (None, line):
                self.heard_path(path.path)

    def heard_path(self, path: str) -> None:
        """Take a sign of life of one path, by its name `client/site/path`."""
        self.told("paths", self.paths.heard(path, self._clock()))

    def take(self, entries: Sequence[Entry]) -> None:
        """Read openings and closings off the engine's lines. A repeat is none."""
        if any(entry.what == "AlarmRepeated" for entry in entries):
            return
        for entry in entries:
            if entry.kind == "event" and entry.what == "OpenCloseReceived":
                self._operated(entry.data)

    def _operated(self, data: Mapping[str, Any]) -> None:
        organisation, site = data.get("organisation"), data.get("site")
        action = data.get("action", "opening")
        if not organisation or not site or action == "cancel":
            return
        what = self.opening.opened if action == "opening" else self.opening.closed
        user, account = data.get("user", ""), data.get("account", "")
        self.told("opening", what(organisation, site, user, self._clock(), account))

    # ------------------------------------------------------------ telling

    def next_due(self) -> float | None:
        """Return the nearest time at which something may become true, engine time."""
        times = [watcher.next_due() for watcher in self._watchers.values()]
        return min((at for at in times if at is not None), default=None)

    def look(self) -> None:
        """Tell what has become true by now. One that breaks does not keep the others back."""
        now = self._clock()
        if self._is_unsaved and now >= self._next_save:
            for name in SAVED_AT_LEISURE:
                self._save(self._at_leisure(name))
        for name, watcher in self._watchers.items():
            try:
                self.told(name, watcher.due(now))
            except Exception:
                log.exception("a watcher cannot look", watcher=name)
        self._watch_clock()

    def gauges(self) -> Mapping[str, float]:
        """Return figures for `/metrics`; a hook of `securityline.metrics`."""
        due = self.next_due()
        late = 0.0 if due is None else max(self._clock() - due, 0.0)
        return {"paths_lost": float(len(self.paths.lost())), "overdue_seconds": late}

    def told(
        self,
        name: str,
        events: Sequence[WatchEvent],
        then: Callable[[], None] | None = None,
    ) -> None:
        """Tell the engine what a watcher said; its state is durable with the last of it."""
        for place, event in enumerate(events, start=1):
            if place < len(events):
                self._tell(self._with_copies(event))
            else:
                self._tell(self._with_copies(event), self._to_save(name), then)
        self._watch_clock()

    def _to_save(self, name: str) -> Sequence[Document]:
        """Return the state to write with an event; that of ten thousand lines not each time.

        A receiver that comes back restores them all, one after the other, and each would
        write them all. What a kill in between costs is a loss or a return told once more.
        """
        if name not in SAVED_AT_LEISURE:
            return (self._document(name),)
        if self._clock() < self._next_save:
            self._is_unsaved = True
            return ()
        return (self._at_leisure(name),)

    def _at_leisure(self, name: str) -> Document:
        """Describe a large state, and not again before that took its share of the time."""
        begin = thread_time()
        document = self._document(name)
        self._next_save = self._clock() + (thread_time() - begin) / SAVE_SHARE
        self._is_unsaved = False
        return document

    def keep(self, name: str) -> None:
        """Write the state of one watcher that moved without saying anything."""
        self._save(self._document(name))
        self._watch_clock()

    def _with_copies(self, event: WatchEvent) -> WatchEvent:
        """Add what a case needs, as the directory says it now."""
        values: dict[str, Any] = {}
        if isinstance(event, _OPENS_CASES):
            values["incident_id"] = self._number()
        directory = self._directory()
        client = directory.organisations.get(event.organisation)
        if client is None:
            return replace(event, **values)
        return replace(event, **values, **copies(directory, client, event))

    def _document(self, name: str) -> Document:
        state = self._watchers[name].to_state()
        return Document(kind=DOCUMENT, id=name, data=state, at=self._clock())

    def _watch_clock(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        due = self.next_due()
        if self._is_unsaved:
            due = self._next_save if due is None else min(due, self._next_save)
        if self._is_started and due is not None:
            delay = min(max(due - self._clock(), SHORTEST_PAUSE), LONGEST_PAUSE)
            self._timer = self._later(delay, self.look)


SHORTEST_PAUSE: Final = 0.005
"Seconds between two looks, whatever is due: a watcher that broke must not spin."
LONGEST_PAUSE: Final = 60.0
"Seconds: the engine's clock and the loop's do not run apart for longer."


def _read(
    name: str,
    from_state: Callable[[Mapping[str, Any]], W],
    new: Callable[[], W],
    left: Mapping[str, Mapping[str, Any] | None],
) -> W:
    """Go on where a predecessor stopped, or begin anew when what he left cannot be read."""
    state = left.get(name)
    if state is None:
        return new()
    try:
        return from_state(state)
    except ValueError as error:
        log.error(
            "state of a watcher unreadable; it begins anew", watcher=name, reason=str(error)
        )
        return new()
