"""How much one source may ask of us: a token bucket for each, in bounded memory.

Always per source, never over all of them: a shared limit turns the rightful caller away
together with the flood.
"""

from __future__ import annotations

from collections import OrderedDict


class RateLimit:
    """Lets `rate` requests per second through for each source, `burst` at once."""

    __slots__ = ("_buckets", "_burst", "_max_sources", "_rate")

    def __init__(self, rate: float, burst: float, max_sources: int = 4096) -> None:
        self._rate = rate
        self._burst = max(burst, 1.0)
        self._max_sources = max_sources
        # source -> (requests left, when that was so), the one least recently seen first
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def __len__(self) -> int:
        """Return how many sources are remembered."""
        return len(self._buckets)

    def allows(self, source: str, now: float) -> bool:
        """Count one request of `source`; say whether it is within the limit."""
        left, at = self._buckets.get(source, (self._burst, now))
        left = min(self._burst, left + max(0.0, now - at) * self._rate)
        is_allowed = left >= 1.0
        self._buckets[source] = (left - 1.0 if is_allowed else left, now)
        self._buckets.move_to_end(source)
        if len(self._buckets) > self._max_sources:
            self._buckets.popitem(last=False)
        return is_allowed
