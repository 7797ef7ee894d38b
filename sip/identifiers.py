"""Tags, branches, Call-IDs and legs: all made from one secret, none guessed from another.

What a call we place says about itself is a pure function of its leg's name, so that a
process that takes over after a crash sends the very same INVITE again and no second phone
call comes of it. Everything else is told apart by what it was made from, the time included.
"""

from __future__ import annotations

import hmac
from typing import Final

MAGIC_COOKIE: Final = "z9hG4bK"
"Every branch of RFC 3261 begins with it (section 8.1.1.7)."


class Identifiers:
    """Makes identifiers: HMAC-SHA-256, cut to 96 bits."""

    __slots__ = ("_secret",)

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def token(self, *parts: str) -> str:
        """Return 24 hex digits that nobody without the secret could have made."""
        return self._digest(parts)[:12].hex()

    def branch(self, *parts: str) -> str:
        """Return a branch for a Via."""
        return MAGIC_COOKIE + self._digest(parts)[:12].hex()

    def fraction(self, *parts: str) -> float:
        """Return a number from 0 to 1, for waits that two ends must not choose alike."""
        return int.from_bytes(self._digest(parts)[:6]) / (1 << 48)

    def _digest(self, parts: tuple[str, ...]) -> bytes:
        text = "\0".join(parts).encode("utf-8", "surrogateescape")
        return hmac.digest(self._secret, text, "sha256")
