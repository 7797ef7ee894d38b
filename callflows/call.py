"""One inbound call: what is known of it and where it stands. The rules are elsewhere.

`inbound` moves it while nobody has answered, `talking` while somebody has; the desk and
the API only read it.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from callflows.events import (
    CallId,
    CallOffered,
    Identification,
    IncidentId,
    LegId,
    OperatorId,
    ServiceCallId,
    TreeId,
)
from callflows.transfer import Transfer
from client_directory.model import Clearance


class CallState(StrEnum):
    """Where a call stands."""

    WAITING = "waiting"
    "Nobody's phone rings for it. It is queued and keeps trying."
    OFFERED = "offered"
    "At least one operator's phone rings for it."
    FALLBACK = "fallback"
    "Only the client's fallback number rings for it."
    TALKING = "talking"
    "Caller and operator hear each other."
    HELD = "held"
    "The operator has put the caller on hold."
    PARKED = "parked"
    "The caller waits on hold, with nobody on the line, until a time that was set."
    DIALLING = "dialling"
    "An operator is on the line, and the caller's own phone rings: he is called back."
    FORWARDED = "forwarded"
    "The fallback number answered; the caller talks to it."
    ENDED = "ended"


class Stage(StrEnum):
    """How far the search for somebody to answer has come."""

    ONE_BY_ONE = "one_by_one"
    "The best operator, then the next best."
    TOGETHER = "together"
    "All operators who may."
    FALLBACK = "fallback"
    "The client's fallback number; operators who become ready as well."
    HOLD = "hold"
    "The caller hears the calm message; everybody who may is tried, again and again."


class Sound(StrEnum):
    """What the caller hears."""

    RINGBACK = "ringback"
    "His own network's tone: we have not answered yet."
    NOTICE = "notice"
    "The recording notice, then a ring-back tone."
    HOLD_MESSAGE = "hold_message"
    "The calm message, repeated."
    HOLD_MUSIC = "hold_music"
    "An operator has put him on hold."
    PEOPLE = "people"
    "Whoever answered."
    NOTHING = "nothing"
    "The call is over."


@dataclass(slots=True)
class OperatorLeg:
    """An operator's phone that rings for a call, or soon will."""

    leg_id: LegId
    operator: OperatorId
    until: float
    "Engine time at which it stops ringing."
    is_auto_answered: bool = False
    "He pressed `answer` on the desk: his phone is asked to pick up by itself."
    waits_for: LegId | None = None
    "His phone's previous leg, hung up but not yet gone; this one rings after it."


