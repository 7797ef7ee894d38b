"""A flood of alarms: counted, shown as one, and never a wall before the one that is real."""

import json
import random

import pytest

from callflows import events as e
from callflows.attention import at_most, waiting_cases
from callflows.switchboard import Switchboard
from client_directory.alarm_model import AlarmRules, Runaway
from tests.stories.alarms import HOUR, MINUTE, AlarmLine, kinds
from tests.stories.keyholders import plan


@pytest.fixture
def line() -> AlarmLine:
    line = AlarmLine(is_cloned=True)
    line.ready("ann")
    return line


def burst(line: AlarmLine, count: int, every: float = 1.0, **values: object) -> None:
    for _ in range(count):
        line.alarm("technical", **values)
        line.fast_forward(every)


# ---------------------------------------------------------------- window and bucket


def test_a_burst_beyond_the_window_is_grouped_counted_and_shown_once(line: AlarmLine) -> None:
    burst(line, 20)
    assert line.all(e.AlarmGrouped) == []
    first = line.now
    burst(line, 30)
    started = line.last(e.RunawayStarted)
    assert (started.by, started.kind, started.zone) == ("window", "technical", "1")
    grouped = line.last(e.AlarmGrouped)
    assert (grouped.count, grouped.first_at, grouped.last_at) == (30, first, first + 29)
    assert (grouped.incident_id, grouped.alarm_id) == ("a1", "a50")
    assert line.open_cases == ["a1"]
    assert line.case("a1").attention == ["technical, zone 1", "a flood of technical, zone 1"]
    assert len(line.all(e.RunawayStarted)) == 1


def test_a_flood_is_told_with_the_first_that_is_too_many(line: AlarmLine) -> None:
    burst(line, 20)
    assert not line.all(e.RunawayStarted)
    burst(line, 1)
    assert len(line.all(e.RunawayStarted)) == 1
    assert line.case("a1").attention == ["technical, zone 1", "a flood of technical, zone 1"]


def test_a_slow_flood_that_never_fills_the_window_empties_the_bucket(line: AlarmLine) -> None:
    """One every 40 s: fifteen in the window of ten minutes, but more than one a minute."""
    burst(line, 55, every=40.0)
    assert line.all(e.AlarmGrouped) == []
    burst(line, 10, every=40.0)
    assert line.last(e.RunawayStarted).by == "bucket"
    assert line.last(e.AlarmGrouped).incident_id == "a1"


def test_one_a_minute_is_no_flood_for_ever(line: AlarmLine) -> None:
    burst(line, 200, every=60.0)
    assert line.all(e.AlarmGrouped) == []


def test_when_it_is_calm_again_it_is_said_and_an_alarm_is_one_by_itself(
    line: AlarmLine,
) -> None:
    burst(line, 40)
    last = line.last(e.AlarmGrouped)
    line.fast_forward(20 * MINUTE)
    assert line.last(e.RunawayEnded) == e.RunawayEnded(
        incident_id=last.incident_id,
        site="hq",
        kind="technical",
        zone="1",
        count=20,
        first_at=last.first_at,
        last_at=last.last_at,
    )
    line.fast_forward(HOUR)
    assert len(line.all(e.RunawayEnded)) == 1
    outcomes = line.alarm("technical")
    assert "AttentionWanted" in kinds(outcomes)
    assert "AlarmGrouped" not in kinds(outcomes)


def test_a_flood_at_the_limit_does_not_flicker(line: AlarmLine) -> None:
    burst(line, 30)
    burst(line, 60, every=40.0)
    assert len(line.all(e.RunawayStarted)) == 1
    assert line.all(e.RunawayEnded) == []


def test_a_flood_is_not_dispatched_again_when_its_case_was_closed(line: AlarmLine) -> None:
    consigne = {"kind": "intrusion", "zone": "1"}
    for _ in range(30):
        line.alarm(**consigne)
    line.fast_forward(45)
    assert line.trees_asked_for == 1
    line.skips("a1", "restore")
    line.verifies("a1")
    line.answers("a1", "decide", "no")
    line.closes("a1", "false_alarm")
    line.alarm(**consigne)
    assert line.trees_asked_for == 1, "the keyholders were called for this flood already"
    assert line.open_cases == ["a31"], "but it is shown"
    assert line.in_front == ["a31"]
    line.alarm(**consigne)
    assert line.open_cases == ["a31"]


