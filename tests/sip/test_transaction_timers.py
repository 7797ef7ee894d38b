"""When transactions resend and when they give up, in pretend time (RFC 3261 table 4)."""

from __future__ import annotations

import pytest

from sip.client_transaction import InviteClientTransaction
from sip.endpoint import Endpoint
from sip.server_transaction import InviteServerTransaction, ServerTransaction
from sip.transaction import State
from tests.sip.test_transaction import (
    FAR,
    NOW,
    Watched,
    ack,
    make_client,
    make_server,
    response,
)

TCP = Endpoint("tcp", "198.51.100.1", 5060)


def run(watched: Watched, seconds: float, start: float = NOW) -> list[float]:
    """Let time pass; return when packets left, counted from `start`."""
    sent: list[float] = []
    timers = watched.wire.timers
    while (due := timers.next()) is not None and due <= start + seconds:
        timers.run(due)
        sent += [due - start] * len(watched.wire.outbox)
        watched.wire.outbox.clear()
    return sent


def test_invite_is_resent_at_doubling_intervals_until_timer_b() -> None:
    watched = make_client("INVITE")
    assert run(watched, 100) == [0.5, 1.5, 3.5, 7.5, 15.5, 31.5]
    assert watched.failures == ["timeout"]


def test_invite_over_tcp_is_never_resent_but_times_out() -> None:
    watched = make_client("INVITE", TCP)
    assert run(watched, 31.9) == []
    assert watched.failures == []
    assert run(watched, 32) == []
    assert watched.failures == ["timeout"]


def test_other_requests_are_resent_with_intervals_of_at_most_four_seconds() -> None:
    watched = make_client("OPTIONS")
    sent = run(watched, 100)
    assert sent == [0.5, 1.5, 3.5, 7.5, 11.5, 15.5, 19.5, 23.5, 27.5, 31.5]
    assert watched.failures == ["timeout"]


def test_after_a_provisional_response_other_requests_are_resent_every_four_seconds() -> None:
    watched = make_client("OPTIONS")
    assert isinstance(watched.transaction.state, State)
    watched.transaction.receive(response(100, "OPTIONS"), NOW)  # type: ignore[attr-defined]
    assert run(watched, 13)[:4] == [0.5, 4.5, 8.5, 12.5]


def test_a_provisional_response_stops_the_resending_of_an_invite() -> None:
    watched = make_client("INVITE")
    watched.transaction.receive(response(100), NOW + 0.2)  # type: ignore[attr-defined]
    assert run(watched, 3600) == []
    assert watched.failures == []
    assert watched.transaction.state is State.PROCEEDING


def test_after_cancel_an_invite_without_answer_ends_after_64_t1() -> None:
    watched = make_client("INVITE")
    transaction = watched.transaction
    assert isinstance(transaction, InviteClientTransaction)
    transaction.receive(response(180), NOW)
    transaction.limit(NOW + 10)
    run(watched, 41.9)
    assert transaction.state is State.PROCEEDING
    run(watched, 42.1)
    assert transaction.is_over
    assert watched.failures == ["timeout"]


def test_a_limit_set_again_counts_anew() -> None:
    watched = make_client("INVITE")
    transaction = watched.transaction
    assert isinstance(transaction, InviteClientTransaction)
    transaction.receive(response(180), NOW)
    transaction.limit(NOW)
    transaction.limit(NOW + 20)
    run(watched, 51.9)
    assert not transaction.is_over
    run(watched, 52)
    assert transaction.is_over


def test_a_limit_after_the_answer_changes_nothing() -> None:
    watched = make_client("INVITE")
    transaction = watched.transaction
    assert isinstance(transaction, InviteClientTransaction)
    transaction.receive(response(200), NOW)
    transaction.limit(NOW + 20)
    run(watched, 32)
    assert transaction.is_over
    assert watched.failures == []


@pytest.mark.parametrize(
    ("method", "status", "far", "seconds"),
    [
        ("INVITE", 200, FAR, 32.0),  # timer M
        ("INVITE", 200, TCP, 32.0),
        ("INVITE", 486, FAR, 32.0),  # timer D
        ("INVITE", 486, TCP, 0.0),
        ("OPTIONS", 200, FAR, 5.0),  # timer K
        ("OPTIONS", 200, TCP, 0.0),
        ("BYE", 481, FAR, 5.0),
    ],
)
def test_how_long_a_client_stays_after_the_final_response(
    method: str, status: int, far: Endpoint, seconds: float
) -> None:
    watched = make_client(method, far)
    watched.transaction.receive(response(status, method), NOW)  # type: ignore[attr-defined]
    if seconds:
        run(watched, seconds - 0.1)
        assert not watched.transaction.is_over
    run(watched, seconds)
    assert watched.transaction.is_over


@pytest.mark.parametrize(
    ("kind", "status", "far", "seconds"),
    [
        (InviteServerTransaction, 200, FAR, 32.0),  # timer L
        (InviteServerTransaction, 200, TCP, 32.0),
        (InviteServerTransaction, 486, FAR, 32.0),  # timer H
        (InviteServerTransaction, 486, TCP, 32.0),
        (ServerTransaction, 200, FAR, 32.0),  # timer J
        (ServerTransaction, 200, TCP, 0.0),
    ],
)
def test_how_long_a_server_stays_after_its_final_response(
    kind: type[ServerTransaction], status: int, far: Endpoint, seconds: float
) -> None:
    watched = make_server(kind, far)
    transaction = watched.transaction
    assert isinstance(transaction, ServerTransaction)
    assert transaction.respond(status, b"SIP/2.0 ", NOW)
    if seconds:
        run(watched, seconds - 0.1)
        assert not transaction.is_over
    run(watched, seconds)
    assert transaction.is_over


