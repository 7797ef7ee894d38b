"""The user agent: gives each message to its transaction, its dialog, or says "new call".

Sans-IO. Messages and time come in, packets and events come out:

    agent.receive(data, source, local, now)     one datagram, or one framed message
    agent.handle_timer(now)                     when next_timer() says so
    agent.packets_to_send(), agent.next_event() after any of these, and after every order

Orders name a leg. An order that comes too late (the caller has cancelled, the far end has
hung up, nobody has ever heard of the leg) does nothing: such things cross all the time.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal

from sip import hanging_up, in_dialog, offers, their_offers, uac, uas
from sip.core import Core, RegistrarPort
from sip.digest_server import DigestServer
from sip.endpoint import Endpoint, Packet
from sip.events import FaultFound, SipEvent
from sip.messaging import send_message
from sip.options import ask_options
from sip.outgoing import HeaderLines
from sip.reception import Reception
from sip.settings import Credentials, UserAgentSettings
from sip.takeover import adopt, export
from sip.uri import Uri
from sip.values import NameAddr


class UserAgent:
    """A SIP user agent for any number of calls.

    :param registrar: answers REGISTER and knows the phones; without one REGISTER is 405.
    :param digest: checks who calls from an address that is no trunk; without one, nobody.
    """

    def __init__(
        self,
        settings: UserAgentSettings,
        registrar: RegistrarPort | None = None,
        digest: DigestServer | None = None,
    ) -> None:
        self._core = Core(settings, registrar, digest)
        self._reception = Reception(self._core)

    # ------------------------------------------------------------ what comes and goes

    def receive(self, data: bytes, source: Endpoint, local: Endpoint, now: float) -> None:
        """Take in one datagram, or one message framed from a connection. Never raises.

        :param local: the socket of ours that it came to.
        """
        self._reception.receive(data, source, local, now)

    def connection_lost(self, endpoint: Endpoint, now: float) -> None:
        """Take notice that nothing can be sent there: refused, reset, closed."""
        core = self._core
        for call in core.calls.by_flow(endpoint):
            if call.dialog is not None and call.dialog.source == endpoint:
                call.dialog.is_flow_lost = True
        core.transactions.cut(endpoint, now)
        if core.registrar is not None:
            core.events.extend(core.registrar.connection_lost(endpoint, now))

    def packets_to_send(self) -> list[Packet]:
        """Hand over the packets waiting to be sent, oldest first."""
        wire = self._core.wire
        packets, wire.outbox = wire.outbox, []
        return packets

    def next_event(self) -> SipEvent | None:
        """Hand over the oldest event, `None` when there is no more."""
        events = self._core.events
        return events.popleft() if events else None

    def next_timer(self) -> float | None:
        """Return when to call :meth:`handle_timer`, `None` for never."""
        core = self._core
        due = core.wire.timers.next()
        if core.registrar is None:
            return due
        other = core.registrar.next_timer()
        if due is None or other is None:
            return other if due is None else due
        return min(due, other)

    def handle_timer(self, now: float) -> None:
        """Do what is due at `now`; safe to call early, late or twice. Never raises."""
        core = self._core
        while True:
            try:
                core.wire.timers.run(now)
                break
            except Exception as fault:  # one broken call must not stop the others' clocks
                core.emit(FaultFound(None, f"in a timer: {fault!r}"))
        if core.registrar is not None:
            core.events.extend(core.registrar.handle_timer(now))

    def listen_on(self, sockets: Iterable[Endpoint]) -> None:
        """Learn the real addresses of our sockets, once bound. The first of a kind is used."""
        self._core.listen = tuple(sockets)

    @property
    def calls(self) -> int:
        """How many calls are held, ended ones that linger included."""
        return len(self._core.calls)

    @property
    def transactions(self) -> int:
        """How many transactions are held."""
        return len(self._core.transactions)

    @property
    def unanswered(self) -> int:
        """How many requests of ours nobody has answered, BYEs that wait for an ACK included.

        OPTIONS do not count: nobody loses anything when they are left alone.
        """
        waiting = sum(call.bye_waits for call in self._core.calls)
        return self._core.transactions.unanswered + waiting

    # ------------------------------------------------------------ calls that come in

    def ring(self, leg: str, now: float, sdp: bytes | None = None, status: int = 180) -> None:
        """Let the caller hear that it rings (180), or our early media (183 with SDP).

        :raises ValueError: `status` is not 101 to 199.
        """
        if not 100 < status < 200:
            raise ValueError(f"{status} is no provisional status of ours")
        call = self._core.calls.by_leg(leg)
        if call is not None:
            uas.ring(self._core, call, status, sdp, now)

    def answer(self, leg: str, sdp: bytes, now: float) -> None:
        """Answer. The 200 is repeated until the caller acknowledges it, 32 s at most."""
        call = self._core.calls.by_leg(leg)
        if call is not None:
            uas.answer(self._core, call, sdp, now)

    def refuse(self, leg: str, status: int, now: float, headers: HeaderLines = ()) -> None:
        """Refuse.

        :raises ValueError: `status` is not 300 to 699.
        """
        _check_refusal(status)
        call = self._core.calls.by_leg(leg)
        if call is not None:
            uas.refuse(self._core, call, status, headers, now)

    # ------------------------------------------------------------ calls we place

    def invite(
        self,
        leg: str,
        target: Uri,
        now: float,
        *,
        from_: NameAddr,
        destination: Endpoint | None = None,
        to: NameAddr | None = None,
        sdp: bytes | None = None,
        headers: HeaderLines = (),
        credentials: Credentials | None = None,
        timeout: float | None = None,
        is_sent: bool = False,
    ) -> None:
        """Call `target`. Nothing, if the leg is there already.

        Call-ID, tag and branch are a function of the leg alone: after a crash, the same
        order sends the very same packet, which the far end takes for a repetition.

        :param destination: where to send it; by default the address in `target`.
        :param sdp: our offer; `None` asks the far end to make it.
        :param timeout: seconds to wait for an answer: then CANCEL and `Refused(408)`.
        :param is_sent: a process before us sent it, so long ago that it must not be repeated:
            nothing is sent, and the call can be ended.
        :raises ValueError: a header of the owner would not be one line.
        """
        uac.invite(
            self._core,
            leg,
            target,
            now,
            destination=destination,
            from_=from_,
            to=to,
            sdp=sdp,
            headers=tuple(headers),
            credentials=credentials,
            timeout=timeout,
            is_sent=is_sent,
        )

    def acknowledge(self, leg: str, now: float, sdp: bytes | None = None) -> None:
        """Send the ACK for the answer; from then on, for each repetition of it as well.

        :param sdp: our answer, when our INVITE carried no offer.
        """
        call = self._core.calls.by_leg(leg)
        if call is not None:
            uac.confirm_answer(self._core, call, now, sdp)

    def confirm_refusal(self, leg: str) -> None:
        """Acknowledge a `Refused`, where the settings hold that back until it is durable."""
        call = self._core.calls.by_leg(leg)
        if call is not None:
            uac.confirm_refusal(call)

    # ------------------------------------------------------------ any call

    def hang_up(self, leg: str, now: float, reason: str | None = None) -> None:
        """End a call in whatever state: refuse, CANCEL or BYE, each when it is allowed.

        :param reason: value of the Reason header (RFC 3326).
        :raises ValueError: `reason` is not one line.
        """
        call = self._core.calls.by_leg(leg)
        if call is not None:
            hanging_up.hang_up(self._core, call, now, reason)

    def withdraw(self, leg: str, now: float, reason: str | None = None) -> None:
        """Cancel a call of ours that rings, and hear what became of it.

        `Refused(487)` as a rule; `Answered` when the far end picked up in the same moment.

        :param reason: value of the Reason header (RFC 3326).
        :raises ValueError: `reason` is not one line.
        """
        call = self._core.calls.by_leg(leg)
        if call is not None:
            uac.withdraw(self._core, call, now, reason)

    def offer(
        self,
        leg: str,
        sdp: bytes | None,
        now: float,
        method: Literal["INVITE", "UPDATE"] = "INVITE",
    ) -> None:
        """Change the session of a call that is up; waits while another change is under way.

        :param method: UPDATE is replaced by INVITE when the far end does not take it.
        """
        call = self._core.calls.by_leg(leg)
        if call is not None:
            offers.offer(self._core, call, sdp, method, now)

    def accept_offer(self, leg: str, sdp: bytes, now: float) -> None:
        """Agree to what `Offered` asked for; `sdp` is our answer, or our offer."""
        call = self._core.calls.by_leg(leg)
        if call is not None:
            their_offers.accept(self._core, call, sdp, now)

    def refuse_offer(self, leg: str, status: int, now: float) -> None:
        """Refuse what `Offered` asked for; the session stays as it is.

        :raises ValueError: `status` is not 300 to 699.
        """
        _check_refusal(status)
        call = self._core.calls.by_leg(leg)
        if call is not None:
            their_offers.refuse(self._core, call, status, now)

    def send_info_digit(self, leg: str, digit: str, now: float, duration_ms: int = 160) -> None:
        """Send a key press by INFO.

        :raises ValueError: no such key.
        """
        call = self._core.calls.by_leg(leg)
        if call is not None:
            in_dialog.send_digit(self._core, call, digit, duration_ms, now)

    def has_heard(self, leg: str) -> bool:
        """Say whether anything at all came back for an INVITE of ours, be it 100 Trying."""
        call = self._core.calls.by_leg(leg)
        return call is not None and call.client is not None

    def export(self, leg: str) -> dict[str, Any]:
        """Return a snapshot of a call, plain JSON, for the process that takes over.

        :raises LookupError: there is no such call, or nothing to take over yet.
        """
        call = self._core.calls.by_leg(leg)
        if call is None:
            raise LookupError(f"no such leg: {leg!r}")
        return export(call)

    def adopt(
        self, snapshot: dict[str, Any], now: float, credentials: Credentials | None = None
    ) -> None:
        """Go on with a call of a process that died.

        An answer of ours that was not acknowledged is repeated; one of theirs waits for
        `acknowledge`, as before.

        :raises ValueError: it is not a snapshot.
        """
        adopt(self._core, snapshot, credentials, now)

    # ------------------------------------------------------------ outside calls

    def options(self, destination: Endpoint, target: Uri, now: float, token: str) -> None:
        """Ask whether somebody is there; `OptionsAnswered(token, …)` says."""
        ask_options(self._core, destination, target, now, token)

    def message(
        self,
        destination: Endpoint,
        target: Uri,
        now: float,
        token: str,
        *,
        from_: NameAddr,
        to: NameAddr,
        body: bytes,
        content_type: str,
        credentials: Credentials | None = None,
        local: Endpoint | None = None,
    ) -> None:
        """Send a MESSAGE (RFC 3428); `MessageAnswered(token, …)` says what became of it.

        :param local: the socket to send from; default: the first of its transport.
        :raises ValueError: a header of the owner would not be one line.
        """
        send_message(
            self._core,
            destination,
            target,
            now,
            token,
            from_=from_,
            to=to,
            body=body,
            content_type=content_type,
            credentials=credentials,
            local=local,
        )


def _check_refusal(status: int) -> None:
    if not 300 <= status < 700:
        raise ValueError(f"{status} refuses nothing")
