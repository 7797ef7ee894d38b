import base64
import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from securityline.logbook import verify
from securityline.logbook.anchor import (
    LOG_FILE,
    PUBLIC_FILE,
    AnchorKey,
    fingerprint,
    is_genuine,
    read_anchors,
    read_public_keys,
)
from securityline.logbook.entry import hash_line
from securityline.logbook.store import Anchor, Head, LogbookStore
from securityline.logbook.verify import BrokenChain, check_tail, verify_book
from tests.securityline.books import append, notes, running


@pytest.fixture
async def folder(tmp_path: Path) -> Path:
    """A closed book of 21 lines, signed at line 11 and at the end."""
    async with running(tmp_path) as book:
        await append(book, notes(10))
        book.anchor("test")
        await append(book, notes(10))
    return tmp_path


def tamper(folder: Path, *statements: str) -> None:
    with closing(sqlite3.connect(folder / "logbook.db")) as db:
        for trigger in ("logbook_no_update", "logbook_no_delete", "logbook_in_order"):
            db.execute(f"DROP TRIGGER {trigger}")
        for trigger in ("anchors_no_update", "anchors_no_delete"):
            db.execute(f"DROP TRIGGER {trigger}")
        for statement in statements:
            db.execute(statement)
        db.commit()


def rewrite(folder: Path, first: int) -> None:
    """Change a line and give every later one the hash that it then should have."""
    with closing(sqlite3.connect(folder / "logbook.db")) as db:
        for trigger in ("logbook_no_update",):
            db.execute(f"DROP TRIGGER {trigger}")
        db.execute("UPDATE logbook SET data = '{}' WHERE seq = ?", (first,))
        rows = db.execute("SELECT * FROM logbook ORDER BY seq").fetchall()
        previous = verify.START.hash
        for seq, at, now, incident, kind, what, text, _ in rows:
            previous = hash_line(seq, at, now, incident, kind, what, text, previous)
            db.execute("UPDATE logbook SET hash = ? WHERE seq = ?", (previous, seq))
        db.commit()


def test_a_whole_book_verifies(folder: Path) -> None:
    verdict = verify_book(folder)
    assert verdict.head.seq == 21
    assert verdict.anchors == 2


@pytest.mark.parametrize(
    ("statement", "line"),
    [
        ("UPDATE logbook SET data = '{}' WHERE seq = 1", 1),
        ("UPDATE logbook SET at = '2020-01-01T00:00:00.000Z' WHERE seq = 5", 5),
        ("UPDATE logbook SET now = now + 0.001 WHERE seq = 21", 21),
        ("UPDATE logbook SET hash = upper(hash) WHERE seq = 7", 7),
        ("UPDATE logbook SET kind = 'note' WHERE seq = 8", 8),
        ("UPDATE logbook SET incident_id = '' WHERE seq = 9", 9),
        ("DELETE FROM logbook WHERE seq = 6", 6),
        ("DELETE FROM logbook WHERE seq = 1", 1),
        ("DELETE FROM logbook WHERE seq > 15", 16),
        ("DELETE FROM logbook", 1),
        ("UPDATE logbook SET seq = 99 WHERE seq = 21", 21),
    ],
)
def test_the_first_bad_line_is_named(folder: Path, statement: str, line: int) -> None:
    tamper(folder, statement)
    with pytest.raises(BrokenChain, match=rf"^line {line}: "):
        verify_book(folder)


def test_a_book_written_anew_is_not_the_signed_one(folder: Path) -> None:
    rewrite(folder, 4)
    with pytest.raises(BrokenChain, match=r"^line 11: not the one that was signed"):
        verify_book(folder)


def test_signatures_cut_out_of_the_book_are_missed(folder: Path) -> None:
    tamper(folder, "DELETE FROM anchors", "DELETE FROM logbook WHERE seq > 11")
    with pytest.raises(BrokenChain, match=r"^line 12: missing, line 21 was signed"):
        verify_book(folder)


