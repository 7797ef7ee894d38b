"""A pre-alarm waits for a cancelling signal; a case waits for the return to normal."""

import dataclasses

import pytest

from callflows import events as e
from callflows.events import IncidentId
from client_directory.alarm_model import AlarmRules
from tests.stories.alarms import ANN, INTRUSION, MINUTE, AlarmLine, kinds

HOLD = 45.0


@pytest.fixture
def line() -> AlarmLine:
    line = AlarmLine(is_cloned=True)
    line.ready("ann")
    return line


# ---------------------------------------------------------------- the hold window


def test_nobody_is_called_while_a_cancelling_signal_is_waited_for(line: AlarmLine) -> None:
    outcomes = line.alarm()
    assert kinds(outcomes) == [
        "IncidentOpened",
        "ProcedureShown",
        "RestoreAwaited",
        "AlarmHeld",
    ]
    assert line.last(e.AlarmHeld).until == line.now + HOLD
    line.fast_forward(HOLD - 1)
    assert line.in_front == []
    assert line.trees_asked_for == 0
    line.fast_forward(1)
    assert line.in_front == ["a1"]
    assert line.trees_asked_for == 1


@pytest.mark.parametrize("action", ["opening", "closing", "cancel"])
def test_a_user_s_code_closes_the_pre_alarm(line: AlarmLine, action: str) -> None:
    line.alarm()
    line.fast_forward(HOLD - 1)
    line.user(action)
    case = line.case("a1")
    assert not case.is_open
    assert case.disposition == "false_alarm"
    assert case.closing_text == (
        f"cancelled by {action} of user 5 within the hold window of 45 s"
    )
    assert line.last(e.AlarmCancelled).by == action
    assert line.last(e.IncidentClosed).operator == ""
    line.fast_forward(10 * MINUTE)
    assert line.trees_asked_for == 0
    assert line.all(e.AttentionWanted) == []


def test_the_return_to_normal_closes_the_pre_alarm(line: AlarmLine) -> None:
    line.alarm(zone="1")
    line.fast_forward(10)
    line.restores("1")
    assert not line.case("a1").is_open
    assert line.last(e.AlarmCancelled).by == "restore"


def test_the_return_of_one_zone_of_two_closes_nothing(line: AlarmLine) -> None:
    line.alarm(zone="1", detector="d")
    line.alarm(zone="2", detector="d")
    line.restores("1")
    assert line.case("a1").is_open
    line.restores("2")
    assert not line.case("a1").is_open


def test_a_detector_that_writes_its_zone_in_two_ways_does_not_confirm_itself(
    line: AlarmLine,
) -> None:
    line.alarm(zone="001")
    line.alarm(zone="1")
    assert line.all(e.AlarmConfirmed) == []
    assert line.switchboard.alarms.cases[e.IncidentId("a1")].unrestored == ("001",)
    line.restores("01")
    assert line.last(e.ZoneRestored).left == ()


def test_who_walks_from_door_to_hall_is_not_forgotten_because_the_door_fell_shut(
    line: AlarmLine,
) -> None:
    """The door's return to normal closes its pre-alarm; the hall then confirms the door."""
    line.alarm(zone="door")
    line.fast_forward(5)
    line.restores("door")
    line.fast_forward(10)
    outcomes = line.alarm(zone="hall")
    assert "AlarmHeld" not in kinds(outcomes)
    assert line.last(e.AlarmConfirmed).detectors == ("door", "hall")
    assert line.in_front == ["a3"]
    assert line.trees_asked_for == 1


def test_two_detectors_that_are_quiet_again_are_no_mistake(line: AlarmLine) -> None:
    line.alarm(zone="door")
    line.alarm(zone="hall")
    line.restores("door")
    line.restores("hall")
    assert line.case("a1").is_open
    line.fast_forward(HOLD)
    assert line.case("a1").attention == ["intrusion, confirmed: door, hall"]


def test_who_entered_his_code_makes_no_later_alarm_a_confirmed_one(line: AlarmLine) -> None:
    line.alarm(zone="door")
    line.user("opening")
    line.alarm(zone="hall")
    assert line.all(e.AlarmConfirmed) == []
    assert line.last(e.AlarmHeld).incident_id == "a3"


