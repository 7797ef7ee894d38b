"""Lines that were acted upon survive `kill -9` at any instant."""

import random
import sqlite3
import sys
from contextlib import closing
from pathlib import Path
from subprocess import DEVNULL, PIPE, Popen

import pytest

from securityline.logbook.store import LogbookStore
from securityline.logbook.verify import verify_book
from tests.securityline.books import append, note, running

ROOT = Path(__file__).resolve().parents[2]
KILLS = 12


def killed_after(folder: Path, lines: int, extra: int) -> dict[int, str]:
    """Run the appender, kill it once it acted upon `lines`; return what it had told."""
    command = [sys.executable, "-m", "tests.securityline.appender", str(folder)]
    with Popen(command, cwd=ROOT, stdout=PIPE, stderr=DEVNULL) as process:
        assert process.stdout is not None
        told = [process.stdout.readline() for _ in range(lines)]
        process.stdout.read(extra)  # anywhere between two lines
        process.kill()
        told += process.stdout.readlines()[1:]
    acknowledged = {}
    for line in told:
        if line.endswith(b"\n"):
            seq, hashed = line.decode().split()
            acknowledged[int(seq)] = hashed
    return acknowledged


def lines_in(folder: Path) -> dict[int, str]:
    with closing(LogbookStore(folder / "logbook.db", is_read_only=True)) as store:
        return {entry.seq: entry.hash for entry in store.read()}


async def test_every_acknowledged_line_survives_every_kill(tmp_path: Path) -> None:
    chance = random.Random(2026)
    acknowledged: dict[int, str] = {}
    for _ in range(KILLS):
        told = killed_after(tmp_path, chance.randint(1, 300), chance.randint(0, 80))
        assert not told.keys() & acknowledged.keys(), "a line was numbered twice"
        acknowledged |= told
        verify_book(tmp_path)
    async with running(tmp_path) as book:  # a slow disk may have left lines in the spool
        await append(book, [note()])
    there = lines_in(tmp_path)
    lost = {seq for seq, hashed in acknowledged.items() if there.get(seq) != hashed}
    assert not lost


@pytest.mark.parametrize("number", range(3))
async def test_spooled_lines_survive_a_kill_too(tmp_path: Path, number: int) -> None:
    async with running(tmp_path) as book:
        await append(book, [note()])
    with closing(sqlite3.connect(tmp_path / "logbook.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        acknowledged = killed_after(tmp_path, 20 + 31 * number, 17 * number)
        other.execute("ROLLBACK")
    async with running(tmp_path) as book:
        await append(book, [note()])
    there = lines_in(tmp_path)
    assert len(acknowledged) >= 20
    assert all(there.get(seq) == hashed for seq, hashed in acknowledged.items())
    assert verify_book(tmp_path).head == book.head
