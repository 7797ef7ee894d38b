"""A supervisor on a call of another operator: he listens, whispers, speaks, takes it over."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from callflows.events.base import CallId, Event, Fact, LegId, OperatorId
from client_directory.model import AlertLimits

VisitMode = Literal["listen", "whisper", "barge", "take_over"]
"""`listen`: he hears all and nobody hears him. `whisper`: the operator alone hears him.
`barge`: all hear each other. `take_over`: he is the operator from now on."""
VisitWhy = Literal["quality", "training", "help_asked", "danger", "complaint", "unsaid"]
"What for: whoever listens to a colleague's call says so, and it stands in the logbook."


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitPressed(Event):
    """A supervisor wants to be on an operator's call, or there in another way than now."""

    operator: OperatorId
    "The supervisor."
    call_id: CallId
    mode: VisitMode
    why: VisitWhy = "unsaid"
    is_shown: bool = True
    "The operator sees who is on his call: a copy of what the client's contract says."


@dataclass(frozen=True, slots=True, kw_only=True)
class LeavePressed(Event):
    """A supervisor leaves the call that he is on as a visitor."""

    operator: OperatorId


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertLimitsSet(Event):
    """After how long supervisors are told of a case: a copy of settings and directory."""

    default: AlertLimits
    clients: Mapping[str, AlertLimits] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class WrapUpTimeSet(Event):
    """How long an operator is not rung after a call: a copy of the settings."""

    wrap_up_time: float
    "Seconds, 1 to 3600."


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertRaised(Fact):
    """Something in a case is late; supervisors see it until it is over."""

    alert: str
    "`not_taken`, `not_worked`, `overdue_step` or `total`."
    urgency: int
    operator: OperatorId | None = None
    "Whose case it is."
    step: str = ""
    "Which step is late."


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertOver(Fact):
    """What was late was done, or the case was closed."""

    alert: str
    late_time: float
    "Seconds for which it was late."


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitRefused(Fact):
    """A supervisor may not, or cannot, be on that call."""

    call_id: CallId
    operator: OperatorId
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitBegun(Fact):
    """His phone was picked up: from now on he hears, and is heard as the mode says."""

    call_id: CallId
    leg_id: LegId
    operator: OperatorId
    colleague: OperatorId
    "Whose call it is."
    mode: VisitMode
    why: VisitWhy
    is_shown: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitChanged(Fact):
    """He is heard by others than before."""

    call_id: CallId
    operator: OperatorId
    mode: VisitMode
    previous: VisitMode
    why: VisitWhy
    is_shown: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitEnded(Fact):
    """He is on the call no longer."""

    call_id: CallId
    operator: OperatorId
    reason: str
    visit_time: float
    "Seconds for which he heard the call; 0: his phone was never picked up."
    is_shown: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CallTakenOver(Fact):
    """The supervisor is the operator of this call and the owner of its case."""

    call_id: CallId
    leg_id: LegId
    operator: OperatorId
    former: OperatorId
    "Who was let go; his own phone is free."
    why: VisitWhy
