import pytest
from hypothesis import given
from hypothesis import strategies as st

from sip.errors import ParseError
from sip.framing import StreamFramer
from sip.message import Limits, parse
from tests.sip.messages import SDP, raw

BYE = raw("BYE sip:a@b SIP/2.0", b"", CSeq="2 BYE", Content_Type=None)


def test_whole_messages_come_out_as_they_went_in() -> None:
    framer = StreamFramer()
    assert framer.is_between_messages
    assert framer.feed(raw() + BYE) == [raw(), BYE]
    assert framer.feed(b"") == []
    assert framer.feed(BYE) == [BYE]
    assert framer.is_between_messages


def test_octet_by_octet() -> None:
    framer = StreamFramer()
    stream = b"\r\n" + raw() + BYE + b"\r\n\r\n" + raw()
    messages = [m for octet in stream for m in framer.feed(bytes([octet]))]
    assert messages == [raw(), BYE, raw()]
    assert framer.pongs == 1


@given(st.lists(st.integers(0, 2500), max_size=12))
def test_wherever_the_stream_is_cut(cuts: list[int]) -> None:
    stream = raw() + b"\r\n\r\n" + BYE + raw(body=b"\0\r\n\r\n") + b"\r\n\r\n"
    framer, messages, last = StreamFramer(), [], 0
    for cut in [*sorted(cuts), len(stream)]:
        messages += framer.feed(stream[last:cut])
        last = max(last, min(cut, len(stream)))
    assert messages == [raw(), BYE, raw(body=b"\0\r\n\r\n")]
    assert framer.pongs == 2


def test_half_a_message_waits() -> None:
    framer = StreamFramer()
    assert framer.feed(raw()[:-1]) == []
    assert not framer.is_between_messages
    assert framer.feed(raw()[-1:] + BYE[:5]) == [raw()]
    assert framer.feed(BYE[5:]) == [BYE]


@pytest.mark.parametrize(
    ("blanks", "pongs"),
    [(b"\r\n\r\n", 1), (b"\r\n\r\n\r\n\r\n", 2), (b"\r\n", 0), (b"\r\n\r\n\r\n", 1)],
)
def test_two_line_breaks_are_a_keep_alive(blanks: bytes, pongs: int) -> None:
    """RFC 5626 section 3.5.1; one alone is the answer to ours."""
    framer = StreamFramer()
    assert framer.feed(blanks) == []
    assert framer.pongs == pongs
    assert framer.is_between_messages
    assert framer.feed(blanks + BYE) == [BYE]


@pytest.mark.parametrize(
    "line", ["Content-Length: 3", "l:3", "L\t:\t3 ", "CONTENT-LENGTH : \r\n 3", "l: 003"]
)
def test_content_length_in_all_its_forms(line: str) -> None:
    message = raw(body=b"abc", length=None, more=(line,))
    assert StreamFramer().feed(message + BYE) == [message, BYE]
    assert parse(message).body == b"abc"


@pytest.mark.parametrize(
    "lines",
    [
        (),
        ("Content-Length: 3", "Content-Length: 3"),
        ("Content-Length: 3", "l: 5"),
        ("Content-Length: -1",),
        ("Content-Length: +3",),
        ("Content-Length: 3, 3",),
        ("Content-Length: 0x3",),
        ("Content-Length: 3\r\n 3",),
        ("Content-Length:",),
        ("Content-Length: " + "9" * 400,),
        ("X-Content-Length: 3",),
        ("Content-Length-X: 3",),
        ("X: y\r\n Content-Length: 3",),
    ],
    ids=repr,
)
def test_without_one_good_content_length_the_stream_is_lost(lines: tuple[str, ...]) -> None:
    """RFC 3261 section 18.3; RFC 4475 section 3.3.9: nobody can say where the next begins."""
    framer = StreamFramer()
    with pytest.raises(ParseError) as caught:
        framer.feed(raw(body=b"abc", length=None, more=lines))
    assert caught.value.status == 400
    assert framer.is_broken


