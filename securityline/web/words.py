"""The words of the pages, in the languages of the operators.

English is the key, as with gettext: a sentence without a translation is shown in English,
and a test fails. Plurals are pairs. Words that come from the directory or from callers
are never translated here.
"""

from collections.abc import Mapping
from typing import Final

from securityline.web.words_de import DE
from securityline.web.words_fr import FR
from securityline.web.words_nl import NL

LANGUAGES: Final[Mapping[str, str]] = {
    "fr": "Français",
    "nl": "Nederlands",
    "de": "Deutsch",
    "en": "English",
}
"Language tag to its own name, in the order of the menu."

Catalogue = Mapping[str, str | tuple[str, str]]
CATALOGUES: Final[Mapping[str, Catalogue]] = {"fr": FR, "nl": NL, "de": DE, "en": {}}


def N_(words: str) -> str:
    """Mark words for translation without translating them yet."""
    return words


class Words:
    """One language's words.

    :param language: one of `LANGUAGES`; anything else is English.
    """

    __slots__ = ("_catalogue", "language")

    def __init__(self, language: str) -> None:
        self.language = language if language in CATALOGUES else "en"
        self._catalogue = CATALOGUES[self.language]

    def __call__(self, words: str) -> str:
        """Translate, or give back what came."""
        found = self._catalogue.get(words, words)
        return found if isinstance(found, str) else found[0]

    def many(self, one: str, several: str, number: int) -> str:
        """Translate what depends on a number. French says *0 appel*, the others do not."""
        is_one = number < 2 if self.language == "fr" else number == 1
        found = self._catalogue.get(one, (one, several))
        if isinstance(found, str):
            return found
        return found[0] if is_one else found[1]


WORDS: Final[Mapping[str, Words]] = {language: Words(language) for language in LANGUAGES}


def best_language(languages: Mapping[str, int]) -> str:
    """Choose the page's language from an operator's skills: the strongest we have."""
    ours = [(-skill, place, tag) for place, (tag, skill) in enumerate(languages.items())]
    return next((tag for _, _, tag in sorted(ours) if tag in LANGUAGES), "en")
