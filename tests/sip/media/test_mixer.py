"""Several legs heard at once, without sockets: voices, beats, sums."""

import random
from collections.abc import Iterable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sip.media import g711
from sip.media.g711 import ALAW_SILENCE, alaw_to_pcm, pcm_to_alaw, pcm_to_ulaw
from sip.media.mixer import MAX_BUFFERED, Mixer, Voice
from sip.media.rtp import PCMA, PCMU
from tests.sip.media.sounds import pcm, sine

QUIET = ALAW_SILENCE * 160
QUIET_PCM = alaw_to_pcm(QUIET)


def steady(value: int) -> bytes:
    """20 ms of A-law of one value, told apart from any other."""
    return pcm_to_alaw(pcm([float(value)] * 160))


def level(frame: bytes | None) -> int:
    return 0 if frame is None else int.from_bytes(frame[-2:], "little", signed=True)


class Talker:
    """Sends 20 ms packets into a voice."""

    def __init__(self, voice: Voice, kind: int = PCMA) -> None:
        self.voice = voice
        self.kind = kind
        self.sequence = 0
        self.timestamp = 5000
        self.stream = 1

    def say(self, payload: bytes, *, step: int = 1, at: int | None = None) -> None:
        if at is None:
            at = self.timestamp
            self.timestamp += len(payload)
        self.voice.forward(
            self.stream, payload, self.kind, self.sequence, at & 0xFFFFFFFF, 0, step, 0.0
        )


def beats(voice: Voice, count: int) -> list[int]:
    """What comes out at as many beats, by level, to the nearest thousand."""
    found = []
    for _ in range(count):
        voice.advance()
        found.append(round(level(voice.frame) / 1000))
    return found


def test_a_voice_comes_out_a_beat_later_whole_and_in_order() -> None:
    voice = Voice()
    talker = Talker(voice)
    heard = []
    for value in (1000, 2000, 3000, 4000):
        talker.say(steady(value))
        heard += beats(voice, 1)
    assert heard + beats(voice, 2) == [0, 1, 2, 3, 4, 0]


def test_a_packet_that_is_a_beat_late_is_heard() -> None:
    voice = Voice()
    talker = Talker(voice)
    talker.say(steady(1000))
    heard = beats(voice, 1)
    talker.say(steady(2000))
    heard += beats(voice, 2)
    talker.say(steady(3000))
    talker.say(steady(4000))
    assert heard + beats(voice, 2) == [0, 1, 2, 3, 4]


def test_a_lost_packet_is_silence_of_its_length_and_no_hurry() -> None:
    voice = Voice()
    talker = Talker(voice)
    talker.say(steady(1000))
    talker.say(steady(2000))
    heard = beats(voice, 1)
    talker.timestamp += 160
    talker.say(steady(4000), step=2)
    assert heard + beats(voice, 5) == [0, 1, 2, 0, 4, 0]


def test_a_packet_that_was_overtaken_takes_its_place() -> None:
    voice = Voice()
    talker = Talker(voice)
    talker.say(steady(1000))
    talker.say(steady(3000), step=2, at=5320)
    talker.say(steady(2000), step=-1, at=5160)
    assert beats(voice, 5) == [0, 1, 2, 3, 0]


def test_a_packet_that_comes_after_its_time_is_left_out() -> None:
    voice = Voice()
    talker = Talker(voice)
    talker.say(steady(1000))
    talker.say(steady(3000), step=2, at=5320)
    heard = beats(voice, 4)
    talker.say(steady(2000), step=-1, at=5160)
    assert heard + beats(voice, 2) == [0, 1, 0, 3, 0, 0]


def test_another_source_goes_on_at_once() -> None:
    voice = Voice()
    talker = Talker(voice)
    talker.say(steady(1000))
    heard = beats(voice, 1)
    talker.stream, talker.timestamp = 2, 3_000_000_000
    talker.say(steady(2000))
    assert heard + beats(voice, 3) == [0, 1, 2, 0]


def test_after_a_pause_without_packets_speech_begins_anew() -> None:
    voice = Voice()
    talker = Talker(voice)
    talker.say(steady(1000))
    heard = beats(voice, 4)
    talker.timestamp += 8000
    talker.say(steady(2000))
    assert heard + beats(voice, 3) == [0, 1, 0, 0, 0, 2, 0]


def test_timestamps_may_run_over() -> None:
    voice = Voice()
    talker = Talker(voice)
    talker.timestamp = 2**32 - 160
    for value in (1000, 2000, 3000):
        talker.say(steady(value))
    assert beats(voice, 5) == [0, 1, 2, 3, 0]


