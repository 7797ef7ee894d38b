"""The media process's end of its socket: one engine at a time, lines both ways, no waiting."""

from __future__ import annotations

import os
import select
import socket
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from sip.media.socket_path import short_name
from sip.media.wire import MAX_LINE, ProtocolError, from_line, to_line

MAX_BACKLOG: Final = 2000
"Events kept for an engine that is being restarted."
MAX_UNSENT: Final = 4 * 2**20
"Octets kept for an engine that does not read; then it is let go, and connects anew."
LAST_WORDS_TIME: Final = 1.0
"Seconds."


class Control:
    """Listens for the engine.

    :param poll: its sockets are registered here; :meth:`serve` takes their events.
    :param on_order: called with every message.
    """

    def __init__(
        self,
        path: Path,
        poll: select.epoll,
        on_order: Callable[[dict[str, Any]], None],
    ) -> None:
        self._poll = poll
        self._on_order = on_order
        self._engine: socket.socket | None = None
        self._is_greeted = False
        "Whether the engine has had its welcome, which is the first thing it must read."
        self._received = bytearray()
        self._unsent = bytearray()
        self._backlog: deque[bytes] = deque(maxlen=MAX_BACKLOG)
        self.garbled = 0
        "Lines without sense; they were ignored."
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._listener.setblocking(False)
        path.unlink(missing_ok=True)
        before = os.umask(0o177)
        try:
            with short_name(path) as name:
                self._listener.bind(name)
        finally:
            os.umask(before)
        self._listener.listen(8)
        poll.register(self._listener.fileno(), select.EPOLLIN)

    @property
    def is_connected(self) -> bool:
        """Whether an engine is there."""
        return self._engine is not None

    def serve(self, number: int) -> None:
        """Take the event of one of our sockets."""
        if number == self._listener.fileno():
            self._accept()
        elif self._engine is not None and number == self._engine.fileno():
            self._receive(self._engine)
            self.flush()

    def _accept(self) -> None:
        try:
            engine, _ = self._listener.accept()
        except OSError:
            return
        # A new engine takes over: the old one is dead, or about to be.
        self._let_go()
        engine.setblocking(False)
        self._engine = engine
        self._poll.register(engine.fileno(), select.EPOLLIN)

    def _let_go(self) -> None:
        if self._engine is None:
            return
        with suppress(OSError):
            self._poll.unregister(self._engine.fileno())
        self._engine.close()
        self._engine, self._is_greeted = None, False
        self._received.clear()
        self._unsent.clear()

    def _receive(self, engine: socket.socket) -> None:
        try:
            data = engine.recv(MAX_LINE)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._let_go()
            return
        self._received += data
        *lines, rest = self._received.split(b"\n")
        self._received = rest
        for line in lines:
            self._take(bytes(line))
        if len(self._received) > MAX_LINE:
            self.garbled += 1
            self._let_go()

    def _take(self, line: bytes) -> None:
        try:
            self._on_order(from_line(line))
        except (ProtocolError, KeyError, TypeError, ValueError):
            self.garbled += 1

    def send(self, message: Mapping[str, Any]) -> None:
        """Queue a message for the engine; without one, or before its welcome, it is dropped."""
        if self._is_greeted:
            self._unsent += to_line(message)

    def report(self, event: Mapping[str, Any]) -> None:
        """Queue an event; kept while there is no engine, or one that was not greeted yet."""
        line = to_line(event)
        if self._is_greeted:
            self._unsent += line
        else:
            self._backlog.append(line)

    def greet(self, welcome: Mapping[str, Any]) -> None:
        """Answer an engine's first line, then tell it what happened before it came."""
        self._unsent += to_line(welcome)
        self._is_greeted = True
        while self._backlog:
            self._unsent += self._backlog.popleft()

    def flush(self) -> None:
        """Send what the engine will take now."""
        engine = self._engine
        if engine is None or not self._unsent:
            return
        try:
            del self._unsent[: engine.send(self._unsent)]
        except BlockingIOError:
            if len(self._unsent) > MAX_UNSENT:
                self._let_go()
        except OSError:
            self._let_go()

    def close(self) -> None:
        """Say the last words, within :data:`LAST_WORDS_TIME`, and stop listening."""
        if self._engine is not None:
            self._engine.settimeout(LAST_WORDS_TIME)
            with suppress(OSError):
                self._engine.sendall(self._unsent)
        self._let_go()
        self._listener.close()
