"""What an alarm panel, a camera or a person's button reported, and what came of it.

Every event carries copies of whatever the flow needs (the consigne, the client's alarm
rules), so that a change in the directory neither bends a case nor rewrites, on replay, what
was done. The event's `incident_id` is a fresh number that the door gave it; the facts say
under which case it went on.
"""

from dataclasses import dataclass, field
from typing import Literal

from callflows.events.base import Event, Fact, IncidentId
from client_directory.alarm_model import AlarmRules
from client_directory.model import Clearance, Procedure

CancelledBy = Literal["opening", "closing", "cancel", "restore"]
"What closed a pre-alarm within its hold window."


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal(Event):
    """Base of what comes in through an alarm door."""

    source: str
    "Which door: `http`, `dc09`, `scaip`, `contact_id_call`, `supervision`."
    source_id: str
    "The same source and id again is the same signal, for a while."
    repeat_time: float = 86_400.0
    "Seconds for which it is: a protocol that counts to 9999 begins again sooner."
    account: str = ""
    is_known_account: bool = True
    organisation: str | None = None
    organisation_name: str = ""
    site: str | None = None
    site_name: str = ""
    clearance: Clearance = "standard"
    code: str = ""
    code_format: str = ""
    "`contact_id`, `sia`, `scaip`, or `kind` when the sender named the kind himself."
    kind: str = "other"
    "Incident kind: `intrusion`, `holdup`, `fire` …"
    zone: str = ""
    zone_name: str = ""
    detector: str = ""
    "The device; empty when the directory does not name it, then each zone is one."
    area: str = ""
    user: str = ""
    camera: str = ""
    carrier: str = ""
    "Network of the camera, or of the path."
    text: str = ""
    "What the far end wrote. Hostile text."
    occurred_at: str = ""
    "When it happened, as the far end says, RFC 3339; shown and never reckoned with."
    session: str = ""
    "The far end's name for one alarm: what it adds later, and its reset, carry the same."
    call_time: float | None = None
    "Seconds within which we promised to call whoever raised it; `None`: we did not."


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmReceived(Signal):
    """Something reported an alarm."""

    is_known_code: bool = True
    is_still_present: bool = False
    "Reported before and still so (Contact ID qualifier 6)."
    has_restore: bool = False
    "Its panel says when it is over: not closed before that without a reason."
    urgency: int = 2
    "1 life in danger … 4 for information."
    never_suppress: bool = False
    "The consigne says so; some kinds are never suppressed whatever it says."
    procedure: Procedure | None = None
    "Copy of the consigne for this code or kind."
    rules: AlarmRules = field(default_factory=AlarmRules)


@dataclass(frozen=True, slots=True, kw_only=True)
class RestoreReceived(Signal):
    """What had been in alarm is back to normal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenCloseReceived(Signal):
    """Somebody disarmed or armed the panel, or cancelled what it reported."""

    action: Literal["opening", "closing", "cancel"] = "opening"


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusReceived(Signal):
    """For information: a test report, a door used, a part switched off for the night."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TestModeSet(Event):
    """A site or one zone of it is on test until a time; again with another time: changed."""

    organisation: str
    site: str
    until: float
    "Engine time."
    zone: str = ""
    "Empty: the whole site, but for what saves lives."
    by: Literal["operator", "installer"] = "operator"
    "An operator at the desk, or an installer on the telephone with his PIN."
    who: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TestModeEnded(Event):
    """Somebody ended a test before its time."""

    organisation: str
    site: str
    zone: str = ""
    by: Literal["operator", "installer"] = "operator"
    who: str = ""


# ---------------------------------------------------------------- facts


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmRepeated(Fact):
    """The same signal came again; its case is the one named here. Nothing else follows."""

    source: str
    source_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmJoined(Fact):
    """An alarm went to a case that is open already."""

    alarm_id: IncidentId
    "The number under which it came in."
    kind: str
    code: str
    zone: str
    zone_name: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmConfirmed(Fact):
    """Two detectors of one place within the confirm window. An operator records it."""

    kind: str
    detectors: tuple[str, ...]
    seconds: float
    "Between the two."
    step: str = ""
    "Verification of the consigne that takes `two_detectors`; empty when none does."


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmHeld(Fact):
    """A pre-alarm waits for a cancelling signal; nobody is called before."""

    until: float
    "Engine time."


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmCancelled(Fact):
    """A pre-alarm was cancelled within its hold window, and closed."""

    by: CancelledBy
    user: str
    hold_time: float


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelNoted(Fact):
    """A cancelling signal came that closes nothing: too late, or somebody is at it."""

    by: CancelledBy
    user: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmGrouped(Fact):
    """One of a flood: counted and shown, not dispatched again."""

    alarm_id: IncidentId
    kind: str
    zone: str
    count: int
    first_at: float
    "Engine time."
    last_at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class RunawayStarted(Fact):
    """More alarms from one place than anybody can handle one by one."""

    site: str
    kind: str
    zone: str
    by: Literal["window", "bucket"]
    "A burst, or a slow flood."
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RunawayEnded(Fact):
    """The flood is over; the next alarm from there is one by itself again."""

    site: str
    kind: str
    zone: str
    count: int
    "How many were grouped."
    first_at: float
    last_at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmOnTest(Fact):
    """A signal from what is on test: logged and shown in a list, never dispatched."""

    site: str
    zone: str
    kind: str
    code: str
    until: float


@dataclass(frozen=True, slots=True, kw_only=True)
class TestModeOver(Fact):
    """What comes from there is real again."""

    organisation: str
    site: str
    zone: str
    signals: int
    "How many came while it was on test."
    reason: Literal["its time is over", "ended"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TestModeRefused(Fact):
    """Nothing was put on test."""

    organisation: str
    site: str
    zone: str
    who: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RestoreAwaited(Fact):
    """The case cannot be closed before these zones are back to normal."""

    zones: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneRestored(Fact):
    """A zone of this case is back to normal."""

    zone: str
    left: tuple[str, ...]
    "Zones that are not."


@dataclass(frozen=True, slots=True, kw_only=True)
class RestoreNoted(Fact):
    """A return to normal of what no open case has in alarm."""

    site: str
    zone: str
    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RestoreOverdue(Fact):
    """The return to normal does not come."""

    zones: tuple[str, ...]
    waiting_time: float
    "Seconds since the last alarm."


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsigneKept(Fact):
    """A second alarm has another consigne; the one that is followed was not changed."""

    procedure: str
    "The other one."
    version: int
    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteQuiet(Fact):
    """Until then no call goes to the site."""

    until: float
    "Engine time."
    reason: str
