"""Code words at the desk: five outcomes, one look for good and duress, no secret anywhere."""

import itertools
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import structlog

from callflows.events import IncidentId
from client_directory import secret as secrets_of_people
from securityline.pin_check import secret_outcome
from securityline.web.context import CONTEXT
from securityline.web.screens import LISTS
from securityline.web.unseen import PATIENCE
from tests.securityline.web.rig import Browser, House, browser, house

NUMBERS = itertools.count()
JULIE = {"person": "j-dupont"}
SAID = {
    "good": "tournesol",
    "wrong": "jonquille",
    "none": "",
    "duress": "mimosa",
    "pin": "4821",
    "duress_pin": "4822",
}


async def press(socket: Any, act: str, **values: str) -> Any:
    """Press, and return the answer to that very press, and all that came before it."""
    await socket.send_json({"id": f"s-{next(NUMBERS)}", "act": act, **values})
    return (await until(socket, lambda message: "re" in message))[-1]


async def until(socket: Any, is_it: Any) -> list[Any]:
    """Read messages up to the one that is meant."""
    messages = []
    while True:
        messages.append(await socket.receive_json(timeout=5))
        if is_it(messages[-1]):
            return messages


async def talking(home: House, operator: str = "op-1") -> IncidentId:
    """Julie is on the line with an operator."""
    home.picks_up.add(operator)
    home.sign_in(operator)
    ids = home.ring()
    await home.settled()
    return ids[0]


def seen(home: House, what: str) -> list[Any]:
    return [line.data for line in home.logbook.read(limit=1000) if line.what == what]


def all_lines(home: House) -> str:
    return json.dumps(
        [[x.what, x.incident_id, x.data] for x in home.logbook.read(limit=9999)], default=str
    )


@pytest.mark.parametrize(
    ("said", "words", "is_wrong"),
    [
        ("good", "mot de code exact", False),
        ("pin", "mot de code exact", False),
        ("wrong", "mot de code FAUX", True),
        ("none", "aucun mot de code donné", True),
        ("duress", "mot de code exact", False),
        ("duress_pin", "mot de code exact", False),
    ],
)
async def test_the_operator_is_told_what_an_answer_was_worth(
    home: House, desk: Browser, said: str, words: str, is_wrong: bool
) -> None:
    case = await talking(home)
    home.sign_in("op-2")
    await desk.sign_in("op-1")
    async with desk.live(shown=case) as socket:
        await socket.send_json(
            {"id": "x", "act": "secret", "incident": case, **JULIE, "text": SAID[said]}
        )
        messages = await until(socket, lambda message: "say" in message)
    told = messages[-1]
    assert (told["say"], told["is_wrong"]) == (
        f"Nadia a demandé le mot de code à Julie Dupont : {words}",
        is_wrong,
    )
    cards = [f["html"] for m in messages for f in m.get("fragments", ()) if f["id"] == "card"]
    assert words in cards[-1]


async def test_a_right_word_of_somebody_without_right_is_told_apart(
    home: House, desk: Browser
) -> None:
    case = await talking(home)
    home.clock.at = 1_890_000_000.0  # 2029: she has left
    await desk.sign_in("op-1")
    async with desk.live(shown=case) as socket:
        await press(socket, "secret", incident=case, **JULIE, text=SAID["good"])
        await home.settled()
    assert [x["outcome"] for x in seen(home, "SecretChecked")] == ["expired"]


# ---------------------------------------------------------------- the very same look


@asynccontextmanager
async def asked(tmp_path: Path, said: str) -> AsyncIterator[tuple[House, Browser, str, Any]]:
    """Nadia asked Julie; what her screen was sent, without the numbers of the lines."""
    async with house(tmp_path) as home, browser(home.app()) as desk:
        case = await talking(home)
        home.sign_in("op-2")
        await home.settled()
        await desk.sign_in("op-1")
        async with desk.live(shown=case) as socket:
            await drawn(desk, socket)
            await socket.send_json(
                {"id": "s", "act": "secret", "incident": case, **JULIE, "text": SAID[said]}
            )
            messages = await until(socket, lambda message: "say" in message)
            await home.settled()
            messages += await drawn(desk, socket)
        messages = [m for m in messages if "pong" not in m]
        sent = [{k: v for k, v in m.items() if k not in ("seq", "now")} for m in messages]
        yield home, desk, case, sent


