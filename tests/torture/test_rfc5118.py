"""What the parser makes of every message of RFC 5118 (IPv6)."""

import json
from typing import Any

import pytest

from sip.errors import ParseError
from sip.message import Request, parse
from sip.offer_answer import Capabilities, answer
from sip.sdp import SessionDescription
from tests.shared import shared

REFUSED = {"ipv6-bad"}
NAMES = (
    "ipv6-good",
    "ipv6-bad",
    "port-ambiguous",
    "port-unambiguous",
    "via-received-param-with-delim",
    "via-received-param-no-delim",
    "ipv6-in-sdp",
    "mult-ip-in-header",
    "mult-ip-in-sdp",
    "ipv4-mapped-ipv6",
    "ipv6-bug-abnf-3-colons",
    "ipv6-correct-abnf-2-colons",
)


def octets(name: str) -> bytes:
    return shared(f"torture/rfc5118/{name}").read_bytes()


def request(name: str) -> Request:
    message = parse(octets(name))
    assert isinstance(message, Request)
    return message


def test_no_message_is_forgotten() -> None:
    cases: dict[str, Any] = json.loads(shared("torture/rfc5118_expected.json").read_text())[
        "cases"
    ]
    assert set(cases) == set(NAMES)
    rejected = {name for name, case in cases.items() if case["verdict"] == "reject"}
    assert rejected == REFUSED


@pytest.mark.parametrize("name", NAMES)
def test_verdict(name: str) -> None:
    if name in REFUSED:
        with pytest.raises(ParseError) as caught:
            parse(octets(name))
        assert caught.value.status == 400
        assert caught.value.partial is not None
    else:
        message = request(name)
        assert parse(bytes(message)) == message
        assert len(message.via) >= 1
        assert message.contacts is not None


@pytest.mark.parametrize(
    ("name", "host", "port"),
    [
        ("ipv6-good", "[2001:db8::10]", None),
        ("port-ambiguous", "[2001:db8::10:5070]", None),
        ("port-unambiguous", "[2001:db8::10]", 5070),
        ("ipv6-bug-abnf-3-colons", "[2001:db8:::192.0.2.1]", None),
        ("ipv6-correct-abnf-2-colons", "[2001:db8::192.0.2.1]", None),
    ],
)
def test_what_is_address_and_what_is_port(name: str, host: str, port: int | None) -> None:
    assert (request(name).uri.host, request(name).uri.port) == (host, port)


@pytest.mark.parametrize(
    "name", ["via-received-param-with-delim", "via-received-param-no-delim"]
)
def test_received_with_and_without_brackets(name: str) -> None:
    assert request(name).top_via.received == "2001:db8::9:255"


def test_both_families_in_one_list_of_hops() -> None:
    hops = [(via.host, via.port, via.received) for via in request("mult-ip-in-header").via]
    assert hops == [
        ("[2001:db8::9:1]", 6050, None),
        ("192.0.2.1", None, None),
        ("[2001:db8::9:255]", None, "192.0.2.200"),
    ]


def test_mapped_addresses() -> None:
    invite = request("ipv4-mapped-ipv6")
    assert invite.top_via.host == "[::ffff:192.0.2.10]"
    assert invite.contacts[0].uri.host == "[::ffff:192.0.2.2]"  # type: ignore[union-attr]


@pytest.mark.parametrize("name", ["ipv6-in-sdp", "ipv4-mapped-ipv6"])
def test_ipv6_in_the_session_description(name: str) -> None:
    body = request(name).sdp_body()
    assert body is not None
    description = SessionDescription.parse(body)
    assert description.origin.address_type == "IP6"
    assert ":" in (description.connection or "")
    assert SessionDescription.parse(bytes(description)) == description


def test_one_stream_of_each_family() -> None:
    body = request("mult-ip-in-sdp").sdp_body()
    assert body is not None
    offered = SessionDescription.parse(body)
    assert [offered.address(media) for media in offered.media] == ["192.0.2.1", "2001:db8::1"]
    answered, agreed = answer(offered, Capabilities("192.0.2.9", 4000), session_id=1, version=1)
    assert agreed.remote == ("192.0.2.1", 22334)
    assert [media.port for media in answered.media] == [4000, 0]
