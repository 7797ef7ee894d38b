"""One call to a keyholder: he picks up, hears what it is about, and presses a key, or not.

Only a key accepts; what follows it is in `taking_charge`. What sounds like a machine gets
less time, and a short neutral message where the client allows one, and never counts as
reached.
"""

from typing import Final

from callflows.board import Board
from callflows.call_tree import Attempt, AttemptState, CallTree, TreeState
from callflows.commands import Play
from callflows.crossing import connect_operator
from callflows.events import (
    AudioBack,
    AudioLost,
    CommandFailed,
    DigitPressed,
    Event,
    GreetingEnded,
    KeyholderAnswered,
    KeyholderDeclined,
    LegAnswered,
    LegEnded,
    LegHeld,
    LegResumed,
    LegRinging,
    MachineSuspected,
    Missed,
    PinChecked,
    PromptEnded,
)
from callflows.taking_charge import (
    ask_pin,
    begin_to_accept,
    confirm,
    minutes_known,
    minutes_pressed,
    pin_checked,
    signal_duress,
    stop_other_phones,
)
from callflows.transition import Transition
from callflows.tree_calls import hang_up, missed, say_last_words, tell_taken
from client_directory.plan_timing import ANSWER_TIME
from ivr import keyholder as words
from ivr.keyholder import Key

MOST_REPEATS: Final = 3
"How often he may have it said again, each time with the time to think it over."

_MISSED: Final[dict[str, Missed]] = {
    "no_answer": "no_answer",
    "busy": "busy",
    "refused": "refused",
    "unreachable": "unreachable",
    "failed": "failed",
    "hung_up": "hung_up",
    "cancelled": "no_answer",
    "released": "no_answer",
}
"What the end of a call that was not answered counts as."

# ---------------------------------------------------------------- picking up


def _answered(board: Board, tree: CallTree, attempt: Attempt, event: LegAnswered) -> bool:
    """Say who calls and why; to who comes too late, that it is taken."""
    attempt.answered_at = board.now
    attempt.told_at = None
    board.say(
        KeyholderAnswered(
            incident_id=tree.incident_id,
            tree_id=tree.tree_id,
            leg_id=attempt.leg_id,
            person=attempt.person,
        )
    )
    if tree.state in (TreeState.TAKEN, TreeState.STOPPED) or attempt.person in tree.accepted:
        tell_taken(board, tree, attempt)
        return True
    _ask(board, tree, attempt)
    return True


def _ask(board: Board, tree: CallTree, attempt: Attempt) -> None:
    attempt.state, attempt.outcome = AttemptState.ASKING, ""
    attempt.until = board.now + ANSWER_TIME
    incident = board.incidents.get(tree.incident_id)
    kind = incident.kind if incident is not None else ""
    plan = tree.plan
    board.say(
        Play(
            incident_id=tree.incident_id,
            leg_id=attempt.leg_id,
            prompts=words.announcement(plan.organisation_name, plan.site_name, kind),
            language=attempt.language,
            then="repeat",
        )
    )


# ---------------------------------------------------------------- keys


def _pressed(board: Board, tree: CallTree, attempt: Attempt, event: DigitPressed) -> bool:
    if attempt.state is AttemptState.MINUTES:
        return minutes_pressed(board, tree, attempt, event.digit)
    key = words.key(event.digit)
    if attempt.state is AttemptState.ENDING:
        return attempt.outcome == "voicemail" and _is_a_person(board, tree, attempt)
    if key is None:
        return False
    match key:
        case Key.AGAIN if attempt.repeats < MOST_REPEATS:
            attempt.repeats += 1
            _ask(board, tree, attempt)
        case Key.AGAIN:
            return False
        case Key.DECLINE:
            _decline(board, tree, attempt)
        case Key.OPERATOR:
            connect_operator(board, tree, attempt)
        case Key.ACCEPT | Key.ACCEPT_WITH_ETA:
            attempt.wants_eta = key is Key.ACCEPT_WITH_ETA
            begin_to_accept(board, tree, attempt)
    return True