@pytest.mark.parametrize("action", ["opening", "closing", "cancel"])
def test_after_the_window_no_code_closes_anything(line: AlarmLine, action: str) -> None:
    line.alarm()
    line.fast_forward(HOLD)
    line.user(action)
    assert line.case("a1").is_open
    assert line.in_front == ["a1"]
    assert line.last(e.CancelNoted) == e.CancelNoted(
        incident_id=line.case("a1").incident_id, by=action, user="5"
    )


def test_after_the_window_the_return_to_normal_closes_nothing(line: AlarmLine) -> None:
    line.alarm()
    line.fast_forward(HOLD)
    line.restores()
    assert line.case("a1").is_open
    assert line.in_front == ["a1"]


def test_an_opening_by_nobody_cancels_nothing(line: AlarmLine) -> None:
    """A panel that opens by its own clock proves nobody's presence."""
    line.alarm()
    line.user("opening", user="")
    assert line.case("a1").is_open
    line.user("cancel", user="")
    assert not line.case("a1").is_open


def test_a_code_at_another_site_cancels_nothing(line: AlarmLine) -> None:
    line.alarm()
    line.user("cancel", site="depot")
    assert line.case("a1").is_open


def test_what_an_operator_has_taken_only_he_closes(line: AlarmLine) -> None:
    line.alarm()
    line.takes("a1")
    line.user("cancel")
    assert line.case("a1").is_open
    assert isinstance(line.said[-1][1], e.CancelNoted)
    line.fast_forward(HOLD)
    assert line.in_front == [], "he has it already"
    assert line.trees_asked_for == 1


def test_what_an_operator_has_begun_only_he_closes(line: AlarmLine) -> None:
    line.alarm()
    line.verifies("a1", "video")
    line.user("cancel")
    assert line.case("a1").is_open


def test_an_operator_who_says_what_it_is_ends_the_window(line: AlarmLine) -> None:
    line.alarm("intrusion")
    line.tell(
        e.KindChosen(
            incident_id=line.case("a1").incident_id,
            operator=ANN,
            kind="intrusion",
            procedure=INTRUSION,
        )
    )
    assert line.trees_asked_for == 1
    line.user("cancel")
    assert line.case("a1").is_open
    line.fast_forward(31 * MINUTE)
    assert len(line.all(e.RestoreOverdue)) == 1, "the return to normal is awaited all the same"


@pytest.mark.parametrize("kind", ["panic", "holdup", "hold_up", "duress", "fire", "medical"])
def test_what_saves_lives_is_never_held_whatever_the_consigne_says(
    line: AlarmLine, kind: str
) -> None:
    line.rules = AlarmRules(hold_time=60.0)
    held = dataclasses.replace(INTRUSION, hold_time=60.0, never_suppress=False)
    outcomes = line.alarm(kind, procedure=held, never_suppress=False)
    assert "AttentionWanted" in kinds(outcomes)
    assert line.all(e.AlarmHeld) == []
    for action in ("opening", "cancel"):
        line.user(action)
    assert line.case("a1").is_open


def test_a_consigne_that_is_never_suppressed_is_never_held(line: AlarmLine) -> None:
    line.alarm("intrusion", never_suppress=True)
    assert line.in_front == ["a1"]


def test_a_cry_for_help_ends_the_window_of_the_case_it_joins(line: AlarmLine) -> None:
    line.alarm("intrusion")
    outcomes = line.alarm("panic", zone="9")
    assert "AttentionWanted" in kinds(outcomes)
    line.user("cancel")
    assert line.case("a1").is_open


def test_the_client_s_window_holds_where_the_consigne_has_none(line: AlarmLine) -> None:
    line.rules = AlarmRules(hold_time=20.0)
    line.alarm("technical")
    assert line.last(e.AlarmHeld).until == line.now + 20
    line.fast_forward(20)
    assert line.in_front == ["a1"]


def test_a_window_of_nothing_is_no_window(line: AlarmLine) -> None:
    line.alarm(procedure=dataclasses.replace(INTRUSION, hold_time=0.0))
    assert line.in_front == ["a1"]
    assert line.all(e.AlarmHeld) == []


def test_the_window_ends_on_time_though_the_engine_was_killed_in_it(line: AlarmLine) -> None:
    line.alarm()
    line.fast_forward(HOLD - 10)
    line.restart()
    line.fast_forward(10)
    assert line.in_front == ["a1"]
    assert line.trees_asked_for == 1


