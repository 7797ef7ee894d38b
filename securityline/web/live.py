"""The screen's one socket: fragments to the desk, presses from it.

Hostile until shown otherwise: the page's own origin and session only, small messages, a
rate, a bounded number of screens. A press carries an id; sent again after a broken
connection it is not done again.
"""

import asyncio
import json
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, Final

import structlog
from aiohttp import WSMsgType, web

from securityline.web.browser_phone import BrowserPhone
from securityline.web.context import CONTEXT, SESSION, Context, audience_of, is_busy
from securityline.web.frames import encode
from securityline.web.guard import check_origin
from securityline.web.identity import prove
from securityline.web.ports import Line
from securityline.web.presses import Presses
from securityline.web.problems import Problem
from securityline.web.refusal import Refused
from securityline.web.screen import Screen
from securityline.web.screens import SIGNED_OUT
from securityline.web.secret_presses import revealed
from securityline.web.sessions import Session
from securityline.web.throttle import Bucket
from securityline.web.timelines import MOST_LINES
from securityline.web.watch_presses import WatchPresses
from securityline.web.words import N_, WORDS

MOST_SCREENS: Final = 500
MOST_SCREENS_EACH: Final = 20
LONGEST_MESSAGE: Final = 24 * 1024
"Octets: a note of 4,000 characters of four octets, and its envelope."
RATE, BURST = 20, 60
"Messages a second from one screen; the burst is what waited while the line was broken."
MOST_NONSENSE: Final = 5
HEARTBEAT: Final = 10.0
PING, SHOW = "ping", "show"
"What every screen may ask: it changes nothing."
PAGE: Final = 1000
"Lines read at a time."
NONSENSE: Final = 1008
NONSENSE_OR_FLOOD: Final = "The screen sent nonsense, or too much, and was cut off."

PRESSES: Final = web.AppKey("presses", Presses)
WATCH_PRESSES: Final[web.AppKey[WatchPresses | None]] = web.AppKey("watch_presses")
SOCKETS: Final[web.AppKey[set[web.WebSocketResponse[bool]]]] = web.AppKey("sockets")
NO_ID: Final = N_("The desk sent something the engine does not know.")
log = structlog.get_logger()


def add_routes(app: web.Application) -> None:
    """Put the socket in the application."""
    context = app[CONTEXT]
    app[PRESSES] = Presses(
        context.board,
        context.services.directory,
        context.services.clock,
        is_emergency_live=context.services.is_emergency_live,
        zone=context.rendering.zone,
        watch=context.services.watch,
    )
    watch = context.services.watch
    app[WATCH_PRESSES] = None
    if watch is not None:
        clock, zone = context.services.clock, context.rendering.zone
        app[WATCH_PRESSES] = WatchPresses(watch, clock, zone)
    app[SOCKETS] = set()
    app.router.add_get("/desk/live", live)


async def live(request: web.Request) -> web.StreamResponse:
    """`GET /desk/live?after=SEQ&run=RUN&shown=INCIDENT`."""
    check_origin(request, is_needed=True)
    context, session = request.app[CONTEXT], request[SESSION]
    screens = context.screens.screens
    own = sum(screen.operator == session.operator for screen in screens)
    if len(screens) >= MOST_SCREENS or own >= MOST_SCREENS_EACH:
        raise Problem(503, "Too many desks are open.")
    socket = web.WebSocketResponse(
        max_msg_size=LONGEST_MESSAGE, heartbeat=HEARTBEAT, compress=False, timeout=2.0
    )
    await socket.prepare(request)
    connection = request.transport
    if connection is None:
        return socket
    screen = Screen(
        session.operator, session.session_id, audience_of(context, session), connection
    )
    request.app[SOCKETS].add(socket)
    phone = BrowserPhone(context, screen, session)
    try:
        shown = request.query.get("shown") or None
        await _fill(context, screen, shown)
        after = request.query.get("after", "")
        is_number = after.isascii() and after.isdecimal() and len(after) < 16
        run = request.query.get("run", "")
        context.screens.open(screen, int(after) if is_number else 0, run, shown)
        context.absent.opened(session.operator)
        await _read(request.app, socket, screen, session, phone)
    finally:
        is_over = context.sessions.find_open(session.session_id) is None
        if is_over and not is_busy(context.board, session.operator):
            phone.obey({"act": "phone_off"})  # no call may ring where nobody is signed in
        phone.leave()
        context.screens.close(screen)
        context.absent.closed(session.operator)
        request.app[SOCKETS].discard(socket)
    return socket


