"""The ways through a consigne: which steps can follow which."""

from collections import defaultdict
from collections.abc import Mapping
from typing import Final

from client_directory.model import Procedure

END: Final = "end"
"The step that every consigne arrives at."

Ways = Mapping[str, set[str]]
"From each step to those that can follow it."


def next_steps(procedure: Procedure) -> dict[str, set[str]]:
    """Return which steps, or the end, an answer can lead to from each step."""
    follow: dict[str, set[str]] = {}
    for index, step in enumerate(procedure.steps):
        is_last = index + 1 == len(procedure.steps)
        otherwise = step.go_to or (END if is_last else procedure.steps[index + 1].step)
        if step.answers == "free_text" or not step.answers:
            follow[step.step] = {otherwise}
        else:
            follow[step.step] = {answer.go_to or otherwise for answer in step.answers}
    return follow


def backwards(ways: Ways) -> dict[str, set[str]]:
    """Return the same ways, walked the other way round."""
    lead: dict[str, set[str]] = defaultdict(set)
    for step, targets in ways.items():
        for target in targets:
            lead[target].add(step)
    return dict(lead)


def closure(start: str, ways: Ways, without: str | None = None) -> set[str]:
    """Return every step that can be reached, the start included.

    :param without: a step that is not entered.
    """
    seen, waiting = {start}, [start]
    while waiting:
        fresh = ways.get(waiting.pop(), set()) - seen - {without}
        seen |= fresh
        waiting.extend(fresh)
    return seen
