"""What a call tree concludes about lines that another tree holds."""

from dataclasses import dataclass

from callflows.events.tree import TreeFact


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyholderPutOff(TreeFact):
    """Another tree calls this number, or its owner speaks with an operator: others first."""

    person: str
    name: str
    number: str
    until: float
    "How long the line is waited for at most, engine time."
