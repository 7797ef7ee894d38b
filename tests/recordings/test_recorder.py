from collections.abc import Mapping

import pytest

from recordings.model import CALLER, OPERATOR, Gap
from recordings.recorder import RESERVE, Recorder
from recordings.wav import SILENCE

FRAME = 160


class Sink:
    """Takes what goes to disk."""

    def __init__(self) -> None:
        self.started_at: float | None = None
        self.data = b""
        self.gaps: list[Gap] = []
        self.legs: Mapping[str, Mapping[str, float]] | None = None

    def begin(self, started_at: float) -> None:
        assert self.started_at is None
        self.started_at = started_at

    def write(self, position: int, block: bytes) -> None:
        assert position * 2 == len(self.data), "blocks follow one another"
        self.data += block

    def report(self, gap: Gap) -> None:
        self.gaps.append(gap)

    def close(self, legs: Mapping[str, Mapping[str, float]]) -> None:
        self.legs = legs

    def text(self, channel: int) -> str:
        side = self.data[channel::2]
        frames = (side[at : at + FRAME] for at in range(0, len(side), FRAME))
        return "".join("." if set(each) == set(SILENCE) else chr(each[0]) for each in frames)


class Call:
    """Both sides of a call in pretend time."""

    def __init__(self) -> None:
        self.sink = Sink()
        self.recorder = Recorder(self.sink)
        self.now = 1000.0
        self.timestamps = {CALLER: 77, OPERATOR: 123_456}
        self.streams = {CALLER: 1, OPERATOR: 2}

    def pass_time(self, frames: int, caller: bytes = b"", operator: bytes = b"") -> None:
        for _ in range(frames):
            self.now += 0.02
            for side, octet in ((CALLER, caller), (OPERATOR, operator)):
                if octet:
                    self.recorder.hear(
                        side,
                        self.streams[side],
                        self.timestamps[side],
                        octet * FRAME,
                        self.now,
                        1,
                        0,
                    )
                self.timestamps[side] += FRAME

    def close(self) -> Sink:
        self.recorder.close(self.now, {"leg": {"lost": 0}})
        return self.sink


@pytest.fixture
def call() -> Call:
    return Call()


def test_caller_left_operator_right_aligned(call: Call) -> None:
    call.pass_time(2, caller=b"c")
    call.pass_time(3, caller=b"c", operator=b"o")
    call.pass_time(1, operator=b"o")
    sink = call.close()
    assert sink.text(CALLER) == "ccccc."
    assert sink.text(OPERATOR) == "..oooo"


def test_the_clock_begins_with_the_first_packet_of_either_side(call: Call) -> None:
    call.pass_time(100)
    call.pass_time(1, operator=b"o")
    assert call.sink.started_at == pytest.approx(call.now - 0.02)
    call.pass_time(1, caller=b"c")
    sink = call.close()
    assert (sink.text(CALLER), sink.text(OPERATOR)) == (".c", "o.")


def test_it_ends_with_the_last_packet(call: Call) -> None:
    call.pass_time(3, caller=b"c")
    call.pass_time(400)
    assert call.close().text(CALLER) == "ccc"


def test_through_hold_and_another_operator_the_clock_goes_on(call: Call) -> None:
    call.pass_time(2, caller=b"c", operator=b"o")
    call.pass_time(3, caller=b"c", operator=b"m")
    call.streams[OPERATOR] = 3
    call.timestamps[OPERATOR] = 4_000_000_000
    call.pass_time(2, caller=b"c", operator=b"p")
    call.streams[CALLER] = 4
    call.timestamps[CALLER] = 5
    call.pass_time(2, caller=b"d", operator=b"p")
    sink = call.close()
    assert sink.text(CALLER) == "cccccccdd"
    assert sink.text(OPERATOR) == "oommmpppp"


def test_blocks_are_written_behind_a_reserve_and_nothing_twice(call: Call) -> None:
    call.recorder.flush(call.now)
    assert call.sink.data == b""
    for _ in range(4):
        call.pass_time(100, caller=b"c", operator=b"o")
        call.recorder.flush(call.now)
    assert len(call.sink.data) == 2 * (400 * FRAME - RESERVE)
    sink = call.close()
    assert sink.text(CALLER) == "c" * 400
    assert sink.text(OPERATOR) == "o" * 400


def test_a_side_that_is_silent_does_not_hold_back_the_other(call: Call) -> None:
    for _ in range(3):
        call.pass_time(100, caller=b"c")
        call.recorder.flush(call.now)
    assert len(call.sink.data) == 2 * (300 * FRAME - RESERVE)
    assert set(call.sink.data[1::2]) == set(SILENCE)


def test_memory_stays_small_however_long_the_call(call: Call) -> None:
    for _ in range(50):
        call.pass_time(100, caller=b"c", operator=b"o")
        call.recorder.flush(call.now)
        call.sink.data = b""
        held = sum(track.end - track.written for track in call.recorder._tracks)
        assert held <= 2 * (RESERVE + FRAME)
        call.sink.write = lambda position, block: None  # type: ignore[method-assign]


def test_a_gap_says_side_place_and_length(call: Call) -> None:
    call.recorder.expect(CALLER, True, call.now)
    call.recorder.expect(OPERATOR, True, call.now)
    call.pass_time(50, caller=b"c", operator=b"o")
    call.pass_time(25, operator=b"o")
    call.pass_time(25, caller=b"c", operator=b"o")
    call.pass_time(100, caller=b"c")
    sink = call.close()
    assert sink.gaps == [
        Gap("caller", 1.0, 0.5, "the sender fell silent"),
        Gap("operator", 2.0, 2.0, "the sender fell silent"),
    ]


def test_expectations_before_the_first_packet_are_kept(call: Call) -> None:
    call.recorder.expect(CALLER, True, call.now)
    call.pass_time(500)
    call.pass_time(100, operator=b"o")
    sink = call.close()
    assert sink.gaps == [Gap("caller", 0.02, 1.98, "nothing was ever heard")]


def test_hold_is_not_a_gap(call: Call) -> None:
    call.recorder.expect(CALLER, True, call.now)
    call.pass_time(10, caller=b"c", operator=b"o")
    call.recorder.expect(CALLER, False, call.now)
    call.pass_time(300, operator=b"m")
    call.recorder.expect(CALLER, True, call.now)
    call.pass_time(10, caller=b"c", operator=b"o")
    sink = call.close()
    assert sink.gaps == []
    assert sink.text(CALLER) == "c" * 10 + "." * 300 + "c" * 10


def test_keys_are_no_gap(call: Call) -> None:
    call.recorder.expect(CALLER, True, call.now)
    call.pass_time(10, caller=b"c")
    call.recorder.cover(CALLER, 1, call.timestamps[CALLER], 10 * FRAME)
    call.pass_time(10)
    call.pass_time(10, caller=b"c")
    assert call.close().gaps == []


def test_nothing_heard_is_nothing_written_and_still_closed(call: Call) -> None:
    call.recorder.flush(call.now)
    sink = call.close()
    assert (sink.started_at, sink.data) == (None, b"")
    assert sink.legs == {"leg": {"lost": 0}}
