from __future__ import annotations

from sip.limits import RateLimit


def test_the_burst_goes_through_then_the_rate() -> None:
    limit = RateLimit(rate=2.0, burst=5.0)
    assert [limit.allows("a", 0.0) for _ in range(7)] == [True] * 5 + [False] * 2
    assert limit.allows("a", 0.5)
    assert not limit.allows("a", 0.5)
    assert [limit.allows("a", 100.0) for _ in range(6)] == [True] * 5 + [False]


def test_a_flood_from_one_source_does_not_touch_another() -> None:
    limit = RateLimit(rate=1.0, burst=2.0)
    for _ in range(10_000):
        limit.allows("flood", 0.0)
    assert limit.allows("caller", 0.0)


def test_asking_too_often_does_not_push_the_next_chance_away() -> None:
    limit = RateLimit(rate=1.0, burst=1.0)
    assert limit.allows("a", 0.0)
    for tenth in range(1, 10):
        assert not limit.allows("a", tenth / 10)
    assert limit.allows("a", 1.01)


def test_a_clock_that_goes_back_gives_nothing_away() -> None:
    limit = RateLimit(rate=1.0, burst=1.0)
    assert limit.allows("a", 100.0)
    assert not limit.allows("a", 50.0)
    assert limit.allows("a", 51.0)


def test_memory_is_bounded_and_the_longest_unseen_is_forgotten() -> None:
    limit = RateLimit(rate=1.0, burst=1.0, max_sources=100)
    assert limit.allows("first", 0.0)
    for number in range(99):
        limit.allows(str(number), 0.0)
    assert not limit.allows("first", 0.0)  # seen again just now
    limit.allows("one more", 0.0)
    assert len(limit) == 100
    assert not limit.allows("first", 0.0)
    assert limit.allows("0", 0.0)  # forgotten, so it begins anew
