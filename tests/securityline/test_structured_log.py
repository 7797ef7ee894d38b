import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from securityline.structured_log import LONGEST_TEXT, REDACTED, configure, redact


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    stream = io.StringIO()
    configure("info", stream)
    yield stream
    structlog.reset_defaults()
    root.handlers, root.level = handlers, level


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_line_is_one_json_object(stream: io.StringIO) -> None:
    structlog.get_logger().warning("trunk down", trunk="carrier-a", name="a\r\nb\u2028\x00")
    (line,) = lines(stream)
    assert line["event"] == "trunk down"
    assert line["level"] == "warning"
    assert line["trunk"] == "carrier-a"
    assert line["name"] == "a\r\nb\u2028\x00"
    assert line["timestamp"].endswith("Z")
    assert stream.getvalue().count("\n") == 1


def test_what_is_below_the_level_is_not_written(stream: io.StringIO) -> None:
    structlog.get_logger().debug("noise")
    assert lines(stream) == []


def test_libraries_write_to_the_same_place_without_secrets(stream: io.StringIO) -> None:
    logging.getLogger("aiohttp.server").error("bad header Authorization: Bearer abcdefghijkl")
    (line,) = lines(stream)
    assert line["logger"] == "aiohttp.server"
    assert line["event"] == f"bad header Authorization: {REDACTED}"


def test_an_exception_is_one_value(stream: io.StringIO) -> None:
    try:
        raise ValueError("password=hunter2 rest")
    except ValueError:
        structlog.get_logger().exception("fault")
    (line,) = lines(stream)
    assert "ValueError" in line["exception"]
    assert "hunter2" not in stream.getvalue()


@pytest.mark.parametrize(
    "name",
    [
        "password", "new_password", "passwd", "secret", "phone_secret", "token", "pin",
        "duress_pin", "pin_hash", "code_word", "codeword", "Authorization",
        "Proxy-Authorization", "authorisation", "WWW-Authenticate", "cookie", "Set-Cookie",
        "ha1", "ha1_md5", "api_key", "credentials", "private_key", "nonce",
    ],
)  # fmt: skip
def test_secrets_are_known_by_their_name(name: str) -> None:
    nested = {"headers": [{name: "s3cr3t-value"}], name: ["s3cr3t-value", 1234]}
    clean = redact(None, "info", {"event": "x", **nested})
    assert "s3cr3t" not in repr(clean)
    assert "1234" not in repr(clean)
    assert REDACTED in repr(clean)


@pytest.mark.parametrize(
    "text",
    [
        "Authorization: Digest username=201, response=0123456789abcdef",
        "REGISTER sip:x SIP/2.0\r\nAuthorization: Digest a=b\r\nCall-ID: 1",
        'Digest username="201", response="s3cr3tresponse", cnonce="x"',
        "Bearer sl_s3cr3tAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "token was sl_s3cr3tAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA.",
        "Cookie: session=s3cr3t",
        "password=s3cr3t&user=x",
        b"authorization: s3cr3t",
    ],
)
def test_secrets_are_known_by_their_look(text: str | bytes) -> None:
    shown = redact(None, "info", {"event": "x", "message": text})["message"]
    assert "s3cr3t" not in shown
    assert "0123456789abcdef" not in shown
    assert REDACTED in shown


def test_what_is_no_secret_stays() -> None:
    event = {"event": "call", "operator": "sofie", "did": "+3225550100", "count": 3, "ok": True,
             "pinned": "yes", "ping": 1.5, "passed": "x", "none": None}  # fmt: skip
    assert redact(None, "info", dict(event)) == event


def test_hostile_values_are_cut_short() -> None:
    deep: Any = "end"
    for _ in range(100):
        deep = [deep]
    event = redact(None, "info", {"event": "x" * 1_000_000, "deep": deep})
    assert len(event["event"]) < LONGEST_TEXT + 50
    assert "…" in repr(event["deep"])


@given(st.text(), st.recursive(st.text() | st.binary() | st.integers(), st.lists))
def test_nothing_makes_it_fail(name: str, value: Any) -> None:
    json.dumps(redact(None, "info", {name: value}))
