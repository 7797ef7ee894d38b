"""The change of shift at the desk: what stands on the list, who may accept it, who is told."""

import re
from typing import Any

import pytest

from callflows import events as e
from callflows.events import AnswerPressed, IncidentId, OperatorId, ShiftOffered
from callflows.handing_shift_over import ACCEPT_TIME
from tests.securityline.web.rig import DUPONT, POSTES, Browser, House
from tests.securityline.web.test_watch_desk import press, seen


async def shown(desk: Browser) -> str:
    page = await desk.page("/")
    found = re.search(r'<section id="shift".*?</section>', page, re.DOTALL)
    assert found is not None
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", found[0]))


@pytest.fixture
async def case(home: House) -> IncidentId:
    """Nadia (op-1) has spoken with a caller, and his case is still open."""
    home.sign_in("op-1")
    ids = home.ring(POSTES, DUPONT)
    home.picks_up.add("op-1")
    home.engine.handle(
        AnswerPressed(incident_id=ids[0], operator=OperatorId("op-1"), call_id=ids[1])
    )
    await home.until(lambda: home.switchboard.incidents[ids[0]].owner == "op-1")
    home.caller_hangs_up(ids)
    return ids[0]


async def test_a_list_is_made_read_and_accepted_item_by_item(
    home: House, desk: Browser, case: IncidentId
) -> None:
    home.engine.handle(
        e.TestModeSet(
            organisation="postes-demo",
            site="lg-tri",
            zone="3",
            until=home.clock() + 3600,
            by="op-1",
            who="Piet",
            reason="new detector",
        )
    )
    await desk.sign_in("op-1")
    async with desk.live() as socket:
        await press(socket, "shift_offer", text="Ascenseur en panne")
        said = await press(socket, "shift_accept", by="op-1", item="note 1")
        assert "votre propre liste" in said["error"]
    home.sign_in("op-2")
    desk.http.cookie_jar.clear()
    await desk.sign_in("op-2")
    words = await shown(desk)
    assert "Ascenseur en panne" in words
    assert "In test" in words
    assert "3 · Piet · new detector" in words
    items = [x["item"] for x in seen(home, "ShiftItemListed")]
    assert items[:2] == [f"case {case}", "note 1"]
    assert home.switchboard.incidents[case].owner == "op-1"
    async with desk.live() as socket:
        assert (await press(socket, "shift_accept", by="op-1", item=f"case {case}"))["is_done"]
        assert home.switchboard.incidents[case].owner == "op-2"
        again = await press(socket, "shift_accept", by="op-1", item=f"case {case}")
        assert again["error"] == "Dit staat niet meer op de lijst."
        assert "error" in await press(socket, "shift_withdraw")
    assert "Aanvaard door" in await shown(desk)
    [line] = seen(home, "ShiftItemAccepted")
    assert (line["operator"], line["by"]) == ("op-2", "op-1")


async def test_temporary_consignes_stand_on_it_and_clearance_holds(
    home: House, desk: Browser, case: IncidentId
) -> None:
    await desk.sign_in("op-1")
    async with desk.live() as socket:
        await press(socket, "shift_offer", text="")
    [known] = home.switchboard.shift_lists.values()
    things = [one.thing for one in known.items]
    cleared = home.directory.current.operators["op-1"].clearances
    clients = home.directory.current.organisations.values()
    names = {client.name: client.clearance for client in clients}
    assert {names[x.organisation_name] for x in things if x.organisation_name} <= set(cleared)
    home.switchboard.incidents[case].clearance = "high_security"
    desk.http.cookie_jar.clear()
    await desk.sign_in("op-4")
    assert case not in await desk.page("/")
    async with desk.live() as socket:
        assert "error" in await press(socket, "shift_accept", by="op-1", item=f"case {case}")
    assert home.switchboard.incidents[case].owner == "op-1"


async def test_supervisors_hear_that_nobody_accepts_a_list(
    home: House, desk: Browser, case: IncidentId
) -> None:
    await desk.sign_in("op-3")
    async with desk.live() as socket:
        home.engine.handle(ShiftOffered(operator=OperatorId("op-1")))
        home.pass_time(ACCEPT_TIME + 1)
        told: list[Any] = []
        while not told:
            message = await socket.receive_json(timeout=5)
            told += [message["alert"]] if message.get("alert", {}).get("for") == "shift" else []
    assert told[0]["words"] == home.directory.current.operators["op-1"].name
    assert "late" in re.findall(r'class="item ([a-z]+)"', await desk.page("/"))
