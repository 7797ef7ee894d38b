"""Digest authentication, the side that checks: our operators' phones (RFC 7616, RFC 8760).

Nothing is kept about a nonce until somebody has proved to know a password with it: a nonce
is its time of birth, signed. What is kept afterwards is which counts were used with it, so
that nothing overheard works a second time. An answer without qop, which carries no count,
uses its nonce up.
"""

from __future__ import annotations

import hmac
import secrets
from collections import OrderedDict
from collections.abc import Callable, Iterable
from enum import StrEnum
from typing import Final, NamedTuple

from sip.digest import digest, make_response, parse_credentials
from sip.errors import ParseError
from sip.grammar import quote, unquote
from sip.uri import Uri

_WINDOW: Final = 64  # counts that may overtake each other on the way
_NONCE_LENGTH: Final = 16 + 8 + 32  # microseconds, serial number, signature; hex digits
_NOBODY: Final = "0" * 64


class Outcome(StrEnum):
    """What a check came to."""

    ACCEPTED = "accepted"
    MISSING = "missing"
    "No answer to a challenge of ours: challenge."
    STALE = "stale"
    "With a nonce too old, used before or not ours: challenge with stale=true."
    WRONG = "wrong"
    "A wrong password or an unknown user, which nobody can tell apart: challenge, count it."


class Verdict(NamedTuple):
    """Result of a check."""

    outcome: Outcome
    username: str | None
    "Who it is when accepted; who it claims to be when wrong or stale."


class _Uses:
    """Which counts were used with one nonce: the highest, and a bit for each below it."""

    __slots__ = ("highest", "is_used_up", "seen")

    def __init__(self) -> None:
        self.highest = 0
        self.seen = 0
        self.is_used_up = False

    def take(self, count: int | None) -> bool:
        """Use a count; say whether it was still free."""
        if self.is_used_up or (count is None and self.seen):
            return False
        if count is None:
            self.is_used_up = True
            return True
        if count > self.highest:
            self.seen = (self.seen << min(count - self.highest, _WINDOW)) | 1
            self.seen &= (1 << _WINDOW) - 1
            self.highest = count
            return True
        bit = 1 << (self.highest - count) if self.highest - count < _WINDOW else 0
        if not bit or self.seen & bit:
            return False
        self.seen |= bit
        return True


