"""An action with consequences, from an operator's wish to the far end's answer.

Nothing is done without a name and a reason, nor without a second person where the client
marked it so. What is sent is repeated until there is an answer, always under the same key,
so that a barrier is not opened twice because an answer was lost.
"""

import hashlib
import json
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from callflows.attention import attend
from callflows.board import Board
from callflows.commands import PerformAction
from callflows.events import (
    ActionAnswered,
    ActionApproved,
    ActionAwaited,
    ActionDelayed,
    ActionDone,
    ActionDropped,
    ActionGivenUp,
    ActionRefused,
    ActionRejected,
    ActionRequested,
    DeadlineReached,
    Event,
    IncidentId,
    OperatorId,
)
from callflows.transition import Transition

APPROVAL_TIME: Final = 120.0
"Seconds in which the second person must agree."
ANSWER_TIME: Final = 30.0
"Seconds after which a try without an answer has failed, should nobody tell."
MOST_ANSWER: Final = 500
"Characters kept of what the far end said."
PAUSES: Final = (1.0, 3.0, 10.0, 30.0, 60.0)
"Seconds before each further try; after the last one it is given up."


class ActionState(StrEnum):
    """Where an action stands."""

    AWAITING = "awaiting"
    "A second person has to agree."
    PERFORMING = "performing"
    "It was sent; the answer is waited for."
    RESTING = "resting"
    "A try failed; the next is made after a pause."
    DONE = "done"
    GIVEN_UP = "given_up"
    DROPPED = "dropped"
    "Rejected, or nobody agreed in time."


@dataclass(slots=True)
class Action:
    """One action of one case."""

    action_id: str
    incident_id: IncidentId
    request: ActionRequested
    state: ActionState = ActionState.PERFORMING
    approved_by: OperatorId | None = None
    tries: int = 0
    why: str = ""
    "Why it is where it is: the last try's fault, or who did not want it."
    answer: str = ""
    "What the far end said last."
    deadline: float | None = None
    "When it wants a `DeadlineReached`, engine time."

    @property
    def timer_id(self) -> str:
        """Its name among whatever waits for a time."""
        return f"action {self.action_id}"

    @property
    def idempotency_key(self) -> str:
        """The same for every try, and after a restart."""
        request = self.request
        return idempotency_key(self.incident_id, request.action, request.attempt)

    @property
    def is_over(self) -> bool:
        """Whether nothing more is to be done for it."""
        return self.state in OVER


OVER: Final = frozenset({ActionState.DONE, ActionState.GIVEN_UP, ActionState.DROPPED})


def idempotency_key(incident_id: IncidentId, action: str, attempt: int) -> str:
    """Return the key by which the far end knows that it did this already."""
    what = json.dumps([incident_id, action, attempt])
    return hashlib.sha256(what.encode()).hexdigest()[:32]


def requested(board: Board, event: ActionRequested) -> Action | None:
    """Take an operator's wish: send it, or wait for a second person. `None` if refused."""
    if (why_not := _why_not(board, event)) is not None:
        _turn_action_down(board, event, event.operator, why_not)
        return None
    action = Action(action_id=event.action_id, incident_id=event.incident_id, request=event)
    if not event.needs_two_people:
        _send(board, action)
        return action
    action.state = ActionState.AWAITING
    _wait(board, action, board.now + APPROVAL_TIME)
    board.say(
        ActionAwaited(
            incident_id=action.incident_id,
            action_id=action.action_id,
            action=event.action,
            operator=event.operator,
            until=board.now + APPROVAL_TIME,
        )
    )
    return action


def _why_not(board: Board, event: ActionRequested) -> str | None:
    incident = board.incidents.get(event.incident_id)
    if incident is None or not incident.is_open:
        return "the case is not open"
    if not event.operator:
        return "nobody asked for it"
    return None if event.reason.strip() else "a reason is missing"


def begin_again(board: Board, action: Action) -> None:
    """Go on after a restart: what was sent is sent again, in case it was not."""
    if action.state is ActionState.PERFORMING:
        _wait(board, action, board.now + ANSWER_TIME)
        board.say(_order(action))


# ---------------------------------------------------------------- the second person


def _approved(board: Board, action: Action, event: ActionApproved) -> bool:
    if not event.operator or event.operator == action.request.operator:
        _turn_action_down(board, action.request, event.operator, "it takes a second person")
    elif action.deadline is not None and board.now >= action.deadline:
        _expire(board, action)
    elif not _is_case_open(board, action):
        _drop(board, action, "the case is not open")
    else:
        action.approved_by = event.operator
        _send(board, action)
    return True


def _rejected(board: Board, action: Action, event: ActionRejected) -> bool:
    who = "withdrawn" if event.operator == action.request.operator else "rejected"
    _drop(board, action, f"{who} by {event.operator}: {event.reason}".removesuffix(": "))
    return True


def _approval_due(board: Board, action: Action, event: DeadlineReached) -> bool:
    return _is_due(board, action) and _expire(board, action)


def _expire(board: Board, action: Action) -> bool:
    _drop(board, action, "nobody agreed in time")
    return True


def _drop(board: Board, action: Action, reason: str) -> None:
    action.state, action.why = ActionState.DROPPED, reason
    _wait(board, action, None)
    board.say(
        ActionDropped(incident_id=action.incident_id, action_id=action.action_id, reason=reason)
    )


