"""The media process as it is: started, killed, left alone, with phones on loopback."""

import asyncio
import hashlib
import math
import os
import re
import signal
import socket
import struct
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from ivr.prompts import LANGUAGES, PROMPTS, file_name
from recordings.store import RecordingStore
from recordings.wav import HEADER_SIZE, SILENCE, pcm_samples
from securityline import media_process
from securityline.media_process import EXIT_ALREADY_RUNNING, DiskStudio, Prompts
from sip.media import launch
from sip.media.client import MediaClient, MediaError
from sip.media.machine import EnergyActivity
from sip.media.protocol import (
    AudioLost,
    DigitHeard,
    FirstAudio,
    FromLeg,
    LegSpec,
    MediaBack,
    MediaDied,
    MediaEvent,
    PromptEnded,
    RecordingEnded,
    RecordingFailed,
    RecordingGap,
    RecordingSpec,
    RecordingStarted,
    Source,
    Tone,
)
from sip.media.protocol import Prompts as PromptSource
from tests.sip.media.packets import event_payload, packet
from tests.sip.media.test_ports import free_range

PATIENCE = 30
FOLDER = Path(media_process.__file__).parent / "prompts"


class Phone:
    """A telephone that speaks every 20 ms: each packet is filled with the next octet."""

    def __init__(self, first_octet: int) -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.setblocking(False)
        self.first_octet = first_octet
        self.number = 0
        self.port = 0
        self.spoken_at: list[float] = []
        self.heard: list[bytes] = []
        self._task: asyncio.Task[None] | None = None
        asyncio.get_running_loop().add_reader(self.socket, self._hear)

    @property
    def address(self) -> tuple[str, int]:
        host, port = self.socket.getsockname()
        return host, port

    def octet(self, number: int) -> int:
        return self.first_octet + number % 60

    def _hear(self) -> None:
        try:
            self.heard.append(self.socket.recv(2000))
        except OSError:
            return

    def start(self, port: int) -> None:
        self.port = port
        self._task = asyncio.create_task(self._speak())

    async def _speak(self) -> None:
        loop = asyncio.get_running_loop()
        due = loop.time()
        while True:
            self.say(bytes([self.octet(self.number)]) * 160)
            self.spoken_at.append(time.monotonic())
            due += 0.02
            await asyncio.sleep(due - loop.time())

    def say(self, payload: bytes, kind: int = 8) -> None:
        data = packet(self.number, ssrc=self.address[1], payload=payload, kind=kind)
        # The process may be dead and its port closed; a telephone does not care.
        with suppress(OSError):
            self.socket.sendto(data, ("127.0.0.1", self.port))
        self.number += 1

    def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            self._task = None

    def octets_heard(self) -> list[int]:
        return [data[12] for data in self.heard]

    def close(self) -> None:
        self.stop()
        asyncio.get_running_loop().remove_reader(self.socket)
        self.socket.close()


