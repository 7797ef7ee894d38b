"""A press that may not be is refused in words, told in the logbook, and changes nothing."""

import asyncio
from typing import Any

import pytest

from securityline.web.refused_presses import BURST
from tests.securityline.web.rig import BANQUE, POSTES, Browser, House
from tests.securityline.web.test_live import closed, screen


def told(home: House) -> list[Any]:
    return [x.data for x in home.logbook.read(limit=1000) if x.what == "PressRefused"]


async def test_a_forged_press_a_foreign_case_and_a_stale_step_are_lines(
    home: House, desk: Browser
) -> None:
    """Tom may see ordinary clients alone; he, or a page in his name, tries more than that."""
    await desk.sign_in("op-2")
    home.sign_in("op-1")
    home.sign_in("op-2", is_ready=False)
    secret = home.ring(BANQUE, "+32470000011")
    other = home.ring(POSTES)
    await home.settled()
    before = home.switchboard.to_state()
    tried: list[dict[str, Any]] = [
        {"act": "open_the_vault", "incident": "inc-7"},
        {"act": "note", "incident": secret[0], "text": "let me in"},
        {"act": "note", "incident": "inc-9999", "text": "a case that never was"},
        {"act": "hang_up", "call": other[1]},
        {"act": "answer_step", "incident": other[0], "step": "no-such-step", "answer": "yes"},
        {"act": "\ud800\n" + "x" * 100, "incident": ["no", "text"], "call": "\x00\u202e"},
    ]
    async with screen(desk) as live:
        for values in tried:
            assert (await live.press(**values))["error"]
    await home.settled()
    lines = told(home)
    assert [x["act"] for x in lines[:5]] == [values["act"] for values in tried[:5]]
    assert {x["operator"] for x in lines} == {"op-2"}
    assert all(x["reason"] for x in lines)
    assert [x.get("case") for x in lines] == [
        "inc-7", secret[0], "inc-9999", None, other[0], None,
    ]  # fmt: skip
    assert lines[3]["call"] == other[1]
    assert lines[5]["act"].isascii()
    assert len(lines[5]["act"]) <= 40
    assert "let me in" not in str(lines), "what was typed is nobody's business"
    assert home.switchboard.to_state() == before


@pytest.mark.parametrize("press_id", [None, 7, "", "x" * 65])
async def test_a_press_without_an_id_is_refused_in_words(
    home: House, desk: Browser, press_id: Any
) -> None:
    await desk.sign_in("op-1")
    ids = home.ring()
    await home.settled()
    async with screen(desk) as live:
        await live.socket.send_json(
            {"id": press_id, "act": "note", "incident": ids[0], "text": "never written"}
        )
        said = await live.until(say=...)
    assert said["is_wrong"]
    await home.settled()
    (line,) = told(home)
    assert (line["act"], line["case"]) == ("note", ids[0])
    assert not [x for x in home.logbook.read(incident_id=ids[0]) if x.what == "NoteWritten"]


async def test_a_hostile_page_cannot_flood_the_log(home: House, desk: Browser) -> None:
    await desk.sign_in("op-1")
    async with screen(desk) as live:
        for _ in range(40):
            assert (await live.press("forged"))["error"]
        await home.settled()
        assert len(told(home)) == BURST
        async with asyncio.timeout(5):
            while len(told(home)) == BURST:
                await asyncio.sleep(0.1)
                await home.settled()
    lines = told(home)
    assert len(lines) + sum(x.get("left_out", 0) for x in lines) == 40, "each one is counted"
    assert len(lines) == BURST + 1


async def test_what_is_held_back_is_written_when_the_engine_ends(
    home: House, desk: Browser
) -> None:
    await desk.sign_in("op-1")
    async with screen(desk) as live:
        for _ in range(BURST + 5):
            await live.press("forged")
        await desk.server.app.shutdown()  # type: ignore[attr-defined]
    await home.settled()
    assert told(home)[-1]["left_out"] == 4


async def test_a_screen_that_is_cut_off_for_nonsense_is_a_line(
    home: House, desk: Browser
) -> None:
    await desk.sign_in("op-1")
    async with screen(desk) as live:
        for _ in range(5):
            await live.socket.send_str("{")
        await closed(live)
    await home.settled()
    assert "nonsense" in told(home)[0]["reason"]


async def test_a_wallboard_that_says_something_is_a_line(home: House, desk: Browser) -> None:
    await desk.sign_in("op-3")
    async with desk.http.ws_connect(
        desk.url("/wallboard/live"), headers={"Origin": desk.origin}
    ) as socket:
        await socket.send_str('{"id": "x", "act": "answer", "call": "call-1"}')
        while not (await socket.receive(timeout=5)).type.name.startswith("CLOS"):
            pass
    await home.settled()
    assert told(home)[0]["act"] == "wallboard"
