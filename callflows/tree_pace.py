"""When a tree wants to be told that a time has come, and whether its promise is at risk.

The promise is the latest moment at which a human will have taken charge, or an operator has
the case. It is proved before the directory goes live (`client_directory.plan_timing`). The
time in which a human held the tree does not count: it promises anew when it goes on. A
restart can still eat into the promise, and then the tree goes faster than it was told to.
"""

from itertools import zip_longest
from typing import Final

from callflows.board import Board
from callflows.call_tree import Attempt, CallTree, Slot, TreeState
from callflows.events import PromiseRenewed
from client_directory.call_plan import PlannedLevel
from client_directory.plan_timing import (
    CLEARING_TIME,
    SETUP_TIME,
    batch_sizes,
    batches_time,
    talk_time,
)

PAUSE_TIME: Final = 300.0
"Seconds after which operators are reminded of a tree that waits."
HURRY_TIME: Final = 5.0
"Seconds between two calls when the promise is at risk: a phone shall ring at least twice."


def refresh(board: Board, tree: CallTree) -> None:
    """Work out when the tree wants to be told that time has passed."""
    times = [attempt.until for attempt in tree.live if attempt.until is not None]
    if tree.state is TreeState.RUNNING:
        times += [retry.at for retry in tree.retries if retry.at > board.now]
        told = (attempt.told_at for attempt in tree.live if attempt.told_at is not None)
        times += [at + CLEARING_TIME for at in told if at + CLEARING_TIME > board.now]
        times += [at for a in tree.live if (at := blocks_until(tree, a)) > board.now]
        times += _next_start(tree, board.now)
        if is_plan_awaited(tree, board.now):
            times.append((tree.plan_asked_at or 0.0) + SETUP_TIME)
    elif tree.state is TreeState.PAUSED:
        times.append(tree.paused_at + PAUSE_TIME)
        times += [tree.resume_at] if tree.resume_at is not None else []
    tree.deadline = min(times, default=None)
    board.touched_timed[tree.timer_id] = tree


def is_plan_awaited(tree: CallTree, now: float) -> bool:
    """Whether a new plan was asked for and may still come.

    :param now: engine time, seconds.
    """
    return tree.plan_asked_at is not None and now < tree.plan_asked_at + SETUP_TIME


def _next_start(tree: CallTree, now: float) -> list[float]:
    """Return when the next call begins although others still ring."""
    level = tree.planned
    is_ringing = any(attempt.is_ringing for attempt in tree.live)
    if level is None or not is_ringing or not (tree.batches or tree.retries):
        return []
    times = []
    if level.strategy == "overlapping":
        times.append(tree.last_dialled_at + level.overlap_time)
    if now + remaining_time(tree, now) > tree.promise_at:
        times.append(tree.last_dialled_at + HURRY_TIME)
    return [at for at in times if at > now]


def batches_of(level: PlannedLevel) -> list[list[Slot]]:
    """Return the numbers of a level in the order in which they are dialled."""
    if level.strategy == "all_at_once":
        waves = zip_longest(*(target.numbers for target in level.targets))
        return [
            [
                Slot(target.person, number)
                for target, number in zip(level.targets, wave, strict=True)
                if number is not None
            ]
            for wave in waves
        ]
    return [
        [Slot(target.person, number)] for target in level.targets for number in target.numbers
    ]


def blocks_until(tree: CallTree, attempt: Attempt) -> float:
    """Return when somebody who is asked holds nobody up any more, engine time.

    He may go on listening: hearing it all again costs the others nothing.
    """
    if not attempt.is_talking or attempt.answered_at is None:
        return 0.0
    return attempt.answered_at + talk_time("pin" if tree.accept_of(attempt) == "pin" else "key")


def renew_promise(board: Board, tree: CallTree) -> None:
    """Promise a later moment when the one before cannot be kept, and say so.

    For a tree that goes on after a human held it, or sent it to another level.
    """
    now = board.now
    if tree.state is not TreeState.RUNNING:
        return
    if now + remaining_time(tree, now) <= tree.promise_at:
        return
    bound = remaining_time(tree, now, float("inf"))
    while (tighter := remaining_time(tree, now, now + bound + SETUP_TIME)) < bound:
        bound = tighter
    tree.promise_at = now + bound + SETUP_TIME
    board.say(
        PromiseRenewed(
            incident_id=tree.incident_id, tree_id=tree.tree_id, promise_at=tree.promise_at
        )
    )


def remaining_time(tree: CallTree, now: float, end: float | None = None) -> float:
    """Return an upper bound of the seconds until the tree is over, if nothing holds it.

    :param end: whoever cannot be called before it does not count (`plan_timing`), engine
        time; when left out, the moment that was promised.
    """
    end = tree.promise_at if end is None else end
    level = tree.planned
    if level is None:
        return 0.0
    total = max((_left(level, attempt, now) for attempt in tree.live), default=0.0)
    batches = [*tree.batches, *([retry.slot] for retry in tree.retries)]
    sizes = [sum(_counts(tree, slot.person, now, end) for slot in batch) for batch in batches]
    total += batches_time(level, sizes)
    whole = [_level_time(tree, one, now, end) for one in tree.plan.levels]
    rounds_left = tree.plan.rounds - 1 - tree.round
    return total + sum(whole[tree.level + 1 :]) + sum(whole) * rounds_left


def _level_time(tree: CallTree, level: PlannedLevel, now: float, end: float) -> float:
    targets = [who for who in level.targets if _counts(tree, who.person, now, end)]
    return batches_time(level, batch_sizes(level, targets))


def _counts(tree: CallTree, person: str, now: float, end: float) -> bool:
    """Whether somebody may still be called before the end."""
    target = tree.target(person)
    if target is None or person in tree.barred or person in tree.accepted:
        return False
    return any(opens <= end and closes > now for opens, closes in target.windows)


def _left(level: PlannedLevel, attempt: Attempt, now: float) -> float:
    if not attempt.is_ringing and not attempt.is_talking:
        return 0.0
    until = attempt.until if attempt.until is not None else now
    return max(until - now, 0.0) + (talk_time(level.accept) if attempt.is_ringing else 0.0)
