"""A line that falls silent is told once, in time, together with its neighbours."""

import json
import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callflows.events import PathLost, PathRestored
from callflows.watch.supervision import (
    GATHER_TIME,
    GROUP_TIME,
    RECEIVER_SITES,
    SupervisedPath,
    Supervision,
    scaip_limit_time,
)
from client_directory.alarm_model import REPORTING_TIME

START = 1_774_700_000.0  # 2026-03-28, the evening before the clocks change


def path(name="ip", site="depot", limit_time=20.0, **more):
    return SupervisedPath(
        path=name, organisation="acme", site=site, account="1234", limit_time=limit_time, **more
    )


def told(supervision, until):
    """Ask whenever something is due; return what was told, with the time of each."""
    found = []
    while (at := supervision.next_due()) is not None and at <= until:
        found += [(at, event) for event in supervision.due(at)]
    return found


# ---------------------------------------------------------------- the story


def test_a_line_is_cut_and_mended():
    supervision = Supervision([path()], START)
    for second in range(0, 60, 10):
        assert supervision.heard("ip", START + second) == []
        assert supervision.due(START + second) == []
    [(at, loss)] = told(supervision, START + 3600)
    assert START + 70 <= at <= START + 71
    assert loss == PathLost(
        organisation="acme",
        site="depot",
        path="ip",
        account="1234",
        limit_time=20.0,
        heard_at=START + 50,
        group=loss.group,
    )
    assert "acme/depot" in loss.group
    assert supervision.is_lost("ip")
    assert [p.path for p in supervision.lost()] == ["ip"]
    [back] = supervision.heard("ip", START + 5000)
    assert back == PathRestored(
        organisation="acme",
        site="depot",
        path="ip",
        account="1234",
        lost_time=START + 5000 - at,
        group=loss.group,
    )
    assert not supervision.is_lost("ip")
    assert supervision.heard("ip", START + 5001) == []
    assert len(told(supervision, START + 9000)) == 1, "and when it is cut again, again"


@pytest.mark.parametrize(("category", "limit_time"), REPORTING_TIME.items())
def test_every_category_is_told_within_a_second_of_its_limit(category, limit_time):
    supervision = Supervision([path(limit_time=limit_time, category=category)], START)
    assert supervision.due(START + limit_time) == []
    [(at, loss)] = told(supervision, math.inf)
    assert START + limit_time <= at <= START + limit_time + 1
    assert loss.category == category


def test_a_scaip_unit_is_overdue_after_one_and_a_half_intervals():
    assert scaip_limit_time(60.0) == 90.0
    assert scaip_limit_time(1440 * 60.0) == 36 * 3600.0


@pytest.mark.parametrize("limit_time", [0.0, -1.0, math.inf, math.nan])
def test_a_limit_that_is_none_is_refused(limit_time):
    with pytest.raises(ValueError, match="path ip: a limit of"):
        path(limit_time=limit_time)


def test_a_heartbeat_of_nobody_is_nothing():
    supervision = Supervision([path()], START)
    assert supervision.heard("stranger", START) == []
    assert not supervision.is_lost("stranger")
    assert supervision.to_state()["watched"][0]["path"]["path"] == "ip"
    assert Supervision().next_due() is None
    assert Supervision().due(START) == []


# ---------------------------------------------------------------- together


def test_two_lines_of_a_site_are_one_group_and_two_losses():
    supervision = Supervision([path("ip"), path("gsm"), path("other", site="office")], START)
    supervision.heard("gsm", START + 0.3)
    losses = supervision.due(supervision.next_due())
    assert sorted(loss.path for loss in losses) == ["gsm", "ip", "other"], "told at once"
    groups = {loss.path: loss.group for loss in losses}
    assert groups["ip"] == groups["gsm"] != groups["other"]


def test_a_second_line_that_follows_within_a_minute_joins_the_group():
    supervision = Supervision([path("ip", limit_time=20), path("gsm", limit_time=70)], START)
    (_, first), (_, second) = told(supervision, START + 200)
    assert first.group == second.group


def test_a_second_line_lost_long_after_is_a_group_of_its_own():
    late = 20 + GROUP_TIME + 2
    supervision = Supervision([path("ip"), path("gsm", limit_time=late)], START)
    (_, first), (_, second) = told(supervision, START + 200)
    assert first.group != second.group


def behind_one_receiver(count):
    return [path(f"p{n}", site=f"s{n}", receiver="rx-1") for n in range(count)]


def test_many_sites_behind_one_receiver_are_one_group():
    supervision = Supervision(behind_one_receiver(1_000), START)
    losses = [loss for _, loss in told(supervision, START + 60)]
    assert len({loss.path for loss in losses}) == len(losses) == 1_000
    assert {loss.group.split("@")[0] for loss in losses} == {"receiver:rx-1"}
    assert len({loss.group for loss in losses}) == 1


def test_a_few_sites_behind_one_receiver_are_each_their_own():
    supervision = Supervision(behind_one_receiver(RECEIVER_SITES - 1), START)
    losses = [loss for _, loss in told(supervision, START + 60)]
    assert len({loss.group for loss in losses}) == RECEIVER_SITES - 1


