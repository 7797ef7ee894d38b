import cmath
import math
import struct
from itertools import pairwise

import pytest

from sip.media.dtmf import DIGITS
from sip.media.g711 import ALAW_SILENCE, alaw_to_pcm
from sip.media.tones import FRAME, ONCE, RATE, TONE_NAMES, ToneName, dtmf_tone, tone


def samples(alaw: bytes) -> list[int]:
    return list(struct.unpack(f"<{len(alaw)}h", alaw_to_pcm(alaw)))


def share(values: list[int], frequency: float) -> float:
    """The part of the power that is at one frequency (Goertzel)."""
    turn = cmath.exp(-2j * math.pi * frequency / RATE)
    total = sum(value * turn**i for i, value in enumerate(values))
    power = sum(value * value for value in values)
    return 2 * abs(total) ** 2 / len(values) / power if power else 0.0


@pytest.mark.parametrize("name", sorted(TONE_NAMES))
def test_a_loop_is_whole_frames_and_heard(name: ToneName) -> None:
    loop = tone(name)
    assert len(loop) % FRAME == 0
    assert max(map(abs, samples(loop))) > 3000
    assert max(map(abs, samples(loop))) < 16_000


@pytest.mark.parametrize("name", sorted(TONE_NAMES - ONCE))
def test_a_loop_has_no_click(name: ToneName) -> None:
    loop = samples(tone(name))
    steepest = max(abs(b - a) for a, b in pairwise([*loop, loop[0]]))
    assert steepest < 4200, "a sine of 852 Hz at full level rises by 3,300 in a sample"


def test_ringback_is_belgian() -> None:
    loop = tone("ringback")
    assert len(loop) == 4 * RATE
    assert share(samples(loop[:RATE]), 425) > 0.98
    assert loop[RATE:] == ALAW_SILENCE * 3 * RATE


def test_busy_is_half_a_second_on_and_off() -> None:
    loop = tone("busy")
    assert len(loop) == RATE
    assert share(samples(loop[: RATE // 2]), 425) > 0.98
    assert set(loop[RATE // 2 :]) == set(ALAW_SILENCE)


def test_hold_music_is_never_silent_for_long() -> None:
    loop = samples(tone("hold_music"))
    for start in range(0, len(loop), RATE // 2):
        assert max(map(abs, loop[start : start + RATE // 2])) > 500


def test_a_panel_is_greeted_with_two_tones_of_a_tenth_of_a_second() -> None:
    handshake = tone("contact_id_handshake")
    assert len(handshake) == 3 * RATE // 10
    first, pause, second = (handshake[start : start + 800] for start in (0, 800, 1600))
    assert share(samples(first), 1400) > 0.95
    assert share(samples(second), 2300) > 0.95
    assert pause == ALAW_SILENCE * 800


def test_a_panel_is_dismissed_with_one_tone_of_eight_and_a_half() -> None:
    kissoff = tone("contact_id_kissoff")
    begin, end = 20 * RATE // 100, 105 * RATE // 100
    assert kissoff[:begin] == ALAW_SILENCE * begin, "the panel has time to listen"
    assert share(samples(kissoff[begin:end]), 1400) > 0.98
    assert kissoff[end:] == ALAW_SILENCE * 80


@pytest.mark.parametrize("name", sorted(ONCE))
def test_what_a_panel_hears_begins_and_ends_softly(name: ToneName) -> None:
    heard = samples(tone(name))
    assert max(map(abs, heard[:4])) < 1500
    assert max(map(abs, heard[-4:])) < 1500


def test_an_unknown_tone_is_refused() -> None:
    with pytest.raises(ValueError, match="no tone is called 'siren'"):
        tone("siren")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("digit", "row", "column"),
    [("1", 697, 1209), ("5", 770, 1336), ("#", 941, 1477), ("0", 941, 1336), ("A", 697, 1633)],
)
def test_a_key_has_its_two_frequencies(digit: str, row: int, column: int) -> None:
    heard = samples(dtmf_tone(digit)[: int(0.12 * RATE)])
    assert share(heard, row) > 0.4
    assert share(heard, column) > 0.4


def test_every_key_has_a_tone_of_whole_frames_of_its_own() -> None:
    tones = {dtmf_tone(digit) for digit in DIGITS}
    assert len(tones) == 16
    assert all(len(each) % FRAME == 0 for each in tones)


@pytest.mark.parametrize("digit", ["", "E", "12", "é"])
def test_what_is_no_key_is_refused(digit: str) -> None:
    with pytest.raises(ValueError, match="no key of a telephone"):
        dtmf_tone(digit)
