"""Books to test with, and ways to wait for them."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from securityline.logbook.book import Logbook
from securityline.logbook.document import Document
from securityline.logbook.entry import Entry, Line
from securityline.logbook.opening import LogbookSettings

START = datetime(2026, 1, 1, 3, 0, tzinfo=UTC)


def note(text: str = "heard a noise", incident_id: str = "inc-1") -> Line:
    return "event", incident_id, "NoteWritten", {"operator": "op-1", "text": text}


def notes(count: int) -> list[Line]:
    return [note(f"étape {number}") for number in range(1, count + 1)]


class Wall:
    """A wall clock that moves a second a look."""

    def __init__(self) -> None:
        self.at = START

    def __call__(self) -> datetime:
        self.at += timedelta(seconds=1)
        return self.at


def settings(folder: Path, **changes: object) -> LogbookSettings:
    values: dict[str, object] = {
        "folder": folder,
        "ballast": 0,
        "anchor_time": 3600.0,
        "silence_time": 60.0,  # a machine that is busy with other tests is no silent store
    }
    return LogbookSettings(**(values | changes))  # type: ignore[arg-type]


@contextlib.asynccontextmanager
async def running(folder: Path, **changes: object) -> AsyncIterator[Logbook]:
    book = Logbook.open(settings(folder, **changes), wall=Wall())
    book.start()
    try:
        yield book
    finally:
        await book.stop(patience=0.2)


async def append(
    book: Logbook,
    lines: Sequence[Line],
    documents: Sequence[Document] = (),
    *,
    now: float = 1.0,
    is_urgent: bool = True,
) -> list[Entry]:
    """Append, and wait until the engine would act."""
    acted: asyncio.Future[list[Entry]] = asyncio.get_running_loop().create_future()
    book.append(now, lines, documents, acted.set_result, is_urgent=is_urgent)
    return await acted


def names(entries: Sequence[Entry]) -> list[str]:
    return [entry.what for entry in entries]


async def until(condition: Callable[[], object]) -> None:
    """Wait for something that no callback tells of."""
    while not condition():  # noqa: ASYNC110 - other threads change it
        await asyncio.sleep(0.001)
