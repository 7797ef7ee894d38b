"""The file of a call: stereo G.711 A-law in WAV, 8 kHz. Pure; bytes in, bytes out.

A chunk of ours tells when the first sample was spoken, so that a process that was restarted
can go on in the same file at the right place, and so that the file alone says when it was
made. Players skip chunks they do not know.
"""

from dataclasses import dataclass
from struct import Struct, error
from typing import Final

RATE: Final = 8000
CHANNELS: Final = 2
SILENCE: Final = b"\xd5"
"A-law."
_WAVE_FORMAT_ALAW: Final = 6
_MAX_DATA: Final = 0xFFFFFFFF - 1024
"RIFF counts octets in 32 bits: 74 hours. A longer call is kept whole; the counts stop there."

_RIFF: Final = Struct("<4sI4s")
_CHUNK: Final = Struct("<4sI")
_FORMAT: Final = Struct("<HHIIHHH")
_FACT: Final = Struct("<I")
_ORIGIN: Final = Struct("<qq16s")
HEADER_SIZE: Final = _RIFF.size + 4 * _CHUNK.size + _FORMAT.size + _FACT.size + _ORIGIN.size
_ORIGIN_CHUNK: Final = b"slrc"


@dataclass(frozen=True, slots=True)
class Origin:
    """When the first sample was spoken."""

    wall: int
    "Microseconds since 1970, UTC."
    monotonic: int
    "Microseconds of the machine's steady clock, which means nothing after a reboot."
    boot: bytes
    "16 octets that name the boot."

    def frames_until(self, later: "Origin") -> int:
        """Return how many samples lie between; by the steady clock while that is the same.

        Somebody setting the clock between must neither stretch nor fold a recording.
        """
        if self.boot == later.boot:
            microseconds = later.monotonic - self.monotonic
        else:
            microseconds = later.wall - self.wall
        return max(0, microseconds * RATE // 1_000_000)


def header(origin: Origin, frames: int) -> bytes:
    """Build a file's first :data:`HEADER_SIZE` octets for `frames` samples a channel."""
    data_size = min(frames * CHANNELS, _MAX_DATA)
    return b"".join(
        (
            _RIFF.pack(b"RIFF", HEADER_SIZE - 8 + data_size, b"WAVE"),
            _CHUNK.pack(b"fmt ", _FORMAT.size),
            _FORMAT.pack(_WAVE_FORMAT_ALAW, CHANNELS, RATE, RATE * CHANNELS, CHANNELS, 8, 0),
            _CHUNK.pack(b"fact", _FACT.size),
            _FACT.pack(data_size // CHANNELS),
            _CHUNK.pack(_ORIGIN_CHUNK, _ORIGIN.size),
            _ORIGIN.pack(origin.wall, origin.monotonic, origin.boot),
            _CHUNK.pack(b"data", data_size),
        )
    )


def read_origin(data: bytes) -> Origin | None:
    """Return the origin in a file's first octets; `None` when the file is none of ours."""
    start = _RIFF.size + _CHUNK.size + _FORMAT.size + _CHUNK.size + _FACT.size
    try:
        riff, _, wave = _RIFF.unpack_from(data)
        name, size = _CHUNK.unpack_from(data, start)
        if (riff, wave, name, size) != (b"RIFF", b"WAVE", _ORIGIN_CHUNK, _ORIGIN.size):
            return None
        return Origin(*_ORIGIN.unpack_from(data, start + _CHUNK.size))
    except error:
        return None


def frames_in(file_size: int) -> int:
    """Return how many whole samples a channel a file of this size holds."""
    return max(0, file_size - HEADER_SIZE) // CHANNELS


def interleave(left: bytes, right: bytes) -> bytes:
    """Join two channels of equal length."""
    both = bytearray(2 * len(left))
    both[0::2] = left
    both[1::2] = right
    return bytes(both)


def pcm_samples(data: bytes) -> bytes:
    """Return the samples of a mono 16-bit 8 kHz PCM file: a prompt.

    :raises ValueError: it is no such file; the text says what is wrong with it.
    """
    try:
        riff, _, wave = _RIFF.unpack_from(data)
        if (riff, wave) != (b"RIFF", b"WAVE"):
            raise ValueError("not a WAV file")
        position, is_right_format = _RIFF.size, False
        while True:
            name, size = _CHUNK.unpack_from(data, position)
            position += _CHUNK.size
            if name == b"fmt ":
                kind, channels, rate, _, _, bits = Struct("<HHIIHH").unpack_from(data, position)
                is_right_format = (kind, channels, rate, bits) == (1, 1, RATE, 16)
            elif name == b"data":
                break
            position += size + size % 2
    except error:
        raise ValueError("a WAV file that ends too early") from None
    if not is_right_format:
        raise ValueError("not 16-bit mono PCM at 8000 Hz")
    return data[position : position + size]
