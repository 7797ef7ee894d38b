"""What the user agent tells its owner, in the past participle.

Every leg ends with exactly one of :class:`Refused`, :class:`Cancelled`, :class:`Ended`;
after it the leg's handle means nothing and orders on it do nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from sip.endpoint import Endpoint, Packet, Peer

if TYPE_CHECKING:
    from sip.message import Request, Response

__all__ = [
    "Acknowledged",
    "Answered",
    "CallRefused",
    "Cancelled",
    "DigitReceived",
    "Ended",
    "Endpoint",
    "FaultFound",
    "IncomingCall",
    "MessageAnswered",
    "MessageReceived",
    "OfferAnswered",
    "OfferRefused",
    "Offered",
    "OptionsAnswered",
    "Packet",
    "Peer",
    "Refused",
    "Registered",
    "Ringing",
    "SipEvent",
    "Unregistered",
    "Why",
]

Why = Literal["bye", "no_ack", "timeout", "transport", "expired", "local", "error"]


@dataclass(frozen=True, slots=True)
class SipEvent:
    """Base of every event."""


@dataclass(frozen=True, slots=True)
class IncomingCall(SipEvent):
    """Somebody calls. `100 Trying` is already on its way."""

    leg: str
    request: Request
    source: Endpoint
    peer: Peer
    offer: bytes | None
    "The caller's session description; `None`: our answer must carry the offer."


@dataclass(frozen=True, slots=True)
class CallRefused(SipEvent):
    """A trunk's call was refused before it began, for what its INVITE says. Terminal."""

    leg: str
    request: Request
    "What could be read of it: headers may be missing, and typed values may raise."
    source: Endpoint
    peer: Peer
    status: int
    "SIP status that it was refused with."
    reason: str
    "What is wrong with it; ASCII."


@dataclass(frozen=True, slots=True)
class Ringing(SipEvent):
    """A call we placed gets on: 180, 183 and other provisional answers above 100."""

    leg: str
    status: int
    sdp: bytes | None


@dataclass(frozen=True, slots=True)
class Answered(SipEvent):
    """A call we placed was answered. The far end waits for `acknowledge`, 32 s at most."""

    leg: str
    sdp: bytes | None
    "Their answer, or their offer when our INVITE carried none."
    response: Response | None = None
    "`None` when it was answered without SIP, at a browser."


@dataclass(frozen=True, slots=True)
class Refused(SipEvent):
    """A call we placed came to nothing. Terminal."""

    leg: str
    status: int
    "SIP status 300 to 699; 408 also when nobody answered within the owner's `timeout`."
    reason: str
    cause_text: str
    'Text of the Reason header (RFC 3326), e.g. `Q.850;cause=17;text="busy"`, or empty.'
    retry_after: float | None = None
    "Seconds to leave this destination alone (Retry-After), when it said so."


@dataclass(frozen=True, slots=True)
class Cancelled(SipEvent):
    """The caller gave up before we answered. Terminal."""

    leg: str
    reason: str


@dataclass(frozen=True, slots=True)
class Acknowledged(SipEvent):
    """The caller has our answer: the call is up on both sides."""

    leg: str
    sdp: bytes | None
    "Their answer, when ours carried the offer."


@dataclass(frozen=True, slots=True)
class Ended(SipEvent):
    """A leg is over. Terminal.

    `bye`: the far end hung up. `no_ack`: an answer was never acknowledged. `timeout`: no
    reply at all. `transport`: no way to reach them. `expired`: the session was not
    refreshed (RFC 4028). `local`: our owner hung up or refused. `error`: the far end no
    longer knows the call.
    """

    leg: str
    why: Why
    reason_text: str


@dataclass(frozen=True, slots=True)
class Offered(SipEvent):
    """The far end wants to change the session: `accept_offer` or `refuse_offer`."""

    leg: str
    sdp: bytes | None
    "`None`: they ask us to make the offer."
    method: Literal["INVITE", "UPDATE"]


@dataclass(frozen=True, slots=True)
class OfferAnswered(SipEvent):
    """The far end answered an offer that we made inside a call."""

    leg: str
    sdp: bytes | None


@dataclass(frozen=True, slots=True)
class OfferRefused(SipEvent):
    """The far end refused an offer that we made inside a call; the session stays as it was."""

    leg: str
    status: int


@dataclass(frozen=True, slots=True)
class DigitReceived(SipEvent):
    """A key pressed at the far end, told by INFO (not by RTP)."""

    leg: str
    digit: str
    "One of `0123456789*#ABCD`."
    duration_ms: int


@dataclass(frozen=True, slots=True)
class OptionsAnswered(SipEvent):
    """What became of an OPTIONS of ours. `status` is `None` when nothing came back."""

    token: str
    status: int | None


@dataclass(frozen=True, slots=True)
class MessageReceived(SipEvent):
    """A MESSAGE came outside any call (RFC 3428). Its 200 is already on its way."""

    request: Request
    source: Endpoint
    local: Endpoint
    "The socket of ours that it came to."
    peer: Peer
    "A trunk, or a phone that has proved who it is."


@dataclass(frozen=True, slots=True)
class MessageAnswered(SipEvent):
    """What became of a MESSAGE of ours. `status` is `None` when nothing came back."""

    token: str
    status: int | None


@dataclass(frozen=True, slots=True)
class Registered(SipEvent):
    """A phone of this user can be reached."""

    user: str
    contact: str
    expires: float
    "Seconds from now."


@dataclass(frozen=True, slots=True)
class Unregistered(SipEvent):
    """A phone of this user can no longer be reached. `why`: `removed` or `expired`."""

    user: str
    contact: str
    why: str


@dataclass(frozen=True, slots=True)
class FaultFound(SipEvent):
    """A defect of ours met while handling a message, which was dropped. For the log."""

    source: Endpoint | None
    text: str
