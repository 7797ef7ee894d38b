"""An operator gives himself an authenticator in a real browser, without a mouse."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from securityline import totp
from securityline.accounts import Accounts
from securityline.web.app import create_app
from tests.interop.test_desk_browser import Site, at_desk, axe, browser, check, home, site
from tests.interop.test_desk_watch import errors
from tests.securityline.web.chromium import why_not
from tests.securityline.web.rig import PASSWORD, House

__all__ = ["axe", "browser", "home", "site"]
pytestmark = [
    pytest.mark.interop,
    pytest.mark.skipif(bool(why_not()), reason=why_not()),
    # Playwright leaves its pipes to the garbage collector.
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]


async def test_the_code_is_scanned_proved_and_asked_from_then_on(
    home: House, site: Site, browser: Any, axe: str, tmp_path: Path
) -> None:
    from playwright.async_api import expect

    accounts = Accounts(tmp_path / "accounts", "securityline.example")
    accounts.add_operator("op-1", PASSWORD, "201")
    services = replace(
        home.services(), accounts=accounts, authenticators=accounts.authenticators
    )
    await site.stop()
    site.make = lambda: create_app(services)
    await site.start()
    async with at_desk(browser, site) as nadia:
        await nadia.find("a[href='/authenticator']").click()
        await expect(nadia.find("h1")).to_be_visible()
        await nadia.find("input[type=password]").focus()
        await nadia.page.keyboard.type(PASSWORD)
        await nadia.keys("Enter")
        await expect(nadia.find("main figure svg path").first).to_be_visible()
        secret = (await nadia.find(".totp-secret").inner_text()).replace(" ", "")
        box = await nadia.find("main figure svg").bounding_box()
        assert box is not None
        assert box["width"] >= 180, "a telephone reads it from an arm's length"
        complaints = errors(nadia)
        await check(nadia, axe, "the authenticator's code is shown")
        await nadia.find("#code").fill("000000")
        await nadia.keys("Enter")
        await expect(nadia.find("[role=alert]")).to_be_visible()
        await check(nadia, axe, "a wrong code")
        right = totp.code_at(secret, int(home.clock() // totp.STEP))
        await nadia.find("#code").fill(right)
        await nadia.keys("Enter")
        await expect(nadia.find("body")).to_contain_text("son code est demandé")
        await check(nadia, axe, "proved")
        assert complaints == []
    context = await browser.new_context()
    stranger = await context.new_page()
    await stranger.goto(f"{site.address}/sign-in?language=fr")
    await stranger.fill("#operator", "op-1")
    await stranger.fill("#password", PASSWORD)
    await stranger.keyboard.press("Enter")
    await expect(stranger.locator("[role=alert]")).to_be_visible()
    await context.close()
    accounts.close()
