"""The media process as it is: conferences, keys in the sound, words spoken on demand."""

import asyncio
import os
import signal
import wave
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from recordings.wav import SILENCE
from sip.media.g711 import alaw_to_pcm, pcm_to_alaw
from sip.media.protocol import (
    BeepHeard,
    DigitHeard,
    FromLeg,
    MachineSuspected,
    MediaBack,
    Mix,
    PromptEnded,
    RecordingGap,
    Silence,
)
from sip.media.protocol import Prompts as PromptSource
from tests.securityline.sound import strength
from tests.securityline.test_media_process import Media, Phone, channels
from tests.sip.media.sounds import (
    PROMPTS,
    frames,
    key,
    pcm,
    recorded,
    silence,
    sine,
)

pytestmark = pytest.mark.interop  # real sound in real time

PITCHES = {"caller": 500, "operator": 900, "keyholder": 1300}


class Singer(Phone):
    """A telephone that speaks one tone, or what it is told."""

    def __init__(self, pitch: int) -> None:
        super().__init__(0)
        self.pitch = pitch
        self.words = [pcm_to_alaw(each) for each in frames(pcm(sine(pitch, 1.0, -18)))]

    def say(self, payload: bytes, kind: int = 8) -> None:
        super().say(self.words[self.number % len(self.words)], kind)

    def hears(self, since: int) -> dict[str, bool]:
        sound = alaw_to_pcm(b"".join(data[12:] for data in self.heard[since:]))
        return {name: strength(sound, pitch) > 0.1 for name, pitch in PITCHES.items()}


@pytest.fixture
async def media(tmp_path: Path) -> AsyncIterator[Media]:
    media = Media(tmp_path, "--speech", str(tmp_path / "speech"))
    await media.client.start()
    yield media
    await media.client.stop()
    for phone in media.phones:
        phone.close()


def gather(media: Media, singers: dict[str, Singer]) -> None:
    for name, singer in singers.items():
        media.put(name, singer, Mix(tuple(other for other in singers if other != name)))


async def heard_by(media: Media, singer: Singer) -> dict[str, bool]:
    since = len(singer.heard) + 10
    await media.until(lambda: len(singer.heard) > since + 40)
    return singer.hears(since)


async def test_a_conference_goes_on_when_the_process_is_killed(media: Media) -> None:
    singers = {name: Singer(pitch) for name, pitch in PITCHES.items()}
    media.phones.extend(singers.values())
    gather(media, singers)
    for singer in singers.values():
        singer.start(singer.port)
    for name, singer in singers.items():
        assert await heard_by(media, singer) == {other: other != name for other in PITCHES}
    assert media.client.pid is not None
    os.kill(media.client.pid, signal.SIGKILL)
    await media.event(MediaBack)
    for name, singer in singers.items():
        assert await heard_by(media, singer) == {other: other != name for other in PITCHES}
    assert {len({data[8:12] for data in each.heard}) for each in singers.values()} == {1}


async def test_the_next_engine_finds_the_conference(media: Media) -> None:
    singers = {name: Singer(pitch) for name, pitch in PITCHES.items()}
    media.phones.extend(singers.values())
    gather(media, singers)
    specs = dict(media.client.legs)
    await asyncio.sleep(0)
    await media.client.stop(is_process_ended=False)
    media.new_client()
    await media.client.start()
    assert media.client.adopt().legs == specs


async def test_the_recording_is_one_file_through_bridge_mix_and_bridge(media: Media) -> None:
    singers = {name: Singer(pitch) for name, pitch in PITCHES.items()}
    media.phones.extend(singers.values())
    caller, operator = singers["caller"], singers["operator"]
    media.record()
    media.put("caller", caller, FromLeg("operator"))
    media.put("operator", operator, FromLeg("caller"))
    for name, singer in singers.items():
        if name == "keyholder":
            media.put(name, singer, Silence())
        singer.start(singer.port)
    await media.until(lambda: len(caller.heard) > 50)
    gather(media, singers)
    await media.until(lambda: len(caller.heard) > 120)
    media.put("keyholder", singers["keyholder"], Silence())
    media.put("caller", caller, FromLeg("operator"))
    media.put("operator", operator, FromLeg("caller"))
    await media.until(lambda: len(caller.heard) > 170)
    ended = await media.end()
    left, right = channels(media.store.path_of("r1"))
    assert len(left) == len(right) == pytest.approx(ended.seconds * 8000, abs=8)
    assert not any(isinstance(event, RecordingGap) for event in media.events)
    middle = alaw_to_pcm(right[70 * 160 : 110 * 160])
    assert strength(middle, PITCHES["operator"]) > 0.2
    assert strength(middle, PITCHES["keyholder"]) > 0.2
    assert strength(middle, PITCHES["caller"]) < 0.02
    assert strength(alaw_to_pcm(left[8000:16_000]), PITCHES["caller"]) > 0.9
    spoken = right[10 * 160 : 160 * 160]
    assert SILENCE * 800 not in spoken, "never a tenth of a second of nothing"


async def test_keys_and_machines_are_heard_in_the_sound(media: Media) -> None:
    singer = Singer(500)
    media.phones.append(singer)
    greeting = [*recorded(next(path for path in PROMPTS if path.stem == "all_busy_calm"))]
    sound = silence(0.2) + key("4", 0.1) + silence(0.3) + greeting
    sound += silence(0.4) + sine(1000, 0.5) + silence(2.0)
    singer.words = [pcm_to_alaw(each) for each in frames(pcm(sound))]
    media.put("caller", singer, Silence(), hears_keys_in_band=True, is_screened=True)
    await media.until(lambda: len(singer.heard) > 5)
    singer.start(singer.port)
    assert (await media.event(DigitHeard)).digit == "4"
    machine = await media.event(MachineSuspected)
    assert machine.evidence == "long_greeting"
    beep = await media.event(BeepHeard)
    assert beep.frequency == pytest.approx(1000, rel=0.03)


async def test_words_spoken_on_demand_are_played(media: Media, tmp_path: Path) -> None:
    name = "c0" * 32
    (tmp_path / "speech" / "nl").mkdir(parents=True)
    with wave.open(str(tmp_path / "speech" / "nl" / f"{name}.wav"), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(pcm(sine(700, 0.4)))
    singer = Singer(500)
    media.phones.append(singer)
    media.put("caller", singer, PromptSource(("call_taken", name), "nl"))
    ended = await media.event(PromptEnded, prompt=name)
    assert ended.is_complete
    assert ended.seconds == pytest.approx(0.4)
    await media.until(lambda: len(singer.heard) > 100)
    at = round((await media.event(PromptEnded, prompt="call_taken")).seconds * 50)
    sound = alaw_to_pcm(b"".join(data[12:] for data in singer.heard[at + 2 : at + 16]))
    assert strength(sound, 700) > 0.9
