"""A panel reports: a case opens, or the alarm joins one that is open already."""

import dataclasses

import pytest

from callflows import events as e
from callflows.quiet import is_site_quiet
from client_directory.alarm_model import AlarmRules
from tests.stories.alarms import FIRE, HOLDUP, HOUR, INTRUSION, MINUTE, AlarmLine, kinds


@pytest.fixture
def line() -> AlarmLine:
    line = AlarmLine(is_cloned=True)
    line.ready("ann")
    return line


# ---------------------------------------------------------------- a case of its own


def test_a_hold_up_is_in_front_of_the_operators_in_the_event_that_brought_it(
    line: AlarmLine,
) -> None:
    outcomes = line.alarm("holdup", zone="7", zone_name="Counter")
    assert kinds(outcomes) == [
        "IncidentOpened",
        "ProcedureShown",
        "SiteQuiet",
        "AttentionWanted",
    ]
    case = line.case("a1")
    assert (case.title, case.kind, case.urgency) == ("Acme, Head office", "holdup", 1)
    assert (case.source, case.site, case.clearance) == ("alarm", "hq", "standard")
    assert line.last(e.AttentionWanted) == e.AttentionWanted(
        incident_id=case.incident_id, reason="holdup, zone 7 Counter", urgency=1
    )
    assert line.in_front == ["a1"]
    assert line.case_of_last() == "a1"


def test_behind_an_alarm_the_police_wait_for_a_recorded_verification(line: AlarmLine) -> None:
    line.alarm()
    assert isinstance(line.answers("a1", "police")[0], e.StepRefused)
    line.verifies("a1", "video")
    assert line.answers("a1", "police") == []


def test_an_operator_takes_the_case_and_it_waits_no_longer(line: AlarmLine) -> None:
    line.alarm("fire")
    line.takes("a1")
    assert line.in_front == []
    assert line.case("a1").owner == "ann"


def test_the_most_urgent_stands_in_front_whatever_came_first(line: AlarmLine) -> None:
    line.alarm("technical", site="north")
    line.alarm("holdup", site="south")
    line.alarm("fire", site="west")
    assert line.in_front == ["a2", "a3", "a1"]


def test_the_same_signal_again_is_answered_with_the_same_case_and_does_nothing(
    line: AlarmLine,
) -> None:
    line.alarm("holdup")
    outcomes = line.again()
    assert outcomes == [
        e.AlarmRepeated(
            incident_id=line.case("a1").incident_id, source="dc09", source_id="1234-1"
        )
    ]
    assert line.open_cases == ["a1"]
    assert line.case_of_last() == "a1"


def test_a_repeat_is_known_also_after_the_case_was_closed_and_forgotten(
    line: AlarmLine,
) -> None:
    line.alarm("technical")
    line.closes("a1")
    line.fast_forward(2 * HOUR)
    line.ready("bob")
    assert "a1" not in line.switchboard.incidents
    assert kinds(line.again()) == ["AlarmRepeated"]
    assert line.case_of_last() == "a1"


def test_the_same_number_from_another_door_is_another_signal(line: AlarmLine) -> None:
    line.alarm("technical", source_id="77")
    assert "AlarmJoined" in kinds(line.alarm("technical", source_id="77", source="http"))


def test_after_a_day_a_number_may_be_used_again(line: AlarmLine) -> None:
    line.alarm("technical", source_id="77")
    line.closes("a1")
    line.fast_forward(25 * HOUR)
    line.alarm("technical", source_id="78")
    assert "AlarmJoined" in kinds(line.alarm("technical", source_id="77"))


def test_a_protocol_that_counts_to_9999_begins_again_and_is_not_taken_for_a_repeat(
    line: AlarmLine,
) -> None:
    line.alarm("technical", source_id="1234-0001", repeat_time=60.0)
    line.fast_forward(59)
    assert kinds(line.again()) == ["AlarmRepeated"]
    line.fast_forward(1)
    assert "AlarmJoined" in kinds(line.again())
    line.fast_forward(59)
    assert kinds(line.again()) == ["AlarmRepeated"], "and is remembered anew"


def test_an_unknown_account_reaches_an_operator_as_unknown(line: AlarmLine) -> None:
    line.unknown("6666", code="130")
    case = line.case("a1")
    assert (case.title, case.organisation) == ("unknown account 6666", None)
    assert case.attention == ["unknown account 6666: 130"]


@pytest.mark.parametrize("event", [e.RestoreReceived, e.OpenCloseReceived, e.StatusReceived])
def test_whatever_an_unknown_account_says_reaches_an_operator(
    line: AlarmLine, event: type[e.Event]
) -> None:
    line.signal(event, account="6666", is_known_account=False, organisation=None, code="401")
    assert line.case("a1").attention == ["unknown account 6666: 401"]
    assert line.case("a1").urgency == 2, "it may be anything"


