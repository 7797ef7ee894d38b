"""The directory read again while calls are taken: all of it or nothing."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any, Final

import structlog

from client_directory.directory import DirectoryHolder

MOST_FINDINGS: Final = 50
"In the line of the logbook; the process's own log has them all."

log = structlog.get_logger()


class Reloading:
    """Reads the directory again when told to, one reading after the other.

    :param changed: called once a new directory is in force.
    :param note: writes a line about the engine itself.
    """

    def __init__(
        self,
        directory: DirectoryHolder,
        changed: Callable[[], None],
        note: Callable[[str, Mapping[str, Any]], None],
    ) -> None:
        self._directory = directory
        self._changed = changed
        self._note = note
        self._task: asyncio.Task[None] | None = None

    def reload(self) -> None:
        """Read it again; a bad one changes nothing.

        In a thread: a thousand files take longer than a call may wait.
        """
        self._task = asyncio.create_task(self._reload(self._task))

    async def finish(self) -> None:
        """Wait for a reading that is under way."""
        if self._task is not None:
            await asyncio.gather(self._task, return_exceptions=True)

    async def _reload(self, earlier: "asyncio.Task[None] | None") -> None:
        if earlier is not None:
            await asyncio.wait([earlier])
        try:
            findings = await asyncio.to_thread(self._directory.reload)
        except Exception:
            log.exception("directory not reloaded")
            return
        errors = [str(finding) for finding in findings if not finding.is_warning]
        if errors:
            log.error("directory not reloaded", findings=errors)
        else:
            self._changed()
        what = "DirectoryRefused" if errors else "DirectoryReloaded"
        self._note(what, {"findings": errors[:MOST_FINDINGS]})
