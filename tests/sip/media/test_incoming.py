import random
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sip.media.dtmf import Digit
from sip.media.g711 import ulaw_to_alaw
from sip.media.incoming import PROBATION, IncomingStream
from sip.media.outgoing import OutgoingStream
from sip.media.tap import CALLER
from tests.sip.media.packets import FRAME_A, FRAME_B, FakeTap, Wire, event_payload, packet


class Stream:
    """An incoming stream with somebody who hears it and a recording."""

    def __init__(self) -> None:
        self.firsts = 0
        self.digits: list[Digit] = []
        self.incoming = IncomingStream(0.0, self._first, self.digits.append)
        self.incoming.dtmf_payload_type = 101
        self.wire, self.tap = Wire(), FakeTap()
        listener = OutgoingStream("listener", 0.0)
        listener.send = self.wire.send
        self.incoming.listeners = (listener,)
        self.incoming.tap = self.tap
        self.now = 0.0

    def _first(self) -> None:
        self.firsts += 1

    def hear(self, *packets: bytes, every: float = 0.02) -> None:
        for data in packets:
            self.incoming.receive(data, self.now)
            self.now += every

    def run(self, first: int, count: int, ssrc: int = 0x1234) -> None:
        self.hear(*(packet(n, ssrc=ssrc) for n in range(first, first + count)))


@pytest.fixture
def stream() -> Stream:
    return Stream()


def test_audio_reaches_listener_and_recording(stream: Stream) -> None:
    stream.run(10, 3)
    assert stream.wire.audio == FRAME_A * 3
    assert [(side, heard) for side, _, _, heard, _, _, _ in stream.tap.heard] == [
        (CALLER, FRAME_A)
    ] * 3
    assert stream.firsts == 1
    assert stream.incoming.heard_at == pytest.approx(0.04)


def test_the_recording_is_always_alaw(stream: Stream) -> None:
    stream.hear(packet(1, kind=0, payload=FRAME_B))
    assert stream.tap.heard[0][3] == ulaw_to_alaw(FRAME_B)


def test_the_recording_is_told_place_loss_and_marker(stream: Stream) -> None:
    stream.hear(packet(1, marker=True), packet(2), packet(5))
    assert [(timestamp, marker) for _, _, timestamp, _, _, _, marker in stream.tap.heard] == [
        (160, 0x80),
        (320, 0),
        (800, 0),
    ]
    assert [step for *_, step, _ in stream.tap.heard][1:] == [1, 3]


BAD = {
    "empty": b"",
    "truncated header": packet(3)[:11],
    "header only": packet(3)[:12],
    "version 1": b"\x40" + packet(3)[1:],
    "csrcs that are not there": b"\x8f" + packet(3, payload=b"1234")[1:],
    "padding beyond the packet": b"\xa0" + packet(3, payload=b"\xff" * 9)[1:],
    "huge": packet(3, payload=b"\x55" * 1281),
    "as much as a datagram holds": packet(3, payload=b"\x55" * 2036),
    "unknown codec": packet(3, kind=18),
    "video": packet(3, kind=96),
    "comfort noise": packet(3, kind=13),
    "sender report": packet(3, kind=72, marker=True),
    "bye": packet(3, kind=75, marker=True),
    "half a digit": packet(3, kind=101, payload=b"\x05\x8a"),
    "STUN": b"\x00\x01\x00\x00\x21\x12\xa4\x42" + bytes(12),
}


@pytest.mark.parametrize("data", BAD.values(), ids=BAD.keys())
def test_odd_packets_have_no_effect_but_being_counted(stream: Stream, data: bytes) -> None:
    stream.run(1, 2)
    stream.hear(data)
    assert stream.incoming.statistics.malformed == 1
    stream.run(3, 2)
    assert stream.wire.audio == FRAME_A * 4
    assert [each.sequence for each in stream.wire.packets[1:]] == [
        (stream.wire.packets[0].sequence + n) & 0xFFFF for n in (1, 2, 3)
    ]
    assert stream.incoming.statistics.lost == 0
    assert stream.digits == []


@given(st.lists(st.binary(max_size=60), max_size=30), st.binary(min_size=4, max_size=60))
def test_no_datagram_raises(datagrams: list[bytes], tail: bytes) -> None:
    stream = Stream()
    for data in datagrams:
        stream.hear(data, b"\x80\x65" + data, b"\x80\x08" + data + tail, b"\xb5\x88" + data)


def test_extensions_csrcs_and_padding_are_no_audio(stream: Stream) -> None:
    head = packet(1, payload=b"")
    stream.hear(b"\xb1" + head[1:] + b"csrc\xbe\xde\0\x01abcd" + FRAME_B + b"\0\0\x03")
    assert stream.wire.audio == FRAME_B


def test_a_duplicate_is_heard_once(stream: Stream) -> None:
    stream.hear(packet(1), packet(2), packet(2), packet(3))
    assert len(stream.wire.sent) == 3
    assert stream.incoming.statistics.duplicates == 1


def test_a_late_packet_is_handed_on_in_its_place(stream: Stream) -> None:
    stream.hear(packet(1), packet(3), packet(2, payload=FRAME_B), packet(4))
    sent = stream.wire.packets
    first = sent[0].sequence
    assert [(each.sequence - first) & 0xFFFF for each in sent] == [0, 2, 1, 3]
    assert sent[2].payload == FRAME_B