class Media:
    """A media process through its client, with a folder of recordings."""

    def __init__(self, folder: Path, *options: str) -> None:
        low, high = free_range(16)
        self.store = RecordingStore(folder / "recordings")
        self.command = [
            *(sys.executable, "-m", "securityline.media_process"),
            *("--socket", str(folder / "media.sock"), "--address", "127.0.0.1"),
            *("--ports", f"{low}-{high}", "--recordings", str(self.store.root)),
            *("--ready-ports", "8", *options),
        ]
        self.log = folder / "media.log"
        self.socket = folder / "media.sock"
        self.phones: list[Phone] = []
        self.new_client()

    def new_client(self) -> None:
        self.events: list[MediaEvent] = []
        self._news = asyncio.Event()
        self.client = MediaClient(self.command, self.socket, self._take)

    def _take(self, event: MediaEvent) -> None:
        self.events.append(event)
        self._news.set()

    async def event(self, kind: type[Any], **fields: Any) -> Any:
        async with asyncio.timeout(PATIENCE):
            while True:
                for event in self.events:
                    if isinstance(event, kind) and all(
                        getattr(event, name) == value for name, value in fields.items()
                    ):
                        return event
                self._news.clear()
                await self._news.wait()

    async def until(self, is_so: Any) -> None:
        async with asyncio.timeout(PATIENCE):
            while not is_so():  # noqa: ASYNC110
                await asyncio.sleep(0.005)

    def phone(self, first_octet: int = 20) -> Phone:
        self.phones.append(Phone(first_octet))
        return self.phones[-1]

    def put(self, leg_id: str, phone: Phone, source: Source, **changes: Any) -> None:
        if not phone.port:
            phone.port = self.client.reserve_port()
        self.client.put_leg(
            LegSpec(
                leg_id=leg_id,
                call_id="call",
                port=phone.port,
                remote=phone.address,
                dtmf_payload_type=101,
                source=source,
                **changes,
            )
        )

    def record(self, recording_id: str = "r1", path: Path | None = None) -> Path:
        path = path or self.store.path_of(recording_id)
        self.client.put_recording(
            RecordingSpec(
                recording_id=recording_id,
                call_id="call",
                path=str(path),
                caller_leg="caller",
            )
        )
        return path

    def call(self) -> tuple[Phone, Phone]:
        """A bridged and recorded call in which both speak."""
        caller, operator = self.phone(20), self.phone(120)
        self.record()
        self.put("caller", caller, FromLeg("operator"))
        self.put("operator", operator, FromLeg("caller"))
        caller.start(caller.port)
        operator.start(operator.port)
        return caller, operator

    async def end(self) -> RecordingEnded:
        for phone in self.phones:
            phone.stop()
        self.client.end_recording("r1")
        ended = await self.event(RecordingEnded)
        assert isinstance(ended, RecordingEnded)
        return ended


@pytest.fixture
async def media(tmp_path: Path) -> AsyncIterator[Media]:
    media = Media(tmp_path)
    await media.client.start()
    yield media
    await media.client.stop()
    for phone in media.phones:
        phone.close()


def channels(path: Path) -> tuple[bytes, bytes]:
    data = path.read_bytes()[HEADER_SIZE:]
    return data[0::2], data[1::2]


async def test_a_call_is_bridged_and_recorded_side_by_side(media: Media) -> None:
    caller, operator = media.call()
    await media.until(lambda: len(caller.heard) > 50 and len(operator.heard) > 50)
    ended = await media.end()
    assert set(caller.octets_heard()) <= {*range(120, 180), SILENCE[0]}
    assert set(operator.octets_heard()) <= {*range(20, 80), SILENCE[0]}
    path = media.store.path_of("r1")
    left, right = channels(path)
    assert len(left) == len(right) == pytest.approx(ended.seconds * 8000, abs=8)
    # The first packets may come before the order that makes the leg is carried out.
    assert {*range(25, 40)} <= set(left) <= {*range(20, 80), SILENCE[0]}
    assert {*range(125, 140)} <= set(right) <= {*range(120, 180), SILENCE[0]}
    assert ended.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert media.store.is_unchanged("r1", ended.sha256)
    assert ended.legs["caller"]["packets"] > 50
    assert ended.legs["operator"]["lost"] == 0
    assert RecordingStarted("r1", "call") in media.events
    host, port = caller.address
    assert FirstAudio("caller", f"{host}:{port}") in media.events


async def test_what_the_caller_hears_before_the_operator_is_on_the_right(media: Media) -> None:
    caller = media.phone()
    media.record()
    media.put("caller", caller, PromptSource(("call_taken",), "nl", "hold_music"))
    caller.start(caller.port)
    heard = await media.event(PromptEnded)
    assert (heard.prompt, heard.is_complete) == ("call_taken", True)
    await media.end()
    _, right = channels(media.store.path_of("r1"))
    prompt = Prompts(FOLDER).load("call_taken", "nl")
    assert prompt is not None
    assert prompt[1600:8000] in right
    payloads = b"".join(data[12:] for data in caller.heard)
    assert prompt[1600:8000] in payloads


