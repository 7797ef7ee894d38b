"""The doors of our ports: what comes from others than a port's known peer, looked at slowly."""

import select
import socket
from collections.abc import Callable
from typing import Final

RECEIVE_SIZE: Final = 2048
_BUDGET: Final = 64
"Packets of strangers looked at in a beat, whatever their number: 0.3 ms at most."

Judge = Callable[[bytes, tuple[str, int], float], None]
"Is given what came, from where, and when."


class Doors:
    """Serves many doors within one budget, each in its turn."""

    def __init__(self) -> None:
        self._poll = select.epoll()
        self._doors: dict[int, tuple[socket.socket, Judge]] = {}

    def open(self, door: socket.socket, judge: Judge) -> None:
        """Let `judge` decide what becomes of strangers' packets."""
        self._doors[door.fileno()] = (door, judge)
        self._poll.register(door.fileno(), select.EPOLLIN)

    def shut(self, door: socket.socket) -> None:
        """Look at this door no more; the kernel drops what comes."""
        self._poll.unregister(door.fileno())
        del self._doors[door.fileno()]

    def serve(self, now: float) -> None:
        """Look at what came; nearly all of it is refused."""
        budget = _BUDGET
        # Each poll names a door once, so that a flood at one leaves the others their turn.
        while budget > 0 and (ready := self._poll.poll(0, budget)):
            budget -= len(ready)
            for number, _ in ready:
                self._serve_one(number, now)

    def _serve_one(self, number: int, now: float) -> None:
        door, judge = self._doors[number]
        try:
            data, source = door.recvfrom(RECEIVE_SIZE)
        except OSError:
            return
        judge(data, (source[0], source[1]), now)

    def close(self) -> None:
        """Let go of all."""
        self._poll.close()
        self._doors.clear()
