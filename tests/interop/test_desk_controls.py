"""What an operator does at his desk, and what happens when he cannot: one running engine.

Each test leaves the operators on break and their phones off, so that the next one begins
with an empty room.
"""

import asyncio
import signal
from dataclasses import replace

import pytest
import pytest_asyncio

from securityline.simulation.phone_call import CallState
from tests.interop.desk import signed_in
from tests.interop.engine import Lab
from tests.interop.peers import Baresip, Program, tone
from tests.interop.people import (
    AUDIBLE,
    OPERATOR_HZ,
    PATIENT,
    PROMPT,
    Log,
    at_the_desk,
    dial,
    get_ready,
    hears,
    pcm_of,
    reached,
    telephone,
)
from tests.securityline.sound import loudness, strength

pytestmark = [pytest.mark.interop, pytest.mark.asyncio(loop_scope="module")]

NOTICE_DID, NO_FALLBACK_DID = "+3225550101", "+3225550102"
MORE_DIDS = """
  - {number: "+32 2 555 01 01", service: security_line, label: Avis, recording: evidence,
     while_ringing: notice, fallback_number: "+32 2 555 09 99"}
  - {number: "+32 2 555 01 02", service: security_line, label: Seule, recording: evidence,
     while_ringing: ringback}
sites:"""


def prepared(folder):
    lab = Lab(folder)
    lab.prepare()
    organisation = folder / "directory" / "organisations" / "postes.yaml"
    organisation.write_text(organisation.read_text().replace("\nsites:", MORE_DIDS, 1))
    return lab


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def lab(tmp_path_factory):
    lab = prepared(tmp_path_factory.mktemp("desk"))
    async with lab.running():
        yield lab


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def log(lab):
    async with lab.api() as api, Log.following(api) as log:
        yield log


@pytest_asyncio.fixture(loop_scope="module")
async def carrier(lab):
    caller = replace(PATIENT, speech=PATIENT.speech, refuse_status=480)
    async with telephone(lab, None, caller) as phone:
        yield phone


def is_tone(frequency):
    return lambda heard: strength(heard, frequency) > 0.7


def is_audible(heard):
    return loudness(heard) > AUDIBLE


# ---------------------------------------------------------------- nobody is there


async def test_with_nobody_there_the_fallback_rings_and_whom_it_fails_is_held(
    lab, log, carrier
):
    """Two callers: one's fallback number answers, the other's refuses."""
    mark = log.mark
    carrier.behaviour = PATIENT
    one = dial(carrier, lab, caller="+32470000005")
    two = dial(carrier, lab, caller="+32470000006")
    async with asyncio.timeout(60):
        refusing, keyholder = await carrier.until_called(3), await carrier.until_called(4)
    carrier.refuse(refusing, 486)
    carrier.answer(keyholder)
    forwarded = await log.until("FallbackAnswered", after=mark, number="+3225550999")
    call_id = forwarded["data"]["call_id"]
    offered = await log.until("CallOffered", after=mark, call_id=call_id)
    is_one = offered["data"]["caller"] == "+32470000005"
    served, held = (one, two) if is_one else (two, one)
    await reached(keyholder, CallState.TALKING)
    await hears(served, is_tone(OPERATOR_HZ), "who answered the fallback number")
    served.audio.press("5")
    async with asyncio.timeout(60):
        await keyholder.audio.until(lambda: keyholder.audio.digits == "5")
        # Whoever is not known to be a person helped nobody: his caller would wait on.
        keyholder.audio.press("1")
    await log.until("FallbackProved", after=mark, call_id=call_id)
    carrier.hang_up(keyholder)
    await log.until("CallEnded", after=mark, call_id=call_id)
    await reached(served, CallState.ENDED)

    await hears(held, is_audible, "the calm message")
    assert held.state is CallState.TALKING
    assert not log.said("OperatorAnswered", after=mark)
    async with telephone(lab, "201", PROMPT), at_the_desk(lab, log, "op-1"):
        await log.until("OperatorAnswered", after=mark, operator="op-1")
        await hears(held, is_tone(OPERATOR_HZ), "the operator")
        carrier.hang_up(held)
        ended = await log.until("CallEnded", after=mark, ended_by="caller")
        assert ended["data"]["call_id"] != call_id


