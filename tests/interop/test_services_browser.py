"""The button of the police in a real browser: by keyboard, twice, in the middle of a note."""

import asyncio
from typing import Any

import pytest

from callflows.commands import DialService
from callflows.events import ServicePressed, ServiceRefused
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
from tests.securityline.web.rig import DUPONT, POSTES, House

__all__ = ["axe", "browser", "home", "site"]
pytestmark = [
    pytest.mark.interop,
    pytest.mark.skipif(bool(why_not()), reason=why_not()),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]


def dialled(home: House) -> list[DialService]:
    return [command for command in home.commands if isinstance(command, DialService)]


def lines(home: House, kind: type) -> list[Any]:
    return [x for x in home.logbook.read(limit=1000) if x.what == kind.__name__]


async def test_the_key_pressed_twice_and_held_down_is_one_line(
    home: House, site: Site, browser: Any
) -> None:
    from playwright.async_api import expect

    home.picks_up = {"op-1"}
    home.sign_in("op-1")
    async with at_desk(browser, site) as desk:
        ids = home.ring(POSTES, DUPONT)
        await expect(desk.find("#phone.talking")).to_be_visible()
        await expect(desk.find("#card .services .simulated")).to_contain_text("SIMULÉ")
        await desk.keys("F4")
        await desk.page.keyboard.type("il est arm")
        # The card may be redrawn between two strokes or not: both orders must be one line.
        await asyncio.gather(desk.keys("F10"), desk.keys("F10"), desk.keys("F10"))
        await desk.page.keyboard.type("é")
        await expect(desk.find("#card .line.dialled")).to_be_visible()
        await desk.page.keyboard.down("F10")
        await desk.page.keyboard.down("F10")  # the key repeats by itself while it is held
        await desk.page.keyboard.up("F10")
        assert await desk.find("#line").input_value() == "il est armé"
        await expect(desk.find("#phone.held")).to_contain_text("Police")
        home.service(ids[0], "rings")
        home.service(ids[0], "answers")
        await expect(desk.find("#card .line.speaking")).to_be_visible()
        await expect(desk.find("#fiche")).to_have_attribute("open", "")
        await desk.page.reload()
        await expect(desk.find("#card .line.speaking")).to_be_visible()
        await desk.keys("F10")
        await desk.keys("e", "1")
        await desk.page.keyboard.type("P-4711")
        await desk.keys("Enter")
        await expect(desk.find("#card .line .told")).to_contain_text("P-4711")
        await desk.keys("e", "2", "Enter")
        await expect(desk.find("#card .line .told span")).to_have_count(2)
        await desk.keys("F8")
        await expect(desk.find("#phone.talking")).to_be_visible()
        await desk.keys("F8")
        await expect(desk.find("#phone.held")).to_be_visible()
        await desk.keys("F9")
        await expect(desk.find("#card .line.ended")).to_be_visible()
        assert desk.complaints == []
    assert len(dialled(home)) == 1
    pressed, refused = lines(home, ServicePressed), lines(home, ServiceRefused)
    assert len(pressed) - len(refused) == 1


async def test_not_reached_is_said_in_red_and_the_key_calls_again(
    home: House, site: Site, browser: Any
) -> None:
    from playwright.async_api import expect

    home.picks_up = {"op-1"}
    home.sign_in("op-1")
    async with at_desk(browser, site) as desk:
        ids = home.ring(POSTES, DUPONT)
        await expect(desk.find("#phone.talking")).to_be_visible()
        await desk.keys("F10")
        await expect(desk.find("#card .line.dialled")).to_be_visible()
        home.service(ids[0], "is busy")
        await expect(desk.find("#card .line.failed.bad")).to_contain_text("NON JOINT")
        await expect(desk.find("#attention .row")).to_contain_text("occupé")
        await desk.keys("F10")  # too soon to be meant, said in words
        await expect(desk.find("#say .wrong")).to_be_visible()
        assert len(dialled(home)) == 1
        home.clock._ahead += 3  # two seconds later
        await desk.keys("F10")
        await home.until(lambda: len(dialled(home)) == 2)
        assert [order.line for order in dialled(home)] == ["direct", "public"]


async def test_axe_finds_nothing_on_the_services(
    home: House, site: Site, browser: Any, axe: str
) -> None:
    from playwright.async_api import expect

    home.picks_up = {"op-1"}
    home.sign_in("op-1")
    async with at_desk(browser, site) as desk:
        ids = home.ring(POSTES, DUPONT)
        await expect(desk.find("#card .services button.call")).to_have_count(3)
        await check(desk, axe, "buttons")
        await desk.keys("F10")
        home.service(ids[0], "answers")
        await expect(desk.find("#card .line.speaking")).to_be_visible()
        await check(desk, axe, "on the line")
        home.service(ids[0], "hangs up")
        await desk.keys("F12")
        await expect(desk.find("#card .line.dialled")).to_be_visible()
        home.service(ids[0], "is busy")
        await expect(desk.find("#card .line.failed")).to_be_visible()
        await check(desk, axe, "not reached")
