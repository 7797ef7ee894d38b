"""Provisional: whom a call tree calls. Replaced by the directory's own."""

from dataclasses import dataclass
from typing import Literal

Strategy = Literal["in_order", "all_at_once", "overlapping"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One person in a level."""

    person: str
    name: str
    languages: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()
    windows: tuple[tuple[float, float], ...] = ()
    has_pin: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """Who is not called, and why."""

    person: str
    name: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedLevel:
    """One level."""

    strategy: Strategy = "in_order"
    ring_time: float = 30.0
    overlap_time: float = 15.0
    accept: Literal["key", "pin"] = "key"
    answers_needed: int = 1
    targets: tuple[Target, ...] = ()
    left_out: tuple[LeftOut, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CallPlan:
    """Whom to call."""

    call_tree: str
    organisation: str
    organisation_name: str = ""
    site: str | None = None
    site_name: str = ""
    rounds: int = 1
    levels: tuple[PlannedLevel, ...] = ()
    presented_number: str | None = None
    languages: tuple[str, ...] = ()
    may_leave_message: bool = False
    until: float = 0.0
