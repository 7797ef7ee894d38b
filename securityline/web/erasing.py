"""What is left out of a text that leaves the house: code words, PINs, reserved numbers.

A secret is found however it is written: between other signs (`PIN:4821`), glued to an
article (`d'Tournesol`), in several words, in groups (`48 21`). Whether a word is one is asked
of marks that only this process can make, so that no secret stands here in clear.
"""

import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from itertools import accumulate
from typing import Final

from client_directory.model import Organisation, Site
from client_directory.numbers import normalise
from client_directory.secret import letters, mark_of_letters

GONE: Final = "…"
MOST_WORDS: Final = 12
"Of a code word, or letters of one that was spelled."
LONGEST_SECRET: Final = 60
MOST_DIGITS: Final = 20
"Of a telephone number; see `client_directory.numbers`."
_TAIL: Final = 3
"Last digits by which what may be a reserved number is told before it is read as one."
_WORD: Final = re.compile(r"[^\W_]+")
_DIGITS: Final = re.compile(r"\d(?:[\d ./-]*\d)?")
_DATE: Final = re.compile(r"\d{1,2}[./-]\d{1,2}[./-]\d{4}|\d{4}-\d{2}-\d{2}")
_GROUPS: Final = re.compile(r"\+?\(?\d(?:[\d ./()-]*\d)?")
PIN_LENGTH: Final = range(4, 9)
Erase = Callable[[str], str]


def eraser(
    organisation: Organisation | None,
    protected: frozenset[str],
    *,
    site: Site | None = None,
    known: Iterable[str] = (),
) -> Erase:
    """Return what takes secrets and reserved numbers out of a text, line by line.

    Four to eight digits that stand alone go, whosever PIN they may be.

    :param protected: numbers of the table of services, as E.164 or as they are dialled.
    :param site: only the secrets of who may be there count; `None`: everybody's.
    :param known: digits that are no PIN, such as a service's reference. Postcodes of the
        client's sites are known by themselves.
    """
    people = organisation.people if organisation is not None else ()
    sites = organisation.sites if organisation is not None else ()
    here = [one for one in people if site is None or site.site in one.sites]
    marks = frozenset(one for person in here for one in person.secret_marks)
    codes = (one.address.postal_code for one in sites if one.address is not None)
    plain = frozenset({*codes, *known})
    return lambda text: without_secrets(text, marks, protected, plain)


@lru_cache(maxsize=2048)
def without_secrets(
    text: str,
    marks: frozenset[str],
    protected: frozenset[str],
    known: frozenset[str] = frozenset(),
) -> str:
    """Leave out of a typed text what must not be read aloud, printed or sent."""
    for find in (_numbers_of(protected), _words_of(marks), _digits_beside(known)):
        text = _cut(text, find(text))
    return text


_Spans = Iterable[tuple[int, int]]
_Find = Callable[[str], _Spans]


def _cut(text: str, spans: _Spans) -> str:
    kept, end = [], 0
    for start, after in spans:
        kept += [text[end:start], GONE]
        end = after
    return "".join([*kept, text[end:]])


def _words_of(marks: frozenset[str]) -> _Find:
    """Find what is, in one word or in several together, a secret behind a mark."""

    def find(text: str) -> _Spans:
        words = list(_WORD.finditer(text)) if marks else []
        alone = [letters(one.group()) for one in words]
        first = 0
        while first < len(words):
            last, together, length = None, "", 0
            for here in range(first, min(first + MOST_WORDS, len(words))):
                length += len(words[here].group())
                if length > LONGEST_SECRET:
                    break
                together += alone[here]
                if mark_of_letters(together) in marks:
                    last = here
            if last is not None:
                yield words[first].start(), words[last].end()
                first = last
            first += 1

    return find


def _digits_beside(known: frozenset[str]) -> _Find:
    """Find digits that may be a PIN: four to eight; no date, no longer number."""

    def find(text: str) -> _Spans:
        for run in _DIGITS.finditer(text):
            if _DATE.fullmatch(run.group()) or _is_telephone_number(run):
                continue
            for group in re.finditer(r"\d+", run.group()):
                if len(group.group()) in PIN_LENGTH and group.group() not in known:
                    yield run.start() + group.start(), run.start() + group.end()

    return find


def _is_telephone_number(run: re.Match[str]) -> bool:
    """Whether digits are longer than any PIN together and begin as a number does."""
    is_dialled = run.group().startswith("0") or run.string[: run.start()].endswith("+")
    return is_dialled and sum(map(str.isdigit, run.group())) > PIN_LENGTH[-1]


def _numbers_of(protected: frozenset[str]) -> _Find:
    """Find the reserved numbers of services, however they are grouped."""
    tails = {re.sub(r"\D", "", one)[-_TAIL:] for one in protected}

    def find(text: str) -> _Spans:
        for run in _GROUPS.finditer(text) if protected else ():
            yield from _reserved(run, protected, tails)

    return find


def _reserved(run: re.Match[str], protected: frozenset[str], tails: set[str]) -> _Spans:
    groups = list(re.finditer(r"\+?\d+", run.group()))
    digits = re.sub(r"\D", "", run.group())
    before = [0, *accumulate(sum(map(str.isdigit, one.group())) for one in groups)]
    first = 0
    while first < len(groups):
        most = min(first + MOST_DIGITS, len(groups))
        for after in range(most, first, -1):
            number = digits[before[first] : before[after]]
            if len(number) > MOST_DIGITS or tails.isdisjoint((number[-_TAIL:], number[-2:])):
                continue
            start, end = groups[first].start(), groups[after - 1].end()
            if normalise(run.group()[start:end], "BE") in protected:
                yield run.start() + start, run.start() + end
                first = after - 1
                break
        first += 1
