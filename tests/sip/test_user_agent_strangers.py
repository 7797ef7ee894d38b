"""What somebody gets who is no trunk: a challenge, silence, and never the upper hand."""

from __future__ import annotations

import pytest

from sip.digest import NonceCounts, authorize, make_ha1
from sip.digest_server import DigestServer
from sip.endpoint import Endpoint, Packet
from sip.events import Cancelled, IncomingCall, Registered, Unregistered
from sip.message import parse
from sip.registrar import Registrar
from sip.settings import Credentials
from tests.sip.far_end import Caller, leg_of, only, reply
from tests.sip.pretend import (
    ANSWER,
    CARRIER,
    SECRET,
    STRANGER,
    US,
    Alone,
    call,
    make_settings,
    responses,
    statuses,
)

PHONE = Endpoint("udp", "203.0.113.7", 40000)
OTHER = Endpoint("udp", "203.0.113.8", 5060)
PASSWORDS = {"op1": "secret"}


def make_digest() -> DigestServer:
    def ha1_of(user: str, algorithm: str) -> str | None:
        password = PASSWORDS.get(user)
        return password and make_ha1(algorithm, user, "line.example", password)

    return DigestServer("line.example", SECRET, ha1_of)


@pytest.fixture
def us() -> Alone:
    digest = make_digest()
    settings = make_settings(product="Security Line 1.0")
    return Alone(settings, registrar=Registrar(digest, SECRET), digest=digest)


def phone(source: Endpoint = PHONE, number: int = 1) -> Caller:
    return Caller(
        source,
        call_id=f"phone-{number}@{source.host}",
        to="<sip:+3222001234@line.example>",
        from_="<sip:op1@line.example>",
    )


def sign(packets: list[Packet], method: str, uri: str, password: str = "secret") -> str:
    """The Authorization line that answers the challenge in these packets."""
    (challenge,) = responses(packets)
    assert challenge.status == 401
    found = authorize(
        challenge.headers.get_all("WWW-Authenticate"),
        method,
        uri,
        Credentials("op1", password, "line.example"),
        NonceCounts(),
    )
    assert found is not None
    return f"{found[0]}: {found[1]}"


def register(us: Alone, source: Endpoint = PHONE) -> None:
    caller = phone(source, 99)
    caller.to, caller.uri = caller.from_, "sip:line.example"
    line = sign(us.take(caller.write("REGISTER"), source), "REGISTER", caller.uri)
    caller.cseq += 1
    assert statuses(us.take(caller.write("REGISTER", headers=line), source)) == [200]


# ---------------------------------------------------------------- strangers


def test_a_stranger_who_calls_is_challenged_and_nothing_is_remembered(us: Alone) -> None:
    packets = us.take(phone().invite(), PHONE)
    (response,) = responses(packets)
    assert response.status == 401
    assert packets[0].destination == PHONE
    assert "SHA-256" in response.headers.get_all("WWW-Authenticate")[0]
    assert (us.agent.calls, us.agent.transactions, us.events) == (0, 0, [])


def test_nothing_says_who_we_are(us: Alone) -> None:
    for packet in us.take(phone().invite(), PHONE):
        assert b"Security Line" not in packet.data
        assert b"\r\nServer:" not in packet.data
        assert b"\r\nAllow:" not in packet.data


@pytest.mark.parametrize(
    "method",
    [
        "OPTIONS",
        "MESSAGE",
        "SUBSCRIBE",
        "NOTIFY",
        "REFER",
        "BYE",
        "CANCEL",
        "INFO",
        "FOO",
        "ACK",
        "PUBLISH",
        "PRACK",
    ],
)
def test_everything_else_from_a_stranger_gets_silence(us: Alone, method: str) -> None:
    assert us.take(phone().write(method), PHONE) == []
    assert us.take(phone().write(method, to="<sip:x@y>;tag=t"), PHONE) == []
    assert us.events == []


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\r\n\r\n",
        b"\0\0\0\0",
        b"GET / HTTP/1.1\r\n\r\n",
        b"INVITE sip:a@b SIP/2.0\r\n\r\n",
        b"INVITE sip:a@b SIP/3.0\r\nVia: SIP/2.0/UDP x;branch=z9hG4bK1\r\n\r\n",
        b"OPTIONS sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP x;branch=z9hG4bK1\r\nCSeq: x\r\n\r\n",
        b"\xff" * 2000,
    ],
)
def test_malformed_from_a_stranger_gets_silence(us: Alone, data: bytes) -> None:
    assert us.take(data, PHONE) == []


