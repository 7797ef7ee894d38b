"""Secrets the engine makes for itself, once, in its data directory."""

import os
import secrets
from pathlib import Path
from typing import Final

LENGTH: Final = 32
"Octets."


class KeyFileError(Exception):
    """A key file cannot be used; the text says why."""


def load_secret(path: Path) -> bytes:
    """Return the secret in `path`, made on first use, readable by its owner alone.

    It must stay the same over restarts: the identifiers of running calls are made from it.

    :raises KeyFileError: the file is there and is not one of ours.
    """
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        found = path.read_bytes()
        if len(found) != LENGTH:
            raise KeyFileError(
                f"{path}: expected {LENGTH} octets; remove it to have a new one made"
            ) from None
        return found
    made = secrets.token_bytes(LENGTH)
    with os.fdopen(descriptor, "wb") as file:
        file.write(made)
        file.flush()
        os.fsync(file.fileno())
    return made
