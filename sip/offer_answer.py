"""Offer and answer for telephone audio, as pure functions (RFC 3264, RFC 4733).

One audio stream of G.711 with telephone-events; everything else that is offered is
declined with port 0, in its place. Directions are always from our point of view, unless a
name says otherwise.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from sip.errors import NotAcceptable
from sip.sdp import (
    MAX_FORMATS,
    Attributes,
    Direction,
    Media,
    Origin,
    SessionDescription,
    is_reachable,
)

PCMU: Final = 0
PCMA: Final = 8
_CODECS: Final = {PCMU: "PCMU/8000", PCMA: "PCMA/8000"}
_PAYLOAD_TYPES: Final = frozenset(str(number) for number in range(128))
_EVENTS: Final = "TELEPHONE-EVENT/8000"
_PROFILES: Final = ("RTP/AVP", "RTP/AVPF")  # a peer of AVPF does without our feedback
_UNSPECIFIED: Final = ("0.0.0.0", "::")  # noqa: S104  (hold as RFC 2543 wrote it)
_SENDS: Final[tuple[Direction, ...]] = ("sendrecv", "sendonly")
_RECEIVES: Final[tuple[Direction, ...]] = ("sendrecv", "recvonly")


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What we can do on one stream."""

    address: str
    "Where we want to receive; IPv6 without brackets."
    port: int
    payload_types: tuple[int, ...] = (PCMA, PCMU)
    "In order of preference."
    has_dtmf: bool = True
    dtmf_payload_type: int = 101
    "Number for telephone-events in our offers; an answer keeps the offerer's."
    ptime: int = 20
    "Milliseconds of audio in a packet."


@dataclass(frozen=True, slots=True)
class Negotiated:
    """What both sides agreed on."""

    remote: tuple[str, int] | None
    "Where to send; `None`: nowhere, the far end is on hold or has declined the stream."
    payload_type: int
    "0 (PCMU) or 8 (PCMA)."
    dtmf_payload_type: int | None
    direction: Direction
    "Ours."
    ptime: int
    "Milliseconds, as the far end wants them."


def offer(
    capabilities: Capabilities,
    *,
    session_id: int = 0,
    version: int = 0,
    direction: Direction = "sendrecv",
    previous: SessionDescription | None = None,
) -> SessionDescription:
    """Describe what we would like.

    :param previous: our last description in this call, offer or answer. Its session goes on
        under its identity and with its version (+ 1 if anything changed), and every stream
        keeps its place (RFC 3264 section 8); `session_id` and `version` are not used.
    """
    codecs = {str(number): _CODECS[number] for number in capabilities.payload_types}
    dtmf = str(capabilities.dtmf_payload_type) if capabilities.has_dtmf else None
    if previous is None:
        audio = _audio(capabilities, codecs, dtmf, direction, _PROFILES[0])
        return _describe(capabilities, (audio,), session_id, version)
    active = _find_active(previous)
    running = previous.media[active]
    dtmf = dtmf and (_find_events(running) or dtmf)  # a number keeps its meaning
    audio = _audio(capabilities, codecs, dtmf, direction, running.protocol)
    media = tuple(
        audio if number == active else _declined(line)
        for number, line in enumerate(previous.media)
    )
    return next_version(previous, _describe(capabilities, media, session_id, version))


def answer(
    offered: SessionDescription,
    capabilities: Capabilities,
    *,
    session_id: int,
    version: int,
    direction: Direction = "sendrecv",
) -> tuple[SessionDescription, Negotiated]:
    """Answer an offer.

    :param direction: what we would like; the answer allows what the offer leaves of it.
    :raises NotAcceptable: no stream we can take part in (SRTP only, foreign codecs, video
        only, an address we cannot send to).
    """
    chosen, payload_type = _choose(offered, capabilities)
    theirs = offered.media[chosen]
    dtmf = _find_events(theirs) if capabilities.has_dtmf else None
    ours = _allowed(direction, offered.direction(theirs), _is_on_old_hold(offered, theirs))
    codecs = {str(payload_type): _CODECS[payload_type]}
    accepted = _audio(capabilities, codecs, dtmf, ours, theirs.protocol)
    media = tuple(
        accepted if number == chosen else _declined(line)
        for number, line in enumerate(offered.media)
    )
    description = _describe(capabilities, media, session_id, version, offered.timing)
    return description, Negotiated(
        _remote(offered, theirs),
        payload_type,
        None if dtmf is None else int(dtmf),
        ours,
        _ptime(theirs, capabilities.ptime),
    )


def accept_answer(ours: SessionDescription, answered: SessionDescription) -> Negotiated:
    """Read the answer to our offer.

    A stream declined with port 0 is `inactive` with nowhere to send.
    :raises NotAcceptable: it does not answer what we offered.
    """
    active = _find_active(ours)
    if len(answered.media) <= active:
        raise NotAcceptable("Answer lacks an m= line")
    offered, theirs = ours.media[active], answered.media[active]
    if theirs.kind != offered.kind or theirs.protocol.upper() != offered.protocol.upper():
        raise NotAcceptable("Answer is for another stream")
    allowed = tuple(number for number in _CODECS if str(number) in offered.formats)
    common = _common_codecs(theirs, allowed)
    if theirs.port and not common:
        raise NotAcceptable("No common codec")
    payload_type = min(common or allowed, key=lambda n: _rank(theirs, n))
    dtmf = _find_events(theirs) if _find_events(offered) is not None else None
    direction: Direction = "inactive"
    if theirs.port:
        mine, other = ours.direction(offered), answered.direction(theirs)
        direction = _allowed(mine, other, _is_on_old_hold(answered, theirs))
        _check_reachable(answered, theirs)
    return Negotiated(
        _remote(answered, theirs),
        payload_type,
        None if dtmf is None else int(dtmf),
        direction,
        _ptime(theirs, int(offered.attribute("ptime") or 20)),
    )


