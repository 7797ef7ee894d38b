"""Starts the media process so that it outlives the engine, and buries it when it is dead."""

import asyncio
import os
import signal
import socket
import struct
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from sip.media.socket_path import short_name

_POLL_TIME: Final = 0.01
Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class LaunchFailed(Exception):
    """The process cannot be spoken to; the text goes on after its name."""


async def find(socket_path: Path, limit: int) -> Streams | None:
    """Connect to a process that listens already; `None` when none does.

    :param limit: octets of its longest line.
    """
    try:
        with short_name(socket_path) as name:
            return await asyncio.open_unix_connection(name, limit=limit)
    except OSError:
        return None


async def start(
    command: Sequence[str], log: Path, socket_path: Path, patience: float, limit: int
) -> Streams:
    """Start a process and connect to it.

    :param patience: seconds until it must listen.
    :raises LaunchFailed: it does not.
    """
    try:
        pid = launch(command, log)
    except OSError as error:
        raise LaunchFailed(f"does not start: {error}") from error
    loop = asyncio.get_running_loop()
    deadline = loop.time() + patience
    while loop.time() < deadline:
        if (streams := await find(socket_path, limit)) is not None:
            return streams
        if is_dead(pid):
            raise LaunchFailed(f"ended at once; see {log}")
        await asyncio.sleep(_POLL_TIME)
    kill(pid)
    await bury(pid, patience)
    raise LaunchFailed(f"does not answer; see {log}")


def launch(command: Sequence[str], log: Path) -> int:
    """Start a process in a session of its own; return its process id.

    Its own session: neither Ctrl-C at the engine's terminal nor the engine's death ends it.
    Its own log file: an inherited pipe would keep whoever reads the engine's output waiting.

    :raises OSError: the program or the log file cannot be opened.
    """
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
    return os.posix_spawn(
        command[0],
        list(command),
        os.environ,
        setsid=True,
        file_actions=[
            (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
            (os.POSIX_SPAWN_OPEN, 1, str(log), flags, 0o600),
            (os.POSIX_SPAWN_DUP2, 1, 2),
        ],
        setsigdef=[signal.SIGINT, signal.SIGTERM, signal.SIGPIPE],
    )


def is_dead(pid: int) -> bool:
    """Tell whether our child `pid` has ended, and bury it if so."""
    try:
        ended, _ = os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:
        # Started by an engine before us, or buried already.
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        except PermissionError:
            return False
        return False
    return ended == pid


def kill(pid: int) -> None:
    """End a process that does not answer any more; no error when it is gone."""
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return


async def bury(pid: int, patience: float) -> None:
    """Wait until a process that was ended is gone, its ports free again.

    :param patience: seconds after which we go on all the same.
    """
    loop = asyncio.get_running_loop()
    deadline = loop.time() + patience
    # It may be another engine's child, so there is nothing to wait on but time.
    while not is_dead(pid) and loop.time() < deadline:  # noqa: ASYNC110
        await asyncio.sleep(0.01)


def peer_pid(connection: socket.socket | None) -> int | None:
    """Ask the kernel which process is at the other end of a Unix socket; Linux only."""
    option = getattr(socket, "SO_PEERCRED", None)
    if connection is None or option is None:
        return None
    credentials = connection.getsockopt(socket.SOL_SOCKET, option, struct.calcsize("3i"))
    return int(struct.unpack("3i", credentials)[0])
