"""A pretend panel on a real socket, in front of the engine's own receiver or API."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from securityline.alarms import codes
from securityline.alarms.dc09 import Outcome, Settings
from securityline.alarms.receiver import Dc09Receiver
from securityline.simulation.alarming import TRIES, Panels, Receivers
from securityline.simulation.control import ControlError, Message
from securityline.simulation.panel import KINDS, PanelLine, code_of, restore_of
from securityline.simulation.people import read_people
from sip.endpoint import Endpoint
from tests.securityline.alarms.test_receiver import Store

EXAMPLE = Path(__file__).resolve().parents[2] / "securityline" / "example_directory"
KEY = "00112233445566778899aabbccddeeff"
INTRUSION: Message = {"site": "bru-centre", "kind": "intrusion"}


@asynccontextmanager
async def panels(
    store: Store, transport: str = "tcp", settings: Settings | None = None
) -> AsyncIterator[Panels]:
    """Let the panels of the example directory report to a receiver with this store."""
    receiver = Dc09Receiver(
        store.take, settings or Settings(), clock=lambda: datetime.now(UTC).timestamp()
    )
    local = Endpoint("tcp" if transport == "tcp" else "udp", "127.0.0.1", 0)
    bound = await receiver.listen(local)
    try:
        yield Panels(Receivers(dc09=(bound,)), read_people(EXAMPLE))
    finally:
        await receiver.close(drain_time=0.1)


async def told(panel: Panels, request: Message) -> list[Message]:
    async with asyncio.timeout(40):
        return [message async for message in panel.report(request)]


async def failed(panel: Panels, request: Message) -> list[Message]:
    """Return what was told before it was said that not all was taken."""
    messages: list[Message] = []

    async def gather() -> None:
        async for message in panel.report(request):
            messages.append(message)

    with pytest.raises(ControlError, match="1 of 1 signals were not taken"):
        await gather()
    return messages


def steps(messages: list[Message]) -> list[str]:
    return [message["what"] for message in messages if "what" in message]


# ---------------------------------------------------------------- what a panel says


def test_every_kind_is_said_in_a_code_that_means_it() -> None:
    for kind, code in KINDS.items():
        assert codes.contact_id(code).kind == kind
    assert (code_of("intrusion"), code_of("intrusion", is_sia=True)) == ("130", "BA")
    assert code_of("intrusion", is_sia=True, is_restore=True) == restore_of("BA") == "BH"
    for words in ({"kind": "duress"}, {"kind": "cancel", "is_restore": True}):
        with pytest.raises(ValueError, match="SIA has no code"):
            code_of(**words, is_sia=True)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="no code for 'flood'"):
        code_of("flood")


@pytest.mark.parametrize("transport", ["tcp", "udp"])
async def test_an_alarm_is_told_to_its_acknowledgement(transport: str) -> None:
    store = Store()
    async with panels(store, transport) as panel:
        messages = await told(panel, {**INTRUSION, "zones": ["15"], "text": "Hall"})
    assert messages[0]["say"] == (
        "The panel of Bruxelles Centre (account 1234) reports by SIA DC-09: intrusion, zone 15"
    )
    assert steps(messages) == ["sent", "ACK"]
    [[signal]] = store.taken
    assert (signal.account, signal.code, signal.qualifier) == ("1234", "130", "event")
    assert (signal.zone, signal.area, signal.text) == ("015", "01", "Hall")


async def test_each_zone_and_each_time_is_a_signal_of_its_own() -> None:
    store = Store()
    async with panels(store) as panel:
        await told(panel, {**INTRUSION, "zones": ["1", "2"], "count": 3})
    assert store.zones == ["001", "002"] * 3
    assert len({signal.source_id for [signal] in store.taken}) == 6


@pytest.mark.parametrize(
    ("words", "code", "qualifier"),
    [
        ({"kind": "intrusion", "restore": True}, "130", "restore"),
        ({"code": "ba", "restore": True}, "BH", "restore"),
        ({"kind": "fire", "format": "sia"}, "FA", "event"),
        ({"code": "131"}, "131", "event"),
    ],
)
async def test_a_code_and_its_end_in_both_formats(
    words: Message, code: str, qualifier: str
) -> None:
    store = Store()
    async with panels(store) as panel:
        await told(panel, {"account": "9001", "zones": ["7"], **words})
    [[signal]] = store.taken
    assert (signal.code, signal.qualifier, signal.zone.lstrip("0")) == (code, qualifier, "7")


# ---------------------------------------------------------------- what it is answered


async def test_encrypted_and_back() -> None:
    store = Store()
    settings = Settings(keys={"1234": bytes.fromhex(KEY)})
    async with panels(store, settings=settings) as panel:
        messages = await told(panel, {**INTRUSION, "key": KEY})
        assert messages[-1]["detail"] == ""
        other = await told(panel, INTRUSION)  # in the clear; so is its acknowledgement
    assert steps(messages) == steps(other) == ["sent", "ACK"]
    first, second = (signal.extra["encryption"] for [signal] in store.taken)
    assert (first, second) == ("aes-128", "none, though a key is agreed")


async def test_a_wrong_key_is_answered_duh_and_that_is_a_failure() -> None:
    async with panels(Store()) as panel:
        messages = await failed(panel, {**INTRUSION, "key": KEY})
    assert steps(messages) == ["sent", "DUH"]


async def test_a_wrong_clock_is_set_by_the_receiver_and_stays_right() -> None:
    async with panels(Store()) as panel:
        messages = await told(panel, {**INTRUSION, "clock_off": -3600.0})
        assert steps(messages) == ["sent", "NAK", "sent", "ACK"]
        assert steps(await told(panel, INTRUSION)) == ["sent", "ACK"]


async def test_what_is_not_acknowledged_is_sent_again_as_the_same(
    tmp_path: Path,
) -> None:
    store = Store(outcome=None)
    async with panels(store) as panel:
        messages = await failed(panel, {**INTRUSION, "patience": 0.1})
    assert steps(messages) == ["sent", "nothing came back"] * TRIES
    assert messages[-2]["detail"] == f"#1234 1130 01 001, try {TRIES} of {TRIES}"
    names = {signal.source_id for [signal] in store.taken}
    assert len(names) == 1, "a receiver that stored it knows the repeat"


async def test_a_store_that_refuses_is_a_failure() -> None:
    async with panels(Store(Outcome.REFUSED)) as panel:
        with pytest.raises(ControlError, match="not taken"):
            await told(panel, INTRUSION)


async def test_nobody_there_is_said_and_not_raised() -> None:
    gone = Endpoint("tcp", "127.0.0.1", 9)
    panel = Panels(Receivers(dc09=(gone,)), read_people(EXAMPLE))
    messages = await failed(panel, {**INTRUSION, "patience": 0.5})
    assert set(steps(messages)) == {"sent", "nothing came back"}


def test_a_pretend_panel_reports_to_nobody_outside() -> None:
    with pytest.raises(ValueError, match=r"does not report to 203\.0\.114\.7"):
        PanelLine(Endpoint("tcp", "203.0.114.7", 12000), 1.0)


# ---------------------------------------------------------------- over HTTP


@asynccontextmanager
async def api(*answers: tuple[int, Any]) -> AsyncIterator[tuple[Panels, list[Any]]]:
    """An API that answers so, one after the other; and what it was asked."""
    asked: list[Any] = []
    left = list(answers)

    async def take(request: web.Request) -> web.Response:
        asked.append((request.headers["Authorization"], await request.json()))
        status, body = left.pop(0)
        return web.json_response(body, status=status)

    app = web.Application()
    app.router.add_post("/api/v1/alarms", take)
    async with TestServer(app) as server:
        receivers = Receivers(api=str(server.make_url("/")).rstrip("/"), token="secret")
        yield Panels(receivers, read_people(EXAMPLE)), asked


async def test_by_http_the_case_is_told_and_a_repeat_keeps_its_key() -> None:
    stored = (201, {"incident_id": "20261127-0001", "seq": 12})
    async with api((503, {"detail": "It could not be stored."}), stored) as (panel, asked):
        messages = await told(panel, {**INTRUSION, "via": "http", "zones": ["3"]})
    assert steps(messages) == ["sent", "503", "sent", "201"]
    assert messages[-1]["detail"] == "case 20261127-0001, line 12 of the log"
    (token, first), (_, second) = asked
    assert token == "Bearer secret"
    assert first == second
    assert (first["site"], first["kind"], first["zone"]) == ("bru-centre", "intrusion", "3")


async def test_a_malformed_alarm_is_not_sent_again() -> None:
    problem = {"detail": "Not as it must be.", "errors": [{"parameter": "x", "detail": "y"}]}
    async with api((422, problem)) as (panel, asked):
        with pytest.raises(ControlError, match="not taken"):
            await told(panel, {"account": "77", "code": "BA", "restore": True, "via": "http"})
    [(_, body)] = asked
    assert (body["code"], body["code_format"], body["restore"]) == ("BA", "sia", True)


# ---------------------------------------------------------------- what makes no sense


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ({}, "either a kind or a code"),
        ({"kind": "fire", "code": "111"}, "either a kind or a code"),
        ({"kind": "flood"}, "no code for 'flood'"),
        ({"code": "1"}, "three digits"),
        ({"kind": "fire", "site": "moon", "account": ""}, "there are ant-hq, ant-meir"),
        ({"kind": "fire", "account": "12 34"}, "an account of 1 to 16"),
        ({"kind": "fire", "zones": ["hall"]}, "a number of three digits"),
        ({"kind": "fire", "text": "a]b"}, "cannot send any of"),
        ({"kind": "fire", "count": 501}, "from 1 to 500 signals"),
        ({"kind": "fire", "key": "12"}, "32, 48 or 64 hexadecimal digits"),
        ({"kind": "fire", "transport": "udp"}, "no such DC-09 receiver"),
        ({"kind": "fire", "via": "pigeon"}, "a panel reports via"),
        ({"kind": "fire", "via": "http"}, "an address and a token"),
        ({"kind": "fire", "every": -1}, "every: from 0 to 3600 seconds"),
    ],
)
async def test_what_makes_no_sense_is_said_so(words: Message, why: str) -> None:
    async with panels(Store()) as panel:
        with pytest.raises(ControlError, match=why):
            await told(panel, {"account": "1234", **words})
