"""All running calls, operators and cases in one deterministic object.

The same events at the same times give the same outcomes, always: that is what a restart's
replay stands on. Nothing here waits, and nothing here asks: an event comes in, the state
moves, and what follows from it comes out in order.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, Final

from callflows import (
    action_flow,
    alarm_intake,
    alarm_on_test,
    alerting,
    cases,
    check_call,
    joining,
    keyholder,
    restart,
    self_service_flow,
    service_calls,
    services,
    shift,
    transferring,
    trees,
    visit_life,
    visiting,
    watched,
)
from callflows.action import Action
from callflows.alarm_book import AlarmBook
from callflows.awaited_pins import awaits_pin
from callflows.board import Board, Outcome
from callflows.call import CallBack, InboundCall
from callflows.call_tree import CallTree
from callflows.check_call import CheckCall
from callflows.deadlines import Deadlines
from callflows.due_things import DUE
from callflows.events import (
    AlarmReceived,
    AlertLimitsSet,
    CallId,
    CallOffered,
    CallTreeRequested,
    CallTreeUnplanned,
    CommandFailed,
    DeadlineReached,
    EngineDraining,
    EngineStarted,
    Event,
    FlowFailed,
    IncidentId,
    JoinKeyholderPressed,
    LegId,
    MediaRestarted,
    OpenCloseReceived,
    OperatorId,
    PanelCallEnded,
    PanelCallTaken,
    PanelHandedOver,
    RestoreReceived,
    ServiceCallId,
    StatusReceived,
    TestModeEnded,
    TestModeSet,
    TreeId,
    TrunkStateChanged,
)
from callflows.incident import Incident
from callflows.operators import OperatorDesk
from callflows.queue import in_order
from callflows.search import settle
from callflows.self_service import SelfService
from callflows.service_call import ServiceCall
from callflows.service_gate import why_shut
from callflows.state import board_from_state, board_to_state
from callflows.tables import CALL_TABLE, CASE_TABLE
from callflows.visit import Visit
from client_directory.model import AlertLimits

__all__ = ["CALL_TABLE", "CASE_TABLE", "ROUTES", "Outcome", "Switchboard"]

CLOSED_KEPT: Final = 3600.0
"Seconds for which a closed case and its calls can still be looked at here."


class Switchboard:
    """Take events, return what must be done and what was concluded, in order."""

    def __init__(self) -> None:
        self._board = Board()
        self._deadlines = Deadlines(self._board)

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
    def case_watches(self) -> Mapping[IncidentId, alerting.CaseWatch]:
        """What is late in each case. Read only."""
        return self._board.case_watches

    @property
    def alert_limits(self) -> Mapping[str, AlertLimits]:
        """After how long supervisors are told, by client. Read only."""
        return self._board.alert_limits

    @property
    def visits(self) -> Mapping[LegId, Visit]:
        """Supervisors on colleagues' calls, by the leg at their own phone. Read only."""
        return self._board.visits

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

    def next_deadline(self) -> tuple[float, IncidentId] | None:
        """Return when `DeadlineReached` is due, and for which incident.

        `NO_INCIDENT` stands for what belongs to an operator, such as the end of wrap-up.
        """
        return self._deadlines.next()

    def handle(self, event: Event, now: float) -> list[Outcome]:
        """Take one event; return commands and facts, in order. Never raises.

        :param now: engine time, seconds; see `securityline.clock`.
        """
        board = self._board
        board.now = now
        outcomes: list[Outcome] = []
        board.outcomes = outcomes
        try:
            route = ROUTES.get(type(event), _by_case)
            route(board, event)
            services.end_unsummoned(board)
            transferring.look(board)
            if board.visits:
                visit_life.follow(board)
            if board.unanswered:
                watched.show_unanswered(board)
            while board.is_unsettled:
                settle(board)
            alerting.follow(board, event)
            self._forget_old()
            self._deadlines.update()
        except Exception as error:
            # A defect of ours must not take the other calls down. What was decided stands,
            # the line says so in red, and the tests see to it that nobody ever reads it.
            board.is_unsettled = False
            board.say(
                FlowFailed(
                    incident_id=event.incident_id,
                    event=type(event).__name__,
                    reason=f"{type(error).__name__}: {error}",
                )
            )
            with suppress(Exception):
                self._deadlines.update()
        return outcomes

    def to_state(self) -> dict[str, Any]:
        """Return everything, JSON-plain and exact."""
        return board_to_state(self._board)

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> "Switchboard":
        """Build the switchboard that `to_state` described.

        :raises ValueError: the state is not one of ours.
        """
        switchboard = cls()
        switchboard._board = board_from_state(state)
        switchboard._deadlines = Deadlines(switchboard._board)
        switchboard._deadlines.collect()
        return switchboard

    def _forget_old(self) -> None:
        closed = self._board.closed
        while closed and closed[0][0] + CLOSED_KEPT <= self._board.now:
            self._board.forget(closed.pop(0)[1])


# ---------------------------------------------------------------- who an event is for


