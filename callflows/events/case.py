"""What operators do with a case: kind, steps, verification, notes, closing."""

from dataclasses import dataclass
from typing import Literal

from callflows.events.base import Event, OperatorId
from client_directory.model import Procedure

__all__ = [
    "CaseTaken",
    "CloseRequested",
    "KindChosen",
    "NoteWritten",
    "StepAnswered",
    "StepSkipped",
    "UrgencySet",
    "VerificationRecorded",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class KindChosen(Event):
    """An operator said what kind of incident it is; carries the consigne for it."""

    operator: OperatorId
    kind: str
    procedure: Procedure | None
    reason: str = ""
    "Why, when it leaves a consigne half done."


@dataclass(frozen=True, slots=True, kw_only=True)
class StepAnswered(Event):
    """One step of the consigne was done, answered or said."""

    operator: OperatorId
    step: str
    answer: str = ""
    text: str = ""
    reason: str = ""
    """Why, when the answers so far lead around this step; how, when it asks for a service
    that was not called from here. Logs of before the second was asked have none there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StepSkipped(Event):
    """A step was left out, and why."""

    operator: OperatorId
    step: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class VerificationRecorded(Event):
    """A verification (levée de doute) was made."""

    operator: OperatorId
    step: str
    means: str
    result: Literal["confirmed", "not_confirmed", "unclear"]
    text: str = ""
    confidence: Literal["high", "medium", "low", ""] = ""
    "How sure of it the operator is; empty in old logs."


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteWritten(Event):
    """An operator wrote a line."""

    operator: OperatorId
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UrgencySet(Event):
    """An operator changed the urgency, and why."""

    operator: OperatorId
    urgency: int
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CloseRequested(Event):
    """An operator asked to close the incident."""

    operator: OperatorId
    disposition: str
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseTaken(Event):
    """An operator took a case that waited for one."""

    operator: OperatorId
