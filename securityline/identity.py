"""Who is calling, and which number he dialled: read out of an INVITE.

Carriers say the same thing in a dozen ways. Here all of them become one value, and nothing
a stranger writes can make it fail: what cannot be read is left out, the call goes on.

Who is believed: the dialled number as the trunk's profile says; the caller's number from
P-Asserted-Identity (RFC 3325) when the trunk is trusted, else from what the caller claims;
P-Preferred-Identity never. A number is no proof of who speaks.
"""

import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final, Literal
from urllib.parse import unquote

from client_directory.numbers import normalise, number_part
from securityline.caller_location import Location, parse_location
from sip.grammar import split_list
from sip.message import NameAddr, ParseError, Request, Uri

DidSource = Literal["request_uri", "to", "p_called_party_id"]

_MAX_ADDRESSES: Final = 20
"Addresses read of one header; real calls have one to three."
_MAX_NAME: Final = 80
_MAX_RAW: Final = 64
_WITHHOLDING: Final = frozenset({"id", "user", "header"})
_NAMELESS: Final = frozenset({"anonymous", "anonym", "restricted", "withheld", "private"})
_NO_VERDICT_CHARACTERS: Final = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class TrunkProfile:
    """What has to be known of a carrier to read its INVITEs."""

    name: str
    default_country: str = "BE"
    "ISO 3166-1 alpha-2, for numbers that come the national way."
    did_from: tuple[DidSource, ...] = ("request_uri", "to", "p_called_party_id")
    "Where the dialled number stands, in order."
    is_trusted: bool = True
    "Whether its asserted identities are believed."
    fallback_number: str | None = None
    "Rung when no operator takes a call to a number that no client has."


@dataclass(frozen=True, slots=True, kw_only=True)
class CallerIdentity:
    """What an INVITE says about caller and called, normalised."""

    did: str
    "The dialled number in E.164, or as received when it is no telephone number."
    did_raw: str
    "As the carrier wrote it."
    caller: str | None = None
    "E.164. Also there when withheld: whoever shows it must look at `is_withheld`."
    is_withheld: bool = False
    diverted_from: str | None = None
    "The number that was dialled first, when somebody sent the call on to us."
    verstat: str | None = None
    "STIR verdict of the network, such as `TN-Validation-Failed`."
    location: Location | None = None
    display_name: str = ""
    "Hostile text, printable, short. Empty when the number is withheld."
    is_asserted: bool = False
    "The caller's number is vouched for by a trusted network."


def read_identity(
    request: Request, trunk: TrunkProfile, is_ours: Callable[[str], bool]
) -> CallerIdentity:
    """Read caller and called out of an INVITE. Never raises.

    :param is_ours: whether an E.164 number is one that a client's people dial. Of the
        places in `trunk.did_from`, the first that holds such a number counts; when none
        does, the first that holds any number.
    """
    did, did_raw = _dialled(request, trunk, is_ours)
    asserted = next(_numbered(_asserted(request, trunk), trunk), None)
    claimed = _from(request)
    speaking = asserted or claimed
    is_withheld = _is_withheld(request, claimed, trunk)
    caller = _number(speaking.uri, trunk) if speaking is not None else None
    return CallerIdentity(
        did=did,
        did_raw=did_raw,
        caller=caller,
        is_withheld=is_withheld,
        diverted_from=_diverted_from(request, trunk, did),
        verstat=_verstat(request, speaking, trunk),
        location=_location(request),
        display_name="" if is_withheld else _display_name(asserted, claimed),
        is_asserted=asserted is not None,
    )


# ---------------------------------------------------------------- the dialled number


def _dialled(
    request: Request, trunk: TrunkProfile, is_ours: Callable[[str], bool]
) -> tuple[str, str]:
    candidates = [uri for source in trunk.did_from for uri in _called(request, source)]
    first: tuple[str, str] | None = None
    for uri in candidates:
        number = _number(uri, trunk)
        if number is None:
            continue
        if is_ours(number):
            return number, _raw(uri)
        first = first or (number, _raw(uri))
    if first is not None:
        return first
    raw = next((raw for raw in map(_raw, candidates) if raw), "") or _clean(
        str(request.uri), _MAX_RAW
    )
    return raw, raw


def _called(request: Request, source: DidSource) -> Iterator[Uri]:
    if source == "request_uri":
        yield request.uri
    elif source == "to":
        try:
            yield request.to.uri
        except ParseError:
            return
    else:
        for address in _addresses(request, "P-Called-Party-ID"):
            yield address.uri
            return


def _raw(uri: Uri) -> str:
    return _clean(unquote((uri.user or "").partition(";")[0]), _MAX_RAW)


# ---------------------------------------------------------------- the caller's number


def _asserted(request: Request, trunk: TrunkProfile) -> Iterator[NameAddr]:
    """Give the identities that a network vouches for, best first."""
    if not trunk.is_trusted:
        return
    yield from _addresses(request, "P-Asserted-Identity")
    for address in _addresses(request, "Remote-Party-ID"):
        if (address.parameter("party") or "calling").lower() == "calling":
            yield address


