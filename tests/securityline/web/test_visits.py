"""A supervisor on a call, at the desk: who may press, who is told, what a contract hides."""

import json
from dataclasses import replace
from typing import Any

import pytest

from callflows import commands as c
from callflows import events as e
from securityline.web.board import Audience, Board
from securityline.web.context import CONTEXT
from securityline.web.presses import Presses
from securityline.web.refusal import Refused
from securityline.web.words import LANGUAGES
from tests.securityline.web.rig import BANQUE, POSTES, Browser, House
from tests.securityline.web.test_presses import session

BOTH = frozenset({"standard", "high_security"})
SUPERVISOR = {"operator": "op-3", "role": "supervisor"}


def press(home: House, act: str, who: Any = None, **values: Any) -> Any:
    presses = Presses(Board(home.engine, home.directory), home.directory, home.clock)
    return presses.event(who or session(**SUPERVISOR), {"act": act, **values})


async def on_the_line(home: House, did: str = POSTES) -> Any:
    """An employee speaks with op-1; Sofie, who supervises, is at her desk."""
    home.picks_up = {"op-1"}
    home.sign_in("op-1")
    ids = home.ring(did)
    await home.settled()
    home.sign_in("op-3", is_ready=False)
    return ids


async def comes(home: House, ids: Any, mode: str = "listen", why: str = "training") -> None:
    home.engine.handle(press(home, "visit", call=ids[1], mode=mode, why=why))
    await home.settled()


def draw(desk: Browser, name: str, *, may_visit: bool = False, language: str = "en") -> str:
    drawing: Any = desk.server.app[CONTEXT].drawing  # type: ignore[attr-defined]
    return str(drawing.shared(name, Audience(language, BOTH, may_visit)))


def phone(desk: Browser, operator: str, language: str = "en") -> str:
    drawing: Any = desk.server.app[CONTEXT].drawing  # type: ignore[attr-defined]
    return str(drawing.phone(operator, language))


def hide(home: House) -> None:
    """The client's contract says that its operators do not see who listens."""
    directory = home.directory.current
    for name, one in directory.organisations.items():
        directory.organisations[name] = replace(one, listening="hidden")  # type: ignore[index]


# ---------------------------------------------------------------- who may press


async def test_a_press_says_how_and_what_for(home: House) -> None:
    ids = await on_the_line(home)
    event = press(home, "visit", call=ids[1], mode="whisper", why="help_asked")
    assert event == e.VisitPressed(
        incident_id=ids[0],
        operator=e.OperatorId("op-3"),
        call_id=ids[1],
        mode="whisper",
        why="help_asked",
        is_shown=True,
    )
    assert type(press(home, "leave")) is e.LeavePressed


@pytest.mark.parametrize("role", ["operator", "administrator", "auditor"])
async def test_only_a_supervisor_may(home: House, role: str) -> None:
    ids = await on_the_line(home)
    with pytest.raises(Refused):
        press(home, "visit", session(role=role), call=ids[1], mode="listen")


@pytest.mark.parametrize(
    "values",
    [
        {"call": "nothing", "mode": "listen"},
        {"mode": ""},
        {"mode": "spy"},
        {"mode": ["listen"]},
        {"mode": "listen", "why": "<script>"},
        {"mode": "listen", "why": 5},
    ],
)
async def test_nonsense_is_refused(home: House, values: dict[str, Any]) -> None:
    ids = await on_the_line(home)
    with pytest.raises(Refused):
        press(home, "visit", **({"call": ids[1]} | values))


async def test_a_call_beyond_her_clearance_does_not_exist(home: House) -> None:
    ids = await on_the_line(home, BANQUE)
    with pytest.raises(Refused, match=r"There is no such call\."):
        press(
            home,
            "visit",
            session(**SUPERVISOR, clearances=("standard",)),
            call=ids[1],
            mode="listen",
        )


# ---------------------------------------------------------------- what is shown


async def test_the_strip_gives_a_supervisor_the_button_and_nobody_else(
    home: House, desk: Browser
) -> None:
    ids = await on_the_line(home)
    button = f'data-do="visit" data-call="{ids[1]}"'
    assert button in draw(desk, "operators", may_visit=True)
    assert button not in draw(desk, "operators")
    await comes(home, ids)
    assert button not in draw(desk, "operators", may_visit=True), "one supervisor a call"


