"""A trunk's call that must be refused is told, once; nobody else's is."""

from __future__ import annotations

import pytest

from sip.events import CallRefused, IncomingCall
from sip.refusals import REPEAT_TIME, TOLD_BURST
from tests.sip.far_end import Caller, talking
from tests.sip.pretend import CARRIER, OFFER, STRANGER, Alone, statuses


@pytest.fixture
def us() -> Alone:
    return Alone()


def bent(caller: Caller, old: bytes, new: bytes) -> bytes:
    invite = caller.invite()
    assert old in invite
    return invite.replace(old, new)


@pytest.mark.parametrize(
    ("old", "new", "status", "why"),
    [
        (
            b"Max-Forwards: 70",
            b"Require: teleport",
            420,
            "Bad Extension (Unsupported: teleport)",
        ),
        (b"Max-Forwards: 70", b"Content-Encoding: gzip", 415, "Unsupported Media Type"),
        (b"application/sdp", b"application/isup", 415, "application/sdp"),
        (b"Max-Forwards: 70", b"Accept: text/plain", 406, "Not Acceptable"),
        (b"INVITE sip:", b"INVITE mailto:", 416, "Unsupported"),
        (b"Max-Forwards: 70", b"Max-Forwards: many", 400, "Max-Forwards"),
        (b"CSeq: 1 INVITE", b"CSeq: 1 OPTIONS", 400, ""),
        (b"SIP/2.0\r\nVia", b"SIP/7.0\r\nVia", 505, ""),
    ],
)
def test_a_call_that_is_refused_is_told_with_what_is_wrong(
    us: Alone, old: bytes, new: bytes, status: int, why: str
) -> None:
    assert statuses(us.take(bent(Caller(), old, new))) == [status]
    told = us.last(CallRefused)
    assert (told.status, told.source) == (status, CARRIER)
    assert told.peer == ("trunk", CARRIER.host)
    assert why in told.reason
    assert told.reason.isascii()
    assert "+3222001234" in (told.request.headers.get("To") or "")
    assert us.got(IncomingCall) == []


def test_the_number_that_was_dialled_is_read_where_it_can_be(us: Alone) -> None:
    us.take(bent(Caller(to="<sip:unknown@x>"), b"Max-Forwards: 70", b"Max-Forwards: many"))
    assert us.last(CallRefused).request.uri.user == "+3222001234"


def test_the_same_call_is_told_once_however_often_it_comes(us: Alone) -> None:
    caller = Caller()
    for _ in range(11):  # unacknowledged, it is sent eleven times
        us.take(bent(caller, b"Max-Forwards: 70", b"Require: teleport"))
        us.wait(1)
    caller.cseq += 1
    us.take(bent(caller, b"Max-Forwards: 70", b"Require: teleport"))
    assert len(us.got(CallRefused)) == 1
    us.wait(REPEAT_TIME)
    us.take(bent(caller, b"Max-Forwards: 70", b"Require: teleport"))
    assert len(us.got(CallRefused)) == 2


def test_a_stranger_s_call_is_none(us: Alone) -> None:
    for header in (b"Require: teleport", b"Max-Forwards: many"):
        us.take(bent(Caller(STRANGER), b"Max-Forwards: 70", header), STRANGER)
    assert us.events == []


def test_other_requests_are_no_calls(us: Alone) -> None:
    assert statuses(us.take(Caller().write("OPTIONS", headers="Require: teleport"))) == [420]
    assert statuses(us.take(Caller().write("NONSENSE"))) == [501]
    assert us.events == []


def test_a_call_that_is_up_is_no_new_one_whatever_comes_inside_it(us: Alone) -> None:
    _, caller = talking(us)
    broken = caller.again("INVITE").replace(b"Max-Forwards: 70", b"Max-Forwards: many")
    assert statuses(us.take(broken)) == [400]
    assert us.got(CallRefused) == []


def test_a_session_time_that_is_too_short_comes_again_and_is_no_case(us: Alone) -> None:
    short = Caller().invite(headers="Session-Expires: 10\nSupported: timer")
    assert statuses(us.take(short)) == [422]
    assert us.got(CallRefused) == []


def test_a_switch_gone_mad_does_not_bury_the_others(us: Alone) -> None:
    for number in range(500):
        caller = Caller(call_id=f"mad-{number}")
        us.take(bent(caller, b"Max-Forwards: 70", b"Require: teleport"))
    assert len(us.got(CallRefused)) == TOLD_BURST
    us.wait(60)
    us.take(bent(Caller(call_id="later"), b"Max-Forwards: 70", b"Require: teleport"))
    assert len(us.got(CallRefused)) == TOLD_BURST + 1


def test_a_description_without_a_type_is_read_from_a_trunk(us: Alone) -> None:
    us.take(bent(Caller(), b"Content-Type: application/sdp\r\n", b""))
    assert us.last(IncomingCall).offer == OFFER


def test_any_other_body_without_a_type_is_refused(us: Alone) -> None:
    invite = Caller().invite(sdp=b"hello\r\n")
    untyped = invite.replace(b"Content-Type: application/sdp\r\n", b"")
    assert statuses(us.take(untyped)) == [415]
    assert us.last(CallRefused).status == 415
