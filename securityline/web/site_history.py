"""What happened at a site before: its open cases, and the last ten.

Read once from the logbook's documents, in a thread after the start; kept up by the lines
that are published. No card waits for it.
"""

from collections import deque
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final, NamedTuple

from callflows.incident import Incident
from securityline.web.board import Board
from securityline.web.ports import Line

MOST_OF_A_SITE: Final = 10
MOST_READ: Final = 1000
"Cases read at the start, the latest first."
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
        self._cases: dict[Place, deque[PastCase]] = {}

    def load(self, documents: Iterable[Mapping[str, Any]]) -> None:
        """Take what the logbook knows of earlier cases.

        :param documents: of incidents, as `securityline.views` writes them, in any order.
        """
        known = {case.incident_id for kept in self._cases.values() for case in kept}
        past = [one for one in documents if str(one["incident_id"]) not in known]
        for data in sorted(past, key=lambda one: str(one.get("opened_at") or "")):
            place = (data.get("organisation"), data.get("site"))
            if all(place) and data.get("opened_at") and not data.get("is_silent"):
                self._keep((str(place[0]), str(place[1])), _from_document(data))

    def add(self, lines: Iterable[Line]) -> None:
        """Take lines as they are published."""
        for incident_id in {x.incident_id for x in lines if x.what in CHANGES}:
            incident = self._board.incident(incident_id)
            if incident is None or incident.is_silent:
                continue
            if incident.organisation and incident.site:
                self._keep((incident.organisation, incident.site), _from_case(incident))

    def of(self, incident: Incident) -> list[PastCase]:
        """Return the other cases of a case's site: those still open, then the latest."""
        kept = self._cases.get((incident.organisation or "", incident.site or ""), ())
        others = [one for one in reversed(kept) if one.incident_id != incident.incident_id]
        others.sort(key=lambda one: (not one.is_open, -one.opened_at))
        return others[:MOST_OF_A_SITE]

    def _keep(self, place: Place, case: PastCase) -> None:
        kept = self._cases.setdefault(place, deque(maxlen=2 * MOST_OF_A_SITE))
        for index, known in enumerate(kept):
            if known.incident_id == case.incident_id:
                kept[index] = case
                return
        kept.append(case)


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
