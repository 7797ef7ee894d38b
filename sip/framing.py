"""Cutting messages out of a byte stream (RFC 3261 section 18.3, RFC 5626 section 3.5.1).

A stream whose lengths cannot be trusted cannot be resynchronised: whoever gets a
`ParseError` from here answers if he can, and closes the connection.
"""

import re
from typing import Final

from sip.errors import ParseError
from sip.message import DEFAULT_LIMITS, Limits

_CONTENT_LENGTH: Final = re.compile(
    rb"\r\n(?:content-length|l)[ \t]*+:((?:[^\r\n]|\r\n[ \t])*+)(?=\r\n)", re.IGNORECASE
)
_END: Final = b"\r\n\r\n"


class StreamFramer:
    """Collects octets as they arrive and gives back whole messages.

    Every octet is looked at a fixed number of times, however small the pieces.
    """

    def __init__(self, limits: Limits = DEFAULT_LIMITS) -> None:
        self.pongs = 0
        "Keep-alives seen; send one CRLF for each, then set it back to 0."
        self._limits = limits
        self._buffer = bytearray()
        self._searched = 0
        self._needed = 0  # length of the message at the front; 0 while its head is incomplete
        self._blanks = 0  # line breaks since the last message or the last keep-alive
        self._fault: ParseError | None = None

    @property
    def is_between_messages(self) -> bool:
        """Whether nothing of a further message has come yet."""
        return not self._buffer

    @property
    def is_broken(self) -> bool:
        """Whether nothing that follows can be trusted: the next `feed` will raise."""
        return self._fault is not None

    def feed(self, data: bytes) -> list[bytes]:
        """Take what the socket gave; return the messages that are complete now.

        :raises ParseError: no, a bad or more than one Content-Length, or over the limits.
            Messages that were whole before it are returned first (see `is_broken`).
        """
        if self._fault is not None:
            raise self._fault
        self._buffer += data
        messages: list[bytes] = []
        try:
            while (message := self._next_message()) is not None:
                messages.append(message)
        except ParseError as fault:
            self._fault = fault
            self._buffer.clear()
            if not messages:
                raise
        return messages

    def _next_message(self) -> bytes | None:
        if not self._needed:
            self._skip_blank_lines()
            self._measure()
        if not self._needed or len(self._buffer) < self._needed:
            return None
        message = bytes(self._buffer[: self._needed])
        del self._buffer[: self._needed]
        self._needed = self._searched = self._blanks = 0
        return message

    def _skip_blank_lines(self) -> None:
        buffer, position = self._buffer, 0
        while buffer.startswith(b"\r\n", position):
            position += 2
            self._blanks += 1
            if self._blanks == 2:
                self.pongs += 1
                self._blanks = 0
        del buffer[:position]

    def _measure(self) -> None:
        buffer, limits = self._buffer, self._limits
        end = buffer.find(_END, max(0, self._searched - 3))
        if end < 0:
            self._searched = len(buffer)
            if len(buffer) > limits.max_head:
                raise ParseError(513, "Message Too Large")
            return
        if end > limits.max_head:
            raise ParseError(513, "Message Too Large")
        needed = end + 4 + _content_length(bytes(buffer[: end + 2]))
        if needed > limits.max_message:
            raise ParseError(513, "Message Too Large")
        self._needed = needed


def _content_length(head: bytes) -> int:
    found = _CONTENT_LENGTH.findall(head)
    if len(found) != 1:
        raise ParseError(400, "Needs one Content-Length")
    value = found[0].strip(b" \t\r\n")
    if not value.isdigit() or len(value) > 10:
        raise ParseError(400, "Bad Content-Length")
    return int(value)
