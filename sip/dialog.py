"""Dialogs: what two user agents remember of each other during a call (RFC 3261 section 12).

A dialog is found by Call-ID, local tag and remote tag. It knows the order of requests in
both directions, the proxies on the way and where the far end wants to be reached.
"""

from __future__ import annotations

from functools import lru_cache
from ipaddress import ip_address
from typing import Any, Final

from sip.endpoint import Endpoint, Peer, Transport
from sip.errors import ParseError
from sip.grammar import find_parameter
from sip.message import Message, Request, Response
from sip.outgoing import HeaderLines, OutgoingRequest
from sip.uri import Uri
from sip.values import NameAddr

DEFAULT_PORT: Final = 5060
_ADOPTION_GAP: Final = 1000
"CSeq numbers skipped on takeover: more than a call can have used since its last snapshot."


@lru_cache(maxsize=4096)
def ip_literal(host: str) -> str | None:
    """Return an IP address without its brackets, or `None` for a name."""
    bare = host.strip("[]")
    try:
        ip_address(bare)
    except ValueError:
        return None
    return bare


@lru_cache(maxsize=4096)
def endpoint_of(uri: Uri, transport: Transport = "udp") -> Endpoint | None:
    """Return where a URI says to send; `None` if it gives no IP address or a foreign way."""
    if uri.scheme != "sip":
        return None
    host = ip_literal(uri.host)
    wanted = (uri.parameter("transport") or transport).lower()
    if host is None or wanted not in ("udp", "tcp"):
        return None
    return Endpoint("tcp" if wanted == "tcp" else "udp", host, uri.port or DEFAULT_PORT)


