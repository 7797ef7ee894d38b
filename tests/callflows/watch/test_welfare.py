"""A night porter is called every hour; what happens when he does not answer."""

import json
from dataclasses import replace

import pytest

from callflows.events import (
    SafetyTimerCancelled,
    SafetyTimerLapsed,
    SafetyTimerRaised,
    SafetyTimerRefused,
    WelfareCallDue,
)
from callflows.watch.alone import LonePerson
from callflows.watch.hours import Hours
from callflows.watch.welfare import WelfareChecks, WelfarePlan
from tests.callflows.watch.moments import CHANGES, at, told, wall

PIA = LonePerson(
    timer_id="w1", organisation="acme", person="pia", name="Pia", numbers=("+32470000004",)
)
PLAN = WelfarePlan(
    who=PIA,
    during=Hours("Mo-Su 22:00-06:00"),
    every_time=3600.0,
    amber_time=120.0,
    red_time=600.0,
)


def night(day="2026-11-23", **changes):
    return WelfareChecks([replace(PLAN, **changes)], at(f"{day} 20:00"))


def kinds(events):
    return [type(event) for event in events]


def answered(checks, until, after=30.0):
    """Let her answer each call with her PIN; return when she was called."""
    calls = []
    while (due := checks.next_due()) is not None and due <= until:
        assert kinds(checks.due(due)) == [WelfareCallDue]
        calls.append(wall(due)[11:16])
        checks.pin_checked("w1", "good", due + after)
    return calls


def copy(checks):
    again = WelfareChecks.from_state(json.loads(json.dumps(checks.to_state(), sort_keys=True)))
    assert again.to_state() == checks.to_state()
    return again


def test_a_quiet_night_ends_with_a_last_call():
    assert answered(night(), at("2026-11-24 20:00"), after=0) == [
        "23:00", "00:00", "01:00", "02:00", "03:00", "04:00", "05:00", "06:00",
    ]  # fmt: skip


def test_an_hour_is_counted_from_the_last_sign():
    checks = night()
    [call] = checks.due(at("2026-11-23 23:00"))
    assert (call.kind, call.person, call.numbers) == ("welfare", "pia", PIA.numbers)
    [cancelled] = checks.pin_checked("w1", "good", at("2026-11-23 23:01"))
    assert (type(cancelled), cancelled.stage) == (SafetyTimerCancelled, "running")
    assert wall(checks.next_due())[11:16] == "00:01"
    assert kinds(checks.pin_checked("w1", "good", at("2026-11-23 23:31"))) == [
        SafetyTimerCancelled
    ], "she may give a sign before she is asked"
    assert wall(checks.next_due())[11:16] == "00:31"


def test_she_does_not_answer():
    checks = night()
    events = told(checks, at("2026-11-24 20:00"))
    assert [(wall(when)[11:16], type(event)) for when, event in events] == [
        ("23:00", WelfareCallDue),
        ("23:02", SafetyTimerLapsed),
        ("23:10", SafetyTimerRaised),
    ]
    assert events[-1][1].urgency == 1
    assert checks.next_due() is None, "an alarm is the operators'"
    assert checks.stand_down("w1", at("2026-11-24 20:00"))
    assert wall(checks.next_due()) == "2026-11-24 23:00+0100"


def test_she_is_forced():
    checks = night()
    checks.due(at("2026-11-23 23:00"))
    [red] = checks.pin_checked("w1", "duress", at("2026-11-23 23:01"))
    assert (red.is_silent, red.urgency) == (True, 1)
    assert kinds(checks.pin_checked("w1", "good", at("2026-11-23 23:02"))) == [
        SafetyTimerRefused
    ]
    assert told(copy(checks), at("2026-11-24 20:00")) == []


def test_she_is_forced_to_give_a_sign_nobody_asked_for():
    checks = night()
    [red] = checks.pin_checked("w1", "duress", at("2026-11-23 21:00"))
    assert red.is_silent


