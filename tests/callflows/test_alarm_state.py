"""What is remembered of alarms comes back exactly from a snapshot, and nothing else does."""

import json
from typing import Any

import pytest

from callflows import events as e
from callflows.alarm_book import AlarmBook, _level
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


def test_a_flood_from_one_account_costs_no_other_its_repeats(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("callflows.alarm_book.MOST_SEEN", 1000)
    book = AlarmBook()
    for n in range(20):
        book.see("http", f"quiet {n}", e.IncidentId(f"q{n}"), 86_400.0, sender=f"account {n}")
    for n in range(5000):
        book.see("http", f"flood {n}", e.IncidentId("f"), 86_400.0, sender="loud")
    assert len(book.seen) <= 1000
    assert all(book.case_of("http", f"quiet {n}") == f"q{n}" for n in range(20))
    assert book.case_of("http", "flood 0") is None, "the flood loses its own oldest"
    assert book.case_of("http", "flood 4999") == "f"


def test_what_can_come_no_more_makes_room_before_anything_else_is_lost(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("callflows.alarm_book.MOST_SEEN", 1000)
    book = AlarmBook()
    book.see("http", "key", e.IncidentId("a1"), 86_400.0, sender="program")
    for n in range(20_000):
        book.see("dc09", str(n), e.IncidentId("x"), n + 60.0, now=float(n), sender="panel")
    assert book.first_case_of("http", "key", 20_000.0) == "a1"
    assert len(book.seen) <= 61, "a panel's counter means the same for a minute"


@pytest.mark.parametrize(
    ("sizes", "excess", "level"),
    [
        ([9, 3], 2, 7),
        ([9, 8, 1], 3, 7),
        ([5, 5, 5], 3, 4),
        ([5], 9, 0),
        ([], 0, 0),
        ([4], 0, 4),
    ],
)
def test_whoever_has_most_is_cut_to_one_level(
    sizes: list[int], excess: int, level: int
) -> None:
    assert _level(sizes, excess) == level


def test_a_snapshot_without_senders_is_read() -> None:
    plain = through_json(busy().switchboard.to_state())
    plain["alarms"]["seen"] = [entry[:3] for entry in plain["alarms"]["seen"]]
    book = Switchboard.from_state(plain).alarms
    assert book.case_of("dc09", "1234-1") == "a1"
    assert set(book.seen_of) == {"dc09"}


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
