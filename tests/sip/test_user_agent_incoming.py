"""Calls that come in from a trunk."""

from __future__ import annotations

import pytest

from sip.events import Acknowledged, Cancelled, Ended, IncomingCall
from sip.message import parse
from tests.sip.far_end import Caller, leg_of, only, reply, talking
from tests.sip.pretend import (
    ANSWER,
    CARRIER,
    OFFER,
    US,
    Alone,
    make_settings,
    methods,
    requests,
    responses,
    statuses,
)


@pytest.fixture
def us() -> Alone:
    return Alone()


@pytest.fixture
def caller() -> Caller:
    return Caller()


def test_an_invite_gets_100_at_once_and_becomes_an_event(us: Alone, caller: Caller) -> None:
    (packet,) = us.take(caller.invite())
    response = responses([packet])[0]
    assert response.status == 100
    assert response.to.tag is None
    assert (packet.destination, packet.local) == (CARRIER, US)
    event = us.last(IncomingCall)
    assert (event.source, event.peer) == (CARRIER, ("trunk", CARRIER.host))
    assert event.offer == OFFER
    assert event.request.uri.user == "+3222001234"
    assert event.leg


def test_a_call_without_sdp_is_a_call(us: Alone, caller: Caller) -> None:
    us.take(caller.invite(sdp=None))
    assert us.last(IncomingCall).offer is None


def test_the_session_description_is_found_inside_a_multipart_body(us: Alone) -> None:
    body = (
        "--sep\r\nContent-Type: application/pidf+xml\r\n\r\n<presence/>\r\n"
        f"--sep\r\nContent-Type: application/sdp\r\n\r\n{OFFER.decode()}\r\n--sep--\r\n"
    )
    us.take(Caller().invite(sdp=body.encode(), content_type='multipart/mixed;boundary="sep"'))
    assert us.last(IncomingCall).offer == OFFER


def test_ringing_has_our_tag_and_contact_and_the_proxies_way_back(
    us: Alone, caller: Caller
) -> None:
    us.take(caller.invite(headers="Record-Route: <sip:p2;lr>, <sip:p1;lr>"))
    us.agent.ring(leg_of(us), us.now)
    (response,) = responses(us.flush())
    assert response.status == 180
    assert response.to.tag
    assert str(response.contacts[0].uri) == "sip:192.0.2.1:5060"  # type: ignore[union-attr]
    assert len(response.record_routes) == 2
    assert response.body == b""


def test_early_media_carries_a_session_description(us: Alone, caller: Caller) -> None:
    us.take(caller.invite())
    us.agent.ring(leg_of(us), us.now, ANSWER, 183)
    (response,) = responses(us.flush())
    assert (response.status, response.sdp_body()) == (183, ANSWER)


def test_ringing_is_repeated_every_minute_so_that_no_proxy_gives_up(
    us: Alone, caller: Caller
) -> None:
    us.take(caller.invite())
    us.agent.ring(leg_of(us), us.now)
    us.flush()
    assert statuses(us.wait(200)) == [180, 180, 180]
    us.agent.answer(leg_of(us), ANSWER, us.now)
    caller.learn(us.flush())
    us.take(caller.ack())
    assert us.wait(200) == []


def test_only_the_latest_ringing_is_repeated(us: Alone, caller: Caller) -> None:
    us.take(caller.invite())
    us.agent.ring(leg_of(us), us.now)
    us.agent.ring(leg_of(us), us.now, ANSWER, 183)
    us.flush()
    assert statuses(us.wait(130)) == [183, 183]


def test_a_repeated_invite_gets_the_last_provisional_and_is_no_second_call(
    us: Alone, caller: Caller
) -> None:
    us.take(caller.invite())
    assert statuses(us.take(caller.invite())) == [100]
    us.agent.ring(leg_of(us), us.now)
    us.flush()
    assert statuses(us.take(caller.invite())) == [180]
    assert len(us.got(IncomingCall)) == 1


