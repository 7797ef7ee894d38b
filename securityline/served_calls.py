"""Calls that people serve themselves by key, in the shape that the API publishes.

They belong to no case: an installer who puts a site on test, somebody who starts a timer. What
came of them stands in the logbook, not here: nothing must tell a PIN from a duress PIN.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from callflows.events import CallId, LegId, SelfServiceEnded, SelfServiceHandedOver
from callflows.self_service import SelfService
from securityline.logbook.document import Document
from securityline.logbook.entry import show_time


class Served(Protocol):
    """Who serves himself now (`callflows.switchboard.Switchboard`)."""

    @property
    def self_services(self) -> Mapping[LegId, SelfService]:
        """By their leg."""


def served_view(call: SelfService) -> dict[str, Any]:
    """Describe such a call as `GET /api/v1/calls` does."""
    offer, who = call.offer, call.offer.identification
    return {
        "call_id": offer.call_id,
        "direction": "inbound",
        "did": offer.did,
        "organisation": who.organisation,
        "site": who.site,
        "person": who.person,
        "caller": None if offer.is_withheld else offer.caller,
        "withheld": offer.is_withheld,
        "diverted_from": offer.diverted_from,
        "state": "self_service",
        "incident_id": None,
        "started_at": show_time(call.began_at),
        "answered_at": None,
        "ended_at": None,
        "operator": None,
        "trunk": offer.trunk,
        "service": offer.service,
    }


class ServedCalls:
    """Notice which of these calls began and ended."""

    def __init__(self, board: Served) -> None:
        self._board = board
        self._views: dict[CallId, dict[str, Any]] = {}
        self._begun()

    def changed(self, outcomes: Sequence[Any], now: float) -> list[Document]:
        """Return the documents to write.

        :param now: engine time, seconds.
        """
        documents = [_document(view, "active", now) for view in self._begun()]
        for outcome in outcomes:
            if isinstance(outcome, SelfServiceHandedOver):
                self._views.pop(outcome.call_id, None)  # a call of a case now, by the same name
            elif isinstance(outcome, SelfServiceEnded):
                view = self._views.pop(outcome.call_id, None)
                if view is not None:
                    ended = view | {"state": "ended", "ended_at": show_time(now)}
                    documents.append(_document(ended, "ended", now))
        return documents

    def _begun(self) -> list[dict[str, Any]]:
        fresh = []
        for call in self._board.self_services.values():
            if call.offer.call_id not in self._views and call.is_going_on:
                view = self._views[call.offer.call_id] = served_view(call)
                fresh.append(view)
        return fresh


def _document(view: dict[str, Any], state: str, now: float) -> Document:
    return Document(kind="call", id=view["call_id"], data=view, state=state, at=now)