def test_what_nobody_knows_is_not_held(line: AlarmLine) -> None:
    line.rules = AlarmRules(hold_time=60.0)
    line.unknown()
    assert line.in_front == ["a1"]


def test_an_unknown_code_reaches_an_operator_at_once_and_is_never_held(
    line: AlarmLine,
) -> None:
    line.alarm("intrusion", code="7ZZ", is_known_code=False)
    assert line.case("a1").attention == ["unknown code 7ZZ, zone 1"]


def test_a_high_security_client_s_alarm_keeps_its_clearance(line: AlarmLine) -> None:
    line.alarm("holdup", clearance="high_security")
    assert line.case("a1").clearance == "high_security"


def test_a_case_that_becomes_confidential_is_so_from_the_alarm_on_that_is(
    line: AlarmLine,
) -> None:
    line.alarm("holdup")
    line.alarm("holdup", clearance="high_security")
    assert line.case("a1").clearance == "high_security"


def test_a_number_that_is_taken_already_is_not_taken_again(line: AlarmLine) -> None:
    line.calls(call_id="x", incident_id="a1")
    line.alarm("fire")
    assert line.case_of_last() == "a1-again"


# ---------------------------------------------------------------- the keyholders


def test_keyholders_are_called_before_anybody_looks_where_the_consigne_says_so(
    line: AlarmLine,
) -> None:
    at_once = dataclasses.replace(INTRUSION, hold_time=None)
    line.alarm(procedure=at_once)
    assert line.trees_asked_for == 1
    assert line.all(e.StepBegun)[0].step == "tree"


def test_keyholders_are_not_called_twice_for_one_case(line: AlarmLine) -> None:
    line.alarm(procedure=dataclasses.replace(INTRUSION, hold_time=None))
    line.alarm(zone="2")
    line.alarm(zone="3")
    assert line.trees_asked_for == 1


def test_the_site_is_left_quiet_from_the_hold_up_and_again_from_the_dispatch(
    line: AlarmLine,
) -> None:
    line.alarm("holdup")
    assert line.last(e.SiteQuiet).until == line.now + 600
    line.fast_forward(5 * MINUTE)
    line.answers("a1", "police")
    assert line.last(e.SiteQuiet).until == line.now + 600
    assert line.last(e.SiteQuiet).reason == "police called"
    case = line.case("a1")
    line.fast_forward(599)
    assert is_site_quiet(case, line.now)
    line.fast_forward(1)
    assert not is_site_quiet(case, line.now)


def test_nothing_is_quiet_where_no_consigne_asks_for_it(line: AlarmLine) -> None:
    line.alarm("fire")
    line.answers("a1", "fire")
    assert line.all(e.SiteQuiet) == []
    assert not is_site_quiet(line.case("a1"), line.now)


# ---------------------------------------------------------------- one case for one site


def test_two_alarms_of_one_site_are_one_case(line: AlarmLine) -> None:
    line.alarm("technical", zone="3")
    line.fast_forward(10 * MINUTE)
    outcomes = line.alarm("technical", zone="4", zone_name="Boiler")
    assert line.open_cases == ["a1"]
    joined = next(x for x in outcomes if isinstance(x, e.AlarmJoined))
    assert (joined.incident_id, joined.alarm_id, joined.zone) == ("a1", "a2", "4")
    assert joined.reason == "same place, 10 min after the last alarm"
    assert line.case_of_last() == "a1"
    assert line.case("a1").attention == ["technical, zone 3", "technical, zone 4 Boiler"]


def test_two_sites_are_two_cases(line: AlarmLine) -> None:
    line.alarm(site="hq")
    line.alarm(site="depot")
    assert line.open_cases == ["a1", "a2"]


def test_two_clients_sites_of_the_same_name_are_two_cases(line: AlarmLine) -> None:
    line.alarm()
    line.alarm(organisation="other")
    assert line.open_cases == ["a1", "a2"]


def test_after_the_window_an_alarm_is_a_case_of_its_own(line: AlarmLine) -> None:
    line.alarm("technical")
    line.fast_forward(45 * MINUTE)
    line.alarm("technical")
    assert line.open_cases == ["a1"]
    line.fast_forward(45 * MINUTE + 1)
    line.alarm("technical")
    assert line.open_cases == ["a1", "a3"]


def test_a_closed_case_takes_no_alarm(line: AlarmLine) -> None:
    line.alarm("technical")
    line.closes("a1")
    line.alarm("technical")
    assert line.open_cases == ["a2"]