def test_an_answer_says_all_that_a_2xx_must(us: Alone, caller: Caller) -> None:
    us.take(caller.invite())
    us.agent.ring(leg_of(us), us.now)
    ringing = responses(us.flush())[0]
    us.agent.answer(leg_of(us), ANSWER, us.now)
    (response,) = responses(us.flush())
    assert response.status == 200
    assert response.to.tag == ringing.to.tag
    assert response.sdp_body() == ANSWER
    assert {"INVITE", "ACK", "BYE", "CANCEL", "UPDATE", "INFO"} <= set(response.allow)
    assert "timer" in response.supported
    assert "Session-Expires" not in response.headers


def test_the_answer_is_repeated_until_the_ack(us: Alone, caller: Caller) -> None:
    us.take(caller.invite())
    us.agent.answer(leg_of(us), ANSWER, us.now)
    caller.learn(us.flush())
    start = us.now
    assert statuses(us.wait(8)) == [200] * 4  # 0.5, 1.5, 3.5, 7.5
    assert us.take(caller.ack()) == []
    assert us.last(Acknowledged).leg == leg_of(us)
    assert us.wait(100) == []
    assert us.now == start + 108


def test_a_repeated_ack_is_told_once(us: Alone) -> None:
    leg, caller = talking(us)
    us.take(caller.ack())
    us.take(caller.ack())
    assert [event.leg for event in us.got(Acknowledged)] == [leg]


def test_the_answer_is_repeated_over_tcp_as_well(us: Alone) -> None:
    """It goes from end to end; what lies behind the first proxy may be UDP (13.3.1.4)."""
    caller = Caller(CARRIER._replace(transport="tcp"))
    us.take(caller.invite(), caller.source, US._replace(transport="tcp"))
    us.agent.answer(leg_of(us), ANSWER, us.now)
    us.flush()
    packets = us.wait(2)
    assert statuses(packets) == [200, 200]
    assert packets[0].destination == caller.source


def test_an_answer_that_is_never_acknowledged_ends_in_bye_after_32_seconds(
    us: Alone, caller: Caller
) -> None:
    us.take(caller.invite())
    us.agent.answer(leg_of(us), ANSWER, us.now)
    us.flush()
    packets = us.wait(31.9)
    assert statuses(packets) == [200] * 10
    assert us.got(Ended) == []
    bye = only(us.wait(0.2))
    assert bye.method == "BYE"
    assert us.last(Ended).why == "no_ack"
    us.take(reply(bye, 200))
    us.wait(100)
    assert (us.agent.calls, us.agent.transactions) == (0, 0)


def test_an_invite_repeated_after_the_answer_is_absorbed(us: Alone, caller: Caller) -> None:
    us.take(caller.invite())
    us.agent.answer(leg_of(us), ANSWER, us.now)
    caller.learn(us.flush())
    us.take(caller.ack())
    original = Caller().invite()
    assert us.take(original) == []
    us.wait(31)
    assert us.take(original) == []
    assert len(us.got(IncomingCall)) == 1


def test_an_ack_with_the_branch_of_the_invite_counts(us: Alone, caller: Caller) -> None:
    """As some phones send it (against 13.2.2.4)."""
    us.take(caller.invite())
    us.agent.answer(leg_of(us), ANSWER, us.now)
    us.flush()
    us.take(caller.ack(branch="invite", to=caller.to))  # not even our tag
    assert len(us.got(Acknowledged)) == 1


def test_an_ack_for_another_number_does_not_count(us: Alone, caller: Caller) -> None:
    us.take(caller.invite())
    us.agent.answer(leg_of(us), ANSWER, us.now)
    caller.learn(us.flush())
    us.take(caller.ack(cseq=2))
    assert us.got(Acknowledged) == []


@pytest.mark.parametrize("wrong", [{"from_tag": "zz"}, {"to": "<sip:x@y>;tag=zz"}])
def test_an_ack_with_wrong_tags_does_not_count(
    us: Alone, caller: Caller, wrong: dict[str, str]
) -> None:
    us.take(caller.invite())
    us.agent.answer(leg_of(us), ANSWER, us.now)
    caller.learn(us.flush())
    us.take(caller.ack(**wrong))
    assert us.got(Acknowledged) == []


def test_late_offer_the_ack_brings_the_answer(us: Alone, caller: Caller) -> None:
    us.take(caller.invite(sdp=None))
    us.agent.answer(leg_of(us), ANSWER, us.now)
    caller.learn(us.flush())
    us.take(caller.ack(sdp=OFFER))
    assert us.last(Acknowledged).sdp == OFFER


