"""A pretend network in pretend time, and user agents on it."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from typing import TypeVar

from sip.digest_server import DigestServer
from sip.endpoint import Endpoint, Packet, Peer
from sip.events import FaultFound, SipEvent
from sip.message import Request, Response, parse
from sip.registrar import Registrar
from sip.settings import UserAgentSettings
from sip.uri import Uri
from sip.user_agent import UserAgent
from sip.values import NameAddr

E = TypeVar("E", bound=SipEvent)

SECRET = b"0123456789abcdef0123456789abcdef"
US = Endpoint("udp", "192.0.2.1", 5060)
CARRIER = Endpoint("udp", "198.51.100.1", 5060)
STRANGER = Endpoint("udp", "203.0.113.66", 5060)
OFFER = b"v=0\r\no=- 1 1 IN IP4 198.51.100.1\r\ns=-\r\nm=audio 30000 RTP/AVP 8\r\n"
ANSWER = b"v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nm=audio 20000 RTP/AVP 8\r\n"
HELD = b"v=0\r\no=- 1 2 IN IP4 198.51.100.1\r\ns=-\r\nm=audio 30000 RTP/AVP 8\r\na=sendonly\r\n"
LINGER = 64 * 0.5


def trunk_only(*trunks: Endpoint) -> Callable[[Endpoint], Peer]:
    """Every host of these is a trunk called by its host; nobody else is known."""
    hosts = {trunk.host for trunk in trunks}

    def classify(source: Endpoint) -> Peer:
        return Peer("trunk", source.host) if source.host in hosts else Peer("stranger")

    return classify


def make_settings(
    address: Endpoint = US, *trunks: Endpoint, **changes: object
) -> UserAgentSettings:
    listen = (address, address._replace(transport="tcp"))
    values: dict[str, object] = {
        "listen": listen,
        "domain": "line.example",
        "secret": SECRET + address.host.encode(),
        "classify": trunk_only(*(trunks or (CARRIER,))),
    }
    return UserAgentSettings(**(values | changes))  # type: ignore[arg-type]


class Node:
    """A user agent with its address and all that happened to it."""

    def __init__(
        self,
        settings: UserAgentSettings,
        registrar: Registrar | None = None,
        digest: DigestServer | None = None,
    ) -> None:
        self.address = settings.listen[0]
        self.agent = UserAgent(settings, registrar, digest)
        self.events: list[SipEvent] = []
        self.on_event: Callable[[SipEvent], None] = lambda _: None

    def collect(self) -> None:
        while (event := self.agent.next_event()) is not None:
            assert not isinstance(event, FaultFound), event.text
            self.events.append(event)
            self.on_event(event)

    def got(self, kind: type[E]) -> list[E]:
        return [event for event in self.events if isinstance(event, kind)]

    def last(self, kind: type[E]) -> E:
        return self.got(kind)[-1]


class Alone(Node):
    """A user agent opposite a script: packets are put in and taken out by hand."""

    def __init__(self, settings: UserAgentSettings | None = None, **parts: object) -> None:
        super().__init__(settings or make_settings(), **parts)  # type: ignore[arg-type]
        self.now = 1000.0
        self.sent: list[Packet] = []

    def take(
        self, text: str | bytes, source: Endpoint = CARRIER, local: Endpoint = US
    ) -> list[Packet]:
        """Let a message come in; return what goes out because of it."""
        data = text if isinstance(text, bytes) else wire(text)
        self.agent.receive(data, source, local, self.now)
        return self.flush()

    def flush(self) -> list[Packet]:
        """Return what is to be sent now."""
        self.collect()
        packets = self.agent.packets_to_send()
        self.sent += packets
        return packets

    def wait(self, seconds: float) -> list[Packet]:
        """Let time pass, timer by timer; return all that was sent in it."""
        end, packets = self.now + seconds, self.flush()
        while (due := self.agent.next_timer()) is not None and due <= end:
            self.now = max(self.now, due)
            self.agent.handle_timer(self.now)
            packets += self.flush()
        self.now = end
        return packets


def wire(text: str) -> bytes:
    """Write a message as on the wire: CRLF, and Content-Length after the body."""
    head, _, body = text.partition("\n\n")
    body = body.replace("\r\n", "\n").replace("\n", "\r\n")
    lines = [line.strip() for line in head.strip().splitlines()]
    lines.append(f"Content-Length: {len(body.encode())}")
    return ("\r\n".join(lines) + "\r\n\r\n" + body).encode()


def responses(packets: list[Packet]) -> list[Response]:
    return [m for packet in packets if isinstance(m := parse(packet.data), Response)]


def requests(packets: list[Packet]) -> list[Request]:
    return [m for packet in packets if isinstance(m := parse(packet.data), Request)]


def statuses(packets: list[Packet]) -> list[int]:
    return [response.status for response in responses(packets)]


def methods(packets: list[Packet]) -> list[str]:
    return [request.method for request in requests(packets)]


class Network:
    """Carries packets between nodes, each with the delay, loss and echo it is told."""

    def __init__(self, *nodes: Node) -> None:
        self.nodes = {node.address.host: node for node in nodes}
        self.now = 0.0
        self.fate: Callable[[Packet], list[float]] = lambda _: [0.01]
        "Delays of all copies of a packet that arrive; none: it is lost."
        self._flying: list[tuple[float, int, Endpoint, Packet]] = []
        self._planned: list[tuple[float, int, Callable[[], None]]] = []
        self._serial = 0
        self.carried: list[Packet] = []

    def plan(self, at: float, action: Callable[[], None]) -> None:
        """Have something done at a certain time."""
        self._serial += 1
        heapq.heappush(self._planned, (at, self._serial, action))

    def pump(self) -> None:
        """Put all that nodes want to send into the air."""
        for node in self.nodes.values():
            node.collect()
            for packet in node.agent.packets_to_send():
                self.carried.append(packet)
                source = node.address._replace(transport=packet.destination.transport)
                for delay in self.fate(packet):
                    self._serial += 1
                    heapq.heappush(
                        self._flying, (self.now + delay, self._serial, source, packet)
                    )

    def run(self, until: float) -> None:
        """Let time pass."""
        self.pump()
        while True:
            arrival = self._flying[0][0] if self._flying else float("inf")
            timers = [(n.agent.next_timer(), n) for n in self.nodes.values()]
            due = min((at for at, _ in timers if at is not None), default=float("inf"))
            planned = self._planned[0][0] if self._planned else float("inf")
            at = min(arrival, due, planned)
            if at > until:
                break
            self.now = max(self.now, at)
            if planned <= at:
                heapq.heappop(self._planned)[2]()
            elif arrival <= due:
                _, _, source, packet = heapq.heappop(self._flying)
                node = self.nodes.get(packet.destination.host)
                if node is not None:
                    local = node.address._replace(transport=packet.destination.transport)
                    node.agent.receive(packet.data, source, local, self.now)
            else:
                for timer, node in timers:
                    if timer is not None and timer <= self.now:
                        node.agent.handle_timer(self.now)
            self.pump()
        self.now = until


def call(
    node: Node, leg: str, to: Endpoint, now: float, sdp: bytes | None = OFFER, **more: object
) -> None:
    """Place a call from a node."""
    node.agent.invite(
        leg,
        Uri.parse(f"sip:+3222001234@{to.host}:{to.port}"),
        now,
        destination=to,
        from_=NameAddr("", Uri.parse(f"sip:+32478123456@{node.address.host}")),
        sdp=sdp,
        **more,  # type: ignore[arg-type]
    )
