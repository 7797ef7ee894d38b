"""Calling keyholders until somebody takes charge: who is next, when, and when it is over.

Each level is a list of batches; the numbers of a batch ring together. `in_order`: one
number a batch, the next when the last came to nothing. `overlapping`: the same, but the next
begins while the last still rings. `all_at_once`: everybody's first number, then everybody's
second. A level that reached nobody leads to the next, the last to the next round, the last
round to an operator. A level where nobody can be called is passed at once, and said.

A line that another tree holds at that moment, ringing or speaking, counts as busy.

It is over when as many people took charge as the most demanding level needs that it came to:
one of two at the first level and one at the next, which needs one, are two. Whoever took
charge at an earlier level alone never ends the calls of a later one.
"""

from typing import Final

from callflows import tree_limit
from callflows.board import Board
from callflows.call_tree import Attempt, CallTree, Retry, Slot, TreeState
from callflows.commands import PlanCallTree
from callflows.events import (
    CallId,
    CallTreePaused,
    CallTreeReplanned,
    CallTreeResumed,
    KeyholderPutOff,
    LevelEntered,
)
from callflows.tree_calls import dial, exhaust, finish, name_of, tell_operators
from callflows.tree_pace import (
    HURRY_TIME,
    batches_of,
    blocks_until,
    is_plan_awaited,
    refresh,
    remaining_time,
    renew_promise,
)
from client_directory.call_plan import CallPlan, PlannedLevel, Target
from client_directory.numbers import is_emergency_number
from client_directory.plan_timing import BUSY_RETRY_TIME, CLEARING_TIME

LINE_TIME: Final = 5.0
"Seconds until a line that another call tree holds is looked at again."

_HOME: Final = "BE"
"Where a number without country code would be dialled; ours all have one (E.164)."

# ---------------------------------------------------------------- going on


def advance(board: Board, tree: CallTree) -> None:
    """Do what is to be done now: dial, go to the next level, or tell an operator."""
    if not tree.is_over and tree.is_satisfied:
        finish(board, tree)
    while tree.state is TreeState.RUNNING and not _needs_plan(board, tree):
        level = tree.planned
        if level is not None:
            if not _may_dial(board, tree, level) or _is_clearing(board, tree):
                break
            if tree_limit.is_reached(board, tree):
                if not _blocking(tree, board.now):
                    exhaust(board, tree, tree_limit.reason(tree))
                break
            if batch := _next_batch(board, tree, level):
                why = (
                    "the promise is at risk"
                    if _blocking(tree, board.now) and _is_late(board, tree)
                    else ""
                )
                for slot in batch:
                    dial(board, tree, slot, why)
                continue
            if tree.retries or _blocking(tree, board.now):
                break
        if not _enter_next_level(board, tree):
            exhaust(board, tree, _why_exhausted(tree))
    refresh(board, tree)


def _needs_plan(board: Board, tree: CallTree) -> bool:
    """Whether a new plan is waited for: nothing is known of anybody's hours after the old one.

    Should none come, the tree goes on with what it has: nobody, and an operator has the case.
    """
    if board.now < tree.plan.until:
        return False
    if tree.plan_asked_at is None:
        tree.plan_asked_at = board.now
        board.say(
            PlanCallTree(
                incident_id=tree.incident_id,
                tree_id=tree.tree_id,
                organisation=tree.plan.organisation,
                site=tree.plan.site,
                call_tree=tree.plan.call_tree,
                asked_by=tree.asked_by,
            )
        )
    return is_plan_awaited(tree, board.now)


def replan(board: Board, tree: CallTree, plan: CallPlan) -> None:
    """Go on with a new plan, from the level it is at; who declined is still not called."""
    tree.plan, tree.plan_asked_at = plan, None
    tree.level = min(tree.level, max(len(plan.levels) - 1, 0))
    tree.round = min(tree.round, plan.rounds - 1)
    board.say(
        CallTreeReplanned(
            incident_id=tree.incident_id,
            tree_id=tree.tree_id,
            call_tree=plan.call_tree,
            until=plan.until,
        )
    )
    enter_level(board, tree)
    renew_promise(board, tree)
    advance(board, tree)


