"""What the card does in a real browser, by keys: code words, chosen kinds, covert calls."""

import re
from dataclasses import replace
from typing import Any

import pytest

from tests.interop.test_desk_browser import Site, at_desk, axe, browser, check, home, site
from tests.interop.test_desk_watch import errors, seen
from tests.securityline.web.chromium import why_not
from tests.securityline.web.rig import House

__all__ = ["axe", "browser", "home", "site"]
pytestmark = [
    pytest.mark.interop,
    pytest.mark.skipif(bool(why_not()), reason=why_not()),
    # Playwright leaves its pipes to the garbage collector.
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]


async def test_a_code_word_under_duress_by_keys(home: House, site: Site, browser: Any) -> None:
    from playwright.async_api import expect

    home.picks_up.add("op-1")
    async with at_desk(browser, site) as nadia, at_desk(browser, site, "op-2") as tom:
        home.sign_in("op-1")
        home.sign_in("op-2", has_phone=False)
        ids = home.ring()
        await expect(nadia.find("#card-title")).to_have_text("Postes Démo")
        await expect(nadia.find("#more [data-key='Shift+I']")).to_have_count(1)
        await nadia.keys("Shift+I", "1")
        await nadia.page.keyboard.type("Mimosa")
        line = nadia.find("#line")
        masked = await line.evaluate("x => getComputedStyle(x).webkitTextSecurity")
        assert masked == "disc"
        await nadia.keys("Enter")
        told = nadia.find("#card .told-secret")
        await expect(told).to_contain_text("Julie Dupont: mot de code exact")
        assert await line.input_value() == ""
        await expect(tom.find("#pop")).to_be_visible()
        await tom.keys("F3")
        await expect(tom.find("#card .banner.duress")).to_be_visible()
        await expect(tom.find("#card")).to_contain_text("Julie Dupont")
        assert await nadia.find("text=/contrainte/i >> visible=true").count() == 0
        assert await nadia.find("#pop").is_hidden()
        home.caller_hangs_up(ids)
        await expect(nadia.find(f"#waits-{ids[0]}-silent")).to_be_visible()
        assert errors(nadia) + errors(tom) == []


async def test_of_more_people_than_keys_a_few_letters_find_one(
    home: House, site: Site, browser: Any, axe: str
) -> None:
    from playwright.async_api import expect

    house = home.directory.current.organisations["postes-demo"]
    julie = next(one for one in house.people if one.name == "Julie Dupont")
    crowd = [replace(julie, person=f"agent-{n}", name=f"Agent {n}") for n in range(80)]
    zoe = replace(julie, person="zoe", name="Zoë Van Hœck")
    people: Any = home.directory.current.organisations
    people["postes-demo"] = replace(house, people=(*house.people, *crowd, zoe))
    home.picks_up.add("op-1")
    async with at_desk(browser, site) as nadia:
        home.sign_in("op-1")
        home.ring()
        await expect(nadia.find("#phone.talking")).to_be_visible()
        button = nadia.find("#more [data-key='Shift+I']")
        await expect(button).to_have_count(1)
        await nadia.keys("Shift+I")
        await expect(nadia.find("#prompter-line")).to_be_focused()
        shown = nadia.find("#prompter .choices button")
        await expect(shown).to_have_count(14)
        await expect(nadia.find("#prompter .more")).to_have_text(re.compile(r"encore 7\d "))
        await nadia.page.keyboard.type("van hoe")
        await expect(shown).to_have_count(1)
        await nadia.keys("Enter")
        await nadia.page.keyboard.type("Tournesol")
        await nadia.keys("Enter")
        await expect(nadia.find("#card .told-secret")).to_contain_text("Zoë Van Hœck")
        assert [(x["person"], x["outcome"]) for x in seen(home, "SecretChecked")] == [
            ("zoe", "good")
        ]
        await nadia.keys("Shift+I")
        await nadia.page.keyboard.type("xyz")
        await expect(shown).to_have_count(0)
        assert errors(nadia) == []
        await check(nadia, axe, "a long list, nothing found")
        await nadia.find("#prompter-line").fill("agent")
        await expect(shown).to_have_count(14)
        await check(nadia, axe, "a long list")
        await nadia.keys("Escape")
        await expect(nadia.find("#prompter")).to_be_hidden()


