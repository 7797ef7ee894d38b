"""A supervisor comes onto an operator's call, and leaves it: every way that this can go.

His own phone rings first, and picks up by itself: he pressed. What the call does goes on by
its own rules, which know nothing of him; what becomes of him meanwhile stands in `visit_life`.
"""

from collections.abc import Callable
from typing import Any, Final

from callflows.board import Board
from callflows.call import InboundCall
from callflows.events import (
    AudioBack,
    AudioLost,
    Cause,
    CommandFailed,
    DigitPressed,
    Event,
    LeavePressed,
    LegAnswered,
    LegEnded,
    LegHeld,
    LegId,
    LegResumed,
    LegRinging,
    VisitBegun,
    VisitChanged,
    VisitMode,
    VisitPressed,
    VisitRefused,
)
from callflows.operators import DeskState, OperatorDesk
from callflows.ringing import move
from callflows.services import OWN_RING_TIME, take_from
from callflows.taking_over import take_over
from callflows.talking import SILENT_TIME
from callflows.transition import Transition
from callflows.visit import Visit, VisitState
from callflows.visit_audio import visitors, without
from callflows.visit_life import OPEN, barred, end, visit_of, wait

_STATES: Final[dict[VisitMode, VisitState]] = {
    "listen": VisitState.LISTENING,
    "whisper": VisitState.WHISPERING,
    "barge": VisitState.BARGING,
}

# ---------------------------------------------------------------- his presses


def pressed(board: Board, event: VisitPressed) -> None:
    """Let a supervisor come onto a call, or be heard by others than before."""
    desk, call = board.operators.get(event.operator), board.calls.get(event.call_id)
    visit = visit_of(board, event.operator)
    if call is not None and visit is not None and visit.call_id == call.call_id:
        _change(board, call, visit, event)
        return
    why_not = _why_not(board, desk, call)
    if why_not or desk is None or call is None:
        refused = VisitRefused(
            incident_id=call.incident_id if call is not None else event.incident_id,
            call_id=event.call_id,
            operator=event.operator,
            reason=why_not,
        )
        board.say(refused)
        return
    back_to = desk.state if desk.state is DeskState.ON_BREAK else DeskState.READY
    if desk.state is DeskState.RINGING:
        take_from(board, desk, "he comes onto a colleague's call")
    call.legs_made += 1
    visit = Visit(
        leg_id=LegId(f"{call.call_id}-v{call.legs_made}"),
        call_id=call.call_id,
        incident_id=call.incident_id,
        operator=desk.operator,
        colleague=call.operator or desk.operator,
        mode=event.mode,
        why=event.why,
        is_shown=event.is_shown,
        back_to=back_to,
        until=board.now + OWN_RING_TIME,
    )
    board.visits[visit.leg_id] = visit
    move(board, desk, DeskState.VISITING)


def _why_not(board: Board, desk: OperatorDesk | None, call: InboundCall | None) -> str:
    if desk is None or desk.state is DeskState.SIGNED_OUT:
        return "not signed in"
    if call is None or call.is_over:
        return "there is no such call"
    if why := barred(board, desk, call):
        return why
    if call.state not in OPEN or call.operator is None:
        return "no operator is on that call"
    if call.operator == desk.operator or desk.state is DeskState.TALKING:
        return "you are in a call yourself"
    if desk.state is DeskState.VISITING:
        return "you are on another colleague's call"
    if not desk.has_station:
        return "no phone"
    others = [visit for visit in board.visits.values() if visit.call_id == call.call_id]
    return "another supervisor is on that call" if others else ""


def _change(board: Board, call: InboundCall, visit: Visit, event: VisitPressed) -> None:
    """Let him be heard by more people, or by fewer; before he is there, note what he wants."""
    previous, visit.mode = visit.mode, event.mode
    if event.why != "unsaid":
        visit.why = event.why
    if visit.state is VisitState.SUMMONING:
        return
    if event.mode == "take_over":
        take_over(board, call, visit)
        return
    if event.mode == previous:
        return
    visit.state = _STATES[event.mode]
    board.say(
        VisitChanged(
            incident_id=visit.incident_id,
            call_id=visit.call_id,
            operator=visit.operator,
            mode=visit.mode,
            previous=previous,
            why=visit.why,
            is_shown=visit.is_shown,
        ),
        *without(call),  # `follow` lets him hear and be heard, after whatever was ordered
    )


def left(board: Board, event: LeavePressed) -> None:
    """Let a supervisor go who wants to."""
    visit = visit_of(board, event.operator)
    if visit is None:
        board.ignore(event, "on nobody's call")
    else:
        end(board, visit, "he left")


