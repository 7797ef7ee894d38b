"""Timers and tasks at the desk: what is shown to whom, and what the keys do."""

import itertools
import re
from dataclasses import replace
from typing import Any

import pytest

from client_directory.alarm_model import ScheduleWatch
from client_directory.directory import Directory
from tests.securityline.web.rig import Browser, House

TIMER = "lone:postes-demo/p-peeters/lg-tri"
START = {"organisation": "postes-demo", "person": "p-peeters"}
NUMBERS = itertools.count()
TASK = "postes-demo/patrol-lg-tri@2026-11-22T03:30"


async def press(socket: Any, act: str, **values: str) -> Any:
    """Press, and return the answer to that very press."""
    await socket.send_json({"id": f"p-{next(NUMBERS)}", "act": act, **values})
    while True:
        message = await socket.receive_json(timeout=5)
        if "re" in message:
            return message


async def panel(desk: Browser) -> str:
    page = await desk.page("/")
    found = re.search(r'<section id="watch".*?</section>', page, re.DOTALL)
    assert found is not None
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", found[0]))


def seen(home: House, what: str) -> list[Any]:
    return [line.data for line in home.logbook.read(limit=1000) if line.what == what]


async def test_a_timer_is_started_prolonged_and_ended_by_hand(
    home: House, desk: Browser
) -> None:
    await desk.sign_in("op-1")
    async with desk.live() as socket:
        assert (await press(socket, "timer_start", **START, text="45 Quai 4"))["is_done"]
        [row] = home.watch.timers(("standard",))
        assert (row.timer.amber_at - home.clock(), row.timer.note) == (2700.0, "Quai 4")
        said = await panel(desk)
        assert "En cours Piet Peeters 45:00 Postes Démo · Liège Centre de tri Quai 4" in said
        assert (await press(socket, "timer_prolong", timer=TIMER, text="15"))["is_done"]
        assert home.watch.timers(("standard",))[0].timer.amber_at == home.clock() + 3600
        assert "error" in await press(socket, "timer_end", timer=TIMER, text="")
        assert (await press(socket, "timer_end", timer=TIMER, text="She is back"))["is_done"]
    [started] = seen(home, "SafetyTimerStarted")
    [ended] = seen(home, "SafetyTimerEnded")
    assert (started["by"], ended["by"], ended["reason"]) == ("op-1", "op-1", "She is back")


async def test_without_minutes_the_client_s_own_time_runs(home: House, desk: Browser) -> None:
    await desk.sign_in("op-1")
    async with desk.live() as socket:
        await press(socket, "timer_start", **START, text="chaudière 2")
    [row] = home.watch.timers(("standard",))
    assert (row.timer.amber_at - home.clock(), row.timer.note) == (
        3720.0,
        "chaudière 2",
    )


@pytest.mark.parametrize(
    ("pin", "answer"),
    [
        ("7310", None),
        ("7311", None),
        ("0000", "Ce code n’est pas le bon. La minuterie continue."),
        ("", "Aucun code n’a été donné. La minuterie continue."),
    ],
)
async def test_an_operator_hears_a_pin_and_types_it(
    home: House, desk: Browser, pin: str, answer: str | None
) -> None:
    home.watch.start_timer("postes-demo", "p-peeters", run_time=600.0)
    home.pass_time(601)
    await desk.sign_in("op-1")
    async with desk.live() as socket:
        heard = await press(socket, "timer_pin", timer=TIMER, text=pin)
    assert heard.get("error") == answer
    assert len(seen(home, "SafetyTimerCancelled")) == (pin == "7310")
    assert [x["is_silent"] for x in seen(home, "SafetyTimerRaised")] == [True] * (pin == "7311")
    lines = " ".join(str(line.data) for line in home.logbook.read(limit=1000))
    assert not pin or f"'{pin}'" not in lines


async def test_amber_red_and_duress_are_told_in_words(home: House, desk: Browser) -> None:
    home.watch.start_timer("postes-demo", "p-peeters", run_time=600.0)
    await desk.sign_in("op-1")
    assert "En cours Piet Peeters" in await panel(desk)
    home.pass_time(601)
    assert "ORANGE Piet Peeters" in await panel(desk)
    home.pass_time(480)
    said = await panel(desk)
    assert "ROUGE Piet Peeters" in said
    assert "SOUS LA CONTRAINTE" not in said
    home.watch.check_in(TIMER, "7311")
    assert "SOUS LA CONTRAINTE" in await panel(desk)


