"""One TCP connection of a panel: octets in, frames to the intake, answers out."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING, Final, cast

from securityline.alarms.dc09_frame import Frame, Framer

if TYPE_CHECKING:
    from securityline.alarms.receiver import Dc09Receiver

FRAMES_A_TURN: Final = 16
"Frames taken from one connection before the others get their turn."
_READ: Final = 4096
"Octets read at once: what a connection can make us keep."


class PanelConnection(asyncio.BufferedProtocol):
    """One connection. Read the public attributes from outside, change nothing."""

    def __init__(self, owner: Dc09Receiver) -> None:
        self._owner = owner
        self._loop = asyncio.get_running_loop()
        self._framer = Framer()
        self._read = bytearray(_READ)
        self._unread: deque[Frame] = deque()
        self._transport: asyncio.Transport | None = None
        self._is_paused = False
        self._is_turn_due = False
        self._is_open = False
        self._is_stopped = False
        self._has_ended = False
        self.host = ""
        self.waiting = 0
        "Frames that wait for their answer."
        self.has_spoken = False
        "A frame with something in it has come in."
        self.partial_since: float | None = None
        "When the first octet of the frame now half here arrived."
        self.heard_at = 0.0
        "Last such frame; before the first, when the connection was made."

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Report to the owner, who may refuse."""
        self._transport = cast("asyncio.Transport", transport)
        peer = transport.get_extra_info("peername")
        if not peer:  # gone before we looked
            self._transport.abort()
            return
        self.host = peer[0]
        self.heard_at = self._owner.clock()
        self._is_open = self._owner.opened(self)
        if not self._is_open:
            self._transport.abort()

    def connection_lost(self, error: Exception | None) -> None:
        """Report to the owner; what waits is stored all the same."""
        self._is_open = False
        self._unread.clear()
        self._owner.closed(self)

    def get_buffer(self, sizehint: int) -> bytearray:
        """Lend the socket somewhere to read to."""
        return self._read

    def buffer_updated(self, nbytes: int) -> None:
        """Cut what came into frames and pass them on."""
        frames = self._framer.feed(bytes(memoryview(self._read)[:nbytes]))
        if self._framer.is_between_frames:
            self.partial_since = None
        elif frames or self.partial_since is None:
            self.partial_since = self._owner.clock()
        self._unread.extend(frames)
        self._pass_on()

    def eof_received(self) -> bool:
        """Keep our side open for the answers that are due: a panel may shut its own first."""
        self._has_ended = True
        self.partial_since = None
        return bool(self.waiting or self._unread)

    def stop_reading(self) -> None:
        """Take no more from this panel; what was taken is still answered."""
        self._is_stopped = True
        self._unread.clear()
        self._pause()

    def close(self) -> None:
        """End the connection once all answers are sent."""
        self._is_open = False
        if self._transport is not None:
            self._transport.close()

    def abort(self) -> None:
        """End the connection at once."""
        self._is_open = False
        self._unread.clear()
        if self._transport is not None:
            self._transport.abort()

    def _pass_on(self) -> None:
        self._is_turn_due = False
        most = self._owner.limits.most_waiting
        for _ in range(FRAMES_A_TURN):
            if not self._unread or self.waiting >= most:
                break
            self._take(self._unread.popleft())
        if self._unread:
            self._pause()
            if self.waiting < most:
                self._take_turn()
        elif self._has_ended:
            self._end_if_done()
        elif self._is_paused and self.waiting < most:
            self._resume()

    def _take(self, frame: Frame) -> None:
        self.waiting += 1
        is_waiting = self._owner.intake.take(
            frame, "dc09:tcp", self.host, self._send, self._over
        )
        if not is_waiting:
            self.waiting -= 1
            return
        self.heard_at = self._owner.clock()
        if not self.has_spoken:
            self.has_spoken = True
            self._owner.spoke(self)

    def _over(self) -> None:
        self.waiting -= 1
        self._owner.over()
        if self._unread or self._is_paused:
            self._take_turn()
        elif self._has_ended:
            self._end_if_done()

    def _take_turn(self) -> None:
        if not self._is_turn_due:
            self._is_turn_due = True
            self._loop.call_soon(self._pass_on)

    def _end_if_done(self) -> None:
        if not self.waiting and not self._unread:
            self.close()

    def _send(self, octets: bytes) -> None:
        transport = self._transport
        if transport is None or not self._is_open:
            return
        if transport.get_write_buffer_size() + len(octets) > self._owner.limits.most_unsent:
            self.abort()  # it does not read what it asked for
            return
        transport.write(octets)

    def _pause(self) -> None:
        transport = self._transport
        if transport is not None and not self._is_paused and not transport.is_closing():
            self._is_paused = True
            transport.pause_reading()

    def _resume(self) -> None:
        if self._transport is not None and self._is_open and not self._is_stopped:
            self._is_paused = False
            self._transport.resume_reading()
