"""The nine stages of a case, as every centre is taught them: where this one stands.

Listen, question, reformulate, qualify, verify, dispatch, trace, return to normal, report. A
consigne's steps belong to one of them each; some stages are done by other things than steps.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, get_args

from callflows.incident import Incident
from callflows.procedure_run import ProcedureRun
from client_directory.model import StageName, Step

STAGES: Final[tuple[StageName, ...]] = get_args(StageName)


class Standing(StrEnum):
    """How far a stage has come."""

    DONE = "done"
    CURRENT = "current"
    OPEN = "open"
    NONE = "none"
    "This case has nothing of it so far."


@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    """What of a case stands outside its consigne."""

    has_spoken: bool
    "An operator speaks, or spoke, with somebody of it."
    has_dispatched: bool
    "A service or a call tree was started."
    awaits_restore: bool
    "A zone in alarm is not back to normal."
    is_finished: bool
    "Nothing bars closing but the disposition."


def stage_of(step: Step) -> StageName:
    """Return the stage of a step: as its consigne says, else by what it is."""
    if step.stage is not None:
        return step.stage
    if step.ask is not None:
        return "question"
    if step.say is not None:
        return "reformulate"
    if step.verify:
        return "verify"
    return "return" if "await_restore" in (step.do or {}) else "dispatch"


def standings(incident: Incident, around: Around) -> tuple[tuple[StageName, Standing], ...]:
    """Say how far each of the nine stages has come, in their order."""
    run = incident.run
    current = run.current
    at = stage_of(current) if current is not None and incident.is_open else None
    found: list[tuple[StageName, Standing]] = []
    for stage in STAGES:
        steps = [step for step in run.path if stage_of(step) == stage]
        standing = _besides(stage, incident, around)
        if stage == at:
            standing = Standing.CURRENT
        elif steps and standing is not Standing.DONE:
            standing = Standing.DONE if _are_done(run, steps) else Standing.OPEN
        found.append((stage, standing))
    return tuple(found)


def _are_done(run: ProcedureRun, steps: Iterable[Step]) -> bool:
    return all(step.step in run.records for step in steps)


def _besides(stage: StageName, incident: Incident, around: Around) -> Standing:
    """Say how a stage stands by what is no step."""
    is_told = incident.source != "call" and incident.owner is not None
    is_done = {
        "listen": around.has_spoken or is_told,
        "qualify": bool(incident.kind),
        "dispatch": around.has_dispatched and not _has_open(incident.run, "dispatch"),
        "trace": bool(incident.notes),
        "report": not incident.is_open,
    }.get(stage, False)
    if is_done:
        return Standing.DONE
    if stage == "report" and around.is_finished:
        return Standing.CURRENT
    is_waited_for = stage in ("listen", "qualify", "trace", "report")
    if stage == "return" and around.awaits_restore:
        is_waited_for = True
    return Standing.OPEN if is_waited_for else Standing.NONE


def _has_open(run: ProcedureRun, stage: StageName) -> bool:
    return any(stage_of(s) == stage and s.step not in run.records for s in run.path)
