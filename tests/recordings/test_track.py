from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recordings.model import Gap
from recordings.track import GAP, Track
from recordings.wav import SILENCE

FRAME = 160


class Tape:
    """A track and somebody who speaks into it, 20 ms at a time."""

    def __init__(self) -> None:
        self.gaps: list[Gap] = []
        self.track = Track("caller", self.gaps.append)
        self.stream, self.timestamp, self.now = 1, 5000, FRAME

    def speak(self, frames: int = 1, octet: bytes = b"a", **how: int) -> None:
        for _ in range(frames):
            self.track.hear(
                self.stream,
                self.timestamp & 0xFFFFFFFF,
                octet * FRAME,
                self.now + how.get("late", 0),
                how.get("step", 1),
                how.get("marker", 0),
            )
            self.timestamp += FRAME
            self.now += FRAME

    def lose(self, frames: int) -> None:
        self.timestamp += frames * FRAME
        self.now += frames * FRAME

    def silence(self, samples: int) -> None:
        self.now += samples

    def text(self) -> str:
        """One letter a frame; a dot is silence."""
        data = self.track.take(self.track.end - self.track.written)
        letters = (data[at : at + FRAME] for at in range(0, len(data), FRAME))
        return "".join("." if set(each) == set(SILENCE) else chr(each[0]) for each in letters)


@pytest.fixture
def tape() -> Tape:
    return Tape()


def test_frames_follow_one_another(tape: Tape) -> None:
    for octet in (b"a", b"b", b"c"):
        tape.speak(1, octet)
    assert tape.text() == "abc"


def test_a_lost_packet_is_silence_of_its_length(tape: Tape) -> None:
    tape.speak(2)
    tape.lose(3)
    tape.speak(2, b"b", step=4)
    assert tape.text() == "aa...bb"


def test_jitter_moves_nothing(tape: Tape) -> None:
    for n, octet in enumerate((b"a", b"b", b"c", b"d", b"e")):
        tape.speak(1, octet, late=(0, 700, 20, 480, 0)[n])
    assert tape.text() == "abcde"


def test_a_reordered_packet_comes_to_its_place(tape: Tape) -> None:
    tape.speak(1, b"a")
    start = tape.timestamp
    tape.timestamp += FRAME
    tape.speak(1, b"c", step=2)
    tape.timestamp = start
    tape.speak(1, b"b", step=-1)
    assert tape.text() == "abc"


def test_a_packet_partly_behind_the_disk_keeps_its_rest(tape: Tape) -> None:
    tape.speak(4)
    tape.track.take(3 * FRAME - 40)
    tape.timestamp -= 2 * FRAME
    tape.speak(1, b"z", step=-1)
    rest = tape.track.take(tape.track.end - tape.track.written)
    assert rest == b"z" * 40 + b"a" * FRAME
    assert tape.track.late == 0


def test_a_packet_behind_the_disk_is_counted_and_harmless(tape: Tape) -> None:
    tape.speak(4)
    tape.track.take(4 * FRAME)
    tape.timestamp -= 3 * FRAME
    tape.speak(1, b"z", step=-2)
    assert tape.track.late == 1
    assert tape.track.end == 4 * FRAME


def test_another_stream_is_placed_by_the_clock(tape: Tape) -> None:
    tape.speak(2)
    tape.silence(3 * FRAME)
    tape.stream, tape.timestamp = 2, 3_000_000_000
    tape.speak(2, b"b")
    assert tape.text() == "aa...bb"


def test_timestamps_that_jump_are_placed_by_the_clock(tape: Tape) -> None:
    tape.speak(2)
    tape.timestamp += 1_000_000
    tape.speak(2, b"b")
    tape.timestamp -= 2_000_000
    tape.speak(2, b"c")
    assert tape.text() == "aabbcc"


def test_timestamps_wrap(tape: Tape) -> None:
    tape.timestamp = 0xFFFFFFFF - FRAME
    tape.speak(4)
    assert tape.text() == "aaaa"


def test_a_burst_after_a_stall_of_the_network_is_laid_out_in_time(tape: Tape) -> None:
    tape.speak(2)
    arrival = tape.now + 50 * FRAME
    for _ in range(50):
        late = arrival - tape.now
        tape.speak(1, b"b", late=late)
    assert tape.text() == "a" * 2 + "b" * 50


@pytest.mark.parametrize("per_million", [-500, -200, 200, 500])
def test_a_drifting_sender_stays_within_a_tenth_of_a_second(per_million: int) -> None:
    tape = Tape()
    frames = 50 * 60 * 10
    for n in range(frames):
        tape.now = FRAME + round(n * FRAME * (1 + per_million / 1e6))
        tape.track.hear(1, tape.timestamp & 0xFFFFFFFF, b"a" * FRAME, tape.now, 1, 0)
        tape.timestamp += FRAME
        if n % 100 == 0:
            tape.track.take(max(0, tape.now - 4000 - tape.track.written))
    assert abs(tape.track.end - tape.now) < 800
    assert tape.track.late == 0


def test_a_first_packet_that_was_late_does_not_shift_the_call(tape: Tape) -> None:
    tape.speak(1, late=3000)
    tape.speak(150)
    assert abs(tape.track.end - (tape.now - FRAME)) <= 320


