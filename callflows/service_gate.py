"""When the button of a service opens: at once for people, after a verification for things.

The duty to verify (levée de doute) attaches to the signals of alarm systems, not to a human
voice: Belgian law of 2 October 2017, article 152. A hold-up, panic or duress signal is
verified by its kind, as the prover says (`client_directory.verification`).
"""

from collections.abc import Iterator
from typing import Final

from callflows.board import Board
from callflows.call import CallState
from callflows.events import CallId, IncidentId
from callflows.incident import Incident
from callflows.procedure_run import Outcome, ProcedureRun, StepRecord
from client_directory.verification import is_verified_by_kind

NOT_CONFIRMED: Final = "not_confirmed"
ON_THE_LINE: Final = (CallState.TALKING, CallState.HELD)


def why_shut(board: Board, incident: Incident) -> str:
    """Say why no service may be called for a case yet; the empty string: one may.

    A verification opens it whatever came of it, but for *not confirmed*: then there is
    nothing to call anybody for, until a person says so or the kind of incident changes.
    """
    if not _must_be_verified(board, incident):
        return ""
    record = verification(incident)
    if record is None:
        return "the alarm must be verified first"
    if record.answer == NOT_CONFIRMED:
        return "the verification did not confirm the alarm"
    return ""


def follow(board: Board, incident_id: IncidentId) -> None:
    """Let the steps of a case know whether a person is heard: button and step have one rule."""
    incident = board.incidents.get(incident_id)
    if incident is not None and incident.source == "alarm":
        incident.run.is_person_heard = _hears_person(board, incident)


def verified_at(board: Board, incident: Incident) -> float | None:
    """Return when the alarm was verified, engine time; `None` when nothing had to be."""
    record = verification(incident) if _must_be_verified(board, incident) else None
    return record.at if record is not None else None


def verification(incident: Incident) -> StepRecord | None:
    """Find the latest verification that was recorded, in whatever consigne was followed."""
    runs = (*incident.earlier_runs, incident.run)
    return max((r for run in runs for r in _verified(run)), key=lambda r: r.at, default=None)


def _verified(run: ProcedureRun) -> Iterator[StepRecord]:
    return (r for r in run.records.values() if r.outcome is Outcome.VERIFIED)


def _must_be_verified(board: Board, incident: Incident) -> bool:
    """Whether the case stands on signals of things alone."""
    if incident.source != "alarm" or incident.is_under_duress:
        return False
    if _hears_person(board, incident):
        return False
    alarms = board.alarms.cases.get(incident.incident_id)
    is_signalled = alarms is None or incident.kind in alarms.kinds
    return not is_verified_by_kind(incident.kind, incident.procedure, is_signalled=is_signalled)


def _hears_person(board: Board, incident: Incident) -> bool:
    return any(_is_person_on_line(board, call_id) for call_id in incident.call_ids)


def _is_person_on_line(board: Board, call_id: CallId) -> bool:
    """Whether somebody who called by himself speaks with an operator now.

    A keyholder whom the engine woke knows no more of the alarm than we do.
    """
    call = board.calls.get(call_id)
    if call is None or call.state not in ON_THE_LINE or call.tree_id is not None:
        return False
    return call.service_call is None and not call.is_outbound
