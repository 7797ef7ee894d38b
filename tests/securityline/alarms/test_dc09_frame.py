"""Frames come out of a stream whole, however they were cut, and junk costs nothing."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from securityline.alarms.dc09_frame import LONGEST, Frame, Framer, crc16, to_octets

PANIC = b'"ADM-CID"0001L0#1234[#1234|1120 01 015]'
BURGLARY = b'"SIA-DCS"0002L0#1234[#1234|Nri1/BA001]'

bodies = st.binary(max_size=80).map(
    lambda octets: b'"' + octets.translate(None, b"\r\n")  # as the standard has it
)


def bodies_of(frames: list[Frame]) -> list[bytes]:
    return [f.body for f in frames if f.has_right_crc and f.has_right_length]


def test_the_crc_is_arc() -> None:
    assert crc16(b"123456789") == 0xBB3D
    assert crc16(b"") == 0


def test_a_frame_is_made_and_read() -> None:
    octets = to_octets(PANIC)

    assert octets == b"\n7BE80027" + PANIC + b"\r"
    assert Framer().feed(octets) == [Frame(0x7BE8, 0x27, PANIC)]


def test_a_frame_with_a_binary_crc_is_made_and_read() -> None:
    octets = to_octets(PANIC, is_binary_crc=True)

    assert octets == b"\n\x7b\xe80027" + PANIC + b"\r"
    assert Framer().feed(octets) == [Frame(0x7BE8, 0x27, PANIC, is_binary_crc=True)]


def with_crc_octets(wanted: bytes) -> bytes:
    """Return a body whose CRC contains these two octets."""
    for number in range(1 << 20):
        body = b'"NULL"0000L0#%X[]' % number
        if crc16(body).to_bytes(2, "big") == wanted:
            return body
    raise AssertionError("no such body")


@pytest.mark.parametrize("crc", [b"\r\n", b"\n\r", b"\r\r", b"\n\n", b"\r0", b"0\r", b"\n0"])
def test_a_binary_crc_may_look_like_an_end(crc: bytes) -> None:
    body = with_crc_octets(crc)
    octets = to_octets(PANIC) + to_octets(body, is_binary_crc=True) + to_octets(BURGLARY)

    for cut in range(len(octets)):
        framer = Framer()
        frames = framer.feed(octets[:cut]) + framer.feed(octets[cut:])
        assert bodies_of(frames) == [PANIC, body, BURGLARY], cut


@settings(deadline=None)
@given(st.lists(st.tuples(bodies, st.booleans()), max_size=6), st.data())
def test_frames_joined_or_split_come_out_whole_and_in_order(
    sent: list[tuple[bytes, bool]], data: st.DataObject
) -> None:
    stream = b"".join(to_octets(body, is_binary_crc=is_binary) for body, is_binary in sent)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=8)))
    framer, frames = Framer(), list[Frame]()
    for begin, end in pairwise([0, *cuts, len(stream)]):
        frames += framer.feed(stream[begin:end])

    assert [(f.body, f.is_binary_crc) for f in frames] == sent
    assert framer.is_between_frames


def test_a_wrong_length_swallows_nothing() -> None:
    for length in (b"0000", b"0026", b"0028", b"0FFF", b"FFFF"):
        octets = b"\n7BE8" + length + PANIC + b"\r" + to_octets(BURGLARY)
        frames = Framer().feed(octets)

        assert [frame.has_right_length for frame in frames] == [False, True]
        assert frames[1].body == BURGLARY


def test_a_frame_without_an_end_does_not_take_the_next_with_it() -> None:
    framer = Framer()

    assert bodies_of(framer.feed(b"\n7BE80027" + PANIC + to_octets(BURGLARY))) == [BURGLARY]
    assert framer.cut == 1


@pytest.mark.parametrize(
    "junk", [b"\r", b"\n", b"\r\n\r\n", b"GET / HTTP/1.1\r\n\r\n", b"\0" * 9000, b'\n0000"\r']
)
def test_junk_between_frames_is_passed_over(junk: bytes) -> None:
    framer = Framer()

    assert bodies_of(framer.feed(junk + to_octets(PANIC) + junk + to_octets(BURGLARY))) == [
        PANIC,
        BURGLARY,
    ]


@settings(deadline=None)
@given(st.lists(st.binary(max_size=200), max_size=30))
def test_any_octets_may_come_and_a_good_frame_after_them_is_read(pieces: list[bytes]) -> None:
    framer = Framer()
    for piece in pieces:
        framer.feed(piece)
    last = framer.feed(b"\r" * 3 + to_octets(PANIC))

    assert PANIC in bodies_of(last)


def test_a_frame_that_never_ends_is_not_kept() -> None:
    framer = Framer()
    for _ in range(1000):
        framer.feed(b'\n00000FFF"' + b"x" * 1000)
        assert len(framer._buffer) <= LONGEST + 1010
    for _ in range(100):
        framer.feed(b"x" * 1000)
        assert len(framer._buffer) <= LONGEST + 1010
    framer.feed(b"x" * 1_000_000)

    assert len(framer._buffer) < 10
    assert framer.is_between_frames


def test_the_longest_frame_passes_and_one_octet_more_does_not() -> None:
    longest = b'"' + b"x" * (LONGEST - 1)
    framer = Framer()

    assert bodies_of(framer.feed(to_octets(longest))) == [longest]
    too_long = b"\n%04X1000%bx\r" % (crc16(longest + b"x"), longest)
    assert bodies_of(framer.feed(too_long)) == []
    with pytest.raises(ValueError, match="4095"):
        to_octets(longest + b"x")


def test_single_octets_cost_no_more_than_all_at_once() -> None:
    """Every octet is looked at a fixed number of times: counted, not timed."""
    framer, looked_at = Framer(), 0
    for octet in b'\n00000FFF"' + b"\nx" * 1900:
        framer.feed(bytes([octet]))
        looked_at += len(framer._buffer) - framer._searched
    assert looked_at <= 10 * 3810
