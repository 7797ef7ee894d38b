"""Session timers (RFC 4028): the rules, and their life in a call."""

from __future__ import annotations

import pytest

from sip import session_timer
from sip.calls import SessionTerms
from sip.errors import ParseError
from sip.events import Ended, IncomingCall, OfferAnswered, Refused
from sip.message import Request, parse
from tests.sip.far_end import Caller, only, placed, reply, talking
from tests.sip.pretend import (
    ANSWER,
    HELD,
    OFFER,
    Alone,
    make_settings,
    methods,
    requests,
    responses,
    statuses,
)
from tests.sip.test_user_agent_offers import ALLOW_UPDATE, callee_of


def request(headers: str) -> Request:
    found = parse(Caller().invite(headers=headers))
    assert isinstance(found, Request)
    return found


# ---------------------------------------------------------------- the rules


@pytest.mark.parametrize(
    ("headers", "terms", "answer"),
    [
        ("", None, {}),
        (
            "Session-Expires: 1800;refresher=uac\nSupported: timer",
            SessionTerms(1800, is_ours=False),
            {"Session-Expires": "1800;refresher=uac", "Require": "timer"},
        ),
        (
            "x: 1800\nSupported: timer",
            SessionTerms(1800, is_ours=False),
            {"Session-Expires": "1800;refresher=uac", "Require": "timer"},
        ),
        (
            "Session-Expires: 1800 ;Refresher=UAS\nSupported: timer",
            SessionTerms(1800, is_ours=True),
            {"Session-Expires": "1800;refresher=uas"},
        ),
        (  # a proxy put it in; the caller knows nothing of it
            "Session-Expires: 900",
            SessionTerms(900, is_ours=True),
            {"Session-Expires": "900;refresher=uas"},
        ),
        (
            "Session-Expires: 30",
            SessionTerms(90, is_ours=True),
            {"Session-Expires": "90;refresher=uas"},
        ),
    ],
)
def test_what_is_agreed_as_the_answering_side(
    headers: str, terms: SessionTerms | None, answer: dict[str, str]
) -> None:
    found, lines = session_timer.accept(request(headers), 90.0)
    assert (found, dict(lines)) == (terms, answer)


def test_only_who_knows_the_extension_is_told_that_it_is_too_short() -> None:
    short = "Session-Expires: 89"
    assert session_timer.is_too_short(request(f"{short}\nSupported: timer"), 90.0)
    assert not session_timer.is_too_short(request(short), 90.0)
    assert not session_timer.is_too_short(
        request("Session-Expires: 90\nSupported: timer"), 90.0
    )


@pytest.mark.parametrize("value", ["", "soon", "-5", "1e3", "99999999999", "90;;", "90;a=\x01"])
def test_what_cannot_be_read_is_refused(value: str) -> None:
    with pytest.raises(ParseError):
        session_timer.read(request(f"Session-Expires: {value}"))


# ---------------------------------------------------------------- in a call, we wait


def test_too_short_a_session_is_sent_away_with_the_shortest_we_take() -> None:
    us = Alone()
    text = Caller().invite(headers="Session-Expires: 60\nSupported: timer")
    (response,) = responses(us.take(text))
    assert (response.status, response.headers.get("Min-SE")) == (422, "90")
    assert us.got(IncomingCall) == []


@pytest.mark.parametrize("method", ["INVITE", "UPDATE"])
def test_too_short_a_refresh_is_sent_away_too(method: str) -> None:
    us = Alone()
    _, caller = talking(us)
    headers = "Session-Expires: 60\nSupported: timer"
    (response,) = responses(us.take(caller.again(method, headers=headers, sdp=HELD)))
    assert (response.status, response.headers.get("Min-SE")) == (422, "90")
    assert len(us.events) == 2


def test_a_far_end_that_never_refreshes_is_cut_at_expiry() -> None:
    us = Alone()
    talking(us, headers="Session-Expires: 1800;refresher=uac\nSupported: timer")
    assert us.wait(1767.9) == []
    packets = us.wait(0.2)
    assert methods(packets) == ["BYE"]
    assert us.last(Ended).why == "expired"