def test_a_copy_of_the_signatures_kept_elsewhere_finds_what_the_folder_hides(
    folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    copy = tmp_path_factory.mktemp("elsewhere") / LOG_FILE
    copy.write_bytes((folder / LOG_FILE).read_bytes())
    tamper(folder, "DELETE FROM anchors", "DELETE FROM logbook WHERE seq > 11")
    (folder / LOG_FILE).unlink()
    assert verify_book(folder).head.seq == 11
    with pytest.raises(BrokenChain, match=r"^line 12: missing"):
        verify_book(folder, anchor_log=copy)


def test_a_signature_by_another_key_does_not_count(folder: Path) -> None:
    keys = folder / PUBLIC_FILE
    stranger = AnchorKey(Ed25519PrivateKey.generate())
    anchor = stranger.sign(Head(3, "a" * 64), "2026-01-01T00:00:00.000Z", "forged")
    with (folder / LOG_FILE).open("a") as file:
        file.write(json.dumps(anchor._asdict()) + "\n")
    with pytest.raises(BrokenChain, match=r"^line 3: its signature of .* is not genuine"):
        verify_book(folder, public_keys=keys)


def change(field: str, value: object) -> Callable[[Anchor], Anchor]:
    return lambda anchor: anchor._replace(**{field: value})


@pytest.mark.parametrize(
    "forge",
    [
        change("seq", 4),
        change("hash", "b" * 64),
        change("at", "2027-01-01T00:00:00.000Z"),
        change("key", "0" * 16),
        change("signature", "no base64 é"),
        change("signature", base64.b64encode(b"x" * 64).decode()),
    ],
)
def test_a_signature_covers_line_hash_and_time(
    folder: Path, forge: Callable[[Anchor], Anchor]
) -> None:
    keys = read_public_keys(folder / PUBLIC_FILE)
    anchor = next(read_anchors(folder / LOG_FILE))
    assert is_genuine(anchor, keys)
    assert not is_genuine(forge(anchor), keys)


@pytest.mark.parametrize("line", ["{}", "[]", "null", "garbage", '{"seq": "x"}', "é\x00"])
def test_a_foreign_line_among_the_signatures_is_found(folder: Path, line: str) -> None:
    with (folder / LOG_FILE).open("a") as file:
        file.write(line + "\n")
    with pytest.raises(BrokenChain, match="not genuine"):
        verify_book(folder)


def test_a_torn_last_signature_is_what_a_crash_leaves(folder: Path) -> None:
    with (folder / LOG_FILE).open("a") as file:
        file.write('{"seq": 3, "ha')
    assert verify_book(folder).anchors == 2


def test_what_is_no_key_signs_nothing(tmp_path: Path) -> None:
    key = Ed25519PrivateKey.generate().public_key()
    text = base64.b64encode(key.public_bytes_raw()).decode()
    (tmp_path / "keys").write_text(f"0000 {text}\n\nnonsense\n{fingerprint(key)} {text}\n")
    assert list(read_public_keys(tmp_path / "keys")) == [fingerprint(key)]
    assert read_public_keys(tmp_path / "none") == {}


def test_no_book_is_no_book(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        verify_book(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_the_tail_is_checked_from_any_place(folder: Path) -> None:
    with closing(LogbookStore(folder / "logbook.db")) as store:
        for lines in (1, 5, 20, 21, 22, 1000):
            check_tail(store, lines)
    tamper(folder, "UPDATE logbook SET data = '{}' WHERE seq = 10")
    with closing(LogbookStore(folder / "logbook.db", is_read_only=True)) as store:
        check_tail(store, 11)
        with pytest.raises(BrokenChain, match=r"^line 10: "):
            check_tail(store, 12)


async def test_a_book_is_verified_while_it_is_written(tmp_path: Path) -> None:
    async with running(tmp_path, anchor_time=0.001) as book:
        for _ in range(20):
            await append(book, notes(5))
            verify_book(tmp_path)


def test_a_copy_on_a_shelf_is_verified_too(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder that nobody can write to: SQLite's own files cannot stand beside the book."""
    monkeypatch.setattr("os.access", lambda path, mode: False)
    before = sorted(file.name for file in folder.iterdir())
    assert verify_book(folder).head.seq == 21
    assert sorted(file.name for file in folder.iterdir()) == before
