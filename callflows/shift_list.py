"""What an operator hands over at the end of his shift, item by item."""

from dataclasses import dataclass, field
from typing import Final

from callflows.events import NO_INCIDENT, IncidentId, OperatorId, ShiftThing

MOST_ITEMS: Final = 200
"On one list; what is beyond is said as a number, and never left out in silence."


@dataclass(slots=True, kw_only=True)
class ShiftItem:
    """One thing on the list."""

    thing: ShiftThing
    incident_id: IncidentId = NO_INCIDENT
    "Of a case: what is shown of it is read from the case itself, at that moment."
    accepted_by: OperatorId | None = None
    accepted_at: float | None = None
    "Engine time."
    is_late: bool = False
    "Supervisors were told that nobody accepts it."

    @property
    def is_accepted(self) -> bool:
        """Whether somebody took it."""
        return self.accepted_by is not None


@dataclass(slots=True, kw_only=True)
class ShiftList:
    """Everything that one operator hands over."""

    operator: OperatorId
    offered_at: float
    "Engine time."
    until: float | None
    "When supervisors are told of what nobody accepted; `None` once they were."
    items: list[ShiftItem] = field(default_factory=list)
    notes: int = 0
    "How many notes he wrote: each has a number."

    @property
    def timer_id(self) -> str:
        """Its name among whatever waits for a time."""
        return f"shift {self.operator}"

    @property
    def incident_id(self) -> IncidentId:
        """It belongs to no case."""
        return NO_INCIDENT

    @property
    def deadline(self) -> float | None:
        """When supervisors are told."""
        return self.until

    def item(self, name: str) -> ShiftItem | None:
        """Find an item by its name."""
        return next((one for one in self.items if one.thing.item == name), None)

    @property
    def waiting(self) -> list[ShiftItem]:
        """What nobody accepted yet, in the order of the list."""
        return [one for one in self.items if not one.is_accepted]
