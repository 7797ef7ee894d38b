"""What happened, in words that owe nothing to SIP.

Two kinds. An `Event` comes in through a door (phone, desk, clock, media) and drives the
flows; a `Fact` is what a flow concluded from it, written to the logbook beside the event
and never fed back. Both are frozen and hold only plain values, so every one of them can
be written to the logbook and read back years later. Engine time is not in them: it stands
on the logbook line.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal, NewType

from client_directory.model import Clearance, Procedure, Recording, WhileRinging

IncidentId = NewType("IncidentId", str)
CallId = NewType("CallId", str)
LegId = NewType("LegId", str)
OperatorId = NewType("OperatorId", str)

NO_INCIDENT = IncidentId("")
"Incident of what belongs to none: an operator's shift, a trunk, a restart."

Certainty = Literal["known", "guessed", "unknown"]


class Cause(StrEnum):
    """Why a leg ended, in the words of the field."""

    HUNG_UP = "hung_up"
    "The far end ended it after it was answered."
    CANCELLED = "cancelled"
    "The far end gave up before it was answered."
    RELEASED = "released"
    "We ended it."
    NO_ANSWER = "no_answer"
    BUSY = "busy"
    REFUSED = "refused"
    "The far end said no: 603, 403, a reject key."
    UNREACHABLE = "unreachable"
    "No phone registered, no route, no reply at all."
    FAILED = "failed"
    "Broke while it was up: no ACK, dead peer, lost media, expired session."


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Base of every event."""

    incident_id: IncidentId = NO_INCIDENT


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """Base of what a flow concluded."""

    incident_id: IncidentId = NO_INCIDENT


@dataclass(frozen=True, slots=True, kw_only=True)
class Identification:
    """What we believe about the caller, and how much."""

    organisation: str | None = None
    organisation_name: str = ""
    organisation_certainty: Certainty = "unknown"
    site: str | None = None
    site_name: str = ""
    site_certainty: Certainty = "unknown"
    person: str | None = None
    person_name: str = ""
    person_certainty: Certainty = "unknown"
    why: str = ""
    "One sentence for the operator: from which number, which of several matches."


# ---------------------------------------------------------------- phone


@dataclass(frozen=True, slots=True, kw_only=True)
class CallOffered(Event):
    """Somebody dialled one of our numbers; nothing has been answered yet.

    Carries a copy of everything the flow needs, so that a change in the directory neither
    bends this call nor rewrites, on replay, what was done.
    """

    call_id: CallId
    leg_id: LegId
    did: str
    "The dialled number, E.164, or as received when it is no telephone number."
    caller: str | None = None
    "The caller's number, E.164, or `None` when not known. Never proof of identity."
    is_withheld: bool = False
    diverted_from: str | None = None
    trunk: str = ""
    verstat: str | None = None
    "STIR verdict of the network (RFC 8224), shown and never blocking."
    location: tuple[float, float, float] | None = None
    "Latitude, longitude (degrees), radius (metres), from PIDF-LO (RFC 6442)."
    display_name: str = ""
    "What the caller's side wrote beside its number. Hostile text."
    is_known_did: bool = True
    service: str = "security_line"
    did_label: Mapping[str, str] = field(default_factory=dict)
    identification: Identification = field(default_factory=Identification)
    clearance: Clearance = "standard"
    languages: tuple[str, ...] = ("fr", "nl", "de", "en")
    "The caller's probable languages, most probable first."
    recording: Recording = "evidence"
    while_ringing: WhileRinging = "notice"
    fallback_number: str | None = None
    presented_number: str | None = None
    "What a leg we dial for this call shows as its caller: the client's own DID."
    procedure: Procedure | None = None
    "Copy of the consigne to show first."
    temporary_consignes: tuple[Mapping[str, str], ...] = ()
    urgency: int = 2
    "1 life in danger … 4 for information, before anybody has spoken."


@dataclass(frozen=True, slots=True, kw_only=True)
class LegRinging(Event):
    """The phone at the far end of a leg we dialled is ringing."""

    leg_id: LegId


@dataclass(frozen=True, slots=True, kw_only=True)
class LegAnswered(Event):
    """The far end of a leg we dialled picked up."""

    leg_id: LegId


@dataclass(frozen=True, slots=True, kw_only=True)
class LegEnded(Event):
    """A leg is gone, whoever ended it."""

    leg_id: LegId
    cause: Cause
    sip_status: int | None = None
    reason: str = ""
    "For people: reason phrase or Q.850 text (RFC 3326)."


@dataclass(frozen=True, slots=True, kw_only=True)
class DigitPressed(Event):
    """One DTMF key, `0`-`9`, `*`, `#`, `A`-`D`."""

    leg_id: LegId
    digit: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LegHeld(Event):
    """The far end put us on hold by its own phone."""

    leg_id: LegId


