import json
import re
from typing import Any

import pytest

from callflows.call_back import DELAY
from callflows.events import CloseRequested, OperatorId
from securityline.web.openapi import DOCUMENT
from tests.securityline.web.rig import BANQUE, DUPONT, POSTES, Browser, House

SCOPES = {
    "/api/v1/incidents": "incidents:read",
    "/api/v1/incidents/inc-0001": "incidents:read",
    "/api/v1/incidents/inc-0001/log": "incidents:read",
    "/api/v1/calls": "calls:read",
    "/api/v1/events": "events:read",
    "/api/v1/recordings/call-0001-r1": "recordings:read",
}


async def api(desk: Browser, path: str, scope: str = "incidents:read") -> Any:
    return await desk.get(path, headers={"Authorization": f"Bearer {scope}"})


def check_problem(answer: Any, body: dict[str, Any], status: int) -> None:
    assert answer.status == status
    assert answer.content_type == "application/problem+json"
    assert body["status"] == status
    assert body["type"]
    assert body["title"]
    assert body["detail"]


@pytest.mark.parametrize("path", SCOPES)
async def test_a_token_with_the_scope_is_needed(desk: Browser, path: str) -> None:
    for headers in (
        {},
        {"Authorization": "Bearer nonsense"},
        {"Authorization": "Basic b3A6eA=="},
        {"Authorization": "Bearer "},
        {"Authorization": "Bearer " + "x" * 1000},
    ):
        answer = await desk.get(path, headers=headers)
        check_problem(answer, await answer.json(), 401)
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    other = "calls:read" if SCOPES[path] != "calls:read" else "events:read"
    answer = await api(desk, path, other)
    check_problem(answer, await answer.json(), 403)


async def test_a_desk_session_opens_no_api(desk: Browser) -> None:
    await desk.sign_in("op-1")
    assert (await desk.get("/api/v1/incidents")).status == 401


async def test_calls_have_what_the_contract_says(home: House, desk: Browser) -> None:
    home.sign_in("op-1")
    first = home.ring(POSTES, DUPONT, diverted_from="+3225550210")
    second = home.ring(BANQUE, None, is_withheld=True)
    home.caller_hangs_up(second)
    await home.settled()
    answer = await api(desk, "/api/v1/calls?state=active", "calls:read")
    (call,) = await answer.json()
    assert set(call) >= {
        "call_id", "direction", "did", "organisation", "site", "person", "caller", "withheld",
        "diverted_from", "state", "incident_id", "started_at", "answered_at", "ended_at",
        "operator",
    }  # fmt: skip
    assert (call["call_id"], call["did"], call["caller"]) == (first[1], POSTES, DUPONT)
    assert (call["organisation"], call["person"]) == ("postes-demo", "j-dupont")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", call["started_at"])
    everything = await (await api(desk, "/api/v1/calls", "calls:read")).json()
    assert {one["call_id"] for one in everything} == {first[1], second[1]}
    ended = await (await api(desk, "/api/v1/calls?state=ended", "calls:read")).json()
    assert [one["withheld"] for one in ended] == [True]