def _numbered(addresses: Iterator[NameAddr], trunk: TrunkProfile) -> Iterator[NameAddr]:
    """Keep those with a telephone number: a sip: identity may stand beside its tel: twin."""
    return (address for address in addresses if _number(address.uri, trunk) is not None)


def _from(request: Request) -> NameAddr | None:
    try:
        return request.from_
    except ParseError:
        return None


def _is_withheld(request: Request, claimed: NameAddr | None, trunk: TrunkProfile) -> bool:
    """Say whether the caller asked not to be shown, in any of the ways there are."""
    wanted = {
        value.strip().lower()
        for line in request.headers.get_all("Privacy")[:_MAX_ADDRESSES]
        for value in line.replace(",", ";").split(";", _MAX_ADDRESSES)
    }
    if wanted & _WITHHOLDING or (claimed is not None and _is_nameless(claimed, trunk)):
        return True
    # draft-ietf-sip-privacy-04: what switches wrote before RFC 3325, and some still do.
    return any(
        (address.parameter("privacy") or "off").lower() not in ("off", "name")
        for address in _addresses(request, "Remote-Party-ID")
        if (address.parameter("party") or "calling").lower() == "calling"
    )


def _is_nameless(address: NameAddr, trunk: TrunkProfile) -> bool:
    """Recognise the From of an anonymous call (RFC 3323 section 4.1.1.3)."""
    uri = address.uri
    user = (uri.user or "").partition(";")[0].lower()
    if user in _NAMELESS or uri.host.lower() == "anonymous.invalid":
        return True
    named = address.display_name.strip().lower() in _NAMELESS
    return named and _number(uri, trunk) is None


def _verstat(request: Request, speaking: NameAddr | None, trunk: TrunkProfile) -> str | None:
    """Return the verdict the network put beside the number (3GPP TS 24.229, RFC 8224)."""
    if not trunk.is_trusted:
        return None
    for address in (speaking, _from(request)):
        if address is None:
            continue
        verdict = address.uri.parameter("verstat") or _user_parameter(address.uri, "verstat")
        if verdict and len(verdict) <= _NO_VERDICT_CHARACTERS and _is_word(verdict):
            return verdict
    return None


def _user_parameter(uri: Uri, name: str) -> str | None:
    for parameter in (uri.user or "").split(";", _MAX_ADDRESSES)[1:]:
        key, _, value = parameter.partition("=")
        if key.lower() == name:
            return value
    return None


def _is_word(text: str) -> bool:
    return text.isascii() and text.replace("-", "").isalnum()


def _display_name(asserted: NameAddr | None, claimed: NameAddr | None) -> str:
    for address in (asserted, claimed):
        if address is None:
            continue
        name = _clean(address.display_name, _MAX_NAME)
        if name and not number_part(name):
            return name
    return ""


# ---------------------------------------------------------------- the way here


def _diverted_from(request: Request, trunk: TrunkProfile, did: str) -> str | None:
    """Return the number the caller dialled first, when it is not the one that rings here.

    The first entry of History-Info (RFC 7044) is where the call began; in Diversion
    (RFC 5806) it is the last, since each switch puts itself on top. What asked to be kept
    private is.
    """
    for address in _addresses(request, "History-Info"):
        if "privacy" not in address.uri.headers.lower():
            number = _number(address.uri, trunk)
            if number is not None and number != did:
                return number
        break
    for address in reversed(list(_addresses(request, "Diversion"))):
        if (address.parameter("privacy") or "off").lower() in ("off", "name"):
            number = _number(address.uri, trunk)
            if number is not None and number != did:
                return number
    return None


def _location(request: Request) -> Location | None:
    if "Geolocation" not in request.headers:
        return None
    try:
        parts = request.parts()
    except ParseError:
        return None
    for part in parts:
        if part.content_type == "application/pidf+xml":
            return parse_location(part.body)
    return None


# ---------------------------------------------------------------- common


def _addresses(request: Request, name: str) -> Iterator[NameAddr]:
    """Give the addresses of a header that can be read, and skip those that cannot."""
    if name not in request.headers:
        return
    count = 0
    for line in request.headers.get_all(name):
        try:
            elements = split_list(line)
        except ParseError:
            continue
        for element in elements:
            count += 1
            if count > _MAX_ADDRESSES:
                return
            try:
                yield NameAddr.parse(element)
            except ParseError:
                continue


def _number(uri: Uri, trunk: TrunkProfile) -> str | None:
    user = uri.user
    if not user:
        return None
    if uri.scheme == "tel" and (context := uri.parameter("phone-context")):
        user = f"{user};phone-context={context}"
    return normalise(user, trunk.default_country)


def _clean(text: str, longest: int) -> str:
    """Keep what can be printed, without the marks that turn the direction of a line."""
    text = text[: 4 * longest]
    if not text.isascii() or not text.isprintable():
        text = "".join(one for one in text if unicodedata.category(one)[0] != "C")
    return text.strip()[:longest]
