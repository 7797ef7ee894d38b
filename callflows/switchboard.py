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
    check_call,
    handing_shift_over,
    joining,
    keyholder,
    person_call,
    restart,
    self_service_flow,
    service_calls,
    service_gate,
    services,
    shift,
    transferring,
    trees,
    visit_life,
    visiting,
    watched,
)
from callflows.board import Board, Outcome
from callflows.board_view import BoardView
from callflows.call import InboundCall
from callflows.deadlines import Deadlines
from callflows.due_things import DUE
from callflows.events import (
    AlarmReceived,
    AlertLimitsSet,
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
    MediaRestarted,
    OpenCloseReceived,
    PanelCallEnded,
    PanelCallTaken,
    PanelHandedOver,
    PinChecked,
    RestoreReceived,
    StatusReceived,
    TestModeEnded,
    TestModeSet,
    TrunkStateChanged,
    WrapUpTimeSet,
)
from callflows.search import settle
from callflows.state import board_from_state, board_to_state
from callflows.tables import CALL_TABLE, CASE_TABLE

__all__ = ["CALL_TABLE", "CASE_TABLE", "ROUTES", "Outcome", "Switchboard"]

CLOSED_KEPT: Final = 3600.0
"Seconds for which a closed case and its calls can still be looked at here."


class Switchboard(BoardView):
    """Take events, return what must be done and what was concluded, in order."""

    def __init__(self) -> None:
        super().__init__(Board())
        self._deadlines = Deadlines(self._board)

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
        case = event.incident_id or _case_of_leg(board, event)
        try:
            route = ROUTES.get(type(event), _by_case)
            route(board, event)
            services.end_unsummoned(board)
            if board.summoning:
                person_call.end_unsummoned(board)
            transferring.look(board)
            if board.visits:
                visit_life.follow(board)
            if board.unanswered:
                watched.show_unanswered(board)
            while board.is_unsettled:
                settle(board)
            if board.shift_lists:
                handing_shift_over.follow(board)
            for each in {case, *(call.incident_id for call in board.touched_calls.values())}:
                service_gate.follow(board, each)
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


def _pin_checked(board: Board, event: PinChecked) -> None:
    """Take a PIN also from whoever has hung up, or was brought into a call, meanwhile."""
    tree = board.tree_asking(event.leg_id)
    if tree is None:
        _by_leg(board, event)
    else:
        trees.tell_attempt(board, tree, event)


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


def _case_of_leg(board: Board, event: Event) -> IncidentId:
    leg_id = getattr(event, "leg_id", None)
    call = board.call_of(leg_id) if leg_id else None
    return call.incident_id if call is not None else IncidentId("")


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
    PinChecked: _pin_checked,
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
    **handing_shift_over.ROUTES,
    **person_call.ROUTES,
    AlertLimitsSet: alerting.limits_set,
    WrapUpTimeSet: shift.wrap_up_time_set,
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
