"""One call to a police, fire or medical service: what is known of it. The rules are elsewhere.

`service_calls` marks how far it came, `services` takes the presses; what people hear is the
business of the call that its leg is part of (`talking`).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from callflows.events import (
    CallId,
    IncidentId,
    LegId,
    OperatorId,
    ServiceCallId,
    ServiceCause,
    ServiceLine,
)
from client_directory.model import Recording, ServiceKind, Step


class ServiceCallState(StrEnum):
    """Where a call to a service stands."""

    SUMMONING = "summoning"
    "The operator's own phone rings; the service is dialled when he is on the line."
    DIALLED = "dialled"
    RINGING = "ringing"
    "The service's phone rings."
    SPEAKING = "speaking"
    ENDED = "ended"
    "The service was reached, and the talk is over."
    FAILED = "failed"
    "Nobody at the service picked up."


OVER: Final = frozenset({ServiceCallState.ENDED, ServiceCallState.FAILED})


@dataclass(slots=True, kw_only=True)
class ServiceCall:
    """One call to one service for one case, made by one press."""

    service_call_id: ServiceCallId
    incident_id: IncidentId
    service: str
    service_kind: ServiceKind
    name: str
    operator: OperatorId
    attempt: int
    lines: tuple[ServiceLine, ...]
    line: ServiceLine
    presented_number: str | None
    is_simulated: bool
    recording: Recording
    leg_id: LegId
    call_id: CallId
    "The call that its leg is part of: the operator's own with a caller, or one of its own."
    pressed_at: float
    "Engine time."
    state: ServiceCallState = ServiceCallState.SUMMONING
    verified_at: float | None = None
    "When the alarm was verified; `None` when nothing had to be."
    asked_at: float | None = None
    "When it was dialled."
    rang_at: float | None = None
    answered_at: float | None = None
    ended_at: float | None = None
    cause: ServiceCause | None = None
    "Why nobody was reached."
    is_cut: bool = False
    "The talk ended by a fault."
    recording_id: str | None = None
    "Of its own, while it is part of a caller's call."
    reference: str = ""
    "The service's number for the case."
    accepted_at: float | None = None
    "When it said that it comes, engine time, or"
    accepted: str = ""
    "the time in the operator's words."
    eta: str = ""
    "When it is there, in the operator's words."
    was_on_break: bool = False
    "The operator was, and is again afterwards."
    deadline: float | None = None
    "When it wants a `DeadlineReached`, engine time."

    @property
    def timer_id(self) -> str:
        """Its name among whatever waits for a time."""
        return f"service {self.service_call_id}"

    @property
    def is_over(self) -> bool:
        """Whether nothing more comes of it."""
        return self.state in OVER


def needs_call(step: Step, made: Iterable[ServiceCall]) -> bool:
    """Whether a step asks for a service that nobody has spoken with from here.

    :param made: the calls to services of its case.
    """
    kind = (step.do or {}).get("call_service")
    if kind is None:
        return False
    return all(one.service_kind != kind or one.answered_at is None for one in made)
