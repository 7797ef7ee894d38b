"""Unix sockets at any depth: the kernel takes no name longer than 107 octets."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

MAX_NAME: Final = 100


@contextmanager
def short_name(path: Path) -> Iterator[str]:
    """Give a name for `path` that a socket can be bound or connected to, for the while.

    A long one goes through an open folder under `/proc/self/fd`; Linux only.
    """
    if len(os.fsencode(path)) <= MAX_NAME:
        yield str(path)
        return
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)
