"""The web application: every page and address, and what runs beside them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from functools import partial
from typing import Final

import structlog
from aiohttp import WSCloseCode, web

from securityline.web import (
    api,
    authenticator,
    desk,
    deviations,
    event_stream,
    health,
    incidents,
    live,
    recordings,
    report,
    room,
    sign_in,
    wallboard,
)
from securityline.web.context import CONTEXT, Context, is_busy
from securityline.web.discretion import Discretion
from securityline.web.done_presses import KIND as DONE
from securityline.web.done_presses import DonePresses
from securityline.web.drawing import Drawing
from securityline.web.guard import add_headers, guard
from securityline.web.own_choices import OwnChoices
from securityline.web.parts import STATIC
from securityline.web.ports import WebServices
from securityline.web.rendering import Rendering
from securityline.web.screens import Screens
from securityline.web.sessions import KIND, Sessions
from securityline.web.sign_in import LANGUAGE
from securityline.web.themes import KIND as THEME

WATCH_TIME: Final = 1.0
"Seconds between two looks at the product's health."
TIDY_EVERY: Final = 60
HISTORY_PAGE: Final = 500
HISTORY_PAUSE: Final = 0.02
"Seconds between two pages of earlier cases: a site that is quiet has its own as well."
COMPILE_PAUSE: Final = 0.02
"Seconds between two templates: what callers need is served first."
log = structlog.get_logger()


def create_app(services: WebServices) -> web.Application:
    """Build the desk, the API and the health pages over the given services."""
    rendering = Rendering(services.clock, services.time_zone)
    drawing = Drawing(services, rendering)
    screens = Screens(drawing, services.clock, services.logbook.head.seq)
    context = Context(
        services=services,
        rendering=rendering,
        drawing=drawing,
        screens=screens,
        discretion=Discretion(drawing.board, services.logbook),
        sessions=Sessions(services.session_limits, partial(is_busy, drawing.board)),
        themes=OwnChoices(THEME, services.logbook.documents(THEME)),
        done=DonePresses(services.logbook.documents(DONE)),
        languages=OwnChoices(LANGUAGE, services.logbook.documents(LANGUAGE)),
    )
    now = services.clock()
    context.sessions.restore(services.logbook.documents(KIND, "open"), now)
    # First of all subscribers: a card goes out before anything is counted.
    services.engine.subscribe(screens.publish)
    app = web.Application(middlewares=[guard], client_max_size=services.max_body)
    app[CONTEXT] = context
    app.on_response_prepare.append(add_headers)
    app.router.add_static("/static/", STATIC)
    for page in (
        sign_in,
        authenticator,
        desk,
        deviations,
        live,
        incidents,
        report,
        recordings,
        health,
        api,
        event_stream,
        wallboard,
        room,
    ):
        page.add_routes(app)
    app.cleanup_ctx.append(_watch)
    app.cleanup_ctx.append(_compile_templates)
    app.cleanup_ctx.append(_read_history)
    app.on_shutdown.append(_say_goodbye)
    return app


async def _watch(app: web.Application) -> AsyncIterator[None]:
    """Keep an eye on the product's health and on sessions while the application runs."""
    app[CONTEXT].absent.begin()
    task = asyncio.create_task(_look(app[CONTEXT]))
    yield
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def _compile_templates(app: web.Application) -> AsyncIterator[None]:
    """Compile the pages soon after the start, some milliseconds at a time."""

    async def compile_all() -> None:
        for _ in app[CONTEXT].rendering.compile_next():
            await asyncio.sleep(COMPILE_PAUSE)

    task = asyncio.create_task(compile_all())
    yield
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def _read_history(app: web.Application) -> AsyncIterator[None]:
    """Read soon after the start what happened at each site before."""

    async def read() -> None:
        context, after = app[CONTEXT], 0
        while heads := await asyncio.to_thread(
            context.services.logbook.case_heads, after, HISTORY_PAGE
        ):
            after = heads[-1][0]
            context.drawing.beside.history.load(head for _, head in heads)
            await asyncio.sleep(HISTORY_PAUSE)
        context.drawing.beside.history.finish()

    task = asyncio.create_task(read())
    yield
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def _look(context: Context) -> None:
    looks = 0
    while True:
        looks += 1
        try:
            context.screens.check_alarms()
            context.screens.look_away()
            now = context.now()
            for screen in context.screens.screens:
                context.sessions.touch(screen.session_id, now)
            sign_in.end_old_sessions(context, now)
            if looks % TIDY_EVERY == 0:
                context.screens.tidy()
                _tidy_presses(context, now)
                context.played.clear()
        except Exception:
            log.exception("the web's watch failed")
        await asyncio.sleep(WATCH_TIME)


def _tidy_presses(context: Context, now: float) -> None:
    """Forget presses that no page will send again."""
    is_open = {session.session_id for session in context.sessions.all()}
    if gone := context.done.tidy(is_open, now):
        context.services.logbook.append(now, (), gone, is_urgent=False)


async def _say_goodbye(app: web.Application) -> None:
    """Close the sockets, so that a stop does not wait for them."""
    app[CONTEXT].refused.finish()
    app[CONTEXT].absent.stop()
    sockets = app[live.SOCKETS]
    for socket in tuple(sockets):
        with suppress(ConnectionError):
            await socket.close(code=WSCloseCode.GOING_AWAY)
    app[event_stream.FEED].readers.clear()
