"""The pages beside the desk in a real browser: what was left out, and the client's report."""

from typing import Any

import pytest

from callflows.events import NoteWritten, OperatorId, StepSkipped
from tests.interop.test_desk_browser import Site, at_desk, axe, browser, check, home, site
from tests.interop.test_desk_watch import errors
from tests.securityline.web.chromium import why_not
from tests.securityline.web.rig import DUPONT, POSTES, House

__all__ = ["axe", "browser", "home", "site"]
pytestmark = [
    pytest.mark.interop,
    pytest.mark.skipif(bool(why_not()), reason=why_not()),
    # Playwright leaves its pipes to the garbage collector.
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]
SUPERVISOR = "op-3"


async def test_axe_finds_nothing_in_what_was_left_out_and_in_a_report(
    home: House, site: Site, browser: Any, axe: str
) -> None:
    from playwright.async_api import expect

    home.picks_up.add("op-1")
    home.sign_in("op-1")
    ids = home.ring(POSTES, DUPONT)
    who = OperatorId("op-1")
    step = home.switchboard.incidents[ids[0]].run.missing()[0].step
    home.engine.handle(
        StepSkipped(incident_id=ids[0], operator=who, step=step, reason="<b>Elle chuchote</b>")
    )
    home.engine.handle(NoteWritten(incident_id=ids[0], operator=who, text="Deux hommes"))
    await home.settled()
    async with at_desk(browser, site, SUPERVISOR) as her:
        for path, words in (
            ("/deviations", "<b>Elle chuchote</b>"),
            (f"/incidents/{ids[0]}/report", "Deux hommes"),
            (f"/incidents/{ids[0]}/report?language=de", "Deux hommes"),
        ):
            await her.page.goto(site.address + path)
            await expect(her.find("main")).to_contain_text(words)
            assert errors(her) == []
            await check(her, axe, path)
            her.complaints.clear()  # axe writes styles, which the page's policy forbids
