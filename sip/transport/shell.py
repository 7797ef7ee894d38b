"""The sockets and the clock around a user agent that has neither."""

import asyncio
import ipaddress
import logging
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Final, Protocol

from sip.endpoint import Endpoint, Packet
from sip.errors import ParseError
from sip.events import SipEvent
from sip.message import parse
from sip.transport.tcp import TcpConnections, TcpLimits
from sip.transport.udp import UdpPort

_LOG: Final = logging.getLogger("sip.transport")
_SOONEST: Final = 0.0005  # seconds; a timer a hair early must not spin the loop
_RESPONSE: Final = b"SIP/2.0 "


class SansIo(Protocol):
    """What the shell drives: a user agent, or anything that behaves like one."""

    def receive(self, data: bytes, source: Endpoint, local: Endpoint, now: float) -> None:
        """Take one datagram or one framed message."""

    def connection_lost(self, endpoint: Endpoint, now: float) -> None:
        """Learn that a connection ended or could not be opened."""

    def packets_to_send(self) -> list[Packet]:
        """Hand over what is waiting to be sent."""

    def next_timer(self) -> float | None:
        """Say when to call `handle_timer`."""

    def handle_timer(self, now: float) -> None:
        """Do what is due."""

    def next_event(self) -> SipEvent | None:
        """Hand over the next event, `None` when there is none."""


def nobody(_remote: Endpoint) -> bool:
    """Know no address."""
    return False


