import pytest

from sip.errors import ParseError
from sip.headers import Headers
from sip.message import Request, parse
from sip.uri import Uri
from tests.sip.messages import SDP, raw


def request(*more: str, **changes: str | None) -> Request:
    message = parse(raw(more=more, **changes))
    assert isinstance(message, Request)
    return message


def test_contacts() -> None:
    several = request(
        'm: "B, b" <sip:b@c>;expires=5;q=0.5', Contact="sip:a@b;expires=60, <tel:1>"
    )
    assert isinstance(several.contacts, tuple)
    assert [str(contact.uri) for contact in several.contacts] == ["sip:a@b", "tel:1", "sip:b@c"]
    assert several.contacts[2].parameter("q") == "0.5"
    assert request(Contact=None).contacts == ()


def test_the_star_contact_stands_alone() -> None:
    assert request(Contact="*").contacts == "*"
    with pytest.raises(ParseError):
        _ = request("Contact: *").contacts


@pytest.mark.parametrize(
    "contact",
    [
        "sip:user@example.com?Route=%3Csip:sip.example.com%3E",
        '"Joe" <sip:joe@example.org>;;;;',
        "<sip:joe@example.org",
        "*, *",
    ],
)
def test_a_malformed_contact_is_found_when_asked_for(contact: str) -> None:
    invite = request(Contact=contact)
    for _ in range(2):
        with pytest.raises(ParseError) as caught:
            _ = invite.contacts
        assert caught.value.status == 400


def test_routes_keep_their_order() -> None:
    routed = request(
        "Route: <sip:p1;lr>, <sip:p2>", "Route: <sip:p3;lr>", "Record-Route: <sip:r>"
    )
    assert [route.uri.host for route in routed.routes] == ["p1", "p2", "p3"]
    assert routed.routes[0].uri.parameter("lr") == ""
    assert [route.uri.host for route in routed.record_routes] == ["r"]
    assert request().routes == request().record_routes == ()


def test_all_hops() -> None:
    vias = request("Via: SIP/2.0/TCP b, SIP/2.0/TLS c:5061;branch=1").via
    assert [(via.transport, via.host, via.port) for via in vias] == [
        ("UDP", "203.0.113.7", 5060),
        ("TCP", "b", None),
        ("TLS", "c", 5061),
    ]


def test_a_bad_hop_further_down_is_none_of_our_business_until_asked_for() -> None:
    invite = request("Via: nonsense")
    assert invite.top_via.host == "203.0.113.7"
    with pytest.raises(ParseError):
        _ = invite.via


@pytest.mark.parametrize(
    ("text", "seconds"), [("0", 0), ("3600", 3600), ("4294967295", 2**32 - 1)]
)
def test_expires(text: str, seconds: int) -> None:
    assert request(f"Expires: {text}").expires == seconds
    assert request(f"Min-Expires: {text}").min_expires == seconds
    assert request().expires is None
    assert request().min_expires is None


@pytest.mark.parametrize("text", ["", "-1", "4294967296", "1" + "0" * 100, "Thu, 01 Dec 1994"])
def test_bad_expires(text: str) -> None:
    with pytest.raises(ParseError):
        _ = request(f"Expires: {text}").expires


def test_option_tags_have_no_case_and_methods_have() -> None:
    invite = request(
        "Supported: 100rel, Timer", "k: replaces", "Require: 100REL", "Allow: INVITE,ack, BYE"
    )
    assert invite.supported == ("100rel", "timer", "replaces")
    assert invite.require == ("100rel",)
    assert invite.allow == ("INVITE", "ack", "BYE")
    assert request().require == request().supported == request().allow == ()


@pytest.mark.parametrize(
    ("text", "bare"),
    [
        ("Application/SDP", "application/sdp"),
        ("application/sdp ; charset=utf-8", "application/sdp"),
        ('multipart/mixed;boundary="a;b"', "multipart/mixed"),
        ("", ""),
    ],
)
def test_content_type(text: str, bare: str) -> None:
    assert request(Content_Type=text).content_type == bare
    assert request(Content_Type=None).content_type is None


def test_any_list_of_addresses() -> None:
    asserted = request('P-Asserted-Identity: "Ann" <sip:a@b>, <tel:+32225>')
    assert [str(a.uri) for a in asserted.addresses("P-Asserted-Identity")] == [
        "sip:a@b",
        "tel:+32225",
    ]
    history = request(
        "History-Info: <sip:a@b?Reason=SIP%3Bcause%3D302>;index=1,<sip:c@d>;index=1.1"
    )
    assert [a.parameter("index") for a in history.addresses("History-Info")] == ["1", "1.1"]
    assert history.addresses("Diversion") == ()
    with pytest.raises(ParseError):
        request("Diversion: nonsense").addresses("Diversion")


