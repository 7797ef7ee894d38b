"""The Silero model as the ear that tells speech, with the real model."""

import math
import random
from functools import partial
from importlib.util import find_spec
from pathlib import Path

import pytest

from sip.media.g711 import alaw_to_pcm
from sip.media.machine import EnergyActivity, MachineDetector, VoiceActivity
from sip.media.protocol import HumanSuspected, MachineSuspected
from sip.media.silero import SileroActivity, SileroModel, UnusableModel
from sip.media.tones import ToneName, tone
from tests.sip.media.sounds import (
    PROMPTS,
    SPEECH,
    Sound,
    frames,
    pcm,
    recorded,
    silence,
    sine,
    through,
)

pytest.importorskip("onnxruntime", reason="the extra `amd` is not installed")


def shipped_model() -> Path:
    found = find_spec("silero_vad")
    if found is None or not found.submodule_search_locations:
        pytest.skip("the wheel that holds the model is not installed")
    return Path(found.submodule_search_locations[0]) / "data" / "silero_vad.onnx"


@pytest.fixture(scope="module")
def model() -> SileroModel:
    return SileroModel(shipped_model())


def share(activity: VoiceActivity, sound: Sound) -> float:
    """Return the part of the frames that are taken for speech."""
    heard = [activity.is_speech(frame) for frame in frames(through("a", pcm(sound)))]
    return sum(heard) / len(heard)


def music(seconds: float, seed: int = 1) -> Sound:
    """A tune: chords that are struck and fade away."""
    chance = random.Random(seed)
    sound: list[float] = []
    while len(sound) < 8000 * seconds:
        notes = [220.0 * 2 ** (chance.choice((0, 3, 4, 5, 7, 8, 12)) / 12) for _ in range(3)]
        sound += [
            4000
            * math.exp(-n / 1600)
            * sum(math.sin(2 * math.pi * f * n / 8000) for f in notes)
            for n in range(2400)
        ]
    return sound


@pytest.mark.parametrize("path", [*SPEECH[:4], *PROMPTS[:4]], ids=lambda path: path.stem)
def test_speech_is_speech_in_every_language(model: SileroModel, path: Path) -> None:
    assert share(SileroActivity(model), list(recorded(path))) > 0.6


@pytest.mark.parametrize("name", ["ringback", "hold_music"])
def test_our_own_tones_are_no_speech(model: SileroModel, name: ToneName) -> None:
    sound = alaw_to_pcm(tone(name) * 3)
    heard = SileroActivity(model)
    size = 320
    told = [heard.is_speech(sound[i : i + size]) for i in range(0, len(sound) - size, size)]
    assert sum(told) / len(told) < 0.05


def test_a_pure_tone_and_silence_are_no_speech(model: SileroModel) -> None:
    assert share(SileroActivity(model), sine(440.0, 3.0)) < 0.05
    assert share(SileroActivity(model), silence(3.0)) == 0.0


def test_music_is_loud_but_nobody_speaks(model: SileroModel) -> None:
    """What the model is for: energy takes music for a voice."""
    tune = music(6.0)
    assert share(EnergyActivity(), tune) > 0.3
    assert share(SileroActivity(model), tune) < 0.1


def test_two_legs_do_not_disturb_each_other(model: SileroModel) -> None:
    speech = list(recorded(SPEECH[0]))
    alone, beside, other = (SileroActivity(model) for _ in range(3))
    expected = [alone.is_speech(frame) for frame in frames(pcm(speech))]
    found = []
    for frame in frames(pcm(speech)):
        found.append(beside.is_speech(frame))
        other.is_speech(bytes(320))
    assert found == expected


def test_frames_of_any_length_are_taken(model: SileroModel) -> None:
    speech = pcm(list(recorded(SPEECH[0])))
    activity = SileroActivity(model)
    assert any(activity.is_speech(speech[i : i + 222]) for i in range(0, len(speech), 222))


def test_with_it_a_person_and_a_machine_are_told_apart(model: SileroModel) -> None:
    activity = partial(SileroActivity, model)

    def kinds(sound: Sound) -> list[type]:
        detector = MachineDetector("leg", activity())
        told = []
        for i, frame in enumerate(frames(through("a", pcm(sound)))):
            told += [type(event) for event in detector.feed(frame, i * 0.02)]
        return told

    hello = [*list(recorded(SPEECH[0]))[:6400], *silence(2.0)]
    long = next(path for path in PROMPTS if path.stem == "all_busy_calm")
    greeting = [*list(recorded(long))[: 8000 * 5], *silence(2.0)]
    assert kinds(hello) == [HumanSuspected]
    assert kinds(greeting)[0] is MachineSuspected


def test_a_file_that_is_no_model_is_named(tmp_path: Path) -> None:
    file = tmp_path / "model.onnx"
    file.write_bytes(b"\x08\x07 no model at all")
    with pytest.raises(UnusableModel, match="is no voice model"):
        SileroModel(file)


def test_without_its_runtime_it_says_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sip.media.silero.RUNTIME", "a_runtime_nobody_has")
    with pytest.raises(UnusableModel, match="a_runtime_nobody_has is not installed"):
        SileroModel(shipped_model())
