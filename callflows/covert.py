"""Covert calls: the caller hears nothing, and answers by keys.

Whatever the rules let him hear (an operator, a prompt, music, a conference) the media process
puts silence in its place for as long as his leg is covert. It is ordered before anything
else that he could hear, also after a restart. Nothing here, and no time limit anywhere, ends
the call of somebody who is silent.
"""

from typing import Final

from callflows import call_back
from callflows.board import Board
from callflows.call import InboundCall
from callflows.commands import SetCovert
from callflows.events import (
    CovertPressed,
    Event,
    SpeakAsked,
    SpeakPressed,
)
from callflows.incident import Incident, IncidentState
from callflows.transition import Transition


def covert_pressed(board: Board, incident: Incident, event: CovertPressed) -> bool:
    """Let the callers of a case hear nothing from now on; nobody rings them back either."""
    if incident.is_covert:
        return False
    incident.is_covert = True
    incident.speak_asked = incident.speak_asked_at = None
    for call in board.calls_of(incident.incident_id):
        hush(board, call)
    for back in tuple(board.call_backs.values()):
        if back.incident_id == incident.incident_id and back.attempt is None:
            call_back.drop(board, back, "the case is covert")
    return True


def speak_asked(board: Board, incident: Incident, event: SpeakAsked) -> bool:
    """Remember the first key; the second counts for `SECOND_KEY_TIME`, from the same hand."""
    if not incident.is_covert:
        return False
    incident.speak_asked, incident.speak_asked_at = event.operator, board.now
    return True


def speak_pressed(board: Board, incident: Incident, event: SpeakPressed) -> bool:
    """Let the callers hear what the rules let them hear."""
    if not incident.is_covert:
        return False
    incident.is_covert = False
    incident.speak_asked = incident.speak_asked_at = None
    for call in board.calls_of(incident.incident_id):
        if call.covert_leg is not None:
            _order(board, call, is_covert=False)
            call.covert_leg = None
    return True


def hush(board: Board, call: InboundCall) -> None:
    """Let a caller hear nothing. A keyholder whom we called and a service are no callers."""
    if call.is_over or call.is_outbound or call.tree_id is not None:
        return
    call.covert_leg = call.leg_id
    _order(board, call, is_covert=True)


def again(board: Board, call: InboundCall) -> None:
    """Order it again after a restart, before anything is ordered that he could hear."""
    if call.covert_leg is not None and call.covert_leg == call.leg_id:
        _order(board, call, is_covert=True)


def _order(board: Board, call: InboundCall, *, is_covert: bool) -> None:
    leg_id = call.covert_leg or call.leg_id
    if leg_id in board.legs:
        board.say(SetCovert(incident_id=call.incident_id, leg_id=leg_id, is_covert=is_covert))


SECOND_KEY_TIME: Final = 20.0
"Seconds for which the first of two keys counts."
OPEN: Final = IncidentState.OPEN
TABLE: Final[dict[tuple[IncidentState, type[Event]], Transition[IncidentState]]] = {
    (OPEN, CovertPressed): Transition(covert_pressed),
    (OPEN, SpeakAsked): Transition(speak_asked),
    (OPEN, SpeakPressed): Transition(speak_pressed),
}
