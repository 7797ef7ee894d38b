"""Hours without anybody: exact, named in local time, and never a proof that does not hold."""

import random
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from client_directory.call_plan import Planner, build_call_plan
from client_directory.coverage import moments_of_change, named, too_few, uncovered
from client_directory.model import Site
from client_directory.plan_timing import worst_case_time
from client_directory.prover import TreeProof
from tests.client_directory.clients import (
    BRUSSELS,
    client,
    level,
    person,
    rota,
    seconds,
)
from tests.client_directory.test_plan_timing import level as planned
from tests.client_directory.test_plan_timing import target

DAY = 86_400.0


def windows(*spans):
    return [target(windows=tuple(span), name=str(index)) for index, span in enumerate(spans)]


@pytest.mark.parametrize(
    ("spans", "expected"),
    [
        ([], [(0, 100)]),
        ([[(0, 100)]], []),
        ([[(0, 100)], [(40, 50)]], []),
        ([[(-50, 200)]], []),
        ([[(0, 40)], [(60, 100)]], [(40, 60)]),
        ([[(0, 40)], [(40, 100)]], []),
        ([[(10, 20), (30, 40)]], [(0, 10), (20, 30), (40, 100)]),
        ([[(0, 60)], [(40, 99)]], [(99, 100)]),
        ([[(150, 200)]], [(0, 100)]),
    ],
)
def test_when_nobody_can_be_called(spans, expected):
    assert list(uncovered([planned(*windows(*spans))], 0, 100)) == expected


def test_a_hole_of_one_level_may_be_another_s_time():
    levels = [planned(*windows([(0, 50)])), planned(*windows([(50, 100)]))]
    assert uncovered(levels, 0, 100) == ()
    assert uncovered(levels[:1], 0, 100) == ((50, 100),)


@pytest.mark.parametrize(
    ("needed", "spans", "expected"),
    [
        (1, [[(0, 10)]], []),
        (2, [[(0, 100)], [(0, 100)]], []),
        (2, [[(0, 100)], [(20, 80)]], [(0, 20), (80, 100)]),
        (2, [[(0, 50)], [(50, 100)]], [(0, 100)]),
        # Nobody at all is another defect.
        (2, [[(10, 20)], [(10, 20)]], []),
        (3, [[(0, 100)], [(0, 50)], [(25, 100)]], [(0, 25), (50, 100)]),
        (2, [[(0, 30), (30, 60)], [(0, 60)]], []),
    ],
)
def test_when_too_few_can_be_called(needed, spans, expected):
    one = planned(*windows(*spans), answers_needed=needed)
    assert list(too_few(one, 0, 100)) == expected


spans_of = st.lists(st.integers(0, 60), min_size=0, max_size=8, unique=True).map(
    lambda edges: [(a, b) for a, b in zip(*[iter(sorted(edges))] * 2, strict=False)]
)


@settings(deadline=None, max_examples=400)
@given(st.lists(spans_of, max_size=5), st.integers(1, 4))
def test_laid_over_each_other_or_counted_minute_by_minute_is_the_same(people, needed):
    one = planned(*windows(*(spans for spans in people if spans)), answers_needed=needed)

    def count(minute):
        return sum(any(a <= minute < b for a, b in spans) for spans in people)

    def holds(found, minute):
        return any(a <= minute < b for a, b in found)

    gaps, short = uncovered([one], 0, 60), too_few(one, 0, 60)
    for minute in range(60):
        assert holds(gaps, minute) == (count(minute) == 0)
        assert holds(short, minute) == (0 < count(minute) < needed)


def test_moments_at_which_somebody_comes_or_goes():
    one = planned(*windows([(0, 40)], [(20, 120)]))
    assert moments_of_change([one], 0, 100) == [0, 20, 40, 100]
    assert moments_of_change([], 0, 100) == [0, 100]


# ---------------------------------------------------------------- words


@pytest.mark.parametrize(
    ("start", "end", "words"),
    [
        ("2026-11-27T12:00", "2026-11-27T12:30", "Fr 2026-11-27 13:00 to 13:30"),
        (
            "2026-11-27T22:00",
            "2026-11-27T23:00",
            "Fr 2026-11-27 23:00 to Sa 2026-11-28 00:00",
        ),
        # Over the change of hour: the times on the wall.
        ("2026-10-25T00:30", "2026-10-25T01:30", "Su 2026-10-25 02:30 to 02:30"),
        ("2027-03-28T00:30", "2027-03-28T01:30", "Su 2027-03-28 01:30 to 03:30"),
    ],
)
def test_spans_are_told_in_local_time(start, end, words):
    assert named([(seconds(start), seconds(end))], BRUSSELS) == words


