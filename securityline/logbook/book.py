"""The main courante as the loop sees it: append now, hear when it is durable."""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from securityline.logbook.document import Document
from securityline.logbook.entry import Entry, Line, chain
from securityline.logbook.store import FILE_NAME, Head, LogbookStore
from securityline.logbook.writer import Batch, OnWritten, Writer


def _wall() -> datetime:
    return datetime.now(UTC)


class Logbook:
    """Number and chain lines at once, write them from a thread, in groups and in order.

    Belongs to one event loop: all methods are called on it, and so are the callbacks.
    """

    def __init__(self, folder: Path, *, wall: Callable[[], datetime] = _wall) -> None:
        self._wall = wall
        path = folder / FILE_NAME
        store = LogbookStore(path)
        self._reader = LogbookStore(path, is_read_only=True)
        self.head: Head = store.head()
        self._pending: deque[Batch] = deque()
        self._writer = Writer(store, written=self._tell, failed=lambda error: False)
        self._loop: asyncio.AbstractEventLoop | None = None

    async def start(self) -> None:
        """Begin writing."""
        self._loop = asyncio.get_running_loop()
        self._writer.start()

    async def stop(self) -> None:
        """Write what is pending and close the file."""
        await asyncio.to_thread(self._writer.stop)
        self._reader.close()

    def append(
        self,
        now: float,
        lines: Sequence[Line],
        documents: Sequence[Document] = (),
        on_written: OnWritten | None = None,
        *,
        is_urgent: bool = True,
    ) -> int:
        """Number, chain and queue lines; returns the number of the last one. Never blocks.

        :param now: engine time, seconds.
        :param documents: written in the same transaction.
        :param on_written: called on the loop, in order of `append`, when the lines are
            durable; or when the store has been silent for 200 ms or failed, with entries
            whose `is_saved` is false: they are in the spool then, or nowhere yet.
        :param is_urgent: false when nobody waits for these lines: they may wait a few
            milliseconds for others and share their commit.
        """
        entries = chain(
            lines, seq=self.head.seq, previous=self.head.hash, at=self._wall(), now=now
        )
        if entries:
            self.head = Head(entries[-1].seq, entries[-1].hash)
        batch = Batch(entries, documents, on_written, is_urgent=is_urgent)
        self._pending.append(batch)
        self._writer.put(batch)
        return self.head.seq

    def read(
        self, after: int = 0, limit: int = 1000, incident_id: str | None = None
    ) -> list[Entry]:
        """Return lines after line `after`, oldest first; all incidents or one."""
        return list(self._reader.read(after=after, limit=limit, incident_id=incident_id))

    def documents(
        self,
        kind: str,
        state: str | None = None,
        id: str | None = None,
        limit: int = 1000,
    ) -> list[Document]:
        """Return documents of one kind, latest change first."""
        return self._reader.documents(kind, state=state, id=id, limit=limit)

    def _tell(self, batches: list[Batch]) -> None:
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._written, batches)

    def _written(self, batches: list[Batch]) -> None:
        for batch in batches:
            self._pending.popleft()
            if not batch.is_acted:
                batch.is_acted = True
                if batch.on_written is not None:
                    batch.on_written(batch.entries)
