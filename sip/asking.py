"""Requests inside a dialog, with one answer to a challenge (RFC 3261 sections 12.2.1, 22.2)."""

from __future__ import annotations

from collections.abc import Callable

from sip.calls import Call
from sip.client_transaction import ClientTransaction, Failure, InviteClientTransaction
from sip.core import Core
from sip.dialog import Dialog
from sip.message import Response
from sip.outgoing import HeaderLines

OnFinal = Callable[[Response | None, int, float], None]
"""Final response or `None`, its status, time. Without a response the status is ours: 408 when
nothing came at all, 504 when only provisional responses did, 503 without transport."""


def ask(
    core: Core,
    call: Call,
    dialog: Dialog,
    method: str,
    now: float,
    on_final: OnFinal,
    *,
    headers: HeaderLines = (),
    body: bytes = b"",
    content_type: str = "application/sdp",
) -> None:
    """Send a request in a dialog and tell what came of it, exactly once.

    Every 2xx is passed on when the method is INVITE: repeated ones want their ACK again.
    """
    challenges = 0
    is_heard = False

    def send(now: float, authorization: HeaderLines) -> None:
        destination = dialog.next_hop()
        number = str(dialog.local_cseq + 1)
        local = core.local_for(dialog, destination)
        request = dialog.request(
            method,
            branch=core.identifiers.branch(call.leg, dialog.remote_tag, method, number),
            sent_by=core.sent_by(local),
            transport=destination.transport,
            headers=headers + authorization,
            body=body,
            content_type=content_type,
        )
        core.ask(request, destination, local, now, on_response, on_failure)

    def on_response(transaction: ClientTransaction, response: Response, now: float) -> None:
        nonlocal challenges, is_heard
        if response.status < 200:
            is_heard = True
            if isinstance(transaction, InviteClientTransaction):
                # Inside a call nobody's phone rings: no final response means that it is lost.
                transaction.limit(now)
            return
        if response.status in (401, 407):
            answer = core.answer_challenge(call, transaction.request, response, challenges)
            challenges += 1
            if answer is not None:
                send(now, (answer,))
                return
        on_final(response, response.status, now)

    def on_failure(_transaction: ClientTransaction, why: Failure, now: float) -> None:
        on_final(None, 503 if why == "transport" else 504 if is_heard else 408, now)

    send(now, ())


def ignore(_response: Response | None, _status: int, _now: float) -> None:
    """Take any outcome for good."""
