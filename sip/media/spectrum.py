"""How much of a frequency is in a short piece of sound. Pure.

A sum of products over 16-bit samples is what costs. `audioop` makes one of 160 samples in
less than a microsecond; where it is missing (Python 3.13 without audioop-lts) Python does.
"""

from __future__ import annotations

import sys
import warnings
from array import array
from collections.abc import Callable
from functools import cache
from math import acos, cos, log10, pi, sin, sqrt
from operator import mul
from typing import Final, NamedTuple

from sip.media.tones import RATE

FULL_SCALE: Final = 32_768
_PEAK: Final = 32_000


class Probe(NamedTuple):
    """A windowed sine and cosine to hold against a piece of sound."""

    cosine: bytes
    sine: bytes
    cosine_scale: float
    sine_scale: float


@cache
def probe(frequency: float, samples: int) -> Probe:
    """Return the probe for a frequency and a length, with a Hann window.

    Beyond two divided by the length (100 Hz for 20 ms) it is nearly deaf.
    """
    window = [0.5 - 0.5 * cos(2 * pi * (i + 0.5) / samples) for i in range(samples)]
    turn = 2 * pi * frequency / RATE
    both = [
        array("h", (round(_PEAK * weight * wave(turn * i)) for i, weight in enumerate(window)))
        for wave in (cos, sin)
    ]
    scale = 2 / (sum(window) * _PEAK)
    powers = [sum(map(mul, each, each)) * scale for each in both]
    return Probe(both[0].tobytes(), both[1].tobytes(), powers[0], powers[1])


def table_ratio(pcm: bytes, reference: bytes) -> float:
    """Return the part of `reference` in `pcm` without `audioop`."""
    ours, theirs = array("h"), array("h")
    ours.frombytes(pcm)
    theirs.frombytes(reference)
    power = sum(map(mul, theirs, theirs))
    return sum(map(mul, ours, theirs)) / power if power else 0.0


def table_loudness(pcm: bytes) -> float:
    """Return the root mean square without `audioop`."""
    samples = array("h")
    samples.frombytes(pcm)
    return sqrt(sum(map(mul, samples, samples)) / len(samples)) if samples else 0.0


ratio: Callable[[bytes, bytes], float] = table_ratio
loudness: Callable[[bytes], float] = table_loudness

if sys.byteorder == "little":
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        try:
            import audioop
        except ImportError:
            pass
        else:

            def ratio(pcm: bytes, reference: bytes) -> float:
                """Return the part of `reference` in `pcm`: their product by its power."""
                return audioop.findfactor(pcm, reference)

            def loudness(pcm: bytes) -> float:
                """Return the root mean square of samples in the machine's byte order."""
                return float(audioop.rms(pcm, 2))


def amplitude(pcm: bytes, tested: Probe) -> complex:
    """Return amplitude and phase of a frequency, in units of samples."""
    return complex(
        ratio(pcm, tested.cosine) * tested.cosine_scale,
        -ratio(pcm, tested.sine) * tested.sine_scale,
    )


def decibels(rms: float) -> float:
    """Return a root mean square in dBFS: 0 for the loudest square wave."""
    return 20 * log10(max(rms, 1e-3) / FULL_SCALE)


def table_neighbours(pcm: bytes) -> bytes:
    """Return the mean of both neighbours of each inner sample without `audioop`."""
    samples = array("h")
    samples.frombytes(pcm)
    return array("h", ((a + b) >> 1 for a, b in zip(samples, samples[2:]))).tobytes()  # noqa: B905


neighbours: Callable[[bytes], bytes] = table_neighbours

if ratio is not table_ratio:

    def neighbours(pcm: bytes) -> bytes:
        """Return the mean of both neighbours of each inner sample."""
        return audioop.add(audioop.mul(pcm[:-4], 2, 0.5), audioop.mul(pcm[4:], 2, 0.5), 2)


MIN_PURITY: Final = 0.85
"A tone's part of all that is heard: 8 dB above the noise."
_GRID: Final = 10


def pure_tone(pcm: bytes, quietest: float) -> float | None:
    """Return the frequency in Hz of which 20 ms of sound consist, `None` if not of one.

    A sine's neighbours have a mean of the cosine of its step times itself.

    :param quietest: root mean square below which there is nothing to hear.
    """
    loud = loudness(pcm)
    if loud < quietest:
        return None
    cosine = ratio(neighbours(pcm), pcm[2:-2])
    if not -0.98 < cosine < 0.98:
        return None
    frequency = acos(cosine) * RATE / (2 * pi)
    wanted = MIN_PURITY * loud * loud
    found = _power(pcm, frequency)
    if found >= wanted:
        return frequency
    if found < wanted / 2:
        return None
    # Noise draws the cosine towards zero: look at both sides.
    power, best = max((_power(pcm, near), near) for near in (frequency - 20, frequency + 20))
    return best if power >= wanted else None


def _power(pcm: bytes, frequency: float) -> float:
    nearest = round(frequency / _GRID) * _GRID
    return abs(amplitude(pcm, probe(nearest, len(pcm) // 2))) ** 2 / 2
