"""The pages of the cases: the list, and one case with its whole log."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from types import SimpleNamespace
from typing import Any, Final

from aiohttp import web

from securityline.web.context import CONTEXT, SESSION, Context
from securityline.web.pages import render_page
from securityline.web.plain import clip
from securityline.web.ports import Line
from securityline.web.problems import Problem
from securityline.web.sessions import Session
from securityline.web.speakers import revealable, speakers
from securityline.web.steps import organisation_of
from securityline.web.timelines import recordings
from securityline.web.unseen import unseen_by
from securityline.web.visits import for_reader

PAGE: Final = 500
"Lines on one page of a case's log."
MOST_LISTED: Final = 200
REVIEWERS: Final = frozenset({"supervisor", "administrator", "auditor"})
"Who looks through how consignes were followed."
LONGEST_RAW: Final = 8000


def add_routes(app: web.Application) -> None:
    """Put the pages in the application."""
    app.router.add_get("/incidents", show_list)
    app.router.add_get("/incidents/{incident_id}", show_one)
    app.router.add_get("/incidents/{incident_id}/speakers", show_speakers)
    app.router.add_get("/sites", show_sites)


async def show_list(request: web.Request) -> web.Response:
    """`GET /incidents[?state=closed]`."""
    context, session = request.app[CONTEXT], request[SESSION]
    state = "closed" if request.query.get("state") == "closed" else "open"
    documents = await asyncio.to_thread(
        context.services.logbook.documents, "incident", state, None, MOST_LISTED
    )
    cases = [
        _case(document.data, context)
        for document in documents
        if document.data and may_see(context, session, document.data)
    ]
    values = {
        "cases": cases,
        "only_open": state == "open",
        "may_review": session.role in REVIEWERS,
    }
    html = render_page(request, "incidents.html", session.language, values)
    return web.Response(text=html, content_type="text/html")


async def show_one(request: web.Request) -> web.Response:
    """`GET /incidents/{incident_id}[?after=SEQ]`."""
    context, session = request.app[CONTEXT], request[SESSION]
    incident_id = request.match_info["incident_id"][:200]
    after = request.query.get("after", "0")
    if not (after.isascii() and after.isdecimal()) or len(after) > 15:
        raise Problem(400, "`after` is the number of a log line.")
    document = await find_incident(context, incident_id, session)
    logbook = context.services.logbook
    lines = await asyncio.to_thread(logbook.read, int(after), PAGE, incident_id)
    timelines = context.drawing.timelines
    shown = [
        timelines.show(line, session.language)._replace(raw=_raw(line.what, line.data))
        for line in for_reader(lines, session.role)
    ]
    values = {
        "case": SimpleNamespace(**_case(document, context), **_who(lines)),
        "opened": moment_of(document.get("opened_at"), context),
        "lines": shown,
        "next_after": lines[-1].seq if len(lines) == PAGE else None,
        "recordings": recordings(lines, context.rendering),
    }
    html = render_page(request, "incident.html", session.language, values)
    return web.Response(text=html, content_type="text/html")


async def show_speakers(request: web.Request) -> web.Response:
    """`GET /incidents/{incident_id}/speakers[?stored=yes]`: a button for each of them."""
    context, session = request.app[CONTEXT], request[SESSION]
    incident_id = request.match_info["incident_id"][:200]
    await find_incident(context, incident_id, session)
    incident = context.board.incident(incident_id)
    if incident is None or not incident.is_open:
        raise Problem(404, "There is no such case.")
    organisation = organisation_of(incident, context.services.directory.current)
    people = speakers(context.board, incident, organisation)
    found = revealable(people) if request.query.get("stored") == "yes" else people
    html = context.rendering("speakers.html", session.language, {"speakers": found})
    return web.Response(text=html, content_type="text/html")


async def show_sites(request: web.Request) -> web.Response:
    """`GET /sites?like=WORDS`: a button for each site, or zone, that may be meant."""
    context, session = request.app[CONTEXT], request[SESSION]
    directory = context.services.directory.current
    asked = request.query.get("like", "")
    places = context.sites.find(directory, asked, session.clearances)
    html = context.rendering("sites.html", session.language, {"places": places})
    return web.Response(text=html, content_type="text/html")


async def find_incident(
    context: Context, incident_id: str, session: Session
) -> Mapping[str, Any]:
    """Read a case that this operator may see; the others do not exist for him.

    :raises Problem: 404.
    """
    documents = await asyncio.to_thread(
        context.services.logbook.documents, "incident", None, incident_id, 1
    )
    data = documents[0].data if documents else None
    if not data or not may_see(context, session, data):
        raise Problem(404, "There is no such case.")
    return data


def may_see(context: Context, session: Session, data: Mapping[str, Any]) -> bool:
    """Whether he is cleared for a case, and it is not kept from his screen at the moment."""
    if data.get("clearance", "standard") not in session.clearances:
        return False
    if not data.get("is_silent"):
        return True
    return data.get("incident_id") not in unseen_by(
        context.board, session.operator, context.now()
    )


def _case(data: Mapping[str, Any], context: Context) -> dict[str, Any]:
    return {
        "incident_id": str(data["incident_id"]),
        "organisation_name": data.get("organisation_name") or "",
        "urgency": data.get("urgency", 3),
        "kind": data.get("kind") or "",
        "state": data.get("state", "open"),
        "disposition": data.get("disposition") or "",
        "owner_name": context.board.name_of(data.get("owner")),
        "opened": moment_of(data.get("opened_at"), context),
    }


def _who(lines: Sequence[Line]) -> dict[str, Any]:
    """Say who called, from the first line that tells."""
    offer: Mapping[str, Any] = next((x.data for x in lines if x.what == "CallOffered"), {})
    known = offer.get("identification") or {}
    return {
        "site_name": known.get("site_name") or "",
        "person_name": known.get("person_name") or "",
        "caller": offer.get("caller"),
        "is_withheld": bool(offer.get("is_withheld")),
    }


def moment_of(at: object, context: Context) -> str:
    """Write a time of a document as people read it; a dash when there is none."""
    if not isinstance(at, str):
        return "—"
    moment = datetime.fromisoformat(at).timestamp()
    return context.rendering.moment(moment, "%Y-%m-%d %H:%M:%S")


def _raw(what: str, data: Mapping[str, Any]) -> str:
    """Write a line's values; a number that the caller withheld is not for the eyes here.

    Nor is what a code word under duress was worth: its silent case tells that.
    """
    if data.get("is_withheld"):
        data = {**data, "caller": None}
    if what == "SecretChecked" and data.get("outcome") == "duress":
        data = {**data, "outcome": "good"}
    text = json.dumps(data, ensure_ascii=False, indent=1, default=str)
    return clip(text, LONGEST_RAW)
