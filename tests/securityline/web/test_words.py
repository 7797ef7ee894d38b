import re

import pytest

from callflows import commands, events
from securityline.web.log_words import SENTENCES
from securityline.web.vocabulary import KINDS, call_it
from securityline.web.words import CATALOGUES, WORDS, best_language, read_po
from tests.securityline.web.sentences import all_sentences

PLACE = re.compile(r"%\(\w+\)[sd]")
OTHERS = ["fr", "nl", "de"]


@pytest.mark.parametrize("language", OTHERS)
def test_every_sentence_is_translated(language: str) -> None:
    catalogue = CATALOGUES[language]
    missing = [one for one in all_sentences() if one not in catalogue]
    assert missing == []


@pytest.mark.parametrize("language", OTHERS)
def test_no_translation_is_left_of_a_sentence_that_is_gone(language: str) -> None:
    assert sorted(set(CATALOGUES[language]) - set(all_sentences())) == []


@pytest.mark.parametrize("language", OTHERS)
def test_a_translation_has_the_same_places_for_values(language: str) -> None:
    for one, several in all_sentences().items():
        translated = CATALOGUES[language][one]
        assert isinstance(translated, tuple) == (several is not None), one
        texts = (translated,) if isinstance(translated, str) else translated
        for text in texts:
            assert text.strip(), one
            assert sorted(PLACE.findall(text)) == sorted(PLACE.findall(one)), text


def test_the_extraction_finds_templates_code_and_plurals() -> None:
    found = all_sentences()
    assert "Hang up" in found  # template
    assert "This is not your call." in found  # code
    assert found["%(num)d line"] == "%(num)d lines"
    assert len(found) > 300


def test_every_name_in_the_log_has_a_sentence() -> None:
    names = {
        name
        for module, base in (
            (events, (events.Event, events.Fact)),
            (commands, commands.Command),
        )
        for name, value in vars(module).items()
        if isinstance(value, type) and issubclass(value, base)
    } - {"Event", "Fact", "Command", "TreeFact"}
    assert sorted(names - set(SENTENCES)) == []


def test_french_counts_none_as_one() -> None:
    one, several = "%(num)d line", "%(num)d lines"
    assert WORDS["fr"].many(one, several, 0) == "%(num)d ligne"
    assert WORDS["nl"].many(one, several, 0) == "%(num)d regels"
    assert WORDS["en"].many(one, several, 1) == one


def test_a_po_file_with_a_stray_line_says_where() -> None:
    with pytest.raises(ValueError, match="line 3"):
        read_po('msgid "a"\nmsgstr "b"\nnonsense\n')


def test_a_po_file_joins_continued_lines_and_skips_comments() -> None:
    assert read_po('# c\nmsgid ""\n"a"\n" b"\nmsgstr "x\\"y"\n') == {"a b": 'x"y'}


def test_the_best_language_is_the_strongest_that_the_pages_have() -> None:
    assert best_language({"en": 2, "nl": 3}) == "nl"
    assert best_language({"fr": 3, "nl": 3}) == "fr"
    assert best_language({"pt": 3, "de": 1}) == "de"
    assert best_language({"pt": 3}) == "en"


def test_a_clients_own_kind_is_shown_readable() -> None:
    assert call_it(WORDS["fr"], KINDS, "locked_out") == "Locked out"
    assert call_it(WORDS["fr"], KINDS, "theft") == "Vol"
