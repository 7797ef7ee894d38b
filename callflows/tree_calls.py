"""Calls to keyholders: made, missed, told that it is taken, ended."""

from typing import Final

from callflows import tree_limit
from callflows.attention import attend
from callflows.board import Board
from callflows.call_tree import Attempt, AttemptState, CallTree, Retry, Slot, TreeState
from callflows.commands import DialNumber, HangUp, Play, PrepareSpeech
from callflows.events import (
    CallTreeEnded,
    CallTreeExhausted,
    KeyholderCalled,
    KeyholderMissed,
    KeyholderToldTaken,
    LegId,
    Missed,
)
from client_directory.plan_timing import BUSY_RETRY_TIME
from ivr import keyholder as words

LAST_WORDS_TIME: Final = 12.0
"Seconds after which last words count as heard, should their end not be told."

# ---------------------------------------------------------------- calls


def dial(board: Board, tree: CallTree, slot: Slot, reason: str = "") -> None:
    """Call one number of one person, showing the client's own number."""
    target = tree.target(slot.person)
    if target is None:
        return
    level = tree.planned or tree.plan.levels[-1]
    tree.legs_made += 1
    tree.last_dialled_at = board.now
    attempt = Attempt(
        leg_id=LegId(f"{tree.tree_id}-k{tree.legs_made}"),
        person=slot.person,
        name=target.name,
        number=slot.number,
        language=words.language_for(target.languages, tree.plan.languages),
        level=tree.level,
        round=tree.round,
        dialled_at=board.now,
        accept=level.accept,
        until=board.now + level.ring_time,
    )
    tree.attempts.append(attempt)
    board.tree_legs[attempt.leg_id] = tree.tree_id
    tree_limit.count(board, tree)
    spoken = words.whose(tree.plan.organisation_name, tree.plan.site_name)
    board.say(
        KeyholderCalled(
            incident_id=tree.incident_id,
            tree_id=tree.tree_id,
            leg_id=attempt.leg_id,
            person=attempt.person,
            name=attempt.name,
            number=attempt.number,
            level=attempt.level,
            round=attempt.round,
            reason=reason,
        ),
        PrepareSpeech(
            incident_id=tree.incident_id,
            words=(spoken,) if spoken else (),
            language=attempt.language,
        ),
        DialNumber(
            incident_id=tree.incident_id,
            call_id=tree.call_id,
            leg_id=attempt.leg_id,
            number=attempt.number,
            presented_number=tree.plan.presented_number,
            is_screened=True,
            hears_keys_in_band=True,
        ),
    )


def missed(board: Board, tree: CallTree, attempt: Attempt, cause: Missed) -> None:
    """Note that a call reached nobody who takes charge. A busy line is tried again soon."""
    attempt.outcome = cause
    board.say(
        KeyholderMissed(
            incident_id=tree.incident_id,
            tree_id=tree.tree_id,
            leg_id=attempt.leg_id,
            person=attempt.person,
            cause=cause,
            count=tree.count(attempt.person, cause),
        )
    )
    slot = Slot(attempt.person, attempt.number)
    is_here = (attempt.level, attempt.round) == (tree.level, tree.round)
    if cause == "busy" and is_here and slot not in tree.retried:
        tree.retried.append(slot)
        tree.retries.append(Retry(slot, board.now + BUSY_RETRY_TIME))
    if cause == "wrong_pin":
        tree.barred[attempt.person] = "wrong PIN"
        tell_operators(board, tree, f"{attempt.name} gave no right PIN")


def hang_up(board: Board, tree: CallTree, attempt: Attempt, *, is_taken: bool = False) -> None:
    """End a call. Should he pick up in the same moment, he is still spoken to."""
    if attempt.is_told_to_end:
        return
    attempt.told_at, attempt.until = board.now, None
    is_ringing = attempt.state is AttemptState.DIALLED
    if not is_ringing:
        attempt.state = AttemptState.ENDING
    board.say(
        HangUp(
            incident_id=tree.incident_id,
            leg_id=attempt.leg_id,
            is_answered_elsewhere=is_taken,
            is_late_answer_told=is_ringing,
        )
    )


def say_last_words(
    board: Board, tree: CallTree, attempt: Attempt, prompts: tuple[str, ...]
) -> None:
    """Let him hear something before the call is ended."""
    attempt.state, attempt.until = AttemptState.ENDING, board.now + LAST_WORDS_TIME
    attempt.last_words = prompts
    board.say(
        Play(
            incident_id=tree.incident_id,
            leg_id=attempt.leg_id,
            prompts=prompts,
            language=attempt.language,
        )
    )


# ---------------------------------------------------------------- ends


def finish(board: Board, tree: CallTree) -> None:
    """Stop everything else: enough people took charge."""
    tree.state, tree.why = TreeState.TAKEN, ""
    tree.paused_by.clear()
    let_go(board, tree, is_taken=True)
    board.say(
        CallTreeEnded(
            incident_id=tree.incident_id,
            tree_id=tree.tree_id,
            reason="accepted",
            accepted=tuple(tree.accepted),
        )
    )


def let_go(board: Board, tree: CallTree, *, is_taken: bool) -> None:
    """Stop phones that ring, and tell whoever is on the line that it is taken care of."""
    tree.batches, tree.retries = [], []
    for attempt in tree.live:
        if attempt.is_ringing:
            attempt.outcome = attempt.outcome or ("taken" if is_taken else "stopped")
            hang_up(board, tree, attempt, is_taken=is_taken)
        elif attempt.is_talking and attempt.is_machine_suspected:
            # Names are for people: what a machine keeps, anyone may hear.
            missed(board, tree, attempt, "voicemail")
            hang_up(board, tree, attempt)
        elif attempt.is_talking:
            tell_taken(board, tree, attempt)


def tell_taken(board: Board, tree: CallTree, attempt: Attempt) -> None:
    """Tell somebody on the line that another has taken charge, and who."""
    by = ", ".join(
        name_of(tree, person) for person in tree.accepted if person != attempt.person
    )
    attempt.outcome = attempt.outcome or "taken"
    say_last_words(board, tree, attempt, words.taken_by(by))
    board.say(
        KeyholderToldTaken(
            incident_id=tree.incident_id,
            tree_id=tree.tree_id,
            leg_id=attempt.leg_id,
            person=attempt.person,
            taken_by=by,
        )
    )


def exhaust(board: Board, tree: CallTree, reason: str) -> None:
    """Give the case to an operator, in front of all others of its urgency."""
    tree.state, tree.why = TreeState.EXHAUSTED, reason
    tree.batches, tree.retries = [], []
    board.say(
        CallTreeExhausted(incident_id=tree.incident_id, tree_id=tree.tree_id, reason=reason)
    )
    came_to = "reached nobody"
    if tree.accepted:
        came_to = f"{len(tree.accepted)} of {tree.people_needed} took charge"
    between = ": " if tree.accepted else " "
    why = f"call tree {tree.plan.call_tree}{between}{came_to}: {reason}"
    tell_operators(board, tree, why, is_failure=True)


def tell_operators(
    board: Board, tree: CallTree, reason: str, *, is_failure: bool = False
) -> None:
    """Put the tree's case in front of the operators."""
    incident = board.incidents.get(tree.incident_id)
    if incident is not None:
        attend(board, incident, reason, is_failure=is_failure)


def name_of(tree: CallTree, person: str) -> str:
    """Return a person's name, or his id when the plan does not know him."""
    target = tree.target(person)
    return target.name if target is not None else person
