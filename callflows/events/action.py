"""Actions with consequences: disarm, open a barrier, immobilise a vehicle."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from callflows.events.base import Event, Fact, OperatorId

ActionKind = Literal["disarm", "barrier", "immobilise", "other"]
ActionOutcome = Literal["done", "refused", "failed"]
"""What the far end made of it. `refused`: it will not, and asking again changes nothing.
`failed`: no answer, or one that says to try again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionRequested(Event):
    """An operator wants an action done. Carries a copy of what the client marked."""

    action_id: str
    operator: OperatorId
    reason: str
    "In his words; without one nothing is done."
    organisation: str
    action: str
    "Its name in the directory."
    kind: ActionKind = "other"
    site: str | None = None
    needs_two_people: bool = False
    attempt: int = 1
    "How often it was asked for in this case, this time included."
    parameters: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionApproved(Event):
    """A second operator agrees."""

    action_id: str
    operator: OperatorId


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionRejected(Event):
    """An operator, perhaps the first, does not want it after all."""

    action_id: str
    operator: OperatorId
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionAnswered(Event):
    """The far end answered a try, or did not."""

    action_id: str
    tries: int
    "Which try this answers, from 1."
    outcome: ActionOutcome
    status: int | None = None
    "Of HTTP; `None` when nothing came."
    answer: str = ""
    "The beginning of what it said. Hostile text."
    reason: str = ""
    "For people: why it counts as failed or refused."


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionFact(Fact):
    """Base of what became of an action."""

    action_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionAwaited(ActionFact):
    """An action waits for a second person."""

    action: str
    operator: OperatorId
    until: float
    "Engine time at which it expires."


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionRefused(ActionFact):
    """What an operator asked for was not taken, and why."""

    operator: OperatorId
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionDropped(ActionFact):
    """An action will not be done: rejected, or nobody agreed in time."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionDelayed(ActionFact):
    """A try failed; the next is made later, under the same key."""

    tries: int
    again_at: float
    "Engine time."
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionDone(ActionFact):
    """The far end did it."""

    action: str
    operator: OperatorId
    approved_by: OperatorId | None
    tries: int
    is_late: bool = False
    "We had given it up, or dropped it, already, and said so."


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionGivenUp(ActionFact):
    """It was not done as far as anybody knows; an operator is told at once."""

    action: str
    tries: int
    reason: str
