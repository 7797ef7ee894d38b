"""What all parts of the user agent share: its tables, its queues, its own addresses."""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from typing import Final, Protocol

from sip.calls import Call, CallState, CallTable
from sip.client_transaction import ClientTransaction, Failure, OnFailure, OnResponse
from sip.dialog import Dialog
from sip.digest import NonceCounts, authorize, is_stale
from sip.digest_server import DigestServer
from sip.endpoint import Endpoint, Peer, Transport
from sip.errors import ParseError
from sip.events import SipEvent
from sip.fields import Message
from sip.grammar import make_printable
from sip.identifiers import Identifiers
from sip.message import Request, Response, respond
from sip.outgoing import (
    MAX_DATAGRAM,
    HeaderLines,
    OutgoingRequest,
    format_address,
)
from sip.server_transaction import ServerTransaction
from sip.settings import UserAgentSettings
from sip.timers import T1
from sip.transaction import Wire
from sip.transaction_layer import TransactionLayer

LINGER: Final = 64 * T1
"Seconds an ended call still answers what was under way."
ALLOWED: Final = "INVITE, ACK, BYE, CANCEL, OPTIONS, INFO, UPDATE, PRACK"
SUPPORTED: Final = "timer"
"100rel is answered when it is required, and offered in calls we place; not asked for."
ACCEPTED_BODY: Final = "application/sdp"
_WILDCARDS: Final = ("0.0.0.0", "::", "")  # noqa: S104  # compared with, not bound to


class RegistrarPort(Protocol):
    """The registrar, as the user agent needs it."""

    def register(
        self, request: Request, source: Endpoint, now: float, *, is_stranger: bool = True
    ) -> tuple[Response | None, list[SipEvent]]:
        """Answer a REGISTER; no response: silence. To a stranger: a challenge, no detail."""

    def peer_of(self, source: Endpoint, now: float) -> str | None:
        """Return the user whose live registration came from this source."""

    def connection_lost(self, source: Endpoint, now: float) -> list[SipEvent]:
        """Drop phones that can no longer be reached."""

    def next_timer(self) -> float | None:
        """Return when the next binding expires."""

    def handle_timer(self, now: float) -> list[SipEvent]:
        """Drop what has expired."""


