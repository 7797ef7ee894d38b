"""Lines that the store has not confirmed, and the acting upon them, in order."""

from collections import deque
from collections.abc import Callable, Sequence
from time import monotonic
from typing import Final

import structlog

from securityline.logbook.entry import Entry
from securityline.logbook.store import Anchor, StoredDocument

OnWritten = Callable[[list[Entry]], None]

log: Final = structlog.get_logger()


class Batch:
    """What one `append` wants written, and what it waits for."""

    __slots__ = (
        "anchor",
        "documents",
        "entries",
        "is_acted",
        "is_spooled",
        "is_urgent",
        "on_safe",
        "on_written",
        "put_at",
    )

    def __init__(
        self,
        entries: list[Entry],
        documents: Sequence[StoredDocument],
        on_written: OnWritten | None,
        *,
        is_urgent: bool,
        anchor: Anchor | None = None,
        on_safe: Callable[[], None] | None = None,
    ) -> None:
        self.entries = entries
        self.documents = documents
        self.on_written = on_written
        self.on_safe = on_safe
        self.is_urgent = is_urgent
        self.anchor = anchor
        self.is_acted = False
        self.is_spooled = False
        self.put_at = monotonic()

    def safe(self) -> None:
        """Tell, once, that it outlives this process: the store has it, or the spool."""
        on_safe, self.on_safe = self.on_safe, None
        if on_safe is not None:
            try:
                on_safe()
            except Exception:
                log.exception("what should follow a safe line failed")


class Pending:
    """Batches in order of `append`. Those acted upon unsaved are always the oldest ones."""

    def __init__(self) -> None:
        self.batches: deque[Batch] = deque()
        "Not yet in the store."
        self.waiting: deque[Batch] = deque()
        "Of these, not yet acted upon."
        self.on_latency: Callable[[float], None] | None = None

    def restore(self, entries: Sequence[Entry], documents: Sequence[StoredDocument]) -> Batch:
        """Add what an earlier run acted upon and spooled; before anything else is put."""
        batch = Batch(list(entries), documents, None, is_urgent=True)
        batch.is_acted = batch.is_spooled = True
        self.batches.append(batch)
        return batch

    def put(self, batch: Batch) -> None:
        """Add the newest batch."""
        self.batches.append(batch)
        self.waiting.append(batch)

    def written(self, batches: Sequence[Batch]) -> None:
        """Act upon the oldest batches: the store has them."""
        for batch in batches:
            self.batches.popleft()
            if not batch.is_acted:
                self.waiting.popleft()
                self._act(batch, batch.entries)
            batch.safe()

    def act_unsaved(self, batches: Sequence[Batch]) -> list[Entry]:
        """Act although the store has not got them: the phone outranks the log.

        :param batches: the oldest that wait; those acted upon already are left out.
        :return: the lines acted upon.
        """
        acted: list[Entry] = []
        for batch in batches:
            if not batch.is_acted:
                self.waiting.popleft()
                entries = [entry._replace(is_saved=False) for entry in batch.entries]
                acted += entries
                self._act(batch, entries)
        return acted

    def _act(self, batch: Batch, entries: list[Entry]) -> None:
        batch.is_acted = True
        if self.on_latency is not None:
            self.on_latency(monotonic() - batch.put_at)
        if batch.on_written is not None:
            try:
                batch.on_written(entries)
            except Exception:
                log.exception("what should follow a line failed")

    @property
    def unsaved_lines(self) -> int:
        """Lines acted upon that the store does not have."""
        return sum(len(batch.entries) for batch in self.batches if batch.is_acted)

    def unsaved(self, *, after: int, incident_id: str | None) -> list[Entry]:
        """Return lines acted upon that the store does not have, oldest first."""
        return [
            entry._replace(is_saved=False)
            for batch in list(self.batches)
            if batch.is_acted
            for entry in batch.entries
            if entry.seq > after and incident_id in (None, entry.incident_id)
        ]

    def documents(self, kind: str) -> dict[str, StoredDocument]:
        """Return the latest documents of one kind that the store does not have, by id."""
        return {
            document.id: document
            for batch in list(self.batches)
            for document in batch.documents
            if document.kind == kind
        }
