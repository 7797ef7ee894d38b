"""Whether the next keys of a leg are a PIN, also in the moment before anybody collects them."""

from callflows.board import Board
from callflows.call_tree import AttemptState
from callflows.check_call import CheckState
from callflows.events import LegId
from callflows.self_service import SelfState


def awaits_pin(board: Board, leg_id: LegId) -> bool:
    """Say whether the rules wait for a PIN from this leg.

    The order to collect one waits for the disk. Whoever dials his number and his PIN from a
    memory key is faster, and no digit of a PIN may stand in a line.
    """
    if (himself := board.self_services.get(leg_id)) is not None:
        return himself.state is SelfState.PIN
    if (check := board.checks.get(board.check_legs.get(leg_id, ""))) is not None:
        return check.leg_id == leg_id and check.state is CheckState.ASKING
    tree = board.tree_of(leg_id)
    attempts = tree.attempts if tree is not None else []
    return any(x.leg_id == leg_id and x.state is AttemptState.PIN for x in attempts)
