"""An employee calls with pyVoIP, a telephone that we did not write, through the carrier.

It is what the project's card names, and a process of its own: its licence is not ours. What
he says and hears is measured with sox.
"""

import asyncio
import importlib.util
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from securityline.simulation.behaviour import Account, Behaviour
from securityline.simulation.carrier import Carrier
from securityline.simulation.employees import CallOrder, Heard, call_with_pyvoip
from securityline.simulation.handset_audio import tone as pcm_tone
from securityline.simulation.softphone import Softphone
from sip.endpoint import Endpoint
from tests.interop.desk import signed_in
from tests.interop.engine import DOMAIN, Api, Lab
from tests.interop.peers import PATIENCE, band_level, tone

pytestmark = [
    pytest.mark.interop,
    pytest.mark.skipif(
        importlib.util.find_spec("pyVoIP") is None, reason="pyVoIP is not installed"
    ),
]

DID, EMPLOYEE = "+3225550100", "+32470000004"
CALLER_HZ, OPERATOR_HZ = 700, 1300
HEARD, NOT_HEARD = -35.0, -55.0  # dB of full scale, in a band of 120 Hz


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    lab = Lab(tmp_path)
    lab.prepare()
    return lab


@asynccontextmanager
async def running_carrier(lab: Lab) -> AsyncIterator[Carrier]:
    carrier = Carrier(
        Endpoint("udp", "127.0.0.1", lab.trunk_port),
        Endpoint("udp", "127.0.0.1", lab.sip_port),
    )
    await carrier.start()
    try:
        yield carrier
        assert carrier.emergency_attempts == []
    finally:
        await carrier.stop()


@asynccontextmanager
async def operators_phone(lab: Lab, behaviour: Behaviour) -> AsyncIterator[Softphone]:
    phone = Softphone(
        Endpoint("udp", "127.0.0.1", lab.sip_port),
        listen=Endpoint("udp", "127.0.0.1", 0),
        account=Account("201", lab.secrets["201"], DOMAIN),
        behaviour=behaviour,
    )
    await phone.start()
    try:
        async with asyncio.timeout(PATIENCE):
            await phone.until_registered()
        yield phone
    finally:
        await phone.stop()


def calling(
    carrier: Carrier, seconds: float, say: Path | None = None, *, is_withheld: bool = False
) -> "asyncio.Task[Heard | None]":
    order = CallOrder(
        caller=EMPLOYEE,
        did=DID,
        seconds=seconds,
        say=say,
        heard=say.with_name("heard.wav") if say else None,
        is_withheld=is_withheld,
    )
    password = carrier.subscribe(EMPLOYEE)
    return asyncio.create_task(call_with_pyvoip(order, carrier.listen, password))


async def switch_off(carrier: Carrier, call: "asyncio.Task[Heard | None]") -> None:
    """End the handset's program; pyVoIP cannot cancel, so the network notices for it."""
    call.cancel()
    await asyncio.gather(call, return_exceptions=True)
    carrier.drop(EMPLOYEE)


async def recording_of(api: Api, path: Path) -> Path:
    ended = await api.wait_for("RecordingEnded")
    content = await api.fetch(f"/api/v1/recordings/{ended['data']['recording_id']}")
    await asyncio.to_thread(path.write_bytes, content)
    return path


async def test_pyvoip_calls_is_answered_is_heard_and_hears(lab: Lab, tmp_path: Path) -> None:
    says = tone(tmp_path / "caller.wav", CALLER_HZ)
    behaviour = Behaviour(answer_time=0.2, speech=pcm_tone(OPERATOR_HZ))
    async with (
        lab.running(),
        lab.api() as api,
        running_carrier(lab) as carrier,
        operators_phone(lab, behaviour),
        signed_in(lab, "op-1"),
    ):
        call = calling(carrier, 8.0, says)
        offered = await api.wait_for("CallOffered")
        assert offered["data"]["caller"] == EMPLOYEE
        assert (await api.wait_for("OperatorAnswered"))["data"]["operator"] == "op-1"
        heard = await call
        assert (await api.wait_for("CallEnded"))["data"]["ended_by"] == "caller"
        recording = await recording_of(api, tmp_path / "recording.wav")
        [shown] = await api.get("/api/v1/calls")
        assert shown["person"] == "m-lambert"

    assert band_level(recording, 1, CALLER_HZ, 3, 3) > HEARD
    assert band_level(recording, 2, OPERATOR_HZ, 3, 3) > HEARD
    assert band_level(recording, 1, OPERATOR_HZ, 3, 3) < NOT_HEARD
    assert band_level(recording, 2, CALLER_HZ, 3, 3) < NOT_HEARD
    assert heard is not None
    assert heard.file is not None
    assert heard.loud_time > 3
    assert band_level(heard.file, 1, OPERATOR_HZ, 2, 2) > HEARD


async def test_a_withheld_number_is_told_to_no_program(lab: Lab) -> None:
    async with lab.running(), lab.api() as api, running_carrier(lab) as carrier:
        call = calling(carrier, 60.0, is_withheld=True)
        offered = await api.wait_for("CallOffered")
        assert offered["data"]["did"] == DID
        [shown] = await api.get("/api/v1/calls?state=active")
        assert (shown["withheld"], shown["caller"], shown["person"]) == (True, None, None)
        await switch_off(carrier, call)
        await api.wait_for("CallAbandoned")


async def test_a_withheld_number_is_shown_on_no_phone(lab: Lab) -> None:
    async with (
        lab.running(),
        running_carrier(lab) as carrier,
        operators_phone(lab, Behaviour(answer_time=None)) as phone,
        signed_in(lab, "op-1"),
    ):
        call = calling(carrier, 60.0, is_withheld=True)
        async with asyncio.timeout(PATIENCE):
            rings = await phone.until_called()
        await switch_off(carrier, call)
        assert rings.other == "Postes Démo: withheld"


async def test_a_handset_that_is_switched_off_while_it_rings_leaves_a_case(lab: Lab) -> None:
    lets_it_ring = Behaviour(answer_time=None)
    async with (
        lab.running(),
        lab.api() as api,
        running_carrier(lab) as carrier,
        operators_phone(lab, lets_it_ring) as phone,
        signed_in(lab, "op-1"),
    ):
        call = calling(carrier, 60.0)
        await api.wait_for("OperatorRang")
        async with asyncio.timeout(PATIENCE):
            rings = await phone.until_called()
        await switch_off(carrier, call)
        await api.wait_for("CallAbandoned")
        async with asyncio.timeout(PATIENCE):
            await phone.until(lambda: rings.state == "ended")
        [incident] = await api.get("/api/v1/incidents?state=open")
        assert incident["organisation"] == "postes"
