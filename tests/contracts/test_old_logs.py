"""Logbooks of earlier versions stay readable, verifiable and replayable.

`old_logs/N/` holds the tables and the lines of a logbook as version N of the file wrote
them. They are never changed; a new version adds a folder.
"""

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from callflows import events
from callflows.codec import decode
from callflows.events import Event
from callflows.switchboard import Switchboard
from securityline.logbook.document import Document
from securityline.logbook.entry import Entry
from securityline.logbook.store import LogbookStore
from securityline.logbook.verify import verify_entries, verify_rows
from securityline.recovery import recover

OLD = Path(__file__).parent / "old_logs"
VERSIONS = sorted(path.name for path in OLD.iterdir())
COLUMNS = ("seq", "at", "now", "incident_id", "kind", "what", "data", "hash")


@pytest.fixture(params=VERSIONS)
def old(request: pytest.FixtureRequest) -> Path:
    return OLD / str(request.param)


@pytest.fixture
def book(old: Path, tmp_path: Path) -> LogbookStore:
    """The old file, as it stood on that disk, opened by today's code."""
    path = tmp_path / "logbook.db"
    with closing(sqlite3.connect(path)) as db:
        db.executescript((old / "schema.sql").read_text())
        rows = [[line[name] for name in COLUMNS] for line in lines(old)]
        db.executemany(f"INSERT INTO logbook VALUES ({','.join('?' * len(COLUMNS))})", rows)
        db.commit()
    return LogbookStore(path)


def lines(old: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (old / "lines.jsonl").read_text().split("\n") if line]


class Reader:
    """What recovery reads, over an old store."""

    def __init__(self, store: LogbookStore) -> None:
        self._store = store
        self.head = store.head()

    def read(
        self, after: int = 0, limit: int = 1000, incident_id: str | None = None
    ) -> list[Entry]:
        return list(self._store.read(after=after, limit=limit, incident_id=incident_id))

    def documents(self, kind: str, **_: Any) -> list[Document]:
        return []


def test_an_old_log_verifies(book: LogbookStore, old: Path) -> None:
    with closing(book):
        head = verify_rows(book.rows())
        assert head == book.head() == (lines(old)[-1]["seq"], lines(old)[-1]["hash"])
        assert verify_entries(book.read()) == head


def test_every_event_of_an_old_log_can_be_read(book: LogbookStore) -> None:
    with closing(book):
        for entry in book.read():
            if entry.kind == "event":
                assert isinstance(decode(entry.what, entry.data), Event)


def test_an_old_log_replays_to_the_state_it_had(book: LogbookStore, old: Path) -> None:
    with closing(book):
        recovered = recover(Reader(book), Switchboard, Switchboard.from_state)
    board = recovered.switchboard
    assert recovered.skipped == 0
    assert recovered.replayed == sum(line["kind"] == "event" for line in lines(old))
    if old.name != "1":
        return
    assert {key: case.state.value for key, case in board.incidents.items()} == {
        "inc-call-1": "closed",
        "inc-call-2": "open",
        "inc-call-3": "open",
    }
    assert board.incidents["inc-call-1"].disposition == "services_called"  # type: ignore[index]
    assert [note.text for note in board.incidents["inc-call-1"].notes] == ["crie; \u2028 <b>"]  # type: ignore[index]
    assert [call.call_id for call in board.waiting()] == ["call-2"]


def test_old_logs_hold_every_event_there_is() -> None:
    """So that an event that is renamed, or a field that loses its default, breaks them.

    For a new kind of event: `python -m tests.contracts.write_old_log` and a new folder.
    """
    known = {line["what"] for version in VERSIONS for line in lines(OLD / version)}
    missing = {
        name
        for name, kind in vars(events).items()
        if isinstance(kind, type) and issubclass(kind, Event) and kind is not Event
    } - known
    assert not missing
