"""Calls we place."""

from __future__ import annotations

import pytest

from sip.digest_server import DigestServer, Outcome
from sip.endpoint import Endpoint
from sip.events import Answered, Ended, Refused, Ringing
from sip.message import Request
from sip.settings import Credentials
from sip.uri import Uri
from sip.values import NameAddr
from tests.sip.far_end import Caller, connected, only, placed, reply
from tests.sip.pretend import (
    ANSWER,
    CARRIER,
    OFFER,
    SECRET,
    STRANGER,
    US,
    Alone,
    call,
    make_settings,
    methods,
    requests,
    statuses,
)

TCP = CARRIER._replace(transport="tcp")


@pytest.fixture
def us() -> Alone:
    return Alone()


# ---------------------------------------------------------------- the INVITE


def test_an_invite_says_all_that_it_must(us: Alone) -> None:
    invite = placed(us)
    (packet,) = us.sent
    assert (packet.destination, packet.local) == (CARRIER, US)
    assert str(invite.uri) == "sip:+3222001234@198.51.100.1:5060"
    assert invite.from_.tag
    assert invite.to.tag is None
    assert invite.top_via.rport == 0
    assert str(invite.contacts[0].uri) == "sip:192.0.2.1:5060"  # type: ignore[union-attr]
    assert set(invite.supported) == {"timer", "100rel"}
    assert invite.headers.get("Session-Expires") == "1800"
    assert invite.sdp_body() == OFFER


def test_the_same_leg_makes_the_very_same_packet_in_another_process() -> None:
    first, second = Alone(), Alone()
    second.now = first.now + 12.5
    placed(first, headers=(("P-Asserted-Identity", "<sip:x@y>"),))
    placed(second, headers=(("P-Asserted-Identity", "<sip:x@y>"),))
    assert first.sent == second.sent


def test_another_leg_makes_another_call(us: Alone) -> None:
    first, second = placed(us, "leg-1"), placed(us, "leg-2")
    assert first.call_id != second.call_id
    assert first.from_.tag != second.from_.tag
    assert first.top_via.branch != second.top_via.branch


def test_the_same_order_twice_is_one_call(us: Alone) -> None:
    placed(us)
    call(us, "out", CARRIER, us.now)
    assert us.flush() == []


def test_by_default_it_goes_where_the_target_says(us: Alone) -> None:
    us.agent.invite(
        "a",
        Uri.parse("sip:op@192.0.2.77:40000;transport=tcp"),
        us.now,
        from_=NameAddr("", Uri.parse("sip:a@line.example")),
    )
    assert us.flush()[0].destination == Endpoint("tcp", "192.0.2.77", 40000)


@pytest.mark.parametrize(
    "target", ["sip:op@host.example", "tel:+3222001234", "sips:a@192.0.2.3"]
)
def test_a_target_without_an_address_ends_at_once(us: Alone, target: str) -> None:
    us.agent.invite(
        "a", Uri.parse(target), us.now, from_=NameAddr("", Uri.parse("sip:a@line.example"))
    )
    assert us.flush() == []
    assert us.last(Ended).why == "transport"
    assert us.agent.calls == 0


def test_a_header_that_would_smuggle_another_is_refused_and_leaves_nothing(us: Alone) -> None:
    with pytest.raises(ValueError, match="line end"):
        call(us, "out", CARRIER, us.now, headers=(("Subject", "x\r\nFrom: <sip:boss@x>"),))
    assert (us.agent.calls, us.agent.transactions, us.flush()) == (0, 0, [])


def test_no_reply_at_all_ends_the_call_after_32_seconds(us: Alone) -> None:
    placed(us)
    assert methods(us.wait(31.9)) == ["INVITE"] * 6
    us.wait(0.2)
    assert us.got(Ended) == [Ended("out", "timeout", "no reply")]


def test_a_transport_that_fails_ends_the_call_at_once(us: Alone) -> None:
    placed(us)
    us.agent.connection_lost(CARRIER, us.now)
    us.collect()
    assert us.last(Ended).why == "transport"


# ---------------------------------------------------------------- provisional


