"""Actions with consequences on the card: what may be asked for, and what became of each."""

from collections.abc import Sequence
from typing import NamedTuple

from markupsafe import Markup

from callflows.action import Action, ActionState
from callflows.incident import Incident
from client_directory.alarm_model import Action as Orderable
from client_directory.model import Organisation, Text
from securityline.web.action_words import ACTION
from securityline.web.board import Board
from securityline.web.plain import clip
from securityline.web.ports import DirectoryHolderPort
from securityline.web.reasons import say
from securityline.web.rendering import Rendering
from securityline.web.steps import organisation_of
from securityline.web.words import WORDS, Words


class ActionRow(NamedTuple):
    """One action on the card."""

    action_id: str
    title: Text
    state: str
    operator_name: str
    reason: str
    approved_by_name: str
    deadline: float | None
    "Engine time: of the second person, the answer, or the next try."
    tries: int
    why: str
    answer: str
    needs_password: bool


class Actions:
    """Draw the actions of cases."""

    def __init__(
        self, board: Board, rendering: Rendering, directory: DirectoryHolderPort
    ) -> None:
        self._board = board
        self._render = rendering
        self._directory = directory

    def draw(self, incident: Incident, language: str) -> Markup:
        """Draw what was asked for in a case."""
        actions = self._board.actions_of(incident)
        if not actions:
            return Markup()
        rows = [self._row(action, incident, WORDS[language]) for action in actions]
        awaiting = next((one for one in rows if one.state == ActionState.AWAITING), None)
        values = {"case": incident, "rows": rows, "awaiting": awaiting}
        return Markup(self._render("actions.html", language, values))  # noqa: S704 - ours

    def orderable(
        self, incident: Incident, organisation: Organisation | None
    ) -> Sequence[Orderable]:
        """Return the actions that may be asked for in a case: its client's, at its site."""
        if organisation is None or not incident.is_open:
            return ()
        return [one for one in organisation.actions if one.site in (None, incident.site)]

    def _row(self, action: Action, incident: Incident, words: Words) -> ActionRow:
        organisation = organisation_of(incident, self._directory.current)
        known = known_action(organisation, action.request.action)
        return ActionRow(
            action_id=action.action_id,
            title=known.title if known is not None else {"": action.request.action},
            state=action.state.value,
            operator_name=self._board.name_of(action.request.operator),
            reason=clip(action.request.reason, 300),
            approved_by_name=self._board.name_of(action.approved_by),
            deadline=action.deadline,
            tries=action.tries,
            why=clip(say(ACTION, action.why, words, {"operator": self._board.name_of}), 200),
            answer=clip(action.answer, 200),
            needs_password=known is not None and known.needs_password,
        )


def known_action(organisation: Organisation | None, action: str) -> Orderable | None:
    """Find an action of a client by its name in the directory."""
    actions = organisation.actions if organisation is not None else ()
    return next((one for one in actions if one.action == action), None)
