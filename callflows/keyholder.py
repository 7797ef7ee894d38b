"""One call to a keyholder: he picks up, hears what it is about, and presses a key, or not.

Only a key accepts. What sounds like a machine gets less time, and a short neutral message
where the client allows one, and never counts as reached. A PIN given under duress is met
with the very same words at the very same moment as the right one; what differs is on the
operators' screens alone.
"""

from typing import Final

from callflows import cases
from callflows.attention import attend
from callflows.board import Board
from callflows.call_tree import Attempt, AttemptState, CallTree, TreeState
from callflows.commands import CollectPin, Play
from callflows.crossing import connect_operator
from callflows.events import (
    AudioBack,
    AudioLost,
    CommandFailed,
    DigitPressed,
    DuressSignalled,
    Event,
    GreetingEnded,
    KeyholderAccepted,
    KeyholderAnswered,
    KeyholderDeclined,
    KeyholderEta,
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
from callflows.transition import Transition
from callflows.tree_calls import finish, hang_up, missed, say_last_words, tell_taken
from client_directory.plan_timing import ANSWER_TIME, PIN_TIME
from ivr import keyholder as words
from ivr.keyholder import Key

PIN_TRIES: Final = 3
MINUTES_TIME: Final = 10.0
"Seconds in which he may say when he is there; he has taken charge already."
MOST_DIGITS: Final = 3
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
        return _minutes_pressed(board, tree, attempt, event.digit)
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
            _begin_to_accept(board, tree, attempt)
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
    _stop_other_phones(board, tree, attempt)


def _stop_other_phones(board: Board, tree: CallTree, attempt: Attempt) -> None:
    """Stop a person's other phones, now that he has answered."""
    for other in tree.live:
        is_his = other.person == attempt.person and other is not attempt
        if is_his and other.is_ringing:
            other.outcome = other.outcome or "elsewhere"
            hang_up(board, tree, other, is_taken=True)


# ---------------------------------------------------------------- accepting


def _begin_to_accept(board: Board, tree: CallTree, attempt: Attempt) -> None:
    """Take his key; where the client asks for a PIN, ask who he is first."""
    level = tree.plan.levels[attempt.level]
    if level.accept == "key":
        accept(board, tree, attempt, "key")
        return
    attempt.state, attempt.until = AttemptState.PIN, board.now + PIN_TIME
    _ask_pin(board, tree, attempt, words.ASK_PIN)


def _ask_pin(board: Board, tree: CallTree, attempt: Attempt, prompt: str) -> None:
    board.say(
        Play(
            incident_id=tree.incident_id,
            leg_id=attempt.leg_id,
            prompts=(prompt,),
            language=attempt.language,
        ),
        CollectPin(
            incident_id=tree.incident_id,
            leg_id=attempt.leg_id,
            organisation=tree.plan.organisation,
            person=attempt.person,
            site=tree.plan.site,
        ),
    )


def _pin_checked(board: Board, tree: CallTree, attempt: Attempt, event: PinChecked) -> bool:
    if event.outcome in ("good", "duress"):
        accept(board, tree, attempt, "pin")
        if event.outcome == "duress":
            signal_duress(board, tree, attempt)
        return True
    attempt.pin_tries += 1
    if event.outcome == "expired" or attempt.pin_tries >= PIN_TRIES:
        missed(board, tree, attempt, "wrong_pin")
        say_last_words(board, tree, attempt, (words.PIN_FAILED,))
    else:
        _ask_pin(board, tree, attempt, words.PIN_AGAIN)
    return True


def accept(board: Board, tree: CallTree, attempt: Attempt, by: str) -> None:
    """Take that he takes charge: others stop ringing in the same breath."""
    level = tree.plan.levels[attempt.level]
    if attempt.person not in tree.accepted:
        tree.accepted.append(attempt.person)
    attempt.outcome = "accepted"
    if by != "operator":
        _confirm(board, tree, attempt)
    board.say(
        KeyholderAccepted(
            incident_id=tree.incident_id,
            tree_id=tree.tree_id,
            leg_id=attempt.leg_id,
            person=attempt.person,
            name=attempt.name,
            by="operator" if by == "operator" else "pin" if by == "pin" else "key",
            accepted=len(tree.accepted),
            needed=level.answers_needed,
        )
    )
    _stop_other_phones(board, tree, attempt)
    if tree.state is TreeState.EXHAUSTED and tree.is_satisfied:
        finish(board, tree)  # he came late, and takes charge all the same


def _confirm(board: Board, tree: CallTree, attempt: Attempt) -> None:
    """Thank him; whoever wishes says in how many minutes he is there."""
    if not attempt.wants_eta:
        say_last_words(board, tree, attempt, (words.ACCEPTED,))
        return
    attempt.state, attempt.until = AttemptState.MINUTES, board.now + MINUTES_TIME
    board.say(
        Play(
            incident_id=tree.incident_id,
            leg_id=attempt.leg_id,
            prompts=(words.ASK_MINUTES,),
            language=attempt.language,
        )
    )


def _minutes_pressed(board: Board, tree: CallTree, attempt: Attempt, digit: str) -> bool:
    if digit.isdecimal() and len(attempt.digits) < MOST_DIGITS:
        attempt.digits += digit
        attempt.until = board.now + MINUTES_TIME
        if len(attempt.digits) < MOST_DIGITS:
            return True
    elif digit != "#":
        return False
    _minutes_known(board, tree, attempt)
    return True


def _minutes_known(board: Board, tree: CallTree, attempt: Attempt) -> None:
    if attempt.digits:
        attempt.minutes = int(attempt.digits)
        board.say(
            KeyholderEta(
                incident_id=tree.incident_id,
                tree_id=tree.tree_id,
                leg_id=attempt.leg_id,
                person=attempt.person,
                minutes=attempt.minutes,
            )
        )
    say_last_words(board, tree, attempt, (words.ACCEPTED,))


def signal_duress(board: Board, tree: CallTree, attempt: Attempt) -> None:
    """Fork the silent branch: operators see it, the phone hears nothing of it."""
    incident = board.incidents.get(tree.incident_id)
    board.say(
        DuressSignalled(
            incident_id=tree.incident_id, person=attempt.person, leg_id=attempt.leg_id
        )
    )
    if incident is not None:
        incident.is_under_duress = True
        cases.reprioritise(board, incident, cases.MOST_URGENT, "duress")
        attend(board, incident, f"{attempt.name} signalled duress")


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
            _minutes_known(board, tree, attempt)
        case _:
            hang_up(board, tree, attempt)


def say_again(board: Board, tree: CallTree, attempt: Attempt) -> None:
    """Say again, after a restart, what he was hearing. A PIN is asked for anew."""
    match attempt.state:
        case AttemptState.ASKING:
            _ask(board, tree, attempt)
        case AttemptState.PIN:
            _ask_pin(board, tree, attempt, words.ASK_PIN)
        case AttemptState.MINUTES:
            _confirm(board, tree, attempt)
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
    (PIN, PinChecked): Transition(_pin_checked, (MINUTES, ENDING)),
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
