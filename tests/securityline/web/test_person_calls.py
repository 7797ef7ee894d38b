"""From the card an operator calls whoever belongs to the case, and nobody else."""

from dataclasses import replace
from typing import Any

from callflows.commands import DialNumber
from callflows.events import (
    AlarmReceived,
    CallBack,
    EarlyOpenSeen,
    IncidentId,
    LegAnswered,
    LegEnded,
)
from callflows.events.base import Cause
from callflows.incident import IncidentState
from securityline.web.context import CONTEXT
from securityline.web.person_presses import MOST_OFFERED, callable_in
from tests.securityline.web.rig import Browser, House
from tests.securityline.web.test_code_words import browser_of, press, seen

CASE = IncidentId("inc-alarm")


def alarm(home: House) -> None:
    home.engine.handle(
        AlarmReceived(
            incident_id=CASE, source="t", source_id="1", organisation="postes-demo",
            organisation_name="Postes Démo", site="bru-centre", site_name="Bruxelles Centre",
            kind="intrusion", urgency=2,
        )
    )  # fmt: skip


def beside(home: House, desk: Browser, case: Any, language: str = "en") -> str:
    drawing = desk.server.app[CONTEXT].drawing  # type: ignore[attr-defined]
    return str(drawing.beside.draw(home.switchboard.incidents[case], language))


def offered(shown: str) -> list[str]:
    """The numbers that can be called, in order."""
    listed = shown.split('<div hidden id="callable"')[1].split("</div>")[0]
    return [part.split('"')[0] for part in listed.split('data-number="')[1:]]


async def test_he_calls_somebody_of_the_site_and_both_are_in_the_log(
    home: House, desk: Browser
) -> None:
    home.sign_in("op-1")
    await desk.sign_in("op-1")
    alarm(home)
    await home.settled()
    numbers = offered(beside(home, desk, CASE))
    assert len(numbers) == len(set(numbers)) > 1
    async with desk.live(shown=CASE) as socket:
        answer = await press(socket, "call_person", incident=CASE, number=numbers[-1])
        assert answer["is_done"]
        await home.settled()
        [dialled] = [x for x in home.commands if isinstance(x, DialNumber)]
        assert dialled.number == numbers[-1]
        assert dialled.presented_number == "+3225550101", "at which he can ring back"
        phone = desk.server.app[CONTEXT].drawing.phone("op-1", "en")  # type: ignore[attr-defined]
        assert "<b>Calling</b>" in phone
        home.engine.handle(LegAnswered(incident_id=CASE, leg_id=dialled.leg_id))
        await home.settled()
    [pressed] = seen(home, "PersonCallPressed")
    page = await desk.page(f"/incidents/{CASE}")
    assert f"{pressed['name']} a décroché" in page
    home.engine.handle(LegEnded(incident_id=CASE, leg_id=dialled.leg_id, cause=Cause.HUNG_UP))
    await home.settled()
    assert home.switchboard.operators["op-1"].state == "wrap_up"  # type: ignore[index]


async def test_a_number_that_the_card_does_not_offer_is_refused(
    home: House, desk: Browser
) -> None:
    home.sign_in("op-1")
    await desk.sign_in("op-1")
    alarm(home)
    await home.settled()
    async with desk.live(shown=CASE) as socket:
        for number in ("+32470999999", "112", "", "sip:x@y", "+32 2 555 01 99"):
            answer = await press(socket, "call_person", incident=CASE, number=number)
            assert answer["error"] == "Ce numéro n’est pas de ce dossier."
    assert not [x for x in home.commands if isinstance(x, DialNumber)]
    await home.settled()
    assert len(seen(home, "PressRefused")) == 5


async def test_a_caller_who_hung_up_can_be_called_and_a_withheld_number_cannot(
    home: House, desk: Browser
) -> None:
    home.sign_in("op-1", is_ready=False)
    await desk.sign_in("op-1")
    known, hidden = home.ring(), home.ring(caller="+32470009999", is_withheld=True)
    for ids in (known, hidden):
        home.caller_hangs_up(ids)
    await home.settled()
    assert offered(beside(home, desk, known[0]))[0] == "+32470000001"
    assert "has called" in beside(home, desk, known[0])
    assert "+32470009999" not in beside(home, desk, hidden[0])
    async with desk.live(shown=hidden[0]) as socket:
        wanted = {"incident": hidden[0], "number": "+32470009999"}
        assert "error" in await press(socket, "call_person", **wanted)


async def test_whom_to_ask_about_an_opening_stands_first_and_the_site_last(
    home: House, desk: Browser
) -> None:
    home.engine.handle(
        EarlyOpenSeen(
            organisation="postes-demo", organisation_name="Postes Démo", site="bru-centre",
            site_name="Bruxelles Centre", user="3", name="Julie Dupont",
            call_back=(
                CallBack(who="user", name="Julie Dupont", number="+32470000001"),
                CallBack(who="site", name="", number="+3225550177"),
            ),
        )
    )  # fmt: skip
    await home.settled()
    [case] = home.switchboard.incidents
    shown = beside(home, desk, case)
    assert offered(shown)[:2] == ["+32470000001", "+3225550177"]
    assert shown.count("to be asked") == 2


async def test_a_colleague_s_case_asks_for_its_key_and_an_auditor_calls_nobody(
    home: House, desk: Browser
) -> None:
    home.sign_in("op-1", "op-2")
    await desk.sign_in("op-1")
    alarm(home)
    await home.settled()
    number = offered(beside(home, desk, CASE))[0]
    async with desk.live(shown=CASE) as socket:
        assert (await press(socket, "take", incident=CASE))["is_done"]
    async with browser_of(desk) as tom:
        await tom.sign_in("op-2")
        async with tom.live(shown=CASE) as socket:
            answer = await press(socket, "call_person", incident=CASE, number=number)
            assert "Shift+W" in answer["error"]


async def test_a_closed_case_offers_nobody(home: House, desk: Browser) -> None:
    alarm(home)
    await home.settled()
    home.switchboard.incidents[CASE].state = IncidentState.CLOSED
    assert 'id="callable"' not in beside(home, desk, CASE)


async def test_a_site_of_thousands_offers_its_managers_and_few_others(
    home: House, desk: Browser
) -> None:
    alarm(home)
    await home.settled()
    client = home.directory.current.organisations["postes-demo"]
    [site] = [one for one in client.sites if one.site == "bru-centre"]
    manager = next(one for one in client.people if "keyholder" in one.roles)
    staff = [
        replace(
            manager, person=f"e-{n}", name=f"E {n}", roles=("employee",), sites=(site.site,),
            phones=(replace(manager.phones[0], number=f"+3248{n:07}"),),
        )
        for n in range(3000)
    ]  # fmt: skip
    chief = replace(manager, person="chief", name="Chief", roles=("site_manager",),
                    sites=(site.site,))  # fmt: skip
    crowded = replace(client, people=(*staff, chief))
    board = desk.server.app[CONTEXT].drawing.board  # type: ignore[attr-defined]
    found = callable_in(board, home.switchboard.incidents[CASE], crowded, site, home.clock())
    people = [one for one in found if one.person]
    assert people[0].name == "Chief"
    assert len({one.person for one in people}) == MOST_OFFERED