def test_ringing_is_told_once_for_each_change(us: Alone) -> None:
    invite = placed(us)
    us.take(reply(invite, 100, None))
    for status, sdp in ((180, None), (180, None), (183, ANSWER), (183, ANSWER), (180, None)):
        us.take(reply(invite, status, sdp=sdp))
    assert [(event.status, event.sdp) for event in us.got(Ringing)] == [
        (180, None),
        (183, ANSWER),
        (180, None),
    ]


def test_after_a_provisional_response_the_invite_is_not_repeated(us: Alone) -> None:
    us.take(reply(placed(us), 100, None))
    assert us.wait(3600) == []


def test_a_reliable_provisional_response_gets_one_prack(us: Alone) -> None:
    invite = placed(us)
    ringing = reply(invite, 183, sdp=ANSWER, headers="Require: 100rel\nRSeq: 776656")
    prack = only(us.take(ringing))
    assert prack.method == "PRACK"
    assert prack.headers.get("RAck") == "776656 1 INVITE"
    assert prack.cseq.number == 2
    assert str(prack.uri) == "sip:op@198.51.100.1:5060"
    assert us.take(ringing) == []
    assert len(us.got(Ringing)) == 1
    us.take(reply(prack, 200))
    second = only(us.take(reply(invite, 180, headers="Require: 100rel\nRSeq: 776657")))
    assert second.headers.get("RAck") == "776657 1 INVITE"


def test_a_reliable_response_that_overtook_another_waits_for_it(us: Alone) -> None:
    invite = placed(us)
    us.take(reply(invite, 180, headers="Require: 100rel\nRSeq: 1"))
    assert us.take(reply(invite, 183, headers="Require: 100rel\nRSeq: 3")) == []
    assert [event.status for event in us.got(Ringing)] == [180]


def test_without_an_offer_of_ours_reliable_responses_are_not_offered(us: Alone) -> None:
    assert "100rel" not in placed(us, sdp=None).supported


# ---------------------------------------------------------------- answers


def test_an_answer_waits_for_the_owners_word_before_its_ack(us: Alone) -> None:
    invite = placed(us)
    assert us.take(reply(invite, 200, sdp=ANSWER)) == []
    event = us.last(Answered)
    assert event.response is not None
    assert (event.leg, event.sdp, event.response.status) == ("out", ANSWER, 200)
    assert us.take(reply(invite, 200, sdp=ANSWER)) == []  # repeated: still no word
    us.agent.acknowledge("out", us.now)
    ack = only(us.flush())
    assert (ack.method, ack.cseq.number, ack.to.tag) == ("ACK", 1, "b1")
    assert ack.top_via.branch != invite.top_via.branch
    assert str(ack.uri) == "sip:op@198.51.100.1:5060"
    assert len(us.got(Answered)) == 1


def test_a_repeated_answer_gets_its_ack_again_also_long_after(us: Alone) -> None:
    invite = connected(us)
    for pause in (0.5, 30, 40, 400):
        us.wait(pause)
        assert methods(us.take(reply(invite, 200, sdp=ANSWER))) == ["ACK"]
    assert len(us.got(Answered)) == 1


def test_the_owners_word_twice_is_one_ack(us: Alone) -> None:
    connected(us)
    us.agent.acknowledge("out", us.now)
    assert us.flush() == []


def test_late_offer_our_ack_brings_the_answer(us: Alone) -> None:
    invite = placed(us, sdp=None)
    us.take(reply(invite, 200, sdp=OFFER))
    assert us.last(Answered).sdp == OFFER
    us.agent.acknowledge("out", us.now, ANSWER)
    assert only(us.flush()).sdp_body() == ANSWER
    assert only(us.take(reply(invite, 200, sdp=OFFER))).sdp_body() == ANSWER


def test_an_answer_without_sdp_keeps_what_the_early_media_said(us: Alone) -> None:
    invite = placed(us)
    us.take(reply(invite, 183, sdp=ANSWER))
    us.take(reply(invite, 200))
    assert us.last(Answered).sdp == ANSWER


