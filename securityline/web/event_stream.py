"""`GET /api/v1/events`: server-sent events, one a log line, resumed without a gap."""

import asyncio
import json
from collections.abc import Sequence
from typing import Final

from aiohttp import web

from securityline.web.api import MAY_KNOW, needs, short_line
from securityline.web.context import CONTEXT, Context
from securityline.web.discretion import Hides
from securityline.web.ports import Line
from securityline.web.problems import Problem

HEARTBEAT: Final = 15.0
"Seconds; shorter than the idle timeout of common proxies."
BACKLOG: Final = 2000
"Lines that may wait for a reader; a slower one is closed, comes back, and loses nothing."
PAGE: Final = 500
MOST_READERS: Final = 100


class Feed:
    """Everybody who reads the log as it grows."""

    def __init__(self) -> None:
        self.readers: set[asyncio.Queue[Line]] = set()

    def publish(self, lines: Sequence[Line]) -> None:
        """Queue lines for every reader; drop one too slow to follow."""
        for reader in tuple(self.readers):
            try:
                for line in lines:
                    reader.put_nowait(line)
            except asyncio.QueueFull:
                self.readers.discard(reader)


FEED: Final = web.AppKey("feed", Feed)


def add_routes(app: web.Application) -> None:
    """Put the stream in the application."""
    app[FEED] = Feed()
    app[CONTEXT].services.engine.subscribe(app[FEED].publish)
    app.router.add_get("/api/v1/events", needs("events:read", events))


async def events(request: web.Request) -> web.StreamResponse:
    """Send the lines after `Last-Event-ID` (or `?after=`), then each new one.

    Without either it begins with the next line.
    """
    context, feed = request.app[CONTEXT], request.app[FEED]
    hides = None if request[MAY_KNOW] else context.discretion.hides
    after = _after(request)
    if len(feed.readers) >= MOST_READERS:
        raise Problem(503, "Too many programs read the events.")
    # In the set before the replay, so that no line falls between.
    reader: asyncio.Queue[Line] = asyncio.Queue(BACKLOG)
    feed.readers.add(reader)
    response = web.StreamResponse(
        headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"}
    )
    try:
        await response.prepare(request)
        await response.write(b": securityline\n\n")
        last = context.screens.seq if after is None else after
        if after is not None:
            last = await _replay(context, response, after, hides=hides)
        await _follow(feed, reader, response, last, hides=hides)
    except ConnectionError:
        pass  # the reader has gone, between two lines or in the middle of one
    finally:
        feed.readers.discard(reader)
    return response


async def _replay(
    context: Context, response: web.StreamResponse, after: int, *, hides: Hides
) -> int:
    while True:
        lines, events = await asyncio.to_thread(_read, context, after, hides)
        for event in events:
            await response.write(event)
        after = lines[-1].seq if lines else after
        if len(lines) < PAGE:
            return after


def _read(context: Context, after: int, hides: Hides) -> tuple[Sequence[Line], list[bytes]]:
    lines = context.services.logbook.read(after, PAGE)
    return lines, [event for line in lines if (event := as_event(line, hides))]


async def _follow(
    feed: Feed,
    reader: asyncio.Queue[Line],
    response: web.StreamResponse,
    last: int,
    *,
    hides: Hides,
) -> None:
    while reader in feed.readers:
        try:
            async with asyncio.timeout(HEARTBEAT):
                line = await reader.get()
        except TimeoutError:
            await response.write(b": still here\n\n")
            continue
        if line.seq > last:
            if event := as_event(line, hides):
                await response.write(event)
            last = line.seq


def _after(request: web.Request) -> int | None:
    value = request.headers.get("Last-Event-ID", request.query.get("after"))
    if value is None:
        return None
    if not (value.isascii() and value.isdecimal()) or len(value) > 15:
        raise Problem(400, "`Last-Event-ID` is the number of a log line.")
    return int(value)


def as_event(line: Line, hides: Hides) -> bytes:
    """Encode one line; nothing when this reader may not know of it."""
    shown = short_line(line, hides)
    if shown is None:
        return b""
    data = json.dumps(shown, ensure_ascii=False, default=str)
    return f"id: {line.seq}\nevent: {shown['what']}\ndata: {data}\n\n".encode(
        "utf-8", "replace"
    )
