from __future__ import annotations

from dataclasses import replace

import pytest

from sip.endpoint import Endpoint
from sip.message import Request, parse
from sip.outgoing import OutgoingRequest, check_line, format_address, format_host
from tests.sip.test_transaction import outgoing


def reread(request: OutgoingRequest | bytes) -> Request:
    found = parse(bytes(request))
    assert isinstance(found, Request)
    return found


def test_our_own_parser_reads_what_is_written() -> None:
    request = replace(
        outgoing(),
        routes=("<sip:proxy.example;lr>", "<sip:192.0.2.9;lr>"),
        headers=(("Contact", "<sip:192.0.2.1:5060>"), ("Subject", "héllo")),
        body=b"v=0\r\n",
    )
    found = reread(request)
    assert (found.method, str(found.uri)) == ("INVITE", "sip:a@198.51.100.1")
    assert found.top_via.branch == "z9hG4bKtest"
    assert found.top_via.rport == 0
    assert found.cseq == (7, "INVITE")
    assert found.max_forwards == 70
    assert [str(route) for route in found.routes] == [
        "<sip:proxy.example;lr>",
        "<sip:192.0.2.9;lr>",
    ]
    assert found.headers.get("Subject") == "héllo"
    assert (found.content_type, found.body) == ("application/sdp", b"v=0\r\n")


def test_without_body_there_is_no_content_type() -> None:
    found = reread(outgoing())
    assert found.content_type is None
    assert found.headers.get("Content-Length") == "0"


def test_ack_for_a_refusal_keeps_branch_and_route_and_drops_the_rest() -> None:
    request = replace(
        outgoing(), routes=("<sip:p;lr>",), headers=(("Contact", "<sip:x>"),), body=b"v=0\r\n"
    )
    found = reread(request.ack("<sip:a@198.51.100.1>;tag=t"))
    assert found.method == "ACK"
    assert found.cseq == (7, "ACK")
    assert found.top_via.branch == "z9hG4bKtest"
    assert found.to.tag == "t"
    assert len(found.routes) == 1
    assert "Contact" not in found.headers
    assert found.body == b""


def test_cancel_has_everything_of_its_invite_but_the_method() -> None:
    invite = replace(outgoing(), headers=(("Contact", "<sip:x>"),), body=b"v=0\r\n")
    found = reread(invite.cancel((("Reason", "Q.850;cause=16"),)))
    assert (found.method, found.cseq) == ("CANCEL", (7, "CANCEL"))
    assert found.top_via.branch == "z9hG4bKtest"
    assert found.to.tag is None
    assert found.headers.get("Reason") == "Q.850;cause=16"
    assert found.body == b""


@pytest.mark.parametrize(
    "changes",
    [
        {"uri": "sip:a@b SIP/2.0\r\nX: y"},
        {"from_": "<sip:a@b>\r\nX: y"},
        {"to": "<sip:a@b>\nX: y"},
        {"call_id": "a\rb"},
        {"headers": (("Subject", "hello\r\nP-Asserted-Identity: <sip:boss@x>"),)},
        {"headers": (("Subject\r\nX", "y"),)},
        {"routes": ("<sip:a;lr>\r\nX: y",)},
        {"body": b"x", "content_type": "text/plain\r\nX: y"},
        {"branch": "z9hG4bK\r\n"},
    ],
)
def test_a_line_end_inside_a_value_is_refused(changes: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="line end"):
        bytes(replace(outgoing(), **changes))  # type: ignore[arg-type]


def test_check_line() -> None:
    assert check_line("Q.850;cause=16") == "Q.850;cause=16"
    for text in ("a\nb", "a\rb", "a\0b"):
        with pytest.raises(ValueError, match="line end"):
            check_line(text)


def test_addresses_are_written_as_uris_want_them() -> None:
    assert format_host("2001:db8::1") == "[2001:db8::1]"
    assert format_host("[2001:db8::1]") == "[2001:db8::1]"
    assert format_host("192.0.2.1") == "192.0.2.1"
    assert format_address(Endpoint("udp", "2001:db8::1", 5060)) == "[2001:db8::1]:5060"
    assert format_address(Endpoint("udp", "0.0.0.0", 5060), "a.example") == "a.example:5060"
