"""Ports that nobody else is given while a test still wants them.

An engine that is dead for a moment must find its ports free when it is born again. So they lie
below those that the kernel hands to whoever asks for any; each worker of the tests has a part
of its own, and goes around in it, so that two tests meet the same port only after thousands.
"""

import contextlib
import os
import random
import socket
from typing import Final

FIRST: Final = 10_000
"Below are the ports of real services."
LAST: Final = 32_767
"Linux hands out ports from the next one on (`ip_local_port_range`)."
WORKERS: Final = 8
SIZE: Final = (LAST + 1 - FIRST) // WORKERS
HOST: Final = "127.0.0.1"


class Ports:
    """The part of one worker; all of them, where there are no workers.

    :param worker: its number; those above the eighth share the last part.
    """

    def __init__(self, worker: int | None = None) -> None:
        self._size = LAST + 1 - FIRST if worker is None else SIZE
        self._first = FIRST + (0 if worker is None else min(worker, WORKERS - 1) * SIZE)
        self._next = random.randrange(0, self._size, 2)

    def take(self, count: int) -> range:
        """Find so many neighbouring ports, from an even one on, free for UDP and TCP."""
        for _ in range(self._size):
            if self._next + count > self._size:
                self._next = 0
            ports = range(self._first + self._next, self._first + self._next + count)
            if are_free(ports):
                self._next += count + count % 2
                return ports
            self._next += 2
        raise RuntimeError(f"no {count} neighbouring ports are free from {self._first} on")


def are_free(ports: range) -> bool:
    """Whether nobody has any of them at this moment."""
    with contextlib.ExitStack() as held:
        try:
            for port in ports:
                for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
                    held.enter_context(socket.socket(socket.AF_INET, kind)).bind((HOST, port))
        except OSError:
            return False
    return True


_WORKER: Final = os.environ.get("PYTEST_XDIST_WORKER", "")
OWN: Final = Ports(int(_WORKER[2:])) if _WORKER else Ports()
