"""Timers and tasks by HTTP: who may, what is answered, and what nobody learns of duress."""

import json
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from callflows.events import CloseRequested, OperatorId
from securityline.watch_door import SHORTEST_TIME
from tests.securityline.web.rig import Browser, House, browser, house

TIMER = "lone:postes-demo/p-peeters/lg-tri"
START = {"organisation": "postes-demo", "person": "p-peeters", "seconds": 600, "note": "Quai 4"}
BOTH = "timers:read timers:write"


async def post(
    desk: Browser, path: str, body: Any = None, token: str = BOTH
) -> tuple[int, Any]:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = {"Authorization": f"Bearer {token}"}
    answer = await desk.http.post(_url(desk, path), data=data, headers=headers)
    return answer.status, await answer.json()


async def get(desk: Browser, path: str, token: str = BOTH) -> Any:
    headers = {"Authorization": f"Bearer {token}"}
    answer = await desk.http.get(_url(desk, path), headers=headers)
    assert answer.status == 200
    return await answer.json()


def _url(desk: Browser, path: str) -> Any:
    return desk.server.make_url("/").with_path(f"/api/v1{path}", encoded=True)


def at(timer_id: str, act: str) -> str:
    return f"/timers/{quote(timer_id, safe='')}/{act}"


def seen(home: House) -> list[str]:
    return [line.what for line in home.logbook.read(limit=1000)]


async def test_a_timer_from_its_start_to_the_pin(home: House, desk: Browser) -> None:
    status, timer = await post(desk, "/timers", START)
    assert status == 201
    assert timer == {
        "timer_id": TIMER,
        "kind": "lone_worker",
        "organisation": "postes-demo",
        "site": "lg-tri",
        "person": "p-peeters",
        "name": "Piet Peeters",
        "stage": "running",
        "lapses_at": "2026-11-22T02:10:00.000Z",
        "red_at": "2026-11-22T02:18:00.000Z",
        "note": "Quai 4",
        "incident_id": None,
    }
    assert seen(home)[1:] == ["SafetyTimerStarted"], "on disk before the answer"
    assert await get(desk, "/timers") == [timer]
    status, more = await post(desk, at(TIMER, "prolong"), {"seconds": 300})
    assert (status, more["lapses_at"]) == (200, "2026-11-22T02:15:00.000Z")
    home.pass_time(901)
    [amber] = await get(desk, "/timers")
    assert (amber["stage"], bool(amber["incident_id"])) == ("amber", True)
    for act, body in (("prolong", {"seconds": 300}), ("end", {"reason": "he is back"})):
        status, problem = await post(desk, at(TIMER, act), body)
        assert (status, problem["status"]) == (409, 409)
    assert await post(desk, at(TIMER, "check-in"), {"pin": "7310"}) == (
        200,
        {"timer_id": TIMER, "outcome": "good"},
    )
    [anew] = await get(desk, "/timers")
    assert (anew["stage"], anew["lapses_at"]) == ("running", "2026-11-22T02:25:01.000Z")
    last = {"pin": "7310", "end": True}
    assert (await post(desk, at(TIMER, "check-in"), last))[1]["outcome"] == "good"
    assert await get(desk, "/timers") == []


async def test_who_is_known_to_be_safe_needs_no_pin_while_it_runs(
    home: House, desk: Browser
) -> None:
    await post(desk, "/timers", START)
    assert (await post(desk, at(TIMER, "end"), {"reason": " "}))[0] == 422
    assert await post(desk, at(TIMER, "end"), {"reason": "back at the desk"}) == (
        200,
        {"timer_id": TIMER},
    )
    [ended] = [x for x in home.logbook.read(limit=100) if x.what == "SafetyTimerEnded"]
    assert (ended.data["by"], ended.data["reason"]) == (f"token {BOTH}", "back at the desk")


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"{", 400),
        ([], 422),
        ({}, 422),
        (START | {"person": ""}, 422),
        (START | {"person": 7}, 422),
        (START | {"person": "m-lambert"}, 422),
        (START | {"site": "moon"}, 422),
        (START | {"seconds": SHORTEST_TIME - 1}, 422),
        (START | {"seconds": "600"}, 422),
        (START | {"seconds": True}, 422),
        (START | {"seconds": 10**400}, 422),
        (START | {"sekonds": 600}, 422),
        (b'{"organisation": "postes-demo", "person": "p-peeters", "seconds": NaN}', 422),
        (START | {"seconds": None}, 201),
    ],
)
async def test_what_is_malformed_starts_nothing(
    home: House, desk: Browser, body: Any, status: int
) -> None:
    answer, _ = await post(desk, "/timers", body)
    assert answer == status
    assert len(home.watching.timers.view()) == (status == 201)