# ---------------------------------------------------------------- return to normal


@pytest.fixture
def worked(line: AlarmLine) -> AlarmLine:
    """An intrusion of two zones, handled but for the return to normal."""
    line.alarm(zone="1")
    line.alarm(zone="2")
    line.fast_forward(HOLD)
    line.takes("a1")
    line.verifies("a1")
    line.answers("a1", "decide", "no")
    return line


def test_a_case_cannot_be_closed_before_every_zone_is_back(worked: AlarmLine) -> None:
    assert worked.all(e.RestoreAwaited)[-1].zones == ("1", "2")
    worked.closes("a1")
    missing = worked.last(e.CloseRefused).missing
    assert missing == ("step:restore", "restore:1", "restore:2")
    worked.restores("1")
    assert worked.last(e.ZoneRestored).left == ("2",)
    worked.closes("a1")
    assert worked.last(e.CloseRefused).missing == ("step:restore", "restore:2")
    worked.restores("2")
    record = worked.case("a1").run.records["restore"]
    assert (record.operator, record.text) == ("", "restored: 1, 2")
    worked.closes("a1")
    assert not worked.case("a1").is_open


def test_a_tick_by_hand_is_no_return_to_normal(worked: AlarmLine) -> None:
    worked.answers("a1", "restore")
    worked.closes("a1")
    assert worked.last(e.CloseRefused).missing == ("restore:1", "restore:2")


def test_an_operator_may_leave_it_out_with_a_reason(worked: AlarmLine) -> None:
    worked.skips("a1", "restore")
    worked.closes("a1")
    assert not worked.case("a1").is_open


def test_a_zone_in_alarm_again_is_awaited_again(worked: AlarmLine) -> None:
    for zone in "12":
        worked.restores(zone)
    worked.alarm(zone="2")
    worked.closes("a1")
    assert worked.last(e.CloseRefused).missing == ("step:restore", "restore:2")


def test_a_return_to_normal_of_another_site_is_not_ours(worked: AlarmLine) -> None:
    worked.restores("1", site="depot")
    assert worked.last(e.RestoreNoted).site == "depot"
    worked.closes("a1")
    assert "restore:1" in worked.last(e.CloseRefused).missing


def test_a_return_to_normal_of_nothing_is_noted(line: AlarmLine) -> None:
    outcomes = line.restores("5")
    assert kinds(outcomes) == ["RestoreNoted"]
    assert line.case_of_last() == "a1"
    assert line.open_cases == []


def test_a_return_to_normal_said_twice_is_said_once(worked: AlarmLine) -> None:
    worked.restores("1")
    assert kinds(worked.again()) == ["AlarmRepeated"]
    assert kinds(worked.restores("1")) == ["RestoreNoted"]


def test_operators_are_reminded_until_it_is_back(worked: AlarmLine) -> None:
    worked.restores("1")
    worked.fast_forward(30 * MINUTE - HOLD)
    assert worked.last(e.RestoreOverdue).zones == ("2",)
    assert worked.last(e.RestoreOverdue).waiting_time == 30 * MINUTE
    assert worked.in_front == ["a1"]
    assert worked.case("a1").attention == ["not back to normal (2, 30 min)"]
    worked.fast_forward(30 * MINUTE)
    assert worked.case("a1").attention == ["not back to normal (2, 60 min)"]
    worked.takes("a1")
    worked.fast_forward(30 * MINUTE)
    assert worked.in_front == ["a1"]
    worked.restores("2")
    worked.fast_forward(10 * 60 * MINUTE)
    assert len(worked.all(e.RestoreOverdue)) == 3


def test_the_reminder_counts_from_the_last_alarm(line: AlarmLine) -> None:
    line.alarm()
    line.fast_forward(20 * MINUTE)
    line.alarm()
    line.fast_forward(29 * MINUTE)
    assert line.all(e.RestoreOverdue) == []
    line.fast_forward(MINUTE)
    assert len(line.all(e.RestoreOverdue)) == 1


def test_a_closed_case_reminds_nobody(worked: AlarmLine) -> None:
    worked.skips("a1", "restore")
    worked.closes("a1")
    worked.fast_forward(120 * MINUTE)
    assert worked.all(e.RestoreOverdue) == []


