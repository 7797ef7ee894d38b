"""The phrase bridge: the operator's sentence, said in the caller's language.

While it is played the caller hears it and nothing else; then both hear each other again. It
is never played into a covert call, nor to a service.
"""

from typing import Final

from callflows.board import Board
from callflows.call import CallState, InboundCall, Sound
from callflows.commands import Play
from callflows.events import PhrasePlayed, PhrasePressed, PhraseRefused
from callflows.incident import AskedPhrase
from callflows.sounds import commands

LONGEST_TIME: Final = 30.0
"Seconds after which operator and caller hear each other again, should its end not be told."


def pressed(board: Board, call: InboundCall, event: PhrasePressed) -> bool:
    """Play a phrase to the caller, or say why not."""
    why_not = _why_not(board, call, event)
    if why_not:
        board.say(
            PhraseRefused(
                incident_id=call.incident_id,
                call_id=call.call_id,
                operator=event.operator,
                phrase=event.phrase,
                reason=why_not,
            )
        )
        return True
    incident = board.incidents[call.incident_id]
    incident.asked = AskedPhrase(
        at=board.now, call_id=call.call_id, phrase=event.phrase, words=event.words
    )
    call.phrase_until = board.now + LONGEST_TIME
    board.touch(call)
    board.say(
        Play(
            incident_id=call.incident_id,
            leg_id=call.leg_id,
            prompts=(event.prompt,),
            language=event.language,
        )
    )
    return True


def _why_not(board: Board, call: InboundCall, event: PhrasePressed) -> str:
    incident = board.incidents.get(call.incident_id)
    if event.operator != call.operator:
        return "it is not his call"
    if incident is None or incident.is_covert:
        return "the case is covert"
    if call.leg_id in call.service_legs:
        return "no service is ever played a recording"
    if any(visit.call_id == call.call_id for visit in board.visits.values()):
        return "a supervisor is in the call"
    if call.phrase_until is not None:
        return "another phrase is being played"
    return ""


def ended(board: Board, call: InboundCall, *, is_complete: bool) -> None:
    """Let operator and caller hear each other again."""
    if call.phrase_until is None:
        return
    call.phrase_until = None
    board.touch(call)
    incident = board.incidents.get(call.incident_id)
    asked = incident.asked if incident is not None else None
    board.say(
        PhrasePlayed(
            incident_id=call.incident_id,
            call_id=call.call_id,
            phrase=asked.phrase if asked is not None else "",
            is_complete=is_complete,
        )
    )
    if call.state is CallState.TALKING and call.sound is Sound.PEOPLE:
        board.say(*commands(call))
