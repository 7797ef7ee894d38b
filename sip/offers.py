"""Changing a session that stands: re-INVITE and UPDATE of ours (RFC 3261 14.1, RFC 3311)."""

from __future__ import annotations

from contextlib import suppress
from typing import Final

from sip import session_timer
from sip.asking import ask
from sip.calls import Call, CallState, OfferMethod, OurOffer
from sip.core import ALLOWED, SUPPORTED, Core, methods_of
from sip.dialog import Dialog
from sip.ending import acknowledge, acknowledge_again, break_off
from sip.errors import ParseError
from sip.events import OfferAnswered, Offered, OfferRefused, Why
from sip.message import Response
from sip.outgoing import HeaderLines

_MAX_RETRIES: Final = 6
_REFRESH_RETRY: Final = 10.0
"Seconds until a refresh that was refused for some passing reason is tried again."


def offer(core: Core, call: Call, sdp: bytes | None, method: OfferMethod, now: float) -> None:
    """Make an offer as soon as none is under way; a newer one takes the place of a waiting."""
    if call.is_ended or call.state is CallState.CALLING or call.state is CallState.RINGING:
        return
    if method == "UPDATE" and (sdp is None or not _takes_update(call)):
        method = "INVITE"
    call.queued_offer = OurOffer(sdp, method)
    send_waiting(core, call, now)


def send_waiting(core: Core, call: Call, now: float) -> None:
    """Send the offer that waits, if nothing stands in its way any more."""
    waiting = call.queued_offer
    if waiting is None or is_busy(call) or call.state is not CallState.UP:
        return
    if call.offer_timer is not None:
        return
    call.queued_offer = None
    call.our_offer = waiting
    _send(core, call, waiting, now)


def is_busy(call: Call) -> bool:
    """Say whether an offer is under way in either direction."""
    return (
        call.our_offer is not None or call.their_offer is not None or bool(call.unacknowledged)
    )


def begin_session(core: Core, call: Call, now: float) -> None:
    """Do what waited for the call to be up, and count the session timer from now."""
    if call.session is not None:
        session_timer.restart(
            core,
            call,
            now,
            refresh=lambda now: _refresh(core, call, now),
            expire=lambda now: break_off(core, call, now, "expired", "not refreshed in time"),
        )
    send_waiting(core, call, now)


def _refresh(core: Core, call: Call, now: float) -> None:
    """Prove that we are here (RFC 4028 section 7.4), by UPDATE if they take it."""
    if is_busy(call):
        # What is under way refreshes the session as well; if it fails, try again.
        _refresh_again(core, call, now)
        return
    method: OfferMethod = "UPDATE" if _takes_update(call) else "INVITE"
    sdp = call.local_sdp if method == "INVITE" else None
    call.our_offer = OurOffer(sdp, method, is_refresh=True)
    _send(core, call, call.our_offer, now)


def _takes_update(call: Call) -> bool:
    return "UPDATE" in call.peer_allows


def _send(core: Core, call: Call, ours: OurOffer, now: float) -> None:
    dialog = call.dialog
    assert dialog is not None  # noqa: S101  # an answered call has one

    def on_final(response: Response | None, status: int, now: float) -> None:
        if response is not None and status < 300:
            _accepted(core, call, dialog, ours, response, now)
        elif call.our_offer is ours:
            _refused(core, call, ours, status, now)

    headers: HeaderLines = (
        ("Contact", dialog.local_contact),
        ("Allow", ALLOWED),
        ("Supported", SUPPORTED),
    )
    if call.session is not None:
        refresher = "uac" if call.session.is_ours else "uas"
        value = f"{int(call.session.interval)};refresher={refresher}"
        headers += (("Session-Expires", value),)
    ask(core, call, dialog, ours.method, now, on_final, headers=headers, body=ours.sdp or b"")


