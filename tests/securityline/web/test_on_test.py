"""Sites on test at the desk: found by a few letters, set with an end and a reason, ended."""

import re
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from client_directory.alarm_model import Zone
from securityline.web.on_test import read_test_end
from securityline.web.site_search import MOST_FOUND, Place, SiteSearch
from tests.securityline.web.rig import DUPONT, POSTES, Browser, House
from tests.securityline.web.test_watch_desk import press, seen

BRUSSELS = {"organisation": "postes-demo", "site": "bru-centre"}
NOON = datetime(2026, 11, 28, 11, 0, tzinfo=UTC).timestamp()  # 12:00 in Brussels


async def shown(desk: Browser) -> str:
    page = await desk.page("/")
    found = re.search(r'<section id="tests".*?</section>', page, re.DOTALL)
    assert found is not None
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", found[0]))


async def test_an_operator_puts_a_site_on_test_and_everybody_sees_it(
    home: House, desk: Browser
) -> None:
    await desk.sign_in("op-1")
    async with desk.live() as socket:
        said = await press(socket, "test_set", **BRUSSELS, text="2h nouveau détecteur")
        assert said["is_done"]
        [line] = seen(home, "TestModeSet")
        assert line["until"] == pytest.approx(home.clock() + 7200, abs=5)
        assert (line["who"], line["by"], line["zone"]) == ("Nadia", "operator", "")
        words = await shown(desk)
        for one in (
            "Bruxelles Centre",
            "Postes Démo",
            "Nadia",
            "nouveau détecteur",
            "0 signal",
        ):
            assert one in words, one
        assert (await press(socket, "test_end", **BRUSSELS, zone=""))["is_done"]
        assert "Bruxelles" not in await shown(desk)
        again = await press(socket, "test_end", **BRUSSELS, zone="")
        assert again["error"] == "Ceci n’est plus en test."
    [over] = seen(home, "TestModeOver")
    assert over["reason"] == "ended"


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"text": "new detector"}, "jusqu’à quand"),
        ({"text": ""}, "jusqu’à quand"),
        ({"text": "2h"}, "pourquoi"),
        ({"text": "0 x"}, "31 jours"),
        ({"text": "999h x"}, "31 jours"),
        ({"text": "2h x", "site": "nowhere"}, "site"),
        ({"text": "2h x", "organisation": "nobody"}, "site"),
        ({"text": "2h x", "zone": "77"}, "pas cette zone"),
        ({"text": "2h x", "incident": "none"}, "dossier"),
        ({"text": ["2h x"]}, ""),
    ],
)
async def test_what_makes_no_test_is_refused_in_words(
    home: House, desk: Browser, fields: dict[str, Any], words: str
) -> None:
    await desk.sign_in("op-1")
    async with desk.live() as socket:
        said = await press(socket, "test_set", **{**BRUSSELS, **fields})
    assert words in said["error"], said
    assert seen(home, "TestModeSet") == []


async def test_a_test_set_from_a_case_is_a_line_of_it(home: House, desk: Browser) -> None:
    home.sign_in("op-1")
    ids = home.ring(POSTES, DUPONT)
    await desk.sign_in("op-1")
    async with desk.live() as socket:
        await press(socket, "test_set", **BRUSSELS, incident=ids[0], text="90 entretien")
    [line] = seen(home, "TestModeSet")
    assert line["incident_id"] == ids[0]


async def test_who_is_not_cleared_for_a_client_neither_sees_nor_sets_its_tests(
    home: House, desk: Browser
) -> None:
    clients = home.directory.current.organisations.values()
    bank = next(one for one in clients if one.clearance == "high_security")
    site = bank.sites[0]
    where = {"organisation": bank.organisation, "site": site.site}
    await desk.sign_in("op-1")
    async with desk.live() as socket:
        assert (await press(socket, "test_set", **where, text="2h coffre"))["is_done"]
    assert site.name in await shown(desk)
    found = await (await desk.get(f"/sites?like={bank.name}")).text()
    assert f'data-site="{site.site}"' in found
    desk.http.cookie_jar.clear()
    await desk.sign_in("op-2")
    assert site.name not in await shown(desk)
    assert await (await desk.get(f"/sites?like={bank.name}")).text() == ""
    async with desk.live() as socket:
        assert "error" in await press(socket, "test_end", **where, zone="")
    assert seen(home, "TestModeEnded") == []


# ---------------------------------------------------------------- its end, in words


@pytest.mark.parametrize(
    ("text", "seconds", "reason"),
    [
        ("2h new detector", 7200, "new detector"),
        ("2 u nieuwe detector", 7200, "nieuwe detector"),
        ("3 Std. Wartung", 10_800, "Wartung"),
        ("24H ok", 86_400, "ok"),
        ("90 service", 5400, "service"),
        ("14:30 service", 9000, "service"),
        ("14h30 service", 9000, "service"),
        ("11:00 service", 82_800, "service"),
    ],
)
def test_hours_minutes_and_a_time_of_day(text: str, seconds: float, reason: str) -> None:
    assert read_test_end(text, NOON, ZoneInfo("Europe/Brussels")) == (NOON + seconds, reason)


def test_no_time_is_no_test() -> None:
    assert read_test_end("hours of service", NOON, UTC) == (None, "hours of service")


# ---------------------------------------------------------------- which site


def names(places: list[Place]) -> list[str]:
    return [f"{one.site} {one.zone}".strip() for one in places]


def test_a_site_is_found_by_beginnings_of_words_in_any_order(home: House) -> None:
    directory, search = home.directory.current, SiteSearch()
    cleared = ("standard",)
    assert names(search.find(directory, "dem bru pos", cleared)) == ["bru-centre"]
    assert names(search.find(directory, "DÉMO liege", cleared)) == ["lg-tri"]
    assert names(search.find(directory, "1042", cleared)) == ["bru-centre"]
    assert search.find(directory, "ruxelles", cleared) == [], "not in the middle of a word"
    assert len(search.find(directory, "", cleared)) <= MOST_FOUND
    assert search.find(directory, "postes", ()) == []


def test_a_zone_is_found_behind_its_site(home: House) -> None:
    clients: Any = home.directory.current.organisations
    house = clients["postes-demo"]
    zones = (Zone(zone="007", name="Guichet"), Zone(zone="008", name="Quai"))
    first = replace(house.sites[0], zones=zones)
    clients["postes-demo"] = replace(house, sites=(first, *house.sites[1:]))
    search, directory = SiteSearch(), home.directory.current
    cleared = ("standard",)
    assert names(search.find(directory, "post cent guich", cleared)) == ["bru-centre 007"]
    assert names(search.find(directory, "postes centre bruxelles", cleared)) == [
        "bru-centre",
        "bru-centre 007",
        "bru-centre 008",
    ]
    assert search.find(directory, "guichet", cleared) == [], "a zone of which site?"
