"""A data directory that cannot be written when the engine starts: the phone goes on elsewhere.

A disk that came up read-only after a power cut must not keep an operator from answering. The
engine then works on a copy in the machine's temporary folder, says so on every screen as NOT
SAVED, and `/readyz` is 503 until somebody mends the disk and starts it again. The copy goes
on from the book as it stood, so that open cases and calls are there; it is the place from
which what happened meanwhile can be fetched.
"""

import hashlib
import os
import shutil
import tempfile
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Final

import structlog

from securityline.config import Config
from securityline.logbook.ballast import FILE_NAME as BALLAST_FILE
from securityline.logbook.store import FILE_NAME

LEFT_BEHIND: Final = frozenset({"recordings", "speech", BALLAST_FILE})
"What the copy begins without: it is large, and new ones are made."
MOST_BALLAST: Final = 16 * 2**20
"Octets in reserve there: a temporary folder may be the machine's memory."
ELSEWHERE: Final = "; lines go to "
"In the reason that people read: where to look for what is not saved."
MOST_SHARE: Final = 0.5
"Of the free space in the temporary folder that a copy may take."

log = structlog.get_logger()


def writable(config: Config) -> tuple[Config, str]:
    """Return settings whose data directory can be written, and what is wrong; empty: nothing.

    :raises OSError: neither it nor the temporary folder can be written.
    """
    folder = config.data.dir
    why = _why_not(folder)
    if not why:
        return config, ""
    other = _copied(folder)
    fault = f"{folder} cannot be written ({why}){ELSEWHERE}{other} until it is mended"
    log.error("the data directory cannot be written", reason=why, stand_in=str(other))
    data = replace(config.data, dir=other, recordings=None)
    reserve = min(config.logbook.ballast, MOST_BALLAST)
    book = replace(config.logbook, ballast=reserve)
    return replace(config, data=data, logbook=book), f"the logbook is not saved: {fault}"


def _why_not(folder: Path) -> str:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        number, name = tempfile.mkstemp(dir=folder, prefix=".writable-")
        os.close(number)
        Path(name).unlink()
    except OSError as error:
        return error.strerror or type(error).__name__
    return ""


def _copied(folder: Path) -> Path:
    """Return the stand-in of a directory; one of an earlier start, if it goes on from there."""
    name = hashlib.sha256(os.fsencode(folder.resolve())).hexdigest()[:16]
    other = Path(tempfile.gettempdir()) / f"securityline-{os.geteuid()}-{name}"
    if other.exists() and (other.is_symlink() or other.stat().st_uid != os.geteuid()):
        raise OSError(f"{other} is somebody else's")
    if _age(other) > _age(folder):
        return other
    if other.exists():
        other.rename(Path(tempfile.mkdtemp(prefix=f"{other.name}-")) / "old")
    other.mkdir(mode=0o700)
    room = shutil.disk_usage(other).free * MOST_SHARE
    for path in sorted(folder.iterdir() if folder.is_dir() else (), key=_size):
        if path.name in LEFT_BEHIND or not path.is_file() or _size(path) > room:
            continue
        room -= _size(path)
        shutil.copy2(path, other / path.name)
    return other


def _size(path: Path) -> int:
    return path.stat().st_size


def _age(folder: Path) -> float:
    """Return when the book in a folder was written last; 0: there is none."""
    times = [0.0]
    for name in (FILE_NAME, f"{FILE_NAME}-wal"):
        with suppress(OSError):
            times.append((folder / name).stat().st_mtime)
    return max(times)
