"""Code words and PINs that somebody on the line says to an operator.

What was said stands nowhere: the desk compares it and tells only what it was worth.
"""

from dataclasses import dataclass

from callflows.events.base import Event, Fact, IncidentId, OperatorId
from callflows.events.tree import PinOutcome
from client_directory.model import Procedure


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretChecked(Event):
    """Somebody was asked for his code word or PIN, and what his answer was worth."""

    operator: OperatorId
    person: str
    name: str
    outcome: PinOutcome
    "Whoever writes this line for people writes `duress` as `good`."
    procedure: Procedure | None = None
    "The client's consigne for duress, whatever the outcome: every answer is as long."


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretRevealed(Event):
    """An operator had the stored code word of somebody shown to him, and why."""

    operator: OperatorId
    person: str
    name: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SilentCaseOpened(Fact):
    """Somebody on the line signalled duress to an operator whose screen does not tell it."""

    about: IncidentId
    "The case in which he speaks; its screen and its log say that all is well."
    operator: OperatorId
    "Who speaks with him."
    person: str
    name: str