def _by_leg(board: Board, event: Any) -> None:
    call = board.call_of(event.leg_id)
    tree = board.tree_of(event.leg_id)
    service = board.service_at(event.leg_id)
    if service is not None:
        service_calls.tell(board, service, event)
    if call is not None:
        _tell_call(board, call, event)
    elif tree is not None:
        trees.tell_attempt(board, tree, event)
    elif (visit := board.visits.get(event.leg_id)) is not None:
        visiting.tell(board, visit, event)
    elif (check := board.checks.get(board.check_legs.get(event.leg_id, ""))) is not None:
        check_call.tell(board, check, event)
    elif (himself := board.self_services.get(event.leg_id)) is not None:
        self_service_flow.tell(board, himself, event)
    else:
        board.ignore(event, "unknown leg")


def _by_call(board: Board, event: Any) -> None:
    call = board.calls.get(event.call_id)
    if call is None:
        board.ignore(event, "unknown call")
    else:
        _tell_call(board, call, event)


def _tell_call(board: Board, call: InboundCall, event: Event) -> None:
    state = call.state
    transition = CALL_TABLE.get((state, type(event)))
    if transition is None or not transition.step(board, call, event):
        board.ignore(event, state.value)


def _by_operator(board: Board, event: Any) -> None:
    desk = board.desk(event.operator)
    state = desk.state
    transition = shift.TABLE.get((state, type(event)))
    if transition is None or not transition.step(board, desk, event):
        board.ignore(event, state.value)


def _by_case(board: Board, event: Event) -> None:
    incident = board.incidents.get(event.incident_id)
    if incident is None:
        board.ignore(event, "unknown incident")
        return
    state = incident.state
    transition = CASE_TABLE.get((state, type(event)))
    if transition is None or not transition.step(board, incident, event):
        board.ignore(event, state.value)


def _deadline_reached(board: Board, event: DeadlineReached) -> None:
    """Tell whoever asked; a deadline that has moved meanwhile means nothing."""
    due = 0
    if event.incident_id:
        for call in board.calls_of(event.incident_id):
            if call.deadline is not None and call.deadline <= board.now:
                due += 1
                _tell_call(board, call, event)
    waiting = board.timed.get(event.incident_id, {})
    for _, timed in sorted(waiting.items()):  # in the same order after a restart
        if timed.deadline is not None and timed.deadline <= board.now:
            due += 1
            DUE[type(timed)](board, timed)
    if not event.incident_id:
        for desk in board.roster:
            if desk.deadline is not None and desk.deadline <= board.now:
                due += 1
                shift.TABLE[desk.state, DeadlineReached].step(board, desk, event)
    if not due:
        board.ignore(event, "nothing due")


def _command_failed(board: Board, event: CommandFailed) -> None:
    leg_id = event.leg_id
    known = (board.legs, board.tree_legs, board.check_legs, board.visits, board.self_services)
    if leg_id is not None and any(leg_id in legs for legs in known):
        _by_leg(board, event)


def _call_offered(board: Board, event: CallOffered) -> None:
    if not self_service_flow.offered(board, event):
        board.ignore(event, "call known already")


def _engine_draining(board: Board, event: EngineDraining) -> None:
    board.is_draining = True


def _noted(board: Board, event: Event) -> None:
    """Leave it to its line in the logbook: whoever told it does what is to be done."""


Route = Callable[[Board, Any], None]

ROUTES: Final[dict[type[Event], Route]] = {
    **{event: _by_leg for state, event in keyholder.TABLE},
    **{event: _by_leg for state, event in CALL_TABLE if "leg_id" in event.__slots__},
    **{event: _by_call for state, event in CALL_TABLE if "call_id" in event.__slots__},
    **{event: _by_operator for state, event in shift.TABLE},
    CallOffered: _call_offered,
    **dict.fromkeys(trees.PRESSES, trees.pressed),
    JoinKeyholderPressed: joining.join_pressed,
    CallTreeRequested: trees.tree_requested,
    CallTreeUnplanned: trees.tree_unplanned,
    AlarmReceived: alarm_intake.alarm_received,
    RestoreReceived: alarm_intake.restore_received,
    OpenCloseReceived: alarm_intake.open_close_received,
    StatusReceived: alarm_intake.status_received,
    **action_flow.ROUTES,
    **services.ROUTES,
    **watched.ROUTES,
    **self_service_flow.ROUTES,
    **visiting.ROUTES,
    AlertLimitsSet: alerting.limits_set,
    TestModeSet: alarm_on_test.test_mode_set,
    TestModeEnded: alarm_on_test.test_mode_ended,
    DeadlineReached: _deadline_reached,
    CommandFailed: _command_failed,
    EngineStarted: restart.engine_started,
    EngineDraining: _engine_draining,
    **dict.fromkeys(
        (MediaRestarted, PanelCallEnded, PanelCallTaken, PanelHandedOver, TrunkStateChanged),
        _noted,
    ),
}
"Where each class of event goes; all others are for a case."
