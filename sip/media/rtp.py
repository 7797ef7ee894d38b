"""RTP packets: read and build (RFC 3550, section 5.1). Pure; bytes in, bytes out."""

from struct import Struct
from typing import Final, NamedTuple

HEADER: Final = Struct("!BBHII")
"First octet, marker and payload type, sequence number, timestamp, SSRC."
HEADER_SIZE: Final = HEADER.size
PLAIN: Final = 0x80
"First octet of a packet with version 2, no padding, no extension, no CSRC: nearly all."
MARKER: Final = 0x80
PCMU: Final = 0
PCMA: Final = 8
SAMPLE_RATE: Final = 8000
MAX_PAYLOAD: Final = 1280
"160 ms of G.711. No phone sends more; a longer packet is not audio."
SEQUENCE_MASK: Final = 0xFFFF
TIMESTAMP_MASK: Final = 0xFFFFFFFF

unpack_header = HEADER.unpack_from
pack_header = HEADER.pack


class RtpPacket(NamedTuple):
    """One packet, read. `timestamp` is in samples."""

    payload_type: int
    has_marker: bool
    sequence: int
    timestamp: int
    ssrc: int
    payload: bytes


def payload_of(data: bytes) -> bytes | None:
    """Return what follows the header, its CSRCs and its extension, without padding.

    :returns: `None` when the packet is no RTP version 2 or contradicts itself.
    """
    size = len(data)
    if size < HEADER_SIZE:
        return None
    first = data[0]
    if first & 0xC0 != 0x80:
        return None
    start = HEADER_SIZE + 4 * (first & 0x0F)
    if first & 0x10:
        if size < start + 4:
            return None
        start += 4 + 4 * int.from_bytes(data[start + 2 : start + 4])
    end = size
    if first & 0x20:
        padding = data[-1]
        if not padding:
            return None
        end -= padding
    return data[start:end] if start <= end else None


def is_rtcp(data: bytes) -> bool:
    """Tell RTCP from RTP on one port (RFC 5761, section 4)."""
    return len(data) >= 2 and 192 <= data[1] <= 223


def parse(data: bytes) -> RtpPacket | None:
    """Read a packet; `None` for whatever is not RTP."""
    payload = payload_of(data)
    if payload is None or is_rtcp(data):
        return None
    _, second, sequence, timestamp, ssrc = unpack_header(data)
    return RtpPacket(second & 0x7F, second >= MARKER, sequence, timestamp, ssrc, payload)


def build(packet: RtpPacket) -> bytes:
    """Serialise, with numbers reduced to the width of their fields."""
    second = packet.payload_type | (MARKER if packet.has_marker else 0)
    return (
        pack_header(
            PLAIN,
            second,
            packet.sequence & SEQUENCE_MASK,
            packet.timestamp & TIMESTAMP_MASK,
            packet.ssrc & 0xFFFFFFFF,
        )
        + packet.payload
    )


def timestamp_step(new: int, old: int) -> int:
    """Return how many samples `new` is ahead of `old`, negative when behind."""
    return ((new - old + 0x80000000) & 0xFFFFFFFF) - 0x80000000
