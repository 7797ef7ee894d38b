"""All legs of the media process: their sockets, who hears whom, which are recorded."""

from __future__ import annotations

import select
import socket
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Final

from sip.media.doors import RECEIVE_SIZE, Doors
from sip.media.incoming import Listener
from sip.media.leg import Leg
from sip.media.lines import Lines
from sip.media.machine import EnergyActivity, VoiceActivity
from sip.media.mixer import Mixer
from sip.media.playback import PromptLoader
from sip.media.ports import PortPool, drain
from sip.media.protocol import LegFailed, LegSpec, MediaEvent
from sip.media.rtp import parse
from sip.media.tap import Tap

if TYPE_CHECKING:
    from sip.media.dtls import Certificate

__all__ = ["RECEIVE_SIZE", "Line", "Patchbay"]

FLOOD: Final = 200
"Packets of one peer between two scans (100 ms; a phone sends 5 to 10) that are too many."
MUTE_TIME: Final = 1.0
"Seconds for which a flooding peer is not heard, so that the others are."

Line = tuple[Callable[[int], bytes], Callable[[bytes, float], None]]
"How to take a datagram from a connected socket, and whom to give it to."


class Patchbay:
    """Carries out what the engine orders for legs.

    :param poll: where connected sockets are waited for; their :attr:`lines` go by number.
    :param certificate: ours towards browsers; `None` without the extra `browser`.
    """

    def __init__(
        self,
        poll: select.epoll,
        ports: PortPool,
        emit: Callable[[MediaEvent], None],
        load: PromptLoader,
        activity: Callable[[], VoiceActivity] = EnergyActivity,
        certificate: Certificate | None = None,
    ) -> None:
        self._poll = poll
        self._doors = Doors()
        self._ports = ports
        self._emit = emit
        self._load = load
        self._activity = activity
        self.legs: dict[str, Leg] = {}
        self.lines: dict[int, Line] = {}
        self.ticking: dict[Leg, None] = {}
        "The legs that take part in the beat."
        self._sockets: dict[str, socket.socket] = {}
        self.browsers = Lines(
            poll, ports, self._doors, self.lines, emit, certificate, self._settle
        )
        "Lines of browsers, through which legs speak that have no port of their own."
        self._hearers: dict[str, dict[str, Leg]] = {}
        self._mixer = Mixer(self._listen)
        self._taps: dict[str, Tap] = {}
        self._muted: dict[Leg, float] = {}
        "Until when a flooding peer's packets are left to the kernel, which drops them."

    # ------------------------------------------------------------ orders

    def put(self, spec: LegSpec, now: float) -> None:
        """Make a leg be as ordered, or say why that cannot be."""
        leg = self.legs.get(spec.leg_id)
        if leg is not None and _place(leg.spec) != _place(spec):
            self.drop(spec.leg_id, now)
            leg = None
        if leg is None:
            leg = self._add(spec, now)
            if leg is None:
                return
            is_turned = spec.line_id is None
        else:
            before = leg.hears
            is_turned = leg.apply(spec, now)
            if before is not None and before != leg.hears:
                self._unhear(before, spec.leg_id)
            self._listen(spec.leg_id)
        if leg.hears is not None:
            self._hear(leg.hears, leg)
        if spec.line_id is not None:
            self.browsers.attach(spec.line_id, leg, now)
        elif is_turned:
            self._turn(leg)
        self._settle(leg, now)

    def _add(self, spec: LegSpec, now: float) -> Leg | None:
        door = None
        if spec.line_id is None:
            try:
                door = self._ports.take(spec.port)
            except OSError as error:
                self._emit(LegFailed(spec.leg_id, f"port {spec.port}: {error.strerror}"))
                return None
        leg = Leg(spec, now, self._emit, self._load, self._mixer, self._activity)
        self.legs[spec.leg_id] = leg
        if door is not None:
            self._doors.open(door, partial(self._judge, leg))
        leg.record(self._taps.get(spec.leg_id))
        self._listen(spec.leg_id)
        return leg

    def drop(self, leg_id: str, now: float) -> Leg | None:
        """Forget a leg; its port stays taken until it is released. Return the leg."""
        leg = self.legs.pop(leg_id, None)
        if leg is None:
            return None
        if leg.spec.line_id is not None:
            self.browsers.detach(leg.spec.line_id, leg)
        else:
            self._doors.shut(self._ports.door(leg.spec.port))
        leg.end(now)
        self._unplug(leg)
        self.ticking.pop(leg, None)
        if leg.hears is not None:
            self._unhear(leg.hears, leg_id)
        self._tell_hearers(leg_id, now)
        return leg

    def press(self, leg_id: str, digits: str) -> None:
        """Send digits to a leg's peer; a covert one's phone would sound them."""
        leg = self.legs.get(leg_id)
        if leg is not None and not leg.spec.is_covert:
            leg.outgoing.press(digits)
            self._sort(leg)

    def record(self, leg_id: str, tap: Tap, now: float) -> None:
        """Let a recording hear a caller's leg, which may come later."""
        self._taps[leg_id] = tap
        leg = self.legs.get(leg_id)
        if leg is not None:
            leg.record(tap)
            self._settle(leg, now)

    def unrecord(self, leg_id: str, tap: Tap) -> None:
        """Let a recording hear no more; another one of the same leg goes on."""
        if self._taps.get(leg_id) is tap:
            del self._taps[leg_id]
            leg = self.legs.get(leg_id)
            if leg is not None:
                leg.record(None)

    # ------------------------------------------------------------ who hears whom

    def _hear(self, source: str, leg: Leg) -> None:
        self._hearers.setdefault(source, {})[leg.spec.leg_id] = leg
        self._listen(source)

    def _unhear(self, source: str, leg_id: str) -> None:
        hearers = self._hearers.get(source)
        if hearers is not None:
            hearers.pop(leg_id, None)
            if not hearers:
                del self._hearers[source]
        self._listen(source)

    def _listen(self, source: str) -> None:
        leg = self.legs.get(source)
        if leg is not None:
            hearers = self._hearers.get(source, {}).values()
            listeners: list[Listener] = [hearer.outgoing for hearer in hearers]
            listeners += [ear for hearer in hearers for ear in hearer.other_ears]
            if (voice := self._mixer.voices.get(source)) is not None:
                listeners.append(voice)
            leg.incoming.listeners = (*listeners, *leg.ears)

    def _settle(self, leg: Leg, now: float) -> None:
        """Draw the consequences of a change for sending, the beat and the recordings."""
        leg.outgoing.send = self._sender(leg) if leg.may_send else None
        self._sort(leg)
        leg.tell_tap(self.legs.get(leg.hears) if leg.hears else None, now)
        self._tell_hearers(leg.spec.leg_id, now)

    def _sender(self, leg: Leg) -> Callable[[bytes], object] | None:
        if leg.spec.line_id is not None:
            return self.browsers.sender(leg.spec.line_id, leg)
        line = self._sockets.get(leg.spec.leg_id)
        return line.send if line is not None else None

    def _tell_hearers(self, leg_id: str, now: float) -> None:
        for hearer in self._hearers.get(leg_id, {}).values():
            hearer.tell_tap(self.legs.get(leg_id), now)

    def _sort(self, leg: Leg) -> None:
        if leg.outgoing.is_ticked:
            self.ticking[leg] = None
        else:
            self.ticking.pop(leg, None)

    # ------------------------------------------------------------ sockets

    def _turn(self, leg: Leg) -> None:
        """Connect to the leg's peer, whoever that is now."""
        self._unplug(leg)
        leg.incoming.forget_source()
        peer = leg.latch.peer
        if peer is None:
            return
        try:
            line = self._ports.connect(leg.spec.port, peer)
        except (OSError, ValueError, OverflowError) as error:
            self._emit(LegFailed(leg.spec.leg_id, f"cannot send to {peer[0]}: {error}"[:200]))
            return
        self._sockets[leg.spec.leg_id] = line
        self.lines[line.fileno()] = (line.recv, leg.incoming.receive)
        self._poll.register(line.fileno(), select.EPOLLIN)

    def _unplug(self, leg: Leg) -> None:
        leg.outgoing.send = None
        line = self._sockets.pop(leg.spec.leg_id, None)
        if line is not None:
            del self.lines[line.fileno()]
            if self._muted.pop(leg, None) is None:
                self._poll.unregister(line.fileno())
            line.close()

    def serve_doors(self, now: float) -> None:
        """Look at what came from others than the legs' peers; nearly all of it is refused."""
        self._doors.serve(now)

    def _judge(self, leg: Leg, data: bytes, source: tuple[str, int], now: float) -> None:
        packet = parse(data)
        if packet is None or not leg.latch.admits(source) or not self._is_ours(leg, data):
            leg.incoming.statistics.strangers += 1
            return
        leg.latch.turn_to(source)
        self._turn(leg)
        self._settle(leg, now)
        leg.incoming.receive(data, now)

    @staticmethod
    def _is_ours(leg: Leg, data: bytes) -> bool:
        """Whether it is of a kind that was negotiated: noise must not move a leg."""
        return data[1] & 0x7F in (0, 8, leg.spec.dtmf_payload_type)

    # ------------------------------------------------------------ the beat

    def tick(self, now: float) -> None:
        """Send 20 ms to every leg that something plays to."""
        self._mixer.advance()
        for leg in tuple(self.ticking):
            if leg.outgoing.is_ticked:
                leg.outgoing.tick(now)
            else:
                del self.ticking[leg]

    def scan(self, leg: Leg, now: float) -> None:
        """Look after one leg, unless it was dropped since."""
        if self.legs.get(leg.spec.leg_id) is leg:
            leg.scan(now)
            self._sort(leg)
            self._check_flood(leg, now)

    def _check_flood(self, leg: Leg, now: float) -> None:
        line = self._sockets.get(leg.spec.leg_id)
        heard = leg.incoming.count
        since, leg.heard_at_scan = heard - leg.heard_at_scan, heard
        if line is None:
            return
        if leg in self._muted:
            if now >= self._muted[leg]:
                del self._muted[leg]
                drain(line)
                self._poll.register(line.fileno(), select.EPOLLIN)
        elif since > FLOOD:
            self._muted[leg] = now + MUTE_TIME
            self._poll.unregister(line.fileno())

    def close(self) -> None:
        """Let go of all sockets."""
        for line in self._sockets.values():
            line.close()
        self.browsers.close()
        self._doors.close()


def _place(spec: LegSpec) -> tuple[int, str | None]:
    """Where a leg's audio goes by; a leg cannot move, it is put anew."""
    return spec.port, spec.line_id
