"""Changes of a session that stands: hold, resume, late offers, glare, UPDATE."""

from __future__ import annotations

import pytest

from sip.events import Acknowledged, Ended, OfferAnswered, Offered, OfferRefused
from sip.message import Request
from tests.sip.far_end import Caller, connected, leg_of, only, placed, reply, talking
from tests.sip.pretend import (
    ANSWER,
    CARRIER,
    HELD,
    OFFER,
    US,
    Alone,
    Network,
    Node,
    call,
    make_settings,
    methods,
    requests,
    responses,
    statuses,
)

ALLOW_UPDATE = "Allow: INVITE, ACK, BYE, CANCEL, UPDATE"


@pytest.fixture
def us() -> Alone:
    return Alone()


def callee_of(invite: Request, tag: str = "b1") -> Caller:
    """The far end of a call we placed, as a sender of requests."""
    to = invite.headers.get("To") or ""
    return Caller(
        call_id=invite.call_id,
        tag=tag,
        cseq=100,
        to=invite.headers.get("From") or "",
        from_=to,
        uri="sip:192.0.2.1:5060",
    )


# ---------------------------------------------------------------- theirs


def test_hold_and_resume(us: Alone) -> None:
    leg, caller = talking(us)
    packets = us.take(caller.again("INVITE", sdp=HELD))
    assert statuses(packets) == [100]
    assert us.last(Offered) == Offered(leg, HELD, "INVITE")
    us.agent.accept_offer(leg, ANSWER, us.now)
    (response,) = responses(us.flush())
    assert (response.status, response.sdp_body()) == (200, ANSWER)
    assert response.contacts
    assert us.take(caller.ack()) == []
    us.take(caller.again("INVITE", sdp=OFFER))
    us.agent.accept_offer(leg, ANSWER, us.now)
    us.flush()
    us.take(caller.ack())
    assert us.wait(100) == []
    assert [event.sdp for event in us.got(Offered)] == [HELD, OFFER]


def test_the_answer_to_a_reinvite_is_repeated_until_its_ack(us: Alone) -> None:
    leg, caller = talking(us)
    us.take(caller.again("INVITE", sdp=HELD))
    us.agent.accept_offer(leg, ANSWER, us.now)
    us.flush()
    assert statuses(us.wait(2)) == [200, 200]
    us.take(caller.ack())
    assert us.wait(50) == []


def test_a_reinvite_answer_without_ack_ends_the_call(us: Alone) -> None:
    leg, caller = talking(us)
    us.take(caller.again("INVITE", sdp=HELD))
    us.agent.accept_offer(leg, ANSWER, us.now)
    us.flush()
    packets = us.wait(32.1)
    assert methods(packets) == ["BYE"]
    assert us.last(Ended).why == "no_ack"


def test_a_reinvite_without_sdp_gets_our_offer_and_its_ack_brings_their_answer(
    us: Alone,
) -> None:
    leg, caller = talking(us)
    us.take(caller.again("INVITE"))
    assert us.last(Offered).sdp is None
    us.agent.accept_offer(leg, ANSWER, us.now)
    us.flush()
    us.take(caller.ack(sdp=HELD))
    assert us.got(OfferAnswered) == [OfferAnswered(leg, HELD)]


def test_a_refused_reinvite_leaves_the_session_as_it_was(us: Alone) -> None:
    leg, caller = talking(us)
    us.take(caller.again("INVITE", sdp=HELD, branch="re"))
    us.agent.refuse_offer(leg, 488, us.now)
    assert statuses(us.flush()) == [488]
    us.take(caller.ack(branch="re"))
    us.agent.accept_offer(leg, ANSWER, us.now)
    assert us.flush() == []
    assert us.wait(100) == []
    assert us.agent.export(leg)["local_sdp"] == ANSWER.decode()


def test_a_reinvite_right_after_the_answer_before_its_ack(us: Alone) -> None:
    """baresip does it, and the network may turn the two round."""
    caller = Caller()
    us.take(caller.invite())
    us.agent.answer(leg_of(us), ANSWER, us.now)
    caller.learn(us.flush())
    leg = leg_of(us)
    us.take(caller.again("INVITE", sdp=HELD))
    us.agent.accept_offer(leg, ANSWER, us.now)
    assert statuses(us.flush()) == [200]
    us.take(caller.ack(cseq=2))
    assert us.got(Acknowledged) == []
    assert statuses(us.wait(0.6)) == [200]  # the first answer goes on
    us.take(caller.ack(cseq=1))
    assert len(us.got(Acknowledged)) == 1
    assert us.wait(100) == []


