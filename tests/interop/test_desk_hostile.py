"""Hostile text from every side, in the real browser: it is shown, and it does nothing.

A caller's name and the header of who diverted him, an alarm's text, and what stands in the
directory: markup, template syntax, a right-to-left override, invisible characters, 64 kB.
"""

import json
from dataclasses import replace
from typing import Any

import pytest

from client_directory.directory import Directory
from tests.interop.test_desk_browser import Desk, Site, at_desk, browser, home, site
from tests.interop.test_desk_watch import ALARM
from tests.securityline.web.chromium import why_not
from tests.securityline.web.rig import POSTES, House

__all__ = ["browser", "home", "site"]
pytestmark = [
    pytest.mark.interop,
    pytest.mark.skipif(bool(why_not()), reason=why_not()),
    # Playwright leaves its pipes to the garbage collector.
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]
MARKUP = "<script>window.ran = 1; alert(1)</script><img src=x onerror=alert(2)>{{7*7}}${7*7}"
TURNED = "ab\u202edc"
"Without isolation everything behind it in the line reads from right to left."
UNSEEN = "Po\u200bst\u2060es\ufeff"
HOSTILE = f"{MARKUP} {TURNED} {UNSEEN} "
LONG = HOSTILE + "W" * (64 * 1024 - len(HOSTILE))
ZONE = "<script>alert(3)</script>ab\u202edc\u200b"
LITERAL = ("<script>window.ran = 1; alert(1)</script>", "onerror=alert(2)>", "{{7*7}}${7*7}")

INVISIBLE = """() => {
  const found = [], walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode())
    if (/[\\u200b-\\u200f\\u2028-\\u202e\\u2060-\\u2069\\ufeff]/.test(walker.currentNode.data))
      found.push(walker.currentNode.parentElement.outerHTML.slice(0, 200));
  return found;
}"""
WIDER = "() => document.documentElement.scrollWidth - innerWidth"
TOO_WIDE = """() => [...document.querySelectorAll(".side, #card-area, .record")]
  .filter((one) => one.scrollWidth > one.clientWidth + 1)
  .map((one) => one.className || one.id)"""
IN_ORDER = """() => [...document.querySelectorAll("bdi")].every(
  (one) => getComputedStyle(one).unicodeBidi.startsWith("isolate"))"""


async def is_harmless(desk: Desk, *wanted: str) -> None:
    """What was sent stands there as it was sent, and nothing else came of it."""
    page = desk.page
    text = await page.evaluate("document.body.textContent")
    for words in (*LITERAL, *wanted):
        assert words in text
    assert "4949" not in text
    assert await page.evaluate("window.ran") is None
    assert await page.locator("main img, main script, main [onerror]").count() == 0
    assert await page.evaluate(INVISIBLE) == [], "nothing invisible is left in the page"
    assert await page.evaluate(IN_ORDER)
    assert await page.evaluate(WIDER) <= 0
    assert await page.evaluate(TOO_WIDE) == [], "no part of the page is blown up"
    assert desk.complaints == []


@pytest.mark.parametrize("said", [HOSTILE, LONG], ids=["short", "64 kB"])
async def test_a_hostile_name_and_diversion_are_text(
    home: House, site: Site, browser: Any, said: str
) -> None:
    from playwright.async_api import expect

    home.sign_in("op-1")
    async with at_desk(browser, site) as desk:
        home.ring(POSTES, None, display_name=said, diverted_from=said)
        await expect(desk.find("#card .who")).to_contain_text("onerror=alert(2)>")
        await is_harmless(desk, "ab\ufffddc", "Po\ufffdst\ufffdes\ufffd")


async def test_a_hostile_text_of_an_alarm_is_text(
    home: House, site: Site, browser: Any
) -> None:
    from playwright.async_api import expect

    home.sign_in("op-1", is_ready=False)
    said = (HOSTILE + "W" * 2000)[:2000]
    async with at_desk(browser, site) as desk:
        for number, text in enumerate((said, said * 33)):
            alarm = ALARM | {"text": text, "zone": ZONE, "idempotency_key": f"k-{number}"}
            answer = await desk.page.request.post(
                f"{site.address}/api/v1/alarms",
                data=json.dumps(alarm),
                headers={"Authorization": "Bearer alarms:write"},
            )
            assert answer.status == (413 if number else 201), "64 kB is no alarm"
        await expect(desk.find("#cases .row")).to_be_visible()
        await desk.keys("ArrowDown")
        await expect(desk.find("#card footer .tools")).to_be_visible()
        await expect(desk.find("#log")).to_contain_text("<script>alert(3)</script>ab dc")
        await desk.keys("l")  # the whole log has every value
        await expect(desk.find("table")).to_contain_text("alert(3)")
        await is_harmless(desk)


async def test_a_hostile_directory_is_text(home: House, site: Site, browser: Any) -> None:
    from playwright.async_api import expect

    directory = home.directory.current
    clients = dict(directory.organisations)
    client = clients["postes-demo"]
    said = {"fr": HOSTILE + "W" * 500}

    def hostile(step: Any) -> Any:
        return replace(step, ask=step.ask and said, say=step.say and said)

    clients["postes-demo"] = replace(
        client,
        name=said["fr"],
        sites=tuple(replace(one, name=said["fr"]) for one in client.sites),
        people=tuple(replace(one, name=said["fr"]) for one in client.people),
        procedures=tuple(
            replace(one, title=said, steps=tuple(hostile(step) for step in one.steps))
            for one in client.procedures
        ),
    )
    home.directory._current = Directory(  # such words pass the check of the files
        clients.values(), directory.operators.values(), directory.services.values()
    )
    home.sign_in("op-1")
    async with at_desk(browser, site) as desk:
        home.ring(POSTES)
        await expect(desk.find("#card-title")).to_contain_text("onerror=alert(2)>")
        await is_harmless(desk)
