"""What supervisors press to be on an operator's call."""

from collections.abc import Mapping
from typing import Final, cast, get_args

from callflows.events import CallId, Event, LeavePressed, VisitMode, VisitPressed, VisitWhy
from securityline.web.board import Board
from securityline.web.ports import DirectoryHolderPort
from securityline.web.refusal import Message, Refused, me, text_of
from securityline.web.sessions import Session
from securityline.web.tree_presses import Press
from securityline.web.words import N_

MODES: Final = get_args(VisitMode)
REASONS: Final = get_args(VisitWhy)


class VisitPresses:
    """Turn presses on a supervisor's buttons into events."""

    def __init__(self, board: Board, directory: DirectoryHolderPort) -> None:
        self._board = board
        self._directory = directory
        self.acts: Mapping[str, Press] = {"visit": self._visit, "leave": self._leave}

    def _visit(self, session: Session, message: Message) -> Event:
        """Say which call, how and what for; and, from the client's contract, who sees it."""
        call = self._board.call(CallId(text_of(message, "call", 200)))
        if call is None or call.is_over or call.clearance not in session.clearances:
            raise Refused(N_("There is no such call."))
        mode, why = text_of(message, "mode", 20), text_of(message, "why", 20) or "unsaid"
        if mode not in MODES or why not in REASONS:
            raise Refused(N_("The desk sent something the engine does not know."))
        incident = self._board.incident(call.incident_id)
        client = incident.organisation if incident is not None else None
        organisation = self._directory.current.organisations.get(client or "")
        return VisitPressed(
            incident_id=call.incident_id,
            operator=me(session),
            call_id=call.call_id,
            mode=cast(VisitMode, mode),
            why=cast(VisitWhy, why),
            is_shown=organisation is None or organisation.listening == "shown",
        )

    def _leave(self, session: Session, message: Message) -> Event:
        return LeavePressed(operator=me(session))