def test_a_reinvite_before_the_answer_to_our_late_offer_must_wait(us: Alone) -> None:
    caller = Caller()
    us.take(caller.invite(sdp=None))
    us.agent.answer(leg_of(us), ANSWER, us.now)
    caller.learn(us.flush())
    assert statuses(us.take(caller.again("INVITE", sdp=HELD))) == [491]


def test_a_second_reinvite_before_the_first_is_decided_must_wait(us: Alone) -> None:
    leg, caller = talking(us)
    us.take(caller.again("INVITE", sdp=HELD))
    (response,) = responses(us.take(caller.again("INVITE", sdp=OFFER)))
    assert response.status == 500
    assert 0 <= int(response.headers.get("Retry-After") or "") <= 10
    us.agent.accept_offer(leg, ANSWER, us.now)
    (response,) = responses(us.flush())
    assert (response.status, response.cseq.number) == (200, 2)


def test_a_repeated_reinvite_is_no_second_offer(us: Alone) -> None:
    leg, caller = talking(us)
    text = caller.again("INVITE", sdp=HELD)
    us.take(text)
    assert statuses(us.take(text)) == [100]
    us.agent.accept_offer(leg, ANSWER, us.now)
    us.flush()
    us.take(caller.ack())
    assert us.take(text) == []
    assert len(us.got(Offered)) == 1


def test_a_cancelled_reinvite_leaves_the_call_up(us: Alone) -> None:
    leg, caller = talking(us)
    us.take(caller.again("INVITE", sdp=HELD, branch="re"))
    assert statuses(us.take(caller.write("CANCEL", branch="re"))) == [200, 487]
    us.agent.accept_offer(leg, ANSWER, us.now)
    assert us.flush() == []
    assert us.got(Ended) == []


def test_hang_up_while_their_offer_waits_answers_it(us: Alone) -> None:
    leg, caller = talking(us)
    us.take(caller.again("INVITE", sdp=HELD))
    us.agent.hang_up(leg, us.now)
    packets = us.flush()
    assert statuses(packets) == [487]
    assert methods(packets) == ["BYE"]


def test_bye_while_their_offer_waits_answers_both(us: Alone) -> None:
    leg, caller = talking(us)
    us.take(caller.again("INVITE", sdp=HELD))
    answered = responses(us.take(caller.again("BYE")))
    assert sorted((r.status, r.cseq.method) for r in answered) == [
        (200, "BYE"),
        (487, "INVITE"),
    ]
    us.agent.accept_offer(leg, ANSWER, us.now)
    assert us.flush() == []


def test_a_reinvite_may_move_the_far_end(us: Alone) -> None:
    leg, caller = talking(us)
    text = caller.again("INVITE", sdp=OFFER).replace(
        b"<sip:gw@198.51.100.1:5060>", b"<sip:gw@198.51.100.1:5099>"
    )
    us.take(text)
    us.agent.accept_offer(leg, ANSWER, us.now)
    us.flush()
    us.take(caller.ack())
    us.agent.hang_up(leg, us.now)
    (bye,) = us.flush()
    assert bye.destination.port == 5099


def test_a_refused_reinvite_does_not_move_it(us: Alone) -> None:
    leg, caller = talking(us)
    text = caller.again("INVITE", sdp=OFFER, branch="re").replace(
        b"<sip:gw@198.51.100.1:5060>", b"<sip:gw@198.51.100.1:5099>"
    )
    us.take(text)
    us.agent.refuse_offer(leg, 488, us.now)
    us.flush()
    us.agent.hang_up(leg, us.now)
    assert us.flush()[-1].destination.port == 5060


@pytest.mark.parametrize("broken", ["Contact: <sip:", "Session-Expires: soon"])
def test_a_reinvite_that_cannot_be_read_is_refused_before_the_owner_hears_of_it(
    us: Alone, broken: str
) -> None:
    _, caller = talking(us)
    text = caller.again("INVITE", sdp=HELD, headers=broken)
    if broken.startswith("Contact"):
        text = text.replace(b"Contact: <sip:gw@198.51.100.1:5060>\r\n", b"")
    assert statuses(us.take(text)) == [400]
    assert us.got(Offered) == []


# ---------------------------------------------------------------- their UPDATE