def _accepted(
    core: Core, call: Call, dialog: Dialog, ours: OurOffer, response: Response, now: float
) -> None:
    number = response.cseq.number
    if ours.method == "INVITE" and acknowledge_again(core, call, dialog.remote_tag, number):
        return
    is_current = call.our_offer is ours and not call.is_ended
    sdp = _session_in(response)
    if is_current and ours.method == "INVITE" and ours.sdp is None and sdp is not None:
        # They made the offer: the ACK has to wait for our owner's answer.
        if ours.ack_number is None:
            ours.ack_number, ours.their_sdp = number, sdp
            _settle(call, dialog, response)
            core.emit(Offered(call.leg, sdp, "INVITE"))
        return
    if ours.method == "INVITE":
        acknowledge(core, call, dialog, number, now)
    if not is_current:
        return
    call.our_offer = None
    _settle(call, dialog, response)
    is_changed = sdp is not None and sdp != call.remote_sdp
    if ours.sdp is not None:
        call.local_sdp = ours.sdp
    if sdp is not None:
        call.remote_sdp = sdp
    if not ours.is_refresh or is_changed:
        core.emit(OfferAnswered(call.leg, sdp))
    begin_session(core, call, now)


def answer_in_ack(core: Core, call: Call, sdp: bytes | None, now: float) -> bool:
    """Send the ACK that waits for the owner's answer; say whether one did."""
    ours, dialog = call.our_offer, call.dialog
    if ours is None or ours.ack_number is None or dialog is None:
        return False
    acknowledge(core, call, dialog, ours.ack_number, now, sdp)
    call.our_offer = None
    if sdp is not None:
        call.local_sdp, call.remote_sdp = sdp, ours.their_sdp
    begin_session(core, call, now)
    return True


def _settle(call: Call, dialog: Dialog, response: Response) -> None:
    with suppress(ParseError):  # the target stays what it was
        dialog.refresh_target(response)
    terms = session_timer.agreed(response)
    if terms is not None:
        call.session = terms
    call.peer_allows = methods_of(response) or call.peer_allows


def _session_in(response: Response) -> bytes | None:
    try:
        return response.sdp_body()
    except ParseError:
        return None


def _refused(core: Core, call: Call, ours: OurOffer, status: int, now: float) -> None:
    if call.is_ended:
        return
    if status in (408, 481):
        # The far end has lost the call, or is not there any more (section 12.2.1.2).
        why: Why = "error" if status == 481 else "timeout"
        break_off(core, call, now, why, f"{ours.method} inside the call came to {status}")
        return
    call.our_offer = None
    if status == 491 and ours.retries < _MAX_RETRIES:
        ours.retries += 1
        _retry_later(core, call, ours, now)
        return
    if ours.method == "UPDATE" and status in (405, 501):
        call.peer_allows -= {"UPDATE"}
    if not ours.is_refresh:
        core.emit(OfferRefused(call.leg, status))
    elif call.session is not None:
        _refresh_again(core, call, now)
    send_waiting(core, call, now)


def _retry_later(core: Core, call: Call, ours: OurOffer, now: float) -> None:
    """Wait as section 14.1 says: the side that made the Call-ID longer than the other."""
    dialog = call.dialog
    assert dialog is not None  # noqa: S101
    part = core.identifiers.fraction(call.leg, "glare", str(dialog.local_cseq), repr(now))
    wait = 2.1 + 1.9 * part if dialog.is_caller else 2.0 * part
    # Something newer that the owner has thought of in the meantime has to wait as well.
    call.queued_offer = call.queued_offer or ours

    def again(now: float) -> None:
        call.offer_timer = None
        send_waiting(core, call, now)

    call.offer_timer = core.wire.timers.set(now + round(wait, 2), again)


def _refresh_again(core: Core, call: Call, now: float) -> None:
    call.refresh_timer = core.wire.timers.set(
        now + _REFRESH_RETRY, lambda now: _refresh(core, call, now)
    )