def test_another_zone_is_no_part_of_the_flood(line: AlarmLine) -> None:
    burst(line, 40)
    line.takes("a1")
    line.alarm("technical", zone="2")
    assert line.case("a1").attention == ["technical, zone 2"]


def test_a_client_s_own_limits_hold(line: AlarmLine) -> None:
    line.rules = AlarmRules(runaway=Runaway(window_time=10.0, count=3, bucket_rate=60.0))
    burst(line, 4)
    assert len(line.all(e.AlarmGrouped)) == 1


def test_a_calm_place_is_heard_at_once_and_has_its_whole_bucket_again(
    line: AlarmLine,
) -> None:
    """What was grouped took no tokens, and nobody waits for the next look at the flood."""
    line.rules = AlarmRules(runaway=Runaway(window_time=10.0, count=3, bucket_rate=6.0))
    burst(line, 60)
    grouped = len(line.all(e.AlarmGrouped))
    assert grouped > 50
    line.fast_forward(12)
    burst(line, 3, every=0.0)
    assert len(line.all(e.AlarmGrouped)) == grouped
    burst(line, 1)
    assert line.last(e.AlarmGrouped).count == 1, "another flood, counted from its beginning"


def test_what_is_grouped_is_in_alarm_all_the_same(line: AlarmLine) -> None:
    burst(line, 20)
    line.restores("1")
    burst(line, 5)
    assert line.switchboard.alarms.unrestored(line.case("a1").incident_id) == ("1",)


def test_what_has_left_the_window_counts_no_more(line: AlarmLine) -> None:
    line.rules = AlarmRules(runaway=Runaway(window_time=60.0, count=3, bucket_rate=60.0))
    burst(line, 3, every=0.0)
    line.fast_forward(60)
    line.alarm("technical")
    assert line.all(e.AlarmGrouped) == []


def test_a_limit_of_nothing_lets_the_first_one_through(line: AlarmLine) -> None:
    line.rules = AlarmRules(runaway=Runaway(window_time=60.0, count=0, bucket_rate=0.0))
    burst(line, 3)
    assert line.open_cases == ["a1"]
    assert line.last(e.AlarmGrouped).count == 2


def test_a_flood_goes_on_being_one_though_the_engine_was_killed_in_it(line: AlarmLine) -> None:
    burst(line, 30)
    line.restart()
    line.alarm("technical")
    assert line.last(e.AlarmGrouped).count == 11
    assert len(line.all(e.RunawayStarted)) == 1


# ---------------------------------------------------------------- what is never suppressed


@pytest.mark.parametrize("kind", ["panic", "holdup", "duress", "fire", "medical"])
def test_what_saves_lives_is_attended_to_each_single_time(line: AlarmLine, kind: str) -> None:
    line.is_cloned = False
    for press in range(300):
        assert "AttentionWanted" in kinds(line.alarm(kind)), press
        assert line.case("a1").urgency == 1
    assert line.all(e.AlarmGrouped) == []
    assert len(line.case("a1").attention) <= 40


def test_ten_thousand_alarms_in_a_minute_with_one_hold_up_inside() -> None:
    """It is said in the very event that brought it, and stands in front of all others."""
    line = AlarmLine(is_flooded=True)
    line.ready("ann")
    choose = random.Random(1)
    for n in range(10_000):
        line.now += 0.006
        if n == 7_777:
            outcomes = line.alarm("holdup", site="bank", zone="7", incident_id="the-one")
            wanted = [x for x in outcomes if isinstance(x, e.AttentionWanted)]
            assert [(x.incident_id, x.urgency) for x in wanted] == [("the-one", 1)]
            assert line.in_front[0] == "the-one"
        elif n % 2:
            line.alarm("intrusion", site="flooded", zone=str(n % 40))
        else:
            line.alarm("technical", site=f"site-{choose.randrange(400)}")
    assert line.in_front[0] == "the-one"
    board = line.switchboard._board
    assert len(board.incidents) == 402
    assert len(line.all(e.AlarmReceived)) == 10_000
    gone_to = {line.switchboard.alarms.case_of("dc09", f"1234-{n}") for n in range(1, 10_001)}
    assert gone_to == set(board.incidents), "every alarm went to a case"
    assert not [x for _, x in line.said if isinstance(x, e.FlowFailed | e.Ignored)]


