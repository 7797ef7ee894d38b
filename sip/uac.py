"""Calls we place: INVITE, its answers and forks, CANCEL (RFC 3261 sections 9.1 and 13.2)."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from sip import session_timer
from sip.asking import ask, ignore
from sip.calls import Call, CallState
from sip.client_transaction import ClientTransaction, Failure, InviteClientTransaction
from sip.core import ALLOWED, LINGER, SUPPORTED, Core, methods_of
from sip.dialog import Dialog, endpoint_of
from sip.ending import acknowledge, acknowledge_again, bye
from sip.endpoint import Endpoint
from sip.errors import ParseError
from sip.events import Answered, Ended, Refused, Ringing
from sip.grammar import parse_number
from sip.message import Response
from sip.offers import begin_session
from sip.outgoing import HeaderLines, OutgoingRequest, check_line
from sip.settings import Credentials
from sip.transaction import State
from sip.uri import Uri
from sip.values import NameAddr

_MAX_FORKS: Final = 16
_MAX_RETRIES: Final = 4


def invite(
    core: Core,
    leg: str,
    target: Uri,
    now: float,
    *,
    destination: Endpoint | None,
    from_: NameAddr,
    to: NameAddr | None,
    sdp: bytes | None,
    headers: HeaderLines,
    credentials: Credentials | None,
    timeout: float | None,
    is_sent: bool,
) -> None:
    """Place a call. The same leg and arguments always make the very same packet.

    :raises ValueError: a header of the owner would not be one line.
    """
    if core.calls.by_leg(leg) is not None:
        return
    destination = destination or endpoint_of(target)
    local = None if destination is None else core.socket_for(destination.transport)
    if destination is None or local is None:
        core.emit(Ended(leg, "transport", f"no way to send to {target}"))
        return
    make = core.identifiers
    local_tag = make.token("tag", leg)
    attempt = OutgoingRequest(
        "INVITE",
        str(target),
        destination.transport,
        core.sent_by(local),
        make.branch(leg, "INVITE", "1"),
        str(from_.with_tag(local_tag)),
        str(to or NameAddr("", target)),
        f"{make.token('call-id', leg)}@{core.settings.domain}",
        1,
        headers=_headers(core, local, sdp) + headers,
        body=sdp or b"",
    )
    call = Call(
        leg,
        attempt.call_id,
        local_tag,
        is_incoming=False,
        state=CallState.CALLING,
        peer=core.peer_at(destination, now),
        local=local,
    )
    call.local_sdp, call.credentials, call.destination = sdp, credentials, destination
    _send(core, call, attempt, now, is_sent=is_sent)
    core.calls.add(call)
    if timeout is not None:
        call.answer_timer = core.wire.timers.set(
            now + timeout, lambda now: _give_up(core, call, now)
        )


def _headers(core: Core, local: Endpoint, sdp: bytes | None) -> HeaderLines:
    settings = core.settings
    # Without an offer of ours, a reliable 183 would carry theirs and its PRACK our answer.
    supported = SUPPORTED if sdp is None else f"{SUPPORTED}, 100rel"
    headers: HeaderLines = (
        ("Contact", core.contact(local)),
        ("Allow", ALLOWED),
        ("Supported", supported),
    )
    if settings.product:
        headers += (("User-Agent", settings.product),)
    minimum = settings.min_session_expires
    return headers + session_timer.ask(settings.session_expires, minimum)


def _send(
    core: Core, call: Call, attempt: OutgoingRequest, now: float, *, is_sent: bool = False
) -> None:
    assert call.destination is not None  # noqa: S101  # set together with the first attempt

    def on_response(transaction: ClientTransaction, response: Response, now: float) -> None:
        call.client = transaction
        if response.status < 200:
            _receive_provisional(core, call, response, now)
        elif response.status < 300:
            receive_success(core, call, response, now)
        elif not call.is_ended:
            _receive_refusal(core, call, response, now)
        else:
            confirm_refusal(call)

    def on_failure(_transaction: ClientTransaction, why: Failure, now: float) -> None:
        text = "no reply" if why == "timeout" else "could not be sent"
        core.end(call, Ended(call.leg, why, text), now)

    way, holds = (call.destination, call.local), core.settings.holds_refusals
    transaction = core.ask(
        attempt, *way, now, on_response, on_failure, holds_refusal=holds, is_sent=is_sent
    )
    call.attempt = attempt
    call.client = transaction if is_sent else None


def _try_again(core: Core, call: Call, headers: HeaderLines, now: float) -> None:
    """Send the INVITE once more, with other headers, as a new transaction (8.1.3.5)."""
    confirm_refusal(call)
    attempt = call.attempt
    assert attempt is not None  # noqa: S101
    number = attempt.cseq + 1
    names = {name for name, _ in headers}
    kept = tuple(line for line in attempt.headers if line[0] not in names)
    branch = core.identifiers.branch(call.leg, "INVITE", str(number))
    again = replace(attempt, cseq=number, branch=branch, headers=kept + headers)
    _send(core, call, again, now)


def _receive_provisional(core: Core, call: Call, response: Response, now: float) -> None:
    if call.is_ended or call.is_withdrawn:
        cancel(core, call, now)
        return
    tag = response.to.tag
    if response.status == 100 or tag is None or call.state is not CallState.CALLING:
        return
    dialog = call.early.get(tag)
    if dialog is None:
        if len(call.early) >= _MAX_FORKS:
            return
        dialog = call.early[tag] = _make_dialog(core, call, response)
    if "100rel" in response.require and not _confirm_reliable(
        core, call, dialog, response, now
    ):
        return
    sdp = response.sdp_body()
    if sdp is not None:
        call.early_sdp[tag] = sdp
    if (response.status, sdp) != call.last_ringing:
        call.last_ringing = (response.status, sdp)
        core.emit(Ringing(call.leg, response.status, sdp))


def _confirm_reliable(
    core: Core, call: Call, dialog: Dialog, response: Response, now: float
) -> bool:
    """Send PRACK (RFC 3262 section 4); say no to a repeated or overtaking response."""
    number = parse_number(response.headers.get("RSeq") or "", 2**32 - 1, "RSeq")
    last = call.reliable_seen.get(dialog.remote_tag)
    if last is not None and number != last + 1:
        return False
    call.reliable_seen[dialog.remote_tag] = number
    rack = f"{number} {response.cseq.number} {response.cseq.method}"
    ask(core, call, dialog, "PRACK", now, ignore, headers=(("RAck", rack),))
    return True


def _make_dialog(core: Core, call: Call, response: Response) -> Dialog:
    assert call.attempt is not None  # noqa: S101
    assert call.destination is not None  # noqa: S101
    client = call.client
    return Dialog.from_response(
        call.attempt,
        response,
        call.local_tag,
        peer=call.peer,
        source=client.destination if client is not None else call.destination,
        local=call.local,
        local_contact=core.contact(call.local),
    )


def receive_success(core: Core, call: Call, response: Response, now: float) -> None:
    """Take in a 2xx to the INVITE that began the call: the first, again, or of a fork."""
    tag, number = response.to.tag or "", response.cseq.number
    if acknowledge_again(core, call, tag, number):
        return
    dialog = call.dialog
    if call.state is CallState.CALLING:
        _confirm(core, call, response, now)
        return
    is_extra = dialog is None or dialog.remote_tag != tag
    if is_extra and call.attempt is not None and len(call.acks) < _MAX_FORKS:
        # Another branch of a fork picked up too, or the answer crossed our CANCEL.
        extra = call.early.pop(tag, None) or _make_dialog(core, call, response)
        extra.confirm(call.attempt, response)
        acknowledge(core, call, extra, number, now)
        bye(core, call, extra, now, call.reason)


def _confirm(core: Core, call: Call, response: Response, now: float) -> None:
    assert call.attempt is not None  # noqa: S101
    tag = response.to.tag or ""
    dialog = call.early.pop(tag, None) or _make_dialog(core, call, response)
    dialog.confirm(call.attempt, response)
    dialog.local_cseq = max(dialog.local_cseq, response.cseq.number)
    call.dialog = dialog
    core.calls.move(call, dialog.source)
    call.early.clear()
    call.state = CallState.ANSWERED
    call.invite_cseq = response.cseq.number
    call.session = session_timer.agreed(response)
    call.peer_allows = methods_of(response)
    try:
        sdp = response.sdp_body()
    except ParseError:
        sdp = None  # the call stands: the far end thinks that it is up
    # A 2xx may leave out what a provisional response already said (RFC 3261 section 13.2.1).
    call.remote_sdp = sdp or call.early_sdp.get(tag)
    call.early_sdp.clear()
    guard_answer(core, call, now)
    core.emit(Answered(call.leg, call.remote_sdp, response))


def guard_answer(core: Core, call: Call, now: float) -> None:
    """End the call if the owner has not taken the answer up when the far end gives up."""
    if call.answer_timer is not None:
        call.answer_timer.stop()
    call.answer_timer = core.wire.timers.set(
        now + LINGER, lambda now: _owner_is_silent(core, call, now)
    )


def confirm_answer(core: Core, call: Call, now: float, sdp: bytes | None) -> None:
    """Carry out the owner's `acknowledge`."""
    if call.is_incoming or call.state is not CallState.ANSWERED or call.dialog is None:
        return
    if call.answer_timer is not None:
        call.answer_timer.stop()
        call.answer_timer = None
    call.state = CallState.UP
    call.is_session_agreed = True
    if sdp is not None:
        call.local_sdp = sdp
    acknowledge(core, call, call.dialog, call.invite_cseq, now, sdp)
    begin_session(core, call, now)


