"""An operator calls somebody of a case: his own phone rings first, then the other's.

So nobody who is woken picks up and hears a machine, and whoever calls is in the case, on its
recording and in its log. A keyholder whose tree still runs makes the tree wait, as when he
rings in by himself. Emergency services are no such persons: see `callflows.services`.
"""

from typing import Any, Final

from callflows import call_back
from callflows.attention import take_case
from callflows.board import Board
from callflows.call import CallState, InboundCall, Sound
from callflows.ends import finish
from callflows.events import (
    CallId,
    CallOffered,
    Event,
    Identification,
    LegId,
    PersonCalled,
    PersonCallPressed,
    PersonCallRefused,
)
from callflows.incident import Incident
from callflows.operators import DeskState, OperatorDesk
from callflows.ringing import move, ring
from callflows.routing import is_cleared
from callflows.services import OWN_RING_TIME, take_from
from callflows.tree_run import pause
from client_directory.numbers import is_dialable, is_emergency_number

_HOME: Final = "BE"
DIRECTORY: Final = "His number is in the directory of this client."
MADE_FROM: Final = "The call belongs to the case from which it was made."


def pressed(board: Board, event: PersonCallPressed) -> None:
    """Call him for an operator, or say why not."""
    incident = board.incidents.get(event.incident_id)
    desk = board.operators.get(event.operator)
    if incident is None or desk is None:
        why_not = "there is no such case" if incident is None else "not signed in"
    else:
        why_not = _why_not(board, incident, desk, event)
    if why_not or incident is None or desk is None:
        board.say(
            PersonCallRefused(
                incident_id=event.incident_id,
                operator=event.operator,
                name=event.name,
                reason=why_not,
            )
        )
        return
    if incident.owner != desk.operator or incident.attention_since is not None:
        take_case(board, incident, desk.operator)
    _summon(board, incident, desk, event)


def _why_not(
    board: Board, incident: Incident, desk: OperatorDesk, event: PersonCallPressed
) -> str:
    if not incident.is_open:
        return "the case is closed"
    if not is_cleared(desk, incident.clearance):
        return "clearance"
    number = event.number
    if is_emergency_number(number, _HOME) or not is_dialable(number):
        return "this is no number to be called"
    return _cannot_ring(board, incident, event) or _cannot_speak(desk)


def _cannot_speak(desk: OperatorDesk) -> str:
    """Say why the operator cannot be on the line now."""
    if desk.state is DeskState.SIGNED_OUT:
        return "not signed in"
    if desk.state in (DeskState.TALKING, DeskState.VISITING):
        return "you are in another call"
    return "" if desk.has_station else "no phone"


def _cannot_ring(board: Board, incident: Incident, event: PersonCallPressed) -> str:
    """Say why his telephone must not ring now, or would be busy."""
    calls = board.calls_of(incident.incident_id)
    if incident.is_covert and (
        event.is_at_site or any(call.caller == event.number for call in calls)
    ):
        return "the case is covert, and his telephone would ring"
    if any(x.caller == event.number and not x.is_over for x in board.calls.values()):
        return "he is on the line, or is called already"
    for tree in board.trees.values():
        if any(x.number == event.number and x.holds_line(board.now) for x in tree.attempts):
            return "a call tree is calling him"
    return ""


# ---------------------------------------------------------------- the operator's own phone


def _summon(
    board: Board, incident: Incident, desk: OperatorDesk, event: PersonCallPressed
) -> None:
    """Let the operator's own phone ring; the other is dialled when he has picked up."""
    was_on_break = desk.state is DeskState.ON_BREAK
    if desk.state is DeskState.RINGING:
        take_from(board, desk, "he calls somebody of a case")
    made = sum(board.calls[one].dialled_by is not None for one in incident.call_ids)
    call_id = CallId(f"{incident.incident_id}-p{made + 1}")
    leg_id = LegId(f"{call_id}-a")
    call = InboundCall(
        call_id=call_id,
        incident_id=incident.incident_id,
        leg_id=leg_id,
        offer=_offer(incident, event, call_id, leg_id),
        offered_at=board.now,
        waits_since=board.now,
        urgency=incident.urgency,
        state=CallState.OFFERED,
        sound=Sound.NOTHING,
        calls_back=call_id,
        dialled_by=event.operator,
        was_on_break=was_on_break,
    )
    _be_call_back(board, call)
    board.add_call(call)
    board.summoning[call_id] = call
    incident.call_ids.append(call_id)
    _hold_tree(board, incident, call, event)
    which: dict[str, Any] = {"incident_id": incident.incident_id, "call_id": call_id}
    board.say(
        PersonCalled(
            **which,
            operator=event.operator,
            number=event.number,
            name=event.name,
            person=event.person,
        )
    )
    ring(board, call, desk, OWN_RING_TIME, is_auto_answered=True)


def _offer(
    incident: Incident, event: PersonCallPressed, call_id: CallId, leg_id: LegId
) -> CallOffered:
    return CallOffered(
        incident_id=incident.incident_id,
        call_id=call_id,
        leg_id=leg_id,
        did=event.presented_number or "",
        caller=event.number,
        identification=Identification(
            organisation=incident.organisation,
            organisation_name=incident.organisation_name,
            organisation_certainty="known",
            site=incident.site,
            site_name=incident.site_name,
            site_certainty="known" if incident.site else "unknown",
            person=event.person,
            person_name=event.name,
            person_certainty="guessed",
            why=DIRECTORY if event.person or event.is_at_site else MADE_FROM,
            organisation_why=MADE_FROM,
            site_why=MADE_FROM,
            person_why=DIRECTORY if event.person or event.is_at_site else MADE_FROM,
        ),
        clearance=incident.clearance,
        recording=event.recording,
        languages=event.languages,
        presented_number=event.presented_number,
        procedure=incident.procedure,
        urgency=incident.urgency,
    )


def _hold_tree(
    board: Board, incident: Incident, call: InboundCall, event: PersonCallPressed
) -> None:
    """Let the tree wait in which he stands: nobody else is woken for what two people agree."""
    tree = board.tree_at(incident.organisation, event.number)
    target = tree.person_at(event.number) if tree is not None else None
    if tree is None or target is None or tree.incident_id != incident.incident_id:
        return
    call.tree_id, call.keyholder = tree.tree_id, target.person
    tree.on_line[call.call_id] = event.number
    pause(board, tree, f"call:{call.call_id}", f"{target.person} is called by an operator")


def _be_call_back(board: Board, call: InboundCall) -> None:
    """Let it be a try of the call-back that is planned for him: nobody is called twice."""
    identification = call.offer.identification
    back = call_back.pending(board, identification.organisation, call.caller)
    if back is not None and back.incident_id == call.incident_id:
        back.next_at, back.tries, back.attempt = None, back.tries + 1, call.call_id
        call.calls_back = back.call_id
        board.keep_timed(back)


def end_unsummoned(board: Board) -> None:
    """Give up the calls whose operator's own phone rings no more."""
    for call in [one for one in board.summoning.values() if not one.legs]:
        del board.summoning[call.call_id]
        if call.is_over:
            continue
        if (back := board.call_backs.get(call.calls_back or call.call_id)) is not None:
            back.tries -= 1  # nobody was dialled
        finish(board, call, "engine")
        desk = board.operators[call.dialled_by] if call.dialled_by else None
        if call.was_on_break and desk is not None and desk.state is DeskState.READY:
            move(board, desk, DeskState.ON_BREAK)


ROUTES: Final[dict[type[Event], Any]] = {PersonCallPressed: pressed}
