"""In processes of their own: what is tested here changes the whole process."""

import os
import subprocess
import sys

import pytest

from sip.media import priority


def run(code: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", "from sip.media.priority import *\nimport os, gc\n" + code],
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


def test_it_says_what_is_in_force() -> None:
    said, policy, nice = run(
        "print(raise_priority(), os.sched_getscheduler(0) & 7, "
        "os.getpriority(os.PRIO_PROCESS, 0))"
    ).split()
    assert said in ("fifo", "nice", "normal")
    assert (said == "fifo") == (int(policy) == os.SCHED_FIFO)
    if said == "nice":
        assert int(nice) == priority.NICE


@pytest.mark.parametrize(
    ("refused", "said"),
    [("'sched_setscheduler'", "nice"), ("'sched_setscheduler', 'setpriority'", "normal")],
)
def test_without_permission_it_takes_the_next_best(refused: str, said: str) -> None:
    code = (
        "def refuse(*_): raise PermissionError\n"
        f"for name in ({refused},): setattr(os, name, refuse)\n"
        "if 'setpriority' not in dir(os) or os.setpriority is not refuse:\n"
        "    os.setpriority = lambda *_: None\n"
        "print(raise_priority())"
    )
    assert run(code) == said


def test_where_real_time_is_unknown_it_does_without() -> None:
    code = "del os.SCHED_FIFO; os.setpriority = lambda *_: None\nprint(raise_priority())"
    assert run(code) == "nice"


def test_a_settled_process_collects_no_garbage_and_may_open_many_files() -> None:
    code = (
        "import resource, sys; settle_process()\n"
        "soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)\n"
        "print(gc.isenabled(), gc.get_freeze_count() > 1000, soft == hard, "
        "sys.getswitchinterval() < 0.001)"
    )
    assert run(code) == "False True True True"


def test_memory_is_read() -> None:
    assert priority.resident_bytes() > 2**20


def test_memory_that_cannot_be_read_is_zero(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise FileNotFoundError

    monkeypatch.setattr("builtins.open", refuse)
    assert priority.resident_bytes() == 0
