"""Return to normal: awaited, recorded when it comes, asked for when it does not."""

from typing import Final

from callflows.alarm_book import AlarmCase
from callflows.alarm_cases import name_cameras
from callflows.alarm_hold import cancel, release
from callflows.alarm_kinds import CAMERA_OFFLINE, key_of_zone, place_of, zone_of
from callflows.alarm_sessions import remind_of_call
from callflows.attention import attend_anew
from callflows.automatic import ENGINE
from callflows.board import Board
from callflows.closing import awaited
from callflows.events import (
    RestoreAwaited,
    RestoreNoted,
    RestoreOverdue,
    RestoreReceived,
    ZoneRestored,
)
from callflows.incident import Incident
from callflows.procedure_run import Outcome, StepRecord

PATIENCE_TIME: Final = 1_800.0
"Seconds after the last alarm until operators are reminded, again and again."


def await_restore(board: Board, incident: Incident, case: AlarmCase, *, is_news: bool) -> None:
    """Wait for the return to normal, where the consigne does or the panel will say so."""
    zones = awaited(incident, case)
    if not zones:
        return
    step = incident.run.awaits_restore
    record = incident.run.records.get(step.step) if step is not None else None
    if step is not None and record is not None and record.operator == ENGINE:
        del incident.run.records[step.step]  # it had come, and now it is in alarm again
    if is_news:
        board.say(RestoreAwaited(incident_id=incident.incident_id, zones=zones))
    if case.restore_due is None:
        case.restore_due = board.now + PATIENCE_TIME
        board.keep_timed(case)


def restored(board: Board, event: RestoreReceived) -> Incident | None:
    """Take a return to normal to every open case that has the zone in alarm.

    :return: the latest of these cases; `None` when there is none.
    """
    zone = zone_of(event)
    found: Incident | None = None
    for incident_id in tuple(board.alarms.place(place_of(event)).cases):
        incident, case = board.incidents[incident_id], board.alarms.cases[incident_id]
        state = case.zones.get(key_of_zone(event))
        if state is None or state.restored_at is not None:
            continue
        found = incident
        state.restored_at = board.now
        if event.kind == CAMERA_OFFLINE:
            name_cameras(incident, case, event)
        board.say(ZoneRestored(incident_id=incident_id, zone=zone, left=case.unrestored))
        if not case.unrestored:
            _all_restored(board, incident, case, event)
    if found is None:
        board.say(
            RestoreNoted(
                incident_id=event.incident_id,
                site=event.site or "",
                zone=zone,
                code=event.code,
            )
        )
    return found


def _all_restored(
    board: Board, incident: Incident, case: AlarmCase, event: RestoreReceived
) -> None:
    case.restore_due = None
    board.keep_timed(case)
    # Somebody who walks on from the first detector to the second restores both: two of them
    # are no mistake to be forgotten.
    if case.held_until is not None and not case.is_confirmed:
        cancel(board, incident, case, "restore", event.user)
        return
    step = incident.run.awaits_restore
    if step is not None and step.step not in incident.run.records:
        zones = ", ".join(zone.zone or "?" for zone in case.zones.values())
        incident.run.record(
            StepRecord(
                step=step.step,
                outcome=Outcome.DONE,
                operator=ENGINE,
                at=board.now,
                text=f"restored: {zones}",
            )
        )


def due(board: Board, case: AlarmCase) -> None:
    """Do what a case of alarms waited for."""
    incident = board.incidents[case.incident_id]
    if case.held_until is not None and case.held_until <= board.now:
        release(board, incident, case)
    if case.restore_due is not None and case.restore_due <= board.now:
        _remind(board, incident, case)
    if case.call_due is not None and case.call_due <= board.now:
        remind_of_call(board, incident, case)
    board.keep_timed(case)


def _remind(board: Board, incident: Incident, case: AlarmCase) -> None:
    waiting_time = board.now - case.last_at
    zones = awaited(incident, case)
    if not zones:
        case.restore_due = None
        return
    if waiting_time < PATIENCE_TIME:
        case.restore_due = case.last_at + PATIENCE_TIME
        return
    case.restore_due = board.now + PATIENCE_TIME
    board.say(
        RestoreOverdue(incident_id=incident.incident_id, zones=zones, waiting_time=waiting_time)
    )
    more = f"{', '.join(zones[:8])}, {waiting_time / 60:.0f} min"
    attend_anew(board, incident, "not back to normal", more)
