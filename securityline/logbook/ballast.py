"""A file of nothing, given up when the disk is full, so that the last lines fit."""

import os
import threading
from contextlib import suppress
from pathlib import Path
from typing import Final

import structlog

FILE_NAME: Final = "ballast"
MIB: Final = 2**20
SHARE: Final = 4
"The reserve is at most one part in so many of the room there is: the rest is for lines."
SMALLEST: Final = MIB
"Octets below which a reserve is none: some hundred lines."

log = structlog.get_logger()


class Ballast:
    """Reserve disk space in a data directory. The file stays from one start to the next.

    :param size: octets; 0 for none.
    """

    def __init__(self, folder: Path, size: int) -> None:
        self._path = folder / FILE_NAME
        self._size = size
        self._lock = threading.Lock()
        "The writer gives it up, another thread takes it on."
        self._held = 0
        self.is_used = False

    def take_on(self) -> bool:
        """Reserve the space, or as much as a small disk has to spare; tell whether it is all.

        Quick where the file system can reserve without writing (ext4, XFS, Btrfs). Elsewhere
        every block is written, which takes a disk its time, once.
        """
        with self._lock:
            before, self._held = self._held, self._on_disk()
            if self._held < self._size:
                self._grow()
            if self._held:
                self.is_used = False
            if self._held != before and self.fault():
                log.warning("reserve for a full disk", octets=self._held, wanted=self._size)
            return self._held >= self._size

    def drop(self) -> bool:
        """Give the space up; tell whether there was any."""
        with self._lock:
            try:
                self._path.unlink()
            except OSError:
                return False
            self._held = 0
            self.is_used = True
            return True

    def fault(self) -> str:
        """Say that less is reserved than was asked for; empty when all is, or it was used."""
        if self._held >= self._size or self.is_used:
            return ""
        if not self._held:
            return "there is no reserve for a full disk: the disk has no room for it"
        held, wanted = (max(1, octets // MIB) for octets in (self._held, self._size))
        return (
            f"the reserve for a full disk is {held} MiB instead of {wanted} MiB:"
            " the disk has little room"
        )

    def _on_disk(self) -> int:
        with suppress(OSError):
            return self._path.stat().st_size
        return 0

    def _grow(self) -> None:
        """Reserve what the disk can spare; what is held already is never given back."""
        with suppress(OSError):
            disk = os.statvfs(self._path.parent)
            room = disk.f_bavail * disk.f_frsize + self._held
            octets = min(self._size, room // SHARE)
            if octets < self._size:
                octets -= octets % SMALLEST
            if octets <= self._held:
                return
            file = os.open(self._path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
            try:
                os.posix_fallocate(file, 0, octets)
                self._held = octets
            except OSError:  # somebody else took the room meanwhile
                os.ftruncate(file, self._held)
                if not self._held:
                    self._path.unlink()
            finally:
                os.close(file)
