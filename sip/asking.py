"""Requests inside a dialog, with an answer to a challenge (RFC 3261 sections 12.2.1, 22.2)."""

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
    asking = _Asking(core, call, dialog, method, on_final, headers, body, content_type)
    asking.send(now, ())


def ignore(_response: Response | None, _status: int, _now: float) -> None:
    """Take any outcome for good."""


class _Asking:
    """One question of ours, over all the transactions it takes to get it answered."""

    __slots__ = (
        "_body",
        "_call",
        "_content_type",
        "_core",
        "_dialog",
        "_headers",
        "_is_heard",
        "_method",
        "_on_final",
        "_tries",
    )

    def __init__(
        self,
        core: Core,
        call: Call,
        dialog: Dialog,
        method: str,
        on_final: OnFinal,
        headers: HeaderLines,
        body: bytes,
        content_type: str,
    ) -> None:
        self._core = core
        self._call = call
        self._dialog = dialog
        self._method = method
        self._on_final = on_final
        self._headers = headers
        self._body = body
        self._content_type = content_type
        self._tries = 0
        self._is_heard = False

    def send(self, now: float, authorization: HeaderLines) -> None:
        """Send the request, as the next one of its dialog."""
        core, dialog, method = self._core, self._dialog, self._method
        destination = dialog.next_hop()
        local = core.local_for(dialog, destination)
        number = str(dialog.local_cseq + 1)
        request = dialog.request(
            method,
            branch=core.identifiers.branch(self._call.leg, dialog.remote_tag, method, number),
            sent_by=core.sent_by(local),
            transport=destination.transport,
            headers=self._headers + authorization,
            body=self._body,
            content_type=self._content_type,
        )
        core.ask(request, destination, local, now, self._on_response, self._on_failure)

    def _on_response(
        self, transaction: ClientTransaction, response: Response, now: float
    ) -> None:
        if response.status < 200:
            self._is_heard = True
            if isinstance(transaction, InviteClientTransaction):
                # Inside a call nobody's phone rings: no final response means that it is lost.
                transaction.limit(now)
            return
        if response.status in (401, 407):
            answer = self._core.answer_challenge(
                self._call, transaction.request, response, self._tries
            )
            self._tries += 1
            if answer is not None:
                self.send(now, (answer,))
                return
        self._on_final(response, response.status, now)

    def _on_failure(self, _transaction: ClientTransaction, why: Failure, now: float) -> None:
        status = 503 if why == "transport" else 504 if self._is_heard else 408
        self._on_final(None, status, now)