async def test_a_killed_process_comes_back_and_the_same_file_goes_on(media: Media) -> None:
    caller, operator = media.call()
    await media.until(lambda: caller.number > 160)
    dead = media.client.pid
    assert dead is not None
    os.kill(dead, signal.SIGKILL)
    await media.event(MediaBack)
    assert any(isinstance(event, MediaDied) for event in media.events)
    already = len(caller.heard)
    await media.until(lambda: len(caller.heard) > already + 100)
    ended = await media.end()
    left, right = channels(media.store.path_of("r1"))
    gap = await media.event(RecordingGap)
    assert (gap.side, gap.cause) == ("both", "the media process was restarted")
    start, end = round(gap.at * 8000), round((gap.at + gap.seconds) * 8000)
    assert start > 0, "what was said before is still there"
    # The event counts in milliseconds, the file in samples.
    inside = slice(start + 8, end - 8)
    assert set(left[inside]) == set(right[inside]) == set(SILENCE)
    spoken = caller.spoken_at[-1] - caller.spoken_at[0] + 0.02
    assert ended.seconds == pytest.approx(spoken, abs=0.3)
    for phone, side in ((caller, left), (operator, right)):
        place = end + 4000
        number = (side[place] - phone.first_octet) % 60
        told = (phone.spoken_at[0] - caller.spoken_at[0]) * 8000 + 160 * number
        off = (place - told) % (60 * 160)
        assert min(off, 60 * 160 - off) < 2400, "within 0.3 s of when it was said"
    ssrcs = {data[8:12] for data in caller.heard}
    assert len(ssrcs) == 1, "the caller's phone heard one source all along"


async def test_without_engine_the_call_goes_on_and_the_next_one_takes_it_over(
    media: Media,
) -> None:
    caller, operator = media.call()
    await media.until(lambda: len(caller.heard) > 20)
    pid, specs = media.client.pid, dict(media.client.legs)
    await media.client.stop(is_process_ended=False)
    already = len(caller.heard)
    await media.until(lambda: len(caller.heard) > already + 50)
    operator.say(event_payload(4, 800, is_end=True), kind=101)
    await media.until(lambda: len(operator.heard) > 100)
    media.new_client()
    await media.client.start()
    assert media.client.pid == pid
    carried = media.client.adopt()
    assert carried.legs == specs
    assert set(carried.recordings) == {"r1"}
    assert await media.event(DigitHeard) == DigitHeard("operator", "4", 100)
    assert media.client.reserve_port() not in {caller.port, operator.port}
    ended = await media.end()
    assert ended.legs["caller"]["lost"] == 0
    assert not any(isinstance(event, RecordingGap) for event in media.events)


async def test_strangers_and_odd_packets_change_nothing(media: Media) -> None:
    caller, operator = media.call()
    await media.until(lambda: len(caller.heard) > 10)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
        stranger.bind(("127.0.0.66", 0))
        stranger.setblocking(False)
        evil = [
            packet(9, payload=b"\x0f" * 160),
            packet(9, kind=101, payload=event_payload(1, 800, is_end=True)),
            packet(9, kind=72, marker=True, payload=bytes(24)),
            b"",
            b"\x80",
            b"\xff" * 1400,
            bytes(n * 7 % 251 for n in range(200)),
        ]
        already = len(operator.heard)
        while len(operator.heard) < already + 100:
            for data in evil:
                stranger.sendto(data, ("127.0.0.1", caller.port))
            await asyncio.sleep(0.005)
        with pytest.raises(BlockingIOError):
            stranger.recv(100)
    caller.socket.sendto(b"\x80\x08junk", ("127.0.0.1", caller.port))
    ended = await media.end()
    assert 0x0F not in operator.octets_heard()
    assert not any(isinstance(event, DigitHeard | AudioLost) for event in media.events)
    assert ended.legs["caller"]["strangers"] > 100
    assert ended.legs["caller"]["malformed"] == 1
    assert ended.legs["caller"]["lost"] == 0
    left, _ = channels(media.store.path_of("r1"))
    assert 0x0F not in left


async def test_one_way_audio_is_told(media: Media) -> None:
    silent = media.phone()
    media.put("silent", silent, Tone("hold_music"))
    assert await media.event(AudioLost) == AudioLost("silent")
    assert len(silent.heard) > 100