def test_changing_a_header_changes_what_is_read() -> None:
    invite = request()
    assert invite.cseq.number == 314159
    invite.headers.set("CSeq", "2 INVITE")
    assert invite.cseq.number == 2
    invite.headers.set("To", "<sip:a@b>;tag=x")
    assert invite.to.tag == "x"
    invite.headers.add("Route", "<sip:p>")
    assert len(invite.routes) == 1


def test_the_session_description_is_found_alone_and_among_others() -> None:
    assert request().sdp_body() == SDP
    assert request(Content_Type="text/plain").sdp_body() is None
    assert request(Content_Type=None).sdp_body() == SDP
    assert parse(raw(Content_Type=None, body=b"hello")).sdp_body() is None
    assert parse(raw(Content_Type=None, body=b"")).sdp_body() is None
    body = (
        b"--b\r\nContent-Type: text/plain\r\n\r\nhello\r\n--b\r\nc: application/SDP;x=1\r\n\r\n"
    )
    mixed = parse(
        raw(Content_Type="Multipart/Mixed;boundary=b", body=body + SDP + b"\r\n--b--")
    )
    assert mixed.sdp_body() == SDP
    assert [part.content_type for part in mixed.parts()] == ["text/plain", "application/sdp"]
    text = body[: body.index(b"\r\n--b\r\nc:")] + b"\r\n--b--"
    assert parse(raw(Content_Type="multipart/mixed;boundary=b", body=text)).sdp_body() is None


def test_what_is_wrong_behind_the_session_description_does_no_harm() -> None:
    start = b"--b\r\nContent-Type: application/sdp\r\n\r\n"
    broken = start + SDP + b"\r\n--b\r\nno header, no gap\r\n--b--"
    invite = parse(raw(Content_Type="multipart/mixed;boundary=b", body=broken))
    assert invite.sdp_body() == SDP
    with pytest.raises(ParseError):
        invite.parts()


def test_a_multipart_body_needs_its_boundary() -> None:
    for content_type in ("multipart/mixed", "multipart/mixed;boundary=other"):
        with pytest.raises(ParseError):
            parse(raw(Content_Type=content_type)).sdp_body()


def test_no_body_has_no_parts() -> None:
    empty = parse(raw(body=b""))
    assert empty.parts() == []
    assert empty.sdp_body() is None


def test_a_plain_body_is_one_part() -> None:
    (part,) = request().parts()
    assert (part.content_type, part.body) == ("application/sdp", SDP)
    (text,) = request(Content_Type=None).parts()
    assert text.content_type == "text/plain"


@pytest.mark.parametrize("name", ["Via", "From", "To", "Call-ID", "CSeq"])
def test_what_is_missing_from_a_message_of_our_own_is_said_when_asked_for(name: str) -> None:
    bare = Request("BYE", Uri.parse("sip:a@b"), Headers())
    read = {
        "Via": lambda: (bare.top_via, bare.via),
        "From": lambda: bare.from_,
        "To": lambda: bare.to,
        "Call-ID": lambda: bare.call_id,
        "CSeq": lambda: bare.cseq,
    }[name]
    with pytest.raises(ParseError, match=f"Missing {name}"):
        read()
    bare.headers.add("Via", "SIP/2.0/UDP a, SIP/2.0/UDP b")
    assert bare.top_via.host == "a"
    assert [via.host for via in bare.via] == ["a", "b"]


@pytest.mark.parametrize(("text", "hops"), [("0", 0), ("255", 255), ("070", 70)])
def test_max_forwards(text: str, hops: int) -> None:
    assert request(Max_Forwards=text).max_forwards == hops
    assert Request("BYE", Uri.parse("sip:a@b"), Headers()).max_forwards is None


@pytest.mark.parametrize("text", ["", "256", "-1", "seven"])
def test_bad_max_forwards(text: str) -> None:
    message = Request("BYE", Uri.parse("sip:a@b"), Headers([("Max-Forwards", text)]))
    with pytest.raises(ParseError):
        _ = message.max_forwards


@pytest.mark.parametrize("text", ["", "a b", "a\tb", "é", "a\x7f"])
def test_bad_call_ids(text: str) -> None:
    message = Request("BYE", Uri.parse("sip:a@b"), Headers([("Call-ID", text)]))
    with pytest.raises(ParseError, match="Bad Call-ID"):
        _ = message.call_id


@pytest.mark.parametrize(
    ("name", "attribute"),
    [("From", "from_"), ("To", "to"), ("Call-ID", "call_id"), ("CSeq", "cseq")],
)
def test_one_line_too_many(name: str, attribute: str) -> None:
    twice = Headers([(name, "1 BYE"), (name, "1 BYE")])
    message = Request("BYE", Uri.parse("sip:a@b"), twice)
    with pytest.raises(ParseError, match=f"More than one {name}"):
        getattr(message, attribute)
