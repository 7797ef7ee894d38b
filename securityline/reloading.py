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
        self._left_out = sum(not finding.is_warning for finding in directory.findings)
        "Faults at the start: what they are in is not in force."
        self._refused = 0
        "Faults of the last reading, when it was refused."

    def reload(self) -> None:
        """Read it again; a bad one changes nothing.

        In a thread: a thousand files take longer than a call may wait.
        """
        self._task = asyncio.create_task(self._reload(self._task))

    def reasons(self) -> list[str]:
        """Say how the directory in force is not the one in the files, until it is again.

        Only how many faults: a file is named after its client, whom not everybody may know.
        """
        if self._refused:
            return [
                "the directory was not read again, the one before stays in force:"
                f" {self._refused} faults in its files"
            ]
        if self._left_out:
            return [
                f"a part of the directory is left out: {self._left_out} faults in its files"
            ]
        return []

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
            self._tell(["the files could not be read"])
            return
        errors = [str(finding) for finding in findings if not finding.is_warning]
        if errors:
            log.error("directory not reloaded", findings=errors)
        else:
            self._left_out = 0
            self._changed()
        self._tell(errors)

    def _tell(self, errors: list[str]) -> None:
        self._refused = len(errors)
        what = "DirectoryRefused" if errors else "DirectoryReloaded"
        self._note(what, {"findings": errors[:MOST_FINDINGS]})