async def test_a_disk_that_refuses_does_not_touch_the_call(media: Media) -> None:
    media.store.root.parent.mkdir(exist_ok=True)
    media.store.root.write_bytes(b"a file where the folder should be")
    caller, operator = media.call()
    failed = await media.event(RecordingFailed)
    assert failed.recording_id == "r1"
    already = len(operator.heard)
    await media.until(lambda: len(operator.heard) > already + 25)
    assert caller.number > 25


async def test_a_recording_outside_its_folder_is_refused(media: Media, tmp_path: Path) -> None:
    caller = media.phone()
    media.record(path=tmp_path / "elsewhere.wav")
    media.put("caller", caller, Tone("busy"))
    caller.start(caller.port)
    failed = await media.event(RecordingFailed)
    assert "outside" in failed.reason
    await media.until(lambda: len(caller.heard) > 20)
    assert not (tmp_path / "elsewhere.wav").exists()


async def test_told_to_end_it_completes_its_recordings(media: Media) -> None:
    media.call()
    await media.until(lambda: media.phones[0].number > 30)
    pid = media.client.pid
    assert pid is not None
    media.client._is_stopping = True
    os.kill(pid, signal.SIGTERM)
    ended = await media.event(RecordingEnded)
    assert media.store.is_unchanged("r1", ended.sha256)
    await launch.bury(pid, PATIENCE)
    assert launch.is_dead(pid)


async def test_a_second_process_on_the_same_socket_declines(media: Media) -> None:
    process = await asyncio.create_subprocess_exec(
        *media.command, stderr=asyncio.subprocess.PIPE
    )
    _, said = await process.communicate()
    assert process.returncode == EXIT_ALREADY_RUNNING
    assert b"another media process serves" in said
    assert media.client.is_up


async def test_a_folder_however_deep_will_do(tmp_path: Path) -> None:
    deep = tmp_path / ("deep" * 20) / ("deeper" * 20)
    deep.mkdir(parents=True)
    media = Media(deep)
    await media.client.start()
    phone = media.phone()
    media.put("caller", phone, Tone("busy"))
    await media.until(lambda: len(phone.heard) > 5)
    await media.client.stop()
    phone.close()


async def test_a_socket_that_cannot_be_is_an_error_and_no_traceback(tmp_path: Path) -> None:
    media = Media(tmp_path)
    (tmp_path / "media.sock").mkdir()
    with pytest.raises(MediaError, match="ended at once"):
        await media.client.start()
    await media.client.stop()
    log = media.log.read_text()
    assert "cannot go on" in log
    assert "Traceback" not in log


async def test_an_orphan_ends_by_itself(tmp_path: Path) -> None:
    media = Media(tmp_path, "--orphan-time", "0.05")
    await media.client.start()
    pid = media.client.pid
    assert pid is not None
    await media.client.stop(is_process_ended=False)
    await launch.bury(pid, PATIENCE)
    assert launch.is_dead(pid)
    assert "no engine for" in media.log.read_text()


async def test_it_says_which_priority_it_got(media: Media) -> None:
    await media.until(lambda: media.client.report is not None)
    report = media.client.report
    assert report is not None
    assert report.priority in ("fifo", "nice", "normal")
    assert report.pid == media.client.pid
    assert 5_000_000 < report.resident_bytes < 60_000_000


async def test_the_log_is_free_of_tracebacks(media: Media) -> None:
    media.call()
    media.client._send({"do": "leg", "nonsense": True})
    await media.until(lambda: len(media.phones[1].heard) > 20)
    await media.end()
    assert "Traceback" not in media.log.read_text()


@pytest.mark.parametrize("ports", ["20000", "a-b", "30000-20000", "80-90", "65000-70000"])
def test_a_range_of_ports_that_cannot_be_is_refused(ports: str) -> None:
    run = subprocess.run(
        [
            *(sys.executable, "-m", "securityline.media_process", "--socket", "/nowhere"),
            *("--address", "127.0.0.1", "--recordings", "/nowhere", "--ports", ports),
        ],
        capture_output=True,
        text=True,
    )
    assert run.returncode == 2
    assert "--ports" in run.stderr


