"""Checking recordings: every file against the hash that the book has of it."""

from pathlib import Path

from recordings.store import RecordingStore
from securityline.logbook.store import FILE_NAME, LogbookStore


def changed_recordings(data: Path, folder: Path) -> list[str]:
    """Say of each recording that ended whether its file is changed or gone; empty: none is.

    :param data: the data directory, whose book is whole: see `verify_book`.
    :param folder: where the recordings lie.
    """
    hashes: dict[str, tuple[int, str]] = {}
    book = LogbookStore(data / FILE_NAME, is_read_only=True, busy_time=5.0)
    try:
        for entry in book.read():
            recording_id = str(entry.data.get("recording_id", ""))
            if entry.what == "RecordingEnded" and entry.data.get("sha256"):
                hashes[recording_id] = entry.seq, str(entry.data["sha256"])
            elif entry.what == "RecordingStarted":  # goes on: the old hash is of a part
                hashes.pop(recording_id, None)
    finally:
        book.close()
    store = RecordingStore(folder)
    found = []
    for recording_id, (seq, expected) in hashes.items():
        try:
            if store.is_unchanged(recording_id, expected):
                continue
            wrong = "is not what was recorded"
        except FileNotFoundError:
            wrong = "is gone"
        except OSError as error:
            wrong = f"cannot be read: {error}"
        found.append(f"recording {recording_id} (line {seq}): {wrong}")
    return found