# ---------------------------------------------------------------- the keys


async def test_answer_hold_resume_and_hang_up_from_the_desk(lab, log, carrier):
    mark = log.mark
    async with (
        telephone(lab, "201") as phone,
        at_the_desk(lab, log, "op-1") as desk,
    ):
        caller = dial(carrier, lab)
        rang = await log.until("OperatorRang", after=mark)
        call_id = rang["data"]["call_id"]
        ringing = await phone.until_called()
        assert ringing.state is CallState.RINGING

        await desk.press("answer", call=call_id)
        await log.until("OperatorAnswered", after=mark, operator="op-1")
        there = phone.calls[-1]
        await reached(there, CallState.TALKING)
        await hears(caller, is_tone(OPERATOR_HZ), "the operator")

        await desk.press("hold", call=call_id)
        await log.until("CallHeld", after=mark, operator="op-1")
        await hears(
            caller, lambda x: is_audible(x) and not is_tone(OPERATOR_HZ)(x), "hold audio"
        )
        await desk.press("resume", call=call_id)
        await log.until("CallResumed", after=mark, operator="op-1")
        await hears(caller, is_tone(OPERATOR_HZ), "the operator again")

        await desk.press("hang_up", call=call_id)
        ended = await log.until("CallEnded", after=mark)
        assert ended["data"]["ended_by"] == "operator"
        await reached(caller, CallState.ENDED)
        await reached(there, CallState.ENDED)


async def test_an_operator_who_presses_a_key_of_another_s_call_is_told_no(lab, log, carrier):
    mark = log.mark
    async with (
        telephone(lab, "201", PROMPT),
        at_the_desk(lab, log, "op-1"),
        at_the_desk(lab, log, "op-2", is_ready=False) as other,
    ):
        caller = dial(carrier, lab)
        answered = await log.until("OperatorAnswered", after=mark)
        for act in ("hold", "hang_up", "answer"):
            await other.press(act, call=answered["data"]["call_id"])
            while "error" not in (message := await other.screen.receive_json(timeout=60)):
                assert not message.get("is_done")
        assert caller.state is CallState.TALKING
        carrier.hang_up(caller)
        await log.until("CallEnded", after=mark, ended_by="caller")
    assert not log.said("HoldPressed", after=mark)


# ---------------------------------------------------------------- who answers


async def test_two_ring_together_the_first_wins_and_the_other_is_told(lab, log, carrier):
    mark = log.mark
    async with (
        telephone(lab, "201") as first,
        telephone(lab, "202") as second,
        at_the_desk(lab, log, "op-1", is_ready=False) as one,
        at_the_desk(lab, log, "op-2", is_ready=False) as two,
    ):
        caller = dial(carrier, lab, did=NO_FALLBACK_DID)
        await hears(caller, is_audible, "the calm message")
        await get_ready(one, log)
        await get_ready(two, log)
        async with asyncio.timeout(60):
            winner, loser = await first.until_called(), await second.until_called()
        second.answer(loser)
        first.answer(winner)
        answered = await log.until("OperatorAnswered", after=mark)
        has_first_won = answered["data"]["operator"] == "op-1"
        won, lost = (winner, loser) if has_first_won else (loser, winner)
        await reached(won, CallState.TALKING)
        await reached(lost, CallState.ENDED)
        stopped = second.stopped if has_first_won else first.stopped
        assert lost.ended_by == "bye" or "completed elsewhere" in stopped[0]
        await hears(caller, is_tone(OPERATOR_HZ), "the winner")
        assert len(log.said("OperatorAnswered", after=mark)) == 1
        carrier.hang_up(caller)
        await log.until("CallEnded", after=mark)