async def test_the_other_screens_see_it_at_once(home: House, desk: Browser) -> None:
    await desk.sign_in("op-1")
    async with desk.live() as socket:
        await socket.receive_json(timeout=5)
        home.watch.start_timer("postes-demo", "p-peeters", run_time=600.0)
        while True:
            message = await socket.receive_json(timeout=5)
            drawn = {one["id"]: one["html"] for one in message.get("fragments", [])}
            if "watch" in drawn:
                break
    assert "Piet Peeters" in drawn["watch"]


async def test_a_task_is_done_with_its_outcome(home: House, desk: Browser) -> None:
    home.pass_time(45 * 60)
    await desk.sign_in("op-1")
    async with desk.live() as socket:
        assert "error" in await press(socket, "task_done", task=TASK, outcome="maybe")
        assert "error" in await press(socket, "task_done", task=TASK, outcome="finding")
        done = await press(socket, "task_done", task=TASK, outcome="in_order", text="")
        assert done["is_done"]
        again = await press(socket, "task_done", task=TASK, outcome="in_order", text="x")
        assert "error" in again
    [done] = seen(home, "TaskDone")
    assert (done["operator"], done["outcome"], done["is_late"]) == ("op-1", "in_order", False)
    [case] = home.switchboard.incidents.values()
    assert (case.is_open, case.closed_by) == (False, "op-1")


async def test_who_is_not_cleared_neither_sees_nor_presses(
    home: House, desk: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    home.watch.start_timer("postes-demo", "p-peeters", run_time=600.0)
    home.pass_time(45 * 60)
    clients = home.directory.current.organisations
    secret = replace(clients["postes-demo"], clearance="high_security")
    monkeypatch.setitem(clients, "postes-demo", secret)  # type: ignore[arg-type]
    await desk.sign_in("op-2")
    assert "Peeters" not in (said := await panel(desk))
    assert "Ronde" not in said
    async with desk.live() as socket:
        for act, values in (
            ("timer_start", {"organisation": "postes-demo", "person": "k-schmitz"}),
            ("timer_prolong", {"timer": TIMER, "text": "5"}),
            ("timer_end", {"timer": TIMER, "text": "x"}),
            ("timer_pin", {"timer": TIMER, "text": "7310"}),
            ("task_done", {"task": TASK, "outcome": "in_order"}),
        ):
            assert "error" in await press(socket, act, **values), act
    assert len(home.watch.timers(("high_security",))) == 1


async def test_an_auditor_changes_nothing(
    home: House, desk: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = home.directory.current.operators
    monkeypatch.setitem(people, "op-2", replace(people["op-2"], role="auditor"))  # type: ignore[arg-type]
    await desk.sign_in("op-2")
    async with desk.live() as socket:
        assert "error" in await press(socket, "timer_start", **START, text="")
    assert home.watch.timers(("standard",)) == []


# ---------------------------------------------------------------- openings

BRUSSELS = {"organisation": "postes-demo", "site": "bru-centre"}


def with_hours(home: House) -> None:
    """Let it be watched when Brussels opens."""
    current, clients = home.directory.current, []
    for client in current.organisations.values():
        sites = [
            replace(site, schedule_watch=ScheduleWatch(is_early_open_watched=True))
            if site.site == "bru-centre"
            else replace(site, schedule_watch=None)
            for site in client.sites
        ]
        clients.append(replace(client, sites=tuple(sites)))
    home.directory._current = Directory(
        clients, current.operators.values(), current.services.values()
    )
    home.watching.reload()


async def test_an_operator_notes_that_an_opening_was_agreed(home: House, desk: Browser) -> None:
    with_hours(home)
    await desk.sign_in("op-1")
    async with desk.live() as socket:
        said = await press(socket, "opening_agreed", **BRUSSELS, text="2h inventaire")
        assert said["is_done"]
    [line] = seen(home, "OpeningAgreed")
    assert (line["by"], line["reason"]) == ("op-1", "inventaire")
    assert line["until"] == pytest.approx(home.clock() + 7200, abs=5)


@pytest.mark.parametrize(
    ("place", "text", "words"),
    [
        (BRUSSELS, "inventaire", "jusqu’à quand"),
        (BRUSSELS, "2h", "pourquoi"),
        (BRUSSELS, "30h inventaire", "24 heures"),
        ({**BRUSSELS, "site": "lg-tri"}, "2h inventaire", "ne sont pas surveillées"),
        ({**BRUSSELS, "organisation": "nobody"}, "2h inventaire", "site"),
    ],
)
async def test_an_opening_without_an_end_or_a_reason_is_not_agreed(
    home: House, desk: Browser, place: dict[str, str], text: str, words: str
) -> None:
    with_hours(home)
    await desk.sign_in("op-1")
    async with desk.live() as socket:
        said = await press(socket, "opening_agreed", **place, text=text)
    assert words in said["error"]
    assert seen(home, "OpeningAgreed") == []
