"""What SIP says, told to the engine in the words of calls."""

from collections.abc import Callable, Container
from typing import Any, Final

from callflows import events as e
from callflows.events import Cause, LegId
from securityline.logbook.document import Document
from securityline.telephony.causes import cause_of
from securityline.telephony.exchange import ELSEWHERE, Exchange, log
from securityline.telephony.legs import Leg
from securityline.telephony.media_arrivals import tell_digit
from securityline.telephony.panel_calls import PANEL, PanelCalls
from sip import events as s
from sip.errors import NotAcceptable, SipError
from sip.media.client import MediaError

NO_AUDIO: Final = 'Q.850;cause=88;text="no usable session description"'
"Reason (RFC 3326) of a call that was up and could not be heard."

Admit = Callable[[s.IncomingCall | s.CallRefused, LegId], e.CallOffered]
"""Makes the event of a new call, with its identifiers and all that is known of it."""
Retry = Callable[[Leg, s.Refused, Callable[[], None]], bool]
"""Tries another trunk for a leg that was refused, and says whether it does; it then calls
what it was given once that is durable."""


class Arrivals:
    """Turn SIP events into events of the flows.

    :param admit: says who calls whom; see `securityline.identity`.
    :param panels: answers calls to receiver lines.
    :param units: users who are no operators' phones but alarm units, and may call.
    """

    def __init__(
        self,
        exchange: Exchange,
        admit: Admit,
        panels: PanelCalls,
        units: Container[str] = frozenset(),
    ) -> None:
        self._x = exchange
        self._panels = panels
        self._units = units
        self._admit = admit
        self._failed_over: Retry = lambda _leg, _event, _then: False
        self._on_sip: Final[dict[type[s.SipEvent], Callable[[Any], None]]] = {
            s.IncomingCall: self._incoming,
            s.CallRefused: self._call_refused,
            s.Ringing: self._ringing,
            s.Answered: self._answered,
            s.Refused: self._refused,
            s.Cancelled: self._cancelled,
            s.Acknowledged: self._acknowledged,
            s.Ended: self._ended,
            s.Offered: self._offered,
            s.OfferAnswered: self._offer_answered,
            s.OfferRefused: self._offer_refused,
            s.DigitReceived: self._digit_received,
            s.FaultFound: self._fault_found,
        }

    def on_failed_over(self, retry: Retry) -> None:
        """Let `retry` try another trunk for a refused leg; it says whether it does."""
        self._failed_over = retry

    def take_sip(self, event: s.SipEvent) -> bool:
        """Take one event of the user agent; `False` if it is none of a call's."""
        handler = self._on_sip.get(type(event))
        if handler is not None:
            handler(event)
        return handler is not None

    # ------------------------------------------------------------ new calls

    def _incoming(self, event: s.IncomingCall) -> None:
        now = self._x.clock()
        if event.peer.kind != "trunk" and event.peer.name not in self._units:
            # Our phones take calls; they place none through here (toll fraud).
            self._x.ua.refuse(event.leg, 403, now)
            self._x.pump()
            return
        offered = self._admit(event, LegId(event.leg))
        leg = Leg(
            leg_id=offered.leg_id,
            call_id=offered.call_id,
            incident_id=offered.incident_id,
            role="caller",
        )
        documents: list[Document] = []
        failure = self._prepare_caller(leg, event)
        if failure is None and self._panels.takes(offered) and not self._is_called(offered):
            self._panels.take(leg, offered)
            return
        if failure is None:
            documents.append(self._x.leg_document(leg))
        self._x.tell(offered, documents)
        if failure is not None:
            # The case exists all the same: somebody needed help and could not be heard.
            status, reason = failure
            log.error("call cannot be connected", leg_id=leg.leg_id, reason=reason)
            self._x.legs.drop(leg)
            self._tell_end(leg, Cause.FAILED, status, reason)

    def _is_called(self, offered: e.CallOffered) -> bool:
        """Whether a keyholder rings back whom a call tree calls: he hears no panel's tones."""
        caller = None if offered.is_withheld else offered.caller
        return self._x.is_keyholder_called(offered.identification.organisation, caller)

    def _call_refused(self, event: s.CallRefused) -> None:
        """Open a case for a call that never began, with what could be read of it."""
        offered = self._admit(event, LegId(event.leg))
        self._x.tell(offered)
        reason = f"the INVITE could not be taken: {event.reason}"
        log.error("call refused", leg_id=offered.leg_id, status=event.status, reason=reason)
        leg = Leg(
            leg_id=offered.leg_id,
            call_id=offered.call_id,
            incident_id=offered.incident_id,
            role="caller",
        )
        self._tell_end(leg, Cause.FAILED, event.status, reason)

    def _prepare_caller(self, leg: Leg, event: s.IncomingCall) -> tuple[int, str] | None:
        """Agree on audio, or refuse. Returns the status of the refusal and why."""
        self._x.legs.add(leg)
        try:
            branch = self._x.new_branch(leg, event.leg, event.source.host)
        except MediaError as error:
            self._x.ua.refuse(event.leg, 503, self._x.clock(), headers=(("Retry-After", "2"),))
            self._x.pump()
            return 503, f"no audio port: {error}"
        try:
            if event.offer is None:
                branch.audio.make_offer()
            else:
                branch.audio.answer(event.offer)
        except (SipError, NotAcceptable) as error:
            self._x.close_branch(leg, event.leg)
            self._x.ua.refuse(event.leg, 488, self._x.clock())
            self._x.pump()
            return 488, f"no common audio: {error}"
        return None

    # ------------------------------------------------------------ legs we dialled

    def _ringing(self, event: s.Ringing) -> None:
        leg = self._x.legs.of(event.leg)
        if leg is None or leg.is_ringing or leg.is_released:
            return
        leg.is_ringing = True
        self._x.tell(e.LegRinging(incident_id=leg.incident_id, leg_id=leg.leg_id))

    def _answered(self, event: s.Answered) -> None:
        now = self._x.clock()
        leg = self._x.legs.of(event.leg)
        branch = leg.branches.get(event.leg) if leg else None
        if leg is not None and leg.is_released and leg.is_late_answer_told:
            leg.is_released = False  # he picked up in that very moment: he is spoken to
        if leg is None or branch is None or leg.is_up or leg.is_released:
            self._x.ua.acknowledge(event.leg, now)
            self._x.ua.hang_up(event.leg, now)
            self._x.pump()
            return
        try:
            branch.audio.accept(event.sdp or b"")
        except (SipError, NotAcceptable) as error:
            log.error("answer without usable audio", leg_id=leg.leg_id, reason=str(error))
            leg.is_released = True
            self._x.ua.acknowledge(event.leg, now)
            self._x.ua.hang_up(event.leg, now)
            self._x.pump()
            self._x.close_leg(leg)
            self._tell_end(leg, Cause.FAILED, None, f"answer without usable audio: {error}")
            return
        leg.is_up = branch.is_answered = True
        for other in tuple(leg.branches.values()):
            if other is not branch:
                self._x.ua.hang_up(other.sip_leg, now, ELSEWHERE)
        self._x.tell(
            e.LegAnswered(incident_id=leg.incident_id, leg_id=leg.leg_id),
            [self._x.leg_document(leg)],
            lambda: self._confirm(leg, event.leg),
        )

    def _confirm(self, leg: Leg, sip_leg: str) -> None:
        """Send the ACK: the answered dialog is on disk."""
        self._x.ua.acknowledge(sip_leg, self._x.clock())
        self._x.sync_media(leg)
        self._x.pump()

    def _refused(self, event: s.Refused) -> None:
        """Take a refusal. Its ACK waits for the disk, and longer than that of an answer does.

        Nobody on the line waits for it: it is not sent before the refusal is durable, however
        silent the disk. A process that comes after us repeats the INVITE of what it does not
        know to be over. Unless the far end still repeats its refusal then, that INVITE would
        ring once more.
        """

        def confirm() -> None:
            self._x.ua.confirm_refusal(event.leg)
            self._x.pump()

        leg = self._x.legs.of(event.leg)
        if leg is None:
            confirm()
            return
        self._x.close_branch(leg, event.leg)
        if leg.is_up or leg.branches:
            self._x.save_leg(
                leg, when_safe=confirm
            )  # another phone of his answered, or still rings
            return
        if not leg.is_released and self._failed_over(leg, event, confirm):
            return
        cause = Cause.RELEASED if leg.is_released else cause_of(event.status, leg.is_ringing)
        self._x.close_leg(leg)
        self._tell_end(leg, cause, event.status, event.cause_text or event.reason, confirm)

    # ------------------------------------------------------------ ends

    def _cancelled(self, event: s.Cancelled) -> None:
        self._gone(event.leg, Cause.CANCELLED, event.reason)

    def _ended(self, event: s.Ended) -> None:
        leg = self._x.legs.of(event.leg)
        if leg is None:
            return
        if event.why == "local" or leg.is_released:
            cause = Cause.RELEASED
        elif event.why == "bye":
            cause = Cause.HUNG_UP
        elif leg.is_up:
            cause = Cause.FAILED
        else:
            cause = Cause.UNREACHABLE
        self._gone(event.leg, cause, event.reason_text or event.why)

    def _gone(self, sip_leg: str, cause: Cause, reason: str) -> None:
        leg = self._x.legs.of(sip_leg)
        if leg is None:
            return
        branch = leg.branches[sip_leg]
        was_it = branch.is_answered or len(leg.branches) == 1
        self._x.close_branch(leg, sip_leg)
        if was_it:
            self._x.close_leg(leg)
            self._tell_end(leg, cause, None, reason)

    def _tell_end(
        self,
        leg: Leg,
        cause: Cause,
        status: int | None,
        reason: str,
        when_safe: Callable[[], None] | None = None,
    ) -> None:
        if self._panels.ended(leg, cause, reason):
            if when_safe is not None:
                when_safe()
            return
        self._x.tell(
            e.LegEnded(
                incident_id=leg.incident_id,
                leg_id=leg.leg_id,
                cause=cause,
                sip_status=status,
                reason=reason[:200],
            ),
            [self._x.no_leg_document(leg.leg_id)],
            when_safe=when_safe,
        )

    # ------------------------------------------------------------ while it is up

    def _acknowledged(self, event: s.Acknowledged) -> None:
        leg = self._x.legs.of(event.leg)
        if leg is None:
            return
        if event.sdp is not None:
            self._take_answer(leg, event.leg, event.sdp)
        branch = leg.branches[event.leg]
        if branch.audio.negotiated is None and not leg.is_released:
            self._break_off(leg, event.leg, "the ACK brought no usable session description")
            return
        self._x.sync_media(leg)
        self._x.save_leg(leg)
        self._panels.acknowledged(leg)

    def _break_off(self, leg: Leg, sip_leg: str, reason: str) -> None:
        """End a call that is up and that nobody could hear: better a BYE than silence."""
        log.error("call without audio", leg_id=leg.leg_id, reason=reason)
        leg.is_released = True
        self._x.ua.hang_up(sip_leg, self._x.clock(), NO_AUDIO)
        self._x.pump()
        self._x.close_leg(leg)
        self._tell_end(leg, Cause.FAILED, None, reason)

    def _offered(self, event: s.Offered) -> None:
        now = self._x.clock()
        leg = self._x.legs.of(event.leg)
        branch = leg.branches.get(event.leg) if leg else None
        if leg is None or branch is None:
            self._x.ua.refuse_offer(event.leg, 488, now)
            self._x.pump()
            return
        try:
            if event.sdp is None:
                sdp = branch.audio.make_offer()
            else:
                sdp = branch.audio.answer(event.sdp)
        except (SipError, NotAcceptable):
            self._x.ua.refuse_offer(event.leg, 488, now)
            self._x.pump()
            return
        self._x.ua.accept_offer(event.leg, sdp, now)
        self._x.pump()
        self._settle(leg)

    def _offer_answered(self, event: s.OfferAnswered) -> None:
        leg = self._x.legs.of(event.leg)
        if leg is not None and event.sdp is not None:
            self._take_answer(leg, event.leg, event.sdp)
            self._settle(leg)

    def _offer_refused(self, event: s.OfferRefused) -> None:
        log.info("the far end keeps the session as it was", status=event.status)

    def _take_answer(self, leg: Leg, sip_leg: str, sdp: bytes) -> None:
        try:
            leg.branches[sip_leg].audio.accept(sdp)
        except (SipError, NotAcceptable) as error:
            log.warning("unusable session description", leg_id=leg.leg_id, reason=str(error))

    def _settle(self, leg: Leg) -> None:
        """Adjust the audio to the changed session, tell hold and resume, save."""
        self._x.sync_media(leg)
        branch = leg.talking
        if branch is None:
            return
        is_held = branch.audio.is_held
        if is_held != leg.is_held and PANEL not in leg.order:
            leg.is_held = is_held
            kind = e.LegHeld if is_held else e.LegResumed
            self._x.tell(
                kind(incident_id=leg.incident_id, leg_id=leg.leg_id),
                [self._x.leg_document(leg)],
            )
        else:
            self._x.save_leg(leg)

    def _digit_received(self, event: s.DigitReceived) -> None:
        tell_digit(self._x, self._x.legs.of(event.leg), event.digit)

    def _fault_found(self, event: s.FaultFound) -> None:
        log.error("a message was dropped by a defect of ours", text=event.text)
