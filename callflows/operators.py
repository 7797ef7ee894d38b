"""The operators' shift: who is there, who may be rung, and why not."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from callflows.events import CallId, IncidentId, LegId, OperatorId
from client_directory.model import Clearance


class DeskState(StrEnum):
    """Where an operator stands."""

    SIGNED_OUT = "signed_out"
    ON_BREAK = "on_break"
    "Signed in, and not to be rung."
    READY = "ready"
    RINGING = "ringing"
    TALKING = "talking"
    WRAP_UP = "wrap_up"
    "Finishing the case of the call that just ended."
    VISITING = "visiting"
    "A supervisor on a colleague's call."


MOVES: Final = {
    (DeskState.READY, DeskState.RINGING): "is rung",
    (DeskState.WRAP_UP, DeskState.RINGING): "takes a call at the desk",
    (DeskState.ON_BREAK, DeskState.RINGING): "calls an emergency service",
    (DeskState.READY, DeskState.ON_BREAK): "did not pick up to call a service, on his break",
    (DeskState.RINGING, DeskState.READY): "another took it, or nobody did",
    (DeskState.RINGING, DeskState.ON_BREAK): "let two calls ring out",
    (DeskState.RINGING, DeskState.TALKING): "answers",
    (DeskState.TALKING, DeskState.WRAP_UP): "the call ends",
    (DeskState.TALKING, DeskState.READY): "his phone broke",
    (DeskState.TALKING, DeskState.ON_BREAK): "the call ends, he asked for a break",
    (DeskState.TALKING, DeskState.SIGNED_OUT): "the call ends, he had signed out",
    (DeskState.WRAP_UP, DeskState.READY): "the case is closed",
    **{
        (state, DeskState.VISITING): "comes onto a colleague's call"
        for state in (DeskState.READY, DeskState.ON_BREAK, DeskState.WRAP_UP)
    },
    **{
        (DeskState.VISITING, state): "leaves the colleague's call"
        for state in (DeskState.READY, DeskState.ON_BREAK)
    },
    (DeskState.VISITING, DeskState.TALKING): "takes the call over",
}
"What moves an operator besides his own events: his calls."


@dataclass(slots=True)
class OperatorDesk:
    """One operator."""

    operator: OperatorId
    name: str = ""
    languages: Mapping[str, int] = field(default_factory=dict)
    "Language to skill, 1 some … 3 fluent."
    clearances: tuple[Clearance, ...] = ()
    role: str = "operator"
    state: DeskState = DeskState.SIGNED_OUT
    since: float = 0.0
    "Engine time of the last change of state."
    idle_since: float = 0.0
    "When he last had something to do; the longest idle is rung first."
    reason: str = ""
    "Why he is in this state, when there is something to say."
    has_station: bool = False
    "A phone of his is registered and answers."
    call_id: CallId | None = None
    "The call that rings at his phone, or that he is in."
    leg_id: LegId | None = None
    incident_id: IncidentId | None = None
    "The case he wraps up."
    misses: int = 0
    "Calls in a row that he let ring out."
    after_call: DeskState | None = None
    "Where he goes after this call instead of wrap-up: on break, or home."
    clearing_leg: LegId | None = None
    "A leg of his phone that was hung up and is not yet gone."
    clearing_until: float = 0.0
    "His phone counts as free from then on, whatever it says."
    deadline: float | None = None
    "End of wrap-up, engine time."
