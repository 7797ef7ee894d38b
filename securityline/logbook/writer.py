"""The thread that writes the logbook: groups of lines, in order, until they are durable."""

import sqlite3
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from queue import Empty, SimpleQueue
from time import monotonic
from typing import Final

from securityline.logbook.document import Document
from securityline.logbook.entry import Entry
from securityline.logbook.store import Anchor, Group, LogbookStore

OnWritten = Callable[[list[Entry]], None]

GROUP_TIME: Final = 0.01
"Seconds that lines which nobody waits for are held back, to share the next commit."
MOST_BATCHES: Final = 256
"Batches in one commit."
RETRY_TIMES: Final = (0.02, 0.05, 0.1, 0.25, 0.5)
"Seconds between attempts while the store fails; the last one repeats."


class Batch:
    """What one `append` wants written, and what it waits for."""

    __slots__ = (
        "anchor",
        "documents",
        "entries",
        "is_acted",
        "is_urgent",
        "on_written",
        "put_at",
    )

    def __init__(
        self,
        entries: list[Entry],
        documents: Sequence[Document],
        on_written: OnWritten | None,
        *,
        is_urgent: bool,
        anchor: Anchor | None = None,
    ) -> None:
        self.entries = entries
        self.documents = documents
        self.on_written = on_written
        self.is_urgent = is_urgent
        self.anchor = anchor
        self.is_acted = False
        self.put_at = monotonic()


class Writer(threading.Thread):
    """Take batches from a queue and commit them in groups; never give up on one.

    :param open_store: opens the writing connection, in this thread.
    :param written: told of every group that is durable. Called in this thread.
    :param failed: told why a commit failed, each time; returns whether to try again at
        once (room was made). Called in this thread.
    """

    def __init__(
        self,
        store: LogbookStore,
        *,
        written: Callable[[list[Batch]], None],
        failed: Callable[[Exception], bool],
    ) -> None:
        super().__init__(name="logbook-writer", daemon=True)
        self._store = store
        self._written = written
        self._failed = failed
        self._queue: SimpleQueue[Batch | None] = SimpleQueue()
        self._is_stopping = threading.Event()

    def put(self, batch: Batch) -> None:
        """Queue a batch. Never blocks."""
        self._queue.put(batch)

    def stop(self, patience: float = 5.0) -> None:
        """Write what is queued, then end. Gives up on a dead store after `patience` s."""
        self._queue.put(None)
        self.join(patience)
        self._is_stopping.set()
        self.join(1.0)

    def run(self) -> None:
        """Write until stopped."""
        is_last = False
        while not is_last:
            batches, is_last = self._take()
            if batches and self._write(batches):
                self._written(batches)
        self._store.close()

    def _take(self) -> tuple[list[Batch], bool]:
        """Wait for work; return a group and whether it is the last one."""
        batches: list[Batch] = []
        patience: float | None = None
        while len(batches) < MOST_BATCHES:
            try:
                batch = self._queue.get(timeout=patience)
            except Empty:
                break
            if batch is None:
                return batches, True
            batches.append(batch)
            if batch.is_urgent:
                patience = 0.0
            elif patience is None:
                patience = GROUP_TIME
        return batches, False

    def _write(self, batches: list[Batch]) -> bool:
        """Commit a group, however often it takes; false when told to stop trying."""
        group = Group(
            [entry for batch in batches for entry in batch.entries],
            [document for batch in batches for document in batch.documents],
            [batch.anchor for batch in batches if batch.anchor],
        )
        attempt = 0
        while True:
            try:
                self._store.write(group if not attempt else self._unwritten(group))
                return True
            except (sqlite3.Error, OSError) as error:
                can_repeat_now = self._failed(error)
            pause = 0.0 if can_repeat_now else RETRY_TIMES[min(attempt, len(RETRY_TIMES) - 1)]
            attempt += 1
            if self._is_stopping.wait(pause):
                return False

    def _unwritten(self, group: Group) -> Group:
        """Leave out lines that a commit which reported failure wrote all the same."""
        with suppress(sqlite3.Error):
            seq = self._store.head().seq
            return group._replace(entries=[e for e in group.entries if e.seq > seq])
        return group
