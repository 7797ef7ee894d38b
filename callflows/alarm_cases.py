"""One case for what belongs together: by place and time, with the more urgent consigne."""

from callflows.alarm_book import (
    MOST_DETECTIONS,
    MOST_KINDS,
    MOST_ZONES,
    AlarmCase,
    Detection,
    Place,
    Zone,
)
from callflows.alarm_kinds import CONFIRMABLE, is_never_suppressed, key_of_zone, zone_of
from callflows.automatic import ENGINE
from callflows.board import Board
from callflows.cases import reprioritise, tell_procedure
from callflows.events import AlarmConfirmed, AlarmReceived, ConsigneKept
from callflows.events.alarm import Signal
from callflows.incident import Incident
from callflows.procedure_run import ProcedureRun
from client_directory.alarm_model import zone_key

TWO_DETECTORS = "two_detectors"
"Means of verification in a consigne (`verify`)."


def case_at(board: Board, place: Place, window_time: float) -> Incident | None:
    """Return the open case at a place whose last alarm is not longer ago, the latest."""
    for incident_id in reversed(place.cases):
        if board.alarms.cases[incident_id].last_at + window_time >= board.now:
            return board.incidents[incident_id]
    return None


def note_zone(board: Board, case: AlarmCase, alarm: AlarmReceived) -> bool:
    """Note that a zone is in alarm; return whether that is news in this case.

    A button or a person without a zone never returns to normal: only what names a zone, or
    is no such alarm, is waited for.
    """
    key, now = key_of_zone(alarm), board.now
    is_news = alarm.kind not in case.kinds and len(case.kinds) < MOST_KINDS
    if is_news:
        case.kinds.append(alarm.kind)
    known = case.zones.get(key)
    if known is not None:
        is_news |= known.restored_at is not None
        known.last_at, known.count, known.restored_at = now, known.count + 1, None
        known.has_restore |= alarm.has_restore
        return is_news
    is_waited_for = bool(key) or not is_never_suppressed(alarm)
    if not is_waited_for or len(case.zones) >= MOST_ZONES:
        return is_news
    name = alarm.zone_name or alarm.camera
    case.zones[key] = Zone(
        zone=zone_of(alarm),
        name=name,
        kind=alarm.kind,
        first_at=now,
        last_at=now,
        has_restore=alarm.has_restore,
    )
    return True


def confirm(
    board: Board, incident: Incident, case: AlarmCase, place: Place, alarm: AlarmReceived
) -> AlarmConfirmed | None:
    """Remember which detector spoke; say so when it is the second one.

    :return: what was said, if anything was.
    """
    detector = alarm.detector or zone_key(alarm.zone)
    if alarm.kind not in CONFIRMABLE or not detector:
        return None
    earliest = board.now - alarm.rules.confirm_window_time
    kept = [one for one in place.detections if one.detector != detector]
    others = [one for one in kept if one.kind == alarm.kind and one.at >= earliest]
    name = alarm.zone_name or alarm.detector or alarm.zone
    kept.append(Detection(detector, name, alarm.kind, board.now, incident.incident_id))
    place.detections = kept[-MOST_DETECTIONS:]
    if case.is_confirmed or not others:
        return None
    case.is_confirmed = True
    first = others[-1]
    steps = incident.run.procedure.steps if incident.run.procedure else ()
    confirmed = AlarmConfirmed(
        incident_id=incident.incident_id,
        kind=alarm.kind,
        detectors=(first.name, name),
        seconds=board.now - first.at,
        step=next((step.step for step in steps if TWO_DETECTORS in step.verify), ""),
    )
    board.say(confirmed)
    return confirmed


def follow_urgent(
    board: Board, incident: Incident, alarm: AlarmReceived, *, is_news: bool
) -> None:
    """Let the more urgent alarm lead: its urgency always, its consigne while none is begun."""
    is_more_urgent = alarm.urgency < incident.urgency
    if is_more_urgent:
        reprioritise(board, incident, alarm.urgency, f"kind {alarm.kind}")
    procedure = alarm.procedure
    if procedure is None or procedure == incident.procedure:
        return
    records = incident.run.records
    is_begun = any(record.operator != ENGINE for record in records.values())
    if is_more_urgent and not is_begun:
        if records:
            incident.earlier_runs.append(incident.run)
        incident.run = ProcedureRun(procedure, incident.source)
        incident.kind = alarm.kind
        tell_procedure(board, incident)
    elif is_news and alarm.kind != incident.kind:
        board.say(
            ConsigneKept(
                incident_id=incident.incident_id,
                procedure=procedure.procedure,
                version=procedure.version,
                kind=alarm.kind,
            )
        )


def name_cameras(incident: Incident, case: AlarmCase, signal: Signal) -> str:
    """Retitle a case of lost cameras: `carrier X: 40 cameras at 12 sites`."""
    lost = [zone.zone for zone in case.zones.values() if zone.restored_at is None]
    sites = len({name.split(":", 1)[0] for name in lost})
    cameras = "1 camera" if len(lost) == 1 else f"{len(lost)} cameras"
    if sites > 1:
        words = f"carrier {signal.carrier}: {cameras} at {sites} sites"
    else:
        words = f"{signal.site_name or signal.site or ''}: {cameras}"
    incident.title = f"{signal.organisation_name}, {words}"
    return words
