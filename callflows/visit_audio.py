"""Who hears whom while a supervisor is on a call. Decided anew from where the call stands.

Nobody is ever told to hear a supervisor who only listens, and his own leg is closed to him
in the media process besides: two locks, of which each is enough. A caller hears him when he
barges in and in no other case, so what he whispers is in no recording of the call either
(docs/decisions/0025).
"""

from callflows.call import CallState, InboundCall
from callflows.commands import Bridge, Command, Conference, Hear, Play
from callflows.events import LegId
from callflows.sounds import commands, ringback
from callflows.visit import Visit, VisitState

AUDIO = (Play, Bridge, Conference)
"Orders of the call's own flow that change who hears whom."


def visitors(call: InboundCall, visit: Visit) -> list[Command]:
    """Return what lets the supervisor hear, and be heard, as he may now.

    While the caller is on hold, a listener hears nothing: he listens to calls, and to no
    room. Who whispers or barges in speaks with the operator meanwhile.
    """
    others = _together(call)
    state = VisitState.LISTENING if visit.is_held else visit.state
    if state is VisitState.LISTENING:
        return [_hear(call, visit.leg_id, others if len(others) > 1 else (), is_muted=True)]
    orders: list[Command] = [_hear(call, visit.leg_id, others, is_muted=False)]
    for leg_id in others:
        is_operator = leg_id == call.operator_leg
        if is_operator and _hears_ringing(call):
            continue
        if is_operator or state is VisitState.BARGING:
            heard = tuple(leg for leg in others if leg != leg_id)
            orders.append(_hear(call, leg_id, (*heard, visit.leg_id)))
    return orders


def without(call: InboundCall) -> list[Command]:
    """Return what lets the people of a call hear each other and no supervisor."""
    if call.state is CallState.DIALLING:
        return ringback(call)
    return commands(call)


def _together(call: InboundCall) -> tuple[LegId, ...]:
    """Return who speaks with the operator now, himself included."""
    operator = call.operator_leg
    if operator is None:
        return ()
    if call.state is CallState.TALKING:
        return (call.leg_id, operator, *call.guests)
    if call.state is CallState.HELD and call.consulted is not None and call.is_consulted_up:
        return (call.consulted, operator)
    if call.state is CallState.HELD and call.transfer is not None and call.transfer.is_up:
        return (call.transfer.leg_id, operator)
    return (operator,)


def _hears_ringing(call: InboundCall) -> bool:
    """Whether the operator waits for somebody to pick up, and must hear that it rings."""
    is_calling = call.consulted is not None and not call.is_consulted_up
    is_calling |= call.transfer is not None and not call.transfer.is_up
    return call.state is CallState.DIALLING or (call.state is CallState.HELD and is_calling)


def _hear(
    call: InboundCall, leg_id: LegId, heard: tuple[LegId, ...], *, is_muted: bool = False
) -> Hear:
    others = tuple(leg for leg in heard if leg != leg_id)
    return Hear(incident_id=call.incident_id, leg_id=leg_id, leg_ids=others, is_muted=is_muted)
