"""Values as people read them: numbers, durations, and foreign text made harmless to read."""

import unicodedata
from functools import lru_cache
from typing import Final

import phonenumbers

CLIPPED: Final = 2000
"Characters of a foreign text that the page shows; the log has all of it."


@lru_cache(maxsize=4096)
def write_number(number: str) -> str:
    """Write a number in groups, as people read it; what is no number stays as it came."""
    try:
        parsed = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return clip(number)
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.INTERNATIONAL)


def write_duration(seconds: float) -> str:
    """Write seconds as `0:07`, `12:31`, `3:02:10`; days from two on."""
    whole = max(0, int(seconds))
    if whole >= 172800:
        return f"{whole // 86400} d"
    hours, rest = divmod(whole, 3600)
    minutes, left = divmod(rest, 60)
    return f"{hours}:{minutes:02}:{left:02}" if hours else f"{minutes}:{left:02}"


def clip(text: str, most: int = CLIPPED) -> str:
    """Make a foreign text fit to be shown: no controls, no bidi or zero-width tricks."""
    text = text[:most] + ("…" if len(text) > most else "")
    return without_tricks(text)


def without_tricks(text: str) -> str:
    """Put a sign in the place of controls and of what is not seen and turns or hides text."""
    if text.isprintable():
        return text
    return "".join(map(_visible, text))


@lru_cache(maxsize=4096)
def _visible(character: str) -> str:
    if character in "\n\t":
        return character
    if unicodedata.category(character) in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}:
        return "\N{REPLACEMENT CHARACTER}"
    return character
