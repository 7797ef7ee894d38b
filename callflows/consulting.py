"""A third line beside a caller's: first the operator alone with a service, then all together.

While the operator calls a service, the caller hears that he is on hold. Taking him back lets
all three hear each other. Whoever hangs up first leaves the others talking.
"""

from callflows.board import Board
from callflows.call import CallState, InboundCall, Sound
from callflows.commands import Command, StartRecording, StopRecording
from callflows.events import CallerLeft, CallsJoined, LegId
from callflows.service_calls import record
from callflows.sounds import commands, join, ringback, silence


def talk_alone(call: InboundCall) -> None:
    """Let the operator speak with a service of the call alone: its caller goes on hold."""
    service = next((leg for leg in call.guests if leg in call.service_legs), None)
    if service is not None and call.consulted is None:
        call.guests.remove(service)
        call.consulted, call.is_consulted_up = service, True


def leave_together(board: Board, call: InboundCall) -> None:
    """Bring a service that is on the line to the caller, who is taken back."""
    if call.consulted is None or not call.is_consulted_up:
        return
    call.guests.append(call.consulted)
    call.consulted, call.is_consulted_up = None, False
    legs = (call.leg_id, *([call.operator_leg] if call.operator_leg else []), *call.guests)
    board.say(CallsJoined(incident_id=call.incident_id, call_id=call.call_id, legs=legs))


def picked_up(board: Board, call: InboundCall) -> None:
    """Take that the service answered: it speaks with the operator, and to a caller not held."""
    call.is_consulted_up = True
    service = board.service_at(call.consulted) if call.consulted is not None else None
    if service is not None:
        record(board, call, service)
    if call.state is CallState.TALKING:
        leave_together(board, call)
    board.touch(call)
    board.say(*commands(call))


def others_are_there(call: InboundCall) -> bool:
    """Whether the operator has somebody besides the caller, to talk on with."""
    return bool(call.guests) or call.consulted is not None


def caller_left(board: Board, call: InboundCall) -> None:
    """Let operator and keyholder, or service, go on without the caller.

    Their recording is one of its own: the caller's ends with him.
    """
    left = call.leg_id
    board.legs.pop(left, None)
    is_up = _next_party(call)
    board.say(CallerLeft(incident_id=call.incident_id, call_id=call.call_id, leg_id=left))
    _record_anew(board, call, is_up=is_up)
    if not is_up:
        service = board.service_at(call.leg_id)
        call.service_call = service.service_call_id if service is not None else None
        call.state, call.is_caller_answered = CallState.DIALLING, False
        call.is_held_at_desk, call.sound = False, Sound.NOTHING
        board.touch(call)
        board.say(*ringback(call))
    elif call.state is CallState.HELD and call.leg_id in call.service_legs:
        call.is_held_at_desk = False
        call.state = CallState.HELD if call.is_held_at_phone else CallState.TALKING
        if call.state is CallState.TALKING and call.operator_leg is not None:
            join(board, call, call.operator_leg)
    else:
        board.say(*commands(call))


def _next_party(call: InboundCall) -> bool:
    """Put the next one in the caller's place; say whether he is on the line already."""
    if call.consulted is not None and (call.is_consulted_up or not call.guests):
        call.leg_id, is_up = call.consulted, call.is_consulted_up
        call.consulted, call.is_consulted_up = None, False
        return is_up
    call.leg_id = call.guests.pop(0)
    return True


def _record_anew(board: Board, call: InboundCall, *, is_up: bool) -> None:
    """End the caller's recording, and record whoever is in his place now."""
    if call.recording_id is None:
        return
    old, fresh = call.recording_id, call.next_recording()
    board.say(
        StopRecording(incident_id=call.incident_id, call_id=call.call_id, recording_id=old)
    )
    service = board.service_at(call.leg_id)
    if service is not None and service.recording_id is not None:
        call.recording_id, service.recording_id = service.recording_id, None
    elif is_up:
        call.recording_id = fresh
        board.say(
            StartRecording(
                incident_id=call.incident_id,
                call_id=call.call_id,
                leg_id=call.leg_id,
                recording_id=fresh,
            )
        )
    else:
        call.recording_id = None


def quiet(call: InboundCall) -> list[Command]:
    """Return what lets the operator hear nothing again, while his caller stays on hold."""
    return [] if call.operator_leg is None else [silence(call, call.operator_leg)]


def part(board: Board, call: InboundCall, leg_id: LegId) -> bool:
    """Take a service out of a call; say whether the caller waits for the operator now."""
    was_together = leg_id in call.guests
    waits = leave(call, leg_id)
    if was_together:
        board.say(*commands(call))
    return waits


def leave(call: InboundCall, leg_id: LegId) -> bool:
    """Forget a service's line; say whether the caller was on hold while it was called."""
    if leg_id in call.guests:
        call.guests.remove(leg_id)
        return False
    if leg_id != call.consulted:
        return False
    call.consulted, call.is_consulted_up = None, False
    return call.state is CallState.HELD
