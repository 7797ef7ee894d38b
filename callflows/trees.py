"""Call trees at work: they start, take events, obey operators, and go on after a restart."""

from typing import Any, Final

from callflows import keyholder, taking_charge
from callflows.attention import attend
from callflows.automatic import ask_for_plan
from callflows.board import Board
from callflows.call_tree import Attempt, AttemptState, CallTree, Slot, TreeState
from callflows.crossing import time_to_go_on
from callflows.events import (
    CallKeyholderPressed,
    CallTreeEnded,
    CallTreeRequested,
    CallTreeStarted,
    CallTreeUnplanned,
    ConfirmKeyholderPressed,
    Event,
    JumpTreePressed,
    LegId,
    PauseTreePressed,
    ResumeTreePressed,
    SkipKeyholderPressed,
    StopTreePressed,
    TreeId,
    TreeRefused,
)
from callflows.tree_calls import dial, hang_up, let_go, missed, tell_taken
from callflows.tree_pace import PAUSE_TIME, batches_of, renew_promise
from callflows.tree_run import advance, enter_level, is_available, pause, replan, resume
from client_directory.call_plan import CallPlan
from client_directory.plan_timing import SETUP_TIME, worst_case_time

# ---------------------------------------------------------------- starting


def tree_requested(board: Board, event: CallTreeRequested) -> None:
    """Start a tree, or go on with a new plan for one whose own is over.

    The same one again, or one for a closed case, is only noted.
    """
    incident = board.incidents.get(event.incident_id)
    known = board.trees.get(event.tree_id)
    if known is not None and _is_for(known, event.plan, board.now):
        replan(board, known, event.plan)
        return
    if incident is None or not incident.is_open or event.tree_id in board.trees:
        board.ignore(event, "no open case" if incident is None else "known already")
        return
    incident.wanted_trees.pop(event.tree_id, None)
    if event.tree_id not in incident.tree_ids:
        incident.tree_ids.append(event.tree_id)
    tree = CallTree(
        tree_id=event.tree_id,
        incident_id=incident.incident_id,
        plan=event.plan,
        started_at=board.now,
        promise_at=board.now,
        asked_by=event.asked_by,
    )
    if tree.planned is not None:
        tree.batches = batches_of(tree.planned)
    tree.promise_at = board.now + worst_case_time(event.plan, board.now)
    board.trees[tree.tree_id] = tree
    board.say(
        CallTreeStarted(
            incident_id=tree.incident_id,
            tree_id=tree.tree_id,
            call_tree=tree.plan.call_tree,
            levels=len(tree.plan.levels),
            rounds=tree.plan.rounds,
            promise_at=tree.promise_at,
            asked_by=tree.asked_by,
        )
    )
    board.keep_timed(tree)
    enter_level(board, tree)
    advance(board, tree)


def _is_for(tree: CallTree, plan: CallPlan, now: float) -> bool:
    """Whether a plan is the one that a tree asked for when its own was over."""
    return not tree.is_over and tree.plan_asked_at is not None and now < plan.until


def tree_unplanned(board: Board, event: CallTreeUnplanned) -> None:
    """Tell a human at once that a tree which was asked for cannot run."""
    incident = board.incidents.get(event.incident_id)
    if incident is None or not incident.is_open:
        board.ignore(event, "no open case")
        return
    incident.wanted_trees.pop(event.tree_id, None)
    reason = f"call tree {event.call_tree} cannot run: {event.reason}"
    attend(board, incident, reason, is_failure=True)
    tree = board.trees.get(event.tree_id)
    if tree is not None and tree.plan_asked_at is not None:
        tree.plan_asked_at = board.now - SETUP_TIME  # none will come
        advance(board, tree)


# ---------------------------------------------------------------- events of legs and time


def tell_attempt(board: Board, tree: CallTree, event: Any) -> None:
    """Take an event about a keyholder's leg, and go on."""
    attempt = tree.attempt(event.leg_id)
    state = attempt.state if attempt is not None else AttemptState.OVER
    known = keyholder.TABLE.get((state, type(event)))
    if attempt is None or known is None or not known.step(board, tree, attempt, event):
        board.ignore(event, state.value)
    else:
        advance(board, tree)


def due(board: Board, tree: CallTree) -> None:
    """End what lasted long enough, and go on."""
    for attempt in tree.live:
        if attempt.until is not None and attempt.until <= board.now:
            attempt.until = None
            keyholder.time_is_up(board, tree, attempt)
    if tree.state is TreeState.PAUSED:
        if tree.resume_at is not None and tree.resume_at <= board.now:
            time_to_go_on(board, tree)
        elif tree.paused_at + PAUSE_TIME <= board.now:
            tree.paused_at = board.now
            _remind(board, tree)
    advance(board, tree)


def _remind(board: Board, tree: CallTree) -> None:
    incident = board.incidents.get(tree.incident_id)
    if incident is not None:
        attend(board, incident, f"call tree {tree.plan.call_tree} has been waiting: {tree.why}")


# ---------------------------------------------------------------- what operators press


def _pause(board: Board, tree: CallTree, event: PauseTreePressed) -> bool:
    if tree.is_over:
        return False
    pause(board, tree, "operator", f"paused by {event.operator}")
    return True


def _resume(board: Board, tree: CallTree, event: ResumeTreePressed) -> bool:
    if tree.state is not TreeState.PAUSED:
        return False
    tree.paused_by.clear()
    resume(board, tree, "operator", f"resumed by {event.operator}")
    return True