async def test_incidents_and_their_log(home: House, desk: Browser) -> None:
    ids = home.ring(POSTES, DUPONT)
    other = home.ring(BANQUE, None)
    await home.settled()
    listed = await (await api(desk, "/api/v1/incidents?state=open")).json()
    assert {one["incident_id"] for one in listed} == {ids[0], other[0]}
    one = await (await api(desk, f"/api/v1/incidents/{ids[0]}")).json()
    assert (one["organisation"], one["state"]) == ("postes-demo", "open")
    lines = await (await api(desk, f"/api/v1/incidents/{ids[0]}/log")).json()
    assert lines[0]["what"] == "CallOffered"
    assert {line["incident_id"] for line in lines} == {ids[0]}
    assert [line["seq"] for line in lines] == sorted(line["seq"] for line in lines)
    after = lines[2]["seq"]
    page = await api(desk, f"/api/v1/incidents/{ids[0]}/log?after={after}&limit=2")
    assert [line["seq"] for line in await page.json()] == [line["seq"] for line in lines[3:5]]
    closed = await (await api(desk, "/api/v1/incidents?state=closed")).json()
    assert closed == []


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/api/v1/incidents/nothing", 404),
        ("/api/v1/incidents/nothing/log", 404),
        ("/api/v1/incidents?state=maybe", 422),
        ("/api/v1/incidents?limit=0x10", 422),
        ("/api/v1/incidents?limit=-1", 422),
        ("/api/v1/incidents?limit=99999999999999999999", 422),
        ("/api/v1/incidents?limit=1001", 422),
        ("/api/v1/nothing", 404),
        ("/api/v2/incidents", 404),
    ],
)
async def test_what_is_wrong_is_a_problem_document(
    desk: Browser, path: str, status: int
) -> None:
    answer = await api(desk, path)
    check_problem(answer, await answer.json(), status)


async def under_duress(home: House) -> Any:
    """Somebody gave his duress PIN to a call tree, and the case was closed as resolved."""
    home.picks_up = {"op-1"}
    home.sign_in("op-1")
    ids = home.ring(POSTES, DUPONT)
    await home.settled()
    tree_id = home.start_tree(ids[0], "intrusion")
    home.keyholder(tree_id, "j-dupont", "3")
    home.keyholder_gives_pin(tree_id, "j-dupont", "duress")
    home.keyholder(tree_id, "j-dupont", "1", "2", "#")
    home.engine.handle(
        CloseRequested(incident_id=ids[0], operator=OperatorId("op-1"), disposition="handled")
    )
    await home.settled()
    return ids


async def test_a_case_tells_of_its_call_trees(home: House, desk: Browser) -> None:
    ids = await under_duress(home)
    case = await (await api(desk, f"/api/v1/incidents/{ids[0]}")).json()
    check_schema(case, {"$ref": "#/components/schemas/Incident"}, "incident")
    (tree,) = case["trees"]
    assert (tree["call_tree"], tree["state"], tree["accepted"]) == (
        "intrusion", "taken", ["j-dupont"],
    )  # fmt: skip
    (attempt,) = tree["attempts"]
    assert attempt["number"] == "+32470000001"
    assert (attempt["outcome"], attempt["minutes"]) == ("accepted", 12)
    assert tree["promise_at"] > attempt["dialled_at"]


async def test_duress_is_told_to_who_may_know_and_to_nobody_else(
    home: House, desk: Browser
) -> None:
    ids = await under_duress(home)
    paths = (
        f"/api/v1/incidents/{ids[0]}",
        "/api/v1/incidents",
        f"/api/v1/incidents/{ids[0]}/log",
    )
    for path in paths:
        assert "duress" not in await (await api(desk, path)).text(), path
        told = await (await api(desk, path, "incidents:read duress:read")).text()
        assert "duress" in told, path
    for scope, is_told in (("events:read", False), ("events:read duress:read", True)):
        answer = await api(desk, "/api/v1/events?after=0", scope)
        heard = b""
        while b"CloseRefused" not in heard:
            heard += await answer.content.readany()
        answer.close()
        assert (b"duress" in heard) == is_told


async def test_a_call_of_a_case_for_operators_alone_is_told_to_who_may_know(
    home: House, desk: Browser
) -> None:
    ids = home.ring(POSTES, DUPONT)
    await home.settled()
    assert len(await (await api(desk, "/api/v1/calls", "calls:read")).json()) == 1
    home.switchboard.incidents[ids[0]].is_silent = True
    assert await (await api(desk, "/api/v1/calls", "calls:read")).json() == []
    assert len(await (await api(desk, "/api/v1/calls", "calls:read duress:read")).json()) == 1


