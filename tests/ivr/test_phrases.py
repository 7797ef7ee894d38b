"""The checked phrases: whole in every language, spoken, and with the keys that answer."""

import wave
from pathlib import Path
from typing import get_args

import pytest

from client_directory.model import PhraseName
from ivr.phrases import LANGUAGES, PHRASES, Phrase, phrase_of_step
from ivr.prompts import PROMPTS, file_name

FOLDER = Path(__file__).parents[2] / "securityline" / "prompts"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("phrase", PHRASES.values(), ids=lambda phrase: phrase.name)
def test_a_phrase_exists_is_spoken_and_names_its_keys(phrase: Phrase, language: str) -> None:
    words = phrase.words[language]
    assert words.rstrip().endswith("?") is phrase.is_question
    spoken = phrase.spoken(language)
    four = {"fr": "quatre", "nl": "vier", "de": "vier", "en": "four"}[language]
    assert (four in spoken) is phrase.is_question
    assert PROMPTS[phrase.prompt].words[language] == spoken
    with wave.open(str(FOLDER / file_name(phrase.prompt, language))) as file:
        assert 0.5 < file.getnframes() / file.getframerate() < 12


def test_usual_steps_find_their_phrase() -> None:
    assert (found := phrase_of_step("safe")) is not None
    assert found.name == "safe"
    assert phrase_of_step("injured") is PHRASES["hurt"]
    assert phrase_of_step("x") is None


def test_no_step_is_said_by_two_phrases() -> None:
    steps = [step for phrase in PHRASES.values() for step in phrase.steps]
    assert len(steps) == len(set(steps))


def test_a_consigne_can_name_each_of_them_and_no_other() -> None:
    """A name that nobody knows is a finding of `securityline check`, not a silent nothing."""
    assert set(get_args(PhraseName)) == set(PHRASES)
