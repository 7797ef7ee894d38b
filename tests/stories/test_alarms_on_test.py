"""A site or a zone is on test: what it says is logged and shown, and goes nowhere."""

import json

import pytest

from callflows import events as e
from callflows.switchboard import Switchboard
from tests.stories.alarms import HOUR, MINUTE, AlarmLine, kinds


@pytest.fixture
def line() -> AlarmLine:
    line = AlarmLine(is_cloned=True)
    line.ready("ann")
    return line


def test_an_alarm_on_test_is_logged_and_shown_and_nobody_is_called(line: AlarmLine) -> None:
    line.on_test(minutes=60)
    outcomes = line.alarm(zone="1", zone_name="Hall")
    assert outcomes == [
        e.AlarmOnTest(
            incident_id=e.IncidentId("a1"),
            site="hq",
            zone="1",
            kind="intrusion",
            code="130",
            until=line.now + HOUR,
        )
    ]
    assert line.open_cases == []
    test = line.switchboard.alarms.tests["acme/hq/"]
    assert (test.signals, test.shown, test.who) == (1, ["intrusion, zone 1 Hall"], "ann")
    assert line.case_of_last() == "a1"


def test_it_ends_by_itself_and_what_comes_then_is_real(line: AlarmLine) -> None:
    line.on_test(minutes=60)
    line.alarm()
    line.fast_forward(HOUR)
    assert line.last(e.TestModeOver) == e.TestModeOver(
        organisation="acme", site="hq", zone="", signals=1, reason="its time is over"
    )
    assert line.switchboard.alarms.tests == {}
    line.alarm("technical")
    assert line.in_front == ["a2"]


def test_also_when_the_engine_was_away_at_that_moment(line: AlarmLine) -> None:
    line.on_test(minutes=60)
    line.restart()
    line.now += 2 * HOUR
    line.alarm("technical")
    assert line.in_front == ["a1"], "the end counts, not its being told"
    line.fast_forward(0)
    assert len(line.all(e.TestModeOver)) == 1


def test_what_comes_at_the_very_moment_of_its_end_is_real(line: AlarmLine) -> None:
    line.on_test(minutes=60)
    line.now += HOUR
    line.alarm("technical")
    assert line.in_front == ["a1"]


def test_somebody_ends_it_before_its_time(line: AlarmLine) -> None:
    line.on_test(minutes=60)
    line.test_ends()
    assert line.last(e.TestModeOver).reason == "ended"
    line.alarm("technical")
    assert line.in_front == ["a1"]
    line.fast_forward(2 * HOUR)
    assert len(line.all(e.TestModeOver)) == 1


def test_a_test_that_does_not_run_cannot_be_ended(line: AlarmLine) -> None:
    assert kinds(line.test_ends()) == ["Ignored"]


def test_the_end_can_be_moved_both_ways(line: AlarmLine) -> None:
    line.on_test(minutes=30)
    line.alarm()
    line.on_test(minutes=60)
    assert line.switchboard.alarms.tests["acme/hq/"].shown == ["intrusion, zone 1"]
    line.fast_forward(45 * MINUTE)
    assert line.all(e.TestModeOver) == []
    line.on_test(minutes=5)
    line.fast_forward(5 * MINUTE)
    assert line.last(e.TestModeOver).signals == 1
    line.fast_forward(HOUR)
    assert len(line.all(e.TestModeOver)) == 1


@pytest.mark.parametrize("minutes", [0.0, -5.0, 60.0 * 24 * 32, float("nan"), float("inf")])
def test_there_is_no_test_without_an_end_within_a_month(
    line: AlarmLine, minutes: float
) -> None:
    line.is_cloned = False  # a number that is none has no place in a snapshot
    assert kinds(line.on_test(minutes=minutes)) == ["TestModeRefused"]
    assert line.switchboard.alarms.tests == {}


def test_there_is_no_test_of_nowhere(line: AlarmLine) -> None:
    assert kinds(line.on_test(site="")) == ["TestModeRefused"]


def test_one_zone_on_test_leaves_the_others_real(line: AlarmLine) -> None:
    line.on_test(zone="1")
    assert kinds(line.alarm("technical", zone="1")) == ["AlarmOnTest"]
    line.alarm("technical", zone="2")
    assert line.in_front == ["a2"]


