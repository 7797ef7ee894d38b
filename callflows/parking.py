"""A case rests until a time; a caller in it hears music meanwhile, and is never forgotten."""

from typing import Final

from callflows import search
from callflows.asides import caller_held, caller_resumed, late_answer, leg_failed
from callflows.attention import attend
from callflows.board import Board
from callflows.call import CallState, InboundCall
from callflows.ends import finish
from callflows.events import (
    AnswerPressed,
    AudioBack,
    AudioLost,
    CaseParked,
    CaseUnparked,
    Cause,
    CommandFailed,
    Event,
    LegAnswered,
    LegEnded,
    LegHeld,
    LegResumed,
    OperatorId,
    ParkEnded,
    ParkRefused,
)
from callflows.incident import Incident
from callflows.operators import DeskState
from callflows.parked import Parking
from callflows.parting import is_alone, let_go, wait_again
from callflows.ringing import gone
from callflows.sounds import hold_music
from callflows.taking import take
from callflows.talking import audio_back, audio_lost
from callflows.transition import Transition

LONGEST: Final = 24 * 3600.0
"Seconds for which a case may be parked."
OWNER_TIME: Final = 60.0
"Seconds for which a case that is back stands in front of its owner alone."

_AWAY: Final = (DeskState.SIGNED_OUT, DeskState.ON_BREAK)


def case_parked(board: Board, incident: Incident, event: CaseParked) -> bool:
    """Lay a case aside, with the caller in it if he has one."""
    call = _own_call(board, incident, event.operator)
    if why := _why_not(board, incident, call, event):
        _not_parked(board, incident, event.operator, why)
        return True
    incident.belongs_to(event.operator, board.now)
    incident.attention.clear()
    incident.attention_since = None
    parking = Parking(incident.incident_id, event.operator, event.until, event.text)
    incident.parking = parking
    board.keep_timed(parking)
    if call is not None:
        is_quiet = call.state is CallState.TALKING
        let_go(board, call, DeskState.READY)
        call.state = CallState.PARKED
        if call.talk_began_at is not None:
            call.talk_time += board.now - call.talk_began_at
            call.talk_began_at = None
        board.touch(call)
        if is_quiet:
            hold_music(board, call)
    return True


def _own_call(board: Board, incident: Incident, operator: OperatorId) -> InboundCall | None:
    spoken = (CallState.TALKING, CallState.HELD)
    calls = board.calls_of(incident.incident_id)
    return next((c for c in calls if c.operator == operator and c.state in spoken), None)


def _why_not(
    board: Board, incident: Incident, call: InboundCall | None, event: CaseParked
) -> str:
    living = [c for c in board.calls_of(incident.incident_id) if not c.is_over]
    if incident.parking is not None and not incident.parking.is_back:
        return "it is parked already"
    if incident.owner not in (None, event.operator):
        return "it is another operator's case"
    if any(one is not call for one in living):
        return "somebody is on the line"
    if call is not None and not is_alone(call):
        return "a third line is in the call"
    longest = LONGEST if call is None else event.limit
    if event.until <= board.now:
        return "the time is over"
    return "" if event.until <= board.now + longest else f"{longest / 60:.0f} minutes at most"


def case_unparked(board: Board, incident: Incident, event: CaseUnparked) -> bool:
    """Give a parked case back before its time, to whoever asks."""
    if incident.parking is None:
        return False
    call = _parked_call(board, incident)
    desk = board.operators.get(event.operator)
    if call is not None and (desk is None or desk.state is DeskState.TALKING):
        _not_parked(board, incident, event.operator, "you are in a call")
        return True
    end(board, incident, "taken back")
    incident.belongs_to(event.operator, board.now)
    incident.attention.clear()
    incident.attention_since = None
    if call is not None:
        _look_for(board, call, event.operator)
        take(board, call, AnswerPressed(operator=event.operator, call_id=call.call_id))
    return True


def due(board: Board, parking: Parking) -> None:
    """Bring a case back: in front of its owner; of everybody when he is away, or is slow."""
    incident = board.incidents.get(parking.incident_id)
    if incident is None or incident.parking is not parking:
        board.drop_timed(parking)
        return
    call = _parked_call(board, incident)
    if call is not None:
        end(board, incident, "its time is over")
        _look_for(board, call, parking.operator)
    elif parking.is_back:
        end(board, incident, "its owner did not take it back")
        attend(board, incident, "a parked case was not taken back by its owner")
    else:
        _bring_back(board, incident, parking, "a parked case is back")


def _bring_back(board: Board, incident: Incident, parking: Parking, why: str) -> None:
    desk = board.operators.get(parking.operator)
    if desk is None or desk.state in _AWAY:
        end(board, incident, "its time is over")
        attend(board, incident, why)
        return
    parking.is_back, parking.until = True, board.now + OWNER_TIME
    board.keep_timed(parking)
    _tell_back(board, incident, parking, "its time is over")
    attend(board, incident, why, parking.operator)


def end(board: Board, incident: Incident, reason: str) -> None:
    """Forget that a case was parked, and say so."""
    parking, incident.parking = incident.parking, None
    if parking is not None:
        board.drop_timed(parking)
        if not parking.is_back:
            _tell_back(board, incident, parking, reason)


def _tell_back(board: Board, incident: Incident, parking: Parking, reason: str) -> None:
    board.say(
        ParkEnded(incident_id=incident.incident_id, operator=parking.operator, reason=reason)
    )


def _look_for(board: Board, call: InboundCall, operator: OperatorId) -> None:
    wait_again(board, call, operator)
    search.begin(board, call)


def _parked_call(board: Board, incident: Incident) -> InboundCall | None:
    calls = board.calls_of(incident.incident_id)
    return next((call for call in calls if call.state is CallState.PARKED), None)


def _not_parked(board: Board, incident: Incident, operator: OperatorId, why: str) -> None:
    board.say(ParkRefused(incident_id=incident.incident_id, operator=operator, reason=why))


# ---------------------------------------------------------------- the caller, meanwhile


def _leg_ended(board: Board, call: InboundCall, event: LegEnded) -> bool:
    if event.leg_id != call.leg_id:
        return gone(board, call, event.leg_id)
    caller_gone(board, call, "fault" if event.cause is Cause.FAILED else "caller")
    return True


def caller_gone(board: Board, call: InboundCall, by: str) -> None:
    """End the call of a caller who waited no longer; his operator hears of it at once."""
    finish(board, call, "fault" if by == "fault" else "caller", gone_leg=call.leg_id)
    incident = board.incidents.get(call.incident_id)
    if incident is not None and incident.parking is not None:
        _bring_back(board, incident, incident.parking, "a parked caller is gone")


def _failed(board: Board, call: InboundCall, event: CommandFailed) -> bool:
    return leg_failed(board, call, event, _leg_ended)


PARKED: Final = CallState.PARKED

TABLE: Final[dict[tuple[CallState, type[Event]], Transition[CallState]]] = {
    (PARKED, LegEnded): Transition(_leg_ended, (CallState.ENDED,)),
    (PARKED, LegAnswered): Transition(late_answer),
    (PARKED, CommandFailed): Transition(_failed, (CallState.ENDED,)),
    (PARKED, AudioLost): Transition(audio_lost),
    (PARKED, AudioBack): Transition(audio_back),
    (PARKED, LegHeld): Transition(caller_held),
    (PARKED, LegResumed): Transition(caller_resumed),
}
