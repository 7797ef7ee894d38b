"""The command bar in a real browser: any action of the page by a few letters of its name."""

from typing import Any

import pytest

from tests.interop.test_desk_browser import Site, at_desk, axe, browser, check, home, site
from tests.securityline.web.chromium import why_not
from tests.securityline.web.rig import BANQUE, DUPONT, POSTES, House

__all__ = ["axe", "browser", "home", "site"]
pytestmark = [
    pytest.mark.interop,
    pytest.mark.skipif(bool(why_not()), reason=why_not()),
    # Playwright leaves its pipes to the garbage collector.
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]
OPTION = "#command-list [role=option]"
CHOSEN = "#command-list [aria-selected=true]"
A_NEW_BUTTON = """() => {
  const button = document.createElement("button");
  button.type = "button";
  button.dataset.do = "help";
  button.dataset.key = "Shift+Q";
  button.innerHTML = "Réveiller plus tard <kbd>Shift+Q</kbd>";
  document.querySelector(".top .tools").append(button);
}"""
MATCHED = """async ([query, labels]) => {
  const { match } = await import("/static/matching.js");
  const actions = labels.map((label) => ({ label, context: "", key: "" }));
  return match(query, actions).map(({ label }) => label);
}"""


def seen(home: House, what: str) -> list[Any]:
    return [line.data for line in home.logbook.read(limit=2000) if line.what == what]


async def test_an_action_is_found_by_its_first_letters_and_done(
    home: House, site: Site, browser: Any
) -> None:
    from playwright.async_api import expect

    home.sign_in("op-1", is_ready=False)
    async with at_desk(browser, site) as desk:
        bar, line = desk.find("#command-bar"), desk.find("#command-line")
        await desk.keys("/")
        await expect(line).to_be_focused()
        await expect(desk.find(CHOSEN)).to_have_count(1)
        await desk.page.keyboard.type("pre")
        await expect(desk.find(CHOSEN)).to_contain_text("Prêt")
        await expect(desk.find(f"{CHOSEN} kbd")).to_have_text("R")
        await desk.keys("Enter")
        await expect(bar).to_be_hidden()
        await expect(desk.find("#phone.ready")).to_be_visible()
        assert seen(home, "OperatorReady")

        ids = home.ring(POSTES, DUPONT)
        await expect(desk.find("#phone.offered")).to_be_visible()
        await desk.keys("F2")
        await expect(desk.find("#phone.talking")).to_be_visible()
        await desk.keys("/")
        await desk.page.keyboard.type("raccr")
        await desk.keys("Enter")
        await expect(desk.find("#phone.wrap_up")).to_be_visible()
        assert home.switchboard.calls[ids[1]].ended_by == "operator"
        assert desk.complaints == []


async def test_arrows_choose_and_escape_gives_the_focus_back(
    home: House, site: Site, browser: Any
) -> None:
    from playwright.async_api import expect

    home.sign_in("op-1")
    async with at_desk(browser, site) as desk:
        help_button = desk.find("button[data-do=help]")
        await help_button.focus()
        await desk.keys("/")
        line = desk.find("#command-line")
        await expect(line).to_have_attribute("aria-expanded", "true")
        first = await desk.find(CHOSEN).text_content()
        await desk.keys("ArrowDown")
        second = await desk.find(CHOSEN).text_content()
        assert first != second
        chosen = await desk.find(CHOSEN).get_attribute("id")
        await expect(line).to_have_attribute("aria-activedescendant", chosen or "?")
        await desk.keys("ArrowUp")
        await expect(desk.find(CHOSEN)).to_have_text(first or "?")
        await desk.keys("ArrowUp")  # from the first round to the last
        await expect(desk.find(OPTION).last).to_have_attribute("aria-selected", "true")
        await desk.page.keyboard.type("xyzzy")
        await expect(desk.find(OPTION)).to_have_count(0)
        await expect(desk.find("#command-bar .none")).to_be_visible()
        await desk.keys("Enter")
        await expect(line).to_be_focused()
        await desk.keys("Escape")
        await expect(desk.find("#command-bar")).to_be_hidden()
        await expect(help_button).to_be_focused()
        await desk.keys("ArrowDown")  # nothing of the bar is left in the keyboard's way
        assert desk.complaints == []


async def test_the_bar_never_opens_in_the_middle_of_a_word(
    home: House, site: Site, browser: Any
) -> None:
    from playwright.async_api import expect

    home.sign_in("op-1")
    async with at_desk(browser, site) as desk:
        home.ring(POSTES, DUPONT)
        await expect(desk.find("#phone.offered")).to_be_visible()
        await desk.keys("F4")
        await desk.page.keyboard.type("porte 2/3 K")
        await expect(desk.find("#command-bar")).to_be_hidden()
        await expect(desk.find("#line")).to_have_value("porte 2/3 K")
        await desk.keys("Escape", "Alt+0", "/")
        await expect(desk.find("#command-bar")).to_be_hidden()  # single keys are off
        await desk.keys("Alt+/")
        await expect(desk.find("#command-line")).to_be_focused()


