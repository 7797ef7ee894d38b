"""Python's garbage collector, kept away from calls.

A full collection walks every object that lives: 250 ms were measured with the cases of two
thousand calls in memory, and a caller who comes in that moment hears nothing for as long. A
call leaves no cycle behind (`tests/securityline/test_collector.py`), pages and connections
leave a few, so the old generation is gone through when nobody waits.
"""

import asyncio
import gc
from collections.abc import Callable
from time import perf_counter
from typing import Final

import structlog

YOUNG: Final = (10_000, 20)
"Objects before the youngest generation is gone through, and how often until the next one."
NEVER: Final = 1 << 30
SWEEP_TIME: Final = 600.0
"Seconds between two full collections."
PATIENCE: Final = 3_600.0
"Seconds after which one is made although somebody waits: memory has an end too."
LOOK_TIME: Final = 5.0
"Seconds between two looks whether it is quiet."

log = structlog.get_logger()


def settle_collector() -> None:
    """Leave what the start built out of all collections, and full ones to `sweep`."""
    gc.set_threshold(*YOUNG, NEVER)
    gc.collect()
    gc.freeze()


def is_due(age: float, *, is_quiet: bool) -> bool:
    """Say whether to collect everything now.

    :param age: seconds since the last time.
    """
    return age >= PATIENCE or (is_quiet and age >= SWEEP_TIME)


async def sweep(is_quiet: Callable[[], bool]) -> None:
    """Collect everything now and then, when it is quiet; runs for ever.

    :param is_quiet: whether a pause of some hundred milliseconds would harm nobody now.
    """
    clock = asyncio.get_running_loop().time
    last = clock()
    while True:
        await asyncio.sleep(LOOK_TIME)
        if is_due(clock() - last, is_quiet=is_quiet()):
            begin = perf_counter()
            found = gc.collect()
            last = clock()
            log.debug("memory swept", found=found, seconds=round(perf_counter() - begin, 3))
