"""How many calls call trees may make for one client in an hour: a bound on what fraud costs.

Whoever can raise alarms in a client's name, or has changed his directory, would otherwise let
us dial as often as he likes. Beyond the limit a tree calls nobody more and an operator is told
at once. What an operator dials himself, calls to emergency services and call-backs are never
held back; his own calls for a tree count.
"""

from typing import Final

from callflows.board import Board
from callflows.call_tree import CallTree

PERIOD: Final = 3_600.0
"Seconds in which calls are counted."


def count(board: Board, tree: CallTree) -> None:
    """Note that a call of a tree is made now."""
    board.tree_dials.setdefault(tree.plan.organisation, []).append(board.now)


def is_reached(board: Board, tree: CallTree) -> bool:
    """Whether the tree's client has had all the calls of this hour."""
    times = board.tree_dials.get(tree.plan.organisation, [])
    if times and times[0] <= board.now - PERIOD:
        times = [at for at in times if at > board.now - PERIOD]
        board.tree_dials[tree.plan.organisation] = times
    return len(times) >= tree.plan.calls_an_hour


def reason(tree: CallTree) -> str:
    """Say why nobody more is called."""
    return f"the limit of {tree.plan.calls_an_hour} calls an hour for its client is reached"
