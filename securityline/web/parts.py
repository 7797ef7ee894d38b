"""Small pieces of markup that every template uses, as functions: a card has forty of them.

What is fixed is made once a language; everything that is not ours is escaped here.
"""

import hashlib
from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, Protocol

from markupsafe import Markup

from securityline.web import vocabulary
from securityline.web.plain import write_duration, write_number
from securityline.web.words import N_, Words

WITHHELD: Final = N_("Number withheld")
NO_NUMBER: Final = N_("No number")
STATIC: Final = Path(__file__).parent / "static"


class Calling(Protocol):
    """What a caller's number is shown by."""

    @property
    def caller(self) -> str | None:
        """E.164."""

    @property
    def is_withheld(self) -> bool:
        """Then the number is not shown."""


@lru_cache(maxsize=256)
def static_address(path: str) -> str:
    """Return the address of a static file; it changes with the file, so it caches well."""
    digest = hashlib.sha256((STATIC / path).read_bytes()).hexdigest()[:10]
    return f"/static/{path}?v={digest}"


@lru_cache(maxsize=64)
def icon(name: str) -> Markup:
    """Draw one of the symbols in `icons.svg`."""
    address = static_address("icons.svg")
    return Markup('<svg class="i" aria-hidden="true"><use href="{}#{}"/></svg>').format(
        address, name
    )


@lru_cache(maxsize=128)
def key(name: object) -> Markup:
    """Draw a key of the keyboard."""
    return Markup("<kbd>{}</kbd>").format(name)


def parts(words: Words, clock: Callable[[], float]) -> Mapping[str, Any]:
    """Make the functions for one language, by the names that templates call them."""
    known: dict[str, Markup] = {}

    def translate(message: str, **values: object) -> Markup:
        text = known.get(message)
        if text is None:
            text = known[message] = Markup(words(message))  # noqa: S704 - our own words
        return text % values if values else text

    def several(one: str, more: str, num: int) -> Markup:
        return Markup(words.many(one, more, num)) % {"num": num}  # noqa: S704 - our own words

    def elapsed(since: float, warn: int = 0, alarm: int = 0) -> Markup:
        limits = f' data-warn="{warn}" data-alarm="{alarm}"' if warn else ""
        text = write_duration(clock() - since)
        span = f'<span class="elapsed" data-since="{since:.3f}"{limits}>{text}</span>'
        return Markup(span)  # noqa: S704 - numbers only

    def countdown(until: float, warn: float = 0) -> Markup:
        """Seconds that are left, with `!` when they are few, and with `!!` those it is late."""
        left = until - clock()
        text = write_duration(left) if left >= 0 else f"+{write_duration(-left)}"
        late = " too-late" if left < 0 else " late" if left < warn else ""
        near = f' data-near="{warn:.0f}"' if warn else ""
        span = f'<span class="countdown{late}" data-until="{until:.3f}"{near}>{text}</span>'
        return Markup(span)  # noqa: S704 - numbers only

    def number_of(call: Calling) -> Markup:
        if call.is_withheld or not call.caller:
            said = translate(WITHHELD if call.is_withheld else NO_NUMBER)
            return Markup('<em class="withheld">{}</em>').format(said)
        number = write_number(call.caller)
        return Markup('<bdi class="number">{}</bdi>').format(number)

    return {
        "_": translate,
        "gettext": translate,
        "ngettext": several,
        "icon": icon,
        "key": key,
        "elapsed": elapsed,
        "countdown": countdown,
        "urgency": _urgencies(words).__getitem__,
        "certainty": _certainties(words).__getitem__,
        # Not `caller`: that name is Jinja's own inside a macro.
        "number_of": number_of,
    }


def _urgencies(words: Words) -> dict[int, Markup]:
    span = Markup('<span class="urgency u{0}"><b>{0}</b> {1}</span>')
    return {level: span.format(level, words(w)) for level, w in vocabulary.URGENCIES.items()}


def _certainties(words: Words) -> dict[str, Markup]:
    span = Markup('<span class="mark {}">{} {}</span>')
    return {
        mark: span.format(mark, sign, words(said))
        for mark, (sign, said) in vocabulary.CERTAINTIES.items()
    }
