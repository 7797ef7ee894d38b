"""Every state of every kind of transaction meets everything that can happen to it.

The expectations are written from RFC 3261 figures 5 to 8 and RFC 6026 section 7, not from
the tables of `sip.transaction`: what is not listed here must do nothing at all.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from sip.client_transaction import ClientTransaction, InviteClientTransaction
from sip.endpoint import Endpoint
from sip.message import Request, Response, parse
from sip.outgoing import OutgoingRequest
from sip.server_transaction import InviteServerTransaction, ServerTransaction
from sip.transaction import (
    CLIENT,
    INVITE_CLIENT,
    INVITE_SERVER,
    SERVER,
    Action,
    Happening,
    State,
    Table,
    Transaction,
    Wire,
)

FAR = Endpoint("udp", "198.51.100.1", 5060)
NEAR = Endpoint("udp", "192.0.2.1", 5060)
NOW = 100.0


def outgoing(method: str = "INVITE") -> OutgoingRequest:
    return OutgoingRequest(
        method,
        "sip:a@198.51.100.1",
        "udp",
        "192.0.2.1:5060",
        "z9hG4bKtest",
        "<sip:b@192.0.2.1>;tag=b",
        "<sip:a@198.51.100.1>",
        "call@192.0.2.1",
        7,
    )


def response(status: int, method: str = "INVITE") -> Response:
    text = (
        f"SIP/2.0 {status} X\r\nVia: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKtest\r\n"
        "From: <sip:b@192.0.2.1>;tag=b\r\nTo: <sip:a@198.51.100.1>;tag=theirs\r\n"
        f"Call-ID: call@192.0.2.1\r\nCSeq: 7 {method}\r\nContent-Length: 0\r\n\r\n"
    )
    found = parse(text.encode())
    assert isinstance(found, Response)
    return found


def ack() -> Request:
    found = parse(outgoing().ack("<sip:a@198.51.100.1>;tag=x"))
    assert isinstance(found, Request)
    return found


@dataclass
class Watched:
    """A transaction, and what it did."""

    transaction: Transaction
    wire: Wire
    delivered: list[object] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    def effects(self) -> str:
        """Return in words what happened since the last time."""
        words = []
        for packet in self.wire.outbox:
            words.append("ack" if packet.data.startswith(b"ACK") else "send")
        words += ["deliver"] * len(self.delivered)
        words += self.failures
        self.wire.outbox.clear()
        self.delivered.clear()
        self.failures.clear()
        return " ".join(words)


def make_client(method: str, far: Endpoint = FAR) -> Watched:
    wire = Wire()
    kind = InviteClientTransaction if method == "INVITE" else ClientTransaction
    watched: Watched
    transaction = kind(
        wire,
        outgoing(method),
        far,
        NEAR,
        lambda _t, r, _n: watched.delivered.append(r),
        lambda _t, why, _n: watched.failures.append(why),
    )
    watched = Watched(transaction, wire)
    transaction.start(bytes(outgoing(method)), NOW)
    assert watched.effects() == "send"
    return watched


def make_server(kind: type[ServerTransaction], far: Endpoint = FAR) -> Watched:
    wire = Wire()
    transaction = kind(wire, far, far, NEAR)
    watched = Watched(transaction, wire)
    if isinstance(transaction, InviteServerTransaction):
        transaction.on_ack = lambda request, _now: watched.delivered.append(request)
    transaction.start(NOW)
    return watched


def reach(watched: Watched, path: list[tuple[Happening, object]]) -> None:
    for happening, message in path:
        watched.transaction.happen(happening, NOW, message)
    watched.effects()


H, S = Happening, State
PROVISIONAL = (H.PROVISIONAL, response(180))
SUCCESS = (H.SUCCESS, response(200))
REFUSAL = (H.REFUSAL, response(486))
SEND_1XX = (H.SEND_PROVISIONAL, b"SIP/2.0 180 ")
SEND_2XX = (H.SEND_SUCCESS, b"SIP/2.0 200 ")
SEND_4XX = (H.SEND_REFUSAL, b"SIP/2.0 486 ")
END = (H.END_DUE, None)

Path = list[tuple[Happening, object]]
Expected = dict[Happening, tuple[State, str]]


@dataclass
class Kind:
    """One kind of transaction: how to make it, how to get where, what is expected there."""

    name: str
    make: Callable[[], Watched]
    table: Table
    ways: dict[State, Path]
    expected: dict[State, Expected]


INVITE_CLIENT_KIND = Kind(
    "INVITE client",
    lambda: make_client("INVITE"),
    INVITE_CLIENT,
    {
        S.CALLING: [],
        S.PROCEEDING: [PROVISIONAL],
        S.ACCEPTED: [SUCCESS],
        S.COMPLETED: [REFUSAL],
        S.TERMINATED: [SUCCESS, END],
    },
    {
        S.CALLING: {
            H.PROVISIONAL: (S.PROCEEDING, "deliver"),
            H.SUCCESS: (S.ACCEPTED, "deliver"),
            H.REFUSAL: (S.COMPLETED, "ack deliver"),
            H.RESEND_DUE: (S.CALLING, "send"),
            H.END_DUE: (S.TERMINATED, "timeout"),
            H.CUT: (S.TERMINATED, "transport"),
        },
        S.PROCEEDING: {
            H.PROVISIONAL: (S.PROCEEDING, "deliver"),
            H.SUCCESS: (S.ACCEPTED, "deliver"),
            H.REFUSAL: (S.COMPLETED, "ack deliver"),
            H.END_DUE: (S.TERMINATED, "timeout"),
        },
        S.ACCEPTED: {
            H.SUCCESS: (S.ACCEPTED, "deliver"),
            H.END_DUE: (S.TERMINATED, ""),
        },
        S.COMPLETED: {
            H.REFUSAL: (S.COMPLETED, "ack"),
            H.END_DUE: (S.TERMINATED, ""),
            H.CUT: (S.TERMINATED, ""),
        },
        S.TERMINATED: {},
    },
)
CLIENT_KIND = Kind(
    "client",
    lambda: make_client("OPTIONS"),
    CLIENT,
    {
        S.TRYING: [],
        S.PROCEEDING: [PROVISIONAL],
        S.COMPLETED: [SUCCESS],
        S.TERMINATED: [SUCCESS, END],
    },
    {
        S.TRYING: {
            H.PROVISIONAL: (S.PROCEEDING, "deliver"),
            H.SUCCESS: (S.COMPLETED, "deliver"),
            H.REFUSAL: (S.COMPLETED, "deliver"),
            H.RESEND_DUE: (S.TRYING, "send"),
            H.END_DUE: (S.TERMINATED, "timeout"),
            H.CUT: (S.TERMINATED, "transport"),
        },
        S.PROCEEDING: {
            H.PROVISIONAL: (S.PROCEEDING, "deliver"),
            H.SUCCESS: (S.COMPLETED, "deliver"),
            H.REFUSAL: (S.COMPLETED, "deliver"),
            H.RESEND_DUE: (S.PROCEEDING, "send"),
            H.END_DUE: (S.TERMINATED, "timeout"),
            H.CUT: (S.TERMINATED, "transport"),
        },
        S.COMPLETED: {H.END_DUE: (S.TERMINATED, "")},
        S.TERMINATED: {},
    },
)
INVITE_SERVER_KIND = Kind(
    "INVITE server",
    lambda: make_server(InviteServerTransaction),
    INVITE_SERVER,
    {
        S.PROCEEDING: [SEND_1XX],
        S.ACCEPTED: [SEND_2XX],
        S.COMPLETED: [SEND_4XX],
        S.CONFIRMED: [SEND_4XX, (H.ACK, ack())],
        S.TERMINATED: [SEND_2XX, END],
    },
    {
        S.PROCEEDING: {
            H.REQUEST: (S.PROCEEDING, "send"),
            H.SEND_PROVISIONAL: (S.PROCEEDING, "send"),
            H.SEND_SUCCESS: (S.ACCEPTED, "send"),
            H.SEND_REFUSAL: (S.COMPLETED, "send"),
        },
        S.ACCEPTED: {
            H.ACK: (S.ACCEPTED, "deliver"),
            H.SEND_SUCCESS: (S.ACCEPTED, "send"),
            H.END_DUE: (S.TERMINATED, ""),
        },
        S.COMPLETED: {
            H.REQUEST: (S.COMPLETED, "send"),
            H.ACK: (S.CONFIRMED, ""),
            H.RESEND_DUE: (S.COMPLETED, "send"),
            H.END_DUE: (S.TERMINATED, ""),
            H.CUT: (S.COMPLETED, ""),
        },
        S.CONFIRMED: {H.END_DUE: (S.TERMINATED, "")},
        S.TERMINATED: {},
    },
)
SERVER_KIND = Kind(
    "server",
    lambda: make_server(ServerTransaction),
    SERVER,
    {
        S.TRYING: [],
        S.PROCEEDING: [SEND_1XX],
        S.COMPLETED: [SEND_2XX],
        S.TERMINATED: [SEND_2XX, END],
    },
    {
        S.TRYING: {
            H.SEND_PROVISIONAL: (S.PROCEEDING, "send"),
            H.SEND_SUCCESS: (S.COMPLETED, "send"),
            H.SEND_REFUSAL: (S.COMPLETED, "send"),
            H.END_DUE: (S.TERMINATED, ""),
        },
        S.PROCEEDING: {
            H.REQUEST: (S.PROCEEDING, "send"),
            H.SEND_PROVISIONAL: (S.PROCEEDING, "send"),
            H.SEND_SUCCESS: (S.COMPLETED, "send"),
            H.SEND_REFUSAL: (S.COMPLETED, "send"),
            H.END_DUE: (S.TERMINATED, ""),
        },
        S.COMPLETED: {
            H.REQUEST: (S.COMPLETED, "send"),
            H.END_DUE: (S.TERMINATED, ""),
        },
        S.TERMINATED: {},
    },
)
KINDS = [INVITE_CLIENT_KIND, CLIENT_KIND, INVITE_SERVER_KIND, SERVER_KIND]
MESSAGES: dict[Happening, object] = {
    H.PROVISIONAL: response(180),
    H.SUCCESS: response(200),
    H.REFUSAL: response(486),
    H.ACK: ack(),
    H.SEND_PROVISIONAL: b"SIP/2.0 183 ",
    H.SEND_SUCCESS: b"SIP/2.0 200 ",
    H.SEND_REFUSAL: b"SIP/2.0 603 ",
}
MATRIX = [
    pytest.param(kind, state, happening, id=f"{kind.name}-{state}-{happening.name.lower()}")
    for kind in KINDS
    for state in kind.ways
    for happening in Happening
]


@pytest.mark.parametrize(("kind", "state", "happening"), MATRIX)
def test_every_state_meets_every_happening(
    kind: Kind, state: State, happening: Happening
) -> None:
    watched = kind.make()
    reach(watched, kind.ways[state])
    assert watched.transaction.state is state
    timers = len(watched.wire.timers)

    watched.transaction.happen(happening, NOW, MESSAGES.get(happening))

    after, effects = kind.expected[state].get(happening, (state, ""))
    assert (watched.transaction.state, watched.effects()) == (after, effects)
    if happening not in kind.expected[state]:
        assert len(watched.wire.timers) == timers


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_the_tables_know_just_the_states_that_the_figures_draw(kind: Kind) -> None:
    assert set(kind.table) == set(kind.ways) == set(kind.expected)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_no_state_is_a_dead_end(kind: Kind) -> None:
    """From everywhere there is a way out that needs nothing but time and our own side."""
    ours = {H.END_DUE, H.SEND_SUCCESS, H.SEND_REFUSAL}
    for state, row in kind.table.items():
        if state is not S.TERMINATED and (kind.name, state) != ("INVITE client", S.PROCEEDING):
            assert ours & set(row), state


def test_every_action_is_used_somewhere() -> None:
    used = {
        action
        for kind in KINDS
        for row in kind.table.values()
        for _, actions in row.values()
        for action in actions
    }
    assert used == set(Action)


def test_terminated_forgets_callbacks_and_timers() -> None:
    watched = make_client("INVITE")
    over: list[bool] = []
    watched.transaction.when_over(lambda: over.append(True))
    watched.transaction.happen(H.CUT, NOW)
    assert over == [True]
    assert len(watched.wire.timers) == 0
    watched.transaction.happen(H.SUCCESS, NOW, response(200))
    assert over == [True]
    assert not watched.delivered