def test_a_guess_at_an_account_that_exists_is_answered_like_any_other(us: Alone) -> None:
    packets = us.take(phone().invite(), PHONE)
    known = sign(packets, "INVITE", "sip:x@y", "wrong")
    unknown = known.replace('username="op1"', 'username="nobody"')
    answers = []
    for number, line in enumerate((known, unknown), 2):
        text = phone(PHONE, number).invite(headers=line)
        (response,) = responses(us.take(text, PHONE))
        names = [name for name, _ in response.headers]
        answers.append((response.status, names))
    assert answers[0] == answers[1]
    assert answers[0][0] == 401


def test_at_most_twenty_guesses_then_silence(us: Alone) -> None:
    answered = 0
    for number in range(200):
        us.now += 1.0
        fresh = us.take(phone(PHONE, number).invite(), PHONE)
        if not fresh:
            continue
        us.now += 1.0
        line = sign(fresh, "INVITE", "sip:x@y", f"guess-{number}")
        answered += bool(us.take(phone(PHONE, number).invite(headers=line), PHONE))
    assert answered <= 20
    assert us.take(phone(OTHER).invite(), OTHER) != []


def test_a_caller_with_a_password_comes_through_as_that_phone(us: Alone) -> None:
    caller = phone()
    line = sign(us.take(caller.invite(), PHONE), "INVITE", caller.uri)
    caller.cseq = 2
    text = caller.write("INVITE", branch="second", headers=line)
    assert statuses(us.take(text, PHONE)) == [100]
    event = us.last(IncomingCall)
    assert event.peer == ("phone", "op1")
    us.agent.answer(event.leg, ANSWER, us.now)
    caller.learn(us.flush())
    us.take(caller.ack(), PHONE)
    assert statuses(us.take(caller.again("BYE"), PHONE)) == [200]
    us.take(caller.ack(), PHONE)


def test_a_caller_with_a_password_may_cancel(us: Alone) -> None:
    caller = phone()
    line = sign(us.take(caller.invite(), PHONE), "INVITE", caller.uri)
    caller.cseq = 2
    us.take(caller.write("INVITE", branch="second", headers=line), PHONE)
    assert statuses(us.take(caller.write("CANCEL", branch="second"), PHONE)) == [200, 487]
    assert len(us.got(Cancelled)) == 1


def test_an_overheard_answer_works_neither_twice_nor_elsewhere(us: Alone) -> None:
    caller = phone()
    line = sign(us.take(caller.invite(), PHONE), "INVITE", caller.uri)
    us.take(caller.write("INVITE", branch="second", headers=line), PHONE)
    assert len(us.got(IncomingCall)) == 1
    for source in (PHONE, OTHER):
        again = phone(source, 2).write("INVITE", branch="third", headers=line)
        assert statuses(us.take(again, source)) == [401]
    assert len(us.got(IncomingCall)) == 1


def test_without_accounts_a_stranger_gets_silence_even_for_invite() -> None:
    us = Alone()
    assert us.take(phone().invite(), PHONE) == []
    assert us.take(phone().write("REGISTER"), PHONE) == []
    assert us.events == []
    assert statuses(us.take(Caller().write("REGISTER"))) == [405]


# ---------------------------------------------------------------- phones


def test_a_phone_registers(us: Alone) -> None:
    register(us)
    assert us.last(Registered).user == "op1"
    assert us.agent.next_timer() is not None


