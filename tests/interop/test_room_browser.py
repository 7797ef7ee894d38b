"""The wallboard and the supervisor's presses in a real Chromium, with axe in every state."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from callflows.events import AlertLimitsSet, OperatorId, StationDown
from client_directory.model import AlertLimits
from tests.interop.test_desk_browser import (
    Desk,
    Site,
    at_desk,
    axe,
    browser,
    check,
    home,
    site,
)
from tests.securityline.web.chromium import why_not
from tests.securityline.web.rig import PASSWORD, POSTES, House

pytestmark = [
    pytest.mark.interop,
    pytest.mark.skipif(bool(why_not()), reason=why_not()),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]
__all__ = ["axe", "browser", "home", "site"]  # fixtures


@asynccontextmanager
async def looking(
    browser: Any, site: Site, path: str, operator: str = "op-3", **options: Any
) -> AsyncIterator[Desk]:
    """A supervisor before a page of the room's."""
    context = await browser.new_context(**options)
    page = await context.new_page()
    desk = Desk(page)
    await page.goto(f"{site.address}/sign-in?language=en")
    await page.fill("#operator", operator)
    await page.fill("#password", PASSWORD)
    await page.keyboard.press("Enter")
    await page.wait_for_selector("#live")
    await page.goto(f"{site.address}{path}")
    await page.wait_for_selector("#live")
    try:
        yield desk
    finally:
        await context.close()


def own(desk: Desk) -> list[str]:
    """What went wrong in the page, but for axe's own inline styles, which it refuses."""
    wrong = [one for one in desk.complaints if not one.startswith("warning")]
    return [one for one in wrong if "inline style" not in one]


async def no_overflow(desk: Desk) -> None:
    """Nothing is cut off at the side: the page scrolls down and never across."""
    wide = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert await desk.page.evaluate(wide) <= 0


@pytest.mark.parametrize("theme", ["dark", "light"])
async def test_the_board_lives_and_axe_finds_nothing_in_any_state(
    home: House, site: Site, browser: Any, axe: str, theme: str
) -> None:
    from playwright.async_api import expect

    async with looking(browser, site, f"/wallboard?theme={theme}") as board:
        await expect(board.page.locator(".staff.short")).to_be_visible()
        await check(board, axe, "nobody ready")
        home.picks_up = {"op-1"}
        home.sign_in("op-1", "op-2", "op-4")
        await expect(board.page.locator(".staff:not(.short)")).to_be_visible()
        home.ring(POSTES, urgency=3)
        await expect(board.page.locator('[data-operator="op-1"].talking')).to_be_visible()
        home.engine.handle(StationDown(operator=OperatorId("op-2"), reason="expired"))
        await expect(board.page.locator(".staff .dead")).to_contain_text(
            "UNREACHABLE: no phone"
        )
        for urgency in (1, 2, 3, 4):
            home.ring(POSTES, urgency=urgency)
        await expect(board.page.locator(".waits li.u1")).to_be_visible()
        home.reasons.append("no RTP port is free")
        await expect(board.page.locator("#alarms p")).to_be_visible()
        await expect(board.page.locator("td.met").first).to_contain_text("met")
        await check(board, axe, "full")
        for width, height in ((1920, 1080), (1440, 900), (720, 450)):  # the last: zoom 200 %
            await board.page.set_viewport_size({"width": width, "height": height})
            await no_overflow(board)
        await check(board, axe, "at 200 %")
        assert own(board) == []


@pytest.mark.parametrize("theme", ["dark", "light"])
async def test_the_room_is_opened_by_a_key_and_axe_finds_nothing(
    home: House, site: Site, browser: Any, axe: str, theme: str
) -> None:
    from playwright.async_api import expect

    async with at_desk(browser, site, "op-3", "en") as desk:
        await desk.keys("Shift+L")
        await expect(desk.find("body.room")).to_be_visible()
        await check(desk, axe, "an empty day")
        home.picks_up = {"op-1"}
        home.sign_in("op-1", "op-2")
        talking = home.ring(POSTES, urgency=1)
        home.ring(POSTES, urgency=1)
        await home.settled()
        home.switchboard.calls[talking[1]].answered_at = home.clock() - 400
        await desk.page.goto(f"{site.address}/room?theme={theme}")
        await expect(desk.find("svg[role=img]").first).to_be_visible()
        for summary in await desk.page.locator("summary").all():
            await summary.click()
        await check(desk, axe, "a day")
        for width, height in ((1920, 1080), (720, 450)):  # the last: zoom 200 %
            await desk.page.set_viewport_size({"width": width, "height": height})
            await no_overflow(desk)
        await check(desk, axe, "at 200 %")
        await desk.keys("Escape")
        await expect(desk.find("body.desk")).to_be_visible()
        assert own(desk) == []


