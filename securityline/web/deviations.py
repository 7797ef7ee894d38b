"""Where consignes were not followed: left out, off the path, called otherwise; and why.

For whoever answers for the room: supervisors, administrators, auditors.
"""

import asyncio
from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

from aiohttp import web

from securityline.web.context import CONTEXT, SESSION, Context
from securityline.web.incidents import REVIEWERS, may_see, moment_of
from securityline.web.pages import render_page
from securityline.web.problems import Problem

MOST_CASES: Final = 500
"Cases looked through, the latest first."
MOST_SHOWN: Final = 200


class Deviation(NamedTuple):
    """One step that was not done as the consigne says."""

    incident_id: str
    organisation_name: str
    procedure: str
    version: int
    step: str
    hows: tuple[str, ...]
    "Of `card_vocabulary.DEVIATIONS`."
    reason: str
    by: str
    at: str
    moment: str


def add_routes(app: web.Application) -> None:
    """Put the page in the application."""
    app.router.add_get("/deviations", show)


async def show(request: web.Request) -> web.Response:
    """`GET /deviations`."""
    context, session = request.app[CONTEXT], request[SESSION]
    if session.role not in REVIEWERS:
        raise Problem(403, "Deviations are for supervisors, administrators and auditors.")
    read = context.services.logbook.documents
    documents = await asyncio.to_thread(read, "incident", None, None, MOST_CASES)
    cases = [one.data for one in documents if one.data and may_see(context, session, one.data)]
    rows = sorted((row for case in cases for row in _rows(case, context)), key=_when)[::-1]
    html = render_page(
        request, "deviations.html", session.language, {"rows": rows[:MOST_SHOWN]}
    )
    return web.Response(text=html, content_type="text/html")


def _when(row: Deviation) -> str:
    return row.at


def _rows(case: Mapping[str, Any], context: Context) -> Iterator[Deviation]:
    for run in (*case.get("earlier_procedures", ()), case.get("procedure")):
        for record in (run or {}).get("steps", ()):
            whys = _whys(record)
            if not whys:
                continue
            yield Deviation(
                incident_id=str(case["incident_id"]),
                organisation_name=case.get("organisation_name") or "",
                procedure=run["procedure"],
                version=run["version"],
                step=record["step"],
                hows=tuple(whys),
                reason=next(iter(whys.values())),
                by=context.board.name_of(record.get("operator")),
                at=record.get("at") or "",
                moment=moment_of(record.get("at"), context),
            )


def _whys(record: Mapping[str, Any]) -> dict[str, str]:
    """Return how a recorded step departs from the consigne, with the reason; empty: not."""
    if record.get("outcome") == "skipped":
        return {"skipped": record["text"]} if record.get("text") else {}
    kinds = {"off_path": record.get("left_path"), "otherwise": record.get("otherwise")}
    return {how: reason for how, reason in kinds.items() if reason}