def test_accounts_that_nobody_knows_are_gathered_and_cries_for_help_still_shown(
    line: AlarmLine,
) -> None:
    line.is_cloned = False
    for n in range(500):
        line.unknown(f"U{n}")
    assert len(line.open_cases) == 21
    assert line.last(e.AlarmGrouped).count == 480
    outcomes = line.unknown("U999", kind="panic", code="120", urgency=1)
    assert "AttentionWanted" in kinds(outcomes)
    assert line.last(e.AttentionWanted).reason.startswith("unknown account U999: 120")


# ---------------------------------------------------------------- memory


def test_whoever_sends_fills_no_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, most in (("SEEN", 50), ("PLACES", 20), ("METERS", 20)):
        monkeypatch.setattr(f"callflows.alarm_book.MOST_{name}", most)
    line = AlarmLine(is_flooded=True)
    for n in range(300):
        line.alarm("technical", zone=f"zone {n}", site=f"site {n % 70}", detector=str(n))
        line.alarm("intrusion", zone=f"zone {n}", site="one", detector=str(n))
    book = line.switchboard.alarms
    assert (len(book.seen), len(book.places), len(book.meters)) == (50, 20, 20)
    assert len(book.places["site/acme/one"].detections) == 32
    assert max(len(case.zones) for case in book.cases.values()) == 256
    assert line.case_of_last() == "a2"
    state = line.switchboard.to_state()
    assert Switchboard.from_state(json.loads(json.dumps(state))).to_state() == state


def test_a_site_of_endless_zones_is_one_case_with_a_bounded_card(line: AlarmLine) -> None:
    line.is_cloned = False
    for n in range(400):
        line.alarm("technical", zone=str(n))
    assert line.open_cases == ["a1"]
    assert len(line.case("a1").attention) <= 40


# ---------------------------------------------------------------- a tree fails in a flood


def empty_tree(line: AlarmLine, case: str) -> None:
    """The call tree of a case has nobody in it."""
    tree = e.TreeId(f"{case}-tree")
    line.tell(e.CallTreeRequested(incident_id=e.IncidentId(case), tree_id=tree, plan=plan()))


def many_sites(line: AlarmLine, count: int, kind: str = "technical") -> None:
    for n in range(count):
        line.alarm(kind, site=f"{kind}-{n}", incident_id=f"{kind}-{n}")
        line.fast_forward(1)


def test_whom_the_engine_can_call_nobody_for_stands_before_all_others_of_its_urgency(
    line: AlarmLine,
) -> None:
    many_sites(line, 66)
    line.alarm("holdup", site="bank", incident_id="the-one")
    assert line.in_front.index("technical-65") == 66, "the newest is the last"
    empty_tree(line, "technical-65")
    assert line.case("technical-65").attention[-1].endswith("nobody stands in it")
    assert line.in_front[:3] == ["the-one", "technical-65", "technical-0"]
    line.fast_forward(60)
    empty_tree(line, "technical-30")
    assert line.in_front[:3] == ["the-one", "technical-65", "technical-30"], (
        "who has had only us for longest comes first"
    )


def test_a_tree_that_cannot_run_is_one_that_failed(line: AlarmLine) -> None:
    many_sites(line, 3)
    line.tell(
        e.CallTreeUnplanned(
            incident_id=e.IncidentId("technical-2"),
            tree_id=e.TreeId("t"),
            call_tree="keys",
            reason="no such call tree",
        )
    )
    assert line.in_front[0] == "technical-2"


def test_once_it_was_taken_it_is_a_case_like_any_other(line: AlarmLine) -> None:
    many_sites(line, 3)
    empty_tree(line, "technical-2")
    line.takes("technical-2")
    assert line.in_front == ["technical-0", "technical-1"]
    line.alarm("technical", site="technical-2", zone="9")
    assert line.in_front[-1] == "technical-2"


def test_however_many_are_more_urgent_no_list_leaves_it_out(line: AlarmLine) -> None:
    many_sites(line, 70, "fire")
    many_sites(line, 10)
    empty_tree(line, "technical-9")
    empty_tree(line, "technical-7")
    listed = at_most(waiting_cases(line.switchboard.incidents.values()), 60)
    assert len(listed) == 62
    assert [x.incident_id for x in listed][-2:] == ["technical-7", "technical-9"]
