"""The sentences that callers hear: their names and languages. Pure.

The audio lies with the product, one WAV file a name and language. Every name exists in every
language, so that the choice of a language never decides whether a caller hears something.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from ivr.keyholder_prompts import KEYHOLDER_WORDS
from ivr.phrases import PHRASES
from ivr.self_service import SELF_SERVICE_WORDS

LANGUAGES: Final = ("fr", "nl", "de", "en")
"Of the shipped prompts, in the order in which one stands in for another."

SAY: Final = "say:"
"Begins a prompt that is no file of ours but words to be spoken, such as a client's name."
_HEXADECIMAL: Final = frozenset("0123456789abcdef")

RECORDING_NOTICE: Final = "recording_notice"
PLEASE_HOLD: Final = "please_hold"
ALL_BUSY_CALM: Final = "all_busy_calm"
UNKNOWN_NUMBER: Final = "unknown_number"
CALL_TAKEN: Final = "call_taken"


@dataclass(frozen=True, slots=True)
class Prompt:
    """One thing that is said, in every language."""

    name: str
    words: dict[str, str]
    "By language. A caller in danger listens: short, calm, no name of a product."


PROMPTS: Final = {
    prompt.name: prompt
    for prompt in (
        Prompt(
            RECORDING_NOTICE,
            {
                "fr": "Vous êtes en ligne avec la sécurité. Cet appel est enregistré.",
                "nl": "U bent verbonden met de beveiliging. Dit gesprek wordt opgenomen.",
                "de": "Sie sind mit der Sicherheit verbunden. Dieser Anruf wird aufgezeichnet.",
                "en": "You are through to security. This call is recorded.",
            },
        ),
        Prompt(
            PLEASE_HOLD,
            {
                "fr": "Restez en ligne, s'il vous plaît. Un opérateur arrive.",
                "nl": "Blijf aan de lijn, alstublieft. Een operator komt eraan.",
                "de": "Bitte bleiben Sie am Apparat. Ein Mitarbeiter ist gleich bei Ihnen.",
                "en": "Please stay on the line. An operator is coming.",
            },
        ),
        Prompt(
            ALL_BUSY_CALM,
            {
                "fr": "Nous avons bien reçu votre appel. Tous nos opérateurs sont en ligne. "
                "Ne raccrochez pas: le premier libre vous répond. "
                "En danger immédiat, appelez le 112.",
                "nl": "Wij hebben uw oproep ontvangen. Al onze operatoren zijn in gesprek. "
                "Hang niet op: de eerste die vrij is, helpt u. "
                "Bij direct gevaar belt u 1 1 2.",
                "de": "Wir haben Ihren Anruf erhalten. Alle Mitarbeiter sprechen gerade. "
                "Legen Sie nicht auf: der nächste freie hilft Ihnen. "
                "Bei unmittelbarer Gefahr wählen Sie 1 1 2.",
                "en": "We have received your call. All our operators are speaking. "
                "Do not hang up: the first one free will answer you. "
                "In immediate danger, call 1 1 2.",
            },
        ),
        Prompt(
            UNKNOWN_NUMBER,
            {
                "fr": "Ce numéro n'est pas connu chez nous. Un opérateur va vous répondre.",
                "nl": "Dit nummer is bij ons niet bekend. Een operator zal u helpen.",
                "de": "Diese Nummer ist uns nicht bekannt. Ein Mitarbeiter wird Ihnen helfen.",
                "en": "This number is not known to us. An operator will answer you.",
            },
        ),
        Prompt(
            CALL_TAKEN,
            {
                "fr": "Un collègue a pris l'appel.",
                "nl": "Een collega heeft de oproep aangenomen.",
                "de": "Ein Kollege hat den Anruf angenommen.",
                "en": "A colleague has taken the call.",
            },
        ),
        *(
            Prompt(name, words)
            for name, words in (KEYHOLDER_WORDS | SELF_SERVICE_WORDS).items()
        ),
        *(
            Prompt(phrase.prompt, {tag: phrase.spoken(tag) for tag in phrase.words})
            for phrase in PHRASES.values()
        ),
    )
}


def fallbacks(language: str) -> Iterator[str]:
    """Yield the languages in which to look for a prompt, the wanted one first.

    :param language: BCP 47 tag; of `nl-BE` only `nl` counts.
    """
    wanted = language.lower().replace("_", "-").partition("-")[0]
    if wanted in LANGUAGES:
        yield wanted
    yield from (other for other in LANGUAGES if other != wanted)


def is_spoken(name: str) -> bool:
    """Whether it names words that were spoken on demand: the SHA-256 of what they are."""
    return len(name) == 64 and set(name) <= _HEXADECIMAL


def file_name(name: str, language: str) -> str:
    """Return a prompt's place below the folder of prompts."""
    return f"{language}/{name}.wav"