def test_without_late_offer_a_session_description_in_the_ack_is_not_believed(
    us: Alone, caller: Caller
) -> None:
    us.take(caller.invite())
    us.agent.answer(leg_of(us), ANSWER, us.now)
    caller.learn(us.flush())
    us.take(caller.ack(sdp=b"v=0\r\no=evil\r\n"))
    assert us.last(Acknowledged).sdp is None


# ---------------------------------------------------------------- refusal and CANCEL


def test_a_refusal_is_repeated_until_its_ack_and_leaves_nothing(
    us: Alone, caller: Caller
) -> None:
    us.take(caller.invite())
    leg = leg_of(us)
    us.agent.refuse(leg, 486, us.now, (("Retry-After", "5"),))
    (response,) = responses(us.flush())
    assert (response.status, response.headers.get("Retry-After")) == (486, "5")
    assert us.last(Ended) == Ended(leg, "local", "refused with 486")
    assert statuses(us.wait(2)) == [486, 486]
    caller.to = response.headers.get("To") or ""
    us.take(caller.ack(branch="invite"))
    assert us.wait(60) == []
    assert (us.agent.calls, us.agent.transactions) == (0, 0)


def test_cancel_ends_a_ringing_call(us: Alone, caller: Caller) -> None:
    us.take(caller.invite())
    leg = leg_of(us)
    us.agent.ring(leg, us.now)
    us.flush()
    packets = us.take(caller.cancel("Reason: Q.850;cause=16"))
    answers = responses(packets)
    assert [(r.status, r.cseq.method) for r in answers] == [(200, "CANCEL"), (487, "INVITE")]
    assert answers[0].to.tag == answers[1].to.tag
    assert us.got(Cancelled) == [Cancelled(leg, "Q.850;cause=16")]


def test_a_repeated_cancel_is_answered_and_told_once(us: Alone, caller: Caller) -> None:
    us.take(caller.invite())
    us.take(caller.cancel())
    assert statuses(us.take(caller.cancel())) == [200]
    assert len(us.got(Cancelled)) == 1


def test_an_answer_after_the_cancel_does_nothing(us: Alone, caller: Caller) -> None:
    us.take(caller.invite())
    leg = leg_of(us)
    us.take(caller.cancel())
    us.agent.answer(leg, ANSWER, us.now)
    us.agent.ring(leg, us.now)
    us.agent.refuse(leg, 486, us.now)
    us.agent.hang_up(leg, us.now)
    assert us.flush() == []
    assert len(us.events) == 2


def test_a_cancel_after_the_answer_changes_nothing(us: Alone, caller: Caller) -> None:
    us.take(caller.invite())
    us.agent.answer(leg_of(us), ANSWER, us.now)
    caller.learn(us.flush())
    cancel = Caller().cancel()
    assert statuses(us.take(cancel)) == [200]
    assert us.got(Cancelled) == []
    us.take(caller.ack())
    assert len(us.got(Acknowledged)) == 1


def test_a_cancel_for_nothing_we_know_is_told_so(us: Alone, caller: Caller) -> None:
    assert statuses(us.take(caller.cancel())) == [481]


def test_bye_from_the_caller_before_our_answer_is_a_cancel(us: Alone, caller: Caller) -> None:
    us.take(caller.invite())
    us.agent.ring(leg_of(us), us.now)
    caller.learn(us.flush())
    packets = us.take(caller.again("BYE"))
    assert [(r.status, r.cseq.method) for r in responses(packets)] == [
        (200, "BYE"),
        (487, "INVITE"),
    ]
    assert len(us.got(Cancelled)) == 1


# ---------------------------------------------------------------- ends


def test_bye_ends_the_call(us: Alone) -> None:
    leg, caller = talking(us)
    packets = us.take(caller.again("BYE", headers='Reason: Q.850;cause=16;text="normal"'))
    assert statuses(packets) == [200]
    assert us.got(Ended) == [Ended(leg, "bye", 'Q.850;cause=16;text="normal"')]