def _owner_is_silent(core: Core, call: Call, now: float) -> None:
    if call.state is CallState.ANSWERED and call.dialog is not None:
        dialog, number = call.dialog, call.invite_cseq
        core.end(call, Ended(call.leg, "no_ack", "the answer was never taken up"), now)
        acknowledge(core, call, dialog, number, now)
        bye(core, call, dialog, now)


def _receive_refusal(core: Core, call: Call, response: Response, now: float) -> None:
    attempt = call.attempt
    assert attempt is not None  # noqa: S101
    if response.status in (401, 407):
        answer = core.answer_challenge(call, attempt, response, call.challenges)
        call.challenges += 1
        if answer is not None:
            call.authorization = answer
            _try_again(core, call, (answer,), now)
            return
    if response.status == 422 and attempt.cseq < _MAX_RETRIES:
        minimum = _number_in(response, "Min-SE")
        if minimum is not None:
            _try_again(core, call, session_timer.ask(minimum, minimum), now)
            return
    retry_after = _number_in(response, "Retry-After")
    cause = ", ".join(response.headers.get_all("Reason"))
    core.end(call, Refused(call.leg, response.status, response.reason, cause, retry_after), now)


def confirm_refusal(call: Call) -> None:
    """Acknowledge the far end's refusal, if that was held back."""
    if isinstance(call.client, InviteClientTransaction):
        call.client.release()


