from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sip.errors import ParseError
from sip.uri import Uri


@pytest.mark.parametrize(
    ("text", "uri"),
    [
        ("sip:example.com", Uri("sip", host="example.com")),
        ("sip:@example.com", Uri("sip", "", host="example.com")),
        ("sip:a@b;x=;lr", Uri("sip", "a", host="b", parameters=(("x", None), ("lr", None)))),
        ("SIPS:a@b", Uri("sips", "a", host="b")),
        ("sip:a:pw@b:5070", Uri("sip", "a", "pw", "b", 5070)),
        ("sip:a:@b", Uri("sip", "a", "", "b")),
        (
            "sip:+3225550199;phone-context=x@h;user=phone;lr",
            Uri(
                "sip",
                "+3225550199;phone-context=x",
                host="h",
                parameters=(("user", "phone"), ("lr", None)),
            ),
        ),
        ("sip:[2001:db8::10]", Uri("sip", host="[2001:db8::10]")),
        ("sip:[2001:db8::10:5070]", Uri("sip", host="[2001:db8::10:5070]")),
        ("sip:[2001:db8::10]:5070", Uri("sip", host="[2001:db8::10]", port=5070)),
        ("sip:u@[2001:db8:::192.0.2.1]", Uri("sip", "u", host="[2001:db8:::192.0.2.1]")),
        (
            "sip:a@b?Subject=x&Route=%3Csip:c%3E",
            Uri("sip", "a", host="b", headers="Subject=x&Route=%3Csip:c%3E"),
        ),
        ("sip:a?b=/;c@d", Uri("sip", "a?b=/;c", host="d")),
        ("sip:%00%40@d", Uri("sip", "%00%40", host="d")),
        ("sip:*31#022@d", Uri("sip", "*31#022", host="d")),
        ("tel:+32-478-12(34)56", Uri("tel", "+32-478-12(34)56")),
        (
            "TEL:7042;phone-context=example.com;ext=1",
            Uri("tel", "7042", parameters=(("phone-context", "example.com"), ("ext", "1"))),
        ),
        ("isbn:2983792873", Uri("isbn", opaque="2983792873")),
        ("soap.beep://192.0.2.103:3002", Uri("soap.beep", opaque="//192.0.2.103:3002")),
        ("urn:service:sos", Uri("urn", opaque="service:sos")),
    ],
)
def test_uris(text: str, uri: Uri) -> None:
    assert Uri.parse(text) == uri
    assert Uri.parse(str(uri)) == uri


@pytest.mark.parametrize(
    "text",
    [
        "",
        "sip:",
        "sip",
        "example.com",
        "<sip:a@b>",
        "sip:2001:db8::10",
        "sip:a@",
        "sip:a@b@c",
        "sip:a@b:",
        "sip:a@b:65536",
        "sip:a@b:123456",
        "sip:a@b:+1",
        "sip:a b@c",
        "sip:a@b c",
        'sip:"a"@b',
        "sip:a@b;",
        "sip:a@b;;lr",
        "sip:a@b;=x",
        "sip:a@b; lr",
        "sip:a\0@b",
        "sip:a\r\nVia: x@b",
        "sip:[::1@b",
        "sip:[zz]",
        "tel:",
        "tel:abcxyz",
        "tel:+32;",
        ":x",
        "1a:x",
        "é:x",
        "isbn:",
        "isbn:a b",
    ],
)
def test_what_is_no_uri(text: str) -> None:
    with pytest.raises(ParseError) as caught:
        Uri.parse(text)
    assert caught.value.status == 400


def test_parameters_are_found_without_case() -> None:
    uri = Uri.parse("sip:a@b;Transport=TCP;lr")
    assert uri.parameter("transport") == "TCP"
    assert uri.parameter("lr") == ""
    assert uri.parameter("maddr") is None
    assert str(uri) == "sip:a@b;Transport=TCP;lr"


def test_uris_can_be_kept_in_sets_and_changed_copies_made() -> None:
    uri = Uri.parse("sip:a@b")
    assert {uri, Uri.parse("sip:a@b"), replace(uri, user="c")} == {uri, Uri.parse("sip:c@b")}


