"""From a signal to a case. Every one opens a case, joins one, or is on test; none is dropped.

In this order: seen before, on test, one of a flood, same place and time, a case of its own.
An alarm on which a life may hang passes all but the first: it is never held, never grouped,
and in front of the operators in the very event that brought it.
"""

from dataclasses import replace
from typing import Final, TypeVar

from callflows import alarm_on_test, alarm_runaway
from callflows.alarm_book import AlarmCase, Meter, Place, Times
from callflows.alarm_cases import case_at, confirm, follow_urgent, name_cameras, note_zone
from callflows.alarm_hold import hold, operated, release
from callflows.alarm_kinds import (
    CAMERA_OFFLINE,
    hold_time,
    is_never_suppressed,
    place_of,
    sender_of,
    sentence,
)
from callflows.alarm_on_test import note_on_test, test_of
from callflows.alarm_restore import await_restore, restored
from callflows.alarm_sessions import (
    added,
    case_of_session,
    keep_session,
    promise_call,
    reason_of,
    reset_of_session,
)
from callflows.attention import attend_anew
from callflows.automatic import begin_automatic
from callflows.board import Board
from callflows.cases import LEAST_URGENT, MOST_URGENT, free_id, open_case
from callflows.events import (
    AlarmJoined,
    AlarmReceived,
    AlarmRepeated,
    IncidentId,
    OpenCloseReceived,
    RestoreReceived,
    StatusReceived,
)
from callflows.events.alarm import Signal
from callflows.incident import Incident
from callflows.procedure_run import ProcedureRun
from callflows.quiet import keep_site_quiet

S = TypeVar("S", bound=Signal)
FOREVER: Final = float("inf")
UNKNOWN_URGENCY: Final = 2
"What nobody knows may be anything."


def alarm_received(board: Board, event: AlarmReceived) -> None:
    """Take an alarm."""
    event = _numbered(event)
    if _is_handled(board, event):
        return
    place = board.alarms.place(place_of(event))
    is_known = event.is_known_account
    is_urgent = is_never_suppressed(event)
    # From accounts nobody knows even cries for help are gathered, and each is shown.
    flood = alarm_runaway.measure(board, event) if not (is_urgent and is_known) else None
    if flood is not None:
        incident = _of_flood(board, place, event, flood)
    else:
        found = case_of_session(board, event)
        found = found or case_at(board, place, event.rules.confirm_window_time)
        incident = _open(board, place, event) if found is None else found
        if found is not None:
            _join(board, place, event, incident)
    _seen(board, event, incident.incident_id)
    keep_session(board, event, incident.incident_id)
    promise_call(board, incident, event)


def restore_received(board: Board, event: RestoreReceived) -> None:
    """Take a return to normal."""
    event = _numbered(event)
    if _is_handled(board, event):
        return
    if not event.is_known_account:
        _as_alarm(board, event)
        return
    incident = restored(board, reset_of_session(board, event))
    _seen(board, event, incident.incident_id if incident else event.incident_id)


def open_close_received(board: Board, event: OpenCloseReceived) -> None:
    """Take an opening, a closing or a cancelling; it stands in the logbook in any case."""
    event = _numbered(event)
    if _is_handled(board, event):
        return
    if not event.is_known_account:
        _as_alarm(board, event)
        return
    incident = operated(board, event)
    _seen(board, event, incident.incident_id if incident else event.incident_id)


def status_received(board: Board, event: StatusReceived) -> None:
    """Take what is for information: its line in the logbook is all, if we know whose it is."""
    event = _numbered(event)
    if _is_handled(board, event):
        return
    if event.is_known_account:
        _seen(board, event, added(board, event) or event.incident_id)
    else:
        _as_alarm(board, event)


def times_due(board: Board, times: Times) -> None:
    """Do what waits for a moment and belongs to no case."""
    looks = {alarm_on_test.TEST: alarm_on_test.look, alarm_runaway.FLOOD: alarm_runaway.look}
    for what, key in times.take(board.now):
        looks[what](board, key)
    board.keep_timed(times)


# ---------------------------------------------------------------- seen before, on test


def _numbered(event: S) -> S:
    """Give a number to a signal whose door gave none."""
    if event.incident_id:
        return event
    return replace(event, incident_id=IncidentId(f"inc-{event.source}-{event.source_id}"))


def _is_handled(board: Board, event: Signal) -> bool:
    """Say what became of a signal that is a repeat, or on test."""
    first = board.alarms.first_case_of(event.source, event.source_id, board.now)
    if first is not None:
        board.say(
            AlarmRepeated(incident_id=first, source=event.source, source_id=event.source_id)
        )
        return True
    test = test_of(board, event)
    if test is None or _ends_something(board, event):
        return False
    note_on_test(board, event, test)
    _seen(board, event, event.incident_id)
    return True


def _ends_something(board: Board, event: Signal) -> bool:
    """Whether a case is open that a return to normal or a code belongs to, test or not."""
    place = board.alarms.places.get(place_of(event))
    return not isinstance(event, AlarmReceived) and place is not None and bool(place.cases)


