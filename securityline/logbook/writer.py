"""The thread that writes the logbook: groups of lines, in order, until they are durable."""

import sqlite3
import threading
from collections.abc import Callable
from contextlib import suppress
from queue import Empty, SimpleQueue
from time import monotonic
from typing import Final

from securityline.logbook.checkpoint import Checkpointer
from securityline.logbook.pending import Batch
from securityline.logbook.store import Group, LogbookStore

GROUP_TIME: Final = 0.02
"Seconds that lines which nobody waits for are held back, to share the next commit."
MOST_BATCHES: Final = 256
"Batches in one commit."
RETRY_TIMES: Final = (0.02, 0.05, 0.1, 0.25, 0.5)
"Seconds between attempts while the store fails; the last one repeats."
CHECKPOINT_LINES: Final = 500
"Lines and documents in the write-ahead log, about 4 MB of it, before it is moved."


class Writer(threading.Thread):
    """Take batches from a queue and commit them in groups; never give up on one.

    :param store: the writing connection, from now on this thread's own.
    :param written: told of every group that is durable, in order. Called in this thread.
    :param failed: told why a commit failed, each time; returns true when room was made
        and the next attempt should not wait. Called in this thread.
    """

    def __init__(
        self,
        store: LogbookStore,
        checkpointer: Checkpointer,
        *,
        written: Callable[[list[Batch]], None],
        failed: Callable[[Exception], bool],
    ) -> None:
        super().__init__(name="logbook-writer", daemon=True)
        self._store = store
        self._checkpointer = checkpointer
        self._written = written
        self._failed = failed
        self._queue: SimpleQueue[Batch | None] = SimpleQueue()
        self._is_giving_up = threading.Event()
        self._lines_in_log = 0

    def put(self, batch: Batch) -> None:
        """Queue a batch. Never blocks."""
        self._queue.put(batch)

    def stop(self, patience: float) -> None:
        """Write what is queued, then end; give up on a dead store after `patience` s."""
        self._queue.put(None)
        self.join(patience)
        self._is_giving_up.set()
        self.join(1.0)

    def run(self) -> None:
        """Write until stopped."""
        is_last = False
        while not is_last:
            batches, is_last = self._take()
            if batches and self._write(batches):
                self._written(batches)
                self._tidy()
        self._store.close()

    def _take(self) -> tuple[list[Batch], bool]:
        """Wait for work; return a group, and whether it is the last one."""
        batch = self._queue.get()
        batches: list[Batch] = []
        until = None
        while batch is not None:
            batches.append(batch)
            if batch.is_urgent:
                until = 0.0
            elif until is None:
                until = batch.put_at + GROUP_TIME
            if len(batches) == MOST_BATCHES:
                return batches, False
            try:
                batch = self._queue.get(timeout=max(until - monotonic(), 0.0))
            except Empty:
                return batches, False
        return batches, True

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
                self._store.write(self._unwritten(group) if attempt else group)
            except Exception as error:
                is_room_made = self._failed(error)
            else:
                self._lines_in_log += len(group.entries) + len(group.documents)
                return True
            pause = RETRY_TIMES[min(attempt, len(RETRY_TIMES) - 1)]
            attempt += 1
            if self._is_giving_up.wait(0.0 if is_room_made else pause):
                return False

    def _unwritten(self, group: Group) -> Group:
        """Leave out lines that a commit which reported failure wrote all the same."""
        seq = self._store.head().seq
        return group._replace(entries=[e for e in group.entries if e.seq > seq])

    def _tidy(self) -> None:
        """Keep the write-ahead log short."""
        if self._lines_in_log >= CHECKPOINT_LINES:
            self._lines_in_log = 0
            self._checkpointer.want()
        if self._checkpointer.is_done.is_set():
            self._checkpointer.is_done.clear()
            # What came meanwhile: a few pages. Without it the log would never start anew.
            with suppress(sqlite3.Error):
                self._store.checkpoint()