async def test_the_phone_that_goes_on_ringing_is_told_completed_elsewhere(lab, log, carrier):
    mark = log.mark
    async with (
        telephone(lab, "201") as first,
        telephone(lab, "202") as second,
        at_the_desk(lab, log, "op-1", is_ready=False) as one,
        at_the_desk(lab, log, "op-2", is_ready=False) as two,
    ):
        caller = dial(carrier, lab, did=NO_FALLBACK_DID)
        await log.until("CallQueued", after=mark)
        await get_ready(one, log)
        await get_ready(two, log)
        async with asyncio.timeout(60):
            loser = await first.until_called()
            second.answer(await second.until_called())
        await log.until("OperatorAnswered", after=mark, operator="op-2")
        await reached(loser, CallState.ENDED)
        assert first.stopped == ['SIP;cause=200;text="Call completed elsewhere"']
        carrier.hang_up(caller)
        await log.until("CallEnded", after=mark)


@pytest.mark.parametrize(("status", "cause"), [(486, "busy"), (603, "refused")])
async def test_an_operator_who_rejects_is_followed_by_the_next(
    lab, log, carrier, status, cause
):
    mark = log.mark
    async with (
        telephone(lab, "201", replace(PATIENT, refuse_status=status)),
        telephone(lab, "202", PROMPT),
        at_the_desk(lab, log, "op-1"),
        at_the_desk(lab, log, "op-2"),
    ):
        caller = dial(carrier, lab)
        missed = await log.until("OperatorMissed", after=mark)
        assert (missed["data"]["operator"], missed["data"]["cause"]) == ("op-1", cause)
        await log.until("OperatorAnswered", after=mark, operator="op-2")
        await hears(caller, is_tone(OPERATOR_HZ), "the second operator")
        carrier.hang_up(caller)
        await log.until("CallEnded", after=mark)


async def test_a_phone_that_dies_in_mid_call_gives_its_caller_to_another(
    lab, log, carrier, tmp_path
):
    mark = log.mark
    async with (
        telephone(lab, "202", replace(PROMPT, answer_time=1.5)),
        at_the_desk(lab, log, "op-1"),
        at_the_desk(lab, log, "op-2", is_ready=False) as two,
        Baresip.running(
            tmp_path / "phone",
            user="201",
            password=lab.secrets["201"],
            registrar=lab.registrar,
            says=tone(tmp_path / "operator.wav", 440, 60),
        ) as phone,
    ):
        caller = dial(carrier, lab)
        await log.until("OperatorAnswered", after=mark, operator="op-1")
        await hears(caller, is_tone(440), "the first operator")
        await get_ready(two, log)
        phone.kill(signal.SIGKILL)
        await log.until("CallRequeued", after=mark)
        await hears(caller, lambda x: is_audible(x) and not is_tone(440)(x), "the hold message")
        await log.until("OperatorAnswered", after=mark, operator="op-2")
        await hears(caller, is_tone(OPERATOR_HZ), "the second operator")
        assert caller.state is CallState.TALKING
        carrier.hang_up(caller)
        await log.until("CallEnded", after=mark)


async def test_a_phone_that_dies_while_it_rings_is_passed_over_at_once(
    lab, log, carrier, tmp_path
):
    mark = log.mark
    async with (
        telephone(lab, "202", PROMPT),
        at_the_desk(lab, log, "op-2", is_ready=False) as two,
        at_the_desk(lab, log, "op-1"),
        Baresip.running(
            tmp_path / "phone",
            user="201",
            password=lab.secrets["201"],
            registrar=lab.registrar,
            answers="manual",
        ) as phone,
    ):
        caller = dial(carrier, lab)
        rang = await log.until("LegRinging", after=mark)
        await get_ready(two, log)
        phone.kill(signal.SIGKILL)
        down = await log.until("StationDown", after=mark, operator="op-1")
        await log.until("OperatorAnswered", after=mark, operator="op-2")
        waited = log.said("DeadlineReached", after=mark)
        assert waited == [], "nobody waited until it had rung for long enough"
        assert down["data"]["reason"] == "does not answer OPTIONS"
        assert rang["seq"] < down["seq"]
        carrier.hang_up(caller)
        await log.until("CallEnded", after=mark)


