"""Schedules on the wall, asked in engine time."""

import math

import pytest

from callflows.watch.hours import Hours
from tests.callflows.watch.moments import CHANGES, at, wall

SHOP = Hours("Mo-Fr 08:00-18:00; PH off")


def shown(span):
    return None if span is None else tuple(wall(one)[:16] for one in span)


def test_the_span_one_is_in():
    assert shown(SHOP.span_at(at("2026-11-23 12:00"))) == (
        "2026-11-23 08:00",
        "2026-11-23 18:00",
    )
    assert SHOP.span_at(at("2026-11-23 08:00")) is not None
    assert SHOP.span_at(at("2026-11-23 08:00") - 1) is None
    assert SHOP.span_at(at("2026-11-23 18:00") - 1) is not None
    assert SHOP.span_at(at("2026-11-23 18:00")) is None


def test_the_span_that_comes():
    monday = ("2026-11-23 08:00", "2026-11-23 18:00")
    assert shown(SHOP.next_span(at("2026-11-20 18:00"))) == monday, "over the weekend"
    assert shown(SHOP.next_span(at("2026-11-23 08:00") - 1)) == monday
    assert shown(SHOP.next_span(at("2026-11-23 08:00"))) == (
        "2026-11-24 08:00",
        "2026-11-24 18:00",
    )


@pytest.mark.parametrize(
    ("expression", "days"), [("2026 Dec 1 10:00-12:00", 8), ("2027 Mar 1 10:00-12:00", 98)]
)
def test_what_is_weeks_and_months_away(expression, days):
    hours, now = Hours(expression), at("2026-11-23 10:00")
    span = hours.next_span(now)
    assert round((span[0] - now) / 86_400) == days
    assert span[1] - span[0] == 7200
    assert hours.next_span(span[0]) is None


@pytest.mark.parametrize("month", ["Dec 1-31", "Jan 1-Dec 31"])
def test_a_span_of_weeks_ends_when_it_ends(month):
    hours, now = Hours(f"2027 {month}"), at("2026-11-23 10:00")
    begin, end = hours.next_span(now)
    assert wall(end)[:10] == "2028-01-01"
    inside = hours.span_at(begin + 86_400 * 3)
    assert inside is not None
    assert inside[1] == end


def test_what_never_closes_and_what_never_opens():
    now = at("2026-11-23 10:00")
    assert Hours("24/7").span_at(now)[1] == math.inf
    assert Hours("24/7").next_span(now) is None
    assert Hours("off").span_at(now) is None
    assert Hours("off").next_span(now) is None
    far = Hours("2027 Jan 1-2040 Dec 31").next_span(now)
    assert (wall(far[0])[:10], far[1]) == ("2027-01-01", math.inf)


@pytest.mark.parametrize(("forward", "back"), CHANGES.values(), ids=CHANGES)
@pytest.mark.parametrize(
    ("expression", "short", "long"),
    [
        ("22:00-06:00", 7, 9),
        ("22:00-02:30", 4, 5.5),
        ("02:00-03:00", None, 2),
        ("02:30-06:00", 3, 4.5),
    ],
)
def test_how_long_a_night_is(forward, back, expression, short, long):
    hours = Hours(expression)
    for day, expected in ((forward, short), (back, long)):
        midday = at(f"{day} 12:00")
        spans, now = [], midday - 20 * 3600
        while (span := hours.next_span(now)) is not None and span[0] < midday:
            spans.append((span[1] - span[0]) / 3600)
            now = span[0]
        assert spans == ([] if expected is None else [expected])
