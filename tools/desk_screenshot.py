"""Pictures of the desk: `tools/desk_screenshot.py OUT [--size WxH] [--theme light]`.

Needs Playwright for Python and a Chromium (`apt-get install chromium`).
"""

import argparse
import asyncio
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

from playwright.async_api import expect

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from callflows.events import DigitPressed, OperatorId, OperatorReady
from securityline.web.themes import THEMES
from tests.securityline.web.rig import PASSWORD, House
from tools.desk_demo import NIGHT, assault, escalation, more_calls, play
from tools.room_screenshot import take_room
from tools.stage import COLOURS, sign_in, stage


async def take(out: Path, width: int, height: int, language: str) -> None:
    """Take every picture once."""
    name = f"{width}x{height}-{language}"
    async with stage(width, height) as (night, browser, address):
        await _pictures(night, await browser.new_context(), address, out, name, language)


async def _pictures(
    night: House, context: Any, address: str, out: Path, name: str, language: str
) -> None:
    page = await context.new_page()

    async def shoot(what: str) -> None:
        await page.mouse.move(0, 0)
        await page.screenshot(path=out / f"{what}-{name}.png")

    await page.goto(f"{address}/sign-in?language={language}")
    await shoot("sign-in")
    ids = await play(night)
    await sign_in(page, address, "op-1", language)
    await expect(page.locator("#card-title")).to_be_visible()
    await more_calls(night)
    night.clock.follow(NIGHT)
    await expect(page.locator(".row.call")).to_have_count(2)
    await page.wait_for_timeout(4000)  # the flash of a new row is over
    await shoot("desk")
    calls = page.locator("#calls .row.call")
    await calls.filter(has_text="Clinique").locator(".open").click()
    await expect(page.locator("#card-title")).to_have_text("Clinique Démo")
    await shoot("other-language")
    await calls.filter(has_not_text="Clinique").locator(".open").click()
    await expect(page.locator("#card-title")).not_to_have_text("Clinique Démo")
    await shoot("unknown")
    await page.locator("#cases .row.case .open").first.click()
    await expect(page.locator("#card .step.current")).to_be_visible()
    await page.keyboard.press("F4")
    await page.keyboard.type("Elle se cache dans le local")
    night.engine.handle(OperatorReady(operator=OperatorId("op-1")))
    await more_calls(night, is_failing=True)
    await expect(page.locator("#alarms p")).to_have_count(1)
    await shoot("alarm")
    await page.keyboard.press("Escape")
    await page.keyboard.press("c")
    await shoot("closing")
    await page.keyboard.press("Escape")
    await page.keyboard.press("?")
    await shoot("keys")
    await page.keyboard.press("Escape")
    await page.keyboard.press("/")
    await page.keyboard.type("ap")
    await shoot("actions")
    await page.keyboard.press("Escape")
    await page.keyboard.press("F9")
    await expect(page.locator("#phone.wrap_up")).to_be_visible()
    await expect(page.locator("#log audio")).to_be_visible()
    await shoot("wrap-up")
    await page.keyboard.press("r")
    await expect(page.locator("#phone.offered, #phone.ready")).to_be_visible()
    await page.wait_for_timeout(4000)
    await shoot("ringing")
    await page.goto(f"{address}/incidents/{ids['postes'][0]}")
    await shoot("incident")


async def take_trees(out: Path, width: int, height: int, language: str) -> None:
    """Take the pictures of a running call tree and of a case that waits for an operator."""
    name = f"{width}x{height}-{language}"
    async with stage(width, height) as (night, browser, address):
        page = await (await browser.new_context()).new_page()
        night.sign_in("op-1", "op-2", "op-3")
        ids = await escalation(night)
        await sign_in(page, address, "op-1", language)
        await expect(page.locator("#card .tree.running")).to_be_visible()
        night.clock.follow(datetime.fromtimestamp(night.clock(), NIGHT.tzinfo))
        await page.mouse.move(0, 0)
        await page.screenshot(path=out / f"tree-{name}.png")
        tree = f"{ids[0]}-t1"
        night.keyholder(tree, "p-peeters", "3")
        night.keyholder_gives_pin(tree, "p-peeters", "duress")
        night.keyholder(tree, "p-peeters", "1", "5", "#")
        await expect(page.locator("#card .tree.taken")).to_be_visible()
        await page.wait_for_timeout(1200)
        await page.screenshot(path=out / f"tree-taken-{name}.png")
        await page.keyboard.press("?")
        await page.screenshot(path=out / f"tree-keys-{name}.png")


