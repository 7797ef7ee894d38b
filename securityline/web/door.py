"""How many connections the desk and the API keep, and how long a silent one may stay.

aiohttp limits neither. Without a limit whoever sends nothing, or half a request, holds a
file of the engine for as long as he likes; at the last one the telephone gets none either.
"""

import asyncio
from collections import Counter
from dataclasses import dataclass
from typing import Protocol

__all__ = ["Door", "DoorLimits", "Guest"]


@dataclass(frozen=True, slots=True)
class DoorLimits:
    """What a stranger may cost us. Times in seconds."""

    most_connections: int = 1_000
    most_from_one_address: int = 500
    "Behind a proxy every operator comes from one address."
    request_time: float = 10.0
    "To the first request, and from the first octet of one to the last of its body."
    idle_time: float = 75.0
    "Between two requests; nginx keeps its own side for 60 s, and thus closes first."


class Guest(Protocol):
    """One connection, as the door sees it. Times are the loop's."""

    address: str
    has_asked: bool
    "A whole request has come."
    heard_at: float
    "When it was made, the newest request was whole, or the far end began to read nothing."
    partial_since: float | None
    "When the first octet of the request that is now half here came."

    @property
    def is_busy(self) -> bool:
        """Whether it is being answered, or is a live desk."""

    def drop(self) -> None:
        """End it at once."""


class Door:
    """Every connection that is open; closes those that are slow, idle or too many."""

    def __init__(self, limits: DoorLimits | None = None) -> None:
        self.limits = limits or DoorLimits()
        self._open: dict[Guest, None] = {}
        self._from: Counter[str] = Counter()
        self._timer: asyncio.TimerHandle | None = None
        self.crowded = 0
        "Times that somebody came and a limit was reached."
        self.late = 0
        "Connections closed for being slow or idle."

    def __len__(self) -> int:
        """Return how many connections are open."""
        return len(self._open)

    def come(self, guest: Guest) -> None:
        """Let somebody in; when it is full somebody else goes, or he does."""
        if self._from[guest.address] >= self.limits.most_from_one_address:
            is_room = self._make_room(guest.address)
        elif len(self._open) >= self.limits.most_connections:
            is_room = self._make_room(None)
        else:
            is_room = True
        if not is_room:
            guest.drop()
            return
        self._open[guest] = None
        self._from[guest.address] += 1
        if self._timer is None:
            self._wait()

    def go(self, guest: Guest) -> None:
        """Forget a connection that ended. A second call does nothing."""
        if guest in self._open:
            del self._open[guest]
            self._from[guest.address] -= 1
            if not self._from[guest.address]:
                del self._from[guest.address]

    def sweep(self) -> None:
        """Close what was slow or idle for too long, and look again soon."""
        now, limits = asyncio.get_running_loop().time(), self.limits
        for guest in list(self._open):
            if guest.partial_since is not None:
                is_late = now - guest.partial_since >= limits.request_time
            else:
                longest = limits.idle_time if guest.has_asked else limits.request_time
                is_late = not guest.is_busy and now - guest.heard_at >= longest
            if is_late:
                self.late += 1
                self._end(guest)
        self._timer = None
        if self._open:
            self._wait()

    def _wait(self) -> None:
        pause = min(1.0, self.limits.request_time / 4, self.limits.idle_time / 4)
        self._timer = asyncio.get_running_loop().call_later(pause, self.sweep)

    def _make_room(self, address: str | None) -> bool:
        """End the connection that has been of no use for longest; `False`: all are in use.

        Newcomers win: an operator must get in while somebody holds hundreds in silence.
        """
        self.crowded += 1
        idle = []
        for guest in self._open:
            if address not in (None, guest.address) or guest.is_busy:
                continue
            if not guest.has_asked:
                self._end(guest)
                return True
            idle.append(guest)
        if not idle:
            return False
        self._end(min(idle, key=lambda guest: guest.heard_at))
        return True

    def _end(self, guest: Guest) -> None:
        self.go(guest)
        guest.drop()
