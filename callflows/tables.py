"""What each event does to a call and to a case, put together from the rules that say so."""

from typing import Final

from callflows import asides, authentication, cases, forwarded, inbound, parking, steps, talking
from callflows.call import CallState
from callflows.events import Event
from callflows.incident import IncidentState
from callflows.transition import Transition

CALL_TABLE: Final[dict[tuple[CallState, type[Event]], Transition[CallState]]] = (
    asides.TABLE | inbound.TABLE | talking.TABLE | forwarded.TABLE | parking.TABLE
)
CASE_TABLE: Final[dict[tuple[IncidentState, type[Event]], Transition[IncidentState]]] = (
    cases.TABLE | steps.TABLE | authentication.TABLE
)
