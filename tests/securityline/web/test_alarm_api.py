"""An alarm handed in by a program: stored, then answered; wrong ones get every reason."""

import json
from dataclasses import replace
from typing import Any

import pytest

from callflows.events import IncidentId
from client_directory.alarm_model import AlarmPath
from client_directory.directory import Directory
from tests.securityline.web.rig import Browser, House

GOOD = {
    "idempotency_key": "k-1",
    "account": "1234",
    "code": "130",
    "code_format": "contact_id",
    "zone": "3",
    "text": "Porte du quai",
    "occurred_at": "2026-11-22T03:00:00+01:00",
}


async def post(desk: Browser, body: Any, token: str = "alarms:write") -> tuple[int, Any]:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    answer = await desk.http.post(
        desk.url("/api/v1/alarms"), data=data, headers={"Authorization": f"Bearer {token}"}
    )
    return answer.status, await answer.json()


async def test_it_becomes_a_case_and_its_lines_are_on_disk_before_the_answer(
    home: House, desk: Browser
) -> None:
    status, body = await post(desk, GOOD)
    assert status == 201
    lines = home.logbook.read(incident_id=body["incident_id"], limit=100)
    assert [x.what for x in lines][:2] == ["AlarmReceived", "IncidentOpened"]
    assert body["seq"] == lines[-1].seq
    incident = home.switchboard.incidents[body["incident_id"]]
    assert (incident.organisation, incident.site, incident.kind) == (
        "postes-demo",
        "bru-centre",
        "intrusion",
    )


async def test_the_same_key_is_the_same_alarm_and_another_program_s_key_is_not(
    home: House, desk: Browser
) -> None:
    _, first = await post(desk, GOOD)
    status, again = await post(desk, GOOD)
    assert (status, again["incident_id"]) == (200, first["incident_id"])
    opened = [x.what for x in home.logbook.read(limit=1000)].count("IncidentOpened")
    assert opened == 1
    status, other = await post(desk, GOOD | {"idempotency_key": "k-2", "account": "A1B2"})
    assert (status, other["incident_id"] != first["incident_id"]) == (201, True)


async def test_a_key_is_known_for_a_day_whatever_else_comes_in(
    home: House, desk: Browser
) -> None:
    _, first = await post(desk, GOOD)
    book = home.switchboard.alarms
    for n in range(150_000):
        book.see("http", f"other:{n}", IncidentId("x"), home.clock() + 86_400, sender="loud")
    status, again = await post(desk, GOOD)
    assert (status, again["incident_id"]) == (200, first["incident_id"])


def with_a_path(home: House) -> None:
    """Let the account 1234 report over HTTP at least every half minute."""
    path = AlarmPath(path="web", account="1234", limit_time=30.0, via="http")
    current = home.directory.current
    clients = []
    for client in current.organisations.values():
        sites = [
            replace(site, alarm_paths=(path,)) if "1234" in site.alarm_accounts else site
            for site in client.sites
        ]
        clients.append(replace(client, sites=tuple(sites)))
    home.directory._current = Directory(
        clients, current.operators.values(), current.services.values()
    )
    home.watching.reload()


async def test_an_alarm_is_a_sign_of_life_of_its_line(home: House, desk: Browser) -> None:
    with_a_path(home)

    def told() -> list[str]:
        lines = [line.what for line in home.logbook.read(limit=1000)]
        return [what for what in lines if what in ("PathLost", "PathRestored")]

    home.pass_time(20.0)
    assert (await post(desk, GOOD))[0] == 201
    home.pass_time(20.0)
    assert told() == [], "it spoke 20 s ago"
    home.pass_time(20.0)
    assert (await post(desk, GOOD))[0] == 200, "the same again shows that the line works too"
    assert told() == ["PathLost", "PathRestored"]


@pytest.mark.parametrize(
    "change",
    [
        {"account": "FFFF"},
        {"account": "1234", "code": "999"},
        {"account": "", "site": "nowhere"},
        {"code": "", "code_format": "", "kind": "something new"},
    ],
)
async def test_what_nobody_knows_reaches_an_operator(
    home: House, desk: Browser, change: dict[str, str]
) -> None:
    status, body = await post(desk, GOOD | change)
    assert status == 201
    assert home.switchboard.incidents[body["incident_id"]].attention


async def test_a_restore_opens_nothing(home: House, desk: Browser) -> None:
    status, body = await post(desk, GOOD | {"restore": True})
    assert (status, body["incident_id"]) == (201, None)
    assert not home.switchboard.incidents


@pytest.mark.parametrize(
    ("change", "parameter"),
    [
        ({"idempotency_key": " "}, "idempotency_key"),
        ({"idempotency_key": "x" * 201}, "idempotency_key"),
        ({"account": 1234}, "account"),
        ({"account": "", "site": ""}, "account"),
        ({"code": "", "code_format": ""}, "code"),
        ({"code_format": "cid"}, "code_format"),
        ({"kind": "fire"}, "kind"),
        ({"occurred_at": "2026-11-22T03:00:00"}, "occurred_at"),
        ({"occurred_at": "yesterday"}, "occurred_at"),
        ({"restore": "yes"}, "restore"),
        ({"text": "x" * 2001}, "text"),
        ({"colour": "red"}, "colour"),
    ],
)
async def test_what_is_malformed_is_said_field_by_field(
    home: House, desk: Browser, change: dict[str, Any], parameter: str
) -> None:
    status, problem = await post(desk, GOOD | change)
    assert status == 422
    assert parameter in [error["parameter"] for error in problem["errors"]]
    assert not home.switchboard.incidents


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 422),
        (b"{", 422),
        (b"\xff\xfe", 422),
        (b"[" * 50_000, 422),
        (b"[]", 422),
        (b'"x"', 422),
        (b"{}", 422),
        (b" " * 70_000, 413),
    ],
)
async def test_what_is_no_alarm_at_all(desk: Browser, body: bytes, status: int) -> None:
    got, problem = await post(desk, body)
    assert (got, problem["status"]) == (status, status)


async def test_it_needs_its_scope(desk: Browser) -> None:
    assert (await post(desk, GOOD, token="incidents:read"))[0] == 403
    assert (await post(desk, GOOD, token="nobody's"))[0] == 401


async def test_hostile_words_are_one_harmless_line(home: House, desk: Browser) -> None:
    text = "<script>alert(1)</script>\r\n\x00{{7*7}}\u202e"
    status, body = await post(desk, GOOD | {"text": text})
    assert status == 201
    [line] = [
        x
        for x in home.logbook.read(incident_id=body["incident_id"], limit=100)
        if x.what == "AlarmReceived"
    ]
    assert line.data["text"] == "<script>alert(1)</script> {{7*7}}"
