"""Debian's Chromium under Playwright, which downloads nothing."""

import shutil
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

CHROMIUM = Path("/usr/bin/chromium")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


def why_not() -> str:
    """Why there is no browser to test with, or nothing."""
    if shutil.which(str(CHROMIUM)) is None:
        return f"{CHROMIUM} is not installed"
    try:
        import playwright.async_api  # noqa: F401
    except ImportError:
        return "Playwright for Python is not installed"
    return ""


@asynccontextmanager
async def chromium(
    width: int = 1440, height: int = 900, more: Sequence[str] = ()
) -> AsyncIterator[Any]:
    """Open a headless browser; `new_context()` of it is one person's."""
    from playwright.async_api import async_playwright, expect

    expect.set_options(timeout=20_000)  # milliseconds: seven browsers may share two cores
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=str(CHROMIUM), args=[*ARGUMENTS, *more]
        )
        size = {"width": width, "height": height}
        new_context = browser.new_context

        async def sized(**options: Any) -> Any:
            return await new_context(**{"viewport": size} | options)

        browser.new_context = sized
        try:
            yield browser
        finally:
            await browser.close()
