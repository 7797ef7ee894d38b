"""Reasons that the engine gives in English, in the language of whoever reads them.

A `Grammar` is a list of templates, `%(name)s` for any text and `%(name)d` for a whole
number. A text is taken apart by them and put together again in another language; names and
numbers in it stay as they are. A part that no template fits stays in English.
"""

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Final, NamedTuple

from securityline.web.words import Words

LONGEST: Final = 4000
"Characters of a reason that are looked at; a longer one stays as it is."
_WIDEST: Final = 8
"""Separators that one piece may have inside, as a name may (`St. Jan`, `Doe, Ann`). It keeps
the work linear in the length of a text."""
Called = Callable[[str], str]
_PLACE: Final = re.compile(r"%\((\w+)\)([sd])")
_KINDS: Final = {"s": ".+", "d": "-?[0-9]+"}


class Piece(NamedTuple):
    """A part of a text that a template fits, or that none does."""

    before: str
    "The separator in front of it."
    words: str
    "The sentence to translate; empty when no template fits."
    values: "Mapping[str, str | tuple[Piece, ...]]"
    "What stands in its places; under the empty name, a text that no template fits."


_NOWHERE: Final = Piece("", "", {})


class _Path(NamedTuple):
    """The way from a place in a text to its end in the most pieces: names are short."""

    pieces: int
    piece: Piece
    after: int
    "Where the next piece begins."


class Grammar:
    """The shapes a text may have.

    :param templates: tried in this order; the first that fits a piece is taken.
    :param between: pattern of what separates pieces, when there can be several.
    :param inside: place to the grammar of what stands in it.
    :param said_as: template to the sentence it is shown as, when that is another one.
    :param is_open: as the grammar of a place, lets anything else stand there too.
    """

    __slots__ = ("_between", "_inside", "_patterns", "is_open", "sentences", "templates")

    def __init__(
        self,
        *templates: str,
        between: str = "",
        inside: "Mapping[str, Grammar] | None" = None,
        said_as: Mapping[str, str] | None = None,
        is_open: bool = False,
    ) -> None:
        self.templates = templates
        self.sentences = tuple((said_as or {}).get(one, one) for one in templates)
        self.is_open = is_open
        self._between = re.compile(between) if between else None
        self._inside = inside or {}
        self._patterns = [
            (_pattern(one), words) for one, words in zip(templates, self.sentences, strict=True)
        ]

    def read(self, text: str) -> tuple[Piece, ...] | None:
        """Take a text apart; `None` when a part of it fits no template."""
        spans = self._spans(text)
        count = len(spans)
        found: list[_Path | None] = [None] * count + [_Path(0, _NOWHERE, 0)]
        for first in range(count - 1, -1, -1):
            for after in range(first + 1, min(first + _WIDEST, count) + 1):
                rest, best = found[after], found[first]
                if rest is None or (best is not None and best.pieces > rest.pieces):
                    continue
                piece = self._fit(*_cut(text, spans, first, after))
                if piece is not None:
                    found[first] = _Path(rest.pieces + 1, piece, after)
        pieces, path = [], found[0]
        while path is not None and path.pieces:
            pieces.append(path.piece)
            path = found[path.after]
        return tuple(pieces) or None

    def salvage(self, text: str) -> tuple[Piece, ...]:
        """Take apart what can be; the rest stays as it is."""
        spans = self._spans(text)
        cuts = [_cut(text, spans, place, place + 1) for place in range(len(spans))]
        return tuple(
            self._fit(before, part) or Piece(before, "", {"": part}) for before, part in cuts
        )

    def _spans(self, text: str) -> list[tuple[int, int]]:
        found = list(self._between.finditer(text)) if self._between is not None else []
        starts = [0, *(one.end() for one in found)]
        return list(zip(starts, [*(one.start() for one in found), len(text)], strict=True))

    def _fit(self, before: str, text: str) -> Piece | None:
        for pattern, words in self._patterns:
            match = pattern.fullmatch(text)
            if match is None:
                continue
            values = self._fill(match.groupdict())
            if values is not None:
                return Piece(before, words, values)
        return None

    def _fill(self, texts: Mapping[str, str]) -> dict[str, str | tuple[Piece, ...]] | None:
        values: dict[str, str | tuple[Piece, ...]] = {**texts}
        for place in self._inside.keys() & texts.keys():
            grammar = self._inside[place]
            pieces = grammar.read(texts[place])
            if pieces is not None:
                values[place] = pieces
            elif not grammar.is_open:
                return None
        return values


def one_of(
    *templates: str, said_as: Mapping[str, str] | None = None, is_open: bool = False
) -> Grammar:
    """Return the grammar of a text that is one piece."""
    return Grammar(*templates, said_as=said_as, is_open=is_open)


def is_known(grammar: Grammar, text: str) -> bool:
    """Whether every part of a text has its template."""
    return _read(grammar, text) is not None


def say(
    grammar: Grammar, text: str, words: Words, called: Mapping[str, Called] | None = None
) -> str:
    """Say a reason in a language. Never raises; linear in the length of the text.

    :param called: place to how the id in it is called, such as an operator's name.
    """
    if not text or len(text) > LONGEST:
        return text
    return _write(_read(grammar, text) or grammar.salvage(text), words, called or {})


@lru_cache(maxsize=1024)
def _read(grammar: Grammar, text: str) -> tuple[Piece, ...] | None:
    return grammar.read(text)


def _write(pieces: tuple[Piece, ...], words: Words, called: Mapping[str, Called]) -> str:
    return "".join(piece.before + _write_one(piece, words, called) for piece in pieces)


def _write_one(piece: Piece, words: Words, called: Mapping[str, Called]) -> str:
    values = {
        place: _called(called, place, value)
        if isinstance(value, str)
        else _write(value, words, called)
        for place, value in piece.values.items()
    }
    if not piece.words:
        return values[""]
    sentence = words(piece.words)
    return _PLACE.sub(lambda place: values[place[1]], sentence)


def _called(called: Mapping[str, Called], place: str, value: str) -> str:
    return called[place](value) if place in called else value


def _cut(text: str, spans: list[tuple[int, int]], first: int, after: int) -> tuple[str, str]:
    """Return the separator in front of some pieces, and the text they make together."""
    start = spans[first][0]
    before = text[spans[first - 1][1] : start] if first else ""
    return before, text[start : spans[after - 1][1]]


def _pattern(template: str) -> re.Pattern[str]:
    """Turn a template into a pattern for all of a text."""
    pattern, end = "", 0
    for place in _PLACE.finditer(template):
        pattern += re.escape(template[end : place.start()])
        pattern += f"(?P<{place[1]}>{_KINDS[place[2]]})"
        end = place.end()
    return re.compile(pattern + re.escape(template[end:]), re.DOTALL)
