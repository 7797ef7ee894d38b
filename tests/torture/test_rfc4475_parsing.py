"""What the parser makes of every message of RFC 4475, as `expected.json` beside them says.

Where it allows either, we are lenient if nothing is ambiguous: a call is worth more than
its sender's grammar. What the user agent does with what was parsed is tested there.
"""

import hashlib
import json
from collections.abc import Callable
from typing import Any

import pytest

from sip.errors import ParseError
from sip.message import Request, Response, parse, respond
from sip.values import CSeq
from tests.shared import shared

DIRECTORY = "torture/rfc4475"

# None: parsed. A number: refused, with this status to answer. "drop": refused, no answer.
VERDICTS: dict[str, int | str | None] = {
    "wsinv": None,
    "intmeth": None,
    "esc01": None,
    "escnull": None,
    "esc02": None,
    "lwsdisp": None,
    "longreq": None,
    "dblreq": None,
    "semiuri": None,
    "transports": None,
    "mpart01": None,
    "unreason": None,
    "noreason": None,
    "badinv01": 400,
    "clerr": 400,
    "ncl": 400,
    "scalar02": 400,
    "scalarlg": "drop",
    "quotbal": 400,
    "ltgtruri": 400,
    "lwsruri": 400,
    "lwsstart": None,
    "trws": None,
    "escruri": None,
    "baddate": None,
    "regbadct": None,
    "badaspec": None,
    "baddn": 400,
    "badvers": 505,
    "mismatch01": 400,
    "mismatch02": 400,
    "bigcode": "drop",
    "badbranch": None,
    "insuf": 400,
    "unkscm": None,
    "novelsc": None,
    "unksm2": None,
    "bext01": None,
    "invut": None,
    "regaut01": None,
    "multi01": 400,
    "mcl01": 400,
    "bcast": None,
    "zeromf": None,
    "cparam01": None,
    "cparam02": None,
    "regescrt": None,
    "sdp01": None,
    "inv2543": None,
}


def octets(name: str) -> bytes:
    return shared(f"{DIRECTORY}/{name}.dat").read_bytes()


def request(name: str) -> Request:
    message = parse(octets(name))
    assert isinstance(message, Request)
    return message


def response(name: str) -> Response:
    message = parse(octets(name))
    assert isinstance(message, Response)
    return message


def expected() -> dict[str, dict[str, Any]]:
    cases: dict[str, dict[str, Any]] = json.loads(
        shared("torture/rfc4475_expected.json").read_text()
    )["cases"]
    return cases


def test_no_message_is_forgotten() -> None:
    assert set(expected()) == set(VERDICTS)


def test_valid_messages_are_all_parsed() -> None:
    valid = [name for name, case in expected().items() if case["class"] == "valid"]
    assert [name for name in valid if VERDICTS[name] is not None] == []


@pytest.mark.parametrize("name", VERDICTS)
def test_verdict(name: str) -> None:
    data = octets(name)
    assert hashlib.sha256(data).hexdigest() == expected()[name]["sha256"]
    verdict = VERDICTS[name]
    if verdict is None:
        message = parse(data)
        assert parse(bytes(message)) == message
        assert message.headers.items(), "and it can be written and read again"
        return
    with pytest.raises(ParseError) as caught:
        parse(data)
    if verdict == "drop":
        assert caught.value.partial is None
    else:
        assert caught.value.status == verdict
        assert caught.value.partial is not None
        answer = bytes(respond(caught.value.partial, verdict, to_tag="x"))
        assert answer.startswith(f"SIP/2.0 {verdict} ".encode())
        assert b"\r\nVia: " in answer


@pytest.mark.parametrize("name", ["test", "baddn.terminated"])
def test_the_extra_files_of_the_archive(name: str) -> None:
    if name == "test":
        with pytest.raises(ParseError):
            parse(octets(name))
        return
    lenient = request(name)
    assert lenient.from_.display_name == "Bell, Alexander"
    assert lenient.to.uri.user == "t.watson"


def check_wsinv() -> None:
    invite = request("wsinv")
    assert (invite.max_forwards, invite.cseq) == (68, CSeq(9, "INVITE"))
    assert invite.to.tag == "1918181833n"
    assert invite.from_.tag == "98asjd8"
    assert invite.from_.display_name == 'J Rosenberg \\"'
    assert invite.headers.get("Subject") == ""
    assert (
        invite.headers.get("NewFangledHeader") == "newfangled value continued newfangled value"
    )
    assert invite.headers.get("UnknownHeaderWithUnusualValue") == ";;,,;;,;"
    assert [(via.transport, via.host, via.branch) for via in invite.via] == [
        ("UDP", "192.0.2.2", "390skdjuw"),
        ("TCP", "spindle.example.com", "z9hG4bK9ikj8"),
        ("UDP", "192.168.255.111", "z9hG4bK30239"),
    ]
    (contact,) = invite.contacts
    assert contact.display_name == 'Quoted string ""'
    assert contact.parameter("newparam") == "newvalue"
    assert contact.parameter("secondparam") == ""
    assert contact.parameter("q") == "0.33"
    (route,) = invite.routes
    assert route.uri.parameter("lr") == ""
    assert len(invite.body) == 150