# ---------------------------------------------------------------- what his phone tells


def tell(board: Board, visit: Visit, event: Event) -> None:
    """Take what the leg at his phone tells."""
    transition = TABLE.get((visit.state, type(event)))
    if transition is None or not transition.step(board, visit, event):
        board.ignore(event, visit.state.value)


def _picked_up(board: Board, visit: Visit, event: LegAnswered) -> bool:
    call, visit.deadline = board.calls[visit.call_id], None
    board.drop_timed(visit)
    if visit.mode == "take_over":
        take_over(board, call, visit)
        return True
    visit.state, visit.heard_since = _STATES[visit.mode], board.now
    board.say(
        VisitBegun(
            incident_id=visit.incident_id,
            call_id=visit.call_id,
            leg_id=visit.leg_id,
            operator=visit.operator,
            colleague=call.operator or visit.colleague,
            mode=visit.mode,
            why=visit.why,
            is_shown=visit.is_shown,
        ),
        *visitors(call, visit),
    )
    return True


def _not_picked_up(board: Board, visit: Visit, event: LegEnded) -> bool:
    end(board, visit, "his own phone was not picked up", is_leg_gone=True)
    return True


def _hung_up(board: Board, visit: Visit, event: LegEnded) -> bool:
    is_his_will = event.cause is Cause.HUNG_UP
    end(board, visit, "he hung up" if is_his_will else "his phone is gone", is_leg_gone=True)
    return True


def _failed(board: Board, visit: Visit, event: CommandFailed) -> bool:
    if event.command in ("RingOperator", "Hear"):
        end(board, visit, "the engine could not connect him")
    return True


def _held(board: Board, visit: Visit, event: LegHeld | LegResumed) -> bool:
    """Take that his own phone holds, or holds no more: hold music of his is for nobody."""
    visit.is_held = isinstance(event, LegHeld)
    call = board.calls[visit.call_id]
    board.say(*without(call))
    return True


def _silence(board: Board, visit: Visit, event: AudioLost | AudioBack) -> bool:
    """Note whether his phone sends audio: who listens may well have muted it."""
    visit.is_silent = isinstance(event, AudioLost)
    _check_phone(board, visit)
    return True


def station_changed(board: Board, desk: OperatorDesk) -> None:
    """Take that his phone's registration is gone, or there again."""
    visit = visit_of(board, desk.operator)
    if visit is None:
        return
    visit.station_down_since = None if desk.has_station else board.now
    _check_phone(board, visit)


def _check_phone(board: Board, visit: Visit) -> None:
    """Give him up when his phone is neither registered nor heard."""
    down_since = visit.station_down_since
    if visit.state is VisitState.SUMMONING:
        if down_since is not None:
            end(board, visit, "his phone is gone")
        return
    if down_since is not None and visit.is_silent:
        end(board, visit, "his phone is gone")
        return
    wait(board, visit, None if down_since is None else down_since + SILENT_TIME)


def due(board: Board, visit: Visit) -> None:
    """Do what is due: his phone is free now, rang long enough, or is gone for long."""
    if visit.state is not VisitState.SUMMONING:
        end(board, visit, "his phone is gone")
    elif visit.until <= board.now:
        end(board, visit, "his own phone was not picked up")


def _noted(board: Board, visit: Visit, event: Event) -> bool:
    return True


_UP: Final = (VisitState.LISTENING, VisitState.WHISPERING, VisitState.BARGING)
SUMMONING: Final = VisitState.SUMMONING

TABLE: Final[dict[tuple[VisitState, type[Event]], Transition[VisitState]]] = {
    (SUMMONING, LegRinging): Transition(_noted),
    (SUMMONING, LegAnswered): Transition(_picked_up, _UP),
    (SUMMONING, LegEnded): Transition(_not_picked_up),
    **{(s, LegEnded): Transition(_hung_up) for s in _UP},
    **{(s, LegHeld): Transition(_held) for s in _UP},
    **{(s, LegResumed): Transition(_held) for s in _UP},
    **{(s, kind): Transition(_silence) for s in _UP for kind in (AudioLost, AudioBack)},
    **{(s, DigitPressed): Transition(_noted) for s in VisitState},
    **{(s, CommandFailed): Transition(_failed) for s in VisitState},
}
"What an event about his leg does. It ends by being forgotten: no state is its end."

MOVES: Final = {(a, b): "he presses another way" for a in _UP for b in _UP if a is not b}

ROUTES: Final[dict[type[Event], Callable[[Board, Any], None]]] = {
    VisitPressed: pressed,
    LeavePressed: left,
}
