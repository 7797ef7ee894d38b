from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sip.media.g711 import alaw_to_ulaw, ulaw_to_alaw
from sip.media.outgoing import FILL_TIME, OutgoingStream, identity
from sip.media.playback import SILENT_FRAME, LoopPlayer
from sip.media.rtp import timestamp_step
from sip.media.tap import ANSWER
from sip.media.tones import dtmf_tone, tone
from tests.sip.media.packets import FRAME_A, FRAME_B, FakeTap, Wire, event_payload


class Leg:
    """The sending half of a leg, and its peer."""

    def __init__(self, name: str = "leg") -> None:
        self.wire, self.tap = Wire(), FakeTap()
        self.out = OutgoingStream(name, 50.0)
        self.out.send = self.wire.send
        self.out.tap = self.tap
        self.now = 50.0

    def forward(
        self, count: int, *, stream: int, sequence: int = 0, timestamp: int = 0, kind: int = 8
    ) -> None:
        for n in range(count):
            self.out.forward(
                stream, FRAME_A, kind, sequence + n, timestamp + 160 * n, 0, 1, self.now
            )
            self.now += 0.02

    def play(self, count: int) -> None:
        for _ in range(count):
            if self.out.is_ticked:
                self.out.tick(self.now)
            self.now += 0.02

    def assert_continuous(self, *, is_gapless: bool = True) -> None:
        packets = self.wire.packets
        assert {each.ssrc for each in packets} == {self.out.ssrc}
        assert {each.payload_type for each in packets} == {self.out.payload_type}
        for a, b in pairwise(packets):
            assert (b.sequence - a.sequence) & 0xFFFF == 1
            step = timestamp_step(b.timestamp, a.timestamp)
            assert step == 160 if is_gapless else step >= 160


@pytest.fixture
def leg() -> Leg:
    return Leg()


def test_one_source_across_prompt_bridge_hold_and_bridge(leg: Leg) -> None:
    leg.out.player = LoopPlayer(tone("ringback"))
    leg.play(5)
    leg.out.player = None
    leg.forward(5, stream=7, sequence=60_000, timestamp=123_456)
    leg.out.player = LoopPlayer(tone("hold_music"))
    leg.play(5)
    leg.out.player = None
    leg.forward(5, stream=9, sequence=5, timestamp=4_000_000_000)
    assert len(leg.wire.sent) == 20
    leg.assert_continuous()
    markers = [n for n, each in enumerate(leg.wire.packets) if each.has_marker]
    assert markers == [0, 5, 10, 15], "each change begins a talkspurt"


def test_time_in_which_nothing_was_sent_is_in_the_timestamps(leg: Leg) -> None:
    leg.forward(2, stream=7)
    leg.now += 5.0
    leg.forward(2, stream=8)
    a, b = leg.wire.packets[1:3]
    assert timestamp_step(b.timestamp, a.timestamp) == pytest.approx(5.02 * 8000, abs=2)
    assert (b.sequence - a.sequence) & 0xFFFF == 1


def test_losses_of_the_source_stay_visible(leg: Leg) -> None:
    leg.forward(2, stream=7, sequence=1, timestamp=160)
    leg.forward(2, stream=7, sequence=6, timestamp=960)
    sequences = [each.sequence for each in leg.wire.packets]
    assert [(s - sequences[0]) & 0xFFFF for s in sequences] == [0, 1, 5, 6]
    timestamps = [each.timestamp for each in leg.wire.packets]
    assert timestamps[2] - timestamps[0] == 800


@pytest.mark.parametrize(("kind", "wanted"), [(8, 8), (8, 0), (0, 8), (0, 0)])
def test_the_law_is_changed_for_the_peer_and_the_recording(kind: int, wanted: int) -> None:
    leg = Leg()
    leg.out.payload_type = wanted
    leg.forward(1, stream=7, kind=kind)
    sent = leg.wire.packets[0]
    assert sent.payload_type == wanted
    change = {(8, 0): alaw_to_ulaw, (0, 8): ulaw_to_alaw}.get((kind, wanted), bytes)
    assert sent.payload == change(FRAME_A)
    assert leg.tap.heard[0][3] == (FRAME_A if kind == 8 else ulaw_to_alaw(FRAME_A))


def test_what_plays_is_in_the_law_of_the_peer(leg: Leg) -> None:
    leg.out.payload_type = 0
    leg.out.player = LoopPlayer(FRAME_B)
    leg.play(1)
    assert leg.wire.packets[0].payload_type == 0
    assert leg.wire.packets[0].payload == alaw_to_ulaw(FRAME_B)
    assert leg.tap.heard[0][3] == FRAME_B


