"""Somebody goes down into the cellar alone and says when he will be back."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callflows.events import (
    SafetyTimerCancelled,
    SafetyTimerLapsed,
    SafetyTimerProlonged,
    SafetyTimerRaised,
    SafetyTimerRefused,
    SafetyTimerStarted,
)
from callflows.watch.alone import LonePerson
from callflows.watch.hours import Hours
from callflows.watch.timers import LONGEST_TIME, SafetyTimers
from tests.callflows.watch.moments import CHANGES, at, told, wall

LUC = LonePerson(
    timer_id="t1",
    organisation="acme",
    site="depot",
    person="luc",
    name="Luc",
    numbers=("+32470000003",),
    urgency=2,
)
NOON = at("2026-11-23 12:00")


def running(minutes=30, **more):
    timers = SafetyTimers(NOON)
    [started] = timers.start(LUC, minutes * 60, NOON, memo="memo-1", **more)
    assert type(started) is SafetyTimerStarted
    return timers


def kinds(events):
    return [type(event) for event in events]


def copy(timers):
    again = SafetyTimers.from_state(json.loads(json.dumps(timers.to_state(), sort_keys=True)))
    assert again.to_state() == timers.to_state()
    return again


# ---------------------------------------------------------------- the stories


def test_he_comes_back_in_time():
    timers = running()
    assert told(timers, NOON + 1700) == []
    [cancelled] = timers.pin_checked("t1", "good", NOON + 1700)
    assert cancelled == SafetyTimerCancelled(
        organisation="acme",
        site="depot",
        timer_id="t1",
        person="luc",
        name="Luc",
        stage="running",
    )
    assert timers.next_due() is None


NIGHTS = Hours("Mo-Fr 22:00-06:00")
EVENING = at("2026-11-23 22:30")


def on_the_night_shift(**more):
    timers = SafetyTimers(EVENING)
    timers.start(LUC, 3600, EVENING, amber_time=480, during=NIGHTS, **more)
    return timers


def test_all_night_he_gives_a_sign_every_hour():
    timers = on_the_night_shift()
    for hours in range(1, 7):
        assert told(timers, EVENING + hours * 3500) == []
        [sign] = copy(timers).pin_checked("t1", "good", EVENING + hours * 3500)
        assert sign.stage == "running"
        timers.pin_checked("t1", "good", EVENING + hours * 3500)
    (amber_at, amber), (red_at, _) = told(timers, EVENING + 12 * 3600)
    assert type(amber) is SafetyTimerLapsed, "the one that he forgot"
    assert (amber_at, red_at) == (EVENING + 6 * 3500 + 3600, EVENING + 6 * 3500 + 4080)


def test_a_sign_after_the_hours_ends_it():
    timers = on_the_night_shift()
    timers.pin_checked("t1", "good", at("2026-11-24 05:30"))
    assert timers.next_due() == at("2026-11-24 06:30")
    [sign] = timers.pin_checked("t1", "good", at("2026-11-24 06:10"))
    assert type(sign) is SafetyTimerCancelled
    assert timers.view() == []


def test_he_answers_in_amber_and_works_on():
    timers = on_the_night_shift()
    timers.due(EVENING + 3600)
    timers.pin_checked("t1", "wrong", EVENING + 3620)
    [sign] = timers.pin_checked("t1", "good", EVENING + 3630)
    assert sign.stage == "amber"
    [running] = timers.view()
    assert (running.stage, running.amber_at) == ("running", EVENING + 7230)
    assert kinds(timers.pin_checked("t1", "wrong", EVENING + 3640) * 2) == [
        SafetyTimerRefused,
        SafetyTimerRefused,
    ], "what he mistyped before the sign is forgiven"


def test_he_ends_it_with_his_pin():
    timers = on_the_night_shift()
    assert kinds(timers.pin_checked("t1", "good", EVENING + 60, is_last=True)) == [
        SafetyTimerCancelled
    ]
    assert timers.view() == []
    assert timers.next_due() is None


def test_under_duress_it_seems_to_run_and_is_red_for_operators():
    timers = on_the_night_shift()
    [red] = timers.pin_checked("t1", "duress", EVENING + 60)
    assert red.is_silent
    [view] = copy(timers).view()
    assert (view.stage, view.is_silent) == ("red", True)
    shown = view.as_shown()
    assert (shown.stage, shown.amber_at, shown.red_at) == (
        "running",
        EVENING + 3660,
        EVENING + 4140,
    )
    assert told(timers, EVENING + 12 * 3600) == [], "the alarm was raised: no second one"


def test_he_does_not_come_back():
    timers = running()
    (amber_at, amber), (red_at, red) = told(timers, NOON + 9000)
    assert (wall(amber_at)[11:16], wall(red_at)[11:16]) == ("12:30", "12:32")
    assert type(amber) is SafetyTimerLapsed
    assert (amber.memo, amber.numbers, amber.red_at) == ("memo-1", LUC.numbers, red_at)
    assert type(red) is SafetyTimerRaised
    assert (red.urgency, red.is_silent, red.memo) == (2, False, "memo-1")
    assert told(timers, NOON + 90_000) == [], "once"


def test_amber_asks_him_and_he_answers():
    timers = running()
    timers.due(NOON + 1800)
    [cancelled] = timers.pin_checked("t1", "good", NOON + 1860)
    assert cancelled.stage == "amber"
    assert told(timers, NOON + 90_000) == []


def test_it_takes_longer():
    timers = running()
    [prolonged] = timers.prolong("t1", 900, "luc", NOON + 600)
    assert type(prolonged) is SafetyTimerProlonged
    assert (prolonged.by, wall(prolonged.lapses_at)[11:16]) == ("luc", "12:45")
    assert [wall(when)[11:16] for when, _ in told(timers, NOON + 9000)] == ["12:45", "12:47"]


def test_somebody_forces_him():
    timers = running()
    timers.due(NOON + 1800)
    [red] = timers.pin_checked("t1", "duress", NOON + 1830)
    assert type(red) is SafetyTimerRaised
    assert (red.urgency, red.is_silent) == (1, True), "life in danger, and nobody hears of it"
    assert told(timers, NOON + 9000) == []
    assert kinds(timers.pin_checked("t1", "duress", NOON + 1840)) == [SafetyTimerRefused]
    assert kinds(timers.pin_checked("t1", "good", NOON + 1850)) == [SafetyTimerRefused]
    assert timers.stand_down("t1")


def test_he_gives_his_pin_after_the_alarm():
    timers = running()
    told(timers, NOON + 9000)
    [cancelled] = timers.pin_checked("t1", "good", NOON + 9000)
    assert cancelled.stage == "red", "operators know; the case is theirs to close"
    assert timers.pin_checked("t1", "good", NOON + 9001) == []


# ---------------------------------------------------------------- only the PIN


@pytest.mark.parametrize("outcome", ["wrong", "none", "expired"])
@pytest.mark.parametrize("seconds", [60, 1800])
def test_nothing_but_a_good_pin_ends_it(outcome, seconds):
    timers = running()
    timers.due(NOON + seconds)
    [refused] = timers.pin_checked("t1", outcome, NOON + seconds)
    assert (type(refused), refused.outcome) == (SafetyTimerRefused, outcome)
    assert kinds(e for _, e in told(timers, NOON + 9000))[-1] is SafetyTimerRaised


def test_three_wrong_pins_are_an_alarm_at_once():
    timers = running()
    timers.due(NOON + 1800)
    assert kinds(timers.pin_checked("t1", "wrong", NOON + 1801)) == [SafetyTimerRefused]
    assert kinds(timers.pin_checked("t1", "none", NOON + 1802)) == [SafetyTimerRefused]
    timers = copy(timers)
    assert kinds(timers.pin_checked("t1", "wrong", NOON + 1803)) == [SafetyTimerRefused]
    refused, red = timers.pin_checked("t1", "wrong", NOON + 1804)
    assert (red.reason, red.is_silent) == ("3 wrong PINs", False)
    assert told(timers, NOON + 9000) == []
    assert kinds(timers.pin_checked("t1", "wrong", NOON + 1805)) == [SafetyTimerRefused]
    assert refused.outcome == "wrong"


def test_amber_is_not_prolonged():
    timers = running()
    timers.due(NOON + 1800)
    [refused] = timers.prolong("t1", 900, "luc", NOON + 1810)
    assert "only his PIN" in refused.reason
    assert kinds(e for _, e in told(timers, NOON + 9000)) == [SafetyTimerRaised]


def test_a_running_timer_is_not_started_anew():
    timers = running()
    assert kinds(timers.start(LUC, 9000, NOON + 60)) == [SafetyTimerRefused]
    assert timers.next_due() == NOON + 1800


def test_after_an_alarm_it_may_be_started_anew():
    timers = running()
    told(timers, NOON + 9000)
    assert kinds(timers.start(LUC, 600, NOON + 9000)) == [SafetyTimerStarted]
    assert timers.next_due() == NOON + 9600


def test_an_alarm_is_put_aside_by_operators_and_nothing_else_is():
    timers = running()
    assert not timers.stand_down("t1")
    timers.due(NOON + 1800)
    assert not timers.stand_down("t1"), "amber"
    told(timers, NOON + 9000)
    assert timers.stand_down("t1")
    assert not timers.stand_down("t1")


@pytest.mark.parametrize(
    "seconds", [0, -5, LONGEST_TIME + 1, float("nan"), float("inf"), float("-inf")]
)
def test_times_that_are_none(seconds):
    timers = SafetyTimers(NOON)
    assert kinds(timers.start(LUC, seconds, NOON)) == [SafetyTimerRefused]
    timers = running()
    assert kinds(timers.prolong("t1", seconds, "luc", NOON)) == [SafetyTimerRefused]
    assert timers.next_due() == NOON + 1800


def test_prolonging_again_and_again_has_an_end():
    timers, more = running(), 0
    while SafetyTimerProlonged in kinds(timers.prolong("t1", 3600, "luc", NOON)):
        more += 1
    assert more == 11
    assert timers.next_due() <= NOON + LONGEST_TIME


def test_to_the_longest_time_and_no_further():
    timers = running()
    assert LONGEST_TIME == 12 * 3600
    more = LONGEST_TIME - 1800
    assert kinds(timers.prolong("t1", more, "luc", NOON)) == [SafetyTimerProlonged]
    assert kinds(timers.prolong("t1", 1, "luc", NOON)) == [SafetyTimerRefused]


def test_a_timer_nobody_started():
    timers = SafetyTimers(NOON)
    assert timers.pin_checked("x", "good", NOON) == timers.prolong("x", 60, "luc", NOON) == []
    assert timers.due(NOON) == []
    assert timers.next_due() is None


def test_an_urgency_that_is_none():
    with pytest.raises(ValueError, match="urgency of 3"):
        LonePerson(timer_id="t", organisation="acme", person="luc", urgency=3)


# ---------------------------------------------------------------- restart, odd days, clock


def test_a_restart_keeps_the_promise():
    timers = copy(running())
    assert [wall(when)[11:16] for when, _ in told(timers, NOON + 9000)] == ["12:30", "12:32"]


def test_a_stop_over_both_stages_tells_both_at_once():
    timers = copy(running())
    assert kinds(timers.due(NOON + 3600)) == [SafetyTimerLapsed, SafetyTimerRaised]


def test_a_restart_after_amber_asks_no_second_time():
    timers = running()
    timers.due(NOON + 1800)
    assert kinds(e for _, e in told(copy(timers), NOON + 9000)) == [SafetyTimerRaised]


def test_a_silent_alarm_stays_silent_over_a_restart():
    timers = running()
    timers.pin_checked("t1", "duress", NOON + 60)
    again = copy(timers)
    assert told(again, NOON + 90_000) == []
    assert kinds(again.pin_checked("t1", "good", NOON + 70)) == [SafetyTimerRefused]


@pytest.mark.parametrize(("forward", "back"), CHANGES.values(), ids=CHANGES)
def test_an_hour_is_an_hour_when_the_clocks_change(forward, back):
    for day in (forward, back):
        start = at(f"{day} 01:45")
        timers = SafetyTimers(start)
        timers.start(LUC, 3600, start)
        assert [when - start for when, _ in told(copy(timers), start + 9000)] == [3600, 3720]


def test_a_clock_set_back_gives_no_time():
    timers = running()
    timers.due(NOON + 1700)
    assert timers.due(NOON - 3600) == []
    assert timers.next_due() == NOON + 1800
    assert timers.due(float("nan")) == []


def test_what_is_no_state_is_refused():
    with pytest.raises(ValueError, match="State"):
        SafetyTimers.from_state({"now": 0.0, "timers": [{"who": {}}]})


OUTCOMES = st.sampled_from(["good", "wrong", "none", "expired", "duress"])
STEPS = st.one_of(
    st.tuples(st.just("pin"), OUTCOMES),
    st.tuples(st.just("prolong"), st.floats(-100, 5000)),
    st.tuples(st.just("wait"), st.floats(0, 3000)),
    st.tuples(st.just("copy"), st.none()),
    st.tuples(st.just("stand down"), st.none()),
)


@given(st.lists(STEPS, max_size=12))
def test_without_a_good_pin_there_is_always_an_alarm(steps):
    timers, now, events = running(), NOON, []
    for what, value in steps:
        if what == "pin":
            events += timers.pin_checked("t1", value, now)
        elif what == "prolong":
            events += timers.prolong("t1", value, "luc", now)
        elif what == "wait":
            now += value
            events += timers.due(now)
        elif what == "copy":
            timers = copy(timers)
        else:
            timers.stand_down("t1")
    events += timers.due(now + LONGEST_TIME + 9000)
    ended = {SafetyTimerCancelled, SafetyTimerRaised} & set(kinds(events))
    assert ended
    goods = [value for what, value in steps if what == "pin" and value == "good"]
    if not goods:
        assert SafetyTimerRaised in ended
    assert kinds(events).count(SafetyTimerLapsed) <= 1
    assert sum(type(e) is SafetyTimerRaised and not e.is_silent for e in events) <= 1