@pytest.mark.parametrize("method", ["UPDATE", "INVITE"])
def test_a_far_end_that_refreshes_keeps_its_call(method: str) -> None:
    us = Alone()
    leg, caller = talking(us, headers="Session-Expires: 1800;refresher=uac\nSupported: timer")
    for _ in range(8):
        us.wait(900)
        headers = "Session-Expires: 1800;refresher=uac\nSupported: timer"
        sdp = OFFER if method == "INVITE" else None
        packets = us.take(caller.again(method, headers=headers, sdp=sdp))
        if method == "INVITE":
            us.agent.accept_offer(leg, ANSWER, us.now)
            packets = us.flush()
        response = responses(packets)[-1]
        assert response.status == 200
        assert response.headers.get("Session-Expires") == "1800;refresher=uac"
        us.take(caller.ack())
    assert us.got(Ended) == []


def test_short_sessions_are_cut_a_third_before_the_end() -> None:
    us = Alone()
    talking(us, headers="Session-Expires: 90;refresher=uac\nSupported: timer")
    assert us.wait(59.9) == []
    assert methods(us.wait(0.2)) == ["BYE"]


# ---------------------------------------------------------------- in a call, we refresh

OURS = "Session-Expires: 1800;refresher=uas\nSupported: timer"


def test_we_refresh_by_update_at_half_the_time() -> None:
    us = Alone()
    leg, _ = talking(us, headers=f"{OURS}\n{ALLOW_UPDATE}")
    assert us.wait(899.9) == []
    for _ in range(5):
        update = only(us.wait(0.2))
        assert (update.method, update.body) == ("UPDATE", b"")
        assert update.headers.get("Session-Expires") == "1800;refresher=uac"
        us.take(reply(update, 200, headers="Session-Expires: 1800;refresher=uac"))
        assert us.wait(899.9) == []
    assert us.got(OfferAnswered) == []
    assert us.got(Ended) == []
    assert us.agent.export(leg)["local_sdp"] == ANSWER.decode()


def test_we_refresh_by_reinvite_where_update_is_not_known() -> None:
    us = Alone()
    talking(us, headers=OURS)
    reinvite = requests(us.wait(900))[0]
    assert (reinvite.method, reinvite.sdp_body()) == ("INVITE", ANSWER)
    assert methods(us.take(reply(reinvite, 200, sdp=OFFER))) == ["ACK"]
    assert us.got(OfferAnswered) == []  # nothing changed, nobody asked


def test_a_refresh_that_brings_another_session_is_told() -> None:
    us = Alone()
    talking(us, headers=OURS)
    us.take(reply(requests(us.wait(900))[0], 200, sdp=HELD))
    assert us.last(OfferAnswered).sdp == HELD


def test_a_refresh_without_any_reply_ends_the_call() -> None:
    us = Alone()
    talking(us, headers=OURS)
    us.wait(933)
    assert us.last(Ended).why == "timeout"
    assert "BYE" in methods(us.sent)


def test_a_far_end_that_forgot_the_call_ends_it() -> None:
    us = Alone()
    talking(us, headers=f"{OURS}\n{ALLOW_UPDATE}")
    assert methods(us.take(reply(requests(us.wait(900))[0], 481))) == ["BYE"]
    assert us.last(Ended).why == "error"


def test_a_refresh_that_is_refused_is_tried_again_until_expiry() -> None:
    us = Alone()
    talking(us, headers=OURS)
    tries = 0
    packets = us.wait(900)
    while us.got(Ended) == [] and tries < 200:
        for refresh in requests(packets)[:1]:
            tries += 1
            us.take(reply(refresh, 500))
        packets = us.wait(10.0)
    assert us.last(Ended).why == "expired"
    assert tries > 50


