import pytest

from ivr.prompts import LANGUAGES, PROMPTS, RECORDING_NOTICE, fallbacks, file_name


def test_every_prompt_has_words_in_every_language() -> None:
    for name, prompt in PROMPTS.items():
        assert prompt.name == name
        assert set(prompt.words) == set(LANGUAGES)
        assert all(words.strip() == words and words for words in prompt.words.values())


def test_no_two_languages_say_the_same_sentence() -> None:
    for prompt in PROMPTS.values():
        if any(" " in words for words in prompt.words.values()):
            assert len(set(prompt.words.values())) == len(LANGUAGES)


@pytest.mark.parametrize(
    ("language", "named"),
    [("fr", "enregistr"), ("nl", "opgenomen"), ("de", "aufgez"), ("en", "recorded")],
)
def test_the_notice_names_the_recording(language: str, named: str) -> None:
    assert named in PROMPTS[RECORDING_NOTICE].words[language]


@pytest.mark.parametrize(
    ("wanted", "order"),
    [
        ("nl", ["nl", "fr", "de", "en"]),
        ("fr", ["fr", "nl", "de", "en"]),
        ("nl-BE", ["nl", "fr", "de", "en"]),
        ("DE_at", ["de", "fr", "nl", "en"]),
        ("en", ["en", "fr", "nl", "de"]),
        ("pt", ["fr", "nl", "de", "en"]),
        ("", ["fr", "nl", "de", "en"]),
        ("../..", ["fr", "nl", "de", "en"]),
    ],
)
def test_the_wanted_language_comes_first_then_the_usual_order(
    wanted: str, order: list[str]
) -> None:
    assert list(fallbacks(wanted)) == order


def test_files_are_named_by_language_and_name() -> None:
    assert file_name("please_hold", "nl") == "nl/please_hold.wav"
