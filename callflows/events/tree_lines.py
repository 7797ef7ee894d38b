"""What a call tree concludes when something outside of it changes: a line, its plan."""

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


@dataclass(frozen=True, slots=True, kw_only=True)
class CallTreeReplanned(TreeFact):
    """Who may be called was worked out anew: a tree ran for longer than its plan held."""

    call_tree: str
    until: float
    "How long the new plan holds, engine time."
