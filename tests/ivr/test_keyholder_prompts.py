import re

import pytest

from ivr import keyholder_prompts as k
from ivr.prompts import LANGUAGES, PROMPTS

AUTOMATIC = re.compile("automati", re.IGNORECASE)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", [k.KEYHOLDER_INTRO, k.VOICEMAIL_NEUTRAL, k.CALLBACK_INTRO])
def test_the_first_sentence_says_that_the_call_is_automatic(name: str, language: str) -> None:
    first = PROMPTS[name].words[language].split(".")[0]
    assert AUTOMATIC.search(first)


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_answering_machine_learns_of_no_event_and_of_no_guard(language: str) -> None:
    left = PROMPTS[k.VOICEMAIL_NEUTRAL].words[language].lower()
    for telling in (
        "alarm",
        "secur",
        "sécur",
        "sicherh",
        "veilig",
        "site",
        "standort",
        "brand",
    ):
        assert telling not in left


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_menu_names_every_key_once(language: str) -> None:
    menu = PROMPTS[k.KEYHOLDER_MENU].words[language]
    assert re.findall("[0-9]", menu) == ["1", "2", "3", "0"]
    assert re.search("toile|sterretje|stern|star", menu, re.IGNORECASE)


def test_every_kind_of_event_has_a_sentence_of_its_own() -> None:
    sentences = [PROMPTS[k.event_prompt(kind)].words["en"] for kind in k.EVENT_KINDS]
    assert len(set(sentences)) == len(k.EVENT_KINDS)


def test_an_unknown_kind_is_an_event_all_the_same() -> None:
    assert k.event_prompt("meteorite") == k.event_prompt("other")


def test_every_figure_can_be_spoken() -> None:
    assert [PROMPTS[k.digit_prompt(d)].words["nl"] for d in "012"] == ["nul.", "een.", "twee."]
    assert {k.digit_prompt(d) for d in "0123456789"} <= set(PROMPTS)


@pytest.mark.parametrize("wrong", ["", "12", "a", "*", "²", "-1"])
def test_what_is_no_figure_is_refused(wrong: str) -> None:
    with pytest.raises(ValueError, match="no figure"):
        k.digit_prompt(wrong)


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_takes_long_to_say(language: str) -> None:
    for name, words in k.KEYHOLDER_WORDS.items():
        limit = 40 if name == k.KEYHOLDER_MENU else 22
        assert len(words[language].split()) <= limit, name
