"""Where recordings lie, and whether they are still what they were."""

import hmac
import os
import re
from contextlib import suppress
from hashlib import file_digest, sha256
from pathlib import Path
from typing import Final

_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,79}", re.ASCII)


class InvalidRecordingId(ValueError):
    """Not one of our ids. File names come from them and from nothing a caller sends."""


class RecordingStore:
    """A folder of recordings, found by id alone.

    Files are spread over 256 folders by a hash of the id, so that no folder grows slow and the
    place can be computed.
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    def path_of(self, recording_id: str) -> Path:
        """Return where a recording lies or will lie.

        :raises InvalidRecordingId: the id could name a file elsewhere.
        """
        if not _ID.fullmatch(recording_id):
            raise InvalidRecordingId(f"no recording can be called {recording_id[:80]!r}")
        shard = sha256(recording_id.encode()).hexdigest()[:2]
        return self.root / shard / f"{recording_id}.wav"

    def find(self, recording_id: str) -> Path | None:
        """Return a recording that is there, `None` otherwise or when it is a link."""
        with suppress(InvalidRecordingId, OSError):
            path = self.path_of(recording_id)
            if path.is_file() and not path.is_symlink() and self.holds(path):
                return path
        return None

    def holds(self, path: Path) -> bool:
        """Whether a path, links followed, is inside this store."""
        return path.resolve().is_relative_to(self.root.resolve())

    def problems(self) -> list[str]:
        """Say why no recording could be made now, for people; empty when one could."""
        try:
            self.root.mkdir(parents=True, exist_ok=True)
            if not os.access(self.root, os.W_OK | os.X_OK):
                return ["nothing can be recorded: Permission denied"]
            if not os.statvfs(self.root).f_bavail:
                return ["nothing can be recorded: No space left on device"]
        except OSError as error:
            return [f"nothing can be recorded: {error.strerror or error}"]
        return []

    def is_unchanged(self, recording_id: str, expected_sha256: str) -> bool:
        """Compare a recording with the hash in the logbook; reads the whole file.

        :raises FileNotFoundError: the recording is gone.
        """
        path = self.find(recording_id)
        if path is None:
            raise FileNotFoundError(f"recording {recording_id[:80]!r} is not in the store")
        return hmac.compare_digest(digest_of(path), expected_sha256.lower())


def digest_of(path: Path) -> str:
    """Return the SHA-256 of a file in lower-case hexadecimal; reads all of it.

    :raises OSError: it cannot be read.
    """
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()
