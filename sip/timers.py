"""Time: the values of RFC 3261 table 4, and one queue for all that is due later.

A busy agent holds tens of thousands of timers, most of which are stopped before they are
due. Stopping only marks the entry (lazy deletion); the queue is rebuilt when more than
half of it is dead, so memory stays proportional to what is alive.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from typing import Final

T1: Final = 0.5
"Round-trip time estimate, seconds."
T2: Final = 4.0
"Longest interval between retransmissions of a non-INVITE request or an INVITE response."
T4: Final = 5.0
"How long a message may stay in the network."
TIMER_B: Final = 64 * T1
"INVITE without any response."
TIMER_D: Final = 64 * T1
"Absorbing repeated refusals of our INVITE, over UDP."
TIMER_F: Final = 64 * T1
"Non-INVITE request without a final response."
TIMER_H: Final = 64 * T1
"How long to wait for an ACK."
TIMER_I: Final = T4
"Absorbing repeated ACKs, over UDP."
TIMER_J: Final = 64 * T1
"Absorbing repeated non-INVITE requests, over UDP."
TIMER_K: Final = T4
"Absorbing repeated responses to a non-INVITE request, over UDP."
TIMER_L: Final = 64 * T1
"Absorbing repeated INVITEs after our 2xx (RFC 6026 section 7.1)."
TIMER_M: Final = 64 * T1
"Taking in repeated and forked 2xx after the first (RFC 6026 section 7.2)."

_COMPACT_ABOVE = 256


class Timer:
    """One thing to do later; handed out by :meth:`TimerQueue.set`."""

    __slots__ = ("_queue", "action", "at")

    def __init__(self, queue: TimerQueue, at: float, action: Callable[[float], None]) -> None:
        self._queue: TimerQueue | None = queue
        self.at = at
        self.action = action

    @property
    def is_running(self) -> bool:
        """Whether it is still going to happen."""
        return self._queue is not None

    def stop(self) -> None:
        """Make sure that it does not happen. Safe to call twice, or after it did."""
        if self._queue is not None:
            self._queue._stopped()
            self._drop()

    def _drop(self) -> None:
        self._queue = None
        self.action = _nothing


def _nothing(_now: float) -> None:
    return


class TimerQueue:
    """Everything that is due later, soonest first."""

    __slots__ = ("_dead", "_heap", "_serial")

    def __init__(self) -> None:
        self._heap: list[tuple[float, int, Timer]] = []
        self._serial = 0  # timers due at the same instant run in the order they were set
        self._dead = 0

    def __len__(self) -> int:
        return len(self._heap) - self._dead

    def set(self, at: float, action: Callable[[float], None]) -> Timer:
        """Have `action` called with the current time once it is `at` or later."""
        timer = Timer(self, at, action)
        self._serial += 1
        heapq.heappush(self._heap, (at, self._serial, timer))
        return timer

    def next(self) -> float | None:
        """Return when the soonest timer is due, or `None` if there is none."""
        heap = self._heap
        while heap and heap[0][2]._queue is None:
            heapq.heappop(heap)
            self._dead -= 1
        return heap[0][0] if heap else None

    def run(self, now: float) -> None:
        """Do all that is due at `now`, also what becomes due while doing it."""
        while (due := self.next()) is not None and due <= now:
            timer = heapq.heappop(self._heap)[2]
            action = timer.action
            timer._drop()
            action(now)

    def _stopped(self) -> None:
        self._dead += 1
        if self._dead > _COMPACT_ABOVE and self._dead * 2 > len(self._heap):
            # The entry being stopped is still marked alive here: it goes at the next turn.
            self._heap = [entry for entry in self._heap if entry[2]._queue is not None]
            heapq.heapify(self._heap)
            self._dead = 1
