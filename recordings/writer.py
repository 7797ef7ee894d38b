"""Takes blocks from the media thread to the disk, on a thread of its own.

The media thread only ever puts jobs into a queue. A disk that stalls or fails costs audio in
the file, which is reported, and never audio in the call.
"""

import logging
import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from queue import SimpleQueue
from threading import Thread
from typing import Final, Generic, TypeVar

from recordings.file import NotOurs, RecordingFile
from recordings.model import Ended, Failed, Gap, News, Started
from recordings.wav import Origin

_log = logging.getLogger(__name__)

MAX_UNWRITTEN: Final = 64 * 2**20
"Octets that may wait for a slow disk, in all: 20 s of 200 calls. Later blocks are dropped."
FINISH_TIME: Final = 10.0
"Seconds granted to the disk at the end."

Job = Callable[[], None]


Tag = TypeVar("Tag")
"What a caller tells his recordings apart by; news carry it."


class DiskWriter(Generic[Tag]):
    """One thread, one queue, any number of recordings."""

    def __init__(self, origin_of: Callable[[float | None], Origin]) -> None:
        """Start the thread.

        :param origin_of: tells what a time of the recorder's clock is on the other clocks;
            `None` stands for now.
        """
        self.origin_of = origin_of
        self._jobs: SimpleQueue[Job | None] = SimpleQueue()
        self._news: SimpleQueue[tuple[Tag, News]] = SimpleQueue()
        self._queued = 0
        self._done = 0
        # Each counter is written by one thread only, so their difference needs no lock.
        self._thread = Thread(target=self._run, name="recordings", daemon=True)
        self._thread.start()

    def open(self, tag: Tag, path: Path) -> "FileSink[Tag]":
        """Return where a recording's blocks go; the file is made with the first."""
        return FileSink(self, tag, path)

    @property
    def unwritten_bytes(self) -> int:
        """What waits for the disk."""
        return self._queued - self._done

    def put(self, job: Job, size: int = 0) -> bool:
        """Queue a job that carries `size` octets; `False` when too many wait already."""
        if size and self.unwritten_bytes + size > MAX_UNWRITTEN:
            return False
        self._queued += size
        self._jobs.put(job)
        return True

    def done(self, size: int) -> None:
        """Count octets as dealt with; on the writer's thread."""
        self._done += size

    def tell(self, tag: Tag, news: News) -> None:
        """Leave news for :meth:`take_news`."""
        self._news.put((tag, news))

    def take_news(self) -> list[tuple[Tag, News]]:
        """Return what happened since the last time, in order."""
        news = []
        while not self._news.empty():
            news.append(self._news.get())
        return news

    def finish(self) -> bool:
        """Let the thread end when the queue is empty; `False` when the disk took too long."""
        self._jobs.put(None)
        self._thread.join(FINISH_TIME)
        return not self._thread.is_alive()

    def _run(self) -> None:
        with suppress(AttributeError, OSError):
            # Never real-time, whatever the thread that started us is.
            os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))
        while (job := self._jobs.get()) is not None:
            try:
                job()
            except Exception:
                # A fault of ours in one recording must not end the writing of all.
                _log.exception("a recording's block was lost")


class FileSink(Generic[Tag]):
    """A :class:`recordings.recorder.Sink` whose work is done on the writer's thread."""

    def __init__(self, writer: DiskWriter[Tag], tag: Tag, path: Path) -> None:
        self._writer = writer
        self._tag = tag
        self._file = RecordingFile(path)
        self._origin: Origin | None = None
        self._is_open = False
        self._is_failing = False
        self._is_ours = True

    # ---------------------------------------------------- the media thread

    def begin(self, started_at: float) -> None:
        """Begin at a time of the recorder's clock."""
        origin = self._writer.origin_of(started_at)
        self._writer.put(lambda: self._begin(origin))

    def write(self, position: int, block: bytes) -> None:
        """Queue a block; dropped, and later reported as a gap, when too many wait."""
        self._writer.put(lambda: self._write(position, block), len(block))

    def report(self, gap: Gap) -> None:
        """Queue news of a gap, so that its place counts from the file's beginning."""
        self._writer.put(lambda: self._report(gap))

    def close(self, legs: Mapping[str, Mapping[str, float]]) -> None:
        """Queue the end."""
        self._writer.put(lambda: self._close(legs))

    # ---------------------------------------------------- the writer's thread

    def _tell(self, news: News) -> None:
        self._writer.tell(self._tag, news)

    def _begin(self, origin: Origin) -> None:
        self._origin = origin
        self._attempt(self._ensure_open)

    def _attempt(self, work: Job) -> bool:
        if not self._is_ours:
            return False
        try:
            work()
        except OSError as error:
            if not self._is_failing:
                self._tell(Failed(error.strerror or str(error)))
            self._is_failing = True
            self._is_ours = not isinstance(error, NotOurs)
            return False
        return True

    def _ensure_open(self) -> None:
        if self._is_open:
            return
        is_ending = self._origin is None
        origin = self._origin or self._writer.origin_of(None)
        missing = self._file.open(origin, is_ending=is_ending)
        self._is_open = True
        if missing is None:
            self._tell(Started())
        elif not is_ending:
            at, seconds = missing
            self._tell(_gap(at, seconds, "the media process was restarted"))

    def _write(self, position: int, block: bytes) -> None:
        self._attempt(lambda: self._store(position, block))
        self._writer.done(len(block))

    def _store(self, position: int, block: bytes) -> None:
        self._ensure_open()
        end = self._file.seconds
        filled = self._file.write(position, block)
        if filled:
            cause = "the disk refused" if self._is_failing else "the disk was too slow"
            self._tell(_gap(end, filled, cause))
        self._is_failing = False

    def _report(self, gap: Gap) -> None:
        at = round(self._file.place(0) + gap.at, 3)
        self._tell(Gap(gap.side, at, gap.seconds, gap.cause))

    def _close(self, legs: Mapping[str, Mapping[str, float]]) -> None:
        self._attempt(lambda: self._complete(legs))
        self._file.shut()

    def _complete(self, legs: Mapping[str, Mapping[str, float]]) -> None:
        self._ensure_open()
        digest = self._file.close()
        self._tell(Ended(round(self._file.seconds, 3), digest, legs))


def _gap(at: float, seconds: float, cause: str) -> Gap:
    return Gap("both", round(at, 3), round(seconds, 3), cause)
