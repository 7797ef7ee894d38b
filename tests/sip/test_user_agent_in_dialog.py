"""Requests inside a call: whose, in which order, about what; and the forged ones."""

from __future__ import annotations

import pytest

from sip.endpoint import Endpoint, Peer
from sip.events import DigitReceived, Ended, Offered, OptionsAnswered
from sip.uri import Uri
from tests.sip.far_end import Caller, connected, leg_of, only, reply, talking
from tests.sip.pretend import (
    ANSWER,
    CARRIER,
    HELD,
    STRANGER,
    US,
    Alone,
    make_settings,
    methods,
    responses,
    statuses,
)
from tests.sip.test_user_agent_offers import callee_of

OTHER_TRUNK = Endpoint("udp", "198.51.100.99", 5060)


@pytest.fixture
def us() -> Alone:
    return Alone(make_settings(US, CARRIER, OTHER_TRUNK))


# ---------------------------------------------------------------- forgeries


@pytest.mark.parametrize("method", ["BYE", "INVITE", "UPDATE", "INFO", "PRACK", "REFER"])
@pytest.mark.parametrize("wrong", [{"from_tag": "zz"}, {"to": "<sip:x@y>;tag=zz"}])
def test_wrong_tags_are_not_believed(us: Alone, method: str, wrong: dict[str, str]) -> None:
    _, caller = talking(us)
    before = len(us.events)
    assert statuses(us.take(caller.again(method, **wrong))) == [481]
    assert len(us.events) == before


def test_another_call_id_is_not_believed(us: Alone) -> None:
    _, caller = talking(us)
    caller.call_id = "other"
    assert statuses(us.take(caller.again("BYE"))) == [481]
    assert us.got(Ended) == []


@pytest.mark.parametrize("method", ["BYE", "INVITE", "UPDATE", "INFO"])
def test_the_right_tags_from_a_stranger_get_silence_and_change_nothing(
    us: Alone, method: str
) -> None:
    leg, caller = talking(us)
    before = len(us.events)
    assert us.take(caller.again(method, sdp=HELD), STRANGER) == []
    assert len(us.events) == before
    us.agent.hang_up(leg, us.now)
    assert us.flush()[0].destination == CARRIER


def test_wrong_tags_from_a_stranger_get_silence(us: Alone) -> None:
    _, caller = talking(us)
    assert us.take(caller.again("BYE", from_tag="zz"), STRANGER) == []


def test_a_cancel_from_a_stranger_gets_silence_and_the_call_rings_on(us: Alone) -> None:
    caller = Caller()
    us.take(caller.invite())
    assert us.take(caller.cancel(), STRANGER) == []
    us.agent.answer(leg_of(us), ANSWER, us.now)
    assert statuses(us.flush()) == [200]


def test_a_cancel_from_another_trunk_is_not_believed(us: Alone) -> None:
    caller = Caller()
    us.take(caller.invite())
    assert statuses(us.take(caller.cancel(), OTHER_TRUNK)) == [481]
    assert len(us.events) == 1


def test_a_cancel_from_another_address_of_the_same_trunk_is_believed() -> None:
    twin = Endpoint("udp", "198.51.100.2", 5060)
    trunk = Peer("trunk", "carrier-a")
    us = Alone(make_settings(classify=lambda _source: trunk))
    caller = Caller()
    us.take(caller.invite())
    assert statuses(us.take(caller.cancel(), twin)) == [200, 487]


def test_a_cancel_with_another_branch_is_not_believed(us: Alone) -> None:
    caller = Caller()
    us.take(caller.invite())
    assert statuses(us.take(caller.write("CANCEL", branch="guess"))) == [481]
    assert len(us.events) == 1


def test_an_ack_from_a_stranger_does_not_stop_the_answer(us: Alone) -> None:
    caller = Caller()
    us.take(caller.invite())
    us.agent.answer(leg_of(us), ANSWER, us.now)
    caller.learn(us.flush())
    us.take(caller.ack(), STRANGER)
    us.take(caller.ack(branch="invite"), STRANGER)
    assert statuses(us.wait(1)) == [200]


def test_a_repeated_branch_from_a_stranger_gets_no_answer(us: Alone) -> None:
    caller = Caller()
    us.take(caller.invite())
    assert us.take(caller.invite(), STRANGER) == []


