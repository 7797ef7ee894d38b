"""One open desk, and the socket that it is told by."""

from typing import Final, Protocol

import structlog

from securityline.web.board import Audience

BACKLOG: Final = 1024 * 1024
"Octets that may wait for a screen; one slower than that is cut off and comes back."
log = structlog.get_logger()


class Connection(Protocol):
    """Where a screen's frames go: an asyncio transport."""

    def write(self, data: bytes) -> None:
        """Hand octets to the kernel, or keep them until it takes them."""

    def get_write_buffer_size(self) -> int:
        """Octets kept."""

    def is_closing(self) -> bool:
        """Whether nothing more can be written."""

    def close(self) -> None:
        """Cut it off once everything kept is written."""

    def abort(self) -> None:
        """Cut it off."""


class Screen:
    """One open desk."""

    __slots__ = ("_connection", "audience", "operator", "sent", "session_id", "shown")

    def __init__(
        self, operator: str, session_id: str, audience: Audience, connection: Connection
    ) -> None:
        self.operator = operator
        self.session_id = session_id
        self.audience = audience
        self.shown: str | None = None
        "The case whose card is in front of him."
        self.sent: dict[str, str] = {}
        "Fragments of his own as last sent, so that nothing is sent twice."
        self._connection = connection

    def cut(self) -> None:
        """Cut it off after what was sent."""
        self._connection.close()

    def send(self, frame: bytes) -> None:
        """Write a frame at once; a screen that does not keep up is cut off and comes back."""
        if self._connection.is_closing():
            return
        self._connection.write(frame)
        if self._connection.get_write_buffer_size() > BACKLOG:
            log.warning("a screen is too slow and was cut off", operator=self.operator)
            self._connection.abort()