async def test_one_that_runs_is_no_other_one_s_to_start(home: House, desk: Browser) -> None:
    await post(desk, "/timers", START)
    assert (await post(desk, "/timers", START | {"seconds": 7200}))[0] == 409
    assert (await post(desk, at("nothing", "prolong"), {"seconds": 60}))[0] == 404


@pytest.mark.parametrize(
    ("method", "path", "scope"),
    [
        ("get", "/timers", "timers:read"),
        ("post", "/timers", "timers:write"),
        ("post", "/timers/x/prolong", "timers:write"),
        ("post", "/timers/x/end", "timers:write"),
        ("post", "/timers/x/check-in", "timers:write"),
        ("get", "/tasks", "tasks:read"),
        ("post", "/tasks/x/outcome", "tasks:write"),
    ],
)
async def test_each_needs_its_scope(desk: Browser, method: str, path: str, scope: str) -> None:
    for token, status in (("calls:read", 403), ("nonsense", 401)):
        headers = {"Authorization": f"Bearer {token}"}
        answer = await desk.http.request(method, _url(desk, path), data=b"x", headers=headers)
        assert answer.status == status
    other = "timers:read" if scope != "timers:read" else "timers:write"
    headers = {"Authorization": f"Bearer {other}"}
    answer = await desk.http.request(method, _url(desk, path), data=b"x", headers=headers)
    assert answer.status == 403


@pytest.mark.parametrize(("pin", "outcome"), [("0000", "wrong"), ("", "none")])
async def test_a_pin_that_says_nothing_ends_nothing(
    home: House, desk: Browser, pin: str, outcome: str
) -> None:
    await post(desk, "/timers", START)
    status, body = await post(desk, at(TIMER, "check-in"), {"pin": pin})
    assert (status, body["outcome"]) == (200, outcome)
    assert len(await get(desk, "/timers")) == 1
    assert pin == "" or all(pin not in str(x.data) for x in home.logbook.read(limit=99))


async def test_wrong_pins_become_an_alarm_and_then_a_pause(home: House, desk: Browser) -> None:
    await post(desk, "/timers", START)
    answers = [(await post(desk, at(TIMER, "check-in"), {"pin": "0000"}))[0] for _ in range(7)]
    assert answers == [200] * 6 + [429]
    assert home.watching.timers.view()[0].stage == "red"
    assert (await post(desk, at(TIMER, "check-in"), {"pin": "7310"}))[0] == 429


# ---------------------------------------------------------------- duress


async def all_that_is_said(desk: Browser, home: House, pin: str) -> list[Any]:
    """What a program without `duress:read` is told from the PIN on."""
    await post(desk, "/timers", START)
    told: list[Any] = [await post(desk, at(TIMER, "check-in"), {"pin": pin})]
    await home.settled()
    told.append(await get(desk, "/timers"))
    for act, body in (
        ("check-in", {"pin": "7310"}),
        ("prolong", {"seconds": 60}),
        ("end", {"reason": "x"}),
    ):
        told.append(await post(desk, at(TIMER, act), body))
    told.append(await get(desk, "/incidents", "incidents:read"))
    status, again = await post(desk, "/timers", START)
    told.append((status, again["stage"], again["incident_id"]))
    return told


async def test_a_program_cannot_tell_duress_from_a_good_pin(home: House, desk: Browser) -> None:
    good = await all_that_is_said(desk, home, "7310")
    await post(desk, at(TIMER, "end"), {"reason": "again"})
    forced = await all_that_is_said(desk, home, "7311")
    assert forced == good


async def test_the_event_stream_tells_of_a_good_pin(home: House, desk: Browser) -> None:
    await post(desk, "/timers", START)
    await post(desk, at(TIMER, "check-in"), {"pin": "7311"})
    home.engine.note("Marked", {})
    await home.settled()
    for scope, is_told in (("events:read", False), ("events:read duress:read", True)):
        headers = {"Authorization": f"Bearer {scope}"}
        url = _url(desk, "/events").with_query(after=0)
        async with desk.http.get(url, headers=headers) as answer:
            heard = b""
            while b"event: Marked" not in heard:
                heard += await answer.content.readany()
        assert (b"duress" in heard.lower(), b"IncidentOpened" in heard) == (is_told, is_told)
        assert (b"event: SafetyTimerCancelled" in heard) is not is_told


