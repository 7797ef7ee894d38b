"""A case that its operator has offered to another, or to a role."""

from dataclasses import dataclass

from callflows.events import IncidentId, OperatorId


@dataclass(slots=True)
class Handover:
    """Who is asked to take a case over; until he accepts it stays where it is."""

    incident_id: IncidentId
    by: OperatorId
    to: OperatorId | None
    role: str
    "Anybody of this role may accept, when nobody is named."
    until: float
    "Engine time at which it lapses."
    text: str = ""

    @property
    def timer_id(self) -> str:
        """Its name among whatever waits for a time."""
        return f"handover {self.incident_id}"

    @property
    def deadline(self) -> float | None:
        """When it lapses."""
        return self.until
