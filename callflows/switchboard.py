"""All running calls, operators and cases in one deterministic object."""

from collections.abc import Mapping
from typing import Any

from callflows.call import InboundCall
from callflows.commands import Command
from callflows.events import CallId, Event, Fact, IncidentId, OperatorId
from callflows.incident import Incident
from callflows.operators import OperatorDesk

Outcome = Command | Fact


class Switchboard:
    """Take events, return what must be done and what was concluded, in order."""

    def __init__(self) -> None:
        self.incidents: Mapping[IncidentId, Incident] = {}
        self.calls: Mapping[CallId, InboundCall] = {}
        self.operators: Mapping[OperatorId, OperatorDesk] = {}

    def handle(self, event: Event, now: float) -> list[Outcome]:
        """Take one event; never raises."""
        return []

    def next_deadline(self) -> tuple[float, IncidentId] | None:
        """Return when `DeadlineReached` is due, and for which incident."""
        return None

    def waiting(self) -> list[InboundCall]:
        """Return the calls nobody has answered, in the order in which they will be."""
        return []

    def to_state(self) -> dict[str, Any]:
        """Return everything, JSON-plain and exact."""
        return {}

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> "Switchboard":
        """Build the switchboard that `to_state` described."""
        return cls()
