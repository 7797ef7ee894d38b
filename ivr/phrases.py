"""The phrase bridge: prepared sentences that the engine says for an operator. Pure.

For a caller whose language the operator does not speak. Each is one question or one
instruction; questions end with the keys that answer them, 4 yes and 5 no. Nothing is
translated while somebody waits. No native speaker has checked these words yet: have it done,
and the prompts spoken, before they are played to anybody in danger.
"""

from dataclasses import dataclass
from typing import Final

LANGUAGES: Final = ("fr", "nl", "de", "en")
_KEYS: Final = {
    "fr": "Appuyez sur quatre pour oui, sur cinq pour non.",
    "nl": "Druk op vier voor ja, op vijf voor nee.",
    "de": "Drücken Sie vier für ja, fünf für nein.",
    "en": "Press four for yes, five for no.",
}


@dataclass(frozen=True, slots=True)
class Phrase:
    """One sentence, in every language."""

    name: str
    words: dict[str, str]
    is_question: bool = True
    steps: tuple[str, ...] = ()
    "Ids of consigne steps that it says, as clients usually name them."

    @property
    def prompt(self) -> str:
        """Name of the prompt that speaks it."""
        return f"phrase_{self.name}"

    def spoken(self, language: str) -> str:
        """Return what is said: the sentence, and for a question its keys."""
        keys = f" {_KEYS[language]}" if self.is_question else ""
        return self.words[language] + keys


def _phrase(name: str, fr: str, nl: str, de: str, en: str, *steps: str) -> Phrase:
    words = {"fr": fr, "nl": nl, "de": de, "en": en}
    return Phrase(name, words, is_question=en.endswith("?"), steps=steps)


PHRASES: Final = {
    phrase.name: phrase
    for phrase in (
        _phrase(
            "hear_me",
            "M'entendez-vous ?",
            "Hoort u mij?",
            "Hören Sie mich?",
            "Can you hear me?",
            "listen",
        ),
        _phrase(
            "safe",
            "Êtes-vous en sécurité ?",
            "Bent u in veiligheid?",
            "Sind Sie in Sicherheit?",
            "Are you safe?",
            "safe",
            "safety",
        ),
        _phrase(
            "hurt",
            "Y a-t-il des blessés ?",
            "Zijn er gewonden?",
            "Gibt es Verletzte?",
            "Is anyone hurt?",
            "injured",
            "hurt",
        ),
        _phrase(
            "still_there",
            "L'agresseur est-il encore là ?",
            "Is de dader er nog?",
            "Ist der Täter noch da?",
            "Is the attacker still there?",
            "attacker",
            "aggressor",
        ),
        _phrase(
            "armed",
            "A-t-il une arme ?",
            "Heeft hij een wapen?",
            "Hat er eine Waffe?",
            "Does he have a weapon?",
            "weapon",
            "armed",
        ),
        _phrase(
            "fire",
            "Y a-t-il du feu ou de la fumée ?",
            "Is er vuur of rook?",
            "Gibt es Feuer oder Rauch?",
            "Is there fire or smoke?",
            "fire",
            "smoke",
        ),
        _phrase(
            "alone",
            "Êtes-vous seul ?",
            "Bent u alleen?",
            "Sind Sie allein?",
            "Are you alone?",
            "alone",
        ),
        _phrase(
            "can_leave",
            "Pouvez-vous sortir sans danger ?",
            "Kunt u veilig naar buiten?",
            "Können Sie gefahrlos hinausgehen?",
            "Can you leave safely?",
            "leave",
            "evacuate",
        ),
        _phrase(
            "go_away",
            "Éloignez-vous et enfermez-vous si possible.",
            "Ga weg en sluit u op als dat kan.",
            "Gehen Sie weg und schließen Sie sich ein, wenn möglich.",
            "Move away and lock yourself in if you can.",
            "keep_away",
            "shelter",
        ),
        _phrase(
            "stay_on_line",
            "Restez en ligne. Ne raccrochez pas.",
            "Blijf aan de lijn. Hang niet op.",
            "Bleiben Sie am Apparat. Legen Sie nicht auf.",
            "Stay on the line. Do not hang up.",
            "stay",
        ),
        _phrase(
            "help_is_called",
            "Les secours sont appelés.",
            "De hulpdiensten zijn gebeld.",
            "Die Rettungskräfte sind gerufen.",
            "The emergency services have been called.",
            "help",
        ),
    )
}


def phrase_of_step(step: str) -> Phrase | None:
    """Return the phrase that says a step of this id, if one does."""
    return next((one for one in PHRASES.values() if step in one.steps), None)
