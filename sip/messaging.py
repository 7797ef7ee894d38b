"""MESSAGE outside any call, both ways (RFC 3428).

What comes in is answered 200 at once: it says that the message is here, no more. Whether
anybody did something about it is for the owner to say, in a MESSAGE of his own.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from sip.admission import Refusal
from sip.client_transaction import ClientTransaction, Failure
from sip.core import Core
from sip.digest import authorize, is_stale
from sip.endpoint import Endpoint, Peer
from sip.events import MessageAnswered, MessageReceived
from sip.message import Request, Response
from sip.outgoing import HeaderLines, OutgoingRequest
from sip.settings import Credentials
from sip.transaction_layer import ServerKey
from sip.uri import Uri
from sip.values import NameAddr

ENCODINGS: Final = frozenset({"", "identity", "gzip", "x-gzip"})
"Of a body; the owner unzips it."
_ACCEPTED_ENCODINGS: Final = "gzip, identity"


def object_to_message(core: Core, request: Request) -> Refusal | None:
    """Return what is wrong with a MESSAGE outside a dialog, if anything (section 8.2.3)."""
    types = core.settings.message_types
    if (request.content_type or "") not in types:
        return 415, (("Accept", ", ".join(sorted(types))),)
    encoding = (request.headers.get("Content-Encoding") or "").strip().lower()
    if encoding not in ENCODINGS:
        return 415, (("Accept-Encoding", _ACCEPTED_ENCODINGS),)
    return None


def receive_message(
    core: Core,
    request: Request,
    key: ServerKey,
    peer: Peer,
    source: Endpoint,
    local: Endpoint,
    now: float,
) -> None:
    """Take a MESSAGE that has passed every check; a repetition gets the same 200.

    :raises ParseError: a header that the owner needs cannot be read; nothing was taken.
    """
    from_tag = request.from_.tag or ""
    to_tag = core.identifiers.token("message", request.call_id, from_tag, str(key[0]))
    transaction = core.transactions.answer(
        key, None, source, core.reply_address(request, source), local, now
    )
    core.respond(transaction, request, 200, now, to_tag=to_tag)
    core.emit(MessageReceived(request, source, local, peer))


def send_message(
    core: Core,
    destination: Endpoint,
    target: Uri,
    now: float,
    token: str,
    *,
    from_: NameAddr,
    to: NameAddr,
    body: bytes,
    content_type: str,
    credentials: Credentials | None = None,
    local: Endpoint | None = None,
) -> None:
    """Send a MESSAGE; one `MessageAnswered` comes of it, within 32 s for each challenge.

    :raises ValueError: a header would not be one line; nothing was sent.
    """
    if local is None or local.transport != destination.transport:
        local = core.socket_for(destination.transport)
    if local is None:
        core.emit(MessageAnswered(token, None))
        return
    make, parts = core.identifiers, ("MESSAGE", token, str(destination), repr(now))
    request = OutgoingRequest(
        "MESSAGE",
        str(target),
        destination.transport,
        core.sent_by(local),
        make.branch(*parts),
        str(from_.with_tag(make.token("tag", *parts))),
        str(to),
        f"{make.token('call-id', *parts)}@{core.settings.domain}",
        1,
        body=body,
        content_type=content_type,
    )
    _Sending(core, request, destination, local, token, credentials).send(now, ())


class _Sending:
    """One message of ours, over all the transactions it takes to get it answered."""

    __slots__ = (
        "_core",
        "_credentials",
        "_destination",
        "_local",
        "_request",
        "_token",
        "_tries",
    )

    def __init__(
        self,
        core: Core,
        request: OutgoingRequest,
        destination: Endpoint,
        local: Endpoint,
        token: str,
        credentials: Credentials | None,
    ) -> None:
        self._core = core
        self._request = request
        self._destination = destination
        self._local = local
        self._token = token
        self._credentials = credentials
        self._tries = 0

    def send(self, now: float, authorization: HeaderLines) -> None:
        """Send it, as the next request of its Call-ID."""
        first = self._request
        branch, number = first.branch, first.cseq + self._tries
        if self._tries:
            branch = self._core.identifiers.branch(branch, str(number))
        request = replace(first, branch=branch, cseq=number, headers=authorization)
        self._core.ask(
            request, self._destination, self._local, now, self._on_response, self._on_failure
        )

    def _on_response(
        self, _transaction: ClientTransaction, response: Response, now: float
    ) -> None:
        if response.status < 200:
            return
        answer = self._answer_challenge(response)
        if answer is None:
            self._core.emit(MessageAnswered(self._token, response.status))
        else:
            self._tries += 1
            self.send(now, (answer,))

    def _on_failure(self, _transaction: ClientTransaction, _why: Failure, _now: float) -> None:
        self._core.emit(MessageAnswered(self._token, None))

    def _answer_challenge(self, response: Response) -> tuple[str, str] | None:
        if response.status not in (401, 407) or self._credentials is None or self._tries > 1:
            return None
        is_proxy = response.status == 407
        name = "Proxy-Authenticate" if is_proxy else "WWW-Authenticate"
        challenges = response.headers.get_all(name)
        if self._tries and not is_stale(challenges):
            return None
        return authorize(
            challenges,
            "MESSAGE",
            self._request.uri,
            self._credentials,
            self._core.nonce_counts,
            is_proxy=is_proxy,
            body=self._request.body,
        )
