"""A second WebRTC that we did not write: aiortc answers a call of SIPp's, heard both ways.

Chromium's line is proven in `test_browser_phone.py`. What two independent peers agree on is
the standard and not one browser's habit: ICE against our ICE-lite, the DTLS handshake with us
as server, SRTP both ways, G.711.
"""

import asyncio
import fractions
import math
import struct
import wave
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("OpenSSL", reason="the extra `browser` is not installed")
pytest.importorskip("pylibsrtp", reason="the extra `browser` is not installed")
pytest.importorskip("aiortc", reason="aiortc is not installed")

import aiortc
from aioice import ice
from aiortc.mediastreams import MediaStreamError
from av import AudioFrame, AudioResampler

from tests.interop.desk import Desk, signed_in
from tests.interop.engine import Lab
from tests.interop.peers import PATIENCE, Program, band_level, raw_alaw, tone
from tests.interop.test_browser_phone import (
    CALLER_HZ,
    HEARD,
    NOT_HEARD,
    OPERATOR_HZ,
    recording_of,
)
from tests.interop.test_one_call import caller

pytestmark = pytest.mark.interop
RATE, SAMPLES = 8000, 160  # 20 ms


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    lab = Lab(tmp_path)
    lab.prepare()
    raw_alaw(tmp_path / "caller.al", tone(tmp_path / "caller.wav", CALLER_HZ))
    return lab


@pytest.fixture(autouse=True)
def _loopback_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """ICE leaves loopback out by itself; a test uses nothing else."""
    monkeypatch.setattr(ice, "get_host_addresses", lambda **_: ["127.0.0.1"])


class Tone(aiortc.MediaStreamTrack):  # type: ignore[misc, name-defined]
    """A microphone that says `OPERATOR_HZ` for ever."""

    kind = "audio"

    def __init__(self) -> None:
        super().__init__()
        self._place = 0
        self._started = 0.0

    async def recv(self) -> Any:
        """Return the next 20 ms, when it is time for them."""
        if self.readyState != "live":
            raise MediaStreamError
        loop = asyncio.get_running_loop()
        self._started = self._started or loop.time()
        await asyncio.sleep(max(0.0, self._started + self._place / RATE - loop.time()))
        turn = 2 * math.pi * OPERATOR_HZ / RATE
        said = (round(8000 * math.sin(turn * (self._place + n))) for n in range(SAMPLES))
        frame = AudioFrame(format="s16", layout="mono", samples=SAMPLES)
        frame.planes[0].update(struct.pack(f"<{SAMPLES}h", *said))
        frame.pts, frame.sample_rate = self._place, RATE
        frame.time_base = fractions.Fraction(1, RATE)
        self._place += SAMPLES
        return frame


async def told(desk: Desk, key: str) -> Any:
    """Wait for the next message that has this key; return its value."""
    async with asyncio.timeout(PATIENCE):
        while True:
            message = await desk.screen.receive_json()
            if key in message:
                return message[key]


@asynccontextmanager
async def telephone(desk: Desk, heard: Path) -> AsyncIterator[Any]:
    """Connect a line for this desk; write down what it hears as WAV, 8 kHz mono."""
    peer = aiortc.RTCPeerConnection(aiortc.RTCConfiguration(iceServers=[]))
    listening: list[asyncio.Task[None]] = []
    peer.on("track", lambda track: listening.append(asyncio.create_task(hear(track, heard))))
    peer.addTrack(Tone())
    await peer.setLocalDescription(await peer.createOffer())
    await desk.screen.send_json({"act": "phone_offer", "sdp": peer.localDescription.sdp})
    answer = (await told(desk, "phone"))["answer"]
    await peer.setRemoteDescription(aiortc.RTCSessionDescription(answer, "answer"))
    try:
        yield peer
    finally:
        await peer.close()
        await asyncio.gather(*listening)


async def hear(track: Any, path: Path) -> None:
    """Write a track down until it ends."""
    to_8k = AudioResampler(format="s16", layout="mono", rate=RATE)
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, RATE, 0, "NONE", ""))
        try:
            while True:
                for frame in to_8k.resample(await track.recv()):
                    file.writeframes(bytes(frame.planes[0])[: 2 * frame.samples])
        except MediaStreamError:
            return


async def test_a_call_is_answered_by_aiortc_and_heard_both_ways(
    lab: Lab, tmp_path: Path
) -> None:
    heard = tmp_path / "heard.wav"
    async with (
        lab.running(),
        lab.api() as api,
        signed_in(lab, "op-1", is_ready=False) as desk,
        telephone(desk, heard) as peer,
    ):
        assert (await told(desk, "phone"))["state"] == "up"
        await desk.press("ready")
        sipp = await Program.start("sipp", caller(lab, tmp_path, stay=6000), cwd=tmp_path)
        rang = await api.wait_for("OperatorRang")
        await desk.press("answer", call=rang["data"]["call_id"])
        await api.wait_for("OperatorAnswered")
        assert peer.connectionState == "connected"
        assert await sipp.ended() == 0, sipp.story("failed")
        recording = await recording_of(api, tmp_path)
    assert band_level(recording, 1, CALLER_HZ, 3, 2) > HEARD
    assert band_level(recording, 2, OPERATOR_HZ, 3, 2) > HEARD
    assert band_level(recording, 1, OPERATOR_HZ, 3, 2) < NOT_HEARD
    assert band_level(recording, 2, CALLER_HZ, 3, 2) < NOT_HEARD
    levels = [band_level(heard, 1, CALLER_HZ, at, 0.5) for at in whole_seconds(heard)]
    assert max(levels) > HEARD, "the operator heard the caller"


async def test_a_forged_fingerprint_is_refused_to_aiortc_too(lab: Lab, tmp_path: Path) -> None:
    async with (
        lab.running(),
        signed_in(lab, "op-1", is_ready=False) as desk,
    ):
        peer = aiortc.RTCPeerConnection(aiortc.RTCConfiguration(iceServers=[]))
        peer.addTrack(Tone())
        await peer.setLocalDescription(await peer.createOffer())
        lines = peer.localDescription.sdp.splitlines()
        forged = "\r\n".join(
            line[:-2] + ("00" if line[-2:] != "00" else "11")
            if line.startswith("a=fingerprint:")
            else line
            for line in lines
        )
        await desk.screen.send_json({"act": "phone_offer", "sdp": forged + "\r\n"})
        answer = (await told(desk, "phone"))["answer"]
        await peer.setRemoteDescription(aiortc.RTCSessionDescription(answer, "answer"))
        state = await told(desk, "phone")
        assert (state["state"], state["why"]) == ("down", "fingerprint")
        await peer.close()


def whole_seconds(path: Path) -> range:
    """Each whole second of a WAV file."""
    with wave.open(str(path)) as file:
        return range(file.getnframes() // file.getframerate())
