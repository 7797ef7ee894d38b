"""axe looks at the states of the desk that are seldom seen, in the dark and in the light."""

import json
from datetime import timedelta
from typing import Any

import pytest

from callflows.events import OperatorId, StepSkipped
from tests.interop.test_desk_browser import Site, at_desk, axe, browser, check, home, site
from tests.interop.test_desk_watch import ALARM
from tests.securityline.web.chromium import why_not
from tests.securityline.web.rig import DUPONT, NIGHT, PASSWORD, POSTES, House

__all__ = ["axe", "browser", "home", "site"]
pytestmark = [
    pytest.mark.interop,
    pytest.mark.skipif(bool(why_not()), reason=why_not()),
    # Playwright leaves its pipes to the garbage collector.
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]
OP_1 = OperatorId("op-1")


async def test_axe_finds_nothing_on_a_call_that_is_held_or_covert(
    home: House, site: Site, browser: Any, axe: str
) -> None:
    from playwright.async_api import expect

    home.picks_up.add("op-1")
    home.sign_in("op-1")
    async with at_desk(browser, site) as desk:
        home.ring(POSTES, DUPONT)
        await expect(desk.find("#phone.talking")).to_be_visible()
        await desk.keys("F8")
        await expect(desk.find("#phone.held")).to_be_visible()
        await check(desk, axe, "held")
        await desk.keys("F8")
        await expect(desk.find("#phone.talking")).to_be_visible()
        await desk.find("#card [data-choices=phrases]").click()
        await expect(desk.find("#prompter")).to_be_visible()
        await check(desk, axe, "choosing a phrase")
        await desk.keys("Escape")
        await desk.find("#more [data-choices=revealable]").click()
        await desk.keys("1")
        await desk.page.keyboard.type("Ligne mauvaise")
        await desk.keys("Enter")
        await expect(desk.find("#secret .word")).to_have_text("Tournesol")
        await check(desk, axe, "a code word is shown")
        await desk.keys("Escape", "Shift+C")
        await expect(desk.find("#card .covert")).to_be_visible()
        await check(desk, axe, "covert")
        await desk.keys("Shift+C")
        await expect(desk.find("#prompter")).to_be_visible()
        await check(desk, axe, "speak again?")
        await desk.keys("Escape")
        await site.stop()
        await expect(desk.find("body.stale")).to_be_visible()
        await check(desk, axe, "without a connection")
        await desk.page.evaluate("() => document.activeElement.blur()")
        await desk.keys("ArrowDown")
        await check(desk, axe, "without a connection, the next case")


async def test_axe_finds_nothing_in_a_call_back_a_timer_and_a_closed_case(
    home: House, site: Site, browser: Any, axe: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from playwright.async_api import expect

    # He is called back after the case is closed: a call in it would bar closing.
    monkeypatch.setattr("callflows.call_back.DELAY", 3600.0)
    home.sign_in("op-1", is_ready=False)
    home.watch.start_timer("postes-demo", "p-peeters", run_time=60.0, note="Quai 4")
    home.watch.start_timer("postes-demo", "k-schmitz", run_time=2_700.0)
    home.clock.follow(NIGHT + timedelta(seconds=70))
    home.watching.look()
    ids = home.ring(POSTES, DUPONT)
    home.caller_hangs_up(ids)
    async with at_desk(browser, site) as desk:
        row = desk.find(f'.side .row[data-incident="{ids[0]}"] .open').first
        await row.click()
        await expect(desk.find("#card .call-back")).to_be_visible()
        await expect(desk.find("#watch .timer.amber")).to_be_visible()
        await desk.find("#watch").scroll_into_view_if_needed()
        await check(desk, axe, "a call-back, timers")
        for step in ("safe", "facts"):
            home.engine.handle(
                StepSkipped(incident_id=ids[0], operator=OP_1, step=step, reason="parti")
            )
        await expect(desk.find("#card .missing.none")).to_be_visible()
        await desk.keys("c")
        test = desk.find("#prompter [data-disposition=test]")
        await desk.keys((await test.get_attribute("data-choice")) or "")
        await desk.keys("Enter")
        await expect(desk.find("#card.closed")).to_be_visible()
        await check(desk, axe, "closed")


async def test_axe_finds_nothing_in_an_action_with_consequences(
    home: House, site: Site, browser: Any, axe: str
) -> None:
    from playwright.async_api import expect

    async with at_desk(browser, site) as nadia, at_desk(browser, site, "op-2") as tom:
        await nadia.page.request.post(
            f"{site.address}/api/v1/alarms",
            data=json.dumps(ALARM),
            headers={"Authorization": "Bearer alarms:write"},
        )
        await expect(nadia.find("#cases .row")).to_be_visible()
        await nadia.keys("ArrowDown")
        await expect(nadia.find("#card footer .tools")).to_be_visible()
        await nadia.keys("q", "2")
        await nadia.page.keyboard.type("Le détenteur est sur place")
        await nadia.keys("Enter")
        await expect(nadia.find("#password")).to_be_visible()
        await check(nadia, axe, "the password, once more")
        await nadia.page.keyboard.type(PASSWORD)
        await nadia.keys("Enter")
        await expect(nadia.find(".action.awaiting")).to_be_visible()
        await tom.keys("F3")
        await expect(tom.find(".action.awaiting")).to_be_visible()
        await tom.keys("f")
        await expect(tom.find("#prompter")).to_be_visible()
        await check(tom, axe, "the second person")
