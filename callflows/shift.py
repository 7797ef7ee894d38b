"""Operators come, are ready, take a break, and go; their phones appear and vanish."""

from collections.abc import Callable
from typing import Final

from callflows.board import Board
from callflows.events import (
    Cause,
    DeadlineReached,
    Event,
    OperatorOnBreak,
    OperatorReady,
    OperatorSignedIn,
    OperatorSignedOut,
    StationDown,
    StationUp,
    WrapUpTimeSet,
)
from callflows.operators import DeskState, OperatorDesk
from callflows.ringing import give_up, missed, move, stop
from callflows.routing import is_cleared
from callflows.talking import station_down, station_up
from callflows.transition import Transition
from callflows.visit_life import end, visit_of
from callflows.visiting import station_changed

# ---------------------------------------------------------------- signing in and out


def _signed_in(board: Board, desk: OperatorDesk, event: OperatorSignedIn) -> bool:
    """Take over who he is and what he may do; a second desk of his changes no more."""
    desk.name, desk.role = event.name, event.role
    desk.languages, desk.clearances = event.languages, event.clearances
    if desk.after_call is DeskState.SIGNED_OUT:
        desk.after_call = None
    if desk.state is DeskState.SIGNED_OUT:
        move(board, desk, DeskState.ON_BREAK, "signed in")
    elif desk.state is DeskState.RINGING and desk.call_id is not None:
        if not is_cleared(desk, board.calls[desk.call_id].clearance):
            _drop_ringing(board, desk, DeskState.READY)
    else:
        board.is_unsettled = True
    return True


def _leaves(state: DeskState) -> Callable[[Board, OperatorDesk, Event], bool]:
    """Return what brings an operator on break, or home: at once, or after his call."""

    def leave(board: Board, desk: OperatorDesk, event: Event) -> bool:
        reason = getattr(event, "reason", "")
        if desk.state is DeskState.TALKING or (
            desk.state is DeskState.VISITING and state is DeskState.ON_BREAK
        ):
            desk.after_call, desk.reason = state, reason
        elif desk.state is DeskState.VISITING:
            _leave_colleague(board, desk, state)
        elif desk.state is DeskState.RINGING:
            _drop_ringing(board, desk, state, reason)
        else:
            move(board, desk, state, reason)
        return True

    return leave


def _leave_colleague(board: Board, desk: OperatorDesk, state: DeskState) -> None:
    """Take a supervisor off his colleague's call: who is not there listens to nobody."""
    desk.after_call = state
    if (visit := visit_of(board, desk.operator)) is not None:
        end(board, visit, "he signed out")


def _drop_ringing(board: Board, desk: OperatorDesk, state: DeskState, reason: str = "") -> None:
    """Take an operator off the call that rings at his phone; the next is rung for it."""
    call = board.calls.get(desk.call_id) if desk.call_id else None
    leg = call.legs.get(desk.leg_id) if call and desk.leg_id else None
    if call is not None and leg is not None:
        stop(board, call, leg)
        move(board, desk, state, reason)
        missed(board, call, leg, Cause.REFUSED)


def _ready(board: Board, desk: OperatorDesk, event: OperatorReady) -> bool:
    """He may be rung, for every call that waits, whatever he refused before."""
    desk.misses = 0
    desk.after_call = None
    if desk.state is DeskState.VISITING:
        desk.after_call = READY
    if desk.state in (DeskState.TALKING, DeskState.RINGING, DeskState.VISITING):
        return True
    _forget_rests(board, desk)
    if desk.state is not DeskState.READY:
        move(board, desk, DeskState.READY)
    return True


def _forget_rests(board: Board, desk: OperatorDesk) -> None:
    for call in board.seeking.values():
        if call.rests.pop(desk.operator, None) is not None:
            board.touch(call)
            board.is_unsettled = True


def _due(board: Board, desk: OperatorDesk, event: DeadlineReached) -> bool:
    move(board, desk, DeskState.READY, "wrap-up is over")
    return True


# ---------------------------------------------------------------- stations


def _station_up(board: Board, desk: OperatorDesk, event: StationUp) -> bool:
    desk.has_station = True
    board.is_unsettled = True
    _forget_rests(board, desk)
    call = board.calls.get(desk.call_id) if desk.call_id else None
    if call is not None and call.operator == desk.operator:
        station_up(board, call)
    elif desk.state is DeskState.VISITING:
        station_changed(board, desk)
    return True


def _station_down(board: Board, desk: OperatorDesk, event: StationDown) -> bool:
    desk.has_station = False
    call = board.calls.get(desk.call_id) if desk.call_id else None
    if call is not None and call.operator == desk.operator:
        station_down(board, call)
    elif call is not None and desk.leg_id in call.legs:
        give_up(board, call, call.legs[desk.leg_id], Cause.UNREACHABLE)
    elif desk.state is DeskState.VISITING:
        station_changed(board, desk)
    return True


def wrap_up_time_set(board: Board, event: WrapUpTimeSet) -> None:
    """Take how long a wrap-up lasts; one that has begun ends when it was to end."""
    board.wrap_up_time = event.wrap_up_time


# ---------------------------------------------------------------- the table

OUT: Final = DeskState.SIGNED_OUT
BREAK: Final = DeskState.ON_BREAK
READY: Final = DeskState.READY
RINGING: Final = DeskState.RINGING
TALKING: Final = DeskState.TALKING
WRAP_UP: Final = DeskState.WRAP_UP
VISITING: Final = DeskState.VISITING

_go_home = _leaves(OUT)
_go_on_break = _leaves(BREAK)

TABLE: Final[dict[tuple[DeskState, type[Event]], Transition[DeskState]]] = {
    **{(state, StationUp): Transition(_station_up) for state in DeskState},
    **{(state, StationDown): Transition(_station_down) for state in DeskState},
    **{(state, OperatorSignedIn): Transition(_signed_in) for state in DeskState},
    **{
        (state, OperatorSignedOut): Transition(_go_home, (OUT,))
        for state in (BREAK, READY, RINGING, WRAP_UP)
    },
    **{
        (state, OperatorOnBreak): Transition(_go_on_break, (BREAK,))
        for state in (BREAK, READY, RINGING, WRAP_UP)
    },
    (OUT, OperatorSignedIn): Transition(_signed_in, (BREAK,)),
    (RINGING, OperatorSignedIn): Transition(_signed_in, (READY,)),
    (RINGING, StationDown): Transition(_station_down, (READY,)),
    (TALKING, OperatorSignedOut): Transition(_go_home),
    (VISITING, OperatorSignedOut): Transition(_go_home, (OUT,)),
    (VISITING, OperatorOnBreak): Transition(_go_on_break),
    (VISITING, OperatorReady): Transition(_ready),
    (VISITING, OperatorSignedIn): Transition(_signed_in, (READY, BREAK)),
    (VISITING, StationDown): Transition(_station_down, (READY, BREAK)),
    (TALKING, OperatorOnBreak): Transition(_go_on_break),
    (BREAK, OperatorReady): Transition(_ready, (READY,)),
    (READY, OperatorReady): Transition(_ready),
    (RINGING, OperatorReady): Transition(_ready),
    (TALKING, OperatorReady): Transition(_ready),
    (WRAP_UP, OperatorReady): Transition(_ready, (READY,)),
    (WRAP_UP, DeadlineReached): Transition(_due, (READY,)),
}
