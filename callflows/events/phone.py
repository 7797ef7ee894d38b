"""What happens on telephones: calls offered, legs that ring, answer, end, keys pressed."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from callflows.events.base import CallId, Cause, Event, Identification, LegId
from callflows.events.callers import AloneCaller
from client_directory.model import Clearance, Procedure, Recording, WhileRinging


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
    is_asserted: bool = True
    "A trusted carrier vouches for the number (RFC 3325); shown and never blocking."
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
    is_answered: bool = False
    "The engine has picked up already: a receiver line, on which no panel spoke."
    is_listening_in: bool = False
    "A panel has opened its microphone: nothing is played there until an operator speaks."
    alone: AloneCaller | None = None
    "On a line for people who work alone: whose timer he may serve by key."


@dataclass(frozen=True, slots=True, kw_only=True)
class PanelCallTaken(Event):
    """A receiver line was dialled; the engine answers by itself and listens for a panel."""

    call_id: CallId
    did: str
    caller: str | None = None
    "E.164; `None`: withheld or not known."
    organisation: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PanelCallEnded(Event):
    """A panel has said all it had to say and got its receipts."""

    call_id: CallId
    messages: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PanelHandedOver(Event):
    """A call to a receiver line became a call for an operator."""

    call_id: CallId
    found: str
    """`silent`, `not_a_panel`, `garbled`, `not_stored`, `listen_in`; `hung_up`: nobody waited
    for the operator."""
    keys: str = ""
    "What was heard and not understood, or not stored."


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
