"""A caller on his way from one operator to another: who gives, who gets, how far it came."""

from dataclasses import dataclass

from callflows.events import LegId, OperatorId


@dataclass(slots=True)
class Transfer:
    """One caller who is offered to another operator."""

    by: OperatorId
    "Who gives him away, and gets him back."
    to: OperatorId
    leg_id: LegId
    "The other's leg."
    is_attended: bool
    "They talk first, and the first stays on the line; else he has let the caller go."
    is_up: bool = False
    "The other picked up, and the two talk."
    is_over: bool = False
    "The other left after he had picked up."