@pytest.mark.parametrize("is_asked", [True, False])
def test_three_wrong_pins_are_an_alarm(is_asked):
    checks, now = night(), at("2026-11-23 23:00")
    if is_asked:
        checks.due(now)
    for _ in range(2):
        assert kinds(checks.pin_checked("w1", "wrong", now)) == [SafetyTimerRefused]
        checks = copy(checks)
    assert kinds(checks.pin_checked("w1", "wrong", now)) == [
        SafetyTimerRefused,
        SafetyTimerRaised,
    ]
    assert checks.next_due() is None


def test_a_wrong_pin_that_nobody_asked_for_moves_no_call():
    checks = night()
    checks.pin_checked("w1", "wrong", at("2026-11-23 21:00"))
    assert wall(checks.next_due())[11:16] == "23:00"


def test_no_key_within_the_call_leaves_the_clock_running():
    checks = night()
    checks.due(at("2026-11-23 23:00"))
    assert kinds(checks.pin_checked("w1", "none", at("2026-11-23 23:01"))) == [
        SafetyTimerRefused
    ]
    assert wall(checks.next_due())[11:16] == "23:02"


def test_hours_shorter_than_the_interval_have_one_call_at_their_end():
    checks = night(during=Hours("Mo-Su 22:00-22:40"))
    assert answered(checks, at("2026-11-25 20:00"), after=0) == ["22:40", "22:40"]


def test_a_sign_shortly_before_the_end_is_the_last_one():
    checks = night()
    checks.pin_checked("w1", "good", at("2026-11-24 05:31"))
    assert wall(checks.next_due()) == "2026-11-24 23:00+0100"
    checks = night()
    checks.pin_checked("w1", "good", at("2026-11-24 05:29"))
    assert wall(checks.next_due()) == "2026-11-24 06:00+0100"


def test_day_and_night_without_a_schedule():
    checks = night(during=Hours("24/7"))
    assert len(answered(checks, at("2026-11-24 20:00"), after=0)) == 24
    assert night(during=Hours("off")).next_due() is None


@pytest.mark.parametrize(("forward", "back"), CHANGES.values(), ids=CHANGES)
def test_the_odd_nights_have_a_call_less_and_a_call_more(forward, back):
    for day, calls in ((forward, 7), (back, 9)):
        evening = at(f"{day} 00:00") - 4 * 3600
        checks = WelfareChecks([PLAN], evening)
        times = answered(checks, at(f"{day} 12:00"), after=0)
        assert len(times) == calls
        assert times[-1] == "06:00"


def test_a_call_missed_while_we_were_away_is_made_once_and_she_has_all_her_time():
    checks = copy(night())
    now = at("2026-11-24 02:20")
    assert kinds(checks.due(now)) == [WelfareCallDue]
    assert [when - now for when, _ in told(checks, now + 9000)] == [120, 600]


def test_a_restart_while_she_is_asked():
    checks = night()
    checks.due(at("2026-11-23 23:00"))
    assert [wall(when)[11:16] for when, _ in told(copy(checks), at("2026-11-24 20:00"))] == [
        "23:02",
        "23:10",
    ]


def test_the_directory_is_read_again():
    checks = night()
    now = at("2026-11-23 22:30")
    checks.watch([replace(PLAN, every_time=1200.0)], now)
    assert wall(checks.next_due())[11:16] == "22:50"
    checks.due(at("2026-11-23 22:50"))
    checks.watch([PLAN], at("2026-11-23 22:51"))
    assert wall(checks.next_due())[11:16] == "22:52", "who is being asked is asked on"
    checks.pin_checked("w1", "good", at("2026-11-23 22:51"))
    assert wall(checks.next_due())[11:16] == "23:51", "and then by the new plan"
    checks.watch([], at("2026-11-23 22:52"))
    assert checks.next_due() is None
    assert checks.pin_checked("w1", "good", now) == []
    assert not checks.stand_down("w1", now)


@pytest.mark.parametrize(
    "wrong", [{"every_time": 0.0}, {"amber_time": -1.0}, {"red_time": 60.0}]
)
def test_times_that_cannot_be(wrong):
    with pytest.raises(ValueError, match="w1"):
        replace(PLAN, **wrong)


def test_what_is_no_state_is_refused():
    with pytest.raises(ValueError, match="State"):
        WelfareChecks.from_state({"checks": []})
