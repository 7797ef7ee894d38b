"""Checking a book: the chain line by line, the signed heads, the spool beside it."""

import sqlite3
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final, NamedTuple

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from securityline.logbook import anchor as anchors
from securityline.logbook.entry import GENESIS, Entry, hash_line, write_time
from securityline.logbook.store import FILE_NAME, Anchor, Head, LogbookStore, Row

START: Final = Head(0, GENESIS)
"Head of an empty book."


class BrokenChain(Exception):
    """The logbook is not what was written; names the first line that shows it."""


class Verdict(NamedTuple):
    """A book that is whole."""

    head: Head
    anchors: int
    "Signatures that were checked."


def verify_rows(rows: Iterable[Row], head: Head = START) -> Head:
    """Check lines that follow `head`, oldest first, straight from the file.

    :return: the head after them.
    :raises BrokenChain: naming the first line that is missing or not as it was written.
    """
    last, previous = head
    try:
        for seq, at, now, incident_id, kind, what, text, hashed in rows:
            if seq != last + 1:
                raise BrokenChain(f"line {last + 1}: missing, line {seq} follows")
            if hashed != hash_line(seq, at, now, incident_id, kind, what, text, previous):
                raise BrokenChain(f"line {seq}: not as it was written, or the one before")
            last, previous = seq, hashed
    except sqlite3.DatabaseError as error:
        raise BrokenChain(f"line {last + 1}: cannot be read: {error}") from error
    return Head(last, previous)


def verify_entries(entries: Iterable[Entry], head: Head = START) -> Head:
    """Check lines that were read before; see `verify_rows`."""
    return verify_rows(
        (
            (e.seq, write_time(e.at), e.now, e.incident_id, e.kind, e.what, e.text, e.hash)
            for e in entries
        ),
        head,
    )


def check_tail(store: LogbookStore, lines: int) -> None:
    """Check the last lines of a book.

    :raises BrokenChain: naming the first bad one.
    """
    last = store.head().seq
    start = max(last - lines, 0)
    if start == 0:
        verify_rows(store.rows())
        return
    first = next(iter(store.rows(after=start - 1, limit=1)), None)
    if first is None or first[0] != start:
        raise BrokenChain(f"line {start}: missing")
    verify_rows(store.rows(after=start), Head(start, first[-1]))


def check_anchors(
    store: LogbookStore, known: Iterable[Anchor], keys: Mapping[str, Ed25519PublicKey]
) -> int:
    """Compare signed heads with the lines they name; returns how many there were.

    :raises BrokenChain: a signature is not genuine, or the book is not the signed one.
    """
    count = 0
    for anchor in sorted(set(known)):
        if not anchors.is_genuine(anchor, keys):
            raise BrokenChain(f"line {anchor.seq}: its signature of {anchor.at} is not genuine")
        hashed = store.hash_of(anchor.seq)
        if hashed is None:
            last = store.head().seq
            raise BrokenChain(
                f"line {last + 1}: missing, line {anchor.seq} was signed at {anchor.at}"
            )
        if hashed != anchor.hash:
            raise BrokenChain(f"line {anchor.seq}: not the one that was signed at {anchor.at}")
        count += 1
    return count


def verify_book(
    folder: Path, *, anchor_log: Path | None = None, public_keys: Path | None = None
) -> Verdict:
    """Check a whole data directory, also while an engine writes to it.

    :param anchor_log: the copy of `anchors.log` that was kept elsewhere.
    :param public_keys: the copy of `anchor.pub` that was kept elsewhere.
    :raises BrokenChain: naming the first bad line.
    :raises OSError: there is no book.
    :raises sqlite3.Error: the file is damaged.
    """
    path = folder / FILE_NAME
    if not path.exists():
        raise FileNotFoundError(f"{path}: no such logbook")
    log = anchor_log or folder / anchors.LOG_FILE
    # Read before the lines: an anchor made meanwhile names a line that is not seen.
    known = list(anchors.read_anchors(log))
    keys = anchors.read_public_keys(public_keys or folder / anchors.PUBLIC_FILE)
    store = LogbookStore(path, is_read_only=True, busy_time=5.0)
    try:
        with store.snapshot():
            known += store.anchors()
            head = verify_rows(store.rows())
            return Verdict(head, check_anchors(store, known, keys))
    finally:
        store.close()
