"""Police, fire brigade and ambulance: an operator's press, and what came of it.

No event here carries a number of a service. Direct lines of the police are reserved and must
stand in no log; which line of the table is meant is named, and looked up when it is dialled.
"""

from dataclasses import dataclass
from typing import Literal

from callflows.events.base import CallId, Event, Fact, LegId, OperatorId, ServiceCallId
from client_directory.model import Recording, ServiceKind

ServiceLine = Literal["direct", "public"]
"""Which number of the table of services: the reserved line for alarm centres, or the one
that anybody dials."""
ServiceDetail = Literal["reference", "accepted", "eta"]
"""What the service said: its number for the case, that it comes, when it is there."""
ServiceCause = Literal[
    "no_answer",
    "busy",
    "refused",
    "unreachable",
    "failed",
    "no_phone",
    "given_up",
    "unknown",
]
"""Why a service was not reached. `no_phone`: the operator's own phone was not picked up.
`given_up`: an operator ended it before anybody answered. `unknown`: a restart in between."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServicePressed(Event):
    """An operator pressed the button of a service, for this case: the only way to call one."""

    operator: OperatorId
    service: str
    "Its id in the table of services."
    service_kind: ServiceKind
    name: str
    lines: tuple[ServiceLine, ...]
    "The numbers it has, in the order in which they are tried."
    attempt: int = 1
    """Which call to this service in this case is meant, from 1. A press that means one that
    was made already does nothing: a double click, a page from before."""
    presented_number: str | None = None
    "What the service sees as the caller: the client's own number, for calling back."
    is_simulated: bool = True
    "Nobody real is called."
    recording: Recording = "evidence"


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceHangUpPressed(Event):
    """An operator ends the line to a service; whoever else is in his call stays."""

    operator: OperatorId
    service_call_id: ServiceCallId


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceDetailWritten(Event):
    """An operator wrote down what the service said. Given again, it is corrected."""

    operator: OperatorId
    service_call_id: ServiceCallId
    detail: ServiceDetail
    text: str = ""
    "Empty for `accepted`: now."


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceFact(Fact):
    """Base of what became of a call to a service."""

    service_call_id: ServiceCallId
    service: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceCalled(ServiceFact):
    """An operator is on the line, and the service is dialled: the time it was asked."""

    service_kind: ServiceKind
    operator: OperatorId
    call_id: CallId
    leg_id: LegId
    line: ServiceLine
    attempt: int
    is_simulated: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceRang(ServiceFact):
    """The service's phone rings, or was picked up without ringing."""

    is_simulated: bool
    pressed_time: float
    "Seconds since the operator pressed."
    verified_time: float | None = None
    "Seconds since the alarm was verified; `None` when nothing had to be."


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceAnswered(ServiceFact):
    """The operator speaks with the service."""

    operator: OperatorId
    is_simulated: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceEnded(ServiceFact):
    """The talk with the service is over."""

    talk_time: float
    "Seconds."
    is_cut: bool = False
    "The line broke, or a phone on our side: nobody hung up."


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceFailed(ServiceFact):
    """The service was not reached."""

    cause: ServiceCause
    reason: str = ""
    "For people, from the network."


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceRefused(Fact):
    """A press was not taken, and why. Nothing was dialled."""

    service: str
    operator: OperatorId
    reason: str
