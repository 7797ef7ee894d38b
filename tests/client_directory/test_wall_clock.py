"""The two odd days of a year, in zones whose clocks jump by an hour, by half, by a day."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from client_directory.wall_clock import begins, day_begins, day_ends, ends, on_the_wall
from tests.client_directory.clients import BRUSSELS, seconds

LORD_HOWE, APIA, NEW_YORK = "Australia/Lord_Howe", "Pacific/Apia", "America/New_York"
ZONES = (BRUSSELS, LORD_HOWE, APIA, NEW_YORK, "UTC", "Asia/Kathmandu", "America/St_Johns")


def wall(text):
    return datetime.fromisoformat(text)


@pytest.mark.parametrize(
    ("zone", "clock", "first", "last"),
    [
        # An ordinary night.
        (BRUSSELS, "2026-07-01T02:30", "2026-07-01T00:30", "2026-07-01T00:30"),
        # The hour that happens twice.
        (BRUSSELS, "2026-10-25T02:00", "2026-10-25T00:00", "2026-10-25T01:00"),
        (BRUSSELS, "2026-10-25T02:59", "2026-10-25T00:59", "2026-10-25T01:59"),
        (BRUSSELS, "2026-10-25T03:00", "2026-10-25T02:00", "2026-10-25T02:00"),
        # The hour that does not happen: right after the jump, at 03:00.
        (BRUSSELS, "2026-03-29T01:59", "2026-03-29T00:59", "2026-03-29T00:59"),
        (BRUSSELS, "2026-03-29T02:00", "2026-03-29T01:00", "2026-03-29T01:00"),
        (BRUSSELS, "2026-03-29T02:01", "2026-03-29T01:00", "2026-03-29T01:00"),
        (BRUSSELS, "2026-03-29T02:59", "2026-03-29T01:00", "2026-03-29T01:00"),
        (BRUSSELS, "2026-03-29T03:00", "2026-03-29T01:00", "2026-03-29T01:00"),
        # Another day of the year, another hour.
        (NEW_YORK, "2026-03-08T02:30", "2026-03-08T07:00", "2026-03-08T07:00"),
        (NEW_YORK, "2026-11-01T01:30", "2026-11-01T05:30", "2026-11-01T06:30"),
        # Lord Howe's clock moves by half an hour.
        (LORD_HOWE, "2026-04-05T01:45", "2026-04-04T14:45", "2026-04-04T15:15"),
        (LORD_HOWE, "2026-10-04T02:10", "2026-10-03T15:30", "2026-10-03T15:30"),
        # Samoa left out the whole of 30 December 2011.
        (APIA, "2011-12-30T12:00", "2011-12-30T10:00", "2011-12-30T10:00"),
    ],
)
def test_when_it_happens(zone, clock, first, last):
    assert begins(wall(clock), zone) == seconds(first)
    assert ends(wall(clock), zone) == seconds(last)


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        (BRUSSELS, date(2026, 7, 1), 24),
        (BRUSSELS, date(2026, 3, 29), 23),
        (BRUSSELS, date(2026, 10, 25), 25),
        (LORD_HOWE, date(2026, 10, 4), 23.5),
        (LORD_HOWE, date(2026, 4, 5), 24.5),
        (APIA, date(2011, 12, 30), 0),
    ],
)
def test_how_long_a_day_is(zone, day, hours):
    assert day_ends(day, zone) - day_begins(day, zone) == hours * 3600


def test_days_that_stand_for_always():
    for zone in ZONES:
        assert day_begins(date.min, zone) == float("-inf")
        assert day_ends(date.max, zone) == float("inf")
        assert day_begins(date.max, zone) < day_ends(date.max, zone)
        assert day_begins(date.min, zone) < day_ends(date.min, zone)


moments = st.integers(min_value=0, max_value=4_000_000_000)


@settings(deadline=None, max_examples=300)
@given(moments, st.sampled_from(ZONES))
def test_every_moment_lies_between_the_first_and_the_last_of_its_time(moment, zone):
    clock = on_the_wall(moment, zone)
    assert begins(clock, zone) <= moment <= ends(clock, zone)
    assert moment in (begins(clock, zone), ends(clock, zone))


@settings(deadline=None, max_examples=300)
@given(
    st.datetimes(min_value=datetime(1990, 1, 1), max_value=datetime(2037, 12, 1)),  # noqa: DTZ001
    st.integers(min_value=0, max_value=7_200),
    st.sampled_from(ZONES),
)
def test_a_later_time_on_the_wall_never_happens_earlier(clock, later, zone):
    clock = clock.replace(microsecond=0)
    assert begins(clock, zone) <= begins(clock + timedelta(seconds=later), zone)
    assert ends(clock, zone) <= ends(clock + timedelta(seconds=later), zone)


@settings(deadline=None, max_examples=300)
@given(moments, st.sampled_from(ZONES))
def test_a_time_that_does_not_happen_is_the_jump_itself(moment, zone):
    clock = on_the_wall(moment, zone) + timedelta(minutes=10)
    found = begins(clock, zone)
    shown = on_the_wall(found, zone)
    if shown != clock:
        before = ZoneInfo(zone).utcoffset(on_the_wall(found - 1, zone))
        after = ZoneInfo(zone).utcoffset(shown)
        assert before < after
        assert on_the_wall(found - 1, zone) < clock < shown
