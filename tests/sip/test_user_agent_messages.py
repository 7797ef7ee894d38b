"""MESSAGE outside calls (RFC 3428): who may send one, how it is answered, how ours go out."""

from __future__ import annotations

import pytest

from sip.digest import NonceCounts, authorize, make_ha1
from sip.digest_server import DigestServer
from sip.endpoint import Endpoint, Peer
from sip.events import MessageAnswered, MessageReceived
from sip.registrar import Registrar
from sip.settings import Credentials
from sip.uri import Uri
from sip.values import NameAddr
from tests.sip.far_end import Caller, only, reply
from tests.sip.pretend import (
    CARRIER,
    SECRET,
    US,
    Alone,
    make_settings,
    methods,
    responses,
    statuses,
)

TYPES = frozenset({"application/scaip+xml", "text/plain"})
UNIT = Endpoint("udp", "203.0.113.7", 40000)
TARGET = Uri.parse("sip:unit7@198.51.100.1:5060")
CREDENTIALS = Credentials("us", "secret", "trunk.example")
BODY = "<mrq/>"


def digest() -> DigestServer:
    def ha1_of(user: str, algorithm: str) -> str | None:
        known = user == "unit7"
        return make_ha1(algorithm, user, "line.example", "secret") if known else None

    return DigestServer("line.example", SECRET, ha1_of)


@pytest.fixture
def us() -> Alone:
    guard = digest()
    settings = make_settings(message_types=TYPES)
    return Alone(settings, registrar=Registrar(guard, SECRET), digest=guard)


def message(caller: Caller | None = None, **changes: str) -> bytes:
    values = {"sdp": BODY, "content_type": "application/scaip+xml"} | changes
    return (caller or Caller()).write("MESSAGE", **values)


def unit(number: int = 1) -> Caller:
    return Caller(UNIT, call_id=f"unit-{number}@{UNIT.host}", from_="<sip:unit7@line.example>")


def send(us: Alone, **changes: object) -> None:
    values = {
        "from_": NameAddr("", Uri.parse("sip:line.example")),
        "to": NameAddr("", TARGET),
        "body": b"<mrs/>",
        "content_type": "application/scaip+xml",
    }
    us.agent.message(CARRIER, TARGET, us.now, "m1", **(values | changes))  # type: ignore[arg-type]


# ---------------------------------------------------------------- what comes in


def test_a_trunk_s_message_is_taken_and_said_to_be_here_at_once(us: Alone) -> None:
    (response,) = responses(us.take(message()))
    assert response.status == 200
    assert response.to.tag
    assert response.body == b""
    [taken] = us.got(MessageReceived)
    assert taken.request.body == BODY.encode()
    assert (taken.source, taken.local) == (CARRIER, US)
    assert taken.peer == Peer("trunk", CARRIER.host)


def test_a_repetition_gets_the_same_answer_and_is_told_once(us: Alone) -> None:
    text = message()
    assert us.take(text) == us.take(text)
    assert len(us.got(MessageReceived)) == 1


def test_without_a_taker_it_is_a_method_we_do_not_serve() -> None:
    us = Alone()
    (response,) = responses(us.take(message()))
    assert response.status == 405
    assert "MESSAGE" not in response.allow
    assert us.events == []


def test_options_says_that_messages_are_taken_and_which(us: Alone) -> None:
    (response,) = responses(us.take(Caller().write("OPTIONS")))
    assert "MESSAGE" in response.allow
    accepted = [value.strip() for value in (response.headers.get("Accept") or "").split(",")]
    assert {"application/sdp", "application/scaip+xml", "text/plain"} == set(accepted)


@pytest.mark.parametrize(
    ("changes", "status", "header"),
    [
        ({"content_type": "image/png"}, 415, "Accept"),
        ({"headers": "Content-Encoding: deflate"}, 415, "Accept-Encoding"),
        ({"headers": "Require: foo"}, 420, "Unsupported"),
        ({"uri": "http://x"}, 416, None),
    ],
)
def test_what_we_could_not_read_is_refused_and_says_why(
    us: Alone, changes: dict[str, str], status: int, header: str | None
) -> None:
    (response,) = responses(us.take(message(**changes)))
    assert response.status == status
    assert header is None or header in response.headers
    assert us.got(MessageReceived) == []


@pytest.mark.parametrize("kind", ["application/scaip+xml;charset=utf-8", "Text/PLAIN"])
def test_a_content_type_has_no_case_and_may_have_parameters(us: Alone, kind: str) -> None:
    assert statuses(us.take(message(content_type=kind))) == [200]


