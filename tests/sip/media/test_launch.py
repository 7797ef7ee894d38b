import os
import signal
import socket
import sys
from pathlib import Path

import pytest

from sip.media import launch


def run(code: str, log: Path) -> int:
    return launch.launch([sys.executable, "-c", code], log)


async def test_a_process_says_what_it_has_to_say_in_its_log(tmp_path: Path) -> None:
    log = tmp_path / "log"
    pid = run("import sys; print('out'); print('err', file=sys.stderr)", log)
    await launch.bury(pid, 20)
    assert launch.is_dead(pid)
    assert sorted(log.read_text().split()) == ["err", "out"]
    assert log.stat().st_mode & 0o777 == 0o600


async def test_it_inherits_neither_our_terminal_nor_our_ignored_signals(tmp_path: Path) -> None:
    log = tmp_path / "log"
    before = signal.signal(signal.SIGTERM, signal.SIG_IGN)
    try:
        pid = run(
            "import os, signal\n"
            "print(os.getsid(0) == os.getpid(), os.read(0, 1), "
            "signal.getsignal(signal.SIGTERM) == signal.SIG_DFL)",
            log,
        )
    finally:
        signal.signal(signal.SIGTERM, before)
    await launch.bury(pid, 20)
    assert log.read_text() == "True b'' True\n"


async def test_killing_and_burying(tmp_path: Path) -> None:
    pid = run("input() if False else __import__('signal').pause()", tmp_path / "log")
    assert not launch.is_dead(pid)
    launch.kill(pid)
    await launch.bury(pid, 20)
    assert launch.is_dead(pid)
    launch.kill(pid)


async def test_burying_gives_up_in_the_end() -> None:
    await launch.bury(os.getpid(), 0.02)


def test_a_process_that_is_not_ours_is_alive_or_dead(tmp_path: Path) -> None:
    assert not launch.is_dead(os.getppid())
    assert launch.is_dead(2**22 - 7)


def test_a_program_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No such file"):
        launch.launch(["/no/such/program"], tmp_path / "log")


def test_who_is_at_the_other_end() -> None:
    one, other = socket.socketpair(socket.AF_UNIX)
    assert launch.peer_pid(one) == os.getpid()
    assert launch.peer_pid(None) is None
    one.close()
    other.close()
