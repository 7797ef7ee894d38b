"""Single tones and what they mean."""

import pytest

from sip.media.tone_detector import HeardTone, Signal, ToneDetector
from tests.sip.media.sounds import (
    PROMPTS,
    SPEECH,
    Sound,
    add,
    frames,
    key,
    noise,
    pcm,
    recorded,
    silence,
    sine,
    through,
)


def listen(sound: Sound, law: str = "a") -> tuple[list[HeardTone], list[Signal]]:
    detector = ToneDetector()
    tones = []
    for i, frame in enumerate(frames(through(law, pcm(sound + silence(0.3))))):
        tone = detector.feed(frame, i * 0.02)
        if tone is not None:
            tones.append(tone)
    return tones, detector.signals


@pytest.mark.parametrize("law", ["a", "u"])
@pytest.mark.parametrize("frequency", [400, 425, 440, 800, 1000, 1100, 1400, 2000, 2100])
@pytest.mark.parametrize("level", [-10, -25, -38])
def test_a_tone_is_told_with_its_frequency_and_length(
    frequency: int, level: float, law: str
) -> None:
    [tone], _ = listen(silence(0.21) + sine(frequency, 0.4, level), law)
    assert tone.frequency == pytest.approx(frequency, rel=0.02)
    assert tone.seconds == pytest.approx(0.4, abs=0.045)
    assert tone.start == pytest.approx(0.2, abs=0.025)


def test_a_tone_in_noise_is_one_tone() -> None:
    sound = add(silence(0.2) + sine(1000, 0.6, -20), noise(0.9, -38))
    [tone], _ = listen(sound)
    assert tone.seconds == pytest.approx(0.6, abs=0.065)
    assert tone.frequency == pytest.approx(1000, rel=0.03)


def test_two_tones_after_each_other_are_two() -> None:
    tones, _ = listen(sine(1400, 0.1) + sine(2000, 0.1))
    assert [round(tone.frequency, -2) for tone in tones] == [1400, 2000]


def test_keys_and_noise_are_no_single_tone() -> None:
    assert listen(key("5", 0.5))[0] == []
    assert listen(noise(5.0, -20))[0] == []


def test_nobody_speaks_in_signals() -> None:
    for path in (*SPEECH, *PROMPTS):
        assert listen(list(recorded(path)))[1] == [], path.name


@pytest.mark.parametrize(
    ("signal", "sound"),
    [
        ("fax_calling", sine(1100, 0.5)),
        ("fax_calling", sine(1130, 0.5)),
        ("fax_answering", sine(2100, 3.0)),
        ("busy", (sine(425, 0.5) + silence(0.5)) * 3),
        ("busy", (sine(440, 0.5) + silence(0.5)) * 3),
        ("busy", (sine(425, 0.48) + silence(0.48)) * 3),
        ("busy", (sine(425, 0.24) + silence(0.24)) * 3),
        ("busy", (sine(425, 0.167) + silence(0.167)) * 3),
        ("ringback", (sine(425, 1.0) + silence(3.0)) * 2),
        ("ringback", (sine(440, 1.5) + silence(3.5)) * 2),
        ("ringback", (sine(425, 1.0) + silence(4.0)) * 2),
        ("not_in_service", sine(950, 0.33) + sine(1400, 0.33) + sine(1800, 0.33)),
        ("not_in_service", sine(914, 0.27) + sine(1371, 0.27) + sine(1777, 0.38)),
    ],
)
@pytest.mark.parametrize("level", [-55, -45])
def test_signals_are_known_by_pitch_and_rhythm(
    signal: Signal, sound: Sound, level: float
) -> None:
    noisy = add(silence(0.3) + sound, noise(len(sound) / 8000 + 0.3, level))
    assert listen(noisy)[1] == [signal]


@pytest.mark.parametrize(
    "sound",
    [
        sine(1100, 0.2),
        sine(1300, 0.5),
        sine(2100, 0.8),
        sine(425, 3.0),
        (sine(425, 0.5) + silence(0.5)) * 2,
        (sine(1000, 0.5) + silence(0.5)) * 5,
        sine(1400, 0.33) + sine(950, 0.33) + sine(1800, 0.33),
        sine(950, 0.33) + silence(1.0) + sine(1400, 0.33) + sine(1800, 0.33),
    ],
)
def test_what_is_nearly_a_signal_is_none(sound: Sound) -> None:
    assert listen(sound)[1] == []
