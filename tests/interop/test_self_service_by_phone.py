"""Installers and people who work alone serve themselves by key, on the running engine.

Keys come as sound in the audio, as telephone-events (RFC 4733) and, from SIPp, as INFO.
"""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from securityline.simulation.phone_call import CallState
from sip.endpoint import Endpoint
from tests.interop.engine import ORGANISATION, Lab
from tests.interop.panel import Panel
from tests.interop.peers import Program, run_sipp

pytestmark = pytest.mark.interop

INSTALLERS, ALONE = "+3225550180", "+3225550190"
MARIE = "+32470000004"
SCENARIO = Path(__file__).parent / "scenarios" / "keys_by_info.xml"


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    lab = Lab(tmp_path)
    lab.prepare()
    text = ORGANISATION.replace("WHILE_RINGING", "ringback").replace(
        "sites:\n",
        '  - {number: "+32 2 555 01 80", service: installer, label: Installateurs}\n'
        '  - {number: "+32 2 555 01 90", service: lone_worker, label: Isolés,\n'
        '     while_ringing: notice, fallback_number: "+32 2 555 09 99"}\n'
        "sites:\n",
        1,
    )
    text = text.replace("services: {}}", 'services: {}, alarm_accounts: ["1234"]}')
    text = text.replace(
        "     roles: [employee], sites: [bru]}\n",
        '     roles: [employee], sites: [bru], pin: "4821", duress_pin: "4822"}\n'
        "  - {person: ivo, name: Ivo, roles: [installer], sites: [bru],\n"
        '     pin: "907153", duress_pin: "907154"}\n'
        "lone_workers:\n"
        "  - {person: m-lambert, every: 1h, amber_after: 2m, red_after: 10m}\n",
    )
    (tmp_path / "directory" / "organisations" / "postes.yaml").write_text(text)
    return lab


def telephone(lab: Lab, did: str, **how: Any) -> Panel:
    return Panel(Endpoint("udp", "127.0.0.1", lab.sip_port), did, **how)


def carrier(lab: Lab) -> Endpoint:
    return Endpoint("udp", "127.0.0.1", lab.trunk_port)


async def whole_log(api: Any, until: str, **fields: Any) -> list[dict[str, Any]]:
    lines = []
    async for line in api.lines():
        lines.append(line)
        if line["what"] == until and fields.items() <= line["data"].items():
            break
    return lines


@pytest.mark.parametrize("by_packet", [False, True], ids=["in band", "RFC 4733"])
async def test_an_installer_puts_his_site_on_test_and_takes_it_back(
    lab: Lab, by_packet: bool
) -> None:
    async with lab.running(), lab.api() as api:
        for wish, what in (("12#", "on_test"), ("2", "test_ended")):
            async with telephone(lab, INSTALLERS, by_packet=by_packet).calling(
                carrier(lab)
            ) as it:
                it.press("1234#907153#")
                await api.wait_for("InstallerChecked", name="Ivo", outcome="good")
                it.press(wish)
                await it.call.until(CallState.ENDED)
                assert it.call.ended_by == "bye", "we hang up when all is said"
                assert any(it.audio.heard), "he heard us"
                await api.wait_for("SelfServiceEnded", outcome=what)
        lines = await whole_log(api, "SelfServiceEnded", outcome="test_ended")
        names = [line["what"] for line in lines]
        assert names.count("TestByPhone") == 2
        assert "IncidentOpened" not in names, "no operator was bothered"
        assert not any("907153" in str(line) for line in lines)
        pressed = "".join(x["data"]["digit"] for x in lines if x["what"] == "DigitPressed")
        assert pressed == "1234#12#1234#2", "no digit of his PIN is a line of its own"


async def test_a_forced_installer_hears_the_same_and_the_site_stays_armed(lab: Lab) -> None:
    async with lab.running(), lab.api() as api:
        async with telephone(lab, INSTALLERS).calling(carrier(lab)) as it:
            it.press("1234#907154#")
            await api.wait_for("InstallerChecked", outcome="good")
            it.press("12#")
            await it.call.until(CallState.ENDED)
        await api.wait_for("SelfServiceEnded", outcome="on_test")
        assert await api.get("/api/v1/incidents") == [], "a program learns nothing of it"
        for forbidden in ("TestModeOver", "AttentionWanted"):
            assert forbidden not in {
                line["what"] for line in await whole_log(api, "SelfServiceEnded")
            }


async def test_nought_brings_an_operator_and_his_call_is_one_like_any_other(lab: Lab) -> None:
    async with (
        lab.running(),
        lab.api() as api,
        telephone(lab, INSTALLERS).calling(carrier(lab)) as it,
    ):
        it.press("0#")
        handed = await api.wait_for("SelfServiceHandedOver")
        [call] = await api.get("/api/v1/calls?state=active")
        assert call["incident_id"] == handed["incident_id"]
        await api.wait_for("RecordingStarted")
        assert it.call.state is CallState.TALKING


async def test_a_killed_engine_goes_on_asking(lab: Lab) -> None:
    engine = await lab.start()
    async with lab.api() as api, telephone(lab, INSTALLERS).calling(carrier(lab)) as it:
        it.press("1234#907153#")
        await api.wait_for("InstallerChecked", outcome="good")
        engine.kill()
        await engine.process.wait()
        async with lab.running(), lab.api() as after:
            await after.wait_for("EngineStarted", surviving_legs=[it_leg(await leg_of(after))])
            it.press("12#")
            await after.wait_for("TestByPhone", who="Ivo")
            await it.call.until(CallState.ENDED)


async def leg_of(api: Any) -> dict[str, Any]:
    line: dict[str, Any] = await api.wait_for("SelfServiceBegan")
    return line


def it_leg(line: dict[str, Any]) -> str:
    return str(line["data"]["leg_id"])


async def test_a_lone_worker_starts_her_timer_by_info_from_sipp(lab: Lab) -> None:
    async with lab.running(), lab.api() as api:
        sipp = await Program.start(
            "sipp",
            run_sipp(
                SCENARIO, "-i", "127.0.0.1", "-p", str(lab.trunk_port), "-mi", "127.0.0.1",
                "-m", "1", "-key", "did", ALONE, "-key", "caller", MARIE,
                f"127.0.0.1:{lab.sip_port}", cwd=lab.folder,
            ),
            cwd=lab.folder,
        )  # fmt: skip
        try:
            started = await api.wait_for("SafetyTimerStarted")
            assert started["data"]["person"] == "m-lambert"
            await api.wait_for("SelfServiceEnded", outcome="timer")
            assert await asyncio.wait_for(sipp.process.wait(), 30) == 0
        finally:
            await sipp.stop()


async def test_whom_nobody_knows_gets_an_operator(lab: Lab) -> None:
    stranger = telephone(lab, ALONE, caller="+32470009999")
    async with lab.running(), lab.api() as api, stranger.calling(carrier(lab)):
        await api.wait_for("CallOffered", service="lone_worker")
        await api.wait_for("IncidentOpened")
        names = {line["what"] for line in await whole_log(api, "IncidentOpened")}
        assert "SelfServiceBegan" not in names
