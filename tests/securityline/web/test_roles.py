"""Every role against every address and every press that the code knows.

The addresses come from the router and the presses from the tables that carry them out; the
rules stand here. Something new without a rule fails.
"""

import inspect
import re
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import pytest
from aiohttp import web

from securityline.web import browser_phone, live
from securityline.web.live import PRESSES, WATCH_PRESSES
from securityline.web.roles import PRESSES as ALLOWED
from tests.securityline.web.rig import Browser, House, browser, field_of, house
from tests.securityline.web.test_watch_desk import press, seen

ROLES: Final = ("operator", "supervisor", "administrator", "auditor")
ALL: Final = frozenset(ROLES)
NO_AUDITOR: Final = ALL - {"auditor"}

PAGES: Final[dict[tuple[str, str], frozenset[str] | str]] = {
    ("GET", "/static"): "open",
    ("GET", "/sign-in"): "open",
    ("POST", "/sign-in"): "open",
    ("GET", "/healthz"): "open",
    ("GET", "/readyz"): "open",
    ("GET", "/metrics"): "open",
    ("GET", "/api/openapi.json"): "open",
    ("POST", "/sign-out"): ALL,
    ("POST", "/language"): ALL,
    ("POST", "/theme"): ALL,
    ("GET", "/authenticator"): ALL,
    ("POST", "/authenticator"): ALL,
    ("GET", "/"): ALL,
    ("GET", "/desk/live"): ALL,
    ("GET", "/incidents"): ALL,
    ("GET", "/incidents/{incident_id}"): ALL,
    ("GET", "/incidents/{incident_id}/report"): ALL,
    ("GET", "/incidents/{incident_id}/speakers"): ALL,
    ("GET", "/sites"): ALL,
    ("GET", "/recordings/{recording_id}"): ALL,
    ("GET", "/deviations"): ALL - {"operator"},
    ("GET", "/wallboard"): frozenset({"supervisor", "auditor"}),
    ("GET", "/wallboard/live"): frozenset({"supervisor", "auditor"}),
    ("GET", "/room"): frozenset({"supervisor", "auditor"}),
    ("GET", "/api/v1/incidents"): "token",
    ("GET", "/api/v1/incidents/{id}"): "token",
    ("GET", "/api/v1/incidents/{id}/log"): "token",
    ("GET", "/api/v1/calls"): "token",
    ("GET", "/api/v1/recordings/{id}"): "token",
    ("POST", "/api/v1/alarms"): "token",
    ("GET", "/api/v1/timers"): "token",
    ("POST", "/api/v1/timers"): "token",
    ("POST", "/api/v1/timers/{id}/prolong"): "token",
    ("POST", "/api/v1/timers/{id}/end"): "token",
    ("POST", "/api/v1/timers/{id}/check-in"): "token",
    ("GET", "/api/v1/tasks"): "token",
    ("POST", "/api/v1/tasks/{id}/outcome"): "token",
    ("GET", "/api/v1/events"): "token",
}
"Who may open each address: roles; anybody; or programs alone, by their token."

ACTS: Final[dict[str, frozenset[str]]] = {
    "ping": ALL,
    "show": ALL,
    "phone_offer": NO_AUDITOR,
    "phone_resume": NO_AUDITOR,
    "phone_off": NO_AUDITOR,
    "visit": frozenset({"supervisor"}),
    **dict.fromkeys(
        [
            "ready",
            "break",
            "answer",
            "hang_up",
            "hold",
            "resume",
            "transfer",
            "give",
            "take",
            "kind",
            "answer_step",
            "skip",
            "verify",
            "note",
            "urgency",
            "close",
            "case_park",
            "case_unpark",
            "enter_site",
            "handover",
            "handover_accept",
            "handover_decline",
            "shift_offer",
            "shift_accept",
            "shift_withdraw",
            "action_request",
            "action_approve",
            "action_reject",
            "tree_start",
            "tree_pause",
            "tree_resume",
            "tree_jump",
            "tree_call",
            "tree_skip",
            "tree_join",
            "tree_stop",
            "tree_confirm",
            "covert",
            "speak_ask",
            "speak",
            "call_person",
            "phrase",
            "secret",
            "secret_reveal",
            "service",
            "service_detail",
            "service_end",
            "timer_start",
            "timer_prolong",
            "timer_end",
            "timer_pin",
            "task_done",
            "test_set",
            "test_end",
            "opening_agreed",
            "leave",
        ],
        NO_AUDITOR,
    ),
}
"Who may send each press."


