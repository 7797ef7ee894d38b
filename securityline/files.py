"""How many files this process may have open, and what of them each door may take."""

import resource
from contextlib import suppress
from dataclasses import replace
from typing import Final

from securityline.config import WebConfig
from securityline.web.door import DoorLimits
from sip.transport.tcp import TcpLimits

ROOM: Final = {"sip": 2, "web": 4, "panels": 8}
"""The part of the allowed files, one in so many, that connections of a door may take at most.

Together seven eighths: the rest is for the logbook, the sockets and what a moment needs."""


def raise_file_limit() -> int:
    """Allow this process as many open files as the system lets it; return how many."""
    with suppress(ValueError, OSError):
        _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return files_allowed()


def files_allowed() -> int:
    """Return how many files this process may have open."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return 1 << 30 if soft == resource.RLIM_INFINITY else soft


def room(door: str, most: int, files: int | None = None) -> int:
    """Return how many connections a door may have: `most`, or its part of few files.

    :param door: `sip`, `web` or `panels`.
    """
    return min(most, (files_allowed() if files is None else files) // ROOM[door])


def door_limits(web: WebConfig) -> DoorLimits:
    """Return the limits of the desk and the API."""
    most = room("web", round(web.connections))
    return DoorLimits(most_connections=most, most_from_one_address=max(1, most // 2))


def tcp_limits() -> TcpLimits:
    """Return the limits of SIP over TCP."""
    usual = TcpLimits()
    most = room("sip", usual.most_connections)
    one = min(usual.most_from_one_source, most // 2)
    return replace(usual, most_connections=most, most_from_one_source=one)
