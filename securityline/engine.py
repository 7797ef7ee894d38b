"""The one place where things happen: an event comes in, is logged, is acted upon."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from time import perf_counter
from typing import Any, Final, Protocol

import structlog

from callflows.codec import encode, kind_of
from callflows.commands import Command, HangUp, StopRecording
from callflows.events import (
    NO_INCIDENT,
    CommandFailed,
    DeadlineReached,
    Event,
    Fact,
    IncidentClosed,
    IncidentId,
)
from securityline.logbook.document import Document
from securityline.logbook.entry import Entry, Line
from securityline.switchboard_port import SwitchboardPort
from securityline.views import StateDocuments

Subscriber = Callable[[Sequence[Entry]], None]
Outcome = Command | Fact

SNAPSHOT_LINES: Final = 5_000
"Lines between two snapshots: a restart replays about as many."
SNAPSHOT_SHARE: Final = 0.002
"Largest part of the loop's time for snapshots; with thousands of cases they become rarer."
UNHURRIED: Final = (HangUp, StopRecording)
"Commands that may wait some milliseconds, so that their lines share a commit."
SHORTEST_PAUSE: Final = 0.01
"Seconds between a deadline and its repetition, should a flow not move it."

log = structlog.get_logger()


class Switchboard(SwitchboardPort, Protocol):
    """The rules, as the engine sees them (`callflows.switchboard`)."""

    def handle(self, event: Event, now: float) -> list[Outcome]:
        """Take one event; return what was concluded and what must be done, in order."""

    def next_deadline(self) -> tuple[float, IncidentId] | None:
        """Return when, and for which incident, `DeadlineReached` is due."""

    def to_state(self) -> dict[str, Any]:
        """Return everything, JSON-plain."""


class Logbook(Protocol):
    """Where lines are written (`securityline.logbook.book`)."""

    on_own_lines: Callable[[list[Entry]], None] | None

    @property
    def head(self) -> tuple[int, str]:
        """Number and hash of the last line."""

    def append(
        self,
        now: float,
        lines: Sequence[Line],
        documents: Sequence[Document] = (),
        on_written: Callable[[list[Entry]], None] | None = None,
        *,
        is_urgent: bool = True,
        on_safe: Callable[[], None] | None = None,
    ) -> int:
        """Queue lines; return the number of the last."""

    def anchor_soon(self, reason: str) -> None:
        """Sign the head within seconds."""


class Engine:
    """Feed events to the rules, log, then act, then show.

    Belongs to one event loop. Nothing is done that is not first on disk, nothing is shown
    that was not done; the one exception is the store's own failure (`Logbook.append`).

    :param execute: carries out one command. An exception becomes a `CommandFailed` event.
    :param clock: engine time, seconds.
    :param prepare: gets ready for commands before they are written, unnoticed by anybody
        outside, and returns what must be durable with them: the intent to dial.
    :param acted_seq: the last line whose commands a predecessor is known to have carried
        out; those after it are repeated (`recovery`) before any of ours is. Default: all.
    """

    def __init__(
        self,
        switchboard: Switchboard,
        logbook: Logbook,
        execute: Callable[[Command], None],
        clock: Callable[[], float],
        *,
        prepare: Callable[[Sequence[Command]], Sequence[Document]] = lambda _commands: (),
        snapshot_lines: int = SNAPSHOT_LINES,
        acted_seq: int | None = None,
    ) -> None:
        self.switchboard = switchboard
        self.logbook = logbook
        self._execute = execute
        self._prepare = prepare
        self._clock = clock
        self._snapshot_lines = snapshot_lines
        self._lines_since_snapshot = 0
        self._next_snapshot = 0.0
        self._acted_seq = logbook.head[0] if acted_seq is None else acted_seq
        self._documents = StateDocuments(switchboard)
        self._subscribers: tuple[Subscriber, ...] = ()
        self._timer: asyncio.TimerHandle | None = None
        self._due: tuple[float, IncidentId] | None = None
        self._fired_at = 0.0
        logbook.on_own_lines = self._publish

    def start(self) -> None:
        """Watch the deadlines from now on; those that passed while we were away are due."""
        self._watch_deadline()

    def stop(self) -> None:
        """Stop the timer and put a snapshot in the logbook. Commands pending still run."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self.take_snapshot()

    def subscribe(self, subscriber: Subscriber) -> Callable[[], None]:
        """Call `subscriber` with lines once they were acted upon; returns what ends it."""
        self._subscribers = (*self._subscribers, subscriber)

        def unsubscribe() -> None:
            self._subscribers = tuple(s for s in self._subscribers if s is not subscriber)

        return unsubscribe

    def handle(
        self,
        event: Event,
        documents: Sequence[Document] = (),
        then: Callable[[], None] | None = None,
        *,
        when_safe: Callable[[], None] | None = None,
    ) -> None:
        """Run one event to completion: rules, log, act, publish.

        :param documents: to be durable together with the event, e.g. an answered dialog.
        :param then: called when that is so, before the commands, e.g. to send the ACK; also
            when the store is silent: the phone outranks the log.
        :param when_safe: called when that is so, and not before: what a machine is told is
            kept, it forgets.
        """
        now = self._clock()
        outcomes = self.switchboard.handle(event, now)
        commands = [outcome for outcome in outcomes if isinstance(outcome, Command)]
        changed = [*documents, *self._changed(event, outcomes, now)]
        if commands:
            changed += self._prepared(commands)

        def act(entries: list[Entry]) -> None:
            if then is not None:
                self._call(then)
            for command in commands:
                self._carry_out(command)
            self._acted_seq = entries[-1].seq
            self._publish(entries)

        lines = _lines(event, outcomes)
        is_awaited = then is not None or when_safe is not None
        is_urgent = is_awaited or any(type(c) not in UNHURRIED for c in commands)
        self.logbook.append(now, lines, changed, act, is_urgent=is_urgent, on_safe=when_safe)
        self._lines_since_snapshot += len(lines)
        if self._lines_since_snapshot >= self._snapshot_lines and now >= self._next_snapshot:
            self.take_snapshot()
        if any(isinstance(outcome, IncidentClosed) for outcome in outcomes):
            self.logbook.anchor_soon("incident closed")
        self._watch_deadline()

    def note(self, what: str, data: Mapping[str, Any], incident_id: str = NO_INCIDENT) -> None:
        """Write a line about the engine itself: no flow sees it, no restart replays it."""
        self.logbook.append(
            self._clock(), [("note", incident_id, what, data)], (), self._publish
        )

    def take_snapshot(self) -> None:
        """Put the whole state in the logbook's documents, to shorten the next start.

        Lines that it stands for may still wait for their commit, and their commands with
        them: `acted_seq` says from where on a successor has to ask whether they were done.
        """
        begin = perf_counter()
        self._lines_since_snapshot = 0
        now = self._clock()
        data = {
            "seq": self.logbook.head[0],
            "acted_seq": self._acted_seq,
            "now": now,
            "state": self.switchboard.to_state(),
        }
        snapshot = Document(kind="snapshot", id="switchboard", data=data, at=now)
        self.logbook.append(now, (), [snapshot], is_urgent=False)
        self._next_snapshot = now + (perf_counter() - begin) / SNAPSHOT_SHARE

    def _changed(self, event: Event, outcomes: Sequence[Outcome], now: float) -> list[Document]:
        try:
            return self._documents.changed(event, outcomes, now)
        except Exception:
            # Documents follow from lines: a defect here must not cost the lines.
            log.exception("documents not drawn", after=type(event).__name__)
            return []

    def _prepared(self, commands: Sequence[Command]) -> Sequence[Document]:
        try:
            return self._prepare(commands)
        except Exception:
            log.exception("commands not prepared", first=type(commands[0]).__name__)
            return ()

    # ------------------------------------------------------------ acting

    def _carry_out(self, command: Command) -> None:
        try:
            self._execute(command)
        except Exception as error:
            log.exception("command failed", command=type(command).__name__)
            self.handle(
                CommandFailed(
                    incident_id=command.incident_id,
                    command=type(command).__name__,
                    reason=f"{type(error).__name__}: {error}",
                    leg_id=getattr(command, "leg_id", None),
                )
            )

    def _call(self, then: Callable[[], None]) -> None:
        try:
            then()
        except Exception:
            log.exception("what should follow the commit failed")

    def _publish(self, entries: Sequence[Entry]) -> None:
        for subscriber in self._subscribers:
            try:
                subscriber(entries)
            except Exception:
                log.exception("a subscriber failed")

    # ------------------------------------------------------------ deadlines

    def _watch_deadline(self) -> None:
        """Keep one timer on the nearest deadline."""
        due = self.switchboard.next_deadline()
        if due == self._due and self._timer is not None:
            return
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._due = due
        if due is not None:
            now = self._clock()
            delay = max(due[0] - now, self._fired_at + SHORTEST_PAUSE - now, 0.0)
            self._timer = asyncio.get_running_loop().call_later(delay, self._reach, due[1])

    def _reach(self, incident_id: IncidentId) -> None:
        self._timer = None
        if self._due is not None and self._clock() < self._due[0]:
            self._due = None  # the loop's clock ran ahead of the engine's by a hair
            self._watch_deadline()
            return
        self._fired_at = self._clock()
        self._due = None
        self.handle(DeadlineReached(incident_id=incident_id))


def _lines(event: Event, outcomes: Sequence[Outcome]) -> list[Line]:
    """Put the event first, then what followed from it.

    An event that opened a case, or found its own, stands on that case's page, although it
    came without its number.
    """
    incident_id = event.incident_id or next(
        (outcome.incident_id for outcome in outcomes if outcome.incident_id), NO_INCIDENT
    )
    lines: list[Line] = [("event", incident_id, type(event).__name__, _plain(event))]
    lines += [
        (kind_of(outcome), outcome.incident_id, type(outcome).__name__, _plain(outcome))
        for outcome in outcomes
    ]
    return lines


def _plain(said: Event | Outcome) -> Mapping[str, Any]:
    try:
        return encode(said)
    except Exception:
        # A defect of ours. The line is kept for people; a restart cannot replay it.
        log.exception("not encoded", what=type(said).__name__)
        return {"unreadable": repr(said)[:2000]}