# ---------------------------------------------------------------- sending


def _send(board: Board, action: Action) -> None:
    action.tries += 1
    action.state = ActionState.PERFORMING
    _wait(board, action, board.now + ANSWER_TIME)
    board.say(_order(action))


def _order(action: Action) -> PerformAction:
    request = action.request
    return PerformAction(
        incident_id=action.incident_id,
        action_id=action.action_id,
        idempotency_key=action.idempotency_key,
        tries=action.tries,
        organisation=request.organisation,
        action=request.action,
        kind=request.kind,
        operator=request.operator,
        reason=request.reason,
        approved_by=action.approved_by,
        site=request.site,
        parameters=request.parameters,
    )


def _answered(board: Board, action: Action, event: ActionAnswered) -> bool:
    """Take an answer. A late one counts if it is a yes: it was done under the one key."""
    if not 1 <= event.tries <= action.tries:
        return False
    action.answer = event.answer[:MOST_ANSWER]
    if event.outcome == "done":
        return _done(board, action)
    if event.tries != action.tries or action.state is not ActionState.PERFORMING:
        return False
    reason = event.reason or (f"status {event.status}" if event.status else "no answer")
    if event.outcome == "refused":
        _give_up(board, action, reason)
    else:
        _failed(board, action, reason)
    return True


def _answer_due(board: Board, action: Action, event: DeadlineReached) -> bool:
    if not _is_due(board, action):
        return False
    _failed(board, action, "no answer")
    return True


def _pause_over(board: Board, action: Action, event: DeadlineReached) -> bool:
    if not _is_due(board, action):
        return False
    _send(board, action)
    return True


def _failed(board: Board, action: Action, reason: str) -> None:
    if action.tries > len(PAUSES):
        _give_up(board, action, reason)
        return
    again_at = board.now + PAUSES[action.tries - 1]
    action.state, action.why = ActionState.RESTING, reason
    _wait(board, action, again_at)
    board.say(
        ActionDelayed(
            incident_id=action.incident_id,
            action_id=action.action_id,
            tries=action.tries,
            again_at=again_at,
            reason=reason,
        )
    )


def _done(board: Board, action: Action) -> bool:
    is_late = action.is_over
    action.state, action.why = ActionState.DONE, ""
    _wait(board, action, None)
    board.say(
        ActionDone(
            incident_id=action.incident_id,
            action_id=action.action_id,
            action=action.request.action,
            operator=action.request.operator,
            approved_by=action.approved_by,
            tries=action.tries,
            is_late=is_late,
        )
    )
    return True


def _give_up(board: Board, action: Action, reason: str) -> None:
    """Say that it was not done, to somebody who will look: the case wants attention."""
    action.state, action.why = ActionState.GIVEN_UP, reason
    _wait(board, action, None)
    board.say(
        ActionGivenUp(
            incident_id=action.incident_id,
            action_id=action.action_id,
            action=action.request.action,
            tries=action.tries,
            reason=reason,
        )
    )
    incident = board.incidents.get(action.incident_id)
    if incident is not None:
        why = f"{action.request.action} was not done: {reason}"
        attend(board, incident, why, is_failure=True)


# ---------------------------------------------------------------- small things


def _turn_action_down(
    board: Board, request: ActionRequested, operator: OperatorId, reason: str
) -> None:
    board.say(
        ActionRefused(
            incident_id=request.incident_id,
            action_id=request.action_id,
            operator=operator,
            reason=reason,
        )
    )


def _is_case_open(board: Board, action: Action) -> bool:
    incident = board.incidents.get(action.incident_id)
    return incident is not None and incident.is_open


def _is_due(board: Board, action: Action) -> bool:
    return action.deadline is not None and action.deadline <= board.now


def _wait(board: Board, action: Action, deadline: float | None) -> None:
    action.deadline = deadline
    if deadline is None:
        board.drop_timed(action)
    else:
        board.keep_timed(action)


_S = ActionState

TABLE: Final[dict[tuple[ActionState, type[Event]], Transition[ActionState]]] = {
    (_S.AWAITING, ActionApproved): Transition(_approved, (_S.PERFORMING, _S.DROPPED)),
    (_S.AWAITING, ActionRejected): Transition(_rejected, (_S.DROPPED,)),
    (_S.AWAITING, DeadlineReached): Transition(_approval_due, (_S.DROPPED,)),
    (_S.PERFORMING, ActionAnswered): Transition(_answered, (_S.DONE, _S.RESTING, _S.GIVEN_UP)),
    (_S.PERFORMING, DeadlineReached): Transition(_answer_due, (_S.RESTING, _S.GIVEN_UP)),
    (_S.RESTING, DeadlineReached): Transition(_pause_over, (_S.PERFORMING,)),
    (_S.RESTING, ActionAnswered): Transition(_answered, (_S.DONE,)),
    (_S.RESTING, ActionRejected): Transition(_rejected, (_S.DROPPED,)),
    (_S.GIVEN_UP, ActionAnswered): Transition(_answered, (_S.DONE,)),
    (_S.DROPPED, ActionAnswered): Transition(_answered, (_S.DONE,)),
}
"What each event does to an action; anything else means nothing in that state."
