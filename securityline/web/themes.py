"""Light or dark: every operator's own choice, kept across sign-ins and restarts.

The choice is kept beside the log as a document of its operator, and a cookie tells the
sign-in page of this browser what was chosen there last.
"""

from collections.abc import Iterable
from typing import Final

from aiohttp import web

from securityline.logbook.document import Document
from securityline.web.words import N_

KIND: Final = "theme"
DARK: Final = "dark"
"What a control room gets that chose nothing."
THEMES: Final = {DARK: N_("Dark"), "light": N_("Light"), "system": N_("As the system")}


class Themes:
    """What each operator chose."""

    def __init__(self, documents: Iterable[Document] = ()) -> None:
        """Take over what an earlier process kept."""
        self._chosen: dict[str, str] = {}
        for document in documents:
            if document.data and document.data.get("theme") in THEMES:
                self._chosen[document.id] = str(document.data["theme"])

    def of(self, operator: str) -> str:
        """Return an operator's choice."""
        return self._chosen.get(operator, DARK)

    def choose(self, operator: str, theme: str, now: float) -> Document:
        """Take an operator's choice; return what is to be kept of it."""
        self._chosen[operator] = theme
        return Document(kind=KIND, id=operator, data={"theme": theme}, at=now)


def theme_at(request: web.Request) -> str:
    """Return what a browser chose last, for pages before anybody signed in."""
    theme = request.cookies.get(KIND, DARK)
    return theme if theme in THEMES else DARK
