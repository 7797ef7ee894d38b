"""Listening to recordings. Whoever listens is in the log."""

import asyncio
import re
from pathlib import Path
from typing import Final

from aiohttp import web
from aiohttp.abc import AbstractStreamWriter

from securityline.web.context import CONTEXT, SESSION, Context
from securityline.web.far_end import address_of
from securityline.web.genuine import is_genuine
from securityline.web.incidents import find_incident
from securityline.web.problems import Problem

ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")
"Ids of recordings are ours; nothing else ever becomes part of a path."
PLAYED: Final = "RecordingPlayed"
INTEGRITY: Final = "Recording-Integrity"
"Header of a recording whose file is not what the log says: `changed`."
SAME_LISTENING: Final = 60.0
"Seconds in which further parts that a player fetches are one listening, and one line."


def add_routes(app: web.Application) -> None:
    """Put the address in the application."""
    app.router.add_get("/recordings/{recording_id}", play)


async def play(request: web.Request) -> web.StreamResponse:
    """`GET /recordings/{recording_id}`: for operators who are cleared for its case."""
    context, session = request.app[CONTEXT], request[SESSION]
    recording_id = request.match_info["recording_id"]
    incident_id = await incident_of(context, recording_id)
    await find_incident(context, incident_id, session)
    path = find_file(context, recording_id)
    played = (session.session_id, recording_id)
    is_new = context.now() - context.played.get(played, 0.0) > SAME_LISTENING
    response = send(request, path, recording_id)
    await mark(response, context, recording_id, incident_id, path)
    if is_new and request.method == "GET":
        context.played[played] = context.now()
        who = {"operator": session.operator, "by": session.operator}
        note_playing(request, recording_id, incident_id, who)
    return response


def note_playing(
    request: web.Request, recording_id: str, incident_id: str, who: dict[str, str]
) -> None:
    """Write into the log of the case who listens, and from where."""
    data = {"recording_id": recording_id, **who, "from": address_of(request)}
    request.app[CONTEXT].services.engine.note(PLAYED, data, incident_id)


async def mark(
    response: web.StreamResponse,
    context: Context,
    recording_id: str,
    incident_id: str,
    path: Path,
) -> None:
    """Say in a header, and in the log, that a file is not what was recorded."""
    if not await is_genuine(context, recording_id, incident_id, path):
        response.headers[INTEGRITY] = "changed"


class WholeFile(web.FileResponse):
    """A file, whatever range is asked for: aiohttp reads that from the request itself."""

    async def prepare(self, request: web.BaseRequest) -> AbstractStreamWriter | None:
        """Send the head, and the file."""
        headers = request.headers.copy()
        headers.popall("Range", None)
        return await super().prepare(request.clone(headers=headers))


def send(request: web.Request, path: Path, recording_id: str) -> web.StreamResponse:
    """Send the file, or the part of it that is asked for.

    A unit that we do not know must be ignored, and several parts at once may be (RFC 9110,
    section 14.2): whoever asks for those gets everything.
    :raises Problem: 416.
    """
    wanted = request.headers.get("Range", "bytes=")
    kind: type[web.FileResponse] = web.FileResponse
    if not wanted.startswith("bytes=") or "," in wanted:
        kind = WholeFile
    else:
        check_range(request, path.stat().st_size)
    response = kind(path, headers={"Content-Type": "audio/wav"})
    response.headers["Content-Disposition"] = f'inline; filename="{recording_id}.wav"'
    return response


def check_range(request: web.Request, size: int) -> None:
    """Refuse a range that lies outside the file.

    :raises Problem: 416.
    """
    headers = {"Content-Range": f"bytes */{size}"}
    try:
        start = request.http_range.start or 0
    except ValueError as error:
        raise Problem(416, "This range cannot be read.", headers=headers) from error
    if start >= size > 0:
        raise Problem(416, "The recording is shorter than that.", headers=headers)


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