@dataclass(frozen=True, slots=True, kw_only=True)
class LegResumed(Event):
    """The far end took us off hold."""

    leg_id: LegId


# ---------------------------------------------------------------- media


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptEnded(Event):
    """A prompt was heard, wholly or in part."""

    leg_id: LegId
    prompt: str
    played_time: float
    "Seconds."
    is_complete: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class AudioLost(Event):
    """No RTP arrives from a leg that should speak: one-way audio."""

    leg_id: LegId


@dataclass(frozen=True, slots=True, kw_only=True)
class AudioBack(Event):
    """RTP arrives again."""

    leg_id: LegId


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingStarted(Event):
    """The first octet of a call's recording is on its way to disk."""

    call_id: CallId
    recording_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingEnded(Event):
    """The recording is closed and hashed."""

    call_id: CallId
    recording_id: str
    seconds: float
    sha256: str
    legs: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    "Statistics a leg: packets, lost, jitter_ms."


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingGap(Event):
    """Audio that should be in the recording is not; silence stands in its place."""

    call_id: CallId
    recording_id: str
    side: Literal["caller", "operator", "both"]
    at_time: float
    "Seconds from the start of the recording."
    seconds: float
    cause: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingFailed(Event):
    """The recorder cannot write. The call goes on; the desk shows a red banner."""

    call_id: CallId
    recording_id: str
    reason: str


# ---------------------------------------------------------------- operators


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatorSignedIn(Event):
    """An operator opened his desk. Carries a copy of what routing needs to know."""

    operator: OperatorId
    name: str
    languages: Mapping[str, int]
    clearances: tuple[Clearance, ...]
    role: str = "operator"


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatorSignedOut(Event):
    """He left; his calls, if any, go on at his phone."""

    operator: OperatorId


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatorReady(Event):
    """He may be rung. Also ends wrap-up early."""

    operator: OperatorId


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatorOnBreak(Event):
    """He may not be rung."""

    operator: OperatorId
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StationUp(Event):
    """His phone registered, or answers again."""

    operator: OperatorId


@dataclass(frozen=True, slots=True, kw_only=True)
class StationDown(Event):
    """His phone is gone: unregistered, expired, or silent to OPTIONS."""

    operator: OperatorId
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerPressed(Event):
    """He pressed "answer" on the desk for a call that rings, or waits."""

    operator: OperatorId
    call_id: CallId


@dataclass(frozen=True, slots=True, kw_only=True)
class HangUpPressed(Event):
    """He pressed "hang up" on the desk."""

    operator: OperatorId
    call_id: CallId


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldPressed(Event):
    """He put the caller on hold from the desk."""

    operator: OperatorId
    call_id: CallId


@dataclass(frozen=True, slots=True, kw_only=True)
class ResumePressed(Event):
    """He took the caller back."""

    operator: OperatorId
    call_id: CallId


# ---------------------------------------------------------------- incident


@dataclass(frozen=True, slots=True, kw_only=True)
class KindChosen(Event):
    """An operator said what kind of incident it is; carries the consigne for it."""

    operator: OperatorId
    kind: str
    procedure: Procedure | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StepAnswered(Event):
    """One step of the consigne was done, answered or said."""

    operator: OperatorId
    step: str
    answer: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StepSkipped(Event):
    """A step was left out, and why."""

    operator: OperatorId
    step: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class VerificationRecorded(Event):
    """A verification (levée de doute) was made."""

    operator: OperatorId
    step: str
    means: str
    result: Literal["confirmed", "not_confirmed", "unclear"]
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteWritten(Event):
    """An operator wrote a line."""

    operator: OperatorId
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UrgencySet(Event):
    """An operator changed the urgency, and why."""

    operator: OperatorId
    urgency: int
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CloseRequested(Event):
    """An operator asked to close the incident."""

    operator: OperatorId
    disposition: str
    text: str = ""


# ---------------------------------------------------------------- engine


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadlineReached(Event):
    """A deadline that a flow asked for has passed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandFailed(Event):
    """A command could not be carried out."""

    command: str
    reason: str
    leg_id: LegId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineStarted(Event):
    """The engine runs (again). Legs named here are the ones that were taken over."""

    version: str
    surviving_legs: tuple[LegId, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineDraining(Event):
    """The engine was asked to stop: calls up go on, new ones go to the fallback."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaRestarted(Event):
    """The media process died and was started again; the legs that live were set up anew."""

    gap_time: float
    "Seconds without audio, as far as the engine can tell."


@dataclass(frozen=True, slots=True, kw_only=True)
class TrunkStateChanged(Event):
    """A carrier answers, or stopped answering."""

    trunk: str
    is_up: bool
    reason: str = ""


# ---------------------------------------------------------------- facts


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