def test_two_lines_of_one_site_do_not_make_a_receiver_s_loss():
    paths = [path(f"p{n}", site="depot", receiver="rx-1") for n in range(10)]
    losses = [loss for _, loss in told(Supervision(paths, START), START + 60)]
    assert {loss.group.split("@")[0] for loss in losses} == {"site:acme/depot"}


def test_a_receiver_that_fails_is_noticed_though_its_sites_poll_one_after_the_other():
    supervision = Supervision(behind_one_receiver(20), START)
    for number in range(20):
        supervision.heard(f"p{number}", START + number)
    groups = [loss.group for _, loss in told(supervision, START + 60)]
    assert len(groups) == 20
    assert len(set(groups[RECEIVER_SITES - 1 :])) == 1
    assert groups[-1].startswith("receiver:rx-1")


def test_losses_of_a_group_stand_side_by_side():
    paths = [path(f"{n}{site}", site=site) for n in range(5) for site in "abc"]
    groups = [loss.group for _, loss in told(Supervision(paths, START), START + 60)]
    assert len([1 for a, b in pairwise(groups) if a != b]) == 2


# ---------------------------------------------------------------- restart, directory, clock


def test_after_a_restart_everybody_has_his_whole_limit_and_the_lost_stay_lost():
    supervision = Supervision([path("a"), path("b", site="office")], START)
    supervision.heard("b", START + 15)
    assert [loss.path for _, loss in told(supervision, START + 30)] == ["a"]
    state = json.loads(json.dumps(supervision.to_state(), sort_keys=True))
    again = Supervision.from_state(state)
    again.start_again(START + 3600)
    assert again.is_lost("a")
    [(at, loss)] = told(again, START + 9000)
    assert loss.path == "b", "the lost one is not told again"
    assert START + 3620 <= at <= START + 3621
    [back] = again.heard("a", START + 4000)
    assert back.lost_time == pytest.approx(4000 - 20.5)


def test_without_a_restart_a_copy_goes_on_exactly_as_the_original():
    supervision = Supervision(behind_one_receiver(7), START)
    for number in range(3):
        supervision.heard(f"p{number}", START + 9 + number)
    told(supervision, START + 29.6)
    copy = Supervision.from_state(json.loads(json.dumps(supervision.to_state())))
    assert copy.to_state() == supervision.to_state()
    assert copy.heard("p6", START + 31) == supervision.heard("p6", START + 31) != []
    assert told(copy, START + 99) == told(supervision, START + 99) != []
    assert copy.to_state() == supervision.to_state()


def test_what_is_no_state_is_refused():
    for state in ({}, {"now": 1.0, "watched": 3, "groups": [], "losses": []}):
        with pytest.raises(ValueError, match="State"):
            Supervision.from_state(state)


def test_the_directory_is_read_again():
    supervision = Supervision([path("a"), path("gone"), path("changed")], START)
    told(supervision, START + 10)
    supervision.watch([path("a"), path("new"), path("changed", limit_time=5.0)], START + 10)
    assert [(at - START, loss.path) for at, loss in told(supervision, START + 99)] == [
        (15 + GATHER_TIME, "changed"),
        (20 + GATHER_TIME, "a"),
        (30 + GATHER_TIME, "new"),
    ]
    supervision.watch([path("a")], START + 100)
    assert supervision.is_lost("a")
    assert supervision.next_due() is None
    supervision.watch([], START + 101)
    assert supervision.lost() == []


def test_a_clock_set_back_changes_nothing():
    supervision = Supervision([path("a"), path("b", limit_time=30.0)], START)
    supervision.heard("a", START + 10)
    assert supervision.heard("a", START - 3600) == [], "taken as said at the latest time known"
    assert supervision.due(START - 3600) == []
    assert [(at - START, loss.path) for at, loss in told(supervision, START + 99)] == [
        (30.5, "a"),
        (30.5, "b"),
    ]


# ---------------------------------------------------------------- ten thousand


def test_memory_does_not_grow_with_heartbeats():
    supervision = Supervision(behind_one_receiver(100), START)
    for second in range(0, 20_000, 10):
        for number in range(100):
            supervision.heard(f"p{number}", START + second)
        assert supervision.due(START + second) == []
    assert supervision._due.size == 100


@given(
    st.lists(st.tuples(st.sampled_from("abcd"), st.floats(0.01, 15.0)), max_size=40),
    st.booleans(),
)
def test_told_once_at_its_limit_and_never_while_it_speaks(beats, is_copied):
    limits = {"a": 5.0, "b": 7.0, "c": 20.0, "d": 90.0}
    supervision = Supervision([path(n, limit_time=t) for n, t in limits.items()], START)
    heard, lost, now = dict.fromkeys(limits, START), set(), START

    def check(until):
        for at, loss in told(supervision, until):
            assert loss.path not in lost
            limit = heard[loss.path] + limits[loss.path]
            assert limit <= at <= limit + 1
            lost.add(loss.path)

    for name, pause in beats:
        now += pause
        check(now)
        for other in limits:
            assert (other in lost) or heard[other] + limits[other] + 1 > now
        assert bool(supervision.heard(name, now)) is (name in lost)
        heard[name] = now
        lost.discard(name)
        if is_copied:
            supervision = Supervision.from_state(supervision.to_state())
    check(now + 1000)
    assert lost == set(limits)
