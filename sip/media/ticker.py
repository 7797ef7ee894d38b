"""One beat of 20 ms for everything that plays. Pure; time comes in.

The beat follows the clock, not the sleeps: a late beat is made up for, so that 50 packets
leave in a second. (`sleep(0.02)` in a loop gave 47.3.)
"""

from typing import Final

TICK_TIME: Final = 0.02
MAX_CATCH_UP: Final = 10
"Beats made up for at once; after a longer stall the rest is dropped, as a burst helps nobody."


class Ticker:
    """Says how many beats are due."""

    __slots__ = ("late_ticks", "next_at")

    def __init__(self, now: float) -> None:
        self.next_at = now + TICK_TIME
        self.late_ticks = 0
        "Beats that came a whole beat late or never."

    def due(self, now: float) -> int:
        """Return how many beats to do now, and count them as done."""
        if now < self.next_at:
            return 0
        count = int((now - self.next_at) / TICK_TIME) + 1
        self.next_at += count * TICK_TIME
        self.late_ticks += count - 1
        return min(count, MAX_CATCH_UP)

    def rest(self, now: float) -> None:
        """Begin anew after a time in which nothing played."""
        self.next_at = now + TICK_TIME
