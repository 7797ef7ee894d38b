"""Connections that say nothing, or not enough, or are too many."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
from aiohttp import web

from securityline.web.app import create_app
from securityline.web.door import Door, DoorLimits
from securityline.web.server import Runner
from tests.securityline.web.rig import PASSWORD, House

QUICK = DoorLimits(request_time=0.5, idle_time=2.0)
"Short, and long enough for a machine that others use: an honest request is never late."
WHOLE = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
HALF = b"GET /healthz HTTP/1.1\r\nHo"
HALF_BODY = (
    b"POST /sign-in HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n"
    b"Content-Type: application/x-www-form-urlencoded\r\n\r\nab"
)


@asynccontextmanager
async def served(home: House, limits: DoorLimits) -> AsyncIterator[tuple[int, Door]]:
    door = Door(limits)
    app = create_app(home.services())
    runner = Runner(app, door, access_log=None, handle_signals=False, shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield runner.addresses[0][1], door
    finally:
        await runner.cleanup()


class Client:
    """A program that sends what it likes."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    @classmethod
    async def connect(cls, port: int, host: str = "127.0.0.1") -> "Client":
        return cls(*await asyncio.open_connection("127.0.0.1", port, local_addr=(host, 0)))

    async def ask(self) -> str:
        self.writer.write(WHOLE)
        head = await asyncio.wait_for(self.reader.readuntil(b"\r\n\r\n"), 5)
        length = re.search(rb"Content-Length: (\d+)", head)
        assert length is not None
        await self.reader.readexactly(int(length[1]))
        return head.split(b"\r\n")[0].decode()

    async def is_ended(self) -> float:
        """Return after how many seconds the server ends it."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        try:
            async with asyncio.timeout(10):
                while await self.reader.read(1000):
                    pass
        except ConnectionError:
            pass
        self.writer.close()
        return loop.time() - began


async def test_who_says_nothing_or_half_a_request_is_let_go(home: House) -> None:
    async with served(home, QUICK) as (port, door):
        for octets in (b"", HALF, HALF_BODY):
            client = await Client.connect(port)
            client.writer.write(octets)
            assert await client.is_ended() < 4, octets
        assert len(door) == 0
        assert door.late == 3


async def test_who_sends_a_letter_at_a_time_has_no_longer(home: House) -> None:
    async with served(home, QUICK) as (port, door):
        client = await Client.connect(port)
        ended = asyncio.create_task(client.is_ended())
        for letter in WHOLE[:-4].decode():
            client.writer.write(letter.encode())
            await asyncio.sleep(0.1)  # three seconds for all of them
            if ended.done():
                break
        assert await ended < 2.5
        assert door.late == 1


async def test_between_two_requests_a_browser_may_be_silent_for_longer(home: House) -> None:
    async with served(home, QUICK) as (port, _):
        client = await Client.connect(port)
        assert "200" in await client.ask()
        await asyncio.sleep(0.8)  # longer than a request may take
        assert "200" in await client.ask()
        assert 1.5 < await client.is_ended() < 6


async def test_an_open_desk_stays(home: House) -> None:
    limits = DoorLimits(
        most_connections=3, most_from_one_address=3, request_time=1.5, idle_time=1.5
    )
    async with served(home, limits) as (port, door):
        jar = aiohttp.CookieJar(unsafe=True)
        url = f"http://127.0.0.1:{port}"
        async with aiohttp.ClientSession(url, cookie_jar=jar) as session:
            page = await (await session.get("/sign-in")).text()
            found = re.search(r'name="csrf" value="([^"]+)"', page)
            assert found is not None
            fields = {"csrf": found[1], "operator": "op-1", "password": PASSWORD}
            await session.post("/sign-in", data=fields, headers={"Origin": url})
            async with session.ws_connect("/desk/live", headers={"Origin": url}) as screen:
                slow = [await Client.connect(port) for _ in range(5)]
                for each in slow:
                    each.writer.write(HALF)
                await asyncio.gather(*(each.is_ended() for each in slow))
                await screen.send_json({"id": "1", "act": "ready"})
                async with asyncio.timeout(5):
                    while (await screen.receive()).type is not aiohttp.WSMsgType.TEXT:
                        pass
                assert door.crowded > 0


async def test_a_desk_whose_network_hesitates_stays_and_one_that_reads_nothing_goes(
    home: House,
) -> None:
    """A desk that is open since this morning gets a burst: its buffer is full for a moment."""
    limits = DoorLimits(request_time=0.5, idle_time=0.5)
    async with served(home, limits) as (port, door):
        jar = aiohttp.CookieJar(unsafe=True)
        url = f"http://127.0.0.1:{port}"
        async with aiohttp.ClientSession(url, cookie_jar=jar) as session:
            page = await (await session.get("/sign-in")).text()
            found = re.search(r'name="csrf" value="([^"]+)"', page)
            assert found is not None
            fields = {"csrf": found[1], "operator": "op-1", "password": PASSWORD}
            await session.post("/sign-in", data=fields, headers={"Origin": url})
            async with session.ws_connect("/desk/live", headers={"Origin": url}):
                await asyncio.sleep(1.0)  # longer than anybody may be idle
                (desk,) = (guest for guest in door._open if guest.is_busy)
                desk.pause_writing()  # type: ignore[attr-defined]
                door.sweep()
                assert desk in door._open
                desk.resume_writing()  # type: ignore[attr-defined]
                desk.pause_writing()  # type: ignore[attr-defined]
                await asyncio.sleep(2.0)  # and it is looked at four times
                assert desk not in door._open


async def test_a_newcomer_takes_the_place_of_who_says_nothing(home: House) -> None:
    limits = DoorLimits(most_connections=3, most_from_one_address=2)
    async with served(home, limits) as (port, door):
        silent = [await Client.connect(port, f"127.0.0.{n}") for n in (1, 2, 3)]
        again = [await Client.connect(port, "127.0.0.4")]
        assert "200" in await again[0].ask()
        assert await silent[0].is_ended() < 1
        assert len(door) == 3
        again += [await Client.connect(port, "127.0.0.4") for _ in range(3)]
        assert "200" in await again[-1].ask()
        assert len(door) == 3, "and no address has all the places"
        assert door.crowded == 4
        for each in (*silent, *again):
            each.writer.close()
