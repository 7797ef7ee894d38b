"""Messages for tests, made here: an INVITE as a carrier sends it, and ways to bend it."""

from __future__ import annotations

SDP = (
    b"v=0\r\n"
    b"o=- 20518 1 IN IP4 203.0.113.7\r\n"
    b"s=-\r\n"
    b"c=IN IP4 203.0.113.7\r\n"
    b"t=0 0\r\n"
    b"m=audio 30000 RTP/AVP 8 0 101\r\n"
    b"a=rtpmap:8 PCMA/8000\r\n"
    b"a=rtpmap:0 PCMU/8000\r\n"
    b"a=rtpmap:101 telephone-event/8000\r\n"
    b"a=fmtp:101 0-15\r\n"
    b"a=ptime:20\r\n"
    b"a=sendrecv\r\n"
)

HEADERS = {
    "Via": "SIP/2.0/UDP 203.0.113.7:5060;branch=z9hG4bKnashds8;rport",
    "Max-Forwards": "70",
    "From": '"Ann" <sip:+3225550100@carrier.example;user=phone>;tag=1928301774',
    "To": "<sip:+3225550199@soc.example;user=phone>",
    "Call-ID": "a84b4c76e66710@203.0.113.7",
    "CSeq": "314159 INVITE",
    "Contact": "<sip:+3225550100@203.0.113.7:5060>",
    "Content-Type": "application/sdp",
}


def raw(
    start: str = "INVITE sip:+3225550199@soc.example;user=phone SIP/2.0",
    body: bytes = SDP,
    *,
    more: tuple[str, ...] = (),
    length: str | None = "",
    **changes: str | None,
) -> bytes:
    """Return a message in octets.

    :param more: further header lines, as they are to stand there.
    :param length: value of Content-Length; the right one if empty, no such line if `None`.
    :param changes: other values for the usual headers, `_` for `-`; `None` leaves it out.
    """
    fields = {name.replace("_", "-").lower(): value for name, value in changes.items()}
    lines = [start]
    for name, usual in HEADERS.items():
        value = fields.pop(name.lower(), usual)
        if value is not None:
            lines.append(f"{name}: {value}")
    assert not fields, f"no such header: {fields}"
    lines += more
    if length is not None:
        lines.append(f"Content-Length: {length or len(body)}")
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body
