from securityline.web.throttle import MOST_BUCKETS, Bucket, Throttle


def test_a_bucket_gives_its_burst_then_its_rate() -> None:
    bucket = Bucket(rate=2, burst=3, now=0)
    assert [bucket.take(0) for _ in range(4)] == [True, True, True, False]
    assert bucket.wait_time(0) == 0.5
    assert bucket.take(0.5)
    assert not bucket.take(0.5)


def test_a_bucket_never_holds_more_than_its_burst_and_ignores_a_clock_run_back() -> None:
    bucket = Bucket(rate=1, burst=2, now=100)
    bucket.take(50)
    assert [bucket.take(1000) for _ in range(3)] == [True, True, False]


def test_keys_do_not_share() -> None:
    throttle = Throttle(rate=1, burst=1)
    assert throttle.take("a", 0)
    assert throttle.take("b", 0)
    assert not throttle.take("a", 0)
    assert throttle.wait_time("a", 0) == 1
    assert throttle.wait_time("c", 0) == 0
    throttle.forgive("a")
    assert throttle.take("a", 0)


def test_memory_is_bounded() -> None:
    throttle = Throttle(rate=1, burst=1)
    for number in range(MOST_BUCKETS + 10):
        throttle.take(str(number), 0)
    assert throttle.take("0", 0), "the oldest was forgotten"
    assert not throttle.take(str(MOST_BUCKETS), 0)
