"""Calls: one leg each, from the first INVITE to the last repeated packet.

    incoming   RINGING -answer-> ANSWERED -ACK-> UP -BYE or hang_up-> ENDED
    outgoing   CALLING -2xx-> ANSWERED -acknowledge-> UP -BYE or hang_up-> ENDED

A leg has ENDED for its owner the moment it is told so; the packets that this still takes
(CANCEL, ACK, BYE, their repetitions) go on behind his back for 64 T1 at most, each.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

from sip.client_transaction import ClientTransaction
from sip.dialog import Dialog
from sip.endpoint import Endpoint, Peer
from sip.message import Request
from sip.outgoing import OutgoingRequest
from sip.server_transaction import InviteServerTransaction, ServerTransaction
from sip.settings import Credentials
from sip.timers import T1, T2, TIMER_H, Timer
from sip.transaction import Wire

OfferMethod = Literal["INVITE", "UPDATE"]


class CallState(StrEnum):
    """Where a call is, as its owner sees it."""

    RINGING = "ringing"
    "Incoming, not answered by us."
    CALLING = "calling"
    "Outgoing, not answered by them."
    ANSWERED = "answered"
    "A 2xx was sent or received, its ACK not yet."
    UP = "up"
    ENDED = "ended"


class Unacknowledged:
    """A message of ours, sent again until the far end confirms it or 64 T1 have passed.

    The 2xx to an INVITE until its ACK (section 13.3.1.4), whatever the transport; a
    reliable provisional response until its PRACK (RFC 3262 section 3).
    """

    __slots__ = ("_cap", "_end", "_interval", "_resend", "data", "destination", "local", "wire")

    def __init__(
        self,
        wire: Wire,
        data: bytes,
        destination: Endpoint,
        local: Endpoint,
        now: float,
        on_give_up: Callable[[float], None],
        *,
        cap: float = T2,
    ) -> None:
        self.wire = wire
        self.data = data
        self.destination = destination
        self.local = local
        self._cap = cap
        self._interval = T1
        self._resend = wire.timers.set(now + T1, self._again)
        self._end = wire.timers.set(now + TIMER_H, self._give_up(on_give_up))

    def stop(self) -> None:
        """Send it no more."""
        self._resend.stop()
        self._end.stop()

    def _again(self, now: float) -> None:
        self.wire.send(self.data, self.destination, self.local)
        self._interval = min(2 * self._interval, self._cap)
        self._resend = self.wire.timers.set(now + self._interval, self._again)

    def _give_up(self, on_give_up: Callable[[float], None]) -> Callable[[float], None]:
        def give_up(now: float) -> None:
            self._resend.stop()
            on_give_up(now)

        return give_up


@dataclass(slots=True)
class TheirOffer:
    """A re-INVITE or UPDATE of theirs that waits for our owner."""

    dialog: Dialog
    transaction: ServerTransaction
    request: Request
    method: OfferMethod
    sdp: bytes | None


@dataclass(slots=True)
class OurOffer:
    """A re-INVITE or UPDATE of ours under way."""

    sdp: bytes | None
    method: OfferMethod
    is_refresh: bool = False
    "Only to keep the session alive: the owner did not ask and is not told."
    retries: int = 0
    their_sdp: bytes | None = None
    ack_number: int | None = None
    "Their 2xx brought an offer: CSeq number of the ACK that must carry our answer."


@dataclass(slots=True)
class Provisional:
    """Reliable provisional responses of one incoming call (RFC 3262)."""

    rseq: int
    send_answer: Callable[[bytes, float], None]
    pending: Unacknowledged | None = None
    has_sdp: bool = False
    next_one: tuple[int, bytes | None] | None = None
    "Status and session description to send once the pending one is confirmed."
    answer: bytes | None = None
    "The owner's answer, held back until then (RFC 3262 section 3)."


@dataclass(slots=True)
class Ack:
    """An ACK of ours, kept because a repeated 2xx wants it again."""

    data: bytes
    destination: Endpoint
    local: Endpoint


@dataclass(slots=True)
class SessionTerms:
    """Agreed session timer (RFC 4028)."""

    interval: float
    "Seconds."
    is_ours: bool
    "Whether we refresh."


@dataclass(slots=True, eq=False)
class Call:
    """All there is to one leg."""

    leg: str
    call_id: str
    local_tag: str
    is_incoming: bool
    state: CallState
    peer: Peer
    local: Endpoint
    dialog: Dialog | None = None
    flow: Endpoint | None = None
    "The connection the far end last spoke over, if it is one."
    local_sdp: bytes | None = None
    "What we last said about our media."
    remote_sdp: bytes | None = None
    is_session_agreed: bool = False
    "Whether the first offer has its answer."
    peer_allows: frozenset[str] = frozenset()
    "Methods the far end says it takes; empty if it did not say."

    request: Request | None = None
    "Incoming: the INVITE, until it is acknowledged."
    server: InviteServerTransaction | None = None
    provisional: Provisional | None = None
    last_provisional: tuple[int, bytes | None] | None = None
    repeat_timer: Timer | None = None
    invite_cseq: int = 0
    "Number of the INVITE that the last 2xx of the initial exchange answered."
    unacknowledged: dict[int, Unacknowledged] = field(default_factory=dict)
    "Our 2xx that wait for their ACK, by CSeq number."

    attempt: OutgoingRequest | None = None
    "Outgoing: the INVITE as last sent."
    destination: Endpoint | None = None
    client: ClientTransaction | None = None
    credentials: Credentials | None = None
    authorization: tuple[str, str] | None = None
    "Header that the far end's last challenge was answered with."
    challenges: int = 0
    early: dict[str, Dialog] = field(default_factory=dict)
    early_sdp: dict[str, bytes] = field(default_factory=dict)
    "Session descriptions of provisional responses, by remote tag."
    reliable_seen: dict[str, int] = field(default_factory=dict)
    "Last RSeq taken in, by remote tag."
    last_ringing: tuple[int, bytes | None] | None = None
    acks: dict[tuple[str, int], Ack] = field(default_factory=dict)
    "By remote tag and CSeq number."
    answer_timer: Timer | None = None
    is_cancelled: bool = False
    "Whether CANCEL was sent."
    is_withdrawn: bool = False
    "Our owner wants it cancelled, and to hear of it should it be answered all the same."

    their_offer: TheirOffer | None = None
    our_offer: OurOffer | None = None
    queued_offer: OurOffer | None = None
    offer_timer: Timer | None = None
    "While it runs, offers of ours wait: the last one met one of theirs (491)."
    late_answer: int | None = None
    "CSeq number of the 2xx of ours that carried an offer; their ACK brings the answer."
    session: SessionTerms | None = None
    session_timer: Timer | None = None
    refresh_timer: Timer | None = None
    bye_waits: bool = False
    "Our owner hung up, but a callee sends no BYE before the ACK (section 15)."
    reason: str | None = None
    "Value of the Reason header for our CANCEL or BYE."

    @property
    def is_ended(self) -> bool:
        """Whether the owner was told its end."""
        return self.state is CallState.ENDED

    @property
    def awaits_ack(self) -> bool:
        """Whether our answer to the call itself is not acknowledged."""
        return self.invite_cseq in self.unacknowledged

    def stop_timers(self) -> None:
        """Stop all that only a living call needs."""
        for timer in (
            self.repeat_timer,
            self.answer_timer,
            self.offer_timer,
            self.session_timer,
            self.refresh_timer,
        ):
            if timer is not None:
                timer.stop()
        if self.provisional is not None and self.provisional.pending is not None:
            self.provisional.pending.stop()
            self.provisional.pending = None


class CallTable:
    """All calls of one user agent, by leg and by what a message in them says."""

    def __init__(self) -> None:
        self._by_leg: dict[str, Call] = {}
        self._by_dialog: dict[tuple[str, str], Call] = {}
        self._call_ids: dict[str, int] = {}
        self._by_flow: dict[Endpoint, set[Call]] = {}

    def __len__(self) -> int:
        return len(self._by_leg)

    def __iter__(self) -> Iterator[Call]:
        return iter(self._by_leg.values())

    def add(self, call: Call) -> None:
        """Take a call in. Call-ID and local tag name it: all its forks share them."""
        self._by_leg[call.leg] = call
        self._by_dialog[call.call_id, call.local_tag] = call
        self._call_ids[call.call_id] = self._call_ids.get(call.call_id, 0) + 1

    def remove(self, call: Call) -> None:
        """Forget a call; one that is not there is fine."""
        if self._by_leg.get(call.leg) is not call:
            return
        del self._by_leg[call.leg]
        left = self._call_ids.pop(call.call_id) - 1
        if left:
            self._call_ids[call.call_id] = left
        if self._by_dialog.get((call.call_id, call.local_tag)) is call:
            del self._by_dialog[call.call_id, call.local_tag]
        self.move(call, None)

    def move(self, call: Call, source: Endpoint | None) -> None:
        """Note where the far end of a call speaks from now, if that is a connection."""
        flow = source if source is not None and source.transport == "tcp" else None
        if flow == call.flow:
            return
        if call.flow is not None and (others := self._by_flow.get(call.flow)) is not None:
            others.discard(call)
            if not others:
                del self._by_flow[call.flow]
        call.flow = flow
        if flow is not None:
            self._by_flow.setdefault(flow, set()).add(call)

    def by_flow(self, endpoint: Endpoint) -> list[Call]:
        """Return the calls whose far end speaks over this connection."""
        return list(self._by_flow.get(endpoint, ()))

    def has_call_id(self, call_id: str) -> bool:
        """Say whether any call, whatever its tags, has this Call-ID."""
        return call_id in self._call_ids

    def by_leg(self, leg: str) -> Call | None:
        """Return the call its owner means."""
        return self._by_leg.get(leg)

    def by_dialog(self, call_id: str, local_tag: str) -> Call | None:
        """Return the call a message belongs to, whatever its remote tag."""
        return self._by_dialog.get((call_id, local_tag))