class DigestServer:
    """Makes challenges and checks the answers. Time, in seconds, comes in as `now`.

    :param secret: signs the nonces. Mixed with random octets of this instance: after a
        restart old nonces are stale, since nobody remembers how often they were used.
    :param ha1_of: gives H(user:realm:password) as lower-case hex for a user and an
        algorithm, `None` if there is no such user or no such hash.
    """

    def __init__(
        self,
        realm: str,
        secret: bytes,
        ha1_of: Callable[[str, str], str | None],
        *,
        algorithms: tuple[str, ...] = ("SHA-256", "MD5"),
        nonce_time: float = 300.0,
        max_nonces: int = 10_000,
    ) -> None:
        self.realm = realm
        self._key = hmac.digest(secret, secrets.token_bytes(16), "sha256")
        self._ha1_of = ha1_of
        self._algorithms = algorithms
        self._nonce_time = nonce_time
        self._max_nonces = max_nonces
        self._serial = 0
        self._used: OrderedDict[str, _Uses] = OrderedDict()
        self._forgotten_until = float("-inf")

    def challenge(
        self,
        now: float,
        *,
        source: str = "",
        is_stale: bool = False,
        algorithms: tuple[str, ...] | None = None,
    ) -> list[str]:
        """Return the values for WWW-Authenticate, one line each, best algorithm first.

        :param source: address of the asker; only he can use the nonce.
        :param algorithms: fewer than all, for a phone that cannot choose.
        """
        self._serial = (self._serial + 1) & 0xFFFFFFFF
        body = f"{int(now * 1e6) & 0xFFFFFFFFFFFFFFFF:016x}{self._serial:08x}"
        nonce = body + self._sign(body, source)
        stale = ", stale=true" if is_stale else ""
        return [
            f'Digest realm={quote(self.realm)}, nonce="{nonce}", algorithm={algorithm}, '
            f'qop="auth"{stale}'
            for algorithm in self._algorithms
            if algorithms is None or algorithm in algorithms
        ]

    def check(
        self, values: Iterable[str], method: str, uri: Uri, now: float, *, source: str = ""
    ) -> Verdict:
        """Check the values of Authorization.

        The digest-uri may differ from the Request-URI in host, port and parameters, as
        phones and proxies do write it, but must not name another user.
        """
        for value in values:
            try:
                scheme, answer = parse_credentials(value)
            except ParseError:
                continue
            if scheme == "digest" and unquote(f'"{answer.get("realm", "")}"') == self.realm:
                return self._check_answer(answer, method, uri, now, source)
        return Verdict(Outcome.MISSING, None)

    def _check_answer(
        self, answer: dict[str, str], method: str, uri: Uri, now: float, source: str
    ) -> Verdict:
        algorithm = answer.get("algorithm", "MD5").upper()
        needed = ("username", "nonce", "uri", "response")
        if algorithm not in self._algorithms or any(not answer.get(name) for name in needed):
            return Verdict(Outcome.MISSING, None)
        username = unquote(f'"{answer["username"]}"')
        counted, count = None, None
        if "qop" in answer:
            counted = (answer.get("nc", ""), answer.get("cnonce", ""), answer["qop"])
            count = _parse_count(counted[0])
            if counted[2].lower() != "auth" or not counted[1] or count is None:
                return Verdict(Outcome.MISSING, None)
        if not self._is_ours(answer["nonce"], now, source):
            # Before the password: who made the nonce up learns nothing from the answer, and
            # a forged source address cannot have its owner counted as a guesser.
            return Verdict(Outcome.STALE, username)
        known = self._ha1_of(username, algorithm)
        ha2 = digest(algorithm, f"{method}:{answer['uri']}")
        ha1 = known or _NOBODY[: len(ha2)]
        expected = make_response(algorithm, ha1, ha2, answer["nonce"], counted)
        given = answer["response"].lower().encode("utf-8", "replace")
        is_right = hmac.compare_digest(expected.encode(), given)
        if not is_right or known is None or not _same_user(answer["uri"], uri):
            return Verdict(Outcome.WRONG, username)
        if not self._take(answer["nonce"], count):
            return Verdict(Outcome.STALE, username)
        return Verdict(Outcome.ACCEPTED, username)

    def _sign(self, body: str, source: str) -> str:
        return hmac.digest(self._key, f"{body}:{source}".encode(), "sha256")[:16].hex()

    def _is_ours(self, nonce: str, now: float, source: str) -> bool:
        if len(nonce) != _NONCE_LENGTH or not nonce.isascii():
            return False
        body, signature = nonce[:24], nonce[24:]
        if not hmac.compare_digest(signature, self._sign(body, source)):
            return False
        born = int(body[:16], 16) / 1e6
        return 0 <= now - born <= self._nonce_time

    def _take(self, nonce: str, count: int | None) -> bool:
        uses = self._used.get(nonce)
        if uses is None:
            if int(nonce[:16], 16) <= self._forgotten_until:
                return False  # perhaps used before: its uses may be among the forgotten
            uses = self._used[nonce] = _Uses()
            if len(self._used) > self._max_nonces:
                oldest, _ = self._used.popitem(last=False)
                self._forgotten_until = max(self._forgotten_until, int(oldest[:16], 16))
        return uses.take(count)


def _parse_count(text: str) -> int | None:
    if not 1 <= len(text) <= 8:
        return None
    try:
        return int(text, 16) if text.isalnum() and text.isascii() else None
    except ValueError:
        return None


def _same_user(written: str, uri: Uri) -> bool:
    if uri.user is None:
        return True
    try:
        user = Uri.parse(written).user
    except ParseError:
        return False
    return user is None or user == uri.user
