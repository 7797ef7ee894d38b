"""Calls and cases that move between operators, in a real browser, without a mouse."""

from typing import Any

import pytest

from callflows.call import CallState
from tests.interop.test_desk_browser import Site, at_desk, axe, browser, check, home, site
from tests.securityline.web.chromium import why_not
from tests.securityline.web.rig import DUPONT, POSTES, House

__all__ = ["axe", "browser", "home", "site"]
pytestmark = [
    pytest.mark.interop,
    pytest.mark.skipif(bool(why_not()), reason=why_not()),
    # Playwright leaves its pipes to the garbage collector.
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]


def seen(home: House, what: str) -> list[Any]:
    return [line.data for line in home.logbook.read(limit=3000) if line.what == what]


async def talking(home: House, desk: Any) -> Any:
    """Op-1 answers a call."""
    from playwright.async_api import expect

    ids = home.ring(POSTES, DUPONT)
    await expect(desk.find("#phone.offered")).to_be_visible()
    await desk.keys("F2")
    await expect(desk.find("#phone.talking")).to_be_visible()
    return ids


async def test_a_caller_is_given_to_a_colleague_after_they_talked(
    home: House, site: Site, browser: Any, axe: str
) -> None:
    from playwright.async_api import expect

    home.sign_in("op-1")
    async with at_desk(browser, site) as nadia, at_desk(browser, site, "op-2", "nl") as other:
        ids = await talking(home, nadia)
        await nadia.keys("Shift+T")
        await expect(nadia.find("#say .wrong")).to_contain_text("Personne")
        home.sign_in("op-2")
        await expect(nadia.find("#transfer-to button")).not_to_have_count(0)
        await nadia.keys("Shift+T")
        await nadia.keys(await choice(nadia, "op-2", "talk"))
        await expect(nadia.find("#phone.held .transfer")).to_contain_text("sonne")
        await expect(other.find("#phone.offered .transfer")).to_contain_text("Nadia")
        await expect(other.find("#card")).to_have_attribute("data-incident", ids[0])
        await check(other, axe, "a caller is offered")
        await other.keys("F2")
        await expect(other.find("#phone.consulting")).to_be_visible()
        await check(other, axe, "two operators talk first")
        await expect(nadia.find("#phone .transfer")).to_contain_text("Vous parlez avec")
        await check(nadia, axe, "a caller on his way")
        await nadia.keys("Shift+T")
        await expect(other.find("#phone.talking")).to_be_visible()
        await expect(nadia.find("#phone.wrap_up")).to_be_visible()
        await expect(nadia.find("#card .owner")).to_contain_text(home_name(home, "op-2"))
    assert home.switchboard.calls[ids[1]].operator == "op-2"
    assert home.switchboard.incidents[ids[0]].owner == "op-2"


async def test_a_caller_who_is_declined_is_back_at_once(
    home: House, site: Site, browser: Any
) -> None:
    from playwright.async_api import expect

    home.sign_in("op-1")
    async with at_desk(browser, site) as nadia, at_desk(browser, site, "op-2") as other:
        await talking(home, nadia)
        home.sign_in("op-2")
        await expect(nadia.find("#transfer-to button")).not_to_have_count(0)
        await nadia.keys("Shift+T")
        await nadia.keys(await choice(nadia, "op-2", "talk"))
        await expect(other.find("#phone.offered")).to_be_visible()
        await other.keys("F9")
        await expect(nadia.find("#phone.talking")).to_be_visible()
        await expect(nadia.find("#log")).to_contain_text("L’appelant revient à Nadia")


async def choice(desk: Any, to: str, how: str) -> str:
    """The key of a choice that is asked for."""
    found = desk.find(f"#prompter [data-to={to}][data-how={how}]")
    return str(await found.get_attribute("data-choice"))


def home_name(home: House, operator: str) -> str:
    return home.directory.current.operators[operator].name


async def test_a_caller_is_parked_and_taken_back(
    home: House, site: Site, browser: Any, axe: str
) -> None:
    from playwright.async_api import expect

    home.sign_in("op-1")
    async with at_desk(browser, site) as desk:
        ids = await talking(home, desk)
        await desk.keys("Shift+P")
        await desk.page.keyboard.type("99 trop long")
        await desk.keys("Enter")
        await expect(desk.find("#say .wrong")).to_contain_text("15 minutes au plus")
        await desk.keys("Shift+P")
        await desk.page.keyboard.type("5 attend le serrurier")
        await desk.keys("Enter")
        await expect(desk.find("#phone.ready")).to_be_visible()
        await expect(desk.find("#card .parked")).to_contain_text("attend le serrurier")
        await expect(desk.find("#cases .due")).to_contain_text("Mis de côté jusqu’à")
        assert home.switchboard.calls[ids[1]].state is CallState.PARKED
        await check(desk, axe, "a parked case")
        await desk.keys("Shift+P")
        await expect(desk.find("#phone.talking")).to_be_visible()
        await expect(desk.find("#card .parked")).to_have_count(0)


