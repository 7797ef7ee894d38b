"""A case that an operator laid aside until a time."""

from dataclasses import dataclass

from callflows.events import IncidentId, OperatorId


@dataclass(slots=True)
class Parking:
    """When a case comes back, and in front of whom."""

    incident_id: IncidentId
    operator: OperatorId
    "Who parked it; it comes back to him first."
    until: float
    "Engine time."
    text: str = ""
    is_back: bool = False
    "Its time was over, and he was told: until then it is his alone, after that everybody's."

    @property
    def timer_id(self) -> str:
        """Its name among whatever waits for a time."""
        return f"park {self.incident_id}"

    @property
    def deadline(self) -> float | None:
        """When it comes back, or in front of everybody."""
        return self.until