def test_update_with_an_offer_is_decided_by_the_owner(us: Alone) -> None:
    leg, caller = talking(us)
    assert us.take(caller.again("UPDATE", sdp=HELD)) == []
    assert us.last(Offered) == Offered(leg, HELD, "UPDATE")
    us.agent.accept_offer(leg, ANSWER, us.now)
    (response,) = responses(us.flush())
    assert (response.status, response.sdp_body()) == (200, ANSWER)
    assert us.wait(100) == []  # no ACK is due


def test_update_without_an_offer_is_answered_at_once(us: Alone) -> None:
    _, caller = talking(us)
    (response,) = responses(us.take(caller.again("UPDATE")))
    assert (response.status, response.body) == (200, b"")
    assert us.got(Offered) == []


def test_update_that_the_owner_never_decides_leaves_nothing(us: Alone) -> None:
    _, caller = talking(us)
    us.take(caller.again("UPDATE", sdp=HELD))
    us.wait(33)
    assert us.agent.transactions == 0


def test_an_early_update_with_an_offer_comes_too_early(us: Alone) -> None:
    """RFC 3311 section 5.2: we owe an answer to the first offer."""
    caller = Caller()
    us.take(caller.invite())
    us.agent.ring(leg_of(us), us.now)
    caller.learn(us.flush())
    (response,) = responses(us.take(caller.again("UPDATE", sdp=HELD)))
    assert response.status == 500
    assert "Retry-After" in response.headers


def test_an_early_update_without_an_offer_is_fine(us: Alone) -> None:
    caller = Caller()
    us.take(caller.invite())
    us.agent.ring(leg_of(us), us.now)
    caller.learn(us.flush())
    assert statuses(us.take(caller.again("UPDATE"))) == [200]


def test_a_callee_may_update_the_early_dialog_of_a_call_we_place(us: Alone) -> None:
    invite = placed(us)
    us.take(reply(invite, 180))
    callee = callee_of(invite)
    assert statuses(us.take(callee.again("UPDATE"))) == [200]
    assert statuses(us.take(callee.again("UPDATE", sdp=HELD))) == [491]


# ---------------------------------------------------------------- ours


def test_our_offer_is_acknowledged_without_asking(us: Alone) -> None:
    leg, caller = talking(us)
    us.agent.offer(leg, HELD, us.now)
    reinvite = only(us.flush())
    assert (reinvite.method, reinvite.cseq.number, reinvite.sdp_body()) == ("INVITE", 1, HELD)
    assert str(reinvite.uri) == "sip:gw@198.51.100.1:5060"
    assert reinvite.to.tag == caller.tag
    ack = only(us.take(reply(reinvite, 200, sdp=OFFER)))
    assert (ack.method, ack.cseq.number) == ("ACK", 1)
    assert us.got(OfferAnswered) == [OfferAnswered(leg, OFFER)]
    assert methods(us.take(reply(reinvite, 200, sdp=OFFER))) == ["ACK"]
    us.wait(100)
    assert methods(us.take(reply(reinvite, 200, sdp=OFFER))) == ["ACK"]
    assert len(us.got(OfferAnswered)) == 1


def test_asking_them_for_an_offer(us: Alone) -> None:
    leg, _ = talking(us)
    us.agent.offer(leg, None, us.now)
    reinvite = only(us.flush())
    assert reinvite.body == b""
    assert us.take(reply(reinvite, 200, sdp=HELD)) == []
    assert us.take(reply(reinvite, 200, sdp=HELD)) == []
    assert us.got(Offered) == [Offered(leg, HELD, "INVITE")]
    us.agent.accept_offer(leg, ANSWER, us.now)
    ack = only(us.flush())
    assert (ack.method, ack.sdp_body()) == ("ACK", ANSWER)
    snapshot = us.agent.export(leg)
    assert (snapshot["local_sdp"], snapshot["remote_sdp"]) == (ANSWER.decode(), HELD.decode())
    assert only(us.take(reply(reinvite, 200, sdp=HELD))).sdp_body() == ANSWER


def test_hang_up_while_an_ack_waits_for_our_answer(us: Alone) -> None:
    leg, _ = talking(us)
    us.agent.offer(leg, None, us.now)
    us.take(reply(only(us.flush()), 200, sdp=OFFER))
    us.agent.hang_up(leg, us.now)
    assert methods(us.flush()) == ["ACK", "BYE"]