def test_the_recording_hears_what_the_peer_hears_on_his_timeline(leg: Leg) -> None:
    leg.out.player = LoopPlayer(FRAME_B)
    leg.play(2)
    leg.out.player = None
    leg.forward(2, stream=7)
    assert [(side, audio) for side, _, _, audio, *_ in leg.tap.heard] == [
        (ANSWER, FRAME_B),
        (ANSWER, FRAME_B),
        (ANSWER, FRAME_A),
        (ANSWER, FRAME_A),
    ]
    timestamps = [timestamp for _, _, timestamp, *_ in leg.tap.heard]
    assert timestamps == [each.timestamp for each in leg.wire.packets]


def test_the_operator_is_recorded_while_the_caller_holds(leg: Leg) -> None:
    leg.out.send = None
    leg.forward(3, stream=7)
    assert leg.wire.sent == []
    assert len(leg.tap.heard) == 3


class Deaf:
    """A socket that gives back the ICMP error of an earlier packet."""

    def __init__(self, errors: int) -> None:
        self.errors, self.sent = errors, 0

    def send(self, data: bytes) -> int:
        if self.errors:
            self.errors -= 1
            raise ConnectionRefusedError
        self.sent += 1
        return len(data)


def test_a_packet_given_back_with_an_old_error_is_sent_again(leg: Leg) -> None:
    deaf = Deaf(1)
    leg.out.send = deaf.send
    leg.forward(1, stream=7)
    leg.out.player = LoopPlayer(FRAME_B)
    deaf.errors = 1
    leg.play(1)
    assert (deaf.sent, leg.out.unsent) == (2, 0)


def test_what_cannot_be_sent_is_counted(leg: Leg) -> None:
    leg.out.send = Deaf(99).send
    leg.forward(2, stream=7)
    assert leg.out.unsent == 2


def test_a_restarted_process_goes_on_as_the_same_source() -> None:
    before, after = Leg("leg-1"), Leg("leg-1")
    before.forward(100, stream=7)
    after.out = OutgoingStream("leg-1", before.now + 0.3)
    after.out.send = after.wire.send
    after.now = before.now + 0.3
    after.forward(1, stream=8)
    last, first = before.wire.packets[-1], after.wire.packets[0]
    assert first.ssrc == last.ssrc
    assert 0 < (first.sequence - last.sequence) & 0xFFFF < 100
    assert timestamp_step(first.timestamp, last.timestamp) == pytest.approx(2560, abs=2)


def test_every_leg_is_a_source_of_its_own() -> None:
    assert len({identity(f"leg-{n}")[0] for n in range(1000)}) == 1000
    assert identity("leg-1") == identity("leg-1")


# ---------------------------------------------------------------- digits


def test_a_digit_is_handed_on_under_the_peers_payload_type(leg: Leg) -> None:
    leg.out.dtmf_payload_type = 96
    leg.forward(2, stream=7)
    for n, duration in enumerate((160, 320)):
        leg.out.forward_digit(7, event_payload(5, duration), 2 + n, 320, 0x80, 1, leg.now)
    leg.forward(1, stream=7, sequence=4, timestamp=640)
    kinds = [each.payload_type for each in leg.wire.packets]
    assert kinds == [8, 8, 96, 96, 8]
    digits = leg.wire.packets[2:4]
    assert digits[0].timestamp == digits[1].timestamp
    sequences = [each.sequence for each in leg.wire.packets]
    assert all((b - a) & 0xFFFF == 1 for a, b in pairwise(sequences))
    assert [samples for *_, samples in leg.tap.covered] == [160, 320]


def test_a_digit_for_a_peer_without_telephone_event_leaves_no_hole(leg: Leg) -> None:
    leg.forward(2, stream=7)
    for n in range(6):
        leg.out.forward_digit(7, event_payload(5, 160), 2 + n, 320, 0, 1, leg.now)
    leg.forward(2, stream=7, sequence=8, timestamp=1280)
    sequences = [each.sequence for each in leg.wire.packets]
    assert [(s - sequences[0]) & 0xFFFF for s in sequences] == [0, 1, 2, 3]


def test_a_stream_may_begin_with_a_digit(leg: Leg) -> None:
    leg.out.dtmf_payload_type = 101
    leg.out.forward_digit(7, event_payload(5, 160), 9, 320, 0x80, 65_536, leg.now)
    leg.forward(1, stream=7, sequence=10, timestamp=480)
    a, b = leg.wire.packets
    assert (b.sequence - a.sequence) & 0xFFFF == 1
    assert timestamp_step(b.timestamp, a.timestamp) == 160


def test_pressing_keys_pauses_the_audio_and_returns_to_it(leg: Leg) -> None:
    leg.out.dtmf_payload_type = 101
    leg.forward(2, stream=7)
    leg.out.press("5")
    while leg.out.digits is not None:
        assert leg.out.is_ticked
        leg.out.forward(7, FRAME_A, 8, 99, 99, 0, 1, leg.now)
        leg.play(1)
    assert not leg.out.is_ticked
    leg.forward(2, stream=7, sequence=13, timestamp=2080)
    packets = leg.wire.packets
    assert [each.payload_type for each in packets] == [8, 8] + [101] * 8 + [8, 8]
    assert [each.payload[0] for each in packets[2:10]] == [5] * 8
    assert all((b.sequence - a.sequence) & 0xFFFF == 1 for a, b in pairwise(packets))
    assert timestamp_step(packets[10].timestamp, packets[1].timestamp) >= 12 * 160


