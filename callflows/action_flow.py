"""Where the events about actions with consequences go: to the action they name."""

from collections.abc import Callable
from typing import Any, Final

from callflows.action import TABLE, Action, requested
from callflows.board import Board
from callflows.events import (
    ActionAnswered,
    ActionApproved,
    ActionRefused,
    ActionRejected,
    ActionRequested,
    DeadlineReached,
    Event,
)


def action_requested(board: Board, event: ActionRequested) -> None:
    """Take an operator's wish. The same one again is not another one."""
    if event.action_id in board.actions:
        board.say(
            ActionRefused(
                incident_id=event.incident_id,
                action_id=event.action_id,
                operator=event.operator,
                reason="it was asked for already",
            )
        )
        return
    action = requested(board, event)
    if action is not None:
        board.actions[action.action_id] = action


def to_action(board: Board, event: ActionApproved | ActionRejected | ActionAnswered) -> None:
    """Tell the action; what means nothing to it is noted."""
    action = board.actions.get(event.action_id)
    if action is None:
        board.ignore(event, "unknown action")
    elif not _step(board, action, event):
        board.ignore(event, action.state.value)


def due(board: Board, action: Action) -> None:
    """Tell an action that its time has come."""
    _step(board, action, DeadlineReached(incident_id=action.incident_id))


def _step(board: Board, action: Action, event: Event) -> bool:
    transition = TABLE.get((action.state, type(event)))
    return transition is not None and transition.step(board, action, event)


ROUTES: Final[dict[type[Event], Callable[[Board, Any], None]]] = {
    ActionRequested: action_requested,
    ActionApproved: to_action,
    ActionRejected: to_action,
    ActionAnswered: to_action,
}
