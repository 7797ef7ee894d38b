"""Changes of the session that the far end wants: re-INVITE and UPDATE (RFC 3261 14.2)."""

from __future__ import annotations

from sip import session_timer
from sip.calls import Call, CallState, OfferMethod, TheirOffer, Unacknowledged
from sip.core import ALLOWED, SUPPORTED, Core, methods_of
from sip.dialog import Dialog
from sip.ending import break_off, bye
from sip.endpoint import Endpoint
from sip.events import Offered
from sip.message import Request
from sip.offers import answer_in_ack, begin_session, send_waiting
from sip.outgoing import HeaderLines
from sip.server_transaction import InviteServerTransaction, ServerTransaction


def receive(
    core: Core,
    call: Call,
    dialog: Dialog,
    transaction: ServerTransaction,
    request: Request,
    now: float,
) -> None:
    """Take in a re-INVITE or UPDATE inside a dialog.

    :raises ParseError: its body or its session timer cannot be read.
    """
    method: OfferMethod = "INVITE" if request.method == "INVITE" else "UPDATE"
    sdp = request.sdp_body()
    _ = request.contacts  # read now, so that a bad one is refused before our owner hears of it
    minimum = core.settings.min_session_expires
    if session_timer.is_too_short(request, minimum):
        headers: HeaderLines = (("Min-SE", f"{int(minimum)}"),)
        core.respond(transaction, request, 422, now, headers=headers)
        return
    if method == "UPDATE" and sdp is None:
        refresh = TheirOffer(dialog, transaction, request, method, None)
        _accept(core, call, refresh, None, now)
        return
    status = _objection(call)
    if status:
        headers = ()
        if status == 500:
            wait = core.identifiers.fraction(call.leg, "retry", repr(now))
            headers = (("Retry-After", str(round(10 * wait))),)
        core.respond(transaction, request, status, now, headers=headers)
        return
    call.their_offer = TheirOffer(dialog, transaction, request, method, sdp)
    if method == "INVITE":
        core.respond(transaction, request, 100, now)
    core.emit(Offered(call.leg, sdp, method))


def _objection(call: Call) -> int:
    """Return the status that sends their offer away, 0 if it may come in."""
    if call.their_offer is not None:
        return 500
    if call.our_offer is not None:
        return 491
    if call.late_answer is not None and call.late_answer in call.unacknowledged:
        return 491  # our own offer is not answered yet: their ACK is late
    if call.state is CallState.RINGING and not call.is_session_agreed:
        return 500  # RFC 3311 section 5.2: we owe an answer
    if call.state is CallState.CALLING and not call.is_session_agreed:
        return 491
    return 0


def accept(core: Core, call: Call, sdp: bytes, now: float) -> None:
    """Carry out the owner's `accept_offer`."""
    if answer_in_ack(core, call, sdp, now):
        return
    theirs = call.their_offer
    if theirs is not None:
        call.their_offer = None
        _accept(core, call, theirs, sdp, now)


def refuse(core: Core, call: Call, status: int, now: float) -> None:
    """Carry out the owner's `refuse_offer`."""
    if answer_in_ack(core, call, None, now):
        return
    theirs = call.their_offer
    if theirs is not None:
        call.their_offer = None
        core.respond(theirs.transaction, theirs.request, status, now)
        send_waiting(core, call, now)


def withdraw(core: Core, call: Call, transaction: ServerTransaction, now: float) -> None:
    """Take their CANCEL of a re-INVITE that our owner has not decided upon."""
    theirs = call.their_offer
    if theirs is not None and theirs.transaction is transaction:
        call.their_offer = None
        core.respond(transaction, theirs.request, 487, now)
        send_waiting(core, call, now)


def _accept(core: Core, call: Call, theirs: TheirOffer, sdp: bytes | None, now: float) -> None:
    dialog, request = theirs.dialog, theirs.request
    terms, session_headers = session_timer.accept(request, core.settings.min_session_expires)
    headers: HeaderLines = (
        ("Contact", dialog.local_contact),
        ("Allow", ALLOWED),
        ("Supported", SUPPORTED),
        *session_headers,
    )
    dialog.refresh_target(request)
    call.peer_allows = methods_of(request) or call.peer_allows
    call.session = terms or call.session
    if sdp is not None:
        call.local_sdp = sdp
        call.remote_sdp = theirs.sdp or call.remote_sdp
    data = core.respond(theirs.transaction, request, 200, now, headers=headers, body=sdp or b"")
    if data is None:
        return
    if isinstance(theirs.transaction, InviteServerTransaction):
        if theirs.sdp is None:
            call.late_answer = request.cseq.number
        destination = theirs.transaction.destination
        await_ack(core, call, dialog, destination, request.cseq.number, data, now)
    if call.state is CallState.UP:
        begin_session(core, call, now)


def await_ack(
    core: Core,
    call: Call,
    dialog: Dialog,
    destination: Endpoint,
    number: int,
    data: bytes,
    now: float,
) -> None:
    """Send a 2xx of ours again until its ACK comes; end the call when none does."""

    def give_up(now: float) -> None:
        call.unacknowledged.pop(number, None)
        not_acknowledged(core, call, dialog, now)

    call.unacknowledged[number] = Unacknowledged(
        core.wire, data, destination, dialog.local, now, give_up
    )


def not_acknowledged(core: Core, call: Call, dialog: Dialog, now: float) -> None:
    """End a call whose far end never took our answer in (section 13.3.1.4)."""
    if not call.is_ended:
        break_off(core, call, now, "no_ack", "our answer was never acknowledged")
    elif call.bye_waits:
        call.bye_waits = False
        bye(core, call, dialog, now, call.reason)
