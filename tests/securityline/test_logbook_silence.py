"""The phone outranks the log: a store that is silent, locked, full, or gone."""

import asyncio
import os
import sqlite3
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from securityline.logbook.book import Logbook
from securityline.logbook.document import Document
from securityline.logbook.entry import Entry
from securityline.logbook.spool import Spool
from securityline.logbook.store import Group, LogbookStore
from securityline.logbook.verify import verify_book
from tests.securityline.books import append, note, notes, running, settings, until


class Store:
    """A store that stops answering, or refuses, when told to."""

    def __init__(self, store: LogbookStore) -> None:
        self._write = store.write
        self._answers = threading.Event()
        self._answers.set()
        self.error: Exception | None = None
        self.attempts = 0
        store.write = self.write  # type: ignore[method-assign]

    def write(self, group: Group) -> None:
        self.attempts += 1
        self._answers.wait()
        if self.error is not None:
            raise self.error
        self._write(group)

    @contextmanager
    def silent(self) -> Iterator[None]:
        self._answers.clear()
        try:
            yield
        finally:
            self._answers.set()


QUICK = 0.05
"Seconds of silence that these tests wait for."

FULL = sqlite3.OperationalError("database or disk is full")
FULL.sqlite_errorcode = sqlite3.SQLITE_FULL


def late_marks(book: Logbook) -> list[Entry]:
    return [entry for entry in book.read() if entry.what == "WrittenLate"]


async def test_a_silent_store_does_not_stop_the_engine(tmp_path: Path) -> None:
    async with running(tmp_path, silence_time=QUICK) as book:
        await append(book, [note()])
        with Store(book._book.store).silent():
            entries = await append(book, notes(3))
            assert [e.is_saved for e in entries] == [False] * 3
            assert book.unsaved_lines == 3
            assert "not saved: silent for" in book.problems()[0]
            records = list(Spool(tmp_path / "logbook.spool").read())
            spooled = [e.seq for r in records for e in r.entries]
            # A slow disk may have had the lines before in the spool too.
            assert spooled[-3:] == [e.seq for e in entries]
        # On a slow machine the store is silent for longer than that by itself.
        await until(lambda: bool(late_marks(book)) and not book.problems())
        assert book.unsaved_lines == 0
    assert verify_book(tmp_path).head == book.head


async def test_late_lines_keep_their_place_and_are_marked_by_incident(tmp_path: Path) -> None:
    async with running(tmp_path, silence_time=QUICK) as book:
        await append(book, [note()])
        told: list[Entry] = []
        book.on_own_lines = told.extend
        with Store(book._book.store).silent():
            late = await append(book, [note("a", "inc-1"), note("b", "inc-2")])
            late += await append(book, [note("c", "inc-1")])
        await until(lambda: told)
        marks = {mark.incident_id: mark.data for mark in told}
        assert (marks["inc-1"]["first_seq"], marks["inc-1"]["last_seq"]) == (
            late[0].seq,
            late[2].seq,
        )
        assert marks["inc-1"]["lines"] == 2
        assert marks["inc-2"]["lines"] == 1
        assert marks["inc-1"]["late_time"] >= QUICK
        assert [e.data["text"] for e in book.read() if e.what == "NoteWritten"][1:] == [
            "a",
            "b",
            "c",
        ]
        await until(lambda: not (tmp_path / "logbook.spool").stat().st_size)
    assert verify_book(tmp_path).head == book.head


async def test_unsaved_lines_and_documents_can_be_read(tmp_path: Path) -> None:
    """A screen that reconnects while the store is silent misses nothing."""
    async with running(tmp_path, silence_time=QUICK) as book:
        call = Document(kind="call", id="c-1", data={"v": 1}, state="active", at=1.0)
        await append(book, [note("saved")], [call])
        with Store(book._book.store).silent():
            newer = Document(kind="call", id="c-1", data={"v": 2}, state="ended", at=2.0)
            await append(book, [note("late"), note("other", "inc-2")], [newer])
            read = book.read(after=book.head.seq - 3)
            assert [(e.data["text"], e.is_saved) for e in read] == [
                ("saved", True),
                ("late", False),
                ("other", False),
            ]
            assert [e.data["text"] for e in book.read(incident_id="inc-2")] == ["other"]
            assert book.documents("call", state="active") == []
            assert book.documents("call", state="ended") == [newer]
            assert book.documents("call", id="c-2") == []


async def test_order_is_kept_through_silence_and_return(tmp_path: Path) -> None:
    async with running(tmp_path, silence_time=QUICK) as book:
        store = Store(book._book.store)
        heard: list[int] = []
        for number in range(60):
            if number % 20 == 10:
                store._answers.clear()
            if number % 20 == 0:
                store._answers.set()
            book.append(1.0, [note()], (), lambda e, n=number: heard.append(n))
            if number % 5 == 0:
                await until(lambda n=number: len(heard) > n)
        store._answers.set()
        await until(lambda: len(heard) == 60)
        assert heard == list(range(60))
    assert verify_book(tmp_path).head == book.head


