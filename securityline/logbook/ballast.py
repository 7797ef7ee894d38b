"""A file of nothing, given up when the disk is full, so that the last lines fit."""

import os
from contextlib import suppress
from pathlib import Path
from typing import Final

FILE_NAME: Final = "ballast"


class Ballast:
    """Reserve disk space in a data directory.

    :param size: octets; 0 for none.
    """

    def __init__(self, folder: Path, size: int) -> None:
        self._path = folder / FILE_NAME
        self._size = size
        self.is_used = False

    def take_on(self) -> bool:
        """Reserve the space, when the disk has four times as much; tell whether it is."""
        if not self._size:
            return True
        with suppress(OSError):
            if self._path.stat().st_size >= self._size:
                return True
        try:
            disk = os.statvfs(self._path.parent)
            if disk.f_bavail * disk.f_frsize < 4 * self._size:
                return False
            with self._path.open("wb") as file:
                os.posix_fallocate(file.fileno(), 0, self._size)
        except OSError:
            self._path.unlink(missing_ok=True)
            return False
        self.is_used = False
        return True

    def drop(self) -> bool:
        """Give the space up; tell whether there was any."""
        try:
            self._path.unlink()
        except OSError:
            return False
        self.is_used = True
        return True
