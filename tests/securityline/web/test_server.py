import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiohttp import web
from structlog.testing import capture_logs

from securityline.web.app import create_app
from securityline.web.server import Runner
from tests.securityline.web.rig import House

UNREADABLE = {
    "no HTTP": b"GARBAGE\r\n\r\n",
    "another version": b"GET /api/v1/calls HTTP/9.9\r\n\r\n",
    "a length below zero": b"GET /api/v1/calls HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
    "a space in a header's name": b"GET /api/v1/calls HTTP/1.1\r\nHo st: x\r\n\r\n",
    "two lengths": (
        b"POST /api/v1/alarms HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n"
        b"Transfer-Encoding: chunked\r\n\r\nabc"
    ),
    "an endless token": (
        b"GET /api/v1/calls HTTP/1.1\r\nAuthorization: Bearer sl_" + b"s" * 20_000 + b"\r\n\r\n"
    ),
    "an endless address": b"GET /" + b"x" * 20_000 + b" HTTP/1.1\r\n\r\n",
    "TLS": b"\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03",
}


@asynccontextmanager
async def served(home: House) -> AsyncIterator[int]:
    runner = Runner(create_app(home.services()), access_log=None, handle_signals=False)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()


async def ask(port: int, request: bytes) -> tuple[str, str]:
    """Send octets; return the head and the body of what comes back before the end."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request)
    answer = await asyncio.wait_for(reader.read(), 10)
    writer.close()
    head, _, body = answer.decode().partition("\r\n\r\n")
    return head, body


@pytest.mark.parametrize("request_", UNREADABLE.values(), ids=UNREADABLE)
async def test_what_is_no_request_gets_a_problem_document_and_one_line_in_the_log(
    home: House, request_: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    async with served(home) as port:
        with capture_logs() as lines:
            head, body = await ask(port, request_)
    assert " 400 Bad Request" in head.splitlines()[0]
    assert "Content-Type: application/problem+json" in head
    assert "aiohttp" not in head
    assert json.loads(body)["status"] == 400
    assert "sss" not in body, "nothing of the request comes back"
    assert [line["event"] for line in lines] == ["a request was not readable"]
    assert "sss" not in str(lines)
    assert not caplog.records, "no traceback of the library"


async def test_the_same_server_serves_the_pages(home: House) -> None:
    async with served(home) as port:
        head, body = await ask(
            port, b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
        )
    assert " 200 OK" in head.splitlines()[0]
    assert json.loads(body) == {"status": "alive"}
