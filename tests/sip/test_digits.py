from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sip import digits
from sip.errors import ParseError

RELAY, PLAIN = digits.RELAY_TYPE, digits.PLAIN_TYPE


@pytest.mark.parametrize(
    ("content_type", "body", "digit", "duration"),
    [
        (RELAY, b"Signal=5\r\nDuration=160\r\n", "5", 160),
        (RELAY, b"Signal= 1\r\nDuration= 250\r\n", "1", 250),
        (RELAY, b"signal=#\nduration=40", "#", 40),
        (RELAY, b"Signal=*\r\n", "*", 160),
        (RELAY, b"Signal=10\r\n", "*", 160),
        (RELAY, b"Signal=11\r\nDuration=x\r\n", "#", 160),
        (RELAY, b"Signal=d\r\nDuration=99999999999\r\n", "D", 160),
        (RELAY, b"Signal=1\r\nDuration=99999999\r\n", "1", 60_000),
        (RELAY, b"Signal=1\r\nSignal=2\r\n", "1", 160),
        (PLAIN, b"7", "7", 160),
        (PLAIN, b"7\r\n", "7", 160),
        (PLAIN, b"Signal=9\r\nDuration=100", "9", 100),
    ],
)
def test_key_presses_as_phones_and_gateways_write_them(
    content_type: str, body: bytes, digit: str, duration: int
) -> None:
    assert digits.parse(content_type, body) == (digit, duration)


@pytest.mark.parametrize(
    ("content_type", "body", "status"),
    [
        ("text/plain", b"5", 415),
        (None, b"5", 415),
        (RELAY, b"", 400),
        (RELAY, b"Duration=160", 400),
        (RELAY, b"Signal=16", 400),
        (RELAY, b"Signal=55", 400),
        (PLAIN, b"", 400),
        (PLAIN, b"\xff", 400),
        (PLAIN, "٣".encode(), 400),
        (RELAY, b"Signal=5\r\n" + b"x" * 600, 400),
    ],
)
def test_what_is_no_key_press_is_refused(
    content_type: str | None, body: bytes, status: int
) -> None:
    with pytest.raises(ParseError) as caught:
        digits.parse(content_type, body)
    assert caught.value.status == status


@given(st.sampled_from("0123456789*#ABCD"), st.integers(1, 60_000))
def test_what_we_write_we_read(digit: str, duration: int) -> None:
    assert digits.parse(RELAY, digits.write(digit, duration)) == (digit, duration)


@given(st.binary(max_size=600))
def test_no_body_breaks_the_reader(body: bytes) -> None:
    for content_type in (RELAY, PLAIN):
        try:
            found = digits.parse(content_type, body)
        except ParseError:
            continue
        assert found.digit in "0123456789*#ABCD"
        assert 0 <= found.duration_ms <= 60_000


def test_no_other_keys_are_written() -> None:
    for key in ("", "E", "12", "5\r\nX: y"):
        with pytest.raises(ValueError, match="no such key"):
            digits.write(key, 100)