@pytest.mark.parametrize(("set_as", "sent_as"), [("001", "1"), ("1", "001"), ("0", "000")])
def test_a_zone_is_the_same_however_many_zeros_are_written_before_it(
    line: AlarmLine, set_as: str, sent_as: str
) -> None:
    line.on_test(zone=set_as)
    assert kinds(line.alarm("technical", zone=sent_as)) == ["AlarmOnTest"]
    line.alarm("technical", zone="10")
    assert line.in_front == ["a2"], "zone 10 is another zone than 1"
    line.test_ends(zone=sent_as)
    line.alarm("panic", zone=sent_as)
    assert "panic, zone" in str(line.case("a2").attention), "its test is over"


def test_a_snapshot_from_before_that_rule_is_read_by_it() -> None:
    line = AlarmLine()
    line.ready("ann")
    line.alarm("technical", zone="7")
    line.on_test(zone="1", minutes=60)
    plain = line.switchboard.to_state()
    old = json.loads(
        json.dumps(plain)
        .replace("acme/hq/1", "acme/hq/001")
        .replace('"zone": "1"', '"zone": "001"')
        .replace('[["7", ', '[["007", ')
    )
    assert old != plain
    line.switchboard = Switchboard.from_state(old)
    assert kinds(line.alarm("technical", zone="1")) == ["AlarmOnTest"]
    line.restores("07")
    assert line.last(e.ZoneRestored).left == ()
    line.fast_forward(HOUR)
    assert line.last(e.TestModeOver).zone == "001"


def test_another_site_of_the_client_is_real(line: AlarmLine) -> None:
    line.on_test()
    line.alarm("technical", site="depot")
    assert line.in_front == ["a1"]


@pytest.mark.parametrize("kind", ["panic", "holdup", "duress", "fire", "medical"])
def test_what_saves_lives_is_real_though_the_whole_site_is_on_test(
    line: AlarmLine, kind: str
) -> None:
    line.on_test()
    line.on_test(zone="2")
    line.alarm(kind, zone="1")
    assert line.in_front == ["a1"]
    line.alarm(kind, zone="")
    assert "AttentionWanted" in kinds(line.alarm(kind, zone=""))


@pytest.mark.parametrize("kind", ["panic", "holdup", "duress", "fire", "medical"])
def test_but_not_where_its_own_zone_is_on_test(line: AlarmLine, kind: str) -> None:
    line.on_test(zone="1")
    assert kinds(line.alarm(kind, zone="1")) == ["AlarmOnTest"]


def test_an_installer_may_do_it_too(line: AlarmLine) -> None:
    line.on_test(by="installer", who="p-peeters")
    assert line.switchboard.alarms.tests["acme/hq/"].by == "installer"


def test_returns_to_normal_and_codes_on_test_are_shown_too(line: AlarmLine) -> None:
    line.on_test()
    assert kinds(line.restores("1")) == ["AlarmOnTest"]
    assert kinds(line.user("opening")) == ["AlarmOnTest"]
    assert line.switchboard.alarms.tests["acme/hq/"].signals == 2


def test_a_case_from_before_the_test_still_hears_of_its_return_to_normal(
    line: AlarmLine,
) -> None:
    line.alarm(zone="1")
    line.fast_forward(45)
    line.on_test()
    line.restores("1")
    assert line.last(e.ZoneRestored).incident_id == "a1"


def test_a_repeat_of_what_came_on_test_stays_on_test(line: AlarmLine) -> None:
    line.on_test(minutes=10)
    line.alarm()
    line.fast_forward(HOUR)
    assert kinds(line.again()) == ["AlarmRepeated"]
    assert line.open_cases == []


def test_a_long_test_shows_the_last_signals_and_counts_all(line: AlarmLine) -> None:
    line.is_cloned = False
    line.on_test()
    for n in range(200):
        line.alarm(zone=str(n))
    test = line.switchboard.alarms.tests["acme/hq/"]
    assert test.signals == 200
    assert len(test.shown) == 50
    assert test.shown[-1] == "intrusion, zone 199"
