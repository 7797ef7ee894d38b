"""Encryption of SIA DC-09 (section 5.4): AES in CBC mode, from zero, in hexadecimal. Pure.

The initial vector is zero by the standard, so equal beginnings give equal octets: the padding
stands *before* the content, random, and that is what hides it.
"""

import secrets
from typing import Final

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

KEY_LENGTHS: Final = (16, 24, 32)
_BLOCK: Final = 16
_IV: Final = modes.CBC(bytes(_BLOCK))
_LEAST_PADDING: Final = 16


def key_of(text: str) -> bytes:
    """Return the key that somebody wrote in hexadecimal: 32, 48 or 64 digits.

    :raises ValueError: it is not one; the message does not repeat it.
    """
    try:
        key = bytes.fromhex(text)
    except ValueError:
        key = b""
    if len(key) not in KEY_LENGTHS:
        raise ValueError("a DC-09 key is 32, 48 or 64 hexadecimal digits")
    return key


def encrypt(content: bytes, key: bytes) -> bytes:
    """Return padding and content, encrypted, in upper-case hexadecimal.

    :param content: begins with `|` or `]`, which ends the padding.
    """
    padding = _LEAST_PADDING + -len(content) % _BLOCK
    padded = secrets.token_hex(padding // 2 + 1)[:padding].encode() + content
    cipher = Cipher(algorithms.AES(key), _IV).encryptor()
    return (cipher.update(padded) + cipher.finalize()).hex().upper().encode()


def decrypt(digits: bytes, key: bytes) -> bytes | None:
    """Return the content behind its padding, or `None` if this cannot be its key.

    The padding, which holds none of `[ ] |`, ends at the first `|`, or at `]` if the frame
    has no data.
    """
    try:
        octets = bytes.fromhex(digits.decode("ascii"))
    except ValueError:
        return None
    if not octets or len(octets) % _BLOCK:
        return None
    cipher = Cipher(algorithms.AES(key), _IV).decryptor()
    padded = cipher.update(octets) + cipher.finalize()
    ends = [at for at in map(padded.find, (b"|", b"]", b"[")) if at >= 0]
    content = padded[min(ends) :] if ends else b""
    if content[:1] == b"[" or b"]" not in content:
        return None
    return content.removeprefix(b"|")
