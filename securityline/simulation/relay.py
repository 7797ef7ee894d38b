"""Joins two legs of one user agent, as a carrier's switch does between caller and called.

Descriptions of the session pass through untouched: the two ends speak RTP to each other.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from sip.endpoint import Endpoint
from sip.events import (
    Acknowledged,
    Answered,
    Cancelled,
    DigitReceived,
    Ended,
    OfferAnswered,
    Offered,
    OfferRefused,
    Refused,
    Ringing,
    SipEvent,
)
from sip.outgoing import HeaderLines
from sip.uri import Uri
from sip.user_agent import UserAgent
from sip.values import NameAddr

NO_WAY_THROUGH = 480
"Status for a caller whose other leg ended before it rang or was refused."


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a call has got."""

    caller: str
    called: str
    what: str
    "`ringing`, `answered`, `refused` or `ended`."
    detail: str = ""
    "The status of a refusal; who ended it."


@dataclass(slots=True, eq=False)
class _Joined:
    """Two legs that belong together."""

    incoming: str
    outgoing: str
    caller: str
    called: str
    is_late: bool
    "The caller sent no offer: his answer comes with his ACK."
    is_answered: bool = False
    has_rung: bool = False
    is_over: bool = False
    described: dict[str, bytes] = field(default_factory=dict)
    "Leg to the last description sent to it."
    asks: dict[str, str] = field(default_factory=dict)
    "Leg that was sent an offer to the leg that made it."

    def other(self, leg: str) -> str:
        return self.outgoing if leg == self.incoming else self.incoming


class Relay:
    """All joined legs.

    :param clock: the user agent's time.
    :param on_progress: told of every step of every call.
    """

    def __init__(
        self,
        ua: UserAgent,
        clock: Callable[[], float],
        on_progress: Callable[[Progress], None],
    ) -> None:
        self._ua = ua
        self._clock = clock
        self._on_progress = on_progress
        self._joined: dict[str, _Joined] = {}
        self._made = 0

    def connect(
        self,
        incoming: str,
        offer: bytes | None,
        target: Uri,
        destination: Endpoint,
        *,
        caller: str,
        from_: NameAddr,
        headers: HeaderLines = (),
    ) -> None:
        """Call `target` for a caller whose leg is ringing.

        :param caller: his number, for the progress.
        """
        self._made += 1
        outgoing = f"{incoming}>{self._made}"
        joined = _Joined(incoming, outgoing, caller, target.user or "", offer is None)
        self._joined[incoming] = self._joined[outgoing] = joined
        if offer is not None:
            joined.described[outgoing] = offer
        self._ua.invite(
            outgoing,
            target,
            self._clock(),
            destination=destination,
            from_=from_,
            sdp=offer,
            headers=headers,
        )

    def drop(self, caller: str) -> None:
        """End every call of this number, on both sides: its phone is gone."""
        for joined in set(self._joined.values()):
            if joined.caller == caller:
                self._over(joined, "ended", "the caller is gone")
                self._ua.hang_up(joined.incoming, self._clock())
                self._ua.hang_up(joined.outgoing, self._clock())

    @property
    def calls(self) -> int:
        """How many calls are up or on their way."""
        return len(set(self._joined.values()))

    def take(self, event: SipEvent) -> bool:
        """Take an event; return whether it belonged to a joined leg."""
        leg: str = getattr(event, "leg", "")
        joined = self._joined.get(leg)
        if joined is None:
            return False
        self._follow(joined, leg, event)
        return True

    def _follow(self, joined: _Joined, leg: str, event: SipEvent) -> None:
        now, other = self._clock(), joined.other(leg)
        match event:
            case Ringing():
                # Always 180 and nothing to hear: pyVoIP hangs on a 183.
                if not joined.has_rung:
                    joined.has_rung = True
                    self._tell(joined, "ringing")
                self._ua.ring(other, now)
            case Answered():
                self._answered(joined, event.sdp)
            case Acknowledged():
                if joined.is_late:
                    self._ua.acknowledge(joined.outgoing, now, event.sdp)
            case Refused():
                self._over(joined, "refused", str(event.status))
                self._ua.refuse(other, event.status, now)
            case Cancelled():
                self._over(joined, "ended", "the caller gave up")
                self._ua.hang_up(other, now)
            case Ended():
                self._ended(joined, leg, event)
            case DigitReceived():
                self._ua.send_info_digit(other, event.digit, now, event.duration_ms)
            case Offered() | OfferAnswered() | OfferRefused():
                self._change(joined, leg, event)

    def _answered(self, joined: _Joined, sdp: bytes | None) -> None:
        now = self._clock()
        if sdp is None:
            self._ua.acknowledge(joined.outgoing, now)
            self._ua.hang_up(joined.outgoing, now)
            return
        if not joined.is_answered:
            joined.is_answered = True
            joined.described[joined.incoming] = sdp
            self._ua.answer(joined.incoming, sdp, now)
            self._tell(joined, "answered")
        if not joined.is_late:
            self._ua.acknowledge(joined.outgoing, now)

    def _ended(self, joined: _Joined, leg: str, event: Ended) -> None:
        side = "caller" if leg == joined.incoming else "other side"
        by = f"the {side} hung up" if event.why == "bye" else f"{side}: {event.why}"
        self._over(joined, "ended", by)
        if leg == joined.outgoing and not joined.is_answered:
            self._ua.refuse(joined.incoming, NO_WAY_THROUGH, self._clock())
        else:
            self._ua.hang_up(joined.other(leg), self._clock())

    def _change(
        self, joined: _Joined, leg: str, event: Offered | OfferAnswered | OfferRefused
    ) -> None:
        """Carry a change of the session to the other side, and what it says to it back."""
        now, other = self._clock(), joined.other(leg)
        if isinstance(event, Offered):
            if event.sdp is None:
                # He wants our offer; the other side's last one still stands.
                self._ua.accept_offer(leg, joined.described.get(leg, b""), now)
                return
            joined.asks[other] = leg
            joined.described[other] = event.sdp
            self._ua.offer(other, event.sdp, now, event.method)
            return
        asker = joined.asks.pop(leg, None)
        if asker is None:
            return
        if isinstance(event, OfferAnswered) and event.sdp is not None:
            joined.described[asker] = event.sdp
            self._ua.accept_offer(asker, event.sdp, now)
        else:
            status = event.status if isinstance(event, OfferRefused) else 488
            self._ua.refuse_offer(asker, status, now)

    def _over(self, joined: _Joined, what: str, detail: str) -> None:
        self._joined.pop(joined.incoming, None)
        self._joined.pop(joined.outgoing, None)
        if not joined.is_over:
            joined.is_over = True
            self._tell(joined, what, detail)

    def _tell(self, joined: _Joined, what: str, detail: str = "") -> None:
        self._on_progress(Progress(joined.caller, joined.called, what, detail))