def next_version(
    previous: SessionDescription, proposed: SessionDescription
) -> SessionDescription:
    """Return `proposed` as the successor of `previous`, both ours.

    The o= line keeps the session's identity; its version grows by one if anything differs,
    and stays if nothing does (RFC 3264 section 8).
    """
    same = replace(proposed, origin=previous.origin)
    if bytes(same) == bytes(previous):
        return same
    origin = previous.origin._replace(version=str(int(previous.origin.version) + 1))
    return replace(proposed, origin=origin)


def _describe(
    capabilities: Capabilities,
    media: tuple[Media, ...],
    session_id: int,
    version: int,
    timing: tuple[str, ...] = ("0 0",),
) -> SessionDescription:
    address = capabilities.address
    address_type = "IP6" if ":" in address else "IP4"
    origin = Origin("-", str(session_id), str(version), "IN", address_type, address)
    return SessionDescription(origin, media, address, timing=timing)


def _audio(
    capabilities: Capabilities,
    codecs: dict[str, str],
    dtmf: str | None,
    direction: Direction,
    protocol: str,
) -> Media:
    attributes: list[tuple[str, str | None]] = [
        ("rtpmap", f"{number} {codec}") for number, codec in codecs.items()
    ]
    formats = tuple(codecs)
    if dtmf is not None:
        formats += (dtmf,)
        attributes += [("rtpmap", f"{dtmf} {_EVENTS.lower()}"), ("fmtp", f"{dtmf} 0-15")]
    attributes += [("ptime", str(capabilities.ptime)), (direction, None)]
    kept: Attributes = tuple(attributes)
    return Media("audio", capabilities.port, protocol, formats, attributes=kept)


def _find_active(ours: SessionDescription) -> int:
    ports = [media.port for media in ours.media]
    return next((number for number, port in enumerate(ports) if port), 0)


def _declined(line: Media) -> Media:
    return Media(line.kind, 0, line.protocol, line.formats)


def _choose(offered: SessionDescription, capabilities: Capabilities) -> tuple[int, int]:
    """Return the place of the first stream that we can take, and the codec for it."""
    why = "No audio offered"
    for number, media in enumerate(offered.media):
        if media.kind != "audio" or not media.port:
            continue
        if media.protocol.upper() not in _PROFILES:
            why = "No audio over plain RTP"
        elif not (common := _common_codecs(media, capabilities.payload_types)):
            why = "No common codec"
        elif not _can_send(offered, media, capabilities.address):
            why = "No usable media address"
        else:
            return number, common[0]
    raise NotAcceptable(why)


def _can_send(description: SessionDescription, media: Media, our_address: str) -> bool:
    address = description.address(media)
    if address is None or (":" in address) != (":" in our_address):
        return False
    return address in _UNSPECIFIED or is_reachable(address)


def _check_reachable(description: SessionDescription, media: Media) -> None:
    address = description.address(media)
    if address is None or not (address in _UNSPECIFIED or is_reachable(address)):
        raise NotAcceptable("No usable media address")


def _common_codecs(media: Media, ours: tuple[int, ...]) -> list[int]:
    """Return those of ours that are offered by their static number and mean it."""
    codecs = media.codecs()
    return [
        number
        for number in ours
        if str(number) in media.formats
        and codecs.get(str(number), _CODECS[number]).removesuffix("/1") == _CODECS[number]
    ]


def _rank(media: Media, number: int) -> int:
    return media.formats.index(str(number)) if str(number) in media.formats else MAX_FORMATS


def _find_events(media: Media) -> str | None:
    for number, codec in media.codecs().items():
        if codec.removesuffix("/1") == _EVENTS and number in media.formats:
            return number if number in _PAYLOAD_TYPES else None
    return None


def _allowed(wanted: Direction, theirs: Direction, is_on_old_hold: bool) -> Direction:
    """Return our direction: what we want, as far as the far end takes part."""
    sends = wanted in _SENDS and theirs in _RECEIVES and not is_on_old_hold
    receives = wanted in _RECEIVES and theirs in _SENDS
    if sends:
        return "sendrecv" if receives else "sendonly"
    return "recvonly" if receives else "inactive"


def _is_on_old_hold(description: SessionDescription, media: Media) -> bool:
    return description.address(media) in _UNSPECIFIED


def _remote(description: SessionDescription, media: Media) -> tuple[str, int] | None:
    address = description.address(media)
    if not media.port or address is None or not is_reachable(address):
        return None
    return address, media.port


def _ptime(media: Media, default: int) -> int:
    text = media.attribute("ptime") or ""
    if text.isascii() and text.isdigit() and len(text) <= 3 and 10 <= int(text) <= 60:
        return int(text)
    return default