def _number_in(response: Response, name: str) -> float | None:
    """Return the seconds in a header, without comment and parameters; `None` if unreadable."""
    value = (response.headers.get(name) or "").partition(";")[0].partition("(")[0]
    try:
        return float(parse_number(value.strip(" \t"), 2**31, name))
    except ParseError:
        return None


def _give_up(core: Core, call: Call, now: float) -> None:
    if call.state is CallState.CALLING:
        core.end(call, Refused(call.leg, 408, "Request Timeout", ""), now)
        cancel(core, call, now)


def withdraw(core: Core, call: Call, now: float, reason: str | None) -> None:
    """Cancel a call that rings; its end is told when the far end has said which one it was.

    An answer that crosses the CANCEL is told as one (RFC 3261 section 9.1: the UAS may have
    answered already), and the owner decides.

    :raises ValueError: `reason` is not one line.
    """
    if call.state is not CallState.CALLING:
        return
    call.reason = None if reason is None else check_line(reason)
    call.is_withdrawn = True
    cancel(core, call, now)


def cancel(core: Core, call: Call, now: float) -> None:
    """Send CANCEL, as soon as the far end has shown that it knows the INVITE (9.1)."""
    client = call.client
    is_known = isinstance(client, InviteClientTransaction) and client.state is State.PROCEEDING
    if not is_known or call.is_cancelled:
        return
    call.is_cancelled = True
    assert isinstance(client, InviteClientTransaction)  # noqa: S101
    headers: HeaderLines = (("Reason", call.reason),) if call.reason else ()
    request = client.request.cancel(headers)
    core.transactions.ask(
        request, bytes(request), client.destination, client.local, now, _unused, _unused
    )
    client.limit(now)


def _unused(_transaction: object, _outcome: object, _now: float) -> None:
    """Take any outcome of a CANCEL: the INVITE's own final response is what counts."""
