"""Calling keyholders until somebody takes charge: who is next, when, and when it is over.

Each level is a list of batches; the numbers of a batch ring together. `in_order`: one
number a batch, the next when the last came to nothing. `overlapping`: the same, but the next
begins while the last still rings. `all_at_once`: everybody's first number, then everybody's
second. A level that reached nobody leads to the next, the last to the next round, the last
round to an operator. A level where nobody can be called is passed at once, and said.
"""

from itertools import zip_longest
from typing import Final

from callflows.attention import attend
from callflows.board import Board
from callflows.call_tree import Attempt, AttemptState, CallTree, Slot, TreeState
from callflows.commands import DialNumber, HangUp, Play, PrepareSpeech
from callflows.events import (
    CallTreeEnded,
    CallTreeExhausted,
    CallTreePaused,
    CallTreeResumed,
    KeyholderCalled,
    KeyholderMissed,
    KeyholderToldTaken,
    LegId,
    LevelEntered,
    Missed,
)
from callflows.tree_pace import must_hurry, refresh
from client_directory.call_plan import PlannedLevel, Target
from client_directory.numbers import is_emergency_number
from client_directory.plan_timing import BUSY_RETRY_TIME
from ivr import keyholder as words

HURRY_TIME: Final = 5.0
"Seconds between two calls when the promise is at risk: a phone shall ring at least twice."
LAST_WORDS_TIME: Final = 12.0
"Seconds after which last words count as heard, should their end not be told."
_HOME: Final = "BE"
"Where a number without country code would be dialled; ours all have one (E.164)."

# ---------------------------------------------------------------- going on


def advance(board: Board, tree: CallTree) -> None:
    """Do what is to be done now: dial, go to the next level, or tell an operator."""
    while tree.state is TreeState.RUNNING:
        level = tree.planned
        if level is not None:
            if len(tree.accepted) >= level.answers_needed:
                finish(board, tree)
                break
            if not _may_dial(board, tree, level):
                break
            if batch := _next_batch(board, tree, level):
                for slot in batch:
                    dial(board, tree, slot)
                continue
            if tree.retries or _blocking(tree):
                break
        if not _enter_next_level(board, tree):
            exhaust(board, tree, _why_exhausted(tree))
    refresh(board, tree)


def _blocking(tree: CallTree) -> list[Attempt]:
    """Return the calls whose outcome is worth waiting for before anybody else is woken.

    What sounds like a machine is not: a person behind it can still press his key.
    """
    return [
        attempt
        for attempt in tree.live
        if (attempt.is_ringing or attempt.is_talking) and not attempt.is_machine_suspected
    ]


def _may_dial(board: Board, tree: CallTree, level: PlannedLevel) -> bool:
    blocking = _blocking(tree)
    if not blocking:
        return True
    since = board.now - tree.last_dialled_at
    if must_hurry(tree, board.now) and since >= HURRY_TIME:
        return True
    is_someone_asked = any(attempt.is_talking for attempt in blocking)
    return (
        level.strategy == "overlapping" and not is_someone_asked and since >= level.overlap_time
    )


def _next_batch(board: Board, tree: CallTree, level: PlannedLevel) -> list[Slot]:
    """Take the next numbers to dial: a busy line whose time has come, or who is next."""
    ready = [slot for at, slot in tree.retries if at <= board.now]
    if level.strategy == "all_at_once":
        ready = [] if tree.batches or len(ready) < len(tree.retries) else ready
    else:
        ready = ready[:1]
    if ready:
        tree.retries = [(at, slot) for at, slot in tree.retries if slot not in ready]
        if batch := [slot for slot in ready if not _why_not(board, tree, slot)]:
            return batch
    while tree.batches:
        batch = [slot for slot in tree.batches.pop(0) if not _why_not(board, tree, slot)]
        if batch:
            return batch
    return []


