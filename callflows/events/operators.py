"""What operators do: sign in, be ready, press a button that drives a call."""

from collections.abc import Mapping
from dataclasses import dataclass

from callflows.events.base import CallId, Event, OperatorId
from client_directory.model import Clearance


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatorSignedIn(Event):
    """An operator opened his desk. Carries a copy of what routing needs to know."""

    operator: OperatorId
    name: str
    languages: Mapping[str, int]
    clearances: tuple[Clearance, ...]
    role: str = "operator"


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatorSignedOut(Event):
    """He left; his calls, if any, go on at his phone."""

    operator: OperatorId


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatorReady(Event):
    """He may be rung. Also ends wrap-up early."""

    operator: OperatorId


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatorOnBreak(Event):
    """He may not be rung."""

    operator: OperatorId
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StationUp(Event):
    """His phone registered, or answers again."""

    operator: OperatorId


@dataclass(frozen=True, slots=True, kw_only=True)
class StationDown(Event):
    """His phone is gone: unregistered, expired, or silent to OPTIONS."""

    operator: OperatorId
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerPressed(Event):
    """He pressed "answer" on the desk for a call that rings, or waits."""

    operator: OperatorId
    call_id: CallId


@dataclass(frozen=True, slots=True, kw_only=True)
class HangUpPressed(Event):
    """He pressed "hang up" on the desk."""

    operator: OperatorId
    call_id: CallId


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldPressed(Event):
    """He put the caller on hold from the desk."""

    operator: OperatorId
    call_id: CallId


@dataclass(frozen=True, slots=True, kw_only=True)
class ResumePressed(Event):
    """He took the caller back."""

    operator: OperatorId
    call_id: CallId
