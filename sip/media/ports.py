"""RTP ports, bound ahead of need, so that giving one to a call can neither fail nor wait.

Each bound socket is a door: it takes what comes from anybody. A leg's audio goes through a
second socket on the same port, connected to its peer, which the kernel prefers for his
packets; so strangers' packets reach only the door, where they are counted, at leisure.
"""

import socket
from collections import deque
from collections.abc import Iterator
from typing import Final

REST_TIME: Final = 5.0
"Seconds before a released port is given out again: packets of the old call run dry."
_MAX_REFUSED: Final = 64
_MAX_DRAINED: Final = 512
_DOOR_BUFFER: Final = 16_384
_EXPEDITED: Final = 0xB8
"DSCP EF, what telephones and routers expect of voice (RFC 3246)."


def family_of(address: str) -> socket.AddressFamily:
    """Return the family of an IP address in text."""
    return socket.AF_INET6 if ":" in address else socket.AF_INET


class PortPool:
    """Even ports of one address: ready, taken or resting."""

    def __init__(self, address: str, low: int, high: int, ready_count: int) -> None:
        self.address = address
        self._low = low + low % 2
        self._high = high
        self._ready_count = ready_count
        self._doors: dict[int, socket.socket] = {}
        self._ready: set[int] = set()
        self._taken: set[int] = set()
        self._resting: deque[tuple[float, int]] = deque()
        self._candidates = self._even_ports()

    def _even_ports(self) -> Iterator[int]:
        while True:
            yield from range(self._low, self._high + 1, 2)

    @property
    def ready(self) -> list[int]:
        """The ports that may be taken now."""
        return sorted(self._ready)

    @property
    def is_short(self) -> bool:
        """Whether fewer than half of the ports that should be ready are."""
        return len(self._ready) < self._ready_count // 2

    @property
    def taken(self) -> frozenset[int]:
        """The ports that are in somebody's hands."""
        return frozenset(self._taken)

    def top_up(self, most_refused: int = _MAX_REFUSED) -> list[int]:
        """Bind ports until enough are ready; return the new ones.

        :param most_refused: ports of other programs met before it is left for another time.
        """
        new: list[int] = []
        refused = 0
        tries = (self._high - self._low) // 2 + 1
        while len(self._ready) < self._ready_count and tries and refused < most_refused:
            tries -= 1
            port = next(self._candidates)
            if port in self._doors:
                continue
            try:
                self._bind(port)
            except OSError:
                refused += 1
                continue
            self._ready.add(port)
            new.append(port)
        return new

    def _bind(self, port: int) -> socket.socket:
        door = socket.socket(family_of(self.address), socket.SOCK_DGRAM)
        try:
            door.setblocking(False)
            door.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _DOOR_BUFFER)
            door.bind((self.address, port))
        except (OSError, OverflowError):
            door.close()
            raise
        self._doors[port] = door
        return door

    def take(self, port: int) -> socket.socket:
        """Give a port out, bound here already or not; return its door.

        :raises OSError: another program has it.
        :raises OverflowError: there is no such port.
        """
        door = self._doors.get(port) or self._bind(port)
        if port not in self._taken:
            self._ready.discard(port)
            self._taken.add(port)
            drain(door)
        return door

    def door(self, port: int) -> socket.socket:
        """Return the door of a port that was taken."""
        return self._doors[port]

    def release(self, port: int, now: float) -> None:
        """Take a port back; it rests for :data:`REST_TIME`."""
        if port in self._taken:
            self._taken.discard(port)
            self._resting.append((now + REST_TIME, port))

    def wake(self, now: float) -> list[int]:
        """Return the ports that have rested enough; they are ready again."""
        rested = []
        while self._resting and self._resting[0][0] <= now:
            _, port = self._resting.popleft()
            if port not in self._taken:
                drain(self._doors[port])
                self._ready.add(port)
                rested.append(port)
        return rested

    def connect(self, port: int, peer: tuple[str, int]) -> socket.socket:
        """Return a second socket on a taken port, which hears nobody but `peer`.

        The port is shared for an instant only: `SO_REUSEPORT` is taken back at once, so that
        no other program can bind it too.

        :raises OSError: `peer` is no address that packets can be sent to.
        """
        door = self._doors[port]
        # A name instead of an address would be looked up, and everybody's audio would wait.
        socket.inet_pton(door.family, peer[0])
        line = socket.socket(door.family, socket.SOCK_DGRAM)
        try:
            line.setblocking(False)
            for each in (door, line):
                each.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            line.bind((self.address, port))
            line.connect(peer)
            if line.family == socket.AF_INET:
                line.setsockopt(socket.IPPROTO_IP, socket.IP_TOS, _EXPEDITED)
        except (OSError, OverflowError):
            line.close()
            raise
        finally:
            door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 0)
        line.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 0)
        # Between bind and connect anybody's packet may have come in.
        drain(line)
        return line

    def close(self) -> None:
        """Unbind everything."""
        for door in self._doors.values():
            door.close()
        self._doors.clear()


def drain(door: socket.socket) -> None:
    """Throw away what has arrived already, in bounded time."""
    for _ in range(_MAX_DRAINED):
        try:
            door.recv(1)
        except BlockingIOError:
            return
        except OSError:
            # An ICMP error of an earlier packet; the queue may hold more.
            continue
