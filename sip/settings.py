"""What the owner decides about a user agent."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from sip.endpoint import STRANGER, Endpoint, Peer


def _all_strangers(_source: Endpoint) -> Peer:
    return STRANGER


@dataclass(frozen=True, slots=True)
class Credentials:
    """What we answer a digest challenge with."""

    username: str
    password: str = field(repr=False)
    realm: str
    "The only realm that is answered; a challenge from another one is a refusal."


@dataclass(frozen=True, slots=True, kw_only=True)
class UserAgentSettings:
    """Settings of one user agent. Times in seconds, rates per second."""

    listen: tuple[Endpoint, ...]
    "Our sockets. The first of a transport is the one new requests leave from."
    advertised_host: str | None = None
    "Host written into Via and Contact when a socket listens on every address."
    domain: str
    "Realm of our phones, and the host of our own addresses."
    secret: bytes = field(repr=False)
    "At least 16 octets, kept over restarts: all identifiers and nonces are made from it."
    product: str = ""
    "Text for User-Agent and Server, shown to trunks and phones, never to strangers."
    classify: Callable[[Endpoint], Peer] = _all_strangers
    "Trunks by their configured addresses. Phones are known by the registrar."

    session_expires: float | None = 1800.0
    "What we ask for in calls we place (RFC 4028); `None`: nothing."
    min_session_expires: float = 90.0
    "Shorter sessions are refused with 422."
    max_calls: int = 20_000
    max_transactions: int = 200_000
    trunk_invite_rate: float = 400.0
    "New calls per second taken from one trunk address; more get 503."
    stranger_rate: float = 5.0
    "Requests per second that one unknown address gets any answer to."
    stranger_burst: float = 20.0
    message_types: frozenset[str] = frozenset()
    "Content types of MESSAGE outside calls that the owner takes, in lower case; none: 405."
    answers_to_via_port: bool = False
    """Without rport, answer to the port in Via (RFC 3261 18.2.2) instead of the source port.
    Never to another host than the source's."""
    holds_refusals: bool = False
    """Acknowledge the refusal of a call we placed only when `confirm_refusal` says that it is
    written down. An owner that can be killed needs it: see `InviteClientTransaction`."""
    switches_to_tcp: bool = True
    "Send requests above 1300 octets by TCP (RFC 3261 18.1.1), UDP when that fails."

    def __post_init__(self) -> None:
        """Refuse what cannot work.

        :raises ValueError: no socket, or a secret that can be guessed.
        """
        if not self.listen:
            raise ValueError("listen is empty: a user agent needs at least one socket")
        if len(self.secret) < 16:
            raise ValueError("secret has fewer than 16 octets")
