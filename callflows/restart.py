"""The engine starts again: which legs live, and what follows for those that do not."""

from typing import Final

from callflows import (
    check_call,
    consulting,
    covert,
    parking,
    phrases,
    search,
    self_service_flow,
    services,
    transferring,
    visit_life,
)
from callflows.action import begin_again
from callflows.board import Board
from callflows.call import SEEKING, CallState, InboundCall
from callflows.check_call import CheckState
from callflows.ends import finish, requeue
from callflows.events import EngineStarted, LegId
from callflows.operators import DeskState
from callflows.ringing import forget_fallback, move, refresh
from callflows.service_call import ServiceCallState
from callflows.sounds import repeat
from callflows.trees import restarted
from callflows.visit import VisitState

HEARD_AGAIN_TIME: Final = 5.0
"""Seconds after a start in which no phone that rings is given up.

Who picked up while no engine ran has nobody's ACK: his phone repeats its 200 at least every
T2, 4 s (RFC 3261 section 13.3.1.4). Given up before, he would have answered and be lost.
"""
TOLD_TIME: Final = 2.0
"""Seconds after a start in which the media has told what it heard while no engine ran.

A guard whose greeting has ended meanwhile is no machine that speaks on.
"""
GIVEN_UP_TIME: Final = 32.0
"Seconds, 64 times T1, for which it does so; then it hangs up, and nothing is waited for."


def engine_started(board: Board, event: EngineStarted) -> None:
    """Give up the legs that did not survive, and go on with every caller who did."""
    board.is_draining = False
    alive, of_trees = frozenset(event.surviving_legs), frozenset(board.tree_legs)
    _ring_on(board, alive)
    running = sorted(
        (call for call in board.calls.values() if not call.is_over),
        key=lambda call: (call.offered_at, call.call_id),
    )
    for call in board.calls.values():
        for leg_id in [leg for leg in call.given_up if leg not in alive]:
            del call.given_up[leg_id]
            board.legs.pop(leg_id, None)
    services.restarted(board, alive)
    transferring.restarted(board, alive)
    for call in running:
        is_fallback_lost = _drop_dead_ringing(board, call, alive)
        if call.state in SEEKING and not call.has_caller:
            continue  # nobody was dialled yet: his operator is looked for on, or picks up
        if call.leg_id not in alive and _is_service_there(call, alive):
            consulting.caller_left(board, call)
        elif call.leg_id not in alive and call.state is CallState.PARKED:
            parking.caller_gone(board, call, "fault")
            continue
        elif call.leg_id not in alive:
            finish(board, call, "fault", gone_leg=call.leg_id)
            continue
        if is_fallback_lost:
            search.fallback_failed(board, call)
        _go_on(board, call, alive)
    restarted(board, alive, of_trees)
    check_call.restarted(board, alive)
    self_service_flow.restarted(board, alive)
    visit_life.restarted(board, alive)
    for action in board.actions.values():
        begin_again(board, action)
    for desk in board.roster:
        if desk.clearing_leg not in alive:
            desk.clearing_leg = None
    board.is_unsettled = True  # no mutate: a safety net, whatever was lost


def _ring_on(board: Board, alive: frozenset[LegId]) -> None:
    """Let every phone ring on until an answer of the meantime has been repeated.

    Once for each leg: after more than 30 s nothing is known of one any more (decision 0023),
    and starts that follow each other closely must not bring it there.
    """
    board.rung_on &= alive
    for call in board.calls.values():
        if call.is_over:
            continue
        for leg in call.legs.values():
            before, leg.until = leg.until, _later(board, leg.leg_id, leg.until)
            if call.stage_until is not None and leg.until > before:
                call.stage_until = max(call.stage_until, leg.until)
        if call.fallback_leg is not None and call.fallback_until is not None:
            call.fallback_until = _later(board, call.fallback_leg, call.fallback_until)
        if call.dial_until is not None:
            call.dial_until = _later(board, call.leg_id, call.dial_until)
        if call.fallback_doubted_until is not None:
            call.fallback_doubted_until = max(
                call.fallback_doubted_until, board.now + TOLD_TIME
            )
        board.touch(call)
    for tree in board.trees.values():
        for attempt in tree.live:
            if attempt.is_ringing and attempt.until is not None:
                attempt.until = _later(board, attempt.leg_id, attempt.until)
    for service in board.service_calls.values():
        is_ringing = service.state in (ServiceCallState.DIALLED, ServiceCallState.RINGING)
        if is_ringing and service.deadline is not None:
            service.deadline = _later(board, service.leg_id, service.deadline)
            board.keep_timed(service)
    for check in board.checks.values():
        if check.state is CheckState.DIALLED and check.deadline is not None:
            check.deadline = _later(board, check.leg_id, check.deadline)
            board.keep_timed(check)
    for visit in board.visits.values():
        if visit.state is VisitState.SUMMONING and visit.is_ordered:
            visit.until = _later(board, visit.leg_id, visit.until)
            visit_life.wait(board, visit, visit.until)


def _later(board: Board, leg_id: LegId, at: float) -> float:
    soonest = board.now + HEARD_AGAIN_TIME
    if at >= soonest or at + GIVEN_UP_TIME <= board.now or leg_id in board.rung_on:
        return at
    board.rung_on.add(leg_id)
    return soonest


def _is_service_there(call: InboundCall, alive: frozenset[LegId]) -> bool:
    """Whether the operator and a service go on without the caller, whose line was lost."""
    service = next((leg for leg in (call.consulted, *call.guests) if leg in alive), None)
    return service in call.service_legs and call.operator_leg in alive


def _go_on(board: Board, call: InboundCall, alive: frozenset[LegId]) -> None:
    for guest in [leg for leg in call.guests if leg not in alive]:
        call.guests.remove(guest)
        board.legs.pop(guest, None)
    answered = call.operator_leg
    if answered is not None and answered not in alive:
        requeue(board, call, "the leg to the operator did not survive a restart", answered)
    covert.again(board, call)
    phrases.ended(board, call, is_complete=False)
    repeat(board, call)


def _drop_dead_ringing(board: Board, call: InboundCall, alive: frozenset[LegId]) -> bool:
    """Forget phones that rang before the restart; nobody is blamed for not answering.

    :return: whether the fallback number's was one of them.
    """
    for leg in tuple(call.legs.values()):
        if leg.leg_id not in alive:
            del call.legs[leg.leg_id]
            board.legs.pop(leg.leg_id, None)
            desk = board.operators[leg.operator]
            if desk.leg_id == leg.leg_id:
                move(board, desk, DeskState.READY, "the engine was restarted")
    refresh(board, call)
    if call.fallback_leg is None or call.fallback_leg in alive:
        return False
    board.legs.pop(call.fallback_leg, None)
    forget_fallback(board, call)
    return True