def test_an_offer_before_the_call_is_up_waits_for_it(us: Alone) -> None:
    caller = Caller()
    us.take(caller.invite())
    us.agent.answer(leg_of(us), ANSWER, us.now)
    caller.learn(us.flush())
    us.agent.offer(leg_of(us), HELD, us.now)
    assert us.flush() == []
    assert only(us.take(caller.ack())).sdp_body() == HELD


def test_of_several_waiting_offers_only_the_newest_is_made(us: Alone) -> None:
    leg, _ = talking(us)
    us.agent.offer(leg, HELD, us.now)
    us.agent.offer(leg, OFFER, us.now)
    us.agent.offer(leg, ANSWER, us.now)
    first = only(us.flush())
    assert first.sdp_body() == HELD
    packets = us.take(reply(first, 200, sdp=OFFER))
    assert methods(packets) == ["ACK", "INVITE"]
    assert requests(packets)[1].sdp_body() == ANSWER


def test_an_offer_to_a_call_that_rings_is_no_offer(us: Alone) -> None:
    us.take(Caller().invite())
    us.agent.offer(leg_of(us), HELD, us.now)
    invite = placed(us)
    us.agent.offer("out", HELD, us.now)
    us.take(reply(invite, 180))
    assert "UPDATE" not in methods(us.sent)


@pytest.mark.parametrize("status", [403, 488, 500, 503, 606])
def test_a_refused_offer_is_told_and_the_call_goes_on(us: Alone, status: int) -> None:
    leg, _ = talking(us)
    us.agent.offer(leg, HELD, us.now)
    assert methods(us.take(reply(only(us.flush()), status))) == ["ACK"]
    assert us.got(OfferRefused) == [OfferRefused(leg, status)]
    assert us.got(Ended) == []
    us.agent.offer(leg, HELD, us.now)
    assert methods(us.flush()) == ["INVITE"]


def test_481_to_our_offer_ends_the_call(us: Alone) -> None:
    leg, _ = talking(us)
    us.agent.offer(leg, HELD, us.now)
    assert methods(us.take(reply(only(us.flush()), 481))) == ["ACK", "BYE"]
    assert us.last(Ended).why == "error"


def test_no_answer_at_all_to_our_offer_ends_the_call(us: Alone) -> None:
    leg, _ = talking(us)
    us.agent.offer(leg, HELD, us.now)
    packets = us.wait(33)
    assert methods(packets) == ["INVITE"] * 7 + ["BYE"] * 2
    assert us.last(Ended) == Ended(leg, "timeout", "INVITE inside the call came to 408")


def test_an_offer_that_only_gets_100_is_given_up_and_the_call_goes_on(us: Alone) -> None:
    leg, _ = talking(us)
    us.agent.offer(leg, HELD, us.now)
    reinvite = only(us.flush())
    us.take(reply(reinvite, 100, None))
    assert us.wait(31.9) == []
    us.wait(0.2)
    assert us.got(OfferRefused) == [OfferRefused(leg, 504)]
    assert us.agent.transactions == 0
    assert methods(us.take(reply(reinvite, 200, sdp=OFFER))) == ["ACK"]  # late all the same
    assert us.got(Ended) == []


def test_an_offer_that_cannot_be_sent_is_told_and_the_call_goes_on(us: Alone) -> None:
    leg, _ = talking(us)
    us.agent.offer(leg, HELD, us.now)
    us.flush()
    us.agent.connection_lost(CARRIER, us.now)
    us.collect()
    assert us.got(OfferRefused) == [OfferRefused(leg, 503)]
    assert us.got(Ended) == []


def test_hang_up_leaves_no_offer_that_only_got_100(us: Alone) -> None:
    leg, _ = talking(us)
    us.agent.offer(leg, HELD, us.now)
    us.take(reply(only(us.flush()), 100, None))
    us.agent.hang_up(leg, us.now)
    us.take(reply(only(us.flush()), 200))
    us.wait(64)
    assert (us.agent.calls, us.agent.transactions) == (0, 0)


def test_our_update_when_they_take_it_and_a_reinvite_when_not(us: Alone) -> None:
    leg, _ = talking(us, headers=ALLOW_UPDATE)
    us.agent.offer(leg, HELD, us.now, "UPDATE")
    update = only(us.flush())
    assert (update.method, update.sdp_body()) == ("UPDATE", HELD)
    assert us.take(reply(update, 200, sdp=OFFER)) == []
    assert us.last(OfferAnswered).sdp == OFFER
    us = Alone()
    leg, _ = talking(us)
    us.agent.offer(leg, HELD, us.now, "UPDATE")
    assert methods(us.flush()) == ["INVITE"]


