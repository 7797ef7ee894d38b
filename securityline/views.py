"""Calls and incidents in the shapes that the API publishes and a restart reads back."""

from collections.abc import Sequence
from typing import Any

from callflows.events import Event
from securityline.logbook.document import Document


class StateDocuments:
    """Notice which calls and incidents an event changed."""

    def __init__(self, switchboard: Any) -> None:
        self._switchboard = switchboard

    def changed(self, event: Event, outcomes: Sequence[Any], now: float) -> list[Document]:
        """Return the documents to write for this event."""
        return []