async def _read(
    app: web.Application,
    socket: web.WebSocketResponse,
    screen: Screen,
    session: Session,
    phone: BrowserPhone,
) -> None:
    """Take presses until the screen goes."""
    context = app[CONTEXT]
    bucket, nonsense = Bucket(RATE, BURST, context.now()), 0
    async for received in socket:
        now = context.now()
        if context.sessions.is_over(session, now):
            context.screens.close(screen)  # nothing may follow a close frame
            await socket.close(code=SIGNED_OUT)
            return
        context.sessions.touch(session.session_id, now)
        message = _parse(received.data) if received.type is WSMsgType.TEXT else None
        if message is None:
            nonsense += 1
        if nonsense >= MOST_NONSENSE or not bucket.take(now):
            log.warning("a screen was closed: nonsense or flood", operator=session.operator)
            context.refused.tell(session, message or {}, NONSENSE_OR_FLOOD)
            context.screens.close(screen)
            await socket.close(code=NONSENSE)
            return
        if message is not None and not phone.obey(message):
            await _obey(app, screen, session, message)


async def _obey(
    app: web.Application, screen: Screen, session: Session, message: dict[str, Any]
) -> None:
    context = app[CONTEXT]
    act = message.get("act")
    if act == PING:
        screen.send(encode({"pong": True, "seq": context.screens.seq}))
    elif act == SHOW:
        incident_id = message.get("incident")
        shown = incident_id if isinstance(incident_id, str) and incident_id else None
        await _fill(context, screen, shown)
        context.screens.show(screen, shown)
    else:
        proved = await prove(app, session, message)
        if not context.sessions.is_over(session, context.now()):  # it may have ended meanwhile
            press(app, screen, session, proved)


def press(
    app: web.Application, screen: Screen, session: Session, message: dict[str, Any]
) -> None:
    """Carry one press to the engine, once; say to the screen how it went."""
    context, session_id = app[CONTEXT], session.session_id
    words = WORDS[screen.audience.language]
    press_id = message.get("id")
    if not isinstance(press_id, str) or not 0 < len(press_id) <= 64:
        context.refused.tell(session, message, NO_ID)
        screen.send(encode({"say": words(NO_ID), "is_wrong": True}))
        return
    before = context.done.find(session_id, press_id)
    if before is not None:
        if before.is_durable:
            screen.send(encode({"re": press_id, "is_done": True}))
        return
    done = context.done.begin(session_id, press_id, context.now())

    def saved() -> None:
        if context.done.find(session_id, press_id) is done:
            done.is_durable = True
            screen.send(encode({"re": press_id, "is_done": True}))

    try:
        _carry_out(app, screen, session, message, saved)
    except Refused as refused:
        context.done.forget(session_id, press_id)
        context.refused.tell(session, message, str(refused))
        screen.send(encode({"re": press_id, "error": words(str(refused))}))


def _carry_out(
    app: web.Application,
    screen: Screen,
    session: Session,
    message: dict[str, Any],
    then: Callable[[], None],
) -> None:
    watch, context = app[WATCH_PRESSES], app[CONTEXT]
    services, board, now = context.services, context.board, context.now()
    kept = context.done.document(session.session_id, now)
    if watch is not None and message.get("act") in watch.acts:
        watch.carry_out(session, message, then)
        services.logbook.append(now, (), [kept])
        return
    event = app[PRESSES].event(session, message)

    def done() -> None:
        then()
        if (told := revealed(event, services.directory.current, board)) is not None:
            screen.send(encode(told))

    services.engine.handle(event, [kept], done)


async def _fill(context: Context, screen: Screen, incident_id: str | None) -> None:
    """Have the log lines of a case at hand before it is shown."""
    timelines = context.drawing.timelines
    if incident_id is None or timelines.has(incident_id):
        return
    if context.drawing.may_see(incident_id, screen.audience):
        timelines.expect(incident_id)
        lines = await asyncio.to_thread(_read_lines, context, incident_id)
        timelines.fill(incident_id, lines)


def _read_lines(context: Context, incident_id: str) -> Sequence[Line]:
    """Read the last lines of a case, page by page."""
    kept: deque[Line] = deque(maxlen=MOST_LINES)
    while True:
        after = kept[-1].seq if kept else 0
        lines = context.services.logbook.read(after, PAGE, incident_id)
        kept.extend(lines)
        if len(lines) < PAGE:
            return kept


def _parse(text: str) -> dict[str, Any] | None:
    try:
        message = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return message if isinstance(message, dict) else None
