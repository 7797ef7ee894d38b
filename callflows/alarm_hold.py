"""The hold window: a pre-alarm waits for a cancelling signal before anybody is called.

Within it, a user's code, a cancel code or the return to normal closes the case. After it
nothing but an operator does. Two detectors do not end the window, a life does: an alarm
that is never suppressed opens the case to everybody at once.
"""

from callflows.alarm_book import AlarmCase
from callflows.alarm_kinds import place_of
from callflows.attention import attend_anew
from callflows.automatic import ENGINE, begin_automatic
from callflows.board import Board
from callflows.closing import close
from callflows.events import (
    AlarmCancelled,
    AlarmHeld,
    CancelledBy,
    CancelNoted,
    OpenCloseReceived,
)
from callflows.incident import Incident


def hold(board: Board, incident: Incident, case: AlarmCase, hold_time: float) -> None:
    """Wait for a cancelling signal."""
    case.hold_time = hold_time
    case.held_until = board.now + hold_time
    board.keep_timed(case)
    board.say(AlarmHeld(incident_id=incident.incident_id, until=case.held_until))


def release(board: Board, incident: Incident, case: AlarmCase) -> None:
    """End the window: the case is before the operators, and what is automatic begins."""
    case.held_until = None
    board.keep_timed(case)
    if incident.owner is None:
        kind = f"{incident.kind}, confirmed" if case.is_confirmed else incident.kind
        attend_anew(board, incident, f"{kind}: {in_alarm(case)}")
    begin_automatic(board, incident)


def in_alarm(case: AlarmCase) -> str:
    """Name the zones that were in alarm, a few of them."""
    names = [zone.name or zone.zone or "no zone" for zone in case.zones.values()]
    more = f" and {len(names) - 5} more" if len(names) > 5 else ""
    return (", ".join(names[:5]) or "no zone") + more


def operated(board: Board, event: OpenCloseReceived) -> Incident | None:
    """Take a user's opening, closing or cancelling to the open cases of its place.

    :return: the latest case it concerned; `None` when there is none.
    """
    found: Incident | None = None
    is_a_persons = event.action == "cancel" or bool(event.user)
    for incident_id in tuple(board.alarms.place(place_of(event)).cases):
        found, case = board.incidents[incident_id], board.alarms.cases[incident_id]
        if is_a_persons:
            cancel(board, found, case, event.action, event.user)
    return found


def cancel(
    board: Board, incident: Incident, case: AlarmCase, by: CancelledBy, user: str
) -> None:
    """Close a pre-alarm, if it is one still and nobody has begun with it; else note it."""
    is_begun = incident.owner is not None or any(
        record.operator != ENGINE for record in incident.run.records.values()
    )
    if case.held_until is None or is_begun:
        board.say(CancelNoted(incident_id=incident.incident_id, by=by, user=user))
        return
    hold_time = case.hold_time
    board.say(
        AlarmCancelled(incident_id=incident.incident_id, by=by, user=user, hold_time=hold_time)
    )
    place = board.alarms.place(case.place)
    if by != "restore":  # a code was entered: whoever is there may be there
        place.detections.clear()
    words = f"cancelled by {by}" + (f" of user {user}" if user else "")
    text = f"{words} within the hold window of {hold_time:g} s"
    close(board, incident, ENGINE, "false_alarm", text)
