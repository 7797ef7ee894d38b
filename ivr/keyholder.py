"""What a keyholder hears when the engine calls him, and what his keys mean. Pure.

He was asleep a moment ago. In twelve seconds he must know who calls, about which site and
what happened, and which key to press.
"""

from collections.abc import Sequence
from enum import StrEnum
from typing import Final

from ivr.prompts import LANGUAGES, SAY

INTRO: Final = "keyholder_intro"
MENU: Final = "keyholder_menu"
ASK_PIN: Final = "keyholder_ask_pin"
PIN_AGAIN: Final = "keyholder_pin_again"
PIN_FAILED: Final = "keyholder_pin_failed"
ASK_MINUTES: Final = "keyholder_ask_minutes"
ACCEPTED: Final = "keyholder_accepted"
DECLINED: Final = "keyholder_declined"
TAKEN: Final = "keyholder_taken"
TAKEN_BY: Final = "keyholder_taken_by"
CONNECTING: Final = "keyholder_connecting"
MESSAGE: Final = "voicemail_neutral"
GENERIC: Final = "keyholder_alarm_generic"

KINDS: Final = frozenset(
    {
        "intrusion",
        "holdup",
        "panic",
        "fire",
        "medical",
        "technical",
        "early_open",
        "late_close",
        "lone_worker",
    }
)
"Kinds of incident that have a sentence of their own; any other gets the generic one."

MOST_NAME: Final = 80
"Characters of a name that are spoken."


class Key(StrEnum):
    """What a key means in the menu."""

    ACCEPT = "1"
    DECLINE = "2"
    ACCEPT_WITH_ETA = "3"
    OPERATOR = "0"
    AGAIN = "*"


def key(digit: str) -> Key | None:
    """Return what a digit means in the menu, if anything."""
    try:
        return Key(digit)
    except ValueError:
        return None


def language_for(*wishes: Sequence[str]) -> str:
    """Choose the language to speak: the first wish that there are prompts for.

    :param wishes: the person's languages, then the client's; BCP 47, preferred first.
    """
    for wish in wishes:
        for language in wish:
            tag = language.lower().replace("_", "-").partition("-")[0]
            if tag in LANGUAGES:
                return tag
    return LANGUAGES[-1]


def whose(organisation_name: str, site_name: str) -> str:
    """Return the words that say for whom and for which site the call is."""
    return ", ".join(name[:MOST_NAME] for name in (organisation_name, site_name) if name)


def announcement(organisation_name: str, site_name: str, kind: str) -> tuple[str, ...]:
    """Return what a keyholder hears first, in order: who, where, what, and the keys."""
    what = f"keyholder_{kind}" if kind in KINDS else GENERIC
    words = whose(organisation_name, site_name)
    named = (SAY + words,) if words else ()
    return (INTRO, *named, what, MENU)


def taken_by(name: str) -> tuple[str, ...]:
    """Return what tells him that somebody else has taken charge, and who."""
    return (TAKEN_BY, SAY + name[:MOST_NAME]) if name else (TAKEN,)