def test_an_unknown_unit_is_challenged_and_a_known_one_is_taken(us: Alone) -> None:
    caller = unit()
    (challenge,) = responses(us.take(message(caller), UNIT))
    assert challenge.status == 401
    assert us.got(MessageReceived) == []
    assert us.agent.transactions == 0
    found = authorize(
        challenge.headers.get_all("WWW-Authenticate"),
        "MESSAGE",
        caller.uri,
        Credentials("unit7", "secret", "line.example"),
        NonceCounts(),
    )
    assert found is not None
    caller.cseq += 1
    line = f"{found[0]}: {found[1]}"
    assert statuses(us.take(message(caller, headers=line), UNIT)) == [200]
    assert us.last(MessageReceived).peer == Peer("phone", "unit7")


def test_a_wrong_password_takes_nothing(us: Alone) -> None:
    caller = unit()
    (challenge,) = responses(us.take(message(caller), UNIT))
    found = authorize(
        challenge.headers.get_all("WWW-Authenticate"),
        "MESSAGE",
        caller.uri,
        Credentials("unit7", "wrong", "line.example"),
        NonceCounts(),
    )
    assert found is not None
    line = f"{found[0]}: {found[1]}"
    assert statuses(us.take(message(caller, headers=line), UNIT)) == [401]
    assert us.got(MessageReceived) == []


def test_a_flood_of_one_trunk_gets_503_and_is_not_remembered() -> None:
    us = Alone(make_settings(message_types=TYPES, trunk_invite_rate=10.0))
    answers = [
        statuses(us.take(message(Caller(call_id=f"m-{n}@x"), branch=f"b{n}")))[0]
        for n in range(30)
    ]
    assert answers.count(200) == 10
    assert answers.count(503) == 20


# ---------------------------------------------------------------- what we send


def test_ours_is_a_request_of_its_own(us: Alone) -> None:
    send(us)
    request = only(us.flush())
    assert (request.method, str(request.uri)) == ("MESSAGE", str(TARGET))
    assert request.content_type == "application/scaip+xml"
    assert request.body == b"<mrs/>"
    assert "Contact" not in request.headers  # RFC 3428 section 4
    assert request.from_.tag
    assert request.to.tag is None


def test_ours_is_repeated_over_udp_until_it_is_answered(us: Alone) -> None:
    send(us)
    request = only(us.flush())
    assert methods(us.wait(1.6)) == ["MESSAGE"] * 2
    us.take(reply(request, 200))
    assert methods(us.wait(10)) == []
    assert us.got(MessageAnswered) == [MessageAnswered("m1", 200)]


def test_silence_is_told_once(us: Alone) -> None:
    send(us)
    us.wait(33)
    assert us.got(MessageAnswered) == [MessageAnswered("m1", None)]


def test_a_socket_we_do_not_have_is_told_at_once() -> None:
    us = Alone(make_settings(listen=(US,)))
    us.agent.message(
        CARRIER._replace(transport="tcp"),
        TARGET,
        us.now,
        "m1",
        from_=NameAddr("", TARGET),
        to=NameAddr("", TARGET),
        body=b"x",
        content_type="text/plain",
    )
    us.flush()
    assert us.got(MessageAnswered) == [MessageAnswered("m1", None)]


CHALLENGE = 'Proxy-Authenticate: Digest realm="trunk.example", nonce="n", qop="auth"'


def test_a_challenge_is_answered_once_with_the_trunk_s_credentials(us: Alone) -> None:
    send(us, credentials=CREDENTIALS)
    first = only(us.flush())
    second = only(us.take(reply(first, 407, headers=CHALLENGE)))
    assert second.call_id == first.call_id
    assert second.cseq.number == first.cseq.number + 1
    assert second.top_via.branch != first.top_via.branch
    assert "Proxy-Authorization" in second.headers
    assert us.take(reply(second, 407, headers=CHALLENGE)) == []
    assert us.got(MessageAnswered) == [MessageAnswered("m1", 407)]


def test_nobody_else_s_realm_gets_our_password(us: Alone) -> None:
    send(us, credentials=CREDENTIALS)
    request = only(us.flush())
    assert (
        us.take(reply(request, 401, headers='WWW-Authenticate: Digest realm="x", nonce="n"'))
        == []
    )
    assert us.got(MessageAnswered) == [MessageAnswered("m1", 401)]


def test_a_line_end_in_an_address_sends_nothing(us: Alone) -> None:
    with pytest.raises(ValueError, match="line end"):
        send(us, content_type="text/plain\r\nX: y")
    assert us.flush() == []
