"""How long a consigne can take until a human, and the police, have been reached.

What the engine does by itself is bounded by `plan_timing`. What an operator does cannot be;
he is given a fixed time for each step, and the bound says what follows from that.
"""

from collections.abc import Mapping
from typing import NamedTuple

from client_directory.model import Procedure, Step
from client_directory.plan_timing import DISPATCH_TIME, STEP_TIME, VERIFY_TIME
from client_directory.walk import closure, next_steps


class ProcedureTimes(NamedTuple):
    """Upper bounds from the signal on, seconds."""

    to_human: float
    "Until a keyholder took charge or an operator has the case."
    to_police: float | None
    "Until the police's phone rings; `None` when no step calls them."


def procedure_times(
    procedure: Procedure, tree_times: Mapping[str, float], hold_time: float = 0.0
) -> ProcedureTimes:
    """Bound a consigne.

    :param tree_times: worst case of each call tree, seconds.
    :param hold_time: the client's wait for a cancelling signal, where the consigne has none
        of its own, seconds.

    A case without a call tree that starts by itself is an operator's once the wait for a
    cancelling signal is over; with one, at the latest when the tree is exhausted. From then
    on he goes the longest way to the police, each step once, also where answers lead round
    in a circle. A tree that he starts himself runs beside that.
    """
    hold = hold_time if procedure.hold_time is None else procedure.hold_time
    ways = next_steps(procedure)
    automatic = [
        tree_times.get(step.do["start_call_tree"], 0.0)
        for step in procedure.steps
        if step.is_automatic and step.do and "start_call_tree" in step.do
    ]
    to_human = hold + max(automatic, default=0.0)
    first = procedure.steps[0].step
    times = {step.step: _step_time(step) for step in procedure.steps}
    longest = _longest_ways(procedure, ways, times)
    buttons = [step for step in procedure.steps if _is_police(step) and step.step in longest]
    around = {
        required: closure(first, ways, without=required)
        for required in {step.requires for step in buttons}
        if required is not None and required in times and required != first
    }
    to_police = [
        to_human + longest[step.step] + _required_time(step, around, times) for step in buttons
    ]
    return ProcedureTimes(to_human, max(to_police, default=None))


def _is_police(step: Step) -> bool:
    return (step.do or {}).get("call_service") == "police"


def _required_time(
    step: Step, around: Mapping[str, set[str]], times: Mapping[str, float]
) -> float:
    """Return the time of a step that must be recorded first, and that a way may lead around.

    :param around: for such a step, those that can be reached without it.
    """
    required = step.requires
    if required is None or step.step not in around.get(required, ()):
        return 0.0
    return times[required]


def _step_time(step: Step) -> float:
    if _is_police(step):
        return DISPATCH_TIME
    if step.is_automatic:
        return 0.0
    return VERIFY_TIME if step.verify else STEP_TIME


def _longest_ways(
    procedure: Procedure, ways: Mapping[str, set[str]], times: Mapping[str, float]
) -> dict[str, float]:
    """Return the time of the longest way from the first step through each, itself included.

    Steps that lead round in a circle are taken as one that lasts as long as all of them:
    an upper bound of every way that enters none twice.
    """
    group_of, groups = _circles(procedure.steps[0].step, ways)
    length = [sum(times.get(step, 0.0) for step in group) for group in groups]
    longest = [0.0] * len(groups)
    # Tarjan's circles come last first: in reverse every way leads onward.
    for number in range(len(groups) - 1, -1, -1):
        longest[number] += length[number]
        for step in groups[number]:
            for target in ways.get(step, ()):
                after = group_of[target]
                if after != number:
                    longest[after] = max(longest[after], longest[number])
    return {step: longest[number] for step, number in group_of.items()}


def _circles(
    first: str, ways: Mapping[str, set[str]]
) -> tuple[dict[str, int], list[list[str]]]:
    """Group the reachable steps into circles (Tarjan 1972), without recursion."""
    order: dict[str, int] = {}
    low: dict[str, int] = {}
    group_of: dict[str, int] = {}
    groups: list[list[str]] = []
    open_steps: list[str] = []
    work = [(first, iter(sorted(ways.get(first, ()))))]
    order[first] = low[first] = 0
    open_steps.append(first)
    while work:
        step, targets = work[-1]
        target = next(targets, None)
        if target is None:
            work.pop()
            if work:
                low[work[-1][0]] = min(low[work[-1][0]], low[step])
            if low[step] == order[step]:
                groups.append(_closed(step, open_steps, group_of, len(groups)))
        elif target not in order:
            order[target] = low[target] = len(order)
            open_steps.append(target)
            work.append((target, iter(sorted(ways.get(target, ())))))
        elif target not in group_of:
            low[step] = min(low[step], order[target])
    return group_of, groups


def _closed(
    first: str, open_steps: list[str], group_of: dict[str, int], number: int
) -> list[str]:
    group = []
    while True:
        step = open_steps.pop()
        group_of[step] = number
        group.append(step)
        if step == first:
            return group
