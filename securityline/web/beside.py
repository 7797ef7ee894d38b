"""What stands below the card and need not be there in its first second.

A fragment of its own (`more`), drawn after the card: nothing in it delays a call.
"""

from callflows.incident import Incident
from securityline.web.board import Board
from securityline.web.ports import DirectoryHolderPort
from securityline.web.rendering import Rendering
from securityline.web.secret_presses import speakers
from securityline.web.steps import organisation_of


class Beside:
    """Draw what belongs to a case beside its card."""

    def __init__(
        self, board: Board, rendering: Rendering, directory: DirectoryHolderPort
    ) -> None:
        self._board = board
        self._render = rendering
        self._directory = directory

    def draw(self, incident: Incident, language: str) -> str:
        """Draw it for one case."""
        organisation = organisation_of(incident, self._directory.current)
        people = speakers(self._board, incident, organisation) if incident.is_open else []
        values = {
            "incident_id": incident.incident_id,
            "speakers": people,
            "revealable": [one for one in people if one.code_word_sealed is not None],
        }
        return self._render("more.html", language, values)
