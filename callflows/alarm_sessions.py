"""What a far end says in several messages that belong together, and what it was promised.

A social alarm unit (SCAIP) gives each alarm a reference: the rest of a long message, what it
adds later, and the reset carry the same one and go to the case that the alarm opened. A unit
that asks to be called was told within how many minutes; operators are reminded in time.
"""

from dataclasses import replace
from typing import Final

from callflows.alarm_book import AlarmCase
from callflows.alarm_kinds import key_of_zone, sender_of
from callflows.attention import attend_anew
from callflows.board import Board
from callflows.events import (
    AlarmJoined,
    AlarmReceived,
    IncidentId,
    RestoreReceived,
    StatusReceived,
)
from callflows.events.alarm import Signal
from callflows.incident import Incident

KEPT_TIME: Final = 7 * 86_400.0
"Seconds for which a reference names its alarm; units count through sixteen letters."
REMINDER_TIME: Final = 60.0
"Seconds before a promise ends at which operators are reminded of it."
LONGEST_REASON: Final = 200


def case_of_session(board: Board, event: Signal) -> Incident | None:
    """Return the open case of the alarm that has the same reference."""
    if not event.session:
        return None
    found = board.alarms.first_case_of(event.source, _key(event), board.now)
    incident = board.incidents.get(found) if found is not None else None
    return incident if incident is not None and incident.is_open else None


def keep_session(board: Board, event: AlarmReceived, incident_id: IncidentId) -> None:
    """Remember which case an alarm's reference stands for."""
    if event.session:
        board.alarms.see(
            event.source,
            _key(event),
            incident_id,
            board.now + KEPT_TIME,
            now=board.now,
            sender=f"session/{sender_of(event)}",
        )


def reason_of(event: Signal) -> str:
    """Return why it goes to the case of its session, with what it says."""
    return f"the same alarm goes on: {event.text}"[:LONGEST_REASON].removesuffix(": ")


def reset_of_session(board: Board, event: RestoreReceived) -> RestoreReceived:
    """Return a reset as one of the zone that its alarm was about.

    A unit may leave the device out of it, or name itself.
    """
    incident = case_of_session(board, event)
    case = board.alarms.cases.get(incident.incident_id) if incident is not None else None
    if case is None:
        return event
    state = case.zones.get(key_of_zone(event))
    if state is not None and state.restored_at is None:
        return event
    waiting = [zone for zone in case.zones.values() if zone.restored_at is None]
    return replace(event, zone=waiting[0].zone) if len(waiting) == 1 else event


def added(board: Board, event: StatusReceived) -> IncidentId | None:
    """Put what a unit adds to its alarm into the case; `None`: there is none open."""
    incident = case_of_session(board, event)
    if incident is None:
        return None
    board.say(
        AlarmJoined(
            incident_id=incident.incident_id,
            alarm_id=event.incident_id,
            kind=event.kind,
            code=event.code,
            zone=event.zone,
            zone_name=event.zone_name,
            reason=reason_of(event),
        )
    )
    return incident.incident_id


def promise_call(board: Board, incident: Incident, event: AlarmReceived) -> None:
    """Watch that somebody calls whom we told that we would."""
    case = board.alarms.cases.get(incident.incident_id)
    if event.call_time is not None and case is not None and case.call_due is None:
        case.call_due = board.now + max(event.call_time - REMINDER_TIME, 0.0)
        case.call_promise = board.now + event.call_time
        board.keep_timed(case)


def remind_of_call(board: Board, incident: Incident, case: AlarmCase) -> None:
    """Say once that the promise ends soon, unless somebody spoke with the person."""
    case.call_due = None
    if any(call.answered_at is not None for call in board.calls_of(incident.incident_id)):
        return
    left = max((case.call_promise - board.now) / 60, 0.0)
    attend_anew(board, incident, "the unit was promised a call", f"{left:.0f} min left")


def _key(event: Signal) -> str:
    return f"session/{event.account}/{event.session}"