def test_a_repeated_bye_is_answered_again_and_told_once(us: Alone) -> None:
    _, caller = talking(us)
    bye = caller.again("BYE")
    us.take(bye)
    assert statuses(us.take(bye)) == [200]
    assert len(us.got(Ended)) == 1


def test_bye_before_the_ack_stops_the_repeated_answer(us: Alone, caller: Caller) -> None:
    us.take(caller.invite())
    us.agent.answer(leg_of(us), ANSWER, us.now)
    caller.learn(us.flush())
    assert statuses(us.take(caller.again("BYE"))) == [200]
    assert us.last(Ended).why == "bye"
    assert us.wait(100) == []


def test_hang_up_of_a_call_that_rings_refuses_it(us: Alone, caller: Caller) -> None:
    us.take(caller.invite())
    us.agent.hang_up(leg_of(us), us.now)
    assert statuses(us.flush()) == [480]
    assert us.last(Ended).why == "local"


def test_hang_up_of_a_call_that_rings_says_why(us: Alone, caller: Caller) -> None:
    us.take(caller.invite())
    us.agent.hang_up(leg_of(us), us.now, "Q.850;cause=31")
    assert responses(us.flush())[0].headers.get("Reason") == "Q.850;cause=31"


@pytest.mark.parametrize("status", [0, 100, 200, 299, 700])
def test_statuses_that_mean_something_else_are_refused(
    us: Alone, caller: Caller, status: int
) -> None:
    us.take(caller.invite())
    leg = leg_of(us)
    with pytest.raises(ValueError, match=str(status)):
        us.agent.refuse(leg, status, us.now)
    with pytest.raises(ValueError, match=str(status)):
        us.agent.refuse_offer(leg, status, us.now)
    with pytest.raises(ValueError, match=str(status)):
        us.agent.ring(leg, us.now, None, status)
    assert us.flush() == []


def test_hang_up_before_the_ack_waits_for_it(us: Alone, caller: Caller) -> None:
    us.take(caller.invite())
    us.agent.answer(leg_of(us), ANSWER, us.now)
    caller.learn(us.flush())
    us.agent.hang_up(leg_of(us), us.now, "Q.850;cause=31")
    assert us.flush() == []
    assert us.last(Ended).why == "local"
    assert statuses(us.wait(1)) == [200]
    bye = only(us.take(caller.ack()))
    assert (bye.method, bye.headers.get("Reason")) == ("BYE", "Q.850;cause=31")
    assert us.got(Acknowledged) == []
    us.take(reply(bye, 200))
    assert us.wait(100) == []
    assert len(us.got(Ended)) == 1


def test_hang_up_before_an_ack_that_never_comes_ends_in_bye_all_the_same(
    us: Alone, caller: Caller
) -> None:
    us.take(caller.invite())
    us.agent.answer(leg_of(us), ANSWER, us.now)
    us.flush()
    us.agent.hang_up(leg_of(us), us.now)
    packets = us.wait(33)
    assert methods(packets)[0] == "BYE"
    assert us.got(Ended) == [Ended(leg_of(us), "local", "")]


def test_hang_up_of_a_call_that_is_up_sends_bye_the_right_way(us: Alone) -> None:
    leg, caller = talking(
        us, headers="Record-Route: <sip:192.0.2.50:5070;lr>, <sip:198.51.100.9;lr>"
    )
    us.agent.hang_up(leg, us.now)
    (packet,) = us.flush()
    bye = only([packet])
    assert str(bye.uri) == "sip:gw@198.51.100.1:5060"
    assert [str(route.uri) for route in bye.routes] == [
        "sip:192.0.2.50:5070;lr",
        "sip:198.51.100.9;lr",
    ]
    assert packet.destination == ("udp", "192.0.2.50", 5070)
    assert bye.to.tag == caller.tag
    assert (bye.from_.tag or "") in caller.to
    assert bye.cseq.number == 1
    assert us.last(Ended).why == "local"


def test_a_bye_that_crosses_ours_is_answered(us: Alone) -> None:
    leg, caller = talking(us)
    us.agent.hang_up(leg, us.now)
    us.flush()
    assert statuses(us.take(caller.again("BYE"))) == [200]
    assert len(us.got(Ended)) == 1


