from datetime import UTC, datetime, timedelta

import pytest

from client_directory.schedule import (
    MAX_LENGTH,
    is_open,
    is_schedule,
    is_time_zone,
    next_change,
    open_spans,
)

BRUSSELS = "Europe/Brussels"


def utc(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("schedule", "moment", "expected"),
    [
        ("24/7", "2026-11-21T03:00", True),
        # Winter: Brussels is one hour ahead.
        ("Mo-Fr 07:00-19:00; PH off", "2026-11-23T05:59", False),
        ("Mo-Fr 07:00-19:00; PH off", "2026-11-23T06:00", True),
        # Summer: two hours.
        ("Mo-Fr 07:00-19:00; PH off", "2026-07-20T05:00", True),
        ("Mo-Fr 07:00-19:00; PH off", "2026-07-20T04:59", False),
        # 21 July is a Belgian holiday, and a Tuesday in 2026.
        ("Mo-Fr 07:00-19:00; PH off", "2026-07-21T10:00", False),
        ("Mo-Fr 18:00-24:00; Sa-Su; PH", "2026-07-21T10:00", True),
        # Over midnight, into a Saturday.
        ("Mo-Fr 18:00-08:00", "2026-11-21T03:00", True),
        ("Mo-Fr 18:00-08:00", "2026-11-21T09:00", False),
    ],
)
def test_open_in_local_time_and_on_holidays(schedule, moment, expected):
    assert is_open(schedule, BRUSSELS, "BE", utc(moment)) is expected


def test_holidays_are_those_of_the_country():
    bastille = utc("2026-07-14T10:00")
    assert is_open("Mo-Fr 07:00-19:00; PH off", BRUSSELS, "BE", bastille)
    assert not is_open("Mo-Fr 07:00-19:00; PH off", "Europe/Paris", "FR", bastille)


def test_the_hour_that_happens_twice_is_open_twice():
    assert is_open("02:00-03:00", BRUSSELS, "BE", utc("2026-10-25T00:30"))
    assert is_open("02:00-03:00", BRUSSELS, "BE", utc("2026-10-25T01:30"))
    assert not is_open("02:00-03:00", BRUSSELS, "BE", utc("2026-10-25T02:30"))


def test_the_next_change_is_told_in_utc():
    change = next_change("Mo-Fr 07:00-19:00", BRUSSELS, "BE", utc("2026-11-23T03:00"))
    assert change == utc("2026-11-23T06:00")
    assert change.utcoffset().total_seconds() == 0


def test_what_never_changes_has_no_next_change():
    assert next_change("24/7", BRUSSELS, "BE", utc("2026-11-23T03:00")) is None


@pytest.mark.parametrize("schedule", ["24/7", "Mo-Fr 08:00-17:00; PH off", "Mo[1] 10:00-12:00"])
def test_schedules(schedule):
    assert is_schedule(schedule, "BE")


@pytest.mark.parametrize(
    "schedule",
    ["", "always", "Mo-Fr 25:00-26:00", "Mo-", "\0", "(" * 400, "24/7 " * MAX_LENGTH],
)
def test_what_is_no_schedule(schedule):
    assert not is_schedule(schedule, "BE")
    with pytest.raises(ValueError, match="hours"):
        is_open(schedule, BRUSSELS, "BE", utc("2026-11-23T03:00"))


def test_a_naive_time_is_refused():
    with pytest.raises(ValueError, match="aware"):
        is_open("24/7", BRUSSELS, "BE", datetime(2026, 11, 23))  # noqa: DTZ001


def test_time_zones():
    assert is_time_zone("Europe/Brussels")
    for name in ("", "Europe", "Mars/Olympus", "../../etc/passwd", "/etc/passwd", "a\0b"):
        assert not is_time_zone(name)


def test_open_from_the_very_moment_on():
    assert not is_open("07:00-19:00", BRUSSELS, "BE", utc("2026-11-23T05:59:59.5"))
    assert is_open("07:00-19:00", BRUSSELS, "BE", utc("2026-11-23T06:00:00"))
    assert is_open("07:00-19:00", BRUSSELS, "BE", utc("2026-11-23T17:59:59.9"))
    assert not is_open("07:00-19:00", BRUSSELS, "BE", utc("2026-11-23T18:00:00"))


def test_what_opened_in_the_hour_that_happens_twice_does_not_shut_when_it_comes_again():
    # 02:30 to 04:00: open from the first 02:30 on, also when the clock shows 02:10 again.
    for moment in ("00:30", "00:59", "01:00", "01:10", "01:30", "02:59"):
        assert is_open("02:30-04:00", BRUSSELS, "BE", utc(f"2026-10-25T{moment}")), moment
    assert not is_open("02:30-04:00", BRUSSELS, "BE", utc("2026-10-25T00:29"))
    assert next_change("02:30-04:00", BRUSSELS, "BE", utc("2026-10-25T00:45")) == utc(
        "2026-10-25T03:00"
    )


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        ("Dec 25", "2026-12-24T23:00"),
        ("Aug 01", "2027-07-31T22:00"),
        ("Mo-Fr", "2026-11-27T23:00"),
        ("off", None),
        ("2040 Jan 01", None),
    ],
)
def test_the_next_change_may_be_far(schedule, expected):
    found = next_change(schedule, BRUSSELS, "BE", utc("2026-11-23T03:00"))
    assert found == (utc(expected) if expected else None)


def test_spans_are_cut_and_in_order():
    start, end = utc("2026-11-23T07:00").timestamp(), utc("2026-11-24T07:00").timestamp()
    spans = open_spans("07:00-19:00", BRUSSELS, "BE", start, end)
    assert spans == (
        (start, utc("2026-11-23T18:00").timestamp()),
        (utc("2026-11-24T06:00").timestamp(), end),
    )


def test_a_schedule_that_is_not_sure_is_shut():
    assert not is_open("07:00-19:00 unknown", BRUSSELS, "BE", utc("2026-11-23T12:00"))


# The ten days of the law, and Easter, which is a Sunday anyway.
BELGIUM = (
    "2027-01-01 2027-03-28 2027-03-29 2027-05-01 2027-05-06 2027-05-17"
    " 2027-07-21 2027-08-15 2027-11-01 2027-11-11 2027-12-25"
)
FRANCE = (
    "2027-01-01 2027-03-29 2027-05-01 2027-05-06 2027-05-08 2027-05-17"
    " 2027-07-14 2027-08-15 2027-11-01 2027-11-11 2027-12-25"
)


@pytest.mark.parametrize(("country", "days"), [("BE", BELGIUM), ("FR", FRANCE)])
def test_the_public_holidays_of_a_whole_year(country, days):
    noons = [utc("2027-01-01T12:00") + timedelta(days=day) for day in range(365)]
    found = [n.date().isoformat() for n in noons if is_open("PH", BRUSSELS, country, n)]
    assert found == days.split()