async def test_a_site_is_put_on_test_without_a_mouse(
    home: House, site: Site, browser: Any, axe: str
) -> None:
    from playwright.async_api import expect

    home.sign_in("op-1")
    async with at_desk(browser, site) as nadia:
        await nadia.keys("Shift+E")
        await expect(nadia.find("#prompter-line")).to_be_focused()
        await nadia.page.keyboard.type("poste liege")
        await expect(nadia.find("#prompter .choices button")).to_have_count(1)
        await nadia.keys("Enter")
        await nadia.page.keyboard.type("2h nouveau détecteur")
        await nadia.keys("Enter")
        row = nadia.find("#tests li")
        await expect(row).to_contain_text("Liège Centre de tri")
        await expect(row).to_contain_text("nouveau détecteur")
        await expect(row.locator(".countdown")).to_have_text(re.compile(r"^1:59:|^2:00:|^119:"))
        assert errors(nadia) == []
        await check(nadia, axe, "a site is on test")
        await row.locator("button").click()
        await expect(row).to_have_count(0)
        assert [x["site"] for x in seen(home, "TestModeEnded")] == ["lg-tri"]


async def test_a_stored_code_word_is_shown_for_a_moment(
    home: House, site: Site, browser: Any
) -> None:
    from playwright.async_api import expect

    home.picks_up.add("op-1")
    async with at_desk(browser, site) as nadia:
        home.sign_in("op-1")
        home.ring()
        button = nadia.find("#more [data-choices='revealable']")
        await button.click()
        await nadia.keys("1")
        await nadia.page.keyboard.type("Ligne mauvaise")
        await nadia.keys("Enter")
        word = nadia.find("#secret .word")
        await expect(word).to_have_text("Tournesol")
        await nadia.keys("Escape")
        await expect(nadia.find("#secret")).to_be_hidden()
        await expect(word, "nothing of it stays in the page").to_have_text("")
        assert [x["reason"] for x in seen(home, "SecretRevealed")] == ["Ligne mauvaise"]
        assert errors(nadia) == []


async def test_done_where_a_service_is_to_be_called_asks_how_it_was(
    home: House, site: Site, browser: Any
) -> None:
    from playwright.async_api import expect

    home.picks_up.add("op-1")
    async with at_desk(browser, site) as nadia:
        home.sign_in("op-1")
        home.ring()
        await expect(nadia.find("#phone.talking")).to_be_visible()
        await nadia.keys("k")
        choice = nadia.find("#prompter [data-kind=aggression]")
        await nadia.keys((await choice.get_attribute("data-choice")) or "")
        await expect(nadia.find("#consigne-title")).to_contain_text("gression")
        await nadia.keys("2")  # not safe: a sentence, then the police
        await expect(nadia.find("#card .step.current.say")).to_be_visible()
        await nadia.keys("d")
        police = nadia.find("#card .step.current.do")
        await expect(police.locator("button[data-key=d]")).to_contain_text("Fait autrement")
        await nadia.keys("d")
        await expect(nadia.find("#line-words")).to_contain_text("Ceci n’appelle personne.")
        assert [x["step"] for x in seen(home, "StepAnswered")] == ["safe", "shelter"]
        await nadia.page.keyboard.type("Par GSM")
        await nadia.keys("Enter")
        await expect(nadia.find("#card .left-path")).to_contain_text("Par GSM")
        assert [x["how"] for x in seen(home, "ConsigneLeft")] == ["otherwise"]
        assert errors(nadia) == []


