"""The nearest time is always right, whatever is moved, and nothing piles up."""

from hypothesis import given
from hypothesis import strategies as st

from callflows.watch.due_times import DueTimes

KEYS = st.sampled_from("abcde")
TIMES = st.floats(min_value=0, max_value=100)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("set"), KEYS, TIMES),
        st.tuples(st.just("drop"), KEYS, st.none()),
        st.tuples(st.just("take"), st.none(), TIMES),
    ),
    max_size=60,
)


@given(STEPS)
def test_it_answers_like_a_dictionary_that_is_searched(steps):
    due, plain = DueTimes(), {}
    for what, key, at in steps:
        if what == "set":
            due.set(key, at)
            plain[key] = at
        elif what == "drop":
            due.drop(key)
            plain.pop(key, None)
        else:
            expected = sorted((t, k) for k, t in plain.items() if t <= at)
            assert sorted(due.take(at)) == sorted(k for _, k in expected)
            plain = {k: t for k, t in plain.items() if t > at}
        assert due.next() == min(plain.values(), default=None)
        assert len(due) == len(plain)


def test_they_are_taken_in_order():
    due = DueTimes([("late", 3.0), ("soon", 1.0), ("never", 9.0)])
    due.set("next", 2.0)
    assert due.take(3.0) == ["soon", "next", "late"]
    assert due.take(3.0) == []


def test_moving_a_time_to_later_leaves_one_entry():
    due = DueTimes([("a", 1.0), ("b", 2.0)])
    for second in range(10_000):
        due.set("a", second + 1.0)
        assert due.size == 2
    assert due.next() == 2.0


def test_moving_a_time_to_earlier_leaves_few_entries():
    due = DueTimes()
    for number in range(1_000):
        due.set("a", 10_000.0 - number)
        assert due.size < 80
    assert due.take(10_000.0) == ["a"]


def test_dropping_leaves_few_entries():
    due = DueTimes((str(number), float(number)) for number in range(1_000))
    for number in range(999):
        due.drop(str(number))
    assert due.size < 80
    assert due.take(10_000.0) == ["999"]


def test_a_clean_up_forgets_nobody_and_keeps_the_order():
    numbers = [n * 37 % 100 for n in range(100)]
    due = DueTimes((f"{n:02}", 0.0) for n in numbers)
    for n in numbers:
        due.set(f"{n:02}", 1_000.0 - n)  # later than before: found out when it comes up
    for n in range(300):
        due.set("often", 900.0 - n)
    assert due.size < 300, "it was cleaned up in between"
    assert due.next() == 601.0
    assert due.take(2_000.0) == ["often", *(f"{n:02}" for n in range(99, -1, -1))]
