"""An engine that is killed and born again, on the same ports and files."""

import asyncio
import os
import signal
import sys
import time
from pathlib import Path
from typing import Self

from tests.interop.peers import PATIENCE

ROOT = Path(__file__).resolve().parents[2]


class MortalEngine:
    """One engine after the other, forked from one nursery (`tests.crash.nursery`).

    Times are `time.monotonic`.
    """

    def __init__(self, nursery: asyncio.subprocess.Process) -> None:
        self._nursery = nursery
        self.pid = 0
        self.killed_at: list[float] = []
        self.ready_at: list[float] = []

    @classmethod
    async def begin(cls, config: Path) -> Self:
        """Start the nursery, and a first engine in it."""
        nursery = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.crash.nursery", str(config),
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, cwd=ROOT,
        )  # fmt: skip
        engine = cls(nursery)
        await engine.bear()
        return engine

    async def bear(self) -> None:
        """Bring forth an engine and wait until it takes calls."""
        assert self._nursery.stdin is not None
        self._nursery.stdin.write(b"an engine\n")
        self.pid = int((await self._line("born")).split()[1])
        await self._line("ready sip=")
        self.ready_at.append(time.monotonic())

    def kill(self) -> None:
        """Kill it on the spot."""
        self.killed_at.append(time.monotonic())
        os.kill(self.pid, signal.SIGKILL)

    async def dead(self) -> None:
        """Wait until it is gone."""
        assert await self._line("died") == f"died {int(signal.SIGKILL)}"

    async def end(self) -> None:
        """Let the last engine hang up and stop, and the nursery with it."""
        for number in (signal.SIGTERM, signal.SIGTERM):
            os.kill(self.pid, number)
            await asyncio.sleep(0.1)
        await self._line("died")
        assert self._nursery.stdin is not None
        self._nursery.stdin.close()
        await self._nursery.wait()

    async def _line(self, beginning: str) -> str:
        assert self._nursery.stdout is not None
        async with asyncio.timeout(PATIENCE):
            while line := (await self._nursery.stdout.readline()).decode().rstrip():
                if line.startswith(beginning):
                    return line
                if line.startswith("died"):
                    break
        raise AssertionError(f"the engine said {line!r} instead of {beginning!r}")
