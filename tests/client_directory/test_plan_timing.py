"""The proved worst case, against ten thousand nights on which everything goes wrong."""

import random
from dataclasses import replace
from zlib import crc32

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from client_directory.call_plan import CallPlan, PlannedLevel, Target
from client_directory.plan_timing import (
    ANSWER_TIME,
    BUSY_RETRY_TIME,
    CLEARING_TIME,
    PIN_TIME,
    SETUP_TIME,
    VOICEMAIL_TIME,
    batch_sizes,
    batches_time,
    talk_time,
    worst_case_between,
    worst_case_time,
    worst_case_to_first_ring,
)

ALWAYS = ((0.0, 1e9),)
BUSY, SILENT, ANSWERED = "busy", "silent", "answered"


def target(numbers=1, windows=ALWAYS, name="ann"):
    return Target(
        person=name,
        name=name,
        languages=("fr",),
        numbers=tuple(f"+32{crc32(f'{name} {i}'.encode()):010}" for i in range(numbers)),
        windows=windows,
        has_pin=True,
    )


def level(*targets, **more):
    more = {
        "strategy": "in_order",
        "ring_time": 30.0,
        "overlap_time": 15.0,
        "accept": "key",
        "answers_needed": 1,
        **more,
    }
    return PlannedLevel(targets=targets, left_out=(), **more)


def plan(*levels, rounds=1):
    return CallPlan(
        call_tree="tree",
        organisation="acme",
        organisation_name="Acme",
        site=None,
        site_name="",
        rounds=rounds,
        levels=levels,
        presented_number=None,
        languages=("fr",),
        may_leave_message=False,
        until=1e9,
    )


class Night:
    """A call tree that reaches nobody, by the rules that the bound stands on."""

    def __init__(self, worst, choose):
        self.worst, self.choose = worst, choose
        self.now = 0.0

    def run(self):
        for _ in range(self.worst.rounds):
            for one in self.worst.levels:
                self._level(one)
        return self.now

    def _level(self, one):
        self.one, self.last = one, float("-inf")
        self.live, self.retries, self.retried = [], [], set()
        self.batches = self._batches(one)
        while True:
            self.live = [call for call in self.live if call[1] > self.now]
            if self._may_dial() and self._dial():
                continue
            waits = [until for _, until in self.live]
            waits += [ringing for ringing, _ in self.live if ringing > self.now]
            waits += [at for at, _ in self.retries if at > self.now]
            if self.live and one.strategy == "overlapping" and (self.batches or self.retries):
                waits.append(self.last + one.overlap_time)
            waits = [moment for moment in waits if moment > self.now]
            if not waits and not self.batches and not self.retries:
                return
            assert waits, "the night stands still"
            self.now = min(waits)

    def _batches(self, one):
        numbers = [(t, n) for t in one.targets for n in t.numbers]
        if one.strategy != "all_at_once":
            return [[number] for number in numbers]
        waves = max((len(t.numbers) for t in one.targets), default=0)
        return [
            [(t, t.numbers[wave]) for t in one.targets if len(t.numbers) > wave]
            for wave in range(waves)
        ]

    def _may_dial(self):
        if not self.live:
            return True
        is_talking = any(ringing <= self.now for ringing, _ in self.live)
        is_due = self.now >= self.last + self.one.overlap_time
        return self.one.strategy == "overlapping" and is_due and not is_talking

    def _dial(self):
        batch = self._ready() or self._fresh()
        while not batch and (left := self._ready_count()):
            # Nobody of the last one could be called: that leaves the other busy lines.
            batch = self._ready()
            assert batch or self._ready_count() < left
        if batch:
            self.last = self.now
        for number in batch:
            self._call(number)
        return bool(batch)

    def _ready_count(self):
        ready = sum(at <= self.now for at, _ in self.retries)
        is_waiting = self.one.strategy == "all_at_once" and ready < len(self.retries)
        return 0 if is_waiting else ready

    def _ready(self):
        ready = [number for at, number in self.retries if at <= self.now]
        if self.one.strategy == "all_at_once":
            ready = [] if self.batches or len(ready) < len(self.retries) else ready
        else:
            ready = ready[:1]
        self.retries = [(at, number) for at, number in self.retries if number not in ready]
        return [number for number in ready if self._is_available(number)]

    def _fresh(self):
        while self.batches:
            batch = [one for one in self.batches.pop(0) if self._is_available(one)]
            if batch:
                return batch
        return []

    def _is_available(self, number):
        return any(start <= self.now < end for start, end in number[0].windows)

    def _call(self, number):
        kind, ring, talk = self.choose(number[1] in self.retried)
        ring *= self.one.ring_time
        if kind is BUSY and number[1] not in self.retried:
            self.retried.add(number[1])
            self.retries.append((self.now + ring + BUSY_RETRY_TIME, number))
        talk = talk * talk_time(self.one.accept) if kind is ANSWERED else 0.0
        # While `ringing` it rings, until `until` it talks.
        ringing = self.now + ring
        self.live.append((ringing, ringing + talk))


