"""What every press is read with: whose it is, which case it is for, and why it is refused."""

from collections.abc import Mapping
from typing import Any, Final

from callflows.events import IncidentId, OperatorId
from callflows.incident import Incident, IncidentState
from securityline.web.board import Board
from securityline.web.sessions import Session
from securityline.web.words import N_

LONGEST_TEXT: Final = 4000
Message = Mapping[str, Any]


class Refused(Exception):
    """A press that is refused; the sentence is for the operator, in English, translatable."""


def me(session: Session) -> OperatorId:
    """Who presses."""
    return OperatorId(session.operator)


def text_of(message: Message, name: str, longest: int = LONGEST_TEXT) -> str:
    """Read a text of a message; NUL and other controls but the line end are dropped.

    :raises Refused: it is no text, or too long.
    """
    value = message.get(name, "")
    if not isinstance(value, str) or len(value) > longest:
        raise Refused(N_("The desk sent something the engine does not know."))
    if value.isprintable():
        return value.strip()
    return "".join(c for c in value if c == "\n" or (c >= " " and c != "\x7f")).strip()


def open_incident(board: Board, session: Session, message: Message) -> Incident:
    """Find an open case that this operator may see.

    :raises Refused: there is none, or it is closed.
    """
    incident = board.incident(IncidentId(text_of(message, "incident", 200)))
    if incident is None or incident.clearance not in session.clearances:
        raise Refused(N_("There is no such case."))
    if incident.state is not IncidentState.OPEN:
        raise Refused(N_("This case is closed."))
    return incident
