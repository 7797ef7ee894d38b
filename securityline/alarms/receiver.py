"""DC-09 over TCP and UDP: the sockets of the alarm receiver.

Strangers may connect: panels come from anywhere, with changing addresses. So everything that
a peer can make us keep has a limit, and whoever holds places in silence loses them first.
"""

import asyncio
import contextlib
import socket
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from securityline.alarms.dc09 import Settings
from securityline.alarms.dc09_frame import Framer
from securityline.alarms.intake import FaultSeen, Intake, Take
from securityline.alarms.receiver_tcp import PanelConnection
from sip.endpoint import Endpoint
from sip.transport.udp import UdpPort

_BACKLOG: Final = 512
_FRAMES_A_DATAGRAM: Final = 32


@dataclass(frozen=True, slots=True)
class ReceiverLimits:
    """What panels, and those who pretend to be some, may cost us. Times in seconds."""

    most_connections: int = 2_000
    most_from_one_source: int = 200
    "Many panels may share one address: that of their mobile operator."
    frame_time: float = 10.0
    "From the first octet of a frame to its last."
    first_frame_time: float = 20.0
    "From the connection to the first whole frame."
    idle_time: float = 1_800.0
    "Without a frame; a panel that was silent for longer connects again."
    most_unsent: int = 16 * 1024
    "Octets of answers that a panel does not read."
    most_waiting: int = 16
    "Frames of one connection that wait to be stored; the rest stays in the network."
    most_datagrams_waiting: int = 4_096
    most_datagrams_of_one_source: int = 256
    "Beyond these a datagram is dropped unread; its panel will repeat it."


def _ignore(seen: FaultSeen) -> None:
    del seen


