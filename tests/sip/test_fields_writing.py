import pytest
from hypothesis import given
from hypothesis import strategies as st

from sip.headers import Headers
from sip.message import Request, Response, parse
from sip.uri import Uri
from tests.sip.messages import raw


def test_content_length_is_right_and_last() -> None:
    headers = Headers([("Content-Length", "77"), ("To", "<sip:a@b>")])
    written = bytes(Request("BYE", Uri.parse("sip:a@b"), headers, b"abc"))
    assert written == b"BYE sip:a@b SIP/2.0\r\nTo: <sip:a@b>\r\nContent-Length: 3\r\n\r\nabc"


def test_a_line_break_in_the_start_line_is_our_bug_and_says_so() -> None:
    with pytest.raises(ValueError, match="start line"):
        bytes(Request("BYE", Uri("sip", "a\r\nVia: x", host="b"), Headers()))
    with pytest.raises(ValueError, match="start line"):
        bytes(Response(200, "OK\n", Headers()))


def test_messages_are_equal_when_they_are_written_alike() -> None:
    assert parse(raw()) == parse(raw())
    assert parse(raw()) != parse(raw(CSeq="2 INVITE"))
    assert parse(raw()) != raw()


def test_lone_surrogates_do_not_stop_a_message() -> None:
    message = Request("BYE", Uri.parse("sip:a@b"), Headers([("Subject", "\udcff")]))
    assert b"Subject: ?" in bytes(message)


@given(st.binary(max_size=200))
def test_any_body_is_carried(body: bytes) -> None:
    invite = parse(raw(body=body))
    assert invite.body == body
    assert parse(bytes(invite)).body == body
