"""What operators press on a covert case: mark it, and, by two keys, speak again."""

from collections.abc import Mapping

from callflows.events import CovertPressed, Event, SpeakPressed
from securityline.web.board import Board
from securityline.web.refusal import Message, Refused, me, open_incident
from securityline.web.sessions import Session
from securityline.web.tree_presses import Press
from securityline.web.words import N_


class CovertPresses:
    """Turn presses on a covert case into events."""

    def __init__(self, board: Board) -> None:
        self._board = board
        self.acts: Mapping[str, Press] = {"covert": self._covert, "speak": self._speak}

    def _covert(self, session: Session, message: Message) -> Event:
        incident = open_incident(self._board, session, message)
        if incident.is_covert:
            raise Refused(N_("This case is covert already."))
        return CovertPressed(incident_id=incident.incident_id, operator=me(session))

    def _speak(self, session: Session, message: Message) -> Event:
        incident = open_incident(self._board, session, message)
        if not incident.is_covert:
            raise Refused(N_("This case is not covert."))
        return SpeakPressed(incident_id=incident.incident_id, operator=me(session))
