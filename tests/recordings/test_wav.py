import io
import struct
import wave

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recordings.wav import (
    HEADER_SIZE,
    Origin,
    frames_in,
    header,
    interleave,
    pcm_samples,
    read_origin,
)

BOOT = bytes(range(16))
ORIGIN = Origin(1_700_000_000_000_000, 5_000_000, BOOT)


def chunks(data: bytes) -> dict[bytes, bytes]:
    """Walk a RIFF file as a player does."""
    assert (data[:4], data[8:12]) == (b"RIFF", b"WAVE")
    assert struct.unpack("<I", data[4:8])[0] == len(data) - 8
    found, at = {}, 12
    while at < len(data):
        name, (size,) = data[at : at + 4], struct.unpack("<I", data[at + 4 : at + 8])
        found[name] = data[at + 8 : at + 8 + size]
        at += 8 + size + size % 2
    return found


def test_the_file_is_stereo_alaw_at_8_khz() -> None:
    found = chunks(header(ORIGIN, 3) + b"LRLRLR")
    assert list(found) == [b"fmt ", b"fact", b"slrc", b"data"]
    assert struct.unpack("<HHIIHHH", found[b"fmt "]) == (6, 2, 8000, 16_000, 2, 8, 0)
    assert struct.unpack("<I", found[b"fact"]) == (3,)
    assert found[b"data"] == b"LRLRLR"


def test_the_header_is_as_long_as_it_says() -> None:
    assert len(header(ORIGIN, 0)) == HEADER_SIZE
    assert HEADER_SIZE % 2 == 0


@given(
    st.integers(-(2**63), 2**63 - 1),
    st.integers(-(2**63), 2**63 - 1),
    st.binary(min_size=16, max_size=16),
)
def test_the_origin_is_read_back(wall: int, monotonic: int, boot: bytes) -> None:
    origin = Origin(wall, monotonic, boot)
    assert read_origin(header(origin, 99)) == origin


@given(st.binary(max_size=200))
def test_any_other_file_has_no_origin(data: bytes) -> None:
    assert read_origin(data) is None
    assert read_origin(header(ORIGIN, 1)[: min(len(data), HEADER_SIZE - 9)]) is None


def test_counts_beyond_32_bits_stop_and_do_not_wrap() -> None:
    (size,) = struct.unpack("<I", header(ORIGIN, 2**40)[-4:])
    assert size > 4_000_000_000


def test_time_is_counted_by_the_steady_clock_while_that_is_the_same() -> None:
    two_seconds_on = Origin(ORIGIN.wall + 7_200_000_000, ORIGIN.monotonic + 2_000_000, BOOT)
    assert ORIGIN.frames_until(two_seconds_on) == 16_000


def test_after_a_reboot_time_is_counted_by_the_wall_clock() -> None:
    later = Origin(ORIGIN.wall + 3_000_000, 17, bytes(16))
    assert ORIGIN.frames_until(later) == 24_000


def test_time_never_runs_backwards() -> None:
    earlier = Origin(ORIGIN.wall - 9, ORIGIN.monotonic - 9, BOOT)
    assert ORIGIN.frames_until(earlier) == 0


def test_frames_of_a_file() -> None:
    assert frames_in(0) == frames_in(HEADER_SIZE) == frames_in(HEADER_SIZE + 1) == 0
    assert frames_in(HEADER_SIZE + 7) == 3


def test_left_and_right_alternate() -> None:
    assert interleave(b"abc", b"123") == b"a1b2c3"


def a_wav(
    channels: int = 1, width: int = 2, rate: int = 8000, data: bytes = b"\1\2\3\4"
) -> bytes:
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(width)
        file.setframerate(rate)
        file.writeframes(b"\1\2\3\4")
    return buffer.getvalue()


def test_a_prompts_samples() -> None:
    assert pcm_samples(a_wav()) == b"\1\2\3\4"


def test_chunks_before_the_data_are_skipped() -> None:
    plain = a_wav()
    odd = plain[:36] + b"LIST" + struct.pack("<I", 3) + b"abc\0" + plain[36:]
    assert pcm_samples(odd) == b"\1\2\3\4"


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "ends too early"),
        (b"RIFF\0\0\0\0WAVE", "ends too early"),
        (b"OggS" + bytes(40), "not a WAV file"),
        (a_wav(channels=2), "16-bit mono"),
        (a_wav(rate=16_000), "16-bit mono"),
        (a_wav(width=1), "16-bit mono"),
        (a_wav()[:20], "ends too early"),
    ],
)
def test_what_is_no_prompt_is_refused_with_its_reason(data: bytes, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        pcm_samples(data)


@given(st.binary(max_size=100))
def test_no_bytes_hang_or_crash_the_reader(data: bytes) -> None:
    for attempt in (data, a_wav()[:12] + data, a_wav()[:36] + data):
        try:
            assert isinstance(pcm_samples(attempt), bytes)
        except ValueError:
            continue
