"""What people look at of timers and tasks, and what of the rules that needs."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from callflows.check_call import CheckCall
from callflows.events import IncidentId, LegId
from callflows.incident import Incident
from callflows.self_service import SelfService
from callflows.watch.alone import TimerView
from callflows.watch.tasks import TaskView


@dataclass(frozen=True, slots=True, kw_only=True)
class TimerRow:
    """A timer, with the names of whose it is."""

    timer: TimerView
    organisation_name: str
    site_name: str
    clearance: str
    incident_id: IncidentId | None
    "Its open case."


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskRow:
    """A task that waits to be done, with the names of whose it is."""

    task: TaskView
    organisation_name: str
    site_name: str
    clearance: str
    incident_id: IncidentId | None


class Cases(Protocol):
    """The rules' cases, read only (`callflows.switchboard.Switchboard`)."""

    @property
    def watched(self) -> Mapping[str, IncidentId]:
        """The latest case of each thing that is watched, by the rules' name for it."""

    @property
    def incidents(self) -> Mapping[IncidentId, Incident]:
        """Open cases, and those closed within the hour."""

    @property
    def checks(self) -> Mapping[str, CheckCall]:
        """Calls to people who are alone, by the timer's name."""

    @property
    def self_services(self) -> Mapping[LegId, SelfService]:
        """Callers who serve themselves by key."""
