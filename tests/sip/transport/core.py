"""A core that speaks no SIP: it remembers what it was told and sends what it is given."""

import asyncio
import socket
import time
from collections import deque
from contextlib import asynccontextmanager, suppress

from sip.endpoint import Packet
from sip.events import OptionsAnswered
from sip.transport.shell import SipShell


class ScriptedCore:
    """`answer`: given a message, returns the octets to send back to where it came from."""

    def __init__(self, answer=None):
        self.answer = answer
        self.received = []
        self.lost = []
        self.rung = []
        self.outbox = []
        self.events = deque()
        self.timer_at = None
        self._changed = asyncio.Event()

    def receive(self, data, source, local, now):
        self.received.append((data, source, local))
        if self.answer and (data := self.answer(data)) is not None:
            self.outbox.append(Packet(data, source, local))
        self._changed.set()

    def connection_lost(self, endpoint, now):
        self.lost.append(endpoint)
        self._changed.set()

    def packets_to_send(self):
        outbox, self.outbox = self.outbox, []
        return outbox

    def next_timer(self):
        return self.timer_at

    def handle_timer(self, now):
        if self.timer_at is not None and self.timer_at <= now:
            self.timer_at = None
            self.rung.append(now)
        self._changed.set()

    def next_event(self):
        return self.events.popleft() if self.events else None

    async def until(self, is_so):
        """Wait until something the core was told makes `is_so()` true."""
        async with asyncio.timeout(20):
            while not is_so():
                self._changed.clear()
                await self._changed.wait()

    @property
    def messages(self):
        return [data for data, _, _ in self.received]


@asynccontextmanager
async def running(core, listen, **kwargs):
    """A shell around the core; yields it and its addresses, and closes it."""
    events = []
    shell = SipShell(core, time.monotonic, kwargs.pop("on_event", events.append), **kwargs)
    addresses = await shell.start(listen)
    try:
        yield shell, addresses
    finally:
        await shell.stop()


def message(body=b"", start=b"OPTIONS sip:x SIP/2.0", via=b"127.0.0.1:5060"):
    """A request that frames well; the core under test never reads more of it."""
    return (
        start + b"\r\nVia: SIP/2.0/TCP " + via + b";branch=z9hG4bK1\r\n"
        b"From: <sip:a@x>;tag=1\r\nTo: <sip:b@x>\r\nCall-ID: 1\r\nCSeq: 1 OPTIONS\r\n"
        b"Content-Length: %d\r\n\r\n" % len(body) + body
    )


def has_ipv6():
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as sock, suppress(OSError):
        sock.bind(("::1", 0))
        return True
    return False


def event(name):
    return OptionsAnswered(name, 200)
