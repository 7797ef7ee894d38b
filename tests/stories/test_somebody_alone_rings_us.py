"""Somebody who works alone rings us and serves his timer by key. Stories in pretend time."""

from typing import Any

import pytest

from callflows import commands as c
from callflows import events as e
from callflows.lone_line import WAIT_TIME, WORK_TIME
from callflows.self_service import SelfState
from tests.stories.by_key import TIMER, KeyLine


@pytest.fixture
def line() -> KeyLine:
    line = KeyLine(is_cloned=True)
    line.ready("ann")
    return line


def test_he_starts_his_timer_and_hears_for_how_long(line: KeyLine) -> None:
    line.worker_rings()
    assert line.heard == [("alone_intro", "alone_idle")]
    line.keys("1")
    line.keys("45#")
    asked = line.last(e.TimerAsked)
    assert (asked.what, asked.timer_id, asked.run_time) == ("start", TIMER, 2700.0)
    assert len(line.heard) == 2, "he hears that it runs when it runs"
    line.timer_says(e.SafetyTimerStarted)
    assert line.heard[-1] == ("alone_started", "digit_4", "digit_5", "goodbye")
    line.heard_out()
    assert (line.switchboard.self_services, line.phones, line.open_cases) == ({}, {}, [])


def test_only_hash_is_the_usual_time(line: KeyLine) -> None:
    line.worker_rings()
    line.keys("1#")
    assert line.last(e.TimerAsked).run_time == 3720.0


def test_more_time_takes_his_pin(line: KeyLine) -> None:
    line.worker_rings("running")
    assert line.heard == [("alone_intro", "alone_running")]
    line.keys("130#")
    assert line.heard[-1] == ("keyholder_ask_pin",)
    assert line.last(c.CollectPin).person == "piet"
    assert line.all(e.TimerAsked) == []
    line.pin("good")
    asked = line.last(e.TimerAsked)
    assert (asked.what, asked.run_time) == ("prolong", 1800.0)
    line.timer_says(e.SafetyTimerProlonged)
    assert line.heard[-1] == ("alone_prolonged", "digit_3", "digit_0", "goodbye")


def test_he_ends_it_with_his_pin(line: KeyLine) -> None:
    line.worker_rings("running")
    line.keys("2")
    line.pin("good")
    assert line.last(e.CheckAnswered).outcome == "good"
    assert line.heard[-1] == ("check_done",)
    line.timer_says(e.SafetyTimerCancelled)
    line.heard_out()
    assert (line.switchboard.self_services, line.open_cases) == ({}, [])


def test_without_a_running_timer_there_is_none_to_end(line: KeyLine) -> None:
    line.worker_rings()
    line.keys("2")
    assert line.heard[-1] == ("not_understood", "alone_intro", "alone_idle")


# ---------------------------------------------------------------- duress


@pytest.mark.parametrize(("keys", "answer"), [("2", None), ("130#", e.SafetyTimerProlonged)])
def test_under_duress_he_hears_the_very_same(
    line: KeyLine, keys: str, answer: type[e.Event] | None
) -> None:
    forced = KeyLine(is_cloned=True)
    forced.ready("ann")
    for one, outcome in ((line, "good"), (forced, "duress")):
        one.worker_rings("running")
        one.keys(keys)
        one.pin(outcome)
    assert line.heard == forced.heard, "at the same moment, too"
    line.timer_says(answer or e.SafetyTimerCancelled)
    forced.timer_says(e.SafetyTimerRaised, is_silent=True, reason="duress PIN")
    assert line.heard == forced.heard
    assert line.self_service.state is forced.self_service.state is SelfState.ENDING
    assert forced.all(e.TimerAsked) == [], "nobody gives more time to whoever is forced"
    [case] = forced.open_cases
    assert forced.switchboard.incidents[case].is_silent
    assert forced.phones.keys() == {forced.leg}, "nothing rings that he could hear of"
    ended = [one.heard_out() and one.last(e.SelfServiceEnded) for one in (line, forced)]
    assert ended[0] == ended[1], "nor does a program learn it"


def test_given_again_it_changes_nothing_he_could_hear(line: KeyLine) -> None:
    line.worker_rings("running")
    line.keys("130#")
    line.pin("duress")
    line.timer_says(e.SafetyTimerRefused, outcome="duress", reason="PIN duress again")
    assert line.heard[-1][0] == "alone_prolonged"


