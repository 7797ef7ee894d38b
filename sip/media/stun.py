"""Connectivity checks of a browser, answered as an ICE-lite agent. Pure; bytes in, bytes out.

The browser asks, we answer (RFC 8445, sections 2.5 and 7.3; RFC 8489). Whoever does not know
the password of this one line learns nothing, not even that somebody listens.
"""

import hmac
from hashlib import sha1
from ipaddress import ip_address
from struct import Struct
from typing import Final, NamedTuple
from zlib import crc32

MAGIC: Final = 0x2112A442
_HEADER: Final = Struct("!HHI12s")
_ATTRIBUTE: Final = Struct("!HH")
_BINDING_REQUEST: Final = 0x0001
_BINDING_SUCCESS: Final = 0x0101
_USERNAME: Final = 0x0006
_MESSAGE_INTEGRITY: Final = 0x0008
_XOR_MAPPED_ADDRESS: Final = 0x0020
_USE_CANDIDATE: Final = 0x0025
_FINGERPRINT: Final = 0x8028
_FINGERPRINT_MASK: Final = 0x5354554E
_MAC_SIZE: Final = 20
MAX_SIZE: Final = 1024
"Octets; a browser's check has about 100."


class Check(NamedTuple):
    """One binding request, read but not yet believed."""

    transaction: bytes
    username: bytes
    "`OURS:THEIRS`, the two fragments."
    is_nominated: bool
    "The browser has chosen this path (USE-CANDIDATE)."
    signed: bytes
    "What the code covers, with the length that it was counted with."
    code: bytes

    def is_genuine(self, fragment: str, password: str) -> bool:
        """Whether it is meant for this line and made by who knows its password."""
        if self.username.partition(b":")[0] != fragment.encode():
            return False
        return hmac.compare_digest(_code(password, self.signed), self.code)


def is_stun(data: bytes) -> bool:
    """Tell STUN from DTLS and RTP on one port (RFC 7983)."""
    return len(data) >= _HEADER.size and data[0] < 4


def read_check(data: bytes) -> Check | None:
    """Read a binding request that carries a code; `None` for everything else."""
    if not _HEADER.size <= len(data) <= MAX_SIZE:
        return None
    kind, size, magic, transaction = _HEADER.unpack_from(data)
    if kind != _BINDING_REQUEST or magic != MAGIC or size + _HEADER.size != len(data):
        return None
    username, is_nominated, place = b"", False, _HEADER.size
    while place + _ATTRIBUTE.size <= len(data):
        name, length = _ATTRIBUTE.unpack_from(data, place)
        start = place + _ATTRIBUTE.size
        value = data[start : start + length]
        if len(value) != length:
            return None
        if name == _MESSAGE_INTEGRITY:
            if length != _MAC_SIZE:
                return None
            # What follows the code is not covered by it, and so does not count.
            return Check(transaction, username, is_nominated, _signed(data, place), value)
        if name == _USERNAME:
            username = value
        elif name == _USE_CANDIDATE:
            is_nominated = True
        place = start + length + -length % 4
    return None


def success(check: Check, source: tuple[str, int], password: str) -> bytes:
    """Answer a check: say from which address it came (RFC 8489, section 14.2)."""
    host, port = ip_address(source[0]), source[1]
    mask = MAGIC.to_bytes(4) + check.transaction
    address = bytes(one ^ other for one, other in zip(host.packed, mask, strict=False))
    family = 1 if host.version == 4 else 2
    mapped = bytes((0, family)) + (port ^ MAGIC >> 16).to_bytes(2) + address
    message = _HEADER.pack(_BINDING_SUCCESS, 0, MAGIC, check.transaction)
    message += _ATTRIBUTE.pack(_XOR_MAPPED_ADDRESS, len(mapped)) + mapped
    message = _sized(message, _ATTRIBUTE.size + _MAC_SIZE)
    message += _ATTRIBUTE.pack(_MESSAGE_INTEGRITY, _MAC_SIZE) + _code(password, message)
    message = _sized(message, _ATTRIBUTE.size + 4)
    mark = (crc32(message) ^ _FINGERPRINT_MASK).to_bytes(4)
    return message + _ATTRIBUTE.pack(_FINGERPRINT, 4) + mark


def _code(password: str, signed: bytes) -> bytes:
    return hmac.digest(password.encode(), signed, sha1)


def _signed(data: bytes, place: int) -> bytes:
    return _sized(data[:place], _ATTRIBUTE.size + _MAC_SIZE)


def _sized(message: bytes, more: int) -> bytes:
    """Write the length as if `more` octets followed."""
    return message[:2] + (len(message) - _HEADER.size + more).to_bytes(2) + message[4:]
