"""All TCP connections of one user agent: accepted, opened on demand, limited, reused."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from sip.endpoint import Endpoint
from sip.transport.tcp_connection import PING, TcpConnection

_BACKLOG: Final = 512


@dataclass(frozen=True, slots=True)
class TcpLimits:
    """What a stranger may cost us. All times in seconds."""

    most_connections: int = 2_000
    most_from_one_source: int = 200
    message_time: float = 10.0
    "From the first octet of a message to its last."
    idle_time: float = 30.0
    "Without a whole message, for strangers; trunks and registered phones may be silent."
    connect_time: float = 3.0
    "To open a connection; the next trunk must ring within 4 s."
    most_queued: int = 256 * 1024
    "Octets waiting for one connection, or for one that is being opened."
    keep_alive_time: float = 60.0
    "Silence after which we send CRLF CRLF to a trunk or phone, to keep NATs open."


class TcpConnections:
    """Every TCP connection, by the address of the far end.

    The owner calls :meth:`sweep` at :meth:`next_sweep`. `on_message` gets `(data, source,
    local)`; `on_lost` gets the far end of a connection that ended or could not be opened.
    `is_known` says whether an address is a trunk or a registered phone: such a connection
    is never closed for being idle, nor to make room.
    """

    def __init__(
        self,
        *,
        clock: Callable[[], float],
        on_message: Callable[[bytes, Endpoint, Endpoint], None],
        on_lost: Callable[[Endpoint], None],
        on_timer_change: Callable[[], None],
        is_known: Callable[[Endpoint], bool],
        limits: TcpLimits,
    ) -> None:
        self.clock = clock
        self.on_message = on_message
        self.limits = limits
        self.loop = asyncio.get_running_loop()
        self._on_lost = on_lost
        self._on_timer_change = on_timer_change
        self._is_known = is_known
        self._servers: list[asyncio.Server] = []
        self._open: dict[Endpoint, TcpConnection] = {}
        self._unspoken: dict[TcpConnection, None] = {}  # accepted, oldest first
        self._from_source: Counter[str] = Counter()
        self._queued: dict[Endpoint, list[bytes]] = {}  # for connections being opened
        self._opening: set[asyncio.Task[None]] = set()
        self._next_sweep: float | None = None
        self._is_closing = False
        self._alive: set[TcpConnection] = set()  # with an open socket, also refused ones
        self._none_alive = asyncio.Event()
        self.malformed = 0
        "Connections closed because their stream could not be cut into messages."
        self.evicted = 0
        "Connections closed to make room, or for being slow or idle."
        self.crowded = 0
        "Times that somebody came and a limit was reached."

    def __len__(self) -> int:
        """Return how many connections are open."""
        return len(self._open)

    async def listen(self, local: Endpoint) -> Endpoint:
        """Accept connections on an address; return it with its real port.

        :raises OSError: the address is in use, or not of this machine.
        """
        family = socket.AF_INET6 if ":" in local.host else socket.AF_INET
        sock = socket.socket(family, socket.SOCK_STREAM)
        try:
            sock.setblocking(False)
            # For TCP this does not share the port; it lets a restarted engine have its
            # port back while old connections are still in TIME_WAIT.
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            sock.bind((local.host, local.port))
            host, port = sock.getsockname()[:2]
            server = await self.loop.create_server(
                lambda: TcpConnection(self), sock=sock, backlog=_BACKLOG
            )
        except OSError:
            sock.close()
            raise
        self._servers.append(server)
        return Endpoint("tcp", host, port)

    def has(self, remote: Endpoint) -> bool:
        """Say whether a connection to this address is open."""
        return remote in self._open

    def send(self, data: bytes, destination: Endpoint) -> None:
        """Send over the connection with this far end; open one if there is none.

        A failure, now or later, is told by `on_lost`.
        """
        if self._is_closing:
            return
        connection = self._open.get(destination)
        if connection is not None and not connection.is_open:
            self.lost(connection)
            connection = None
        if connection is not None:
            connection.send(data)  # a failure aborts it, and `lost` follows
        elif (queued := self._queued.get(destination)) is not None:
            if sum(map(len, queued)) + len(data) <= self.limits.most_queued:
                queued.append(data)
        else:
            self._queued[destination] = [data]
            task = self.loop.create_task(self._connect(destination))
            self._opening.add(task)
            task.add_done_callback(self._opening.discard)

    def next_sweep(self) -> float | None:
        """Return when to call :meth:`sweep`, in the owner's time."""
        return self._next_sweep

    def sweep(self, now: float) -> None:
        """Close what is slow or idle; keep alive what must stay."""
        limits = self.limits
        for connection in list(self._open.values()):
            partial_since = connection.partial_since
            if partial_since is not None and now - partial_since >= limits.message_time:
                self._evict(connection)
            elif self._is_known(connection.remote) or connection.is_outgoing:
                if now - connection.active_at >= limits.keep_alive_time:
                    connection.send(PING)
            elif now - connection.heard_at >= limits.idle_time:
                self._evict(connection)
        self._next_sweep = now + self._sweep_interval() if self._open else None

    async def close(self, flush_time: float = 1.0) -> None:
        """Stop listening and end every connection, giving octets queued a moment to go."""
        self._is_closing = True
        for server in self._servers:
            server.close()
        for task in self._opening:
            task.cancel()
        await asyncio.gather(*self._opening, return_exceptions=True)
        for connection in list(self._alive):
            connection.close()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(flush_time):
                await self._until_none_alive()
        for connection in list(self._alive):
            connection.close(is_flushing=False)
        await self._until_none_alive()
        for server in self._servers:
            await server.wait_closed()
        self._servers.clear()

    def made(self, connection: TcpConnection) -> None:
        """Count a socket that is open. Called by the connection."""
        self._alive.add(connection)

    def gone(self, connection: TcpConnection) -> None:
        """Forget a connection whose socket is closed. Called by the connection."""
        self._alive.discard(connection)
        if not self._alive:
            self._none_alive.set()
        self.lost(connection)

    def opened(self, connection: TcpConnection) -> None:
        """Take a new connection in, or refuse it. Called by the connection."""
        remote = connection.remote
        if self._is_closing:
            connection.close(is_flushing=False)
            return
        if remote in self._open:  # the same far end at another port of ours
            self._evict(self._open[remote])
        if not connection.is_outgoing and not self._make_room(remote.host):
            connection.close(is_flushing=False)
            return
        self._open[remote] = connection
        if connection.is_outgoing:
            for data in self._queued.pop(remote, ()):
                connection.send(data)
        else:
            self._from_source[remote.host] += 1
            self._unspoken[connection] = None
        if self._next_sweep is None:
            self._next_sweep = self.clock() + self._sweep_interval()
            self._on_timer_change()

    def spoke(self, connection: TcpConnection) -> None:
        """Note that a whole message came. Called by the connection."""
        self._unspoken.pop(connection, None)

    def lost(self, connection: TcpConnection) -> None:
        """Use a connection no more, and say so. A second call does nothing."""
        remote = connection.remote
        self._unspoken.pop(connection, None)
        if self._open.get(remote) is connection:
            del self._open[remote]
            if not connection.is_outgoing:
                self._from_source[remote.host] -= 1
                if not self._from_source[remote.host]:
                    del self._from_source[remote.host]
        elif not connection.is_outgoing or self._queued.pop(remote, None) is None:
            return  # refused, or forgotten before
        if not self._is_closing:
            self._on_lost(remote)

    async def _until_none_alive(self) -> None:
        while self._alive:
            self._none_alive.clear()
            await self._none_alive.wait()

    async def _connect(self, destination: Endpoint) -> None:
        try:
            async with asyncio.timeout(self.limits.connect_time):
                await self.loop.create_connection(
                    lambda: TcpConnection(self, destination), destination.host, destination.port
                )
        except (OSError, OverflowError, ValueError):  # TimeoutError is an OSError
            if self._queued.pop(destination, None) is not None:
                self._on_lost(destination)

    def _make_room(self, host: str) -> bool:
        """Close a less deserving connection if a limit is reached; `False`: none is."""
        if self._from_source[host] >= self.limits.most_from_one_source:
            self.crowded += 1
            return self._evict_one(host)
        if len(self._open) >= self.limits.most_connections:
            self.crowded += 1
            return self._evict_one(None)
        return True

    def _evict_one(self, host: str | None) -> bool:
        """End the stranger's connection that has been of no use for longest.

        Newcomers win: a caller must get in while somebody holds hundreds open in silence.
        """
        for connection in self._unspoken:
            if host in (None, connection.remote.host) and self._is_evictable(connection):
                self._evict(connection)
                return True
        strangers = [
            connection
            for connection in self._open.values()
            if host in (None, connection.remote.host) and self._is_evictable(connection)
        ]
        if not strangers:
            return False
        self._evict(min(strangers, key=lambda connection: connection.heard_at))
        return True

    def _is_evictable(self, connection: TcpConnection) -> bool:
        return not connection.is_outgoing and not self._is_known(connection.remote)

    def _evict(self, connection: TcpConnection) -> None:
        self.evicted += 1
        connection.close(is_flushing=False)
        self.lost(connection)

    def _sweep_interval(self) -> float:
        return min(1.0, self.limits.message_time / 4, self.limits.idle_time / 4)
