"""Spoken words as telephone audio: what a speech program wrote, made fit for a call.

Pure.
Speech programs write at 22,050 Hz or so with a peak level of their own. Here it is brought to
8 kHz mono, trimmed of silence, and levelled to -20 dBFS over what is spoken, below the
loudness at which A-law gets rough and near what telephones carry.
"""

from __future__ import annotations

import io
import math
import sys
import wave
from array import array
from itertools import pairwise
from math import gcd
from operator import mul
from typing import Final

RATE: Final = 8000
LEVEL: Final = -20.0
"dBFS, root mean square over the spoken parts."
PEAK: Final = -3.0
"dBFS, at most."
LOW_RATE: Final = 8000
HIGH_RATE: Final = 48_000
"Samples a second that are understood."

_CUTOFF: Final = 3500
_SILENT: Final = 10 ** (-45 / 20) * 32768
_EDGE: Final = RATE // 20
"Samples (50 ms) of silence before and after the words."
_FADE: Final = RATE // 200
_TAPS: Final = 65


class NotSpeech(ValueError):
    """It is no WAV file of one 16-bit channel, or nothing is said in it."""


def telephone_wav(wav: bytes) -> bytes:
    """Return the words in a WAV file as a WAV file of 8 kHz, trimmed and levelled.

    :raises NotSpeech: nothing can be made of it.
    """
    return to_wav(level(trim(resample(*from_wav(wav)))))


def from_wav(wav: bytes) -> tuple[array[float], int]:
    """Return samples from -32768 to 32767 and their rate.

    :raises NotSpeech: it is no WAV file of one 16-bit channel.
    """
    try:
        with wave.open(io.BytesIO(wav)) as file:
            shape = file.getnchannels(), file.getsampwidth()
            rate = file.getframerate()
            data = file.readframes(min(file.getnframes(), len(wav)))
    except (wave.Error, EOFError) as error:
        raise NotSpeech(f"not a WAV file: {error}") from None
    if shape != (1, 2) or not LOW_RATE <= rate <= HIGH_RATE:
        raise NotSpeech(f"{shape[0]} channels of {shape[1]} octets at {rate} Hz")
    samples = array("h")
    samples.frombytes(data[: len(data) & ~1])
    if sys.byteorder == "big":
        samples.byteswap()
    return array("d", samples), rate


def _phases(rate: int) -> list[tuple[int, array[float]]]:
    """Return, for every place an output sample can have between two input ones, its taps."""
    cutoff = 2 * _CUTOFF / rate
    half = _TAPS * rate // RATE // 2
    phases = []
    for phase in range(RATE // gcd(rate, RATE)):
        centre = phase * rate / RATE
        first = math.ceil(centre - half)
        taps = array("d")
        for j in range(first, int(centre + half) + 1):
            x = math.pi * (centre - j)
            sinc = math.sin(cutoff * x) / (cutoff * x) if x else 1.0
            taps.append(sinc * (0.5 + 0.5 * math.cos(x / (half + 1))))
        total = sum(taps)
        phases.append((first, array("d", (tap / total for tap in taps))))
    return phases


def resample(samples: array[float], rate: int) -> array[float]:
    """Bring samples down to 8 kHz through a windowed sinc, cut off at 3.5 kHz."""
    phases = _phases(rate)
    step = rate // gcd(rate, RATE)
    margin = _TAPS * rate // RATE
    silence = array("d", bytes(8 * margin))
    padded = silence + samples + silence
    result = array("d")
    for i in range(len(samples) * RATE // rate):
        turn, phase = divmod(i, len(phases))
        first, taps = phases[phase]
        start = margin + turn * step + first
        result.append(sum(map(mul, taps, padded[start : start + len(taps)])))
    return result


def trim(samples: array[float]) -> array[float]:
    """Cut silence off both ends, and begin and end softly.

    :raises NotSpeech: there is nothing but silence.
    """
    spoken = [i for i, sample in enumerate(samples) if abs(sample) > _SILENT]
    if not spoken or spoken[-1] - spoken[0] < 2 * _FADE:
        raise NotSpeech("nothing is said")
    words = samples[spoken[0] : spoken[-1] + 1]
    for i in range(_FADE):
        words[i] *= i / _FADE
        words[-1 - i] *= i / _FADE
    edge = array("d", bytes(8 * _EDGE))
    return edge + words + edge


def decibels(samples: array[float]) -> float:
    """Return the level of the spoken parts in dBFS: frames of 20 ms above -45 dBFS."""
    frames = [samples[a:b] for a, b in pairwise(range(0, len(samples), RATE // 50))]
    power = [sum(map(mul, frame, frame)) / len(frame) for frame in frames]
    loud = [p for p in power if p > _SILENT**2] or [1.0]
    return 10 * math.log10(sum(loud) / len(loud)) - 20 * math.log10(32768)


def level(samples: array[float]) -> array[float]:
    """Bring the spoken parts to :data:`LEVEL`, peaks bent below :data:`PEAK`."""
    gain = 10 ** ((LEVEL - decibels(samples)) / 20)
    ceiling = 10 ** (PEAK / 20) * 32768
    return array("d", (ceiling * math.tanh(s * gain / ceiling) for s in samples))


def to_wav(samples: array[float]) -> bytes:
    """Return a WAV file of 8 kHz, 16 bits, one channel."""
    pcm = array("h", map(round, samples))
    if sys.byteorder == "big":
        pcm.byteswap()
    whole = io.BytesIO()
    with wave.open(whole, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(pcm.tobytes())
    return whole.getvalue()
