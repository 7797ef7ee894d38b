"""The wallboard: what it shows, to whom, and what must never stand on a wall."""

import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest
from aiohttp import WSMsgType, WSServerHandshakeError

from callflows.events import Cause, LegEnded, OperatorId, StationDown
from securityline.web.board import Audience
from securityline.web.context import CONTEXT
from securityline.web.wallboard import BOARDS
from securityline.web.words import LANGUAGES
from tests.securityline.web.rig import BANQUE, POSTES, Browser, House

BOTH = frozenset({"standard", "high_security"})


def board(desk: Browser, language: str = "en", clearances: frozenset[str] = BOTH) -> str:
    return desk.server.app[BOARDS].html(Audience(language, clearances))  # type: ignore[attr-defined]


def text_of(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


@asynccontextmanager
async def live(desk: Browser) -> AsyncIterator[Any]:
    headers = {"Origin": desk.origin}
    async with desk.http.ws_connect(desk.url("/wallboard/live"), headers=headers) as socket:
        yield socket


async def painted(socket: Any, words: str) -> str:
    """Wait until the board says something."""
    while True:
        message = json.loads((await socket.receive(timeout=10)).data)
        for part in message.get("fragments", ()):
            if words in text_of(part["html"]):
                return str(part["html"])


# ---------------------------------------------------------------- who may look


@pytest.mark.parametrize("operator", ["op-1", "op-6"])
async def test_operators_and_administrators_have_a_desk_and_no_board(
    desk: Browser, operator: str
) -> None:
    await desk.sign_in(operator)
    assert (await desk.get("/wallboard")).status == 403
    with pytest.raises(WSServerHandshakeError, match="403"):
        async with live(desk):
            pass


async def test_nobody_is_signed_in_and_nothing_is_shown(desk: Browser) -> None:
    answer = await desk.get("/wallboard", allow_redirects=False)
    assert answer.status in (303, 401)


async def test_another_site_s_page_gets_no_board(desk: Browser) -> None:
    await desk.sign_in("op-3")
    with pytest.raises(WSServerHandshakeError, match="403"):
        await desk.http.ws_connect(
            desk.url("/wallboard/live"), headers={"Origin": "https://evil.example"}
        )


@pytest.mark.parametrize("said", ["[]", "{", '{"act": "answer", "call": "x"}', "1" * 2000])
async def test_a_board_has_nothing_to_say(desk: Browser, said: str) -> None:
    await desk.sign_in("op-3")
    async with live(desk) as socket:
        await socket.receive(timeout=5)
        await socket.send_str(said)
        while (received := await socket.receive(timeout=5)).type is WSMsgType.TEXT:
            pass
    assert received.type in (WSMsgType.CLOSE, WSMsgType.CLOSED, WSMsgType.CLOSING)


# ---------------------------------------------------------------- what it shows


async def test_it_goes_on_by_itself(home: House, desk: Browser) -> None:
    await desk.sign_in("op-3")
    assert "Nobody waits." in text_of(board(desk))
    async with live(desk) as socket:
        await painted(socket, "0")
        home.ring(POSTES)
        waiting = await painted(socket, "1")
        assert 'class="u' in waiting
        await socket.send_json({"act": "ping"})
        while "pong" not in json.loads((await socket.receive(timeout=5)).data):
            pass


async def test_each_operator_with_his_state_and_a_dead_phone_in_words(
    home: House, desk: Browser
) -> None:
    home.picks_up = {"op-1"}
    home.sign_in("op-1", "op-2")
    home.sign_in("op-4", is_ready=False)
    home.ring(POSTES)
    await home.settled()
    home.engine.handle(StationDown(operator=OperatorId("op-2"), reason="expired"))
    await home.settled()
    html = board(desk)
    assert re.search(r'<li class="talking" data-operator="op-1">', html)
    assert re.search(r'<li class="on_break" data-operator="op-4">', html)
    dead = html[html.index('data-operator="op-2"') :]
    assert '<li class="dead" data-operator="op-2">' in html
    assert "DEAD: no phone" in dead[: dead.index("</li>")]


async def test_fewer_than_two_ready_is_red_and_said(home: House, desk: Browser) -> None:
    home.sign_in("op-1")
    await home.settled()
    assert "Too few: at least two" in board(desk)
    assert 'class="staff short"' in board(desk)
    home.sign_in("op-2")
    await home.settled()
    assert "Too few" not in board(desk)
    assert 'class="staff"' in board(desk)


async def test_no_caller_client_or_person_stands_on_a_wall(home: House, desk: Browser) -> None:
    home.ring(POSTES)
    home.ring(BANQUE)
    await home.settled()
    for language in LANGUAGES:
        text = text_of(board(desk, language))
        for secret in ("Postes", "Banque", "Dupont", "470", "555", "inc-", "call-", "leg-"):
            assert secret not in text, secret


async def test_what_is_beyond_the_clearance_is_a_number(home: House, desk: Browser) -> None:
    home.ring(BANQUE)
    await home.settled()
    assert board(desk).count('<li class="u') == 1
    narrow = board(desk, clearances=frozenset({"standard"}))
    assert '<li class="u' not in narrow
    assert "1 more call" in narrow


async def test_waiting_calls_stand_in_the_order_in_which_they_are_answered(
    home: House, desk: Browser
) -> None:
    for urgency in (3, 1, 2):
        home.ring(POSTES, urgency=urgency)
    await home.settled()
    rows = re.findall(r'<li class="u(\d)">', board(desk))
    assert rows == ["1", "2", "3"]


async def test_duress_is_told_by_no_board(home: House, desk: Browser) -> None:
    ids = home.ring(POSTES, urgency=3)
    await home.settled()
    incident = home.switchboard.incidents[ids[0]]
    before = board(desk)
    incident.is_under_duress, incident.ordinary_urgency, incident.urgency = True, 3, 1
    home.switchboard.calls[ids[1]].urgency = 1
    home.switchboard.calls[ids[1]].ordinary_urgency = 3
    assert board(desk) == before
    home.caller_hangs_up(ids)
    await home.settled()
    incident.attention, incident.attention_since = ["UNDER DURESS: said so"], home.clock()
    assert "No case waits." in board(desk)
    incident.attention.append("nobody was reached")
    assert "No case waits." not in board(desk)
    incident.is_silent = True
    assert "No case waits." in board(desk)


# ---------------------------------------------------------------- figures


async def test_there_is_no_figure_when_nobody_called(desk: Browser) -> None:
    html = board(desk)
    assert html.count("no calls") == 6
    assert "0.0 %" not in html


async def test_the_figures_say_met_or_missed_in_words_and_colour(
    home: House, desk: Browser
) -> None:
    await desk.sign_in("op-3")  # the application runs, and reads what was before
    home.picks_up = {"op-1"}
    home.sign_in("op-1")
    home.ring(POSTES)
    await home.settled()
    assert text_of(board(desk)).count("100.0 % met") == 6
    home.switchboard.operators[OperatorId("op-1")].has_station = True
    late = home.ring(POSTES)
    home.pass_time(21)
    home.engine.handle(LegEnded(incident_id=late[0], leg_id=late[2], cause=Cause.CANCELLED))
    await home.settled()
    text = text_of(board(desk))
    assert text.count("50.0 % missed") == 4, "10 s and 15 s, in the last hour and today"
    assert text.count("100.0 % met") == 2, "of 30 s he who gave up after 21 s tells nothing"
    html = board(desk)
    assert html.count('<td class="missed">') == 4
    assert html.count('<td class="met">') == 2


async def test_a_caller_who_waits_too_long_counts_before_he_is_answered(
    home: House, desk: Browser
) -> None:
    home.ring(POSTES)
    home.pass_time(12)
    await home.settled()
    assert text_of(board(desk)).count("0.0 % missed") == 2


@pytest.mark.parametrize("language", LANGUAGES)
async def test_it_is_drawn_in_every_language(home: House, desk: Browser, language: str) -> None:
    home.sign_in("op-1", "op-2", has_phone=False)
    home.ring(POSTES)
    await home.settled()
    html = board(desk, language)
    assert ("DEAD" in html) == (language == "en")


async def test_faults_of_the_engine_stand_on_top(home: House, desk: Browser) -> None:
    home.reasons.append("no RTP port is free")
    assert "no RTP port is free" in board(desk)


# ---------------------------------------------------------------- what is late


async def test_what_is_late_stands_on_the_board_without_a_name(
    home: House, desk: Browser
) -> None:
    assert "Nothing is late." in board(desk)
    home.ring(POSTES, urgency=1)
    home.pass_time(31)
    await home.settled()
    text = text_of(board(desk))
    assert "Offered, and nobody takes it" in text
    assert "Postes" not in text


async def test_a_supervisor_s_desk_lists_it_and_an_operator_s_does_not(
    home: House, desk: Browser
) -> None:
    ids = home.ring(POSTES, urgency=1)
    home.pass_time(31)
    await home.settled()
    drawing: Any = desk.server.app[CONTEXT].drawing  # type: ignore[attr-defined]
    hers = drawing.shared("late", Audience("en", BOTH, may_visit=True))
    assert "Offered, and nobody takes it" in hers
    assert f'data-do="show" data-incident="{ids[0]}"' in hers
    his = drawing.shared("late", Audience("en", BOTH))
    assert "hidden" in his
    assert "row" not in his
    narrow = drawing.shared("late", Audience("en", frozenset({"standard"}), may_visit=True))
    assert "Offered" in narrow
    home.ring(BANQUE, urgency=1)
    home.pass_time(31)
    await home.settled()
    assert drawing.shared("late", Audience("en", BOTH, True)).count('class="row') == 2
    assert (
        drawing.shared("late", Audience("en", frozenset({"standard"}), True)).count(
            'class="row'
        )
        == 1
    )


@pytest.mark.parametrize(("operator", "hears"), [("op-3", True), ("op-1", False)])
async def test_supervisors_hear_it_and_operators_do_not(
    home: House, desk: Browser, operator: str, hears: bool
) -> None:
    await desk.sign_in(operator)
    async with desk.live() as socket:
        home.ring(POSTES, urgency=2)
        home.pass_time(61)
        await home.settled()
        await socket.send_json({"act": "ping"})
        alerts = []
        while "pong" not in (message := json.loads((await socket.receive(timeout=5)).data)):
            alerts += [message["alert"]] if "alert" in message else []
    late = [alert for alert in alerts if alert.get("for") == "late"]
    assert [alert["urgency"] for alert in late] == ([2] if hears else [])


async def test_the_board_sounds_with_the_urgency_that_is_no_secret(
    home: House, desk: Browser
) -> None:
    await desk.sign_in("op-3")
    async with live(desk) as socket:
        await socket.receive(timeout=5)
        ids = home.ring(POSTES, urgency=3)
        await home.settled()
        home.switchboard.incidents[ids[0]].ordinary_urgency = 4
        home.pass_time(91)
        while "alert" not in (message := json.loads((await socket.receive(timeout=5)).data)):
            pass
    assert message["alert"] == 4


async def test_an_auditor_may_look_and_has_no_button(home: House, desk: Browser) -> None:
    directory = home.directory.current
    directory.operators["op-4"] = replace(directory.operators["op-4"], role="auditor")  # type: ignore[index]
    home.picks_up = {"op-1"}
    home.sign_in("op-1")
    home.ring(POSTES)
    await home.settled()
    await desk.sign_in("op-4")
    for path in ("/wallboard", "/room"):
        assert (await desk.get(path)).status == 200
    assert 'data-do="visit"' not in await desk.page("/")
