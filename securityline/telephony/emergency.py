"""What is dialled for a call to an emergency service: a number of the table, or a simulator.

The only code that takes a number from the table of services. Unless `live_emergency_calls` is
true and the press was a live one, the number never leaves it: what is dialled instead is a
name, which no telephone network can take for a number, whatever carrier it reaches.
"""

from typing import Final

from callflows.commands import DialService
from client_directory.directory import Directory

SIMULATOR: Final = "simulated"
"First word of the name that is dialled when nobody real is called."


class NotInTable(Exception):
    """The table of services has no such service, or no such number of it (any more)."""


def simulator_of(kind: str, line: str) -> str:
    """Return the name that a simulated call to a kind of service dials."""
    return f"{SIMULATOR}-{kind}-{line}"


def dialled(command: DialService, directory: Directory, *, is_live: bool) -> str:
    """Return the user part of the URI to call.

    :param is_live: `live_emergency_calls` of the settings.
    :raises NotInTable: the table has changed since the press.
    """
    service = directory.services.get(command.service)
    if service is None:
        raise NotInTable(f"the table of services has no {command.service!r}")
    if command.is_simulated or not is_live:
        return simulator_of(service.kind, command.line)
    number = service.direct if command.line == "direct" else service.public
    if number is None:
        raise NotInTable(f"{command.service!r} has no {command.line} number")
    return number
