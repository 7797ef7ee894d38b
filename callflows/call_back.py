"""Whoever hung up before an operator spoke to him is called back, by a person.

First an operator's phone rings, as for any caller who waits; only when he is on the line is
the caller's number dialled, so that nobody in danger picks up and hears a machine. Twice, if
need be; then the case stands in front of the operators. If the caller rings again by himself
meanwhile, it is the same case and nobody is called back. A keyholder who wanted an operator
is called back as well, unless his tree rings him now or next.
"""

from dataclasses import replace
from typing import Final

from callflows import search
from callflows.attention import attend
from callflows.board import Board
from callflows.call import CallBack, CallState, InboundCall, OperatorLeg, Sound
from callflows.commands import DialNumber, Play, StartRecording
from callflows.events import (
    CallBackAnswered,
    CallBackDialled,
    CallBackEnded,
    CallBackPlanned,
    CallId,
    CallOffered,
    LegId,
)
from callflows.incident import Incident
from callflows.operators import DeskState
from callflows.ringing import move, stop_all
from callflows.tree_run import calls_soon, pause
from client_directory.numbers import is_dialable, is_emergency_number

DELAY: Final = 5.0
"Seconds before an operator is rung: many callers ring again at once."
AGAIN_TIME: Final = 60.0
"Seconds between two tries."
TRIES: Final = 2
DIAL_TIME: Final = 40.0
"Seconds that the caller's phone rings."
_HOME: Final = "BE"

# ---------------------------------------------------------------- planning


def plan(board: Board, call: InboundCall) -> None:
    """Have a caller called back who gave up, or say why that cannot be."""
    incident = board.incidents.get(call.incident_id)
    if incident is None or not incident.is_open:
        return
    tree = board.trees.get(call.tree_id) if call.tree_id is not None else None
    if tree is not None and calls_soon(board, tree, call.keyholder):
        return
    number, why_not = call.caller, obstacle(call)
    if incident.is_covert:
        why_not = "his case is covert, and his telephone would ring"
    if number is None or why_not:
        attend(board, incident, f"a caller hung up and cannot be called back: {why_not}")
        return
    back = CallBack(
        call_id=call.call_id,
        incident_id=call.incident_id,
        number=number,
        offer=replace(call.offer, while_ringing="ringback", fallback_number=None),
        next_at=(soon := board.now + DELAY),
        tree_id=call.tree_id,
        keyholder=call.keyholder,
    )
    board.call_backs[call.call_id] = back
    board.keep_timed(back)
    board.say(
        CallBackPlanned(
            incident_id=call.incident_id,
            call_id=call.call_id,
            number="" if call.is_withheld else number,
            at=soon,
        )
    )


def obstacle(call: InboundCall) -> str:
    """Say why this caller cannot be called back; empty when he can."""
    number = call.caller
    if number is None:
        return "his number is withheld" if call.is_withheld else "his number is not known"
    if is_emergency_number(number, _HOME) or not is_dialable(number):
        return f"{number} is no number to be called"
    return ""


def due(board: Board, back: CallBack) -> None:
    """Put the call in the queue: an operator's phone rings for it next."""
    back.next_at, back.tries = None, back.tries + 1
    board.keep_timed(back)
    incident = board.incidents[back.incident_id]
    call_id = CallId(f"{back.call_id}-b{back.tries}")
    call = InboundCall(
        call_id=call_id,
        incident_id=back.incident_id,
        leg_id=LegId(f"{call_id}-a"),
        offer=replace(back.offer, call_id=call_id, leg_id=LegId(f"{call_id}-a")),
        offered_at=board.now,
        waits_since=board.now,
        urgency=incident.urgency,
        sound=Sound.NOTHING,
        calls_back=back.call_id,
        preferred=incident.owner,
        tree_id=back.tree_id,
        keyholder=back.keyholder,
    )
    back.attempt = call_id
    board.add_call(call)
    incident.call_ids.append(call_id)
    search.begin(board, call)


def pending(board: Board, organisation: str | None, number: str | None) -> CallBack | None:
    """Find whether this caller of this client is about to be called back."""
    if number is None or organisation is None:
        return None
    return next(
        (
            back
            for back in board.call_backs.values()
            if back.number == number and back.offer.identification.organisation == organisation
        ),
        None,
    )