# ---------------------------------------------------------------- a person


@pytest.mark.parametrize("stage", ["amber", "red"])
def test_a_timer_that_has_lapsed_is_a_person_s_at_once(line: KeyLine, stage: str) -> None:
    line.timer_says(e.SafetyTimerLapsed)
    [case] = line.open_cases
    line.worker_rings(stage)
    assert line.heard == [] or "alone_intro" not in line.heard[-1]
    assert line.ringing() == ["ann"]
    assert line.call("call-1").incident_id == case, "in the case of his timer"


@pytest.mark.parametrize("how", [{"alone": None}, {"alone": None, "caller": None}])
def test_whom_nobody_knows_speaks_with_a_person(line: KeyLine, how: dict[str, Any]) -> None:
    line.worker_rings(**how)
    assert line.ringing() == ["ann"]


@pytest.mark.parametrize(
    ("keys", "state"), [("", "choice"), ("1", "time"), ("2", "pin"), ("130#", "pin")]
)
def test_nought_and_silence_bring_a_person(line: KeyLine, keys: str, state: str) -> None:
    for is_silent in (True, False):
        line.worker_rings("running")
        line.keys(keys)
        assert line.self_service.state.value == state
        if is_silent:
            line.fast_forward(61 if state == "pin" else WAIT_TIME + 1)
        elif state == "pin":
            line.pin("none", wants_operator=True)
        else:
            line.keys("0" if state == "choice" else "0#")
        assert line.switchboard.self_services == {}
        call = line.call(f"call-{line.calls_made}")
        assert call.state.value in ("offered", "waiting")
        line.tell(e.LegEnded(leg_id=line.leg, cause=e.Cause.HUNG_UP))
        line.switchboard = KeyLine().switchboard
        line.phones.clear()
        line.ends.clear()
        line.desk_states.clear()
        line.recordings.clear()
        line.ready("ann")


def test_nonsense_twice_brings_a_person(line: KeyLine) -> None:
    line.worker_rings()
    line.keys("7")
    line.keys("7")
    assert line.ringing() == ["ann"]


def test_a_time_of_more_than_twelve_hours_is_nonsense(line: KeyLine) -> None:
    line.worker_rings()
    line.keys("1721")
    assert line.heard[-1] == ("not_understood", "alone_minutes")
    line.keys("720")
    assert line.last(e.TimerAsked).run_time == 12 * 3600


def test_three_wrong_pins_bring_a_person_and_his_timer_counts_them(line: KeyLine) -> None:
    line.worker_rings("running")
    line.keys("2")
    for tries in range(3):
        assert line.heard[-1] == (("keyholder_pin_again",) if tries else ("keyholder_ask_pin",))
        line.pin("wrong")
    assert line.ringing() == ["ann"]
    assert [one.outcome for one in line.all(e.CheckAnswered)] == ["wrong"] * 3


def test_what_his_timer_says_of_a_wrong_pin_does_not_disturb_the_next_try(
    line: KeyLine,
) -> None:
    line.worker_rings("running")
    line.keys("2")
    line.pin("wrong")
    line.timer_says(e.SafetyTimerRefused, outcome="wrong", reason="PIN wrong")
    assert line.self_service.state is SelfState.PIN
    line.pin("good")
    assert line.heard[-1] == ("check_done",)


def test_an_expired_right_is_a_person_s(line: KeyLine) -> None:
    line.worker_rings("running")
    line.keys("2")
    line.pin("expired")
    assert line.ringing() == ["ann"]


@pytest.mark.parametrize("kind", [e.SafetyTimerLapsed, e.SafetyTimerRaised, e.SafetyTimerEnded])
def test_his_timer_turns_while_he_is_asked(line: KeyLine, kind: type[e.Event]) -> None:
    line.worker_rings("running")
    line.keys("1")
    line.timer_says(kind)
    assert line.ringing() == ["ann"]


def test_his_timer_turns_red_under_duress_elsewhere_and_he_hears_nothing_of_it(
    line: KeyLine,
) -> None:
    line.worker_rings("running")
    line.timer_says(e.SafetyTimerRaised, is_silent=True)
    assert line.self_service.state is SelfState.CHOICE


