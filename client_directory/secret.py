"""PINs and code words: read once, kept only as salted hashes.

The cost is deliberately low. Whoever holds the hash of a four-digit PIN can try all ten
thousand in no time at any cost a start-up could bear, and whoever can read this process can
read the directory's files too. What the hash is for is that no PIN stands in a log line, an
event, an error or a memory dump by accident. Guessing by telephone is stopped by counting
attempts, not by arithmetic. At 256 rounds (60 µs) five thousand people with three secrets
each add one second to a start; scrypt at its smallest useful setting would add half a
minute, and argon2 as the operators' passwords have it most of an hour.
"""

import hashlib
import hmac
import secrets
import unicodedata
from typing import Final

_SCHEME: Final = "pbkdf2-sha256"
_ROUNDS: Final = 256
_MOST_ROUNDS: Final = 1_000_000
_SALT_BYTES: Final = 16


def hash_secret(secret: str) -> str:
    """Return `scheme$rounds$salt$digest`, with a salt of its own."""
    salt = secrets.token_bytes(_SALT_BYTES)
    digest = _digest(secret, salt, _ROUNDS)
    return f"{_SCHEME}${_ROUNDS}${salt.hex()}${digest.hex()}"


def is_secret(attempt: str, stored: str) -> bool:
    """Say whether `attempt` is the secret behind `stored`; a damaged hash matches nothing.

    Case, width and spaces around do not count, so that a code word may be typed as heard.
    """
    scheme, _, rest = stored.partition("$")
    rounds, _, rest = rest.partition("$")
    salt, _, digest = rest.partition("$")
    try:
        expected, salted, count = bytes.fromhex(digest), bytes.fromhex(salt), int(rounds)
    except ValueError:
        return False
    if scheme != _SCHEME or not 0 < count <= _MOST_ROUNDS:
        return False
    return hmac.compare_digest(_digest(attempt, salted, count), expected)


def _digest(secret: str, salt: bytes, rounds: int) -> bytes:
    folded = unicodedata.normalize("NFKC", secret).strip().casefold()
    return hashlib.pbkdf2_hmac("sha256", folded.encode("utf-8", "replace"), salt, rounds)