@pytest.mark.parametrize("contact", ["", "<broken", "<tel:+32>", "nonsense; ="])
def test_an_answer_without_a_usable_contact_is_an_answer(us: Alone, contact: str) -> None:
    invite = placed(us)
    us.take(reply(invite, 200, sdp=ANSWER, contact=contact))
    us.agent.acknowledge("out", us.now)
    ack = only(us.flush())
    assert str(ack.uri) == str(invite.uri)


def test_an_answer_with_a_broken_multipart_body_is_an_answer_without_sdp(us: Alone) -> None:
    invite = placed(us)
    text = reply(invite, 200, sdp=ANSWER).replace(b"application/sdp", b"multipart/mixed")
    us.take(text)
    assert us.last(Answered).sdp is None


def test_the_route_set_of_the_answer_is_used_in_reverse(us: Alone) -> None:
    invite = placed(us)
    us.take(reply(invite, 200, headers="Record-Route: <sip:192.0.2.8;lr>, <sip:192.0.2.9;lr>"))
    us.agent.acknowledge("out", us.now)
    (packet,) = us.flush()
    assert [str(route.uri) for route in only([packet]).routes] == [
        "sip:192.0.2.9;lr",
        "sip:192.0.2.8;lr",
    ]
    assert packet.destination == ("udp", "192.0.2.9", 5060)


def test_an_owner_who_never_takes_the_answer_up_loses_the_call(us: Alone) -> None:
    us.take(reply(placed(us), 200, sdp=ANSWER))
    assert us.wait(31.9) == []
    assert methods(us.wait(0.2)) == ["ACK", "BYE"]
    assert us.last(Ended).why == "no_ack"


def test_bye_right_after_the_answer_is_not_lost(us: Alone) -> None:
    """Answered and hung up while our owner still writes to its disk."""
    invite = placed(us)
    us.take(reply(invite, 200, sdp=ANSWER))
    callee = Caller(
        call_id=invite.call_id,
        tag="b1",
        to=invite.headers.get("From") or "",
        from_=invite.headers.get("To") or "",
    )
    packets = us.take(callee.again("BYE"))
    assert statuses(packets) == [200]
    assert methods(packets) == ["ACK"]
    assert us.got(Ended) == [Ended("out", "bye", "")]
    us.agent.acknowledge("out", us.now)
    assert us.flush() == []


# ---------------------------------------------------------------- refusals


@pytest.mark.parametrize("status", [300, 302, 404, 480, 486, 487, 500, 503, 600, 603])
def test_a_refusal_ends_the_call_and_is_acknowledged(us: Alone, status: int) -> None:
    invite = placed(us)
    text = reply(invite, status, headers='Reason: Q.850;cause=17;text="busy"')
    assert methods(us.take(text)) == ["ACK"]
    event = us.last(Refused)
    assert (event.leg, event.status, event.reason) == ("out", status, "Whatever")
    assert event.cause_text == 'Q.850;cause=17;text="busy"'
    assert methods(us.take(text)) == ["ACK"]
    assert len(us.got(Refused)) == 1


def test_a_refusal_can_wait_to_be_written_down_before_it_is_acknowledged() -> None:
    us = Alone(make_settings(holds_refusals=True))
    text = reply(placed(us), 486)
    assert us.take(text) == []
    assert us.last(Refused).status == 486
    assert us.take(text) == [], "it is repeated to whoever comes after us"
    us.agent.confirm_refusal("out")
    assert methods(us.flush()) == ["ACK"]
    assert methods(us.take(text)) == ["ACK"]
    us.agent.confirm_refusal("out")
    us.agent.confirm_refusal("nobody")
    assert us.flush() == []


def test_a_refusal_nobody_hears_of_is_acknowledged_at_once() -> None:
    us = Alone(make_settings(holds_refusals=True))
    invite = placed(us)
    us.take(reply(invite, 180))
    us.agent.hang_up("out", us.now)
    us.flush()
    assert methods(us.take(reply(invite, 487))) == ["ACK"]


