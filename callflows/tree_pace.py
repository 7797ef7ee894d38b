"""When a tree wants to be told that a time has come, and whether its promise is at risk.

The promise is the latest moment at which a human will have taken charge, or an operator has
the case. It is proved before the directory goes live (`client_directory.plan_timing`); a
pause or a restart can still eat into it, and then the tree goes faster than it was told to.
"""

from itertools import zip_longest
from typing import Final

from callflows.board import Board
from callflows.call_tree import Attempt, CallTree, Slot, TreeState
from client_directory.call_plan import PlannedLevel
from client_directory.plan_timing import CLEARING_TIME, batch_sizes, batches_time, talk_time

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
    elif tree.state is TreeState.PAUSED:
        times.append(tree.paused_at + PAUSE_TIME)
        times += [tree.resume_at] if tree.resume_at is not None else []
    tree.deadline = min(times, default=None)
    board.touched_timed[tree.timer_id] = tree


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
    return attempt.answered_at + talk_time(tree.plan.levels[attempt.level].accept)


def remaining_time(tree: CallTree, now: float) -> float:
    """Return an upper bound of the seconds until the tree is over, if nothing holds it.

    Whoever cannot be called before the promise is due does not count (`plan_timing`).
    """
    level = tree.planned
    if level is None:
        return 0.0
    total = max((_left(level, attempt, now) for attempt in tree.live), default=0.0)
    batches = [*tree.batches, *([retry.slot] for retry in tree.retries)]
    sizes = [sum(_counts(tree, slot.person, now) for slot in batch) for batch in batches]
    total += batches_time(level, sizes)
    whole = [_level_time(tree, one, now) for one in tree.plan.levels]
    rounds_left = tree.plan.rounds - 1 - tree.round
    return total + sum(whole[tree.level + 1 :]) + sum(whole) * rounds_left


def _level_time(tree: CallTree, level: PlannedLevel, now: float) -> float:
    targets = [who for who in level.targets if _counts(tree, who.person, now)]
    return batches_time(level, batch_sizes(level, targets))


def _counts(tree: CallTree, person: str, now: float) -> bool:
    """Whether somebody may still be called before the promise is due."""
    target = tree.target(person)
    if target is None or person in tree.barred or person in tree.accepted:
        return False
    end = tree.promise_at
    return any(opens <= end and closes > now for opens, closes in target.windows)


def _left(level: PlannedLevel, attempt: Attempt, now: float) -> float:
    if not attempt.is_ringing and not attempt.is_talking:
        return 0.0
    until = attempt.until if attempt.until is not None else now
    return max(until - now, 0.0) + (talk_time(level.accept) if attempt.is_ringing else 0.0)