async def drawn(desk: Browser, socket: Any) -> list[Any]:
    """Have the lists drawn now, and read all that was sent."""
    screens = desk.server.app[CONTEXT].screens  # type: ignore[attr-defined]
    screens._mark(LISTS)
    if screens._timer is not None:
        screens._timer.cancel()
    screens._draw_lists()
    await socket.send_json({"act": "ping"})
    return await until(socket, lambda message: "pong" in message)


async def test_under_duress_her_operator_s_screen_gets_the_very_same_messages(
    tmp_path: Path,
) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    async with asked(tmp_path / "a", "good") as (_, good_desk, case, good):
        good_page = await good_desk.page(f"/incidents/{case}")
        async with asked(tmp_path / "b", "duress") as (home, desk, _, forced):
            assert forced == good
            assert len(seen(home, "SilentCaseOpened")) == 1
            page = await desk.page(f"/incidents/{case}")
            assert without_csrf(page) == without_csrf(good_page), "nor does the whole log"
            assert f"{case}-silent" not in await desk.page("/incidents")
            assert (await desk.get(f"/incidents/{case}-silent")).status == 404
            assert "silent" not in await desk.page("/")
            raw = (await desk.page(f"/incidents/{case}")).lower()
            assert "duress" not in raw
            assert "contrainte" not in raw


def without_csrf(page: str) -> str:
    return "\n".join(line for line in page.splitlines() if "csrf" not in line)


async def test_everybody_else_sees_and_hears_it_at_once(home: House, desk: Browser) -> None:
    case = await talking(home)
    home.sign_in("op-2")
    await desk.sign_in("op-2")
    async with desk.live() as tom:
        await until(tom, lambda message: "run" in message)
        async with browser_of(desk) as nadia_desk:
            await nadia_desk.sign_in("op-1")
            async with nadia_desk.live(shown=case) as nadia:
                await press(nadia, "secret", incident=case, **JULIE, text=SAID["duress"])
        messages = await until(tom, lambda message: "alert" in message)
    assert messages[-1]["alert"]["incident"] == f"{case}-silent"
    assert messages[-1]["alert"]["urgency"] == 1
    page = await desk.page("/")
    assert f"waits-{case}-silent" in page
    assert "Julie Dupont meldde dwang aan Nadia" in page
    whole = await desk.page(f"/incidents/{case}-silent")
    assert "DWANG" in whole


@asynccontextmanager
async def browser_of(desk: Browser) -> AsyncIterator[Browser]:
    """A second browser at the same engine."""
    from aiohttp import ClientSession, CookieJar

    async with ClientSession(cookie_jar=CookieJar(unsafe=True)) as http:
        yield Browser(desk.server, http)


async def test_an_operator_who_is_alone_sees_it_himself(home: House, desk: Browser) -> None:
    case = await talking(home)
    home.sign_in("op-2")
    await desk.sign_in("op-1")
    async with desk.live(shown=case) as socket:
        await press(socket, "secret", incident=case, **JULIE, text=SAID["duress"])
    assert f"waits-{case}-silent" not in await desk.page("/")
    home.pass_time(PATIENCE + 1)
    assert f"waits-{case}-silent" in await desk.page("/"), "nobody takes it"


async def test_when_the_call_is_over_her_operator_sees_it(home: House, desk: Browser) -> None:
    ids = None
    home.picks_up.add("op-1")
    home.sign_in("op-1")
    ids = home.ring()
    await home.settled()
    home.sign_in("op-2")
    await desk.sign_in("op-1")
    async with desk.live(shown=ids[0]) as socket:
        await press(socket, "secret", incident=ids[0], **JULIE, text=SAID["duress"])
        home.caller_hangs_up(ids)
        messages = await until(
            socket,
            lambda message: any(
                "-silent" in part["html"] for part in message.get("fragments", ())
            ),
        )
    assert messages
    page = await desk.page(f"/incidents/{ids[0]}-silent")
    assert "CONTRAINTE" in page


# ---------------------------------------------------------------- the secret itself


