"""When a tree wants to be told that a time has come, and whether its promise is at risk.

The promise is the latest moment at which a human will have taken charge, or an operator has
the case. It is proved before the directory goes live (`client_directory.plan_timing`); a
pause or a restart can still eat into it, and then the tree goes faster than it was told to.
"""

from typing import Final

from callflows.board import Board
from callflows.call_tree import Attempt, AttemptState, CallTree, TreeState
from client_directory.call_plan import PlannedLevel
from client_directory.plan_timing import ANSWER_TIME, BUSY_RETRY_TIME, PIN_TIME

PAUSE_TIME: Final = 300.0
"Seconds after which operators are reminded of a tree that waits."


def refresh(board: Board, tree: CallTree) -> None:
    """Work out when the tree wants to be told that time has passed."""
    times = [a.until for a in tree.live if a.until is not None]
    if tree.state is TreeState.RUNNING:
        times += [at for at, _ in tree.retries]
        times += _next_start(tree)
    elif tree.state is TreeState.PAUSED:
        times.append(tree.paused_at + PAUSE_TIME)
    tree.deadline = min(times, default=None)
    board.touched_timed[tree.timer_id] = tree


def _next_start(tree: CallTree) -> list[float]:
    """Return when the next call begins although others still ring."""
    level = tree.planned
    if level is None or not any(attempt.is_ringing for attempt in tree.live):
        return []
    times = [tree.promise_at - remaining_time(tree, tree.promise_at) + 0.0]
    if level.strategy == "overlapping" and tree.batches:
        times.append(tree.last_dialled_at + level.overlap_time)
    return times


def remaining_time(tree: CallTree, now: float) -> float:
    """Return an upper bound of the seconds until the tree is over, if nothing holds it."""
    raise NotImplementedError


def must_hurry(tree: CallTree, now: float) -> bool:
    """Whether the promise cannot be kept at the planned pace."""
    return now + remaining_time(tree, now) > tree.promise_at


__all__ = ["ANSWER_TIME", "BUSY_RETRY_TIME", "PIN_TIME", "Attempt", "AttemptState", "PlannedLevel"]