def test_a_far_end_that_only_says_it_takes_update_is_refreshed_by_reinvite() -> None:
    us = Alone()
    talking(us, headers=f"{OURS}\n{ALLOW_UPDATE}")
    us.take(reply(requests(us.wait(900))[0], 501))
    assert methods(us.wait(10)) == ["INVITE"]


def test_a_refresh_after_a_refusal_saves_the_call() -> None:
    us = Alone()
    talking(us, headers=OURS)
    us.take(reply(requests(us.wait(900))[0], 500))
    again = requests(us.wait(10))[0]
    us.take(reply(again, 200, sdp=OFFER))
    us.wait(880)
    assert us.got(Ended) == []


def test_a_refresh_due_while_their_offer_is_open_waits() -> None:
    us = Alone()
    leg, caller = talking(us, headers=OURS)
    us.wait(899)
    us.take(caller.again("INVITE", sdp=HELD))
    assert us.wait(5) == []
    us.agent.accept_offer(leg, ANSWER, us.now)
    us.flush()
    us.take(caller.ack())
    assert "INVITE" in methods(us.wait(10) + us.wait(900))


# ---------------------------------------------------------------- calls we place


def test_the_callee_may_make_us_refresh_or_refresh_itself() -> None:
    for refresher, is_ours in (("uac", True), ("uas", False)):
        us = Alone()
        invite = placed(us)
        headers = f"Session-Expires: 600;refresher={refresher}\nRequire: timer\n{ALLOW_UPDATE}"
        us.take(reply(invite, 200, sdp=ANSWER, headers=headers))
        us.agent.acknowledge("out", us.now)
        us.flush()
        assert us.agent.export("out")["session"] == [600.0, is_ours]
        packets = us.wait(569)
        assert ("UPDATE" in methods(packets)) is is_ours


def test_a_callee_that_says_nothing_of_timers_has_none() -> None:
    us = Alone()
    invite = placed(us)
    us.take(reply(invite, 200, sdp=ANSWER))
    us.agent.acknowledge("out", us.now)
    us.flush()
    assert us.wait(100_000) == []


def test_422_makes_us_ask_for_longer_once() -> None:
    us = Alone(make_settings(session_expires=90.0))
    invite = placed(us)
    assert invite.headers.get("Session-Expires") == "90"
    packets = us.take(reply(invite, 422, headers="Min-SE: 900"))
    again = requests(packets)[1]
    assert again.headers.get("Session-Expires") == "900"
    assert again.headers.get("Min-SE") == "900"
    assert again.cseq.number == 2
    for _ in range(10):
        packets = us.take(reply(again, 422, headers="Min-SE: 900"))
        if len(requests(packets)) == 1:
            break
        again = requests(packets)[1]
    assert us.last(Refused).status == 422


def test_422_without_a_number_is_a_refusal() -> None:
    us = Alone()
    us.take(reply(placed(us), 422))
    assert us.last(Refused).status == 422


def test_no_session_timer_when_the_owner_wants_none() -> None:
    us = Alone(make_settings(session_expires=None))
    assert "Session-Expires" not in placed(us).headers


def test_nonsense_in_an_answer_is_no_timer() -> None:
    us = Alone()
    invite = placed(us)
    us.take(reply(invite, 200, sdp=ANSWER, headers="Session-Expires: forever"))
    us.agent.acknowledge("out", us.now)
    us.flush()
    assert us.agent.export("out")["session"] is None


def test_the_callee_refreshes_a_call_we_placed() -> None:
    us = Alone()
    invite = placed(us)
    headers = "Session-Expires: 600;refresher=uas"
    us.take(reply(invite, 200, sdp=ANSWER, headers=headers))
    us.agent.acknowledge("out", us.now)
    us.flush()
    callee = callee_of(invite)
    for _ in range(4):
        us.wait(300)
        text = callee.again("UPDATE", headers="Session-Expires: 600\nSupported: timer")
        assert statuses(us.take(text)) == [200]
    assert us.got(Ended) == []