async def test_a_store_that_refuses_is_not_waited_for(tmp_path: Path) -> None:
    async with running(tmp_path) as book:
        await append(book, [note()])
        store = Store(book._book.store)
        store.error = sqlite3.OperationalError("disk I/O error")
        entries = await append(book, [note()])
        assert not entries[0].is_saved
        assert book.problems() == ["the logbook is not saved: disk I/O error"]
        store.error = None
        await until(lambda: late_marks(book))
    assert verify_book(tmp_path).head == book.head


async def test_a_database_that_somebody_locks(tmp_path: Path) -> None:
    async with running(tmp_path) as book:
        await append(book, [note()])
        other = sqlite3.connect(tmp_path / "logbook.db", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        entries = await append(book, [note()])
        assert not entries[0].is_saved
        other.execute("ROLLBACK")
        other.close()
        await until(lambda: late_marks(book))
    assert verify_book(tmp_path).head == book.head


async def test_a_full_database_takes_the_lines_when_there_is_room_again(tmp_path: Path) -> None:
    async with running(tmp_path) as book:
        await append(book, notes(10))
        database = book._book.store._db
        pages = database.execute("PRAGMA page_count").fetchone()[0]
        database.execute(f"PRAGMA max_page_count = {pages}")
        acted = [e for _ in range(20) for e in await append(book, [note("x" * 1000)])]
        assert not acted[-1].is_saved
        assert book.problems() == ["the logbook is not saved: database or disk is full"]
        database.execute("PRAGMA max_page_count = 1000000")
        await until(lambda: late_marks(book))
    assert verify_book(tmp_path).head == book.head


async def test_a_full_disk_uses_the_reserve_first(tmp_path: Path) -> None:
    async with running(tmp_path, ballast=1 << 20) as book:
        ballast = tmp_path / "ballast"
        assert ballast.stat().st_blocks * 512 >= 1 << 20
        store = Store(book._book.store)
        write = store._write

        def write_when_there_is_room(group: Group) -> None:
            if ballast.exists():
                raise FULL
            write(group)

        store._write = write_when_there_is_room
        entries = await append(book, [note()])
        assert entries[0].is_saved
        assert book.problems() == ["the disk is full; the reserve was used"]


async def test_a_commit_that_failed_after_all_is_not_written_twice(tmp_path: Path) -> None:
    """An fsync may report an error for a transaction that is in the file."""
    async with running(tmp_path) as book:
        await append(book, [note()])
        store = Store(book._book.store)
        write = store._write

        def write_and_fail(group: Group) -> None:
            write(group)
            store._write = write
            raise sqlite3.OperationalError("disk I/O error")

        store._write = write_and_fail
        await append(book, notes(2))
        await append(book, notes(2))
        await until(lambda: not book.unsaved_lines)
    assert verify_book(tmp_path).head == book.head


async def test_when_the_spool_fails_too_the_engine_still_acts(tmp_path: Path) -> None:
    (tmp_path / "spool").write_text("a file, where a folder should be")
    async with running(tmp_path, spool=tmp_path / "spool" / "x", silence_time=QUICK) as book:
        await append(book, [note()])
        with Store(book._book.store).silent():
            entries = await append(book, [note()])
            assert not entries[0].is_saved
            assert any(text.startswith("nor is the spool") for text in book.problems())
        await until(lambda: late_marks(book))


async def test_acted_upon_is_not_yet_safe(tmp_path: Path) -> None:
    """A panel that heard ACK forgets its alarm: it hears it once a disk has it, any disk."""
    safe: list[str] = []
    (tmp_path / "spool").write_text("a file, where a folder should be")
    async with running(tmp_path, spool=tmp_path / "spool" / "x", silence_time=QUICK) as book:
        await append(book, [note()])
        with Store(book._book.store).silent():
            acted = asyncio.Event()
            book.append(
                2.0,
                [note()],
                (),
                lambda _: acted.set(),
                on_safe=lambda: safe.append("no spool"),
            )
            await acted.wait()
            assert safe == []
        await until(lambda: safe)
    async with running(tmp_path / "other", silence_time=QUICK) as book:
        await append(book, [note()])
        with Store(book._book.store).silent():
            book.append(2.0, [note()], on_safe=lambda: safe.append("spooled"))
            await until(lambda: "spooled" in safe)
            assert book.unsaved_lines == 1
        await until(lambda: not book.unsaved_lines)
        book.append(3.0, [note()], on_safe=lambda: safe.append("saved"))
        await until(lambda: "saved" in safe)
    assert safe == ["no spool", "spooled", "saved"], "each is told once"


async def test_a_spool_as_silent_as_the_store_is_not_waited_for_either(tmp_path: Path) -> None:
    async with running(tmp_path, silence_time=QUICK) as book:
        await append(book, [note()])
        release = threading.Event()
        book._book.spool.write = lambda records: release.wait()  # type: ignore
        with Store(book._book.store).silent():
            entries = await append(book, [note()])
            assert not entries[0].is_saved
            release.set()
        await until(lambda: late_marks(book))


async def test_a_bug_in_the_store_is_a_failing_store(tmp_path: Path) -> None:
    async with running(tmp_path) as book:
        await append(book, [note()])
        store = Store(book._book.store)
        store.error = RuntimeError("a bug")
        assert not (await append(book, [note()]))[0].is_saved
        store.error = None
        await until(lambda: late_marks(book))


# ---------------------------------------------------------------- over a restart


async def stop_without_store(book: Logbook) -> None:
    store = Store(book._book.store)
    store.error = sqlite3.OperationalError("disk I/O error")
    await append(book, [note("spooled")], [Document(kind="call", id="c-1", data={}, at=2.0)])
    await book.stop(patience=0.01)


async def test_spooled_lines_are_written_at_the_next_start(tmp_path: Path) -> None:
    book = Logbook.open(settings(tmp_path))
    book.start()
    await append(book, [note()], now=100.0)
    await stop_without_store(book)
    book = Logbook.open(settings(tmp_path))
    last = book.read()[-1]
    assert last.data["text"] == "spooled"
    assert not last.is_saved
    assert [d.id for d in book.documents("call")] == ["c-1"]
    book.start()
    try:
        await until(lambda: late_marks(book))
        (mark,) = late_marks(book)
        assert mark.data["late_time"] is None
        assert (mark.data["first_seq"], mark.data["last_seq"]) == (last.seq, last.seq)
        assert book.read(after=last.seq - 1)[0].is_saved
        assert [d.id for d in book.documents("call")] == ["c-1"]
        await until(lambda: not (tmp_path / "logbook.spool").stat().st_size)
    finally:
        await book.stop()
    assert verify_book(tmp_path).head == book.head


async def test_spooled_lines_are_written_once_however_often_it_is_tried(tmp_path: Path) -> None:
    book = Logbook.open(settings(tmp_path))
    book.start()
    await append(book, [note()])
    await stop_without_store(book)
    spool = (tmp_path / "logbook.spool").read_bytes()
    for _ in range(2):
        (tmp_path / "logbook.spool").write_bytes(spool)
        async with running(tmp_path) as book:
            await append(book, [note("again")])
    assert [e.data.get("text") for e in _read(tmp_path)].count("spooled") == 1
    assert verify_book(tmp_path).head == book.head


def _read(folder: Path) -> list[Entry]:
    store = LogbookStore(folder / "logbook.db", is_read_only=True)
    try:
        return list(store.read())
    finally:
        store.close()


async def test_a_spool_of_another_book_is_set_aside_and_told(tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    book = Logbook.open(settings(one))
    book.start()
    await append(book, notes(3))
    await stop_without_store(book)
    async with running(other) as book:
        await append(book, [note()])
    (one / "logbook.spool").rename(other / "logbook.spool")
    async with running(other) as book:
        await append(book, [note()])
        (told,) = [e for e in book.read() if e.what == "SpoolSetAside"]
        assert (other / told.data["file"]).stat().st_size
    assert verify_book(other).head == book.head


@pytest.mark.parametrize("cut", [1, 2, 40])
def test_a_torn_record_is_left_out(tmp_path: Path, cut: int) -> None:
    path = tmp_path / "logbook.spool"
    from securityline.logbook.entry import GENESIS, chain
    from securityline.logbook.spool import Spooled
    from tests.securityline.books import START

    entries = chain(notes(2), seq=0, previous=GENESIS, at=START, now=1.0)
    spool = Spool(path)
    spool.write([Spooled(entries[:1], ()), Spooled(entries[1:], ())])
    spool.close()
    os.truncate(path, path.stat().st_size - cut)
    assert [record.entries for record in Spool(path).read()] == [entries[:1]]


# ---------------------------------------------------------------- a disk that is full


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "small"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", str(folder)]
    if os.geteuid() or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("a small disk needs the right to mount one")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


async def test_on_a_full_disk_calls_go_on_and_nothing_acknowledged_is_lost(
    small_disk: Path, tmp_path: Path
) -> None:
    saved: list[Entry] = []
    async with running(small_disk, ballast=512 << 10, spool=tmp_path / "spool") as book:
        (small_disk / "filler").write_bytes(b"x" * (1200 << 10))
        for _ in range(4000):
            entries = await append(book, [note("x" * 1000)])
            if not entries[0].is_saved:
                break
            saved += entries
        assert "the disk is full; the reserve was used" in book.problems()
        assert not (await append(book, [note("still acting")]))[0].is_saved
        (small_disk / "filler").unlink()
        await until(lambda: late_marks(book))
    assert saved
    book_on_disk = {entry.seq: entry.hash for entry in _read(small_disk)}
    assert all(book_on_disk[entry.seq] == entry.hash for entry in saved)
    assert verify_book(small_disk).head == book.head


async def test_stop_does_not_wait_for_a_dead_store(tmp_path: Path) -> None:
    book = Logbook.open(settings(tmp_path))
    book.start()
    await append(book, [note()])
    with Store(book._book.store).silent():
        book.append(1.0, [note("spooled at the end")])
        async with asyncio.timeout(30):
            await book.stop(patience=0.01)
    async with running(tmp_path, silence_time=QUICK) as book:
        await append(book, [note()])
        assert "spooled at the end" in [e.data.get("text") for e in book.read()]
