"""The order in which callers are served."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callflows import queue
from callflows.call import InboundCall
from callflows.events import CallId, CallOffered, IncidentId, LegId


def call(
    name: str = "c", urgency: int = 2, at: float = 0.0, *, is_requeued: bool = False
) -> InboundCall:
    return InboundCall(
        call_id=CallId(name),
        incident_id=IncidentId(name),
        leg_id=LegId(name),
        offer=CallOffered(call_id=CallId(name), leg_id=LegId(name), did="+32"),
        offered_at=at,
        urgency=urgency,
        is_requeued=is_requeued,
    )


CALLS = st.lists(
    st.builds(
        call,
        name=st.uuids().map(str),
        urgency=st.integers(1, 4),
        at=st.sampled_from([0.0, 10.0, 100.0, 500.0]),
        is_requeued=st.booleans(),
    ),
    max_size=8,
    unique_by=lambda c: c.call_id,
)


@given(CALLS, st.randoms(use_true_random=False))
def test_the_order_does_not_depend_on_how_the_calls_are_kept(
    calls: list[InboundCall], random: object
) -> None:
    shuffled = list(calls)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert queue.in_order(shuffled, 600.0) == queue.in_order(calls, 600.0)


@given(CALLS)
def test_nobody_is_before_somebody_more_urgent_and_longer_waiting(
    calls: list[InboundCall],
) -> None:
    for before, after in itertools.pairwise(queue.in_order(calls, 600.0)):
        if before.is_requeued == after.is_requeued:
            is_worse = before.urgency >= after.urgency and before.offered_at > after.offered_at
            assert not is_worse


@given(CALLS, st.integers(0, 2000))
def test_who_is_before_another_of_his_class_stays_before_him(
    calls: list[InboundCall], later: int
) -> None:
    """Time never turns two callers of the same urgency round."""
    first = [c for c in queue.in_order(calls, 600.0) if c.urgency == 3 and not c.is_requeued]
    then = queue.in_order(first, 600.0 + later)
    assert then == first


@pytest.mark.parametrize(
    ("urgency", "age", "served_as"),
    [
        (4, 0, 4),
        (4, 179.999, 4),
        (4, 180, 3),
        (4, 359, 3),
        (4, 360, 2),
        (4, 540, 1),
        (4, 10_000, 1),
        (1, 10_000, 1),
        (3, 180, 2),
        (2, -5, 2),
    ],
)
def test_ageing(urgency: int, age: float, served_as: int) -> None:
    assert queue.urgency_class(call(urgency=urgency, at=100.0), 100.0 + age) == served_as


def test_a_clock_that_went_back_changes_no_class() -> None:
    assert queue.urgency_class(call(urgency=3, at=1000.0), 0.0) == 3


def test_the_reason_in_words() -> None:
    assert queue.explain(call(urgency=3), 10.0) == "urgency 3"
    assert queue.explain(call(urgency=3), 200.0) == "urgency 3 served as 2 after 200 s"
    assert queue.explain(call(is_requeued=True), 1.0) == "urgency 2, cut off before"
    assert (
        queue.explain(call(urgency=4, is_requeued=True), 400.0)
        == "urgency 4 served as 2 after 400 s, cut off before"
    )
