import pytest
from hypothesis import given
from hypothesis import strategies as st

from securityline.clock import Clock


class Times:
    """A wall clock that people set, and one that they cannot."""

    def __init__(self) -> None:
        self.wall = 1_000_000.0
        self.monotonic = 50.0

    def pass_by(self, seconds: float) -> None:
        self.wall += seconds
        self.monotonic += seconds

    def clock(self, at_least: float = 0.0) -> Clock:
        return Clock(
            at_least=at_least, wall=lambda: self.wall, monotonic=lambda: self.monotonic
        )


def test_engine_time_begins_at_the_wall_clock_and_runs_with_it() -> None:
    times = Times()
    clock = times.clock()
    assert clock() == 1_000_000.0
    times.pass_by(12.5)
    assert clock() == 1_000_012.5
    assert clock.jump() == 0.0


@pytest.mark.parametrize("jump", [7200.0, -7200.0, 3600.0, 0.6, -0.6])
def test_setting_the_wall_clock_moves_no_deadline_and_is_noticed_once(jump: float) -> None:
    times = Times()
    clock = times.clock()
    times.pass_by(1.0)
    times.wall += jump
    assert clock() == 1_000_001.0
    assert clock.jump() == pytest.approx(jump)
    assert clock.offset() == pytest.approx(jump)
    times.pass_by(1.0)
    assert clock.jump() == 0.0


def test_drift_is_no_jump() -> None:
    times = Times()
    clock = times.clock()
    for _ in range(100):
        times.pass_by(10.0)
        times.wall += 0.01
        assert clock.jump() == 0.0
    assert clock.offset() == pytest.approx(1.0)


def test_engine_time_never_goes_back_over_a_restart() -> None:
    times = Times()
    clock = times.clock(at_least=1_007_200.0)
    assert clock() == 1_007_200.0
    times.pass_by(3.0)
    assert clock() == 1_007_203.0


@given(st.lists(st.tuples(st.floats(0, 100), st.floats(-10_000, 10_000)), max_size=20))
def test_engine_time_only_grows(moves: list[tuple[float, float]]) -> None:
    times = Times()
    clock = times.clock()
    last = clock()
    for passed, jump in moves:
        times.pass_by(passed)
        times.wall += jump
        assert clock() >= last
        last = clock()


def test_the_real_clocks_are_the_default() -> None:
    clock = Clock()
    first = clock()
    assert clock() >= first > 1_700_000_000
    assert abs(clock.offset()) < 60
