"""Telephony on a table: the real user agent between a carrier's and a phone's, in pretend time.

Packets are carried by hand, the media process is a notebook, events are kept in a list.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, cast

from callflows import events as e
from callflows.commands import Command
from callflows.events import CallId, CallOffered, Event, IncidentId, LegId
from client_directory.directory import Directory
from client_directory.model import (
    CallTreePlan,
    Did,
    Level,
    Operator,
    Organisation,
    Person,
    Phone,
    Service,
    Site,
)
from client_directory.secret import hash_secret
from securityline.logbook.document import Document
from securityline.telephony.exchange import Exchange
from securityline.telephony.telephony import Telephony
from sip.bindings import Binding
from sip.endpoint import STRANGER, Endpoint, Peer
from sip.events import Answered, CallRefused, IncomingCall, SipEvent
from sip.media.client import NoPortLeft
from sip.media.line import LineSpec
from sip.media.protocol import LegSpec, RecordingSpec
from sip.settings import UserAgentSettings
from sip.trunk import PeerAddress, Trunk, TrunkGroup
from sip.uri import Uri
from sip.user_agent import UserAgent
from sip.values import NameAddr

OURS = Endpoint("udp", "192.0.2.1", 5060)
CARRIER = Endpoint("udp", "192.0.2.10", 5080)
SECOND_CARRIER = Endpoint("udp", "192.0.2.11", 5080)
PHONE = Endpoint("udp", "192.0.2.20", 5062)
DID = "+3225550100"
CALLER = "+32470000004"
INCIDENT = IncidentId("20261122-0001")
CALL = CallId("20261122-0001-c1")
OFFER = (
    b"v=0\r\no=- 1 1 IN IP4 192.0.2.10\r\ns=-\r\nc=IN IP4 192.0.2.10\r\nt=0 0\r\n"
    b"m=audio 30000 RTP/AVP 8 0 101\r\na=rtpmap:101 telephone-event/8000\r\na=sendrecv\r\n"
)
PHONE_ANSWER = (
    b"v=0\r\no=- 1 1 IN IP4 192.0.2.20\r\ns=-\r\nc=IN IP4 192.0.2.20\r\nt=0 0\r\n"
    b"m=audio 40000 RTP/AVP 8 101\r\na=rtpmap:101 telephone-event/8000\r\na=sendrecv\r\n"
)


KEYHOLDER = "+32470000011"
POLICE_LINE = "+3225550801"
PEOPLE = (
    Person(
        person="ann",
        name="Ann",
        languages=("nl",),
        phones=(Phone(number=KEYHOLDER),),
        sites=("hq",),
        pin_hash=hash_secret("1357"),
        duress_pin_hash=hash_secret("1358"),
    ),
    Person(
        person="old",
        name="Old",
        languages=("nl",),
        sites=("hq",),
        pin_hash=hash_secret("2468"),
        duress_pin_hash=hash_secret("2469"),
        valid_until=date(1969, 12, 31),
    ),
)
POLICE = Service(service="pz", kind="police", name="Police", public="101", direct=POLICE_LINE)


@dataclass(slots=True)
class MediaNotebook:
    """What the media process was told."""

    legs: dict[str, LegSpec] = field(default_factory=dict)
    recordings: dict[str, RecordingSpec] = field(default_factory=dict)
    ended: list[str] = field(default_factory=list)
    pressed: list[tuple[str, str]] = field(default_factory=list)
    lines: dict[str, LineSpec] = field(default_factory=dict)
    fingerprint: str = "sha-256 " + ":".join(["AB"] * 32)
    taken: set[int] = field(default_factory=set)
    free: list[int] = field(default_factory=lambda: list(range(20_000, 20_020, 2)))

    def reserve_port(self) -> int:
        if not self.free:
            raise NoPortLeft("no RTP port is free")
        port = self.free.pop(0)
        self.taken.add(port)
        return port

    def release_port(self, port: int) -> None:
        self.taken.remove(port)

    def put_leg(self, spec: LegSpec) -> None:
        self.legs[spec.leg_id] = spec

    def drop_leg(self, leg_id: str) -> None:
        self.legs.pop(leg_id, None)

    def put_line(self, spec: LineSpec) -> None:
        self.lines[spec.line_id] = spec

    def drop_line(self, line_id: str) -> None:
        self.lines.pop(line_id, None)

    def send_digits(self, leg_id: str, digits: str) -> None:
        self.pressed.append((leg_id, digits))

    def put_recording(self, spec: Any) -> None:
        self.recordings[spec.recording_id] = spec

    def end_recording(self, recording_id: str) -> None:
        self.ended.append(recording_id)


class PretendSpeaker:
    """Speaks when the test says so."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []
        self.spoken: set[str] = set()

    def prepare(self, words: str, language: str) -> None:
        self.asked.append((words, language))

    def ready(self, words: str, language: str) -> str | None:
        return f"speech/{words}" if words in self.spoken else None


