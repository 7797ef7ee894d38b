"""Calls that outlive the process that made them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sip.events import Acknowledged, Answered, Cancelled, Ended, IncomingCall, OfferAnswered
from sip.settings import Credentials
from tests.sip.far_end import Caller, connected, leg_of, only, placed, reply, talking
from tests.sip.pretend import (
    ANSWER,
    CARRIER,
    HELD,
    OFFER,
    US,
    Alone,
    call,
    methods,
    requests,
    responses,
    statuses,
)
from tests.sip.test_user_agent_offers import ALLOW_UPDATE, callee_of


def next_process(old: Alone, leg: str, pause: float = 1.0) -> Alone:
    """Kill the old process; a new one has nothing but the snapshot, as JSON."""
    snapshot: dict[str, Any] = json.loads(json.dumps(old.agent.export(leg)))
    new = Alone()
    new.now = old.now + pause
    new.agent.adopt(snapshot, new.now)
    return new


# ---------------------------------------------------------------- calls that are up


@pytest.mark.parametrize("direction", ["incoming", "outgoing"])
def test_a_call_that_is_up_goes_on_and_can_be_ended_by_us(direction: str) -> None:
    old = Alone()
    leg = talking(old)[0] if direction == "incoming" else "out"
    if direction == "outgoing":
        connected(old)
    new = next_process(old, leg)
    assert new.flush() == []
    new.agent.hang_up(leg, new.now)
    ours = only(new.flush())
    old.agent.hang_up(leg, old.now)
    theirs = only(old.flush())
    assert ours.method == "BYE"
    for name in ("From", "To", "Call-ID", "Route"):
        assert ours.headers.get(name) == theirs.headers.get(name)
    assert ours.uri == theirs.uri
    assert ours.cseq.number > theirs.cseq.number
    assert new.sent[-1].destination == old.sent[-1].destination


def test_a_call_that_is_up_can_be_ended_by_them() -> None:
    old = Alone()
    leg, caller = talking(old)
    new = next_process(old, leg)
    assert statuses(new.take(caller.again("BYE"))) == [200]
    assert new.got(Ended) == [Ended(leg, "bye", "")]
    new.wait(64)
    assert (new.agent.calls, new.agent.transactions) == (0, 0)


def test_numbers_used_after_the_snapshot_are_not_used_again() -> None:
    old = Alone()
    leg, _ = talking(old)
    snapshot = old.agent.export(leg)
    for _ in range(20):
        old.agent.send_info_digit(leg, "1", old.now)
    used = {request.cseq.number for request in requests(old.flush())}
    new = Alone()
    new.agent.adopt(snapshot, new.now)
    new.agent.offer(leg, HELD, new.now)
    assert only(new.flush()).cseq.number > max(used)


def test_old_requests_of_theirs_are_still_old() -> None:
    old = Alone()
    leg, caller = talking(old)
    caller.cseq = 40
    old.take(caller.again("OPTIONS"))
    new = next_process(old, leg)
    assert statuses(new.take(caller.write("BYE", cseq=41))) == [500]
    assert statuses(new.take(caller.write("BYE", cseq=42))) == [200]


def test_proof_of_life_by_reinvite() -> None:
    old = Alone()
    leg, _ = talking(old)
    new = next_process(old, leg)
    new.agent.offer(leg, ANSWER, new.now)
    assert methods(new.take(reply(only(new.flush()), 200, sdp=OFFER))) == ["ACK"]
    assert new.got(OfferAnswered) == [OfferAnswered(leg, OFFER)]


def test_a_far_end_that_is_gone_is_found_out() -> None:
    old = Alone()
    leg, _ = talking(old)
    new = next_process(old, leg)
    new.agent.offer(leg, ANSWER, new.now)
    assert methods(new.take(reply(only(new.flush()), 481))) == ["ACK", "BYE"]
    assert new.last(Ended).why == "error"


def test_routes_and_media_come_along() -> None:
    old = Alone()
    headers = f"Record-Route: <sip:192.0.2.50;lr>\n{ALLOW_UPDATE}"
    leg, _ = talking(old, headers=headers)
    new = next_process(old, leg)
    assert new.agent.export(leg)["remote_sdp"] == OFFER.decode()
    assert new.agent.export(leg)["local_sdp"] == ANSWER.decode()
    new.agent.offer(leg, HELD, new.now, "UPDATE")
    (packet,) = new.flush()
    assert packet.destination.host == "192.0.2.50"
    assert only([packet]).method == "UPDATE"


def test_the_session_timer_goes_on() -> None:
    old = Alone()
    leg, _ = talking(old, headers="Session-Expires: 1800;refresher=uac\nSupported: timer")
    new = next_process(old, leg)
    new.wait(1769)
    assert new.last(Ended).why == "expired"


def test_a_snapshot_of_a_snapshot_is_the_same() -> None:
    old = Alone()
    leg, _ = talking(old)
    first = old.agent.export(leg)
    new = next_process(old, leg)
    second = new.agent.export(leg)
    first["dialog"].pop("local_cseq")
    second["dialog"].pop("local_cseq")
    assert first == second


def test_credentials_are_not_in_the_snapshot_and_are_given_again() -> None:
    old = Alone()
    invite = placed(old, credentials=Credentials("line", "hunter2", "trunk.example"))
    old.take(reply(invite, 200, sdp=ANSWER))
    snapshot = old.agent.export("out")
    assert "hunter2" not in json.dumps(snapshot)
    new = Alone()
    new.agent.adopt(snapshot, new.now, Credentials("line", "hunter2", "trunk.example"))
    new.agent.acknowledge("out", new.now)
    new.agent.hang_up("out", new.now)
    bye = requests(new.flush())[-1]
    line = 'WWW-Authenticate: Digest realm="trunk.example", nonce="n", algorithm=MD5'
    again = only(new.take(reply(bye, 401, headers=line)))
    assert "Authorization" in again.headers


def test_the_ack_of_a_challenged_call_carries_its_authorization_in_the_next_process() -> None:
    old = Alone()
    invite = placed(old, credentials=Credentials("line", "hunter2", "trunk.example"))
    line = 'WWW-Authenticate: Digest realm="trunk.example", nonce="n", algorithm=MD5'
    again = requests(old.take(reply(invite, 401, headers=line)))[1]
    old.take(reply(again, 200, sdp=ANSWER))
    new = next_process(old, "out")
    new.agent.acknowledge("out", new.now)
    ack = only(new.flush())
    assert ack.headers.get("Authorization") == again.headers.get("Authorization")
    old.agent.acknowledge("out", old.now)
    assert only(old.flush()) == ack


# ---------------------------------------------------------------- answers in flight


def test_their_answer_that_the_dead_process_committed_but_did_not_acknowledge() -> None:
    old = Alone()
    invite = placed(old)
    old.take(reply(invite, 200, sdp=ANSWER))
    new = next_process(old, "out")
    assert new.take(reply(invite, 200, sdp=ANSWER)) == []  # they repeat; nobody said ACK
    new.agent.acknowledge("out", new.now)
    old.agent.acknowledge("out", old.now)
    assert new.flush() == old.flush()  # the very same packet
    assert methods(new.take(reply(invite, 200, sdp=ANSWER))) == ["ACK"]
    assert new.got(Answered) == []


def test_their_answer_that_nobody_committed_is_found_by_the_same_invite() -> None:
    old = Alone()
    invite = placed(old)
    answer = reply(invite, 200, sdp=ANSWER)
    old.take(answer)
    new = Alone()
    new.now = old.now + 3
    assert new.take(answer) == []  # before the log is read
    call(new, "out", CARRIER, new.now)
    assert new.flush() == old.sent
    new.take(answer)
    assert new.last(Answered).leg == "out"
    new.agent.acknowledge("out", new.now)
    assert methods(new.flush()) == ["ACK"]


def test_an_ack_that_was_lost_with_its_process_is_sent_again() -> None:
    old = Alone()
    invite = connected(old)
    new = next_process(old, "out")
    again = new.take(reply(invite, 200, sdp=ANSWER))
    assert again == old.sent[-1:]


def test_a_repeated_answer_to_a_reinvite_of_the_dead_process_is_acknowledged() -> None:
    old = Alone()
    connected(old)
    old.agent.offer("out", HELD, old.now)
    reinvite = only(old.flush())
    new = next_process(old, "out")
    ack = only(new.take(reply(reinvite, 200, sdp=ANSWER)))
    assert (ack.method, ack.cseq.number) == ("ACK", reinvite.cseq.number)
    assert methods(new.take(reply(reinvite, 200, sdp=ANSWER))) == ["ACK"]


def test_our_answer_without_ack_goes_on_being_repeated() -> None:
    old, caller = Alone(), Caller()
    old.take(caller.invite())
    leg = leg_of(old)
    old.agent.answer(leg, ANSWER, old.now)
    caller.learn(old.flush())
    new = next_process(old, leg)
    assert [packet.data for packet in new.flush()] == [old.sent[-1].data]
    assert statuses(new.wait(2)) == [200, 200]
    assert new.take(Caller().invite()) == []  # absorbed, no second call
    new.take(caller.ack())
    assert new.got(Acknowledged) == [Acknowledged(leg, None)]
    assert new.got(IncomingCall) == []
    assert new.wait(100) == []


def test_our_answer_that_nobody_ever_acknowledges_ends_the_adopted_call() -> None:
    old, caller = Alone(), Caller()
    old.take(caller.invite())
    leg = leg_of(old)
    old.agent.answer(leg, ANSWER, old.now)
    old.flush()
    new = next_process(old, leg)
    packets = new.wait(32.1)
    assert methods(packets) == ["BYE"]
    assert new.last(Ended).why == "no_ack"


def test_a_late_offer_finds_its_answer_in_the_next_process() -> None:
    old, caller = Alone(), Caller()
    old.take(caller.invite(sdp=None))
    leg = leg_of(old)
    old.agent.answer(leg, ANSWER, old.now)
    caller.learn(old.flush())
    new = next_process(old, leg)
    new.take(caller.ack(sdp=OFFER))
    assert new.got(Acknowledged) == [Acknowledged(leg, OFFER)]


# ---------------------------------------------------------------- calls that ring


def test_a_call_that_rings_is_answered_by_the_next_process() -> None:
    old, caller = Alone(), Caller()
    old.take(caller.invite())
    leg = leg_of(old)
    old.agent.ring(leg, old.now)
    ringing = caller.learn(old.flush())
    new = next_process(old, leg)
    assert new.take(Caller().invite()) == []  # repeated: no second call
    new.agent.ring(leg, new.now)
    assert responses(new.flush())[0].to.tag == ringing.to.tag
    new.agent.answer(leg, ANSWER, new.now)
    (response,) = responses(new.flush())
    assert (response.status, response.to.tag) == (200, ringing.to.tag)
    new.take(caller.ack())
    assert len(new.got(Acknowledged)) == 1
    assert new.got(IncomingCall) == []


def test_a_call_that_rings_is_cancelled_at_the_next_process() -> None:
    old, caller = Alone(), Caller()
    old.take(caller.invite())
    leg = leg_of(old)
    new = next_process(old, leg)
    assert statuses(new.take(caller.cancel("Reason: SIP;cause=200"))) == [200, 487]
    assert new.got(Cancelled) == [Cancelled(leg, "SIP;cause=200")]


def test_an_adopted_call_is_answered_without_waiting_for_any_prack() -> None:
    old, caller = Alone(), Caller()
    old.take(caller.invite(headers="Require: 100rel"))
    leg = leg_of(old)
    old.agent.ring(leg, old.now, ANSWER, 183)
    old.flush()
    new = next_process(old, leg)
    new.agent.ring(leg, new.now, ANSWER, 183)
    new.agent.answer(leg, ANSWER, new.now)
    assert statuses(new.flush()) == [183, 200]


def test_a_call_over_tcp_that_rings() -> None:
    caller = Caller(CARRIER._replace(transport="tcp", port=41000))
    old = Alone()
    old.take(caller.invite(), caller.source, US._replace(transport="tcp"))
    new = next_process(old, leg_of(old))
    new.agent.answer(leg_of(old), ANSWER, new.now)
    assert new.flush()[0].destination == caller.source


# ---------------------------------------------------------------- what cannot be taken over


def test_there_is_nothing_to_keep_of_a_call_nobody_answered_or_that_is_over() -> None:
    us = Alone()
    invite = placed(us)
    with pytest.raises(LookupError):
        us.agent.export("out")
    us.take(reply(invite, 180))
    with pytest.raises(LookupError):
        us.agent.export("out")
    us.take(reply(invite, 486))
    with pytest.raises(LookupError):
        us.agent.export("out")
    with pytest.raises(LookupError):
        us.agent.export("unheard of")


def test_adopting_twice_is_once() -> None:
    old = Alone()
    leg, _ = talking(old)
    snapshot = old.agent.export(leg)
    new = Alone()
    new.agent.adopt(snapshot, new.now)
    new.agent.hang_up(leg, new.now)
    new.agent.adopt(snapshot, new.now)
    assert methods(new.flush()) == ["BYE"]
    assert new.agent.calls == 1


@pytest.mark.parametrize(
    "change",
    [
        {"version": 99},
        {"version": None},
        {"dialog": {}},
        {"dialog": None},
        {"state": "dancing"},
        {"acks": [["x"]]},
        {"session": [1]},
        {"request": "GET / HTTP/1.1\r\n\r\n", "state": "ringing"},
        {"peer_allows": 5},
    ],
)
def test_what_is_no_snapshot_is_refused_and_leaves_nothing(change: dict[str, Any]) -> None:
    old = Alone()
    leg, _ = talking(old)
    snapshot = old.agent.export(leg)
    new = Alone()
    with pytest.raises(ValueError, match="snapshot"):
        new.agent.adopt(snapshot | change, new.now)
    assert new.agent.calls == 0
    with pytest.raises(ValueError, match="snapshot"):
        new.agent.adopt({}, new.now)


def test_the_callee_of_an_adopted_call_speaks() -> None:
    old = Alone()
    invite = connected(old)
    new = next_process(old, "out")
    callee = callee_of(invite)
    assert statuses(new.take(callee.again("UPDATE"))) == [200]
    assert statuses(new.take(callee.again("BYE"))) == [200]
    assert new.last(Ended).why == "bye"
