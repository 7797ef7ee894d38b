"""A program that reads malformed messages and says how much of them stays in its memory.

    python -m tests.torture.malformed_stream COUNT [LEAK]

The parser and a whole user agent take them, from a trunk and from strangers. LEAK octets of
each are kept on purpose, to show that it would be seen. A process of its own, since what
others have freed in this one would hide what grows.
"""

from __future__ import annotations

import gc
import sys
from contextlib import suppress
from pathlib import Path

from sip.endpoint import Endpoint
from sip.errors import ParseError
from sip.message import parse
from tests.sip.pretend import CARRIER, US, Alone
from tests.torture.mutations import mutated

WARM_UP = 10_000
"Caches fill, tables grow to their size, the allocator takes its arenas."


def resident() -> int:
    """Return the memory of this process in octets."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return 1024 * int(next(line.split()[1] for line in lines if line.startswith("VmRSS:")))


def kept_for_each(count: int, leak: int = 0) -> float:
    """Return how many octets stay for each of `count` messages, after a warm-up."""
    us = Alone()
    leaked = []
    before = 0
    for number, data in enumerate(mutated(WARM_UP + count, seed=98)):
        if number == WARM_UP:
            before = settled(us)
        with suppress(ParseError):
            parse(data)
        source = CARRIER if number % 10 == 0 else stranger(number)
        us.agent.receive(data, source, US, us.now)
        if leak:
            leaked.append(bytes(leak))
        us.now += 0.005
        us.collect()
        us.agent.packets_to_send()
        for event in us.events:
            us.agent.hang_up(getattr(event, "leg", ""), us.now)
        us.events.clear()
        due = us.agent.next_timer()
        if due is not None and due <= us.now:
            us.agent.handle_timer(us.now)
    return (settled(us) - before) / count


def settled(us: Alone) -> int:
    us.wait(200)
    us.events.clear()
    us.sent.clear()
    gc.collect()
    return resident()


def stranger(number: int) -> Endpoint:
    return Endpoint("udp", f"203.0.113.{number % 256}", 1024 + number % 50_000)


if __name__ == "__main__":
    print(kept_for_each(*map(int, sys.argv[1:])))
