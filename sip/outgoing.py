"""Requests of ours: their parts, and how they become octets.

Built straight from text, since this is on the path of every call. Nothing that ends a
header line early may get in: every value that an owner or a far end can choose is checked.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from sip.endpoint import Endpoint, Transport

MAX_FORWARDS: Final = 70
"Section 8.1.1.6."
MAX_DATAGRAM: Final = 1300
"Octets; a larger request goes by a transport with congestion control (section 18.1.1)."

HeaderLines = tuple[tuple[str, str], ...]


def format_host(host: str) -> str:
    """Write an IP literal as in a URI: IPv6 in brackets."""
    return f"[{host}]" if ":" in host and not host.startswith("[") else host


def format_address(endpoint: Endpoint, host: str | None = None) -> str:
    """Write `host:port`, with `host` in place of the endpoint's own if given."""
    return f"{format_host(host or endpoint.host)}:{endpoint.port}"


def check_line(text: str) -> str:
    """Return `text` as it is.

    :raises ValueError: it holds a line end or a NUL, which would smuggle in a header.
    """
    if "\n" in text or "\r" in text or "\0" in text:
        raise ValueError(f"line end inside a header value: {text!r}")
    return text


@dataclass(slots=True, frozen=True)
class OutgoingRequest:
    """One request on its way out. Texts are header values, complete and in wire form."""

    method: str
    uri: str
    transport: Transport
    sent_by: str
    "Host and port of ours, for Via."
    branch: str
    from_: str
    to: str
    call_id: str
    cseq: int
    routes: tuple[str, ...] = ()
    headers: HeaderLines = ()
    body: bytes = b""
    content_type: str = "application/sdp"

    def __bytes__(self) -> bytes:
        """Return the whole message.

        :raises ValueError: a value would break its line.
        """
        routes = f"Route: {', '.join(self.routes)}\r\n" if self.routes else ""
        extra = "".join([f"{name}: {value}\r\n" for name, value in self.headers])
        if self.body:
            extra += f"Content-Type: {self.content_type}\r\n"
        head = (
            f"{self.method} {self.uri} SIP/2.0\r\n"
            f"Via: SIP/2.0/{self.transport.upper()} {self.sent_by}"
            f";branch={self.branch};rport\r\n"
            f"Max-Forwards: {MAX_FORWARDS}\r\n"
            f"{routes}From: {self.from_}\r\nTo: {self.to}\r\n"
            f"Call-ID: {self.call_id}\r\nCSeq: {self.cseq} {self.method}\r\n"
            f"{extra}Content-Length: {len(self.body)}\r\n\r\n"
        )
        # A smuggled line end makes more lines than were written.
        written = 8 + len(self.headers) + bool(self.routes) + bool(self.body)
        if head.count("\n") != written + 1 or head.count("\r") != written + 1:
            raise ValueError(f"line end inside a header value of {self.method}")
        return head.encode("utf-8", "surrogateescape") + self.body

    def ack(self, to: str) -> bytes:
        """Return the ACK for a refusal (section 17.1.1.3): same branch, their To."""
        return bytes(replace(self, method="ACK", to=to, headers=(), body=b""))

    def cancel(self, headers: HeaderLines = ()) -> OutgoingRequest:
        """Return the CANCEL for this INVITE (section 9.1)."""
        return replace(self, method="CANCEL", headers=headers, body=b"")