@pytest.mark.parametrize("says", [e.SafetyTimerRefused, None])
def test_a_timer_that_refuses_or_says_nothing_is_a_person_s(
    line: KeyLine, says: type[e.Event] | None
) -> None:
    line.worker_rings()
    line.keys("1#")
    if says is None:
        line.fast_forward(WORK_TIME + 0.1)
    else:
        line.timer_says(says)
    assert line.ringing() == ["ann"]


def test_the_timer_of_somebody_else_moves_nothing(line: KeyLine) -> None:
    line.worker_rings()
    line.keys("1#")
    line.timer_says(e.SafetyTimerStarted, timer_id="lone:acme/other")
    assert line.self_service.state is SelfState.WORKING


# ---------------------------------------------------------------- his line ends


@pytest.mark.parametrize(("keys", "is_called_back"), [("", True), ("1", True), ("1#", False)])
def test_who_hangs_up_before_anything_came_of_it_is_called_back(
    line: KeyLine, keys: str, is_called_back: bool
) -> None:
    line.worker_rings()
    line.keys(keys)
    line.tell(e.LegEnded(leg_id=line.leg, cause=e.Cause.HUNG_UP))
    assert (len(line.switchboard.call_backs) == 1) is is_called_back
    assert (len(line.all(e.CallAbandoned)) == 1) is is_called_back


def test_what_he_asked_is_kept_until_his_timer_knows(line: KeyLine) -> None:
    line.worker_rings()
    line.keys("1#")
    line.tell(e.LegEnded(leg_id=line.leg, cause=e.Cause.HUNG_UP))
    line.restart(surviving=())
    [call] = line.switchboard.self_services.values()
    assert (call.is_told, call.answer) == (False, None)
    line.timer_says(e.SafetyTimerStarted)
    assert line.switchboard.self_services == {}


@pytest.mark.parametrize("outcome", ["good", "duress"])
def test_so_is_his_pin(line: KeyLine, outcome: str) -> None:
    line.worker_rings("running")
    line.keys("2")
    line.pin(outcome)
    line.restart()
    [call] = line.switchboard.self_services.values()
    assert (call.is_told, call.answer) == (False, outcome)


@pytest.mark.parametrize("keys", ["", "1", "2"])
def test_the_engine_is_killed_and_asks_again(line: KeyLine, keys: str) -> None:
    line.worker_rings("running")
    line.keys(keys)
    state, question = line.self_service.state, line.heard[-1]
    again = line.restart()
    assert [one.prompts for one in again if isinstance(one, c.Play)] == [question]
    assert line.self_service.state is state


def test_a_line_lost_in_a_crash_is_called_back(line: KeyLine) -> None:
    line.worker_rings()
    line.restart(surviving=())
    assert len(line.switchboard.call_backs) == 1


def test_what_nobody_answers_for_an_hour_is_forgotten(line: KeyLine) -> None:
    line.worker_rings()
    line.keys("1#")
    line.tell(e.LegEnded(leg_id=line.leg, cause=e.Cause.HUNG_UP))
    line.fast_forward(3601)
    line.worker_rings()
    assert len(line.switchboard.self_services) == 1


def test_whose_pin_does_not_come_speaks_with_a_person(line: KeyLine) -> None:
    line.worker_rings("running")
    line.keys("2")
    line.pin("none")
    assert line.ringing() == ["ann"]
    assert line.all(e.CheckAnswered) == [], "no PIN is no wrong PIN"


def test_who_is_called_back_is_offered_as_he_called(line: KeyLine) -> None:
    line.worker_rings()
    offer = line.self_service.offer
    line.tell(e.LegEnded(leg_id=line.leg, cause=e.Cause.HUNG_UP))
    [back] = line.switchboard.call_backs.values()
    assert (back.offer.recording, back.offer.is_listening_in) == (offer.recording, False)
    assert line.call("call-1").offer.recording == offer.recording


@pytest.mark.parametrize("is_withheld", [True, False])
def test_a_withheld_number_stands_in_no_line_of_it(line: KeyLine, is_withheld: bool) -> None:
    line.installer_rings(caller="+32470000009", is_withheld=is_withheld)
    expected = None if is_withheld else "+32470000009"
    assert line.last(e.SelfServiceBegan).caller == expected