# RFC 3261 section 19.1.4 gives these pairs, and those below.
@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("sip:%61lice@atlanta.com;transport=TCP", "sip:alice@AtlanTa.CoM;Transport=tcp"),
        ("sip:carol@chicago.com", "sip:carol@chicago.com;newparam=5"),
        ("sip:carol@chicago.com", "sip:carol@chicago.com;security=on"),
        ("sip:carol@chicago.com;newparam=5", "sip:carol@chicago.com;security=on"),
        (
            "sip:biloxi.com;transport=tcp;method=REGISTER?to=sip:bob%40biloxi.com",
            "sip:biloxi.com;method=REGISTER;transport=tcp?to=sip:bob%40biloxi.com",
        ),
        (
            "sip:alice@atlanta.com?subject=project%20x&priority=urgent",
            "sip:alice@atlanta.com?priority=urgent&subject=project%20x",
        ),
        ("sip:a%3bb@c", "sip:a%3Bb@c"),
        ("sip:%7Ea@c", "sip:~a@c"),
    ],
)
def test_equivalent(one: str, other: str) -> None:
    assert Uri.parse(one).is_equivalent(Uri.parse(other))
    assert Uri.parse(other).is_equivalent(Uri.parse(one))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("SIP:ALICE@AtlanTa.CoM;Transport=udp", "sip:alice@AtlanTa.CoM;Transport=UDP"),
        ("sip:bob@biloxi.com", "sip:bob@biloxi.com:5060"),
        ("sip:bob@biloxi.com", "sip:bob@biloxi.com;transport=udp"),
        ("sip:bob@biloxi.com", "sip:bob@biloxi.com:6000;transport=tcp"),
        ("sip:carol@chicago.com;security=on", "sip:carol@chicago.com;security=off"),
        ("sip:carol@chicago.com", "sip:carol@chicago.com?Subject=next%20meeting"),
        ("sip:a@b", "sips:a@b"),
        ("sip:a@b", "sip:a:pw@b"),
        ("sip:a@b;maddr=1.2.3.4", "sip:a@b"),
        ("sip:a%3Bb@c", "sip:a;b@c"),
        ("sip:a%40b@c", "sip:a%41b@c"),
        ("sip:null-%00-null@c", "sip:null@c"),
        ("tel:+32", "tel:+33"),
        ("isbn:1", "isbn:2"),
    ],
)
def test_not_equivalent(one: str, other: str) -> None:
    assert not Uri.parse(one).is_equivalent(Uri.parse(other))
    assert not Uri.parse(other).is_equivalent(Uri.parse(one))


def test_an_escaped_reserved_character_is_never_the_character() -> None:
    """RFC 4475 section 3.1.1.3: `sips%3Auser%40example.com` is a user, not an address."""
    uri = Uri.parse("sip:sips%3Auser%40example.com@example.net")
    assert (uri.user, uri.host) == ("sips%3Auser%40example.com", "example.net")
    assert uri.parameter("lr") is None
    assert Uri.parse("sip:a@b;%6C%72").parameter("lr") is None


@given(st.text(max_size=60))
def test_anything_is_a_uri_or_a_parse_error(text: str) -> None:
    for prefix in ("", "sip:", "sip:a@", "tel:", "x:"):
        try:
            uri = Uri.parse(prefix + text)
        except ParseError:
            continue
        assert Uri.parse(str(uri)) == uri
        assert uri.is_equivalent(uri)
        assert not set(str(uri)) & set(' \r\n\0"<>')


@pytest.mark.parametrize(
    "text",
    [
        "sip:" + "a" * 500_000,
        "sip:" + "a:" * 500_000,
        "sip:a@" + "b." * 500_000 + "@",
        "sip:a@b" + ";x" * 500_000 + "@",
        "sip:" + "%41" * 300_000 + "@b",
        "tel:" + "1" * 500_000 + "x",
    ],
)
def test_hostile_uris_take_linear_time(text: str) -> None:
    """Anything quadratic would not come back in an hour."""
    try:
        uri = Uri.parse(text)
    except ParseError:
        return
    assert uri.is_equivalent(uri)
