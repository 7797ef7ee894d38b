"""What every picture of the desk begins with: a night of the demo, a browser, a sign-in."""

import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from aiohttp.test_utils import TestServer
from playwright.async_api import Page, expect

from securityline.web.own_choices import OwnChoices
from securityline.web.themes import DARK, KIND
from tests.securityline.web.chromium import chromium
from tests.securityline.web.rig import PASSWORD, House
from tools.desk_demo import demo

COLOURS = {"theme": DARK}
"What every operator of the night has chosen."


@asynccontextmanager
async def stage(width: int, height: int) -> AsyncIterator[tuple[House, Any, str]]:
    """Open a night of the demo, a browser, and the address of the desk."""
    with tempfile.TemporaryDirectory() as folder:
        async with (
            demo(Path(folder)) as night,
            chromium(width, height) as browser,
        ):
            await _paint(night)
            async with TestServer(night.app()) as server:
                yield night, browser, str(server.make_url("/")).rstrip("/")


async def _paint(night: House) -> None:
    for operator in night.directory.current.operators:
        chosen = OwnChoices(KIND).choose(operator, COLOURS["theme"], night.clock())
        night.logbook.append(night.clock(), (), [chosen], is_urgent=False)
    await night.settled()


async def sign_in(page: Page, address: str, operator: str, language: str) -> None:
    """Sign in and wait until the desk is live."""
    await page.goto(f"{address}/sign-in?language={language}")
    await page.fill("#operator", operator)
    await page.fill("#password", PASSWORD)
    await page.keyboard.press("Enter")
    await expect(page.locator("body:not(.starting) #live .on")).to_be_visible()
    await page.keyboard.press(
        "Shift"
    )  # from here on the browser sounds, and says nothing of it
