"""A covert case at the desk: one key to fall silent, two to speak, the caller's keys large."""

from typing import Any

import pytest
from aiohttp import ClientSession, CookieJar

from callflows.covert import SECOND_KEY_TIME
from callflows.events import DigitPressed
from tests.securityline.web.rig import Browser, House
from tests.securityline.web.test_code_words import press, seen, talking
from tests.securityline.web.test_consigne import card


async def test_marking_and_speaking_again(home: House, desk: Browser) -> None:
    case = await talking(home)
    await desk.sign_in("op-1")
    assert 'data-act="covert"' in card(home, desk, case)
    async with desk.live(shown=case) as socket:
        assert "error" in await press(socket, "speak", incident=case)
        assert (await press(socket, "covert", incident=case))["is_done"]
        shown = card(home, desk, case)
        assert "COVERT" in shown
        assert 'data-act="covert"' not in shown
        assert 'data-do="choose" data-choices="speak-again" data-key="Shift+C"' in shown
        assert "error" in await press(socket, "covert", incident=case)
        assert "error" in await press(socket, "speak", incident=case)  # takes two keys
        assert (await press(socket, "speak_ask", incident=case))["is_done"]
        home.pass_time(SECOND_KEY_TIME + 1)
        assert "error" in await press(socket, "speak", incident=case)  # the first is long ago
        assert (await press(socket, "speak_ask", incident=case))["is_done"]
        assert (await press(socket, "speak", incident=case))["is_done"]
    assert "COVERT" not in card(home, desk, case)
    assert [x["operator"] for x in seen(home, "CovertPressed")] == ["op-1"]


async def test_nobody_else_lets_a_caller_hear_us(home: House, desk: Browser) -> None:
    case = await talking(home)
    home.sign_in("op-2")
    await desk.sign_in("op-1")
    async with desk.live(shown=case) as socket:
        await press(socket, "covert", incident=case)
        await press(socket, "speak_ask", incident=case)
    async with ClientSession(cookie_jar=CookieJar(unsafe=True)) as http:
        tom = Browser(desk.server, http)
        await tom.sign_in("op-2")
        async with tom.live(shown=case) as socket:
            for act in ("speak_ask", "speak"):
                said = await press(socket, act, incident=case)
                assert "aan de lijn" in said["error"]
    assert home.switchboard.incidents[case].is_covert


@pytest.mark.parametrize(
    ("digit", "words"),
    [("1", "Police"), ("2", "Fire brigade"), ("3", "Ambulance"), ("4", "YES"), ("5", "NO"),
     ("8", "no meaning")],
)  # fmt: skip
async def test_each_key_of_the_caller_is_shown_large(
    home: House, desk: Browser, digit: str, words: str
) -> None:
    case = await talking(home)
    [call] = home.switchboard.calls.values()
    home.engine.handle(DigitPressed(incident_id=case, leg_id=call.leg_id, digit=digit))
    await home.settled()
    shown: Any = card(home, desk, case)
    assert f'<span class="key-answer last"><kbd>{digit}</kbd> <b>{words}</b>' in shown


async def test_only_the_latest_keys_stand_on_the_card(home: House, desk: Browser) -> None:
    case = await talking(home)
    [call] = home.switchboard.calls.values()
    for _ in range(20):
        home.engine.handle(DigitPressed(incident_id=case, leg_id=call.leg_id, digit="4"))
    await home.settled()
    assert card(home, desk, case).count('class="key-answer') == 6
    assert len(seen(home, "CallerKeyed")) == 20
