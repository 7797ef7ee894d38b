"""Reliable provisional responses to callers that require them (RFC 3262 section 3)."""

from __future__ import annotations

from collections.abc import Callable

from sip.calls import Call, Provisional, Unacknowledged
from sip.core import Core
from sip.events import OfferAnswered
from sip.grammar import parse_number
from sip.message import Request
from sip.outgoing import HeaderLines

_MAX_RSEQ = 2**31 - 1


def wants_reliable(
    core: Core, request: Request, leg: str, send_answer: Callable[[bytes, float], None]
) -> Provisional | None:
    """Return where reliable responses begin to count, `None` if none are required.

    They are sent only to those who insist: each costs a round trip before the answer.
    """
    if "100rel" not in request.require:
        return None
    return Provisional(1 + int(core.identifiers.fraction("rseq", leg) * 2**20), send_answer)


def ring_reliably(core: Core, call: Call, status: int, sdp: bytes | None, now: float) -> None:
    """Send a provisional response that has to be confirmed, one at a time."""
    state, dialog = call.provisional, call.dialog
    request, transaction = call.request, call.server
    if state is None or dialog is None or request is None or transaction is None:
        return
    if state.pending is not None:
        state.next_one = (status, sdp)
        return
    headers: HeaderLines = (
        ("Contact", dialog.local_contact),
        ("Require", "100rel"),
        ("RSeq", str(state.rseq)),
    )
    data = core.respond(
        transaction,
        request,
        status,
        now,
        to_tag=call.local_tag,
        headers=headers,
        body=sdp or b"",
    )
    if data is None:
        return
    state.has_sdp = sdp is not None
    if sdp is not None:
        call.local_sdp = sdp

    def give_up(now: float) -> None:
        # The RFC would refuse the call now. A caller in need is worth more than his PRACK.
        _confirmed(core, call, now)

    state.pending = Unacknowledged(
        core.wire,
        data,
        transaction.destination,
        dialog.local,
        now,
        give_up,
        cap=float("inf"),
    )


def is_held_back(call: Call, sdp: bytes) -> bool:
    """Keep the owner's answer while a session description of ours is unconfirmed."""
    state = call.provisional
    if state is None or state.pending is None or not state.has_sdp:
        return False
    state.answer = sdp
    return True


def receive_prack(core: Core, call: Call, request: Request, now: float) -> bool:
    """Take a PRACK; say whether it confirms what is pending.

    :raises ParseError: RAck or the body cannot be read.
    """
    state = call.provisional
    words = (request.headers.get("RAck") or "").split()
    number = parse_number(words[0] if words else "", 2**32 - 1, "RAck")
    cseq = parse_number(words[1] if len(words) == 3 else "", 2**31 - 1, "RAck")
    if state is None or state.pending is None or words[2] != "INVITE":
        return False
    if number != state.rseq or cseq != call.invite_cseq:
        return False
    sdp = request.sdp_body()
    state.pending.stop()
    if state.has_sdp and call.remote_sdp is None and sdp is not None:
        # Ours was the offer, since their INVITE had none: here is the answer (section 5).
        call.remote_sdp = sdp
        core.emit(OfferAnswered(call.leg, sdp))
    if state.has_sdp and call.remote_sdp is not None:
        call.is_session_agreed = True
    return True


def after_prack(core: Core, call: Call, now: float) -> None:
    """Go on with what waited for the PRACK, once its own answer is on its way."""
    _confirmed(core, call, now)


def _confirmed(core: Core, call: Call, now: float) -> None:
    state = call.provisional
    if state is None:
        return
    state.pending = None
    state.rseq = state.rseq + 1 if state.rseq < _MAX_RSEQ else 1
    held, state.answer = state.answer, None
    waiting, state.next_one = state.next_one, None
    if held is not None:
        state.send_answer(held, now)
    elif waiting is not None:
        ring_reliably(core, call, waiting[0], waiting[1], now)
