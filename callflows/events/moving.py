"""A call or a case moves from one operator to another, or rests until a time."""

from dataclasses import dataclass

from callflows.events.base import CallId, Event, Fact, LegId, OperatorId

__all__ = [
    "CallGiven",
    "CaseParked",
    "CaseTakeRefused",
    "CaseUnparked",
    "HandoverAccepted",
    "HandoverDeclined",
    "HandoverEnded",
    "HandoverOffered",
    "HandoverRefused",
    "OwnerChanged",
    "ParkEnded",
    "ParkRefused",
    "SiteEntered",
    "SiteShared",
    "TransferAnswered",
    "TransferOffered",
    "TransferPressed",
    "TransferRefused",
    "TransferReturned",
    "TransferTaken",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferPressed(Event):
    """An operator offers the caller he speaks with to another operator."""

    operator: OperatorId
    call_id: CallId
    to: OperatorId
    is_attended: bool
    "They talk first; else the caller is given to him as soon as he picks up."


@dataclass(frozen=True, slots=True, kw_only=True)
class CallGiven(Event):
    """After they talked, the first operator gives the caller to the other."""

    operator: OperatorId
    call_id: CallId


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseParked(Event):
    """An operator lays a case aside until a time; a caller he speaks with waits on hold."""

    operator: OperatorId
    until: float
    "Engine time at which it comes back."
    limit: float = 900.0
    "Seconds that this client lets a caller wait at the most."
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseUnparked(Event):
    """An operator takes a parked case back before its time."""

    operator: OperatorId


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferOffered(Fact):
    """Another operator's phone rings for a call that is to be his."""

    call_id: CallId
    leg_id: LegId
    operator: OperatorId
    "Who gives it away."
    to: OperatorId
    is_attended: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferAnswered(Fact):
    """He picked up; the two operators talk, and the caller hears music."""

    call_id: CallId
    operator: OperatorId
    "Who picked up."
    by: OperatorId
    "Who offered it."


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferTaken(Fact):
    """The caller and his case are another operator's from now on."""

    call_id: CallId
    operator: OperatorId
    by: OperatorId


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferReturned(Fact):
    """He did not take it: the caller goes back to whoever offered him."""

    call_id: CallId
    operator: OperatorId
    "To whom he goes back."
    to: OperatorId
    "Who did not take him."
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferRefused(Fact):
    """A transfer may not be, and why."""

    call_id: CallId
    operator: OperatorId
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ParkRefused(Fact):
    """A case may not be parked, and why."""

    operator: OperatorId
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ParkEnded(Fact):
    """A parked case is back."""

    operator: OperatorId
    "Who parked it."
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HandoverOffered(Event):
    """An operator asks another, or anybody of a role, to take over a case without a call."""

    operator: OperatorId
    to: OperatorId | None = None
    role: str = ""
    "Of whom anybody may accept, when it is nobody by name."
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class HandoverAccepted(Event):
    """He takes the case over: it is his from now on."""

    operator: OperatorId


@dataclass(frozen=True, slots=True, kw_only=True)
class HandoverDeclined(Event):
    """He does not take it, or whoever asked calls it off."""

    operator: OperatorId
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteEntered(Event):
    """An operator works on a case of a site where another works on one, and knows it."""

    operator: OperatorId


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnerChanged(Fact):
    """A case is another operator's from now on, visible to all."""

    operator: OperatorId
    previous: OperatorId | None
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HandoverEnded(Fact):
    """Nobody took the case over: it stays where it was."""

    operator: OperatorId
    "Who asked."
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HandoverRefused(Fact):
    """A case may not be handed over so, and why."""

    operator: OperatorId
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteShared(Fact):
    """Two operators work on one site, and the second one knows."""

    operator: OperatorId
    other: OperatorId
    other_case: str
    "The case that the other works on."


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseTakeRefused(Fact):
    """Another operator works on a case of the same site: a key of its own goes on."""

    operator: OperatorId
    other: OperatorId
    other_case: str
