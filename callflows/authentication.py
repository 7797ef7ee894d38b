"""Code words and PINs of people on the line, and the silent case behind a duress answer.

A duress answer changes nothing in the case in which it was given: its card, its log lines
and its urgency are those of a good one, since whoever holds a knife may hear the operator's
voice change. It opens a case of its own, which every other operator sees.
"""

from dataclasses import replace
from typing import Final

from callflows import cases
from callflows.attention import attend, attend_anew
from callflows.board import Board
from callflows.events import (
    DuressSignalled,
    Event,
    IncidentId,
    SecretChecked,
    SecretRevealed,
    SilentCaseOpened,
)
from callflows.incident import Incident, IncidentState, SecretTold
from callflows.procedure_run import ProcedureRun
from callflows.transition import Transition
from client_directory.model import Procedure

MOST_WRONG: Final = 3
"Wrong answers of one person in one case, from which on everybody is told."
DURESS: Final = "duress"


def secret_checked(board: Board, incident: Incident, event: SecretChecked) -> bool:
    """Keep what a code word or PIN was worth; duress opens its silent case."""
    before = incident.secrets.pop(event.person, None)
    wrong = (before.wrong_count if before else 0) + (event.outcome == "wrong")
    incident.secrets[event.person] = SecretTold(
        person=event.person,
        name=event.name,
        at=board.now,
        operator=event.operator,
        outcome=event.outcome,
        wrong_count=wrong,
    )
    if event.outcome == DURESS:
        _signal(board, incident, event)
    elif event.outcome == "wrong" and wrong >= MOST_WRONG:
        attend_anew(board, incident, f"{event.name} gave wrong code words", str(wrong))
    return True


def _signal(board: Board, incident: Incident, event: SecretChecked) -> None:
    """Open the silent case, or say it again in the one that is open."""
    known = board.incidents.get(incident.silent_id) if incident.silent_id else None
    silent = known if known is not None and known.is_open else _open(board, incident, event)
    silent.silent_for = event.operator
    board.say(DuressSignalled(incident_id=silent.incident_id, person=event.name))
    attend(board, silent, f"{event.name} signalled duress to {event.operator}")


def open_silent(board: Board, incident: Incident, procedure: Procedure | None) -> Incident:
    """Open the case that stands for another one which must show nothing of duress.

    :param procedure: its consigne, if it has one; nothing of it begins by itself.
    """
    silent = Incident(
        incident_id=cases.free_id(board, IncidentId(f"{incident.incident_id}-silent")),
        organisation=incident.organisation,
        organisation_name=incident.organisation_name,
        title=incident.title,
        source="operator",
        urgency=cases.MOST_URGENT,
        opened_at=board.now,
        clearance=incident.clearance,
        run=ProcedureRun(by_hand(procedure), "operator"),
        kind=DURESS,
        site=incident.site,
        site_name=incident.site_name,
        is_under_duress=True,
        is_silent=True,
        silent_about=incident.incident_id,
    )
    incident.silent_id = silent.incident_id
    cases.open_case(board, silent)
    return silent


def _open(board: Board, incident: Incident, event: SecretChecked) -> Incident:
    silent = open_silent(board, incident, event.procedure)
    board.say(
        SilentCaseOpened(
            incident_id=silent.incident_id,
            about=incident.incident_id,
            operator=event.operator,
            person=event.person,
            name=event.name,
        )
    )
    return silent


def by_hand(procedure: Procedure | None) -> Procedure | None:
    """Return a consigne of which nothing begins by itself: he could hear of it."""
    if procedure is None:
        return None
    steps = tuple(replace(step, is_automatic=False) for step in procedure.steps)
    return replace(procedure, steps=steps)


def secret_revealed(board: Board, incident: Incident, event: SecretRevealed) -> bool:
    """Leave it to its line: showing it is the desk's, once the line is durable."""
    return bool(event.reason.strip())


TABLE: Final[dict[tuple[IncidentState, type[Event]], Transition[IncidentState]]] = {
    (IncidentState.OPEN, SecretChecked): Transition(secret_checked),
    (IncidentState.OPEN, SecretRevealed): Transition(secret_revealed),
}
