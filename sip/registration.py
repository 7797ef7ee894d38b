"""What one REGISTER asks for, and what a user's bindings are afterwards (RFC 3261, 10.3)."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple
from urllib.parse import unquote

from sip.bindings import Binding
from sip.endpoint import Endpoint
from sip.errors import ParseError, SipError
from sip.message import Request
from sip.uri import Uri
from sip.values import NameAddr

HeaderLines = tuple[tuple[str, str], ...]

_Q: Final = re.compile(r"0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?")
_LONGEST_CONTACT: Final = 1024  # characters; what one phone may have us remember
_LONGEST_TEXT: Final = 100
_MALFORMED_EXPIRES: Final = 3600.0  # RFC 3261, section 10.2.1.1
_LARGEST_EXPIRES: Final = 2**32 - 1


@dataclass(frozen=True, slots=True)
class RegistrarSettings:
    """What the registrar grants. Times in seconds."""

    min_expires: float = 60.0
    "Shorter registrations are refused with 423."
    max_expires: float = 3600.0
    "Longer ones are granted for this long."
    default_expires: float = 600.0
    "For a phone that does not say."
    max_bindings: int = 5
    "Phones of one user. A further one takes the place of the one longest not heard of."


class Refusal(SipError):
    """The request is well formed, and will not be done."""

    def __init__(self, status: int, reason: str, headers: HeaderLines = ()) -> None:
        super().__init__(status, reason)
        self.headers = headers


class ContactOrder(NamedTuple):
    """One Contact of a REGISTER."""

    uri: Uri
    time: float | None
    "Seconds to bind it for; 0 to unbind; `None`: the phone does not say."
    q: float
    instance: str


class Change(NamedTuple):
    """A user's bindings after a REGISTER."""

    after: list[Binding]
    fresh: list[Binding]
    "Those of them that are new or refreshed."


def read_user(request: Request) -> str:
    """Return the user of the address of record, escapes undone.

    Which host stands in To and in the Request-URI does not matter: there is one domain
    here, and phones write an address or a name as they were set up.
    :raises ParseError: there is none.
    """
    uri = request.to.uri
    if uri.scheme not in ("sip", "sips") or not uri.user:
        raise ParseError(400, "Bad address of record")
    return unquote(uri.user)


def read_contacts(request: Request) -> list[ContactOrder] | None:
    """Return what is to be bound and unbound; `None`: unbind everything.

    :raises ParseError: a Contact cannot be read or called, or `*` stands where it must not.
    """
    contacts, expires = request.contacts, request.expires
    if contacts == "*":
        if expires != 0:
            raise ParseError(400, "Contact * needs Expires: 0")
        return None
    return [_read_contact(contact, expires) for contact in contacts]


def _read_contact(contact: NameAddr, expires: int | None) -> ContactOrder:
    uri = contact.uri
    if uri.scheme not in ("sip", "sips") or len(str(uri)) > _LONGEST_CONTACT:
        raise ParseError(400, "Bad Contact")
    text = contact.parameter("expires")
    time = None if expires is None else float(expires)
    if text is not None:
        time = _read_seconds(text)
    q = contact.parameter("q")
    if q is not None and not _Q.fullmatch(q):
        raise ParseError(400, "Bad q")
    instance = (contact.parameter("+sip.instance") or "")[:_LONGEST_TEXT]
    return ContactOrder(uri, time, 1.0 if q is None else float(q), instance)


def _read_seconds(text: str) -> float:
    if not (text.isascii() and text.isdigit()):
        return _MALFORMED_EXPIRES
    if len(text) > 10 or int(text) > _LARGEST_EXPIRES:
        raise ParseError(400, "Bad expires")
    return float(text)


def merge(
    before: Sequence[Binding],
    orders: Sequence[ContactOrder] | None,
    request: Request,
    user: str,
    source: Endpoint,
    now: float,
    settings: RegistrarSettings,
) -> Change:
    """Return the bindings as the REGISTER wants them.

    :raises Refusal: it may not have that: 423 too short, 403 too many at once, 500 older
        than what it would change.
    """
    if orders is None:
        _check_order(before, request)
        return Change([], [])
    after, fresh = list(before), list[Binding]()
    for order in orders:
        same = [each for each in after if _is_same_phone(each, order)]
        _check_order([each for each in same if each not in fresh], request)
        after = [each for each in after if each not in same]
        fresh = [each for each in fresh if each not in same]
        time = _granted_time(order.time, settings)
        if time > 0:
            fresh.append(_bind(order, time, request, user, source, now))
            after.append(fresh[-1])
    if len(fresh) > settings.max_bindings:
        raise Refusal(403, "Too Many Contacts")
    # Sorting is stable: of equal age, what this request brought stays last and is kept.
    after.sort(key=lambda each: each.updated_at)
    return Change(after[-settings.max_bindings :], fresh)


def _granted_time(wanted: float | None, settings: RegistrarSettings) -> float:
    if wanted is None:
        return settings.default_expires
    if 0 < wanted < settings.min_expires:
        least = (("Min-Expires", f"{settings.min_expires:.0f}"),)
        raise Refusal(423, "Interval Too Brief", least)
    return min(wanted, settings.max_expires)


def _bind(
    order: ContactOrder, time: float, request: Request, user: str, source: Endpoint, now: float
) -> Binding:
    return Binding(
        user=user,
        contact=order.uri,
        source=source,
        q=order.q,
        expires_at=now + time,
        updated_at=now,
        call_id=request.call_id,
        cseq=request.cseq.number,
        instance=order.instance,
        user_agent=(request.headers.get("User-Agent") or "")[:_LONGEST_TEXT],
    )


def _is_same_phone(binding: Binding, order: ContactOrder) -> bool:
    if order.instance and order.instance == binding.instance:
        return True  # restarted behind a NAT, say, with another port in Contact
    return binding.contact.is_equivalent(order.uri)


def _check_order(bindings: Sequence[Binding], request: Request) -> None:
    """Make sure that the request is not older than what it would change.

    A REGISTER that was overtaken on the way must not undo the later one.
    """
    call_id, number = request.call_id, request.cseq.number
    if any(each.call_id == call_id and each.cseq >= number for each in bindings):
        raise Refusal(500, "CSeq Out Of Order")
