"""A supervisor on an operator's call: where he stands. The rules are in `visiting`."""

from dataclasses import dataclass
from enum import StrEnum

from callflows.events import CallId, IncidentId, LegId, OperatorId, VisitMode, VisitWhy
from callflows.operators import DeskState


class VisitState(StrEnum):
    """Who hears him."""

    SUMMONING = "summoning"
    "His own phone rings."
    LISTENING = "listening"
    "He hears all; nobody hears him."
    WHISPERING = "whispering"
    "The operator hears him, and nobody else."
    BARGING = "barging"
    "All hear each other."


@dataclass(slots=True, kw_only=True)
class Visit:
    """One supervisor on one call. It is forgotten when it ends: the logbook has it."""

    leg_id: LegId
    "At the supervisor's phone; also the visit's name."
    call_id: CallId
    incident_id: IncidentId
    operator: OperatorId
    "The supervisor."
    colleague: OperatorId
    "Whose call it was when he came."
    mode: VisitMode
    "How he is on the call, or wants to be once his phone is picked up."
    why: VisitWhy
    is_shown: bool
    back_to: DeskState
    "Where he stood before, and stands again afterwards."
    until: float
    "His phone rings until then, engine time."
    is_ordered: bool = False
    "His phone was told to ring; it waits while it is still busy with what was before."
    state: VisitState = VisitState.SUMMONING
    heard_since: float | None = None
    "When he began to hear the call."
    is_held: bool = False
    "His own phone has put us on hold: music of his may reach nobody."
    is_silent: bool = False
    "No audio arrives from his phone."
    station_down_since: float | None = None
    "The registrar has lost his phone."
    deadline: float | None = None
    "When it wants a `DeadlineReached`, engine time."

    @property
    def timer_id(self) -> str:
        """Its name among whatever waits for a time."""
        return f"visit {self.leg_id}"
