"""What is remembered of alarms comes back exactly from a snapshot, and nothing else does."""

import json
from typing import Any

import pytest

from callflows import events as e
from callflows.alarm_book import AlarmBook
from callflows.switchboard import Switchboard
from tests.stories.alarms import AlarmLine


def busy() -> AlarmLine:
    """A hold window, a confirmed case, a flood, a test, lost cameras, an unknown account."""
    line = AlarmLine()
    line.ready("ann")
    line.alarm(zone="1", detector="pir")
    line.alarm(zone="2")
    line.alarm(site="depot")
    for _ in range(30):
        line.alarm("technical", site="cold")
    for n in range(3):
        line.alarm("camera_offline", camera=str(n), carrier="X", zone="", site=f"s{n}")
    line.unknown()
    line.on_test("9")
    line.alarm(zone="9")
    line.restores("2")
    return line


def through_json(state: dict[str, Any]) -> dict[str, Any]:
    """As a store would keep it, which may sort keys."""
    return dict(json.loads(json.dumps(state, sort_keys=True)))


def test_all_of_it_comes_back() -> None:
    line = busy()
    restored = Switchboard.from_state(through_json(line.switchboard.to_state()))
    assert restored.alarms == line.switchboard.alarms
    assert list(restored.alarms.seen) == list(line.switchboard.alarms.seen)
    assert list(restored.alarms.meters) == list(line.switchboard.alarms.meters)
    assert restored.to_state() == line.switchboard.to_state()
    assert restored.next_deadline() == line.switchboard.next_deadline()


def test_what_is_built_from_it_goes_on_like_what_was_not_stopped() -> None:
    line = busy()
    restored = Switchboard.from_state(through_json(line.switchboard.to_state()))
    for seconds in (10.0, 45.0, 600.0, 1800.0, 3600.0):
        now = line.now + seconds
        for event in (
            e.DeadlineReached(),
            *(e.DeadlineReached(incident_id=case) for case in line.switchboard.incidents),
            e.AlarmReceived(source="http", source_id=str(now), organisation="acme", site="hq"),
        ):
            assert restored.handle(event, now) == line.switchboard.handle(event, now)
    assert restored.to_state() == line.switchboard.to_state()


def test_a_snapshot_from_before_there_were_alarms_is_read() -> None:
    state = through_json(busy().switchboard.to_state())
    del state["alarms"]
    assert Switchboard.from_state(state).alarms == AlarmBook()


@pytest.mark.parametrize("part", ["seen", "cases", "places", "meters", "tests", "times"])
def test_a_part_that_is_rubbish_is_refused(part: str) -> None:
    for rubbish in (None, ["rubbish"], 7):
        state = through_json(busy().switchboard.to_state())
        state["alarms"][part] = rubbish
        with pytest.raises(ValueError, match=r"^state: "):
            Switchboard.from_state(state)


def test_a_key_that_is_used_again_is_as_young_as_a_new_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("callflows.alarm_book.MOST_SEEN", 3)
    book = AlarmBook()
    for key in ("a", "b", "c", "a", "d"):
        book.see("dc09", key, e.IncidentId(key), 10.0)
    assert [book.case_of("dc09", key) for key in "abcd"] == ["a", None, "c", "d"]


def test_a_meter_that_is_used_is_not_the_next_to_be_forgotten(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("callflows.alarm_book.MOST_METERS", 2)
    line = AlarmLine()
    for zone in "1213":
        line.alarm("technical", zone=zone)
    assert [meter.zone for meter in line.switchboard.alarms.meters.values()] == ["1", "3"]


def test_a_closed_case_waits_for_no_time_any_more() -> None:
    line = AlarmLine()
    line.alarm()
    assert line.case("a1").incident_id in line.switchboard._board.timed
    line.user("cancel")
    assert line.case("a1").incident_id not in line.switchboard._board.timed