def test_a_redirection_is_never_followed(us: Alone) -> None:
    invite = placed(us)
    us.take(reply(invite, 302, contact="<sip:+882999@203.0.113.66>"))
    assert us.last(Refused).status == 302
    assert "INVITE" not in methods(us.wait(100))


@pytest.mark.parametrize(
    ("value", "seconds"),
    [("120", 120.0), ("5 (maintenance)", 5.0), ("18;duration=3600", 18.0), ("soon", None)],
)
def test_retry_after_is_passed_on(us: Alone, value: str, seconds: float | None) -> None:
    us.take(reply(placed(us), 503, headers=f"Retry-After: {value}"))
    assert us.last(Refused).retry_after == seconds


def test_nobody_answers_in_the_owners_time(us: Alone) -> None:
    invite = placed(us, timeout=10.0)
    us.take(reply(invite, 180))
    assert us.wait(9.9) == []
    cancel = only(us.wait(0.2))
    assert cancel.method == "CANCEL"
    assert us.got(Refused) == [Refused("out", 408, "Request Timeout", "")]
    us.take(reply(cancel, 200))
    assert methods(us.take(reply(invite, 487))) == ["ACK"]
    assert len(us.events) == 2  # ringing, refused


def test_the_owners_time_stops_with_the_answer(us: Alone) -> None:
    invite = placed(us, timeout=10.0)
    us.take(reply(invite, 200, sdp=ANSWER))
    us.agent.acknowledge("out", us.now)
    us.flush()
    us.wait(20)
    assert us.got(Refused) == []


# ---------------------------------------------------------------- CANCEL and races


def test_cancel_waits_for_a_provisional_response(us: Alone) -> None:
    invite = placed(us)
    us.agent.hang_up("out", us.now, 'SIP;cause=200;text="Call completed elsewhere"')
    assert us.flush() == []
    assert us.got(Ended) == [
        Ended("out", "local", 'SIP;cause=200;text="Call completed elsewhere"')
    ]
    cancel = only(us.take(reply(invite, 100, None)))
    assert cancel.method == "CANCEL"
    assert cancel.top_via.branch == invite.top_via.branch
    assert cancel.cseq == (1, "CANCEL")
    assert "elsewhere" in (cancel.headers.get("Reason") or "")
    assert us.take(reply(invite, 180)) == []  # once is enough
    us.take(reply(cancel, 200))
    assert methods(us.take(reply(invite, 487))) == ["ACK"]
    us.wait(64)
    assert (us.agent.calls, us.agent.transactions) == (0, 0)


def test_an_answer_that_crosses_our_cancel_is_acknowledged_and_ended(us: Alone) -> None:
    invite = placed(us)
    us.take(reply(invite, 180))
    us.agent.hang_up("out", us.now)
    us.flush()
    packets = us.take(reply(invite, 200, sdp=ANSWER))
    assert methods(packets) == ["ACK", "BYE"]
    assert [request.to.tag for request in requests(packets)] == ["b1", "b1"]
    assert methods(us.take(reply(invite, 200, sdp=ANSWER))) == ["ACK"]
    assert us.got(Answered) == []
    assert len(us.got(Ended)) == 1


def test_an_answer_long_after_our_cancel_is_ended_too(us: Alone) -> None:
    invite = placed(us)
    us.agent.hang_up("out", us.now)
    us.wait(30)
    us.take(reply(invite, 180))
    us.wait(20)
    assert methods(us.take(reply(invite, 200, sdp=ANSWER))) == ["ACK", "BYE"]


def test_a_refusal_that_crosses_our_cancel_is_not_told(us: Alone) -> None:
    invite = placed(us)
    us.take(reply(invite, 180))
    us.agent.hang_up("out", us.now)
    us.flush()
    assert methods(us.take(reply(invite, 486))) == ["ACK"]
    assert us.got(Refused) == []


def test_after_cancel_a_silent_far_end_is_forgotten(us: Alone) -> None:
    us.take(reply(placed(us), 180))
    us.agent.hang_up("out", us.now)
    us.flush()
    us.wait(65)
    assert (us.agent.calls, us.agent.transactions) == (0, 0)


