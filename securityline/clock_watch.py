"""Whether somebody set the machine's clock: logged, and said on every screen for an hour."""

import asyncio
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

import structlog

from securityline.clock import JUMP_TIME, Clock

LOOK_TIME: Final = 5.0
"Seconds between two looks at the wall clock."
SAID_TIME: Final = 3600.0
"Seconds for which people are told; the line in the logbook stays."

log = structlog.get_logger()


class ClockWatch:
    """Looks at the wall clock. No timer of ours follows it; people and other machines do.

    Several settings within the hour are told as what they come to: a clock that was set back
    and then put right again is right.

    :param note: writes a line about the engine itself.
    """

    def __init__(self, clock: Clock, note: Callable[[str, Mapping[str, Any]], None]) -> None:
        self._clock = clock
        self._note = note
        self._moved = 0.0
        self._moved_at = -SAID_TIME
        self._began_at = clock()
        self._behind = -clock.offset()
        "Seconds by which the wall clock was behind the log when the engine started."
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Look every few seconds from now on."""
        if self._behind >= JUMP_TIME:
            log.warning("wall clock behind the logbook", seconds=round(self._behind, 3))
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Look no longer."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def look(self) -> None:
        """Log what somebody did to the wall clock since the last look."""
        jump = self._clock.jump()
        if not jump:
            return
        log.warning("wall clock set", seconds=round(jump, 3))
        self._note("WallClockSet", {"seconds": round(jump, 3)})
        self._moved = jump if self._is_over(self._moved_at) else self._moved + jump
        self._moved_at = self._clock()

    def reasons(self) -> list[str]:
        """Say by how much the clock was set, and when, as the desk counts the time."""
        found = []
        if self._behind >= JUMP_TIME and not self._is_over(self._began_at):
            found.append(f"the machine's clock was {_whole(self._behind)} s behind the logbook")
        if abs(self._moved) >= JUMP_TIME and not self._is_over(self._moved_at):
            way = "forward" if self._moved > 0 else "back"
            at = datetime.fromtimestamp(self._moved_at, UTC).isoformat(timespec="seconds")
            found.append(
                f"the machine's clock was set {way} by {_whole(self._moved)} s at {at}"
            )
        return found

    def _is_over(self, at: float) -> bool:
        return self._clock() - at >= SAID_TIME

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(LOOK_TIME)
            self.look()


def _whole(seconds: float) -> int:
    return max(1, round(abs(seconds)))
