"""What a browser's session description says, and our answer to it. Pure.

One stream of telephone audio over DTLS-SRTP (RFC 8827, RFC 8829), RTCP on the same port
(RFC 5761). We are an ICE-lite agent with one candidate (RFC 8839) and wait for the browser's
handshake (`setup:passive`, RFC 5763).
"""

import re
from dataclasses import dataclass
from typing import Final, Literal

from sip.errors import NotAcceptable
from sip.offer_answer import PCMA, PCMU
from sip.sdp import Attributes, Media, Origin, SessionDescription

_PROFILES: Final = ("UDP/TLS/RTP/SAVPF", "UDP/TLS/RTP/SAVP")
_CODECS: Final[tuple[tuple[str, Literal[0, 8]], ...]] = (
    ("PCMA/8000", PCMA),
    ("PCMU/8000", PCMU),
)
"What both sides speak, the preferred first, with the payload type that RFC 3551 gave it."
_EVENTS: Final = "TELEPHONE-EVENT/8000"
_HASH_SIZES: Final = {"sha-256": 32, "sha-384": 48, "sha-512": 64}
_FRAGMENT: Final = re.compile(r"[A-Za-z0-9+/]{4,256}")
_MID: Final = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`{|}~-]{1,32}")
_PRIORITY: Final = 2_130_706_431
"Of a host candidate, first component (RFC 8445, section 5.1.2.1)."


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """A certificate, by its hash."""

    algorithm: str
    "`sha-256`, `sha-384` or `sha-512`."
    digest: str
    "Hexadecimal, lower case, without colons."

    @classmethod
    def parse(cls, text: str) -> "Fingerprint":
        """Read the value of `a=fingerprint`.

        :raises NotAcceptable: it is none, or of a hash that is no longer believed.
        """
        algorithm, _, digest = text.strip().lower().partition(" ")
        digest = digest.strip()
        octets = digest.split(":")
        is_hex = all(re.fullmatch(r"[0-9a-f]{2}", octet) for octet in octets)
        if _HASH_SIZES.get(algorithm) != len(octets) or not is_hex:
            raise NotAcceptable("no fingerprint that we can check")
        return cls(algorithm, "".join(octets))

    def __str__(self) -> str:
        octets = re.findall("..", self.digest.upper())
        return f"{self.algorithm} {':'.join(octets)}"


@dataclass(frozen=True, slots=True)
class BrowserOffer:
    """What a browser offers, as far as we take part in it."""

    fingerprint: Fingerprint
    payload_type: Literal[0, 8]
    dtmf_payload_type: int | None
    mid: str
    "Name of its audio stream."
    place: int
    "Where the stream stands among its m= lines."
    declined: tuple[Media, ...]
    "Its m= lines, that the answer may turn down those we do not take."


@dataclass(frozen=True, slots=True, kw_only=True)
class LineCredentials:
    """Our side of one line: where it is, and how the browser shows that it is meant."""

    address: str
    "IP address that the browser can reach."
    port: int
    fragment: str
    "`ice-ufrag`: at least 24 bits of chance, letters and digits (RFC 8445, section 5.3)."
    password: str
    "`ice-pwd`: at least 128 bits."
    fingerprint: Fingerprint


def read_offer(body: bytes) -> BrowserOffer:
    """Read a browser's offer.

    :raises ParseError: it is no session description.
    :raises NotAcceptable: it offers no telephone audio over DTLS-SRTP with one port.
    """
    offered = SessionDescription.parse(body)
    for place, media in enumerate(offered.media):
        if media.kind == "audio" and media.protocol in _PROFILES and media.port:
            return _read_audio(offered, media, place)
    raise NotAcceptable("no audio over DTLS-SRTP is offered")


def _read_audio(offered: SessionDescription, media: Media, place: int) -> BrowserOffer:
    codecs = media.codecs()
    for name, number in _CODECS:
        if str(number) in media.formats and codecs.get(str(number), name) == name:
            payload_type = number
            break
    else:
        raise NotAcceptable("neither PCMA nor PCMU is offered")
    if media.attribute("rtcp-mux") is None:
        raise NotAcceptable("RTCP on a port of its own")
    if _either(offered, media, "setup") not in ("actpass", "active"):
        raise NotAcceptable("the browser does not begin the handshake")
    if not _FRAGMENT.fullmatch(_either(offered, media, "ice-ufrag")):
        raise NotAcceptable("no ICE")
    mid = media.attribute("mid") or "0"
    if not _MID.fullmatch(mid):
        raise NotAcceptable("its stream has no proper name")
    fingerprint = Fingerprint.parse(_either(offered, media, "fingerprint"))
    return BrowserOffer(
        fingerprint, payload_type, _events(media), mid, place, tuple(offered.media)
    )


def _either(offered: SessionDescription, media: Media, name: str) -> str:
    """Return an attribute of the stream, or else of the session."""
    value = media.attribute(name)
    if value is None:
        value = next((v for n, v in offered.attributes if n == name), None)
    return value or ""


def _events(media: Media) -> int | None:
    codecs = media.codecs()
    for number in media.formats:
        is_number = number.isascii() and number.isdecimal() and int(number) < 128
        if is_number and codecs.get(number) == _EVENTS:
            return int(number)
    return None


def answer_offer(offer: BrowserOffer, ours: LineCredentials, session_id: int) -> bytes:
    """Answer: this stream at our one address, everything else turned down."""
    family = "IP6" if ":" in ours.address else "IP4"
    media = tuple(
        _audio(offer, ours) if place == offer.place else _declined(line)
        for place, line in enumerate(offer.declined)
    )
    described = SessionDescription(
        Origin("-", str(session_id), "1", "IN", family, ours.address),
        media,
        attributes=(("ice-lite", None), ("group", f"BUNDLE {offer.mid}")),
    )
    return bytes(described)


def _audio(offer: BrowserOffer, ours: LineCredentials) -> Media:
    formats = [str(offer.payload_type)]
    codec = next(name for name, number in _CODECS if number == offer.payload_type)
    maps: list[tuple[str, str | None]] = [("rtpmap", f"{offer.payload_type} {codec}")]
    if offer.dtmf_payload_type is not None:
        formats.append(str(offer.dtmf_payload_type))
        maps.append(("rtpmap", f"{offer.dtmf_payload_type} telephone-event/8000"))
        maps.append(("fmtp", f"{offer.dtmf_payload_type} 0-16"))
    place = f"{ours.address} {ours.port}"
    attributes: Attributes = (
        ("mid", offer.mid),
        ("sendrecv", None),
        ("rtcp-mux", None),
        ("ice-ufrag", ours.fragment),
        ("ice-pwd", ours.password),
        ("candidate", f"1 1 udp {_PRIORITY} {place} typ host"),
        ("end-of-candidates", None),
        ("fingerprint", str(ours.fingerprint)),
        ("setup", "passive"),
        *maps,
        ("ptime", "20"),
    )
    return Media("audio", ours.port, _PROFILES[0], tuple(formats), ours.address, attributes)


def _declined(media: Media) -> Media:
    mid = media.attribute("mid")
    kept: Attributes = (("mid", mid),) if mid and _MID.fullmatch(mid) else ()
    return Media(media.kind, 0, media.protocol, media.formats, attributes=kept)
