"""The life of a case: its kind, its consigne's steps, its urgency, its closing."""

from typing import Final

from callflows import call_back, handing_over, parking, site_lock
from callflows.alarm_hold import release
from callflows.attention import case_taken
from callflows.automatic import begin_automatic
from callflows.board import Board
from callflows.closing import close_requested
from callflows.events import (
    CallOffered,
    CaseParked,
    CaseTaken,
    CaseUnparked,
    CloseRequested,
    ConsigneLeft,
    Event,
    HandoverAccepted,
    HandoverDeclined,
    HandoverOffered,
    IncidentId,
    IncidentOpened,
    IncidentReprioritised,
    KindChosen,
    NoteWritten,
    OperatorId,
    ProcedureShown,
    SiteEntered,
    UrgencySet,
)
from callflows.incident import Incident, IncidentState, Note
from callflows.procedure_run import (
    Outcome,
    ProcedureRun,
    StepRecord,
)
from callflows.ringing import UNKNOWN_NUMBER
from callflows.transition import Transition

MOST_URGENT: Final = 1
"Life in danger."
LEAST_URGENT: Final = 4
"For information."
DURESS: Final = "duress"
"Reason of an urgency that only operators may know of."

# ---------------------------------------------------------------- opening


def case_for(board: Board, event: CallOffered) -> Incident:
    """Return the open case that a call belongs to, or open one."""
    waiting = waits_for(board, event.identification.organisation, event.caller)
    known = board.incidents.get(waiting or event.incident_id)
    if known is not None and known.is_open:
        if event.clearance == "high_security":
            known.clearance = event.clearance
        return known
    whose = event.identification
    title = whose.organisation_name or event.did
    if whose.site_name:
        title += f", {whose.site_name}"
    incident = Incident(
        incident_id=free_id(board, event.incident_id or IncidentId(f"inc-{event.call_id}")),
        organisation=whose.organisation,
        organisation_name=whose.organisation_name,
        title=title if event.is_known_did else UNKNOWN_NUMBER,
        source="call",
        urgency=min(max(event.urgency, MOST_URGENT), LEAST_URGENT),
        opened_at=board.now,
        clearance=event.clearance if event.is_known_did else "standard",
        run=ProcedureRun(event.procedure, "call"),
        site=whose.site,
        site_name=whose.site_name,
    )
    open_case(board, incident)
    return incident


def waits_for(board: Board, organisation: str | None, caller: str | None) -> IncidentId | None:
    """Return the case of a keyholder who is being called, or of a caller to be called back."""
    if tree := board.tree_at(organisation, caller):
        return tree.incident_id
    if back := call_back.pending(board, organisation, caller):
        return back.incident_id
    return None


def open_case(board: Board, incident: Incident, *, is_held: bool = False) -> None:
    """Keep a new case, say so, and begin what its consigne does by itself.

    :param is_held: that begins later: a cancelling signal is waited for, or it is a flood.
    """
    board.incidents[incident.incident_id] = incident
    _tell_opened(board, incident)
    if not is_held:
        begin_automatic(board, incident)


def free_id(board: Board, incident_id: IncidentId) -> IncidentId:
    """Return a number for a new case; a closed case is never opened again."""
    while incident_id in board.incidents:
        incident_id = IncidentId(f"{incident_id}-again")
    return incident_id


def _tell_opened(board: Board, incident: Incident) -> None:
    board.say(
        IncidentOpened(
            incident_id=incident.incident_id,
            organisation=incident.organisation,
            organisation_name=incident.organisation_name,
            source=incident.source,
            urgency=incident.urgency,
            title=incident.title,
        )
    )
    tell_procedure(board, incident)


def tell_procedure(board: Board, incident: Incident) -> None:
    """Say which consigne is followed from now on."""
    procedure = incident.procedure
    if procedure is not None:
        board.say(
            ProcedureShown(
                incident_id=incident.incident_id,
                procedure=procedure.procedure,
                version=procedure.version,
                kind=incident.kind,
            )
        )


