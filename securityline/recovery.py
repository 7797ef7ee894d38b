"""Rebuilding what was running from the logbook, after a restart or a kill."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final, Generic, Protocol, TypeVar

import structlog

from callflows.codec import decode
from callflows.commands import Command
from callflows.events import Event, Fact
from securityline.logbook.document import Document
from securityline.logbook.entry import Entry

PAGE: Final = 1_000
"Lines read at a time."
BLIND_LINES: Final = 20_000
"Lines replayed at least, when there is no snapshot that can be read."
RECENT_TIME: Final = 60.0
"Seconds before the end of the log whose commands are handed out again."

log = structlog.get_logger()


class Replayable(Protocol):
    """What is rebuilt: `callflows.switchboard.Switchboard`."""

    def handle(self, event: Event, now: float) -> list[Command | Fact]:
        """Take one event."""


S = TypeVar("S", bound=Replayable)


class Logbook(Protocol):
    """What is read (`securityline.logbook.book`)."""

    @property
    def head(self) -> tuple[int, str]:
        """Number and hash of the last line."""

    def read(
        self, after: int = 0, limit: int = 1000, incident_id: str | None = None
    ) -> list[Entry]:
        """Return lines after a line."""

    def documents(
        self, kind: str, state: str | None = None, id: str | None = None, limit: int = 1000
    ) -> list[Document]:
        """Return documents, latest change first."""


@dataclass(slots=True, kw_only=True)
class Recovered(Generic[S]):
    """The state at the end of the log."""

    switchboard: S
    commands: list[tuple[float, Command]] = field(default_factory=list)
    """Engine time and command of the log's last minute, but for those known to be carried
    out when the snapshot was taken. Whether the others were is not known; carrying one out
    twice does no harm."""
    acted_seq: int = 0
    "Number of the last line whose commands are known to have been carried out."
    replayed: int = 0
    "Events."
    skipped: int = 0
    "Events that this version cannot read."
    differences: int = 0
    "Events whose outcome, replayed, is not the one in the log: the rules have changed."


def recover(
    logbook: Logbook, new: Callable[[], S], from_state: Callable[[dict[str, Any]], S]
) -> Recovered[S]:
    """Load the newest snapshot and replay the events after it.

    Same events, same order, same times: the same state, because the rules are pure. What
    was logged as fact or command is not replayed, only compared.

    :param new: makes an empty switchboard.
    :param from_state: makes one from `to_state()`.
    """
    recovered, after = _start(logbook, new, from_state)
    expected: list[str] | None = None
    logged: list[str] = []
    recent = [e for e in _read_all(logbook, recovered.acted_seq, after) if e.kind == "command"]
    for entry in _read_all(logbook, after):
        if entry.kind == "event":
            recovered.differences += expected is not None and expected != logged
            expected, logged = _replay(recovered, entry), []
        elif entry.kind != "note" and entry.what != "WrittenLate":
            logged.append(entry.what)
        if entry.kind == "command":
            recent.append(entry)
    recovered.differences += expected is not None and expected != logged
    if recent:
        end = recent[-1].now - RECENT_TIME
        recovered.commands = [pair for e in recent if e.now >= end for pair in _command(e)]
    return recovered


def _start(
    logbook: Logbook, new: Callable[[], S], from_state: Callable[[dict[str, Any]], S]
) -> tuple[Recovered[S], int]:
    for snapshot in logbook.documents("snapshot", id="switchboard"):
        try:
            data = snapshot.data or {}
            seq = int(data["seq"])
            acted = min(int(data.get("acted_seq", seq)), seq)  # older ones do not say
            return Recovered(switchboard=from_state(data["state"]), acted_seq=acted), seq
        except (LookupError, TypeError, ValueError, AttributeError) as error:
            log.error("snapshot unreadable; replaying the log", reason=str(error))
    firsts = [
        entries[0].seq
        for document in logbook.documents("incident", state="open")
        if (entries := logbook.read(limit=1, incident_id=document.id))
    ]
    first = min([*firsts, logbook.head[0] - BLIND_LINES])
    before = max(first - 1, 0)
    return Recovered(switchboard=new(), acted_seq=before), before


def _read_all(logbook: Logbook, after: int, last: int | None = None) -> Iterator[Entry]:
    """Give the lines after a line, up to and with `last`."""
    while entries := logbook.read(after=after, limit=PAGE):
        for entry in entries:
            if last is not None and entry.seq > last:
                return
            yield entry
        after = entries[-1].seq


def _replay(recovered: Recovered[S], entry: Entry) -> list[str] | None:
    try:
        event = decode(entry.what, entry.data)
    except ValueError as error:
        recovered.skipped += 1
        log.warning("line cannot be replayed", seq=entry.seq, reason=str(error))
        return None
    recovered.replayed += 1
    outcomes = recovered.switchboard.handle(event, entry.now)
    return [type(outcome).__name__ for outcome in outcomes]


def _command(entry: Entry) -> Iterator[tuple[float, Command]]:
    try:
        yield entry.now, decode(entry.what, entry.data)
    except ValueError as error:
        log.warning("command cannot be read", seq=entry.seq, reason=str(error))
