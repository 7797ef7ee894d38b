"""The wallboard: one page for a big screen, live by the same kind of socket as a desk.

It only shows: nothing is pressed here, and whatever its socket sends but a sign of life is
refused. Each audience's board is drawn once and sent to all its screens, when it changed.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from typing import Any, Final

import structlog
from aiohttp import WSMsgType, web
from markupsafe import Markup

from securityline.answering import KEPT_TIME, AnswerBook
from securityline.web.board import Audience
from securityline.web.context import CONTEXT, SESSION, Context, audience_of
from securityline.web.frames import encode
from securityline.web.guard import check_origin
from securityline.web.live import HEARTBEAT, MOST_SCREENS_EACH, NONSENSE, NONSENSE_OR_FLOOD
from securityline.web.pages import render_page
from securityline.web.ports import Line
from securityline.web.problems import Problem
from securityline.web.room_view import READERS, draw_room
from securityline.web.screen import Screen
from securityline.web.screens import SIGNED_OUT
from securityline.web.sessions import Session
from securityline.web.throttle import Bucket

PACE: Final = 0.25
"Seconds between two drawings."
ROLL_TIME: Final = 5.0
"Seconds after which it is drawn again though nothing happened: figures and faults age."
MOST_CALLS_READ: Final = 5_000
"Calls of an earlier process that are read at the start, the newest first."
RATE, BURST = 4, 20
"Messages a second from one board; it sends one a second."

log = structlog.get_logger()


class Boards:
    """Every connected board, and what was sent to each audience last."""

    def __init__(self, context: Context) -> None:
        self.answers = AnswerBook()
        self.screens: set[Screen] = set()
        self._context = context
        self._sent: dict[Audience, str] = {}
        self._timer: asyncio.TimerHandle | None = None

    def publish(self, lines: Sequence[Line]) -> None:
        """Take durable lines; the boards are drawn soon, if there are any."""
        self.answers.take(lines)
        for line in lines:
            if line.what == "AlertRaised" and self.screens:
                self._chime(line.incident_id)
        if self.screens and self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(PACE, self.draw)

    def _chime(self, incident_id: str) -> None:
        """Let the boards that may know sound, as the case's own urgency does."""
        incident = self._context.board.incident(incident_id)
        if incident is None or incident.is_silent:
            return
        message = encode({"alert": incident.ordinary_urgency or incident.urgency})
        for screen in self.screens:
            if incident.clearance in screen.audience.clearances:
                screen.send(message)

    def draw(self) -> None:
        """Send what changed to everybody who sees it."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        for audience in {screen.audience for screen in self.screens}:
            try:
                html = self.html(audience)
            except Exception:
                log.exception("a board could not be drawn")
                continue
            if self._sent.get(audience) != html:
                self._sent[audience] = html
                message = self._message(html)
                for screen in tuple(self.screens):
                    if screen.audience == audience:
                        screen.send(message)

    def open(self, screen: Screen) -> None:
        """Take a board in and send it everything."""
        self.screens.add(screen)
        html = self._sent[screen.audience] = self.html(screen.audience)
        run = self._context.screens.run
        screen.send(self._message(html, run=run, is_full=True))

    def close(self, screen: Screen) -> None:
        """Let a board go."""
        self.screens.discard(screen)
        living = {one.audience for one in self.screens}
        self._sent = {who: html for who, html in self._sent.items() if who in living}

    def html(self, audience: Audience) -> str:
        """Draw the board for one audience."""
        context = self._context
        now, zone = context.now(), context.services.time_zone
        room = draw_room(context.board, audience, self.answers, now, zone)
        alarms = context.drawing.alarms
        alarms.check()
        values: dict[str, Any] = {
            "room": room,
            "alarms": Markup(context.drawing.shared("alarms", audience)),  # noqa: S704 - drawn
        }
        return context.rendering("room.html", audience.language, values)

    def _message(self, html: str, **more: Any) -> bytes:
        now, seq = round(self._context.now(), 3), self._context.screens.seq
        fragments = [{"id": "room", "html": html}]
        return encode({"seq": seq, "now": now, "fragments": fragments, **more})


BOARDS: Final = web.AppKey("boards", Boards)


def add_routes(app: web.Application) -> None:
    """Put the page and its socket in the application."""
    boards = app[BOARDS] = Boards(app[CONTEXT])
    app[CONTEXT].services.engine.subscribe(boards.publish)
    app.router.add_get("/wallboard", show)
    app.router.add_get("/wallboard/live", live)
    app.cleanup_ctx.append(_roll)


def admit_reader(session: Session) -> None:
    """Let supervisors and auditors see the room.

    :raises Problem: 403.
    """
    if session.role not in READERS:
        raise Problem(403, "The room is for supervisors and auditors.")


async def show(request: web.Request) -> web.Response:
    """`GET /wallboard[?theme=light]`."""
    context, session = request.app[CONTEXT], request[SESSION]
    admit_reader(session)
    audience = audience_of(context, session)
    values = {
        "room": Markup(request.app[BOARDS].html(audience)),  # noqa: S704 - drawn by a template
        "seq": context.screens.seq,
        "run": context.screens.run,
    }
    html = render_page(request, "wallboard.html", session.language, values)
    return web.Response(text=html, content_type="text/html")


async def live(request: web.Request) -> web.StreamResponse:
    """`GET /wallboard/live`."""
    check_origin(request, is_needed=True)
    boards, session = request.app[BOARDS], request[SESSION]
    admit_reader(session)
    if sum(one.operator == session.operator for one in boards.screens) >= MOST_SCREENS_EACH:
        raise Problem(503, "Too many boards are open.")
    socket = web.WebSocketResponse(
        max_msg_size=1024, heartbeat=HEARTBEAT, compress=False, timeout=2.0
    )
    await socket.prepare(request)
    if request.transport is None:
        return socket
    audience = audience_of(request.app[CONTEXT], session)
    screen = Screen(session.operator, session.session_id, audience, request.transport)
    try:
        boards.open(screen)
        await _listen(request.app[CONTEXT], socket, screen, session)
    finally:
        boards.close(screen)
    return socket


async def _listen(
    context: Context, socket: web.WebSocketResponse, screen: Screen, session: Session
) -> None:
    """Answer signs of life until the board goes; it has nothing else to say."""
    bucket = Bucket(RATE, BURST, context.now())
    async for received in socket:
        now = context.now()
        if context.sessions.is_over(session, now):
            await socket.close(code=SIGNED_OUT)
            return
        context.sessions.touch(session.session_id, now)
        text = received.data if received.type is WSMsgType.TEXT else ""
        if not _is_alive(text) or not bucket.take(now):
            context.refused.tell(session, {"act": "wallboard"}, NONSENSE_OR_FLOOD)
            await socket.close(code=NONSENSE)
            return
        screen.send(encode({"pong": True, "seq": context.screens.seq}))


def _is_alive(text: str) -> bool:
    try:
        message = json.loads(text)
    except (ValueError, RecursionError):
        return False
    return isinstance(message, dict) and message.get("act") in ("ping", "show")


async def _roll(app: web.Application) -> AsyncIterator[None]:
    """Read what was answered before us, and let the figures age while boards look."""
    task = asyncio.create_task(_age(app))
    yield
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def _age(app: web.Application) -> None:
    boards, context = app[BOARDS], app[CONTEXT]
    since = context.now() - KEPT_TIME
    found = await asyncio.to_thread(
        context.services.logbook.documents, "call", None, None, MOST_CALLS_READ
    )
    boards.answers.load([one.data for one in found if one.data and one.at >= since])
    while True:
        if boards.screens:
            boards.draw()
        await asyncio.sleep(ROLL_TIME)