async def test_what_is_late_stands_on_her_desk_and_axe_finds_nothing(
    home: House, site: Site, browser: Any, axe: str
) -> None:
    from playwright.async_api import expect

    home.ring(POSTES, urgency=1)
    home.engine.handle(
        AlertLimitsSet(default=AlertLimits(not_taken=(0.5, 0.5, 0.5, 0.5)), clients={})
    )
    async with at_desk(browser, site, "op-3", "en") as hers:
        home.ring(POSTES, urgency=1)
        await expect(hers.find("#late .row").first).to_contain_text("nobody takes it")
        await check(hers, axe, "late")
        await hers.page.locator("#late .open").first.click()
        await expect(hers.find("#card-title")).to_be_visible()


async def test_a_board_whose_engine_is_gone_says_so_and_comes_back(
    home: House, site: Site, browser: Any
) -> None:
    from playwright.async_api import expect

    async with looking(browser, site, "/wallboard") as board:
        await expect(board.page.locator("body:not(.starting) #live .on")).to_be_visible()
        await site.stop()
        await expect(board.page.locator("#live .off")).to_be_visible(timeout=2000)
        await site.start()
        await expect(board.page.locator("body:not(.starting) #live .on")).to_be_visible(
            timeout=15_000
        )
        home.ring(POSTES, urgency=1)
        await expect(board.page.locator(".waits li.u1")).to_be_visible()


async def test_a_supervisor_comes_onto_a_call_by_the_keyboard_and_leaves_it(
    home: House, site: Site, browser: Any, axe: str
) -> None:
    from playwright.async_api import expect

    home.picks_up = {"op-1"}
    home.sign_in("op-1")
    home.ring(POSTES)
    home.sign_in("op-3", is_ready=False)
    async with (
        at_desk(browser, site, "op-3", "en") as hers,
        at_desk(browser, site, "op-1", "en") as his,
    ):
        await hers.page.locator("#operators [data-do=visit]").focus()
        await hers.keys("Enter")
        await expect(hers.find("#prompter")).to_be_visible()
        await check(hers, axe, "how")
        await hers.keys("1")
        await check(hers, axe, "what for")
        await hers.keys("3")
        await expect(hers.find("#phone.visiting")).to_contain_text("nobody hears you")
        await expect(his.find("#phone .visitor")).to_contain_text("Sofie listens")
        await check(hers, axe, "listening")
        await check(his, axe, "listened to")
        await hers.keys("F7", "2")
        await expect(his.find("#phone .visitor")).to_contain_text("Sofie whispers")
        await expect(hers.find("#phone.visiting")).to_contain_text("the operator alone")
        await hers.keys("F9")
        await expect(his.find("#phone .visitor")).to_have_count(0)
        await expect(hers.find("#phone.visiting")).to_have_count(0)
        await hers.page.locator("#operators [data-do=visit]").focus()
        await hers.keys("Enter", "4", "2")
        await expect(hers.find("#phone.talking")).to_be_visible()
        await expect(his.find("#phone.wrap_up")).to_be_visible()
        assert [*own(hers), *own(his)] == []


async def test_an_operator_sees_no_ear(
    home: House, site: Site, browser: Any, tmp_path: Path
) -> None:
    from playwright.async_api import expect

    home.picks_up = {"op-1"}
    home.sign_in("op-1")
    home.ring(POSTES)
    async with at_desk(browser, site, "op-2") as desk:
        await expect(desk.find('#operators [data-operator="op-1"].talking')).to_be_visible()
        await expect(desk.find("[data-do=visit]")).to_have_count(0)
