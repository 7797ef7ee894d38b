"""The end of a case: what bars it, and what it ends."""

from typing import Final

from callflows import alerting, call_back
from callflows.alarm_book import AlarmCase
from callflows.board import Board
from callflows.events import CloseRefused, CloseRequested, IncidentClosed, OperatorId
from callflows.incident import DISPOSITIONS, Incident, IncidentState
from callflows.operators import DeskState
from callflows.ringing import move

RESOLVED: Final = "duress_resolved"
"The one disposition that closes a case in which somebody was forced."


def missing(
    board: Board, incident: Incident, disposition: str = "", text: str = ""
) -> tuple[str, ...]:
    """Return what bars closing: `call:ID`, `tree:ID`, `action:ID`, `step:ID`, `restore:ZONE`.

    Or a word: `disposition`, `duress`, `reason`.

    :param text: what whoever closes it writes. Where no step of the consigne waits for the
        return to normal, it is the reason for which nobody does.
    """
    zones = _awaited(board, incident, text)
    is_reason_enough = bool(zones) and incident.run.awaits_restore is None
    actions = board.actions_of(incident.incident_id)
    return (
        *(f"call:{c.call_id}" for c in board.calls_of(incident.incident_id) if not c.is_over),
        *(f"tree:{t.tree_id}" for t in board.trees_of(incident) if not t.is_over),
        *(f"action:{one.action_id}" for one in actions if not one.is_over),
        *(f"step:{step.step}" for step in incident.run.missing()),
        *(f"restore:{zone}" for zone in zones),
        *(("reason",) if is_reason_enough else ()),
        *(("disposition",) if disposition not in DISPOSITIONS else ()),
        *(("duress",) if is_forced(board, incident) and disposition != RESOLVED else ()),
    )


def awaited(incident: Incident, case: AlarmCase) -> tuple[str, ...]:
    """Return the zones whose return to normal a case waits for.

    All of them where the consigne waits; none where an operator said why not; else those of
    which the panel will say so.
    """
    if incident.run.awaits_restore is not None:
        return case.unrestored
    return () if incident.run.leaves_out_restore else case.expected


def _awaited(board: Board, incident: Incident, text: str) -> tuple[str, ...]:
    case = board.alarms.cases.get(incident.incident_id)
    if case is None or (text.strip() and incident.run.awaits_restore is None):
        return ()
    return awaited(incident, case)


def is_forced(board: Board, incident: Incident) -> bool:
    """Whether only `duress_resolved` ends a case: it is under duress, or a silent one is open.

    That somebody gave his duress word is not said while his call is up, which bars closing
    by itself: the operator who speaks with him must not look any different.
    """
    if incident.is_under_duress:
        return True
    silent = board.incidents.get(incident.silent_id) if incident.silent_id else None
    if silent is None or not silent.is_open:
        return False
    return all(call.is_over for call in board.calls_of(incident.incident_id))


def close_requested(board: Board, incident: Incident, event: CloseRequested) -> bool:
    """Close a case for an operator, or tell him what is missing."""
    lacks = missing(board, incident, event.disposition, event.text)
    if lacks:
        board.say(
            CloseRefused(
                incident_id=incident.incident_id, operator=event.operator, missing=lacks
            )
        )
        return True
    close(board, incident, event.operator, event.disposition, event.text)
    for desk in board.roster:
        is_done = desk.incident_id == incident.incident_id
        if desk.state is DeskState.WRAP_UP and is_done:
            move(board, desk, DeskState.READY, "case closed")
    return True


def close(
    board: Board, incident: Incident, operator: OperatorId, disposition: str, text: str
) -> None:
    """End a case; it waits for nobody and nothing any more."""
    incident.state, incident.closed_at = IncidentState.CLOSED, board.now
    incident.closed_by, incident.disposition = operator, disposition
    incident.closing_text = text
    incident.attention.clear()
    incident.attention_since = None
    for timed in (incident.parking, incident.handover):
        if timed is not None:
            board.drop_timed(timed)
    incident.parking = incident.handover = None
    call_back.drop_all(board, incident)
    if (alarms := board.alarms.close(incident.incident_id)) is not None:
        board.drop_timed(alarms)
    alerting.closed(board, incident)
    board.closed.append((board.now, incident.incident_id))
    board.say(
        IncidentClosed(
            incident_id=incident.incident_id,
            operator=operator,
            disposition=disposition,
            text=text,
        )
    )
