"""The one exception to "log before act": a store that is silent for 200 ms, or fails.

The engine then acts, the lines go to the spool, people see NOT SAVED, and when the store
is back the lines are in it in order, and marked `WrittenLate`.
"""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from time import monotonic
from typing import Final

import structlog

from securityline.logbook.entry import Line
from securityline.logbook.lateness import Lateness
from securityline.logbook.pending import Batch, Pending
from securityline.logbook.spool import Spool, Spooled

SPOOL_TIME: Final = 0.1
"Seconds more that the spool has to say the lines are safe there."
LAST_TIME: Final = 2.0
"Seconds that the spool has for what is left when the engine stops."

log = structlog.get_logger()


class SilenceRule:
    """Watch the oldest line that nobody has acted upon.

    :param silence_time: seconds that the store has.
    :param lateness: what an earlier run left in the spool.
    :param is_back: told of the marks to write once the store has everything again, and
        given what to call when they are durable.
    """

    def __init__(
        self,
        pending: Pending,
        spool: Spool,
        *,
        silence_time: float,
        lateness: Lateness | None,
        is_back: Callable[[Sequence[Line], Callable[[], None]], None],
    ) -> None:
        self._pending = pending
        self._spool = spool
        self._silence_time = silence_time
        self._is_back = is_back
        self._loop: asyncio.AbstractEventLoop | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._spooler = ThreadPoolExecutor(1, thread_name_prefix="logbook-spool")
        self._lateness = lateness
        self._spool_fault = ""

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """Begin to watch."""
        self._loop = loop
        if self._pending.waiting:
            self._watch(self._silence_time)

    def stop(self) -> None:
        """Spool what the store has not taken, and end."""
        self._loop = None
        if self._timer is not None:
            self._timer.cancel()
        unsafe = [batch for batch in self._pending.batches if not batch.is_spooled]
        if unsafe:
            self._spool_last(unsafe)
        self._spooler.shutdown(wait=False)

    def _spool_last(self, batches: list[Batch]) -> None:
        """Write on the spool's own thread: it may be in the middle of a record."""
        try:
            self._spooler.submit(self._spool.write, _records(batches)).result(LAST_TIME)
        except (OSError, TimeoutError) as error:
            lines = sum(len(batch.entries) for batch in batches)
            log.critical("lines lost", reason=str(error) or "the spool is silent", lines=lines)
        self._spooler.submit(self._spool.close)

    def put(self, batch: Batch) -> None:
        """Take note of a batch that was just queued for the store."""
        if self._lateness is not None:
            self._send_to_spool([batch])
        elif self._timer is None:
            self._watch(self._silence_time)

    def store_failed(self, reason: str) -> None:
        """Do not wait any longer: the store said that it cannot write."""
        if self._pending.batches:
            self._begin(reason)

    def store_wrote(self) -> None:
        """End the exception, when the store has every line that was acted upon."""
        batches = self._pending.batches
        lateness = self._lateness
        if lateness is None or (batches and batches[0].is_acted):
            return
        self._lateness = None
        log.warning("logbook saved again", reason=lateness.reason, late_lines=lateness.lines)
        self._is_back(lateness.marks(monotonic()), self._forget_spool)

    def problems(self) -> Iterator[str]:
        """Say what is wrong, for people."""
        if self._lateness is not None:
            yield f"the logbook is not saved: {self._lateness.reason}"
            if self._spool_fault:
                yield f"nor is the spool: {self._spool_fault}"

    @property
    def is_late(self) -> bool:
        """Whether lines are acted upon before the store has them."""
        return self._lateness is not None

    # ------------------------------------------------------------ inside

    def _watch(self, delay: float) -> None:
        if self._loop is not None:
            self._timer = self._loop.call_later(delay, self._check)

    def _check(self) -> None:
        self._timer = None
        waiting = self._pending.waiting
        if not waiting:
            return
        age = monotonic() - waiting[0].put_at
        if self._lateness is None and age >= self._silence_time:
            self._begin(f"silent for {age * 1000:.0f} ms")
        limit = self._silence_time + (SPOOL_TIME if self._lateness else 0.0)
        if self._lateness is not None and age >= limit:
            newest = monotonic() - limit
            self._act_unsaved([batch for batch in waiting if batch.put_at <= newest])
        if waiting and self._timer is None:
            age = monotonic() - waiting[0].put_at
            self._watch(max(limit - age, 0.005))

    def _begin(self, reason: str) -> None:
        if self._lateness is not None:
            self._lateness.reason = reason
            return
        batches = list(self._pending.batches)
        log.error("logbook not saved", reason=reason, batches=len(batches))
        self._lateness = Lateness(batches[0].put_at, reason)
        self._send_to_spool(batches)

    def _send_to_spool(self, batches: list[Batch]) -> None:
        if self._loop is None:
            return
        done = self._spooler.submit(self._spool.write, _records(batches))
        done.add_done_callback(partial(self._report, self._loop, batches))
        if self._timer is None:
            self._watch(SPOOL_TIME)

    def _report(
        self, loop: asyncio.AbstractEventLoop, batches: list[Batch], future: Future[None]
    ) -> None:
        with suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(self._spooled, batches, future)

    def _spooled(self, batches: list[Batch], future: Future[None]) -> None:
        error = future.exception()
        self._spool_fault = str(error) if error else ""
        for batch in batches:
            batch.is_spooled = error is None
        self._act_unsaved(batches)
        for batch in batches:
            if batch.is_spooled:
                batch.safe()

    def _act_unsaved(self, batches: list[Batch]) -> None:
        lateness = self._lateness
        for batch in batches:
            if not batch.is_acted and lateness is not None:
                lateness.add(batch.entries)
        self._pending.act_unsaved(batches)

    def _forget_spool(self) -> None:
        if self._lateness is None and self._loop is not None:
            self._spooler.submit(self._spool.clear)


def _records(batches: Sequence[Batch]) -> list[Spooled]:
    return [Spooled(batch.entries, batch.documents) for batch in batches]