def test_hang_up_while_our_offer_is_under_way(us: Alone) -> None:
    leg, _ = talking(us)
    us.agent.offer(leg, HELD, us.now)
    reinvite = only(us.flush())
    us.agent.hang_up(leg, us.now)
    assert methods(us.flush()) == ["BYE"]
    assert methods(us.take(reply(reinvite, 200, sdp=OFFER))) == ["ACK"]
    assert us.got(OfferAnswered) == []


# ---------------------------------------------------------------- glare


def test_their_reinvite_during_ours_is_sent_away(us: Alone) -> None:
    leg, caller = talking(us)
    us.agent.offer(leg, HELD, us.now)
    us.flush()
    assert statuses(us.take(caller.again("INVITE", sdp=HELD))) == [491]
    assert us.got(Offered) == []


def test_the_callee_tries_again_within_two_seconds_of_glare(us: Alone) -> None:
    leg, _ = talking(us)
    us.agent.offer(leg, HELD, us.now)
    first = only(us.flush())
    assert methods(us.take(reply(first, 491))) == ["ACK"]
    again = requests(us.wait(2.0))[0]  # and perhaps its repetition
    assert again.sdp_body() == HELD
    assert again.cseq.number == first.cseq.number + 1
    assert us.got(OfferRefused) == []


def test_the_caller_tries_again_between_2_1_and_4_seconds_after_glare(us: Alone) -> None:
    connected(us)
    us.agent.offer("out", HELD, us.now)
    us.take(reply(only(us.flush()), 491))
    assert us.wait(2.09) == []
    assert set(methods(us.wait(1.92))) == {"INVITE"}


def test_during_the_wait_after_glare_their_offer_comes_in(us: Alone) -> None:
    leg, caller = talking(us)
    us.agent.offer(leg, HELD, us.now)
    us.take(reply(only(us.flush()), 491))
    us.take(caller.again("INVITE", sdp=HELD))
    assert len(us.got(Offered)) == 1
    us.wait(2.5)  # ours must keep waiting while theirs is open
    us.agent.accept_offer(leg, ANSWER, us.now)
    assert methods(us.flush()) == []
    packets = us.take(caller.ack())
    assert only(packets).sdp_body() == HELD


def test_something_newer_takes_the_place_of_what_waits_after_glare(us: Alone) -> None:
    leg, _ = talking(us)
    us.agent.offer(leg, HELD, us.now)
    us.take(reply(only(us.flush()), 491))
    us.agent.offer(leg, OFFER, us.now)
    assert us.flush() == []
    assert requests(us.wait(2.0))[0].sdp_body() == OFFER


def test_endless_glare_is_given_up(us: Alone) -> None:
    leg, _ = talking(us)
    us.agent.offer(leg, HELD, us.now)
    packets = us.flush()
    for _ in range(20):
        if not requests(packets):
            break
        us.take(reply(requests(packets)[0], 491))
        packets = us.wait(2.0)
    assert us.got(OfferRefused) == [OfferRefused(leg, 491)]


def test_two_user_agents_that_offer_at_once_both_succeed() -> None:
    us, them = Node(make_settings(US, CARRIER)), Node(make_settings(CARRIER, US))
    network = Network(us, them)
    us.on_event = lambda event: (
        us.agent.accept_offer(event.leg, ANSWER, network.now)
        if isinstance(event, Offered)
        else None
    )
    them.on_event = lambda event: (
        them.agent.accept_offer(event.leg, OFFER, network.now)
        if isinstance(event, Offered)
        else None
    )
    call(them, "x", US, 0.0)
    network.run(1)
    leg = leg_of(us)  # type: ignore[arg-type]
    us.agent.answer(leg, ANSWER, network.now)
    network.run(2)
    them.agent.acknowledge("x", network.now)
    network.run(3)
    us.agent.offer(leg, ANSWER, network.now)
    them.agent.offer("x", HELD, network.now)
    network.run(15)
    for node in (us, them):
        assert len(node.got(OfferAnswered)) == 1
        assert len(node.got(Offered)) == 1
    assert {response.status for response in responses(network.carried)} >= {491}
