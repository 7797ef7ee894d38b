"""Opening a book: one engine at a time, the spool written back, the end of it checked."""

import fcntl
import os
import sqlite3
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from securityline.logbook import anchor as anchors
from securityline.logbook.anchor import AnchorKey
from securityline.logbook.ballast import Ballast
from securityline.logbook.entry import Line
from securityline.logbook.lateness import Lateness
from securityline.logbook.spool import FILE_NAME as SPOOL_FILE
from securityline.logbook.spool import Spool, Spooled
from securityline.logbook.store import FILE_NAME, Head, LogbookStore
from securityline.logbook.verify import BrokenChain, check_anchors, check_tail

LOCK_FILE: Final = "logbook.lock"
TAIL_LINES: Final = 2_000
"Lines at the end of the book that are checked at every start; `verify-log` checks all."


class LogbookError(Exception):
    """The logbook cannot be opened; the text says what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogbookSettings:
    """Where the logbook lies and how it is kept."""

    folder: Path
    spool: Path | None = None
    "File for lines while the store fails; better on another disk. Default: in `folder`."
    anchor_log: Path | None = None
    "File for signed heads; better where the engine can only append. Default: in `folder`."
    anchor_time: float = 300.0
    "Seconds between two signatures of the head."
    ballast: int = 256 * 2**20
    "Octets kept in reserve for a full disk."
    silence_time: float = 0.2
    "Seconds without a word from the store, after which the engine acts without it."


@dataclass(slots=True, kw_only=True)
class OpenBook:
    """An opened book, before anything new is written to it."""

    settings: LogbookSettings
    store: LogbookStore
    spool: Spool
    key: AnchorKey
    ballast: Ballast
    lock: int
    anchor_log: Path
    inode: int
    head: Head
    "Number and hash of the last line, which may be one in the spool."
    spooled: list[Spooled] = field(default_factory=list)
    "What the last run acted upon and could not write; the first thing to write now."
    lateness: Lateness | None = None
    "The lines in the spool."
    lines: list[Line] = field(default_factory=list)
    "What opening it brought to light, to be written first."
    defect: str = ""
    "Why the book is not what was signed, for people; empty when it is."

    @property
    def path(self) -> Path:
        """The database file."""
        return self.settings.folder / FILE_NAME

    def is_replaced(self) -> bool:
        """Tell whether the file's name now leads elsewhere: what is written is lost."""
        try:
            return self.path.stat().st_ino != self.inode
        except OSError:
            return True


def open_book(settings: LogbookSettings) -> OpenBook:
    """Open a data directory's book, or start one.

    :raises LogbookError: another engine has it, or it cannot be written.
    """
    folder = settings.folder
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock = _lock(folder / LOCK_FILE)
        ballast = Ballast(folder, settings.ballast)
        # Made here, for its permissions: SQLite gives its other files the same.
        os.close(os.open(folder / FILE_NAME, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600))
        store = _open_store(folder / FILE_NAME, ballast)
        key, is_new_key = AnchorKey.open(folder)
    except (OSError, sqlite3.Error, ValueError) as error:
        raise LogbookError(f"{folder}: the logbook cannot be opened: {error}") from error
    book = OpenBook(
        settings=settings,
        store=store,
        spool=Spool(settings.spool or folder / SPOOL_FILE),
        key=key,
        ballast=ballast,
        lock=lock,
        anchor_log=settings.anchor_log or folder / anchors.LOG_FILE,
        inode=(folder / FILE_NAME).stat().st_ino,
        head=store.head(),
    )
    ballast.take_on()
    if is_new_key:
        data = {"key": key.fingerprint, "public": key.public_text}
        book.lines.append(("note", "", "AnchorKeyCreated", data))
    _read_spool(book)
    _check_end(book)
    return book


def _lock(path: Path) -> int:
    lock = os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        raise LogbookError(f"{path.parent}: another engine runs on this directory") from None
    return lock


def _open_store(path: Path, ballast: Ballast) -> LogbookStore:
    try:
        return LogbookStore(path, busy_time=5.0)
    except sqlite3.Error:
        if not ballast.drop():
            raise
        return LogbookStore(path, busy_time=5.0)


def _read_spool(book: OpenBook) -> None:
    """Find what the last run could only spool. It is written like any other line."""
    lateness = Lateness(None, "spooled before the restart")
    try:
        for record in book.spool.read():
            lateness.add(record.entries)
            entries = [entry for entry in record.entries if entry.seq > book.head.seq]
            if entries and Head(entries[0].seq - 1, entries[0].previous) != book.head:
                reason = f"line {entries[0].seq} does not follow line {book.head.seq}"
                _set_aside(book, reason)
                break
            if entries or not record.entries:
                book.spooled.append(Spooled(entries, record.documents))
            if entries:
                book.head = Head(entries[-1].seq, entries[-1].hash)
    except (OSError, ValueError, TypeError) as error:
        _set_aside(book, str(error))
    if lateness.lines:
        book.lateness = lateness


def _set_aside(book: OpenBook, reason: str) -> None:
    """Keep a spool that does not fit the book for a person to look at."""
    try:
        data = {"file": book.spool.set_aside().name, "reason": reason}
    except OSError as error:
        book.defect = f"{book.spool.path}: {reason}; it cannot be set aside: {error}"
        return
    book.lines.append(("note", "", "SpoolSetAside", data))


def _check_end(book: OpenBook) -> None:
    """Look for a cut tail and for changes near the end; calls go on, but people are told."""
    try:
        check_tail(book.store, TAIL_LINES)
        keys = anchors.read_public_keys(book.settings.folder / anchors.PUBLIC_FILE)
        known = [*book.store.anchors(), *anchors.read_anchors(book.anchor_log)]
        check_anchors(book.store, known[-50:], keys)
    except BrokenChain as error:
        book.defect = str(error)
        book.lines.append(("note", "", "ChainBroken", {"reason": str(error)}))
    except (OSError, sqlite3.Error) as error:
        book.defect = f"the end of the logbook cannot be checked: {error}"
