"""One TCP connection that carries SIP: octets in, whole messages out (RFC 3261 18.3)."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections import deque
from typing import TYPE_CHECKING, Final, cast

from sip.endpoint import Endpoint
from sip.errors import ParseError
from sip.framing import StreamFramer

if TYPE_CHECKING:
    from sip.transport.tcp import TcpConnections

MESSAGES_A_TURN: Final = 32
"Messages taken from one connection before the others get their turn."
PING: Final = b"\r\n\r\n"
PONG: Final = b"\r\n"

_DEAD_PEER: Final = 20_000  # milliseconds until unacknowledged octets end the connection


class TcpConnection(asyncio.Protocol):
    """One connection, accepted or opened by us.

    Read the public attributes from outside, change nothing.
    """

    def __init__(self, owner: TcpConnections, remote: Endpoint | None = None) -> None:
        self._owner = owner
        self._framer = StreamFramer()
        self._transport: asyncio.Transport | None = None
        self._unread: deque[bytes] = deque()
        self._is_paused = False
        self.is_outgoing = remote is not None
        self.is_open = False
        self.remote = remote or Endpoint("tcp", "", 0)
        self.local = Endpoint("tcp", "", 0)
        self.has_spoken = False
        "A whole message has come in."
        self.partial_since: float | None = None
        "When the first octet of the message now half here arrived."
        self.heard_at = 0.0
        "Last whole message in; before the first, when the connection was made."
        self.active_at = 0.0
        "Last octets in or out, keep-alives too."

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Prepare the socket and report to the owner, who may refuse."""
        self._transport = cast("asyncio.Transport", transport)
        self._owner.made(self)
        _keep_watch(transport.get_extra_info("socket"))
        name, peer = transport.get_extra_info("sockname"), transport.get_extra_info("peername")
        if not name or not peer:  # gone before we looked
            self._transport.abort()
            return
        self.is_open = True
        self.local = Endpoint("tcp", name[0], name[1])
        if not self.is_outgoing:
            self.remote = Endpoint("tcp", peer[0], peer[1])
        self.heard_at = self.active_at = self._owner.clock()
        self._owner.opened(self)

    def connection_lost(self, error: Exception | None) -> None:
        """Report to the owner."""
        self.is_open = False
        self._unread.clear()
        self._owner.gone(self)

    def eof_received(self) -> None:
        """Take the far end's goodbye; what we still owe it is sent, then it is over."""
        self.is_open = False

    def data_received(self, data: bytes) -> None:
        """Cut the stream into messages and pass them on, a bounded number a turn."""
        now = self.active_at = self._owner.clock()
        try:
            messages = self._framer.feed(data)
        except ParseError:
            # Where the next message begins can no longer be known (RFC 4475 3.3.9).
            self._owner.malformed += 1
            self.close(is_flushing=False)
            return
        self._answer_pings()
        if self._framer.is_between_messages:
            self.partial_since = None
        elif messages or self.partial_since is None:
            self.partial_since = now
        if messages:
            self.heard_at = now
            if not self.has_spoken:
                self.has_spoken = True
                self._owner.spoke(self)
            self._unread.extend(messages)
            if not self._is_paused:
                self._pass_on()

    def send(self, data: bytes) -> bool:
        """Queue octets; `False` and an aborted connection if the peer does not read."""
        transport = self._transport
        if transport is None or not self.is_open:
            return False
        if transport.get_write_buffer_size() + len(data) > self._owner.limits.most_queued:
            self.close(is_flushing=False)
            return False
        transport.write(data)
        self.active_at = self._owner.clock()
        return True

    def close(self, *, is_flushing: bool = True) -> None:
        """End the connection, after or without sending what is queued."""
        self.is_open = False
        self._unread.clear()
        if self._transport is not None:
            if is_flushing:
                self._transport.close()
            else:
                self._transport.abort()

    def _answer_pings(self) -> None:
        """Answer each CRLF CRLF with CRLF (RFC 5626 section 3.5.1), once for many."""
        if self._framer.pongs:
            self._framer.pongs = 0
            self.send(PONG)

    def _pass_on(self) -> None:
        for _ in range(MESSAGES_A_TURN):
            if not self._unread:
                break
            self._owner.on_message(self._unread.popleft(), self.remote, self.local)
        transport = self._transport
        if transport is None or not self.is_open:
            return
        if self._unread:
            if not self._is_paused:
                self._is_paused = True
                transport.pause_reading()
            self._owner.loop.call_soon(self._pass_on)
        elif self._is_paused:
            self._is_paused = False
            transport.resume_reading()


def _keep_watch(sock: socket.socket) -> None:
    """Have the kernel notice a peer that vanished, idle or with octets unacknowledged."""
    options = [(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)]
    for name, value in (
        ("TCP_KEEPIDLE", 30),
        ("TCP_KEEPINTVL", 10),
        ("TCP_KEEPCNT", 3),
        ("TCP_USER_TIMEOUT", _DEAD_PEER),
    ):
        if hasattr(socket, name):
            options.append((socket.IPPROTO_TCP, getattr(socket, name), value))
    for option in options:
        with contextlib.suppress(OSError):
            sock.setsockopt(*option)