def test_a_bye_long_after_the_end_is_not_known(us: Alone) -> None:
    leg, caller = talking(us)
    us.agent.hang_up(leg, us.now)
    us.take(reply(only(us.flush()), 200))
    us.wait(33)
    assert statuses(us.take(caller.again("BYE"))) == [481]


def test_our_bye_is_repeated_until_it_is_answered_or_32_seconds_are_over(us: Alone) -> None:
    leg, _ = talking(us)
    us.agent.hang_up(leg, us.now)
    us.flush()
    packets = us.wait(200)
    assert methods(packets) == ["BYE"] * 10
    assert (us.agent.calls, us.agent.transactions) == (0, 0)


def test_after_a_call_nothing_is_left(us: Alone) -> None:
    _, caller = talking(us)
    us.take(caller.again("BYE"))
    us.wait(64)
    assert (us.agent.calls, us.agent.transactions) == (0, 0)
    assert us.agent.next_timer() is None


def test_orders_for_legs_nobody_knows_do_nothing(us: Alone) -> None:
    agent, now = us.agent, us.now
    agent.ring("x", now)
    agent.answer("x", ANSWER, now)
    agent.refuse("x", 486, now)
    agent.hang_up("x", now)
    agent.acknowledge("x", now)
    agent.offer("x", ANSWER, now)
    agent.accept_offer("x", ANSWER, now)
    agent.refuse_offer("x", 488, now)
    agent.send_info_digit("x", "5", now)
    assert us.flush() == []
    assert us.events == []


def test_a_product_name_is_shown_to_a_trunk_that_is_answered() -> None:
    us = Alone(make_settings(product="Security Line"))
    us.take(Caller().invite())
    us.agent.answer(leg_of(us), ANSWER, us.now)
    assert responses(us.flush())[-1].headers.get("Server") == "Security Line"


def test_behind_a_wildcard_socket_contact_shows_the_advertised_host() -> None:
    wild = US._replace(host="0.0.0.0")
    us = Alone(make_settings(wild, advertised_host="192.0.2.200"))
    us.take(Caller().invite(), CARRIER, wild)
    us.agent.ring(leg_of(us), us.now)
    contact = responses(us.flush())[-1].contacts[0]
    assert str(contact.uri) == "sip:192.0.2.200:5060"  # type: ignore[union-attr]


def test_a_caller_without_contact_is_reached_by_his_from(us: Alone, caller: Caller) -> None:
    text = caller.invite().replace(b"Contact: <sip:gw@198.51.100.1:5060>\r\n", b"")
    us.take(text)
    us.agent.answer(leg_of(us), ANSWER, us.now)
    caller.learn(us.flush())
    us.take(caller.ack())
    us.agent.hang_up(leg_of(us), us.now)
    bye = requests(us.flush())[0]
    assert str(bye.uri) == "sip:+32478123456@trunk.example"
    assert us.sent[-1].destination == CARRIER


def test_the_clock_of_the_callers_exchange_does_not_end_the_call(
    us: Alone, caller: Caller
) -> None:
    us.take(caller.invite(headers="Expires: 5"))
    us.wait(30)
    us.agent.answer(leg_of(us), ANSWER, us.now)
    assert statuses(us.flush()) == [200]


def test_a_trunk_that_believes_in_a_call_we_have_lost_gets_an_operator(us: Alone) -> None:
    """After a crash that nothing was saved of: the caller is still on the line."""
    caller = Caller(to="<sip:+3222001234@line.example>;tag=lost", cseq=7)
    us.take(caller.invite())
    leg = leg_of(us)
    us.agent.answer(leg, ANSWER, us.now)
    assert caller.learn(us.flush()).to.tag == "lost"
    us.take(caller.ack())
    assert us.last(Acknowledged).leg == leg
    us.agent.hang_up(leg, us.now)
    bye = only(us.flush())
    assert (bye.from_.tag, bye.to.tag) == ("lost", caller.tag)
    assert statuses(us.take(caller.again("BYE"))) == [200]


def test_every_response_is_one_our_own_parser_reads(us: Alone) -> None:
    talking(us)
    for packet in us.sent:
        assert parse(packet.data)
