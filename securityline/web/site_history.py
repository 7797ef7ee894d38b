"""What happened at a site before: all its open cases, and the last ten that were closed.

Read once from the logbook's documents, page by page in a thread after the start; kept up by
the lines that are published. No card waits for it.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final, NamedTuple

from callflows.incident import Incident
from securityline.web.board import Board
from securityline.web.ports import Line

MOST_OF_A_SITE: Final = 10
"Closed ones; of those that are open none is left out."
CHANGES: Final = frozenset(
    {"IncidentOpened", "IncidentClosed", "IncidentReprioritised", "KindChosen"}
)


class PastCase(NamedTuple):
    """One case of a site, in a line."""

    incident_id: str
    opened_at: float
    "Engine time."
    urgency: int
    kind: str
    is_open: bool
    disposition: str


Place = tuple[str, str]
"Organisation and site."


class SiteHistory:
    """The latest cases of every site, the silent ones left out."""

    def __init__(self, board: Board) -> None:
        self._board = board
        self._cases: dict[Place, dict[str, PastCase]] = {}
        self._told: set[str] | None = set()
        "Cases that lines told of meanwhile: their documents are older. `None`: all is read."

    def load(self, documents: Iterable[Mapping[str, Any]]) -> None:
        """Take what the logbook knows of earlier cases.

        :param documents: of incidents, as `securityline.views` writes them, in any order.
        """
        for data in documents:
            if self._told is not None and str(data["incident_id"]) in self._told:
                continue
            place = (data.get("organisation"), data.get("site"))
            if all(place) and data.get("opened_at") and not data.get("is_silent"):
                self._keep((str(place[0]), str(place[1])), _from_document(data))

    def finish(self) -> None:
        """Note that everything earlier was read."""
        self._told = None

    def add(self, lines: Iterable[Line]) -> None:
        """Take lines as they are published."""
        for incident_id in {x.incident_id for x in lines if x.what in CHANGES}:
            incident = self._board.incident(incident_id)
            if incident is None or incident.is_silent:
                continue
            if self._told is not None:
                self._told.add(incident_id)
            if incident.organisation and incident.site:
                self._keep((incident.organisation, incident.site), _from_case(incident))

    def of(self, incident: Incident) -> list[PastCase]:
        """Return the other cases of a case's site: those still open, then the latest."""
        kept = self._cases.get((incident.organisation or "", incident.site or ""), {})
        others = [one for one in kept.values() if one.incident_id != incident.incident_id][::-1]
        others.sort(key=lambda one: (not one.is_open, -one.opened_at))
        still_open = sum(one.is_open for one in others)
        return others[: still_open + MOST_OF_A_SITE]

    def _keep(self, place: Place, case: PastCase) -> None:
        kept = self._cases.setdefault(place, {})
        kept[case.incident_id] = case
        closed = [one for one in kept.values() if not one.is_open]
        if len(closed) > MOST_OF_A_SITE + 1:  # a closed case on a card is not its own past
            del kept[min(closed, key=lambda one: one.opened_at).incident_id]


def _from_case(incident: Incident) -> PastCase:
    return PastCase(
        incident.incident_id,
        incident.opened_at,
        incident.urgency,
        incident.kind,
        incident.is_open,
        incident.disposition,
    )


def _from_document(data: Mapping[str, Any]) -> PastCase:
    return PastCase(
        str(data["incident_id"]),
        datetime.fromisoformat(str(data["opened_at"])).timestamp(),
        int(data.get("urgency") or 3),
        data.get("kind") or "",
        data.get("state") != "closed",
        data.get("disposition") or "",
    )