@dataclass(slots=True)
class InboundCall:
    """One call that somebody made to one of our numbers."""

    call_id: CallId
    incident_id: IncidentId
    leg_id: LegId
    "The caller's leg."
    offer: CallOffered
    "As it came. The consigne in it is the first one; see the incident for today's."
    offered_at: float
    "Engine time of the INVITE."
    urgency: int
    "Its incident's: 1 life in danger … 4 for information."
    ordinary_urgency: int | None = None
    "Its incident's, see there."
    state: CallState = CallState.WAITING
    stage: Stage = Stage.ONE_BY_ONE
    sound: Sound = Sound.RINGBACK
    is_caller_answered: bool = False
    "We picked up the caller's leg: he can hear us. No operator is implied."
    is_requeued: bool = False
    "The operator's side broke: first in the queue."
    answered_at: float | None = None
    "When somebody first spoke to the caller."
    ended_at: float | None = None
    ended_by: str = ""
    "`caller`, `operator`, `engine` or `fault`; `abandoned` when nobody had spoken to him."
    operator: OperatorId | None = None
    "Who talks to the caller, or last did."
    operator_leg: LegId | None = None
    "The answered leg: the operator's, or the fallback number's."
    legs: dict[LegId, OperatorLeg] = field(default_factory=dict)
    "Operators' phones that ring, or are about to."
    fallback_number: str | None = None
    "The client's, E.164; `None` also when it may not be dialled."
    fallback_leg: LegId | None = None
    "The fallback number's leg while it rings."
    fallback_until: float | None = None
    "When it stops ringing."
    fallback_answered_at: float | None = None
    "When it was last picked up, by a person or by a machine."
    fallback_doubted_until: float | None = None
    "When whoever speaks there without a pause counts as a machine."
    fallback_proof: str = ""
    "By what a person was known there: `talk` or `key`; empty while nobody is."
    is_fallback_offered: bool = False
    "They are: the caller stays with whatever picked up until one of them answers."
    retry_at: float | None = None
    "On hold: when the fallback number is rung next, and everybody free is looked at again."
    stage_until: float | None = None
    "When the fallback number is rung although operators' phones still ring."
    rests: dict[OperatorId, float] = field(default_factory=dict)
    "Operators who did not take it: not rung for it before this engine time."
    given_up: dict[LegId, OperatorId | None] = field(default_factory=dict)
    "Legs that were hung up and are not yet gone."
    slow: list[OperatorId] = field(default_factory=list)
    "Operators who let it ring out one by one; they are rung again with all others."
    attempts: int = 0
    "Operators rung one by one so far."
    legs_made: int = 0
    waits_since: float = 0.0
    "When it last began to wait: the INVITE, or the operator's side breaking."
    recording_id: str | None = None
    is_recording: bool = False
    recording_failure: str = ""
    "Why the recorder cannot write: the desk's red banner."
    notice_began_at: float = 0.0
    "When the recording notice began, if he was to hear it."
    notice_until: float | None = None
    "The hold message starts then at the latest, should the notice's end not be told."
    notice_heard_time: float | None = None
    "Seconds of the recording notice that he heard; `None` until it ended."
    talk_began_at: float | None = None
    talk_time: float = 0.0
    "Seconds of talk before the present one."
    is_held_at_desk: bool = False
    is_held_at_phone: bool = False
    "The operator's own phone has put us on hold."
    is_holding: bool = False
    "The caller's own phone has put us on hold."
    is_caller_silent: bool = False
    "No audio arrives from the caller. He is never hung up for that."
    operator_silent_since: float | None = None
    "No audio arrives from the operator's phone."
    station_down_since: float | None = None
    "The registrar has lost the phone of the operator who talks."
    preferred: OperatorId | None = None
    "Whom to ring first if he is free: the owner of the case that a keyholder calls about."
    calls_back: CallId | None = None
    "The abandoned call whose caller this one calls back; its leg is made last."
    dial_until: float | None = None
    "When his phone has rung long enough."
    tree_id: TreeId | None = None
    "The call tree that waits for this call, and"
    keyholder: str = ""
    "the person of it who is on the line."
    guests: list[LegId] = field(default_factory=list)
    "Further people who hear and are heard: a keyholder in a call of three."
    dialled_by: OperatorId | None = None
    "The operator who made this call from a case; his own phone rings first."
    was_on_break: bool = False
    "He was on break when he made it, and is again afterwards."
    service_call: ServiceCallId | None = None
    "The call to an emergency service that this call was made for; its leg is made last."
    service_legs: list[LegId] = field(default_factory=list)
    "Legs of emergency services in it, also past ones. No recording is ever played to one."
    consulted: LegId | None = None
    "The service that the operator calls while the caller is on hold; only he speaks with it."
    is_consulted_up: bool = False
    "It picked up."
    is_held_for_service: bool = False
    "The caller is on hold because a service was called, and is taken back after it."
    transfer: Transfer | None = None
    "The caller is being offered to another operator."
    phrase_until: float | None = None
    "While a phrase is played to the caller: when they hear each other again at the latest."
    covert_leg: LegId | None = None
    "The caller's leg while he hears nothing, because his case is covert."
    recordings_made: int = 0
    "Further recordings so far: each has a number of its own."
    deadline: float | None = None
    "When it wants a `DeadlineReached`, engine time."

    # ------------------------------------------------ read by desk and API

    @property
    def did(self) -> str:
        """The dialled number."""
        return self.offer.did

    @property
    def caller(self) -> str | None:
        """The caller's number, `None` when withheld or unknown. Never proof of identity."""
        return self.offer.caller

    @property
    def is_withheld(self) -> bool:
        """The caller's network was asked not to show his number."""
        return self.offer.is_withheld

    @property
    def diverted_from(self) -> str | None:
        """The number that forwarded the call to us."""
        return self.offer.diverted_from

    @property
    def identification(self) -> Identification:
        """Organisation, site and person, each known, guessed or unknown."""
        return self.offer.identification

    @property
    def clearance(self) -> Clearance:
        """What an operator must hold to see this call at all."""
        return self.offer.clearance if self.offer.is_known_did else "standard"

    @property
    def language(self) -> str:
        """The caller's most probable language."""
        return self.offer.languages[0] if self.offer.languages else "en"

    @property
    def is_over(self) -> bool:
        """Whether the caller is gone."""
        return self.state is CallState.ENDED

    @property
    def has_caller(self) -> bool:
        """Whether there is a caller's leg yet, to be heard and to hear."""
        is_dialled_last = self.calls_back is not None or self.service_call is not None
        return self.is_caller_answered or not is_dialled_last

    @property
    def is_outbound(self) -> bool:
        """Whether we dialled: a call-back, a keyholder's that became a call, a service."""
        is_of_tree = self.tree_id is not None and self.leg_id.startswith(f"{self.tree_id}-k")
        return self.calls_back is not None or is_of_tree or self.service_call is not None

    @property
    def seeks(self) -> bool:
        """Whether the caller still waits for somebody, whoever that is."""
        is_his_own = self.dialled_by is not None and not self.is_caller_answered
        return self.state in SEEKING and self.service_call is None and not is_his_own

    @property
    def is_queued(self) -> bool:
        """Whether operators are looked for: he waits, or speaks with who may be a machine."""
        return self.seeks or (self.state is CallState.FORWARDED and self.is_fallback_offered)

    @property
    def is_fallback_doubtful(self) -> bool:
        """Whether the fallback number was picked up, and by a person or not is not known."""
        return self.fallback_answered_at is not None and not self.fallback_proof

    @property
    def fallback_offered_at(self) -> float | None:
        """When operators are rung for it as well, should nobody be known there by then."""
        since = self.fallback_answered_at
        is_settled = bool(self.fallback_proof) or self.is_fallback_offered
        return None if since is None or is_settled else since + DOUBT_TIME

    def leaves_fallback(self) -> None:
        """Take that the caller is with the fallback number no more.

        Unless a person was known to be there, it was no answer and no talk.
        """
        if self.is_fallback_doubtful:
            if self.answered_at == self.fallback_answered_at:
                self.answered_at = None
            self.talk_began_at = None
        self.fallback_answered_at = self.fallback_doubted_until = None
        self.fallback_proof, self.is_fallback_offered = "", False

    def next_recording(self) -> str:
        """Return the name of one more recording of this call."""
        own, _, number = (self.recording_id or "").rpartition("-r")
        last = int(number) if own == self.call_id else 0
        self.recordings_made = max(self.recordings_made, last) + 1
        return f"{self.call_id}-r{self.recordings_made}"

    def waiting_time(self, now: float) -> float:
        """Seconds the caller waited, or has waited so far, for the first human."""
        until = self.answered_at if self.answered_at is not None else self.ended_at
        return (now if until is None else until) - self.offered_at


DOUBT_TIME: Final = 30.0
"""Seconds with the fallback number after which operators are rung as well, unless a person is
known there. A guard has answered the caller twice by then (`sip.media.conversation`); one whose
caller tells a long story loses him to an operator, never to nobody."""
SEEKING: Final = frozenset({CallState.WAITING, CallState.OFFERED, CallState.FALLBACK})
"States in which the caller waits for somebody."


@dataclass(slots=True, kw_only=True)
class CallBack:
    """A caller who gave up, and is called back."""

    call_id: CallId
    "The call that he gave up."
    incident_id: IncidentId
    number: str
    offer: CallOffered
    "How he called; each try is offered to the operators like it."
    tries: int = 0
    attempt: CallId | None = None
    "The try that is under way."
    next_at: float | None = None
    "When the next try begins, engine time."
    tree_id: TreeId | None = None
    "The call tree that knows him, and"
    keyholder: str = ""
    "who he is in it."

    @property
    def timer_id(self) -> str:
        """Its name among the deadlines."""
        return f"call-back:{self.call_id}"

    @property
    def deadline(self) -> float | None:
        """When the next try begins."""
        return self.next_at
