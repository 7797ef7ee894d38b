"""One desk in several windows of one browser: each shows its part, and none hides a caller."""

from typing import Any

import pytest

from tests.interop.test_desk_browser import (
    Site,
    at_desk,
    axe,
    browser,
    check,
    home,
    site,
)
from tests.securityline.web.chromium import why_not
from tests.securityline.web.rig import POSTES, House

__all__ = ["axe", "browser", "home", "site"]
pytestmark = [
    pytest.mark.interop,
    pytest.mark.skipif(bool(why_not()), reason=why_not()),
    # Playwright leaves its pipes to the garbage collector.
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]


async def test_a_card_beside_the_lists_and_a_closed_window_hides_nothing(
    home: House, site: Site, browser: Any, axe: str
) -> None:
    from playwright.async_api import expect

    home.sign_in("op-1", is_ready=False)
    first = home.ring(POSTES, "+32470000001")
    second = home.ring(POSTES, "+32470999999")
    async with at_desk(browser, site) as desk:
        lists = desk.page
        await desk.keys("Shift+D", "2")
        await expect(lists.locator("#prompter")).to_be_hidden()
        await expect(lists.locator("#card-area")).to_be_visible()  # no other window has a card
        cards = await lists.context.new_page()
        await cards.goto(site.address)
        await expect(cards.locator("body.desk:not(.starting)")).to_be_visible()
        await expect(lists.locator("#card-area")).to_be_hidden()
        await cards.keyboard.press("Shift+D")
        await cards.keyboard.press("3")
        await expect(cards.locator("nav.side")).to_be_hidden()
        await expect(lists.locator("#calls .row")).to_have_count(2)
        for window in (lists, cards):
            await expect(window.locator("#phone")).to_be_visible()  # its keys work in each
        assert desk.complaints == []  # what axe does to a page is not counted
        await check(desk, axe, "the lists alone")
        for ids in (first, second, first):
            await lists.locator(f'#calls .row[data-incident="{ids[0]}"] .open').click()
            await expect(cards.locator("#card")).to_have_attribute("data-incident", ids[0])
            await expect(cards.locator("#log")).to_have_attribute("data-incident", ids[0])
        await cards.reload()
        await expect(cards.locator("nav.side")).to_be_hidden()  # a window keeps its part
        await expect(cards.locator("#card")).to_have_attribute("data-incident", first[0])
        await cards.close()
        await expect(lists.locator("#card")).to_be_visible()
        await expect(lists.locator("nav.side")).to_be_visible()


async def test_what_comes_in_takes_no_word_from_who_writes_in_the_other_window(
    home: House, site: Site, browser: Any
) -> None:
    from playwright.async_api import expect

    home.sign_in("op-1", is_ready=False)
    async with at_desk(browser, site) as desk:
        cards = await desk.page.context.new_page()
        await cards.goto(site.address)
        await expect(cards.locator("body.desk:not(.starting)")).to_be_visible()
        await cards.keyboard.press("Shift+D")
        await cards.keyboard.press("3")
        await desk.keys("Shift+D", "2")
        old = home.ring(POSTES, "+32470999999")
        await desk.find(f'#calls .row[data-incident="{old[0]}"] .open').click()
        await expect(cards.locator("#card")).to_have_attribute("data-incident", old[0])
        await cards.bring_to_front()
        await cards.keyboard.press("F4")
        await cards.keyboard.type("Elle se ")
        home.caller_hangs_up(home.ring(POSTES, None))
        await expect(desk.find("#attention .row")).to_be_visible()
        await expect(cards.locator("#pop")).to_be_visible()
        await cards.keyboard.type("cache")
        await expect(cards.locator("#line")).to_have_value("Elle se cache")
        await expect(cards.locator("#card")).to_have_attribute("data-incident", old[0])
