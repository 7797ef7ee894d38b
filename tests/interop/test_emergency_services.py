"""SIPp as the police, baresip as the operator's phone: one press, one line, and no number.

What SIPp received is kept whole, so that what was on the wire can be searched.
"""

import contextlib
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import pytest

from securityline.accounts import Accounts
from tests.interop.desk import Desk, signed_in
from tests.interop.engine import DOMAIN, Api, Lab
from tests.interop.peers import Baresip, Program, band_level, raw_alaw, run_sipp, tone
from tests.interop.people import Log

pytestmark = [pytest.mark.interop]
HERE = Path(__file__).parent
SERVICES = """
services:
  - {service: pz, kind: police, name: Zone de police, direct: "+32 2 555 08 01", public: "101"}
  - {service: fire, kind: fire, name: Pompiers, public: "112"}
  - {service: med, kind: medical, name: Centre 112, public: "112"}
"""
REAL = re.compile(r"(?:sip|tel):(?:101|112|\+?3225550801)\b|5550801")
POLICE_HZ, OPERATOR_HZ = 600, 1300


@dataclass
class Room:
    """The engine, the pretend services, an operator at his desk with a real phone."""

    lab: Lab
    engine: Program
    api: Api
    log: Log
    desk: Desk
    phone: Baresip
    messages: Path
    alarms: str

    async def alarm(self, kind: str = "holdup") -> str:
        body = {"idempotency_key": f"{kind}-{self.log.mark}", "site": "bru", "kind": kind}
        headers = {"Authorization": f"Bearer {self.alarms}"}
        async with self.api.session.post("/api/v1/alarms", json=body, headers=headers) as said:
            assert said.status == 201, await said.text()
            return str((await said.json())["incident_id"])

    def invites(self, kind: str) -> set[str]:
        """Call-IDs of the INVITEs that reached a service."""
        found = self.messages.read_text(errors="replace")
        parts = found.split("UDP message received")
        return {
            name
            for part in parts
            if f"INVITE sip:simulated-{kind}-" in part
            for name in re.findall(r"Call-ID: *(\S+)", part)
        }


@contextlib.asynccontextmanager
async def room(folder: Path) -> AsyncIterator[Room]:
    lab = Lab(folder)
    lab.prepare()
    directory = folder / "directory"
    (directory / "services.yaml").write_text(SERVICES)
    client = directory / "organisations" / "postes.yaml"
    own = "services: {police: pz, fire: fire, medical: med}"
    client.write_text(client.read_text().replace("services: {}", own))
    accounts = Accounts(lab.data, realm=DOMAIN)
    token = accounts.create_token(["alarms:write"], "alarms")
    accounts.close()
    raw_alaw(folder / "police.raw", tone(folder / "police.wav", POLICE_HZ))
    messages = folder / "messages.log"
    services = await Program.start(
        "sipp",
        run_sipp(
            HERE / "scenarios" / "services.xml", "-i", "127.0.0.1", "-p",
            str(lab.trunk_port), "-mi", "127.0.0.1", "-aa", "-trace_msg", "-message_file",
            str(messages), cwd=folder,
        ),
        cwd=folder,
    )  # fmt: skip
    said = tone(folder / "operator.wav", OPERATOR_HZ)
    engine = await lab.start()
    try:
        async with (
            lab.api() as api,
            Log.following(api) as log,
            signed_in(lab, "op-1", is_ready=False) as desk,
            Baresip.running(
                folder / "phone",
                user="201",
                password=lab.secrets["201"],
                registrar=lab.registrar,
                says=said,
            ) as phone,
        ):
            yield Room(lab, engine, api, log, desk, phone, messages, token)
    finally:
        await engine.stop()
        await services.stop()


async def test_one_press_one_line_both_hear_each_other_and_no_number_on_the_wire(
    tmp_path: Path,
) -> None:
    async with room(tmp_path) as here:
        case = await here.alarm()
        for _ in range(2):  # a double click
            await here.desk.press("service", incident=case, service="pz", attempt="1")
        answered = await here.log.until("ServiceAnswered", after=0)
        assert answered["data"]["is_simulated"] is True
        refused = await here.log.until("ServiceRefused", after=0)
        assert refused["data"]["reason"] == "it is being called already"
        await here.log.until("RecordingStarted", after=0)
        call = answered["data"]["service_call_id"]
        for detail, text in (("reference", "P-1"), ("accepted", ""), ("eta", "8 min")):
            await here.desk.press("service_detail", call=call, detail=detail, text=text)
        await here.log.until("ServiceDetailWritten", after=0, detail="eta")
        await here.phone.event("CALL_ESTABLISHED")
        await here.desk.press("service_end", call=call)
        ended = await here.log.until("ServiceEnded", after=0)
        assert ended["data"]["is_cut"] is False
        recorded = await here.log.until("RecordingEnded", after=0)
        said = here.log.said("ServiceCalled", after=0)
        assert len(said) == 1
        assert len(here.invites("police")) == 1, "one INVITE reached the police"
        told = await here.api.get(f"/api/v1/incidents/{case}")
        [service] = told["services"]
        assert (service["reference"], service["eta"]) == ("P-1", "8 min")
        assert service["accepted_at"] is not None
        name = recorded["data"]["recording_id"]
        file = tmp_path / "heard.wav"
        file.write_bytes(await here.api.fetch(f"/api/v1/recordings/{name}"))
    wire = (tmp_path / "messages.log").read_text(errors="replace")
    assert "INVITE sip:simulated-police-direct@" in wire
    assert not REAL.search(wire), "a real number was on the wire"
    assert band_level(file, 1, POLICE_HZ, -0.5, 0.4) > -50, "left: the police"
    assert band_level(file, 2, OPERATOR_HZ, -0.5, 0.4) > -50, "right: the operator's own voice"


async def test_a_busy_service_is_red_at_once_and_the_case_stands_in_front(
    tmp_path: Path,
) -> None:
    async with room(tmp_path) as here:
        case = await here.alarm()
        await here.desk.press("show", incident=case)
        await here.desk.press("service", incident=case, service="med", attempt="1")
        failed = await here.log.until("ServiceFailed", after=0)
        assert failed["data"]["cause"] == "busy"
        await here.log.until("AttentionWanted", after=0, reason="Centre 112 not reached: busy")
        card = await here.desk.fragment("line failed bad")
        assert 'data-service="med" data-attempt="2"' in card


async def test_a_kill_while_it_rings_dials_nobody_twice(tmp_path: Path) -> None:
    is_proved = False
    with contextlib.suppress(aiohttp.ClientError):  # the first engine's event stream broke off
        async with room(tmp_path) as here:
            case = await here.alarm()
            await here.desk.press("service", incident=case, service="fire", attempt="1")
            await here.log.until("ServiceRang", after=0)
            mark = here.log.mark
            here.engine.kill()
            await here.engine.ended()
            second = await here.lab.start()
            try:
                async with here.lab.api() as api, Log.following(api) as log:
                    await log.until("ServiceAnswered", after=mark)
                    [service] = (await api.get(f"/api/v1/incidents/{case}"))["services"]
                    assert service["state"] == "speaking"
                    assert service["attempt"] == 1
                    assert len(here.invites("fire")) == 1, "the same INVITE, and no other"
                    assert not log.said("ServiceFailed", after=0)
                    is_proved = True
            finally:
                await second.stop()
    assert is_proved
