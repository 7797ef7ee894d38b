"""What goes to a screen, as one WebSocket text frame."""

import struct
from typing import Any, Final

from securityline.json_text import json_writer

_write: Final = json_writer(default=None)


def encode(message: dict[str, Any]) -> bytes:
    """Write a message as one WebSocket text frame (RFC 6455 section 5.2), unmasked.

    Made here and not by aiohttp, so that a card is encoded once for all screens and is in
    the socket before anything else happens.
    """
    text = _write(message)
    payload = text.encode("utf-8", "replace")
    size = len(payload)
    if size < 126:
        return bytes((0x81, size)) + payload
    if size < 65536:
        return struct.pack("!BBH", 0x81, 126, size) + payload
    return struct.pack("!BBQ", 0x81, 127, size) + payload


def closing(code: int) -> bytes:
    """Write a close frame with its code (RFC 6455 sections 5.5.1 and 7.4)."""
    return struct.pack("!BBH", 0x88, 2, code)