# ---------------------------------------------------------------- prompts


EVERY = [(name, language) for name in PROMPTS for language in LANGUAGES]


@pytest.mark.parametrize(("name", "language"), EVERY)
def test_every_prompt_is_there_short_and_as_loud_as_the_others(
    name: str, language: str
) -> None:
    pcm = pcm_samples((FOLDER / file_name(name, language)).read_bytes())
    samples = struct.unpack(f"<{len(pcm) // 2}h", pcm)
    seconds = len(samples) / 8000
    words = len(re.findall(r"\w+", PROMPTS[name].words[language]))
    assert 0.2 * words < seconds < 0.8 * words + 1, "spoken at a human pace"
    frames = [samples[at : at + 160] for at in range(0, len(samples) - 160, 160)]
    power = [sum(sample * sample for sample in frame) / 160 for frame in frames]
    loud = [each for each in power if each > 184**2]
    level = 10 * math.log10(sum(loud) / len(loud)) - 20 * math.log10(32768)
    assert -22 < level < -19
    assert power[0] < 100**2, "no click at the beginning"
    assert max(map(abs, samples)) < 24_000


def test_each_language_is_spoken_by_a_voice_of_its_own() -> None:
    for name in PROMPTS:
        spoken = {(FOLDER / file_name(name, language)).read_bytes() for language in LANGUAGES}
        assert len(spoken) == len(LANGUAGES)


def test_a_prompt_is_found_in_the_next_best_language(tmp_path: Path) -> None:
    source = FOLDER / file_name("please_hold", "nl")
    (tmp_path / "nl").mkdir()
    (tmp_path / "nl" / "please_hold.wav").write_bytes(source.read_bytes())
    prompts = Prompts(tmp_path)
    assert prompts.load("please_hold", "fr") == Prompts(FOLDER).load("please_hold", "nl")


def test_a_broken_prompt_is_passed_over(tmp_path: Path) -> None:
    for language, data in (
        ("fr", b"RIFF"),
        ("nl", (FOLDER / "nl/call_taken.wav").read_bytes()),
    ):
        (tmp_path / language).mkdir()
        (tmp_path / language / "call_taken.wav").write_bytes(data)
    assert Prompts(tmp_path).load("call_taken", "fr") is not None


@pytest.mark.parametrize("name", ["nope", "../nl/call_taken", "", "/etc/passwd", "a\0b"])
def test_a_prompt_that_is_not_there_is_none(name: str) -> None:
    assert Prompts(FOLDER).load(name, "fr") is None


def test_prompts_are_read_once(tmp_path: Path) -> None:
    (tmp_path / "fr").mkdir()
    path = tmp_path / "fr" / "call_taken.wav"
    path.write_bytes((FOLDER / "fr/call_taken.wav").read_bytes())
    prompts = Prompts(tmp_path)
    prompts.load_all(["call_taken"], ["fr"])
    path.unlink()
    assert prompts.load("call_taken", "fr")


def test_refusals_come_before_news(tmp_path: Path) -> None:
    studio = DiskStudio(RecordingStore(tmp_path / "recordings"))
    spec = RecordingSpec(recording_id="r", call_id="c", path="/etc/passwd", caller_leg="l")
    assert studio.open(spec, 0.0) is None
    (event,) = studio.take_events()
    assert isinstance(event, RecordingFailed)
    assert studio.take_events() == []
    assert studio.unwritten_bytes == 0
    studio.finish()


def test_a_model_that_cannot_be_used_leaves_loudness_to_tell_speech(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "model.onnx").write_bytes(b"no model")
    assert media_process._activity(tmp_path / "model.onnx") is EnergyActivity
    assert "speech is told by energy" in caplog.text
    assert media_process._activity(None) is EnergyActivity


@pytest.mark.parametrize("missing", ["OpenSSL", "pylibsrtp"])
def test_without_the_extra_browser_it_takes_no_browsers_and_starts_all_the_same(
    missing: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, missing, None)
    monkeypatch.delitem(sys.modules, "sip.media.dtls", raising=False)
    assert media_process._certificate() is None