async def test_a_shift_is_handed_over_item_by_item_without_a_mouse(
    home: House, site: Site, browser: Any, axe: str
) -> None:
    from playwright.async_api import expect

    home.sign_in("op-1")
    async with at_desk(browser, site) as nadia, at_desk(browser, site, "op-2", "nl") as other:
        ids = await talking(home, nadia)
        home.caller_hangs_up(ids)
        await expect(nadia.find("#phone.wrap_up")).to_be_visible()
        await act(nadia, "Remettre le service")
        await nadia.page.keyboard.type("Ascenseur en panne <b>2e</b>")
        await nadia.keys("Enter")
        await expect(other.find("#shift .item").nth(1)).to_contain_text("panne <b>2e</b>")
        await expect(nadia.find("#shift [data-act=shift_accept]:visible")).to_have_count(0)
        await expect(other.find("#shift [data-act=shift_withdraw]")).to_be_hidden()
        await check(other, axe, "a shift is handed over")
        await act(other, "Aanvaarden dossier")
        await expect(other.find("#shift .accepted")).to_contain_text("Aanvaard door Tom")
        await expect(nadia.find("#shift .accepted")).to_contain_text("Accepté par Tom")
        assert home.switchboard.incidents[ids[0]].owner == "op-2"
        await act(other, "Aanvaarden nota")
        await expect(other.find("#shift .item").first).to_contain_text("Aanvaard door Tom")
        await check(nadia, axe, "a shift that is accepted")
        async with at_desk(browser, site) as second:  # Nadia signs in at another browser
            await expect(second.find("#say")).to_contain_text("ce poste-là est fermé")
            await expect(nadia.find(".problem")).to_contain_text("ne peut plus rien faire")
            await check(nadia, axe, "a desk that is ended")


async def act(desk: Any, words: str) -> None:
    """Have an action of the page done by a few letters of its name."""
    await desk.keys("Escape", "/")
    await desk.page.keyboard.type(words)
    await desk.keys("Enter")


async def test_a_case_is_handed_over_and_accepted(
    home: House, site: Site, browser: Any, axe: str
) -> None:
    from playwright.async_api import expect

    home.sign_in("op-1", "op-2")
    async with at_desk(browser, site) as nadia, at_desk(browser, site, "op-2") as other:
        ids = home.ring(POSTES, DUPONT)
        rung = "op-1" if home.switchboard.operators["op-1"].call_id else "op-2"
        assert rung == "op-1"
        await expect(nadia.find("#phone.offered")).to_be_visible()
        await nadia.keys("F2")
        await expect(nadia.find("#phone.talking")).to_be_visible()
        await nadia.keys("F9")
        await expect(nadia.find("#phone.wrap_up")).to_be_visible()
        await nadia.keys("Shift+H")
        found = nadia.find("#prompter [data-to=op-2]")
        await nadia.keys(str(await found.get_attribute("data-choice")))
        await nadia.page.keyboard.type("le gardien arrive")
        await nadia.keys("Enter")
        await expect(nadia.find("#card .handover")).to_contain_text("le gardien arrive")
        await expect(other.find("#pop")).to_contain_text("Un dossier vous est proposé")
        await other.keys("F3", "Shift+H")
        await check(other, axe, "a case is offered")
        await other.keys("1")
        await expect(other.find("#card .handover")).to_have_count(0)
        await expect(nadia.find("#card .owner")).to_contain_text(home_name(home, "op-2"))
    assert home.switchboard.incidents[ids[0]].owner == "op-2"
    assert seen(home, "OwnerChanged")[0]["previous"] == "op-1"


async def test_two_never_work_on_one_site_unknowingly(
    home: House, site: Site, browser: Any, axe: str
) -> None:
    from playwright.async_api import expect

    home.sign_in("op-1", "op-2", is_ready=False)
    first = home.ring(POSTES, DUPONT)
    home.caller_hangs_up(first)
    second = home.ring(POSTES, "+32470000004")
    home.caller_hangs_up(second)
    await home.settled()
    cases = [home.switchboard.incidents[x[0]] for x in (first, second)]
    cases[0].site = cases[1].site = "bruxelles-centre"
    cases[0].belongs_to("op-2", home.clock())  # type: ignore[arg-type]
    async with at_desk(browser, site) as desk:
        await desk.find(f".row[data-incident='{second[0]}'] .open").click()
        await expect(desk.find("#card .neighbour")).to_contain_text("travaille sur ce site")
        await check(desk, axe, "another works on the site")
        await desk.keys("u", "1")
        await desk.page.keyboard.type("plus grave")
        await desk.keys("Enter")
        await expect(desk.find("#say .wrong")).to_contain_text("Maj+W")
        await desk.keys("Shift+W")
        await home.until(lambda: seen(home, "SiteShared"))
        await desk.keys("u", "1")
        await desk.page.keyboard.type("plus grave")
        await desk.keys("Enter")
        await home.until(lambda: seen(home, "UrgencySet"))
        assert seen(home, "SiteShared")[0]["other"] == "op-2"
