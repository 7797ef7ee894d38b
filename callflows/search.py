"""The search for somebody to answer: which phones ring now, for every caller who waits.

One operator, the next, all who may, the client's fallback number, then hold, where the
caller hears the calm message while everybody who becomes free is rung, without end. All
callers stand in one queue; each is given his best operator before anybody is given a second.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

from callflows import queue, routing
from callflows.board import Board, names
from callflows.call import InboundCall, OperatorLeg, Stage
from callflows.events import CallQueued, OperatorId
from callflows.operators import DeskState, OperatorDesk
from callflows.ringing import dial_fallback, ring, stop
from callflows.sounds import hold_message

RING_TIME: Final = 10.0
"""Seconds that one operator's phone rings before the next one's does.

Targets count from the INVITE: 90 % answered within 10 s (NFPA 1225:2022), 90 % within 15 s
and 95 % within 20 s (NENA-STA-020.1-2020).
"""
TOGETHER_TIME: Final = 20.0
"Seconds that all phones ring together: with the two before, most carriers' patience."
ONE_BY_ONE: Final = 2
"Operators rung one by one before all are."
FALLBACK_TIME: Final = 25.0
"Seconds that the fallback number rings: less than most voicemail takes to pick up."
QUEUE_FALLBACK_TIME: Final = 30.0
"Seconds of waiting with no operator free before the fallback number rings."
RETRY_TIME: Final = 60.0
"Seconds between two tries of the fallback number while the caller is on hold."


class _Spare(NamedTuple):
    """A phone that rings for a call which may have to do without it."""

    served_as: int
    "Class in which that call is served."
    desk: OperatorDesk
    call: InboundCall
    leg: OperatorLeg


class _Robbed(NamedTuple):
    """An operator whose phone rang for another call."""

    desk: OperatorDesk
    why: str
    candidates: dict[OperatorId, int]
    "Whose phone could be taken, and the class in which the call is served that it rang for."


def begin(board: Board, call: InboundCall) -> None:
    """Start to look for somebody for a caller who has just come, or come back."""
    call.stage, call.attempts = Stage.ONE_BY_ONE, 0
    call.slow.clear()
    if _goes_to_fallback(board, call) and call.fallback_number is not None:
        _to_fallback(board, call)
    board.is_unsettled = True


def settle(board: Board) -> None:
    """Give every operator who is free to the caller who should have him."""
    board.is_unsettled = False
    if not board.seeking:
        return
    calls = queue.in_order(board.seeking.values(), board.now)
    free = [desk for desk in board.roster if routing.may_ring(desk)]
    spare: list[_Spare] | None = None  # looked for when somebody free is not enough
    given: dict[str, list[OperatorDesk]] = {}
    robbed: dict[str, _Robbed] = {}
    unserved: list[InboundCall] = []
    for call in calls:
        if call.legs or _is_left_to_fallback(board, call):
            continue
        if call.stage is Stage.HOLD and not free and spare == []:
            continue
        desk = _best(board, call, free)
        if desk is not None:
            free.remove(desk)
        else:
            spare = _spare_phones(board) if spare is None else spare
            if spare and (found := _take_from_another(board, call, spare)) is not None:
                desk, robbed[call.call_id] = found.desk, found
        if desk is not None:
            given[call.call_id] = [desk]
        else:
            unserved.append(call)
    for call in calls if free else ():
        if call.stage is not Stage.ONE_BY_ONE and not _is_left_to_fallback(board, call):
            more = _eligible(board, call, free)
            free = [desk for desk in free if desk not in more]
            given[call.call_id] = given.get(call.call_id, []) + more
    promised = {desk.operator for desks in given.values() for desk in desks}
    for call in calls:
        if chosen := given.get(call.call_id):
            _ring(board, call, chosen, promised, robbed.get(call.call_id))
    for call in unserved:
        _go_on_without(board, call)


def _goes_to_fallback(board: Board, call: InboundCall) -> bool:
    """Whether a call came while the engine stops: it is for the fallback number first."""
    return board.is_draining and not call.is_requeued


def _is_left_to_fallback(board: Board, call: InboundCall) -> bool:
    return call.stage is Stage.FALLBACK and _goes_to_fallback(board, call)


def _eligible(
    board: Board, call: InboundCall, free: Sequence[OperatorDesk]
) -> list[OperatorDesk]:
    found = routing.eligible(free, call, board.now)
    return routing.in_order(found, call) if len(found) > 1 else found


def _best(board: Board, call: InboundCall, free: Sequence[OperatorDesk]) -> OperatorDesk | None:
    """Find the best free operator, opening the circle to all when one by one is over."""
    found: list[OperatorDesk] = []
    if call.stage is not Stage.ONE_BY_ONE or call.attempts < ONE_BY_ONE:
        found = _eligible(board, call, free)
    if not found and call.stage is Stage.ONE_BY_ONE and call.attempts:
        open_to_all(board, call)
        found = _eligible(board, call, free)
    return found[0] if found else None


def open_to_all(board: Board, call: InboundCall) -> None:
    """Let everybody who may be rung from now on, also who let it ring out before."""
    call.stage, call.stage_until = Stage.TOGETHER, board.now + TOGETHER_TIME
    for operator in call.slow:
        call.rests.pop(operator, None)
    board.is_unsettled = True


def _ring(
    board: Board,
    call: InboundCall,
    chosen: list[OperatorDesk],
    promised: set[OperatorId],
    robbed: _Robbed | None,
) -> None:
    """Write the decision down and make the phones ring."""
    why = robbed.why if robbed is not None else _stage_words(call)
    is_one = call.stage is Stage.ONE_BY_ONE
    takes: routing.Takes = "best" if is_one else "all"
    decision = routing.explain(
        call,
        chosen,
        board.roster,
        board.now,
        f"{queue.explain(call, board.now)}, {why}",
        takes=takes if robbed is None else "another",
        promised=promised,
        spare=robbed.candidates if robbed is not None else {},
    )
    board.say(decision)
    if is_one:
        call.attempts += 1
    for desk in chosen:
        ring(board, call, desk, RING_TIME if is_one else TOGETHER_TIME)


def _stage_words(call: InboundCall) -> str:
    if call.stage is Stage.ONE_BY_ONE:
        return "first offer" if call.attempts == 0 else "next offer"
    return "all who may" if call.stage is Stage.TOGETHER else "free while the caller waits"


def _spare_phones(board: Board) -> list[_Spare]:
    """Find the phones that ring for a call which may have to do without them.

    Nobody is taken from a call that he asked for himself, or that was cut off before.
    """
    spare = []
    for desk in board.roster:
        if desk.state is not DeskState.RINGING or desk.call_id is None or desk.leg_id is None:
            continue
        call = board.calls[desk.call_id]
        leg = call.legs.get(desk.leg_id)
        if leg is not None and not leg.is_auto_answered and not call.is_requeued:
            spare.append(_Spare(queue.urgency_class(call, board.now), desk, call, leg))
    return spare


def _take_from_another(board: Board, call: InboundCall, spare: list[_Spare]) -> _Robbed | None:
    """Stop an operator's phone that rings for a call which can spare him.

    It can when it is strictly less urgent, or as urgent with other phones ringing for it.
    """
    mine = queue.urgency_class(call, board.now)
    found = [
        phone
        for phone in spare
        if phone.served_as >= mine
        and (phone.served_as > mine or len(phone.call.legs) > 1)
        and phone.desk.has_station
        and routing.is_eligible(phone.desk, call, board.now)
    ]
    if not found:
        return None
    least = max(phone.served_as for phone in found)
    desk = routing.in_order((p.desk for p in found if p.served_as == least), call)[0]
    taken = next(phone for phone in found if phone.desk is desk)
    other = taken.call
    why = (
        f"{names([desk])} rang for {other.call_id}, urgency {other.urgency},"
        f" with {len(other.legs) - 1} other phones ringing, and is offered this call instead"
    )
    spare.remove(taken)
    stop(board, other, taken.leg)
    if not other.legs and other.stage is Stage.ONE_BY_ONE:
        other.attempts = 0  # nobody failed to take it: its search begins anew
    return _Robbed(desk, why, {p.desk.operator: p.served_as for p in found})


def _go_on_without(board: Board, call: InboundCall) -> None:
    """Take the next step for a caller for whom no operator can be rung."""
    if call.stage is Stage.ONE_BY_ONE:
        _queue(board, call, "no operator is free", QUEUE_FALLBACK_TIME)
    elif call.stage is Stage.TOGETHER:
        _to_fallback(board, call)


def _to_fallback(board: Board, call: InboundCall) -> None:
    call.stage, call.stage_until = Stage.FALLBACK, None
    dial_fallback(board, call, FALLBACK_TIME)
    if call.fallback_leg is None:
        hold(board, call)


def together_is_over(board: Board, call: InboundCall) -> None:
    """Try the fallback number too, now that all phones rang long enough."""
    _to_fallback(board, call)


def fallback_failed(board: Board, call: InboundCall) -> None:
    """Keep the caller company and keep trying, now that the fallback number failed."""
    if call.stage is Stage.FALLBACK:
        hold(board, call)
    call.retry_at = board.now + RETRY_TIME


def hold(board: Board, call: InboundCall) -> None:
    """Put the caller in the queue with the calm message, for as long as it takes."""
    why = "no operator took it, nor the fallback number"
    _queue(board, call, why if call.fallback_number else "no operator took it", RETRY_TIME)
    board.is_unsettled = True


def beside_fallback(board: Board, call: InboundCall) -> None:
    """Ring whoever is free for a caller who speaks with the fallback number, as on hold.

    He hears it on, whatever it is, until one of them answers.
    """
    call.stage = Stage.HOLD
    why = "nobody is known to be at the fallback number"
    _say_queued(board, call, why)
    board.is_unsettled = True


def retry(board: Board, call: InboundCall) -> None:
    """Ring the fallback number again, and look again at everybody who is free."""
    call.retry_at = board.now + RETRY_TIME
    dial_fallback(board, call, FALLBACK_TIME)
    board.is_unsettled = True  # no mutate: a safety net under every rule that forgets it


def _queue(board: Board, call: InboundCall, why: str, retry_time: float) -> None:
    call.stage, call.stage_until = Stage.HOLD, None
    call.retry_at = board.now + retry_time
    board.touch(call)
    _say_queued(board, call, why)
    hold_message(board, call)


def _say_queued(board: Board, call: InboundCall, why: str) -> None:
    board.say(
        CallQueued(
            incident_id=call.incident_id,
            call_id=call.call_id,
            reason=f"{why}: {_who_is_there(board, call)}",
        )
    )


def _who_is_there(board: Board, call: InboundCall) -> str:
    counts: dict[str, int] = {}
    for desk in board.roster:
        because = routing.excluded_because(desk, call, board.now) or "free"
        counts[because] = counts.get(because, 0) + 1
    return ", ".join(f"{count} {because}" for because, count in counts.items()) or "nobody"


def has_next(board: Board, call: InboundCall) -> bool:
    """Whether there is another operator to ring when this one's time is over."""
    free = [desk for desk in board.roster if routing.may_ring(desk)]
    return call.attempts < ONE_BY_ONE and bool(_eligible(board, call, free))