def _seen(board: Board, event: Signal, incident_id: IncidentId) -> None:
    until = board.now + event.repeat_time
    board.alarms.see(
        event.source,
        event.source_id,
        incident_id,
        until,
        now=board.now,
        sender=sender_of(event),
    )


def _as_alarm(board: Board, event: Signal) -> None:
    """Show a signal of an account that nobody knows to an operator, whatever it says."""
    values = {name: getattr(event, name) for name in Signal.__dataclass_fields__}
    alarm_received(board, AlarmReceived(**values, urgency=UNKNOWN_URGENCY))


# ---------------------------------------------------------------- a case of its own


def _open(
    board: Board, place: Place, event: AlarmReceived, *, is_flood: bool = False
) -> Incident:
    incident = _new_incident(board, event)
    case = AlarmCase(
        incident_id=incident.incident_id,
        place=place_of(event),
        first_at=board.now,
        last_at=board.now,
        account=event.account,
        count=1,
    )
    board.alarms.cases[incident.incident_id] = case
    place.cases.append(incident.incident_id)
    note_zone(board, case, event)
    if event.kind == CAMERA_OFFLINE:
        name_cameras(incident, case, event)
    open_case(board, incident, is_held=True)
    keep_site_quiet(board, incident, "an alarm came")
    confirmed = confirm(board, incident, case, place, event)
    await_restore(board, incident, case, is_news=True)
    held = hold_time(event)
    if held > 0 and not is_flood and confirmed is None:
        hold(board, incident, case, held)
        return incident
    _put_in_front(board, incident, event)
    if confirmed is not None:
        attend_anew(board, incident, f"confirmed by {' and '.join(confirmed.detectors)}")
    if not is_flood:
        begin_automatic(board, incident)
    return incident


def _new_incident(board: Board, event: AlarmReceived) -> Incident:
    names = [event.organisation_name, event.site_name or event.site or ""]
    title = ", ".join(name for name in names if name)
    return Incident(
        incident_id=free_id(board, event.incident_id),
        organisation=event.organisation,
        organisation_name=event.organisation_name,
        title=title if event.is_known_account else f"unknown account {event.account}",
        source="alarm",
        urgency=min(max(event.urgency, MOST_URGENT), LEAST_URGENT),
        opened_at=board.now,
        clearance=event.clearance,
        kind=event.kind,
        run=ProcedureRun(event.procedure, "alarm"),
        site=event.site,
        site_name=event.site_name,
    )


# ---------------------------------------------------------------- a case that is open


def _join(board: Board, place: Place, event: AlarmReceived, incident: Incident) -> None:
    case = board.alarms.cases[incident.incident_id]
    minutes = (board.now - case.last_at) / 60
    is_news = _count(board, case, event)
    reason = f"same place, {minutes:.0f} min after the last alarm"
    if case_of_session(board, event) is incident:
        reason = reason_of(event)
    if event.kind == CAMERA_OFFLINE:
        reason = name_cameras(incident, case, event)
    if event.clearance == "high_security":
        incident.clearance = event.clearance
    board.say(
        AlarmJoined(
            incident_id=incident.incident_id,
            alarm_id=event.incident_id,
            kind=event.kind,
            code=event.code,
            zone=event.zone,
            zone_name=event.zone_name,
            reason=reason,
        )
    )
    follow_urgent(board, incident, event, is_news=is_news)
    confirmed = confirm(board, incident, case, place, event)
    await_restore(board, incident, case, is_news=is_news)
    if is_never_suppressed(event):
        if case.held_until is not None:
            release(board, incident, case)
        _put_in_front(board, incident, event, case.count)
    elif case.held_until is None and is_news and event.kind == CAMERA_OFFLINE:
        attend_anew(board, incident, "cameras are lost", reason.split(":")[0])
    elif case.held_until is None and is_news:
        _put_in_front(board, incident, event)
    if case.held_until is None:
        if confirmed is not None:
            attend_anew(board, incident, f"confirmed by {' and '.join(confirmed.detectors)}")
        begin_automatic(board, incident)


def _count(board: Board, case: AlarmCase, event: AlarmReceived) -> bool:
    case.count += 1
    case.last_at = board.now
    return note_zone(board, case, event)


def _put_in_front(
    board: Board, incident: Incident, event: AlarmReceived, count: int = 1
) -> None:
    """Put the case before the operators; each cry for help anew, however often it comes."""
    attend_anew(board, incident, sentence(event), f"signal {count}" if count > 1 else "")


# ---------------------------------------------------------------- one of a flood


def _of_flood(board: Board, place: Place, event: AlarmReceived, flood: Meter) -> Incident:
    incident = board.incidents.get(flood.incident_id) if flood.incident_id else None
    if incident is None or not incident.is_open:
        incident = case_at(board, place, FOREVER)
    if incident is None:
        incident = _open(board, place, event, is_flood=True)
    else:
        _count(board, board.alarms.cases[incident.incident_id], event)
    is_first = alarm_runaway.group(board, event, flood, incident)
    if is_first:
        attend_anew(board, incident, f"a flood of {sentence(event)}")
    elif is_never_suppressed(event):
        _put_in_front(board, incident, event, flood.grouped)
    return incident
