"""A keyholder woken at three understands in twelve seconds who calls, where, and which key."""

import shutil
import wave
from pathlib import Path

import pytest

from ivr import keyholder_prompts as k
from ivr.keyholder import whose
from ivr.prompts import LANGUAGES, PROMPTS, file_name
from tools.make_prompts import FOLDER, VOICES, WAV_SECOND, speak

LIMIT = 12.0
"Seconds from the first word to the end of the sentence about key 1."
WHERE = whose("Banque Démo", "Bruxelles Centre")


def seconds_of(path: Path) -> float:
    with wave.open(str(path)) as file:
        return file.getnframes() / file.getframerate()


def test_the_first_key_is_known_in_time_whatever_happened() -> None:
    if shutil.which("espeak-ng") is None:
        pytest.skip("espeak-ng is not installed")
    for language in LANGUAGES:
        first = PROMPTS[k.KEYHOLDER_MENU].words[language].split(". ")[0] + "."
        assert "1" in first
        spoken = sum(len(speak(x, VOICES[language])) / WAV_SECOND for x in (WHERE, first))
        intro = seconds_of(FOLDER / file_name(k.KEYHOLDER_INTRO, language))
        for kind in (k.event_prompt(kind) for kind in k.EVENT_KINDS):
            event = seconds_of(FOLDER / file_name(kind, language))
            assert intro + event + spoken <= LIMIT, f"{language}, {kind}"
