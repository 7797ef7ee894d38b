"""The rules' state as everybody reads it who may not change it (`callflows.board_view`)."""

from collections.abc import Mapping
from typing import Protocol

from callflows.action import Action
from callflows.alarm_book import AlarmBook
from callflows.alerting import AlertKind, CaseWatch
from callflows.call import CallBack, InboundCall
from callflows.call_tree import CallTree
from callflows.events import CallId, IncidentId, LegId, OperatorId, ServiceCallId, TreeId
from callflows.incident import Incident
from callflows.operators import OperatorDesk
from callflows.self_service import SelfService
from callflows.service_call import ServiceCall
from callflows.shift_list import ShiftList
from callflows.visit import Visit


class SwitchboardPort(Protocol):
    """The rules' state, read only."""

    @property
    def incidents(self) -> Mapping[IncidentId, Incident]:
        """Open cases, and those closed within the hour."""

    @property
    def calls(self) -> Mapping[CallId, InboundCall]:
        """Their calls."""

    @property
    def operators(self) -> Mapping[OperatorId, OperatorDesk]:
        """Everybody who signed in since the start."""

    @property
    def trees(self) -> Mapping[TreeId, CallTree]:
        """Call trees of those cases."""

    @property
    def self_services(self) -> Mapping[LegId, SelfService]:
        """Callers who serve themselves by key, by their leg."""

    @property
    def service_calls(self) -> Mapping[ServiceCallId, ServiceCall]:
        """Calls to emergency services."""

    def bars_closing(self, incident: Incident) -> tuple[str, ...]:
        """Say what bars the closing of a case, but for how it ended."""
        ...

    def why_no_service(self, incident: Incident) -> str:
        """Say why no emergency service may be called for a case yet; empty: one may."""

    @property
    def call_backs(self) -> Mapping[CallId, CallBack]:
        """Callers to be called back, by the call that they gave up."""

    @property
    def actions(self) -> Mapping[str, Action]:
        """Actions with consequences of those cases, by their id."""

    @property
    def case_watches(self) -> Mapping[IncidentId, CaseWatch]:
        """What is late in each case."""

    @property
    def shift_lists(self) -> Mapping[OperatorId, ShiftList]:
        """What operators hand over at the end of their shift."""

    @property
    def alarms(self) -> AlarmBook:
        """What is remembered of alarms; here, which sites are on test."""

    def late_times(self, incident: Incident) -> dict[AlertKind, float]:
        """Say when what is missing in a case now is late, or was: engine time."""

    @property
    def visits(self) -> Mapping[LegId, Visit]:
        """Supervisors on colleagues' calls."""

    def waiting(self) -> list[InboundCall]:
        """Return the calls nobody has answered, in the order in which they will be."""