def rang_again(board: Board, event: CallOffered) -> None:
    """Call nobody back who is on the line again."""
    back = pending(board, event.identification.organisation, event.caller)
    if back is not None and back.attempt is None:
        drop(board, back, "he rang again")


def drop(board: Board, back: CallBack, reason: str) -> None:
    """Give a call-back up."""
    board.call_backs.pop(back.call_id, None)
    board.drop_timed(back)
    board.say(
        CallBackEnded(
            incident_id=back.incident_id,
            call_id=back.call_id,
            tries=back.tries,
            is_reached=False,
            reason=reason,
        )
    )


def drop_all(board: Board, incident: Incident) -> None:
    """Give up what is planned for a case that an operator closes."""
    for back in tuple(board.call_backs.values()):
        if back.incident_id == incident.incident_id:
            drop(board, back, "the case was closed")


# ---------------------------------------------------------------- dialling


def dial(board: Board, call: InboundCall, leg: OperatorLeg) -> None:
    """Dial the caller's number, now that an operator is on the line."""
    desk = board.operators[leg.operator]
    del call.legs[leg.leg_id]
    board.seeking.pop(call.call_id, None)
    call.state, call.operator, call.operator_leg = (
        CallState.DIALLING,
        leg.operator,
        leg.leg_id,
    )
    call.dial_until = board.now + DIAL_TIME
    call.stage_until = call.retry_at = None
    call.rests.clear()
    desk.misses = 0
    move(board, desk, DeskState.TALKING)
    board.summoning.pop(call.call_id, None)
    if call.was_on_break:
        desk.after_call = DeskState.ON_BREAK
    incident = board.incidents.get(call.incident_id)
    if incident is not None and incident.owner is None:
        incident.belongs_to(leg.operator, board.now)
    stop_all(board, call, is_answered_elsewhere=True)
    board.touch(call)
    number = call.caller or ""
    board.say(
        CallBackDialled(
            incident_id=call.incident_id,
            call_id=call.call_id,
            leg_id=call.leg_id,
            operator=leg.operator,
            number="" if call.is_withheld else number,
            name=_whom(call),
        ),
        Play(
            incident_id=call.incident_id,
            leg_id=leg.leg_id,
            prompts=(),
            language=call.language,
            then="ringback",
        ),
        DialNumber(
            incident_id=call.incident_id,
            call_id=call.call_id,
            leg_id=call.leg_id,
            number=number,
            presented_number=call.offer.presented_number or call.did,
        ),
    )


def picked_up(board: Board, call: InboundCall) -> None:
    """Record, and say that the caller is reached; whoever calls this joins the two."""
    call.is_caller_answered, call.dial_until = True, None
    tree = board.trees.get(call.tree_id) if call.tree_id is not None else None
    if tree is not None:
        tree.on_line[call.call_id] = call.caller or ""
        pause(board, tree, f"call:{call.call_id}", f"{call.keyholder} is on the line")
    if call.offer.recording != "none":
        call.recording_id = f"{call.call_id}-r1"
        board.say(
            StartRecording(
                incident_id=call.incident_id,
                call_id=call.call_id,
                leg_id=call.leg_id,
                recording_id=call.recording_id,
            )
        )
    board.say(
        CallBackAnswered(
            incident_id=call.incident_id,
            call_id=call.call_id,
            leg_id=call.leg_id,
            name=_whom(call),
        )
    )


def _whom(call: InboundCall) -> str:
    """Name whom an operator called from a case; nobody when a caller is called back."""
    return call.identification.person_name if call.dialled_by is not None else ""


def over(board: Board, call: InboundCall) -> None:
    """Take that one try is over: reached, or once more, or an operator decides."""
    back = board.call_backs.get(call.calls_back) if call.calls_back is not None else None
    if back is None:
        return
    back.attempt = None
    is_reached = call.answered_at is not None
    if not is_reached and back.tries < TRIES:
        back.next_at = board.now + AGAIN_TIME
        board.keep_timed(back)
        return
    board.call_backs.pop(back.call_id, None)
    board.drop_timed(back)
    board.say(
        CallBackEnded(
            incident_id=back.incident_id,
            call_id=back.call_id,
            tries=back.tries,
            is_reached=is_reached,
        )
    )
    incident = board.incidents.get(back.incident_id)
    if not is_reached and incident is not None:
        attend(board, incident, f"called back {back.tries} times and not reached")
