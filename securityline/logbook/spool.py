"""Where lines go while the logbook's store is silent or fails: a plain file, fsynced.

One record a line of the file: `CRC32 JSON`. The file holds whole lines of the logbook,
with their numbers and hashes, so that writing them to the store later, or twice, or after
a crash in between, always gives the same book.
"""

import json
import os
import zlib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

from securityline.logbook.entry import Entry, read_time, write_time
from securityline.logbook.store import StoredDocument

FILE_NAME: Final = "logbook.spool"


class Spooled(NamedTuple):
    """One record: what one `append` wanted written."""

    entries: Sequence[Entry]
    documents: Sequence[StoredDocument]


class Spool:
    """An append-only file of records. Not for two threads at once.

    :param path: may lie on another disk than the logbook, and should.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file: int | None = None

    def write(self, records: Iterable[Spooled]) -> None:
        """Append records; when this returns they survive a power cut.

        :raises OSError: disk full or gone; none of them may be taken as written.
        """
        if self._file is None:
            self._file = self._open()
        start = os.lseek(self._file, 0, os.SEEK_END)
        data = memoryview(b"".join(_encode(record) for record in records))
        try:
            while data:
                data = data[os.write(self._file, data) :]
            os.fdatasync(self._file)
        except OSError:
            # A torn record would hide every later one from the reader.
            os.ftruncate(self._file, start)
            raise

    def _open(self) -> int:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        flags = os.O_CREAT | os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC
        file = os.open(self.path, flags, 0o600)
        folder = os.open(self.path.parent, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.fsync(folder)  # the name must survive as well as the content
        finally:
            os.close(folder)
        return file

    def read(self) -> Iterator[Spooled]:
        """Yield the records, oldest first, up to the first one that was torn by a crash.

        :raises OSError: the file is there and cannot be read.
        """
        try:
            file = self.path.open("rb")
        except FileNotFoundError:
            return
        with file:
            for line in file:
                record = _decode(line)
                if record is None:
                    return
                yield record

    def clear(self) -> None:
        """Forget every record: the store has them."""
        if self.path.exists():
            os.truncate(self.path, 0)

    def set_aside(self) -> Path:
        """Rename the file, for a person to look at; returns its new name."""
        self.close()
        number = 1
        while (aside := self.path.with_name(f"{self.path.name}.{number}")).exists():
            number += 1
        self.path.rename(aside)
        return aside

    def close(self) -> None:
        """Let go of the file."""
        if self._file is not None:
            os.close(self._file)
            self._file = None


def _encode(record: Spooled) -> bytes:
    lines = [
        [e.seq, write_time(e.at), e.now, e.incident_id, e.kind, e.what, e.text, e.hash]
        for e in record.entries
    ]
    previous = record.entries[0].previous if record.entries else ""
    text = json.dumps([previous, lines, record.documents], separators=(",", ":"))
    data = text.encode()
    return b"%08x %s\n" % (zlib.crc32(data), data)


def _decode(line: bytes) -> Spooled | None:
    crc, _, data = line.rstrip(b"\n").partition(b" ")
    if not line.endswith(b"\n") or crc != b"%08x" % zlib.crc32(data):
        return None
    previous, lines, documents = json.loads(data)
    entries = []
    for seq, at, now, incident_id, kind, what, text, hashed in lines:
        content: dict[str, Any] = json.loads(text)
        entries.append(
            Entry(
                seq=seq,
                at=read_time(at),
                now=now,
                incident_id=incident_id,
                kind=kind,
                what=what,
                data=content,
                text=text,
                previous=previous,
                hash=hashed,
            )
        )
        previous = hashed
    return Spooled(entries, [StoredDocument(*document) for document in documents])
