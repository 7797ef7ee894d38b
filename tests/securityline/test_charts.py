"""The numbers behind the charts, and that what is drawn is what was counted."""

from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from securityline.charts import (
    HEIGHT,
    TOP,
    WIDTH,
    Caller,
    Chart,
    by_cause,
    by_hour,
    by_wait,
    callers,
)

BRUSSELS = ZoneInfo("Europe/Brussels")
NIGHT = 1_763_776_800.0  # 2025-11-22 03:00 in Brussels
some_callers = st.lists(
    st.builds(Caller, st.floats(NIGHT, NIGHT + 86_000), st.floats(0, 300), st.booleans())
)


def labelled(chart: Chart) -> dict[str, int]:
    return {bar.label: bar.total for bar in chart.bars if bar.total}


def test_a_call_stands_in_its_hour_of_the_room_s_clock() -> None:
    chart = by_hour([Caller(NIGHT, 3.0, True), Caller(NIGHT + 60, 3.0, False)], BRUSSELS)
    assert len(chart.bars) == 24
    assert labelled(chart) == {"3": 2}
    kinds = {part.kind: part.number for part in chart.bars[3].parts}
    assert kinds == {"answered": 1, "lost": 1}


@pytest.mark.parametrize(
    ("wait", "label"),
    [
        (0.0, "≤ 10 s"),
        (10.0, "≤ 10 s"),
        (10.1, "≤ 15 s"),
        (30.0, "≤ 30 s"),
        (31.0, "≤ 60 s"),
        (61.0, "> 60 s"),
    ],
)
def test_answer_times_are_parted_at_the_targets(wait: float, label: str) -> None:
    assert labelled(by_wait([Caller(NIGHT, wait, True)])) == {label: 1}


def test_who_got_nobody_stands_by_himself() -> None:
    assert labelled(by_wait([Caller(NIGHT, 3.0, False)])) == {"—": 1}


@given(some_callers)
def test_everybody_is_drawn_once_and_inside_the_picture(found: list[Caller]) -> None:
    for chart in (by_hour(found, BRUSSELS), by_wait(found)):
        assert chart.total == len(found)
        for bar in chart.bars:
            assert sum(part.number for part in bar.parts) == bar.total
            for part in bar.parts:
                assert 0 <= part.x <= part.x + part.width <= WIDTH
                assert TOP - 0.5 <= part.y <= part.y + part.height <= HEIGHT


@given(st.lists(st.sampled_from(["theft", "intrusion", "aggression", ""])))
def test_causes_are_counted_and_the_most_frequent_stands_first(kinds: list[str]) -> None:
    cases = [{"kind": kind, "opened_at": "2025-11-22T05:00:00.000Z"} for kind in kinds]
    chart = by_cause(cases, NIGHT)
    assert chart.total == len(kinds)
    totals = [bar.total for bar in chart.bars]
    assert totals == sorted(totals, reverse=True)


def test_yesterday_is_not_today() -> None:
    old: list[dict[str, Any]] = [{"kind": "theft", "opened_at": "2025-11-20T05:00:00.000Z"}]
    assert by_cause(old, NIGHT).bars == []
    call = {
        "direction": "inbound",
        "started_at": "2025-11-20T05:00:00.000Z",
        "answered_at": "2025-11-20T05:00:04.000Z",
        "operator": "op-1",
    }
    assert callers([call], NIGHT) == []
    [one] = callers([call], 0.0)
    assert (one.wait, one.is_answered) == (4.0, True)
    assert callers([call | {"direction": "outbound"}], 0.0) == []
