"""What operators press on actions with consequences: ask for one, agree, call it off.

Who presses is the operator who is signed in. Where the client marked the action so, he has
typed his password again for this very press: `identity` compared it and says so.
"""

from collections.abc import Mapping
from typing import Final

from callflows.action import Action, ActionState
from callflows.events import ActionApproved, ActionRejected, ActionRequested, Event
from callflows.incident import Incident
from client_directory.alarm_model import Action as Orderable
from securityline.web.actions import known_action
from securityline.web.board import Board
from securityline.web.ports import DirectoryHolderPort
from securityline.web.refusal import Message, Refused, me, open_incident, text_of
from securityline.web.sessions import Session
from securityline.web.steps import organisation_of
from securityline.web.tree_presses import Press
from securityline.web.words import N_

IS_PROVEN: Final = "is_proven"
"In a message: his password came with it and was right. Only the server sets it."
LONGEST_REASON: Final = 1000


class ActionPresses:
    """Turn presses on actions into events."""

    def __init__(self, board: Board, directory: DirectoryHolderPort) -> None:
        self._board = board
        self._directory = directory
        self.acts: Mapping[str, Press] = {
            "action_request": self._request,
            "action_approve": self._approve,
            "action_reject": self._reject,
        }

    def _request(self, session: Session, message: Message) -> Event:
        incident = open_incident(self._board, session, message)
        name, reason = text_of(message, "action", 80), text_of(message, "text", LONGEST_REASON)
        wanted = self._known(incident, name)
        if wanted is None or wanted.site not in (None, incident.site):
            raise Refused(N_("There is no such action for this case."))
        if not reason:
            raise Refused(N_("Write why it is to be done."))
        _prove(wanted, message)
        earlier = self._board.actions_of(incident)
        same = [one for one in earlier if one.request.action == name]
        if any(not one.is_over for one in same):
            raise Refused(N_("This action is under way already."))
        return ActionRequested(
            incident_id=incident.incident_id,
            action_id=f"{incident.incident_id}-a{len(earlier) + 1}",
            operator=me(session),
            reason=reason,
            organisation=incident.organisation or "",
            action=name,
            kind=wanted.kind,
            site=wanted.site or incident.site,
            parameters=wanted.parameters,
            needs_two_people=wanted.needs_two_people,
            attempt=len(same) + 1,
        )

    def _approve(self, session: Session, message: Message) -> Event:
        incident, action = self._action(session, message)
        if action.state is not ActionState.AWAITING:
            raise Refused(N_("This action waits for nobody any more."))
        if action.request.operator == session.operator:
            raise Refused(N_("It takes a second person: you asked for it yourself."))
        known = self._known(incident, action.request.action)
        if known is None:
            raise Refused(N_("There is no such action for this case."))
        _prove(known, message)
        return ActionApproved(
            incident_id=incident.incident_id,
            action_id=action.action_id,
            operator=me(session),
        )

    def _reject(self, session: Session, message: Message) -> Event:
        incident, action = self._action(session, message)
        if action.state not in (ActionState.AWAITING, ActionState.RESTING):
            raise Refused(N_("This action cannot be called off now."))
        return ActionRejected(
            incident_id=incident.incident_id,
            action_id=action.action_id,
            operator=me(session),
            reason=text_of(message, "text", LONGEST_REASON),
        )

    def _action(self, session: Session, message: Message) -> tuple[Incident, Action]:
        incident = open_incident(self._board, session, message)
        action_id = text_of(message, "action_id", 200)
        for action in self._board.actions_of(incident):
            if action.action_id == action_id:
                return incident, action
        raise Refused(N_("There is no such action for this case."))

    def _known(self, incident: Incident, name: str) -> Orderable | None:
        return known_action(organisation_of(incident, self._directory.current), name)


def _prove(action: Orderable, message: Message) -> None:
    if action.needs_password and message.get(IS_PROVEN) is not True:
        raise Refused(N_("Your password is needed, and was not right."))