def test_hold_makes_deaf(stream: Stream) -> None:
    stream.run(1, 2)
    stream.incoming.is_deaf = True
    stream.run(3, 5)
    stream.hear(packet(8, kind=101, payload=event_payload(5, 800, is_end=True)))
    assert len(stream.wire.sent) == len(stream.tap.heard) == 2
    assert stream.digits == []
    assert stream.incoming.statistics.packets == 8, "counted all the same"


def test_sequence_and_timestamp_wrap_unnoticed(stream: Stream) -> None:
    start = 0xFFFFFFFF - 300
    for n in range(6):
        stream.hear(packet(0xFFFD + n, start + 160 * n))
    streams = {number for _, number, *_ in stream.tap.heard}
    assert len(streams) == 1
    pairs = list(pairwise(stream.wire.packets))
    assert {(b.sequence - a.sequence) & 0xFFFF for a, b in pairs} == {1}
    steps = {(b.timestamp - a.timestamp) & 0xFFFFFFFF for a, b in pairs}
    assert steps == {160}


def test_another_ssrc_after_a_silence_is_believed_at_once(stream: Stream) -> None:
    stream.run(1, 3)
    stream.now += 0.1
    stream.run(40_000, 3, ssrc=0x9999)
    assert stream.wire.audio == FRAME_A * 6
    assert stream.tap.heard[2][1] != stream.tap.heard[3][1], "another stream"
    assert stream.firsts == 1


def test_another_ssrc_that_takes_over_costs_two_packets(stream: Stream) -> None:
    stream.run(1, 3)
    stream.run(40_000, 5, ssrc=0x9999)
    assert len(stream.wire.sent) == 3 + 5 - (PROBATION - 1)
    assert stream.incoming.foreign == PROBATION - 1


def test_a_second_voice_beside_the_first_is_never_heard(stream: Stream) -> None:
    stream.run(1, 3)
    for n in range(4, 60):
        stream.hear(packet(n), every=0.01)
        stream.hear(packet(9000 + n, ssrc=0x9999, payload=FRAME_B), every=0.01)
    assert FRAME_B not in stream.wire.audio
    assert stream.incoming.foreign == 56
    assert stream.incoming.statistics.sources == 1
    assert stream.incoming.statistics.lost == 0


def test_a_source_that_restarts_its_numbers_goes_on(stream: Stream) -> None:
    stream.run(1, 3)
    stream.hear(packet(30_000, 7_000_000), packet(30_001, 7_000_160))
    assert len(stream.wire.sent) == 5
    assert stream.tap.heard[2][1] != stream.tap.heard[3][1]
    assert stream.incoming.statistics.lost == 0


def test_timestamps_of_another_origin_are_another_stream(stream: Stream) -> None:
    stream.hear(packet(1, 160), packet(2, 320), packet(3, 9_000_000), packet(4, 9_000_160))
    streams = [number for _, number, *_ in stream.tap.heard]
    assert streams[0] == streams[1] != streams[2] == streams[3]


def test_a_digit_is_told_and_handed_on_and_covered(stream: Stream) -> None:
    stream.run(1, 2)
    for n, duration in enumerate((160, 320, 480), start=3):
        payload = event_payload(5, duration, is_end=duration == 480)
        stream.hear(packet(n, 480, kind=101, payload=payload))
    assert stream.digits == [Digit("5", 60)]
    assert [samples for *_, samples in stream.tap.covered] == [160, 320, 480]
    assert len(stream.wire.sent) == 2, "the listener negotiated no telephone-event"


def test_a_digit_of_another_payload_type_is_none(stream: Stream) -> None:
    stream.incoming.dtmf_payload_type = 96
    stream.hear(packet(1, kind=101, payload=event_payload(5, 800, is_end=True)))
    assert stream.digits == []


def test_without_telephone_event_no_payload_is_a_digit(stream: Stream) -> None:
    stream.incoming.dtmf_payload_type = None
    stream.hear(packet(1, kind=101, payload=event_payload(5, 800, is_end=True)))
    assert stream.digits == []
    assert stream.incoming.statistics.malformed == 1


def test_a_digit_whose_end_was_lost_expires(stream: Stream) -> None:
    stream.hear(packet(1, kind=101, payload=event_payload(7, 320)))
    stream.incoming.expire(stream.now + 1)
    assert stream.digits == [Digit("7", 40)]


def test_a_foreign_source_cannot_press_keys(stream: Stream) -> None:
    stream.run(1, 3)
    end = event_payload(1, 800, is_end=True)
    stream.hear(packet(77, kind=101, payload=end, ssrc=0x6666))
    assert stream.digits == []


def test_digits_survive_five_percent_loss_on_the_whole_way() -> None:
    rng = random.Random(4)
    stream, sequence, timestamp = Stream(), 0, 0
    for digit in range(10):
        for duration in (160, 320, 480, 640, 640, 640):
            is_end = duration == 640
            sequence += 1
            if rng.random() >= 0.05:
                payload = event_payload(digit, duration, is_end=is_end)
                stream.hear(packet(sequence, timestamp, kind=101, payload=payload))
        for _ in range(10):
            sequence += 1
            timestamp += 160
            if rng.random() >= 0.05:
                stream.hear(packet(sequence, timestamp + 640))
            stream.incoming.expire(stream.now)
        timestamp += 800
    assert "".join(each.digit for each in stream.digits) == "0123456789"


def test_a_closed_stream_holds_nobody(stream: Stream) -> None:
    stream.incoming.close()
    assert stream.incoming.listeners == ()
    assert stream.incoming.tap is None
