"""SCAIP units on the wire: SIPp's alarm is answered, its call joins; kills lose nothing."""

import asyncio
import gzip
import random
import signal
from pathlib import Path

import pytest

from securityline.alarms.scaip import Status
from sip.endpoint import Endpoint
from sip.settings import Credentials
from tests.interop.desk import signed_in
from tests.interop.engine import DOMAIN, Lab
from tests.interop.peers import Baresip, Program, free_port, raw_alaw, run_sipp, tone
from tests.interop.test_one_call import SCENARIOS, caller
from tests.interop.units import Unit

pytestmark = pytest.mark.interop

ACCOUNT = "0032478"
ROUNDS = 6  # kills; each is a start of the engine


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    lab = Lab(tmp_path)
    lab.prepare()
    client = tmp_path / "directory" / "organisations" / "postes.yaml"
    accounts = f'services: {{}}, alarm_accounts: ["{ACCOUNT}"]}}'
    client.write_text(client.read_text().replace("services: {}}", accounts))
    units = tmp_path / "scaip.units"
    units.write_text("unit7 the-unit-s-password\n")
    with lab.config.open("a") as config:
        config.write(f'\n[alarms]\nscaip_units = "{units}"\nscaip_heartbeat = 60\n')
    return lab


def at(lab: Lab) -> Endpoint:
    return Endpoint("udp", "127.0.0.1", lab.sip_port)


def alarm(ref: str, inside: str = "") -> bytes:
    return (f"<mrq><ref>{ref}</ref><cid>{ACCOUNT}</cid><dty>0007</dty>{inside}</mrq>").encode()


async def test_sipp_s_alarm_is_answered_and_the_unit_s_call_is_the_same_incident(
    lab: Lab, tmp_path: Path
) -> None:
    raw_alaw(tmp_path / "caller.al", tone(tmp_path / "caller.wav", 700))
    says = tone(tmp_path / "operator.wav", 1300)
    async with lab.running(), lab.api() as api:
        report = run_sipp(
            SCENARIOS / "scaip_alarm.xml",
            f"127.0.0.1:{lab.sip_port}",
            "-oocsf", str(SCENARIOS / "scaip_answer.xml"),
            "-i", "127.0.0.1", "-p", str(lab.trunk_port),
            "-key", "account", ACCOUNT, "-key", "ref", "a1b2",
            "-trace_logs", "-log_file", "/dev/stdout",
            "-m", "1", "-timeout", "60s",
            cwd=tmp_path,
        )  # fmt: skip
        sipp = await Program.start("sipp", report, cwd=tmp_path)
        said = await sipp.line("answered <mrs>")
        assert "<ref>a1b2</ref><snu>0</snu><mre>1</mre>" in said
        sipp.kill()
        await sipp.ended()
        received = await api.wait_for("AlarmReceived")
        assert received["data"]["account"] == ACCOUNT
        assert received["data"]["site"] == "bru"
        assert "Reception" in received["data"]["text"]

        async with (
            Baresip.running(
                tmp_path / "phone",
                user="201",
                password=lab.secrets["201"],
                registrar=lab.registrar,
                says=says,
            ) as phone,
            signed_in(lab, "op-1"),
        ):
            sipp = await Program.start("sipp", caller(lab, tmp_path, stay=1500), cwd=tmp_path)
            await phone.event("CALL_ESTABLISHED")
            assert await sipp.ended() == 0, sipp.story("failed")
            await api.wait_for("RecordingEnded")
        [call] = await api.get("/api/v1/calls")
        assert call["incident_id"] == received["incident_id"]
        [incident] = await api.get("/api/v1/incidents")
        assert incident["incident_id"] == received["incident_id"]


@pytest.mark.parametrize("transport", ["udp", "tcp"])
async def test_a_unit_anywhere_proves_who_it_is_and_is_answered(
    lab: Lab, transport: str
) -> None:
    unit = Unit(
        at(lab)._replace(transport=transport),  # type: ignore[arg-type]
        credentials=Credentials("unit7", "the-unit-s-password", DOMAIN),
    )
    here = Endpoint(transport, "127.0.0.1", free_port())  # type: ignore[arg-type]
    async with lab.running(), lab.api() as api, unit.running(here):
        unit.send(alarm("live1", "<mty>PI</mty>"))
        answer = await unit.answer("live1")
        assert (answer.status, answer.heartbeat_minutes) == (Status.OK, 60)
        unit.send(alarm("help1"))
        assert (await unit.answer("help1")).media == 1
        received = await api.wait_for("AlarmReceived")
        assert received["data"]["source"] == "scaip"
        [incident] = await api.get("/api/v1/incidents?state=open")
        assert incident["incident_id"] == received["incident_id"]
        assert unit.statuses == [200, 200]
        unit.call()
        offered = await api.wait_for("CallOffered")
        assert offered["incident_id"] == received["incident_id"], "and its call is in the case"
        assert offered["data"]["identification"]["organisation"] == "postes"
        assert offered["data"]["urgency"] == 1