def _blocking(tree: CallTree, now: float) -> list[Attempt]:
    """Return the calls whose outcome is worth waiting for before anybody else is woken.

    What sounds like a machine is not: a person behind it can still press his key.
    """
    return [
        attempt
        for attempt in tree.live
        if attempt.is_ringing
        or (blocks_until(tree, attempt) > now and not attempt.is_machine_suspected)
    ]


def _may_dial(board: Board, tree: CallTree, level: PlannedLevel) -> bool:
    blocking = _blocking(tree, board.now)
    if not blocking:
        return True
    if _is_late(board, tree) and board.now >= tree.last_dialled_at + HURRY_TIME:
        return True
    is_someone_asked = any(attempt.is_talking for attempt in blocking)
    return (
        level.strategy == "overlapping"
        and not is_someone_asked
        and board.now >= tree.last_dialled_at + level.overlap_time
    )


def _is_clearing(board: Board, tree: CallTree) -> bool:
    """Whether the next number's previous call is told to end and not yet gone.

    A second call to a telephone that is just being told to stop would find it busy.
    """
    numbers = {slot.number for slot in _coming(board, tree)}
    return any(
        attempt.number in numbers
        and attempt.told_at is not None
        and board.now < attempt.told_at + CLEARING_TIME
        for attempt in tree.live
    )


def _is_late(board: Board, tree: CallTree) -> bool:
    return remaining_time(tree, board.now) > tree.promise_at - board.now


def _next_batch(board: Board, tree: CallTree, level: PlannedLevel) -> list[Slot]:
    """Take the next numbers to dial: a busy line whose time has come, or who is next.

    All at once, busy lines wait until everybody else was tried, and then for each other.
    """
    coming = _coming(board, tree)
    _look_again(board, tree)
    ready = [retry.slot for retry in tree.retries if retry.at <= board.now]
    if level.strategy == "all_at_once":
        ready = [] if coming or len(ready) < len(tree.retries) else ready
    for slot in ready:
        tree.retries = [retry for retry in tree.retries if retry.slot != slot]
        if level.strategy != "all_at_once" and _is_free(board, tree, slot):
            return [slot]
    if batch := [slot for slot in ready if _is_free(board, tree, slot)]:
        return batch
    if coming:
        tree.batches.pop(0)
    return coming


def _coming(board: Board, tree: CallTree) -> list[Slot]:
    """Return who is next, and drop from the list those who cannot be called now."""
    while tree.batches:
        batch = [slot for slot in tree.batches[0] if not _why_not(board, tree, slot)]
        for slot in [one for one in batch if board.is_line_held(one.number, tree)]:
            _put_off(board, tree, slot)
            batch.remove(slot)
            tree.batches[0].remove(slot)
        if batch:
            return batch
        tree.batches.pop(0)
    return []


def _put_off(board: Board, tree: CallTree, slot: Slot) -> None:
    """Treat a line that another tree holds as a busy one: others first, and soon again.

    He is waited for as long as a busy call could have lasted and its second try comes later;
    so the bound of the tree stays what it is (`plan_timing`).
    """
    level = tree.planned
    until = board.now + (level.ring_time if level is not None else 0.0) + BUSY_RETRY_TIME
    tree.retried.append(slot)
    tree.retries.append(Retry(slot, board.now + LINE_TIME, until))
    board.say(
        KeyholderPutOff(
            incident_id=tree.incident_id,
            tree_id=tree.tree_id,
            person=slot.person,
            name=name_of(tree, slot.person),
            number=slot.number,
            until=until,
        )
    )


def _look_again(board: Board, tree: CallTree) -> None:
    """Put a line off once more while another tree holds it and there is time for that."""
    for place, retry in enumerate(tree.retries):
        is_due = retry.at <= board.now < retry.until
        if is_due and board.is_line_held(retry.slot.number, tree):
            at = min(board.now + LINE_TIME, retry.until)
            tree.retries[place] = Retry(retry.slot, at, retry.until)


def _is_free(board: Board, tree: CallTree, slot: Slot) -> bool:
    return not _why_not(board, tree, slot) and not board.is_line_held(slot.number, tree)


def _why_not(board: Board, tree: CallTree, slot: Slot) -> str:
    """Say why a number is not dialled now; the empty string when nothing bars it."""
    target = tree.target(slot.person)
    if target is None or slot.person in tree.accepted:
        return "took charge"
    if why := tree.barred.get(slot.person):
        return why
    if any(a.number == slot.number and not a.is_told_to_end for a in tree.live):
        return "is being called"
    if _is_called_back(board, tree, slot.person):
        return "an operator calls him back"
    if is_emergency_number(slot.number, _HOME):
        return "an emergency number"
    return "" if is_available(target, board.now) else "not available"


