"""One desk an operator: a second sign-in ends the first, in words; a limit warns, and waits."""

import asyncio
from dataclasses import replace
from typing import Any

from aiohttp import WSMsgType

from callflows.events import AnswerPressed, OperatorId
from securityline.web.app import create_app
from securityline.web.context import CONTEXT
from securityline.web.sessions import WARNED_BEFORE, SessionLimits
from securityline.web.sign_in import end_old_sessions
from tests.securityline.web.rig import DUPONT, POSTES, Browser, House, browser
from tests.securityline.web.test_watch_desk import seen


async def last_words(socket: Any) -> str:
    """Read a socket to its end; return why the desk was told that it is over."""
    why = ""
    async with asyncio.timeout(2):  # the promise of the desk
        while True:
            message = await socket.receive()
            if message.type is not WSMsgType.TEXT:
                return why
            why = message.json().get("ended", why)


def state(home: House) -> str:
    """Where op-1 stands."""
    return home.switchboard.operators[OperatorId("op-1")].state.value


def ends(home: House) -> list[tuple[str, str]]:
    return [(x["operator"], x["reason"]) for x in seen(home, "SessionEnded")]


async def test_a_second_sign_in_ends_the_first_desk_in_words(
    home: House, desk: Browser
) -> None:
    await desk.sign_in("op-1")
    async with desk.live() as first:
        old = {c.key: c.value for c in desk.http.cookie_jar}
        desk.http.cookie_jar.clear()
        answer = await desk.sign_in("op-1")
        assert answer.headers["Location"] == "/?taken_over=1"
        assert await last_words(first) == "taken_over"
    assert "Vous étiez connecté dans un autre navigateur" in await desk.page("/?taken_over=1")
    desk.http.cookie_jar.clear()
    desk.http.cookie_jar.update_cookies(old, desk.url("/"))
    said = await desk.page("/sign-in?ended=taken_over&language=nl")
    assert "Deze desk is gesloten en kan niets meer doen." in said
    for path in ("/", "/incidents", "/desk/live"):
        assert (await desk.get(path)).status == 401, path
    await home.settled()
    assert state(home) == "on_break", "he is there"
    assert ends(home) == [("op-1", "taken_over")]
    assert [x["took_over"] for x in seen(home, "SessionOpened")] == [0, 1]


async def test_in_the_middle_of_a_call_the_call_goes_on(home: House, desk: Browser) -> None:
    home.sign_in("op-1")
    await desk.sign_in("op-1")
    call = await in_a_call(home)
    desk.http.cookie_jar.clear()
    await desk.sign_in("op-1")
    await home.settled()
    assert state(home) == "talking"
    assert not home.switchboard.calls[call].is_over


async def in_a_call(home: House) -> Any:
    """Op-1 speaks with a caller."""
    ids = home.ring(POSTES, DUPONT)
    home.picks_up.add("op-1")
    home.engine.handle(
        AnswerPressed(incident_id=ids[0], operator=OperatorId("op-1"), call_id=ids[1])
    )
    await home.until(lambda: state(home) == "talking")
    return ids[1]


async def test_a_press_that_was_on_its_way_does_nothing_any_more(
    home: House, desk: Browser
) -> None:
    """Also one that waits for its password meanwhile."""
    await desk.sign_in("op-1")
    async with desk.live() as first:
        await first.send_json({"id": "a", "act": "ready"})
        await home.until(lambda: state(home) == "ready")
        context = desk.server.app[CONTEXT]  # type: ignore[union-attr]
        [session] = context.sessions.of("op-1")
        context.sessions.close(session.session_id)
        await first.send_json({"id": "b", "act": "break", "text": ""})
        await last_words(first)
    assert state(home) == "ready"


async def test_auditors_may_look_from_several_screens(home: House) -> None:
    people = home.directory.current.operators
    auditor = replace(people["op-3"], role="auditor")
    people["op-3"] = auditor  # type: ignore[index]
    async with browser(home.app()) as desk:
        await desk.sign_in("op-3")
        async with desk.live() as first:
            desk.http.cookie_jar.clear()
            assert (await desk.sign_in("op-3")).headers["Location"] == "/"
            await first.send_json({"act": "ping"})
            while "pong" not in await first.receive_json(timeout=5):
                pass
    assert ends(home) == []


async def test_a_limit_is_told_before_and_waits_for_the_end_of_a_call(home: House) -> None:
    services = replace(home.services(), session_limits=SessionLimits(longest=3600.0))
    home.sign_in("op-1")
    async with browser(create_app(services)) as desk:
        await desk.sign_in("op-1")
        context = desk.server.app[CONTEXT]  # type: ignore[union-attr]
        began = home.clock()
        async with desk.live() as socket:
            call = await in_a_call(home)
            end_old_sessions(context, began + 3600.0 - WARNED_BEFORE - 1)
            end_old_sessions(context, began + 3600.0 - WARNED_BEFORE)
            end_old_sessions(context, began + 3601.0)
            assert ends(home) == [], "never in the middle of a call"
            told: list[float] = []
            while not told:
                message = await socket.receive_json(timeout=5)
                told += [message["ends_at"]] if "ends_at" in message else []
            assert told == [began + 3600.0]
            home.caller_hangs_up(ids_of(home, call))
            await home.until(lambda: state(home) == "wrap_up")
            end_old_sessions(context, began + 3601.0)
            assert await last_words(socket) == "too_old"
        await home.settled()
    assert ends(home) == [("op-1", "too_old")]
    assert state(home) == "signed_out"


def ids_of(home: House, call: Any) -> Any:
    known = home.switchboard.calls[call]
    return known.incident_id, known.call_id, known.leg_id


async def test_every_end_is_a_line_with_its_reason(home: House, desk: Browser) -> None:
    await desk.sign_in("op-1")
    context = desk.server.app[CONTEXT]  # type: ignore[union-attr]
    end_old_sessions(context, home.clock() + 2701)
    await desk.sign_in("op-1")
    token = (await desk.page("/")).split('name="csrf" value="', 1)[1].split('"', 1)[0]
    await desk.http.post(desk.url("/sign-out"), data={"csrf": token})
    await home.settled()
    assert ends(home) == [("op-1", "idle"), ("op-1", "signed_out")]
    opened = seen(home, "SessionOpened")
    assert [(x["operator"], x["role"]) for x in opened] == [("op-1", "operator")] * 2
    assert all(x["from"] for x in opened)
