"""The words of the pages, in the languages of the operators.

English is the key, as with gettext, and the translations are gettext's `.po` files, read as
they are. A sentence without a translation is shown in English, and a test fails. Words that
come from the directory or from callers are never translated here.
"""

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

LANGUAGES: Final[Mapping[str, str]] = {
    "fr": "Français",
    "nl": "Nederlands",
    "de": "Deutsch",
    "en": "English",
}
"Language tag to its own name, in the order of the menu."

FOLDER: Final = Path(__file__).parent / "templates" / "words"
Catalogue = Mapping[str, str | tuple[str, str]]


def read_po(text: str) -> dict[str, str | tuple[str, str]]:
    """Read a `.po` file: `msgid`, `msgid_plural`, `msgstr`, `msgstr[0]`, `msgstr[1]`.

    :raises ValueError: a line is none of these; its number is in the text.
    """
    catalogue: dict[str, str | tuple[str, str]] = {}
    for block in _blocks(text):
        key = block.get("msgid", "")
        if "msgstr[0]" in block and "msgstr[1]" in block:
            catalogue[key] = (block["msgstr[0]"], block["msgstr[1]"])
        elif block.get("msgstr"):
            catalogue[key] = block["msgstr"]
    catalogue.pop("", None)
    return catalogue


def _blocks(text: str) -> Iterator[dict[str, str]]:
    block: dict[str, str] = {}
    name = ""
    for number, line in enumerate([*text.splitlines(), ""], 1):
        if line.startswith("#"):
            continue
        if not line.strip():
            if block:
                yield block
            block = {}
            continue
        word, _, rest = line.partition(" ")
        if not line.startswith('"'):
            name, line = word, rest
        try:
            block[name] = block.get(name, "") + str(ast.literal_eval(line))
        except (SyntaxError, ValueError) as error:
            raise ValueError(f"line {number}: not a line of a .po file") from error


CATALOGUES: Final[Mapping[str, Catalogue]] = {
    language: read_po((FOLDER / f"{language}.po").read_text("utf-8"))
    if language != "en"
    else {}
    for language in LANGUAGES
}


def N_(words: str) -> str:
    """Mark words for translation without translating them yet."""
    return words


def plural(one: str, several: str) -> tuple[str, str]:
    """Mark a pair for translation."""
    return one, several


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
