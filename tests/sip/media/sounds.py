"""Sounds that the detectors are tested with, made without the code under test."""

import math
import random
import struct
import wave
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from sip.media.g711 import alaw_to_pcm, pcm_to_alaw, pcm_to_ulaw, ulaw_to_pcm

RATE = 8000
KEYS = {
    key: (row, column)
    for row, keys in ((697, "123A"), (770, "456B"), (852, "789C"), (941, "*0#D"))
    for key, column in zip(keys, (1209, 1336, 1477, 1633), strict=True)
}
PRODUCT = Path(__file__).parents[3] / "securityline"
SPEECH = sorted((PRODUCT / "simulation" / "speech").glob("*.wav"))
PROMPTS = sorted((PRODUCT / "prompts").glob("*/*.wav"))

Sound = list[float]


def sine(frequency: float, seconds: float, level: float = -13.0, phase: float = 0.0) -> Sound:
    """A tone; its level is its peak in dBFS, less 3 dB: the root mean square."""
    peak = 32768 * math.sqrt(2) * 10 ** (level / 20)
    turn = 2 * math.pi * frequency / RATE
    return [peak * math.sin(turn * i + phase) for i in range(round(seconds * RATE))]


def silence(seconds: float) -> Sound:
    return [0.0] * round(seconds * RATE)


def add(*sounds: Sound) -> Sound:
    longest = max(map(len, sounds))
    padded = [sound + [0.0] * (longest - len(sound)) for sound in sounds]
    return [sum(values) for values in zip(*padded, strict=True)]


def key(
    name: str,
    seconds: float,
    level: float = -13.0,
    *,
    twist: float = 0.0,
    off: tuple[float, float] = (0.0, 0.0),
    phases: tuple[float, float] = (0.0, 0.0),
) -> Sound:
    """A key's two tones, the column `twist` dB louder, each off by a share of its frequency."""
    row, column = KEYS[name]
    return add(
        sine(row * (1 + off[0]), seconds, level, phases[0]),
        sine(column * (1 + off[1]), seconds, level + twist, phases[1]),
    )


def noise(seconds: float, level: float, seed: int = 1) -> Sound:
    source = random.Random(seed)
    scale = 32768 * 10 ** (level / 20)
    return [source.gauss(0.0, scale) for _ in range(round(seconds * RATE))]


def louder(sound: Sound, decibels: float) -> Sound:
    factor = 10 ** (decibels / 20)
    return [factor * value for value in sound]


def pcm(sound: Sound) -> bytes:
    values = [max(-32768, min(32767, round(value))) for value in sound]
    return struct.pack(f"<{len(values)}h", *values)


def through(law: str, samples: bytes) -> bytes:
    """What is left after companding."""
    if law == "a":
        return alaw_to_pcm(pcm_to_alaw(samples))
    if law == "u":
        return ulaw_to_pcm(pcm_to_ulaw(samples))
    return samples


def frames(samples: bytes, size: int = 320) -> Iterator[bytes]:
    """Whole frames of 20 ms."""
    for start in range(0, len(samples) - size + 1, size):
        yield samples[start : start + size]


@cache
def recorded(path: Path) -> tuple[float, ...]:
    with wave.open(str(path)) as file:
        data = file.readframes(file.getnframes())
    return struct.unpack(f"<{len(data) // 2}h", data)
