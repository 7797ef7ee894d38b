"""Floods: more alarms of one kind from one zone than anybody can handle one by one.

Two measures, since each alone is blind to something: a sliding window sees a burst, a token
bucket sees a slow flood that never fills the window. What exceeds either is gathered in one
case, counted and shown, and dispatched no more until it is calm again.
"""

from bisect import bisect_right
from typing import Final

from callflows.alarm_book import Meter
from callflows.alarm_kinds import key_of_zone, place_of, zone_of
from callflows.board import Board
from callflows.events import AlarmGrouped, AlarmReceived, RunawayEnded, RunawayStarted
from callflows.incident import Incident
from client_directory.alarm_model import Runaway

FLOOD: Final = "flood"
"What a moment in the book's times is for."


def key_of(alarm: AlarmReceived) -> str:
    """Return what is measured together. Unknown accounts are one: there is no end of them."""
    if not alarm.is_known_account or alarm.organisation is None:
        return f"unknown/{alarm.source}"
    return f"{place_of(alarm)}/{alarm.kind}/{key_of_zone(alarm)}"


def measure(board: Board, alarm: AlarmReceived) -> Meter | None:
    """Count an alarm; return its meter when it is one too many."""
    key, now = key_of(alarm), board.now
    rules = alarm.rules.runaway if alarm.rules.runaway.count > 0 else Runaway(count=1)
    meter = board.alarms.meters.get(key)
    if meter is None:
        meter = Meter(
            site=alarm.site or "",
            kind=alarm.kind,
            zone=zone_of(alarm),
            tokens=float(rules.count),
            filled_at=now,
        )
    board.alarms.keep_meter(key, meter)
    meter.window_time = rules.window_time
    if meter.is_running and _is_calm(meter, rules.count, now):
        _end(board, meter)
    is_burst = _is_full(meter, rules, now)
    meter.times.append(now)
    del meter.times[: -rules.count]
    is_dry = not _take_token(meter, rules, now, is_burst=is_burst or meter.is_running)
    if not (is_burst or is_dry or meter.is_running):
        return None
    if not meter.is_running:
        meter.is_running = True
        meter.grouped, meter.first_at = 0, now
        meter.by = "window" if is_burst else "bucket"
        _look_again(board, key, meter)
    return meter


def _is_full(meter: Meter, rules: Runaway, now: float) -> bool:
    times = meter.times
    return len(times) >= rules.count and times[-rules.count] > now - rules.window_time


def _is_calm(meter: Meter, count: int, now: float) -> bool:
    """Half of what the window lets through: a flood at the limit does not flicker."""
    gone = bisect_right(meter.times, now - meter.window_time)
    return len(meter.times) - gone <= count // 2


def _take_token(meter: Meter, rules: Runaway, now: float, *, is_burst: bool) -> bool:
    """Take one token for an alarm that is let through; grouped ones take none."""
    filled = meter.tokens + (now - meter.filled_at) * rules.bucket_rate / 60.0
    meter.tokens, meter.filled_at = min(float(rules.count), filled), now
    if meter.tokens < 1.0:
        return False
    if not is_burst:
        meter.tokens -= 1.0
    return True


def group(board: Board, alarm: AlarmReceived, meter: Meter, incident: Incident) -> bool:
    """Count one of a flood in its case; return whether it is the first of the flood."""
    is_first = meter.grouped == 0
    meter.incident_id = incident.incident_id
    meter.grouped += 1
    meter.last_at = board.now
    if is_first:
        board.say(
            RunawayStarted(
                incident_id=incident.incident_id,
                site=meter.site,
                kind=meter.kind,
                zone=meter.zone,
                by=meter.by,
                count=len(meter.times),
            )
        )
    board.say(
        AlarmGrouped(
            incident_id=incident.incident_id,
            alarm_id=alarm.incident_id,
            kind=alarm.kind,
            zone=zone_of(alarm),
            count=meter.grouped,
            first_at=meter.first_at,
            last_at=meter.last_at,
        )
    )
    return is_first


def look(board: Board, key: str) -> None:
    """Look whether a flood is over: its moment has come."""
    meter = board.alarms.meters.get(key)
    if meter is None or not meter.is_running:
        return
    # The limit is the length of what is kept: the rules stand on the next alarm only.
    if _is_calm(meter, len(meter.times), board.now):
        _end(board, meter)
    else:
        _look_again(board, key, meter)


def _look_again(board: Board, key: str, meter: Meter) -> None:
    board.alarms.times.add(board.now + max(meter.window_time, 1.0), FLOOD, key)
    board.keep_timed(board.alarms.times)


def _end(board: Board, meter: Meter) -> None:
    if meter.incident_id is not None:
        board.say(
            RunawayEnded(
                incident_id=meter.incident_id,
                site=meter.site,
                kind=meter.kind,
                zone=meter.zone,
                count=meter.grouped,
                first_at=meter.first_at,
                last_at=meter.last_at,
            )
        )
    meter.is_running, meter.incident_id = False, None
