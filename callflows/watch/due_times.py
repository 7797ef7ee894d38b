"""The nearest of many times that are moved all the time: a heap that does not grow."""

import heapq
from collections.abc import Iterable
from typing import Final

_SPARE: Final = 64
"Stale entries that are not worth a clean-up."


class DueTimes:
    """A time for each of many keys, and which is next.

    Moving a time to later costs no more than a dictionary's entry: the heap keeps the
    earlier one and finds out when it comes up. So whoever is heard 500 times a second
    leaves one entry, not 500.
    """

    def __init__(self, times: Iterable[tuple[str, float]] = ()) -> None:
        self._times = dict(times)
        self._queued = dict(self._times)
        self._heap = [(at, key) for key, at in self._times.items()]
        heapq.heapify(self._heap)

    def __len__(self) -> int:
        return len(self._times)

    @property
    def size(self) -> int:
        """Entries kept, stale ones included: at most twice the keys, and some."""
        return len(self._heap)

    def set(self, key: str, at: float) -> None:
        """Give a key its time, whatever it had before."""
        self._times[key] = at
        queued = self._queued.get(key)
        if queued is None or at < queued:
            self._queued[key] = at
            heapq.heappush(self._heap, (at, key))
            self._clean()

    def drop(self, key: str) -> None:
        """Forget a key. One that is not there is no error."""
        self._times.pop(key, None)
        self._queued.pop(key, None)
        self._clean()

    def next(self) -> float | None:
        """Return the earliest time, `None` when there is no key."""
        heap = self._heap
        while heap:
            at, key = heap[0]
            if self._queued.get(key) != at:
                heapq.heappop(heap)
                continue
            now_at = self._times[key]
            if now_at == at:
                return at
            self._queued[key] = now_at
            heapq.heapreplace(heap, (now_at, key))
        return None

    def take(self, now: float) -> list[str]:
        """Remove and return the keys whose time has come, the earliest first."""
        taken = []
        while (at := self.next()) is not None and at <= now:
            _, key = heapq.heappop(self._heap)
            del self._times[key], self._queued[key]
            taken.append(key)
        return taken

    def _clean(self) -> None:
        if len(self._heap) > 2 * len(self._times) + _SPARE:
            self._heap = [(at, key) for key, at in self._times.items()]
            self._queued = dict(self._times)
            heapq.heapify(self._heap)
