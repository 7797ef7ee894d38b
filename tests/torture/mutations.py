"""Messages bent at random: the octets of hostile senders, made here and repeatable."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Final

from tests.sip.messages import SDP, raw

_MULTIPART: Final = (
    b"--b1\r\nContent-Type: application/sdp\r\n\r\n" + SDP + b"\r\n--b1\r\n"
    b"Content-Type: application/pidf+xml\r\nContent-ID: <loc@carrier.example>\r\n\r\n"
    b"<presence/>\r\n--b1--\r\n"
)
SEEDS: Final = (
    raw(),
    raw(
        Via="SIP / 2.0 / UDP [2001:db8::9]:5070 ;branch = z9hG4bK1,\r\n SIP/2.0/TCP h;rport",
        From='"J \\"Q\\" R" <sip:%61:pw@[::1];user=phone?X=%20>\r\n\t;tag=x',
        Contact="<sip:a@b>;q=0.5, sip:c@d;expires=60",
        more=(
            "Route: <sip:p1;lr>, <sip:p2;lr>",
            "P-Asserted-Identity: <tel:+32478123456>",
            "k: 100rel, timer",
            "s :",
            'X-Odd: "a\\\0b"; c="d,e" , <f>',
        ),
    ),
    raw(Content_Type="multipart/mixed;boundary=b1", body=_MULTIPART),
    raw(
        "REGISTER sips:soc.example SIP/2.0",
        b"",
        CSeq="2 REGISTER",
        Contact="*",
        more=(
            "Expires: 0",
            'Authorization: Digest username="ann", realm="soc", nonce="n", uri="sip:a", '
            'response="0", algorithm=SHA-256, qop=auth, nc=00000001, cnonce="c"',
        ),
    ),
    raw("SIP/2.0 180 Ringing", more=("Record-Route: <sip:p1;lr>",)),
    raw("OPTIONS tel:+3222001234;phone-context=x SIP/2.0", CSeq="1 OPTIONS", length=None),
)
_PIECES: Final = (
    b"\r\n", b"\r", b"\n", b"\0", b" ", b"\t", b":", b";", b",", b'"', b"<", b">", b"@",
    b"%", b"\\", b"=", b"[", b"]", b"?", b"/", b"\xff", b"\xc3\xa9", b"\xed\xa0\x80", b"0",
    b"-1", b"99999999999", b"SIP/2.0", b"sip:", b"Via: ", b"\r\n ", b"\r\n\r\n", b"l: 5\r\n",
    b"--b1", b"m=audio 1 RTP/AVP 8\r\n", b"x" * 300, b";;;;", b'"\\"', b"\xe2\x80\xa8",
)  # fmt: skip


def mutate(data: bytes, chance: random.Random) -> bytes:
    """Return `data` with one to four random changes; few enough to get past the first check."""
    octets = bytearray(data)
    for _ in range(chance.choice((1, 1, 1, 2, 2, 4))):
        at = chance.randrange(len(octets) + 1)
        match chance.randrange(6):
            case 0:
                del octets[at : at + chance.choice((1, 1, 2, 40))]
            case 1:
                octets[at:at] = chance.choice(_PIECES) * chance.choice((1, 1, 1, 5))
            case 2:
                octets[at : at + 1] = bytes([chance.randrange(256)])
            case 3:
                start = chance.randrange(len(octets) + 1)
                octets[at:at] = octets[start : start + chance.randrange(200)]
            case 4:
                del octets[max(at, len(octets) // 2) :]
            case _:
                octets[at : at + 4] = chance.choice(_PIECES)
    return bytes(octets)


def mutated(count: int, seed: int) -> Iterator[bytes]:
    """Give `count` bent messages; the same ones for the same seed."""
    chance = random.Random(seed)
    for _ in range(count):
        yield mutate(chance.choice(SEEDS), chance)
