"""Keys as sound: what ITU-T Q.24 asks of a receiver, and what Contact ID sends one."""

import random
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sip.media import spectrum
from sip.media.dtmf import Digit
from sip.media.dtmf_detector import DtmfDetector
from tests.sip.media.sounds import (
    KEYS,
    PROMPTS,
    SPEECH,
    Sound,
    add,
    frames,
    key,
    louder,
    noise,
    pcm,
    recorded,
    silence,
    sine,
    through,
)


def digits(sound: Sound, law: str = "a") -> list[Digit]:
    detector = DtmfDetector()
    samples = through(law, pcm(sound + silence(0.2)))
    return [digit for frame in frames(samples) for digit in detector.feed(frame)]


def heard(sound: Sound, law: str = "a") -> str:
    return "".join(digit.digit for digit in digits(sound, law))


@pytest.mark.parametrize("law", ["a", "u", "linear"])
@pytest.mark.parametrize("name", KEYS)
def test_every_key_is_heard_once(name: str, law: str) -> None:
    assert heard(silence(0.1) + key(name, 0.1), law) == name


@pytest.mark.parametrize("start", range(0, 160, 10))
@pytest.mark.parametrize("seconds", [0.04, 0.05, 0.07, 0.5])
def test_forty_milliseconds_are_a_key_wherever_they_begin(start: int, seconds: float) -> None:
    for name in "15#D":
        assert heard([0.0] * (400 + start) + key(name, seconds)) == name


@pytest.mark.parametrize("start", range(0, 160, 10))
@pytest.mark.parametrize("seconds", [0.005, 0.01, 0.015, 0.019])
def test_less_than_twenty_milliseconds_are_none(start: int, seconds: float) -> None:
    for name in "15#D":
        assert heard([0.0] * (400 + start) + key(name, seconds)) == ""


@pytest.mark.parametrize("start", range(0, 160, 20))
def test_a_pause_of_forty_milliseconds_parts_two_presses_of_one_key(start: int) -> None:
    sound = [0.0] * start + key("7", 0.06) + silence(0.04) + key("7", 0.06)
    assert heard(sound) == "77"


@pytest.mark.parametrize("start", range(0, 160, 20))
def test_a_gap_of_ten_milliseconds_does_not(start: int) -> None:
    assert heard([0.0] * start + key("7", 0.06) + silence(0.01) + key("7", 0.06)) == "7"


def test_keys_without_a_pause_between_them_are_told_apart() -> None:
    assert heard(key("1", 0.08) + key("5", 0.08) + key("9", 0.08)) == "159"


def test_how_long_it_was_pressed_is_told_to_twenty_milliseconds() -> None:
    for seconds in (0.05, 0.1, 0.4, 2.0):
        [digit] = digits(silence(0.05) + key("3", seconds))
        assert abs(digit.duration_ms - 1000 * seconds) <= 20


def test_it_is_told_soon_after_it_was_let_go() -> None:
    detector = DtmfDetector()
    told = [bool(detector.feed(each)) for each in frames(pcm(key("3", 0.1) + silence(0.2)))]
    assert told.index(True) <= 7, "40 ms after the end at most"


@pytest.mark.parametrize("name", KEYS)
@pytest.mark.parametrize("row", [-0.015, 0.0, 0.015])
@pytest.mark.parametrize("column", [-0.015, 0.0, 0.015])
def test_one_and_a_half_percent_off_is_accepted(name: str, row: float, column: float) -> None:
    assert heard(silence(0.03) + key(name, 0.05, off=(row, column))) == name


@pytest.mark.parametrize("name", KEYS)
@pytest.mark.parametrize("off", [-0.06, -0.05, -0.035, 0.035, 0.05, 0.06])
def test_three_and_a_half_percent_off_is_not(name: str, off: float) -> None:
    assert heard(silence(0.03) + key(name, 0.2, off=(off, 0.0))) == ""
    assert heard(silence(0.03) + key(name, 0.2, off=(0.0, off))) == ""


@pytest.mark.parametrize(("twist", "is_key"), [(4, 1), (-8, 1), (0, 1), (9, 0), (-14, 0)])
def test_the_two_tones_must_be_about_equally_loud(twist: float, is_key: bool) -> None:
    for name in KEYS:
        assert heard(key(name, 0.06, -16.0, twist=twist)) == name * is_key