def test_silence_before_the_end_is_taken_as_silence(tape: Tape) -> None:
    tape.speak(1)
    assert tape.track.take(3 * FRAME) == b"a" * FRAME + SILENCE * 2 * FRAME
    assert tape.track.written == 3 * FRAME


# ---------------------------------------------------------------- gaps


def expecting() -> Tape:
    tape = Tape()
    tape.track.expect(True, 0)
    tape.speak(10)
    return tape


def test_a_short_loss_is_not_worth_a_line() -> None:
    tape = expecting()
    tape.lose(4)
    tape.speak(5, step=5)
    assert tape.gaps == []


def test_a_loss_of_a_tenth_of_a_second_is_a_gap() -> None:
    tape = expecting()
    tape.lose(5)
    tape.speak(1, step=6)
    tape.speak(5)
    assert tape.gaps == [Gap("caller", 0.2, 0.1, "packets were lost")]


def test_a_sender_who_stops_is_a_gap_of_another_cause() -> None:
    tape = expecting()
    tape.lose(50)
    tape.speak(5)
    assert tape.gaps == [Gap("caller", 0.2, 1.0, "the sender fell silent")]


def test_silence_suppression_is_no_gap() -> None:
    tape = expecting()
    tape.lose(50)
    tape.speak(1, marker=0x80)
    tape.speak(4)
    assert tape.gaps == []


def test_a_loss_during_silence_suppression_is_a_gap() -> None:
    tape = expecting()
    tape.lose(50)
    tape.speak(1, marker=0x80, step=3)
    assert [gap.cause for gap in tape.gaps] == ["packets were lost"]


def test_hold_is_no_gap() -> None:
    tape = expecting()
    tape.track.expect(False, tape.now)
    tape.lose(500)
    tape.track.expect(True, tape.now)
    tape.lose(20)
    tape.speak(5)
    assert tape.gaps == []


def test_the_same_expectation_again_forgets_nothing() -> None:
    tape = expecting()
    tape.lose(10)
    tape.track.expect(True, tape.now)
    tape.speak(1, step=11)
    assert len(tape.gaps) == 1


def test_silence_from_the_middle_to_the_end_is_a_gap() -> None:
    tape = expecting()
    tape.lose(100)
    tape.track.close(tape.now - FRAME)
    assert tape.gaps == [Gap("caller", 0.2, 2.0, "the sender fell silent")]


def test_the_silence_between_the_last_packet_and_the_end_is_none() -> None:
    tape = expecting()
    tape.lose(20)
    tape.track.close(tape.now)
    assert tape.gaps == []


def test_a_side_that_never_spoke_is_a_gap() -> None:
    tape = Tape()
    tape.track.expect(True, 800)
    tape.track.close(800 + 24_000)
    assert tape.gaps == [Gap("caller", 0.1, 3.0, "nothing was ever heard")]


def test_a_side_that_was_not_expected_is_no_gap() -> None:
    tape = Tape()
    tape.track.close(80_000)
    assert tape.gaps == []


def test_a_pressed_key_is_no_gap() -> None:
    tape = expecting()
    for n in range(1, 13):
        tape.track.cover(1, tape.timestamp, n * FRAME)
    tape.lose(12)
    tape.speak(2)
    assert tape.gaps == []


def test_a_key_of_another_stream_or_time_covers_nothing() -> None:
    tape = expecting()
    tape.track.cover(9, tape.timestamp, 12 * FRAME)
    tape.track.cover(1, tape.timestamp + 900_000, 12 * FRAME)
    tape.lose(12)
    tape.speak(2)
    assert len(tape.gaps) == 1


def test_a_late_packet_opens_no_gap() -> None:
    tape = expecting()
    tape.timestamp -= 3 * FRAME
    tape.speak(1, step=-2)
    tape.timestamp += 2 * FRAME
    tape.speak(3)
    assert tape.gaps == []


@given(st.lists(st.tuples(st.integers(1, 30), st.integers(0, 30)), min_size=1, max_size=30))
def test_speech_and_losses_always_add_up(runs: list[tuple[int, int]]) -> None:
    tape = Tape()
    tape.track.expect(True, 0)
    wanted, missing = "", []
    for spoken, lost in runs:
        tape.speak(1, step=2)
        tape.speak(spoken - 1)
        wanted += "a" * spoken
        tape.lose(lost)
        wanted += "." * lost
        missing.append(lost)
    assert tape.text() == wanted.rstrip(".")
    expected = [lost * FRAME / 8000 for lost in missing[:-1] if lost * FRAME >= GAP]
    assert [gap.seconds for gap in tape.gaps] == pytest.approx(expected)
    for a, b in pairwise(tape.gaps):
        assert a.at + a.seconds <= b.at


@given(
    st.lists(
        st.tuples(
            st.integers(0, 3),
            st.integers(0, 0xFFFFFFFF),
            st.integers(1, 300),
            st.integers(0, 2000),
        ),
        max_size=60,
    )
)
def test_no_timestamps_make_the_track_grow_beyond_the_clock(
    packets: list[tuple[int, int, int, int]],
) -> None:
    tape, now = Tape(), 0
    tape.track.expect(True, 0)
    for stream, timestamp, size, passed in packets:
        now += passed
        tape.track.hear(stream, timestamp, b"a" * size, now, 1, 0)
        assert tape.track.end <= now + 4000 + 600