class Core:
    """The state of one user agent. Its parts are modules of functions around this."""

    def __init__(
        self,
        settings: UserAgentSettings,
        registrar: RegistrarPort | None,
        digest: DigestServer | None,
    ) -> None:
        self.settings = settings
        self.registrar = registrar
        self.digest = digest
        self.identifiers = Identifiers(settings.secret)
        self.wire = Wire()
        self.transactions = TransactionLayer(self.wire)
        self.calls = CallTable()
        self.events: deque[SipEvent] = deque()
        self.nonce_counts = NonceCounts()
        self.listen = settings.listen
        self._sent_by: dict[Endpoint, str] = {}

    @property
    def allowed(self) -> str:
        """The methods we take outside calls, as Allow says it."""
        return f"{ALLOWED}, MESSAGE" if self.settings.message_types else ALLOWED

    def emit(self, event: SipEvent) -> None:
        """Tell the owner."""
        self.events.append(event)

    def peer_at(self, source: Endpoint, now: float) -> Peer:
        """Return who stands behind an address: a trunk, a registered phone, a stranger."""
        peer = self.settings.classify(source)
        if peer.kind == "stranger" and self.registrar is not None:
            user = self.registrar.peer_of(source, now)
            if user is not None:
                return Peer("phone", user)
        return peer

    def socket_for(self, transport: Transport) -> Endpoint | None:
        """Return our own socket of a transport, `None` if we have none."""
        for endpoint in self.listen:
            if endpoint.transport == transport:
                return endpoint
        return None

    def local_for(self, dialog: Dialog, destination: Endpoint) -> Endpoint:
        """Return the socket of ours that a request in a dialog leaves from."""
        if dialog.local.transport == destination.transport:
            return dialog.local
        return self.socket_for(destination.transport) or dialog.local

    def sent_by(self, local: Endpoint) -> str:
        """Return `host:port` of a socket of ours, as the far end may use it."""
        known = self._sent_by.get(local)
        if known is None:
            host = local.host
            if host in _WILDCARDS:
                host = self.settings.advertised_host or self.settings.domain
            if len(self._sent_by) > 1000:  # local addresses are few; never trust that
                self._sent_by.clear()
            known = self._sent_by[local] = format_address(local, host)
        return known

    def contact(self, local: Endpoint) -> str:
        """Return our Contact for a dialog over a socket of ours."""
        transport = ";transport=tcp" if local.transport == "tcp" else ""
        return f"<sip:{self.sent_by(local)}{transport}>"

    def respond(
        self,
        transaction: ServerTransaction,
        request: Request,
        status: int,
        now: float,
        *,
        to_tag: str | None = None,
        headers: HeaderLines = (),
        body: bytes = b"",
    ) -> bytes | None:
        """Answer within a transaction; return what was sent, `None` if it came too late."""
        content_type = ACCEPTED_BODY if body else None
        response = respond(
            request,
            status,
            to_tag=to_tag,
            headers=headers,
            body=body,
            content_type=content_type,
        )
        data = bytes(response)
        return data if transaction.respond(status, data, now) else None

    def answer_once(
        self,
        request: Request,
        status: int,
        source: Endpoint,
        local: Endpoint,
        *,
        headers: HeaderLines = (),
        to_tag: str | None = None,
    ) -> None:
        """Answer without remembering it (section 8.2.7); the same question, the same answer.

        For what changes nothing: challenges, refusals, OPTIONS. A flood of those then
        costs no memory.
        """
        if to_tag is None:
            get = request.headers.get
            to_tag = self.identifiers.token("stateless", get("Call-ID", ""), get("Via", ""))
        response = respond(request, status, to_tag=to_tag, headers=headers)
        self.wire.send(bytes(response), self.reply_address(request, source), local)

    def reply_address(self, request: Request, source: Endpoint) -> Endpoint:
        """Return where answers go: never to another host than the request came from.

        `maddr` is not looked at, and a sender's own `received` and `rport` have been
        replaced: whoever writes a victim's address there gets the answer himself.
        """
        if source.transport == "udp" and self.settings.answers_to_via_port:
            via = request.top_via
            if via.rport is None:
                return source._replace(port=via.port or 5060)
        return source

    def ask(
        self,
        request: OutgoingRequest,
        destination: Endpoint,
        local: Endpoint,
        now: float,
        on_response: OnResponse,
        on_failure: OnFailure,
        **of_invite: bool,
    ) -> ClientTransaction:
        """Send a request; by TCP when it is large, by UDP again when that does not work.

        :param of_invite: see `TransactionLayer.ask`.
        :raises ValueError: it would not be one message; nothing was sent.
        """
        data = bytes(request)
        stream = self._stream_for(data, destination)
        if stream is None:
            return self.transactions.ask(
                request,
                data,
                destination,
                local,
                now,
                on_response,
                on_failure,
                **of_invite,
            )

        def fall_back(transaction: ClientTransaction, why: Failure, now: float) -> None:
            if why == "transport":
                self.transactions.ask(
                    request,
                    data,
                    destination,
                    local,
                    now,
                    on_response,
                    on_failure,
                    **of_invite,
                )
            else:
                on_failure(transaction, why, now)

        by_tcp = replace(request, transport="tcp", sent_by=self.sent_by(stream))
        return self.transactions.ask(
            by_tcp,
            bytes(by_tcp),
            destination._replace(transport="tcp"),
            stream,
            now,
            on_response,
            fall_back,
            **of_invite,
        )

    def answer_challenge(
        self, call: Call, request: OutgoingRequest, response: Response, tries: int
    ) -> tuple[str, str] | None:
        """Return the header that answers a 401 or 407, `None` if we cannot or must not.

        :param tries: how often this request was answered before; again only for a nonce
            that went stale in between.
        """
        is_proxy = response.status == 407
        name = "Proxy-Authenticate" if is_proxy else "WWW-Authenticate"
        challenges = response.headers.get_all(name)
        if call.credentials is None or tries > 1 or (tries and not is_stale(challenges)):
            return None
        return authorize(
            challenges,
            request.method,
            request.uri,
            call.credentials,
            self.nonce_counts,
            is_proxy=is_proxy,
            body=request.body,
        )

    def end(self, call: Call, event: SipEvent, now: float) -> None:
        """Tell the owner that a call is over, once, and let go of what it holds."""
        if call.is_ended:
            return
        was_ringing = call.state is CallState.RINGING
        call.state = CallState.ENDED
        call.stop_timers()
        self.emit(event)
        offer, call.their_offer = call.their_offer, None
        if offer is not None:
            self.respond(offer.transaction, offer.request, 487, now)  # section 15.1.2
        call.our_offer = call.queued_offer = None
        if not call.bye_waits:
            for unacknowledged in call.unacknowledged.values():
                unacknowledged.stop()
            call.unacknowledged.clear()
        call.request = call.provisional = None
        call.local_sdp = call.remote_sdp = None
        if was_ringing:
            self.calls.remove(call)
        else:
            self.wire.timers.set(now + LINGER, lambda _: self.calls.remove(call))

    def _stream_for(self, data: bytes, destination: Endpoint) -> Endpoint | None:
        if len(data) <= MAX_DATAGRAM or destination.transport != "udp":
            return None
        return self.socket_for("tcp") if self.settings.switches_to_tcp else None


def answer_options(core: Core) -> HeaderLines:
    """Return the headers that say what we can do (section 11.2)."""
    headers: HeaderLines = (
        ("Allow", core.allowed),
        ("Accept", ", ".join((ACCEPTED_BODY, *sorted(core.settings.message_types)))),
        ("Accept-Encoding", "identity"),
        ("Supported", SUPPORTED),
    )
    return (*headers, ("Server", core.settings.product)) if core.settings.product else headers


def methods_of(message: Message) -> frozenset[str]:
    """Return the methods a far end says it takes; empty if it says none, or nonsense."""
    try:
        return frozenset(message.allow)
    except ParseError:
        return frozenset()


def reason_of(message: Message) -> str:
    """Return why, as the far end puts it (RFC 3326): all Reason values, or nothing."""
    return make_printable(", ".join(message.headers.get_all("Reason")))
