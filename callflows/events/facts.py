"""What the flows conclude; never fed back (decision 0003)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from callflows.events.base import CallId, Cause, Fact, LegId, OperatorId
from client_directory.model import Clearance


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentOpened(Fact):
    """A case exists from now on, whatever becomes of the call."""

    organisation: str | None
    organisation_name: str
    source: Literal["call", "alarm", "operator"]
    urgency: int
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcedureShown(Fact):
    """The operators' screens show this version of this consigne."""

    procedure: str
    version: int
    kind: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallQueued(Fact):
    """The call waits, and why nobody was rung."""

    call_id: CallId
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatorChosen(Fact):
    """A routing decision, with all its inputs, in a sentence that a person can check."""

    call_id: CallId
    operators: tuple[OperatorId, ...]
    reason: str
    "E.g. `Sofie: nl 3, high_security, idle 41 s; Tom excluded: clearance`."
    considered: tuple[Mapping[str, str | int | float | bool], ...] = ()
    takes: Literal["", "best", "all", "press", "another"] = ""
    """By which rule: the best of those who may be rung, all of them, an operator's own press,
    or one whose phone rang for a call that could spare him. Empty: by an earlier version."""
    languages: tuple[str, ...] = ()
    "The caller's, most probable first: operators are compared in this order."
    clearance: Clearance = "standard"
    preferred: OperatorId | None = None
    "Whom to ring before all others if he may be: the owner of the case."


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatorRang(Fact):
    """An operator's phone was made to ring."""

    call_id: CallId
    leg_id: LegId
    operator: OperatorId


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatorAnswered(Fact):
    """An operator's audio path to the caller is open."""

    call_id: CallId
    leg_id: LegId
    operator: OperatorId
    answer_time: float
    "Seconds from the INVITE."
    notice_heard_time: float = 0.0
    "Seconds of the recording notice that the caller heard."


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatorMissed(Fact):
    """An offered call was not taken by this operator."""

    call_id: CallId
    leg_id: LegId
    operator: OperatorId
    cause: Cause


@dataclass(frozen=True, slots=True, kw_only=True)
class CallAbandoned(Fact):
    """The caller left before an operator spoke. The case stays open."""

    call_id: CallId
    waiting_time: float


@dataclass(frozen=True, slots=True, kw_only=True)
class CallBackPlanned(Fact):
    """A caller who gave up will be called back."""

    call_id: CallId
    number: str
    "E.164; empty when he withheld it."
    at: float
    "Engine time."


@dataclass(frozen=True, slots=True, kw_only=True)
class CallBackDialled(Fact):
    """An operator is on the line, and the caller's number was dialled."""

    call_id: CallId
    leg_id: LegId
    operator: OperatorId
    number: str
    "E.164; empty when he withheld it."
    name: str = ""
    "Whom the operator called by himself from the case; empty for a caller who hung up."


@dataclass(frozen=True, slots=True, kw_only=True)
class CallBackAnswered(Fact):
    """He picked up: operator and caller hear each other."""

    call_id: CallId
    leg_id: LegId
    name: str = ""
    "Whom the operator called by himself from the case; empty for a caller who hung up."


@dataclass(frozen=True, slots=True, kw_only=True)
class CallBackMissed(Fact):
    """One try to call him back reached nobody."""

    call_id: CallId
    ended_by: str
    "`fault`: a leg broke. `abandoned`: he did not pick up, or the operator gave up."
    name: str = ""
    "Whom the operator called by himself from the case; empty for a caller who hung up."


@dataclass(frozen=True, slots=True, kw_only=True)
class CallBackEnded(Fact):
    """Nobody is called back any more for this call: he was reached, or was not."""

    call_id: CallId
    tries: int
    is_reached: bool
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallEnded(Fact):
    """A call that had been answered is over."""

    call_id: CallId
    ended_by: Literal["caller", "operator", "engine", "fault"]
    talk_time: float


@dataclass(frozen=True, slots=True, kw_only=True)
class CallRequeued(Fact):
    """The operator's side broke; the caller is in front of the queue again."""

    call_id: CallId
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CallHeld(Fact):
    """The caller hears the hold message."""

    call_id: CallId
    operator: OperatorId | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CallResumed(Fact):
    """Caller and operator hear each other again."""

    call_id: CallId
    operator: OperatorId | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FallbackAnswered(Fact):
    """No operator took it; the DID's fallback number did."""

    call_id: CallId
    leg_id: LegId
    number: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FallbackMissed(Fact):
    """The fallback number was picked up and nobody was there: the caller waits again."""

    call_id: CallId
    leg_id: LegId
    number: str
    cause: Literal["voicemail", "hung_up"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FallbackProved(Fact):
    """A person is at the fallback number: he answers the caller, or pressed a key."""

    call_id: CallId
    leg_id: LegId
    number: str
    proof: Literal["talk", "key"]


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentReprioritised(Fact):
    """The urgency changed, and why."""

    urgency: int
    previous: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentClosed(Fact):
    """The case is finished."""

    operator: OperatorId
    disposition: str
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CloseRefused(Fact):
    """The case cannot be closed yet; what is missing."""

    operator: OperatorId
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class StepRefused(Fact):
    """A step could not be recorded as asked: shut, unknown, or no such answer."""

    operator: OperatorId
    step: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsigneLeft(Fact):
    """A step was left out, done off the path, or its service called otherwise than from here.

    For whoever reviews the case.
    """

    operator: OperatorId
    step: str
    how: Literal["skipped", "off_path", "otherwise"]
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StepCorrected(Fact):
    """A step was recorded again; what was recorded before stands in the log all the same."""

    operator: OperatorId
    step: str
    was: str
    "The answer or the text of before; empty for a step that had been left out."
    was_skipped: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerRefused(Fact):
    """An operator asked for a call that he may not, or cannot, take."""

    call_id: CallId
    operator: OperatorId
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DialRefused(Fact):
    """A number was not dialled: no flow may call an emergency service by itself."""

    call_id: CallId
    number: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowFailed(Fact):
    """A rule broke on this event: a defect of ours. What was decided before it stands."""

    event: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatorStateChanged(Fact):
    """An operator became free, rung, busy, in wrap-up, absent."""

    operator: OperatorId
    state: str
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ignored(Fact):
    """An event that means nothing in this state: noted, never raised."""

    event: str
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StepBegun(Fact):
    """The engine did a step that the consigne lets it do before an operator looks."""

    step: str
    what: str