# ---------------------------------------------------------------- urgency and kind


def reprioritise(board: Board, incident: Incident, urgency: int, reason: str) -> None:
    """Change the urgency; whoever waits in this case moves in the queue at once."""
    urgency = min(max(urgency, MOST_URGENT), LEAST_URGENT)
    if urgency == incident.urgency:
        return
    board.say(
        IncidentReprioritised(
            incident_id=incident.incident_id,
            urgency=urgency,
            previous=incident.urgency,
            reason=reason,
        )
    )
    if reason in (DURESS, f"kind {DURESS}"):
        if incident.ordinary_urgency is None:
            incident.ordinary_urgency = incident.urgency
    elif incident.ordinary_urgency is not None:
        incident.ordinary_urgency = urgency
    incident.urgency = urgency
    for call in board.calls_of(incident.incident_id):
        call.urgency, call.ordinary_urgency = urgency, incident.ordinary_urgency
    board.is_unsettled = True


def _kind_chosen(board: Board, incident: Incident, event: KindChosen) -> bool:
    """Follow the consigne for this kind, from its beginning; what was recorded is kept."""
    incident.kind = event.kind
    alarms = board.alarms.cases.get(incident.incident_id)
    if alarms is not None and alarms.held_until is not None:
        release(board, incident, alarms)  # an operator knows better than a window
    if event.procedure is None:
        return True
    if event.procedure != incident.procedure:
        if incident.run.records:
            for step in incident.run.missing() if event.reason else ():
                leave_out(board, incident, step.step, event.operator, event.reason)
            incident.earlier_runs.append(incident.run)
        incident.run = ProcedureRun(
            event.procedure, incident.source, is_person_heard=incident.run.is_person_heard
        )
    tell_procedure(board, incident)
    reprioritise(board, incident, event.procedure.urgency, f"kind {event.kind}")
    begin_automatic(board, incident)
    return True


def leave_out(
    board: Board, incident: Incident, step: str, operator: OperatorId, reason: str
) -> None:
    """Record that a step is left out and why, and tell whoever reviews the case."""
    incident.run.record(
        StepRecord(
            step=step, outcome=Outcome.SKIPPED, operator=operator, at=board.now, text=reason
        )
    )
    board.say(
        ConsigneLeft(
            incident_id=incident.incident_id,
            operator=operator,
            step=step,
            how="skipped",
            reason=reason,
        )
    )


def _urgency_set(board: Board, incident: Incident, event: UrgencySet) -> bool:
    if not MOST_URGENT <= event.urgency <= LEAST_URGENT:
        return False
    reason = event.reason or f"set by {event.operator}"
    reprioritise(board, incident, event.urgency, reason)
    return True


# ---------------------------------------------------------------- notes


def _note_written(board: Board, incident: Incident, event: NoteWritten) -> bool:
    if not event.text.strip():
        return False
    note = Note(at=board.now, operator=event.operator, text=event.text)
    incident.notes.append(note)
    return True


OPEN: Final = IncidentState.OPEN
CLOSED: Final = IncidentState.CLOSED

TABLE: Final[dict[tuple[IncidentState, type[Event]], Transition[IncidentState]]] = {
    (OPEN, KindChosen): Transition(_kind_chosen),
    (OPEN, UrgencySet): Transition(_urgency_set),
    (OPEN, NoteWritten): Transition(_note_written),
    (OPEN, CaseTaken): Transition(case_taken),
    (OPEN, CaseParked): Transition(parking.case_parked),
    (OPEN, CaseUnparked): Transition(parking.case_unparked),
    (OPEN, HandoverOffered): Transition(handing_over.offered),
    (OPEN, HandoverAccepted): Transition(handing_over.accepted),
    (OPEN, HandoverDeclined): Transition(handing_over.declined),
    (OPEN, SiteEntered): Transition(site_lock.entered),
    (OPEN, CloseRequested): Transition(close_requested, (CLOSED,)),
    (CLOSED, NoteWritten): Transition(_note_written),
}
