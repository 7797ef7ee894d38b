"""Calls that come in: INVITE, what we answer, CANCEL, PRACK (RFC 3261 13.3 and 9.2)."""

from __future__ import annotations

from typing import Final

from sip import session_timer
from sip.calls import Call, CallState
from sip.core import ALLOWED, SUPPORTED, Core, methods_of, reason_of
from sip.dialog import Dialog
from sip.endpoint import Endpoint, Peer
from sip.events import Cancelled, Ended, IncomingCall
from sip.in_dialog import receive_ack
from sip.message import Request
from sip.outgoing import HeaderLines
from sip.provisional import is_held_back, ring_reliably, wants_reliable
from sip.server_transaction import InviteServerTransaction
from sip.their_offers import await_ack
from sip.transaction_layer import ServerKey

_REPEAT_TIME: Final = 60.0
"Seconds between repeated 18x, which keep proxies from giving up (section 13.3.1.1)."


def receive_invite(
    core: Core,
    request: Request,
    key: ServerKey,
    peer: Peer,
    source: Endpoint,
    local: Endpoint,
    now: float,
) -> None:
    """Begin a call. Its INVITE has passed every check.

    A tag in To means that the far end believes to be in a call with us: it becomes ours.

    An Expires header is not obeyed: nobody who calls for help is turned away by the clock
    of his exchange, which can send CANCEL if it wants to.

    :raises ParseError: it cannot become a dialog; nothing was begun.
    """
    offer = request.sdp_body()
    call_id, from_tag = request.call_id, request.from_.tag or ""
    make = core.identifiers
    leg = make.token("leg", call_id, from_tag, str(key[0]), repr(now))
    local_tag = request.to.tag or make.token("to", leg)
    dialog = Dialog.from_request(
        request,
        local_tag,
        peer=peer,
        source=source,
        local=local,
        local_contact=core.contact(local),
    )
    terms, _ = session_timer.accept(request, core.settings.min_session_expires)
    merge_key = (call_id, from_tag, request.cseq.number, "INVITE")
    transaction = core.transactions.answer(
        key, merge_key, source, core.reply_address(request, source), local, now
    )
    assert isinstance(transaction, InviteServerTransaction)  # noqa: S101
    core.respond(transaction, request, 100, now)
    call = Call(
        leg,
        call_id,
        local_tag,
        is_incoming=True,
        state=CallState.RINGING,
        peer=peer,
        local=local,
    )
    call.dialog, call.request, call.server = dialog, request, transaction
    call.invite_cseq = request.cseq.number
    call.remote_sdp, call.session = offer, terms
    call.peer_allows = methods_of(request)
    tie(core, call, transaction)
    core.calls.add(call)
    core.calls.move(call, source)
    core.emit(IncomingCall(leg, request, source, peer, offer))


def tie(core: Core, call: Call, transaction: InviteServerTransaction) -> None:
    """Let the INVITE's transaction and its call know each other."""
    transaction.to_tag = call.local_tag
    transaction.on_cancel = lambda cancel, now: receive_cancel(core, call, cancel, now)
    transaction.on_ack = lambda ack, now: receive_ack(core, call, ack, now)
    if call.request is not None:
        call.provisional = wants_reliable(
            core, call.request, call.leg, lambda sdp, now: answer(core, call, sdp, now)
        )


def ring(core: Core, call: Call, status: int, sdp: bytes | None, now: float) -> None:
    """Carry out the owner's `ring`: send a provisional response with our tag."""
    if call.state is not CallState.RINGING or call.server is None or call.request is None:
        return
    if call.provisional is not None:
        ring_reliably(core, call, status, sdp, now)
        return
    _ring(core, call, status, sdp, now)


def _ring(core: Core, call: Call, status: int, sdp: bytes | None, now: float) -> None:
    dialog, request, transaction = call.dialog, call.request, call.server
    if dialog is None or request is None or transaction is None:
        return
    headers: HeaderLines = (("Contact", dialog.local_contact),)
    core.respond(
        transaction,
        request,
        status,
        now,
        to_tag=call.local_tag,
        headers=headers,
        body=sdp or b"",
    )
    if call.repeat_timer is not None:
        call.repeat_timer.stop()
    call.repeat_timer = core.wire.timers.set(
        now + _REPEAT_TIME, lambda now: _ring(core, call, status, sdp, now)
    )


def answer(core: Core, call: Call, sdp: bytes, now: float) -> None:
    """Carry out the owner's `answer`; nothing, if the caller has cancelled."""
    dialog, request, transaction = call.dialog, call.request, call.server
    if call.state is not CallState.RINGING or dialog is None or request is None:
        return
    if transaction is None or is_held_back(call, sdp):
        return
    _, session_headers = session_timer.accept(request, core.settings.min_session_expires)
    headers: HeaderLines = (
        ("Contact", dialog.local_contact),
        ("Allow", ALLOWED),
        ("Supported", SUPPORTED),
        *session_headers,
    )
    if core.settings.product:
        headers += (("Server", core.settings.product),)
    data = core.respond(
        transaction, request, 200, now, to_tag=call.local_tag, headers=headers, body=sdp
    )
    if data is None:
        return
    call.stop_timers()
    call.state = CallState.ANSWERED
    call.local_sdp = sdp
    if call.remote_sdp is None:
        call.late_answer = call.invite_cseq
    await_ack(core, call, dialog, transaction.destination, call.invite_cseq, data, now)


def refuse(core: Core, call: Call, status: int, headers: HeaderLines, now: float) -> None:
    """Carry out the owner's `refuse`."""
    request, transaction = call.request, call.server
    if call.state is not CallState.RINGING or request is None or transaction is None:
        return
    core.respond(transaction, request, status, now, to_tag=call.local_tag, headers=headers)
    core.end(call, Ended(call.leg, "local", f"refused with {status}"), now)


def receive_cancel(core: Core, call: Call, cancel: Request, now: float) -> None:
    """Take the caller's word that he no longer wants to talk to us (section 9.2)."""
    request, transaction = call.request, call.server
    if call.state is not CallState.RINGING or request is None or transaction is None:
        return
    core.respond(transaction, request, 487, now, to_tag=call.local_tag)
    core.end(call, Cancelled(call.leg, reason_of(cancel)), now)
