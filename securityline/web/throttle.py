"""Limits on what one stranger, one account or one screen may ask for.

A bucket holds `burst` tokens and gains `rate` a second. Time comes in as an argument.
"""

from collections import OrderedDict
from typing import Final

MOST_BUCKETS: Final = 4096
"Addresses or accounts remembered; the one seen longest ago goes first."


class Bucket:
    """Tokens that come back with time."""

    __slots__ = ("_at", "_left", "_rate", "burst")

    def __init__(self, rate: float, burst: float, now: float) -> None:
        self._rate = rate
        self.burst = burst
        self._left = burst
        self._at = now

    def take(self, now: float) -> bool:
        """Take one token; false when there is none."""
        self._fill(now)
        if self._left < 1:
            return False
        self._left -= 1
        return True

    def give_back(self) -> None:
        """Take a token back that was not needed."""
        self._left = min(self.burst, self._left + 1)

    def wait_time(self, now: float) -> float:
        """Seconds until there is a token."""
        self._fill(now)
        return max(0.0, (1 - self._left) / self._rate)

    def _fill(self, now: float) -> None:
        self._left = min(self.burst, self._left + max(0.0, now - self._at) * self._rate)
        self._at = max(self._at, now)


class Throttle:
    """One bucket a key, bounded in number."""

    def __init__(self, rate: float, burst: float) -> None:
        self._rate = rate
        self._burst = burst
        self._buckets: OrderedDict[str, Bucket] = OrderedDict()

    def take(self, key: str, now: float) -> bool:
        """Take a token of this key; false when it has none left."""
        return self._bucket(key, now).take(now)

    def wait_time(self, key: str, now: float) -> float:
        """Seconds until this key has a token; 0 when it has."""
        bucket = self._buckets.get(key)
        return bucket.wait_time(now) if bucket else 0.0

    def give_back(self, key: str) -> None:
        """Give a token back that was not needed."""
        if (bucket := self._buckets.get(key)) is not None:
            bucket.give_back()

    def forgive(self, key: str) -> None:
        """Forget what this key used up."""
        self._buckets.pop(key, None)

    def _bucket(self, key: str, now: float) -> Bucket:
        bucket = self._buckets.get(key)
        if bucket is None:
            bucket = self._buckets[key] = Bucket(self._rate, self._burst, now)
            if len(self._buckets) > MOST_BUCKETS:
                self._buckets.popitem(last=False)
        else:
            self._buckets.move_to_end(key)
        return bucket
