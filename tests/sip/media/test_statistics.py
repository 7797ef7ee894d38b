import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sip.media.statistics import MAX_DROPOUT, RESTARTED, ReceiveStatistics


def test_the_first_packet_starts_a_source() -> None:
    statistics = ReceiveStatistics()
    assert statistics.receive(65_530, 1) == RESTARTED
    assert (statistics.packets, statistics.sources, statistics.lost) == (1, 1, 0)


def test_nothing_received_is_nothing_lost() -> None:
    assert ReceiveStatistics().summary() == {
        "packets": 0,
        "lost": 0,
        "late": 0,
        "duplicates": 0,
        "malformed": 0,
        "strangers": 0,
        "jitter_ms": 0.0,
    }


@given(st.integers(0, 0xFFFF), st.integers(1, 500))
def test_a_whole_stream_loses_nothing_across_the_wrap(first: int, count: int) -> None:
    statistics = ReceiveStatistics()
    steps = [statistics.receive((first + i) & 0xFFFF, 1) for i in range(count)]
    assert steps == [RESTARTED] + [1] * (count - 1)
    assert statistics.lost == 0


@given(st.integers(0, 0xFFFF), st.sets(st.integers(1, 298)))
def test_every_missing_packet_is_counted_once(first: int, missing: set[int]) -> None:
    statistics = ReceiveStatistics()
    for i in range(300):
        if i not in missing:
            statistics.receive((first + i) & 0xFFFF, 1)
    assert statistics.lost == len(missing)
    assert statistics.packets == 300 - len(missing)


def test_a_late_packet_is_no_longer_lost() -> None:
    statistics = ReceiveStatistics()
    assert [statistics.receive(n, 1) for n in (1, 2, 5, 3, 4, 6)] == [
        RESTARTED,
        1,
        3,
        -2,
        -1,
        1,
    ]
    assert (statistics.lost, statistics.late) == (0, 2)


def test_a_duplicate_is_told_and_hides_no_loss() -> None:
    statistics = ReceiveStatistics()
    assert [statistics.receive(n, 1) for n in (1, 2, 2, 4)] == [RESTARTED, 1, 0, 2]
    assert (statistics.lost, statistics.duplicates) == (1, 1)


def test_another_ssrc_starts_anew_and_keeps_the_count() -> None:
    statistics = ReceiveStatistics()
    for sequence in (1, 2, 4):
        statistics.receive(sequence, 1)
    assert statistics.receive(40_000, 2) == RESTARTED
    assert statistics.receive(40_002, 2) == 2
    assert (statistics.lost, statistics.sources, statistics.packets) == (2, 2, 5)


@pytest.mark.parametrize("jump", [MAX_DROPOUT + 1, 20_000, -100, -20_000])
def test_a_great_jump_is_a_restart_and_no_loss(jump: int) -> None:
    statistics = ReceiveStatistics()
    statistics.receive(30_000, 1)
    assert statistics.receive(30_000 + jump, 1) == RESTARTED
    assert statistics.lost == 0


def test_a_long_dropout_is_loss() -> None:
    statistics = ReceiveStatistics()
    statistics.receive(0, 1)
    assert statistics.receive(MAX_DROPOUT, 1) == MAX_DROPOUT
    assert statistics.lost == MAX_DROPOUT - 1


def test_a_steady_stream_has_no_jitter() -> None:
    statistics = ReceiveStatistics()
    statistics.receive(0, 1)
    for i in range(200):
        statistics.measure(5_000 + 160 * i, 160 * i)
    assert statistics.jitter_time == 0


def test_jitter_converges_on_the_mean_deviation() -> None:
    statistics = ReceiveStatistics()
    statistics.receive(0, 1)
    for i in range(400):
        late = 80 * (i % 2)  # every other packet 10 ms late
        statistics.measure(160 * i + late, 160 * i)
    assert statistics.jitter_time == pytest.approx(0.010, rel=0.01)
    assert statistics.summary()["jitter_ms"] == pytest.approx(10, rel=0.01)


def test_one_late_packet_counts_for_a_sixteenth() -> None:
    statistics = ReceiveStatistics()
    statistics.receive(0, 1)
    statistics.measure(0, 0)
    statistics.measure(160 + 320, 160)
    assert statistics.jitter_time == pytest.approx(320 / 16 / 8000)


def test_a_timestamp_wrap_is_no_jitter() -> None:
    statistics = ReceiveStatistics()
    statistics.receive(0, 1)
    for i in range(20):
        statistics.measure(160 * i, (0xFFFFFFFF - 800 + 160 * i) & 0xFFFFFFFF)
    assert statistics.jitter_time == 0


def test_a_clock_that_was_set_is_no_jitter() -> None:
    statistics = ReceiveStatistics()
    statistics.receive(0, 1)
    statistics.measure(0, 0)
    statistics.measure(160, 500_000_000)
    statistics.measure(320, 500_000_160)
    assert statistics.jitter_time == 0


@given(st.integers())
def test_random_streams_never_count_more_than_was_sent(seed: int) -> None:
    rng = random.Random(seed)
    statistics = ReceiveStatistics()
    first, received = rng.randrange(0x10000), 0
    for i in range(200):
        if i and rng.random() < 0.2:
            continue
        statistics.receive((first + i) & 0xFFFF, 7)
        received += 1
    assert statistics.packets == received
    assert 0 <= statistics.lost <= 200 - received


def test_a_forgotten_source_may_come_again_and_its_losses_stay() -> None:
    statistics = ReceiveStatistics()
    for sequence in (1, 2, 5):
        statistics.receive(sequence, 1)
    statistics.forget_source()
    assert statistics.lost == 2
    assert statistics.receive(5, 1) == RESTARTED
    assert statistics.lost == 2
