"""The logbook on disk: one SQLite file, append only."""

import json
import os
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple

from securityline.logbook.entry import GENESIS, Entry, read_time, write_time

FILE_NAME: Final = "logbook.db"
VERSION: Final = 1
"Of the tables. A new one comes with a migration, in `CHANGELOG.md` too."

SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS logbook (
    seq INTEGER PRIMARY KEY, at TEXT NOT NULL, now REAL NOT NULL, incident_id TEXT NOT NULL,
    kind TEXT NOT NULL, what TEXT NOT NULL, data TEXT NOT NULL, hash TEXT NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS logbook_incident ON logbook (incident_id, seq);
CREATE TRIGGER IF NOT EXISTS logbook_in_order BEFORE INSERT ON logbook
    WHEN NEW.seq IS NOT (SELECT ifnull(max(seq), 0) + 1 FROM logbook)
    BEGIN SELECT RAISE(ABORT, 'the logbook is append only, without gaps'); END;
CREATE TRIGGER IF NOT EXISTS logbook_no_update BEFORE UPDATE ON logbook
    BEGIN SELECT RAISE(ABORT, 'the logbook is append only'); END;
CREATE TRIGGER IF NOT EXISTS logbook_no_delete BEFORE DELETE ON logbook
    BEGIN SELECT RAISE(ABORT, 'the logbook is append only'); END;
CREATE TABLE IF NOT EXISTS anchors (
    seq INTEGER NOT NULL, hash TEXT NOT NULL, at TEXT NOT NULL, reason TEXT NOT NULL,
    key TEXT NOT NULL, signature TEXT NOT NULL
) STRICT;
CREATE TRIGGER IF NOT EXISTS anchors_no_update BEFORE UPDATE ON anchors
    BEGIN SELECT RAISE(ABORT, 'anchors are append only'); END;
CREATE TRIGGER IF NOT EXISTS anchors_no_delete BEFORE DELETE ON anchors
    BEGIN SELECT RAISE(ABORT, 'anchors are append only'); END;
CREATE TABLE IF NOT EXISTS documents (
    kind TEXT NOT NULL, id TEXT NOT NULL, state TEXT NOT NULL, at REAL NOT NULL,
    data TEXT NOT NULL, PRIMARY KEY (kind, id)
) STRICT;
CREATE INDEX IF NOT EXISTS documents_kind ON documents (kind);
CREATE INDEX IF NOT EXISTS documents_state ON documents (kind, state);
PRAGMA user_version = 1;
"""
HEAD_OF_CASE: Final = (
    "incident_id", "organisation", "site", "opened_at", "urgency", "kind", "state",
    "disposition", "is_silent",
)  # fmt: skip
"Of a case's document, what tells it among the others of its site."

_LINE = "(?,?,?,?,?,?,?,?)"
_LINES_A_STATEMENT: Final = 64
_INSERTS: Final = [
    f"INSERT INTO logbook VALUES {','.join([_LINE] * number)}"  # noqa: S608 - fixed text
    for number in range(_LINES_A_STATEMENT + 1)
]
_DOCUMENTS_A_STATEMENT: Final = 16
_UPSERTS: Final = [
    f"INSERT INTO documents VALUES {','.join(['(?,?,?,?,?)'] * number)}"  # noqa: S608
    " ON CONFLICT (kind, id) DO UPDATE SET"
    " state = excluded.state, at = excluded.at, data = excluded.data"
    " WHERE excluded.at >= documents.at"
    for number in range(_DOCUMENTS_A_STATEMENT + 1)
]
_READ: Final = (
    "SELECT l.seq, l.at, l.now, l.incident_id, l.kind, l.what, l.data,"
    " ifnull(p.hash, ?), l.hash FROM logbook l LEFT JOIN logbook p ON p.seq = l.seq - 1"
)


Row = tuple[int, str, float, str, str, str, str, str]
"A line as it stands in the file: seq, at, now, incident, kind, what, data, hash."


class Head(NamedTuple):
    """The last line of a book."""

    seq: int
    hash: str


class Anchor(NamedTuple):
    """A signed head: proof that the book stood so at that time."""

    seq: int
    hash: str
    at: str
    "RFC 3339, UTC."
    reason: str
    "`hourly`, `closing`, `incident`, …; not signed."
    key: str
    "Fingerprint of the public key."
    signature: str
    "Ed25519, base64."


class StoredDocument(NamedTuple):
    """A document as it stands in the file."""

    kind: str
    id: str
    state: str
    at: float
    text: str | None
    "JSON; `None` deletes the document."


class Group(NamedTuple):
    """What one transaction writes."""

    entries: Sequence[Entry]
    documents: Sequence[StoredDocument]
    anchors: Sequence[Anchor] = ()


class LogbookStore:
    """One connection to the file. Each thread that uses it needs its own.

    :param is_read_only: for readers beside the one writer; the file must exist.
    :param is_second: for a second connection of the writing process.
    :param busy_time: seconds to wait for a lock that another process holds.
    :raises sqlite3.Error: the file cannot be opened, or is no logbook.
    """

    def __init__(
        self,
        path: Path,
        *,
        is_read_only: bool = False,
        is_second: bool = False,
        busy_time: float = 0.1,
    ) -> None:
        mode = "ro" if is_read_only else "rw" if is_second else "rwc"
        if is_read_only and _is_on_a_shelf(path):
            mode = "ro&immutable=1"
        where = f"{path.absolute().as_uri()}?mode={mode}"
        self._db = sqlite3.connect(
            where, uri=True, isolation_level=None, timeout=busy_time, check_same_thread=False
        )
        if is_read_only:
            self._db.execute("PRAGMA query_only = ON")
            return
        self._db.execute("PRAGMA synchronous = FULL")
        self._db.execute("PRAGMA wal_autocheckpoint = 0")  # `Checkpointer` does it
        if not is_second:
            self._db.execute("PRAGMA journal_mode = WAL")
            self._create()

    def _create(self) -> None:
        """Make the tables; a book that has them is not written to: it may be locked."""
        version = self._db.execute("PRAGMA user_version").fetchone()[0]
        if version == 0:
            self._db.executescript(f"BEGIN IMMEDIATE; {SCHEMA} COMMIT;")
        elif version != VERSION:
            raise sqlite3.DatabaseError(f"written by another version ({version}) of the engine")

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()

    def head(self) -> Head:
        """Return number and hash of the last line, `Head(0, GENESIS)` for an empty book."""
        row = self._db.execute(
            "SELECT seq, hash FROM logbook ORDER BY seq DESC LIMIT 1"
        ).fetchone()
        return Head(*row) if row else Head(0, GENESIS)

    def write(self, group: Group) -> None:
        """Write lines, documents and anchors in one transaction.

        When this returns they survive a power cut.

        :raises sqlite3.Error: nothing of it may be taken as written.
        """
        self._db.execute("BEGIN IMMEDIATE")
        try:
            self._insert(group)
            self._db.execute("COMMIT")
        except BaseException:
            # A full disk makes SQLite roll back by itself; a second one would raise.
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise

    def _insert(self, group: Group) -> None:
        # One statement for many rows: the GIL is given up once, not once a row.
        entries = group.entries
        for start in range(0, len(entries), _LINES_A_STATEMENT):
            part = entries[start : start + _LINES_A_STATEMENT]
            self._db.execute(_INSERTS[len(part)], _line_values(part))
        latest = {(d.kind, d.id): d for d in group.documents}
        kept = [d for d in latest.values() if d.text is not None]
        for start in range(0, len(kept), _DOCUMENTS_A_STATEMENT):
            some = kept[start : start + _DOCUMENTS_A_STATEMENT]
            self._db.execute(_UPSERTS[len(some)], [value for d in some for value in d])
        gone = [key for key, d in latest.items() if d.text is None]
        if gone:
            self._db.executemany("DELETE FROM documents WHERE kind = ? AND id = ?", gone)
        if group.anchors:
            self._db.executemany("INSERT INTO anchors VALUES (?,?,?,?,?,?)", group.anchors)

    def checkpoint(self) -> None:
        """Move what the write-ahead log holds into the database file; hinders nobody."""
        self._db.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()

    def read(
        self, *, after: int = 0, limit: int = -1, incident_id: str | None = None
    ) -> Iterator[Entry]:
        """Yield lines that follow line `after`, in order; all incidents or one."""
        where, values = " WHERE l.seq > ?", [GENESIS, after]
        if incident_id is not None:
            where += " AND l.incident_id = ?"
            values.append(incident_id)
        rows = self._db.execute(f"{_READ}{where} ORDER BY l.seq LIMIT ?", (*values, limit))
        for seq, at, now, incident, kind, what, text, previous, hashed in rows:
            data: Mapping[str, Any] = json.loads(text)
            yield Entry(
                seq, read_time(at), now, incident, kind, what, data, text, previous, hashed
            )

    def latest_incidents(self) -> set[str]:
        """Return the numbers of incidents that begin as the last of them, in order of text.

        Numbers begin with their day (`20261122-0042`): those of the newest day.
        """
        among, limit = "FROM logbook WHERE incident_id", ":"  # which follows the digits
        last = self._db.execute(
            f"SELECT max(incident_id) {among} < ?",
            (limit,),
        ).fetchone()[0]
        day = (last or "").partition("-")[0]
        found = self._db.execute(
            f"SELECT DISTINCT incident_id {among} BETWEEN ? AND ?",
            (day, limit),
        )
        return {row[0] for row in found}

    def rows(self, *, after: int = 0, limit: int = -1) -> Iterator[Row]:
        """Return lines as they stand in the file, untouched, for checking."""
        return self._db.execute(
            "SELECT * FROM logbook WHERE seq > ? ORDER BY seq LIMIT ?", (after, limit)
        )

    def hash_of(self, seq: int) -> str | None:
        """Return the hash of one line; `None` when there is no such line."""
        row = self._db.execute("SELECT hash FROM logbook WHERE seq = ?", (seq,)).fetchone()
        return str(row[0]) if row else None

    def last_now(self) -> float:
        """Return the latest engine time in the book, 0 for an empty one."""
        row = self._db.execute("SELECT now FROM logbook ORDER BY seq DESC LIMIT 1").fetchone()
        return float(row[0]) if row else 0.0

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """Let all that is read inside see the book as it stands now."""
        self._db.execute("BEGIN")
        try:
            yield
        finally:
            self._db.execute("COMMIT")

    def documents(
        self,
        kind: str,
        *,
        state: str | None = None,
        id: str | None = None,
        limit: int = 1000,
    ) -> list[StoredDocument]:
        """Return documents of one kind, the newest first."""
        query, values = "SELECT * FROM documents WHERE kind = ?", [kind]
        for column, value in (("state", state), ("id", id)):
            if value is not None:
                query += f" AND {column} = ?"
                values.append(value)
        rows = self._db.execute(f"{query} ORDER BY rowid DESC LIMIT ?", (*values, limit))
        return [StoredDocument(*row) for row in rows]

    def case_heads(self, after: int = 0, limit: int = 1000) -> list[tuple[int, dict[str, Any]]]:
        """Return what a list of earlier cases needs of each, cut out by the database.

        :param after: the number that the last one of the page before came with.
        :return: number and the fields of `HEAD_OF_CASE`, in the order of these numbers.
        """
        fields = ", ".join(f"json_extract(data, '$.{name}')" for name in HEAD_OF_CASE)
        rows = self._db.execute(
            f"SELECT rowid, {fields} FROM documents"  # noqa: S608 - names of ours
            " WHERE kind = 'incident' AND rowid > ? ORDER BY rowid LIMIT ?",
            (after, limit),
        )
        return [
            (row[0], dict(zip(HEAD_OF_CASE, row[1:], strict=True))) for row in rows.fetchall()
        ]

    def anchors(self) -> list[Anchor]:
        """Return every signed head, oldest first."""
        return [
            Anchor(*row) for row in self._db.execute("SELECT * FROM anchors ORDER BY rowid")
        ]


def _line_values(entries: Sequence[Entry]) -> list[object]:
    values: list[object] = []
    at, moment = None, ""
    for e in entries:
        if e.at is not at:  # lines of one append share it
            at, moment = e.at, write_time(e.at)
        values += (e.seq, moment, e.now, e.incident_id, e.kind, e.what, e.text, e.hash)
    return values


def _is_on_a_shelf(path: Path) -> bool:
    """Tell whether this is a closed copy that nobody, not even SQLite, can write beside."""
    has_log = path.with_name(f"{path.name}-wal").exists()
    return not has_log and not os.access(path.parent, os.W_OK)