def test_a_repeated_register_is_answered_from_memory(us: Alone) -> None:
    caller = phone(PHONE, 99)
    caller.to, caller.uri = caller.from_, "sip:line.example"
    line = sign(us.take(caller.write("REGISTER"), PHONE), "REGISTER", caller.uri)
    caller.cseq += 1
    text = caller.write("REGISTER", headers=line)
    assert statuses(us.take(text, PHONE) + us.take(text, PHONE)) == [200, 200]
    assert len(us.got(Registered)) == 1


def test_who_guesses_at_registering_gets_silence_in_the_end(us: Alone) -> None:
    answered = 0
    for number in range(60):
        us.now += 1.0
        caller = phone(PHONE, number)
        caller.to, caller.uri = caller.from_, "sip:line.example"
        fresh = us.take(caller.write("REGISTER"), PHONE)
        if not fresh:
            continue
        line = sign(fresh, "REGISTER", caller.uri, f"guess-{number}")
        answered += bool(us.take(caller.write("REGISTER", headers=line), PHONE))
    assert 0 < answered <= 20
    assert us.take(phone(PHONE, 999).write("REGISTER"), PHONE) == []
    assert us.got(Registered) == []


def test_a_registered_phone_is_told_what_is_wrong(us: Alone) -> None:
    register(us)
    assert statuses(us.take(phone().write("OPTIONS"), PHONE)) == [200]
    assert statuses(us.take(phone().write("MESSAGE"), PHONE)) == [405]
    assert statuses(us.take(phone().write("BYE", to="<sip:x@y>;tag=t"), PHONE)) == [481]


def test_a_registered_phone_proves_itself_for_every_new_call(us: Alone) -> None:
    register(us)
    assert statuses(us.take(phone().invite(), PHONE)) == [401]


def test_a_registration_that_ran_out_makes_a_stranger_again(us: Alone) -> None:
    register(us)
    us.wait(100_000)
    assert us.take(phone().write("OPTIONS"), PHONE) == []


def test_a_phone_whose_connection_broke_is_gone(us: Alone) -> None:
    source = PHONE._replace(transport="tcp")
    register(us, source)
    us.agent.connection_lost(source, us.now)
    us.collect()
    assert us.last(Unregistered).user == "op1"
    assert us.take(phone().write("OPTIONS"), source) == []


def test_our_call_to_a_phone_is_answered_from_there(us: Alone) -> None:
    register(us)
    call(us, "op", PHONE, us.now)
    invite = only(us.flush())
    us.take(reply(invite, 200, sdp=ANSWER, contact="<sip:op1@10.0.0.7>"), PHONE)
    us.agent.acknowledge("op", us.now)
    assert us.flush()[0].destination == PHONE
    moved = PHONE._replace(port=40444)  # the NAT gave it another port
    callee = Caller(
        PHONE,
        call_id=invite.call_id,
        tag="b1",
        to=invite.headers.get("From") or "",
        from_=invite.headers.get("To") or "",
    )
    assert statuses(us.take(callee.again("OPTIONS"), moved)) == [200]
    us.agent.hang_up("op", us.now)
    assert us.flush()[0].destination == moved


# ---------------------------------------------------------------- floods and reflection


def test_a_flood_of_strangers_calls_is_answered_a_few_times_a_second(us: Alone) -> None:
    sent = 0
    for number in range(2000):
        us.now += 0.001
        sent += len(us.take(phone(STRANGER, number).invite(), STRANGER))
    assert sent <= 20 + 2 * 5 + 1
    assert (us.agent.calls, us.agent.transactions) == (0, 0)


def test_the_flood_does_not_touch_another_stranger_nor_the_trunk(us: Alone) -> None:
    for number in range(2000):
        us.take(phone(STRANGER, number).invite(), STRANGER)
    assert statuses(us.take(phone().invite(), PHONE)) == [401]
    assert statuses(us.take(Caller().invite())) == [100]