def test_an_alarm_does_not_open_the_police_of_a_call_nor_a_call_that_of_an_alarm(
    line: AlarmLine,
) -> None:
    """What a person says needs no verification: an alarm never rides on such a case."""
    line.calls(identification=e.Identification(organisation="acme", site="hq"))
    line.alarm()
    assert line.open_cases == ["inc-call-1", "a1"]


def test_the_same_zone_again_does_not_call_for_the_operator_who_has_it(
    line: AlarmLine,
) -> None:
    line.alarm("technical")
    line.takes("a1")
    line.alarm("technical")
    assert line.in_front == []
    line.alarm("technical", zone="2")
    assert line.in_front == ["a1"]


def test_a_zone_that_was_normal_and_is_in_alarm_again_is_news(line: AlarmLine) -> None:
    line.alarm("technical")
    line.takes("a1")
    line.restores()
    line.alarm("technical")
    assert line.in_front == ["a1"]


def test_what_is_reported_as_still_present_opens_nothing_new(line: AlarmLine) -> None:
    line.alarm("technical")
    line.takes("a1")
    line.alarm("technical", is_still_present=True)
    assert line.open_cases == ["a1"]
    assert line.in_front == []


def test_what_is_still_present_and_never_came_before_is_an_alarm(line: AlarmLine) -> None:
    line.alarm("technical", is_still_present=True)
    assert line.in_front == ["a1"]


def test_what_is_for_information_stands_in_the_logbook_and_nothing_follows(
    line: AlarmLine,
) -> None:
    assert line.signal(e.StatusReceived, code="602", kind="test") == []
    assert line.case_of_last() == "a1"
    assert kinds(line.again()) == ["AlarmRepeated"]
    assert line.open_cases == []


def test_every_press_of_a_panic_button_is_shown_anew(line: AlarmLine) -> None:
    for press in range(1, 5):
        outcomes = line.alarm("panic", zone="9")
        assert "AttentionWanted" in kinds(outcomes), press
        line.takes("a1")
    assert line.last(e.AttentionWanted).reason == "panic, zone 9 (signal 4)"


# ---------------------------------------------------------------- two detectors


def test_two_detectors_confirm_and_an_operator_records_it(line: AlarmLine) -> None:
    line.alarm(zone="1", zone_name="Hall")
    assert line.all(e.AlarmConfirmed) == []
    line.fast_forward(2 * MINUTE)
    line.alarm(zone="2", zone_name="Office")
    assert line.last(e.AlarmConfirmed) == e.AlarmConfirmed(
        incident_id=line.case("a1").incident_id,
        kind="intrusion",
        detectors=("Hall", "Office"),
        seconds=120.0,
        step="verify",
    )
    assert "confirmed by Hall and Office" in line.case("a1").attention
    assert isinstance(line.answers("a1", "police")[0], e.StepRefused), "nobody recorded it yet"
    line.verifies("a1", "two_detectors")
    assert line.answers("a1", "police") == []


def test_one_detector_twice_confirms_nothing(line: AlarmLine) -> None:
    line.alarm(zone="1")
    line.alarm(zone="1")
    assert line.all(e.AlarmConfirmed) == []


def test_two_zones_of_one_device_confirm_nothing(line: AlarmLine) -> None:
    line.alarm(zone="1", detector="pir-hall")
    line.alarm(zone="2", detector="pir-hall")
    assert line.all(e.AlarmConfirmed) == []
    line.alarm(zone="3", detector="contact")
    assert len(line.all(e.AlarmConfirmed)) == 1


def test_alarms_without_a_zone_confirm_nothing(line: AlarmLine) -> None:
    line.alarm(zone="")
    line.alarm(zone="")
    assert line.all(e.AlarmConfirmed) == []


def test_alarms_of_different_kinds_do_not_confirm_each_other(line: AlarmLine) -> None:
    line.alarm("intrusion", zone="1")
    line.alarm("technical", zone="2")
    line.alarm("fire", zone="3")
    assert line.all(e.AlarmConfirmed) == []


def test_two_detectors_too_far_apart_confirm_nothing(line: AlarmLine) -> None:
    line.alarm(zone="1")
    line.fast_forward(45 * MINUTE + 1)
    line.alarm(zone="2")
    assert line.all(e.AlarmConfirmed) == []


def test_it_is_said_once_however_many_detectors_follow(line: AlarmLine) -> None:
    for zone in "12345":
        line.alarm(zone=zone)
    assert len(line.all(e.AlarmConfirmed)) == 1


# ---------------------------------------------------------------- a more urgent kind


def test_a_hold_up_takes_the_lead_of_an_intrusion(line: AlarmLine) -> None:
    line.alarm("intrusion")
    line.alarm("holdup", zone="7")
    case = line.case("a1")
    assert (case.urgency, case.kind, case.procedure) == (1, "holdup", HOLDUP)
    assert line.last(e.IncidentReprioritised).reason == "kind holdup"
    assert line.last(e.AttentionWanted).urgency == 1
    assert line.open_cases == ["a1"]


