"""Engine time: the wall clock read once, then a clock that nobody can set."""

import time
from collections.abc import Callable
from typing import Final

JUMP_TIME: Final = 0.5
"Seconds by which the wall clock must move against engine time to count as set by someone."


class Clock:
    """Seconds since 1970 as they would be, had nobody touched the wall clock.

    Timers and flows use engine time only, so that a wall clock set forward or back by hours
    changes no deadline. It never runs backwards, not even over a restart.

    :param at_least: latest engine time of the run before; see `Logbook.last_now`.
    """

    def __init__(
        self,
        *,
        at_least: float = 0.0,
        wall: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._wall = wall
        self._monotonic = monotonic
        self._start = max(wall(), at_least) - monotonic()
        self._offset = self.offset()

    def __call__(self) -> float:
        """Return the engine time, seconds."""
        return self._start + self._monotonic()

    def offset(self) -> float:
        """Return by how many seconds the wall clock is ahead of engine time."""
        return self._wall() - self()

    def jump(self) -> float:
        """Return by how many seconds the wall clock was set since last asked, or 0.

        To be asked every few seconds: what accumulates more slowly than `JUMP_TIME` from
        one question to the next is drift, and not reported.
        """
        offset = self.offset()
        moved = offset - self._offset
        self._offset = offset
        return moved if abs(moved) >= JUMP_TIME else 0.0
