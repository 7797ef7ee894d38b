"""Whoever holds connections of the desk open in silence, against the running engine."""

import asyncio
import contextlib
import resource
import time
from pathlib import Path

import aiohttp

from tests.interop.desk import signed_in
from tests.interop.engine import Lab
from tests.interop.peers import Program, python

SILENT = 1_100
HALF = b"GET /sign-in HTTP/1.1\r\nHost: desk.example\r\nX-Slow: "
HALF_BODY = (
    b"POST /sign-in HTTP/1.1\r\nHost: desk.example\r\nContent-Length: 400\r\n"
    b"Content-Type: application/x-www-form-urlencoded\r\n\r\noperator="
)
INVITE = (
    "INVITE sip:+3225550100@desk SIP/2.0\r\n"
    "Via: SIP/2.0/TCP 127.0.0.9:5060;rport;branch=z9hG4bKslow\r\nMax-Forwards: 70\r\n"
    "From: <sip:a@127.0.0.9>;tag=1\r\nTo: <sip:+3225550100@127.0.0.1>\r\n"
    "Call-ID: slow-http\r\nCSeq: 1 INVITE\r\nContact: <sip:a@127.0.0.9>\r\n"
    "Content-Length: 0\r\n\r\n"
)


async def with_few_files(lab: Lab) -> Program:
    """Start the engine with 1,024 files, as a shell gives them."""
    serve = python("-m", "securityline", "serve", "--config", str(lab.config))
    limited = ["sh", "-c", 'ulimit -n 1024; exec "$@"', "sh", *map(str, serve)]
    engine = await Program.start("engine", limited)
    await engine.line("ready sip=")
    return engine


async def is_closed(reader: asyncio.StreamReader, seconds: float) -> bool:
    """Whether the engine ends a connection within so long."""
    with contextlib.suppress(ConnectionError):
        async with asyncio.timeout(seconds):
            while await reader.read(4096):
                pass
    return True


async def test_a_thousand_half_requests_keep_neither_desk_nor_telephone_from_anybody(
    tmp_path: Path,
) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    lab = Lab(tmp_path)
    lab.prepare()
    engine = await with_few_files(lab)
    opened = []
    try:
        async with signed_in(lab, "op-1") as desk:
            for number in range(SILENT):
                host = f"127.0.2.{number % 5 + 1}"
                pair = await asyncio.open_connection(
                    "127.0.0.1", lab.web_port, local_addr=(host, 0)
                )
                pair[1].write((HALF, b"", HALF_BODY)[number % 3])
                opened.append(pair)
            asked = time.monotonic()
            async with (
                aiohttp.ClientSession(lab.desk) as session,
                session.get("/readyz") as response,
            ):
                ready = await response.json()
            assert time.monotonic() - asked < 1, "a newcomer is served"
            assert ready["degraded"] == ["too many connections come to the desk and the API"]
            assert any("too many connections" in line for line in engine.lines)
            reader, writer = await asyncio.open_connection(
                "127.0.0.1", lab.sip_port, local_addr=("127.0.0.9", 0)
            )
            opened.append((reader, writer))
            writer.write(INVITE.encode())
            async with asyncio.timeout(5):
                assert b"SIP/2.0 401 " in await reader.readuntil(b"\r\n\r\n")
            await asyncio.gather(*(is_closed(each, 20) for each, _ in opened[:SILENT]))
            await desk.press("break")
            await desk.fragment("break")  # the screen that was open before is still live
        files = len(list(Path(f"/proc/{engine.process.pid}/fd").iterdir()))
        assert files < 150, f"{files} files are still open"
    finally:
        for _, writer in opened:
            writer.close()
        await engine.stop()
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
