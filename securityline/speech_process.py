"""The process that has words spoken: one line of JSON asks, one line answers, one at a time.

A program of its own, started with the engine and before any alarm: to fork a large process
while alarms come in costs the loop milliseconds each time, and a new interpreter a tenth of a
second of a busy core. It imports next to nothing, runs at the lowest priority, and ends when
the engine does.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from securityline.speech_audio import NotSpeech, telephone_wav

LOWEST_PRIORITY: Final = 19


class Failed(Exception):
    """The words were not spoken; the text says why."""


def provide(order: dict[str, Any]) -> None:
    """Make the file that an order names, unless it is there.

    :raises Failed: the program failed, took too long, or said nothing.
    :raises OSError: the file cannot be written.
    """
    path = Path(order["path"])
    if path.is_file():
        os.utime(path)
        return
    try:
        wav = telephone_wav(_run(order["command"], order["words"], order["time"]))
    except NotSpeech as error:
        raise Failed(f"{Path(order['command'][0]).name}: {error}") from None
    _write(path, wav)
    _make_room(Path(order["folder"]), path, order["max_bytes"])


def _run(command: list[str], words: str, limit_time: float) -> bytes:
    # By standard input: an argument could be an option, and is seen by every user.
    try:
        run = subprocess.run(  # noqa: S603
            command,
            input=words.encode(),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=limit_time,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise Failed(f"it took more than {limit_time:g} s") from None
    if run.returncode or not run.stdout:
        raise Failed(f"{Path(command[0]).name} ended with {run.returncode}")
    return run.stdout


def _write(path: Path, wav: bytes) -> None:
    """Write a file so that it is there whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    number, draft = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".draft")
    try:
        with os.fdopen(number, "wb") as file:
            file.write(wav)
            file.flush()
            os.fsync(file.fileno())
        Path(draft).replace(path)
    except BaseException:
        with suppress(OSError):
            Path(draft).unlink()
        raise


def _make_room(folder: Path, newest: Path, max_bytes: int) -> None:
    """Remove what was not said for longest when there is too much."""
    files = []
    for path in folder.glob("*/*.wav"):
        with suppress(OSError):
            about = path.stat()
            files.append((about.st_mtime_ns, about.st_size, path))
    total = sum(size for _, size, _ in files)
    for _, size, path in sorted(files):
        if total <= max_bytes:
            return
        if path != newest:
            with suppress(OSError):
                path.unlink()
                total -= size


def answer_to(line: str) -> dict[str, str]:
    """Do what a line asks; return its number, and why it was not done if it was not."""
    order = json.loads(line)
    try:
        provide(order)
    except (Failed, OSError) as error:
        why = str(error) if isinstance(error, Failed) else f"{type(error).__name__}: {error}"
        return {"number": order["number"], "why": why[:200]}
    return {"number": order["number"], "why": ""}


def main() -> int:
    """Serve until the engine closes our standard input."""
    with suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, 0, LOWEST_PRIORITY)
    for line in sys.stdin:
        sys.stdout.write(json.dumps(answer_to(line)) + "\n")
        sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
