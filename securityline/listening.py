"""What can go wrong with an address that the settings would have us listen on."""

import errno
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from sip.endpoint import Endpoint


class AddressTaken(OSError):
    """An address of the settings cannot be listened on; the text names the setting."""


@contextmanager
def naming(setting: str, addresses: Sequence[str]) -> Iterator[None]:
    """Let an error of binding say which setting asked for it."""
    try:
        yield
    except OSError as error:
        reason = "in use already" if error.errno == errno.EADDRINUSE else str(error)
        raise AddressTaken(f"{setting} ({', '.join(addresses)}): {reason}") from error


def str_endpoint(endpoint: Endpoint) -> str:
    """Write an endpoint as the settings do."""
    return f"{endpoint.transport}:{endpoint.host}:{endpoint.port}"
