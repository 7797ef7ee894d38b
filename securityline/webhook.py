"""Outgoing webhooks: an action with consequences, sent to a client's system, signed.

How the other side verifies one stands in `docs/webhooks.md`. Where one may be sent is
narrow, because an address in a directory is an address that somebody typed: HTTPS to the
public Internet, anything on this machine by its loopback address, private networks only
where that is configured, and never to where a name was bent to.
"""

import asyncio
import hashlib
import hmac
import json
import ssl
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any, Final, Literal
from urllib.parse import urlsplit

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver

from callflows.commands import PerformAction
from callflows.events import ActionAnswered, ActionOutcome

TIMESTAMP_HEADER: Final = "SecurityLine-Timestamp"
"Seconds since 1970, whole, in decimal."
SIGNATURE_HEADER: Final = "SecurityLine-Signature"
"`v1=` and 64 hexadecimal digits; several, with commas, while a secret is being changed."
KEY_HEADER: Final = "Idempotency-Key"

SHORTEST_SECRET: Final = 16
"Octets."
LARGEST_ANSWER: Final = 65_536
"Octets read of an answer; the rest is left unread."
ANSWER_KEPT: Final = 500
"Characters of it that stand in the log."
TIMEOUT: Final = 10.0
"Seconds for everything: name, connection, TLS, answer."
CONNECT_TIMEOUT: Final = 5.0

_TRY_AGAIN: Final = frozenset({408, 409, 425, 429})
"Besides every 5xx. 409: the same key is being worked on."
_TRANSLATED: Final = (IPv6Network("64:ff9b::/96"), IPv6Network("64:ff9b:1::/48"))
"IPv6 addresses that stand for IPv4 ones (RFC 6052, RFC 8215)."
_PRIVATE: Final = tuple(
    ip_network(network)
    for network in (
        "10.0.0.0/8",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "100.64.0.0/10",
        "fc00::/7",
    )
)
"RFC 1918, RFC 6598, RFC 4193."

