"""Provisional responses that callers require to be reliable (RFC 3262)."""

from __future__ import annotations

import pytest

from sip.events import Acknowledged, OfferAnswered, Offered
from sip.message import Response
from tests.sip.far_end import Caller, leg_of
from tests.sip.pretend import ANSWER, HELD, Alone, responses, statuses

REQUIRE = "Require: 100rel"


@pytest.fixture
def us() -> Alone:
    return Alone()


def ringing(us: Alone, sdp: bytes | None = None, status: int = 180) -> tuple[Caller, Response]:
    caller = Caller()
    us.take(caller.invite(headers=REQUIRE))
    us.agent.ring(leg_of(us), us.now, sdp, status)
    return caller, caller.learn(us.flush())


def prack(caller: Caller, response: Response, **changes: object) -> bytes:
    rack = changes.pop("rack", f"{response.headers.get('RSeq')} 1 INVITE")
    return caller.again("PRACK", headers=f"RAck: {rack}", **changes)


def test_only_who_requires_it_gets_it(us: Alone) -> None:
    us.take(Caller().invite(headers="Supported: 100rel"))
    us.agent.ring(leg_of(us), us.now)
    (response,) = responses(us.flush())
    assert "RSeq" not in response.headers
    assert "100rel" not in response.require


def test_a_reliable_180_is_repeated_until_its_prack(us: Alone) -> None:
    caller, response = ringing(us)
    assert response.require == ("100rel",)
    assert int(response.headers.get("RSeq") or "0") > 0
    assert statuses(us.wait(4)) == [180, 180, 180]  # 0.5, 1.5, 3.5
    assert statuses(us.take(prack(caller, response))) == [200]
    assert us.wait(50) == []
    us.agent.answer(leg_of(us), ANSWER, us.now)
    assert statuses(us.flush()) == [200]


@pytest.mark.parametrize("rack", ["1 1 INVITE", "{} 2 INVITE", "{} 1 UPDATE"])
def test_a_prack_for_something_else_confirms_nothing(us: Alone, rack: str) -> None:
    caller, response = ringing(us)
    text = prack(caller, response, rack=rack.format(response.headers.get("RSeq")))
    assert statuses(us.take(text)) == [481]
    assert statuses(us.wait(0.6)) == [180]


@pytest.mark.parametrize("rack", ["", "x", "1", "1 2", "1 2 3 4", "-1 1 INVITE"])
def test_a_prack_that_cannot_be_read_is_refused(us: Alone, rack: str) -> None:
    caller, response = ringing(us)
    assert statuses(us.take(prack(caller, response, rack=rack))) == [400]


def test_the_next_one_waits_for_the_prack_of_the_first(us: Alone) -> None:
    caller, first = ringing(us)
    us.agent.ring(leg_of(us), us.now, ANSWER, 183)
    us.agent.ring(leg_of(us), us.now, None, 182)
    assert us.flush() == []
    ok, second = responses(us.take(prack(caller, first)))
    assert (ok.status, ok.cseq.method) == (200, "PRACK")
    assert second.status == 182
    assert int(second.headers.get("RSeq") or 0) == int(first.headers.get("RSeq") or 0) + 1


def test_the_answer_waits_for_early_media_to_be_confirmed(us: Alone) -> None:
    caller, response = ringing(us, ANSWER, 183)
    us.agent.answer(leg_of(us), ANSWER, us.now)
    assert us.flush() == []
    answered = responses(us.take(prack(caller, response)))
    assert [(r.status, r.cseq.method) for r in answered] == [(200, "PRACK"), (200, "INVITE")]
    us.take(caller.ack(cseq=1))
    assert len(us.got(Acknowledged)) == 1


def test_the_answer_does_not_wait_for_a_bare_180(us: Alone) -> None:
    ringing(us)
    us.agent.answer(leg_of(us), ANSWER, us.now)
    assert statuses(us.flush()) == [200]
    assert set(statuses(us.wait(3))) == {200}


def test_a_caller_whose_prack_never_comes_is_answered_all_the_same(us: Alone) -> None:
    """The RFC would refuse him; somebody may be in need."""
    ringing(us, ANSWER, 183)
    us.agent.answer(leg_of(us), ANSWER, us.now)
    packets = us.wait(32.1)
    assert statuses(packets)[-1] == 200
    assert us.events[-1:] == us.got(type(us.events[0]))


def test_cancel_stops_the_repetitions(us: Alone) -> None:
    ringing(us, ANSWER, 183)
    us.agent.answer(leg_of(us), ANSWER, us.now)
    assert statuses(us.take(Caller().cancel())) == [200, 487]
    assert set(statuses(us.wait(10))) == {487}


def test_once_the_session_is_agreed_an_early_update_may_change_it(us: Alone) -> None:
    caller, response = ringing(us, ANSWER, 183)
    us.take(prack(caller, response))
    us.take(caller.again("UPDATE", sdp=HELD))
    assert us.last(Offered).sdp == HELD
    us.agent.accept_offer(leg_of(us), ANSWER, us.now)
    assert statuses(us.flush()) == [200]


def test_a_bare_180_agrees_on_nothing(us: Alone) -> None:
    caller, response = ringing(us)
    us.take(prack(caller, response))
    assert statuses(us.take(caller.again("UPDATE", sdp=HELD))) == [500]


def test_early_media_is_what_we_last_said_of_our_media(us: Alone) -> None:
    ringing(us, ANSWER, 183)
    assert us.agent.export(leg_of(us))["local_sdp"] == ANSWER.decode()


def test_early_media_without_an_offer_of_theirs_agrees_on_nothing(us: Alone) -> None:
    caller = Caller()
    us.take(caller.invite(sdp=None, headers=REQUIRE))
    us.agent.ring(leg_of(us), us.now, ANSWER, 183)
    response = caller.learn(us.flush())
    us.take(prack(caller, response))
    assert statuses(us.take(caller.again("UPDATE", sdp=HELD))) == [500]


def test_the_answer_to_an_offer_in_our_early_media_comes_in_the_prack(us: Alone) -> None:
    caller = Caller()
    us.take(caller.invite(sdp=None, headers=REQUIRE))
    leg = leg_of(us)
    us.agent.ring(leg, us.now, ANSWER, 183)
    response = caller.learn(us.flush())
    assert statuses(us.take(prack(caller, response, sdp=HELD))) == [200]
    assert us.got(OfferAnswered) == [OfferAnswered(leg, HELD)]
    us.agent.answer(leg, ANSWER, us.now)
    us.flush()
    us.take(caller.ack(cseq=1, sdp=b"v=0\r\n"))
    assert us.got(Acknowledged) == [Acknowledged(leg, None)]


def test_a_prack_in_a_call_without_reliable_responses(us: Alone) -> None:
    caller = Caller()
    us.take(caller.invite())
    us.agent.ring(leg_of(us), us.now)
    response = caller.learn(us.flush())
    assert statuses(us.take(prack(caller, response, rack="1 1 INVITE"))) == [481]