async def test_an_operator_s_telephone_still_places_no_calls(lab: Lab) -> None:
    async with lab.running():
        phone = Unit(
            at(lab), user="201", credentials=Credentials("201", lab.secrets["201"], DOMAIN)
        )
        async with phone.running(Endpoint("udp", "127.0.0.1", free_port())):
            phone.call()
            await phone.until("a refusal", lambda: phone.refused)
            assert phone.refused == [403]


async def test_a_stranger_and_a_wrong_password_change_nothing(lab: Lab) -> None:
    wrong = Credentials("unit7", "a-guess", DOMAIN)
    async with lab.running(), lab.api() as api:
        for credentials in (None, wrong):
            unit = Unit(at(lab), credentials=credentials)
            async with unit.running(Endpoint("udp", "127.0.0.1", free_port())):
                unit.send(alarm("guess"))
                await unit.until("a refusal", lambda unit=unit: unit.statuses)
                assert unit.statuses == [401]
                assert unit.answers == []
        assert await api.get("/api/v1/incidents") == []


async def test_hostile_bodies_are_answered_as_the_standard_says(lab: Lab) -> None:
    bomb = (
        b'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "lol">'
        + b"".join(
            b'<!ENTITY %c "&%c;&%c;&%c;&%c;">' % (i + 1, i, i, i, i) for i in range(97, 110)
        )
        + b"]><mrq>&n;</mrq>"
    )
    bodies = (
        bomb,
        b"<mrq>" * 2000,
        b"<mrq/>" * 2,
        b"\xff\xfe<\x00m\x00",
        b" ",
        gzip.compress(bomb),
    )
    unit = Unit(at(lab))
    async with (
        lab.running() as engine,
        unit.running(Endpoint("udp", "127.0.0.1", lab.trunk_port)),
    ):
        for count, body in enumerate(bodies, 1):
            unit.send(body)
            await unit.until("its 200", lambda count=count: len(unit.statuses) == count)
        assert unit.statuses == [200] * 6
        await unit.until("six answers", lambda: len(unit.snus) == 6)
        assert set(unit.snus) == {Status.TOO_LONG, Status.INVALID_FORMAT}
        unit.send(b"GIF89a", "image/gif")
        await unit.until("a refusal", lambda: len(unit.statuses) == 7)
        assert unit.statuses[-1] == 415
        unit.send(alarm("after"))
        assert (await unit.answer("after")).status is Status.OK
        assert not any("Traceback" in line for line in engine.lines), engine.story("fell over")


async def test_killed_between_store_and_answer_the_repeat_is_answered_and_makes_no_second_case(
    lab: Lab,
) -> None:
    """Killed at any moment from the alarm's arrival on: before, while, after it is stored."""
    moments = random.Random(91100)
    unit = Unit(at(lab))
    async with unit.running(Endpoint("udp", "127.0.0.1", lab.trunk_port)):
        for number in range(ROUNDS):
            engine = await lab.start()
            ref = f"kill{number}"
            unit.send(alarm(ref, f"<did>00{number:02d}</did>"))
            await asyncio.sleep(moments.uniform(0, 0.03))  # not a wait: the moment of the kill
            engine.kill(signal.SIGKILL)
            await engine.ended()
            unit.answers.clear()
            async with lab.running():
                unit.send(alarm(ref, f"<did>00{number:02d}</did>"))
                assert (await unit.answer(ref)).status is Status.OK
        async with lab.running(), lab.api() as api:
            unit.send(alarm("last", "<did>0099</did>"))
            await unit.answer("last")
            ids: list[str] = []
            repeats = 0
            async for line in api.lines():
                if line["what"] == "AlarmReceived":
                    ids.append(line["data"]["source_id"])
                elif line["what"] == "AlarmRepeated":
                    repeats += 1
                if line["what"] == "AlarmReceived" and "last" in line["data"]["source_id"]:
                    break
            assert len(set(ids)) == ROUNDS + 1, "every alarm is there"
            assert len(ids) - repeats == ROUNDS + 1, "and each is an alarm once"
            assert len(await api.get("/api/v1/incidents")) == 1, "of one place: one case"