class SipShell:
    """Binds the sockets, moves octets between them and the core, keeps its one timer.

    :param clock: engine time in seconds; never goes back.
    :param on_event: gets every event of the core, in order. It may give the core orders;
        what it raises is logged and does not stop the next event.
    :param is_known: whether an address is a trunk or a registered phone; its TCP
        connections are kept when those of strangers are closed.
    """

    def __init__(
        self,
        ua: SansIo,
        clock: Callable[[], float],
        on_event: Callable[[SipEvent], None],
        *,
        is_known: Callable[[Endpoint], bool] = nobody,
        limits: TcpLimits | None = None,
    ) -> None:
        self._ua = ua
        self._clock = clock
        self._on_event = on_event
        self._is_known = is_known
        self._limits = limits or TcpLimits()
        self._udp: list[UdpPort] = []
        self._udp_by_local: dict[Endpoint, UdpPort] = {}
        self._tcp: TcpConnections | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._timer_at = 0.0
        self._is_pumping = False
        self.unsendable = 0
        "Packets that no socket could take, since the start."

    @property
    def udp(self) -> Sequence[UdpPort]:
        """Return the open UDP ports, for their counters."""
        return self._udp

    @property
    def tcp(self) -> TcpConnections | None:
        """Return the TCP connections, for their counters; `None` before the start."""
        return self._tcp

    async def start(self, listen: Sequence[Endpoint]) -> list[Endpoint]:
        """Bind everything; return the addresses with their real ports, in order.

        :raises OSError: an address is in use or not of this machine. Nothing stays open.
        """
        self._loop = asyncio.get_running_loop()
        self._tcp = TcpConnections(
            clock=self._clock,
            on_message=self._receive,
            on_lost=self._lost,
            on_timer_change=self._arm,
            is_known=self._is_known,
            limits=self._limits,
        )
        bound = []
        try:
            for endpoint in listen:
                if endpoint.transport == "tcp":
                    bound.append(await self._tcp.listen(endpoint))
                else:
                    port = UdpPort(self._receive)
                    bound.append(port.open(endpoint))
                    self._udp.append(port)
                    self._udp_by_local[port.local] = port
        except OSError:
            await self.stop()
            raise
        self.pump()
        return bound

    async def stop(self, flush_time: float = 1.0) -> None:
        """Send what waits, close every socket, forget the timer; safe to call twice.

        :param flush_time: seconds given to TCP peers to take what is queued for them.
        """
        self.pump()
        if self._tcp is not None:
            await self._tcp.close(flush_time)
            self._tcp = None
        for port in self._udp:
            port.close()
        self._udp.clear()
        self._udp_by_local.clear()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._loop = None

    def pump(self) -> None:
        """Send what the core wants sent and tell its events, until it has no more.

        The owner calls it after giving orders outside `on_event`.
        """
        if self._is_pumping or self._loop is None:
            return  # the pump that is running goes on until nothing is left
        self._is_pumping = True
        try:
            while True:
                for packet in self._ua.packets_to_send():
                    self._send(packet)
                event = self._ua.next_event()
                if event is None:
                    break
                self._tell(event)
        finally:
            self._is_pumping = False
        self._arm()

    def _receive(self, data: bytes, source: Endpoint, local: Endpoint) -> None:
        try:
            self._ua.receive(data, source, local, self._clock())
        except Exception:
            _LOG.exception("a message from %s:%s could not be handled", *source[1:])
        self.pump()

    def _lost(self, remote: Endpoint) -> None:
        self._ua.connection_lost(remote, self._clock())
        self.pump()

    def _tell(self, event: SipEvent) -> None:
        try:
            self._on_event(event)
        except Exception:
            _LOG.exception("%s could not be handled", type(event).__name__)

    def _send(self, packet: Packet) -> None:
        destination = packet.destination
        if not is_one_host(destination.host):
            self._cannot_send(destination)
        elif destination.transport == "tcp":
            self._send_tcp(packet)
        elif (port := self._choose_port(packet)) is not None:
            port.send(packet.data, destination)
        else:
            self._cannot_send(destination)

    def _choose_port(self, packet: Packet) -> UdpPort | None:
        if packet.local is not None and packet.local in self._udp_by_local:
            return self._udp_by_local[packet.local]
        is_ipv6 = ":" in packet.destination.host
        return next((port for port in self._udp if (":" in port.local.host) == is_ipv6), None)

    def _send_tcp(self, packet: Packet) -> None:
        tcp, destination = self._tcp, packet.destination
        if tcp is None:
            return
        if packet.data.startswith(_RESPONSE) and not tcp.has(destination):
            # The connection the request came by is gone: the address it came from, with
            # the port of Via (RFC 3261 section 18.2.2). Not for strangers, who could have
            # us open connections.
            fallback = listening_address(packet.data, destination)
            if fallback is None or not (
                self._is_known(destination) or self._is_known(fallback)
            ):
                self._cannot_send(destination)
                return
            destination = fallback
        tcp.send(packet.data, destination)

    def _cannot_send(self, destination: Endpoint) -> None:
        self.unsendable += 1
        self._ua.connection_lost(destination, self._clock())

    def _arm(self) -> None:
        """Set the timer for the soonest of all deadlines.

        A timer that would ring too early is left alone: it rings, finds nothing due, and
        is set again. That is cheaper than moving it after every packet.
        """
        if self._loop is None:
            return
        at = self._ua.next_timer()
        sweep_at = self._tcp.next_sweep() if self._tcp is not None else None
        if at is None or (sweep_at is not None and sweep_at < at):
            at = sweep_at
        if at is None or (self._timer is not None and self._timer_at <= at):
            return
        if self._timer is not None:
            self._timer.cancel()
        self._timer_at = at
        delay = max(at - self._clock(), _SOONEST)
        self._timer = self._loop.call_later(delay, self._ring)

    def _ring(self) -> None:
        self._timer = None
        now = self._clock()
        tcp = self._tcp
        sweep_at = tcp.next_sweep() if tcp is not None else None
        if tcp is not None and sweep_at is not None and sweep_at <= now:
            tcp.sweep(now)
        try:
            self._ua.handle_timer(now)
        except Exception:
            _LOG.exception("what was due could not be done")
        self.pump()


@lru_cache(maxsize=4096)
def is_one_host(host: str) -> bool:
    """Say whether packets may go there: an IP literal without brackets, of one machine.

    A name would block the loop on DNS; the unspecified address would reach ourselves, and
    a multicast address many.
    """
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    return not (address.is_unspecified or address.is_multicast)


def listening_address(response: bytes, source: Endpoint) -> Endpoint | None:
    """Return where the sender of a request listens: its address, the port of its Via."""
    try:
        via = parse(response).top_via
    except ParseError:
        return None
    return source._replace(port=via.port or 5060)
