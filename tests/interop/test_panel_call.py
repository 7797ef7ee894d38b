"""Contact ID by telephone, on real RTP: what the panel hears is measured in its own ear."""

import asyncio
import random
import signal
from pathlib import Path

import pytest

from securityline.alarms.contact_id import encode
from securityline.simulation.phone_call import CallState
from sip.endpoint import Endpoint
from tests.interop.engine import Api, Lab
from tests.interop.panel import Panel, handshakes, is_near, kiss_offs

pytestmark = pytest.mark.interop

RECEIVER = "+3225550170"
PANIC = encode("1234", "1", "120", "01", "015")
RESTORE = encode("1234", "3", "120", "01", "015")
LISTEN = encode("1234", "1", "606", "00", "000")
ROUNDS = 4  # kills; each is a start of the engine


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    lab = Lab(tmp_path)
    lab.prepare()
    client = tmp_path / "directory" / "organisations" / "postes.yaml"
    text = client.read_text().replace(
        "sites:\n",
        '  - {number: "+32 2 555 01 70", service: alarm_receiver, label: Récepteur,\n'
        '     while_ringing: ringback, fallback_number: "+32 2 555 09 99"}\nsites:\n',
    )
    text = text.replace("services: {}}", 'services: {}, alarm_accounts: ["1234"]}')
    client.write_text(text)
    return lab


def panel(lab: Lab, **how: bool) -> Panel:
    return Panel(Endpoint("udp", "127.0.0.1", lab.sip_port), RECEIVER, **how)


def carrier(lab: Lab) -> Endpoint:
    return Endpoint("udp", "127.0.0.1", lab.trunk_port)


async def alarms(api: Api, until: str, **fields: object) -> list[str]:
    """Return the names of all lines up to one."""
    seen = []
    async for line in api.lines():
        seen.append(line["what"])
        if line["what"] == until and all(line["data"].get(k) == v for k, v in fields.items()):
            break
    return seen


@pytest.mark.parametrize("by_packet", [False, True], ids=["in band", "RFC 4733"])
async def test_two_messages_are_understood_stored_and_kissed_off(
    lab: Lab, by_packet: bool
) -> None:
    async with lab.running(), lab.api() as api:
        async with panel(lab, by_packet=by_packet).calling(carrier(lab)) as it:
            await it.greeted()
            assert await it.reports(PANIC) == 1
            assert await it.reports(RESTORE) == 1
            await it.call.until(CallState.ENDED)
            assert it.call.ended_by == "bye", "we hang up when it has nothing more to say"
        tones = it.tones
        [second] = handshakes(tones)
        first = tones[tones.index(second) - 1]
        assert is_near(first.hertz, 1400)
        assert first.length == pytest.approx(0.1, abs=0.03)
        assert second.length == pytest.approx(0.1, abs=0.03)
        assert second.at - first.at == pytest.approx(0.2, abs=0.03)
        assert len(kiss_offs(tones)) == 2
        assert all(0.75 <= tone.length <= 1.0 for tone in kiss_offs(tones))
        received = await api.wait_for("AlarmReceived")
        data = received["data"]
        assert (data["source"], data["account"], data["code"], data["zone"], data["site"]) == (
            "contact_id_call",
            "1234",
            "120",
            "015",
            "bru",
        )
        ended = await api.wait_for("PanelCallEnded")
        assert ended["data"]["messages"] == 2
        seen = await alarms(api, "PanelCallEnded")
        assert seen.count("AlarmReceived") == seen.count("RestoreReceived") == 1
        assert "CallOffered" not in seen, "no operator was rung"
        assert "AlarmRepeated" not in seen


async def test_a_person_on_the_line_is_an_operator_s_in_seconds(lab: Lab) -> None:
    async with lab.running(), lab.api() as api, panel(lab).calling(carrier(lab)) as it:
        it.audio.say(bytes(16_000 * 12))
        offered = await api.wait_for("CallOffered", is_answered=True)
        assert offered["data"]["did"] == RECEIVER
        handed = await api.wait_for("PanelHandedOver")
        assert handed["data"]["found"] == "silent"
        assert it.call.state is CallState.TALKING
        [call] = await api.get("/api/v1/calls?state=active")
        assert call["incident_id"] == handed["incident_id"]


async def test_a_panel_that_lets_us_listen_in_is_put_into_the_case_and_recorded(
    lab: Lab,
) -> None:
    async with lab.running(), lab.api() as api:
        async with panel(lab).calling(carrier(lab)) as it:
            await it.greeted()
            assert await it.reports(PANIC) == 1
            assert await it.reports(LISTEN) == 1
            await api.wait_for("PanelHandedOver", found="listen_in")
            await api.wait_for("RecordingStarted")
            assert it.call.state is CallState.TALKING
        received = await api.wait_for("AlarmReceived")
        [call] = await api.get("/api/v1/calls")
        assert call["incident_id"] == received["incident_id"]
        [incident] = await api.get("/api/v1/incidents")
        assert incident["incident_id"] == received["incident_id"]


async def test_killed_between_store_and_kiss_off_the_panel_gets_it_and_it_is_one_alarm(
    lab: Lab,
) -> None:
    """The engine dies at any moment around the store; the next goes on with the call."""
    moments = random.Random(1400)
    for number in range(ROUNDS):
        keys = encode("1234", "1", "130", "01", f"{number:03d}")
        engine = await lab.start()
        async with panel(lab).calling(carrier(lab)) as it:
            await it.greeted()
            it.press(keys)
            # Sixteen keys of 0.11 s; then it is stored within milliseconds.
            await asyncio.sleep(1.7 + moments.uniform(0, 0.25))  # the moment of the kill
            engine.kill(signal.SIGKILL)
            await engine.ended()
            before = len(kiss_offs(it.tones))
            async with lab.running(), lab.api() as api:
                if not before:
                    assert await it.reports(keys, tries=8), f"no kiss-off: {it.tones}"
                await api.wait_for("AlarmReceived", zone="" if number == 0 else f"{number:03d}")
    async with lab.running(), lab.api() as api:
        async with panel(lab).calling(carrier(lab)) as it:
            await it.greeted()
            assert await it.reports(encode("1234", "1", "130", "01", "999"))
        ids: list[str] = []
        repeats = 0
        async for line in api.lines():
            if line["what"] == "AlarmReceived":
                ids.append(line["data"]["source_id"])
                if line["data"]["zone"] == "999":
                    break
            repeats += line["what"] == "AlarmRepeated"
        assert len(set(ids)) == ROUNDS + 1
        assert len(ids) - repeats == ROUNDS + 1
        assert len(await api.get("/api/v1/incidents")) == 1
