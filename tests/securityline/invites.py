"""INVITEs in the shapes that carriers send, one header at a time."""

from sip.message import Request, parse


def invite(
    *headers: str,
    uri: str = "sip:+3225554000@192.0.2.20",
    to: str = "<sip:+3225554000@trunk.example>",
    from_: str = "<sip:+32470004001@trunk.example>;tag=a",
    body: bytes = b"",
) -> Request:
    """Return an INVITE with these headers besides the ones that must be there."""
    lines = (
        f"INVITE {uri} SIP/2.0",
        "Via: SIP/2.0/UDP 198.51.100.10:5060;branch=z9hG4bK-1;rport",
        "Max-Forwards: 66",
        "Call-ID: 1@198.51.100.10",
        "CSeq: 1 INVITE",
        f"From: {from_}",
        f"To: {to}",
        *headers,
        f"Content-Length: {len(body)}",
    )
    request = parse("\r\n".join(lines).encode() + b"\r\n\r\n" + body)
    assert isinstance(request, Request)
    return request