def check_intmeth() -> None:
    odd = request("intmeth")
    assert odd.method == odd.cseq.method == "!interesting-Method0123456789_*+`.%indeed'~"
    assert odd.top_via.branch == "z9hG4bK-.!%66*_+`'~"
    assert odd.uri.user == "1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*"
    assert odd.uri.password == "&it+has=1,weird!*pas$wo~d_too.(doesn't-it)"
    assert odd.uri.host == "example.com"
    assert odd.to.display_name == "BEL:\ufffd NUL:\ufffd DEL:\ufffd"
    assert odd.from_.display_name == "token1~` token2'+_ token3*%!.-"
    assert odd.from_.parameter("fromparam''~+*_!.-%") == "работающий"
    assert odd.from_.tag == "_token~1'+`*%!-."
    assert odd.call_id == "intmeth.word%ZK-!.*_+'@word`~)(><:\\/\"][?}{"
    assert odd.headers.get("extensionHeader-!.%*+_`'~") == "\ufeff大停電"


def check_esc01() -> None:
    invite = request("esc01")
    assert invite.uri.user == "sips%3Auser%40example.com"
    assert invite.uri.host == "example.net"
    assert invite.from_.uri.user == "I%20have%20spaces"
    (contact,) = invite.contacts
    assert contact.uri.parameter("lr") is None
    assert contact.uri.parameter("n%61me") == "v%61lue%25%34%31"


def check_escnull() -> None:
    register = request("escnull")
    one, other = register.contacts
    assert (one.uri.user, other.uri.user) == ("%00", "%00%00")
    assert not one.uri.is_equivalent(other.uri)


def check_esc02() -> None:
    odd = request("esc02")
    assert odd.method == "RE%47IST%45R"
    assert len(odd.contacts) == 2
    assert odd.headers.get("C%6Fntact") == "<sip:alias2@host2.example.com>"
    assert odd.to.display_name == "%Z%45"


def check_lwsdisp() -> None:
    assert request("lwsdisp").from_.display_name == "caller"


def check_longreq() -> None:
    invite = request("longreq")
    assert len(invite.via) == 34
    assert invite.via[-1].received == "192.0.2.5"
    assert invite.from_.tag is not None
    assert len(invite.from_.tag) > 150
    assert len(invite.body) == 150


def check_dblreq() -> None:
    register = request("dblreq")
    assert (register.method, register.body) == ("REGISTER", b"")


def check_semiuri() -> None:
    assert request("semiuri").uri.user == "user;par=u%40example.net"
    assert request("semiuri").uri.parameters == ()
    assert "multipart/signed" in request("semiuri").headers.values("Accept")


def check_transports() -> None:
    transports = [via.transport for via in request("transports").via]
    assert transports == ["UDP", "SCTP", "TLS", "UNKNOWN", "TCP"]


def check_mpart01() -> None:
    parts = request("mpart01").parts()
    assert [part.content_type for part in parts] == ["text/plain", "application/octet-stream"]
    assert parts[0].body == b"Hello"
    assert b"\0" in parts[1].body


def check_unreason() -> None:
    assert response("unreason").reason.startswith("= 2**3 * 5**2 но сто")


def check_noreason() -> None:
    assert (response("noreason").status, response("noreason").reason) == (100, "")


def check_escruri() -> None:
    assert request("escruri").uri.headers == "Route=%3Csip:example.com%3E"
    assert request("escruri").routes == ()


def check_regbadct() -> None:
    with pytest.raises(ParseError) as caught:
        _ = request("regbadct").contacts
    assert caught.value.status == 400


def check_badaspec() -> None:
    assert str(request("badaspec").to.uri) == "sip:t.watson@example.org"


def check_lwsstart() -> None:
    assert str(request("lwsstart").uri) == "sip:user@example.com"


def check_badbranch() -> None:
    assert request("badbranch").top_via.branch == "z9hG4bK"


def check_unkscm() -> None:
    assert request("unkscm").uri.scheme == "nobodyknowsthisscheme"


def check_novelsc() -> None:
    assert request("novelsc").uri.scheme == "soap.beep"


def check_unksm2() -> None:
    register = request("unksm2")
    assert (register.to.uri.scheme, register.from_.uri.scheme) == ("isbn", "http")
    assert register.contacts[0].uri.scheme == "name"


def check_bext01() -> None:
    assert request("bext01").require == ("nothingsupportsthis", "nothingsupportsthiseither")


def check_invut() -> None:
    assert request("invut").content_type == "application/unknownformat"
    assert request("invut").sdp_body() is None


def check_bcast() -> None:
    assert [via.host for via in response("bcast").via] == ["192.0.2.198", "255.255.255.255"]


def check_zeromf() -> None:
    assert request("zeromf").max_forwards == 0


def check_cparam01() -> None:
    (contact,) = request("cparam01").contacts
    assert (contact.parameter("unknownparam"), contact.uri.parameters) == ("", ())


def check_cparam02() -> None:
    (contact,) = request("cparam02").contacts
    assert (contact.parameters, contact.uri.parameter("unknownparam")) == ((), "")


def check_regescrt() -> None:
    (contact,) = request("regescrt").contacts
    assert contact.uri.headers == "Route=%3Csip:sip.example.com%3E"
    assert request("regescrt").routes == ()


def check_inv2543() -> None:
    invite = request("inv2543")
    assert (invite.top_via.branch, invite.max_forwards, invite.from_.tag) == (None, None, None)
    assert invite.to.uri.user == "+16505552222"
    assert invite.to.parameter("user") == "phone"
    assert invite.sdp_body() is not None


DETAILS: list[Callable[[], None]] = [
    value for name, value in sorted(globals().items()) if name.startswith("check_")
]


@pytest.mark.parametrize("check", DETAILS, ids=lambda check: check.__name__[6:])
def test_details(check: Callable[[], None]) -> None:
    check()
