"""Actions with consequences at the desk: identity, reason, second pair of eyes, answer."""

import itertools
import json
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import ClientSession, CookieJar

from callflows.commands import PerformAction
from callflows.events import ActionAnswered, IncidentId
from securityline.webhook import body_of
from tests.securityline.web.rig import PASSWORD, Browser, House, browser

NUMBERS = itertools.count()
ALARM = {
    "idempotency_key": "k-1", "account": "A1B2", "code": "130", "code_format": "contact_id",
}  # fmt: skip
WISH = {"action": "disarm-lg-tri", "text": "keyholder is inside"}
GATE = {"action": "open-barrier", "text": "driver at the gate"}


async def press(socket: Any, act: str, **values: str) -> Any:
    await socket.send_json({"id": f"a-{next(NUMBERS)}", "act": act, **values})
    while True:
        message = await socket.receive_json(timeout=5)
        if "re" in message:
            return message


async def case_at_liege(desk: Browser) -> IncidentId:
    answer = await desk.http.post(
        desk.url("/api/v1/alarms"),
        data=json.dumps(ALARM).encode(),
        headers={"Authorization": "Bearer alarms:write"},
    )
    return IncidentId((await answer.json())["incident_id"])


@asynccontextmanager
async def two_operators(home: House) -> Any:
    """Nadia and Tom, each at his own screen, and a case at Liège."""
    async with browser(home.app()) as nadia:
        await nadia.sign_in("op-1")
        async with ClientSession(cookie_jar=CookieJar(unsafe=True)) as http:
            tom = Browser(nadia.server, http)
            await tom.sign_in("op-2")
            case = await case_at_liege(nadia)
            async with nadia.live(shown=case) as hers, tom.live(shown=case) as his:
                yield case, hers, his


def sent(home: House) -> list[PerformAction]:
    return [command for command in home.commands if isinstance(command, PerformAction)]


def answer(home: House, case: IncidentId, outcome: Any, **more: Any) -> None:
    command = sent(home)[-1]
    home.engine.handle(
        ActionAnswered(
            incident_id=case,
            action_id=command.action_id,
            tries=command.tries,
            outcome=outcome,
            **more,
        )
    )


async def card(home: House, case: IncidentId, desk: Any) -> Any:
    """The case as a program reads it."""
    await home.settled()
    [found] = home.logbook.documents("incident", None, case, 1)
    return found.data


async def test_a_barrier_is_opened_by_one_operator_with_a_reason(home: House) -> None:
    async with two_operators(home) as (case, hers, _):
        assert "error" in await press(
            hers, "action_request", incident=case, **GATE | {"text": ""}
        )
        assert sent(home) == []
        assert (await press(hers, "action_request", incident=case, **GATE))["is_done"]
        [order] = sent(home)
        assert (order.operator, order.reason, order.approved_by, order.site) == (
            "op-1", "driver at the gate", None, "lg-tri",
        )  # fmt: skip
        assert json.loads(body_of(order))["parameters"] == {"lane": "2"}, "as the client wrote"
        assert "error" in await press(hers, "action_request", incident=case, **GATE)
        answer(home, case, "done", status=200, answer="barrier is up")
        data = await card(home, case, hers)
        [action] = data["actions"]
        assert (action["state"], action["answer"]) == ("done", "barrier is up")
        assert (await press(hers, "action_request", incident=case, **GATE))["is_done"]
        assert sent(home)[0].idempotency_key != sent(home)[1].idempotency_key


async def test_a_site_is_disarmed_by_two_who_each_type_their_password(home: House) -> None:
    async with two_operators(home) as (case, hers, his):
        for wrong in ({}, {"password": "wrong"}, {"is_proven": "true"}):
            refused = await press(hers, "action_request", incident=case, **WISH, **wrong)
            assert "mot de passe" in refused["error"]
        asked = await press(hers, "action_request", incident=case, **WISH, password=PASSWORD)
        assert asked["is_done"]
        assert sent(home) == [], "nothing is sent before the second person"
        of = {"incident": case, "action_id": f"{case}-a1"}
        own = await press(hers, "action_approve", **of, password=PASSWORD)
        assert "deuxième personne" in own["error"]
        assert "error" in await press(his, "action_approve", **of)
        assert sent(home) == []
        assert (await press(his, "action_approve", **of, password=PASSWORD))["is_done"]
        [order] = sent(home)
        assert (order.operator, order.approved_by) == ("op-1", "op-2")
        again = await press(his, "action_approve", **of, password=PASSWORD)
        assert "error" in again
    written = " ".join(str(x.data) for x in home.logbook.read(limit=1000))
    assert PASSWORD not in written


async def test_the_second_person_hears_of_it_and_the_first_does_not(home: House) -> None:
    async with two_operators(home) as (case, hers, his):
        await press(hers, "action_request", incident=case, **WISH, password=PASSWORD)
        while True:
            message = await his.receive_json(timeout=5)
            if message.get("alert", {}).get("for") == "action":
                break
        assert message["alert"]["incident"] == case
        await hers.send_json({"act": "ping"})
        while "pong" not in (heard := await hers.receive_json(timeout=5)):
            assert heard.get("alert", {}).get("for") != "action"


@pytest.mark.parametrize("is_second", [True, False])
async def test_whoever_does_not_want_it_calls_it_off(home: House, is_second: bool) -> None:
    async with two_operators(home) as (case, hers, his):
        await press(hers, "action_request", incident=case, **WISH, password=PASSWORD)
        of = {"incident": case, "action_id": f"{case}-a1", "text": "wrong site"}
        assert (await press(his if is_second else hers, "action_reject", **of))["is_done"]
        assert "error" in await press(his, "action_approve", **of, password=PASSWORD)
        data = await card(home, case, hers)
        assert data["actions"][0]["state"] == "dropped"
        assert "wrong site" in data["actions"][0]["why"]
    assert sent(home) == []


async def test_the_card_says_where_it_stands(home: House) -> None:
    async with two_operators(home) as (case, hers, _):
        await press(hers, "action_request", incident=case, **GATE)
        answer(home, case, "failed", reason="no connection")
        while True:
            message = await hers.receive_json(timeout=5)
            drawn = {one["id"]: one["html"] for one in message.get("fragments", [])}
            if "Pas encore réussi" in drawn.get("card", ""):
                break
        assert "pas de connexion" in drawn["card"]
        assert "une action est en cours" in drawn["card"], "it bars closing"


async def test_nobody_guesses_a_password_at_the_desk(home: House) -> None:
    async with two_operators(home) as (case, hers, _):
        for _try in range(8):
            await press(hers, "action_request", incident=case, **WISH, password="wrong")
        checks = home.accounts.checks
        right = await press(hers, "action_request", incident=case, **WISH, password=PASSWORD)
        assert "error" in right
        assert home.accounts.checks == checks, "not even compared"


async def test_an_action_of_another_site_is_none(home: House) -> None:
    async with two_operators(home) as (case, hers, _):
        assert "error" in await press(
            hers, "action_request", incident=case, action="nothing", text="x"
        )
        home.switchboard.incidents[case].site = "bru-centre"
        assert "error" in await press(hers, "action_request", incident=case, **GATE)
    assert sent(home) == []
