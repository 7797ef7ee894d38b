"""The supervisor's page: late cases, charts with tables, decisions and whether they hold."""

import re

import pytest

from callflows.events import AnswerPressed, IncidentId, KindChosen, OperatorId
from client_directory.model import DEFAULT_ALERTS
from securityline.web.board import Audience
from securityline.web.drawing import Drawing
from securityline.web.rendering import Rendering
from securityline.web.words import LANGUAGES
from tests.securityline.web.rig import BANQUE, DUPONT, POSTES, Browser, House
from tests.securityline.web.test_wallboard import text_of


async def a_day(home: House) -> None:
    """One caller is answered, one gives up, one of a protected client waits too long."""
    home.picks_up = {"op-1"}
    home.sign_in("op-1", "op-2")
    first = home.ring(POSTES)
    await home.settled()
    home.engine.handle(
        KindChosen(
            incident_id=first[0], operator=OperatorId("op-1"), kind="theft", procedure=None
        )
    )
    second = home.ring(POSTES)
    home.pass_time(40)
    home.caller_hangs_up(second)
    home.ring(BANQUE, urgency=1)
    home.pass_time(31)
    await home.settled()


@pytest.mark.parametrize("operator", ["op-1", "op-6"])
async def test_it_is_for_supervisors_and_auditors(desk: Browser, operator: str) -> None:
    await desk.sign_in(operator)
    assert (await desk.get("/room")).status == 403


async def test_an_empty_day_has_words_and_no_chart(desk: Browser) -> None:
    await desk.sign_in("op-3")
    page = await desk.page("/room")
    assert "<svg viewBox" not in page
    assert "Niemand heeft vandaag gebeld." in page


async def test_charts_have_the_same_numbers_in_a_table(home: House, desk: Browser) -> None:
    await desk.sign_in("op-3")
    await a_day(home)
    page = await desk.page("/room")
    assert page.count("<svg viewBox") == 3
    for name in ("hours", "waits", "causes"):
        assert f'aria-describedby="{name}-table"' in page
        assert f'<table id="{name}-table">' in page
    table = page[page.index('id="waits-table"') :]
    rows = re.findall(r"<th scope=\"row\">([^<]+)</th>((?:<td>\d+</td>)+)", table)
    found = {label: [int(n) for n in re.findall(r"\d+", cells)] for label, cells in rows}
    assert found["≤ 10 s"] == [1, 0, 0]
    assert found["niemand"] == [0, 0, 1]


async def test_what_is_late_and_why_whom_was_rung(home: House, desk: Browser) -> None:
    await desk.sign_in("op-3")
    await a_day(home)
    text = text_of(await desk.page("/room"))
    assert "Aangeboden, en niemand neemt het" in text
    assert "Nadia: fr 3" in text
    assert text.count("dezelfde") >= 1
    assert "vandaag:" not in text


@pytest.mark.parametrize("language", LANGUAGES)
async def test_every_language(home: House, desk: Browser, language: str) -> None:
    await a_day(home)
    page = await desk.page(f"/sign-in?language={language}")
    assert f'lang="{language}"' in page
    await desk.sign_in("op-3")
    await desk.page("/room")


async def test_the_desk_of_a_supervisor_leads_there(desk: Browser) -> None:
    await desk.sign_in("op-3")
    assert 'href="/room" data-key="Shift+L"' in await desk.page("/")
    desk.http.cookie_jar.clear()
    await desk.sign_in("op-1")
    assert "/room" not in await desk.page("/")


async def test_row_and_card_say_in_words_what_is_late_and_what_will_be(
    home: House, desk: Browser
) -> None:
    home.sign_in("op-2")
    ids = home.ring(POSTES, DUPONT)
    home.picks_up.add("op-2")
    home.engine.handle(
        AnswerPressed(incident_id=ids[0], operator=OperatorId("op-2"), call_id=ids[1])
    )
    await home.until(lambda: home.switchboard.incidents[ids[0]].owner == "op-2")
    home.caller_hangs_up(ids)
    await desk.sign_in("op-1")
    limits = home.switchboard.alert_limits.get("", DEFAULT_ALERTS)
    place = home.switchboard.incidents[ids[0]].urgency - 1
    near = limits.not_worked[place]
    row = row_of(await desk.page("/"))
    assert "à traiter dans" in row
    assert 'data-near="60"' in row
    home.pass_time(near - 30)
    assert "countdown late" in desk_card(home, ids[0]), "a colour, and a sign"
    home.pass_time(31)
    row = row_of(await desk.page("/"))
    assert "is-late" in row
    assert "Pris, et personne n’y travaille" in row
    card = desk_card(home, ids[0])
    for words in ("Pris, et personne n’y travaille", "à terminer dans"):
        assert words in card


def row_of(page: str) -> str:
    """The first row of the open cases."""
    return page.split('<li id="case-', 1)[1].split("</li>", 1)[0]


def desk_card(home: House, case: IncidentId) -> str:
    """The card as it is sent to screens in French."""
    services = home.services()
    drawing = Drawing(services, Rendering(home.clock, services.time_zone))
    return drawing.card(case, Audience("fr", frozenset({"standard"})))
