import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sip.media.dtmf import (
    DIGITS,
    END_REPEATS,
    MAX_DURATION,
    SILENT_END_TIME,
    TONE_FRAMES,
    Digit,
    DigitReceiver,
    DigitSender,
)
from tests.sip.media.packets import event_payload


def press(receiver: DigitReceiver, code: int, timestamp: int, now: float = 0.0) -> list[Digit]:
    """A key held 100 ms, its end sent three times."""
    digits = []
    for n in range(1, 6):
        digits += receiver.receive(
            event_payload(code, 160 * n, is_end=n == 5), timestamp, now + 0.02 * n
        )
    for _ in range(2):
        digits += receiver.receive(event_payload(code, 800, is_end=True), timestamp, now + 0.1)
    return digits


@pytest.mark.parametrize("code", range(16))
def test_each_key_is_heard_once_though_its_end_comes_three_times(code: int) -> None:
    assert press(DigitReceiver(), code, 1000) == [Digit(DIGITS[code], 100)]


def test_the_same_key_twice_is_two_digits() -> None:
    receiver = DigitReceiver()
    assert press(receiver, 5, 1000) + press(receiver, 5, 3000) == [Digit("5", 100)] * 2


def test_a_digit_counts_at_the_first_end_that_arrives() -> None:
    receiver = DigitReceiver()
    assert receiver.receive(event_payload(1, 800, is_end=True), 1000, 0.0) == [Digit("1", 100)]
    assert receiver.receive(event_payload(1, 800, is_end=True), 1000, 0.0) == []


def test_a_digit_whose_ends_were_lost_counts_after_a_pause() -> None:
    receiver = DigitReceiver()
    receiver.receive(event_payload(7, 160), 1000, 1.0)
    receiver.receive(event_payload(7, 320), 1000, 1.02)
    assert receiver.expire(1.02 + SILENT_END_TIME - 0.01) == []
    assert receiver.expire(1.03 + SILENT_END_TIME) == [Digit("7", 40)]
    assert receiver.expire(9.0) == []


def test_its_end_coming_late_after_all_changes_nothing() -> None:
    receiver = DigitReceiver()
    receiver.receive(event_payload(7, 320), 1000, 1.0)
    receiver.expire(2.0)
    assert receiver.receive(event_payload(7, 800, is_end=True), 1000, 2.1) == []


def test_a_digit_whose_ends_were_lost_counts_when_the_next_begins() -> None:
    receiver = DigitReceiver()
    receiver.receive(event_payload(1, 400), 1000, 0.0)
    assert receiver.receive(event_payload(2, 160), 3000, 0.1) == [Digit("1", 50)]
    assert receiver.receive(event_payload(2, 800, is_end=True), 3000, 0.2) == [Digit("2", 100)]


def test_a_lost_end_and_a_single_packet_digit_are_two_digits_at_once() -> None:
    receiver = DigitReceiver()
    receiver.receive(event_payload(1, 400), 1000, 0.0)
    over = receiver.receive(event_payload(2, 800, is_end=True), 3000, 0.1)
    assert over == [Digit("1", 50), Digit("2", 100)]


def test_a_late_packet_of_an_earlier_digit_is_ignored() -> None:
    receiver = DigitReceiver()
    press(receiver, 1, 1000)
    receiver.receive(event_payload(2, 160), 3000, 0.2)
    assert receiver.receive(event_payload(1, 800, is_end=True), 1000, 0.21) == []
    assert receiver.receive(event_payload(2, 800, is_end=True), 3000, 0.3) == [Digit("2", 100)]


def test_timestamps_wrap() -> None:
    receiver = DigitReceiver()
    first = press(receiver, 3, 0xFFFFFF00)
    assert first + press(receiver, 4, 0x0000_0700) == [Digit("3", 100), Digit("4", 100)]


def test_a_tone_of_twenty_seconds_is_one_digit() -> None:
    receiver = DigitReceiver()
    digits, timestamp = [], 1000
    for segment in range(2):
        for duration in (20_000, 40_000, MAX_DURATION):
            digits += receiver.receive(
                event_payload(9, duration), timestamp, segment * 8 + duration / 8000
            )
        timestamp += MAX_DURATION
    digits += receiver.receive(event_payload(9, 28_930, is_end=True), timestamp, 20.0)
    assert digits == [Digit("9", (2 * MAX_DURATION + 28_930) // 8)]


@pytest.mark.parametrize(
    "payload", [b"", b"\x01", b"\x01\x8a\x03", event_payload(16, 800, is_end=True)]
)
def test_what_is_no_key_is_ignored(payload: bytes) -> None:
    receiver = DigitReceiver()
    assert receiver.receive(payload, 1000, 0.0) == []
    assert receiver.expire(99.0) == []


def test_a_new_source_may_have_older_timestamps() -> None:
    receiver = DigitReceiver()
    press(receiver, 1, 50_000)
    receiver.forget_source()
    assert press(receiver, 2, 1000) == [Digit("2", 100)]


@given(st.integers(), st.text(DIGITS, min_size=1, max_size=20))
def test_no_digit_is_doubled_or_lost_under_five_percent_loss_and_disorder(
    seed: int, digits: str
) -> None:
    rng = random.Random(seed)
    sender, packets, timestamp = DigitSender(digits), [], 0
    while not sender.is_done:
        if frame := sender.next_frame(timestamp):
            packets.append((timestamp, frame))
        timestamp += 160
    kept = [each for each in packets if rng.random() >= 0.05]
    for i in range(len(kept) - 1):
        if rng.random() < 0.05:
            kept[i], kept[i + 1] = kept[i + 1], kept[i]
    heard, receiver = "", DigitReceiver()
    for sent_at, frame in kept:
        for digit in receiver.receive(frame.payload, frame.timestamp, sent_at / 8000):
            heard += digit.digit
    for digit in receiver.expire(timestamp / 8000 + 1):
        heard += digit.digit
    # A key of eight packets vanishes only when all eight do: 4e-11.
    assert heard == digits


def test_a_digit_is_sent_as_the_rfc_says() -> None:
    sender, frames = DigitSender("5"), []
    for tick in range(20):
        frames.append(sender.next_frame(1000 + 160 * tick))
        if sender.is_done:
            break
    sent = [frame for frame in frames if frame is not None]
    assert [frame.has_marker for frame in sent] == [True] + [False] * (len(sent) - 1)
    assert {frame.timestamp for frame in sent} == {1000}
    assert {frame.payload[0] for frame in sent} == {5}
    durations = [int.from_bytes(frame.payload[2:]) for frame in sent]
    assert durations == [160, 320, 480, 640, 800, 960, 960, 960]
    ends = [bool(frame.payload[1] & 0x80) for frame in sent]
    assert ends == [False] * (TONE_FRAMES - 1) + [True] * END_REPEATS
    assert frames.count(None) == 3, "a pause after the third end"


def test_digits_are_kept_apart_by_100_ms_and_other_characters_are_dropped() -> None:
    sender, timestamps = DigitSender("1x,2b"), []
    assert sender.digits == "12B"
    for tick in range(60):
        frame = sender.next_frame(160 * tick)
        if frame is not None and frame.has_marker:
            timestamps.append(frame.timestamp)
    assert timestamps == [0, 11 * 160, 22 * 160]
    assert sender.is_done


def test_nothing_to_send_is_done_at_once() -> None:
    sender = DigitSender("hello")
    assert sender.is_done
    assert sender.next_frame(0) is None
