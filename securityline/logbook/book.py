"""The main courante as the loop sees it: append now, hear when it is durable."""

import asyncio
import os
import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, Final, Self

from securityline.logbook.anchor import append_anchor
from securityline.logbook.checkpoint import Checkpointer
from securityline.logbook.document import Document, from_stored, to_stored
from securityline.logbook.entry import Entry, Line, chain, write_time
from securityline.logbook.opening import LogbookSettings, OpenBook, open_book
from securityline.logbook.pending import Batch, OnWritten, Pending
from securityline.logbook.silence import SilenceRule
from securityline.logbook.store import Anchor, Head, LogbookStore
from securityline.logbook.writer import Writer

SOON_TIME: Final = 10.0
"Seconds until a signature that an event asked for."


def wall_clock() -> datetime:
    """Read the wall clock."""
    return datetime.now(UTC)


class Logbook:
    """Number and chain lines at once, write them from a thread, in groups and in order.

    Belongs to one event loop: every method but `read` and `documents` is called on it, and
    so are all callbacks.
    """

    def __init__(self, book: OpenBook, *, wall: Callable[[], datetime] = wall_clock) -> None:
        self._book = book
        self._wall = wall
        self.head: Head = book.head
        "Number and hash of the last line appended, durable or not."
        self.last_now = max(
            (e.now for record in book.spooled for e in record.entries),
            default=book.store.last_now(),
        )
        "Latest engine time in the book: engine time never goes back behind it."
        self.on_own_lines: OnWritten | None = None
        "Told of lines that the logbook writes about itself (`WrittenLate`)."
        self._drained = asyncio.Event()
        self._anchored = 0
        self._anchor_fault = ""
        self._anchor_timer: asyncio.TimerHandle | None = None
        self._soon_timer: asyncio.TimerHandle | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._readers = _Readers(book)
        self._pending = Pending()
        self._silence = SilenceRule(
            self._pending,
            book.spool,
            silence_time=book.settings.silence_time,
            lateness=book.lateness,
            is_back=self._append_own,
        )
        self._signer = ThreadPoolExecutor(1, thread_name_prefix="logbook-anchors")
        self._checkpointer = Checkpointer(book.path)
        self._writer = Writer(
            book.store, self._checkpointer, written=self._report, failed=self._report_failure
        )
        for record in book.spooled:
            self._writer.put(self._pending.restore(record.entries, record.documents))

    @classmethod
    def open(
        cls, settings: LogbookSettings, *, wall: Callable[[], datetime] = wall_clock
    ) -> Self:
        """Open or create a data directory's book. Lines are written from `start` on.

        :raises LogbookError: another engine has it, or it cannot be written.
        """
        return cls(open_book(settings), wall=wall)

    def start(self) -> None:
        """Begin writing, on the running loop."""
        self._loop = asyncio.get_running_loop()
        self._checkpointer.start()
        self._writer.start()
        self._silence.start(self._loop)
        self._append_own(self._book.lines)
        self._plan_anchor()

    async def stop(self, patience: float = 5.0) -> None:
        """Sign the head, write what is pending, close the file.

        :param patience: seconds to wait for a store that fails; what it does not take by
            then goes to the spool, and is written at the next start.
        """
        if self._loop is None:  # the engine's start failed: what it had to say is kept
            self.start()
        for timer in (self._anchor_timer, self._soon_timer):
            if timer is not None:
                timer.cancel()
        self._drained.clear()
        if self._pending.batches:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._drained.wait(), patience)
        self.anchor("closing")
        await asyncio.to_thread(self._writer.stop, patience)
        self._silence.stop()
        self._checkpointer.stop()
        await asyncio.to_thread(self._signer.shutdown)
        self._readers.close()
        os.close(self._book.lock)

    # ------------------------------------------------------------ writing

    def append(
        self,
        now: float,
        lines: Sequence[Line],
        documents: Sequence[Document] = (),
        on_written: OnWritten | None = None,
        *,
        is_urgent: bool = True,
        on_safe: Callable[[], None] | None = None,
    ) -> int:
        """Give lines their numbers and queue them; never blocks.

        :param now: engine time, seconds.
        :param documents: written in the same transaction.
        :param on_written: called on the loop, in order of `append`, when the lines are
            durable; or when the store has been silent for 200 ms or failed, with entries
            whose `is_saved` is false: they are in the spool then, or nowhere yet.
        :param is_urgent: false when nobody waits for these lines: they may wait a few
            milliseconds for others and share their commit.
        :param on_safe: called on the loop, after `on_written`, once the lines are durable,
            in the store or in the spool: never before, however long that takes.
        :return: the number of the last line.
        """
        seq, hashed = self.head
        entries = chain(lines, seq=seq, previous=hashed, at=self._wall(), now=now)
        if entries:
            self.head = Head(entries[-1].seq, entries[-1].hash)
            self.last_now = max(self.last_now, now)
        stored = [to_stored(document) for document in documents]
        self._put(Batch(entries, stored, on_written, is_urgent=is_urgent, on_safe=on_safe))
        return self.head.seq

    def anchor(self, reason: str) -> None:
        """Sign the head as it stands, unless it is signed already; durable in due course."""
        if self.head.seq in (0, self._anchored):
            return
        self._anchored = self.head.seq
        anchor = self._book.key.sign(self.head, write_time(self._wall()), reason)
        self._put(Batch([], (), None, is_urgent=False, anchor=anchor))

    def anchor_soon(self, reason: str) -> None:
        """Sign the head within seconds; several such wishes share one signature."""
        if self._loop is not None and self._soon_timer is None:
            self._soon_timer = self._loop.call_later(SOON_TIME, self._anchor_soon, reason)

    def _anchor_soon(self, reason: str) -> None:
        self._soon_timer = None
        self.anchor(reason)

    def _put(self, batch: Batch) -> None:
        self._pending.put(batch)
        self._writer.put(batch)
        self._silence.put(batch)

    def _append_own(
        self, lines: Sequence[Line], then: Callable[[], None] | None = None
    ) -> None:
        def written(entries: list[Entry]) -> None:
            if then is not None:
                then()
            if self.on_own_lines is not None and entries:
                self.on_own_lines(entries)

        self.append(self.last_now, lines, (), written)

    def _plan_anchor(self) -> None:
        if self._loop is not None:
            pause = self._book.settings.anchor_time
            self._anchor_timer = self._loop.call_later(pause, self._anchor_now)

    def _anchor_now(self) -> None:
        self.anchor("interval")
        self._signer.submit(self._book.ballast.take_on)  # may write, so not on the loop
        self._plan_anchor()

    # ------------------------------------------------------------ from the writer's thread

    def _report(self, batches: list[Batch]) -> None:
        self._on_loop(self._written, batches)

    def _report_failure(self, error: Exception) -> bool:
        is_full = getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL
        if is_full and self._book.ballast.drop():
            return True
        self._on_loop(self._silence.store_failed, str(error))
        return False

    def _on_loop(self, function: Callable[..., None], *values: object) -> None:
        if self._loop is not None:
            with suppress(RuntimeError):  # the loop is closed: nobody waits any more
                self._loop.call_soon_threadsafe(function, *values)

    def _written(self, batches: list[Batch]) -> None:
        self._pending.written(batches)
        self._silence.store_wrote()
        if not self._pending.batches:
            self._drained.set()
        for batch in batches:
            if batch.anchor is not None:
                self._signer.submit(self._keep_anchor, batch.anchor)

    def _keep_anchor(self, anchor: Anchor) -> None:
        try:
            append_anchor(self._book.anchor_log, anchor)
        except OSError as error:
            self._anchor_fault = str(error)
        else:
            self._anchor_fault = ""

    # ------------------------------------------------------------ reading

    def read(
        self, after: int = 0, limit: int = 1000, incident_id: str | None = None
    ) -> list[Entry]:
        """Return lines after line `after`, oldest first; all incidents or one.

        Includes lines that were acted upon and are not saved yet.
        """
        reader = self._readers.get()
        entries = list(reader.read(after=after, limit=limit, incident_id=incident_id))
        if self._silence.is_late and len(entries) < limit:
            last = entries[-1].seq if entries else after
            entries += self._pending.unsaved(after=last, incident_id=incident_id)
        return entries[:limit]

    def latest_incidents(self) -> set[str]:
        """Return the incident numbers of the newest day that stand in any line.

        Not each of them has become a case: a signal that came again has one as well.
        """
        unsaved = self._pending.unsaved(after=0, incident_id=None)
        found = self._readers.get().latest_incidents() | {e.incident_id for e in unsaved}
        return found - {""}  # the lines of no case

    def documents(
        self,
        kind: str,
        state: str | None = None,
        id: str | None = None,
        limit: int = 1000,
    ) -> list[Document]:
        """Return documents of one kind, the newest first.

        Includes documents that are not saved yet, when the store is late.
        """
        stored = self._readers.get().documents(kind, state=state, id=id, limit=limit)
        if self._silence.is_late:
            newer = self._pending.documents(kind)
            stored = [document for document in stored if document.id not in newer]
            fitting = [d for d in newer.values() if state in (None, d.state)]
            stored = [d for d in reversed(fitting) if id in (None, d.id)] + stored
        return [from_stored(document) for document in stored[:limit] if document.text]

    def case_heads(self, after: int = 0, limit: int = 1000) -> list[tuple[int, dict[str, Any]]]:
        """Return the heads of saved cases, page by page; see `LogbookStore.case_heads`."""
        return self._readers.get().case_heads(after, limit)

    # ------------------------------------------------------------ health

    @property
    def unsaved_lines(self) -> int:
        """Lines acted upon that the store does not have."""
        return self._pending.unsaved_lines

    def observe_latency(self, observe: Callable[[float], None]) -> None:
        """Tell `observe` of the seconds from each `append` to its `on_written`."""
        self._pending.on_latency = observe

    def problems(self) -> list[str]:
        """Say what is wrong with the logbook, for people; empty when nothing is."""
        return [text for text in self._problems() if text]

    def concerns(self) -> list[str]:
        """Say what is not as it should be although every line is saved; empty when all is."""
        fault = self._book.ballast.fault()
        return [fault] if fault else []

    def _problems(self) -> Iterator[str]:
        yield self._book.defect
        yield from self._silence.problems()
        if self._book.is_replaced():
            yield f"{self._book.path} was removed or replaced while the engine runs"
        if self._book.ballast.is_used:
            yield "the disk is full; the reserve was used"
        if self._anchor_fault:
            yield f"the head's signature cannot be kept: {self._anchor_fault}"


class _Readers:
    """One read-only connection a thread."""

    def __init__(self, book: OpenBook) -> None:
        self._path = book.path
        self._local = threading.local()
        self._all: list[LogbookStore] = []

    def get(self) -> LogbookStore:
        reader: LogbookStore | None = getattr(self._local, "reader", None)
        if reader is None:
            reader = LogbookStore(self._path, is_read_only=True)
            self._local.reader = reader
            self._all.append(reader)
        return reader

    def close(self) -> None:
        for reader in self._all:
            reader.close()
