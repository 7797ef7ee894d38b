"""A caller whom no operator takes: the client's fallback number, and the call-back.

The telephone behind the fallback number is SIPp; caller and operator are pretend phones,
whose ears say who was heard.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace

import pytest
import pytest_asyncio

from securityline.simulation.handset_audio import tone
from securityline.simulation.phone_call import CallState
from securityline.simulation.softphone import Softphone
from sip.endpoint import Endpoint
from tests.interop.engine import Api, Lab
from tests.interop.peers import Program, free_port, run_sipp
from tests.interop.people import (
    CALLER_HZ,
    OPERATOR_HZ,
    PATIENT,
    PROMPT,
    Log,
    at_the_desk,
    dial,
    hears,
    reached,
    telephone,
)
from tests.interop.test_keyholders import HERE, sounds
from tests.securityline.sound import strength

pytestmark = [pytest.mark.interop, pytest.mark.asyncio(loop_scope="module")]
VOICEMAIL = "+32470000016"
"The last two digits are what SIPp goes by: a greeting and a beep."


@dataclass
class Street:
    """The engine, a telephone outside from which people call, and those that it can dial."""

    lab: Lab
    api: Api
    log: Log
    outside: Softphone


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def here(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Street]:
    """Whoever calls has an address of his own: the carrier's is SIPp's."""
    folder = tmp_path_factory.mktemp("street")
    lab = Lab(folder)
    lab.prepare()
    port = free_port()
    peer = f'"127.0.0.1:{lab.trunk_port}"'
    config = lab.config.read_text()
    lab.config.write_text(
        config.replace(f"peers = [{peer}]", f'peers = [{peer}, "127.0.0.1:{port}"]')
    )
    client = folder / "directory" / "organisations" / "postes.yaml"
    client.write_text(client.read_text().replace('"+32 2 555 09 99"', f'"{VOICEMAIL}"'))
    sounds(folder)
    dialled = await Program.start(
        "sipp",
        run_sipp(
            HERE / "scenarios" / "keyholders.xml", "-i", "127.0.0.1", "-p",
            str(lab.trunk_port), "-mi", "127.0.0.1", "-aa", cwd=folder,
        ),
        cwd=folder,
    )  # fmt: skip
    outside = Softphone(
        Endpoint("udp", "127.0.0.1", lab.sip_port),
        listen=Endpoint("udp", "127.0.0.1", port),
        behaviour=replace(PATIENT, speech=tone(CALLER_HZ)),
    )
    try:
        async with lab.running(), lab.api() as api, Log.following(api) as log:
            await outside.start()
            try:
                yield Street(lab, api, log, outside)
            finally:
                await outside.stop()
    finally:
        await dialled.stop()


async def test_a_caller_who_reaches_a_voicemail_is_taken_back_for_the_next_operator(
    here: Street,
) -> None:
    mark = here.log.mark
    async with (
        telephone(here.lab, "201", replace(PATIENT, refuse_status=486)) as phone,
        at_the_desk(here.lab, here.log, "op-1"),
    ):
        caller = dial(here.outside, here.lab)
        greeted = await here.log.until("FallbackAnswered", after=mark, number=VOICEMAIL)
        phone.behaviour = PROMPT
        missed = await here.log.until("FallbackMissed", after=greeted["seq"])
        assert missed["data"]["cause"] == "voicemail"
        ended = await here.log.until("LegEnded", after=mark, leg_id=missed["data"]["leg_id"])
        assert ended["data"]["cause"] == "released", "we hung up on the machine"
        wanted = await here.log.until("AttentionWanted", after=greeted["seq"])
        assert wanted["data"]["reason"] == f"the fallback number {VOICEMAIL} is a voicemail"
        await here.log.until("OperatorAnswered", after=missed["seq"], operator="op-1")
        await hears(caller, lambda x: strength(x, OPERATOR_HZ) > 0.7, "the operator")
        here.outside.hang_up(caller)
        await here.log.until("CallEnded", after=missed["seq"], ended_by="caller")
        await reached(caller, CallState.ENDED)
        await reached(phone.calls[-1], CallState.ENDED)
