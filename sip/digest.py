"""Digest authentication: what challenge and answer have in common, and our answers.

RFC 7616 and RFC 8760 (SHA-256 and several challenges), RFC 2617 (MD5), RFC 2069 (no qop,
as sent by pyVoIP and old phones). The side that checks is in :mod:`sip.digest_server`.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from collections import OrderedDict
from collections.abc import Iterable
from typing import Final

from sip.errors import ParseError
from sip.grammar import quote, unquote
from sip.settings import Credentials

ALGORITHMS: Final = {"MD5": "md5", "SHA-256": "sha256"}
"Digest algorithm as SIP names it -> as `hashlib` names it."

_SCHEME: Final = re.compile(r"[ \t]*+([A-Za-z0-9\-.!%*_+`'~]++)[ \t]++")
_PARAMETER: Final = re.compile(
    r"[ \t,]*+([A-Za-z0-9\-.!%*_+`'~]++)[ \t]*+=[ \t]*+"
    r"(\"(?:[^\"\\]|\\.)*+\"|[^\x00-\x20,\"\x7f-\U0010ffff]++)[ \t]*+(?=,|\Z)",
    re.DOTALL,
)
_SESSION: Final = "-SESS"


def digest(algorithm: str, text: str | bytes) -> str:
    """Hash `text` with an algorithm of `ALGORITHMS`; lower-case hex."""
    data = text.encode("utf-8", "surrogateescape") if isinstance(text, str) else text
    return hashlib.new(ALGORITHMS[algorithm], data, usedforsecurity=False).hexdigest()


def make_ha1(algorithm: str, username: str, realm: str, password: str) -> str:
    """Return H(username:realm:password), which is as good as the password for this realm."""
    return digest(algorithm, f"{username}:{realm}:{password}")


def make_response(
    algorithm: str, ha1: str, ha2: str, nonce: str, counted: tuple[str, str, str] | None
) -> str:
    """Return the response value (RFC 7616 section 3.4.1).

    :param counted: nonce count, cnonce and qop as they stand in the header; `None` for a
        response of RFC 2069.
    """
    middle = nonce if counted is None else ":".join((nonce, *counted))
    return digest(algorithm, f"{ha1}:{middle}:{ha2}")


def parse_credentials(value: str) -> tuple[str, dict[str, str]]:
    """Read a challenge or an answer to one: scheme in lower case, and its parameters.

    Quotes are taken off; a backslash stays, since it is part of what is hashed.
    :raises ParseError: it is malformed, or says a parameter twice.
    """
    match = _SCHEME.match(value)
    if match is None:
        raise ParseError(400, "Bad credentials")
    scheme, position = match[1].lower(), match.end()
    found: dict[str, str] = {}
    end = len(value.rstrip(" \t,"))
    while position < end:
        match = _PARAMETER.match(value, position)
        if match is None:
            raise ParseError(400, "Bad credentials")
        name, text = match[1].lower(), match[2]
        if name in found:
            raise ParseError(400, "Bad credentials: parameter twice")
        found[name] = text[1:-1] if text.startswith('"') else text
        position = match.end()
    return scheme, found


class NonceCounts:
    """How often we used each nonce (nc). Bounded: the oldest nonce is forgotten."""

    def __init__(self, max_nonces: int = 1000) -> None:
        self._used: OrderedDict[str, int] = OrderedDict()
        self._max = max_nonces

    def use(self, nonce: str) -> int:
        """Count one more use of `nonce`; return its number, from 1."""
        count = self._used.pop(nonce, 0) + 1
        self._used[nonce] = count
        if len(self._used) > self._max:
            self._used.popitem(last=False)
        return count


def is_stale(challenges: Iterable[str]) -> bool:
    """Say whether the password was right and only the nonce too old: try again once."""
    for value in challenges:
        try:
            if parse_credentials(value)[1].get("stale", "").lower() == "true":
                return True
        except ParseError:
            continue
    return False


def authorize(
    challenges: Iterable[str],
    method: str,
    uri: str,
    credentials: Credentials,
    counts: NonceCounts,
    *,
    is_proxy: bool = False,
    body: bytes = b"",
    cnonce: str | None = None,
) -> tuple[str, str] | None:
    """Answer the topmost challenge we can (RFC 8760 section 2.4).

    Only challenges of the realm in `credentials` are answered: any other server is either
    lost or fishing for our password.
    :param challenges: values of WWW-Authenticate (or Proxy-Authenticate), in order.
    :param uri: the Request-URI as it will be sent.
    :param cnonce: our contribution; random unless a test needs to know it.
    :return: header name and value to add to the repeated request, or `None`.
    """
    for value in challenges:
        try:
            scheme, challenge = parse_credentials(value)
        except ParseError:
            continue
        if scheme != "digest" or _realm(challenge) != credentials.realm:
            continue
        chosen = _choose(challenge)
        if chosen is None:
            continue
        cnonce = cnonce or secrets.token_hex(8)
        answer = _answer(chosen, challenge, method, uri, credentials, counts, body, cnonce)
        return ("Proxy-Authorization" if is_proxy else "Authorization"), answer
    return None


def _realm(challenge: dict[str, str]) -> str | None:
    realm = challenge.get("realm")
    return None if realm is None else unquote(f'"{realm}"')


def _choose(challenge: dict[str, str]) -> tuple[str, str | None] | None:
    """Return algorithm and qop to use, or `None` if there is none we know."""
    algorithm = challenge.get("algorithm", "MD5").upper()
    if algorithm.removesuffix(_SESSION) not in ALGORITHMS or not challenge.get("nonce"):
        return None
    if "qop" not in challenge:
        return algorithm, None
    offered = {word.strip(" \t").lower() for word in challenge["qop"].split(",")}
    for qop in ("auth", "auth-int"):
        if qop in offered:
            return algorithm, qop
    return None


def _answer(
    chosen: tuple[str, str | None],
    challenge: dict[str, str],
    method: str,
    uri: str,
    credentials: Credentials,
    counts: NonceCounts,
    body: bytes,
    cnonce: str,
) -> str:
    name, qop = chosen
    algorithm, nonce = name.removesuffix(_SESSION), challenge["nonce"]
    ha1 = make_ha1(algorithm, credentials.username, credentials.realm, credentials.password)
    if name.endswith(_SESSION):
        ha1 = digest(algorithm, f"{ha1}:{nonce}:{cnonce}")
    ha2 = f"{method}:{uri}"
    if qop == "auth-int":
        ha2 += f":{digest(algorithm, body)}"
    count = f"{counts.use(nonce):08x}"
    counted = None if qop is None else (count, cnonce, qop)
    response = make_response(algorithm, ha1, digest(algorithm, ha2), nonce, counted)
    parts = [
        f"Digest username={quote(credentials.username)}",
        f'realm="{challenge["realm"]}"',
        f'nonce="{nonce}"',
        f'uri="{uri}"',
        f'response="{response}"',
    ]
    if "algorithm" in challenge:
        parts.append(f"algorithm={challenge['algorithm']}")
    if "opaque" in challenge:
        parts.append(f'opaque="{challenge["opaque"]}"')
    if qop is not None:
        parts.append(f'qop={qop}, nc={count}, cnonce="{cnonce}"')
    elif name.endswith(_SESSION):
        parts.append(f'cnonce="{cnonce}"')
    return ", ".join(parts)
