"""The keys of a caller who cannot speak, or must not: 1 police … 5 no."""

from typing import Final

from callflows.board import Board
from callflows.call import InboundCall
from callflows.events import CallerKeyed, DigitPressed
from callflows.incident import KeyAnswer

MEANINGS: Final = {"1": "police", "2": "fire", "3": "medical", "4": "yes", "5": "no"}
MOST_KEPT: Final = 40
"Keys kept of one case; whoever leans on the telephone fills no memory."


def key_pressed(board: Board, call: InboundCall, event: DigitPressed) -> bool:
    """Keep a caller's key as an answer; the keys of everybody else are only noted."""
    incident = board.incidents.get(call.incident_id)
    is_caller = event.leg_id == call.leg_id and call.leg_id not in call.service_legs
    if incident is None or not is_caller:
        return True
    meaning = MEANINGS.get(event.digit, "")
    incident.key_answers.append(
        KeyAnswer(at=board.now, call_id=call.call_id, digit=event.digit, meaning=meaning)
    )
    del incident.key_answers[:-MOST_KEPT]
    board.say(
        CallerKeyed(
            incident_id=call.incident_id,
            call_id=call.call_id,
            digit=event.digit,
            meaning=meaning,
        )
    )
    return True
