"""The supervisor's page: what is late, the day as charts, and why whom was rung.

Read from the log's documents when it is opened; it does not live. Numbers of calls are of all
clients, as on the wallboard; cases, causes and decisions only of those that the reader is
cleared for.
"""

import asyncio
from collections import deque
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

from aiohttp import web

from callflows.routing_replay import read_decision, replay
from securityline.charts import by_cause, by_hour, by_wait, callers
from securityline.web import room_view
from securityline.web.context import CONTEXT, SESSION, Context, audience_of
from securityline.web.pages import render_page
from securityline.web.ports import Line
from securityline.web.wallboard import MOST_CALLS_READ, admit_reader

MOST_DECISIONS: Final = 40
MOST_LATE: Final = 50


class DecisionRow(NamedTuple):
    """A routing decision."""

    time: str
    incident_id: str
    words: str
    verdict: str
    "`same`, `different`, `press` or `old`."
    today: str
    "Who would be rung by the rules of today, when that differs."


class Decisions:
    """The latest routing decisions, as they are written."""

    def __init__(self) -> None:
        self.lines: deque[Line] = deque(maxlen=MOST_DECISIONS)

    def take(self, lines: Sequence[Line]) -> None:
        """Take lines as they are published."""
        self.lines.extend(line for line in lines if line.what == "OperatorChosen")


DECISIONS: Final = web.AppKey("decisions", Decisions)


def add_routes(app: web.Application) -> None:
    """Put the page in the application."""
    decisions = app[DECISIONS] = Decisions()
    app[CONTEXT].services.engine.subscribe(decisions.take)
    app.router.add_get("/room", show)


async def show(request: web.Request) -> web.Response:
    """`GET /room[?theme=light]`."""
    context, session = request.app[CONTEXT], request[SESSION]
    admit_reader(session)
    audience = audience_of(context, session)
    zone, now = context.services.time_zone, context.now()
    midnight = datetime.fromtimestamp(now, zone).replace(hour=0, minute=0, second=0)
    since = midnight.timestamp()
    calls, cases = await asyncio.to_thread(_read, context, since, session.clearances)
    found = callers(calls, since)
    values: dict[str, Any] = {
        "late": room_view.alerts(context.board, audience)[:MOST_LATE],
        "hours": by_hour(found, zone),
        "waits": by_wait(found),
        "causes": by_cause(cases, since),
        "decisions": _decisions(
            context, list(request.app[DECISIONS].lines), session.clearances, session.language
        ),
    }
    html = render_page(request, "supervisor.html", session.language, values)
    return web.Response(text=html, content_type="text/html")


def _read(
    context: Context, since: float, clearances: Sequence[str]
) -> tuple[list[Any], list[Any]]:
    """Read the day's calls, and those of its cases that this reader may see."""
    read = context.services.logbook.documents
    calls = [one.data for one in read("call", None, None, MOST_CALLS_READ) if one.at >= since]
    cases = [
        one.data for one in read("incident", None, None, MOST_CALLS_READ) if one.at >= since
    ]
    seen = [
        case
        for case in cases
        if case
        and case.get("clearance", "standard") in clearances
        and not case.get("is_silent")
    ]
    return [call for call in calls if call], seen


def _decisions(
    context: Context, lines: Sequence[Line], clearances: Sequence[str], language: str
) -> list[DecisionRow]:
    rows = []
    for line in reversed(lines):
        incident = context.board.incident(line.incident_id)
        if incident is None or incident.is_silent or incident.clearance not in clearances:
            continue
        again = replay(read_decision(line.data))
        shown = context.drawing.timelines.show(line, language)
        today = ", ".join(context.board.name_of(one) for one in again.operators)
        rows.append(
            DecisionRow(shown.time, line.incident_id, shown.words, again.verdict, today)
        )
    return rows