def test_hang_up_between_answer_and_acknowledge(us: Alone) -> None:
    us.take(reply(placed(us), 200, sdp=ANSWER))
    us.agent.hang_up("out", us.now)
    assert methods(us.flush()) == ["ACK", "BYE"]
    assert us.last(Ended).why == "local"
    us.agent.acknowledge("out", us.now)
    assert us.flush() == []


def test_hang_up_twice_is_once(us: Alone) -> None:
    connected(us)
    us.agent.hang_up("out", us.now)
    us.agent.hang_up("out", us.now)
    assert methods(us.flush()) == ["BYE"]
    assert len(us.got(Ended)) == 1


def test_a_reason_of_two_lines_is_refused_before_anything_happens(us: Alone) -> None:
    connected(us)
    with pytest.raises(ValueError, match="line end"):
        us.agent.hang_up("out", us.now, "Q.850\r\nFrom: <sip:x@y>")
    assert us.got(Ended) == []
    us.agent.hang_up("out", us.now)
    assert methods(us.flush()) == ["BYE"]


# ---------------------------------------------------------------- forks


def test_a_second_branch_that_answers_gets_ack_and_bye_and_is_not_told(us: Alone) -> None:
    invite = placed(us)
    us.take(reply(invite, 180, "b1"))
    us.take(reply(invite, 180, "b2"))
    us.take(reply(invite, 200, "b1", ANSWER))
    us.agent.acknowledge("out", us.now)
    us.flush()
    packets = us.take(reply(invite, 200, "b2", ANSWER, contact="<sip:other@198.51.100.1:5062>"))
    assert methods(packets) == ["ACK", "BYE"]
    assert {request.to.tag for request in requests(packets)} == {"b2"}
    assert {packet.destination.port for packet in packets} == {5062}
    assert methods(us.take(reply(invite, 200, "b2", ANSWER))) == ["ACK"]
    assert len(us.got(Answered)) == 1
    us.agent.hang_up("out", us.now)
    assert only(us.flush()).to.tag == "b1"


def test_a_fork_that_answers_before_the_owners_word_is_ended_too(us: Alone) -> None:
    invite = placed(us)
    us.take(reply(invite, 200, "b1", ANSWER))
    assert methods(us.take(reply(invite, 200, "b2", ANSWER))) == ["ACK", "BYE"]
    us.agent.acknowledge("out", us.now)
    assert only(us.flush()).to.tag == "b1"


def test_a_swarm_of_forks_is_bounded(us: Alone) -> None:
    invite = placed(us)
    for number in range(200):
        us.take(reply(invite, 180, f"r{number}"))
        us.take(reply(invite, 200, f"b{number}", ANSWER))
    us.agent.acknowledge("out", us.now)
    us.flush()
    assert us.agent.transactions < 40
    us.wait(65)
    assert us.agent.transactions == 0


# ---------------------------------------------------------------- challenges

PASSWORD = Credentials("line", "secret", "trunk.example")


def challenge(server: DigestServer, now: float, **more: bool) -> str:
    return "\n".join(f"WWW-Authenticate: {value}" for value in server.challenge(now, **more))


def trunk_server(now: float) -> DigestServer:
    from sip.digest import make_ha1

    return DigestServer(
        "trunk.example",
        SECRET,
        lambda user, algorithm: make_ha1(algorithm, user, "trunk.example", "secret"),
    )


def outcome(server: DigestServer, request: Request, now: float) -> Outcome:
    values = request.headers.get_all("Authorization")
    return server.check(values, request.method, request.uri, now).outcome


def test_a_challenge_is_answered_with_a_new_transaction_of_the_same_call(us: Alone) -> None:
    server = trunk_server(us.now)
    invite = placed(us, credentials=PASSWORD)
    packets = us.take(reply(invite, 401, headers=challenge(server, us.now)))
    assert methods(packets) == ["ACK", "INVITE"]
    again = requests(packets)[1]
    assert (again.call_id, again.from_.tag) == (invite.call_id, invite.from_.tag)
    assert again.cseq.number == 2
    assert again.top_via.branch != invite.top_via.branch
    assert outcome(server, again, us.now) is Outcome.ACCEPTED
    us.take(reply(again, 200, sdp=ANSWER))
    us.agent.acknowledge("out", us.now)
    ack = only(us.flush())
    assert ack.cseq.number == 2
    assert ack.headers.get("Authorization") == again.headers.get("Authorization")
    us.agent.hang_up("out", us.now)
    bye = only(us.flush())
    assert bye.cseq.number == 3


