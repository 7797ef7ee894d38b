"""What the operator reads to the police: twenty seconds of plain words, from what is known.

Pure. Who calls, where, what is confirmed, said and not known, hazards, injured, who comes,
where to call back. No zone numbers, no codes, no secret, no number of a service. What does
not fit into twenty seconds is left out, the least important first; all of it is in the case.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from math import ceil
from typing import Final, Literal, NamedTuple

from securityline.web.plain import clip
from securityline.web.words import WORDS, Words

MOST_WORDS: Final = 50
"Twenty seconds at 150 words a minute."
_LONGEST_WORD: Final = 24
"Characters of one word that are read."
_DIGITS: Final = re.compile(r"\+?[0-9]+")

Certainty = Literal["confirmed", "said", "signal"]
"""How sure it is: verified; said by a person; only the signal of an alarm system."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FicheFacts:
    """What is known of a case, in the words that people typed. Secrets were taken out."""

    organisation: str = ""
    site: str = ""
    street: str = ""
    town: str = ""
    "With its postal code."
    what: str = ""
    "The kind of incident, in the fiche's language."
    certainty: Certainty = "signal"
    means: str = ""
    "How it was verified, in the fiche's language."
    said: tuple[str, ...] = ()
    "What was typed, the newest first."
    hazards: str = ""
    injured: str = ""
    unknown: tuple[str, ...] = ()
    "What was not asked yet, in the fiche's language."
    coming: tuple[str, ...] = ()
    call_back: str = ""


class Fiche(NamedTuple):
    """The sentences to read, and the place letter by letter, should they ask."""

    lines: tuple[str, ...]
    spelled: str

    @property
    def words(self) -> int:
        """How many words it takes to read it aloud."""
        return sum(words_in(line) for line in self.lines)


class _Part(NamedTuple):
    place: int
    "Where it is read."
    rank: int
    "How soon it is given up: the highest first."
    text: str


@lru_cache(maxsize=512)
def fiche(facts: FicheFacts, language: str) -> Fiche:
    """Write the fiche of a case in a language.

    :param language: `fr`, `nl`, `de` or `en`.
    """
    words = WORDS[language]
    parts = [part for part in _parts(facts, words) if part.text]
    kept: list[_Part] = []
    left = MOST_WORDS
    for part in sorted(parts, key=lambda one: one.rank):
        size = words_in(part.text)
        if size <= left:
            kept.append(part)
            left -= size
    said = _said(facts, words, left)
    if said:
        kept.append(_Part(3, 0, said))
    lines = tuple(part.text for part in sorted(kept))
    return Fiche(lines, spell(facts.street, facts.town))


def _parts(facts: FicheFacts, words: Words) -> list[_Part]:
    where = ", ".join(_short(x, n) for x, n in _place(facts) if x)
    call_back = words("Call us back: %(number)s.") % {"number": _short(facts.call_back, 8)}
    unknown = ", ".join(_short(one, 3) for one in facts.unknown[:3])
    coming = ", ".join(_short(one, 5) for one in facts.coming[:2])
    return [
        _Part(0, 2, _who(facts, words)),
        _Part(1, 0, words("Where: %(where)s.") % {"where": where} if where else ""),
        _Part(2, 1, _what(facts, words)),
        _Part(4, 4, _one(words("Danger: %(what)s."), facts.hazards)),
        _Part(5, 5, _one(words("Injured: %(what)s."), facts.injured)),
        _Part(6, 7, _one(words("Not known: %(what)s."), unknown)),
        _Part(7, 6, _one(words("On the way: %(what)s."), coming, 10)),
        _Part(8, 3, call_back if facts.call_back else ""),
    ]


def _place(facts: FicheFacts) -> tuple[tuple[str, int], ...]:
    return (facts.site, 4), (facts.street, 6), (facts.town, 4)


def _who(facts: FicheFacts, words: Words) -> str:
    name = _short(facts.organisation, 4)
    if not name:
        return words("This is an alarm centre.")
    return words("This is the alarm centre of %(name)s.") % {"name": name}


def _what(facts: FicheFacts, words: Words) -> str:
    what = _short(facts.what, 4) or words("Something happened")
    if facts.certainty == "confirmed" and facts.means:
        means = _short(facts.means, 3)
        return words("Confirmed: %(what)s (%(means)s).") % {"what": what, "means": means}
    if facts.certainty == "confirmed":
        return words("Confirmed: %(what)s.") % {"what": what}
    if facts.certainty == "said":
        return words("A person told us: %(what)s.") % {"what": what}
    return words("An alarm signals, not confirmed: %(what)s.") % {"what": what}


def _said(facts: FicheFacts, words: Words, left: int) -> str:
    """Quote what was typed, the newest first, as far as the time goes."""
    frame = words("Said: %(what)s.")
    room = left - words_in(frame % {"what": ""})
    whole = "; ".join(clip(one, 300).strip() for one in facts.said)
    text = _short(whole, max(room, 0))
    if not text:
        return ""
    is_cut = words_in(text) < words_in(whole)
    return (
        (frame % {"what": f"{text}…"}).removesuffix(".") if is_cut else frame % {"what": text}
    )


def _one(frame: str, text: str, most: int = 6) -> str:
    text = _short(text, most)
    return frame % {"what": text} if text else ""


def _short(text: str, most: int) -> str:
    """Keep the first words of a text; long ones are cut, line ends are gone."""
    kept: list[str] = []
    left = most
    for word in clip(text, 600).split():
        left -= words_in(word[:_LONGEST_WORD])
        if left < 0:
            break
        kept.append(word[:_LONGEST_WORD])
    return " ".join(kept).rstrip(" .,;:")


def words_in(text: str) -> int:
    """Count words as they are read: two digits are one."""
    return sum(_read(word) for word in text.split())


def _read(word: str) -> int:
    digits = sum(len(found.lstrip("+")) for found in _DIGITS.findall(word))
    return max(1, ceil(digits / 2))


def spell(*texts: str) -> str:
    """Write the words of a place letter by letter, `R U E`; a number stays a number."""
    words = [word for text in texts for word in clip(text, 120).split()]
    return " · ".join(
        word
        if any(c.isdigit() for c in word)
        else " ".join(c for c in word.upper() if c.isalpha())
        for word in words[:10]
        if any(c.isalnum() for c in word)
    )