async def test_no_button_for_a_call_beyond_the_clearance(home: House, desk: Browser) -> None:
    await on_the_line(home, BANQUE)
    drawing: Any = desk.server.app[CONTEXT].drawing  # type: ignore[attr-defined]
    strip = drawing.shared("operators", Audience("en", frozenset({"standard"}), True))
    assert "data-call" not in strip


@pytest.mark.parametrize("language", LANGUAGES)
async def test_the_operator_is_told_who_listens_and_the_supervisor_what_she_does(
    home: House, desk: Browser, language: str
) -> None:
    ids = await on_the_line(home)
    await comes(home, ids)
    told = {
        "en": "</bdi> listens",
        "fr": "</bdi> écoute",
        "nl": "</bdi> luistert mee",
        "de": "</bdi> hört mit",
    }
    assert f"Sofie{told[language]}" in phone(desk, "op-1", language)
    hers = phone(desk, "op-3", language)
    assert 'data-microphone="closed"' in hers
    assert "Nadia" in hers
    assert 'data-act="leave"' in hers


async def test_her_microphone_opens_on_the_page_when_she_whispers(
    home: House, desk: Browser
) -> None:
    ids = await on_the_line(home)
    await comes(home, ids)
    await comes(home, ids, "whisper")
    assert "data-microphone" not in phone(desk, "op-3")
    assert "whispers" in phone(desk, "op-1")


async def test_a_contract_may_hide_it_from_the_operator_and_not_from_the_log(
    home: House, desk: Browser
) -> None:
    hide(home)
    ids = await on_the_line(home)
    drawing: Any = desk.server.app[CONTEXT].drawing  # type: ignore[attr-defined]
    drawing.timelines.expect(ids[0])
    await comes(home, ids)
    assert "Sofie" not in phone(desk, "op-1")
    assert "the operator does not see it" in phone(desk, "op-3")
    strip = draw(desk, "operators")
    assert "visiting" not in strip
    assert "colleague" not in strip
    assert "visiting" in draw(desk, "operators", may_visit=True)
    assert "Sofie" not in drawing.timelines.draw(ids[0], "en"), "nor does the card's log"
    written = [x.what for x in home.logbook.read(0, 1000, ids[0])]
    assert {"VisitPressed", "VisitBegun"} <= set(written)


async def test_the_case_s_page_tells_supervisors_what_it_keeps_from_operators(
    home: House, desk: Browser
) -> None:
    hide(home)
    ids = await on_the_line(home)
    await comes(home, ids)
    await desk.sign_in("op-1")
    page = await desk.page(f"/incidents/{ids[0]}")
    assert "Sofie" not in page
    assert "op-3" not in page
    desk.http.cookie_jar.clear()
    await desk.sign_in("op-3")
    assert "Sofie" in await desk.page(f"/incidents/{ids[0]}")


async def test_she_is_told_why_she_may_not(home: House, desk: Browser) -> None:
    ids = await on_the_line(home)
    home.caller_hangs_up(ids)
    await home.settled()
    ids = home.ring()
    await home.settled()
    await desk.sign_in("op-3")
    async with desk.live() as socket:
        await socket.send_json({"act": "visit", "id": "p", "call": ids[1], "mode": "listen"})
        while True:
            message = json.loads((await socket.receive(timeout=5)).data)
            if "say" in message:
                break
    assert message["is_wrong"]


async def test_a_press_rings_her_phone_and_the_page_says_so(home: House, desk: Browser) -> None:
    ids = await on_the_line(home)
    await desk.sign_in("op-3")
    async with desk.live() as socket:
        await socket.send_json(
            {"act": "visit", "id": "p", "call": ids[1], "mode": "listen", "why": "quality"}
        )
        while True:
            message = json.loads((await socket.receive(timeout=5)).data)
            if any('data-act="leave"' in x["html"] for x in message.get("fragments", ())):
                break
    rung = [x for x in home.commands if isinstance(x, c.RingOperator)]
    assert (rung[-1].operator, rung[-1].is_muted) == ("op-3", True)