class Dc09Receiver:
    """Takes alarms from panels; acknowledges each once it is stored.

    :param take: see `intake.Take`; called in the event loop, and its callback too.
    :param settings: keys and habits of panels; `settings` may be exchanged at any time.
    :param clock: engine time, seconds since 1970.
    :param on_fault: told of every frame that was not taken as it should be.
    """

    def __init__(
        self,
        take: Take,
        settings: Settings,
        *,
        clock: Callable[[], float],
        limits: ReceiverLimits | None = None,
        on_fault: Callable[[FaultSeen], None] = _ignore,
    ) -> None:
        self.intake = Intake(take, settings, clock, on_fault)
        self.clock = clock
        self.limits = limits or ReceiverLimits()
        self.evicted = 0
        "Connections closed for being slow or idle, or to make room."
        self.crowded = 0
        "Times that somebody came and a limit was reached."
        self.dropped = 0
        "Datagrams dropped unread, too many being under way."
        self._loop = asyncio.get_running_loop()
        self._servers: list[asyncio.Server] = []
        self._ports: dict[Endpoint, UdpPort] = {}
        self._open: dict[PanelConnection, None] = {}
        self._unspoken: dict[PanelConnection, None] = {}  # of them, oldest first
        self._from_source: Counter[str] = Counter()
        self._datagrams: Counter[str] = Counter()  # that wait, by source
        self._datagrams_waiting = 0
        self._is_closing = False
        self._sweep = self._loop.call_later(self._sweep_interval(), self._on_sweep)
        self._changed = asyncio.Event()

    def __len__(self) -> int:
        """Return how many connections are open."""
        return len(self._open)

    @property
    def settings(self) -> Settings:
        """What we agreed with the panels."""
        return self.intake.settings

    @settings.setter
    def settings(self, agreed: Settings) -> None:
        self.intake.settings = agreed

    async def listen(self, local: Endpoint) -> Endpoint:
        """Receive at an address; return it with its real port.

        :raises OSError: the address is in use, or not of this machine.
        """
        if local.transport == "udp":
            port = UdpPort(self._on_datagram)
            bound = port.open(local)
            self._ports[bound] = port
            return bound
        sock = _listening_socket(local)
        try:
            server = await self._loop.create_server(
                lambda: PanelConnection(self), sock=sock, backlog=_BACKLOG
            )
        except OSError:
            sock.close()
            raise
        self._servers.append(server)
        host, number = sock.getsockname()[:2]
        return Endpoint("tcp", host, number)

    async def close(self, drain_time: float = 2.0) -> None:
        """Take no more; give what is being stored a moment to be acknowledged; end.

        :param drain_time: seconds, at most.
        """
        self._is_closing = True
        self._sweep.cancel()
        for server in self._servers:
            server.close()
        for connection in list(self._open):
            connection.stop_reading()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(drain_time):
                await self._until(lambda: len(self.intake) == 0)
        for port in self._ports.values():
            port.close()
        for connection in list(self._open):
            connection.close()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(1.0):
                await self._until(lambda: not self._open)
        for connection in list(self._open):
            connection.abort()
        await self._until(lambda: not self._open)
        for server in self._servers:
            await server.wait_closed()

    # ------------------------------------------------------------ called by connections

    def opened(self, connection: PanelConnection) -> bool:
        """Let a new connection in, if need be in another's place; `False`: no more come in."""
        if self._is_closing:
            return False
        host = connection.host
        if self._from_source[host] >= self.limits.most_from_one_source:
            self.crowded += 1
            self._evict_one(host)
        elif len(self._open) >= self.limits.most_connections:
            self.crowded += 1
            self._evict_one(None)
        self._open[connection] = self._unspoken[connection] = None
        self._from_source[host] += 1
        return True

    def spoke(self, connection: PanelConnection) -> None:
        """Note that a frame with something in it came."""
        self._unspoken.pop(connection, None)

    def closed(self, connection: PanelConnection) -> None:
        """Forget a connection."""
        self._unspoken.pop(connection, None)
        if self._open.pop(connection, connection) is None:
            _count_down(self._from_source, connection.host)
            self._changed.set()

    def over(self) -> None:
        """Note that a frame waits no more."""
        self._changed.set()

    # ------------------------------------------------------------ inside

    def _on_datagram(self, data: bytes, source: Endpoint, local: Endpoint) -> None:
        if self._is_closing:
            return
        limits = self.limits
        is_full = self._datagrams_waiting >= limits.most_datagrams_waiting
        if is_full or self._datagrams[source.host] >= limits.most_datagrams_of_one_source:
            self.dropped += 1
            return
        port = self._ports[local]
        for frame in Framer().feed(data)[:_FRAMES_A_DATAGRAM]:
            self._datagrams[source.host] += 1
            self._datagrams_waiting += 1
            is_waiting = self.intake.take(
                frame,
                "dc09:udp",
                source.host,
                lambda octets: port.send(octets, source),
                lambda: self._datagram_over(source.host),
            )
            if not is_waiting:
                self._datagram_over(source.host)

    def _datagram_over(self, host: str) -> None:
        _count_down(self._datagrams, host)
        self._datagrams_waiting -= 1
        self.over()

    async def _until(self, is_so: Callable[[], bool]) -> None:
        while not is_so():
            self._changed.clear()
            await self._changed.wait()

    def _on_sweep(self) -> None:
        now, limits = self.clock(), self.limits
        self._sweep = self._loop.call_later(self._sweep_interval(), self._on_sweep)
        self.intake.give_up(now)
        for connection in list(self._open):
            since = connection.partial_since
            patience = limits.idle_time if connection.has_spoken else limits.first_frame_time
            is_slow = since is not None and now - since >= limits.frame_time
            if is_slow or (not connection.waiting and now - connection.heard_at >= patience):
                self._evict(connection)

    def _sweep_interval(self) -> float:
        limits = self.limits
        return min(
            1.0, limits.frame_time / 4, limits.first_frame_time / 4, limits.idle_time / 4
        )

    def _evict_one(self, host: str | None) -> None:
        """End the connection that has been of no use for longest.

        Newcomers win: an alarm must get in while somebody holds hundreds open in silence.
        """
        silent = (c for c in self._unspoken if host in (None, c.host))
        worst = next(silent, None)
        if worst is None:
            candidates = (c for c in self._open if host in (None, c.host))
            worst = min(candidates, key=lambda c: (bool(c.waiting), c.heard_at))
        self._evict(worst)

    def _evict(self, connection: PanelConnection) -> None:
        self.evicted += 1
        connection.abort()
        self.closed(connection)


def _listening_socket(local: Endpoint) -> socket.socket:
    family = socket.AF_INET6 if ":" in local.host else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        sock.setblocking(False)
        # Lets a restarted engine have its port back while old connections are in TIME_WAIT.
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        sock.bind((local.host, local.port))
    except OSError:
        sock.close()
        raise
    return sock


def _count_down(counter: Counter[str], key: str) -> None:
    counter[key] -= 1
    if not counter[key]:
        del counter[key]
