"""Keyholders who say nothing, or ring in while they are rung: SIPp's telephones, real time."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
import pytest_asyncio

from securityline.simulation.handset_audio import tone
from securityline.simulation.phone_call import CallState
from tests.interop.engine import Lab
from tests.interop.peers import free_port
from tests.interop.people import (
    CALLER_HZ,
    OPERATOR_HZ,
    PATIENT,
    PROMPT,
    at_the_desk,
    dial,
    hears,
    outside,
    reached,
    telephone,
)
from tests.interop.test_keyholders import Night, begun
from tests.securityline.sound import strength

pytestmark = [pytest.mark.interop, pytest.mark.asyncio(loop_scope="module")]

IMPATIENT = (
    "import callflows.keyholder as keyholder; keyholder.ANSWER_TIME = 3.0;"
    " from securityline.__main__ import main; raise SystemExit(main())"
)
"The engine that waits 3 s for a key in the place of 45; all else is as it is."
BANK_DID, KEYHOLDER = "+3225550401", "+32470000013"
"His telephone rings until it is told to stop."


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def night(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Night]:
    folder = tmp_path_factory.mktemp("night")
    lab = Lab(folder, outside_port=free_port(), program=("-c", IMPATIENT))
    async with begun(lab) as night:
        yield night


async def test_whoever_picks_up_and_says_nothing_was_not_reached(night: Night) -> None:
    _, mark = await night.alarm("silent")
    picked_up = await night.log.until("KeyholderAnswered", after=mark, person="k18")
    missed = await night.log.until("KeyholderMissed", after=picked_up["seq"], person="k18")
    assert missed["data"]["cause"] == "no_key"
    assert not night.log.said("MachineSuspected", after=mark), "silence is no sign of anything"
    ended = await night.log.until("LegEnded", after=mark, leg_id=picked_up["data"]["leg_id"])
    assert ended["data"]["cause"] == "released"
    taken = await night.log.until("KeyholderAccepted", after=missed["seq"])
    assert taken["data"]["person"] == "k11", "the next was called, and takes charge"
    await night.log.until("CallTreeEnded", after=mark, reason="accepted")


async def test_who_rings_in_while_he_is_rung_lands_on_the_case_s_operator_and_rings_once(
    night: Night,
) -> None:
    lab, log = night.lab, night.log
    async with (
        telephone(lab, "201", PROMPT) as owner,
        telephone(lab, "202", PROMPT),
        outside(lab, replace(PATIENT, speech=tone(CALLER_HZ))) as street,
        at_the_desk(lab, log, "op-2"),  # idle for longer: any other call would be his
        at_the_desk(lab, log, "op-1") as desk,
    ):
        case, mark = await night.alarm("crossing")
        rings = await log.until("LegRinging", after=mark)
        await desk.press("take", incident=case)
        await log.until("CaseTaken", after=mark, operator="op-1")

        call = dial(street, lab, did=BANK_DID, caller=KEYHOLDER)
        crossed = await log.until("KeyholderAskedOperator", after=mark, person="k13")
        assert crossed["data"]["is_crossing"] is True
        assert crossed["incident_id"] == case
        stopped = await log.until("LegEnded", after=mark, leg_id=rings["data"]["leg_id"])
        assert stopped["seq"] > crossed["seq"], "his telephone rings against him no more"
        answered = await log.until("OperatorAnswered", after=mark)
        assert answered["data"]["operator"] == "op-1"
        await hears(call, lambda x: strength(x, OPERATOR_HZ) > 0.7, "the operator")
        assert [x["data"]["person"] for x in log.said("KeyholderCalled", after=mark)] == ["k13"]
        assert not log.said("CallTreeResumed", after=mark), "the tree waits for their talk"

        tree = crossed["data"]["tree_id"]
        await desk.press("tree_confirm", tree=tree, person="k13")
        await log.until("CallTreeEnded", after=mark, reason="accepted")
        street.hang_up(call)
        await reached(call, CallState.ENDED)
        await reached(owner.calls[-1], CallState.ENDED)
        called = [x["data"]["person"] for x in log.said("KeyholderCalled", after=mark)]
        assert called == ["k13"], "never two wake-ups"