def test_many_spans_are_told_as_a_few():
    start = seconds("2026-11-27T12:00")
    spans = [(start + day * DAY, start + day * DAY + 60) for day in range(10)]
    assert named(spans, BRUSSELS).count("13:00 to 13:01") == 3
    assert named(spans, BRUSSELS).endswith(", and 7 times more")


# ---------------------------------------------------------------- what is printed holds

HOURS = (
    "24/7",
    "Mo-Fr 18:00-08:00; Sa-Su; PH",
    "Mo-Fr 08:00-18:00; PH off",
    "02:30-06:00",
    "Su 22:00-26:00",
    "off",
)


def random_client(chance):
    sites = tuple(Site(site=name, name=name) for name in ("a", "b", "c"))
    people = [
        person(
            f"p{number}",
            *(f"+3247000{number:02}{extra:02}" for extra in range(chance.randint(1, 3))),
            available=chance.choice(HOURS),
            sites=tuple(site.site for site in sites if chance.random() < 0.6),
            roles=("chief",) if chance.random() < 0.3 else (),
            valid_until=date(2026, 11, 1) if chance.random() < 0.2 else None,
        )
        for number in range(chance.randint(1, 6))
    ]
    names = [one.person for one in people]
    levels = [
        level(
            *chance.sample([*names, "rota:duty", "role:chief"], chance.randint(1, 3)),
            strategy=chance.choice(("in_order", "all_at_once", "overlapping")),
            ring_time=chance.uniform(5, 60),
            accept=chance.choice(("key", "pin")),
        )
        for _ in range(chance.randint(1, 3))
    ]
    duty = rota(*chance.sample(names, chance.randint(1, len(names))), handover="Su 02:30")
    return client(
        *people, levels=levels, sites=sites, rotas=(duty,), rounds=chance.randint(1, 3)
    )


@settings(deadline=None, max_examples=150)
@given(st.integers(), st.lists(st.floats(0, 14 * DAY - 1), min_size=1, max_size=8))
def test_no_tree_that_starts_in_these_days_may_take_longer_than_is_printed(seed, starts):
    chance = random.Random(seed)
    organisation = random_client(chance)
    # The last Sunday of October lies within: an hour happens twice.
    first = datetime(2026, 10, 20, 9, tzinfo=UTC)
    start, end = first.timestamp(), first.timestamp() + 14 * DAY
    tree = organisation.call_trees[0]
    planner = Planner(organisation, start, end + DAY)
    known, unknown = TreeProof(organisation, tree, planner, (start, end)).worst_case_times()
    assert known <= unknown
    for after in starts:
        moment = first + timedelta(seconds=after)
        for site in ("a", "b", "c", None):
            plan = build_call_plan(organisation, "tree", site, moment)
            bound = worst_case_time(plan, moment.timestamp())
            assert bound <= (unknown if site is None else known) + 1e-6


@settings(deadline=None, max_examples=60)
@given(st.integers())
def test_halving_finds_the_worst_of_all_spans(seed):
    organisation = random_client(random.Random(seed))
    start = seconds("2026-10-20T09:00")
    end = start + 14 * DAY
    tree = organisation.call_trees[0]
    planner = Planner(organisation, start, end + DAY)
    proof = TreeProof(organisation, tree, planner, (start, end))
    edges = moments_of_change(planner.levels(tree, None), start, end)
    shortened = [
        TreeProof(organisation, tree, planner, span).worst_case_times()[1]
        for span in pairwise(edges)
    ]
    assert proof.worst_case_times()[1] == max(shortened)


def test_a_tree_that_starts_at_the_very_end_is_bounded_too():
    late = person("late", available="Su 00:00-02:00")
    organisation = client(late, levels=[level("late")])
    end = seconds("2026-12-05T23:59:30", BRUSSELS)
    planner = Planner(organisation, end - 3600, end + DAY)
    proof = TreeProof(
        organisation, replace(organisation.call_trees[0]), planner, (end - 3600, end)
    )
    assert proof.worst_case_times()[0] > 0