Reach = Literal["public", "private", "loopback"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """Where an action is sent, and what it is signed with.

    :raises ValueError: an address that may not be called, or a secret too short; the
        secret itself does not stand in the text.
    """

    url: str
    secrets: tuple[bytes, ...]
    "The present one first; while it is being changed, the one before too."
    is_private_allowed: bool = False
    "Whether the address may lie in a private network."

    def __post_init__(self) -> None:
        if not self.secrets or min(map(len, self.secrets)) < SHORTEST_SECRET:
            raise ValueError(f"a secret of less than {SHORTEST_SECRET} octets")
        parts = urlsplit(self.url)
        host = parts.hostname or ""
        if not host or parts.username is not None or parts.fragment:
            raise ValueError("expected https://HOST/PATH, without a user or a fragment")
        if parts.scheme != "https" and not (parts.scheme == "http" and _is_loopback(host)):
            raise ValueError("expected https, or an address of this machine")
        address = _literal(host)
        if address is not None and not is_reachable(address, self.reach):
            raise ValueError(f"{address} is no address to send anything to")

    def __repr__(self) -> str:
        return f"Webhook({urlsplit(self.url).hostname})"

    @property
    def reach(self) -> Reach:
        """Which addresses its name may lead to."""
        if _is_loopback(urlsplit(self.url).hostname or ""):
            return "loopback"
        return "private" if self.is_private_allowed else "public"


class Webhooks:
    """Send actions. Belongs to one event loop.

    :param find: gives the webhook of an organisation's action, `None` when there is none;
        may raise the `ValueError` of a `Webhook` that cannot be.
    :param wall: the wall clock, seconds: what the other side compares its own with.
    """

    def __init__(
        self,
        find: Callable[[str, str], Webhook | None],
        *,
        wall: Callable[[], float] = time.time,
        timeout: float = TIMEOUT,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._find = find
        self._wall = wall
        self._timeout = aiohttp.ClientTimeout(total=timeout, connect=CONNECT_TIMEOUT)
        self._tls = tls
        self._sessions: dict[Reach, aiohttp.ClientSession] = {}

    async def perform(self, command: PerformAction) -> ActionAnswered:
        """Send one try and return what came of it; whatever goes wrong is in the event."""
        try:
            webhook = self._find(command.organisation, command.action)
        except ValueError as error:
            return _answer(command, "refused", reason=f"its webhook cannot be used: {error}")
        if webhook is None:
            return _answer(command, "refused", reason="no webhook is configured for it")
        body = body_of(command)
        try:
            return await self._post(webhook, command, body)
        except TimeoutError:
            return _answer(command, "failed", reason="no answer in time")
        except aiohttp.ClientConnectorCertificateError:
            return _answer(command, "failed", reason="certificate not accepted")
        except aiohttp.ClientConnectorError as error:
            reason = "address not allowed" if _is_refusal(error) else "no connection"
            return _answer(command, "failed", reason=reason)
        except (aiohttp.ClientError, OSError, ValueError) as error:
            return _answer(command, "failed", reason=type(error).__name__)

    async def close(self) -> None:
        """End what is open."""
        for session in self._sessions.values():
            await session.close()
        self._sessions.clear()

    async def _post(
        self, webhook: Webhook, command: PerformAction, body: bytes
    ) -> ActionAnswered:
        timestamp = int(self._wall())
        headers = {
            "Content-Type": "application/json",
            "Accept-Encoding": "identity",
            "User-Agent": "SecurityLine",
            KEY_HEADER: command.idempotency_key,
            TIMESTAMP_HEADER: str(timestamp),
            SIGNATURE_HEADER: ",".join(sign(s, timestamp, body) for s in webhook.secrets),
        }
        session = self._session(webhook.reach)
        async with session.post(
            webhook.url, data=body, headers=headers, allow_redirects=False
        ) as response:
            status = response.status
            outcome, reason = _judged(status)
            return _answer(
                command, outcome, status=status, answer=await _begin(response), reason=reason
            )

    def _session(self, reach: Reach) -> aiohttp.ClientSession:
        session = self._sessions.get(reach)
        if session is None:
            connector = aiohttp.TCPConnector(
                resolver=_Resolver(reach), force_close=True, ssl=self._tls or True
            )
            session = self._sessions[reach] = aiohttp.ClientSession(
                connector=connector,
                timeout=self._timeout,
                auto_decompress=False,
                cookie_jar=aiohttp.DummyCookieJar(),
            )
        return session


# ---------------------------------------------------------------- the signature


def sign(secret: bytes, timestamp: int, body: bytes) -> str:
    """Return the signature of a body sent at a time: HMAC-SHA256 of `TIMESTAMP.BODY`."""
    digest = hmac.new(secret, b"%d." % timestamp + body, hashlib.sha256)
    return f"v1={digest.hexdigest()}"


def body_of(command: PerformAction) -> bytes:
    """Return what is sent: one JSON object, UTF-8."""
    fields: dict[str, Any] = {
        "action": command.action,
        "kind": command.kind,
        "organisation": command.organisation,
        "site": command.site,
        "parameters": dict(command.parameters),
        "reason": command.reason,
        "operator": command.operator,
        "approved_by": command.approved_by,
        "incident": command.incident_id,
        "idempotency_key": command.idempotency_key,
        "try": command.tries,
    }
    return json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode()


# ---------------------------------------------------------------- where to


def is_reachable(address: IPv4Address | IPv6Address, reach: Reach) -> bool:
    """Say whether a webhook of this reach may connect to an address.

    A public one never gets anywhere near this machine or its networks; a private one may,
    but not to this machine, nor to link-local addresses, where clouds keep their keys.
    """
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return is_reachable(address.ipv4_mapped, reach)
        if address.sixtofour or address.teredo or any(address in n for n in _TRANSLATED):
            return False
    if reach == "loopback" or address.is_loopback:
        return reach == "loopback" and address.is_loopback
    if reach == "private" and any(address in network for network in _PRIVATE):
        return True
    return address.is_global and not (address.is_reserved or address.is_multicast)


class _Refused(OSError):
    """A name leads only to addresses that may not be called."""


class _Resolver(AbstractResolver):
    """Looks names up, and forgets the addresses that may not be called.

    The check stands here, between the look-up and the connection, so that a name which
    answers differently the second time gains nothing.
    """

    def __init__(self, reach: Reach) -> None:
        self._reach = reach
        self._system = ThreadedResolver(loop=asyncio.get_running_loop())

    async def resolve(self, host: str, port: int = 0, family: Any = 0) -> list[ResolveResult]:
        found = await self._system.resolve(host, port, family)
        allowed = [one for one in found if is_reachable(ip_address(one["host"]), self._reach)]
        if not allowed:
            raise _Refused("address not allowed")
        return allowed

    async def close(self) -> None:
        await self._system.close()


def _is_refusal(error: BaseException) -> bool:
    causes: Sequence[object] = (error, error.__cause__, getattr(error, "os_error", None))
    return any(isinstance(cause, _Refused) for cause in causes)


def _literal(host: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(host)
    except ValueError:
        return None


def _is_loopback(host: str) -> bool:
    address = _literal(host)
    return host == "localhost" if address is None else address.is_loopback


# ---------------------------------------------------------------- the answer


def _judged(status: int) -> tuple[ActionOutcome, str]:
    if 200 <= status < 300:
        return "done", ""
    if status in _TRY_AGAIN or status >= 500:
        return "failed", f"status {status}"
    if 300 <= status < 400:
        return "refused", f"status {status}: redirections are not followed"
    return "refused", f"status {status}"


async def _begin(response: aiohttp.ClientResponse) -> str:
    """Read the beginning of an answer as text that can stand in a log line.

    The status has been said by then: a body that breaks off changes nothing.
    """
    octets = b""
    with suppress(TimeoutError, aiohttp.ClientError, OSError):
        while len(octets) < LARGEST_ANSWER:
            part = await response.content.read(LARGEST_ANSWER - len(octets))
            if not part:
                break
            octets += part
    text = octets.decode("utf-8", "replace")
    return "".join(c if c.isprintable() else " " for c in text[:ANSWER_KEPT]).strip()


def _answer(
    command: PerformAction,
    outcome: ActionOutcome,
    *,
    status: int | None = None,
    answer: str = "",
    reason: str = "",
) -> ActionAnswered:
    return ActionAnswered(
        incident_id=command.incident_id,
        action_id=command.action_id,
        tries=command.tries,
        outcome=outcome,
        status=status,
        answer=answer,
        reason=reason,
    )
