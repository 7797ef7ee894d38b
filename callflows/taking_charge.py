"""A keyholder takes charge: his key, his PIN where the client asks for one, his minutes.

A PIN given under duress is met with the very same words at the very same moment as the right
one; what differs is on the operators' screens alone.
"""

from typing import Final

from callflows import cases
from callflows.attention import attend
from callflows.authentication import open_silent
from callflows.board import Board
from callflows.call_tree import Attempt, AttemptState, CallTree, TreeState
from callflows.commands import CollectPin, Play
from callflows.crossing import took_charge
from callflows.events import (
    DuressSignalled,
    KeyholderAccepted,
    KeyholderEta,
    PinChecked,
)
from callflows.tree_calls import finish, hang_up, missed, say_last_words
from client_directory.plan_timing import PIN_TIME
from ivr import keyholder as words

PIN_TRIES: Final = 3
MINUTES_TIME: Final = 10.0
"Seconds in which he may say when he is there; he has taken charge already."
MOST_DIGITS: Final = 3


def begin_to_accept(board: Board, tree: CallTree, attempt: Attempt) -> None:
    """Take his key; where the client asks for a PIN, ask who he is first."""
    if tree.accept_of(attempt) == "key":
        accept(board, tree, attempt, "key")
        return
    attempt.state, attempt.until = AttemptState.PIN, board.now + PIN_TIME
    ask_pin(board, tree, attempt, words.ASK_PIN)


def ask_pin(board: Board, tree: CallTree, attempt: Attempt, prompt: str) -> None:
    """Ask who he is; the digits never reach the log."""
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


def pin_checked(board: Board, tree: CallTree, attempt: Attempt, event: PinChecked) -> bool:
    """Take what his PIN was worth: accepted, asked once more, or no longer believed."""
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
        ask_pin(board, tree, attempt, words.PIN_AGAIN)
    return True


def accept(board: Board, tree: CallTree, attempt: Attempt, by: str) -> None:
    """Take that he takes charge: others stop ringing in the same breath."""
    if attempt.person not in tree.accepted:
        tree.accepted.append(attempt.person)
    attempt.outcome = "accepted"
    if by != "operator":
        confirm(board, tree, attempt)
    board.say(
        KeyholderAccepted(
            incident_id=tree.incident_id,
            tree_id=tree.tree_id,
            leg_id=attempt.leg_id,
            person=attempt.person,
            name=attempt.name,
            by="operator" if by == "operator" else "pin" if by == "pin" else "key",
            accepted=len(tree.accepted),
            needed=tree.people_needed,
        )
    )
    stop_other_phones(board, tree, attempt)
    took_charge(board, tree, attempt.person)
    if tree.state is TreeState.EXHAUSTED and tree.is_satisfied:
        finish(board, tree)  # he came late, and takes charge all the same


def confirm(board: Board, tree: CallTree, attempt: Attempt) -> None:
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


def minutes_pressed(board: Board, tree: CallTree, attempt: Attempt, digit: str) -> bool:
    """Take a digit of his minutes; `#`, or the last that fits, ends them."""
    if digit.isdecimal() and len(attempt.digits) < MOST_DIGITS:
        attempt.digits += digit
        attempt.until = board.now + MINUTES_TIME
        if len(attempt.digits) < MOST_DIGITS:
            return True
    elif digit != "#":
        return False
    minutes_known(board, tree, attempt)
    return True


def minutes_known(board: Board, tree: CallTree, attempt: Attempt) -> None:
    """Note when he is there, if he said it, and thank him."""
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
    """Fork the silent branch: operators see it, the phone hears nothing of it.

    A case that was closed in that very moment stays closed, and a silent one stands for it.
    """
    incident = board.incidents.get(tree.incident_id)
    if incident is not None and not incident.is_open:
        silent = board.incidents.get(incident.silent_id) if incident.silent_id else None
        if silent is None or not silent.is_open:
            silent = open_silent(board, incident, None)
        incident = silent
    board.say(
        DuressSignalled(
            incident_id=incident.incident_id if incident is not None else tree.incident_id,
            person=attempt.person,
            leg_id=attempt.leg_id,
        )
    )
    if incident is not None:
        incident.is_under_duress = True
        cases.reprioritise(board, incident, cases.MOST_URGENT, cases.DURESS)
        attend(board, incident, f"{attempt.name} signalled duress")


def stop_other_phones(board: Board, tree: CallTree, attempt: Attempt) -> None:
    """Stop a person's other phones, now that he has answered."""
    for other in tree.live:
        is_his = other.person == attempt.person and other is not attempt
        if is_his and other.is_ringing:
            other.outcome = other.outcome or "elsewhere"
            hang_up(board, tree, other, is_taken=True)