async def test_a_call_back_is_an_outbound_call(home: House, desk: Browser) -> None:
    ids = home.ring(POSTES, DUPONT)
    home.caller_hangs_up(ids)
    home.picks_up = {"op-1"}
    home.sign_in("op-1")
    home.pass_time(DELAY + 1)
    await home.settled()
    found = await (await api(desk, "/api/v1/calls", "calls:read")).json()
    check_schema(found, {"$ref": "#/components/schemas/Calls"}, "calls")
    assert {(one["direction"], one["state"]) for one in found} == {
        ("inbound", "ended"), ("outbound", "dialling"),
    }  # fmt: skip
    assert {one["caller"] for one in found} == {DUPONT}


async def test_a_method_that_is_not_there(desk: Browser) -> None:
    answer = await desk.http.delete(
        desk.url("/api/v1/incidents"), headers={"Authorization": "Bearer incidents:read"}
    )
    check_problem(answer, await answer.json(), 405)
    assert "GET" in answer.headers["Allow"]


async def test_an_error_of_ours_shows_no_traceback(
    home: House, desk: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*values: Any, **more: Any) -> Any:
        raise RuntimeError("secret path /etc/x")

    monkeypatch.setattr(home.logbook, "documents", broken)
    answer = await api(desk, "/api/v1/incidents")
    body = await answer.text()
    check_problem(answer, json.loads(body), 500)
    assert "secret" not in body
    assert "Traceback" not in body


async def test_the_description_names_every_address_and_no_other(desk: Browser) -> None:
    answer = await desk.get("/api/openapi.json")
    described = await answer.json()
    assert described["info"]["version"] == "0.1.0"
    known = set()
    for resource in desk.server.app.router.resources():  # type: ignore[attr-defined]
        path = resource.canonical
        if path.startswith("/api/") or path in ("/healthz", "/readyz", "/metrics"):
            known.add(path)
    assert set(described["paths"]) == known


async def test_every_reference_in_the_description_leads_somewhere(desk: Browser) -> None:
    text = json.dumps(DOCUMENT)
    for name in re.findall(r'"#/components/schemas/(\w+)"', text):
        assert name in DOCUMENT["components"]["schemas"]
    for path, operations in DOCUMENT["paths"].items():
        for place in re.findall(r"\{(\w+)\}", path):
            for operation in operations.values():
                assert place in [one["name"] for one in operation["parameters"]]


async def test_answers_are_as_described(home: House, desk: Browser) -> None:
    ids = home.ring(POSTES, DUPONT)
    await home.settled()
    for path, name, scope in (
        ("/api/v1/incidents", "Incidents", "incidents:read"),
        (f"/api/v1/incidents/{ids[0]}", "Incident", "incidents:read"),
        (f"/api/v1/incidents/{ids[0]}/log", "Lines", "incidents:read"),
        ("/api/v1/calls", "Calls", "calls:read"),
        ("/readyz", "Health", ""),
    ):
        body = await (await api(desk, path, scope)).json()
        check_schema(body, {"$ref": f"#/components/schemas/{name}"}, path)


def check_schema(value: Any, schema: dict[str, Any], where: str) -> None:
    """The part of JSON Schema that the description uses."""
    if "$ref" in schema:
        schema = DOCUMENT["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    kinds = {
        "object": dict, "array": list, "string": str, "integer": int, "boolean": bool,
        "null": type(None),
    }  # fmt: skip
    wanted = schema.get("type", [])
    wanted = [wanted] if isinstance(wanted, str) else wanted
    assert not wanted or isinstance(value, tuple(kinds[one] for one in wanted)), where
    assert "enum" not in schema or value in schema["enum"], where
    for name in schema.get("required", []):
        assert name in value, f"{where}: {name}"
    for name, part in schema.get("properties", {}).items():
        if isinstance(value, dict) and name in value:
            check_schema(value[name], part, f"{where}.{name}")
    for place, item in enumerate(value if isinstance(value, list) else []):
        check_schema(item, schema["items"], f"{where}[{place}]")
