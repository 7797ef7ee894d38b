"""One recording on disk. Every method may wait for the disk and may raise `OSError`."""

import os
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import Final

from recordings.wav import (
    CHANNELS,
    HEADER_SIZE,
    RATE,
    SILENCE,
    Origin,
    frames_in,
    header,
    read_origin,
)

_CHUNK: Final = 65_536
_READ: Final = 2**20


class NotOurs(OSError):
    """A file stands in the recording's place that is no recording of ours; it is left alone."""


class RecordingFile:
    """A file that is playable after every block, so that a crash costs a block at most."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._number = -1
        self._origin: Origin | None = None
        self._offset = 0
        self._frames = 0

    @property
    def seconds(self) -> float:
        """Length of what is in the file."""
        return self._frames / RATE

    def open(self, origin: Origin, *, is_ending: bool = False) -> tuple[float, float] | None:
        """Create the file, or continue it if it is there.

        :param origin: of the positions that :meth:`write` will be given.
        :param is_ending: nothing will be written, so no silence up to `origin` either.
        :returns: start and length in seconds of the silence that was put between the file's
            end and the first position, when it is continued.
        :raises NotOurs: another file is there.
        """
        self._open()
        found = read_origin(os.pread(self._number, HEADER_SIZE, 0))
        size = os.fstat(self._number).st_size
        if found is None and size >= HEADER_SIZE:
            self.shut()
            raise NotOurs(f"{self._path.name} exists and is no recording")
        if found is None:
            # New, or torn while its header was written: there is no sample in it.
            self._origin, self._offset, self._frames = origin, 0, 0
            self._write_header()
            return None
        self._origin, self._frames = found, frames_in(size)
        end = self._frames
        self._offset = end if is_ending else max(end, found.frames_until(origin))
        self._fill(self._offset - end)
        return end / RATE, (self._offset - end) / RATE

    def _open(self) -> None:
        if self._number < 0:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | getattr(os, "O_NOFOLLOW", 0)
            self._number = os.open(self._path, flags, 0o640)

    def place(self, position: int) -> float:
        """Return the seconds from the file's beginning of one of our positions."""
        return (self._offset + position) / RATE

    def write(self, position: int, block: bytes) -> float:
        """Put samples of both channels at a position, silence before them where none is.

        :returns: seconds of silence that had to be filled in.
        """
        start = self._offset + position
        filled = max(0, start - self._frames)
        if filled:
            self._fill(filled)
        self._pwrite(block, HEADER_SIZE + start * CHANNELS)
        self._frames = max(self._frames, start + len(block) // CHANNELS)
        self._write_header()
        return filled / RATE

    def _fill(self, frames: int) -> None:
        at = HEADER_SIZE + self._frames * CHANNELS
        left = frames * CHANNELS
        while left > 0:
            size = min(left, _CHUNK)
            self._pwrite(SILENCE * size, at)
            at, left = at + size, left - size
        self._frames += frames

    def _pwrite(self, data: bytes, at: int) -> None:
        view = memoryview(data)
        while view:
            written = os.pwrite(self._number, view, at)
            view, at = view[written:], at + written

    def _write_header(self) -> None:
        if self._origin is not None:
            self._pwrite(header(self._origin, self._frames), 0)

    def close(self) -> str:
        """Complete the file, force it to the medium and return its SHA-256."""
        self._write_header()
        os.fsync(self._number)
        digest = sha256()
        at = 0
        while data := os.pread(self._number, _READ, at):
            digest.update(data)
            at += len(data)
        self.shut()
        _sync_folder(self._path.parent)
        return digest.hexdigest()

    def shut(self) -> None:
        """Let go of the file as it is."""
        if self._number >= 0:
            with suppress(OSError):
                os.close(self._number)
            self._number = -1


def _sync_folder(folder: Path) -> None:
    number = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)
