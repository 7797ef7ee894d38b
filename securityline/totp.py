"""The second thing at sign-in: a code that an authenticator shows for 30 seconds (RFC 6238)."""

import base64
import binascii
import hashlib
import hmac
import secrets
from typing import Final
from urllib.parse import quote

STEP: Final = 30.0
"Seconds that a code counts (RFC 6238, section 5.2)."
DIGITS: Final = 6
WINDOW: Final = 1
"Steps before and after ours that are taken too: telephones' clocks are not exact."
_SECRET: Final = 20
"Octets of a secret: as many as SHA-1 has (RFC 4226, section 4)."


def new_secret() -> str:
    """Make a secret, in base32 as authenticators take it."""
    return base64.b32encode(secrets.token_bytes(_SECRET)).decode()


def code_at(secret: str, counter: int, digits: int = DIGITS) -> str:
    """Return the code of one step (RFC 4226, section 5.3).

    :raises ValueError: the secret is not base32.
    """
    try:
        key = base64.b32decode(secret, casefold=True)
    except binascii.Error as error:
        raise ValueError("the secret is not base32") from error
    digest = hmac.new(key, counter.to_bytes(8, "big"), hashlib.sha1).digest()
    offset = digest[-1] & 0x0F
    number = int.from_bytes(digest[offset : offset + 4], "big") & 0x7FFFFFFF
    return f"{number % 10**digits:0{digits}}"


def step_of(secret: str, code: str, now: float) -> int | None:
    """Return the step that a code belongs to, if it counts now; else `None`.

    Every step is compared, in constant time, whatever the answer.

    :param now: wall clock, seconds since the epoch.
    """
    typed = "".join(code.split())
    found = None
    ours = int(now // STEP)
    for counter in range(max(0, ours - WINDOW), ours + WINDOW + 1):
        if hmac.compare_digest(code_at(secret, counter).encode(), typed.encode("utf-8")):
            found = counter
    return found


def address(secret: str, operator: str, issuer: str = "Security Line") -> str:
    """Return the `otpauth:` address that an authenticator takes, as text or as a QR code."""
    who, what = quote(f"{issuer}:{operator}"), quote(issuer)
    return (
        f"otpauth://totp/{who}?secret={secret}&issuer={what}&digits={DIGITS}&period={STEP:.0f}"
    )