def _is_a_person(board: Board, tree: CallTree, attempt: Attempt) -> bool:
    """Take back that it was a machine: somebody pressed a key while it was spoken to."""
    attempt.is_machine_suspected = False
    if tree.state in (TreeState.TAKEN, TreeState.STOPPED):
        tell_taken(board, tree, attempt)
    else:
        _ask(board, tree, attempt)
    return True


def _decline(board: Board, tree: CallTree, attempt: Attempt) -> None:
    attempt.outcome = "declined"
    tree.barred[attempt.person] = "declined"
    say_last_words(board, tree, attempt, (words.DECLINED,))
    board.say(
        KeyholderDeclined(
            incident_id=tree.incident_id,
            tree_id=tree.tree_id,
            leg_id=attempt.leg_id,
            person=attempt.person,
        )
    )
    stop_other_phones(board, tree, attempt)


def _pin_entered(board: Board, tree: CallTree, attempt: Attempt, event: PinChecked) -> bool:
    """Take his PIN, or give him to an operator: 0 in its place wants one."""
    if event.wants_operator:
        connect_operator(board, tree, attempt)
        return True
    return pin_checked(board, tree, attempt, event)


def _pin_too_late(board: Board, tree: CallTree, attempt: Attempt, event: PinChecked) -> bool:
    """Hear of duress whatever became of his call and the tree; the rest means nothing now."""
    if event.outcome == "duress":
        signal_duress(board, tree, attempt)
    return event.outcome == "duress"


# ---------------------------------------------------------------- machines


def _suspected(board: Board, tree: CallTree, attempt: Attempt, event: MachineSuspected) -> bool:
    """Wait no longer for him than for a machine; the next one may be called meanwhile."""
    attempt.is_machine_suspected = True
    return True


def _greeting_ended(
    board: Board, tree: CallTree, attempt: Attempt, event: GreetingEnded
) -> bool:
    attempt.is_machine_suspected = True
    _leave_message(board, tree, attempt)
    return True


def _leave_message(board: Board, tree: CallTree, attempt: Attempt) -> None:
    missed(board, tree, attempt, "voicemail")
    if tree.plan.may_leave_message:
        say_last_words(board, tree, attempt, (words.MESSAGE,))
    else:
        hang_up(board, tree, attempt)


# ---------------------------------------------------------------- ends


def _prompt_ended(board: Board, tree: CallTree, attempt: Attempt, event: PromptEnded) -> bool:
    is_ending = attempt.state is AttemptState.ENDING and attempt.last_words
    if is_ending and event.prompt == attempt.last_words[-1]:
        hang_up(board, tree, attempt)
    return True


def _leg_ended(board: Board, tree: CallTree, attempt: Attempt, event: LegEnded) -> bool:
    """Take that the call is over, and what it came to."""
    board.tree_legs.pop(attempt.leg_id, None)
    if not attempt.outcome:
        if attempt.state is AttemptState.DIALLED:
            missed(board, tree, attempt, _MISSED[event.cause.value])
        else:
            is_machine = attempt.is_machine_suspected
            missed(board, tree, attempt, "voicemail" if is_machine else "hung_up")
    attempt.state, attempt.until, attempt.ended_at = AttemptState.OVER, None, board.now
    return True


def _failed(board: Board, tree: CallTree, attempt: Attempt, event: CommandFailed) -> bool:
    """Take a call that could not be made as over; a prompt that failed ends nothing."""
    if event.command not in ("DialNumber", "HangUp"):
        return True
    if not attempt.outcome:
        missed(board, tree, attempt, "failed")
    board.tree_legs.pop(attempt.leg_id, None)
    attempt.state, attempt.until, attempt.ended_at = AttemptState.OVER, None, board.now
    return True


