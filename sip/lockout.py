"""Who guesses passwords gets silence.

Pure. Counts wrong guesses a source and shuts it out when there were too many. Memory is
bounded: when too many sources are known, the one least recently wrong is forgotten.
"""

from collections import OrderedDict, deque
from collections.abc import Hashable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LockoutSettings:
    """How many guesses are too many."""

    guesses: int = 15
    "Wrong guesses within `window_time` after which nothing more is answered."
    window_time: float = 600.0  # seconds
    shut_time: float = 600.0  # seconds of silence
    max_sources: int = 10_000


class _Source:
    __slots__ = ("shut_until", "wrong_at")

    def __init__(self, guesses: int) -> None:
        self.wrong_at: deque[float] = deque(maxlen=guesses)
        self.shut_until = float("-inf")


class Lockout:
    """Remembers the wrong guesses of every source; a source is any hashable value.

    A right password does not clear the count: who owns one account could otherwise guess
    at the others for ever.
    """

    def __init__(self, settings: LockoutSettings | None = None) -> None:
        self._settings = settings or LockoutSettings()
        self._sources: OrderedDict[Hashable, _Source] = OrderedDict()

    def is_shut(self, source: Hashable, now: float) -> bool:
        """Say whether this source is to get no answer at all."""
        known = self._sources.get(source)
        return known is not None and now < known.shut_until

    def guessed_wrong(self, source: Hashable, now: float) -> bool:
        """Count a wrong guess; return whether the source is shut out from now on."""
        settings = self._settings
        known = self._sources.get(source)
        if known is None:
            if len(self._sources) >= settings.max_sources:
                self._sources.popitem(last=False)
            known = self._sources[source] = _Source(settings.guesses)
        self._sources.move_to_end(source)
        known.wrong_at.append(now)
        is_full = len(known.wrong_at) == settings.guesses
        if is_full and now - known.wrong_at[0] <= settings.window_time:
            known.shut_until = now + settings.shut_time
            known.wrong_at.clear()
            return True
        return False

    def __len__(self) -> int:
        """Return how many sources are remembered."""
        return len(self._sources)
