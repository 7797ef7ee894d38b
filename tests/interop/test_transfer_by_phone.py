"""A caller goes from one operator's telephone to another's: heard, recorded, and never lost.

The operators' telephones are baresip; what the recording holds is measured with sox.
"""

import asyncio
import json
import subprocess
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from securityline.simulation.handset_audio import tone as spoken
from securityline.simulation.phone_call import CallState
from tests.interop.engine import Lab
from tests.interop.peers import Baresip, need, tone
from tests.interop.people import (
    CALLER_HZ,
    PATIENT,
    Log,
    at_the_desk,
    dial,
    get_ready,
    hears,
    pcm_of,
    reached,
    telephone,
)
from tests.securityline.sound import RATE, loudness, strength

pytestmark = [pytest.mark.interop, pytest.mark.asyncio(loop_scope="module")]

FIRST_HZ, SECOND_HZ = 440, 900
STEP = RATE // 4  # samples: a quarter of a second


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def lab(tmp_path_factory):
    lab = Lab(tmp_path_factory.mktemp("transfer"))
    lab.prepare()
    async with lab.running():
        yield lab


@asynccontextmanager
async def two_desks(lab: Lab, log: Log, folder: Path) -> Any:
    """Op-1 speaks with a caller at a baresip; op-2 is free at another."""
    async with AsyncExitStack() as room:
        caller = replace(PATIENT, speech=spoken(CALLER_HZ))
        carrier = await room.enter_async_context(telephone(lab, None, caller))
        for extension, hertz in (("201", FIRST_HZ), ("202", SECOND_HZ)):
            await room.enter_async_context(
                Baresip.running(
                    folder / extension,
                    user=extension,
                    password=lab.secrets[extension],
                    registrar=lab.registrar,
                    says=tone(folder / f"{hertz}.wav", hertz, 90),
                )
            )
        first = await room.enter_async_context(at_the_desk(lab, log, "op-1"))
        second = await room.enter_async_context(at_the_desk(lab, log, "op-2", is_ready=False))
        call = dial(carrier, lab)
        answered = await log.until("OperatorAnswered", after=log.mark, operator="op-1")
        await hears(call, is_tone(FIRST_HZ), "the first operator")
        await get_ready(second, log)
        yield first, second, carrier, call, answered["data"]["call_id"]


def is_tone(hertz: float) -> Any:
    return lambda heard: len(heard) >= RATE and strength(heard, hertz) > 0.8


def is_music(heard: bytes) -> bool:
    return loudness(heard) > 100 and not any(
        is_tone(hertz)(heard) for hertz in (FIRST_HZ, SECOND_HZ)
    )


async def recording_of(lab: Lab, log: Log, call_id: str, folder: Path) -> Path:
    ended = await log.until("RecordingEnded", after=0, call_id=call_id)
    async with lab.api() as api:
        wav = await api.fetch(f"/api/v1/recordings/{ended['data']['recording_id']}")
    path = folder / f"{call_id}.wav"
    path.write_bytes(wav)
    return path


def about(log: Log, what: str, call_id: str) -> list[Any]:
    return [x for x in log.said(what, after=0) if x["data"].get("call_id") == call_id]


def length_of(path: Path) -> float:
    """Seconds, as sox reads them."""
    said = subprocess.run(
        [need("sox"), "--i", "-D", str(path)], capture_output=True, check=True
    )
    return float(said.stdout)


def windows(pcm: bytes) -> list[bytes]:
    size = 2 * STEP
    return [pcm[at : at + size] for at in range(0, len(pcm) - size, size)]


def assert_gapless(path: Path, talk_time: float) -> None:
    """One file holds the caller from the first word to the last, without a hole."""
    assert length_of(path) >= talk_time - 0.5
    spoke = [strength(one, CALLER_HZ) > 0.6 for one in windows(pcm_of(path, 1))]
    begin, end = spoke.index(True), len(spoke) - spoke[::-1].index(True)
    missing = [place for place in range(begin, end) if not spoke[place]]
    assert len(missing) <= 1, f"nobody recorded the caller at {[p / 4 for p in missing]} s"
    assert (end - begin) / 4 >= talk_time - 1.5


