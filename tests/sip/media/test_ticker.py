import pytest
from hypothesis import given
from hypothesis import strategies as st

from sip.media.ticker import MAX_CATCH_UP, TICK_TIME, Ticker


def test_nothing_is_due_before_its_time() -> None:
    assert Ticker(100.0).due(100.0199) == 0


def test_one_beat_a_tick() -> None:
    ticker = Ticker(0.0)
    assert [ticker.due(n * 0.005 + 0.0001) for n in range(1, 9)] == [0, 0, 0, 1, 0, 0, 0, 1]


def test_a_late_beat_is_made_up_for() -> None:
    ticker = Ticker(0.0)
    assert ticker.due(0.075) == 3
    assert ticker.late_ticks == 2
    assert ticker.next_at == pytest.approx(0.08)


def test_a_long_stall_is_not_made_up_for_in_one_burst() -> None:
    ticker = Ticker(0.0)
    assert ticker.due(60.0) == MAX_CATCH_UP
    assert ticker.next_at > 60.0
    assert ticker.due(60.001) == 0


def test_rest_begins_anew() -> None:
    ticker = Ticker(0.0)
    ticker.rest(60.0)
    assert ticker.due(60.01) == 0
    assert ticker.due(60.0201) == 1
    assert ticker.late_ticks == 0


@given(st.lists(st.floats(0.0001, 0.15), min_size=1, max_size=300))
def test_whatever_the_sleeps_the_beats_follow_the_clock(sleeps: list[float]) -> None:
    ticker, now, beats = Ticker(1000.0), 1000.0, 0
    for sleep in sleeps:
        now += sleep
        beats += ticker.due(now)
    assert abs(beats - (now - 1000.0) / TICK_TIME) <= 1.01