def test_where_the_consigne_awaits_nothing_nothing_is_awaited(line: AlarmLine) -> None:
    line.alarm("technical")
    line.fast_forward(120 * MINUTE)
    assert line.all(e.RestoreOverdue) == []
    line.closes("a1")
    assert not line.case("a1").is_open


def closes_with(line: AlarmLine, text: str) -> None:
    line.tell(
        e.CloseRequested(
            incident_id=IncidentId("a1"),
            operator=ANN,
            disposition="handled",
            text=text,
        )
    )


def test_a_panel_that_says_when_it_is_over_is_waited_for_whatever_the_consigne_says(
    line: AlarmLine,
) -> None:
    """The consigne for a technical fault has no step for it; a wet cellar is no drier."""
    line.alarm("technical", has_restore=True)
    assert line.last(e.RestoreAwaited).zones == ("1",)
    line.closes("a1")
    assert line.last(e.CloseRefused).missing == ("restore:1", "reason")
    closes_with(line, "  ")
    assert line.case("a1").is_open, "a blank is no reason"
    line.restores("1")
    line.closes("a1")
    assert not line.case("a1").is_open


def test_an_operator_who_says_why_closes_it_before(line: AlarmLine) -> None:
    line.alarm("technical", has_restore=True)
    closes_with(line, "the technician comes on Monday")
    assert not line.case("a1").is_open
    line.fast_forward(120 * MINUTE)
    assert line.all(e.RestoreOverdue) == []


def test_operators_are_reminded_of_it_too(line: AlarmLine) -> None:
    line.alarm("technical", has_restore=True)
    line.alarm("technical", zone="2")
    line.takes("a1")
    line.fast_forward(30 * MINUTE)
    assert line.last(e.RestoreOverdue).zones == ("1",), "of zone 2 nobody will say it"
    assert line.in_front == ["a1"]
    line.restores("1")
    line.fast_forward(120 * MINUTE)
    assert len(line.all(e.RestoreOverdue)) == 1


def test_a_text_is_no_reason_where_the_consigne_itself_waits(worked: AlarmLine) -> None:
    closes_with(worked, "nobody there")
    assert "restore:1" in worked.last(e.CloseRefused).missing
    assert "reason" not in worked.last(e.CloseRefused).missing


def test_who_left_the_step_out_has_said_why(line: AlarmLine) -> None:
    line.alarm(has_restore=True)
    line.fast_forward(HOLD)
    line.takes("a1")
    line.verifies("a1")
    line.answers("a1", "decide", "no")
    line.skips("a1", "restore")
    line.closes("a1")
    assert not line.case("a1").is_open


def test_a_panic_button_without_a_zone_is_not_waited_for(line: AlarmLine) -> None:
    line.alarm("intrusion", zone="1")
    line.alarm("panic", zone="")
    assert line.switchboard.alarms.unrestored(line.case("a1").incident_id) == ("1",)


def test_an_alarm_without_a_zone_is_waited_for_by_its_own_return(line: AlarmLine) -> None:
    line.alarm(zone="")
    line.fast_forward(HOLD)
    line.closes("a1")
    assert "restore:?" in line.last(e.CloseRefused).missing
    line.restores("")
    assert line.last(e.ZoneRestored).left == ()


def test_what_an_operator_ticked_stays_his_when_it_comes(worked: AlarmLine) -> None:
    worked.answers("a1", "restore")
    for zone in "12":
        worked.restores(zone)
    assert worked.case("a1").run.records["restore"].operator == "ann"
    worked.closes("a1")
    assert not worked.case("a1").is_open


def test_nobody_is_reminded_when_a_hold_up_s_consigne_took_over(line: AlarmLine) -> None:
    line.alarm("intrusion")
    line.alarm("holdup", zone="7")
    line.fast_forward(120 * MINUTE)
    assert line.all(e.RestoreOverdue) == []


def test_a_reminder_does_not_end_a_very_long_window(line: AlarmLine) -> None:
    line.alarm(procedure=dataclasses.replace(INTRUSION, hold_time=3600.0))
    line.fast_forward(31 * MINUTE)
    assert line.trees_asked_for == 0
    line.user("cancel")
    assert not line.case("a1").is_open
