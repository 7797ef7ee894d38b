"""A caller whom no operator takes: the client's fallback number, and the call-back.

The telephone behind the fallback number is SIPp; caller and operator are pretend phones,
whose ears say who was heard.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import pytest_asyncio

from securityline.simulation.handset_audio import tone
from securityline.simulation.phone_call import CallState
from securityline.simulation.softphone import Softphone
from tests.interop.desk import signed_in
from tests.interop.engine import Api, Lab
from tests.interop.peers import Baresip, Program, free_port, run_sipp
from tests.interop.peers import tone as spoken
from tests.interop.people import (
    CALLER_HZ,
    OPERATOR_HZ,
    PATIENT,
    PROMPT,
    Log,
    at_the_desk,
    dial,
    hears,
    outside,
    reached,
    telephone,
)
from tests.interop.test_keyholders import HERE, sounds
from tests.securityline.sound import strength

pytestmark = [pytest.mark.interop, pytest.mark.asyncio(loop_scope="module")]
CALLER = "+32470000018"
"He picks up when he is called back."
GUARD = "+32479000018"
"The telephone at the site; SIPp picks it up."
VOICEMAIL = "+32470000016"
"The last two digits are what SIPp goes by: a greeting and a beep."


@dataclass
class Street:
    """The engine, a telephone outside from which people call, and those that it can dial."""

    lab: Lab
    api: Api
    log: Log
    outside: Softphone
    folder: Path

    def has_invited(self, number: str) -> bool:
        """Whether an INVITE to this number was on the wire; SIPp wrote all it received."""
        received = (self.folder / "messages.log").read_text(errors="replace")
        return f"INVITE sip:{number}@" in received


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def here(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Street]:
    """Whoever calls has an address of his own: the carrier's is SIPp's."""
    folder = tmp_path_factory.mktemp("street")
    lab = Lab(folder, outside_port=free_port())
    lab.prepare()
    client = folder / "directory" / "organisations" / "postes.yaml"
    text = client.read_text().replace('"+32 2 555 09 99"', f'"{VOICEMAIL}"')
    client.write_text(text.replace('"+32 2 555 02 10"', f'"{GUARD}"'))
    sounds(folder)
    dialled = await Program.start(
        "sipp",
        run_sipp(
            HERE / "scenarios" / "keyholders.xml", "-i", "127.0.0.1", "-p",
            str(lab.trunk_port), "-mi", "127.0.0.1", "-aa", "-trace_msg", "-message_file",
            str(folder / "messages.log"), cwd=folder,
        ),
        cwd=folder,
    )  # fmt: skip
    caller = replace(PATIENT, speech=tone(CALLER_HZ))
    try:
        async with (
            lab.running(),
            lab.api() as api,
            Log.following(api) as log,
            outside(lab, caller) as phone,
        ):
            yield Street(lab, api, log, phone, folder)
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


async def test_who_hangs_up_too_soon_is_called_back_and_an_operator_is_there_first(
    here: Street,
) -> None:
    mark = here.log.mark
    async with (
        Baresip.running(
            here.folder / "phone",
            user="201",
            password=here.lab.secrets["201"],
            registrar=here.lab.registrar,
            says=spoken(here.folder / "operator.wav", OPERATOR_HZ),
            answers="manual",
        ) as phone,
        at_the_desk(here.lab, here.log, "op-1"),
    ):
        caller = dial(here.outside, here.lab, caller=CALLER)
        await phone.event("CALL_INCOMING")
        here.outside.hang_up(caller)
        await here.log.until("CallAbandoned", after=mark)
        await here.log.until("CallBackPlanned", after=mark)
        before = len(phone.events)
        again = await phone.event("CALL_INCOMING", after=before)
        assert "CALL BACK" in again["peerdisplayname"]
        assert not here.has_invited(CALLER), "nobody picks up and hears a machine"

        await phone.command("accept")
        await here.log.until("CallBackDialled", after=mark, operator="op-1")
        reached_at = await here.log.until("CallBackAnswered", after=mark)
        assert here.has_invited(CALLER)
        await phone.command("hangup")
        ended = await here.log.until("CallEnded", after=reached_at["seq"])
        assert ended["data"]["ended_by"] == "operator"
        over = await here.log.until("CallBackEnded", after=mark)
        assert over["data"]["is_reached"] is True
        await phone.event("CALL_CLOSED", after=before)


async def test_an_operator_calls_the_site_from_the_case(here: Street) -> None:
    """By hand, at a number that the card offers; his own telephone is baresip."""
    mark = here.log.mark
    async with Baresip.running(
        here.folder / "own",
        user="201",
        password=here.lab.secrets["201"],
        registrar=here.lab.registrar,
        says=spoken(here.folder / "own.wav", OPERATOR_HZ),
    ):
        await here.log.until("StationUp", after=mark, operator="op-1")
        async with signed_in(here.lab, "op-1", is_ready=False) as desk:
            caller = dial(here.outside, here.lab)
            offered = await here.log.until("CallOffered", after=mark)
            here.outside.hang_up(caller)
            case = offered["incident_id"]
            await desk.press("call_person", incident=case, number=GUARD)
            called = await here.log.until("PersonCalled", after=offered["seq"], number=GUARD)
            call_id = called["data"]["call_id"]
            ringing = await here.log.until("CallBackDialled", after=called["seq"])
            assert ringing["data"]["call_id"] == call_id, "his own phone was picked up first"
            await here.log.until("CallBackAnswered", after=ringing["seq"], call_id=call_id)
            assert here.has_invited(GUARD)
            await desk.press("hang_up", call=call_id)
            ended = await here.log.until("CallEnded", after=called["seq"], call_id=call_id)
            assert ended["data"]["ended_by"] == "operator"
            await here.log.until("RecordingEnded", after=called["seq"], call_id=call_id)