def test_a_trunk_that_calls_too_often_gets_503_and_another_trunk_does_not() -> None:
    other = Endpoint("udp", "198.51.100.2", 5060)
    us = Alone(make_settings(US, CARRIER, other, trunk_invite_rate=10.0))
    got = [statuses(us.take(_distinct(number)))[0] for number in range(12)]
    assert got == [100] * 10 + [503] * 2
    assert statuses(us.take(_distinct(99, other), other)) == [100]
    us.now += 1.0
    assert statuses(us.take(_distinct(100))) == [100]


def _distinct(number: int, source: Endpoint = CARRIER) -> bytes:
    caller = Caller(source, call_id=f"c{number}")
    return caller.write("INVITE", branch=f"i{number}")


def test_no_more_calls_than_we_can_hold() -> None:
    us = Alone(make_settings(max_calls=3))
    got = [statuses(us.take(_distinct(number)))[0] for number in range(5)]
    assert got == [100, 100, 100, 503, 503]
    us.agent.refuse(leg_of(us), 486, us.now)
    us.flush()
    assert statuses(us.take(_distinct(9))) == [100]


@pytest.mark.parametrize(
    "via",
    [
        "SIP/2.0/UDP 203.0.113.99:5060;branch=z9hG4bK1",
        "SIP/2.0/UDP 203.0.113.99;branch=z9hG4bK1;maddr=203.0.113.99",
        "SIP/2.0/UDP 198.51.100.1;branch=z9hG4bK1;received=203.0.113.99;rport=9",
        "SIP/2.0/UDP 198.51.100.1;branch=z9hG4bK1;rport;maddr=203.0.113.99;ttl=9",
        "SIP/2.0/TCP 203.0.113.99:5060;branch=z9hG4bK1",
    ],
)
def test_answers_go_only_where_the_request_came_from(us: Alone, via: str) -> None:
    caller = Caller()
    for method in ("OPTIONS", "INVITE", "FOO"):
        text = caller.write(method).split(b"\r\n")
        text[1] = f"Via: {via}{method}".encode()
        text.insert(2, b"Route: <sip:203.0.113.99;lr>")
        text.insert(3, b"Record-Route: <sip:203.0.113.99;lr>")
        for packet in us.take(b"\r\n".join(text)):
            assert packet.destination == CARRIER
            assert len(packet.data) <= 3 * len(b"\r\n".join(text))
            assert b"received=203.0.113.99" not in packet.data


def test_the_answer_says_where_the_request_came_from(us: Alone) -> None:
    source = CARRIER._replace(port=6060)
    (packet,) = us.take(Caller().write("OPTIONS"), source)
    via = responses([packet])[0].top_via
    assert (via.received, via.rport) == ("198.51.100.1", 6060)
    assert packet.destination == source


def test_without_rport_the_answer_goes_to_the_source_port_or_as_set_to_the_via_port() -> None:
    source = CARRIER._replace(port=6060)
    text = Caller().write("OPTIONS").replace(b";rport", b"")
    us = Alone()
    assert us.take(text, source)[0].destination.port == 6060
    us = Alone(make_settings(answers_to_via_port=True))
    (packet,) = us.take(text, source)
    assert (packet.destination.host, packet.destination.port) == ("198.51.100.1", 5060)


def test_a_response_is_never_answered(us: Alone) -> None:
    (packet,) = us.take(Caller().write("OPTIONS"))
    assert us.take(packet.data) == []
    assert us.take(packet.data, STRANGER) == []


def test_a_defect_of_ours_is_told_and_the_next_message_is_read(
    us: Alone, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sip import uas
    from sip.events import FaultFound

    def broken(*_: object) -> None:
        raise RuntimeError("defect")

    with monkeypatch.context() as patch:
        patch.setattr(uas, "receive_invite", broken)
        us.agent.receive(Caller().invite(), CARRIER, US, us.now)
    event = us.agent.next_event()
    assert isinstance(event, FaultFound)
    assert "defect" in event.text
    assert statuses(us.take(Caller().invite())) == [100]


def test_every_answer_to_a_stranger_is_well_formed(us: Alone) -> None:
    for packet in us.take(phone().invite(), PHONE):
        assert parse(packet.data)
