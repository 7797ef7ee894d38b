"""What a piece of sound is made of."""

import math
import struct

RATE = 8000


def loudness(pcm: bytes) -> float:
    """Return the root mean square of 16-bit samples, 0 to 32767."""
    samples = struct.unpack(f"<{len(pcm) // 2}h", pcm[: len(pcm) & ~1])
    return math.sqrt(sum(s * s for s in samples) / len(samples)) if samples else 0.0


def strength(pcm: bytes, frequency: float) -> float:
    """Return which part of the sound is a sine of this frequency, 0 to 1 (Goertzel)."""
    samples = struct.unpack(f"<{len(pcm) // 2}h", pcm[: len(pcm) & ~1])
    energy = sum(s * s for s in samples)
    if not energy:
        return 0.0
    step = 2 * math.cos(2 * math.pi * frequency / RATE)
    before, last = 0.0, 0.0
    for sample in samples:
        before, last = last, sample + step * last - before
    power = before * before + last * last - step * before * last
    return min(1.0, 2 * power / (energy * len(samples)))