def worst_choice(is_second):
    return (ANSWERED, 1.0, 1.0) if is_second else (BUSY, 1.0, 0.0)


def by_chance(chance):
    def choose(is_second):
        kind = chance.choice((BUSY, SILENT, ANSWERED))
        return kind, chance.choice((0.0, 1.0, chance.random())), chance.choice((1.0, 0.3))

    return choose


def random_plan(chance):
    levels = []
    for number in range(chance.randint(1, 4)):
        targets = [
            target(chance.randint(1, 3), random_windows(chance), f"{number}-{index}")
            for index in range(chance.randint(0, 5))
        ]
        ring = chance.uniform(5, 120)
        levels.append(
            level(
                *targets,
                strategy=chance.choice(("in_order", "all_at_once", "overlapping")),
                ring_time=ring,
                overlap_time=chance.uniform(0.01, 1) * ring,
                accept=chance.choice(("key", "pin")),
            )
        )
    return plan(*levels, rounds=chance.randint(1, 3))


def random_windows(chance):
    if chance.random() < 0.6:
        return ALWAYS
    opens = chance.uniform(0, 3_000)
    return ((opens, opens + chance.uniform(1, 3_000)),)


# ---------------------------------------------------------------- never later


def test_ten_thousand_trees_are_over_when_it_was_proved():
    chance = random.Random(4)
    closest = 0.0
    for number in range(10_000):
        worst = random_plan(chance)
        choose = worst_choice if number % 10 == 0 else by_chance(chance)
        took = Night(worst, choose).run()
        bound = worst_case_time(worst, 0.0)
        assert took <= bound + 1e-6, (number, worst)
        closest = max(closest, (took + SETUP_TIME) / bound if bound else 0.0)
    assert closest > 0.97, "no night comes near the bound: it is not tight"


@settings(deadline=None, max_examples=300)
@given(st.integers(), st.floats(min_value=0, max_value=4_000))
def test_a_tree_that_starts_later_is_over_in_time_too(seed, start):
    chance = random.Random(seed)
    worst = random_plan(chance)
    night = Night(worst, by_chance(chance))
    night.now = start
    took = night.run() - start
    assert took <= worst_case_time(worst, start) + 1e-6
    span = worst_case_between(worst.levels, worst.rounds, max(0.0, start - 50), start + 50)
    assert worst_case_time(worst, start) <= span <= worst_case_time(worst)


# ---------------------------------------------------------------- and hardly ever sooner


@pytest.mark.parametrize("accept", ["key", "pin"])
@pytest.mark.parametrize("counts", [(1,), (1, 1), (2, 1), (3,)])
def test_one_after_another_the_bound_is_reached(accept, counts):
    targets = [target(count, name=f"p{i}") for i, count in enumerate(counts)]
    worst = plan(level(*targets, accept=accept), rounds=2)
    took = Night(worst, worst_choice).run()
    # Only the wait for the last busy line can fall into other calls.
    spare = worst_case_time(worst) - SETUP_TIME - took
    assert spare <= 2 * BUSY_RETRY_TIME + 2 * sum(counts) * CLEARING_TIME
    if sum(counts) == 1:
        assert spare == 2 * CLEARING_TIME


def test_all_at_once_the_bound_is_reached():
    worst = plan(level(target(name="a"), target(name="b"), strategy="all_at_once"))
    turns = iter([(BUSY, 1.0, 0.0), (ANSWERED, 1.0, 1.0), (ANSWERED, 1.0, 1.0)])
    took = Night(worst, lambda is_second: next(turns)).run()
    talk = ANSWER_TIME
    assert took == 2 * (30 + talk)
    spare = worst_case_time(worst) - SETUP_TIME - took
    assert spare == BUSY_RETRY_TIME + CLEARING_TIME


