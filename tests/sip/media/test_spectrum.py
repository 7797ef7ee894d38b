import math
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sip.media import spectrum
from tests.sip.media.sounds import add, noise, pcm, sine

SOUND = st.binary(min_size=320, max_size=320)


def samples(data: bytes) -> list[int]:
    return list(struct.unpack(f"<{len(data) // 2}h", data))


@pytest.mark.parametrize("frequency", [697, 1000, 1633, 2100])
@pytest.mark.parametrize("phase", [0.0, 1.0, 2.5])
def test_amplitude_and_phase_of_a_sine_are_found(frequency: int, phase: float) -> None:
    sound = pcm(sine(frequency, 0.02, -13, phase))
    found = spectrum.amplitude(sound, spectrum.probe(frequency, 160))
    assert abs(found) == pytest.approx(32768 * math.sqrt(2) * 10 ** (-13 / 20), rel=0.02)
    later = pcm(sine(frequency, 0.025, -13, phase))[80:]
    after = spectrum.amplitude(later, spectrum.probe(frequency, 160))
    turned = 2 * math.pi * frequency * 0.005
    off = (math.atan2((after / found).imag, (after / found).real) - turned) % (2 * math.pi)
    assert min(off, 2 * math.pi - off) < 0.02


@pytest.mark.parametrize("away", [100, 150, 400])
def test_other_frequencies_are_hardly_heard(away: int) -> None:
    sound = pcm(sine(1000 + away, 0.02, -13))
    found = spectrum.amplitude(sound, spectrum.probe(1000, 160))
    assert abs(found) < 0.03 * 32768 * math.sqrt(2) * 10 ** (-13 / 20)


@settings(deadline=None)
@given(SOUND, SOUND.filter(any))
def test_with_and_without_audioop_the_same_comes_out(one: bytes, other: bytes) -> None:
    assert spectrum.ratio(one, other) == pytest.approx(spectrum.table_ratio(one, other))
    assert spectrum.loudness(one) == pytest.approx(spectrum.table_loudness(one), abs=1)
    ours = samples(spectrum.neighbours(one))
    theirs = samples(spectrum.table_neighbours(one))
    assert all(abs(a - b) <= 1 for a, b in zip(ours, theirs, strict=True))


@pytest.mark.parametrize("frequency", range(400, 2800, 50))
def test_a_pure_tone_is_known_to_four_percent_even_in_noise(frequency: int) -> None:
    sound = pcm(add(sine(frequency, 0.02, -20), noise(0.02, -40)))
    assert spectrum.pure_tone(sound, 100) == pytest.approx(frequency, rel=0.04)


@settings(deadline=None)
@given(st.binary(max_size=640).filter(lambda data: len(data) % 2 == 0 and len(data) > 8))
def test_no_sound_makes_it_raise(sound: bytes) -> None:
    found = spectrum.pure_tone(sound, 0.0)
    assert found is None or 0 < found < 4000


def test_silence_has_no_level_to_speak_of() -> None:
    assert spectrum.decibels(spectrum.loudness(bytes(320))) < -100
