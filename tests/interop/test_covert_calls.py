"""A covert call on the wire: no packet with energy reaches the caller; his keys arrive,
as telephone-events (RFC 4733), as INFO and as sound.

The caller's telephone keeps every sample that it was sent; what is asserted is asserted of
all of them, through hold, a kill of the engine and one of the media process.
"""

import contextlib
import os
import signal
from array import array
from pathlib import Path
from typing import Any

import pytest

from securityline.simulation.handset_audio import tone as pcm_tone
from securityline.simulation.phone_call import PhoneCall
from tests.interop.desk import signed_in
from tests.interop.engine import Lab
from tests.interop.peers import Baresip, band_level, tone
from tests.interop.people import (
    CALLER_HZ,
    OPERATOR_HZ,
    PATIENT,
    Log,
    dial,
    hears,
    telephone,
)
from tests.interop.test_kill import process_of
from tests.interop.test_one_call import HEARD
from tests.securityline.sound import RATE, loudness, strength

pytestmark = pytest.mark.interop
SILENT = 16
"Largest sample of G.711 silence; a voice reaches thousands."


def loudest(pcm: bytes) -> int:
    samples = array("h", pcm[: len(pcm) // 2 * 2])
    return max((abs(one) for one in samples), default=0)


async def hears_silence_for(caller: PhoneCall, seconds: float, begin: int) -> None:
    """Wait until he was sent that much more, and check all of it since `begin`, octets."""
    end = len(caller.audio.heard) + int(seconds * 2 * RATE)
    await caller.audio.until(lambda: len(caller.audio.heard) >= end)
    assert loudest(caller.audio.heard[begin:]) <= SILENT


async def test_a_covert_caller_hears_nothing_whatever_happens_and_answers_by_keys(
    tmp_path: Path,
) -> None:
    lab = Lab(tmp_path)
    lab.prepare()
    speaks = type(PATIENT)(answer_time=None, speech=pcm_tone(CALLER_HZ))
    engine = await lab.start()
    try:
        async with (
            Baresip.running(
                tmp_path / "phone",
                user="201",
                password=lab.secrets["201"],
                registrar=lab.registrar,
                says=tone(tmp_path / "operator.wav", OPERATOR_HZ, 120),
            ) as phone,
            telephone(lab, None, speaks) as carrier,
        ):
            caller, case, begin = await _becomes_covert(lab, carrier)
            await phone.command("hold")
            await hears_silence_for(caller, 1.0, begin)
            await phone.command("resume")
            await hears_silence_for(caller, 1.0, begin)
            engine.kill(signal.SIGKILL)
            await engine.ended()
            engine = await lab.start()
            async with lab.api() as api, Log.following(api) as log:
                started = await log.until("EngineStarted", after=0)
                assert started
                await hears_silence_for(caller, 2.0, begin)
                caller.audio.press("4")
                await log.until("CallerKeyed", after=0, digit="4", meaning="yes")
                carrier.press_by_info(caller, "2")
                await log.until("CallerKeyed", after=0, digit="2", meaning="fire")
                await hears_silence_for(caller, 0.5, begin)
                await _media_dies(lab, log, caller, begin)
                await _speaks_again(lab, log, caller, case)
                carrier.hang_up(caller)
                recording = await _recording(lab, log, tmp_path)
        assert band_level(recording, 1, CALLER_HZ, 2, 2) > HEARD, "he was heard all the while"
        assert band_level(recording, 1, CALLER_HZ, -3, 2) > HEARD
    finally:
        with contextlib.suppress(ProcessLookupError):
            await engine.stop(signal.SIGTERM)


async def _becomes_covert(lab: Lab, carrier: Any) -> tuple[PhoneCall, str, int]:
    async with lab.api() as api, Log.following(api) as log, signed_in(lab, "op-1") as desk:
        await log.until("OperatorReady", after=0)
        caller = dial(carrier, lab)
        answered = await log.until("OperatorAnswered", after=0)
        case = answered["incident_id"]
        await hears(caller, lambda x: strength(x, OPERATOR_HZ) > 0.7, "the operator")
        await desk.press("covert", incident=case)
        await log.until("CovertPressed", after=0)
        await hears(caller, lambda x: loudest(x) <= SILENT, "silence")
        begin = len(caller.audio.heard)
        await hears_silence_for(caller, 1.0, begin)
        caller.audio.press_as_sound("3")  # first: who sends packets is not listened to any more
        await log.until("CallerKeyed", after=0, digit="3", meaning="medical")
        await hears_silence_for(caller, 0.3, begin)
        caller.audio.press("1")
        await log.until("CallerKeyed", after=0, digit="1", meaning="police")
        return caller, case, begin


async def _media_dies(lab: Lab, log: Log, caller: PhoneCall, begin: int) -> None:
    """Kill the media process: the next one is told that the leg is covert."""
    mark = log.mark
    os.kill(await process_of("securityline.media_process", str(lab.data)), signal.SIGKILL)
    await log.until("MediaRestarted", after=mark)
    await hears_silence_for(caller, 2.0, begin)
    caller.audio.press("5")
    await log.until("CallerKeyed", after=mark, digit="5", meaning="no")


async def _recording(lab: Lab, log: Log, folder: Path) -> Path:
    ended = await log.until("RecordingEnded", after=0)
    path = folder / "recording.wav"
    async with lab.api() as api:
        path.write_bytes(await api.fetch(f"/api/v1/recordings/{ended['data']['recording_id']}"))
    return path


async def _speaks_again(lab: Lab, log: Log, caller: PhoneCall, case: str) -> None:
    mark = log.mark
    async with signed_in(lab, "op-1", is_ready=False) as desk:
        await desk.press("speak_ask", incident=case)
        await log.until("SpeakAsked", after=mark)
        await desk.press("speak", incident=case)
        await log.until("SpeakPressed", after=mark)
    await hears(
        caller,
        lambda x: strength(x, OPERATOR_HZ) > 0.7 and loudness(x) > 100,
        "the operator again",
    )