def test_a_wrong_password_is_not_tried_twice(us: Alone) -> None:
    server = trunk_server(us.now)
    invite = placed(us, credentials=Credentials("line", "wrong", "trunk.example"))
    packets = us.take(reply(invite, 401, headers=challenge(server, us.now)))
    again = requests(packets)[1]
    packets = us.take(reply(again, 401, headers=challenge(server, us.now)))
    assert methods(packets) == ["ACK"]
    assert us.last(Refused).status == 401


def test_a_nonce_that_went_stale_is_answered_once_more(us: Alone) -> None:
    server = trunk_server(us.now)
    invite = placed(us, credentials=PASSWORD)
    again = requests(us.take(reply(invite, 401, headers=challenge(server, us.now))))[1]
    stale = challenge(server, us.now, is_stale=True)
    third = requests(us.take(reply(again, 401, headers=stale)))[1]
    assert third.cseq.number == 3
    assert methods(us.take(reply(third, 401, headers=stale))) == ["ACK"]
    assert us.last(Refused).status == 401


def test_a_challenge_from_a_proxy_is_answered_in_its_own_header(us: Alone) -> None:
    server = trunk_server(us.now)
    lines = challenge(server, us.now).replace("WWW-Authenticate", "Proxy-Authenticate")
    packets = us.take(reply(placed(us, credentials=PASSWORD), 407, headers=lines))
    assert "Proxy-Authorization" in requests(packets)[1].headers


def test_no_password_goes_to_a_foreign_realm(us: Alone) -> None:
    line = 'WWW-Authenticate: Digest realm="evil", nonce="n", algorithm=MD5'
    packets = us.take(reply(placed(us, credentials=PASSWORD), 401, headers=line))
    assert methods(packets) == ["ACK"]
    assert us.last(Refused).status == 401


def test_without_credentials_a_challenge_is_a_refusal(us: Alone) -> None:
    server = trunk_server(us.now)
    us.take(reply(placed(us), 401, headers=challenge(server, us.now)))
    assert us.last(Refused).status == 401


def test_a_bye_that_is_challenged_is_sent_again(us: Alone) -> None:
    server = trunk_server(us.now)
    invite = placed(us, credentials=PASSWORD)
    us.take(reply(invite, 200, sdp=ANSWER))
    us.agent.acknowledge("out", us.now)
    us.flush()
    us.agent.hang_up("out", us.now)
    bye = only(us.flush())
    again = only(us.take(reply(bye, 401, headers=challenge(server, us.now))))
    assert (again.method, again.cseq.number) == ("BYE", bye.cseq.number + 1)
    assert outcome(server, again, us.now) is Outcome.ACCEPTED


def test_hang_up_while_the_password_is_asked_for_ends_it_there(us: Alone) -> None:
    server = trunk_server(us.now)
    invite = placed(us, credentials=PASSWORD)
    us.agent.hang_up("out", us.now)
    packets = us.take(reply(invite, 401, headers=challenge(server, us.now)))
    assert methods(packets) == ["ACK"]
    us.wait(65)
    assert us.agent.calls == 0


# ---------------------------------------------------------------- transports


def test_a_large_invite_goes_by_tcp(us: Alone) -> None:
    placed(us, headers=(("Subject", "x" * 1300),))
    (packet,) = us.sent
    assert packet.destination == TCP
    assert only([packet]).top_via.transport == "TCP"
    assert packet.local == US._replace(transport="tcp")