def acts_of(app: web.Application) -> set[str]:
    """Every act that a socket of the desk understands, from the code that does so."""
    watch = app[WATCH_PRESSES]
    assert watch is not None
    phone = re.findall(r'case "(\w+)"', inspect.getsource(browser_phone.BrowserPhone.obey))
    return {*app[PRESSES].acts, *watch.acts, *phone, live.PING, live.SHOW}


async def as_role(home: House, desk: Browser, role: str) -> None:
    """Sign op-1 in with a role."""
    people: Any = home.directory.current.operators
    people["op-1"] = replace(people["op-1"], role=role)
    answer = await desk.sign_in("op-1")
    assert answer.status == 303


async def test_every_address_has_a_rule(home: House) -> None:
    known = {
        (route.method, route.resource.canonical)
        for route in home.app().router.routes()
        if route.method != "HEAD" and route.resource is not None
    }
    assert known == set(PAGES)


async def test_every_press_has_a_rule_here_and_in_the_code(home: House) -> None:
    app = home.app()
    assert acts_of(app) == set(ACTS)
    pressed = {*app[PRESSES].acts, *(app[WATCH_PRESSES] or app[PRESSES]).acts}
    assert set(ALLOWED) == pressed
    assert {act: ACTS[act] for act in pressed} == dict(ALLOWED)


@pytest.mark.parametrize("role", ROLES)
async def test_a_role_opens_its_pages_and_no_others(tmp_path: Path, role: str) -> None:
    async with house(tmp_path) as home, browser(home.app()) as desk:
        await as_role(home, desk, role)
        refused = 0
        for (method, path), may in PAGES.items():
            if path in ("/static", "/sign-in", "/sign-out"):
                continue
            answer = await ask(desk, method, re.sub(r"\{\w+\}", "none", path))
            if may == "token":
                assert answer.status == 401, path
            elif may == "open" or role in may:
                assert answer.status not in (401, 403, 500), (path, answer.status)
            else:
                assert answer.status == 403, (path, answer.status)
                refused += 1
        await home.settled()
        told = seen(home, "PressRefused")
        assert len(told) == refused, "a refusal is a line"
        assert all(x["reason"] and x["operator"] == "op-1" for x in told)


async def ask(desk: Browser, method: str, path: str) -> Any:
    """Ask for an address as the page would."""
    if method == "GET":
        headers = {"Origin": desk.origin} if path.endswith("/live") else {}
        return await desk.get(path, headers=headers, allow_redirects=False)
    form = {"csrf": field_of(await desk.page("/"), "csrf"), "language": "fr"}
    return await desk.http.post(desk.url(path), data=form, allow_redirects=False)


@pytest.mark.parametrize("role", ROLES)
async def test_a_role_makes_its_presses_and_no_others(tmp_path: Path, role: str) -> None:
    """What it may is refused, if at all, for what it says; what it may not, for the role."""
    async with house(tmp_path) as home:
        app = home.app()
        async with browser(app) as desk:
            await as_role(home, desk, role)
            await home.settled()
            before = home.switchboard.to_state()
            async with desk.live() as socket:
                refused = 0
                for act in sorted({*ALLOWED}):
                    if act in ("ready", "break", "shift_offer") and role in ALLOWED[act]:
                        continue  # these are whole without another word, and are done
                    answer = await press(socket, act)
                    of_role = ("auditeur", "superviseur") if role in ALL else ()
                    is_of_role = any(word in answer.get("error", "") for word in of_role)
                    assert is_of_role == (role not in ALLOWED[act]), (act, answer)
                    refused += role not in ALLOWED[act]
            await home.settled()
            if role == "auditor":
                assert home.switchboard.to_state()["incidents"] == before["incidents"]
                assert home.switchboard.to_state()["operators"] == before["operators"]
                assert refused == len(ALLOWED), "an auditor changes nothing"
        await home.settled()  # those that were held back come when the application ends
        lines = seen(home, "PressRefused")
        assert len(lines) + sum(x.get("left_out", 0) for x in lines) >= refused
        of_role = ("auditor reads", "Only a supervisor")
        assert any(w in x["reason"] for x in lines for w in of_role) == bool(refused)