async def test_a_button_added_later_has_its_line_and_its_second_layer_key(
    home: House, site: Site, browser: Any
) -> None:
    from playwright.async_api import expect

    home.sign_in("op-1")
    async with at_desk(browser, site) as desk:
        await desk.page.evaluate(A_NEW_BUTTON)
        await desk.keys("/")
        await desk.page.keyboard.type("REVEILLER")
        await expect(desk.find(CHOSEN)).to_contain_text("Réveiller plus tard")
        await expect(desk.find(f"{CHOSEN} kbd")).to_have_text("Shift+Q")
        await desk.keys("Enter")
        await expect(desk.find("#help")).to_be_visible()
        await desk.keys("Escape", "q")
        await expect(desk.find("#help")).to_be_hidden()
        await desk.keys("Shift+Q")
        await expect(desk.find("#help")).to_be_visible()
        await desk.keys("Escape", "Shift+R")  # Shift never means the letter alone
        await home.settled()
        assert not seen(home, "OperatorOnBreak")


async def test_what_went_away_under_the_fingers_is_not_done(
    home: House, site: Site, browser: Any
) -> None:
    from playwright.async_api import expect

    home.sign_in("op-1")
    async with at_desk(browser, site) as desk:
        ids = home.ring(POSTES, DUPONT)
        await expect(desk.find("#phone.offered")).to_be_visible()
        await desk.keys("/")
        await desk.page.keyboard.type("passer")
        await desk.keys("ArrowDown")
        await expect(desk.find(CHOSEN)).to_contain_text("Laisser passer")
        home.caller_hangs_up(ids)
        await expect(desk.find(CHOSEN)).to_have_count(0)
        await expect(desk.find(OPTION)).to_contain_text("Passer")  # the step's: another thing
        await desk.keys("Enter")
        await expect(desk.find("#say .wrong")).to_contain_text("Rien n’a été fait")
        await expect(desk.find("#command-line")).to_be_focused()
        await expect(desk.find("#composer.asks")).to_have_count(0)
        await home.settled()
        assert not seen(home, "HangUpPressed")


async def test_cases_are_found_by_name_and_the_same_action_by_whose_it_is(
    home: House, site: Site, browser: Any
) -> None:
    from playwright.async_api import expect

    home.sign_in("op-1", is_ready=False)
    async with at_desk(browser, site) as desk:
        home.ring(POSTES, DUPONT)
        bank = home.ring(BANQUE, "+32470000009")
        await expect(desk.find(".row.call")).to_have_count(2)
        await desk.keys("/")
        await desk.page.keyboard.type("repondre banque")
        await expect(desk.find(OPTION)).to_have_count(1)
        await expect(desk.find(CHOSEN)).to_contain_text("Répondre")
        await desk.keys("Escape", "/")
        await desk.page.keyboard.type("banq")
        await desk.keys("ArrowUp", "Enter")  # cases stand behind actions
        await expect(desk.find("#card")).to_have_attribute("data-incident", bank[0])


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("mef", ["Mettre en file"]),  # beginnings of words, one after the other
        ("file mettre", ["Mettre en file"]),  # in any order
        ("METTRE", ["Mettre en file"]),
        ("ecrire", ["Écrire"]),
        ("oeuvre", ["Mise en œuvre"]),
        ("strasse", ["Zur Straße"]),
        ("ettre", []),  # not in the middle of a word
        ("m m", []),  # a word is used once
        ("?", []),
        ("", ["Mettre en file", "Écrire", "Mise en œuvre", "Zur Straße"]),
    ],
)
async def test_what_letters_mean(
    site: Site, browser: Any, query: str, found: list[str]
) -> None:
    labels = ["Mettre en file", "Écrire", "Mise en œuvre", "Zur Straße"]
    async with at_desk(browser, site) as desk:
        matched = await desk.page.evaluate(MATCHED, [query, labels])
    assert matched == found


async def test_axe_finds_nothing_in_the_open_bar(
    home: House, site: Site, browser: Any, axe: str
) -> None:
    home.sign_in("op-1")
    async with at_desk(browser, site) as desk:
        await desk.keys("/")
        await check(desk, axe, "command bar")
        await desk.page.keyboard.type("xyzzy")
        await check(desk, axe, "command bar, nothing found")


@pytest.mark.parametrize(
    ("language", "typed", "label"),
    [("nl", "pauz", "Pauze"), ("de", "paus", "Pause"), ("en", "bre", "Break")],
)
async def test_the_bar_speaks_the_language_of_the_page(
    home: House, site: Site, browser: Any, language: str, typed: str, label: str
) -> None:
    from playwright.async_api import expect

    home.sign_in("op-1")
    async with at_desk(browser, site, language=language) as desk:
        await desk.keys("/")
        await desk.page.keyboard.type(typed)
        await expect(desk.find(CHOSEN)).to_contain_text(label)
