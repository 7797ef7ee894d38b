"""Whose screens are all gone is not rung, while others with a screen are ready."""

import asyncio
from typing import Any

import pytest
from aiohttp import ClientSession, CookieJar

from callflows.events import OperatorId, OperatorOnBreak, OperatorReady
from securityline.web import absent_screens
from securityline.web.context import CONTEXT
from tests.securityline.web.rig import Browser, House
from tests.securityline.web.test_code_words import seen

GRACE = 0.05


@pytest.fixture
def quick(desk: Browser) -> Browser:
    desk.server.app[CONTEXT].absent._grace = GRACE  # type: ignore[attr-defined]
    return desk


def state(home: House, operator: str) -> str:
    return home.switchboard.operators[operator].state.value  # type: ignore[index]


async def tom_at_his_desk(desk: Browser, http: ClientSession) -> Browser:
    tom = Browser(desk.server, http)
    await tom.sign_in("op-2")
    return tom


async def test_a_softphone_without_a_screen_gives_way_and_comes_back(
    home: House, quick: Browser
) -> None:
    home.sign_in("op-1", "op-2")
    await quick.sign_in("op-1")
    async with ClientSession(cookie_jar=CookieJar(unsafe=True)) as http:
        tom = await tom_at_his_desk(quick, http)
        async with tom.live():
            async with quick.live():
                await home.settled()
            await home.until(lambda: state(home, "op-1") == "on_break")
            ids = home.ring()
            await home.settled()
            rung = [line["operators"] for line in seen(home, "OperatorChosen")]
            assert rung == [["op-2"]]
            home.caller_hangs_up(ids)
            async with quick.live():
                await home.until(lambda: state(home, "op-1") == "ready")
    assert [line["reason"] for line in seen(home, "OperatorOnBreak")] == ["no_screen"]


async def test_the_last_who_can_be_rung_is_rung_also_without_a_screen(
    home: House, quick: Browser
) -> None:
    home.sign_in("op-1", "op-2")  # Tom has never had a screen
    await quick.sign_in("op-1")
    async with quick.live():
        await home.settled()
    await asyncio.sleep(4 * GRACE)  # nothing is to happen: there is nothing to wait for
    assert state(home, "op-1") == "ready"
    home.ring()
    await home.settled()
    assert seen(home, "OperatorChosen")[-1]["operators"] == ["op-1"]


async def test_who_gave_way_is_rung_again_while_everybody_else_is_busy(
    home: House, quick: Browser
) -> None:
    """Two at night: Eva's browser dies, Tom is in a call, and somebody else calls."""
    home.picks_up = {"op-2"}
    home.sign_in("op-1", "op-2")
    await quick.sign_in("op-1")
    async with ClientSession(cookie_jar=CookieJar(unsafe=True)) as http:
        tom = await tom_at_his_desk(quick, http)
        async with tom.live():
            async with quick.live():
                await home.settled()
            await home.until(lambda: state(home, "op-1") == "on_break")
            ids = home.ring()
            await home.until(lambda: state(home, "op-2") == "talking")
            await home.until(lambda: state(home, "op-1") == "ready")
            home.ring(caller="+32470000009")
            await home.settled()
            assert seen(home, "OperatorChosen")[-1]["operators"] == ["op-1"]
            home.caller_hangs_up(ids)


async def test_who_gave_way_does_so_again_when_a_colleague_is_free_again(
    home: House, quick: Browser
) -> None:
    home.sign_in("op-1", "op-2")
    await quick.sign_in("op-1")
    async with ClientSession(cookie_jar=CookieJar(unsafe=True)) as http:
        tom = await tom_at_his_desk(quick, http)
        async with tom.live():
            async with quick.live():
                await home.settled()
            await home.until(lambda: state(home, "op-1") == "on_break")
            home.engine.handle(OperatorOnBreak(operator=OperatorId("op-2"), reason="lunch"))
            await home.until(lambda: state(home, "op-1") == "ready")
            home.engine.handle(OperatorReady(operator=OperatorId("op-2")))
            await home.until(lambda: state(home, "op-1") == "on_break")
            async with quick.live():
                await home.until(lambda: state(home, "op-1") == "ready")
    assert state(home, "op-2") == "ready"


async def test_a_page_that_is_loaded_again_and_a_second_window_change_nothing(
    home: House, desk: Browser
) -> None:
    home.sign_in("op-1", "op-2")
    absent: Any = desk.server.app[CONTEXT].absent  # type: ignore[attr-defined]
    await desk.sign_in("op-1")
    async with desk.live():
        async with desk.live():
            await home.settled()
        await home.until(lambda: len(desk.server.app[CONTEXT].screens.screens) == 1)  # type: ignore[attr-defined]
        assert absent._timers == {}
    await home.until(lambda: "op-1" in absent._timers)
    async with desk.live():
        await home.until(lambda: absent._timers == {})
    assert state(home, "op-1") == "ready"
    assert seen(home, "OperatorOnBreak") == []


async def test_who_came_back_from_no_restart_gives_way_and_is_ready_when_he_does(
    home: House, quick: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What he lacked was known to an engine that is dead; the next one finds it by itself."""
    home.sign_in("op-1", "op-2")
    monkeypatch.setattr(absent_screens, "START_GRACE", GRACE)
    absent: Any = quick.server.app[CONTEXT].absent  # type: ignore[attr-defined]
    async with ClientSession(cookie_jar=CookieJar(unsafe=True)) as http:
        tom = await tom_at_his_desk(quick, http)
        async with tom.live():
            absent.begin()
            await home.until(lambda: state(home, "op-1") == "on_break")
            assert state(home, "op-2") == "ready"
            await quick.sign_in("op-1")
            async with quick.live():
                await home.until(lambda: state(home, "op-1") == "ready")


async def test_a_break_of_his_own_is_not_ended_by_a_screen(home: House, quick: Browser) -> None:
    home.sign_in("op-1")
    home.engine.handle(OperatorOnBreak(operator=OperatorId("op-1"), reason="lunch"))
    await quick.sign_in("op-1")
    async with quick.live():
        await home.settled()
        assert state(home, "op-1") == "on_break"
