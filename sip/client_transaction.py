"""The asking side of a transaction (RFC 3261 section 17.1)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from sip.endpoint import Endpoint
from sip.message import Response
from sip.outgoing import OutgoingRequest
from sip.timers import T1, T2, TIMER_B, TIMER_D, TIMER_F, TIMER_K, TIMER_M
from sip.transaction import (
    CLIENT,
    INVITE_CLIENT,
    Happening,
    State,
    Transaction,
    Wire,
)

Failure = Literal["timeout", "transport"]
OnResponse = Callable[["ClientTransaction", Response, float], None]
OnFailure = Callable[["ClientTransaction", Failure, float], None]


class ClientTransaction(Transaction):
    """A request of ours, other than INVITE and ACK.

    :param on_response: called with every response the user must see.
    :param on_failure: called at most once: no final response, or nowhere to send to.
    """

    __slots__ = ("_on_failure", "_on_response", "request")
    table = CLIENT
    resend_cap = T2
    first_state = State.TRYING
    give_up_time = TIMER_F

    def __init__(
        self,
        wire: Wire,
        request: OutgoingRequest,
        destination: Endpoint,
        local: Endpoint | None,
        on_response: OnResponse,
        on_failure: OnFailure,
    ) -> None:
        super().__init__(wire, self.first_state, destination, local)
        self.request = request
        self._on_response: OnResponse | None = on_response
        self._on_failure: OnFailure | None = on_failure

    @property
    def key(self) -> tuple[str, str]:
        """What responses are matched by: branch and method (section 17.1.3)."""
        return self.request.branch, self.request.method

    def start(self, data: bytes, now: float) -> None:
        """Send the request, which is `data` once written out."""
        self._last = data
        self._repeat(now, None)
        self._resend_time = T1
        self._resend_later(now, None)
        self._end_after(self.give_up_time, now)

    def receive(self, response: Response, now: float) -> None:
        """Take in a response that matches."""
        status = response.status
        if status < 200:
            self.happen(Happening.PROVISIONAL, now, response)
        elif status < 300:
            self.happen(Happening.SUCCESS, now, response)
        else:
            self.happen(Happening.REFUSAL, now, response)

    def _deliver(self, now: float, message: object) -> None:
        if self._on_response is not None and isinstance(message, Response):
            self._on_response(self, message, now)

    def _linger(self, now: float, _message: object) -> None:
        # Here, not at the end: what is left to do needs the octets, not the request.
        self._last = b""
        self._end_after(0.0 if self.is_reliable else TIMER_K, now)

    def _resend_later(self, now: float, message: object) -> None:
        if self.state is State.PROCEEDING:
            self._resend_time = T2  # section 17.1.2.2
        super()._resend_later(now, message)

    def _report_timeout(self, now: float, _message: object) -> None:
        if self._on_failure is not None:
            self._on_failure(self, "timeout", now)

    def _report_cut(self, now: float, _message: object) -> None:
        if self._on_failure is not None:
            self._on_failure(self, "transport", now)

    def _finish(self) -> None:
        super()._finish()
        # The user and the transaction refer to each other; do not leave that to the collector.
        self._on_response = self._on_failure = None


class InviteClientTransaction(ClientTransaction):
    """An INVITE of ours, first or within a dialog.

    A refusal is acknowledged at once (section 17.1.1.3), or, when the user says so, once he
    has written it down: until then the far end repeats it, also to the process that comes
    after a crash. Acknowledged and not yet written down, nobody would repeat it any more.
    """

    __slots__ = ("_held", "holds_refusal")
    table = INVITE_CLIENT
    resend_cap = float("inf")
    first_state = State.CALLING
    give_up_time = TIMER_B

    def __init__(
        self,
        wire: Wire,
        request: OutgoingRequest,
        destination: Endpoint,
        local: Endpoint | None,
        on_response: OnResponse,
        on_failure: OnFailure,
    ) -> None:
        super().__init__(wire, request, destination, local, on_response, on_failure)
        self.holds_refusal = False
        self._held: Response | None = None

    def go_on(self) -> None:
        """Wait for responses to what a process before us sent."""
        self.state = State.PROCEEDING

    def release(self) -> None:
        """Acknowledge a refusal that was held back, and from now on each at once."""
        self.holds_refusal = False
        if self._held is not None:
            held, self._held = self._held, None
            self._acknowledge(0.0, held)

    def limit(self, now: float) -> None:
        """Stop waiting 64 T1 from now: a CANCEL is on its way (section 9.1)."""
        if self.state in (State.CALLING, State.PROCEEDING):
            self._end_after(TIMER_B, now)

    def _resend_later(self, now: float, message: object) -> None:
        Transaction._resend_later(self, now, message)

    def _acknowledge(self, _now: float, message: object) -> None:
        if not isinstance(message, Response):
            return
        if self.holds_refusal:
            self._held = message
        else:
            to = message.headers.get("To") or self.request.to
            self._wire.send(self.request.ack(to), self.destination, self.local)

    def _linger(self, now: float, _message: object) -> None:
        self._last = b""
        if self.state is State.ACCEPTED:
            self._end_after(TIMER_M, now)
        else:
            self._end_after(0.0 if self.is_reliable else TIMER_D, now)