@pytest.mark.parametrize("samples", [80, 240, 320, 480, 1280])
def test_packets_may_have_any_length(samples: int) -> None:
    voice = Voice()
    talker = Talker(voice)
    whole = random.Random(1).randbytes(samples * 6)
    heard = b""
    sent = 0
    for beat in range(samples * 6 // 160 + 3):
        while sent < len(whole) and sent <= beat * 160:
            talker.say(whole[sent : sent + samples])
            sent += samples
        voice.advance()
        heard += voice.frame or b""
    assert alaw_to_pcm(whole) in heard


def test_a_burst_is_cut_to_what_is_latest() -> None:
    voice = Voice()
    talker = Talker(voice)
    for value in range(1, 51):
        talker.say(steady(200 * value))
    voice.advance()
    delay = 1
    while voice.frame is not None and level(voice.frame) < 9800:
        voice.advance()
        delay += 1
    assert delay * 320 <= MAX_BUFFERED


def test_a_phone_whose_timestamps_stand_still_is_heard_all_the_same() -> None:
    voice = Voice()
    talker = Talker(voice)
    heard = []
    for value in (1000, 2000, 3000, 4000):
        talker.say(steady(value), at=5000)
        heard += beats(voice, 1)
    assert heard == [0, 1, 2, 3]


@settings(deadline=None, max_examples=200)
@given(
    st.lists(
        st.tuples(
            st.integers(0, 2**32 - 1),
            st.integers(-5, 5).filter(bool),
            st.integers(1, 1280),
            st.booleans(),
        ),
        max_size=60,
    )
)
def test_no_packet_makes_it_raise_or_grow(
    packets: Iterable[tuple[int, int, int, bool]],
) -> None:
    voice = Voice()
    for timestamp, step, length, is_beat in packets:
        voice.forward(1, b"\x2a" * length, PCMA, 0, timestamp, 0, step, 0.0)
        assert len(voice._buffer) <= max(MAX_BUFFERED, 4 * 1280 + 1280)
        if is_beat:
            voice.advance()
            assert voice.frame is None or len(voice.frame) == 320


def mixer() -> Mixer:
    return Mixer(lambda leg_id: None)


def test_three_hear_each_other_and_nobody_himself() -> None:
    mix = mixer()
    players = {
        name: mix.player(name, tuple(other for other in "abc" if other != name))
        for name in "abc"
    }
    for name, value in (("a", 1000), ("b", 2000), ("c", 4000)):
        talker = Talker(mix.voices[name])
        talker.say(steady(value))
        talker.say(steady(value))
    mix.advance()
    mix.advance()
    heard = {
        name: round(level(alaw_to_pcm(each.next_frame())) / 100)
        for name, each in players.items()
    }
    assert heard["a"] == pytest.approx(60, abs=2)
    assert heard["b"] == pytest.approx(50, abs=2)
    assert heard["c"] == pytest.approx(30, abs=2)


def test_a_leg_that_is_named_in_its_own_mix_does_not_hear_itself() -> None:
    mix = mixer()
    player = mix.player("a", ("a", "b", "b"))
    assert set(mix.voices) == {"b"}
    Talker(mix.voices["b"]).say(steady(1000))
    mix.advance()
    mix.advance()
    assert round(level(alaw_to_pcm(player.next_frame())) / 1000) == 1, "once, named twice"


def test_what_is_too_loud_is_cut_off_and_does_not_turn_over() -> None:
    mix = mixer()
    player = mix.player("c", ("a", "b"))
    for name in "ab":
        Talker(mix.voices[name]).say(pcm_to_alaw(pcm(sine(500, 0.02, -3.5))))
    mix.advance()
    mix.advance()
    loud = alaw_to_pcm(player.next_frame())
    alone = pcm(sine(500, 0.02, -3.5))
    for i in range(0, 320, 2):
        ours = int.from_bytes(loud[i : i + 2], "little", signed=True)
        theirs = int.from_bytes(alone[i : i + 2], "little", signed=True)
        assert ours * theirs >= 0, "the sum has the sign of its parts"


def test_both_laws_meet_in_one_mix() -> None:
    mix = mixer()
    player = mix.player("c", ("a", "b"))
    Talker(mix.voices["a"]).say(steady(1000))
    Talker(mix.voices["b"], PCMU).say(pcm_to_ulaw(pcm([2000.0] * 160)))
    mix.advance()
    mix.advance()
    assert level(alaw_to_pcm(player.next_frame())) == pytest.approx(3000, abs=100)


def test_without_voices_there_is_silence() -> None:
    mix = mixer()
    player = mix.player("a", ("b",))
    mix.advance()
    assert player.next_frame() == QUIET
    assert mix.player("a", ()).next_frame() == QUIET


def test_a_voice_is_kept_for_as_long_as_somebody_hears_it() -> None:
    told: list[str] = []
    mix = Mixer(told.append)
    one, other = mix.player("a", ("c",)), mix.player("b", ("c",))
    one.cut()
    one.cut()
    assert set(mix.voices) == {"c"}
    other.cut()
    assert mix.voices == {}
    assert told == ["c", "c"]
    assert other.next_frame() == QUIET


def test_keys_are_not_mixed_in() -> None:
    voice = Voice()
    talker = Talker(voice)
    talker.say(steady(1000))
    voice.forward_digit(1, b"\x05\x8a\x03\x20", 2, 5160, 0, 1, 0.0)
    assert beats(voice, 3) == [0, 1, 0]


@settings(deadline=None)
@given(st.binary(max_size=64), st.binary(max_size=64))
def test_samples_are_added_alike_with_and_without_audioop(one: bytes, other: bytes) -> None:
    size = min(len(one), len(other)) & ~1
    one, other = one[:size], other[:size]
    assert g711.add_pcm(one, other) == g711.table_add_pcm(one, other)
