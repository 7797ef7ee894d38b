"""Requests inside a dialog: is it ours, is it in order, what does it want (RFC 3261 12.2.2)."""

from __future__ import annotations

from typing import Final

from sip import digits, their_offers
from sip.asking import ask, ignore
from sip.calls import Call, CallState
from sip.core import ALLOWED, Core, answer_options, reason_of
from sip.dialog import Dialog
from sip.ending import acknowledge, bye
from sip.endpoint import Endpoint, Peer
from sip.errors import ParseError
from sip.events import Acknowledged, Cancelled, DigitReceived, Ended, OfferAnswered
from sip.message import Request
from sip.offers import begin_session, send_waiting
from sip.outgoing import HeaderLines
from sip.provisional import after_prack, receive_prack
from sip.server_transaction import InviteServerTransaction, ServerTransaction
from sip.transaction_layer import ServerKey

UNDERSTOOD: Final = frozenset({"100rel", "timer"})
"Option tags that a Require may name."


def find(core: Core, request: Request) -> tuple[Call, Dialog] | None:
    """Return the call and dialog with this Call-ID and these two tags."""
    call = core.calls.by_dialog(request.call_id, request.to.tag or "")
    if call is None:
        return None
    tag = request.from_.tag or ""
    dialog = call.dialog
    if dialog is None or dialog.remote_tag != tag:
        dialog = call.early.get(tag)
    return None if dialog is None else (call, dialog)


def receive(
    core: Core,
    call: Call,
    dialog: Dialog,
    request: Request,
    key: ServerKey,
    peer: Peer,
    source: Endpoint,
    local: Endpoint,
    now: float,
) -> None:
    """Take in a request, other than ACK, that belongs to a dialog and may come from there."""
    transaction = core.transactions.answer(
        key, None, source, core.reply_address(request, source), local, now
    )
    if not dialog.accepts_order(request.cseq.number):
        core.respond(transaction, request, 500, now)
        return
    if source.host == dialog.source.host or peer == dialog.peer:
        dialog.source, dialog.is_flow_lost = source, False
        if dialog is call.dialog:
            core.calls.move(call, source)
    foreign = [tag for tag in request.require if tag not in UNDERSTOOD]
    if foreign:
        headers: HeaderLines = (("Unsupported", ", ".join(foreign)),)
        core.respond(transaction, request, 420, now, headers=headers)
        return
    try:
        _dispatch(core, call, dialog, transaction, request, now)
    except ParseError as error:
        core.respond(transaction, request, error.status, now)


def _dispatch(
    core: Core,
    call: Call,
    dialog: Dialog,
    transaction: ServerTransaction,
    request: Request,
    now: float,
) -> None:
    method = request.method
    if method == "BYE":
        core.respond(transaction, request, 200, now)
        _receive_bye(core, call, dialog, request, now)
    elif call.is_ended:
        core.respond(transaction, request, 481, now)
    elif method in ("INVITE", "UPDATE"):
        if isinstance(transaction, InviteServerTransaction):
            transaction.on_cancel = lambda _, now: their_offers.withdraw(
                core, call, transaction, now
            )
            transaction.on_ack = lambda ack, now: receive_ack(core, call, ack, now)
        their_offers.receive(core, call, dialog, transaction, request, now)
    elif method == "INFO":
        _receive_info(core, call, transaction, request, now)
    elif method == "PRACK":
        is_right = receive_prack(core, call, request, now)
        core.respond(transaction, request, 200 if is_right else 481, now)
        if is_right:
            after_prack(core, call, now)
    elif method == "OPTIONS":
        core.respond(transaction, request, 200, now, headers=answer_options(core))
    elif method in ("NOTIFY", "SUBSCRIBE"):
        core.respond(transaction, request, 489, now)
    else:
        # REFER among them: nobody sends our calls elsewhere.
        core.respond(transaction, request, 405, now, headers=(("Allow", ALLOWED),))


def _receive_bye(core: Core, call: Call, dialog: Dialog, request: Request, now: float) -> None:
    reason = reason_of(request)
    call.bye_waits = False
    for unacknowledged in call.unacknowledged.values():
        unacknowledged.stop()
    call.unacknowledged.clear()
    if call.state is CallState.CALLING:
        call.early.pop(dialog.remote_tag, None)  # one branch of a fork changed its mind
    elif call.state is CallState.RINGING and call.server is not None and call.request:
        core.respond(call.server, call.request, 487, now, to_tag=call.local_tag)
        core.end(call, Cancelled(call.leg, reason), now)
    else:
        if call.state is CallState.ANSWERED and not call.is_incoming:
            # Answered and hung up before our owner had time to say ACK.
            acknowledge(core, call, dialog, call.invite_cseq, now)
        core.end(call, Ended(call.leg, "bye", reason), now)


def _receive_info(
    core: Core, call: Call, transaction: ServerTransaction, request: Request, now: float
) -> None:
    if not request.body:
        core.respond(transaction, request, 200, now)
        return
    try:
        pressed = digits.parse(request.content_type, request.body)
    except ParseError as error:
        headers: HeaderLines = ()
        if error.status == 415:
            headers = (("Accept", f"{digits.RELAY_TYPE}, {digits.PLAIN_TYPE}"),)
        core.respond(transaction, request, error.status, now, headers=headers)
        return
    core.respond(transaction, request, 200, now)
    core.emit(DigitReceived(call.leg, pressed.digit, pressed.duration_ms))


def receive_ack(core: Core, call: Call, request: Request, now: float) -> None:
    """Take in the ACK for a 2xx of ours; repeated ones do nothing."""
    number = request.cseq.number
    unacknowledged = call.unacknowledged.pop(number, None)
    if unacknowledged is None:
        return
    unacknowledged.stop()
    if call.is_ended:
        if call.dialog is not None and call.bye_waits:
            call.bye_waits = False
            bye(core, call, call.dialog, now, call.reason)
        return
    sdp = None
    if call.late_answer == number:
        call.late_answer = None
        try:
            sdp = request.sdp_body()
        except ParseError:
            sdp = None
        call.remote_sdp = sdp or call.remote_sdp
        if call.state is CallState.UP:
            core.emit(OfferAnswered(call.leg, sdp))
    if call.state is CallState.ANSWERED and number == call.invite_cseq:
        call.state = CallState.UP
        call.is_session_agreed = True
        call.request = call.server = None
        core.emit(Acknowledged(call.leg, sdp))
        begin_session(core, call, now)
    else:
        send_waiting(core, call, now)


def send_digit(core: Core, call: Call, digit: str, duration_ms: int, now: float) -> None:
    """Carry out the owner's `send_info_digit`.

    :raises ValueError: no such key.
    """
    body = digits.write(digit, duration_ms)
    if call.dialog is not None and call.state is CallState.UP:
        ask(
            core,
            call,
            call.dialog,
            "INFO",
            now,
            ignore,
            body=body,
            content_type=digits.RELAY_TYPE,
        )
