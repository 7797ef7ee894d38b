"""The steps of a consigne: answered, verified, left out, and what follows from it."""

from typing import Final, Literal

from callflows.automatic import start_tree
from callflows.board import Board
from callflows.cases import leave_out, reprioritise
from callflows.events import (
    ConsigneLeft,
    Event,
    OperatorId,
    StepAnswered,
    StepCorrected,
    StepRefused,
    StepSkipped,
    VerificationRecorded,
)
from callflows.incident import Incident, IncidentState
from callflows.procedure_run import (
    Outcome,
    StepRecord,
    find_answer,
    may_correct,
    means_of,
)
from callflows.quiet import keep_site_quiet
from callflows.service_call import needs_call
from callflows.transition import Transition
from client_directory.model import Step


def _step_answered(board: Board, incident: Incident, event: StepAnswered) -> bool:
    step = _open_step(board, incident, event.step, event.operator)
    if step is None:
        return True
    before = incident.run.records.get(step.step)
    if before is not None and not may_correct(step, before):
        return _refuse(board, incident, event, "recorded already")
    answer = find_answer(step, event.answer)
    if step.verify:
        return _refuse(board, incident, event, "a verification needs its means and result")
    if step.answers == "free_text":
        if not (event.text or event.answer).strip():
            return _refuse(board, incident, event, "nothing was written")
    elif step.answers and answer is None:
        return _refuse(board, incident, event, "no such answer")
    is_off_path, reason = incident.run.is_off_path(step), event.reason.strip()
    if is_off_path and not reason:
        return _refuse(board, incident, event, "it is off the path: a reason is needed")
    # The desk lets none through without a reason; logs of before it did have none.
    is_otherwise = bool(reason) and needs_call(step, board.services_of(incident.incident_id))
    record = StepRecord(
        step=step.step,
        outcome=Outcome.DONE,
        operator=event.operator,
        at=board.now,
        answer=event.answer,
        text=event.text,
        left_path=reason if is_off_path else "",
        otherwise=reason if is_otherwise else "",
    )
    _tell_corrected(board, incident, event, before)
    incident.run.record(record)
    if is_off_path:
        _tell_left(board, incident, event, "off_path")
    if is_otherwise:
        _tell_left(board, incident, event, "otherwise")
    if step.do and (tree := step.do.get("start_call_tree")):
        start_tree(board, incident, tree, event.operator)
    if step.do and (service := step.do.get("call_service")):
        keep_site_quiet(board, incident, f"{service} called")
    if answer is not None and answer.set_urgency is not None:
        reason = f"step {step.step}: {answer.answer}"
        reprioritise(board, incident, answer.set_urgency, reason)
    _weigh(board, incident)
    return True


def _weigh(board: Board, incident: Incident) -> None:
    """Let the answers' weights make a case more urgent; less urgent it is by a person."""
    weighed = incident.run.weighed_urgency
    if weighed is not None and weighed < incident.urgency:
        reason = f"the answers weigh {incident.run.weight}"
        reprioritise(board, incident, weighed, reason)


def _tell_corrected(
    board: Board,
    incident: Incident,
    event: StepAnswered | VerificationRecorded,
    before: StepRecord | None,
) -> None:
    if before is None:
        return
    was_skipped = before.outcome is Outcome.SKIPPED
    board.say(
        StepCorrected(
            incident_id=incident.incident_id,
            operator=event.operator,
            step=event.step,
            was="" if was_skipped else before.answer or before.text,
            was_skipped=was_skipped,
        )
    )


def _tell_left(
    board: Board, incident: Incident, event: StepAnswered, how: Literal["off_path", "otherwise"]
) -> None:
    board.say(
        ConsigneLeft(
            incident_id=incident.incident_id,
            operator=event.operator,
            step=event.step,
            how=how,
            reason=event.reason,
        )
    )


def _verification_recorded(
    board: Board, incident: Incident, event: VerificationRecorded
) -> bool:
    step = _open_step(board, incident, event.step, event.operator)
    if step is None:
        return True
    if event.means not in means_of(step, has_code_word=incident.has_code_word):
        return _refuse(board, incident, event, f"{event.means} is no means of this step")
    _tell_corrected(board, incident, event, incident.run.records.get(step.step))
    incident.run.record(
        StepRecord(
            step=step.step,
            outcome=Outcome.VERIFIED,
            operator=event.operator,
            at=board.now,
            answer=event.result,
            text=f"{event.means}: {event.text}" if event.text else event.means,
            confidence=event.confidence,
        )
    )
    return True


def _step_skipped(board: Board, incident: Incident, event: StepSkipped) -> bool:
    if incident.run.step(event.step) is None:
        return _refuse(board, incident, event, "no such step")
    if event.step in incident.run.records:
        return _refuse(board, incident, event, "recorded already")
    if not event.reason.strip():
        return _refuse(board, incident, event, "skipping needs a reason")
    leave_out(board, incident, event.step, event.operator, event.reason)
    return True


def _open_step(
    board: Board, incident: Incident, name: str, operator: OperatorId
) -> Step | None:
    """Find a step that may be recorded now, or say why it may not."""
    step = incident.run.step(name)
    shut_by = incident.run.shut_by(step) if step else None
    if step is not None and shut_by is None:
        return step
    board.say(
        StepRefused(
            incident_id=incident.incident_id,
            operator=operator,
            step=name,
            reason=f"{shut_by} comes first" if step else "no such step",
        )
    )
    return None


def _refuse(
    board: Board,
    incident: Incident,
    event: StepAnswered | StepSkipped | VerificationRecorded,
    reason: str,
) -> bool:
    board.say(
        StepRefused(
            incident_id=incident.incident_id,
            operator=event.operator,
            step=event.step,
            reason=reason,
        )
    )
    return True


OPEN: Final = IncidentState.OPEN
TABLE: Final[dict[tuple[IncidentState, type[Event]], Transition[IncidentState]]] = {
    (OPEN, StepAnswered): Transition(_step_answered),
    (OPEN, VerificationRecorded): Transition(_verification_recorded),
    (OPEN, StepSkipped): Transition(_step_skipped),
}