def test_bye_from_the_host_in_contact_is_believed(us: Alone) -> None:
    """The proxy is out of the way: the far end speaks to us directly."""
    caller = Caller()
    text = caller.invite().replace(b"<sip:gw@198.51.100.1:5060>", b"<sip:gw@203.0.113.66>")
    us.take(text)
    us.agent.answer(leg_of(us), ANSWER, us.now)
    caller.learn(us.flush())
    us.take(caller.ack(), STRANGER)
    assert statuses(us.take(caller.again("BYE"), STRANGER)) == [200]


def test_bye_from_another_address_of_the_trunks_is_believed(us: Alone) -> None:
    _, caller = talking(us)
    assert statuses(us.take(caller.again("BYE"), OTHER_TRUNK)) == [200]


def test_another_trunk_does_not_draw_the_dialog_to_itself(us: Alone) -> None:
    leg, caller = talking(us)
    us.take(caller.again("OPTIONS"), OTHER_TRUNK)
    us.agent.hang_up(leg, us.now)
    assert us.flush()[0].destination == CARRIER


# ---------------------------------------------------------------- order


def test_an_old_number_is_refused(us: Alone) -> None:
    _, caller = talking(us)
    caller.cseq = 10
    assert statuses(us.take(caller.again("OPTIONS"))) == [200]
    for number in (11, 10, 2, 1):
        assert statuses(us.take(caller.write("BYE", cseq=number))) == [500]
    assert us.got(Ended) == []
    assert statuses(us.take(caller.again("BYE"))) == [200]


def test_numbers_may_be_skipped(us: Alone) -> None:
    _, caller = talking(us)
    caller.cseq = 2_000_000_000
    assert statuses(us.take(caller.again("BYE"))) == [200]


def test_a_replayed_bye_of_an_earlier_call_does_nothing_to_a_later_one(us: Alone) -> None:
    _, caller = talking(us)
    bye = caller.again("BYE")
    us.take(bye)
    us.wait(70)
    talking(us, Caller(tag="a2"))
    assert statuses(us.take(bye)) == [481]
    assert len(us.got(Ended)) == 1


# ---------------------------------------------------------------- what they want


def test_info_with_a_key_press(us: Alone) -> None:
    leg, caller = talking(us)
    body = "Signal=5\r\nDuration=200\r\n"
    text = caller.again("INFO", sdp=body, content_type="application/dtmf-relay")
    assert statuses(us.take(text)) == [200]
    assert us.got(DigitReceived) == [DigitReceived(leg, "5", 200)]
    assert statuses(us.take(text)) == [200]
    assert len(us.got(DigitReceived)) == 1


def test_info_of_a_kind_we_do_not_read(us: Alone) -> None:
    _, caller = talking(us)
    text = caller.again("INFO", sdp="<x/>", content_type="application/media_control+xml")
    (response,) = responses(us.take(text))
    assert response.status == 415
    assert "application/dtmf-relay" in (response.headers.get("Accept") or "")


def test_info_with_nonsense_in_it(us: Alone) -> None:
    _, caller = talking(us)
    text = caller.again("INFO", sdp="Signal=99", content_type="application/dtmf-relay")
    assert statuses(us.take(text)) == [400]
    assert us.got(DigitReceived) == []


def test_info_without_a_body_proves_only_that_we_are_there(us: Alone) -> None:
    _, caller = talking(us)
    assert statuses(us.take(caller.again("INFO"))) == [200]


def test_key_presses_of_ours(us: Alone) -> None:
    invite = connected(us)
    us.agent.send_info_digit("out", "#", us.now)
    info = only(us.flush())
    assert (info.method, info.content_type) == ("INFO", "application/dtmf-relay")
    assert info.body == b"Signal=#\r\nDuration=160\r\n"
    assert info.cseq.number == invite.cseq.number + 1
    assert us.take(reply(info, 408)) == []
    assert us.got(Ended) == []
    with pytest.raises(ValueError, match="no such key"):
        us.agent.send_info_digit("out", "x", us.now)


def test_refer_is_refused_and_nothing_is_dialled(us: Alone) -> None:
    _, caller = talking(us)
    text = caller.again("REFER", headers="Refer-To: <sip:+882999@premium.example>")
    (response,) = responses(us.take(text))
    assert response.status == 405
    assert "REFER" not in response.allow
    assert "INVITE" not in methods(us.wait(100))


@pytest.mark.parametrize(
    ("method", "status"),
    [("OPTIONS", 200), ("NOTIFY", 489), ("SUBSCRIBE", 489), ("MESSAGE", 405), ("FOO", 405)],
)
def test_other_requests_in_a_call(us: Alone, method: str, status: int) -> None:
    _, caller = talking(us)
    assert statuses(us.take(caller.again(method))) == [status]
    assert us.got(Ended) == []


