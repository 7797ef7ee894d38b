from datetime import date
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from client_directory.rota import turns
from tests.client_directory.clients import BRUSSELS, rota, seconds

WEEK = 7 * 86_400


def on_call(plan, text, zone=BRUSSELS, fold=0):
    now = seconds(text, zone, fold)
    (turn,) = turns(plan, now, now + 1)
    return turn.person


@pytest.mark.parametrize(
    ("moment", "who"),
    [
        ("2026-01-05T07:59", "bob"),  # before the first handover the turns go on backwards
        ("2026-01-05T08:00", "ann"),
        ("2026-01-12T07:59", "ann"),
        ("2026-01-12T08:00", "bob"),
        ("2026-01-19T08:00", "ann"),
        ("2025-12-22T08:00", "ann"),
        ("2031-01-06T08:00", "bob"),
    ],
)
def test_members_take_turns_week_by_week(moment, who):
    assert on_call(rota("ann", "bob"), moment) == who


@pytest.mark.parametrize("first", [date(2026, 1, 9), date(2026, 1, 12), date(2026, 1, 15)])
def test_the_first_week_may_be_named_by_any_of_its_days(first):
    # Handed over on Fridays: the 9th is the day itself, the 12th and 15th lie in the week.
    plan = rota("ann", "bob", handover="Fr 17:00", first_week=first)
    assert on_call(plan, "2026-01-09T16:59") == "bob"
    assert on_call(plan, "2026-01-09T17:00") == "ann"
    assert on_call(plan, "2026-01-16T16:59") == "ann"
    assert on_call(plan, "2026-01-16T17:00") == "bob"


def test_a_handover_within_the_span_gives_two_turns():
    start, end = (seconds(f"2026-01-12T{hour}", BRUSSELS) for hour in ("06:00", "12:00"))
    change = seconds("2026-01-12T08:00", BRUSSELS)
    assert list(turns(rota("ann", "bob"), start, end)) == [
        ("ann", start, change),
        ("bob", change, end),
    ]


def test_the_handover_is_on_the_wall_of_the_rota_and_not_of_the_client():
    plan = rota("ann", "bob", time_zone="Asia/Tokyo")
    assert on_call(plan, "2026-01-12T07:59", "Asia/Tokyo") == "ann"
    assert on_call(plan, "2026-01-12T08:00", "Asia/Tokyo") == "bob"


@pytest.mark.parametrize(
    ("zone", "first", "change", "handover"),
    [
        # Twice 02:30: at the first. None 02:30: when the clock jumps.
        (BRUSSELS, date(2026, 10, 18), "2026-10-25T00:30", "Su 02:30"),
        (BRUSSELS, date(2026, 3, 22), "2026-03-29T01:00", "Su 02:30"),
        ("Australia/Lord_Howe", date(2026, 3, 29), "2026-04-04T14:45", "Su 01:45"),
        ("Australia/Lord_Howe", date(2026, 9, 27), "2026-10-03T15:30", "Su 02:10"),
    ],
)
def test_a_handover_in_the_night_of_the_change_of_hour(zone, first, change, handover):
    plan = rota("ann", "bob", handover=handover, time_zone=zone, first_week=first)
    change = seconds(change)
    assert list(turns(plan, change - 7_200, change + 7_200)) == [
        ("ann", change - 7_200, change),
        ("bob", change, change + 7_200),
    ]


def test_whoever_took_over_at_the_first_occurrence_keeps_it_at_the_second():
    plan = rota("ann", "bob", handover="Su 02:30", first_week=date(2026, 10, 18))
    assert on_call(plan, "2026-10-25T02:29") == "ann"
    assert on_call(plan, "2026-10-25T02:30") == "bob"
    assert on_call(plan, "2026-10-25T02:10", fold=1) == "bob"


def test_a_clock_that_goes_back_over_midnight_gives_the_week_to_one_only():
    # St John's went back at 00:01: Sunday's midnight happened twice.
    zone = "America/St_Johns"
    plan = rota(
        "ann", "bob", handover="Su 00:00", time_zone=zone, first_week=date(2010, 10, 31)
    )
    assert on_call(plan, "2010-11-06T23:30", zone) == "ann"
    assert on_call(plan, "2010-11-07T00:00", zone) == "bob"
    assert on_call(plan, "2010-11-06T23:30", zone, fold=1) == "bob"


@pytest.mark.parametrize("first", [date.min, date.max])
def test_the_first_and_the_last_day_there_is(first):
    assert on_call(rota("ann", "bob", first_week=first), "2026-01-12T09:00") in ("ann", "bob")


@pytest.mark.parametrize(
    ("moment", "hours"),
    [("2026-03-26T12:00", 167), ("2026-10-22T12:00", 169), ("2026-07-02T12:00", 168)],
)
def test_a_week_is_as_long_as_its_days(moment, hours):
    start = seconds(moment)
    whole = list(turns(rota("ann", "bob", "cem"), start - WEEK, start + WEEK))[1]
    assert whole.end - whole.start == hours * 3600


@settings(deadline=None, max_examples=200)
@given(
    st.integers(min_value=1_000_000_000, max_value=2_000_000_000),
    st.integers(min_value=1, max_value=5 * WEEK),
    st.integers(min_value=1, max_value=6),
    st.sampled_from((BRUSSELS, "Australia/Lord_Howe", "Pacific/Apia", "America/St_Johns")),
    st.sampled_from(("Mo 08:00", "Su 02:30", "Su 00:00", "Fr 00:00", "Sa 23:59")),
)
def test_somebody_is_on_call_at_every_moment_and_one_at_a_time(start, span, many, zone, when):
    members = [f"m{index}" for index in range(many)]
    plan = rota(*members, handover=when, time_zone=zone)
    found = list(turns(plan, start, start + span))
    assert found[0].start == start
    assert found[-1].end == start + span
    for before, after in pairwise(found):
        assert before.end == after.start
        follower = (members.index(before.person) + 1) % many
        assert after.person == members[follower]


def test_a_rota_asked_piecewise_says_the_same():
    plan = rota("ann", "bob", "cem", handover="Su 02:30")
    start = seconds("2026-09-01T00:00")
    at_once = list(turns(plan, start, start + 90 * 86_400))
    for hour in range(24 * 75):
        now = start + hour * 3600
        (whole,) = [turn for turn in at_once if turn.start <= now < turn.end]
        assert next(turns(plan, now, now + 1)).person == whole.person
