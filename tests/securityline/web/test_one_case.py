"""Work on a colleague's case takes a key of its own, and he sees who joined him."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import ClientSession, CookieJar

from callflows.events import IncidentId, OperatorId, OperatorSignedOut
from tests.securityline.web.rig import Browser, House
from tests.securityline.web.test_code_words import press, seen, talking, until


@asynccontextmanager
async def nadia_and_tom(home: House, desk: Browser) -> AsyncIterator[tuple[str, Any, Any]]:
    """Nadia speaks with Julie; Tom, at his own screen, looks at her case."""
    case = await talking(home)
    home.sign_in("op-2")
    await desk.sign_in("op-1")
    async with ClientSession(cookie_jar=CookieJar(unsafe=True)) as http:
        tom = Browser(desk.server, http)
        await tom.sign_in("op-2")
        async with desk.live(shown=case) as hers, tom.live(shown=case) as his:
            await press(hers, "kind", incident=case, kind="assault")
            yield case, hers, his


async def test_a_colleague_s_step_is_answered_by_no_one_unawares(
    home: House, desk: Browser
) -> None:
    async with nadia_and_tom(home, desk) as (case, _, his):
        values = {"incident": case, "step": "safe", "answer": "yes"}
        for act, more in (
            ("answer_step", values),
            ("kind", {"incident": case, "kind": "theft"}),
            ("skip", {"incident": case, "step": "safe", "text": "x"}),
            ("tree_start", {"incident": case, "call_tree": "keyholders"}),
            ("close", {"incident": case, "disposition": "handled"}),
        ):
            assert "Shift+W" in (await press(his, act, **more))["error"], act
        run = home.switchboard.incidents[IncidentId(case)].run
        assert run.records == {}
        assert (await press(his, "note", incident=case, text="Je regarde"))["is_done"]
        refused = [line["act"] for line in seen(home, "PressRefused")]
        assert "answer_step" in refused
        assert (await press(his, "enter_site", incident=case))["is_done"]
        assert (await press(his, "answer_step", **values))["is_done"]
    assert run.records["safe"].operator == "op-2"


async def test_she_sees_that_somebody_joined_her(home: House, desk: Browser) -> None:
    async with nadia_and_tom(home, desk) as (case, hers, his):
        await press(his, "enter_site", incident=case)

        def tells_of_tom(message: Any) -> bool:
            parts = message.get("fragments", ())
            return any("Tom" in part["html"] for part in parts if part["id"] == "log")

        assert await until(hers, tells_of_tom)
    [told] = seen(home, "SiteShared")
    assert (told["operator"], told["other"], told["other_case"]) == ("op-2", "op-1", case)


async def test_whose_owner_went_home_is_anybody_s_and_taking_is_a_key_already(
    home: House, desk: Browser
) -> None:
    async with nadia_and_tom(home, desk) as (case, _, his):
        values = {"incident": case, "step": "safe", "answer": "yes"}
        await press(his, "answer_step", **values)
        home.caller_hangs_up(_ids(home))
        await home.settled()
        from callflows.events import OperatorId, OperatorSignedOut

        home.engine.handle(OperatorSignedOut(operator=OperatorId("op-1")))
        await home.settled()
        assert (await press(his, "answer_step", **values))["is_done"]


def _ids(home: House) -> Any:
    [call] = home.switchboard.calls.values()
    return call.incident_id, call.call_id, call.leg_id


async def test_an_owner_who_comes_back_is_seen_on_the_card_that_stands_there(
    home: House, desk: Browser
) -> None:
    """Her shift ended with the case open; she is back, and the key for it is on his card."""
    home.picks_up.add("op-1")
    home.sign_in("op-1")
    ids = home.ring()
    await home.settled()
    home.caller_hangs_up(ids)
    home.engine.handle(OperatorSignedOut(operator=OperatorId("op-1")))
    await home.settled()
    await desk.sign_in("op-2")
    async with desk.live(shown=ids[0]) as his:
        await until(his, lambda message: "enter_site" not in card_in(message, "enter_site"))
        home.sign_in("op-1", is_ready=False)
        await until(his, lambda message: "enter_site" in card_in(message))
        home.engine.handle(OperatorSignedOut(operator=OperatorId("op-1")))
        await until(his, lambda message: "enter_site" not in card_in(message, "enter_site"))


def card_in(message: Any, without: str = "") -> str:
    """Return the card of a message; `without`: what to take for it where there is none."""
    parts = message.get("fragments", ())
    return next((str(part["html"]) for part in parts if part["id"] == "card"), without)
