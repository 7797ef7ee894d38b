"""Which alarms are never held back, which confirm each other, and how they are called."""

from typing import Final

from callflows.events.alarm import AlarmReceived, Signal
from client_directory.alarm_model import zone_key

NEVER_SUPPRESSED: Final = frozenset(("panic", "holdup", "hold_up", "duress", "fire", "medical"))
"Never held, never grouped, each in front of an operator in the event that brought it."

CONFIRMABLE: Final = frozenset(("intrusion", "theft", "vandalism", "fire"))
"Two detectors of one place confirm these (BS 8243)."

CAMERA_OFFLINE: Final = "camera_offline"
"A camera, or the line to it, is gone."

WATCH: Final = "supervision"
"Door of what the clock showed; see `callflows.watched`."

OTHER: Final = "other"


def is_never_suppressed(alarm: AlarmReceived) -> bool:
    """Whether nothing may stop this alarm on its way to an operator."""
    return alarm.never_suppress or alarm.kind in NEVER_SUPPRESSED


def hold_time(alarm: AlarmReceived) -> float:
    """Return for how many seconds a cancelling signal is waited for; 0 when for none."""
    if alarm.source == WATCH:
        return 0.0  # a limit that passed was waited for already
    if is_never_suppressed(alarm) or not (alarm.is_known_account and alarm.is_known_code):
        return 0.0
    procedure = alarm.procedure
    if procedure is not None and procedure.hold_time is not None:
        return procedure.hold_time
    return alarm.rules.hold_time or 0.0


def place_of(signal: Signal) -> str:
    """Return what a signal is gathered by: its site, its carrier's cameras, its account."""
    if not signal.is_known_account or signal.organisation is None:
        return f"account/{signal.account}"
    if signal.kind == CAMERA_OFFLINE:
        where = f"carrier/{signal.carrier}" if signal.carrier else f"site/{signal.site or ''}"
        return f"cameras/{signal.organisation}/{where}"
    return f"site/{signal.organisation}/{signal.site or ''}"


def sender_of(signal: Signal) -> str:
    """Return who sends: a door and an account. Those nobody knows are one: no end of them."""
    if not signal.is_known_account:
        return f"unknown/{signal.source}"
    return f"{signal.source}/{signal.organisation}/{signal.account or signal.site}"


def zone_of(signal: Signal) -> str:
    """Return the zone's name within its place, as it is shown.

    A carrier's cameras are at many sites.
    """
    if signal.kind == CAMERA_OFFLINE:
        return f"{signal.site or ''}:{signal.camera or signal.zone}"
    return signal.zone


def key_of_zone(signal: Signal) -> str:
    """Return what its zone is known by within its place, however it is written."""
    return zone_key(zone_of(signal))


def sentence(signal: Signal) -> str:
    """Say what is in alarm, for people: `intrusion, zone 001 Hall`."""
    if not signal.is_known_account:
        return f"unknown account {signal.account}: {signal.code or signal.kind}"
    what = signal.kind
    if isinstance(signal, AlarmReceived) and not signal.is_known_code:
        what = f"unknown code {signal.code}"
    if signal.kind == CAMERA_OFFLINE:
        return f"{what}, {signal.zone_name or signal.camera or signal.zone}"
    words = " ".join(word for word in (signal.zone, signal.zone_name) if word)
    return f"{what}, zone {words}" if words else what