def test_an_extension_we_do_not_know_is_named(us: Alone) -> None:
    _, caller = talking(us)
    (response,) = responses(us.take(caller.again("UPDATE", headers="Require: timer, foo, bar")))
    assert (response.status, response.headers.get("Unsupported")) == (420, "foo, bar")


def test_requests_in_a_call_that_has_ended(us: Alone) -> None:
    leg, caller = talking(us)
    us.agent.hang_up(leg, us.now)
    us.flush()
    before = len(us.events)
    for method in ("INVITE", "UPDATE", "INFO", "OPTIONS"):
        assert statuses(us.take(caller.again(method, sdp=HELD)))[-1] == 481
    assert len(us.events) == before


def test_the_callee_of_a_call_we_placed_speaks_too(us: Alone) -> None:
    invite = connected(us)
    callee = callee_of(invite)
    us.take(callee.again("INVITE", sdp=HELD))
    assert us.last(Offered).leg == "out"
    us.agent.accept_offer("out", ANSWER, us.now)
    us.flush()
    us.take(callee.ack())
    assert statuses(us.take(callee.again("BYE"))) == [200]
    assert us.last(Ended) == Ended("out", "bye", "")


# ---------------------------------------------------------------- connections

TCP_CARRIER = Endpoint("tcp", "198.51.100.1", 41000)
TCP_US = US._replace(transport="tcp")


def test_over_tcp_the_connection_that_is_there_is_used(us: Alone) -> None:
    caller = Caller(TCP_CARRIER)
    leg, _ = _talk_over_tcp(us, caller)
    us.agent.hang_up(leg, us.now)
    (packet,) = us.flush()
    assert (packet.destination, packet.local) == (TCP_CARRIER, TCP_US)
    assert only([packet]).top_via.transport == "TCP"


def test_connections_are_forgotten_with_their_calls(us: Alone) -> None:
    caller = Caller(TCP_CARRIER)
    _talk_over_tcp(us, caller)
    for port in range(41001, 41020):
        us.take(caller.again("OPTIONS"), TCP_CARRIER._replace(port=port), TCP_US)
    calls, transactions = us.agent._core.calls, us.agent._core.transactions
    assert list(calls._by_flow) == [TCP_CARRIER._replace(port=41019)]
    us.take(caller.again("BYE"), TCP_CARRIER, TCP_US)
    us.wait(64)
    assert calls._by_flow == {}
    assert transactions._by_stream == {}
    us.agent.connection_lost(TCP_CARRIER, us.now)
    assert us.flush() == []


def test_a_connection_that_breaks_takes_only_its_own_requests_with_it(us: Alone) -> None:
    first, second = CARRIER._replace(transport="tcp"), OTHER_TRUNK._replace(transport="tcp")
    for token, where in (("a", first), ("b", second)):
        us.agent.options(where, Uri.parse("sip:x@y"), us.now, token)
    us.flush()
    us.agent.connection_lost(first, us.now)
    us.collect()
    assert us.got(OptionsAnswered) == [OptionsAnswered("a", None)]


def test_a_lost_connection_is_replaced_by_the_way_to_contact(us: Alone) -> None:
    caller = Caller(TCP_CARRIER)
    leg, _ = _talk_over_tcp(us, caller)
    us.agent.connection_lost(TCP_CARRIER, us.now)
    us.agent.hang_up(leg, us.now)
    assert us.flush()[0].destination == Endpoint("tcp", "198.51.100.1", 5060)


def test_a_far_end_that_comes_back_by_a_new_connection_is_followed(us: Alone) -> None:
    caller = Caller(TCP_CARRIER)
    leg, _ = _talk_over_tcp(us, caller)
    us.agent.connection_lost(TCP_CARRIER, us.now)
    again = TCP_CARRIER._replace(port=41001)
    us.take(caller.again("OPTIONS"), again, TCP_US)
    us.agent.hang_up(leg, us.now)
    assert us.flush()[0].destination == again


def _talk_over_tcp(us: Alone, caller: Caller) -> tuple[str, Caller]:
    contact = b"<sip:gw@198.51.100.1:5060;transport=tcp>"
    text = caller.invite().replace(caller.contact.encode(), contact)
    us.take(text, TCP_CARRIER, TCP_US)
    leg = leg_of(us)
    us.agent.answer(leg, ANSWER, us.now)
    response = caller.learn(us.flush())
    assert "transport=tcp" in str(response.contacts[0])
    us.take(caller.ack(), TCP_CARRIER, TCP_US)
    return leg, caller
