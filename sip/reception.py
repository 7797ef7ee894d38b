"""Where every message comes in: whose it is, and whether it may come in at all.

Nothing here trusts a message. Whatever is wrong with one, it is answered or dropped as the
RFC says, and the next one is read.
"""

from __future__ import annotations

from contextlib import suppress

from sip import in_dialog, uac, uas
from sip.admission import Admission
from sip.calls import CallState
from sip.core import Core, answer_options
from sip.dialog import Dialog
from sip.ending import acknowledge, acknowledge_again
from sip.endpoint import Endpoint, Peer
from sip.errors import ParseError
from sip.events import FaultFound
from sip.message import Request, Response, parse
from sip.messaging import object_to_message, receive_message
from sip.outgoing import HeaderLines
from sip.refusals import Refusals
from sip.status import REASONS
from sip.transaction_layer import ServerKey, server_key


class Reception:
    """Sorts what comes in."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._admission = Admission(core)
        self._refusals = Refusals(core)

    def receive(self, data: bytes, source: Endpoint, local: Endpoint, now: float) -> None:
        """Take in one message. Never raises."""
        request: Request | None = None
        try:
            message = parse(data)
            if isinstance(message, Request):
                request = message
                self._receive_request(message, source, local, now)
            else:
                self._receive_response(message, now)
        except ParseError as error:
            self._refuse(error, request or error.partial, source, local, now)
        except Exception as fault:  # a defect of ours must not take the other calls with it
            self._core.emit(FaultFound(source, f"in a message: {fault!r}"))

    def _refuse(
        self,
        error: ParseError,
        request: Request | None,
        source: Endpoint,
        local: Endpoint,
        now: float,
    ) -> None:
        """Answer what cannot be read, if it is from somebody we know."""
        if request is None or request.method == "ACK":
            return
        if self._core.peer_at(source, now).kind == "stranger":
            return
        with suppress(ParseError):  # a Via that cannot be read goes back as it came
            self._note_source(request, source)
        self._core.answer_once(request, error.status, source, local)
        self._refusals.note(request, error.status, error.reason, source, now)

    @staticmethod
    def _note_source(request: Request, source: Endpoint) -> None:
        """Write into Via where the request really came from (18.2.1, RFC 3581)."""
        request.replace_top_via(request.top_via.with_received(source.host, source.port))

    # ------------------------------------------------------------ requests

    def _receive_request(
        self, request: Request, source: Endpoint, local: Endpoint, now: float
    ) -> None:
        core = self._core
        key = server_key(request)
        if request.method == "ACK":
            self._receive_ack(request, key, source, now)
            return
        known = core.transactions.find_server(key)
        if known is not None:
            # The same branch from another host is somebody who has overheard it.
            if known.source.host == source.host:
                known.receive(now)
            return
        self._note_source(request, source)
        peer = core.peer_at(source, now)
        if request.method == "CANCEL":
            self._receive_cancel(request, peer, source, local, now)
        elif request.method != "REGISTER" and request.to.tag is not None:
            self._receive_in_dialog(request, key, peer, source, local, now)
        elif self._admission.may_speak(request.method, peer, source, now):
            self._receive_outside(request, key, peer, source, local, now)

    def _receive_ack(
        self, request: Request, key: ServerKey, source: Endpoint, now: float
    ) -> None:
        core = self._core
        transaction = core.transactions.find_invite(key)
        if transaction is not None:
            if transaction.source.host == source.host:
                transaction.receive_ack(request, now)
            return
        found = in_dialog.find(core, request)
        if found is not None and found[1].may_come_from(source, core.peer_at(source, now)):
            in_dialog.receive_ack(core, found[0], request, now)

    def _receive_cancel(
        self, request: Request, peer: Peer, source: Endpoint, local: Endpoint, now: float
    ) -> None:
        core = self._core
        transaction = core.transactions.find_invite(server_key(request, "INVITE"))
        if transaction is not None:
            is_theirs = transaction.source.host == source.host
            if is_theirs or (
                peer.kind == "trunk" and core.peer_at(transaction.source, now) == peer
            ):
                to_tag = transaction.to_tag
                core.answer_once(request, 200, source, local, to_tag=to_tag)
                transaction.receive_cancel(request, now)
                return
        if peer.kind != "stranger":
            core.answer_once(request, 481, source, local)

    def _receive_in_dialog(
        self,
        request: Request,
        key: ServerKey,
        peer: Peer,
        source: Endpoint,
        local: Endpoint,
        now: float,
    ) -> None:
        core = self._core
        found = in_dialog.find(core, request)
        if found is not None and found[1].may_come_from(source, peer):
            call, dialog = found
            in_dialog.receive(core, call, dialog, request, key, peer, source, local, now)
        elif self._is_lost_call(request, peer):
            self._receive_outside(request, key, peer, source, local, now)
        elif peer.kind != "stranger":
            core.answer_once(request, 481, source, local)

    def _is_lost_call(self, request: Request, peer: Peer) -> bool:
        """Say whether a trunk believes in a call that we know nothing of.

        Its re-INVITE may be refused or taken for a new call (12.2.2). Somebody is on the
        line: we take it, and he speaks to an operator again.
        """
        is_known = self._core.calls.has_call_id(request.call_id)
        return request.method == "INVITE" and peer.kind == "trunk" and not is_known

    def _receive_outside(
        self,
        request: Request,
        key: ServerKey,
        peer: Peer,
        source: Endpoint,
        local: Endpoint,
        now: float,
    ) -> None:
        core, admission = self._core, self._admission
        if request.method == "REGISTER" and core.registrar is not None:
            self._register(request, key, peer, source, local, now)
            return
        is_message = request.method == "MESSAGE" and bool(core.settings.message_types)
        if request.method == "INVITE" or is_message:
            caller = admission.identify(request, peer, source, now)
            if caller is None:
                return
            if not isinstance(caller, Peer):
                core.answer_once(request, caller[0], source, local, headers=caller[1])
                return
            peer = caller
        refusal = admission.object_to(request, peer)
        if refusal is None and is_message:
            refusal = object_to_message(core, request)
        headers: HeaderLines
        if refusal is not None:
            status, headers = refusal
        elif request.method == "INVITE":
            if not admission.is_too_much(source, now):
                uas.receive_invite(core, request, key, peer, source, local, now)
                return
            status, headers = admission.overload()
        elif is_message:
            if not admission.is_message_too_much(source, now):
                receive_message(core, request, key, peer, source, local, now)
                return
            status, headers = admission.overload()
        else:
            status, headers = _answer_outside(core, request.method)
        core.answer_once(request, status, source, local, headers=headers)
        wanted = "".join(f" ({name}: {value})" for name, value in headers)
        self._refusals.note(request, status, REASONS.get(status, "") + wanted, source, now)

    def _register(
        self,
        request: Request,
        key: ServerKey,
        peer: Peer,
        source: Endpoint,
        local: Endpoint,
        now: float,
    ) -> None:
        core = self._core
        assert core.registrar is not None  # noqa: S101
        response, events = core.registrar.register(
            request, source, now, is_stranger=peer.kind == "stranger"
        )
        core.events.extend(events)
        if response is None:
            return
        reply_to = core.reply_address(request, source)
        data = bytes(response)
        if response.status >= 300:
            # Refusals and challenges are not remembered: a flood of them costs no memory.
            core.wire.send(data, reply_to, local)
            return
        transaction = core.transactions.answer(key, None, source, reply_to, local, now)
        transaction.respond(response.status, data, now)

    # ------------------------------------------------------------ responses

    def _receive_response(self, response: Response, now: float) -> None:
        lines = response.headers.get_all("Via")
        if len(lines) != 1 or ("," in lines[0] and len(response.via) != 1):
            return  # meant for somebody else (section 8.1.3.3)
        transaction = self._core.transactions.find_client(response)
        if transaction is not None:
            transaction.receive(response, now)
        elif 200 <= response.status < 300 and response.cseq.method == "INVITE":
            self._receive_stray(response, now)

    def _receive_stray(self, response: Response, now: float) -> None:
        """Take in a 2xx whose transaction is gone: after timer M, or after a takeover."""
        core = self._core
        call = core.calls.by_dialog(response.call_id, response.from_.tag or "")
        if call is None or call.state is CallState.CALLING:
            return  # the INVITE still waits for its answer, and this is not it
        tag, number, dialog = response.to.tag or "", response.cseq.number, call.dialog
        if acknowledge_again(core, call, tag, number):
            return
        if dialog is None or dialog.remote_tag != tag:
            if not call.is_incoming:
                uac.receive_success(core, call, response, now)
        elif _was_asked(call.state, dialog, number, call.invite_cseq):
            acknowledge(core, call, dialog, number, now)


def _was_asked(state: CallState, dialog: Dialog, number: int, invite_cseq: int) -> bool:
    """Say whether a 2xx can be to a re-INVITE of ours that must be acknowledged."""
    return state is not CallState.ANSWERED and invite_cseq <= number <= dialog.local_cseq


def _answer_outside(core: Core, method: str) -> tuple[int, HeaderLines]:
    if method == "OPTIONS":
        return 200, answer_options(core)
    if method in ("SUBSCRIBE", "NOTIFY"):
        return 489, ()
    if method in ("BYE", "INFO", "UPDATE", "PRACK"):
        return 481, ()
    return 405, (("Allow", core.allowed),)
