"""The answering side of a transaction (RFC 3261 section 17.2)."""

from __future__ import annotations

from collections.abc import Callable

from sip.endpoint import Endpoint
from sip.message import Request
from sip.timers import T1, T2, T4, TIMER_H, TIMER_J, TIMER_L
from sip.transaction import (
    INVITE_SERVER,
    SERVER,
    Happening,
    State,
    Transaction,
    Wire,
)

OnRequest = Callable[[Request, float], None]


class ServerTransaction(Transaction):
    """A request of theirs, other than INVITE and ACK.

    :param destination: where the responses go: the address the request came from.
    :param local: the socket it came to, which the responses leave from.
    """

    __slots__ = ("source", "status")
    table = SERVER
    first_state = State.TRYING

    def __init__(
        self, wire: Wire, source: Endpoint, destination: Endpoint, local: Endpoint
    ) -> None:
        super().__init__(wire, self.first_state, destination, local)
        self.source = source
        self.status = 0
        "Of the last response; 0 before the first."

    @property
    def is_answered(self) -> bool:
        """Whether a final response was given."""
        return self.status >= 200

    def start(self, now: float) -> None:
        """Begin to wait for our side's answer."""
        self._end_after(TIMER_J, now)

    def receive(self, now: float) -> None:
        """Take in the same request again."""
        self.happen(Happening.REQUEST, now)

    def respond(self, status: int, response: bytes, now: float) -> bool:
        """Send a response; return `False` and send nothing if it comes too late.

        Too late is not an error: the answer and the caller's CANCEL cross all the time.
        """
        if self.is_answered or self.is_over:
            return False
        self.status = status
        if status < 200:
            self.happen(Happening.SEND_PROVISIONAL, now, response)
        elif status < 300:
            self.happen(Happening.SEND_SUCCESS, now, response)
        else:
            self.happen(Happening.SEND_REFUSAL, now, response)
        return True

    def _send(self, now: float, message: object) -> None:
        if isinstance(message, bytes):
            self._last = message
            self._repeat(now, None)

    def _linger(self, now: float, _message: object) -> None:
        self._end_after(0.0 if self.is_reliable else TIMER_J, now)


class InviteServerTransaction(ServerTransaction):
    """An INVITE of theirs.

    :ivar on_ack: called with the ACK of a 2xx that came with the INVITE's own branch, as
        some phones send it; a right one has a branch of its own and comes by the dialog.
    :ivar to_tag: our tag in its responses, for the answer to a CANCEL (section 9.2).
    :ivar on_cancel: called with a CANCEL that came before the final response.
    """

    __slots__ = ("on_ack", "on_cancel", "to_tag")
    table = INVITE_SERVER
    resend_cap = T2
    first_state = State.PROCEEDING

    def __init__(
        self, wire: Wire, source: Endpoint, destination: Endpoint, local: Endpoint
    ) -> None:
        super().__init__(wire, source, destination, local)
        self.to_tag: str | None = None
        self.on_ack: OnRequest | None = None
        self.on_cancel: OnRequest | None = None

    def start(self, now: float) -> None:
        """Wait as long as it takes: a call rings until somebody answers or gives up."""

    def accepted_elsewhere(self, now: float) -> None:
        """Know that a 2xx was given by a process which is no more, and absorb the rest."""
        self.status, self.state = 200, State.ACCEPTED
        self._end_after(TIMER_L, now)

    def receive_ack(self, ack: Request, now: float) -> None:
        """Take in an ACK with this branch."""
        self.happen(Happening.ACK, now, ack)

    def receive_cancel(self, cancel: Request, now: float) -> None:
        """Take in a CANCEL with this branch; after the final response it changes nothing."""
        if not self.is_answered and self.on_cancel is not None:
            self.on_cancel(cancel, now)

    def _deliver(self, now: float, message: object) -> None:
        if self.on_ack is not None and isinstance(message, Request):
            self.on_ack(message, now)

    def _send(self, now: float, message: object) -> None:
        super()._send(now, message)
        self._resend_time = T1

    def _await_ack(self, now: float, _message: object) -> None:
        self._end_after(TIMER_H, now)

    def _linger(self, now: float, _message: object) -> None:
        if self.state is State.ACCEPTED:
            self._last = b""  # the dialog resends the 2xx
            self._end_after(TIMER_L, now)
        else:
            self._end_after(0.0 if self.is_reliable else T4, now)

    def _finish(self) -> None:
        super()._finish()
        self.on_ack = self.on_cancel = None
