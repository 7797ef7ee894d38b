"""Keyholders and operators meet: he pressed 0, or rang in while the tree was calling him.

His call stands in the same queue as any other, belongs to the same case, and is offered to
the operator who owns that case first. The tree waits meanwhile: nobody else is woken for
what two people are just agreeing on.
"""

from typing import Final

from callflows import search
from callflows.board import Board
from callflows.call import InboundCall, Sound
from callflows.call_tree import Attempt, AttemptState, CallTree, TreeState
from callflows.commands import StartRecording
from callflows.events import (
    CallId,
    CallOffered,
    Identification,
    KeyholderAskedOperator,
    OperatorId,
)
from callflows.sounds import commands
from callflows.tree_calls import hang_up
from callflows.tree_pace import refresh
from callflows.tree_run import pause, resume

AGREED_TIME: Final = 20.0
"""Seconds after an operator's talk with a keyholder in which the tree still waits.

Time to press "he takes charge"; without it the next keyholder is called.
"""
DIALLED: Final = "The number of this keyholder was dialled."
OF_THE_CASE: Final = "The call belongs to the case in which a keyholder was called."


def rang_in(board: Board, call: InboundCall) -> None:
    """Let every tree wait that called a keyholder who rings in by himself.

    His call belongs to the case of the first of them; the others go on when he is gone.
    """
    number = call.caller or ""
    trees = board.trees_at(call.identification.organisation, call.caller)
    if not trees or trees[0].incident_id != call.incident_id:
        return
    for place, tree in enumerate(trees):
        target = tree.person_at(number)
        if target is None or (place and (tree.is_over or not tree.has_called(number))):
            continue
        if place == 0:
            _wait_for(board, tree, call, target.person, is_crossing=True)
        else:
            pause(board, tree, f"call:{call.call_id}", f"{target.person} is on the line")
        tree.retries = [x for x in tree.retries if x.slot.person != target.person]
        for attempt in tree.live:
            if attempt.person == target.person and attempt.is_ringing:
                attempt.outcome = "crossed"
                hang_up(board, tree, attempt)
        refresh(board, tree)


def connect_operator(board: Board, tree: CallTree, attempt: Attempt) -> None:
    """Give a keyholder who pressed 0 to the operators: his leg becomes a call that waits."""
    incident = board.incidents[tree.incident_id]
    plan, target = tree.plan, tree.target(attempt.person)
    attempt.state, attempt.outcome, attempt.until = AttemptState.OVER, "operator", None
    board.tree_legs.pop(attempt.leg_id, None)
    offer = CallOffered(
        incident_id=tree.incident_id,
        call_id=CallId(f"{attempt.leg_id}-c"),
        leg_id=attempt.leg_id,
        did=plan.presented_number or "",
        caller=attempt.number,
        service="keyholder_callback",
        identification=Identification(
            organisation=plan.organisation,
            organisation_name=plan.organisation_name,
            organisation_certainty="known",
            site=plan.site,
            site_name=plan.site_name,
            site_certainty="known" if plan.site else "unknown",
            person=attempt.person,
            person_name=attempt.name,
            person_certainty="guessed",
            why=DIALLED,
            organisation_why=OF_THE_CASE,
            site_why=OF_THE_CASE,
            person_why=DIALLED,
        ),
        clearance=incident.clearance,
        languages=(*(target.languages if target else ()), *plan.languages),
        presented_number=plan.presented_number,
        procedure=incident.procedure,
        urgency=incident.urgency,
    )
    call = InboundCall(
        call_id=offer.call_id,
        incident_id=tree.incident_id,
        leg_id=attempt.leg_id,
        offer=offer,
        offered_at=board.now,
        waits_since=board.now,
        urgency=incident.urgency,
        sound=Sound.NOTICE,
        notice_began_at=board.now,
        is_caller_answered=True,
        recording_id=f"{offer.call_id}-r1",
    )
    board.add_call(call)
    incident.call_ids.append(call.call_id)
    board.say(
        *commands(call),
        StartRecording(
            incident_id=call.incident_id,
            call_id=call.call_id,
            leg_id=call.leg_id,
            recording_id=call.recording_id or "",
        ),
    )
    _wait_for(board, tree, call, attempt.person, is_crossing=False)
    search.begin(board, call)


def _wait_for(
    board: Board, tree: CallTree, call: InboundCall, person: str, *, is_crossing: bool
) -> None:
    incident = board.incidents[tree.incident_id]
    call.tree_id, call.keyholder = tree.tree_id, person
    if call.caller is not None:
        tree.on_line[call.call_id] = call.caller
    call.preferred = OperatorId(incident.owner) if incident.owner else None
    board.say(
        KeyholderAskedOperator(
            incident_id=tree.incident_id,
            tree_id=tree.tree_id,
            person=person,
            call_id=call.call_id,
            is_crossing=is_crossing,
        )
    )
    pause(board, tree, f"call:{call.call_id}", f"{person} is on the line")


def call_over(board: Board, call: InboundCall) -> None:
    """Let the tree go on after a keyholder's call, unless the operator says otherwise.

    Whoever spoke with an operator is not called again; whoever gave up before is.
    """
    tree = board.trees.get(call.tree_id) if call.tree_id is not None else None
    if tree is None:
        return
    for one in board.trees.values():  # two keyholders in one call may be of two trees
        one.on_line.pop(call.call_id, None)
    _let_others_go_on(board, tree, call, "the keyholder hung up")
    if call.answered_at is None:
        resume(board, tree, f"call:{call.call_id}", "the keyholder hung up")
        return
    tree.barred.setdefault(call.keyholder, "spoke with an operator")
    if tree.state is TreeState.PAUSED:
        tree.resume_at = board.now + AGREED_TIME
        refresh(board, tree)


def took_charge(board: Board, tree: CallTree, person: str) -> None:
    """Let the trees of other cases go on that wait for somebody who takes charge of this."""
    for call_id in tree.on_line:
        call = board.calls.get(CallId(call_id))
        if call is not None and call.keyholder == person:
            _let_others_go_on(board, tree, call, "the keyholder takes charge of another case")


def _let_others_go_on(board: Board, tree: CallTree, call: InboundCall, reason: str) -> None:
    waits_for = f"call:{call.call_id}"
    for other in tuple(board.trees.values()):
        if other is not tree and waits_for in other.paused_by:
            resume(board, other, waits_for, reason)


def time_to_go_on(board: Board, tree: CallTree) -> None:
    """Go on: nobody said that the keyholder takes charge. Who is on the line is waited for."""
    tree.resume_at = None
    tree.paused_by = [by for by in tree.paused_by if not _is_call_over(board, by)]
    resume(board, tree, "", "nobody took charge in the call")


def _is_call_over(board: Board, by: str) -> bool:
    """Whether what a tree waits for (`CallTree.paused_by`) is a call, and over."""
    if not by.startswith("call:"):
        return False
    call = board.calls.get(CallId(by.removeprefix("call:")))
    return call is None or call.is_over