class Phones:
    """A registrar in which phones simply are."""

    def __init__(self) -> None:
        self.at: dict[str, list[Endpoint]] = {"201": [PHONE]}

    def bindings(self, user: str, now: float) -> list[Binding]:
        return [
            cast(
                Binding,
                _Where(Uri(scheme="sip", user=user, host=at.host, port=at.port), at),
            )
            for at in self.at.get(user, [])
        ]

    def export(self, now: float) -> list[dict[str, Any]]:
        return []


@dataclass(slots=True)
class _Where:
    contact: Uri
    source: Endpoint
    expires_at: float = 1e12


@dataclass(slots=True)
class _Holder:
    current: Directory


class Bench:
    """The engine's telephony, a carrier and any number of phones."""

    def __init__(self) -> None:
        self.now = 1_000.0
        self.media = MediaNotebook()
        self.phones = Phones()
        self.told: list[Event] = []
        self.noted: list[tuple[Any, ...]] = []
        "Lines that no flow takes part in: what, data, case."
        self.written: dict[tuple[str, str], Document] = {}
        self.due: list[tuple[float, Callable[[], None]]] = []
        self.is_durable = True
        self.is_silent = False  # not durable, and the engine acts all the same
        self.unwritten: list[Callable[[], None]] = []
        "What waits for the disk."
        self.speaker = PretendSpeaker()
        self.acks_at_once = True
        self.is_emergency_live = False
        self.wire: list[bytes] = []
        self.trunks = TrunkGroup(
            [
                Trunk("carrier-a", [PeerAddress(CARRIER.host, CARRIER.port)], [CARRIER]),
                Trunk("carrier-b", [PeerAddress(SECOND_CARRIER.host)], [SECOND_CARRIER]),
            ]
        )
        self.ours = self.agent(OURS)
        self.peers: dict[Endpoint, UserAgent] = {}
        self.heard: dict[Endpoint, list[SipEvent]] = {}
        for endpoint in (CARRIER, SECOND_CARRIER, PHONE):
            self.add_peer(endpoint)
        self.telephony = self.build()

    def agent(self, at: Endpoint) -> UserAgent:
        def classify(source: Endpoint) -> Peer:
            if at != OURS or self.trunks.of(source) is not None:
                trunk = self.trunks.of(source)
                return Peer("trunk", trunk.name if trunk else "engine")
            if source.host.startswith("192.0.2.2"):
                return Peer("phone", "201")
            return STRANGER

        settings = UserAgentSettings(
            listen=(at,),
            domain="securityline.test",
            secret=f"a secret of {at.host} ..".encode(),
            classify=classify,
            holds_refusals=at == OURS,
        )
        return UserAgent(settings)

    def add_peer(self, endpoint: Endpoint) -> None:
        self.peers[endpoint] = self.agent(endpoint)
        self.heard[endpoint] = []

    def build(self) -> Telephony:
        operator = Operator(operator="op-1", name="Nadia", extension="201", languages={"fr": 3})
        client = Organisation(
            organisation="postes",
            name="Postes",
            country="BE",
            time_zone="Europe/Brussels",
            languages=("fr",),
            dids=(Did(number=DID, service="security_line", label={"": "x"}),),
            sites=(Site(site="hq", name="Head office", code="77"),),
            people=PEOPLE,
            call_trees=(CallTreePlan(call_tree="intrusion", levels=(Level(call=("ann",)),)),),
        )
        exchange = Exchange(
            ua=self.ours,
            media=self.media,
            registrar=cast(Any, self.phones),
            trunks=self.trunks,
            directory=cast(Any, _Holder(Directory([client], [operator], [POLICE]))),
            clock=lambda: self.now,
            tell=self.tell,
            pump=lambda: None,
            save=self.write,
            note=lambda *line: self.noted.append(line),
            later=lambda delay, do: self.due.append((self.now + delay, do)),
            domain="securityline.test",
            media_address="192.0.2.1",
            is_emergency_live=self.is_emergency_live,
        )
        return Telephony(
            exchange,
            admit=admit,
            recording_path=lambda name: f"/recordings/{name}.wav",
            speaker=self.speaker,
        )

    # ------------------------------------------------------------ the engine's part

    def tell(
        self,
        event: Event,
        documents: Sequence[Document] = (),
        then: Callable[[], None] | None = None,
        *,
        when_safe: Callable[[], None] | None = None,
    ) -> None:
        self.told.append(event)
        for document in documents:
            self.write(document)
        self._then(then, when_safe)

    def _then(
        self, then: Callable[[], None] | None, when_safe: Callable[[], None] | None = None
    ) -> None:
        for do, is_time in (
            (then, self.is_durable or self.is_silent),
            (when_safe, self.is_durable),
        ):
            if do is not None and is_time:
                do()
            elif do is not None:
                self.unwritten.append(do)

    def disk_is_back(self) -> None:
        """Do what waited for the disk."""
        self.is_durable = True
        while self.unwritten:
            self.unwritten.pop(0)()
        self.travel()

    def write(
        self,
        document: Document,
        then: Callable[[], None] | None = None,
        when_safe: Callable[[], None] | None = None,
    ) -> None:
        self._then(then, when_safe)
        if document.data is None:
            self.written.pop((document.kind, document.id), None)
        else:
            self.written[document.kind, document.id] = document

    def do(self, *commands: Command) -> None:
        """Prepare, write, execute and let the packets travel."""
        for document in self.telephony.orders.prepare(commands):
            self.write(document)
        for command in commands:
            self.telephony.execute(command)
        self.travel()

    def last(self, kind: type[Event]) -> Any:
        """Return the newest event of a kind that was told."""
        found = [event for event in self.told if isinstance(event, kind)]
        assert found, f"no {kind.__name__} among {[type(x).__name__ for x in self.told]}"
        return found[-1]

    def count(self, kind: type[Event]) -> int:
        return sum(isinstance(event, kind) for event in self.told)

    # ------------------------------------------------------------ the wire

    def travel(self) -> None:
        """Carry packets until there are none, and hand out all events."""
        moved = True
        while moved:
            moved = False
            for at, agent in ((OURS, self.ours), *self.peers.items()):
                for packet in agent.packets_to_send():
                    moved = True
                    self._carry(at, packet.data, packet.destination)
                while (event := agent.next_event()) is not None:
                    moved = True
                    if agent is self.ours:
                        self.telephony.take_sip(event)
                        continue
                    self.heard[at].append(event)
                    if isinstance(event, Answered) and self.acks_at_once:
                        agent.acknowledge(event.leg, self.now)

    def _carry(self, source: Endpoint, data: bytes, destination: Endpoint) -> None:
        self.wire.append(data)
        target = self.ours if destination == OURS else self.peers.get(destination)
        if target is not None:
            target.receive(data, source, destination, self.now)

    def pass_time(self, seconds: float) -> None:
        """Let every timer ring in its order."""
        end = self.now + seconds
        while True:
            moments = [m for a in (self.ours, *self.peers.values()) if (m := a.next_timer())]
            moments += [at for at, _ in self.due]
            if not moments or min(moments) > end:
                break
            self.now = max(self.now, min(moments))
            for agent in (self.ours, *self.peers.values()):
                agent.handle_timer(self.now)
            ripe = [do for at, do in self.due if at <= self.now]
            self.due = [(at, do) for at, do in self.due if at > self.now]
            for do in ripe:
                do()
            self.travel()
        self.now = end

    # ------------------------------------------------------------ people

    def call_in(self, offer: bytes | None = OFFER) -> LegId:
        """Let the carrier bring a call; return the caller's leg."""
        self.peers[CARRIER].invite(
            "employee",
            Uri(scheme="sip", user=DID, host=OURS.host, port=OURS.port),
            self.now,
            destination=OURS,
            from_=NameAddr("", Uri(scheme="sip", user=CALLER, host="trunk.example")),
            sdp=offer,
        )
        self.travel()
        leg: LegId = self.last(CallOffered).leg_id
        return leg

    def incoming_at(self, endpoint: Endpoint) -> IncomingCall:
        """Return the newest call that came to a peer."""
        calls = [x for x in self.heard[endpoint] if isinstance(x, IncomingCall)]
        assert calls, f"nothing came to {endpoint}"
        return calls[-1]


def admit(event: IncomingCall | CallRefused, leg_id: LegId) -> CallOffered:
    """Say the least about a call."""
    return e.CallOffered(
        incident_id=INCIDENT, call_id=CALL, leg_id=leg_id, did=DID, caller=CALLER
    )
