import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sip.media import rtp
from sip.media.rtp import RtpPacket, build, is_rtcp, parse, payload_of

AUDIO = bytes(range(160))


def raw(first: int = 0x80, second: int = 8, body: bytes = AUDIO) -> bytes:
    return struct.pack("!BBHII", first, second, 7, 1120, 99) + body


def test_a_plain_packet_is_read_field_by_field() -> None:
    assert parse(raw(second=0x88)) == RtpPacket(8, True, 7, 1120, 99, AUDIO)


@pytest.mark.parametrize("count", range(16))
def test_csrcs_are_skipped(count: int) -> None:
    assert payload_of(raw(0x80 | count, body=b"\xff" * 4 * count + AUDIO)) == AUDIO


def test_an_extension_is_skipped() -> None:
    extension = b"\xbe\xde" + struct.pack("!H", 2) + b"87654321"
    assert payload_of(raw(0x90, body=extension + AUDIO)) == AUDIO


def test_an_empty_extension_may_be_all_there_is() -> None:
    assert payload_of(raw(0x90, body=b"\xbe\xde\0\0")) == b""


def test_padding_is_taken_off() -> None:
    assert payload_of(raw(0xA0, body=AUDIO + b"\0\0\0\x04")) == AUDIO


def test_all_three_at_once() -> None:
    extension = b"\xbe\xde\0\x01abcd"
    data = raw(0xB1, body=b"csrc" + extension + AUDIO + b"\0\0\x03")
    assert payload_of(data) == AUDIO


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("empty", b""),
        ("eleven octets", raw()[:11]),
        ("version 0", raw(0x00)),
        ("version 1", raw(0x40)),
        ("version 3", raw(0xC0)),
        ("csrcs beyond the end", raw(0x8F, body=b"123")),
        ("extension cut off", raw(0x90, body=b"\xbe\xde")),
        ("extension longer than the packet", raw(0x90, body=b"\xbe\xde\xff\xff1234")),
        ("padding of nothing", raw(0xA0, body=AUDIO + b"\0")),
        ("padding longer than the packet", raw(0xA0, body=b"\xff")),
        ("padding into the header", raw(0xA0, body=b"\x02")),
    ],
)
def test_what_is_no_rtp_is_nothing(name: str, data: bytes) -> None:
    assert payload_of(data) is None
    assert parse(data) is None


def test_an_empty_payload_is_not_malformed() -> None:
    packet = parse(raw(body=b""))
    assert packet is not None
    assert packet.payload == b""


@pytest.mark.parametrize("kind", [200, 201, 202, 203, 204, 205, 206, 207])
def test_rtcp_is_told_apart(kind: int) -> None:
    assert is_rtcp(raw(second=kind))
    assert parse(raw(second=kind)) is None


@pytest.mark.parametrize(
    "second", [0, 8, 13, 101, 0x80, 0x88, 191, 0x80 | 96, 0x80 | 101, 0x80 | 127]
)
def test_audio_and_digits_are_not_rtcp(second: int) -> None:
    assert not is_rtcp(raw(second=second))


@given(st.binary(max_size=400))
def test_any_datagram_is_read_or_refused(data: bytes) -> None:
    packet = parse(data)
    if packet is not None:
        assert len(packet.payload) <= len(data) - rtp.HEADER_SIZE
        assert packet.payload in data


@given(
    st.integers(0, 127),
    st.booleans(),
    st.integers(0, 0xFFFF),
    st.integers(0, 0xFFFFFFFF),
    st.integers(0, 0xFFFFFFFF),
    st.binary(max_size=200),
)
def test_what_is_built_is_read_back(
    kind: int, marker: bool, sequence: int, timestamp: int, ssrc: int, payload: bytes
) -> None:
    packet = RtpPacket(kind, marker, sequence, timestamp, ssrc, payload)
    again = parse(build(packet))
    if marker and 64 <= kind <= 95:
        assert again is None, "payload types 64 to 95 with a marker look like RTCP (RFC 5761)"
    else:
        assert again == packet


def test_numbers_wrap_when_built() -> None:
    again = parse(build(RtpPacket(8, False, 0x1_0002, 0x1_0000_0003, 1, b"x")))
    assert again is not None
    assert (again.sequence, again.timestamp) == (2, 3)


@given(st.integers(0, 0xFFFFFFFF), st.integers(-0x80000000, 0x7FFFFFFF))
def test_a_timestamp_step_survives_the_wrap(old: int, step: int) -> None:
    assert rtp.timestamp_step((old + step) & 0xFFFFFFFF, old) == step