def test_keyholders_called_by_the_engine_alone_keep_no_consigne_in_place(
    line: AlarmLine,
) -> None:
    line.alarm(procedure=dataclasses.replace(INTRUSION, hold_time=None))
    assert line.trees_asked_for == 1
    line.alarm("holdup")
    case = line.case("a1")
    assert case.procedure == HOLDUP
    assert list(case.earlier_runs[0].records) == ["tree"]


def test_what_an_operator_began_is_not_taken_from_under_his_hands(line: AlarmLine) -> None:
    line.alarm("intrusion")
    line.verifies("a1", "video")
    outcomes = line.alarm("holdup", zone="7")
    case = line.case("a1")
    assert case.procedure == INTRUSION
    assert case.urgency == 1
    assert line.last(e.ConsigneKept) == e.ConsigneKept(
        incident_id=case.incident_id, procedure="holdup", version=1, kind="holdup"
    )
    assert "AttentionWanted" in kinds(outcomes)


def test_a_less_urgent_alarm_joins_and_changes_nothing(line: AlarmLine) -> None:
    line.alarm("holdup")
    line.alarm("technical", zone="3")
    case = line.case("a1")
    assert (case.urgency, case.kind, case.procedure) == (1, "holdup", HOLDUP)
    assert line.last(e.ConsigneKept).kind == "technical"
    line.alarm("technical", zone="3")
    assert len(line.all(e.ConsigneKept)) == 1, "it is said once"


def test_a_fire_beside_a_hold_up_is_shown_and_keeps_the_consigne(line: AlarmLine) -> None:
    line.alarm("holdup")
    line.takes("a1")
    line.alarm("fire", zone="4")
    assert line.last(e.ConsigneKept).procedure == FIRE.procedure
    assert line.case("a1").attention == ["fire, zone 4 (signal 2)"]


# ---------------------------------------------------------------- cameras


def test_the_cameras_of_a_site_are_one_case(line: AlarmLine) -> None:
    for n in range(4):
        line.alarm("camera_offline", zone="", camera=f"cam-{n}")
    assert line.open_cases == ["a1"]
    assert line.case("a1").title == "Acme, Head office: 4 cameras"
    assert len(line.all(e.AttentionWanted)) == 2, "the first, and that it is more than one"


def test_the_cameras_of_a_carrier_are_one_case_wherever_they_are(line: AlarmLine) -> None:
    for n in range(40):
        line.alarm(
            "camera_offline",
            zone="",
            camera=f"cam-{n}",
            carrier="X",
            site=f"site-{n % 12}",
            site_name=f"Site {n % 12}",
        )
    assert line.open_cases == ["a1"]
    assert line.case("a1").title == "Acme, carrier X: 40 cameras at 12 sites"
    assert line.case("a1").attention == [
        "camera_offline, cam-0",
        "cameras are lost (carrier X)",
    ]
    assert len(line.all(e.AttentionWanted)) == 2
    assert line.last(e.AlarmJoined).reason == "carrier X: 40 cameras at 12 sites"


def test_two_carriers_are_two_cases(line: AlarmLine) -> None:
    line.alarm("camera_offline", zone="", camera="a", carrier="X")
    line.alarm("camera_offline", zone="", camera="b", carrier="Y")
    assert line.open_cases == ["a1", "a2"]


def test_a_lost_camera_does_not_hide_in_a_break_in(line: AlarmLine) -> None:
    line.alarm("intrusion")
    line.alarm("camera_offline", zone="", camera="a")
    assert line.open_cases == ["a1", "a2"]


def test_a_camera_that_is_back_is_said_in_its_case(line: AlarmLine) -> None:
    for camera in "ab":
        line.alarm("camera_offline", zone="", camera=camera, carrier="X")
    line.restores("", kind="camera_offline", camera="a", carrier="X")
    assert line.last(e.ZoneRestored).left == ("hq:b",)
    assert line.case("a1").title == "Acme, Head office: 1 camera"
    line.restores("", kind="camera_offline", camera="b", carrier="X")
    assert line.case("a1").title == "Acme, Head office: 0 cameras"
    assert line.case("a1").is_open, "an operator closes it"


def test_cameras_that_come_and_go_within_the_client_s_window_trouble_nobody(
    line: AlarmLine,
) -> None:
    line.rules = AlarmRules(hold_time=60.0)
    line.alarm("camera_offline", zone="", camera="a")
    line.fast_forward(20)
    line.restores("", kind="camera_offline", camera="a")
    assert not line.case("a1").is_open
    assert line.all(e.AttentionWanted) == []
