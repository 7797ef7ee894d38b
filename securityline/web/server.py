"""Requests that are no HTTP: refused before any handler of ours sees them.

aiohttp would answer in plain text, name itself, and log a traceback with what the stranger
wrote. Here the answer is a problem document like every other, and the log gets a line.
"""

from http import HTTPStatus

import structlog
from aiohttp import web

from securityline.web.guard import HEADERS
from securityline.web.problems import Problem, problem_response

UNREADABLE = "This is no HTTP request that can be read."
log = structlog.get_logger()


class _Connection(web.RequestHandler):
    """One connection of a browser or a program."""

    __slots__ = ()

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
    def __call__(self) -> web.RequestHandler:
        return _Connection(self, loop=self._loop, **self._kwargs)


class Runner(web.AppRunner):
    """Runs the application on connections of our own kind."""

    async def _make_server(self) -> web.Server:
        server = await super()._make_server()
        server.__class__ = _Server
        return server
