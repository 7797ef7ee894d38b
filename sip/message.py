"""Requests and responses: read, answered, written (RFC 3261 section 7).

Reading checks what every element must be able to rely on: the start line, one well-formed
From, To, Call-ID and CSeq, a well-formed nearest Via, Max-Forwards and Content-Length.
The rest is read when somebody asks for it (:mod:`sip.fields`). Octets that are not UTF-8
are taken for Latin-1.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from typing import Final

from sip.errors import ParseError
from sip.fields import (
    Message,
    parse_call_id,
    parse_content_length,
    parse_content_type,
    parse_cseq,
    parse_from,
    parse_max_forwards,
    parse_to,
    parse_top_via,
)
from sip.grammar import is_token, make_printable, split_list
from sip.headers import Headers, parse_headers, unfold
from sip.status import REASONS
from sip.uri import Uri
from sip.values import CSeq, NameAddr, Via

__all__ = [
    "DEFAULT_LIMITS",
    "CSeq",
    "Headers",
    "Limits",
    "Message",
    "NameAddr",
    "ParseError",
    "Request",
    "Response",
    "Uri",
    "Via",
    "parse",
    "respond",
]

# What every element relies on: slot, header and reader.
_RELIED_ON: Final = (
    ("top via", "via", parse_top_via),
    ("from", "from", parse_from),
    ("to", "to", parse_to),
    ("call-id", "call-id", parse_call_id),
    ("cseq", "cseq", parse_cseq),
    ("max-forwards", "max-forwards", parse_max_forwards),
    ("content-type", "content-type", parse_content_type),
)
_UNREADABLE: Final = Uri("invalid", opaque="unreadable")
_CONTROLS: Final = bytes({*range(32), 127} - {9})  # TAB is a blank
_CONTROL: Final = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
# Text without control characters, or a quoted string that has them only escaped.
_CLEAN: Final = re.compile(
    r"[^\x00-\x08\x0a-\x1f\x7f\"]++|\"(?:[^\x00-\x08\x0a-\x1f\x7f\"\\]|\\[^\r\n])*+\""
)


@dataclass(frozen=True, slots=True)
class Limits:
    """What is too much to be a message of a phone call."""

    max_message: int = 65_536
    "Octets, all together."
    max_head: int = 16_384
    "Octets of start line and headers."
    max_headers: int = 200
    "Header lines, a folded header counting each of its lines."


DEFAULT_LIMITS: Final = Limits()


class Request(Message):
    """A request (RFC 3261 section 7.1)."""

    __slots__ = ("method", "uri")
    is_request = True

    def __init__(self, method: str, uri: Uri, headers: Headers, body: bytes = b"") -> None:
        self.headers = headers
        self.body = body
        self.method = method
        "As written: methods have a case, `invite` is no INVITE."
        self.uri = uri
        "The Request-URI."

    @property
    def start_line(self) -> str:
        """The request line."""
        return f"{self.method} {self.uri} SIP/2.0"

    def replace_top_via(self, via: Via) -> None:
        """Put `via` in the place of the nearest hop, leaving the others as they came."""
        first = self.headers.get("Via", "")
        others = split_list(first)[1:] if "," in first else []
        self.headers.replace_first("Via", ", ".join([str(via), *others]))

    def __repr__(self) -> str:
        return f"<Request {self.method} {self.uri}>"


class Response(Message):
    """A response (RFC 3261 section 7.2)."""

    __slots__ = ("reason", "status")
    is_request = False

    def __init__(self, status: int, reason: str, headers: Headers, body: bytes = b"") -> None:
        self.headers = headers
        self.body = body
        self.status = status
        "100 to 699."
        self.reason = reason
        "For people. May be empty."

    @property
    def start_line(self) -> str:
        """The status line."""
        return f"SIP/2.0 {self.status} {self.reason}"

    def __repr__(self) -> str:
        return f"<Response {self.status} {self.reason}>"


def respond(
    request: Request,
    status: int,
    reason: str | None = None,
    *,
    to_tag: str | None = None,
    headers: Iterable[tuple[str, str]] = (),
    body: bytes = b"",
    content_type: str | None = None,
) -> Response:
    """Make the response to a request (RFC 3261 section 8.2.6).

    Works for the `partial` of a `ParseError` as well: what is missing is left out.
    :param to_tag: our tag, added to To unless the request brought one.
    :param headers: further headers, behind the copied ones.
    """
    copied = Headers()
    copied.append_from(request.headers, "Via")
    for name in ("From", "To", "Call-ID", "CSeq"):
        copied.append_from(request.headers, name, 1)
    if to_tag is not None:
        _add_tag(request, copied, to_tag)
    if status == 100:
        copied.append_from(request.headers, "Timestamp")
    elif status < 300 and request.method == "INVITE":
        copied.append_from(request.headers, "Record-Route")
    for name, value in headers:
        copied.add(name, value)
    if content_type is not None:
        copied.add("Content-Type", content_type)
    phrase = REASONS.get(status, "") if reason is None else make_printable(reason)
    return Response(status, phrase, copied, body)


def _add_tag(request: Request, copied: Headers, to_tag: str) -> None:
    try:
        if request.to.tag is None:
            copied.replace_first("To", f"{request.headers.get('To')};tag={to_tag}")
    except ParseError:
        return  # a To that nobody can read is sent back as it came


def parse(data: bytes, limits: Limits = DEFAULT_LIMITS) -> Request | Response:
    """Read one datagram, or one message that a stream framer has cut out.

    Octets behind Content-Length are ignored, line breaks before the start line tolerated.
    :raises ParseError: with the request's readable part, unless there is nobody to answer.
    """
    if len(data) > limits.max_message:
        raise ParseError(513, REASONS[513])
    if data.startswith(b"\r\n"):
        data = data.lstrip(b"\r\n")
    end = data.find(b"\r\n\r\n")
    if end < 0:
        raise ParseError(400, "No empty line", partial(_salvage, data, limits))
    if end > limits.max_head:
        raise ParseError(513, REASONS[513], partial(_salvage, data, limits))
    try:
        start, block = _read_head(data[:end], limits)
        if start[:4].upper() == "SIP/":
            return _read_response(start, block, data, end + 4)
        return _read_request(start, block, data, end + 4)
    except ParseError as error:
        error.salvage = partial(_salvage, data[:end], limits)
        raise


def _read_head(head: bytes, limits: Limits) -> tuple[str, str]:
    lines = head.count(b"\r\n")
    if lines > limits.max_headers:
        raise ParseError(400, "Too many headers")
    text = _decode(head)
    if len(head.translate(None, _CONTROLS)) != len(head) - 2 * lines:
        _check_controls(text)
    start, _, block = text.partition("\r\n")
    return start, block


def _decode(head: bytes) -> str:
    try:
        return head.decode()
    except UnicodeDecodeError:
        return "\r\n".join(_decode_line(line) for line in head.split(b"\r\n"))


def _decode_line(line: bytes) -> str:
    try:
        return line.decode()
    except UnicodeDecodeError:
        return line.decode("latin-1")


def _check_controls(text: str) -> None:
    """Let control characters through only where RFC 3261 does: escaped, in quotes."""
    for line in text.split("\r\n"):
        if line.isprintable():
            continue
        position = 0
        for match in _CLEAN.finditer(line):
            if match.start() != position:
                break
            position = match.end()
        if position != len(line):
            raise ParseError(400, "Control character")


def _read_request(start: str, block: str, data: bytes, body_at: int) -> Request:
    words = start.split(" ")
    if len(words) != 3:
        words = [word for word in words if word]  # RFC 4475 sections 3.1.2.9 and 3.1.2.10
    if len(words) != 3 or not is_token(words[0]):
        raise ParseError(400, "Bad request line")
    method, address, version = words
    if version != "SIP/2.0" and version.upper() != "SIP/2.0":
        if version.upper().startswith("SIP/"):
            raise ParseError(505, REASONS[505])
        raise ParseError(400, "Bad request line")
    headers = parse_headers(block)
    request = Request(method, Uri.parse(address), headers, _body(headers, data, body_at))
    headers.read(_RELIED_ON)
    if headers.parsed("cseq", parse_cseq).method != method:
        raise ParseError(400, "CSeq is of another method")
    return request


def _read_response(start: str, block: str, data: bytes, body_at: int) -> Response:
    version, _, rest = start.partition(" ")
    status, _, reason = rest.partition(" ")
    if version.upper() != "SIP/2.0":
        raise ParseError(505, REASONS[505])
    if len(status) != 3 or not status.isascii() or not status.isdigit():
        raise ParseError(400, "Bad status line")
    if not "100" <= status <= "699":
        raise ParseError(400, "Bad status code")
    headers = parse_headers(block)
    response = Response(int(status), reason, headers, _body(headers, data, body_at))
    headers.read(_RELIED_ON)
    return response


def _body(headers: Headers, data: bytes, body_at: int) -> bytes:
    length = headers.parsed("content-length", parse_content_length)
    if length is None:
        return data[body_at:]
    if length > len(data) - body_at:
        raise ParseError(400, "Content-Length too large")
    return data[body_at : body_at + length]


def _salvage(data: bytes, limits: Limits) -> Request | None:
    """Read what can be read of a broken request; `None` if that is too little."""
    start, _, block = _decode(data[: limits.max_head]).partition("\r\n")
    method, _, rest = start.partition(" ")
    if not is_token(method):
        return None
    headers = Headers()
    for line in unfold(block).split("\r\n")[: limits.max_headers]:
        if not line:
            break
        name, _, value = line.partition(":")
        if _CONTROL.search(value) is None and is_token(name.rstrip(" \t")):
            headers.add(name.rstrip(" \t"), value.strip(" \t"))
    if "Via" not in headers:
        return None
    try:
        uri = Uri.parse(rest.partition(" ")[0])
    except ParseError:
        uri = _UNREADABLE
    return Request(method, uri, headers)
