"""Moving the write-ahead log into the database file, beside the writer and not in its way.

SQLite by itself does this inside the commit that fills the log, which then waits for the
whole database file to reach the disk: on a poor disk that is the stall which callers would
feel. A second connection does the bulk of it here while commits go on.
"""

import threading
from pathlib import Path

from securityline.logbook.store import LogbookStore


class Checkpointer(threading.Thread):
    """Wait for the writer's word, then copy what the write-ahead log holds."""

    def __init__(self, path: Path) -> None:
        super().__init__(name="logbook-checkpoint", daemon=True)
        self._path = path
        self._wanted = threading.Event()
        self._is_stopping = False
        self.is_done = threading.Event()
        "Set when the bulk has been copied: the writer's own last step is short now."

    def want(self) -> None:
        """Ask for a checkpoint soon."""
        self._wanted.set()

    def stop(self) -> None:
        """End the thread."""
        self._is_stopping = True
        self._wanted.set()
        self.join(5.0)

    def run(self) -> None:
        """Copy, each time when asked."""
        while True:
            self._wanted.wait()
            self._wanted.clear()
            if self._is_stopping:
                return
            try:
                store = LogbookStore(self._path, is_second=True)
                try:
                    store.checkpoint()
                finally:
                    store.close()
            except Exception:  # noqa: S112 - the writer meets the same fault, and reports it
                continue
            self.is_done.set()