async def test_what_was_said_stands_nowhere(
    home: House, desk: Browser, capsys: pytest.CaptureFixture[str]
) -> None:
    case = await talking(home)
    await desk.sign_in("op-1")
    with structlog.testing.capture_logs() as logged:
        async with desk.live(shown=case) as socket:
            for said in ("Tournesol", "Mimosa", "Zwaluwnest"):
                await press(socket, "secret", incident=case, **JULIE, text=said)
            await press(socket, "secret", incident=case, person="nobody", text="Zwaluwnest")
            await home.settled()
        pages = [
            await desk.page("/"),
            await desk.page(f"/incidents/{case}"),
            await desk.page(f"/incidents/{case}-silent"),
            await (await desk.get("/metrics")).text(),
        ]
    home.engine.take_snapshot()
    documents = home.logbook.documents("snapshot", None, None, 9)
    everything = [all_lines(home), json.dumps(logged, default=str), *pages, str(documents)]
    everything += capsys.readouterr()
    for place in everything:
        for word in ("tournesol", "mimosa", "zwaluwnest"):
            assert word not in place.lower()
    assert "SecretChecked" in everything[0]


async def test_a_stored_word_is_shown_to_one_screen_once_the_reason_is_written(
    home: House, desk: Browser
) -> None:
    case = await talking(home)
    home.sign_in("op-2")
    await desk.sign_in("op-1")
    async with desk.live() as other, desk.live(shown=case) as socket:
        wanted = {"incident": case, **JULIE}
        assert "error" in await press(socket, "secret_reveal", **wanted, text="")
        await press(socket, "secret_reveal", **wanted, text="Mauvaise ligne")
        [*_, shown] = await until(socket, lambda message: "secret" in message)
        assert shown["secret"] == {"name": "Julie Dupont", "word": "Tournesol"}
        await home.settled()
        await other.send_json({"act": "ping"})
        heard = await until(other, lambda message: "pong" in message)
        assert "Tournesol" not in json.dumps(heard)
    [line] = seen(home, "SecretRevealed")
    assert (line["operator"], line["person"], line["reason"]) == (
        "op-1",
        "j-dupont",
        "Mauvaise ligne",
    )
    assert "Tournesol" not in all_lines(home)


async def test_a_pin_is_never_shown(home: House, desk: Browser) -> None:
    case = await talking(home)
    await desk.sign_in("op-1")
    async with desk.live(shown=case) as socket:
        answer = await press(
            socket, "secret_reveal", incident=case, person="p-peeters", text="why not"
        )
    assert "error" in answer
    assert not seen(home, "SecretRevealed")


async def test_trying_words_one_after_the_other_is_slowed(home: House, desk: Browser) -> None:
    case = await talking(home)
    await desk.sign_in("op-1")
    async with desk.live(shown=case) as socket:
        answers = [
            await press(socket, "secret", incident=case, **JULIE, text=f"mot{n}")
            for n in range(10)
        ]
    assert [("error" in one) for one in answers] == [False] * 8 + [True] * 2
    assert seen(home, "AttentionWanted")


# ---------------------------------------------------------------- the same way, the same time


@pytest.mark.parametrize("person", ["j-dupont", "m-lambert", "nobody"])
@pytest.mark.parametrize("said", [*SAID.values()])
async def test_every_answer_is_compared_as_often(
    home: House, monkeypatch: pytest.MonkeyPatch, person: str, said: str
) -> None:
    compared: list[str] = []
    digest = secrets_of_people._digest

    def count(secret: str, salt: bytes, rounds: int) -> bytes:
        compared.append("digest")
        assert rounds == 256
        return digest(secret, salt, rounds)

    monkeypatch.setattr(secrets_of_people, "_digest", count)
    secret_outcome(
        home.directory.current, "postes-demo", person, "bru-centre", said, home.clock()
    )
    assert len(compared) == 4


async def test_good_and_duress_are_lines_of_the_same_size(
    tmp_path: Path,
) -> None:
    sizes = {}
    for said in ("good", "duress"):
        (tmp_path / said).mkdir()
        async with asked(tmp_path / said, said) as (home, _, _, _):
            [line] = seen(home, "SecretChecked")
            sizes[said] = len(json.dumps(line)) - len(line["outcome"])
    assert sizes["good"] == sizes["duress"]
