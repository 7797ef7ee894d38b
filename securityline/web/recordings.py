"""Listening to recordings. Whoever listens is in the log first."""

import asyncio
import re
from pathlib import Path
from typing import Final

from aiohttp import web

from securityline.web.context import CONTEXT, SESSION, Context
from securityline.web.incidents import find_incident
from securityline.web.problems import Problem

ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")
"Ids of recordings are ours; nothing else ever becomes part of a path."
PLAYED: Final = "RecordingPlayed"


def add_routes(app: web.Application) -> None:
    """Put the address in the application."""
    app.router.add_get("/recordings/{recording_id}", play)


async def play(request: web.Request) -> web.StreamResponse:
    """`GET /recordings/{recording_id}`: for operators who are cleared for its case."""
    context, session = request.app[CONTEXT], request[SESSION]
    recording_id = request.match_info["recording_id"]
    incident_id = await incident_of(context, recording_id)
    await find_incident(context, incident_id, session.clearances)
    who = {"operator": session.operator, "by": session.operator}
    return send(request, context, recording_id, incident_id, who)


def send(
    request: web.Request,
    context: Context,
    recording_id: str,
    incident_id: str,
    who: dict[str, str],
) -> web.StreamResponse:
    """Log the access, then send the file or the part of it that is asked for.

    A player asks for many parts; the log gets a line for each that starts at the beginning
    or does not say where, and for none that merely goes on.

    :raises Problem: 404, 416.
    """
    path = find_file(context, recording_id)
    size = path.stat().st_size
    start = _range_start(request, size)
    if start == 0 and request.method == "GET":
        data = {"recording_id": recording_id, **who, "from": request.remote or ""}
        context.services.engine.note(PLAYED, data, incident_id)
    response = web.FileResponse(path, headers={"Content-Type": "audio/wav"})
    response.headers["Content-Disposition"] = f'inline; filename="{recording_id}.wav"'
    return response


def _range_start(request: web.Request, size: int) -> int:
    try:
        wanted = request.http_range
    except ValueError as error:
        headers = {"Content-Range": f"bytes */{size}"}
        raise Problem(416, "This range cannot be read.", headers=headers) from error
    start = wanted.start or 0
    if start >= size > 0:
        headers = {"Content-Range": f"bytes */{size}"}
        raise Problem(416, "The recording is shorter than that.", headers=headers)
    return max(0, start + size) if start < 0 else start


def find_file(context: Context, recording_id: str) -> Path:
    """Find a recording's file.

    :raises Problem: 404.
    """
    if not ID.fullmatch(recording_id):
        raise Problem(404, "There is no such recording.")
    path = context.services.recording_path(recording_id)
    if path is None or not path.is_file():
        raise Problem(404, "There is no such recording.")
    return path


async def incident_of(context: Context, recording_id: str) -> str:
    """Find the case a recording belongs to, by the call it is named after.

    :raises Problem: 404.
    """
    call_id = recording_id.rpartition("-r")[0]
    if ID.fullmatch(recording_id) and call_id:
        call = context.board.call(call_id)
        if call is not None:
            return call.incident_id
        documents = await asyncio.to_thread(
            context.services.logbook.documents, "call", None, call_id, 1
        )
        if documents and documents[0].data:
            return str(documents[0].data["incident_id"])
    raise Problem(404, "There is no such recording.")
