"""What comes from a leg's peer. No socket, no clock of its own.

:meth:`IncomingStream.receive` runs for every packet: it is written flat on purpose, with
everything rare moved out of the way.
"""

from collections.abc import Callable
from itertools import count
from typing import Final, Protocol

from sip.media.dtmf import Digit, DigitReceiver
from sip.media.g711 import ULAW_TO_ALAW
from sip.media.rtp import (
    HEADER_SIZE,
    MARKER,
    MAX_PAYLOAD,
    PCMA,
    PCMU,
    PLAIN,
    payload_of,
    timestamp_step,
    unpack_header,
)
from sip.media.statistics import RESTARTED, ReceiveStatistics
from sip.media.tap import CALLER, Tap
from sip.media.tones import RATE

FOREIGN_TIME: Final = 0.06
"Seconds without the known source after which another SSRC is believed at once."
PROBATION: Final = 3
"Packets in a row by which another SSRC is believed while the known one was heard just now."
_JUMP: Final = 80_000
"10 s: a timestamp further away has another origin."

_streams = count(1)


class Listener(Protocol):
    """Whoever hears a peer: the stream towards another, a mix, a detector."""

    def forward(
        self,
        stream: int,
        payload: bytes,
        kind: int,
        sequence: int,
        timestamp: int,
        marker: int,
        step: int,
        now: float,
    ) -> None:
        """Take a packet's audio.

        :param stream: changes when `timestamp` starts from a new origin.
        :param kind: the payload type, 0 or 8.
        :param step: how far its sequence number is ahead; negative when it was overtaken.
        """

    def forward_digit(
        self,
        stream: int,
        payload: bytes,
        sequence: int,
        timestamp: int,
        marker: int,
        step: int,
        now: float,
    ) -> None:
        """Take a packet of a pressed key (RFC 4733)."""


class IncomingStream:
    """The packets from one peer: counted, recorded, handed to the legs that hear him."""

    __slots__ = (
        "_digits",
        "_foreign",
        "_foreign_count",
        "_foreign_since",
        "_on_digit",
        "_on_first",
        "dtmf_payload_type",
        "foreign",
        "heard_at",
        "is_deaf",
        "last_timestamp",
        "listeners",
        "ssrc",
        "statistics",
        "stream",
        "tap",
        "was_heard",
    )

    def __init__(
        self, now: float, on_first: Callable[[], None], on_digit: Callable[[Digit], None]
    ) -> None:
        self._on_first = on_first
        self._on_digit = on_digit
        self._digits = DigitReceiver()
        self.dtmf_payload_type: int | None = None
        self.listeners: tuple[Listener, ...] = ()
        "Those who hear this peer."
        self.tap: Tap | None = None
        self.is_deaf = False
        "The negotiated direction forbids him to send: what comes all the same is ignored."
        self.statistics = ReceiveStatistics()
        self.stream = 0
        "Changes with every new origin of the peer's timestamps; unique among all legs."
        self.ssrc = -1
        self.last_timestamp = 0
        self.heard_at = now
        self.was_heard = False
        self.foreign = 0
        "Packets of a second source that spoke into the first one's."
        self._foreign = -1
        self._foreign_count = 0
        self._foreign_since = 0

    def receive(self, data: bytes, now: float) -> None:
        """Take a datagram from the peer. Never raises."""
        if len(data) <= HEADER_SIZE:
            self.statistics.malformed += 1
            return
        first, second, sequence, timestamp, ssrc = unpack_header(data)
        payload = data[HEADER_SIZE:] if first == PLAIN else payload_of(data)
        kind = second & 0x7F
        if not payload or len(payload) > MAX_PAYLOAD:
            self.statistics.malformed += 1
            return
        if kind != PCMA and kind != PCMU:
            self._receive_other(payload, second, sequence, timestamp, ssrc, now)
            return
        if ssrc != self.ssrc and not self._turn_to(ssrc, now):
            return
        statistics = self.statistics
        step = statistics.receive(sequence, ssrc)
        if step != 1 and not self._place(step):
            return
        statistics.measure(int(now * RATE), timestamp)
        self.heard_at = now
        ahead = timestamp - self.last_timestamp
        self.last_timestamp = timestamp
        if (ahead > _JUMP or ahead < -_JUMP) and step == 1:
            self._check_jump(timestamp, timestamp - ahead)
        if self.is_deaf:
            return
        marker = second & MARKER
        stream = self.stream
        if self.tap is not None:
            alaw = payload if kind == PCMA else payload.translate(ULAW_TO_ALAW)
            self.tap.hear(CALLER, stream, timestamp, alaw, now, step, marker)
        for listener in self.listeners:
            listener.forward(stream, payload, kind, sequence, timestamp, marker, step, now)

    def _turn_to(self, ssrc: int, now: float) -> bool:
        """Decide whether another SSRC is the peer's new one or a second voice.

        Some phones start another stream at every re-INVITE and leave the first running.
        """
        if self.ssrc >= 0 and now - self.heard_at < FOREIGN_TIME:
            packets = self.statistics.packets
            if ssrc != self._foreign or packets != self._foreign_since:
                self._foreign, self._foreign_since, self._foreign_count = ssrc, packets, 0
            self._foreign_count += 1
            if self._foreign_count < PROBATION:
                self.foreign += 1
                return False
        self.ssrc = ssrc
        return True

    def _place(self, step: int) -> bool:
        """Deal with a packet that is not simply the next; `False`: it has no effect."""
        if step == RESTARTED:
            self.stream = next(_streams)
            self._digits.forget_source()
            if not self.was_heard:
                self.was_heard = True
                self._on_first()
        return step != 0

    def _check_jump(self, timestamp: int, last: int) -> None:
        if abs(timestamp_step(timestamp, last)) > _JUMP:
            self.stream = next(_streams)

    def _receive_other(
        self, payload: bytes, second: int, sequence: int, timestamp: int, ssrc: int, now: float
    ) -> None:
        """Take a digit; count what else there is (RTCP, comfort noise, unknown codecs)."""
        if second & 0x7F != self.dtmf_payload_type or len(payload) < 4:
            self.statistics.malformed += 1
            return
        if ssrc != self.ssrc and not self._turn_to(ssrc, now):
            return
        step = self.statistics.receive(sequence, ssrc)
        if step != 1 and not self._place(step):
            return
        self.heard_at = now
        if self.is_deaf:
            return
        for digit in self._digits.receive(payload, timestamp, now):
            self._on_digit(digit)
        if self.tap is not None:
            self.tap.cover(CALLER, self.stream, timestamp, payload[2] << 8 | payload[3])
        for listener in self.listeners:
            listener.forward_digit(
                self.stream, payload, sequence, timestamp, second & MARKER, step, now
            )

    @property
    def count(self) -> int:
        """Datagrams taken, of whatever kind."""
        return self.statistics.packets + self.statistics.malformed + self.foreign

    def forget_source(self) -> None:
        """Begin anew: packets come from another peer from now on."""
        self.ssrc = -1
        self.was_heard = False
        self.statistics.forget_source()

    def expire(self, now: float) -> None:
        """Tell of a digit whose end was lost; called every 100 ms or so."""
        for digit in self._digits.expire(now):
            self._on_digit(digit)

    def close(self) -> None:
        """Let go of everybody: nothing more will be received."""
        self.listeners = ()
        self.tap = None
        del self._on_first, self._on_digit
