"""kill -9 of the engine and of the media process in the middle of a call, with real phones.

What must survive: both dialogs, the audio in both directions, the recording, the open case,
the logbook. What may be lost is time: the audio's gap is measured from the recording.
"""

import asyncio
import re
import signal
import subprocess
import time
from bisect import bisect
from math import ceil
from pathlib import Path
from typing import Any

import pytest

from tests.interop.desk import signed_in
from tests.interop.engine import Api, Lab
from tests.interop.peers import Baresip, Program, band_level, need, raw_alaw, tone
from tests.interop.test_one_call import CALLER_HZ, HEARD, OPERATOR_HZ, caller

pytestmark = pytest.mark.interop

LONGEST_GAP = 2.0  # seconds, at the 95th percentile
KILLS = 8  # a process, all in one call
STAY = 25_000  # milliseconds; the call in which the media process is killed
TALK_TIME = 1.0  # seconds that they talk between two kills: a gap needs two ends


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    lab = Lab(tmp_path)
    lab.prepare()
    return lab


def silences(recording: Path, channel: int) -> list[tuple[float, float]]:
    """Return begin and length of the silent stretches of a channel, seconds, above 60 ms."""
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
    gaps: list[tuple[float, float]] = []
    run = 0
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
                gaps.append((start / 8000 - run * 0.02, run * 0.02))
            run = 0
    return gaps


def gap_at_p95(recording: Path, kills: list[float]) -> float:
    """Return how long a kill silenced the worse of the two sides, 95th percentile.

    :param kills: when they were, seconds into the recording. A gap belongs to the last
        kill before its end; what several gaps of a kill last is added up.
    """
    worst = [0.0] * len(kills)
    for channel in (1, 2):
        lost = [0.0] * len(kills)
        for begin, length in silences(recording, channel):
            if (number := bisect(kills, begin + length)) > 0:
                lost[number - 1] += length
        worst = [max(pair) for pair in zip(worst, lost, strict=True)]
    return sorted(worst)[ceil(0.95 * len(worst)) - 1]


def test_gaps_are_counted_to_the_kill_that_made_them(tmp_path: Path) -> None:
    sox = need("sox")
    parts = []
    for number, (seconds, volume) in enumerate([(3, 1), (0.5, 0), (1, 1), (0.3, 0), (3, 1)]):
        parts.append(str(tmp_path / f"{number}.wav"))
        left = [sox, "-n", "-r", "8000", "-b", "16", parts[-1], "synth", str(seconds)]
        subprocess.run(
            [*left, "sine", "700", "remix", "1", "1", "vol", str(volume)], check=True
        )
    whole = tmp_path / "whole.wav"
    subprocess.run([sox, *parts, str(whole)], check=True)
    assert gap_at_p95(whole, [2.9, 7.5]) == pytest.approx(0.8, abs=0.1)
    assert gap_at_p95(whole, [2.9, 4.4]) == pytest.approx(0.5, abs=0.1)
    assert gap_at_p95(whole, [7.5]) == 0.0


async def test_a_killed_engine_takes_its_call_over_and_the_talk_goes_on(
    lab: Lab, tmp_path: Path
) -> None:
    says = tone(tmp_path / "operator.wav", OPERATOR_HZ, 120)
    raw_alaw(tmp_path / "caller.al", tone(tmp_path / "caller.wav", CALLER_HZ, 120))
    kills: list[float] = []
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
                arguments = caller(lab, tmp_path, stay=3000, reinvites=KILLS)
                sipp = await Program.start("sipp", arguments, cwd=tmp_path)
                await api.wait_for("RecordingStarted")
                begin = time.monotonic()
                seq = (await phone_is_heard(phone, api))["seq"]
            for _ in range(KILLS):
                await asyncio.sleep(TALK_TIME)
                kills.append(time.monotonic() - begin)
                engine.kill(signal.SIGKILL)
                await engine.ended()
                engine = await lab.start()
                async with lab.api() as api:
                    started = await api.wait_for("EngineStarted", after=seq)
                    seq = started["seq"]
                    assert len(started["data"]["surviving_legs"]) == 2
                    [call] = await api.get("/api/v1/calls?state=active")
                    assert call["state"] == "talking"
            async with lab.api() as api:
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
    assert gap_at_p95(recording, kills) <= LONGEST_GAP
    assert band_level(phone.heard(tmp_path / "phone"), 1, CALLER_HZ, -3, 2) > HEARD
    verified = await Program.start("verify-log", verify(lab))
    assert await verified.ended() == 0, verified.story("found the logbook broken")


async def phone_is_heard(phone: Baresip, api: Api) -> dict[str, Any]:
    """Wait until both can talk; return the line that says so."""
    await phone.event("CALL_RTPESTAB")
    return await api.wait_for("OperatorAnswered")


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
        sipp = await Program.start("sipp", caller(lab, tmp_path, stay=STAY), cwd=tmp_path)
        await api.wait_for("RecordingStarted")
        begin = time.monotonic()
        seq = (await phone_is_heard(phone, api))["seq"]
        kills = []
        for _ in range(KILLS):
            await asyncio.sleep(TALK_TIME)
            media = await process_of("securityline.media_process", str(lab.data))
            kills.append(time.monotonic() - begin)
            subprocess.run(["kill", "-9", str(media)], check=True)
            seq = (await api.wait_for("MediaRestarted", after=seq))["seq"]
        assert await sipp.ended() == 0, sipp.story("failed")
        ended = await api.wait_for("RecordingEnded")
        gap = await api.wait_for("RecordingGap")
        assert gap["data"]["seconds"] <= LONGEST_GAP
        recording = tmp_path / "recording.wav"
        name = ended["data"]["recording_id"]
        recording.write_bytes(await api.fetch(f"/api/v1/recordings/{name}"))
    whole = pytest.approx(STAY / 1000, abs=1.0)
    assert ended["data"]["seconds"] == whole, "one file, the whole call"
    assert band_level(recording, 1, CALLER_HZ, -3, 2) > HEARD
    assert band_level(recording, 2, OPERATOR_HZ, -3, 2) > HEARD
    assert gap_at_p95(recording, kills) <= LONGEST_GAP


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
