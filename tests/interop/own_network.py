"""A network namespace of a test's own: an address that is not loopback, and no way out.

Only the thread that asks is moved, with what it starts and what it opens from then on.
"""

import ctypes
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

CLONE_NEWNET = 0x40000000
ADDRESS = "198.51.100.1"  # RFC 5737: for documentation, nobody's
COMMANDS = (
    "ip link set lo up",
    "ip link add seen type veth peer name behind",
    "ip link set behind up",
    "ip link set seen up",
    f"ip addr add {ADDRESS}/24 dev seen",
    "ip route add default via 198.51.100.2",
)


class NoNamespace(OSError):
    """This system gives us none."""


@contextmanager
def own_network() -> Iterator[str]:
    """Be in a namespace; yield the address that we have there.

    :raises NoNamespace: we may not, or a tool is missing.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    before = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
    try:
        if libc.unshare(CLONE_NEWNET):
            raise NoNamespace(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
        try:
            for command in COMMANDS:
                done = subprocess.run(
                    command.split(), capture_output=True, text=True, check=False
                )
                if done.returncode:
                    raise NoNamespace(f"{command}: {done.stderr.strip()}")
            yield ADDRESS
        finally:
            assert libc.setns(before, CLONE_NEWNET) == 0, "back in the network of before"
    except FileNotFoundError as error:
        raise NoNamespace(str(error)) from error
    finally:
        os.close(before)
