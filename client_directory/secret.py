"""PINs and code words: read once, kept as salted hashes; code words also sealed.

The cost is deliberately low. Whoever holds the hash of a four-digit PIN can try all ten
thousand in no time at any cost a start-up could bear, and whoever can read this process can
read the directory's files too. What the hash is for is that no PIN stands in a log line, an
event, an error or a memory dump by accident. Guessing by telephone is stopped by counting
attempts, not by arithmetic. At 256 rounds (60 µs) five thousand people with three secrets
each add one second to a start; scrypt at its smallest useful setting would add half a
minute, and argon2 as the operators' passwords have it most of an hour.

A code word may have to be shown to an operator (decision 0010): it is kept sealed as well,
readable in this process and in no other, so that no line, dump of values or error has it.
Of each secret there is also a mark, by which a typed text is searched for it quickly.
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
_MARK_BYTES: Final = 8
_PROCESS_KEY: Final = secrets.token_bytes(32)
"Seals what this process read; another cannot open it."
NO_SECRET: Final = "pbkdf2-sha256$256$" + "00" * 16 + "$" + "00" * 32
"Compared with where there is no hash, so that it takes as long; nothing matches it."


def hash_secret(secret: str) -> str:
    """Return `scheme$rounds$salt$digest`, with a salt of its own."""
    salt = secrets.token_bytes(_SALT_BYTES)
    digest = _digest(secret, salt, _ROUNDS)
    return f"{_SCHEME}${_ROUNDS}${salt.hex()}${digest.hex()}"


def is_secret(attempt: str, stored: str) -> bool:
    """Say whether `attempt` is the secret behind `stored`; a damaged hash matches nothing.

    Case, width, accents and spaces around do not count: a code word is typed as heard.
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
    folded = _folded(secret).encode("utf-8", "replace")
    return hashlib.pbkdf2_hmac("sha256", folded, salt, rounds)


def _folded(secret: str) -> str:
    apart = unicodedata.normalize("NFKD", secret)
    return "".join(c for c in apart if not unicodedata.combining(c)).strip().casefold()


def mark(secret: str) -> str:
    """Return a mark by which this process knows a secret again in a text, and no other does.

    Only letters and digits count, however they stand together; not case, width or accents.
    """
    return mark_of_letters(letters(secret))


def letters(secret: str) -> str:
    """Return what counts of a secret for its mark; of two texts in a row, that of each."""
    return "".join(c for c in _folded(secret) if c.isalnum())


def mark_of_letters(alone: str) -> str:
    """Return the mark of a secret of which `letters` was taken already."""
    return _mark(alone.encode("utf-8", "replace")).hex()


def seal(secret: str) -> str:
    """Hide a code word from everybody but this process."""
    salt = secrets.token_bytes(_SALT_BYTES)
    text = secret.encode("utf-8", "replace")
    return f"{salt.hex()}${_veil(_mark(text) + text, salt).hex()}"


def unseal(sealed: str) -> str | None:
    """Return the code word that this process sealed; `None` when it did not."""
    salt, _, veiled = sealed.partition("$")
    try:
        opened = _veil(bytes.fromhex(veiled), bytes.fromhex(salt))
    except ValueError:
        return None
    mark, text = opened[:_MARK_BYTES], opened[_MARK_BYTES:]
    return text.decode("utf-8") if hmac.compare_digest(mark, _mark(text)) else None


def _mark(text: bytes) -> bytes:
    # Asked for every few words of a text that is searched; a third of the time of an HMAC.
    return hashlib.blake2b(text, digest_size=_MARK_BYTES, key=_PROCESS_KEY).digest()


def _veil(text: bytes, salt: bytes) -> bytes:
    """Add a stream of the process's key to a text, or take it off again."""
    stream = hashlib.shake_256(_PROCESS_KEY + salt).digest(len(text))
    return bytes(a ^ b for a, b in zip(text, stream, strict=True))