def _why_not(board: Board, tree: CallTree, slot: Slot) -> str:
    """Say why a number is not dialled now; the empty string when nothing bars it."""
    target = tree.target(slot.person)
    if target is None or slot.person in tree.accepted:
        return "took charge"
    if why := tree.barred.get(slot.person):
        return why
    if any(attempt.number == slot.number for attempt in tree.live):
        return "is being called"
    if is_emergency_number(slot.number, _HOME):
        return "an emergency number"
    return "" if is_available(target, board.now) else "not available"


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
    tree.batches, tree.retries, tree.retried = batches_of(level), [], []
    slots = [slot for batch in tree.batches for slot in batch]
    absent = {s.person: _why_not(board, tree, s) for s in slots if _why_not(board, tree, s)}
    left_out = [f"{out.name}: {out.reason}" for out in level.left_out]
    left_out += [f"{_name(tree, person)}: {reason}" for person, reason in absent.items()]
    board.say(
        LevelEntered(
            incident_id=tree.incident_id,
            tree_id=tree.tree_id,
            level=tree.level,
            round=tree.round,
            left_out=tuple(left_out),
        )
    )
    if all(slot.person in absent for slot in slots) and not tree.accepted:
        reason = f"call tree {tree.plan.call_tree}: nobody of level {tree.level + 1}"
        _attend(board, tree, f"{reason} can be called now")


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
    return [[Slot(target.person, number)] for target in level.targets for number in target.numbers]


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
        until=board.now + level.ring_time,
    )
    tree.attempts.append(attempt)
    board.tree_legs[attempt.leg_id] = tree.tree_id
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
            reason=reason or ("the promise is at risk" if _is_early(tree, board.now) else ""),
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


def _is_early(tree: CallTree, now: float) -> bool:
    return len(_blocking(tree)) > 1 and must_hurry(tree, now)


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
        tree.retries.append((board.now + BUSY_RETRY_TIME, slot))
    if cause == "wrong_pin":
        tree.barred[attempt.person] = "wrong PIN"
        _attend(board, tree, f"{attempt.name} gave no right PIN")


def hang_up(board: Board, tree: CallTree, attempt: Attempt, *, is_taken: bool = False) -> None:
    """End a call. Should he pick up in the same moment, he is still spoken to."""
    if attempt.is_told_to_end:
        return
    attempt.is_told_to_end = True
    attempt.until = None
    board.say(
        HangUp(
            incident_id=tree.incident_id,
            leg_id=attempt.leg_id,
            is_answered_elsewhere=is_taken,
            is_late_answer_told=attempt.state is AttemptState.DIALLED,
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
        elif attempt.is_talking:
            tell_taken(board, tree, attempt)


def tell_taken(board: Board, tree: CallTree, attempt: Attempt) -> None:
    """Tell somebody on the line that another has taken charge, and who."""
    by = ", ".join(_name(tree, person) for person in tree.accepted if person != attempt.person)
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
    _attend(board, tree, f"call tree {tree.plan.call_tree} reached nobody: {reason}")


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
            CallTreePaused(
                incident_id=tree.incident_id, tree_id=tree.tree_id, reason=reason
            )
        )
    refresh(board, tree)


def resume(board: Board, tree: CallTree, by: str, reason: str) -> None:
    """Go on, unless something else still holds the tree."""
    if by in tree.paused_by:
        tree.paused_by.remove(by)
    if tree.state is not TreeState.PAUSED or tree.paused_by:
        return
    tree.state, tree.why = TreeState.RUNNING, ""
    board.say(
        CallTreeResumed(incident_id=tree.incident_id, tree_id=tree.tree_id, reason=reason)
    )
    advance(board, tree)


def _attend(board: Board, tree: CallTree, reason: str) -> None:
    incident = board.incidents.get(tree.incident_id)
    if incident is not None:
        attend(board, incident, reason)


def _name(tree: CallTree, person: str) -> str:
    target = tree.target(person)
    return target.name if target is not None else person
