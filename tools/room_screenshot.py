"""Pictures of the room: wallboard, supervisor's page, a supervisor on a call.

Taken by `python tools/desk_screenshot.py OUT`.
"""

from pathlib import Path
from typing import Any

from playwright.async_api import expect

from callflows.events import KindChosen, OperatorId, OperatorReady, StationDown
from tests.securityline.web.rig import POSTES, House
from tools.desk_demo import CLINIQUE
from tools.stage import sign_in, stage


async def busy_night(night: House) -> None:
    """Let a night go well until a phone dies and callers are left waiting."""
    night.picks_up = {"op-1", "op-2", "op-5"}
    night.sign_in("op-1", "op-2", "op-4", "op-5")
    night.sign_in("op-3", is_ready=False)
    kinds = ("theft", "aggression", "theft", "intrusion", "theft", "fire")
    for place, kind in enumerate(kinds):
        ids = night.ring(POSTES if place % 2 else CLINIQUE, f"+3247000002{place}")
        await night.settled()
        operator = night.switchboard.calls[ids[1]].operator or OperatorId("op-1")
        night.engine.handle(
            KindChosen(incident_id=ids[0], operator=operator, kind=kind, procedure=None)
        )
        night.pass_time(95)
        night.caller_hangs_up(ids)
        await night.settled()
        night.engine.handle(OperatorReady(operator=operator))
        night.pass_time(610)
    night.picks_up = set()
    lost = night.ring(POSTES, "+32470000031")
    night.pass_time(16)
    night.caller_hangs_up(lost)
    night.pass_time(200)
    night.picks_up = {"op-1", "op-2", "op-5"}
    night.ring(POSTES, urgency=2)
    await night.settled()
    night.picks_up = set()
    night.engine.handle(StationDown(operator=OperatorId("op-4"), reason="expired"))
    for urgency, seconds in ((2, 12), (1, 36), (3, 5)):
        night.ring(POSTES, f"+3247000004{urgency}", urgency=urgency)
        night.pass_time(seconds)
    await night.settled()


async def take_room(out: Path, width: int, height: int, language: str) -> None:
    """Take the pictures of the wallboard, the supervisor's page and a whisper."""
    name = f"{width}x{height}-{language}"
    async with stage(width, height) as (night, browser, address):
        await busy_night(night)
        context = await browser.new_context()
        page = await context.new_page()
        await sign_in(page, address, "op-3", language)
        await page.goto(f"{address}/wallboard")
        await expect(page.locator(".waits li.u1").first).to_be_visible()
        await page.screenshot(path=out / f"wallboard-{name}.png")
        await page.goto(f"{address}/room")
        await page.screenshot(path=out / f"room-{name}.png", full_page=True)
        await page.goto(f"{address}/wallboard?theme=light")
        await page.screenshot(path=out / f"wallboard-light-{name}.png")
        await _whisper(night, page, address, out, name)


async def _whisper(night: House, page: Any, address: str, out: Path, name: str) -> None:
    await page.goto(f"{address}/")
    await expect(page.locator("body:not(.starting) #live .on")).to_be_visible()
    await page.locator("#operators [data-do=visit]").first.click()
    await page.screenshot(path=out / f"visit-how-{name}.png")
    await page.keyboard.press("2")
    await page.keyboard.press("1")
    await expect(page.locator("#phone.visiting")).to_be_visible()
    await night.settled()
    await page.mouse.move(0, 0)
    await page.screenshot(path=out / f"visit-{name}.png")
