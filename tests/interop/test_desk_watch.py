"""Timers, tasks and actions at the desk in a real browser, without a mouse."""

import json
from typing import Any

import pytest

from callflows.commands import PerformAction
from callflows.events import ActionAnswered
from tests.interop.test_desk_browser import Site, at_desk, browser, home, site
from tests.securityline.web.chromium import why_not
from tests.securityline.web.rig import PASSWORD, House

__all__ = ["browser", "home", "site"]
pytestmark = [
    pytest.mark.interop,
    pytest.mark.skipif(bool(why_not()), reason=why_not()),
    # Playwright leaves its pipes to the garbage collector.
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]
ALARM = {
    "idempotency_key": "k-1", "account": "A1B2", "code": "130", "code_format": "contact_id",
}  # fmt: skip


def seen(home: House, what: str) -> list[Any]:
    return [line.data for line in home.logbook.read(limit=2000) if line.what == what]


def errors(desk: Any) -> list[str]:
    """What the page got wrong; that a font was loaded too early is the machine's load."""
    return [said for said in desk.complaints if said.startswith("error")]


async def test_a_timer_from_its_start_to_the_pin_by_keys(
    home: House, site: Site, browser: Any
) -> None:
    from playwright.async_api import expect

    async with at_desk(browser, site) as desk:
        await desk.keys("v", "1")
        await desk.page.keyboard.type("45 Quai 4")
        await desk.keys("Enter")
        timer = desk.find("#watch .timer.running")
        await expect(timer).to_contain_text("Piet Peeters")
        await expect(timer).to_contain_text("Quai 4")
        await desk.keys("y", "1")
        await desk.page.keyboard.type("15")
        await desk.keys("Enter")
        await home.until(lambda: seen(home, "SafetyTimerProlonged"))
        await desk.keys("i", "1")
        line = desk.find("#line")
        await desk.page.keyboard.type("7310")
        masked = await line.evaluate("x => getComputedStyle(x).webkitTextSecurity")
        assert masked == "disc", "nobody reads it over his shoulder"
        await desk.keys("Enter")
        await home.until(lambda: seen(home, "SafetyTimerCancelled"))
        await expect(timer).to_contain_text("Piet Peeters")  # it runs anew
        assert await line.input_value() == ""
        masked = await line.evaluate("x => getComputedStyle(x).webkitTextSecurity")
        assert masked == "none"
        await desk.keys("z", "1")
        await desk.page.keyboard.type("il est rentré")
        await desk.keys("Enter")
        await expect(timer).to_have_count(0)
        assert errors(desk) == []


async def test_two_operators_disarm_a_site_by_keys(
    home: House, site: Site, browser: Any
) -> None:
    from playwright.async_api import expect

    async with at_desk(browser, site) as nadia, at_desk(browser, site, "op-2") as tom:
        answer = await nadia.page.request.post(
            f"{site.address}/api/v1/alarms",
            data=json.dumps(ALARM),
            headers={"Authorization": "Bearer alarms:write"},
        )
        assert answer.status == 201
        await expect(nadia.find("#cases .row")).to_be_visible()
        await nadia.keys("ArrowDown")
        await expect(nadia.find("#card footer .tools")).to_be_visible()
        await nadia.keys("q", "2")
        await nadia.page.keyboard.type("Le détenteur est sur place")
        await nadia.keys("Enter")
        await expect(nadia.find("#password")).to_be_visible()
        await nadia.page.keyboard.type(PASSWORD)
        await nadia.keys("Enter")
        await expect(nadia.find(".action.awaiting")).to_be_visible()
        await expect(tom.find("#pop")).to_be_visible()
        await tom.keys("F3")
        await expect(tom.find(".action.awaiting")).to_be_visible()
        await tom.keys("f", "1")
        await expect(tom.find("#password")).to_be_visible()
        await tom.page.keyboard.type(PASSWORD)
        await tom.keys("Enter")
        await expect(nadia.find(".action.performing")).to_be_visible()
        [order] = [one for one in home.commands if isinstance(one, PerformAction)]
        assert (order.operator, order.approved_by) == ("op-1", "op-2")
        home.engine.handle(
            ActionAnswered(
                incident_id=order.incident_id,
                action_id=order.action_id,
                tries=1,
                outcome="done",
                status=200,
                answer="unset <b>",
            )
        )
        await expect(nadia.find(".action.done")).to_contain_text("unset <b>")
        await expect(tom.find(".action.done")).to_contain_text("Nadia")
        assert await nadia.find("#line").input_value() == "", "no key went into the note"
        assert errors(nadia) == errors(tom) == []