def _skip(board: Board, tree: CallTree, event: SkipKeyholderPressed) -> bool:
    target = tree.target(event.person)
    if target is None or tree.is_over:
        return False
    tree.barred[event.person] = f"skipped by {event.operator}"
    for attempt in tree.live:
        if attempt.person != event.person:
            continue
        if attempt.is_ringing:
            attempt.outcome = "stopped"
            hang_up(board, tree, attempt)
        elif attempt.is_talking:
            tell_taken(board, tree, attempt)
    return True


def _jump(board: Board, tree: CallTree, event: JumpTreePressed) -> bool:
    if tree.is_over or not 0 <= event.level < len(tree.plan.levels):
        return False
    for attempt in tree.live:
        if attempt.is_ringing:
            attempt.outcome = "stopped"
            hang_up(board, tree, attempt)
    tree.level = event.level
    enter_level(board, tree)
    return True


def _call(board: Board, tree: CallTree, event: CallKeyholderPressed) -> bool:
    """Call a person now. An operator may, also after the tree is over, and at any hour.

    Whom nobody may call, the press was refused for (`client_directory.call_right`).
    """
    target = tree.target(event.person)
    if target is None or not target.numbers:
        return False
    calls = [a for a in tree.live if a.person == event.person]
    free = [number for number in target.numbers if not board.is_line_held(number, tree)]
    if not free or any(a.is_ringing or a.is_talking for a in calls):
        board.say(
            TreeRefused(
                incident_id=tree.incident_id,
                tree_id=tree.tree_id,
                operator=event.operator,
                reason=f"{target.name} is being called",
            )
        )
        return True
    tried = [a.number for a in tree.attempts if a.person == event.person]
    number = min(free, key=lambda n: (tried.count(n), target.numbers.index(n)))
    tree.barred.pop(event.person, None)
    why = f"called now by {event.operator}"
    if board.now < tree.plan.until and not is_available(target, board.now):
        why += ", outside the hours he gave"
    dial(board, tree, Slot(event.person, number), why)
    return True


def _stop(board: Board, tree: CallTree, event: StopTreePressed) -> bool:
    if tree.is_over:
        return False
    tree.state, tree.why = TreeState.STOPPED, event.reason or f"stopped by {event.operator}"
    tree.paused_by.clear()
    let_go(board, tree, is_taken=False)
    board.say(
        CallTreeEnded(
            incident_id=tree.incident_id,
            tree_id=tree.tree_id,
            reason="stopped",
            accepted=tuple(tree.accepted),
        )
    )
    return True


def _confirm(board: Board, tree: CallTree, event: ConfirmKeyholderPressed) -> bool:
    """Take an operator's word that a person of the tree takes charge."""
    target = tree.target(event.person)
    if target is None or event.person in tree.accepted:
        return False
    attempt = next((a for a in reversed(tree.attempts) if a.person == event.person), None)
    if attempt is None:
        attempt = Attempt(
            leg_id=LegId(""),
            person=target.person,
            name=target.name,
            number="",
            language="",
            level=tree.level,
            round=tree.round,
            dialled_at=board.now,
            state=AttemptState.OVER,
        )
        tree.attempts.append(attempt)
    taking_charge.accept(board, tree, attempt, "operator")
    return True


PRESSES: Final[dict[type[Event], Any]] = {
    PauseTreePressed: _pause,
    ResumeTreePressed: _resume,
    SkipKeyholderPressed: _skip,
    JumpTreePressed: _jump,
    CallKeyholderPressed: _call,
    StopTreePressed: _stop,
    ConfirmKeyholderPressed: _confirm,
}


def pressed(board: Board, event: Any) -> None:
    """Do what an operator asked a tree for, and go on."""
    tree = board.trees.get(TreeId(event.tree_id))
    if tree is None:
        board.ignore(event, "unknown call tree")
    elif not PRESSES[type(event)](board, tree, event):
        board.ignore(event, tree.state.value)
    else:
        renew_promise(board, tree)
        advance(board, tree)


# ---------------------------------------------------------------- after a restart


def restarted(board: Board, alive: frozenset[LegId], before: frozenset[LegId]) -> None:
    """Go on where the log ends: trees that were only asked for are planned again.

    A call that could not be repeated as the very same INVITE has an outcome nobody knows:
    it is said, and the next keyholder is called. Nobody is dialled twice for one step.

    :param before: keyholders' legs of before the start; whoever is dialled since, because a
        tree need not wait for a lost caller any more, is no call that was lost.
    """
    for incident in board.incidents.values():
        for tree_id in incident.wanted_trees if incident.is_open else ():
            ask_for_plan(board, incident, tree_id, "restart")
    for tree in tuple(board.trees.values()):
        for attempt in [one for one in tree.live if one.leg_id in before]:
            if attempt.leg_id not in alive:
                _lost(board, tree, attempt)
            elif attempt.is_told_to_end:
                attempt.told_at = None
                hang_up(board, tree, attempt)
            elif attempt.state is not AttemptState.DIALLED:
                keyholder.say_again(board, tree, attempt)
        if not tree.is_over and board.now >= tree.plan.until:
            tree.plan_asked_at = None  # asked for again: the answer may be lost
        advance(board, tree)


def _lost(board: Board, tree: CallTree, attempt: Attempt) -> None:
    board.tree_legs.pop(attempt.leg_id, None)
    if not attempt.outcome:
        missed(board, tree, attempt, "unknown")
        incident = board.incidents.get(tree.incident_id)
        if incident is not None:
            attend(board, incident, f"outcome unknown: {attempt.name} was being called")
    attempt.state, attempt.until, attempt.ended_at = AttemptState.OVER, None, board.now