def test_a_refusal_is_resent_until_its_ack() -> None:
    watched = make_server(InviteServerTransaction)
    transaction = watched.transaction
    assert isinstance(transaction, InviteServerTransaction)
    transaction.respond(486, b"SIP/2.0 486 ", NOW)
    watched.wire.outbox.clear()
    assert run(watched, 8) == [0.5, 1.5, 3.5, 7.5]
    transaction.receive_ack(ack(), NOW + 8)
    assert run(watched, 12.9) == []
    assert transaction.state is State.CONFIRMED
    assert run(watched, 13) == []  # timer I
    assert transaction.is_over


def test_a_refusal_without_ack_is_resent_ever_slower_for_32_seconds() -> None:
    watched = make_server(InviteServerTransaction)
    transaction = watched.transaction
    assert isinstance(transaction, InviteServerTransaction)
    transaction.respond(486, b"SIP/2.0 486 ", NOW)
    watched.wire.outbox.clear()
    expected = [0.5, 1.5, 3.5, 7.5, 11.5, 15.5, 19.5, 23.5, 27.5, 31.5]
    assert run(watched, 100) == expected
    assert transaction.is_over


def test_a_refusal_over_tcp_is_sent_once_and_its_ack_ends_it_at_once() -> None:
    watched = make_server(InviteServerTransaction, TCP)
    transaction = watched.transaction
    assert isinstance(transaction, InviteServerTransaction)
    transaction.respond(486, b"SIP/2.0 486 ", NOW)
    watched.wire.outbox.clear()
    assert run(watched, 20) == []
    transaction.receive_ack(ack(), NOW + 20)
    assert transaction.is_over


def test_a_2xx_is_not_resent_by_its_transaction() -> None:
    watched = make_server(InviteServerTransaction)
    transaction = watched.transaction
    assert isinstance(transaction, InviteServerTransaction)
    transaction.respond(200, b"SIP/2.0 200 ", NOW)
    watched.wire.outbox.clear()
    transaction.receive(NOW + 1)
    assert watched.wire.outbox == []
    assert run(watched, 32) == []


def test_a_ringing_call_waits_for_ever() -> None:
    watched = make_server(InviteServerTransaction)
    transaction = watched.transaction
    assert isinstance(transaction, InviteServerTransaction)
    transaction.respond(180, b"SIP/2.0 180 ", NOW)
    assert watched.wire.timers.next() is None


def test_a_request_that_our_side_never_answers_is_forgotten() -> None:
    watched = make_server(ServerTransaction)
    assert run(watched, 31.9) == []
    assert not watched.transaction.is_over
    run(watched, 32)
    assert watched.transaction.is_over


@pytest.mark.parametrize("kind", [ServerTransaction, InviteServerTransaction])
def test_a_second_final_answer_is_too_late_and_not_an_error(
    kind: type[ServerTransaction],
) -> None:
    watched = make_server(kind)
    transaction = watched.transaction
    assert isinstance(transaction, ServerTransaction)
    for status in (200, 487):
        other = make_server(kind).transaction
        assert isinstance(other, ServerTransaction)
        assert other.respond(status, b"SIP/2.0 ", NOW)
        assert other.is_answered
        assert not other.respond(200, b"SIP/2.0 200 ", NOW)
    assert transaction.respond(487, b"SIP/2.0 487 ", NOW)
    watched.wire.outbox.clear()
    assert not transaction.respond(200, b"SIP/2.0 200 ", NOW)
    assert watched.wire.outbox == []
    transaction.receive(NOW)
    assert [packet.data for packet in watched.wire.outbox] == [b"SIP/2.0 487 "]


def test_a_repeated_request_gets_the_last_answer_again() -> None:
    watched = make_server(ServerTransaction)
    transaction = watched.transaction
    assert isinstance(transaction, ServerTransaction)
    transaction.receive(NOW)
    assert watched.wire.outbox == []
    transaction.respond(200, b"SIP/2.0 200 OK", NOW)
    watched.wire.outbox.clear()
    transaction.receive(NOW + 1)
    transaction.receive(NOW + 2)
    assert [packet.data for packet in watched.wire.outbox] == [b"SIP/2.0 200 OK"] * 2


def test_the_ack_of_a_refusal_has_the_branch_of_the_invite_and_their_tag() -> None:
    watched = make_client("INVITE")
    watched.wire.outbox.clear()
    watched.transaction.receive(response(486), NOW)  # type: ignore[attr-defined]
    (packet,) = watched.wire.outbox
    head = packet.data.decode()
    assert head.startswith("ACK sip:a@198.51.100.1 SIP/2.0\r\n")
    assert "branch=z9hG4bKtest" in head
    assert "To: <sip:a@198.51.100.1>;tag=theirs\r\n" in head
    assert "CSeq: 7 ACK\r\n" in head
    assert (packet.destination, packet.local) == (FAR, watched.transaction.local)
