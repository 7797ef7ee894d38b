"""Are the demo's addresses free? A taken one is said in one sentence, with its way out."""

import errno
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from securityline.simulation.demo_data import DemoData

_FURTHER: Final = 10_000
"How far from a taken port the suggested one is."


@dataclass(frozen=True, slots=True)
class _Wanted:
    transport: str
    host: str
    port: int
    use: str
    variable: str


def taken_ports(data: DemoData) -> Iterator[str]:
    """Give a sentence for each address that another program has."""
    config = data.config
    wanted = [
        _Wanted(e.transport, e.host, e.port, "SIP", "SECURITYLINE_SIP_LISTEN")
        for e in config.sip.listen
    ]
    wanted += [
        _Wanted(e.transport, e.host, e.port, "alarm panels", "SECURITYLINE_ALARMS_DC09")
        for e in config.alarms.dc09
    ]
    carrier, (host, port) = data.carrier, config.web.listen
    wanted += [
        _Wanted("udp", carrier.host, carrier.port, "pretend carrier", "…_TRUNKS_0_PEERS"),
        _Wanted("tcp", host, port, "desk", "SECURITYLINE_WEB_LISTEN"),
    ]
    seen: set[str] = set()
    for each in wanted:
        if each.port and each.variable not in seen and not _is_free(each):
            seen.add(each.variable)
            yield _sentence(each)


def _sentence(wanted: _Wanted) -> str:
    variable = wanted.variable.replace("…", "SECURITYLINE")
    port = wanted.port + _FURTHER if wanted.port + _FURTHER < 65_536 else wanted.port + 7
    value = f"{wanted.host}:{port}"
    if wanted.use in ("SIP", "alarm panels"):
        value = f"udp:{value},tcp:{value}"
    return (
        f"{wanted.host}:{wanted.port} ({wanted.transport}, {wanted.use}) is taken by another"
        f" program; choose another port with {variable}={value}"
    )


def _is_free(wanted: _Wanted) -> bool:
    """Try to take it. An address that is not of this machine is for the engine to refuse."""
    family = socket.AF_INET6 if ":" in wanted.host else socket.AF_INET
    kind = socket.SOCK_STREAM if wanted.transport == "tcp" else socket.SOCK_DGRAM
    with socket.socket(family, kind) as sock:
        if kind == socket.SOCK_STREAM:  # what a closed one leaves behind is in nobody's way
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            sock.bind((wanted.host, wanted.port))
            if kind == socket.SOCK_STREAM:
                sock.listen(1)
        except OSError as error:
            return error.errno != errno.EADDRINUSE
    return True
