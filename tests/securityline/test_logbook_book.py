"""The logbook in order: nothing fails here. What fails is in `test_logbook_silence`."""

import asyncio
import json
import sqlite3
import threading
from pathlib import Path

import pytest

from securityline.logbook.anchor import LOG_FILE, AnchorKey, is_genuine, read_anchors
from securityline.logbook.book import Logbook
from securityline.logbook.document import Document
from securityline.logbook.entry import Entry
from securityline.logbook.opening import LogbookError
from securityline.logbook.store import Group
from securityline.logbook.verify import verify_book
from tests.securityline.books import append, names, note, notes, running, settings, until


async def test_lines_are_durable_when_the_engine_hears_of_them(tmp_path: Path) -> None:
    async with running(tmp_path) as book:
        entries = await append(book, notes(3))
        with sqlite3.connect(tmp_path / "logbook.db") as other:
            stored = other.execute("SELECT seq, data FROM logbook WHERE kind = 'event'")
            assert stored.fetchall() == [(e.seq, e.text) for e in entries]
        other.close()


async def test_append_returns_before_anything_is_written(tmp_path: Path) -> None:
    """The loop never waits for the disk."""
    async with running(tmp_path) as book:
        await append(book, [note()])
        release = threading.Event()
        write = book._book.store.write
        heard: list[int] = []

        def write_when_allowed(group: Group) -> None:
            release.wait()
            write(group)

        book._book.store.write = write_when_allowed  # type: ignore[method-assign]
        last = book.append(1.0, [note()], (), lambda e: heard.append(e[0].seq))
        assert last == book.head.seq
        await asyncio.sleep(0)
        assert heard == []
        release.set()
        await until(lambda: heard)


async def test_the_engine_hears_in_the_order_of_append(tmp_path: Path) -> None:
    async with running(tmp_path) as book:
        heard: list[int] = []
        for number in range(300):
            book.append(
                float(number),
                [note(str(number))],
                (),
                lambda e, n=number: heard.append(n),
                is_urgent=number % 3 == 0,
            )
        await until(lambda: len(heard) == 300)
        assert heard == list(range(300))


async def test_lines_nobody_waits_for_share_a_commit(tmp_path: Path) -> None:
    async with running(tmp_path) as book:
        await append(book, [note()])
        write = book._book.store.write
        groups: list[int] = []

        def count(group: Group) -> None:
            groups.append(len(group.entries))
            write(group)

        book._book.store.write = count  # type: ignore[method-assign]
        for _ in range(5):
            book.append(1.0, [note()], (), None, is_urgent=False)
        await append(book, [note()])
        assert groups == [6]


async def test_a_callback_that_fails_does_not_stop_the_next(tmp_path: Path) -> None:
    async with running(tmp_path) as book:

        def fail(entries: list[Entry]) -> None:
            raise RuntimeError("a bug")

        book.append(1.0, [note()], (), fail)
        assert await append(book, [note()])


async def test_a_restart_goes_on_where_the_book_stopped(tmp_path: Path) -> None:
    async with running(tmp_path) as book:
        first = await append(book, notes(2), now=5.0)
        await append(book, notes(2), now=4.0)
        head = book.head
    async with running(tmp_path) as book:
        assert book.head == head
        assert book.last_now == 4.0
        (entry,) = await append(book, [note()])
        assert entry.seq == head.seq + 1
        assert entry.previous == head.hash
        assert book.read(after=first[0].seq - 1, limit=2) == first
    assert verify_book(tmp_path).head.seq == entry.seq


async def test_reading_selects_by_line_and_incident(tmp_path: Path) -> None:
    async with running(tmp_path) as book:
        start = book.head.seq
        await append(book, [note("a", "inc-1"), note("b", "inc-2"), note("c", "inc-1")])
        assert [e.data["text"] for e in book.read(after=start + 1)] == ["b", "c"]
        assert [e.data["text"] for e in book.read(incident_id="inc-1")] == ["a", "c"]
        assert len(book.read(limit=2)) == 2
        in_thread = await asyncio.to_thread(book.read, after=start)
        assert names(in_thread) == ["NoteWritten"] * 3


async def test_documents_are_written_with_their_lines(tmp_path: Path) -> None:
    async with running(tmp_path) as book:
        data = {"call_id": "c-1", "notes": ["é"]}
        await append(
            book, [note()], [Document(kind="call", id="c-1", data=data, state="active")]
        )
        data["call_id"] = "changed afterwards"
        (document,) = book.documents("call", state="active")
        assert document.data == {"call_id": "c-1", "notes": ["é"]}
        await append(book, [], [Document(kind="call", id="c-1", data=None)])
        assert book.documents("call") == []


async def test_hostile_documents_and_names_are_written(tmp_path: Path) -> None:
    async with running(tmp_path) as book:
        bad = Document(kind="call", id="\ud800", data={"x": float("nan"), "y": "\ud800"})
        await append(book, [note("\ud800", "\udfff")], [bad])
        assert book.documents("call")[0].data == {"x": None, "y": "\ud800"}
        assert book.problems() == []


async def test_a_book_that_never_started_is_closed_with_what_it_was_told(
    tmp_path: Path,
) -> None:
    book = Logbook.open(settings(tmp_path))
    book.append(1.0, [note()])
    await book.stop()
    async with running(tmp_path) as again:
        assert [entry.what for entry in again.read()][:1] == [note()[2]]


async def test_the_newest_numbers_are_those_of_lines_and_not_only_of_cases(
    tmp_path: Path,
) -> None:
    numbers = ["", "20261121-0100", "20261122-0007", "20261122-10000", "20261122-9999", "inc-3"]
    async with running(tmp_path) as book:
        await until(lambda: bool(book.read()))  # a line of no case
        assert book.latest_incidents() == set()
        for number in numbers:
            await append(book, [note(incident_id=number)])
    async with running(tmp_path) as again:
        assert again.latest_incidents() == {
            "20261122-0007",
            "20261122-9999",
            "20261122-10000",
        }