def test_more_keys_are_queued(leg: Leg) -> None:
    leg.out.dtmf_payload_type = 101
    leg.out.press("1")
    leg.play(2)
    leg.out.press("2#")
    leg.play(40)
    keys = [each.payload[0] for each in leg.wire.packets if each.has_marker]
    assert keys == [1, 2, 11]
    assert leg.out.digits is None


def test_without_telephone_event_keys_are_tones(leg: Leg) -> None:
    leg.out.press("1*")
    leg.play(22)
    assert leg.wire.audio == dtmf_tone("1") + dtmf_tone("*")
    assert leg.out.digits is None
    leg.assert_continuous()


def test_keys_that_are_none_end_at_once(leg: Leg) -> None:
    leg.out.press("hello")
    leg.play(1)
    assert leg.out.digits is None
    assert leg.wire.sent == []


# ---------------------------------------------------------------- filling


def test_a_bridge_whose_other_side_is_silent_is_filled(leg: Leg) -> None:
    leg.forward(2, stream=7)
    leg.out.fill(leg.now)
    assert not leg.out.is_ticked, "20 ms are no silence"
    leg.now += FILL_TIME + 0.02
    leg.out.fill(leg.now)
    assert leg.out.is_ticked
    leg.play(3)
    assert leg.wire.audio == FRAME_A * 2 + SILENT_FRAME * 3
    assert len(leg.tap.heard) == 2, "what nobody said is not recorded as said"


def test_filling_ends_when_he_speaks_again(leg: Leg) -> None:
    leg.forward(1, stream=7)
    leg.now += 1
    leg.out.fill(leg.now)
    leg.play(2)
    leg.forward(2, stream=7, sequence=1, timestamp=160)
    assert not leg.out.is_ticked
    leg.play(1)
    assert len(leg.wire.sent) == 5
    leg.assert_continuous(is_gapless=False)


def test_filling_that_had_not_begun_yet_does_not_mix_in(leg: Leg) -> None:
    leg.forward(1, stream=7)
    leg.now += 1
    leg.out.fill(leg.now)
    leg.forward(1, stream=7, sequence=1, timestamp=160)
    leg.play(1)
    assert len(leg.wire.sent) == 2
    assert not leg.out.is_filling


def test_nothing_is_filled_while_something_plays(leg: Leg) -> None:
    leg.out.player = LoopPlayer(FRAME_B)
    leg.now += 9
    leg.out.fill(leg.now)
    assert not leg.out.is_filling


def test_a_leg_that_may_not_send_takes_no_part_in_the_beat(leg: Leg) -> None:
    leg.out.player = LoopPlayer(FRAME_B)
    assert leg.out.is_ticked
    leg.out.send = None
    assert not leg.out.is_ticked


def test_a_stall_is_a_jump_in_the_timestamps_and_not_in_the_numbers(leg: Leg) -> None:
    leg.out.player = LoopPlayer(FRAME_B)
    leg.play(2)
    leg.now += 2.0
    leg.play(2)
    a, b = leg.wire.packets[1:3]
    assert timestamp_step(b.timestamp, a.timestamp) == pytest.approx(2.02 * 8000, abs=2)
    assert (b.sequence - a.sequence) & 0xFFFF == 1
    assert b.has_marker


@given(
    st.lists(st.sampled_from(["play", "bridge 7", "bridge 8", "press", "pause"]), max_size=25)
)
def test_whatever_is_heard_numbers_and_time_only_go_forward(steps: list[str]) -> None:
    leg = Leg()
    leg.out.dtmf_payload_type = 101
    sequences = {7: 10, 8: 65_000}
    for step in steps:
        if step.startswith("bridge"):
            stream = int(step[-1])
            leg.out.player = None
            leg.forward(
                2, stream=stream, sequence=sequences[stream], timestamp=sequences[stream] * 160
            )
            sequences[stream] += 2
        elif step == "press":
            leg.out.press("1")
            leg.play(4)
        elif step == "pause":
            leg.now += 0.5
        else:
            leg.out.player = LoopPlayer(FRAME_B)
            leg.play(2)
    audio = [each for each in leg.wire.packets if each.payload_type == 8]
    for a, b in pairwise(leg.wire.packets):
        assert 0 < (b.sequence - a.sequence) & 0xFFFF <= 2 * len(steps) + 1
    for a, b in pairwise(audio):
        assert timestamp_step(b.timestamp, a.timestamp) >= 160