def order_heard(path: Path) -> list[int]:
    """Which operator the recording's other side has, one after the other."""
    heard: list[int] = []
    for one in windows(pcm_of(path, 2)):
        for hertz in (FIRST_HZ, SECOND_HZ):
            if strength(one, hertz) > 0.6 and heard[-1:] != [hertz]:
                heard.append(hertz)
    return heard


async def test_after_they_talked_the_second_has_the_caller(lab, tmp_path):
    async with (
        lab.api() as api,
        Log.following(api) as log,
        two_desks(lab, log, tmp_path) as (first, second, _, call, call_id),
    ):
        await first.press("transfer", call=call_id, to="op-2", how="talk")
        await hears(call, is_music, "music while the two talk")
        await log.until("TransferAnswered", after=0, call_id=call_id)
        await asyncio.sleep(1.0)  # they talk: a length of speech, not a wait
        assert is_music(call.audio.heard[-RATE:]), "the caller hears what they say of him"
        await first.press("give", call=call_id)
        taken = await log.until("TransferTaken", after=0, call_id=call_id)
        assert taken["data"]["operator"] == "op-2"
        await hears(call, is_tone(SECOND_HZ), "the second operator")
        await second.press("hang_up", call=call_id)
        ended = await log.until("CallEnded", after=0, call_id=call_id)
        await reached(call, CallState.ENDED)
        path = await recording_of(lab, log, call_id, tmp_path)
        assert not about(log, "RecordingGap", call_id)
        assert len(about(log, "RecordingEnded", call_id)) == 1
    assert_gapless(path, ended["data"]["talk_time"])
    assert order_heard(path) == [FIRST_HZ, SECOND_HZ]


async def test_given_at_once_and_given_back_all_of_it_is_one_recording(lab, tmp_path):
    async with (
        lab.api() as api,
        Log.following(api) as log,
        two_desks(lab, log, tmp_path) as (first, second, carrier, call, call_id),
    ):
        await first.press("transfer", call=call_id, to="op-2", how="now")
        # His baresip picks up by itself as soon as it rings: he gives the caller back.
        await log.until("TransferTaken", after=0, call_id=call_id)
        await hears(call, is_tone(SECOND_HZ), "the second operator")
        await second.press("transfer", call=call_id, to="op-1", how="talk")
        refused = await log.until("TransferRefused", after=0, call_id=call_id)
        assert refused["data"]["reason"] == "operator is wrap_up"
        await get_ready(first, log)
        await second.press("transfer", call=call_id, to="op-1", how="now")
        await hears(call, is_tone(FIRST_HZ), "the first operator again")
        carrier.hang_up(call)
        ended = await log.until("CallEnded", after=0, call_id=call_id)
        path = await recording_of(lab, log, call_id, tmp_path)
        owners = [x["data"]["operator"] for x in about(log, "TransferTaken", call_id)]
        assert owners == ["op-2", "op-1"], json.dumps(owners)
    assert_gapless(path, ended["data"]["talk_time"])
    assert order_heard(path) == [FIRST_HZ, SECOND_HZ, FIRST_HZ]


async def test_a_parked_caller_hears_music_and_is_in_one_recording(lab, tmp_path):
    async with (
        lab.api() as api,
        Log.following(api) as log,
        two_desks(lab, log, tmp_path) as (first, _, carrier, call, call_id),
    ):
        case = about(log, "OperatorAnswered", call_id)[0]["incident_id"]
        await first.press("case_park", incident=case, text="5 locksmith")
        await log.until("CaseParked", after=log.mark - 1)
        await hears(call, is_music, "music")
        await first.press("case_unpark", incident=case)
        await hears(call, is_tone(FIRST_HZ), "the first operator again")
        carrier.hang_up(call)
        ended = await log.until("CallEnded", after=0, call_id=call_id)
        path = await recording_of(lab, log, call_id, tmp_path)
    assert_gapless(path, ended["data"]["talk_time"])