async def lines_of(desk: Browser, path: str) -> list[tuple[str, Any]]:
    """Read what the feed, or the log of a case, says without `duress:read`."""
    if path != "/events":
        return [(x["what"], x["data"]) for x in await get(desk, path, "incidents:read")]
    headers = {"Authorization": "Bearer events:read"}
    async with desk.http.get(_url(desk, path).with_query(after=0), headers=headers) as answer:
        heard = b""
        while b"event: Marked" not in heard:
            heard += await answer.content.readany()
    data = [json.loads(x[6:]) for x in heard.decode().split("\n") if x.startswith("data: ")]
    whole = [(x["what"], x["data"] | {"case": x["incident_id"]}) for x in data]
    return whole[[what for what, _ in whole].index("SafetyTimerStarted") :]


async def all_that_is_written(folder: Path, pin: str, time: float) -> list[Any]:
    async with house(folder) as home, browser(home.app()) as desk:
        await post(desk, "/timers", START)
        home.pass_time(time)
        await home.settled()
        assert (await post(desk, at(TIMER, "check-in"), {"pin": pin}))[0] == 200
        home.engine.note("Marked", {})
        await home.settled()
        told: list[Any] = await lines_of(desk, "/events")
        for case in await get(desk, "/incidents", "incidents:read"):
            told += [case, await lines_of(desk, f"/incidents/{case['incident_id']}/log")]
        return [*told, await get(desk, "/timers")]


@pytest.mark.parametrize(
    ("time", "stage"), [(60.0, "running"), (11 * 60.0, "amber"), (20 * 60.0, "red")]
)
async def test_no_line_tells_duress_from_a_good_pin_however_late_it_comes(
    tmp_path: Path, time: float, stage: str
) -> None:
    good = await all_that_is_written(tmp_path / "good", "7310", time)
    forced = await all_that_is_written(tmp_path / "forced", "7311", time)
    signs = [x[1] for x in good if isinstance(x, tuple) and x[0] == "SafetyTimerCancelled"]
    assert [one["stage"] for one in signs] == [stage]
    assert forced == good


async def test_operators_and_cleared_programs_know(home: House, desk: Browser) -> None:
    await post(desk, "/timers", START)
    await post(desk, at(TIMER, "check-in"), {"pin": "7311"})
    [timer] = await get(desk, "/timers", "timers:read duress:read")
    assert timer["stage"] == "red"
    [case] = await get(desk, "/incidents", "incidents:read duress:read")
    assert (case["incident_id"], case["is_under_duress"]) == (timer["incident_id"], True)
    assert case["urgency"] == 1
    assert await get(desk, "/incidents", "incidents:read") == []
    headers = {"Authorization": "Bearer incidents:read"}
    for path in (f"/incidents/{case['incident_id']}", f"/incidents/{case['incident_id']}/log"):
        assert (await desk.http.get(_url(desk, path), headers=headers)).status == 404


# ---------------------------------------------------------------- tasks


async def due_task(home: House, desk: Browser) -> Any:
    home.pass_time(45 * 60)
    [task] = await get(desk, "/tasks", "tasks:read")
    return task


async def test_a_task_is_read_and_its_outcome_recorded(home: House, desk: Browser) -> None:
    task = await due_task(home, desk)
    assert task["task_id"] == "postes-demo/patrol-lg-tri@2026-11-22T03:30"
    assert (task["state"], task["due_at"]) == ("due", "2026-11-22T02:30:00.000Z")
    assert task["title"]["en"] == "Virtual patrol of the docks"
    path = f"/tasks/{quote(task['task_id'], safe='')}/outcome"
    for body in ({"outcome": "maybe"}, {}, {"outcome": "in_order", "text": 7}):
        assert (await post(desk, path, body, "tasks:write"))[0] == 422
    status, done = await post(
        desk, path, {"outcome": "in_order", "text": "dark"}, "tasks:write"
    )
    assert (status, done["outcome"]) == (200, "in_order")
    assert await get(desk, "/tasks", "tasks:read") == []
    assert (await post(desk, path, {"outcome": "in_order"}, "tasks:write"))[0] == 404
    home.pass_time(3600)
    assert "TaskLate" not in seen(home)


async def test_a_task_closed_at_the_desk_waits_for_no_program(
    home: House, desk: Browser
) -> None:
    task = await due_task(home, desk)
    case = home.switchboard.incidents[task["incident_id"]]
    for step in case.run.missing():
        case.run.records[step.step] = None  # type: ignore[assignment]
    home.engine.handle(
        CloseRequested(
            incident_id=case.incident_id, operator=OperatorId("op-1"), disposition="handled"
        )
    )
    await home.settled()
    assert await get(desk, "/tasks", "tasks:read") == []
    assert seen(home).count("TaskDone") == 1
