import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from securityline.logbook.entry import GENESIS, Entry, chain
from securityline.logbook.store import Anchor, Group, Head, LogbookStore, StoredDocument
from tests.securityline.books import START, note, notes


@pytest.fixture
def store(tmp_path: Path) -> Iterator[LogbookStore]:
    with closing(LogbookStore(tmp_path / "logbook.db")) as store:
        yield store


def entries(count: int) -> list[Entry]:
    return chain(notes(count), seq=0, previous=GENESIS, at=START, now=1.5)


def test_what_is_written_is_read_back_exactly(store: LogbookStore) -> None:
    written = entries(200)
    store.write(Group(written, ()))
    assert list(store.read()) == written
    assert store.head() == Head(200, written[-1].hash)
    assert list(store.read(after=197)) == written[197:]
    assert list(store.read(after=10, limit=2)) == written[10:12]


def test_an_empty_book_has_a_head_too(store: LogbookStore) -> None:
    assert store.head() == Head(0, GENESIS)
    assert list(store.read()) == []
    assert store.last_now() == 0.0


def test_one_incident_is_read_alone_with_its_place_in_the_chain(store: LogbookStore) -> None:
    lines = [note("a", "inc-1"), note("b", "inc-2"), note("c", "inc-1")]
    written = chain(lines, seq=0, previous=GENESIS, at=START, now=1.5)
    store.write(Group(written, ()))
    assert list(store.read(incident_id="inc-1")) == [written[0], written[2]]


@pytest.mark.parametrize(
    "attack",
    [
        "UPDATE logbook SET data = '{}' WHERE seq = 1",
        "DELETE FROM logbook WHERE seq = 3",
        "INSERT OR REPLACE INTO logbook SELECT 2, at, now, '', kind, what, data, hash"
        " FROM logbook WHERE seq = 1",
        "INSERT INTO logbook SELECT 9, at, now, '', kind, what, data, hash"
        " FROM logbook WHERE seq = 1",
        "UPDATE anchors SET hash = ''",
        "DELETE FROM anchors",
    ],
)
def test_lines_and_anchors_are_append_only(store: LogbookStore, attack: str) -> None:
    anchor = Anchor(3, "h", "2026-01-01T03:00:00.000Z", "closing", "k", "s")
    store.write(Group(entries(3), (), [anchor]))
    before = list(store.read())
    with pytest.raises(sqlite3.IntegrityError, match="append only"):
        store._db.execute(attack)
    assert list(store.read()) == before
    assert store.anchors() == [anchor]


def test_a_group_is_written_wholly_or_not_at_all(store: LogbookStore) -> None:
    good = entries(2)
    document = StoredDocument("call", "c-1", "active", 1.0, "{}")
    with pytest.raises(sqlite3.IntegrityError):
        store.write(Group([*good, good[0]], [document]))
    assert store.head().seq == 0
    assert store.documents("call") == []
    store.write(Group(good, [document]))
    assert store.head().seq == 2


def test_a_document_is_replaced_deleted_and_never_by_an_older_one(store: LogbookStore) -> None:
    def put(text: str | None, at: float, state: str = "active") -> None:
        store.write(Group((), [StoredDocument("call", "c-1", state, at, text)]))

    put('{"v":1}', 1.0)
    put('{"v":2}', 2.0, "ended")
    put('{"v":1}', 1.0)
    assert store.documents("call") == [StoredDocument("call", "c-1", "ended", 2.0, '{"v":2}')]
    assert store.documents("call", state="active") == []
    assert store.documents("call", id="c-2") == []
    put(None, 3.0)
    assert store.documents("call") == []


def test_documents_come_newest_first_and_limited(store: LogbookStore) -> None:
    documents = [StoredDocument("call", f"c-{n}", "active", float(n), "{}") for n in range(5)]
    store.write(Group((), documents))
    store.write(Group((), [documents[1]._replace(at=9.0)]))
    assert [d.id for d in store.documents("call", limit=2)] == ["c-4", "c-3"]
    assert [d.id for d in store.documents("call", state="active")][-1] == "c-0"
    assert store.documents("incident") == []


def test_the_last_of_several_versions_in_one_group_counts(store: LogbookStore) -> None:
    store.write(
        Group(
            (),
            [
                StoredDocument("call", "c-1", "", 1.0, '{"v":1}'),
                StoredDocument("call", "c-1", "", 1.0, '{"v":2}'),
            ],
        )
    )
    assert [d.text for d in store.documents("call")] == ['{"v":2}']


def test_a_reader_writes_nothing_and_needs_a_book(store: LogbookStore, tmp_path: Path) -> None:
    with (
        closing(LogbookStore(tmp_path / "logbook.db", is_read_only=True)) as reader,
        pytest.raises(sqlite3.OperationalError),
    ):
        reader.write(Group(entries(1), ()))
    with pytest.raises(sqlite3.OperationalError):
        LogbookStore(tmp_path / "other.db", is_read_only=True)
    assert not (tmp_path / "other.db").exists()


def test_a_path_with_odd_characters_is_a_path(tmp_path: Path) -> None:
    path = tmp_path / "a?mode=memory&b #1 %41.db"
    with closing(LogbookStore(path)) as store:
        store.write(Group(entries(1), ()))
    assert path.exists()


def test_what_is_not_a_logbook_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "logbook.db"
    path.write_bytes(b"not a database" * 100)
    with pytest.raises(sqlite3.DatabaseError):
        LogbookStore(path)


def test_commits_are_fsynced(store: LogbookStore) -> None:
    """2 is FULL: in WAL mode a commit returns after the log reached the disk."""
    assert store._db.execute("PRAGMA synchronous").fetchone() == (2,)
    assert store._db.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_a_checkpoint_beside_the_writer_hinders_neither(
    store: LogbookStore, tmp_path: Path
) -> None:
    store.write(Group(entries(100), ()))
    with closing(LogbookStore(tmp_path / "logbook.db", is_second=True)) as second:
        store._db.execute("BEGIN IMMEDIATE")
        second.checkpoint()
        store._db.execute("COMMIT")
        assert second.head() == store.head()


def test_a_book_of_a_later_version_is_left_alone(store: LogbookStore, tmp_path: Path) -> None:
    store._db.execute("PRAGMA user_version = 99")
    with pytest.raises(sqlite3.DatabaseError, match="another version"):
        LogbookStore(tmp_path / "logbook.db")


def test_a_locked_book_can_be_opened(store: LogbookStore, tmp_path: Path) -> None:
    store._db.execute("BEGIN IMMEDIATE")
    with closing(LogbookStore(tmp_path / "logbook.db", busy_time=0.0)) as second:
        assert second.head() == store.head()
    store._db.execute("ROLLBACK")
