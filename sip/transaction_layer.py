"""Which transaction does a message belong to (RFC 3261 sections 17.1.3 and 17.2.3)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from sip.client_transaction import (
    ClientTransaction,
    InviteClientTransaction,
    OnFailure,
    OnResponse,
)
from sip.endpoint import Endpoint
from sip.identifiers import MAGIC_COOKIE
from sip.message import Request, Response
from sip.outgoing import OutgoingRequest
from sip.server_transaction import InviteServerTransaction, ServerTransaction
from sip.transaction import State, Transaction, Wire

ServerKey = tuple[object, ...]
MergeKey = tuple[str, str, int, str]

_COOKIE_LENGTH: Final = len(MAGIC_COOKIE)


def server_key(request: Request, method: str | None = None) -> ServerKey:
    """Return what a request's transaction is found by.

    An ACK finds its INVITE; a CANCEL asks with `method="INVITE"`. A branch without the
    magic cookie, or with nothing after it, says nothing (RFC 2543): then the rest of the
    message has to (section 17.2.3).

    :raises ParseError: Via, From or CSeq cannot be read.
    """
    via = request.top_via
    branch = via.branch
    if method is None:
        method = "INVITE" if request.method == "ACK" else request.method
    if branch and len(branch) > _COOKIE_LENGTH and branch.startswith(MAGIC_COOKIE):
        return branch, via.host.lower(), via.port, method
    from_tag = request.from_.tag
    number = request.cseq.number
    uri = str(request.uri)
    return branch, via.host.lower(), via.port, method, request.call_id, from_tag, number, uri


class TransactionLayer:
    """All transactions of one user agent."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._servers: dict[ServerKey, ServerTransaction] = {}
        self._clients: dict[tuple[str, str], ClientTransaction] = {}
        self._merging: dict[MergeKey, ServerKey] = {}
        # By connection: connections are lost by the thousand, and most carry nothing.
        self._by_stream: dict[Endpoint, set[Transaction]] = {}

    def __len__(self) -> int:
        return len(self._servers) + len(self._clients)

    @property
    def unanswered(self) -> int:
        """How many requests of ours, but for OPTIONS, wait for a final response."""
        waiting = (State.CALLING, State.TRYING, State.PROCEEDING)
        return sum(
            held.state in waiting and held.request.method != "OPTIONS"
            for held in self._clients.values()
        )

    def find_server(self, key: ServerKey) -> ServerTransaction | None:
        """Return the transaction of a request of theirs, if it is still remembered."""
        return self._servers.get(key)

    def find_invite(self, key: ServerKey) -> InviteServerTransaction | None:
        """Return the INVITE transaction that an ACK or CANCEL of theirs is about."""
        found = self._servers.get(key)
        return found if isinstance(found, InviteServerTransaction) else None

    def find_client(self, response: Response) -> ClientTransaction | None:
        """Return the transaction of ours that a response belongs to.

        :raises ParseError: Via or CSeq cannot be read.
        """
        return self._clients.get((response.top_via.branch or "", response.cseq.method))

    def is_merged(self, key: MergeKey) -> bool:
        """Say whether the same request came here by another way (section 8.2.2.2)."""
        return key in self._merging

    def answer(
        self,
        key: ServerKey,
        merge_key: MergeKey | None,
        source: Endpoint,
        destination: Endpoint,
        local: Endpoint,
        now: float,
    ) -> ServerTransaction:
        """Begin the transaction of a request of theirs that is not yet known."""
        kind = InviteServerTransaction if key[3] == "INVITE" else ServerTransaction
        transaction = kind(self._wire, source, destination, local)
        self._servers[key] = transaction
        if merge_key is not None:
            self._merging[merge_key] = key

        self._hold(transaction)

        def forget() -> None:
            del self._servers[key]
            self._let_go(transaction)
            if merge_key is not None:
                self._merging.pop(merge_key, None)

        transaction.when_over(forget)
        transaction.start(now)
        return transaction

    def ask(
        self,
        request: OutgoingRequest,
        data: bytes,
        destination: Endpoint,
        local: Endpoint | None,
        now: float,
        on_response: OnResponse,
        on_failure: OnFailure,
        *,
        holds_refusal: bool = False,
        is_sent: bool = False,
    ) -> ClientTransaction:
        """Send a request of ours, which is `data` once written out.

        :param holds_refusal: an INVITE's refusal waits for its `release`.
        :param is_sent: it is an INVITE that a process before us sent, and that rings.
        """
        kind = InviteClientTransaction if request.method == "INVITE" else ClientTransaction
        transaction = kind(self._wire, request, destination, local, on_response, on_failure)
        if isinstance(transaction, InviteClientTransaction):
            transaction.holds_refusal = holds_refusal
        if is_sent and isinstance(transaction, InviteClientTransaction):
            transaction.go_on()
        else:
            transaction.start(data, now)
        self._hold(transaction)
        key = transaction.key
        self._clients[key] = transaction
        transaction.when_over(self._forgetter(key, transaction))
        return transaction

    def cut(self, destination: Endpoint, now: float) -> None:
        """Tell all transactions that send there that it does not work."""
        if destination.transport == "udp":
            held: list[Transaction] = [
                t for t in self._clients.values() if t.destination == destination
            ]
        else:
            held = list(self._by_stream.get(destination, ()))
        for transaction in held:
            transaction.cut(now)

    def _hold(self, transaction: Transaction) -> None:
        if transaction.is_reliable:
            self._by_stream.setdefault(transaction.destination, set()).add(transaction)

    def _let_go(self, transaction: Transaction) -> None:
        held = self._by_stream.get(transaction.destination)
        if held is not None:
            held.discard(transaction)
            if not held:
                del self._by_stream[transaction.destination]

    def _forgetter(
        self, key: tuple[str, str], transaction: ClientTransaction
    ) -> Callable[[], None]:
        def forget() -> None:
            self._let_go(transaction)
            # A request sent again by another transport has the same key.
            if self._clients.get(key) is transaction:
                del self._clients[key]

        return forget
