"""The API for programs: bearer tokens with scopes, JSON, problem documents."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from aiohttp import web

from securityline.logbook.document import Document
from securityline.logbook.entry import write_time
from securityline.web import watch_api
from securityline.web.alarm_api import hand_in
from securityline.web.context import CONTEXT
from securityline.web.discretion import (
    SCOPE,
    Hides,
    Shown,
    discreet_calls,
    discreet_incident,
    discreet_line,
)
from securityline.web.openapi import DOCUMENT
from securityline.web.ports import Line
from securityline.web.problems import Problem
from securityline.web.recordings import find_file, incident_of, mark, note_playing, send
from securityline.web.throttle import Throttle

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
MOST: Final = 1000
USUAL: Final = 200
TOKEN_NAME: Final = web.RequestKey("token_name", str)
MAY_KNOW: Final = web.RequestKey("may_know_of_duress", bool)


def add_routes(app: web.Application) -> None:
    """Put the API in the application."""
    router = app.router
    router.add_get("/api/openapi.json", openapi)
    router.add_get("/api/v1/incidents", needs("incidents:read", incidents))
    router.add_get("/api/v1/incidents/{id}", needs("incidents:read", incident))
    router.add_get("/api/v1/incidents/{id}/log", needs("incidents:read", incident_log))
    router.add_get("/api/v1/calls", needs("calls:read", calls))
    router.add_get("/api/v1/recordings/{id}", needs("recordings:read", recording))
    router.add_post("/api/v1/alarms", needs("alarms:write", alarms))
    app[watch_api.WRONG_PINS] = Throttle(1 / 30, 6)
    router.add_get("/api/v1/timers", needs("timers:read", timers))
    router.add_post("/api/v1/timers", needs("timers:write", _by_token(watch_api.start)))
    for act, does in (("prolong", watch_api.prolong), ("end", watch_api.end)):
        router.add_post(f"/api/v1/timers/{{id}}/{act}", needs("timers:write", _by_token(does)))
    router.add_post("/api/v1/timers/{id}/check-in", needs("timers:write", watch_api.check_in))
    router.add_get("/api/v1/tasks", needs("tasks:read", watch_api.tasks))
    router.add_post(
        "/api/v1/tasks/{id}/outcome", needs("tasks:write", _by_token(watch_api.task_done))
    )


def needs(scope: str, handler: Handler) -> Handler:
    """Let a request through when its token has the scope.

    401 says that there is no valid token, 403 that it may not do this.
    """

    async def admitted(request: web.Request) -> web.StreamResponse:
        kind, _, token = request.headers.get("Authorization", "").partition(" ")
        challenge = {"WWW-Authenticate": 'Bearer realm="securityline"'}
        if kind.lower() != "bearer" or not 0 < len(token) <= 512:
            raise Problem(401, "A bearer token is needed.", headers=challenge)
        found = request.app[CONTEXT].services.accounts.token(token.strip())
        if found is None:
            challenge["WWW-Authenticate"] += ', error="invalid_token"'
            raise Problem(401, "This token is not known.", headers=challenge)
        if scope not in found.scopes:
            raise Problem(403, f"This token does not have the scope {scope}.")
        request[TOKEN_NAME] = found.name
        request[MAY_KNOW] = SCOPE in found.scopes
        return await handler(request)

    return admitted


async def openapi(request: web.Request) -> web.Response:
    """`GET /api/openapi.json`."""
    version = {**DOCUMENT["info"], "version": request.app[CONTEXT].services.version}
    return _json({**DOCUMENT, "info": version})


async def incidents(request: web.Request) -> web.Response:
    """`GET /api/v1/incidents[?state=open|closed][&limit=N]`."""
    state = _one_of(request, "state", ("open", "closed"))
    found = await _documents(request, "incident", state)
    if not request[MAY_KNOW]:
        found = [shown for one in found if (shown := discreet_incident(one)) is not None]
    return _json(found)


async def calls(request: web.Request) -> web.Response:
    """`GET /api/v1/calls[?state=active|ended][&limit=N]`."""
    state = _one_of(request, "state", ("active", "ended"))
    found = await _documents(request, "call", state)
    if (hides := _hidden(request)) is not None:
        found = await asyncio.to_thread(discreet_calls, found, hides)
    return _json(found)


async def incident(request: web.Request) -> web.Response:
    """`GET /api/v1/incidents/{id}`."""
    return _json(await _incident(request))


async def incident_log(request: web.Request) -> web.Response:
    """`GET /api/v1/incidents/{id}/log[?after=SEQ][&limit=N]`."""
    await _incident(request)
    after, limit = _number(request, "after", 0, 10**15), _number(request, "limit", USUAL, MOST)
    read = request.app[CONTEXT].services.logbook.read
    lines = await asyncio.to_thread(read, after, limit, request.match_info["id"])
    shown = ((short_line(line, _hidden(request)), line.kind) for line in lines)
    # A sign of life is the timer's: in the case's log it would tell it from a duress PIN.
    return _json([{**one, "kind": kind} for one, kind in shown if one and one["incident_id"]])


async def recording(request: web.Request) -> web.StreamResponse:
    """`GET /api/v1/recordings/{id}`: every read is logged."""
    context, recording_id = request.app[CONTEXT], request.match_info["id"]
    incident_id = await incident_of(context, recording_id)
    path = find_file(context, recording_id)
    response = send(request, path, recording_id)
    await mark(response, context, recording_id, incident_id, path)
    if request.method == "GET":
        note_playing(request, recording_id, incident_id, {"by": f"token {request[TOKEN_NAME]}"})
    return response


async def alarms(request: web.Request) -> web.Response:
    """`POST /api/v1/alarms`."""
    return await hand_in(request, request[TOKEN_NAME])


async def timers(request: web.Request) -> web.Response:
    """`GET /api/v1/timers`."""
    return await watch_api.timers(request, _hidden(request))


def _by_token(
    does: Callable[[web.Request, str, Hides], Awaitable[web.StreamResponse]],
) -> Handler:
    """Let a handler know by whose token something is done, and what that may not know."""

    async def handler(request: web.Request) -> web.StreamResponse:
        return await does(request, f"token {request[TOKEN_NAME]}", _hidden(request))

    return handler


def _hidden(request: web.Request) -> Hides:
    return None if request[MAY_KNOW] else request.app[CONTEXT].discretion.hides


def short_line(line: Line, hides: Hides) -> dict[str, Any] | None:
    """Write a line as the event stream does; `None` when this reader may not know of it.

    :param hides: which cases are hidden from this reader (`discretion`); `None`: nothing is.
    """
    shown = Shown(line.what, line.data, line.incident_id)
    if hides is not None:
        discreet = discreet_line(*shown, hides)
        if discreet is None:
            return None
        shown = discreet
    return {
        "seq": line.seq,
        "at": write_time(line.at),
        "incident_id": shown.incident_id or None,
        "what": shown.what,
        "data": shown.data,
    }


async def _incident(request: web.Request) -> Mapping[str, Any]:
    incident_id = request.match_info["id"]
    documents = request.app[CONTEXT].services.logbook.documents
    found = await asyncio.to_thread(documents, "incident", None, incident_id, 1)
    data = found[0].data if found else None
    if data is not None and not request[MAY_KNOW]:
        data = discreet_incident(data)
    if data is None:
        raise Problem(404, "There is no such incident.")
    return data


async def _documents(
    request: web.Request, kind: str, state: str | None
) -> list[Mapping[str, Any]]:
    limit = _number(request, "limit", USUAL, MOST)
    documents = request.app[CONTEXT].services.logbook.documents
    found: list[Document] = list(await asyncio.to_thread(documents, kind, state, None, limit))
    return [document.data for document in found if document.data is not None]


def _one_of(request: web.Request, name: str, values: tuple[str, ...]) -> str | None:
    value = request.query.get(name)
    if value is not None and value not in values:
        said = f"`{name}` is one of {', '.join(values)}."
        raise Problem(422, said, errors=[{"parameter": name, "detail": said}])
    return value


def _number(request: web.Request, name: str, usual: int, most: int) -> int:
    value = request.query.get(name)
    if value is None:
        return usual
    is_number = value.isascii() and value.isdecimal() and len(value) <= 16
    if not is_number or int(value) > most:
        said = f"`{name}` is a whole number up to {most}."
        raise Problem(422, said, errors=[{"parameter": name, "detail": said}])
    return int(value)


def _json(value: object) -> web.Response:
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str)
    return web.Response(body=text.encode("utf-8", "replace"), content_type="application/json")
