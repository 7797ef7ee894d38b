"""What the passing of time shows: lost lines, sites left open, people who give no sign.

Told by `callflows.watch`, which looks at the clock for the clients, and by the auditor.
Heartbeats themselves are no events: ten thousand lines a minute would bury the one that
counts.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from callflows.events.base import Event, Fact, LegId, OperatorId
from callflows.events.tree import PinOutcome
from client_directory.alarm_model import AlarmRules
from client_directory.model import Clearance, Procedure

TimerKind = Literal["lone_worker", "welfare"]
TimerStage = Literal["running", "amber", "red"]
TaskOutcome = Literal["in_order", "finding", "not_done"]


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchEvent(Event):
    """Base of what was seen of a client's place.

    Whoever feeds the engine puts in the copies that a case needs; the watchers know none.
    """

    organisation: str
    site: str | None = None
    organisation_name: str = ""
    site_name: str = ""
    clearance: Clearance = "standard"
    procedure: Procedure | None = None
    "Copy of the consigne for what was seen, if the client has one."
    rules: AlarmRules = field(default_factory=AlarmRules)
    "How the client's alarms are gathered into cases."


# ---------------------------------------------------------------- lines


@dataclass(frozen=True, slots=True, kw_only=True)
class PathLost(WatchEvent):
    """No sign of life came over an alarm path within its limit. Once, until it is back."""

    path: str
    account: str
    limit_time: float
    "Seconds."
    heard_at: float
    "Engine time of the last sign of life, or since when one was waited for."
    group: str
    """Paths lost together carry the same: those of a site, or of everything behind one
    receiver. One case for each group is enough."""
    category: str = ""
    receiver: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PathRestored(WatchEvent):
    """A path that was lost is heard again."""

    path: str
    account: str
    lost_time: float
    "Seconds from the loss being told to the sign of life."
    group: str
    "That of its loss."


# ---------------------------------------------------------------- opening and closing


@dataclass(frozen=True, slots=True, kw_only=True)
class CallBack:
    """Somebody to ask whether all is well, at a number that was registered beforehand."""

    who: Literal["user", "contact", "site"]
    name: str
    number: str
    person: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteOpened(WatchEvent):
    """A site was opened: its alarm was disarmed."""

    user: str
    "As the panel sends it: `003`."
    name: str = ""
    "Who that user is, if registered."


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteClosed(WatchEvent):
    """A site was closed: its alarm was armed."""

    user: str
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class EarlyOpenSeen(WatchEvent):
    """A site was opened outside its hours: perhaps somebody is being forced."""

    user: str
    name: str = ""
    call_back: tuple[CallBack, ...] = ()
    """In this order. The site itself, where whoever forces him listens, stands first only
    when the consigne says so. Empty: nobody is registered; an operator decides."""
    opens_at: float | None = None
    "When it would have opened by its hours, engine time; `None` when never."


@dataclass(frozen=True, slots=True, kw_only=True)
class OpeningAgreed(WatchEvent):
    """An operator knows from somebody entitled that a site is open outside its hours."""

    until: float
    "Engine time; from now on."
    by: str
    reason: str
    "Who announced it, and why; the operator's words."


@dataclass(frozen=True, slots=True, kw_only=True)
class LateToCloseSeen(WatchEvent):
    """No closing signal came by the end of the hours and the first margin."""

    closes_at: float
    "When it should have closed, engine time."
    call_back: tuple[CallBack, ...] = ()
    is_opening_known: bool = True
    "`False`: neither an opening nor a closing was heard since we began to watch."


@dataclass(frozen=True, slots=True, kw_only=True)
class FailedToCloseSeen(WatchEvent):
    """Nor by the second margin: it will not close by itself."""

    closes_at: float
    call_back: tuple[CallBack, ...] = ()
    is_opening_known: bool = True


# ---------------------------------------------------------------- people alone


@dataclass(frozen=True, slots=True, kw_only=True)
class TimerEvent(WatchEvent):
    """Base of what happens to the timer of somebody who is alone."""

    timer_id: str
    person: str
    name: str = ""
    kind: TimerKind = "lone_worker"


@dataclass(frozen=True, slots=True, kw_only=True)
class SafetyTimerStarted(TimerEvent):
    """Somebody who works alone said until when he will have given a sign."""

    lapses_at: float
    "Engine time."
    memo: str = ""
    "Recording in which he said what he is about to do."
    note: str = ""
    "The same, written."
    by: str = ""
    "Who started it: an operator, or a program's token; empty when he did so himself."


@dataclass(frozen=True, slots=True, kw_only=True)
class SafetyTimerProlonged(TimerEvent):
    """He, or an operator who spoke to him, gave himself more time."""

    lapses_at: float
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WelfareCallDue(TimerEvent):
    """It is time to call him and to ask for his PIN."""

    numbers: tuple[str, ...] = ()
    presented_number: str | None = None
    "The client's own, to ring him from; `None`: an operator asks him, not the engine."
    languages: tuple[str, ...] = ()
    "In which to speak to him, the best one first."


@dataclass(frozen=True, slots=True, kw_only=True)
class SafetyTimerEnded(TimerEvent):
    """An operator who knows that he is safe ended a timer that had not lapsed."""

    by: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SafetyTimerLapsed(TimerEvent):
    """Amber: his time is over without a sign. He is asked first."""

    red_at: float
    "Engine time at which it becomes an alarm."
    numbers: tuple[str, ...] = ()
    presented_number: str | None = None
    "As for `WelfareCallDue`."
    languages: tuple[str, ...] = ()
    memo: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SafetyTimerRaised(TimerEvent):
    """Red: an alarm about a person."""

    urgency: int
    "1 life in danger … 4 for information."
    reason: str
    is_silent: bool = False
    "Under duress: he heard that all is well, and nobody near him may learn otherwise."
    numbers: tuple[str, ...] = ()
    memo: str = ""
    note: str = ""
    stage: TimerStage = "running"
    "Where the timer stood before."


@dataclass(frozen=True, slots=True, kw_only=True)
class SafetyTimerCancelled(TimerEvent):
    """He gave his PIN: all is well. The timer is over, or armed anew while its hours last."""

    stage: TimerStage
    "Where the timer stood. An alarm that was raised stays with the operators."


@dataclass(frozen=True, slots=True, kw_only=True)
class SafetyTimerRefused(TimerEvent):
    """What was asked of a timer was not done; it goes on."""

    reason: str
    outcome: PinOutcome | None = None


# ---------------------------------------------------------------- recurring tasks


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskEvent(WatchEvent):
    """Base of what happens to one occurrence of a recurring task."""

    task_id: str
    "This occurrence; the same after a restart."
    task: str
    title: Mapping[str, str] = field(default_factory=dict)
    due_at: float
    "Engine time."


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskDue(TaskEvent):
    """Something an operator does at this hour, such as a virtual patrol."""

    late_at: float
    "Engine time from which it is late."


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskLate(TaskEvent):
    """It was not done in time. Once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskDone(TaskEvent):
    """An operator did it, and what he found."""

    operator: OperatorId
    outcome: TaskOutcome
    text: str = ""
    is_late: bool = False


# ---------------------------------------------------------------- the auditor


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseStalled(Event):
    """The auditor found something that should have moved and did not."""

    what: str
    "`deadline`, `tree`, `call_back`, `attention`, `recording`."
    reason: str


# ---------------------------------------------------------------- facts


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchNoted(Fact):
    """What was seen belongs to this case, and does not by itself call an operator."""

    event: str
    "Its class, such as `PathRestored`."
    text: str = ""
    "For people."


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckCalled(Fact):
    """Somebody alone is rung and will be asked for his PIN."""

    timer_id: str
    leg_id: LegId
    person: str
    name: str
    number: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckAnswered(Fact):
    """He entered a PIN on the telephone."""

    timer_id: str
    leg_id: LegId
    outcome: PinOutcome
    is_last: bool = False
    "He wants his timer to end with it; else it runs anew while its hours last."


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckMissed(Fact):
    """A call to him brought no PIN of his."""

    timer_id: str
    leg_id: LegId
    cause: str
    "`no_answer`, `busy`, `voicemail`, `hung_up`, `no_pin`, `wrong_pin`, …"
