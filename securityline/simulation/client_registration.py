"""A phone's registration with its exchange, kept alive (RFC 3261, section 10.2).

Sans-IO, like the user agent beside which it runs. It answers the challenge, follows 423,
refreshes in time, and tries again for as long as it takes.
"""

import secrets
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from sip.client_transaction import ClientTransaction, Failure
from sip.digest import NonceCounts, authorize, is_stale
from sip.endpoint import Endpoint, Packet
from sip.errors import ParseError
from sip.events import SipEvent
from sip.identifiers import Identifiers
from sip.message import Response, parse
from sip.outgoing import HeaderLines, OutgoingRequest
from sip.settings import Credentials
from sip.timers import Timer
from sip.transaction import Wire
from sip.transaction_layer import TransactionLayer
from sip.uri import Uri

FIRST_RETRY_TIME: Final = 0.5
LONGEST_RETRY_TIME: Final = 30.0
ANSWER_TIME: Final = 4.0
"Seconds without an answer after which a request is given up and a new one tried."


@dataclass(frozen=True, slots=True)
class RegistrationChanged(SipEvent):
    """The phone can be reached through its exchange, or no longer."""

    is_registered: bool
    status: int | None
    "What the registrar said last; `None`: nothing."


class ClientRegistration:
    """One account at one registrar.

    :param registrar: where to send REGISTER.
    :param contact: where we want to be called, a SIP URI.
    :param sent_by: our host and port, for Via.
    :param expires: seconds to ask for.
    """

    def __init__(
        self,
        credentials: Credentials,
        registrar: Endpoint,
        *,
        contact: str,
        sent_by: str,
        expires: float = 120.0,
    ) -> None:
        self._credentials = credentials
        self._registrar = registrar
        self._contact = contact
        self._sent_by = sent_by
        self._expires = expires
        self._identifiers = Identifiers(secrets.token_bytes(16))
        self._wire = Wire()
        self._transactions = TransactionLayer(self._wire)
        self._counts = NonceCounts()
        self._challenges: list[str] = []
        self._is_proxy = False
        self._cseq = 0
        self._retry_time = FIRST_RETRY_TIME
        self._next: Timer | None = None  # the next request, or giving the present one up
        self._is_leaving = False
        self._events: deque[RegistrationChanged] = deque()
        self.is_registered = False

    def start(self, now: float) -> None:
        """Register, and stay registered."""
        self._is_leaving = False
        self._ask(now, tries=0)

    def stop(self, now: float) -> None:
        """Take the registration back; no further request follows."""
        self._is_leaving = True
        self._ask(now, tries=0)

    def receive(self, data: bytes, now: float) -> bool:
        """Take a message; return whether it was an answer to us, and is dealt with."""
        if not data.startswith(b"SIP/2.0 ") or b" REGISTER\r\n" not in data:
            return False
        try:
            response = parse(data)
            if not isinstance(response, Response):
                return False
            transaction = self._transactions.find_client(response)
        except ParseError:
            return False
        if transaction is not None:
            transaction.receive(response, now)
        return transaction is not None

    def connection_lost(self, endpoint: Endpoint, now: float) -> None:
        """Register again if it was the connection that we registered over."""
        if endpoint != self._registrar:
            return
        self._transactions.cut(endpoint, now)
        if not self._is_leaving:
            self._try_later(None, now)

    def packets_to_send(self) -> list[Packet]:
        """Hand over what waits to be sent."""
        packets, self._wire.outbox = self._wire.outbox, []
        return packets

    def next_timer(self) -> float | None:
        """Return when to call :meth:`handle_timer`."""
        return self._wire.timers.next()

    def handle_timer(self, now: float) -> None:
        """Do what is due."""
        self._wire.timers.run(now)

    def next_event(self) -> RegistrationChanged | None:
        """Hand over the oldest event."""
        return self._events.popleft() if self._events else None

    def _ask(self, now: float, *, tries: int) -> None:
        """Send one REGISTER; what became of an earlier one does not matter any more."""
        self._cseq += 1
        number = self._cseq
        self._transactions.cut(self._registrar, now)

        def on_response(_: ClientTransaction, response: Response, now: float) -> None:
            if response.status >= 200 and number == self._cseq:
                self._answered(response, tries, now)

        def on_failure(_: ClientTransaction, _why: Failure, now: float) -> None:
            if number == self._cseq:
                self._try_later(None, now)

        request = self._write()
        self._set_timer(now + ANSWER_TIME, lambda now: self._try_later(None, now))
        self._transactions.ask(
            request, bytes(request), self._registrar, None, now, on_response, on_failure
        )

    def _write(self) -> OutgoingRequest:
        """Make a REGISTER, with the answer to the last challenge if there was one."""
        domain = self._credentials.realm
        address, uri = f"<sip:{self._credentials.username}@{domain}>", f"sip:{domain}"
        expires = 0 if self._is_leaving else int(self._expires)
        headers: HeaderLines = (
            ("Contact", f"<{self._contact}>;expires={expires}"),
            ("Expires", str(expires)),
        )
        answer = authorize(
            self._challenges,
            "REGISTER",
            uri,
            self._credentials,
            self._counts,
            is_proxy=self._is_proxy,
        )
        make, number = self._identifiers, str(self._cseq)
        return OutgoingRequest(
            "REGISTER",
            uri,
            self._registrar.transport,
            self._sent_by,
            make.branch(number),
            f"{address};tag={make.token('tag', number)}",
            address,
            f"{make.token('call-id')}@{domain}",
            self._cseq,
            headers=headers if answer is None else (*headers, answer),
        )

    def _answered(self, response: Response, tries: int, now: float) -> None:
        self._stop_timer()
        if response.status in (401, 407):
            self._is_proxy = response.status == 407
            name = "Proxy-Authenticate" if self._is_proxy else "WWW-Authenticate"
            self._challenges = response.headers.get_all(name)
            if tries == 0 or (tries == 1 and is_stale(self._challenges)):
                self._ask(now, tries=tries + 1)
                return
            self._challenges = []
        if self._is_leaving:
            self._tell(False, response.status)
        elif response.status < 300:
            self._retry_time = FIRST_RETRY_TIME
            granted = self._granted(response)
            self._set_timer(now + max(granted / 2, granted - 30), self._again)
            self._tell(True, response.status)
        elif response.status == 423 and tries == 0 and (least := _min_expires(response)):
            self._expires = least
            self._ask(now, tries=1)
        else:
            self._try_later(response.status, now)

    def _granted(self, response: Response) -> float:
        """Return for how long we are registered, by our own line of Contact."""
        try:
            ours = Uri.parse(self._contact)
            for contact in response.contacts:
                if not isinstance(contact, str) and contact.uri.is_equivalent(ours):
                    return max(1.0, float(contact.parameter("expires") or self._expires))
            return max(1.0, float(response.expires or self._expires))
        except (ParseError, ValueError):
            return self._expires

    def _again(self, now: float) -> None:
        self._ask(now, tries=0)

    def _try_later(self, status: int | None, now: float) -> None:
        self._tell(False, status)
        if self._is_leaving:
            self._stop_timer()
            return
        self._set_timer(now + self._retry_time, self._again)
        self._retry_time = min(2 * self._retry_time, LONGEST_RETRY_TIME)

    def _tell(self, is_registered: bool, status: int | None) -> None:
        if is_registered != self.is_registered or (status is not None and not is_registered):
            self._events.append(RegistrationChanged(is_registered, status))
        self.is_registered = is_registered

    def _set_timer(self, at: float, action: Callable[[float], None]) -> None:
        self._stop_timer()
        self._next = self._wire.timers.set(at, action)

    def _stop_timer(self) -> None:
        if self._next is not None:
            self._next.stop()
            self._next = None


def _min_expires(response: Response) -> float | None:
    try:
        return response.min_expires
    except ParseError:
        return None