# ---------------------------------------------------------------- figures


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        (level(), 0.0),
        # R + R + talk + clearing, and the wait for a busy line.
        (level(target()), 2 * 30 + 45 + 2 + 20),
        (level(target(), accept="pin"), 2 * 30 + 105 + 2 + 20),
        (level(target(2)), 2 * (2 * 30 + 45 + 2) + 20),
        (level(target(), target()), 2 * (2 * 30 + 45 + 2) + 20),
        # One person, one number: together with nobody is alone.
        (level(target(), strategy="all_at_once"), 2 * 30 + 45 + 2 + 20),
        (level(target(), target(), strategy="all_at_once"), 2 * (30 + 45) + 2 + 20),
        (level(target(3), target(), strategy="all_at_once"), 4 * (30 + 45) + 3 * 2 + 20),
        (level(target(), strategy="overlapping"), 2 * 30 + 45 + 2 + 20),
        (level(target(), target(), strategy="overlapping"), 2 * 15 + 60 + 90 + 4 + 20),
    ],
)
def test_the_bound_of_a_level(one, expected):
    assert batches_time(one, batch_sizes(one)) == expected
    assert worst_case_time(plan(one)) == (expected + SETUP_TIME if expected else 0)


def test_rounds_and_levels_add_up():
    one = level(target(), target(2))
    other = level(target(), strategy="all_at_once", accept="pin")
    times = [worst_case_time(plan(each)) - SETUP_TIME for each in (one, other)]
    assert worst_case_time(plan(one, other, rounds=3)) == 3 * sum(times) + SETUP_TIME


def test_batches_are_the_waves_of_numbers():
    people = (target(3, name="a"), target(1, name="b"), target(2, name="c"))
    assert batch_sizes(level(*people, strategy="all_at_once")) == [3, 2, 1]
    assert batch_sizes(level(*people)) == [1] * 6
    assert batch_sizes(level(strategy="all_at_once")) == []
    assert batch_sizes(level(*people), people[:1]) == [1] * 3


def test_an_empty_tree_is_with_an_operator_at_once():
    assert worst_case_time(plan()) == 0.0
    assert worst_case_time(plan(level(), level(), rounds=10)) == 0.0
    assert worst_case_to_first_ring(plan(level())) == 0.0
    assert worst_case_to_first_ring(plan(level(), level(target()))) == SETUP_TIME


def test_who_cannot_be_called_in_time_does_not_count():
    soon, late, past = ((100.0, 200.0),), ((9_000.0, 9_100.0),), ((0.0, 50.0),)
    people = [target(windows=windows, name=str(windows)) for windows in (soon, late, past)]
    worst = plan(level(*people))
    alone = plan(level(people[0]))
    assert worst_case_time(worst, 60.0) == worst_case_time(alone)
    assert worst_case_time(worst) > worst_case_time(worst, 60.0)
    assert worst_case_time(alone, 200.0) == 0.0
    assert worst_case_to_first_ring(alone, 200.0) == 0.0


def test_a_handover_while_the_tree_runs_counts_both():
    gone, come = ((0.0, 1_000.0),), ((1_000.0, 2_000.0),)
    worst = plan(level(target(windows=gone, name="a"), target(windows=come, name="b")))
    both = worst_case_time(worst)
    assert worst_case_time(worst, 990.0) == both
    assert worst_case_time(worst, 0.0) < both


def test_less_to_dial_never_takes_longer():
    chance = random.Random(7)
    for _ in range(500):
        one = next((lv for lv in random_plan(chance).levels if lv.targets), None)
        if one is None:
            continue
        fewer = replace(one, targets=one.targets[1:])
        assert batches_time(fewer, batch_sizes(fewer)) <= batches_time(one, batch_sizes(one))
        sizes = batch_sizes(one)
        assert batches_time(one, sizes[1:]) <= batches_time(one, sizes)


def test_a_machine_holds_nobody_up_longer_than_a_person():
    assert VOICEMAIL_TIME <= ANSWER_TIME
    assert talk_time("pin") - talk_time("key") == PIN_TIME