async def test_lines_appended_before_the_start_are_written_once(tmp_path: Path) -> None:
    book = Logbook.open(settings(tmp_path))
    heard: list[Entry] = []
    book.append(1.0, notes(2), (), heard.extend)
    book.start()
    await until(lambda: len(heard) == 2)
    await until(lambda: len(book.read()) == 3)
    assert [e.seq for e in heard] == [1, 2]
    await book.stop()
    assert verify_book(tmp_path).head == book.head


async def test_what_is_in_the_directory_is_nobody_else_s(tmp_path: Path) -> None:
    async with running(tmp_path / "data") as book:
        await append(book, [note()])
        modes = {
            file.name: file.stat().st_mode & 0o077 for file in (tmp_path / "data").iterdir()
        }
    del modes["anchor.pub"]  # to be shown to auditors
    assert set(modes.values()) == {0}
    assert {"logbook.db", "logbook.db-wal", "anchor.key"} <= modes.keys()


async def test_one_engine_a_directory(tmp_path: Path) -> None:
    async with running(tmp_path):
        with pytest.raises(LogbookError, match="another engine runs"):
            Logbook.open(settings(tmp_path))


async def test_a_directory_that_cannot_be_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file")
    with pytest.raises(LogbookError, match="cannot be opened"):
        Logbook.open(settings(tmp_path / "data"))
    (tmp_path / "logbook.db").write_bytes(b"no database" * 1000)
    with pytest.raises(LogbookError, match="cannot be opened: file is not a database"):
        Logbook.open(settings(tmp_path))


# ---------------------------------------------------------------- signed heads


async def test_the_head_is_signed_at_closing(tmp_path: Path) -> None:
    async with running(tmp_path) as book:
        await append(book, notes(3))
        head = book.head
    (anchor,) = read_anchors(tmp_path / LOG_FILE)
    assert (anchor.seq, anchor.hash, anchor.reason) == (*head, "closing")
    key, is_new = AnchorKey.open(tmp_path)
    assert not is_new
    assert is_genuine(anchor, {key.fingerprint: key.public})
    assert verify_book(tmp_path).anchors == 1


async def test_the_head_is_signed_at_intervals_when_it_moved(tmp_path: Path) -> None:
    async with running(tmp_path, anchor_time=0.01) as book:
        await append(book, [note()])
        await until(lambda: len(list(read_anchors(tmp_path / LOG_FILE))) == 1)
        first = book.head.seq
        await append(book, [note()])
        await until(lambda: len(list(read_anchors(tmp_path / LOG_FILE))) == 2)
    seqs = [anchor.seq for anchor in read_anchors(tmp_path / LOG_FILE)]
    assert seqs == [first, first + 1]


async def test_a_signature_that_cannot_be_kept_is_a_problem(tmp_path: Path) -> None:
    async with running(tmp_path, anchor_log=tmp_path / "gone" / "anchors.log") as book:
        await append(book, [note()])
        book.anchor("test")
        await until(book.problems)
        assert "signature cannot be kept" in book.problems()[0]


async def test_the_key_belongs_to_its_owner_and_is_named_in_the_book(tmp_path: Path) -> None:
    async with running(tmp_path) as book:
        await append(book, [note()])
        created = book.read()[0]
        assert created.what == "AnchorKeyCreated"
        key, _ = AnchorKey.open(tmp_path)
        assert created.data == {"key": key.fingerprint, "public": key.public_text}
        assert (tmp_path / "anchor.key").stat().st_mode & 0o777 == 0o600


async def test_a_lost_key_is_replaced_and_old_signatures_still_count(tmp_path: Path) -> None:
    async with running(tmp_path) as book:
        await append(book, [note()])
    (tmp_path / "anchor.key").unlink()
    async with running(tmp_path) as book:
        await append(book, [note()])
        assert names(book.read()).count("AnchorKeyCreated") == 2
    assert verify_book(tmp_path).anchors == 2


# ---------------------------------------------------------------- what happened meanwhile


async def test_a_cut_tail_is_told_at_the_next_start(tmp_path: Path) -> None:
    async with running(tmp_path) as book:
        await append(book, notes(5))
        last = book.head.seq
    with sqlite3.connect(tmp_path / "logbook.db") as db:
        db.execute("DROP TRIGGER logbook_no_delete")
        db.execute("DELETE FROM logbook WHERE seq = ?", (last,))
    db.close()
    async with running(tmp_path) as book:
        await append(book, [note()])
        broken = [e for e in book.read() if e.what == "ChainBroken"]
        assert (
            broken[0].data["reason"].startswith(f"line {last}: missing, line {last} was signed")
        )
        assert book.problems() == [broken[0].data["reason"]]


async def test_a_changed_line_is_told_at_the_next_start(tmp_path: Path) -> None:
    async with running(tmp_path) as book:
        await append(book, notes(5))
    with sqlite3.connect(tmp_path / "logbook.db") as db:
        db.execute("DROP TRIGGER logbook_no_update")
        db.execute("UPDATE logbook SET data = ? WHERE seq = 3", (json.dumps({"a": 1}),))
    db.close()
    async with running(tmp_path) as book:
        assert book.problems() == ["line 3: not as it was written, or the one before"]


async def test_a_book_taken_away_under_the_engine_is_a_problem(tmp_path: Path) -> None:
    async with running(tmp_path) as book:
        await append(book, [note()])
        assert book.problems() == []
        (tmp_path / "logbook.db").rename(tmp_path / "elsewhere.db")
        assert "removed or replaced" in book.problems()[0]
