"""A program that the demo starts: its lines, its end, its being asked to end."""

import asyncio
import contextlib
import ctypes
import os
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

LAST_WORDS_TIME: Final = 1.0
"Seconds to read on after its end; a child of its own may hold its output open."
_LONGEST_LINE: Final = 1 << 20
_PR_SET_PDEATHSIG: Final = 1
"prctl(2): the signal that a process gets when its parent dies. Linux."


class ChildDied(Exception):
    """A program ended before it said what it was waited for to say."""


class Child:
    """One process, in a session of its own: Ctrl-C is for the demo to hear, and to pass on.

    :param errors: file for its standard error; by default nowhere.
    :param on_line: gets every line of its output.
    """

    def __init__(
        self,
        name: str,
        arguments: Sequence[str],
        *,
        environment: Mapping[str, str],
        errors: Path | None = None,
        on_line: Callable[[str], None] | None = None,
    ) -> None:
        self.name = name
        self._arguments = arguments
        self._environment = environment
        self._errors = errors
        self._on_line = on_line
        self._process: asyncio.subprocess.Process | None = None
        self._reader: asyncio.Task[None] | None = None
        self._lines: list[str] = []
        self._news = asyncio.Condition()

    @property
    def pid(self) -> int | None:
        """Process id of the present one."""
        return self._process.pid if self._process is not None else None

    async def start(self, said: str, first_line: bytes = b"") -> str:
        """Start it and wait for a line of output.

        :param said: what that line contains.
        :param first_line: what it is told on its standard input, which stays open.
        :raises ChildDied: it ended first.
        """
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
        errors = os.open(self._errors or os.devnull, flags, 0o600)
        self._lines = []
        try:
            self._process = await asyncio.create_subprocess_exec(
                *self._arguments,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=errors,
                env=dict(self._environment),
                start_new_session=True,
                preexec_fn=_end_with_parent if sys.platform == "linux" else None,
                limit=_LONGEST_LINE,
            )
        finally:
            os.close(errors)
        self._reader = asyncio.create_task(self._read(self._process))
        if first_line and self._process.stdin is not None:
            self._process.stdin.write(first_line)
            with contextlib.suppress(ConnectionError):
                await self._process.stdin.drain()
        return await self._wait_for(said)

    async def ended(self) -> str:
        """Wait for its end; say how it was."""
        if self._process is None:
            return "was never started"
        code = await self._process.wait()
        if code < 0:
            return f"was ended by {signal.Signals(-code).name}"
        return f"ended with {code}"

    async def stop(self, patience: Sequence[tuple[signal.Signals, float]]) -> None:
        """Ask it to end, and make sure of it.

        :param patience: signals to send, and how many seconds to wait after each; the last
            resort is SIGKILL.
        """
        process = self._process
        if process is None:
            return
        if process.stdin is not None:
            process.stdin.close()
        for number, seconds in (*patience, (signal.SIGKILL, 5.0)):
            if process.returncode is not None:
                break
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(number)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(process.wait(), seconds)
        if self._reader is not None:
            await self._reader

    async def _read(self, process: asyncio.subprocess.Process) -> None:
        if process.stdout is None:
            return
        with contextlib.suppress(ValueError):  # a line too long: not one of ours
            while line := await process.stdout.readline():
                text = line.decode(errors="replace").rstrip()
                if self._on_line is not None:
                    self._on_line(text)
                async with self._news:
                    self._lines = [*self._lines[-50:], text]
                    self._news.notify_all()
        async with self._news:
            self._news.notify_all()

    async def _wait_for(self, said: str) -> str:
        async with self._news:
            while True:
                for line in self._lines:
                    if said in line:
                        return line
                if self._reader is None or self._reader.done():
                    break
                if self._process is not None and self._process.returncode is not None:
                    break
                await self._news.wait()
        if self._reader is not None:  # its last words may come after its end is known
            await asyncio.wait({self._reader}, timeout=LAST_WORDS_TIME)
        words = self._lines[-1] if self._lines else ""
        raise ChildDied(f"{self.name} {await self.ended()}{': ' if words else ''}{words}")


def _end_with_parent() -> None:
    """Let the kernel end this process when the demo is killed, which tells nobody."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, int(signal.SIGTERM))
