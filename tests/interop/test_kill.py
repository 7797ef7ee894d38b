"""kill -9 of the engine and of the media process in the middle of a call, with real phones.

What must survive: both dialogs, the audio in both directions, the recording, the open case,
the logbook. What may be lost is time: the audio's gap is measured from the recording.
"""

import asyncio
import re
import signal
import subprocess
from pathlib import Path

import pytest

from tests.interop.desk import signed_in
from tests.interop.engine import Lab
from tests.interop.peers import Baresip, Program, band_level, need, raw_alaw, tone
from tests.interop.test_one_call import CALLER_HZ, HEARD, OPERATOR_HZ, caller

pytestmark = pytest.mark.interop

LONGEST_GAP = 2.0  # seconds


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    lab = Lab(tmp_path)
    lab.prepare()
    return lab


def silences(recording: Path, channel: int) -> list[float]:
    """Return the lengths of the silent stretches of one channel, seconds, above 60 ms."""
    program = need("sox")
    total = float(
        subprocess.run(
            [program, "--info", "-D", str(recording)],
            check=True,
            capture_output=True,
            text=True,
        ).stdout
    )
    raw = subprocess.run(
        [program, str(recording), "-t", "raw", "-e", "signed", "-b", "16", "-",
         "remix", str(channel)],
        check=True, capture_output=True,
    ).stdout  # fmt: skip
    assert len(raw) / 16000 == pytest.approx(total, abs=0.1)
    gaps, run = [], 0
    frame = 160
    for start in range(0, len(raw) // 2, frame):
        chunk = raw[2 * start : 2 * (start + frame)]
        loud = max(
            abs(int.from_bytes(chunk[i : i + 2], "little", signed=True))
            for i in range(0, len(chunk) - 1, 2)
        )
        if loud < 300:
            run += 1
        else:
            if run >= 3:
                gaps.append(run * 0.02)
            run = 0
    return gaps


async def test_a_killed_engine_takes_its_call_over_and_the_talk_goes_on(
    lab: Lab, tmp_path: Path
) -> None:
    says = tone(tmp_path / "operator.wav", OPERATOR_HZ, 60)
    raw_alaw(tmp_path / "caller.al", tone(tmp_path / "caller.wav", CALLER_HZ, 60))
    engine = await lab.start()
    async with Baresip.running(
        tmp_path / "phone",
        user="201",
        password=lab.secrets["201"],
        registrar=lab.registrar,
        says=says,
    ) as phone:
        try:
            async with signed_in(lab, "op-1"), lab.api() as api:
                arguments = caller(lab, tmp_path, stay=6000, is_reinvited=True)
                sipp = await Program.start("sipp", arguments, cwd=tmp_path)
                await api.wait_for("RecordingStarted")
                await phone.event("CALL_RTPESTAB")
            engine.kill(signal.SIGKILL)
            await engine.ended()
            engine = await lab.start()
            async with lab.api() as api:
                started = await api.wait_for("EngineStarted", version="0.1.0", after=3)
                assert len(started["data"]["surviving_legs"]) == 2
                [call] = await api.get("/api/v1/calls?state=active")
                assert call["state"] == "talking"
                assert await sipp.ended() == 0, sipp.story("its BYE was not answered")
                closed = await phone.event("CALL_CLOSED")
                assert closed is not None
                assert (await api.wait_for("CallEnded"))["data"]["ended_by"] == "caller"
                ended = await api.wait_for("RecordingEnded")
                name = ended["data"]["recording_id"]
                recording = tmp_path / "recording.wav"
                recording.write_bytes(await api.fetch(f"/api/v1/recordings/{name}"))
        finally:
            await engine.stop()
    assert band_level(recording, 1, CALLER_HZ, -3, 2) > HEARD, "the caller after the kill"
    assert band_level(recording, 2, OPERATOR_HZ, -3, 2) > HEARD, "the operator after the kill"
    for channel in (1, 2):
        assert max(silences(recording, channel), default=0.0) <= LONGEST_GAP
    assert band_level(phone.heard(tmp_path / "phone"), 1, CALLER_HZ, -3, 2) > HEARD
    verified = await Program.start("verify-log", verify(lab))
    assert await verified.ended() == 0, verified.story("found the logbook broken")


async def test_a_killed_media_process_is_started_again_and_the_same_call_goes_on(
    lab: Lab, tmp_path: Path
) -> None:
    says = tone(tmp_path / "operator.wav", OPERATOR_HZ, 60)
    raw_alaw(tmp_path / "caller.al", tone(tmp_path / "caller.wav", CALLER_HZ, 60))
    async with (
        lab.running(),
        lab.api() as api,
        Baresip.running(
            tmp_path / "phone",
            user="201",
            password=lab.secrets["201"],
            registrar=lab.registrar,
            says=says,
        ) as phone,
        signed_in(lab, "op-1"),
    ):
        sipp = await Program.start("sipp", caller(lab, tmp_path, stay=12000), cwd=tmp_path)
        await api.wait_for("RecordingStarted")
        await phone.event("CALL_RTPESTAB")
        media = await process_of("securityline.media_process", str(lab.data))
        subprocess.run(["kill", "-9", str(media)], check=True)
        await api.wait_for("MediaRestarted")
        assert await sipp.ended() == 0, sipp.story("failed")
        ended = await api.wait_for("RecordingEnded")
        gap = await api.wait_for("RecordingGap")
        assert gap["data"]["seconds"] <= LONGEST_GAP
        recording = tmp_path / "recording.wav"
        name = ended["data"]["recording_id"]
        recording.write_bytes(await api.fetch(f"/api/v1/recordings/{name}"))
    assert ended["data"]["seconds"] == pytest.approx(12.0, abs=1.0), "one file, the whole call"
    assert band_level(recording, 1, CALLER_HZ, -3, 2) > HEARD
    assert band_level(recording, 2, OPERATOR_HZ, -3, 2) > HEARD
    for channel in (1, 2):
        assert max(silences(recording, channel), default=0.0) <= LONGEST_GAP


async def process_of(module: str, argument: str) -> int:
    """Find the process that runs a module of ours with this text in its arguments."""
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                line = (folder / "cmdline").read_bytes().decode(errors="replace")
            except OSError:
                continue
            if module in line and argument in line and re.search(r"\bpython", line):
                return int(folder.name)
    await asyncio.sleep(0)
    raise AssertionError(f"{module} does not run")


def verify(lab: Lab) -> list[str]:
    """Build the command line of `securityline verify-log`."""
    from tests.interop.peers import python

    return python("-m", "securityline", "verify-log", str(lab.data))
