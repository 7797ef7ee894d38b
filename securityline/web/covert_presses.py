"""What operators press on a covert case: mark it, and, by two keys, speak again."""

from collections.abc import Callable, Mapping

from callflows.covert import SECOND_KEY_TIME
from callflows.events import CovertPressed, Event, SpeakAsked, SpeakPressed
from callflows.incident import Incident
from securityline.web.board import Board
from securityline.web.refusal import Message, Refused, me, open_incident
from securityline.web.sessions import Session
from securityline.web.tree_presses import Press
from securityline.web.words import N_


class CovertPresses:
    """Turn presses on a covert case into events."""

    def __init__(self, board: Board, clock: Callable[[], float]) -> None:
        self._board = board
        self._clock = clock
        self.acts: Mapping[str, Press] = {
            "covert": self._covert,
            "speak_ask": self._ask,
            "speak": self._speak,
        }

    def _covert(self, session: Session, message: Message) -> Event:
        incident = open_incident(self._board, session, message)
        if incident.is_covert:
            raise Refused(N_("This case is covert already."))
        return CovertPressed(incident_id=incident.incident_id, operator=me(session))

    def _ask(self, session: Session, message: Message) -> Event:
        incident = self._covert_case(session, message)
        return SpeakAsked(incident_id=incident.incident_id, operator=me(session))

    def _speak(self, session: Session, message: Message) -> Event:
        incident = self._covert_case(session, message)
        asked_at = incident.speak_asked_at
        is_his = incident.speak_asked == me(session) and asked_at is not None
        if not is_his or self._clock() - (asked_at or 0.0) > SECOND_KEY_TIME:
            raise Refused(N_("Speaking again takes two keys, one after the other."))
        return SpeakPressed(incident_id=incident.incident_id, operator=me(session))

    def _covert_case(self, session: Session, message: Message) -> Incident:
        incident = open_incident(self._board, session, message)
        if not incident.is_covert:
            raise Refused(N_("This case is not covert."))
        calls = (self._board.switchboard.calls.get(one) for one in incident.call_ids)
        with_him = {call.operator for call in calls if call is not None and not call.is_over}
        if with_him - {None, me(session)}:
            raise Refused(N_("Another operator is on the line with this caller."))
        return incident