async def test_a_step_off_the_path_and_a_verification_by_keys(
    home: House, site: Site, browser: Any
) -> None:
    from playwright.async_api import expect

    home.picks_up.add("op-1")
    async with at_desk(browser, site) as nadia:
        home.sign_in("op-1")
        home.ring()
        await expect(nadia.find("#phone.talking")).to_be_visible()
        await nadia.keys("1")  # safe: the answers lead around what follows
        off = nadia.find("#card .step.off_path:not(.verify)").first
        await off.focus()
        await off.locator("button").first.click()
        await nadia.page.keyboard.type("Elle chuchote")
        await nadia.keys("Enter")
        await expect(nadia.find("#card .left-path")).to_contain_text("Elle chuchote")
        assert [x["how"] for x in seen(home, "ConsigneLeft")] == ["off_path"]
        await nadia.keys("k")
        await (
            nadia.find(
                "#prompter button",
            )
            .filter(has_text="Intrusion")
            .first.click()
        )
        await nadia.find("#card [data-do=verify]").first.click()
        await nadia.keys("4", "Enter")
        await expect(nadia.find("#card .step.verify.done")).to_contain_text("probable")
        assert [(x["result"], x["confidence"]) for x in seen(home, "VerificationRecorded")] == [
            ("confirmed", "medium")
        ]
        current = nadia.find("#card .stages [aria-current]")
        await expect(current).to_have_count(1)
        assert errors(nadia) == []


async def test_a_covert_call_takes_one_key_and_speaking_again_two(
    home: House, site: Site, browser: Any
) -> None:
    from playwright.async_api import expect

    from callflows.events import DigitPressed

    home.picks_up.add("op-1")
    async with at_desk(browser, site) as nadia:
        home.sign_in("op-1")
        ids = home.ring()
        await expect(nadia.find("#phone.talking")).to_be_visible()
        await nadia.keys("Shift+C")
        await expect(nadia.find("#card .covert.on")).to_contain_text("DISCRET")
        home.engine.handle(DigitPressed(incident_id=ids[0], leg_id=ids[2], digit="1"))
        large = nadia.find("#card .key-answer.last")
        await expect(large).to_contain_text("Police")
        size = await large.evaluate("x => parseFloat(getComputedStyle(x).fontSize)")
        assert size >= 24
        await nadia.keys("Shift+C")
        await nadia.keys("Escape")
        assert seen(home, "SpeakPressed") == []
        await nadia.keys("Shift+C", "1")
        await expect(nadia.find("#card .covert.on")).to_have_count(0)
        assert errors(nadia) == []


async def test_a_phrase_is_played_by_one_key_and_answered_by_one(
    home: House, site: Site, browser: Any
) -> None:
    from playwright.async_api import expect

    from callflows.events import DigitPressed

    home.picks_up.add("op-1")
    async with at_desk(browser, site) as nadia:
        home.sign_in("op-1")
        ids = home.ring(languages=("de",))
        await expect(nadia.find("#phone.talking")).to_be_visible()
        await nadia.keys("Shift+S")
        asked = nadia.find("#card .covert .asked")
        await expect(asked).to_contain_text("Sind Sie in Sicherheit?")
        home.engine.handle(DigitPressed(incident_id=ids[0], leg_id=ids[2], digit="5"))
        await expect(nadia.find("#card .key-answer.last")).to_contain_text("NON")
        assert [x["language"] for x in seen(home, "PhrasePressed")] == ["de"]
        assert errors(nadia) == []


async def test_the_report_opens_from_the_card_and_holds_no_script(
    home: House, site: Site, browser: Any
) -> None:
    from playwright.async_api import expect

    from callflows.events import NoteWritten, OperatorId

    home.picks_up.add("op-1")
    async with at_desk(browser, site) as nadia:
        home.sign_in("op-1")
        ids = home.ring()
        hostile = "<script>document.title='owned'</script><img src=x onerror=alert(1)>"
        home.engine.handle(
            NoteWritten(incident_id=ids[0], operator=OperatorId("op-1"), text=hostile)
        )
        link = nadia.find("#card a[href$='/report']")
        await expect(link).to_be_visible()
        await link.click()
        await expect(nadia.find("h1")).to_contain_text("Postes Démo")
        await expect(nadia.find(".timeline")).to_contain_text("<script>")
        assert "owned" not in await nadia.page.title()
        assert await nadia.find("img").count() == 0
        assert errors(nadia) == []
