"""One UDP port: an exclusive socket, drained in batches.

No asyncio protocol: a datagram endpoint takes one datagram a wake-up from the loop, and a
burst of INVITEs then waits behind every other callback.
"""

import asyncio
import contextlib
import errno
import socket
import time
from collections import deque
from collections.abc import Callable
from typing import Final

from sip.endpoint import Endpoint

RECEIVE_BUFFER: Final = 4 * 1024 * 1024
"Octets asked of the kernel: three seconds of 1,000 calls a second while the loop is busy."
BATCH: Final = 64
"Most datagrams taken before the loop sees to its other work."
BATCH_TIME: Final = 0.005
"Seconds after which a batch ends even if more datagrams wait."
LARGEST_DATAGRAM: Final = 65_535
MOST_WAITING: Final = 1_000
"Packets kept while the socket is full; beyond it they are dropped, as a network would."

_SO_RCVBUFFORCE: Final = 33  # Linux; passes net.core.rmem_max, needs CAP_NET_ADMIN


class UdpPort:
    """A bound UDP socket.

    :param on_datagram: gets `(data, source, local)` of everything but keep-alives.
    """

    def __init__(self, on_datagram: Callable[[bytes, Endpoint, Endpoint], None]) -> None:
        self._on_datagram = on_datagram
        self._loop = asyncio.get_running_loop()
        self._socket: socket.socket | None = None
        self._waiting: deque[tuple[bytes, tuple[str, int]]] = deque()
        self.local = Endpoint("udp", "", 0)
        self.family = socket.AF_INET
        self.receive_buffer = 0
        "Octets the kernel really gave (it books about twice what it grants)."
        self.dropped = 0
        "Packets that could not be sent, since the start."

    def open(self, local: Endpoint) -> Endpoint:
        """Bind, exclusively, and begin to read; return the address with its real port.

        :raises OSError: the address is in use, or not of this machine.
        """
        self.family = socket.AF_INET6 if ":" in local.host else socket.AF_INET
        sock = socket.socket(self.family, socket.SOCK_DGRAM)
        try:
            sock.setblocking(False)
            if self.family == socket.AF_INET6:
                sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            # Neither SO_REUSEADDR nor SO_REUSEPORT: on Linux each of them would let a
            # second process of this user bind the port and take the calls.
            sock.bind((local.host, local.port))
            self.receive_buffer = _enlarge(sock)
        except OSError:
            sock.close()
            raise
        host, port = sock.getsockname()[:2]
        self.local, self._socket = Endpoint("udp", host, port), sock
        self._loop.add_reader(sock.fileno(), self._read)
        return self.local

    def send(self, data: bytes, destination: Endpoint) -> None:
        """Send one datagram; what the network refuses is dropped, SIP resends it.

        `destination.host` must be an IP address: a name would block the loop on DNS.
        """
        if self._socket is None:
            return
        address = (destination.host, destination.port)
        if self._waiting:
            self._wait(data, address)
            return
        try:
            self._socket.sendto(data, address)
        except (BlockingIOError, InterruptedError):
            self._wait(data, address)
        except (OSError, OverflowError):
            self.dropped += 1

    def close(self) -> None:
        """Stop reading and close the socket; a second call does nothing."""
        if self._socket is None:
            return
        self._loop.remove_reader(self._socket.fileno())
        self._loop.remove_writer(self._socket.fileno())
        self._socket.close()
        self._socket = None
        self._waiting.clear()

    def _read(self) -> None:
        sock = self._socket
        if sock is None:
            return
        until = time.monotonic() + BATCH_TIME
        for _ in range(BATCH):
            try:
                data, address = sock.recvfrom(LARGEST_DATAGRAM)
            except (BlockingIOError, InterruptedError):
                break
            except OSError as error:
                if error.errno == errno.EBADF:
                    break
                continue  # an ICMP error on the queue: it names no packet we could mend
            if len(data) > 4 or data.strip(b"\r\n\0"):  # RFC 5626: keep-alives mean nothing
                source = Endpoint("udp", address[0], address[1])
                self._on_datagram(data, source, self.local)
                if time.monotonic() > until:
                    break

    def _wait(self, data: bytes, address: tuple[str, int]) -> None:
        if len(self._waiting) >= MOST_WAITING:
            self.dropped += 1
            return
        if not self._waiting and self._socket is not None:
            self._loop.add_writer(self._socket.fileno(), self._write)
        self._waiting.append((data, address))

    def _write(self) -> None:
        sock = self._socket
        while sock is not None and self._waiting:
            try:
                sock.sendto(*self._waiting[0])
            except (BlockingIOError, InterruptedError):
                return
            except (OSError, OverflowError):
                self.dropped += 1
            self._waiting.popleft()
        if sock is not None:
            self._loop.remove_writer(sock.fileno())


def _enlarge(sock: socket.socket) -> int:
    """Ask for the receive buffer, with force where we may; return what was given."""
    with contextlib.suppress(OSError):
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
    if sock.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF) < RECEIVE_BUFFER:
        with contextlib.suppress(OSError):
            sock.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, RECEIVE_BUFFER)
    return sock.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF)
