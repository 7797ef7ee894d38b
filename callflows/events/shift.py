"""An operator hands over what is open at the end of his shift, and the next one accepts it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from callflows.events.base import Event, Fact, OperatorId
from client_directory.model import Clearance

__all__ = [
    "ShiftHandedOver",
    "ShiftItemAccepted",
    "ShiftItemKind",
    "ShiftItemLate",
    "ShiftItemListed",
    "ShiftItemOver",
    "ShiftOffered",
    "ShiftRefused",
    "ShiftThing",
    "ShiftWithdrawn",
]

ShiftItemKind = Literal["case", "note", "task", "consigne", "test", "more"]
"`more`: how many things did not go on the list, so that a full list is never a lie."


@dataclass(frozen=True, slots=True, kw_only=True)
class ShiftThing:
    """Something besides cases that the next shift must know; a copy of the moment."""

    item: str
    "Its name on the list, unlike any other's there."
    kind: ShiftItemKind
    text: str
    title: Mapping[str, str] = field(default_factory=dict)
    "Its words by language, where the directory has them; else `text`."
    organisation: str = ""
    organisation_name: str = ""
    site_name: str = ""
    clearance: Clearance = "standard"
    "What an operator must hold to see it."
    until: float | None = None
    "Engine time at which it is due, late or over."


@dataclass(frozen=True, slots=True, kw_only=True)
class ShiftOffered(Event):
    """He offers what is open to whoever comes; pressed again, what is new comes with it."""

    operator: OperatorId
    text: str = ""
    "A note of his own for the next shift."
    things: tuple[ShiftThing, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ShiftItemAccepted(Event):
    """Another operator accepts one item: from now on it is his to see to."""

    operator: OperatorId
    by: OperatorId
    "Whose list it is on."
    item: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ShiftWithdrawn(Event):
    """He keeps what nobody accepted: his list is gone, his cases were his all the time."""

    operator: OperatorId


@dataclass(frozen=True, slots=True, kw_only=True)
class ShiftItemListed(Fact):
    """Something stands on his list. A case's line stands in its own log, and nowhere else."""

    operator: OperatorId
    item: str
    kind: str
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShiftItemLate(Fact):
    """Nobody accepted it in time: supervisors are told, and it stays on the list."""

    operator: OperatorId
    "Whose list it is on."
    item: str
    kind: str
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShiftItemOver(Fact):
    """It left the list without being accepted: there is nothing to hand over any more."""

    operator: OperatorId
    item: str
    kind: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ShiftHandedOver(Fact):
    """Every item of his list was accepted, or is over."""

    operator: OperatorId
    accepted: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ShiftRefused(Fact):
    """What he asked for of a list may not be, and why."""

    operator: OperatorId
    reason: str
