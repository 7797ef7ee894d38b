from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sip.timers import TimerQueue


def test_timers_run_in_order_of_time_and_then_of_setting() -> None:
    queue, ran = TimerQueue(), []
    for name, at in (("c", 3.0), ("a", 1.0), ("b1", 2.0), ("b2", 2.0)):
        queue.set(at, lambda _now, name=name: ran.append(name))
    queue.run(2.0)
    assert ran == ["a", "b1", "b2"]
    assert queue.next() == 3.0
    assert len(queue) == 1


def test_an_action_gets_the_time_at_which_it_runs_not_the_one_it_was_due() -> None:
    queue, at = TimerQueue(), []
    queue.set(1.0, at.append)
    queue.run(7.5)
    assert at == [7.5]


def test_a_stopped_timer_does_not_run() -> None:
    queue, ran = TimerQueue(), []
    timer = queue.set(1.0, ran.append)
    assert timer.is_running
    timer.stop()
    timer.stop()
    assert not timer.is_running
    assert queue.next() is None
    assert len(queue) == 0
    queue.run(10.0)
    assert ran == []


def test_stopping_a_timer_that_ran_is_harmless() -> None:
    queue = TimerQueue()
    timer = queue.set(1.0, lambda _: None)
    queue.run(1.0)
    timer.stop()
    queue.set(2.0, lambda _: None)
    assert len(queue) == 1


def test_what_becomes_due_while_running_runs_too() -> None:
    queue, ran = TimerQueue(), []

    def first(now: float) -> None:
        ran.append("first")
        queue.set(now, lambda _: ran.append("second"))

    queue.set(1.0, first)
    queue.run(1.0)
    assert ran == ["first", "second"]


def test_a_timer_can_stop_another_that_is_due_at_the_same_moment() -> None:
    queue, ran = TimerQueue(), []
    victim = queue.set(1.0, lambda _: ran.append("victim"))
    queue.set(0.5, lambda _: victim.stop())
    queue.run(1.0)
    assert ran == []


def test_a_broken_action_leaves_the_others_in_the_queue() -> None:
    queue, ran = TimerQueue(), []

    def broken(_now: float) -> None:
        raise RuntimeError("broken")

    queue.set(1.0, broken)
    queue.set(2.0, ran.append)
    with pytest.raises(RuntimeError):
        queue.run(3.0)
    queue.run(3.0)
    assert ran == [3.0]


def test_memory_does_not_grow_with_timers_that_were_stopped() -> None:
    queue = TimerQueue()
    kept = queue.set(1e9, lambda _: None)
    for number in range(20_000):
        queue.set(1000.0 + number, lambda _: None).stop()
    assert len(queue) == 1
    assert len(queue._heap) < 1000
    assert kept.is_running
    assert queue.next() == 1e9


@given(
    st.lists(
        st.tuples(st.floats(0, 100), st.booleans()),
        max_size=60,
    ),
    st.floats(0, 100),
)
def test_exactly_what_is_due_and_was_not_stopped_runs(
    timers: list[tuple[float, bool]], now: float
) -> None:
    queue, ran = TimerQueue(), []
    for number, (at, is_stopped) in enumerate(timers):
        timer = queue.set(at, lambda _now, number=number: ran.append(number))
        if is_stopped:
            timer.stop()
    queue.run(now)
    due = [n for n, (at, is_stopped) in enumerate(timers) if not is_stopped and at <= now]
    left = [at for at, is_stopped in timers if not is_stopped and at > now]
    assert ran == sorted(due, key=lambda n: (timers[n][0], n))
    assert queue.next() == (min(left) if left else None)
    assert len(queue) == len(left)
