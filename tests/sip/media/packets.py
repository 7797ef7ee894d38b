"""What the tests of this folder are made of: packets, and somebody who takes them."""

import struct
from collections.abc import Mapping
from dataclasses import dataclass, field

from sip.media.protocol import MediaEvent
from sip.media.rtp import RtpPacket, parse

FRAME_A = b"\x2a" * 160
FRAME_B = b"\x6c" * 160


def packet(
    sequence: int,
    timestamp: int | None = None,
    *,
    ssrc: int = 0x1234,
    kind: int = 8,
    payload: bytes = FRAME_A,
    marker: bool = False,
) -> bytes:
    """An RTP packet, written without the code under test; 20 ms apart unless told."""
    if timestamp is None:
        timestamp = sequence * 160
    second = kind | (0x80 if marker else 0)
    head = struct.pack("!BBHII", 0x80, second, sequence & 0xFFFF, timestamp & 0xFFFFFFFF, ssrc)
    return head + payload


def event_payload(code: int, duration: int, *, is_end: bool = False) -> bytes:
    return struct.pack("!BBH", code, 10 | (0x80 if is_end else 0), duration)


@dataclass
class Wire:
    """A peer: reads what is sent to him."""

    sent: list[bytes] = field(default_factory=list)

    def send(self, data: bytes) -> int:
        self.sent.append(data)
        return len(data)

    @property
    def packets(self) -> list[RtpPacket]:
        packets = [parse(data) for data in self.sent]
        assert None not in packets, "something sent is no RTP"
        return [each for each in packets if each is not None]

    @property
    def audio(self) -> bytes:
        return b"".join(each.payload for each in self.packets)


@dataclass
class FakeTap:
    """Writes down what a recording would be told."""

    heard: list[tuple[int, int, int, bytes, float, int, int]] = field(default_factory=list)
    covered: list[tuple[int, int, int, int]] = field(default_factory=list)
    expected: list[tuple[int, bool]] = field(default_factory=list)
    flushed: list[float] = field(default_factory=list)
    closed: Mapping[str, Mapping[str, float]] | None = None

    def hear(
        self,
        side: int,
        stream: int,
        timestamp: int,
        alaw: bytes,
        now: float,
        step: int,
        has_marker: int,
    ) -> None:
        self.heard.append((side, stream, timestamp, alaw, now, step, has_marker))

    def cover(self, side: int, stream: int, timestamp: int, samples: int) -> None:
        self.covered.append((side, stream, timestamp, samples))

    def expect(self, side: int, is_expected: bool, now: float) -> None:
        self.expected.append((side, is_expected))

    def flush(self, now: float) -> None:
        self.flushed.append(now)

    def close(self, now: float, legs: Mapping[str, Mapping[str, float]]) -> None:
        self.closed = legs


def no_prompt(name: str, language: str) -> bytes | None:
    return None


Events = list[MediaEvent]
