import pytest
from hypothesis import given
from hypothesis import strategies as st

from sip.errors import ParseError
from sip.uri import Uri
from sip.values import CSeq, NameAddr, Via

ANN = Uri.parse("sip:ann@example.com")


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("<sip:ann@example.com>", NameAddr("", ANN)),
        ("sip:ann@example.com", NameAddr("", ANN)),
        ("sip:ann@example.com ; tag = x", NameAddr("", ANN, (("tag", "x"),))),
        ("Ann<sip:ann@example.com>;tag=x", NameAddr("Ann", ANN, (("tag", "x"),))),
        ('"Ann \\"A\\" B" <sip:ann@example.com>', NameAddr('Ann "A" B', ANN)),
        ('"<sip:eve@evil>" <sip:ann@example.com>', NameAddr("<sip:eve@evil>", ANN)),
        ('""<sip:ann@example.com>', NameAddr("", ANN)),
        ("Dupont, Jean <sip:ann@example.com>", NameAddr("Dupont, Jean", ANN)),
        ('Ann "A" B <sip:ann@example.com>', NameAddr('Ann "A" B', ANN)),
        ("André <sip:ann@example.com>", NameAddr("André", ANN)),
        ('"a\0b\x1b" <sip:ann@example.com>', NameAddr("a\ufffdb\ufffd", ANN)),
        ("< sip:ann@example.com >", NameAddr("", ANN)),
        ("<tel:+32225>;tag=1", NameAddr("", Uri("tel", "+32225"), (("tag", "1"),))),
        ("<name:John_Smith>", NameAddr("", Uri("name", opaque="John_Smith"))),
    ],
)
def test_addresses(text: str, address: NameAddr) -> None:
    assert NameAddr.parse(text) == address
    assert NameAddr.parse(str(address)) == address


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Ann",
        '"Ann <sip:ann@example.com>',
        'Ann" <sip:ann@example.com>',
        'Ann "<sip:eve@evil>" <sip:ann@example.com>',
        '"Ann" sip:ann@example.com',
        '"Ann"',
        "<sip:ann@example.com",
        "<>",
        "sip:ann@example.com?Route=%3Csip:x%3E",
        "sip:a,b@example.com",
        "<sip:ann@example.com>;;tag=x",
        "<sip:ann@example.com>tag=x",
        "<sip:ann@example.com>;tag=x;tag=y",
        "<sip:ann@example.com>;tag=x;TAG=x",
        "sip:ann@example.com;tag=x;tag=y",
        "<sip:ann@example.com>, <sip:bob@example.com>",
        "<sip:ann@example.com> trailing",
    ],
)
def test_what_is_no_address(text: str) -> None:
    with pytest.raises(ParseError):
        NameAddr.parse(text)


def test_without_brackets_parameters_belong_to_the_header() -> None:
    """RFC 3261 section 20: brackets decide whose parameters they are."""
    bare = NameAddr.parse("sip:ann@example.com;expires=60")
    assert (bare.parameter("expires"), bare.uri.parameters) == ("60", ())
    bracketed = NameAddr.parse("<sip:ann@example.com;expires=60>")
    assert (bracketed.parameter("expires"), bracketed.uri.parameter("expires")) == (None, "60")


def test_a_tag_replaces_any_other() -> None:
    address = NameAddr.parse("<sip:ann@example.com>;Tag=a;x=1")
    assert address.tag == "a"
    assert address.with_tag("b").tag == "b"
    assert str(address.with_tag("b")) == "<sip:ann@example.com>;x=1;tag=b"
    assert NameAddr("", ANN).tag is None


@given(st.text(max_size=40))
def test_any_display_name_is_written_in_one_line_and_read_back(name: str) -> None:
    text = str(NameAddr(name, ANN, (("tag", "x"),)))
    again = NameAddr.parse(text)
    assert (again.uri, again.tag) == (ANN, "x")
    assert "\r" not in text
    assert "\n" not in text
    if name.isprintable():
        assert again.display_name == name


@pytest.mark.parametrize(
    ("text", "via"),
    [
        ("SIP/2.0/UDP host", Via("UDP", "host")),
        ("sip/2.0/tcp host:5061", Via("TCP", "host", 5061)),
        (
            "SIP / 2.0 / UNKNOWN  192.0.2.1 : 5060 ; branch = z9hG4bK1 ;rport",
            Via("UNKNOWN", "192.0.2.1", 5060, (("branch", "z9hG4bK1"), ("rport", None))),
        ),
        (
            "SIP/2.0/UDP [2001:db8::9:1]:6050;received=2001:db8::9:255",
            Via("UDP", "[2001:db8::9:1]", 6050, (("received", "2001:db8::9:255"),)),
        ),
    ],
)
def test_vias(text: str, via: Via) -> None:
    assert Via.parse(text) == via
    assert Via.parse(str(via)) == via


