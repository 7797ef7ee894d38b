"""A server that stands still with its sockets open: the page says so within two seconds."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.interop.test_desk_browser import Site, at_desk, browser, home, site
from tests.securityline.web.chromium import why_not
from tests.securityline.web.rig import House

__all__ = ["browser", "home", "site"]
pytestmark = [
    pytest.mark.interop,
    pytest.mark.skipif(bool(why_not()), reason=why_not()),
    # Playwright leaves its pipes to the garbage collector.
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]
PROMISED = 2000.0  # ms
PHASES = (0.0, 0.3, 0.6)
"Seconds after the last recovery: a page that asks now and then is caught at each moment."


class Relay:
    """The way to the desk; frozen, it keeps every connection and passes nothing on."""

    def __init__(self, port: int) -> None:
        self.port = 0
        self._behind = port
        self._flows = asyncio.Event()
        self._flows.set()
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def freeze(self) -> None:
        self._flows.clear()

    def thaw(self) -> None:
        self._flows.set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        inner_reader, inner_writer = await asyncio.open_connection("127.0.0.1", self._behind)
        for source, sink in ((reader, inner_writer), (inner_reader, writer)):
            task = asyncio.create_task(self._carry(source, sink))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _carry(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            while data := await source.read(65536):
                await self._flows.wait()
                sink.write(data)
        sink.close()

    async def stop(self) -> None:
        tasks = tuple(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@pytest.fixture
async def relay(site: Site) -> AsyncIterator[Relay]:
    opened = Relay(site.port)
    server = await asyncio.start_server(opened.serve, "127.0.0.1", 0)
    opened.port = server.sockets[0].getsockname()[1]
    yield opened
    opened.thaw()
    server.close()
    await opened.stop()


WATCH_STALE = """() => {
  window.staleAt = null;
  new MutationObserver(() => {
    if (document.body.classList.contains("stale")) window.staleAt ??= performance.now();
  }).observe(document.body, { attributes: true });
}"""


async def how_long(page: Any, relay: Relay) -> float:
    """Freeze the server; return after how many milliseconds the page said so."""
    before = await page.evaluate("() => { window.staleAt = null; return performance.now(); }")
    relay.freeze()
    await page.locator("body.stale").wait_for()
    took: float = await page.evaluate("window.staleAt") - before
    assert await page.locator("#live .off").is_visible()
    relay.thaw()
    await page.locator("#live .on").wait_for()
    return took


async def test_a_frozen_server_is_said_at_the_desk_within_two_seconds(
    home: House, relay: Relay, browser: Any
) -> None:
    async with at_desk(browser, relay) as desk:  # type: ignore[arg-type]
        await desk.page.evaluate(WATCH_STALE)
        for phase in PHASES:
            await asyncio.sleep(phase)
            assert await how_long(desk.page, relay) < PROMISED
        assert desk.complaints == []


async def test_a_frozen_server_is_said_on_the_wallboard_within_two_seconds(
    home: House, relay: Relay, browser: Any
) -> None:
    async with at_desk(browser, relay, "op-3") as desk:  # type: ignore[arg-type]
        await desk.page.goto(f"{relay.address}/wallboard")
        await desk.page.locator("body:not(.starting) #live .on").wait_for()
        await desk.page.evaluate(WATCH_STALE)
        for phase in PHASES[1:]:
            await asyncio.sleep(phase)
            assert await how_long(desk.page, relay) < PROMISED


BUSY = """() => {
  const end = performance.now() + 1700;
  while (performance.now() < end);
}"""


async def test_a_page_that_was_busy_itself_asks_before_it_says_anything(
    home: House, site: Site, browser: Any
) -> None:
    """Seconds in which the page could do nothing are no silence of the server."""
    async with at_desk(browser, site) as desk:
        await desk.page.evaluate(WATCH_STALE)
        for _ in range(3):
            await desk.page.evaluate(BUSY)
            await asyncio.sleep(0.2)
        assert await desk.page.evaluate("window.staleAt") is None, "the server lived all along"
