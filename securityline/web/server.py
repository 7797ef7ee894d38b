"""Connections and requests that no handler of ours should have to see.

Of a request that is no HTTP aiohttp would answer in plain text, name itself, and log a
traceback with what the stranger wrote. Here the answer is a problem document like every
other, and the log gets a line. How many connections there may be, and how slow: `door.py`.
"""

import asyncio
from http import HTTPStatus
from typing import Any, cast

import structlog
from aiohttp import web

from securityline.web.door import Door
from securityline.web.guard import HEADERS
from securityline.web.problems import Problem, problem_response

UNREADABLE = "This is no HTTP request that can be read."
log = structlog.get_logger()


class _Connection(web.RequestHandler):
    """One connection of a browser or a program: a `Guest` of the door."""

    __slots__ = ("_door", "_is_stalled", "address", "has_asked", "heard_at", "partial_since")

    def __init__(self, door: Door, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._door = door
        self._is_stalled = False
        self.address = ""
        self.has_asked = False
        self.heard_at = 0.0
        self.partial_since: float | None = None

    @property
    def is_busy(self) -> bool:
        """Whether it is being answered, or is a live desk; not one that reads nothing."""
        is_asked = self._current_request is not None or bool(self._messages)
        return is_asked and not self._lacks_body and not self._is_stalled

    @property
    def _lacks_body(self) -> bool:
        request = self._current_request
        return request is not None and not request.content.is_eof()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask the door, who may end this or another connection."""
        super().connection_made(transport)
        peer = transport.get_extra_info("peername")
        self.address = peer[0] if peer else ""
        self.heard_at = self._loop.time()
        self._door.come(self)

    def connection_lost(self, exc: BaseException | None) -> None:
        """Tell the door."""
        self._door.go(self)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Note when a request began and when it was whole."""
        asked = self._request_count
        super().data_received(data)
        if self._upgraded:
            self.partial_since = None
            self.has_asked = True
            return
        if self._request_count > asked:
            self.has_asked = True
            self.heard_at = self._loop.time()
            self.partial_since = None
            payload = self._messages[-1][1] if self._messages else None
            is_whole = payload is None or payload.is_eof()
        elif self._current_request is None and not self._messages:
            is_whole = False  # half a head
        else:
            is_whole = not self._lacks_body
        if is_whole:
            self.partial_since = None
        elif self.partial_since is None:
            self.partial_since = self._loop.time()

    def pause_writing(self) -> None:
        """Note that the far end does not read, and since when: any network hesitates."""
        super().pause_writing()
        self._is_stalled = True
        self.heard_at = self._loop.time()

    def resume_writing(self) -> None:
        """Note that it reads again."""
        super().resume_writing()
        self._is_stalled = False

    def drop(self) -> None:
        """End it at once."""
        transport = self.transport
        self.force_close()
        if transport is not None:
            transport.abort()

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """Answer what could not be parsed; our own failures stay with aiohttp."""
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR or request.writer.output_size > 0:
            return super().handle_error(request, status, exc, message)
        log.info("a request was not readable", address=request.remote, status=status)
        response = problem_response(Problem(status, UNREADABLE))
        response.headers.update(HEADERS)
        response.headers["Server"] = "securityline"
        response.force_close()
        return response


class _Server(web.Server):
    door: Door

    def __call__(self) -> web.RequestHandler:
        return _Connection(self.door, self, loop=self._loop, **self._kwargs)


class Runner(web.AppRunner):
    """Runs the application on connections of our own kind."""

    def __init__(self, app: web.Application, door: Door | None = None, **options: Any) -> None:
        super().__init__(app, **options)
        self._door = Door() if door is None else door

    async def _make_server(self) -> web.Server:
        server = await super()._make_server()
        server.__class__ = _Server
        cast("_Server", server).door = self._door
        return server