def test_a_large_invite_goes_by_udp_when_tcp_is_refused(us: Alone) -> None:
    first = placed(us, headers=(("Subject", "x" * 1300),))
    us.agent.connection_lost(TCP, us.now)
    (packet,) = us.flush()
    again = only([packet])
    assert packet.destination == CARRIER
    assert again.top_via.transport == "UDP"
    assert (again.call_id, again.cseq) == (first.call_id, first.cseq)
    assert us.events == []
    us.take(reply(again, 180))
    us.agent.hang_up("out", us.now)
    (cancel,) = us.flush()
    assert cancel.destination == CARRIER


def test_a_large_invite_that_fails_both_ways_ends_the_call(us: Alone) -> None:
    placed(us, headers=(("Subject", "x" * 1300),))
    us.agent.connection_lost(TCP, us.now)
    us.flush()
    us.agent.connection_lost(CARRIER, us.now)
    us.collect()
    assert us.got(Ended) == [Ended("out", "transport", "could not be sent")]


def test_a_cancel_follows_its_invite_over_tcp(us: Alone) -> None:
    invite = placed(us, headers=(("Subject", "x" * 1300),))
    us.take(reply(invite, 180), TCP)
    us.agent.hang_up("out", us.now)
    (packet,) = us.flush()
    assert packet.destination == TCP
    assert only([packet]).top_via.transport == "TCP"


def test_without_a_tcp_socket_or_when_told_not_to_udp_it_is() -> None:
    for settings in (make_settings(listen=(US,)), make_settings(switches_to_tcp=False)):
        us = Alone(settings)
        placed(us, headers=(("Subject", "x" * 1300),))
        assert us.sent[0].destination == CARRIER


def test_a_phone_is_reached_where_it_spoke_from_not_where_it_says(us: Alone) -> None:
    """Behind a NAT, Contact is an address that means nothing here."""
    call(us, "op", STRANGER, us.now)
    invite = only(us.flush())
    us.take(reply(invite, 200, sdp=ANSWER, contact="<sip:op@10.0.0.7:5060>"), STRANGER)
    us.agent.acknowledge("op", us.now)
    (ack,) = us.flush()
    assert ack.destination == STRANGER
    assert str(only([ack]).uri) == "sip:op@10.0.0.7:5060"


# ---------------------------------------------------------------- responses that are not ours


def test_responses_with_another_branch_method_or_via_are_dropped(us: Alone) -> None:
    invite = placed(us)
    good = reply(invite, 486)
    branch = (invite.top_via.branch or "").encode()
    for bad in (
        good.replace(branch, b"z9hG4bKother"),
        good.replace(b"1 INVITE", b"1 OPTIONS"),
        good.replace(b"Via: ", b"Via: SIP/2.0/UDP 203.0.113.9;branch=z9hG4bKx\r\nVia: "),
        good.replace(b"Via: ", b"Via: SIP/2.0/UDP 203.0.113.9;branch=z9hG4bKx, "),
        good.replace(b"\r\nFrom", b", SIP/2.0/UDP 203.0.113.9;branch=z9hG4bKx\r\nFrom"),
    ):
        us.take(bad)
    assert us.events == []
    us.take(good)
    assert us.last(Refused).status == 486


def test_a_2xx_with_a_spoilt_branch_is_not_the_answer_but_the_next_one_is(us: Alone) -> None:
    invite = placed(us)
    us.take(reply(invite, 180))
    good = reply(invite, 200, sdp=ANSWER)
    branch = (invite.top_via.branch or "").encode()
    us.take(good.replace(branch, branch[:-1] + b"~"))
    assert us.got(Answered) == []
    us.take(good)
    assert us.last(Answered).sdp == ANSWER
    us.agent.acknowledge("out", us.now)
    us.agent.hang_up("out", us.now)
    us.wait(70)
    assert us.agent.transactions == 0


def test_a_2xx_from_nowhere_is_dropped(us: Alone) -> None:
    invite = placed(us)
    text = reply(invite, 200, sdp=ANSWER)
    branch = (invite.top_via.branch or "").encode()
    foreign = text.replace(branch, b"z9hG4bKother")
    assert us.take(foreign.replace(invite.call_id.encode(), b"other")) == []
    assert us.take(foreign.replace(b";tag=" + (invite.from_.tag or "").encode(), b"")) == []
    assert us.events == []