async def take_watch(out: Path, width: int, height: int, language: str) -> None:
    """Take the pictures of timers and tasks, and of an action that waits for its second."""
    name = f"{width}x{height}-{language}"
    async with stage(width, height) as (night, browser, address):
        night.sign_in("op-1", "op-2", "op-3")
        night.watch.start_timer("postes-demo", "p-peeters", run_time=60.0, note="Quai 4")
        night.watch.start_timer("postes-demo", "k-schmitz", run_time=2_700.0)
        night.pass_time(61)
        page = await (await browser.new_context()).new_page()
        await sign_in(page, address, "op-1", language)
        await expect(page.locator("#watch .amber")).to_be_visible()
        await page.keyboard.press("F6")
        await page.keyboard.press("q")
        await page.keyboard.press("2")
        await page.keyboard.type("Le d\u00e9tenteur des cl\u00e9s est sur place")
        await page.keyboard.press("Enter")
        await expect(page.locator("#password")).to_be_visible()
        await page.screenshot(path=out / f"password-{name}.png")
        await page.keyboard.type(PASSWORD)
        await page.keyboard.press("Enter")
        await expect(page.locator(".action.awaiting")).to_be_visible()
        await page.keyboard.press("f")
        await page.screenshot(path=out / f"action-{name}.png")
        await page.keyboard.press("Escape")
        await page.locator("#watch").scroll_into_view_if_needed()
        await page.keyboard.press("i")
        await page.keyboard.press("1")
        await page.keyboard.type("7310")
        await page.screenshot(path=out / f"timers-{name}.png")
        await page.keyboard.press("Enter")
        await expect(page.locator("#watch .amber")).to_have_count(0)
        night.pass_time(45 * 60)
        await expect(page.locator("#watch .task")).to_be_visible()
        await page.keyboard.press("h")
        await page.keyboard.press("1")
        await page.screenshot(path=out / f"task-{name}.png")
        await page.keyboard.press("1")
        await page.keyboard.type("Tout est sombre")
        await page.keyboard.press("Enter")
        await expect(page.locator("#watch .task")).to_have_count(0)


async def take_services(out: Path, width: int, height: int, language: str) -> None:
    """Take the pictures of a call to the police: on the line, and not reached."""
    name = f"{width}x{height}-{language}"
    async with stage(width, height) as (night, browser, address):
        page = await (await browser.new_context()).new_page()
        night.sign_in("op-1", "op-2", "op-3")
        ids = await assault(night)
        await sign_in(page, address, "op-1", language)
        await expect(page.locator("#card .services button.call")).to_have_count(3)
        night.clock.follow(datetime.fromtimestamp(night.clock(), NIGHT.tzinfo))
        await page.mouse.move(0, 0)
        await page.screenshot(path=out / f"service-ready-{name}.png")
        await page.keyboard.press("F10")
        await expect(page.locator("#card .line.dialled")).to_be_visible()
        night.service(ids[0], "rings")
        await expect(page.locator("#card .line.ringing")).to_be_visible()
        night.service(ids[0], "answers")
        await page.keyboard.press("e")
        await page.keyboard.press("1")
        await page.keyboard.type("P-2026-4711")
        await page.keyboard.press("Enter")
        await page.keyboard.press("e")
        await page.keyboard.press("2")
        await page.keyboard.press("Enter")
        await page.keyboard.press("e")
        await page.keyboard.press("3")
        await page.keyboard.type("7 min")
        await page.keyboard.press("Enter")
        await expect(page.locator("#card .line")).to_contain_text("7 min")
        await page.wait_for_timeout(3000)
        await page.screenshot(path=out / f"service-{name}.png")
        night.service(ids[0], "hangs up")
        await page.keyboard.press("F12")
        await expect(page.locator("#card .line.dialled")).to_be_visible()
        night.service(ids[0], "is busy")
        await expect(page.locator("#card .line.failed")).to_be_visible()
        await page.wait_for_timeout(1500)
        await page.screenshot(path=out / f"service-failed-{name}.png")


