"""What a client's alarms are: detectors, lines, cameras, hours, timers, tasks, actions.

Frozen values beside those of `model.py`. Times are seconds.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

PathCategory = Literal["SP1", "SP2", "SP3", "SP4", "SP5", "SP6", "DP1", "DP2", "DP3", "DP4"]
REPORTING_TIME: Final[dict[PathCategory, float]] = {
    "SP1": 32 * 86_400.0,
    "SP2": 25 * 3_600.0,
    "SP3": 1_800.0,
    "SP4": 180.0,
    "SP5": 90.0,
    "SP6": 20.0,
    "DP1": 25 * 3_600.0,
    "DP2": 1_800.0,
    "DP3": 180.0,
    "DP4": 90.0,
}
"""Seconds in which the loss of a path must be reported (EN 50136-1:2012, table 3). For the
dual categories that of the primary path; an alternative one is written with its `limit`."""

Via = Literal["dc09:tcp", "dc09:udp", "http", "scaip", "telephone"]
"How a signal comes in: `Signal.path` of the alarm doors."

ActionKind = Literal["disarm", "barrier", "immobilise", "other"]


def significant(line: str) -> str:
    """Return DC-09's L without the zeros that some panels write before it."""
    return line.lstrip("0").upper() or "0"


def user_key(account: str, user: str) -> str:
    """Return what a user of a panel is known by; empty where no user was named."""
    return f"{account.upper()}/{zone_key(user)}" if user else ""


def zone_key(zone: str) -> str:
    """Return what a zone is known by: a panel's 001 and a person's 1 are the same zone."""
    return zone.lstrip("0") or zone[:1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Zone:
    """One zone of an alarm panel."""

    zone: str
    "As the panel sends it: `001`."
    name: str
    kind: str | None = None
    "Incident kind of a burglary signal from here, when it is another than the code says."
    detector: str | None = None
    "The device; two zones of one device do not confirm each other."


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmPath:
    """One line over which a panel reports, with its heartbeat."""

    path: str
    account: str
    limit_time: float | None
    """Seconds without a sign of life after which the path is lost; `None`: it follows from the
    pace at which SCAIP units are told to report."""
    category: PathCategory | None = None
    via: Via | None = None
    "How its signals come; `None`: any way."
    line: str | None = None
    "DC-09's L, without leading zeros; `None`: any. With `via`, what tells it from another."
    receiver: str | None = None
    "Receiver or carrier that it shares with others, of other clients too."

    def is_told_from(self, other: "AlarmPath") -> bool:
        """Whether no signal can speak for both."""
        if self.account != other.account:
            return True
        by_way = None not in (self.via, other.via) and self.via != other.via
        by_line = None not in (self.line, other.line) and self.line != other.line
        return by_way or by_line


@dataclass(frozen=True, slots=True, kw_only=True)
class Camera:
    """A camera that can be lost."""

    camera: str
    name: str
    carrier: str | None = None
    "Network it hangs on: cameras of one carrier that are lost together are one case."


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleWatch:
    """What is watched of a site's opening hours."""

    is_early_open_watched: bool = False
    is_site_called_first: bool = False
    "Whether the site's own number stands before people's when it opened or did not close."
    late_to_close_time: float | None = None
    "Seconds after closing time without a closing signal: the site is late."
    failed_to_close_time: float | None = None
    "The same: it is not going to close by itself."


@dataclass(frozen=True, slots=True, kw_only=True)
class PanelUser:
    """A person's user number at one alarm panel."""

    account: str
    user: str
    "As the panel sends it; zeros before it count for nothing."


@dataclass(frozen=True, slots=True, kw_only=True)
class Runaway:
    """When a flood from one zone is grouped; neither measure stops an urgent kind."""

    window_time: float = 600.0
    count: int = 20
    "Signals within the window that are still shown one by one; also the bucket's size."
    bucket_rate: float = 1.0
    "Signals a minute that refill the bucket: a slow flood empties it too."


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmRules:
    """How a client's alarms are gathered into cases."""

    hold_time: float | None = None
    "Seconds a cancelling signal is waited for, where the consigne says nothing else."
    confirm_window_time: float = 2_700.0
    "Seconds between two detectors that confirm each other; 30 to 60 minutes."
    runaway: Runaway = field(default_factory=Runaway)


@dataclass(frozen=True, slots=True, kw_only=True)
class WelfareCheck:
    """Somebody who must give a sign of life again and again."""

    person: str
    every_time: float
    "Seconds between two signs."
    amber_time: float
    "Seconds overdue until an operator is warned."
    red_time: float
    "Seconds overdue until it is an alarm."
    during: str = "24/7"
    "OpenStreetMap opening_hours, in the organisation's time zone."
    site: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """Something an operator does every day, such as a virtual patrol."""

    task: str
    title: Mapping[str, str]
    times: tuple[str, ...]
    "Wall-clock times of the organisation's zone, `22:00`."
    during: str = "24/7"
    "Days on which it is due: a time that lies outside is left out."
    late_time: float = 900.0
    "Seconds after which it is late."
    site: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """Something with consequences that an operator may have done, by a signed webhook."""

    action: str
    title: Mapping[str, str]
    url: str
    kind: ActionKind = "other"
    needs_two_people: bool = False
    needs_password: bool = False
    "Whoever asks for it, and whoever agrees, types his password again."
    site: str | None = None
    parameters: Mapping[str, str] = field(default_factory=dict)
    "Sent along as they are, for the other system: which lane, which relay."