class Dialog:
    """One dialog, early or confirmed."""

    __slots__ = (
        "call_id",
        "is_caller",
        "is_flow_lost",
        "local",
        "local_contact",
        "local_cseq",
        "local_party",
        "local_tag",
        "peer",
        "remote_cseq",
        "remote_party",
        "remote_tag",
        "remote_target",
        "route_set",
        "source",
    )

    def __init__(
        self,
        *,
        call_id: str,
        local_tag: str,
        remote_tag: str,
        local_party: str,
        remote_party: str,
        is_caller: bool,
        peer: Peer,
        source: Endpoint,
        local: Endpoint,
        local_contact: str,
    ) -> None:
        self.call_id = call_id
        self.local_tag = local_tag
        self.remote_tag = remote_tag
        "Empty for a far end of RFC 2543 that has none."
        self.local_party = local_party
        "What our From says: a whole header value, tag included."
        self.remote_party = remote_party
        "What our To says."
        self.is_caller = is_caller
        "Whether we sent the INVITE that made it."
        self.peer = peer
        self.source = source
        "Where the far end's packets really come from."
        self.local = local
        self.local_contact = local_contact
        self.local_cseq = 0
        self.remote_cseq: int | None = None
        self.route_set: tuple[str, ...] = ()
        "Values for Route, in the order we write them."
        self.remote_target = ""
        "The far end's Contact: Request-URI of what we send it."
        self.is_flow_lost = False
        "Whether the connection that `source` names was closed."

    @classmethod
    def from_request(
        cls,
        request: Request,
        local_tag: str,
        *,
        peer: Peer,
        source: Endpoint,
        local: Endpoint,
        local_contact: str,
    ) -> Dialog:
        """Make the callee's side (section 12.1.1).

        :raises ParseError: From, To, Record-Route or Contact cannot be read.
        """
        party = request.headers.get("To") or ""
        dialog = cls(
            call_id=request.call_id,
            local_tag=local_tag,
            remote_tag=request.from_.tag or "",
            local_party=party if request.to.tag else f"{party};tag={local_tag}",
            remote_party=request.headers.get("From") or "",
            is_caller=False,
            peer=peer,
            source=source,
            local=local,
            local_contact=local_contact,
        )
        dialog.remote_cseq = request.cseq.number
        dialog.route_set = tuple(str(route) for route in request.record_routes)
        dialog.remote_target = str(request.from_.uri)
        dialog.refresh_target(request)
        return dialog

    @classmethod
    def from_response(
        cls,
        request: OutgoingRequest,
        response: Response,
        local_tag: str,
        *,
        peer: Peer,
        source: Endpoint,
        local: Endpoint,
        local_contact: str,
    ) -> Dialog:
        """Make the caller's side (section 12.1.2).

        :raises ParseError: To cannot be read.
        """
        dialog = cls(
            call_id=request.call_id,
            local_tag=local_tag,
            remote_tag=response.to.tag or "",
            local_party=request.from_,
            remote_party=response.headers.get("To") or request.to,
            is_caller=True,
            peer=peer,
            source=source,
            local=local,
            local_contact=local_contact,
        )
        dialog.local_cseq = request.cseq
        dialog.confirm(request, response)
        return dialog

    def confirm(self, request: OutgoingRequest, response: Response) -> None:
        """Take the route set and target of a 2xx, which outrank the early ones (13.2.2.4).

        A phone that gives no Contact, or none that can be read, is in error; but it is
        there, waits for our ACK, and is reached where it was called.
        """
        self.remote_target = self.remote_target or request.uri
        try:
            self.route_set = tuple(str(route) for route in reversed(response.record_routes))
            self.refresh_target(response)
        except ParseError:
            return

    def refresh_target(self, message: Message) -> None:
        """Follow the far end to its new Contact (section 12.2), if it gives one.

        :raises ParseError: the Contact cannot be read.
        """
        contacts = message.contacts
        if contacts != "*" and contacts and contacts[0].uri.scheme in ("sip", "sips"):
            self.remote_target = str(contacts[0].uri)

    def accepts_order(self, number: int) -> bool:
        """Note the CSeq number of a request; say no if it is not a new one (12.2.2)."""
        if self.remote_cseq is not None and number <= self.remote_cseq:
            return False
        self.remote_cseq = number
        return True

    def may_come_from(self, source: Endpoint, peer: Peer) -> bool:
        """Say whether a request with the right tags is believed from this address.

        The address of the signalling, the address in Contact, any trunk, or the same
        account from elsewhere. Anybody else has overheard or guessed the tags.
        """
        if source.host == self.source.host or peer.kind == "trunk":
            return True
        if peer.kind == "phone" and peer == self.peer:
            return True
        return source.host == contact_host(self.remote_target)

    def request(
        self,
        method: str,
        *,
        branch: str,
        sent_by: str,
        transport: Transport,
        cseq: int | None = None,
        headers: HeaderLines = (),
        body: bytes = b"",
        content_type: str = "application/sdp",
    ) -> OutgoingRequest:
        """Make a request inside this dialog (section 12.2.1.1).

        :param cseq: for ACK, the number of its INVITE; otherwise the next one is used.
        """
        if cseq is None:
            self.local_cseq += 1
            cseq = self.local_cseq
        uri, routes = self.remote_target, self.route_set
        if routes and not _is_loose(routes[0]):
            routes = (*routes[1:], f"<{uri}>")
            uri = str(NameAddr.parse(self.route_set[0]).uri)
        return OutgoingRequest(
            method,
            uri,
            transport,
            sent_by,
            branch,
            self.local_party,
            self.remote_party,
            self.call_id,
            cseq,
            routes,
            headers,
            body,
            content_type,
        )

    def next_hop(self) -> Endpoint:
        """Return where the next request goes.

        A trunk is sent to where it says; a phone to where it speaks from, since what it
        says is often an address behind a NAT and may be anybody's. A connection that is
        there is used again.
        """
        is_trunk = self.peer.kind == "trunk"
        has_flow = self.source.transport == "tcp" and not self.is_flow_lost
        if has_flow or not (is_trunk or self.is_flow_lost):
            return self.source
        target = self.remote_target
        if self.route_set:
            target = str(NameAddr.parse(self.route_set[0]).uri)
        try:
            found = endpoint_of(Uri.parse(target), self.source.transport)
        except ParseError:
            return self.source
        is_credible = found is not None and (is_trunk or found.host == self.source.host)
        return found if found is not None and is_credible else self.source

    def export(self) -> dict[str, Any]:
        """Return all of it as plain JSON values."""
        found: dict[str, Any] = {name: getattr(self, name) for name in _PLAIN}
        found["route_set"] = list(self.route_set)
        for name in ("peer", "source", "local"):
            found[name] = list(getattr(self, name))
        return found

    @classmethod
    def adopt(cls, found: dict[str, Any]) -> Dialog:
        """Make a dialog again from what :meth:`export` returned, in another process.

        :raises KeyError, TypeError: it is not such a thing.
        """
        dialog = cls(
            **{name: found[name] for name in _PLAIN[:7]},
            peer=Peer(*found["peer"]),
            source=Endpoint(*found["source"]),
            local=Endpoint(*found["local"]),
        )
        dialog.local_cseq = found["local_cseq"] + _ADOPTION_GAP
        dialog.remote_cseq = found["remote_cseq"]
        dialog.remote_target = found["remote_target"]
        dialog.route_set = tuple(found["route_set"])
        return dialog


_PLAIN: Final = (
    "call_id",
    "local_tag",
    "remote_tag",
    "local_party",
    "remote_party",
    "is_caller",
    "local_contact",
    "local_cseq",
    "remote_cseq",
    "remote_target",
)


def contact_host(uri: str) -> str | None:
    """Return the IP address in a URI, if it has one."""
    try:
        return ip_literal(Uri.parse(uri).host)
    except ParseError:
        return None


def _is_loose(route: str) -> bool:
    return find_parameter(NameAddr.parse(route).uri.parameters, "lr") is not None
