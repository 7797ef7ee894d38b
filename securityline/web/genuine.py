"""Whether a recording is still what was recorded: its file against the hash in the log.

Looked at when somebody listens to it, fetches it or reads a report. A finished file never
changes; one that did is a line of its case and a red mark wherever the recording is shown.
"""

import asyncio
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

import structlog

from recordings.store import digest_of
from securityline.web.context import Context
from securityline.web.ports import Line

CHANGED: Final = "RecordingChanged"
"The line in the log of the case."
PAGE: Final = 1000
MOST_LINES: Final = 20_000
"Lines of one case that are read."
MOST_KNOWN: Final = 10_000
"Recordings whose check is remembered."
log = structlog.get_logger()


def read_case(context: Context, incident_id: str) -> list[Line]:
    """Read the lines of a case, oldest first; for a thread."""
    kept: list[Line] = []
    while len(kept) < MOST_LINES:
        after = kept[-1].seq if kept else 0
        page = context.services.logbook.read(after, PAGE, incident_id)
        kept.extend(page)
        if len(page) < PAGE:
            break
    return kept


def hash_in(lines: Iterable[Line], recording_id: str) -> str | None:
    """Return the hash of a recording when it ended; `None` before, and when it had none."""
    found = None
    for line in lines:
        if line.data.get("recording_id") == recording_id:
            if line.what == "RecordingEnded":
                found = str(line.data.get("sha256") or "").lower() or None
            elif line.what == "RecordingStarted":
                found = None
    return found


async def is_genuine(
    context: Context,
    recording_id: str,
    incident_id: str,
    path: Path,
    lines: Sequence[Line] | None = None,
) -> bool:
    """Whether the file is what the log says, or the log does not say; writes down if not.

    The whole file is read, in a thread, once as long as it is not touched.
    :param lines: the case's, where they have been read already.
    """
    try:
        state = _state_of(path)
        known = context.checked.get(recording_id)
        if known is None or known[0] != state:
            if lines is None:
                lines = await asyncio.to_thread(read_case, context, incident_id)
            expected = hash_in(lines, recording_id)
            if expected is None:
                return True
            found = await asyncio.to_thread(digest_of, path)
            known = state, found == expected
            if len(context.checked) >= MOST_KNOWN:
                context.checked.clear()
            is_news = context.checked.get(recording_id) != known
            context.checked[recording_id] = known
            if not known[1] and is_news:
                _write_down(context, lines, recording_id, incident_id, found)
    except OSError as error:
        log.error("a recording cannot be checked", recording_id=recording_id, reason=str(error))
        return True
    return known[1]


def _state_of(path: Path) -> tuple[int, ...]:
    stat = path.stat()
    # Whoever changes a file can set back its time of writing, but not that of its inode.
    return stat.st_ino, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns


def _write_down(
    context: Context, lines: Iterable[Line], recording_id: str, incident_id: str, found: str
) -> None:
    log.error("a recording is not what was recorded", recording_id=recording_id)
    data = {"recording_id": recording_id, "found_sha256": found}
    if not any(line.what == CHANGED and line.data == data for line in lines):
        context.services.engine.note(CHANGED, data, incident_id)
