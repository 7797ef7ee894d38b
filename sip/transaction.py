"""Transactions: who resends what, and until when (RFC 3261 section 17, RFC 6026).

The theory is in four tables, one for each kind of transaction. A table says, for a state
and for something that happens in it, which state follows and what is done on the way.
What a table does not mention is ignored in that state, on purpose: the network repeats,
reorders and forges. State changes first, then the actions run in the order written.

Each transaction has two timers only. `RESEND_DUE` is timer A, E or G, and exists over
datagrams alone. `END_DUE` is timer B, F or H before a final response, and D, I, J, K, L or
M after it; the state says which.

    INVITE, client      CALLING -1xx-> PROCEEDING -2xx-> ACCEPTED -M-> TERMINATED
    (figure 5)                                    -3xx…-> COMPLETED -D-> TERMINATED
    INVITE, server      PROCEEDING -2xx-> ACCEPTED -L-> TERMINATED
    (figure 7)                     -3xx…-> COMPLETED -ACK-> CONFIRMED -I-> TERMINATED
    others, client      TRYING -1xx-> PROCEEDING -final-> COMPLETED -K-> TERMINATED
    (figure 6)
    others, server      TRYING -1xx-> PROCEEDING -final-> COMPLETED -J-> TERMINATED
    (figure 8)

The 2xx to an INVITE is not resent here: that goes from end to end and belongs to the
dialog (section 13.3.1.4). ACCEPTED only swallows repeated INVITEs, and lets repeated and
forked 2xx through.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import ClassVar, Final

from sip.endpoint import Endpoint, Packet
from sip.timers import Timer, TimerQueue


class State(StrEnum):
    """Where a transaction is."""

    CALLING = "calling"
    TRYING = "trying"
    PROCEEDING = "proceeding"
    ACCEPTED = "accepted"
    COMPLETED = "completed"
    CONFIRMED = "confirmed"
    TERMINATED = "terminated"


class Happening(StrEnum):
    """What can happen to a transaction."""

    PROVISIONAL = "1xx received"
    SUCCESS = "2xx received"
    REFUSAL = "3xx-6xx received"
    REQUEST = "request received again"
    ACK = "ACK received"
    SEND_PROVISIONAL = "1xx to send"
    SEND_SUCCESS = "2xx to send"
    SEND_REFUSAL = "3xx-6xx to send"
    RESEND_DUE = "timer A, E or G"
    END_DUE = "timer B, D, F, H, I, J, K, L or M"
    CUT = "transport failed"


class Action(StrEnum):
    """What a transaction does on a step."""

    DELIVER = "deliver to the user"
    SEND = "send"
    REPEAT = "send the last message again"
    RESEND_LATER = "start A, E or G"
    LINGER = "start D, I, J, K, L or M"
    AWAIT_ACK = "start H"
    ACKNOWLEDGE = "send ACK"
    STOP_TIMERS = "stop timers"
    STOP_RESENDING = "stop A, E or G"
    REPORT_TIMEOUT = "tell the user: timeout"
    REPORT_CUT = "tell the user: transport failed"


_S, _H, _A = State, Happening, Action
Step = tuple[State, tuple[Action, ...]]
Table = Mapping[State, Mapping[Happening, Step]]

INVITE_CLIENT: Final[Table] = {
    _S.CALLING: {
        _H.PROVISIONAL: (_S.PROCEEDING, (_A.STOP_TIMERS, _A.DELIVER)),
        _H.SUCCESS: (_S.ACCEPTED, (_A.STOP_TIMERS, _A.DELIVER, _A.LINGER)),
        _H.REFUSAL: (_S.COMPLETED, (_A.STOP_TIMERS, _A.ACKNOWLEDGE, _A.DELIVER, _A.LINGER)),
        _H.RESEND_DUE: (_S.CALLING, (_A.REPEAT, _A.RESEND_LATER)),
        _H.END_DUE: (_S.TERMINATED, (_A.REPORT_TIMEOUT,)),
        _H.CUT: (_S.TERMINATED, (_A.REPORT_CUT,)),
    },
    _S.PROCEEDING: {
        _H.PROVISIONAL: (_S.PROCEEDING, (_A.DELIVER,)),
        _H.SUCCESS: (_S.ACCEPTED, (_A.STOP_TIMERS, _A.DELIVER, _A.LINGER)),
        _H.REFUSAL: (_S.COMPLETED, (_A.STOP_TIMERS, _A.ACKNOWLEDGE, _A.DELIVER, _A.LINGER)),
        _H.END_DUE: (_S.TERMINATED, (_A.REPORT_TIMEOUT,)),
    },
    _S.ACCEPTED: {
        _H.SUCCESS: (_S.ACCEPTED, (_A.DELIVER,)),
        _H.END_DUE: (_S.TERMINATED, ()),
    },
    _S.COMPLETED: {
        _H.REFUSAL: (_S.COMPLETED, (_A.ACKNOWLEDGE,)),
        _H.END_DUE: (_S.TERMINATED, ()),
        _H.CUT: (_S.TERMINATED, ()),
    },
    _S.TERMINATED: {},
}
"END_DUE in PROCEEDING is the limit after a CANCEL (section 9.1); RFC 3261 has no other."

CLIENT: Final[Table] = {
    _S.TRYING: {
        _H.PROVISIONAL: (_S.PROCEEDING, (_A.DELIVER,)),
        _H.SUCCESS: (_S.COMPLETED, (_A.STOP_TIMERS, _A.DELIVER, _A.LINGER)),
        _H.REFUSAL: (_S.COMPLETED, (_A.STOP_TIMERS, _A.DELIVER, _A.LINGER)),
        _H.RESEND_DUE: (_S.TRYING, (_A.REPEAT, _A.RESEND_LATER)),
        _H.END_DUE: (_S.TERMINATED, (_A.STOP_TIMERS, _A.REPORT_TIMEOUT)),
        _H.CUT: (_S.TERMINATED, (_A.REPORT_CUT,)),
    },
    _S.PROCEEDING: {
        _H.PROVISIONAL: (_S.PROCEEDING, (_A.DELIVER,)),
        _H.SUCCESS: (_S.COMPLETED, (_A.STOP_TIMERS, _A.DELIVER, _A.LINGER)),
        _H.REFUSAL: (_S.COMPLETED, (_A.STOP_TIMERS, _A.DELIVER, _A.LINGER)),
        _H.RESEND_DUE: (_S.PROCEEDING, (_A.REPEAT, _A.RESEND_LATER)),
        _H.END_DUE: (_S.TERMINATED, (_A.STOP_TIMERS, _A.REPORT_TIMEOUT)),
        _H.CUT: (_S.TERMINATED, (_A.REPORT_CUT,)),
    },
    _S.COMPLETED: {
        _H.END_DUE: (_S.TERMINATED, ()),
    },
    _S.TERMINATED: {},
}

INVITE_SERVER: Final[Table] = {
    _S.PROCEEDING: {
        _H.REQUEST: (_S.PROCEEDING, (_A.REPEAT,)),
        _H.SEND_PROVISIONAL: (_S.PROCEEDING, (_A.SEND,)),
        _H.SEND_SUCCESS: (_S.ACCEPTED, (_A.SEND, _A.LINGER)),
        _H.SEND_REFUSAL: (_S.COMPLETED, (_A.SEND, _A.RESEND_LATER, _A.AWAIT_ACK)),
    },
    _S.ACCEPTED: {
        _H.ACK: (_S.ACCEPTED, (_A.DELIVER,)),
        _H.SEND_SUCCESS: (_S.ACCEPTED, (_A.SEND,)),
        _H.END_DUE: (_S.TERMINATED, ()),
    },
    _S.COMPLETED: {
        _H.REQUEST: (_S.COMPLETED, (_A.REPEAT,)),
        _H.ACK: (_S.CONFIRMED, (_A.STOP_TIMERS, _A.LINGER)),
        _H.RESEND_DUE: (_S.COMPLETED, (_A.REPEAT, _A.RESEND_LATER)),
        _H.END_DUE: (_S.TERMINATED, (_A.STOP_TIMERS,)),
        _H.CUT: (_S.COMPLETED, (_A.STOP_RESENDING,)),
    },
    _S.CONFIRMED: {
        _H.END_DUE: (_S.TERMINATED, ()),
    },
    _S.TERMINATED: {},
}

SERVER: Final[Table] = {
    _S.TRYING: {
        _H.SEND_PROVISIONAL: (_S.PROCEEDING, (_A.SEND,)),
        _H.SEND_SUCCESS: (_S.COMPLETED, (_A.STOP_TIMERS, _A.SEND, _A.LINGER)),
        _H.SEND_REFUSAL: (_S.COMPLETED, (_A.STOP_TIMERS, _A.SEND, _A.LINGER)),
        _H.END_DUE: (_S.TERMINATED, ()),
    },
    _S.PROCEEDING: {
        _H.REQUEST: (_S.PROCEEDING, (_A.REPEAT,)),
        _H.SEND_PROVISIONAL: (_S.PROCEEDING, (_A.SEND,)),
        _H.SEND_SUCCESS: (_S.COMPLETED, (_A.STOP_TIMERS, _A.SEND, _A.LINGER)),
        _H.SEND_REFUSAL: (_S.COMPLETED, (_A.STOP_TIMERS, _A.SEND, _A.LINGER)),
        _H.END_DUE: (_S.TERMINATED, ()),
    },
    _S.COMPLETED: {
        _H.REQUEST: (_S.COMPLETED, (_A.REPEAT,)),
        _H.END_DUE: (_S.TERMINATED, ()),
    },
    _S.TERMINATED: {},
}
"""END_DUE before a final response: the client gave up after 64 T1 and an answer would only
be noise (RFC 4320); without it a request that our side never answers would stay for ever."""


class Wire:
    """What transactions and dialogs share: the packets to send and the timers."""

    __slots__ = ("outbox", "timers")

    def __init__(self) -> None:
        self.outbox: list[Packet] = []
        self.timers = TimerQueue()

    def send(self, data: bytes, destination: Endpoint, local: Endpoint | None) -> None:
        """Put a message among the packets to send."""
        self.outbox.append(Packet(data, destination, local))


class Transaction:
    """What the four kinds have in common: a state, a table, two timers.

    A kind names its `table` and has one method for each action the table uses.
    """

    __slots__ = (
        "_end",
        "_forget",
        "_last",
        "_resend",
        "_resend_time",
        "_wire",
        "destination",
        "local",
        "state",
    )
    table: ClassVar[Table] = {}
    resend_cap: ClassVar[float] = float("inf")
    _steps: ClassVar[
        dict[State, dict[Happening, tuple[State, tuple[Callable[..., None], ...]]]]
    ] = {}

    def __init_subclass__(cls) -> None:
        """Bind the actions of the kind's table to its methods, once."""
        cls._steps = {
            state: {
                happening: (after, tuple(getattr(cls, f"_{a.name.lower()}") for a in actions))
                for happening, (after, actions) in row.items()
            }
            for state, row in cls.table.items()
        }

    def __init__(
        self, wire: Wire, state: State, destination: Endpoint, local: Endpoint | None
    ) -> None:
        self._wire = wire
        self.state = state
        self.destination = destination
        self.local = local
        self._last = b""
        self._resend: Timer | None = None
        self._resend_time = 0.0
        self._end: Timer | None = None
        self._forget: Callable[[], None] | None = None

    @property
    def is_over(self) -> bool:
        """Whether it can be forgotten."""
        return self.state is State.TERMINATED

    @property
    def is_reliable(self) -> bool:
        """Whether the transport itself repeats what was lost."""
        return self.destination.transport != "udp"

    def happen(self, happening: Happening, now: float, message: object = None) -> None:
        """Take one step of the table; nothing, if the table has none."""
        step = self._steps[self.state].get(happening)
        if step is None:
            return
        self.state, actions = step
        for action in actions:
            action(self, now, message)
        if self.state is State.TERMINATED:
            self._finish()

    def cut(self, now: float) -> None:
        """Take notice that what was sent could not be delivered (section 17.1.4)."""
        self.happen(Happening.CUT, now)

    def when_over(self, forget: Callable[[], None]) -> None:
        """Have `forget` called once, when the transaction has ended."""
        self._forget = forget

    def _finish(self) -> None:
        self._stop_timers(0.0, None)
        if self._forget is not None:
            forget, self._forget = self._forget, None
            forget()

    def _repeat(self, _now: float, _message: object) -> None:
        if self._last:
            self._wire.outbox.append(Packet(self._last, self.destination, self.local))

    def _resend_later(self, now: float, _message: object) -> None:
        if not self.is_reliable:
            at = now + self._resend_time
            self._resend_time = min(2 * self._resend_time, self.resend_cap)
            self._resend = self._wire.timers.set(at, self._resend_due)

    def _end_after(self, delay: float, now: float) -> None:
        if self._end is not None:
            self._end.stop()
        if delay > 0:
            self._end = self._wire.timers.set(now + delay, self._end_due)
        else:
            self.happen(Happening.END_DUE, now)

    def _stop_timers(self, _now: float, _message: object) -> None:
        self._stop_resending(_now, _message)
        if self._end is not None:
            self._end.stop()
            self._end = None

    def _stop_resending(self, _now: float, _message: object) -> None:
        if self._resend is not None:
            self._resend.stop()
            self._resend = None

    def _resend_due(self, now: float) -> None:
        self._resend = None
        self.happen(Happening.RESEND_DUE, now)

    def _end_due(self, now: float) -> None:
        self._end = None
        self.happen(Happening.END_DUE, now)