async def take_moving(out: Path, width: int, height: int, language: str) -> None:
    """Take the pictures of a caller who is offered to another operator, and of a parked one."""
    name = f"{width}x{height}-{language}"
    async with stage(width, height) as (night, browser, address):
        await play(night)
        night.clock.follow(datetime.fromtimestamp(night.clock(), NIGHT.tzinfo))
        pages = []
        for operator in ("op-1", "op-3"):
            page = await (await browser.new_context()).new_page()
            await sign_in(page, address, operator, language)
            pages.append(page)
        first, second = pages
        night.sign_in("op-3")
        await expect(first.locator("#transfer-to button")).not_to_have_count(0)
        await first.keyboard.press("Shift+T")
        await first.screenshot(path=out / f"transfer-{name}.png")
        sofie = first.locator("#prompter [data-to=op-3][data-how=talk]")
        await first.keyboard.press(str(await sofie.get_attribute("data-choice")))
        await expect(second.locator("#phone.offered")).to_be_visible()
        await second.wait_for_timeout(3600)
        await second.screenshot(path=out / f"transfer-offered-{name}.png")
        await second.keyboard.press("F2")
        await expect(second.locator("#phone.consulting")).to_be_visible()
        await first.wait_for_timeout(500)
        await first.screenshot(path=out / f"transfer-talk-{name}.png")
        await first.keyboard.press("F8")
        await expect(first.locator("#phone.talking")).to_be_visible()
        await first.keyboard.press("Shift+P")
        await first.keyboard.type("10 la patrouille arrive")
        await first.keyboard.press("Enter")
        await expect(first.locator("#card .parked")).to_be_visible()
        await first.wait_for_timeout(3000)
        await first.screenshot(path=out / f"parked-{name}.png")


async def take_card(out: Path, width: int, height: int, language: str) -> None:
    """Take the pictures of what the card asks of an operator: a code word."""
    name = f"{width}x{height}-{language}"
    async with stage(width, height) as (night, browser, address):
        page = await (await browser.new_context()).new_page()
        night.sign_in("op-1", "op-2", "op-3")
        await assault(night)
        await sign_in(page, address, "op-1", language)
        await expect(page.locator("#more button").first).to_be_attached()
        night.clock.follow(datetime.fromtimestamp(night.clock(), NIGHT.tzinfo))
        await page.keyboard.press("Shift+I")
        await page.screenshot(path=out / f"code-word-who-{name}.png")
        await page.keyboard.press("1")
        await page.keyboard.type("tournesol")
        await page.keyboard.press("Enter")
        await expect(page.locator("#card .told-secret")).to_be_visible()
        await page.wait_for_timeout(3000)
        await page.screenshot(path=out / f"code-word-{name}.png")
        await page.keyboard.press("s")
        await page.keyboard.type("Elle chuchote : il est parti")
        await page.keyboard.press("Enter")
        await expect(page.locator("#card .step.skipped")).to_be_visible()
        await page.wait_for_timeout(3000)
        await page.screenshot(path=out / f"consigne-{name}.png")
        await page.keyboard.press("Shift+S")
        await expect(page.locator("#card .asked")).to_be_visible()
        await page.keyboard.press("Shift+C")
        [call] = night.switchboard.calls.values()
        for digit in "41":
            night.engine.handle(
                DigitPressed(incident_id=call.incident_id, leg_id=call.leg_id, digit=digit)
            )
        await expect(page.locator("#card .key-answer.last")).to_be_visible()
        await page.locator("#card-area").evaluate("area => { area.scrollTop = 0; }")
        await page.screenshot(path=out / f"covert-{name}.png")
        await page.locator("#more").scroll_into_view_if_needed()
        await page.locator("#more h2").last.scroll_into_view_if_needed()
        await page.screenshot(path=out / f"below-{name}.png")
        await page.goto(f"{page.url.rstrip('/')}/incidents/{call.incident_id}/report")
        await page.screenshot(path=out / f"report-{name}.png")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--size", default="1440x900")
    parser.add_argument("--language", default="fr")
    parser.add_argument("--theme", default="dark", choices=THEMES)
    options = parser.parse_args()
    COLOURS["theme"] = options.theme
    options.out.mkdir(parents=True, exist_ok=True)
    wide, high = (int(part) for part in options.size.split("x"))
    asyncio.run(take_moving(options.out, wide, high, options.language))
    asyncio.run(take_card(options.out, wide, high, options.language))
    asyncio.run(take_room(options.out, wide, high, options.language))
    asyncio.run(take_services(options.out, wide, high, options.language))
    asyncio.run(take_watch(options.out, wide, high, options.language))
    asyncio.run(take_trees(options.out, wide, high, options.language))
    asyncio.run(take(options.out, wide, high, options.language))
