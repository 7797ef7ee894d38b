"""What is said of browsers' lines between the engine and the media process: values only."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class LineSpec:
    """A browser's line: encrypted, on a port of its own, there between calls as well."""

    line_id: str
    port: int
    "From `MediaClient.reserve_port`."
    fragment: str
    "Ours, of ICE: what the browser's checks are addressed to."
    password: str
    "What they prove to know."
    hash_algorithm: str
    fingerprint: str
    "Of the browser's certificate, hexadecimal."


LineWhy = Literal[
    "silent", "closed", "unreachable", "fingerprint", "handshake", "port", "restarted"
]
"""Why a line is down. `silent`: its audio stopped, and may come back. All others are the end:
the browser said goodbye, never came, is not who it should be, could not be agreed with; the
port is taken; or the media process is a new one."""


@dataclass(frozen=True, slots=True)
class LineUp:
    """The browser is who its session description named, and its audio arrives."""

    line_id: str


@dataclass(frozen=True, slots=True)
class LineDown:
    """Nobody can be heard or spoken to through this line."""

    line_id: str
    why: LineWhy
    text: str = ""
    "More, for the technician."
