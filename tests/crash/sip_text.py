"""SIP cut out of text and put together from it."""


def value(text: str, name: str) -> str:
    """Return the value of a header that stands once."""
    for line in text.split("\r\n\r\n", 1)[0].split("\r\n")[1:]:
        if line.lower().startswith(name.lower() + ":"):
            return line.partition(":")[2].strip()
    return ""


def reply(request: str, status: str, tag: str, port: int, body: str = "") -> str:
    """Write an answer to a request.

    :param port: where the telephone is.
    """
    head = request.split("\r\n\r\n", 1)[0].split("\r\n")[1:]
    kept = [x for x in head if x.lower().startswith(("via:", "from:", "call-id:", "cseq:"))]
    to = value(request, "To")
    to += "" if ";tag=" in to else f";tag={tag}"
    kind = ["Content-Type: application/sdp"] if body else []
    lines = [
        f"SIP/2.0 {status}", *kept, f"To: {to}", f"Contact: <sip:keyholder@127.0.0.1:{port}>",
        *kind, f"Content-Length: {len(body)}", "", body,
    ]  # fmt: skip
    return "\r\n".join(lines)
