from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sip.errors import ParseError
from sip.multipart import MAX_PARTS, bare_type, iter_parts

MIXED = "multipart/mixed;boundary=b"


def body(*parts: bytes, boundary: bytes = b"b") -> bytes:
    opening = b"".join(b"--" + boundary + b"\r\n" + part + b"\r\n" for part in parts)
    return opening + b"--" + boundary + b"--\r\n"


def found(content_type: str, octets: bytes) -> list[tuple[str, bytes]]:
    return [(part.content_type, part.body) for part in iter_parts(content_type, octets)]


def test_parts_are_cut_at_whole_boundary_lines() -> None:
    octets = body(
        b"Content-Type: text/plain\r\n\r\n--bee is no boundary\r\n--b2\r\n --b\r\nlast",
        b"c: Application/SDP\r\nContent-ID: <1>\r\n\r\nv=0\r\n",
        b"\r\nno headers",
    )
    assert found(MIXED, octets) == [
        ("text/plain", b"--bee is no boundary\r\n--b2\r\n --b\r\nlast"),
        ("application/sdp", b"v=0\r\n"),
        ("text/plain", b"no headers"),
    ]
    parts = list(iter_parts(MIXED, octets))
    assert parts[1].headers.get("Content-ID") == "<1>"


def test_what_stands_around_the_parts_is_ignored() -> None:
    octets = b"preamble\r\n" + body(b"\r\na") + b"epilogue\r\n--b\r\n\r\nlate"
    assert found(MIXED, octets) == [("text/plain", b"a")]


def test_a_body_may_end_without_the_last_boundary() -> None:
    assert found(MIXED, b"--b\r\n\r\na\r\n--b \t\r\n\r\nb") == [
        ("text/plain", b"a"),
        ("text/plain", b"b"),
    ]


def test_boundaries_may_be_quoted() -> None:
    octets = body(b"\r\na", boundary=b"a b?c")
    assert found('multipart/mixed; boundary="a b?c"', octets) == [("text/plain", b"a")]


def test_bodies_are_octets() -> None:
    assert found(MIXED, body(b"\r\n\0\xff\r\n\r\n--")) == [("text/plain", b"\0\xff\r\n\r\n--")]


def test_parts_of_parts_are_opened() -> None:
    inner = body(b"Content-Type: application/sdp\r\n\r\nv=0", boundary=b"in")
    octets = body(b"\r\nx", b"Content-Type: multipart/alternative;boundary=in\r\n\r\n" + inner)
    assert found(MIXED, octets) == [("text/plain", b"x"), ("application/sdp", b"v=0")]


@pytest.mark.parametrize(
    "content_type",
    [
        "multipart/mixed",
        "multipart/mixed;boundary=",
        'multipart/mixed;boundary=""',
        "multipart/mixed;boundary=" + "x" * 71,
        'multipart/mixed;boundary="é"',
        'multipart/mixed;boundary="a\r\nb"',
        "multipart/mixed;;boundary=b",
        'multipart/mixed;boundary="b',
    ],
)
def test_no_or_a_bad_boundary_is_refused(content_type: str) -> None:
    with pytest.raises(ParseError):
        found(content_type, body(b"\r\na"))


@pytest.mark.parametrize(
    "octets",
    [
        b"",
        b"no boundary",
        b"--b\r\nno gap\r\n--b--",
        b"--b\r\n--b--",
        b"--b\r\nbad header line\r\n\r\nx\r\n--b--",
        b"--b\r\nX: " + b"y" * 5000 + b"\r\n\r\nx\r\n--b--",
    ],
)
def test_what_cannot_be_taken_apart_is_refused(octets: bytes) -> None:
    with pytest.raises(ParseError):
        found(MIXED, octets)


def test_there_is_a_limit_to_the_number_of_parts() -> None:
    assert MAX_PARTS == 16
    assert len(found(MIXED, body(*[b"\r\na"] * MAX_PARTS))) == MAX_PARTS
    with pytest.raises(ParseError, match="Too many"):
        found(MIXED, body(*[b"\r\na"] * (MAX_PARTS + 1)))
    with pytest.raises(ParseError, match="Too many"):
        found(MIXED, b"--b\r\n\r\n\r\n" * 200_000)


@pytest.mark.parametrize(
    ("depth", "is_allowed"), [(1, True), (2, True), (3, False), (9, False)]
)
def test_there_is_a_limit_to_their_depth(depth: int, is_allowed: bool) -> None:
    nested = b"\r\ndeep"
    for level in range(depth):
        inner = body(nested, boundary=b"n%d" % level)
        nested = b"Content-Type: multipart/mixed;boundary=n%d\r\n\r\n" % level + inner
    if is_allowed:
        assert found(MIXED, body(nested)) == [("text/plain", b"deep")]
    else:
        with pytest.raises(ParseError, match="deep"):
            found(MIXED, body(nested))


@pytest.mark.parametrize(("length", "is_allowed"), [(4096, True), (4097, False)])
def test_there_is_a_limit_to_the_headers_of_a_part(length: int, is_allowed: bool) -> None:
    octets = body(b"X: " + b"y" * (length - 3) + b"\r\n\r\nx")
    if is_allowed:
        assert found(MIXED, octets) == [("text/plain", b"x")]
    else:
        with pytest.raises(ParseError):
            found(MIXED, octets)


def test_a_boundary_at_the_very_start_and_the_very_end() -> None:
    assert found(MIXED, b"--b\r\n\r\n\r\n--b--") == [("text/plain", b"")]
    assert found(MIXED, b"--b") == []
    assert found(MIXED, b"--b\r\n\r\na\r\n--b") == [("text/plain", b"a")]


@given(st.lists(st.binary(max_size=30).filter(lambda part: b"--b" not in part), max_size=5))
def test_any_parts_come_back(parts: list[bytes]) -> None:
    if parts:
        octets = body(*[b"\r\n" + part for part in parts])
        assert found(MIXED, octets) == [("text/plain", part) for part in parts]


@given(st.binary(max_size=300))
def test_any_octets_are_parts_or_a_parse_error(octets: bytes) -> None:
    with suppress(ParseError):
        found(MIXED, octets.replace(b"!", b"\r\n--b"))


def test_bare_type() -> None:
    assert bare_type(' Multipart/Mixed ; boundary="x"') == "multipart/mixed"
