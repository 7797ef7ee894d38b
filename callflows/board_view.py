"""The board as everybody else reads it: nothing here changes it."""

from collections.abc import Mapping

from callflows import cases
from callflows.action import Action
from callflows.alarm_book import AlarmBook
from callflows.alerting import AlertKind, CaseWatch, late_times
from callflows.awaited_pins import awaits_pin
from callflows.board import Board
from callflows.call import CallBack, InboundCall
from callflows.call_tree import CallTree
from callflows.check_call import CheckCall
from callflows.closing import missing
from callflows.events import CallId, IncidentId, LegId, OperatorId, ServiceCallId, TreeId
from callflows.incident import DISPOSITIONS, Incident
from callflows.operators import OperatorDesk
from callflows.queue import in_order
from callflows.self_service import SelfService
from callflows.service_call import ServiceCall
from callflows.service_gate import why_shut
from callflows.shift_list import ShiftList
from callflows.visit import Visit
from client_directory.model import AlertLimits


class BoardView:
    """Every call, operator and case, read only."""

    def __init__(self, board: Board) -> None:
        self._board = board

    @property
    def incidents(self) -> Mapping[IncidentId, Incident]:
        """Open cases, and those closed within the hour. Read only."""
        return self._board.incidents

    @property
    def calls(self) -> Mapping[CallId, InboundCall]:
        """The calls of those cases. Read only."""
        return self._board.calls

    @property
    def operators(self) -> Mapping[OperatorId, OperatorDesk]:
        """Everybody who ever signed in, or whose phone was seen. Read only."""
        return self._board.operators

    @property
    def trees(self) -> Mapping[TreeId, CallTree]:
        """Call trees of those cases. Read only."""
        return self._board.trees

    @property
    def service_calls(self) -> Mapping[ServiceCallId, ServiceCall]:
        """Calls to emergency services for those cases. Read only."""
        return self._board.service_calls

    def bars_closing(self, incident: Incident) -> tuple[str, ...]:
        """Say what bars the closing of a case, but for how it ended; see `closing.missing`."""
        return missing(self._board, incident, DISPOSITIONS[0])

    def why_no_service(self, incident: Incident) -> str:
        """Say why no emergency service may be called for a case yet; empty: one may."""
        return why_shut(self._board, incident)

    @property
    def call_backs(self) -> Mapping[CallId, CallBack]:
        """Callers to be called back, by the call that they gave up. Read only."""
        return self._board.call_backs

    def case_of(self, organisation: str | None, caller: str | None) -> IncidentId | None:
        """Return the open case that a call from this number belongs to, if one waits for it.

        A keyholder whom a tree of this client calls, or a caller about to be called back.

        :param caller: E.164, or `None` when withheld.
        """
        return cases.waits_for(self._board, organisation, caller)

    def is_keyholder_called(self, organisation: str | None, number: str | None) -> bool:
        """Whether a running call tree of a client called the person who has this number."""
        tree = self._board.tree_at(organisation, number)
        return tree is not None and not tree.is_over and tree.has_called(number or "")

    @property
    def alarms(self) -> AlarmBook:
        """What is remembered of alarms: the case of each signal, tests, floods. Read only."""
        return self._board.alarms

    @property
    def checks(self) -> Mapping[str, CheckCall]:
        """Calls to people who are alone, the latest of each timer. Read only."""
        return self._board.checks

    @property
    def self_services(self) -> Mapping[LegId, SelfService]:
        """Callers who serve themselves by key, by their leg. Read only."""
        return self._board.self_services

    def awaits_pin(self, leg_id: LegId) -> bool:
        """Say whether the next keys of a leg are a PIN, and no key of a menu."""
        return awaits_pin(self._board, leg_id)

    @property
    def actions(self) -> Mapping[str, Action]:
        """Actions with consequences of those cases, by their id. Read only."""
        return self._board.actions

    @property
    def case_watches(self) -> Mapping[IncidentId, CaseWatch]:
        """What is late in each case. Read only."""
        return self._board.case_watches

    def late_times(self, incident: Incident) -> dict[AlertKind, float]:
        """Say when what is missing in a case now is late, or was: engine time."""
        return late_times(self._board, incident)

    @property
    def wrap_up_time(self) -> float:
        """Seconds after a call in which its operator is not rung."""
        return self._board.wrap_up_time

    @property
    def alert_limits(self) -> Mapping[str, AlertLimits]:
        """After how long supervisors are told, by client. Read only."""
        return self._board.alert_limits

    @property
    def visits(self) -> Mapping[LegId, Visit]:
        """Supervisors on colleagues' calls, by the leg at their own phone. Read only."""
        return self._board.visits

    @property
    def shift_lists(self) -> Mapping[OperatorId, ShiftList]:
        """What operators hand over at the end of their shift. Read only."""
        return self._board.shift_lists

    @property
    def watched(self) -> Mapping[str, IncidentId]:
        """The latest case of each thing that the clock showed, such as `task/…`. Read only."""
        return self._board.watched

    @property
    def is_draining(self) -> bool:
        """Whether new calls go to the fallback number because the engine stops."""
        return self._board.is_draining

    def waiting(self) -> list[InboundCall]:
        """Return the calls nobody has answered, in the order in which they will be."""
        return in_order(self._board.seeking.values(), self._board.now)
