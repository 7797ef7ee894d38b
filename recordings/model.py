"""What a recording is and what can happen to it. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

Side = Literal["caller", "operator", "both"]
CALLER: Final = 0
OPERATOR: Final = 1
SIDES: Final[tuple[Side, Side]] = ("caller", "operator")
"By channel: left, right."


@dataclass(frozen=True, slots=True)
class Gap:
    """Audio is missing; silence of the same length stands in the file."""

    side: Side
    at: float
    "Seconds from the start of the recording."
    seconds: float
    cause: str


@dataclass(frozen=True, slots=True)
class Started:
    """The file was made, and its first block will be in it soon."""


@dataclass(frozen=True, slots=True)
class Ended:
    """The file is whole, synced and hashed."""

    seconds: float
    sha256: str
    legs: Mapping[str, Mapping[str, float]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Failed:
    """The disk refuses."""

    reason: str


News = Gap | Started | Ended | Failed