@pytest.mark.parametrize(
    ("level", "is_key"), [(-6.5, 1), (-10, 1), (-20, 1), (-30, 1), (-34, 1), (-42, 0), (-55, 0)]
)
@pytest.mark.parametrize("law", ["a", "u"])
def test_loud_and_quiet_keys_are_heard_but_no_crosstalk(
    level: float, is_key: bool, law: str
) -> None:
    for name in "147*D":
        assert heard(key(name, 0.06, level), law) == name * is_key


@pytest.mark.parametrize("seed", range(5))
def test_noise_of_fifteen_decibels_less_changes_nothing(seed: int) -> None:
    dialled = "0123456789*#ABCD"
    sound: Sound = []
    for name in dialled:
        sound += key(name, 0.05, -16.0) + silence(0.05)
    both = add(sound, noise(len(sound) / 8000, -28.0, seed))
    assert heard(both) == dialled


@pytest.mark.parametrize("law", ["a", "u"])
@pytest.mark.parametrize("start", [0, 37, 80, 111])
def test_contact_id_is_read_without_loss(law: str, start: int) -> None:
    """Sixteen digits of 50 ms and pauses of 50 ms (SIA DC-05), at a panel's levels."""
    for seed in range(8):
        source = random.Random(seed)
        message = "".join(source.choice("0123456789*#ABCD") for _ in range(16))
        sound: Sound = [0.0] * start
        for name in message:
            phases = source.uniform(0, 6), source.uniform(0, 6)
            twist = source.uniform(-4, 3)
            off = source.uniform(-0.012, 0.012), source.uniform(-0.012, 0.012)
            sound += key(name, 0.05, -18.0, twist=twist, off=off, phases=phases)
            sound += silence(0.05)
        assert heard(sound, law) == message


@settings(deadline=None, max_examples=60)
@given(
    name=st.sampled_from(sorted(KEYS)),
    seconds=st.floats(0.042, 0.3),
    start=st.integers(0, 400),
    level=st.floats(-30, -9),
    twist=st.floats(-7, 3.5),
    phases=st.tuples(st.floats(0, 6), st.floats(0, 6)),
    off=st.tuples(st.floats(-0.015, 0.015), st.floats(-0.015, 0.015)),
)
def test_whatever_is_a_key_by_the_standard_is_heard_once(
    name: str,
    seconds: float,
    start: int,
    level: float,
    twist: float,
    phases: tuple[float, float],
    off: tuple[float, float],
) -> None:
    pressed = key(name, seconds, level, twist=twist, off=off, phases=phases)
    assert heard([0.0] * start + pressed) == name


@pytest.mark.parametrize("gain", [-12, 0, 8])
def test_nobody_dials_by_speaking(gain: float) -> None:
    for path in (*SPEECH, *PROMPTS):
        assert heard(louder(list(recorded(path)), gain)) == "", path.name


@pytest.mark.parametrize("level", [-50, -30, -15, -6])
def test_noise_is_no_key(level: float) -> None:
    assert heard(noise(20.0, level)) == ""


@pytest.mark.parametrize("frequency", range(300, 3400, 23))
def test_one_tone_alone_is_no_key(frequency: int) -> None:
    assert heard(sine(frequency, 0.2)) == ""


def test_two_rows_or_two_columns_are_no_key() -> None:
    for a, b in [*pairwise((697, 770, 852, 941)), *pairwise((1209, 1336, 1477, 1633))]:
        assert heard(add(sine(a, 0.2), sine(b, 0.2))) == ""


def test_a_third_tone_spoils_a_key() -> None:
    assert heard(add(key("5", 0.2), sine(2200, 0.2))) == ""


@pytest.mark.parametrize("size", [2, 30, 160, 320, 480, 960])
def test_packets_may_have_any_length(size: int) -> None:
    detector = DtmfDetector()
    samples = pcm(key("4", 0.05) + silence(0.05) + key("2", 0.05) + silence(0.2))
    found = [digit for frame in frames(samples, size) for digit in detector.feed(frame)]
    assert [digit.digit for digit in found] == ["4", "2"]


def test_without_audioop_the_same_is_heard(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spectrum, "ratio", spectrum.table_ratio)
    monkeypatch.setattr("sip.media.dtmf_detector.loudness", spectrum.table_loudness)
    assert heard(key("8", 0.05) + silence(0.05) + key("#", 0.05)) == "8#"