def time_is_up(board: Board, tree: CallTree, attempt: Attempt) -> None:
    """End what lasted long enough."""
    match attempt.state:
        case AttemptState.DIALLED:
            missed(board, tree, attempt, "no_answer")
            hang_up(board, tree, attempt)
        case AttemptState.ASKING if attempt.is_machine_suspected:
            _leave_message(board, tree, attempt)
        case AttemptState.ASKING:
            missed(board, tree, attempt, "no_key")
            hang_up(board, tree, attempt)
        case AttemptState.PIN:
            missed(board, tree, attempt, "wrong_pin" if attempt.pin_tries else "no_key")
            hang_up(board, tree, attempt)
        case AttemptState.MINUTES:
            minutes_known(board, tree, attempt)
        case _:
            hang_up(board, tree, attempt)


def say_again(board: Board, tree: CallTree, attempt: Attempt) -> None:
    """Say again, after a restart, what he was hearing. A PIN is asked for anew."""
    match attempt.state:
        case AttemptState.ASKING:
            _ask(board, tree, attempt)
        case AttemptState.PIN:
            ask_pin(board, tree, attempt, words.ASK_PIN)
        case AttemptState.MINUTES:
            confirm(board, tree, attempt)
        case _:
            say_last_words(board, tree, attempt, attempt.last_words)


def _noted(board: Board, tree: CallTree, attempt: Attempt, event: Event) -> bool:
    return True


ASKING: Final = AttemptState.ASKING
PIN: Final = AttemptState.PIN
MINUTES: Final = AttemptState.MINUTES
ENDING: Final = AttemptState.ENDING
DIALLED: Final = AttemptState.DIALLED
OVER: Final = AttemptState.OVER

_LIVE: Final = (DIALLED, ASKING, PIN, MINUTES, ENDING)
_TOO_LATE: Final = (ASKING, MINUTES, ENDING, OVER)
"He began to key his PIN before; the telephone collects it to its end."

TABLE: Final[dict[tuple[AttemptState, type[Event]], Transition[AttemptState]]] = {
    **{(state, LegEnded): Transition(_leg_ended, (OVER,)) for state in _LIVE},
    **{(state, CommandFailed): Transition(_failed, (OVER,)) for state in _LIVE},
    **{(state, PromptEnded): Transition(_prompt_ended) for state in _LIVE},
    **{(state, LegRinging): Transition(_noted) for state in _LIVE},
    **{(state, AudioLost): Transition(_noted) for state in _LIVE},
    **{(state, AudioBack): Transition(_noted) for state in _LIVE},
    **{(state, LegHeld): Transition(_noted) for state in _LIVE},
    **{(state, LegResumed): Transition(_noted) for state in _LIVE},
    (DIALLED, LegAnswered): Transition(_answered, (ASKING, ENDING)),
    (ASKING, DigitPressed): Transition(_pressed, (PIN, MINUTES, ENDING, OVER)),
    (PIN, PinChecked): Transition(_pin_entered, (MINUTES, ENDING, OVER)),
    **{(state, PinChecked): Transition(_pin_too_late) for state in _TOO_LATE},
    (MINUTES, DigitPressed): Transition(_pressed, (ENDING,)),
    (ENDING, DigitPressed): Transition(_pressed, (ASKING,)),
    (ASKING, MachineSuspected): Transition(_suspected),
    (ASKING, GreetingEnded): Transition(_greeting_ended, (ENDING,)),
}
"What an event about his leg does; whoever calls it lets the tree go on afterwards."

MOVES: Final = {
    (ASKING, ENDING): "somebody else takes charge, or his time is up",
    (PIN, ENDING): "somebody else takes charge, or his time is up",
    (MINUTES, ENDING): "his time is up",
    (ASKING, OVER): "an operator brings him into a call",
    (PIN, OVER): "an operator brings him into a call",
    (MINUTES, OVER): "an operator brings him into a call",
}
"What moves his call besides its own events."
