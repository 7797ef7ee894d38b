"""The engine's side of the process that has words spoken (`securityline.speech_process`).

Started with the engine, so that nothing is forked while alarms come in. When it dies it is
started again after a pause; when it is stuck it is killed; meanwhile, and when too many wait,
the answer is at once that it cannot be done, and callers have the fixed prompts.
"""

import asyncio
import json
import os
import signal
import sys
from collections import deque
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

import structlog

MOST_WAITING: Final = 256
"Orders that wait; what is asked beyond is refused."
MARGIN_TIME: Final = 5.0
"Seconds beside the program's own that an order may take, the file's included."
FIRST_PAUSE: Final = 1.0
LONGEST_PAUSE: Final = 60.0
"Seconds before it is started again, twice as long each time; short again once it answered."

log = structlog.get_logger()


class CannotSpeak(Exception):
    """These words cannot be spoken; the text says why. Use fixed prompts alone."""


@dataclass(slots=True)
class _Order:
    line: dict[str, Any]
    answer: "asyncio.Future[str]"


class SpeechHelper:
    """One process, and the orders that wait for it. Belongs to one event loop.

    :param limit_time: seconds that one order may take before the process counts as stuck.
    """

    def __init__(self, limit_time: float, *, first_pause: float = FIRST_PAUSE) -> None:
        self._limit_time = limit_time
        self._first_pause = self._pause = first_pause
        self._waiting: deque[_Order] = deque()
        self._is_wanted = asyncio.Event()
        self._is_settled = asyncio.Event()
        "It runs, or the first try to start it failed."
        self._process: asyncio.subprocess.Process | None = None
        self._keeper: asyncio.Task[None] | None = None
        self._numbers = 0

    @property
    def pid(self) -> int | None:
        """Of the process, while it runs."""
        return self._process.pid if self._process is not None else None

    async def start(self) -> None:
        """Start the process, and keep it running; twice does no harm."""
        if self._keeper is None:
            self._keeper = asyncio.create_task(self._keep())
        await self._is_settled.wait()

    async def do(self, line: dict[str, Any]) -> None:
        """Have an order done.

        :raises CannotSpeak: it failed, too many wait, or there is no process now.
        """
        await self.start()
        if self._process is None:
            raise CannotSpeak("the process that has words spoken is not there")
        if len(self._waiting) >= MOST_WAITING:
            raise CannotSpeak("too many words wait to be spoken")
        self._numbers += 1
        order = _Order(
            line | {"number": self._numbers}, asyncio.get_running_loop().create_future()
        )
        self._waiting.append(order)
        self._is_wanted.set()
        if why := await order.answer:
            raise CannotSpeak(why)

    async def stop(self) -> None:
        """End it; who waits is told."""
        if self._keeper is not None:
            self._keeper.cancel()
            await asyncio.gather(self._keeper, return_exceptions=True)
        self._refuse("the engine stops")
        await self._end()

    # ------------------------------------------------------------ the process

    async def _keep(self) -> None:
        """Run it, and again when it ends, until we are closed."""
        while True:
            try:
                self._process = await asyncio.create_subprocess_exec(
                    sys.executable,
                    "-m",
                    "securityline.speech_process",
                    stdin=asyncio.subprocess.PIPE,
                    stdout=asyncio.subprocess.PIPE,
                    start_new_session=True,
                )
            except OSError as error:
                log.error("no words can be spoken", reason=str(error))
            self._is_settled.set()
            if self._process is not None:
                await self._serve(self._process)
            await self._end()
            self._refuse("the process that has words spoken ended")
            await asyncio.sleep(self._pause)
            self._pause = min(2 * self._pause, LONGEST_PAUSE)

    async def _serve(self, process: asyncio.subprocess.Process) -> None:
        """Give it one order after the other; return when it is dead or stuck."""
        ended = asyncio.create_task(process.wait())
        try:
            while not ended.done():
                if not self._waiting:
                    self._is_wanted.clear()
                    wanted = asyncio.create_task(self._is_wanted.wait())
                    await asyncio.wait((ended, wanted), return_when=asyncio.FIRST_COMPLETED)
                    wanted.cancel()
                    continue
                order = self._waiting[0]
                try:
                    why = await asyncio.wait_for(_asked(process, order.line), self._limit_time)
                except (TimeoutError, OSError, ValueError, KeyError) as error:
                    log.error("the speech process is of no use", reason=repr(error))
                    return
                self._waiting.popleft()
                self._pause = self._first_pause
                if not order.answer.done():
                    order.answer.set_result(why)
        finally:
            ended.cancel()

    async def _end(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            with suppress(OSError):  # what it started as well
                os.killpg(process.pid, signal.SIGKILL)
            await process.wait()

    def _refuse(self, why: str) -> None:
        while self._waiting:
            order = self._waiting.popleft()
            if not order.answer.done():
                order.answer.set_result(why)


async def _asked(process: asyncio.subprocess.Process, line: dict[str, Any]) -> str:
    """Ask, and return why it was not done; empty when it was.

    :raises ValueError: what it answers is no answer, or it ended.
    """
    assert process.stdin is not None  # noqa: S101  # as it was started
    assert process.stdout is not None  # noqa: S101
    process.stdin.write(json.dumps(line).encode() + b"\n")
    await process.stdin.drain()
    answer = json.loads(await process.stdout.readline() or b"null")
    if not isinstance(answer, dict) or answer["number"] != line["number"]:
        raise ValueError("no answer")
    return str(answer["why"])
