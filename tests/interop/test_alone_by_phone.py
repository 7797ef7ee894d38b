"""Somebody who works alone is rung by the running engine, and SIPp's telephone keys his PIN."""

import signal
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
from yarl import URL

from callflows.watch.alone import LonePerson
from callflows.watch.timers import SafetyTimers
from securityline.accounts import Accounts
from securityline.logbook.book import Logbook
from securityline.logbook.document import Document
from securityline.logbook.opening import LogbookSettings
from securityline.watching import DOCUMENT
from tests.interop.engine import DOMAIN, ORGANISATION, Lab
from tests.interop.peers import Program, run_sipp
from tests.interop.test_keyholders import sounds

pytestmark = pytest.mark.interop

SCENARIO = Path(__file__).parent / "scenarios" / "keyholders.xml"
KEYS_HIS_PIN, RINGS_ON, IS_A_MACHINE, IS_BUSY = (
    "+32470000011", "+32470000013", "+32470000016", "+32470000012",
)  # fmt: skip
TIMER = "lone:postes/m-lambert"
PERSON = """     roles: [employee], sites: [bru], pin: "4821", duress_pin: "4822"}
lone_workers:
  - {person: m-lambert, every: 1h, amber_after: 2m, red_after: 10m}
"""


async def leave_a_timer(lab: Lab, *numbers: str) -> None:
    """As an engine that was stopped while she was in the cellar leaves it."""
    who = LonePerson(
        timer_id=TIMER, organisation="postes", person="m-lambert", name="Marie", numbers=numbers
    )
    timers = SafetyTimers(time.time())
    timers.start(who, 1.0, time.time(), amber_time=300.0)
    book = Logbook.open(LogbookSettings(folder=lab.data, ballast=65536))
    book.start()
    state = Document(kind=DOCUMENT, id="timers", data=timers.to_state(), at=time.time())
    book.append(time.time(), (), [state])
    await book.stop()


@pytest_asyncio.fixture
async def lab(tmp_path: Path) -> AsyncIterator[Lab]:
    lab = Lab(tmp_path)
    lab.prepare()
    client = ORGANISATION.replace("WHILE_RINGING", "ringback")
    client = client.replace("     roles: [employee], sites: [bru]}\n", PERSON)
    (tmp_path / "directory" / "organisations" / "postes.yaml").write_text(client)
    sounds(tmp_path)
    scenario = tmp_path / "alone.xml"
    text = SCENARIO.read_text(encoding="iso-8859-1")
    scenario.write_text(text.replace('play_dtmf="1"', 'play_dtmf="4821#"'), "iso-8859-1")
    phones = await Program.start(
        "sipp",
        run_sipp(
            scenario, "-i", "127.0.0.1", "-p", str(lab.trunk_port), "-mi", "127.0.0.1",
            "-aa", cwd=tmp_path,
        ),
        cwd=tmp_path,
    )  # fmt: skip
    try:
        yield lab
    finally:
        await phones.stop()


async def test_she_is_rung_keys_her_pin_and_all_is_well(lab: Lab) -> None:
    await leave_a_timer(lab, IS_BUSY, KEYS_HIS_PIN)
    async with lab.running(), lab.api() as api:
        await api.wait_for("SafetyTimerLapsed")
        missed = await api.wait_for("CheckMissed")
        assert missed["data"]["cause"] == "busy"
        answered = await api.wait_for("CheckAnswered")
        assert answered["data"]["outcome"] == "good"
        cancelled = await api.wait_for("SafetyTimerCancelled")
        assert cancelled["data"]["stage"] == "amber"
        await api.wait_for("PromptEnded", prompt="check_done")
        lines = await read(lab, "/api/v1/timers", "timers:read")
        assert lines == []
        log = str([x async for x in some(api, until="PromptEnded")])
        assert "4821" not in log, "no digit of it is in the log"


async def test_a_machine_is_no_sign_of_life(lab: Lab) -> None:
    await leave_a_timer(lab, IS_A_MACHINE)
    async with lab.running(), lab.api() as api:
        await api.wait_for("CheckMissed")
        [timer] = await read(lab, "/api/v1/timers", "timers:read")
        assert timer["stage"] == "amber"
        case = await api.wait_for("AttentionWanted")
        assert case["incident_id"]


async def test_the_engine_dies_while_it_rings(lab: Lab) -> None:
    await leave_a_timer(lab, RINGS_ON, KEYS_HIS_PIN)
    engine = await lab.start()
    async with lab.api() as api:
        await api.wait_for("CheckCalled", number=RINGS_ON)
        await api.wait_for("LegRinging")
        await engine.stop(signal.SIGKILL)
    async with lab.running(), lab.api() as api:
        cancelled = await api.wait_for("SafetyTimerCancelled")
        assert cancelled["data"]["timer_id"] == TIMER
        called = [x async for x in some(api, until="SafetyTimerCancelled")]
        numbers = [x["data"]["number"] for x in called if x["what"] == "CheckCalled"]
        assert numbers == [RINGS_ON, KEYS_HIS_PIN], "each is rung once"


async def test_by_http_from_the_start_to_duress(lab: Lab) -> None:
    async with lab.running(), lab.api() as api:
        body = {"organisation": "postes", "person": "m-lambert", "seconds": 600}
        timer = await write(lab, "/api/v1/timers", body)
        assert (timer["timer_id"], timer["stage"]) == (TIMER, "running")
        place = "/api/v1/timers/" + TIMER.replace(":", "%3A").replace("/", "%2F")
        wrong = await write(lab, f"{place}/check-in", {"pin": "0000"})
        assert wrong["outcome"] == "wrong"
        forced = await write(lab, f"{place}/check-in", {"pin": "4822"})
        assert forced["outcome"] == "good"
        await api.wait_for("SafetyTimerCancelled")
        [case] = await read(lab, "/api/v1/incidents", "incidents:read duress:read")
        assert (case["is_under_duress"], case["urgency"]) == (True, 1)
        assert await api.get("/api/v1/incidents") == []


# ---------------------------------------------------------------- by HTTP


def token_of(lab: Lab, scopes: str) -> str:
    accounts = Accounts(lab.data, realm=DOMAIN)
    try:
        return accounts.create_token(scopes.split(), "tests")
    finally:
        accounts.close()


async def read(lab: Lab, path: str, scopes: str) -> Any:
    headers = {"Authorization": f"Bearer {token_of(lab, scopes)}"}
    async with (
        aiohttp.ClientSession(headers=headers) as http,
        http.get(lab.desk + path) as answer,
    ):
        assert answer.status == 200, await answer.text()
        return await answer.json()


async def write(lab: Lab, path: str, body: Any) -> Any:
    headers = {"Authorization": f"Bearer {token_of(lab, 'timers:write')}"}
    url = URL(lab.desk + path, encoded=True)
    async with (
        aiohttp.ClientSession(headers=headers) as http,
        http.post(url, json=body) as answer,
    ):
        assert answer.status in (200, 201), await answer.text()
        return await answer.json()


async def some(api: Any, *, until: str) -> AsyncIterator[dict[str, Any]]:
    """The log from its beginning to a line that is known to be in it."""
    async for line in api.lines():
        yield line
        if line["what"] == until:
            return
