"""From the signal to a human, and to the police."""

import random
from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from client_directory.model import Answer, Procedure, Step
from client_directory.plan_timing import DISPATCH_TIME, STEP_TIME, VERIFY_TIME
from client_directory.procedure_timing import procedure_times
from client_directory.walk import END, closure, next_steps

POLICE = {"call_service": "police"}
TREE = {"start_call_tree": "tree"}
TIMES = {"tree": 300.0}


def procedure(*steps, hold=None):
    return Procedure(
        procedure="plan",
        version=1,
        incident_kinds=("intrusion",),
        title={"": "x"},
        urgency=2,
        steps=steps,
        hold_time=hold,
    )


def ask(name, *answers, **more):
    answers = tuple(
        Answer(answer=f"a{index}", go_to=target) for index, target in enumerate(answers)
    )
    return Step(step=name, ask={"": "?"}, answers=answers, **more)


def police(**more):
    return Step(step="police", do=POLICE, **more)


def verify(**more):
    return Step(step="verify", verify=("video",), **more)


@pytest.mark.parametrize(
    ("steps", "human", "to_police"),
    [
        ([Step(step="a", say={"": "x"})], 0, None),
        ([police()], 0, DISPATCH_TIME),
        ([ask("a"), police()], 0, STEP_TIME + DISPATCH_TIME),
        # The engine calls the keyholders; an operator has the case when they are exhausted.
        (
            [Step(step="tree", do=TREE, is_automatic=True), verify(), police()],
            300,
            300 + VERIFY_TIME + DISPATCH_TIME,
        ),
        # He starts a tree himself, and goes on.
        ([Step(step="tree", do=TREE), police()], 0, STEP_TIME + DISPATCH_TIME),
        # The longer of two ways.
        (
            [ask("a", "police", "b"), ask("b"), ask("c"), police()],
            0,
            3 * STEP_TIME + DISPATCH_TIME,
        ),
        # Round in a circle: each step once.
        ([ask("a"), ask("b", "a", "police"), police()], 0, 2 * STEP_TIME + DISPATCH_TIME),
        # What must be recorded first counts, also where the way leads around it.
        (
            [ask("a", "police", "verify"), verify(), police(requires="verify")],
            0,
            STEP_TIME + 2 * VERIFY_TIME + DISPATCH_TIME,
        ),
        ([verify(), police(requires="verify")], 0, VERIFY_TIME + DISPATCH_TIME),
        # A button that no way leads to.
        ([ask("a", "end"), police()], 0, None),
        # After the police nothing counts.
        ([police(), ask("a"), ask("b")], 0, DISPATCH_TIME),
    ],
)
def test_how_long_it_takes(steps, human, to_police):
    times = procedure_times(procedure(*steps), TIMES)
    assert (times.to_human, times.to_police) == (human, to_police)
    held = procedure_times(procedure(*steps, hold=45.0), TIMES)
    assert held.to_human == human + 45
    assert held.to_police == (None if to_police is None else to_police + 45)


def test_a_tree_that_is_not_there_takes_no_time():
    one = procedure(Step(step="t", do={"start_call_tree": "oak"}, is_automatic=True))
    assert procedure_times(one, TIMES).to_human == 0


def random_procedure(seed):
    chance = random.Random(seed)
    names = [f"s{index}" for index in range(chance.randint(1, 6))]
    steps = []
    for name in names:
        targets = [chance.choice([*names, END]) for _ in range(chance.randint(0, 3))]
        if chance.random() < 0.3:
            steps.append(Step(step=name, do=POLICE, go_to=chance.choice([None, *names])))
        elif chance.random() < 0.3:
            steps.append(Step(step=name, verify=("video",), go_to=chance.choice(names)))
        else:
            steps.append(ask(name, *targets))
    return procedure(*steps)


def every_way(one):
    """Walk every way that enters no step twice, and give its time to each police step."""
    ways = next_steps(one)
    steps = {step.step: step for step in one.steps}

    def weight(name):
        if (steps[name].do or {}).get("call_service") == "police":
            return DISPATCH_TIME
        return VERIFY_TIME if steps[name].verify else STEP_TIME

    stack = [([one.steps[0].step], weight(one.steps[0].step))]
    while stack:
        way, time = stack.pop()
        if (steps[way[-1]].do or {}).get("call_service") == "police":
            yield time
        for target in ways[way[-1]] - set(way) - {END}:
            stack.append(([*way, target], time + weight(target)))


@settings(deadline=None, max_examples=400)
@given(st.integers())
def test_no_way_to_the_police_takes_longer(seed):
    one = random_procedure(seed)
    bound = procedure_times(one, {}).to_police
    longest = max(every_way(one), default=None)
    if longest is None:
        assert bound is None
    else:
        assert bound is not None
        assert longest <= bound
        if not any_circle(one):
            assert bound == longest


def any_circle(one):
    ways = next_steps(one)
    return any(name in closure(after, ways) for name in ways for after in ways[name] - {END})


def test_a_long_consigne_is_timed_without_recursion():
    steps = [ask(f"s{index}", f"s{index + 1}", "s0") for index in range(20_000)]
    one = procedure(*steps, ask("s20000", "police"), police())
    assert procedure_times(one, {}).to_police == 20_001 * STEP_TIME + DISPATCH_TIME


def test_the_order_in_which_steps_stand_does_not_matter():
    steps = [
        ask("a", "b", "c"),
        ask("b", "c", "police"),
        ask("c", "d"),
        ask("d", "police", "b"),
        police(go_to="end"),
    ]
    found = {
        procedure_times(procedure(steps[0], *rest), {}).to_police
        for rest in permutations(steps[1:])
    }
    assert found == {4 * STEP_TIME + DISPATCH_TIME}


@pytest.mark.parametrize(
    ("own", "clients", "waits"), [(None, 30, 30), (45, 30, 45), (0, 30, 0)]
)
def test_the_client_s_hold_counts_where_the_consigne_has_none(own, clients, waits):
    times = procedure_times(procedure(police(), hold=own), {}, clients)
    assert times == (waits, waits + DISPATCH_TIME)
