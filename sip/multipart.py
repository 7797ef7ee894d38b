"""Bodies of several parts (RFC 2046 section 5.1, RFC 5621), read with hard limits."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from sip.errors import ParseError
from sip.grammar import find_parameter, parse_parameters
from sip.headers import Headers, parse_headers

MAX_PARTS: Final = 16
"Parts of one body, all levels together. A call brings two or three."
_MAX_DEPTH: Final = 3
_MAX_PART_HEADER: Final = 4096  # octets
_BOUNDARY: Final = re.compile(r"[A-Za-z0-9'()+_,\-./:=? ]{1,70}+")


class Part(NamedTuple):
    """One part of a body."""

    content_type: str
    "Type and subtype in lower case, without parameters."
    headers: Headers
    body: bytes


def bare_type(content_type: str) -> str:
    """Return `type/subtype` in lower case, without parameters."""
    return content_type.partition(";")[0].strip(" \t").lower()


def iter_parts(content_type: str, body: bytes) -> Iterator[Part]:
    """Give the parts of a `multipart/*` body; those that are multipart themselves are opened.

    :raises ParseError: no or bad boundary, too many parts, too deep; only when it gets there.
    """
    for count, part in enumerate(_open(content_type, body, 1), start=1):
        if count > MAX_PARTS:
            raise ParseError(400, "Too many body parts")
        yield part


def _open(content_type: str, body: bytes, depth: int) -> Iterator[Part]:
    if depth > _MAX_DEPTH:
        raise ParseError(400, "Body parts too deep")
    for raw in _pieces(content_type, body):
        part = _read_part(raw)
        if part.content_type.startswith("multipart/"):
            yield from _open(part.headers.get("Content-Type", ""), part.body, depth + 1)
        else:
            yield part


def _pieces(content_type: str, body: bytes) -> list[bytes]:
    semicolon = content_type.find(";")
    parameters = parse_parameters(content_type[semicolon:]) if semicolon >= 0 else ()
    boundary = find_parameter(parameters, "boundary") or ""
    if _BOUNDARY.fullmatch(boundary) is None:
        raise ParseError(400, "Bad boundary")
    return _cut(b"\r\n" + body, b"\r\n--" + boundary.encode("ascii"))


def _cut(body: bytes, delimiter: bytes) -> list[bytes]:
    """Return what stands between delimiter lines; what comes before and after is no part."""
    pieces: list[bytes] = []
    start: int | None = None
    at = body.find(delimiter)
    while at >= 0:
        line_end = body.find(b"\r\n", at + 2)
        line_end = len(body) if line_end < 0 else line_end
        rest = body[at + len(delimiter) : line_end].rstrip(b" \t")
        if rest in (b"", b"--"):
            if start is not None:
                pieces.append(body[start:at])
            if rest or len(pieces) > MAX_PARTS:
                return pieces
            start = line_end + 2
        at = body.find(delimiter, line_end)
    if start is None:
        raise ParseError(400, "No body parts")
    return [*pieces, body[start:]] if body[start:] else pieces


def _read_part(raw: bytes) -> Part:
    if raw.startswith(b"\r\n"):
        return Part("text/plain", Headers(), raw[2:])
    head, gap, body = raw.partition(b"\r\n\r\n")
    if not gap or len(head) > _MAX_PART_HEADER:
        raise ParseError(400, "Bad body part")
    headers = parse_headers(head.decode("utf-8", "replace"))
    return Part(bare_type(headers.get("Content-Type") or "text/plain"), headers, body)