def test_a_broken_stream_stays_broken() -> None:
    framer = StreamFramer()
    for data in (raw(length="x"), BYE, b""):
        with pytest.raises(ParseError):
            framer.feed(data)


def test_what_was_whole_before_the_break_is_not_lost() -> None:
    framer = StreamFramer()
    assert framer.feed(raw() + BYE + raw(length="-1") + BYE) == [raw(), BYE]
    assert framer.is_broken
    with pytest.raises(ParseError):
        framer.feed(b"")


@pytest.mark.parametrize("length", ["65536", "4294967296", "9999999999"])
def test_a_claim_beyond_the_limit_is_refused_before_the_body_comes(length: str) -> None:
    with pytest.raises(ParseError) as caught:
        StreamFramer().feed(raw(body=b"", length=length))
    assert caught.value.status == 513


def test_an_endless_head_is_refused_when_it_exceeds_the_limit() -> None:
    framer = StreamFramer(Limits(max_head=1000))
    for _ in range(66):
        assert framer.feed(b"X: yyyyyyyyyy\r\n") == []
    with pytest.raises(ParseError) as caught:
        framer.feed(b"X: yyyyyyyyyy\r\n")
    assert caught.value.status == 513
    with pytest.raises(ParseError):
        StreamFramer(Limits(max_head=1000)).feed(b"x" * 1001 + b"\r\n\r\n")


def test_the_limit_of_the_whole_is_the_parsers() -> None:
    limits = Limits(max_message=len(raw()))
    assert StreamFramer(limits).feed(raw()) == [raw()]
    with pytest.raises(ParseError):
        StreamFramer(Limits(max_message=len(raw()) - 1)).feed(raw())


def test_a_body_that_looks_like_a_request_is_a_body() -> None:
    nested = raw(body=BYE)
    assert StreamFramer().feed(nested + BYE) == [nested, BYE]
    assert parse(nested).body == BYE


def test_many_small_pieces_of_a_large_head_are_searched_once() -> None:
    """Searching from the start each time would be 300 million comparisons."""
    framer = StreamFramer(Limits(max_head=200_000, max_message=300_000))
    message = raw(more=("X: " + "y" * 100_000,))
    assert [m for at in range(len(message)) for m in framer.feed(message[at : at + 1])] == [
        message
    ]
    assert SDP in message


def test_limits_are_inclusive() -> None:
    head = raw().index(b"\r\n\r\n")
    assert StreamFramer(Limits(max_head=head)).feed(raw()) == [raw()]
    with pytest.raises(ParseError):
        StreamFramer(Limits(max_head=head - 1)).feed(raw())
    waiting = StreamFramer(Limits(max_head=10))
    assert waiting.feed(b"x" * 10) == []
    with pytest.raises(ParseError):
        waiting.feed(b"x")


def test_nothing_is_kept_of_a_broken_stream() -> None:
    framer = StreamFramer()
    with pytest.raises(ParseError):
        framer.feed(raw(length="-1") + b"x" * 10_000)
    assert framer.is_between_messages


def test_line_breaks_cut_in_the_middle() -> None:
    """Half a keep-alive, or half the empty line, at the end of what was read so far."""
    framer = StreamFramer()
    for piece in (b"\r", b"\n\r", b"\n", BYE[:-3], BYE[-3:-1], BYE[-1:] + b"\r", b"\n"):
        found = framer.feed(piece)
    assert found == []
    assert framer.pongs == 1
    assert framer.feed(BYE) == [BYE]


def test_a_content_length_of_eleven_digits_is_none() -> None:
    with pytest.raises(ParseError) as caught:
        StreamFramer().feed(raw(body=b"", length="00000000000"))
    assert caught.value.status == 400
    assert StreamFramer().feed(raw(body=b"", length="0000000000")) != []