async def test_a_caller_who_leaves_while_it_rings_leaves_an_open_case(lab, log, carrier):
    mark = log.mark
    async with telephone(lab, "201") as phone, at_the_desk(lab, log, "op-1"):
        caller = dial(carrier, lab)
        ringing = await phone.until_called()
        carrier.hang_up(caller)
        abandoned = await log.until("CallAbandoned", after=mark)
        await reached(ringing, CallState.ENDED)
    async with lab.api() as api:
        incident = await api.get(f"/api/v1/incidents/{abandoned['incident_id']}")
    assert incident["state"] == "open"
    assert incident["call_ids"] == [abandoned["data"]["call_id"]]


async def test_an_unknown_number_reaches_an_operator_and_says_so(lab, log, carrier):
    mark = log.mark
    async with (
        telephone(lab, "201", PROMPT) as phone,
        at_the_desk(lab, log, "op-1") as desk,
    ):
        caller = dial(carrier, lab, did="+3225559876")
        await log.until("OperatorAnswered", after=mark)
        assert "unknown number" in phone.calls[0].other
        offered = await log.until("CallOffered", after=mark)
        assert offered["data"]["did"] == "+3225559876"
        assert offered["data"]["is_known_did"] is False
        await desk.fragment("+3225559876")
        carrier.hang_up(caller)
        await log.until("CallEnded", after=mark)


async def test_the_notice_is_heard_before_the_operator_and_recorded(
    lab, log, carrier, tmp_path
):
    mark = log.mark
    async with telephone(lab, "201") as phone, at_the_desk(lab, log, "op-1"):
        caller = dial(carrier, lab, did=NOTICE_DID)
        ringing = await phone.until_called()
        await hears(caller, lambda x: len(x) >= 8000 and is_audible(x), "the recording notice")
        assert ringing.state is CallState.RINGING
        phone.answer(ringing)
        answered = await log.until("OperatorAnswered", after=mark)
        assert answered["data"]["notice_heard_time"] > 0
        await hears(caller, is_tone(OPERATOR_HZ), "the operator")
        carrier.hang_up(caller)
        call_id = answered["data"]["call_id"]  # the call before may end its recording only now
        ended = await log.until("RecordingEnded", after=mark, call_id=call_id)
    async with lab.api() as api:
        wav = await api.fetch(f"/api/v1/recordings/{ended['data']['recording_id']}")
    recording = tmp_path / "recording.wav"
    recording.write_bytes(wav)
    right = pcm_of(recording, 2)
    half = 2 * int(8000 * answered["data"]["notice_heard_time"] / 2)
    assert loudness(right[:half]) > AUDIBLE
    assert strength(right[:half], OPERATOR_HZ) < 0.3
    windows = [right[at : at + 4000] for at in range(half, len(right) - 4000, 1000)]
    assert max(strength(window, OPERATOR_HZ) for window in windows) > 0.7


# ---------------------------------------------------------------- the end


async def test_sigterm_lets_the_call_end_and_sends_new_ones_to_the_fallback(tmp_path):
    lab = prepared(tmp_path)
    engine: Program = await lab.start()
    try:
        async with (
            lab.api() as api,
            Log.following(api) as log,
            telephone(lab, None, replace(PROMPT, answer_time=0.2)) as carrier,
            telephone(lab, "201", PROMPT),
            signed_in(lab, "op-1"),
        ):
            talking = dial(carrier, lab)
            await log.until("OperatorAnswered", after=0)
            engine.kill(signal.SIGTERM)
            mark = (await log.until("EngineDraining", after=0))["seq"]
            late = dial(carrier, lab, caller="+32470000005")
            await log.until("FallbackAnswered", after=mark)
            assert not log.said("OperatorRang", after=mark)
            assert talking.state is CallState.TALKING
            await hears(talking, is_tone(OPERATOR_HZ), "the operator, while it drains")
            carrier.hang_up(late)
            # So soon that nobody can have helped him: the next engine calls him back.
            await log.until("CallAbandoned", after=mark)
            assert engine.process.returncode is None
            carrier.hang_up(talking)
            await reached(talking, CallState.ENDED)
            assert await engine.ended() == 0, engine.story("ended badly")
    finally:
        await engine.stop()
    assert not [x for x in engine.lines if "Traceback" in x or "exception" in x]
