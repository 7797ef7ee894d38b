"""Appends lines as fast as they are acted upon, and says so, until it is killed."""

import asyncio
import os
import sys
from pathlib import Path

import structlog

from securityline.logbook.book import Logbook
from securityline.logbook.entry import Entry
from tests.securityline.books import note, settings


async def main(folder: Path) -> None:
    book = Logbook.open(settings(folder, silence_time=0.05))
    book.start()
    ended = asyncio.get_running_loop().create_future()

    def say(entries: list[Entry]) -> None:
        os.write(1, "".join(f"{e.seq} {e.hash}\n" for e in entries).encode())
        book.append(1.0, [note("x" * (entries[0].seq % 997))] * 2, (), say)

    for _ in range(4):
        book.append(1.0, [note()], (), say)
    await ended


structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
asyncio.run(main(Path(sys.argv[1])))
