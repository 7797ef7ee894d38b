"""A state table's entry: what is done, and where it may lead."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

S = TypeVar("S")


@dataclass(frozen=True, slots=True)
class Transition(Generic[S]):
    """What one event does in one state."""

    step: Callable[..., bool]
    "Given the board, the thing and the event; `False`: the event means nothing here."
    to: tuple[S, ...] = ()
    "States it may lead to, besides staying. Drawn in `docs/call-states.md`, and tested."