def _is_called_back(board: Board, tree: CallTree, person: str) -> bool:
    """Whether an operator is on the line with his call-back: it rings, or they speak."""
    return any(
        (call := board.calls.get(back.attempt or CallId(""))) is not None and not call.seeks
        for back in board.call_backs.values()
        if (back.tree_id, back.keyholder) == (tree.tree_id, person)
    )


def calls_soon(board: Board, tree: CallTree, person: str) -> bool:
    """Whether a tree rings somebody now, or has him among the next ones of this level."""
    if tree.state is not TreeState.RUNNING:
        return False
    if any(a.person == person and (a.is_ringing or a.is_talking) for a in tree.live):
        return True
    slots = [slot for batch in tree.batches for slot in batch]
    slots += [retry.slot for retry in tree.retries]
    return any(slot.person == person and not _why_not(board, tree, slot) for slot in slots)


def is_available(target: Target, now: float) -> bool:
    """Whether a person may be called at this time.

    :param now: engine time, seconds.
    """
    return any(begin <= now < end for begin, end in target.windows)


# ---------------------------------------------------------------- levels


def enter_level(board: Board, tree: CallTree, why: str = "") -> None:
    """Put everybody of the level on the list, and say who is not."""
    level = tree.planned
    if level is None:
        return
    tree.needed = max(tree.needed, level.answers_needed)
    tree.batches, tree.retries, tree.retried = batches_of(level), [], []
    slots = [slot for batch in tree.batches for slot in batch]
    absent = {s.person: _why_not(board, tree, s) for s in slots if _why_not(board, tree, s)}
    left_out = [f"{out.name}: {out.reason}" for out in level.left_out]
    left_out += [f"{name_of(tree, person)}: {reason}" for person, reason in absent.items()]
    board.say(
        LevelEntered(
            incident_id=tree.incident_id,
            tree_id=tree.tree_id,
            level=tree.level,
            round=tree.round,
            left_out=tuple(left_out),
        )
    )
    is_known = board.now < tree.plan.until
    if all(slot.person in absent for slot in slots) and not tree.accepted and is_known:
        reason = f"call tree {tree.plan.call_tree}: nobody of level {tree.level + 1}"
        tell_operators(board, tree, f"{reason} can be called now")


def _enter_next_level(board: Board, tree: CallTree) -> bool:
    """Go to the next level, or begin the next round; `False` when all rounds are over."""
    tree.level += 1
    if tree.level >= len(tree.plan.levels):
        tree.level, tree.round = 0, tree.round + 1
    if tree.round >= tree.plan.rounds or not tree.plan.levels:
        tree.level, tree.round = max(len(tree.plan.levels) - 1, 0), tree.plan.rounds - 1
        return False
    enter_level(board, tree)
    return True


def _why_exhausted(tree: CallTree) -> str:
    if not any(level.targets for level in tree.plan.levels):
        return "nobody stands in it"
    if not tree.attempts:
        return "nobody in it can be called now"
    return "everybody was tried"


# ---------------------------------------------------------------- waiting


def pause(board: Board, tree: CallTree, by: str, reason: str) -> None:
    """Call nobody new until whatever it waits for is over. Calls that are up go on."""
    if tree.is_over:
        return
    if by not in tree.paused_by:
        tree.paused_by.append(by)
    if tree.state is TreeState.RUNNING:
        tree.state, tree.why = TreeState.PAUSED, reason
        tree.paused_at = board.now
        board.say(
            CallTreePaused(incident_id=tree.incident_id, tree_id=tree.tree_id, reason=reason)
        )
    refresh(board, tree)


def resume(board: Board, tree: CallTree, by: str, reason: str) -> None:
    """Go on, unless something else still holds the tree."""
    if by in tree.paused_by:
        tree.paused_by.remove(by)
    if tree.state is not TreeState.PAUSED or tree.paused_by:
        return
    tree.state, tree.why, tree.resume_at = TreeState.RUNNING, "", None
    board.say(
        CallTreeResumed(incident_id=tree.incident_id, tree_id=tree.tree_id, reason=reason)
    )
    renew_promise(board, tree)
    advance(board, tree)
