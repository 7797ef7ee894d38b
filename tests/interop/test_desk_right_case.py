"""A key acts on the case whose card can be seen, and on no other."""

from typing import Any

import pytest

from callflows.events import KindChosen, OperatorId
from securityline.web.steps import kinds_of
from tests.interop.test_desk_browser import Desk, Site, at_desk, browser, home, site
from tests.securityline.web.chromium import why_not
from tests.securityline.web.rig import POSTES, House

__all__ = ["browser", "home", "site"]
pytestmark = [
    pytest.mark.interop,
    pytest.mark.skipif(bool(why_not()), reason=why_not()),
    # Playwright leaves its pipes to the garbage collector.
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]


def two_cases_at_their_first_step(home: House) -> list[str]:
    """Two cases of the same kind whose callers have left; both have the same step now."""
    directory = home.directory.current
    cases = []
    for caller in ("+32470000001", "+32470999999"):
        ids = home.ring(POSTES, caller)
        home.caller_hangs_up(ids)
        organisation = home.switchboard.incidents[ids[0]].organisation or ""
        kind = kinds_of(directory.organisations[organisation])[0]
        home.engine.handle(
            KindChosen(
                incident_id=ids[0],
                operator=OperatorId("op-1"),
                kind=kind,
                procedure=directory.procedure_for(organisation, kind),
            )
        )
        cases.append(ids[0])
    return cases


def answered(home: House, case: str) -> int:
    return sum(x.what == "StepAnswered" for x in home.logbook.read(incident_id=case))


async def open_first(desk: Desk, case: str) -> None:
    """Show one case; the page has seen the card of no other."""
    from playwright.async_api import expect

    await desk.find(f'.side .row[data-incident="{case}"] .open').first.click()
    await expect(desk.find("#card")).to_have_attribute("data-incident", case)
    await expect(desk.find("#line-case")).to_have_text("Postes Démo")


async def test_without_a_connection_no_key_reaches_a_case_whose_card_is_not_there(
    home: House, site: Site, browser: Any
) -> None:
    from playwright.async_api import expect

    home.sign_in("op-1", is_ready=False)
    cases = two_cases_at_their_first_step(home)
    async with at_desk(browser, site) as desk:
        await open_first(desk, cases[0])
        await site.stop()
        await expect(desk.find("#live .off")).to_be_visible()
        await desk.keys("ArrowDown")
        await expect(desk.find("#card.loading")).to_be_visible()
        await expect(desk.find("#log audio, #log li")).to_have_count(0)
        await desk.keys("1", "F10", "Shift+P")
        wrong = desk.find("#say .wrong")
        await expect(wrong).to_have_count(3)
        await expect(wrong.first).to_have_text("La fiche n’est pas encore là.")
        await desk.keys("F4")
        await desk.page.keyboard.type("vu sur place")
        await desk.keys("Enter")
        await expect(desk.find("#line")).to_have_value("vu sur place")  # nothing is lost
        await expect(desk.find("#line-case")).to_have_text("")
        await site.start()
        await expect(desk.find("#card:not(.loading)")).to_be_visible(timeout=15_000)
        shown = await desk.find("#card").get_attribute("data-incident")
        assert shown in cases
        assert shown != cases[0]
        await desk.find("#line").press("Enter")
        await expect(desk.find("#log")).to_contain_text("vu sur place")
        assert [answered(home, case) for case in cases] == [0, 0]


BOTH_AT_ONCE = """() => {
  const seen = document.getElementById("card").dataset.incident;
  for (const [key, code] of [["ArrowDown", "ArrowDown"], ["1", "Digit1"]])
    document.dispatchEvent(new KeyboardEvent("keydown", { key, code, bubbles: true }));
  return seen;
}"""


async def test_two_keys_in_one_moment_answer_nothing_that_was_not_seen(
    home: House, site: Site, browser: Any
) -> None:
    from playwright.async_api import expect

    home.sign_in("op-1", is_ready=False)
    cases = two_cases_at_their_first_step(home)
    async with at_desk(browser, site) as desk:
        await open_first(desk, cases[0])
        await desk.page.evaluate(BOTH_AT_ONCE)
        await expect(desk.find("#card")).to_have_attribute("data-incident", cases[1])
        await home.settled()
        assert [answered(home, case) for case in cases] == [0, 0]
        # Both cards are known now: the second key is for the one that is there.
        await desk.page.evaluate(BOTH_AT_ONCE)
        await home.until(lambda: answered(home, cases[0]) == 1)
        assert answered(home, cases[1]) == 0


async def test_a_question_about_one_case_is_not_answered_for_another(
    home: House, site: Site, browser: Any
) -> None:
    from playwright.async_api import expect

    home.sign_in("op-1", is_ready=False)
    cases = two_cases_at_their_first_step(home)
    async with at_desk(browser, site) as desk:
        await open_first(desk, cases[0])
        await desk.keys("u")
        await expect(desk.find("#prompter")).to_be_visible()
        await open_first(desk, cases[1])
        await expect(desk.find("#prompter")).to_be_hidden()
        assert desk.complaints == []


async def test_a_note_that_was_put_aside_comes_back_in_its_own_case(
    home: House, site: Site, browser: Any
) -> None:
    """He is asked why in both cases, and had begun a note in the second."""
    from playwright.async_api import expect

    home.sign_in("op-1", is_ready=False)
    cases = two_cases_at_their_first_step(home)
    async with at_desk(browser, site) as desk:
        await open_first(desk, cases[0])
        await desk.keys("s")
        await expect(desk.find("#composer.asks")).to_be_visible()
        await open_first(desk, cases[1])
        await desk.keys("F4")
        await desk.page.keyboard.type("le concierge a bu")
        await desk.keys("Escape", "s")
        await expect(desk.find("#composer.asks")).to_be_visible()
        await open_first(desk, cases[0])
        await desk.find("#line").fill("personne au bout du fil")
        await desk.find("#line").press("Enter")
        await expect(desk.find("#composer.asks")).to_have_count(0)
        await expect(desk.find("#line")).to_have_value("")
        await open_first(desk, cases[1])
        await desk.find("#line").press("Escape")
        await expect(desk.find("#line")).to_have_value("le concierge a bu")
        assert desk.complaints == []


async def test_a_case_that_is_not_there_is_not_waited_for(
    home: House, site: Site, browser: Any
) -> None:
    from playwright.async_api import expect

    home.sign_in("op-1", is_ready=False)
    async with at_desk(browser, site) as desk:
        await desk.page.evaluate("() => sessionStorage.setItem('shown', 'inc-9999')")
        await desk.page.reload()
        await expect(desk.find("#card.empty:not(.loading) h1")).to_be_visible()
        assert desk.complaints == []
