"""Nothing that comes over the wire raises anything but ParseError, or stays behind."""

from __future__ import annotations

import gc
import random
import tracemalloc
from collections.abc import Callable
from contextlib import suppress

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sip.digest_server import DigestServer, Outcome
from sip.errors import NotAcceptable, ParseError
from sip.framing import StreamFramer
from sip.message import Message, Request, Response, parse, respond
from sip.offer_answer import Capabilities, answer
from sip.sdp import SessionDescription
from tests.torture.mutations import SEEDS, mutate, mutated

COUNT = 3000
TYPED: tuple[Callable[[Message], object], ...] = (
    lambda m: m.via,
    lambda m: m.contacts,
    lambda m: m.routes,
    lambda m: m.record_routes,
    lambda m: m.expires,
    lambda m: m.min_expires,
    lambda m: m.require,
    lambda m: m.supported,
    lambda m: m.allow,
    lambda m: m.addresses("P-Asserted-Identity"),
    lambda m: m.headers.values("X-Odd"),
    lambda m: m.parts(),
)


def refuse(error: ParseError) -> None:
    """Answer as a trunk would be answered."""
    assert 400 <= error.status <= 599
    assert error.reason.isascii()
    if error.partial is not None:
        written = bytes(respond(error.partial, error.status, error.reason, to_tag="x"))
        assert written.startswith(b"SIP/2.0 ")


def read_everything(data: bytes) -> Message | None:
    """Do with `data` what the engine would do with it at most."""
    try:
        message = parse(data)
    except ParseError as error:
        refuse(error)
        return None
    for look in TYPED:
        with suppress(ParseError):
            look(message)
    with suppress(ParseError, NotAcceptable):
        description = SessionDescription.parse(message.sdp_body() or b"")
        answer(description, Capabilities("192.0.2.1", 4000), session_id=1, version=1)
    return message


def check(data: bytes) -> None:
    message = read_everything(data)
    if message is None:
        return
    assert parse(bytes(message)) == message, "what was read can be written and read again"
    if isinstance(message, Request):
        answered = parse(bytes(respond(message, 200, to_tag="ours")))
        assert isinstance(answered, Response)
        assert answered.call_id == message.call_id
        assert answered.to.tag == (message.to.tag or "ours")


@pytest.mark.parametrize("seed", SEEDS, ids=range(len(SEEDS)))
def test_the_messages_that_are_bent_are_good_before(seed: bytes) -> None:
    message = parse(seed)
    assert parse(bytes(message)) == message


def test_bent_messages() -> None:
    for data in mutated(COUNT, seed=1):
        check(data)


@given(st.sampled_from(SEEDS), st.integers(0, 2**32))
def test_any_bent_message(seed: bytes, chance: int) -> None:
    check(mutate(seed, random.Random(chance)))


@given(st.binary(max_size=300))
@example(b"")
@example(b"\r\n\r\n")
@example(b"\r\n" * 1000)
@example(b"\0" * 3000)
@example(b"SIP/2.0")
@example(b"\xff" * 100 + b"\r\n\r\n")
def test_any_octets(data: bytes) -> None:
    check(data)
    check(data + b" sip:a@b SIP/2.0\r\n\r\n")
    check(SEEDS[0] + data)
    check(data + SEEDS[0])


@given(st.text(max_size=80))
def test_any_value_of_any_header(text: str) -> None:
    for name in (b"Via", b"From", b"To", b"Call-ID", b"CSeq", b"Contact", b"Max-Forwards"):
        start = SEEDS[0].index(name + b": ") + len(name) + 2
        end = SEEDS[0].index(b"\r\n", start)
        check(SEEDS[0][:start] + text.encode("utf-8", "replace") + SEEDS[0][end:])


@given(st.lists(st.sampled_from([*SEEDS, b"\r\n\r\n", b"\r\n", b"x"]), max_size=5))
def test_any_stream(pieces: list[bytes]) -> None:
    framer = StreamFramer()
    with suppress(ParseError):
        for message in framer.feed(b"".join(pieces)):
            check(message)
            assert message in SEEDS or message.startswith((b"x", b"\n"))


def test_no_bent_authorization_is_accepted() -> None:
    server = DigestServer("soc", b"s" * 32, lambda _user, _algorithm: "0" * 64)
    for data in mutated(1000, seed=2):
        with suppress(ParseError):
            message = parse(data)
            values = message.headers.get_all("Authorization")
            if isinstance(message, Request):
                verdict = server.check(values, message.method, message.uri, 0.0)
                assert verdict.outcome is not Outcome.ACCEPTED


def test_memory_stays_flat() -> None:
    """One Python parser leaks 98 MiB on 100,000 malformed messages: a KiB each."""
    for data in mutated(500, seed=3):
        read_everything(data)
    gc.collect()
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        for data in mutated(COUNT, seed=4):
            read_everything(data)
        del data
        gc.collect()
        grown = tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()
    assert grown < 64 * 1024, f"{grown / COUNT:.0f} octets a message stay behind"