@pytest.mark.parametrize(
    "text",
    [
        "",
        "host",
        "SIP/3.0/UDP host",
        "HTTP/2.0/UDP host",
        "SIP/2.0/UDP",
        "SIP/2.0/UDP ",
        "SIP/2.0/ host",
        "SIP/2.0/UDP 2001:db8::1",
        "SIP/2.0/UDP host:99999",
        "SIP/2.0/UDP host:",
        "SIP/2.0/UDP host;;branch=x",
        "SIP/2.0/UDP host;branch=x;branch=y",
        "SIP/2.0/UDP host;received=1.1.1.1;Received=2.2.2.2",
        "SIP/2.0/UDP host;rport;rport",
        "SIP/2.0/UDP host extra",
        "SIP/2.0/UDP host, SIP/2.0/UDP other",
    ],
)
def test_what_is_no_via(text: str) -> None:
    with pytest.raises(ParseError):
        Via.parse(text)


@pytest.mark.parametrize("value", ["[2001:db8::9:255]", "2001:db8::9:255"])
def test_received_may_have_brackets_or_not(value: str) -> None:
    """RFC 5118 section 4.5."""
    assert Via.parse(f"SIP/2.0/UDP h;received={value}").received == "2001:db8::9:255"


def test_what_a_via_says() -> None:
    via = Via.parse("SIP/2.0/UDP h;rport=5071;branch=z9hG4bK1;received=192.0.2.9")
    assert (via.branch, via.received, via.rport) == ("z9hG4bK1", "192.0.2.9", 5071)
    old = Via.parse("SIP/2.0/UDP h;rport")
    assert (old.branch, old.received, old.rport) == (None, None, 0)
    assert Via.parse("SIP/2.0/UDP h").rport is None
    with pytest.raises(ParseError):
        _ = Via.parse("SIP/2.0/UDP h;rport=banana").rport


@pytest.mark.parametrize(
    ("text", "always", "expected"),
    [
        ("192.0.2.1", False, "192.0.2.1"),
        ("192.0.2.1;rport", False, "192.0.2.1;received=192.0.2.1;rport=5072"),
        ("192.0.2.1", True, "192.0.2.1;received=192.0.2.1;rport=5072"),
        ("host;branch=b", False, "host;branch=b;received=192.0.2.1"),
        ("10.0.0.1;rport;branch=b", False, "10.0.0.1;branch=b;received=192.0.2.1;rport=5072"),
    ],
)
def test_the_source_is_noted(text: str, always: bool, expected: str) -> None:
    """RFC 3261 section 18.2.1 and RFC 3581 section 4."""
    via = Via.parse(f"SIP/2.0/UDP {text}").with_received("192.0.2.1", 5072, always=always)
    assert str(via) == f"SIP/2.0/UDP {expected}"


def test_a_received_of_the_senders_own_making_is_dropped() -> None:
    """Or he could have our answers sent to a victim."""
    forged = Via.parse("SIP/2.0/UDP 192.0.2.1;received=198.51.100.66;RPORT=53;branch=b")
    noted = forged.with_received("192.0.2.1", 5072)
    assert (noted.received, noted.rport) == ("192.0.2.1", 5072)
    assert "198.51.100.66" not in str(noted)
    same = Via.parse("SIP/2.0/UDP 192.0.2.1;received=198.51.100.66;branch=b")
    assert same.with_received("192.0.2.1", 5072).received is None


def test_an_ipv6_sender_is_recognised_through_the_brackets() -> None:
    via = Via.parse("SIP/2.0/UDP [2001:DB8::1]")
    assert via.with_received("2001:db8::1", 5060).received is None
    assert via.with_received("2001:db8::2", 5060).received == "2001:db8::2"


@pytest.mark.parametrize(
    ("text", "cseq"),
    [("0009  INVITE", CSeq(9, "INVITE")), ("2147483647\tOPTIONS", CSeq(2**31 - 1, "OPTIONS"))],
)
def test_cseqs(text: str, cseq: CSeq) -> None:
    assert CSeq.parse(text) == cseq
    assert CSeq.parse(str(cseq)) == cseq


@pytest.mark.parametrize(
    "text",
    ["", "1", "INVITE", "-1 INVITE", "2147483648 INVITE", "1 INV ITE", "1INVITE", "² INVITE"],
)
def test_what_is_no_cseq(text: str) -> None:
    with pytest.raises(ParseError):
        CSeq.parse(text)
