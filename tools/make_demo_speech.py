"""Makes what the demo's pretend people say, with espeak-ng, as `tools/make_prompts.py` does.

`python tools/make_demo_speech.py` writes every file anew, `… voicemail` those of one role.
The demo needs no espeak-ng.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(REPOSITORY))

from tools.make_prompts import VOICES, speak  # noqa: E402

FOLDER = REPOSITORY / "securityline" / "simulation" / "speech"
WORDS = {
    "caller": {
        "fr": "Bonjour. Un homme crie sur mes collègues au guichet. Il est très agressif.",
        "nl": "Goeiedag. Er staat een man te roepen op mijn collega's. Hij is erg agressief.",
        "de": "Guten Tag. Ein Mann schreit meine Kollegen am Schalter an. Er ist aggressiv.",
        "en": "Hello. A man is shouting at my colleagues at the counter. He is aggressive.",
    },
    "operator": {
        "fr": "Ligne sécurité, bonjour. Êtes-vous en sécurité ?",
        "nl": "Veiligheidslijn, goeiedag. Bent u in veiligheid?",
        "de": "Sicherheitslinie, guten Tag. Sind Sie in Sicherheit?",
        "en": "Security line, hello. Are you safe?",
    },
    "keyholder": {
        "fr": "Allô ? Oui, j'écoute.",
        "nl": "Hallo? Ja, ik luister.",
        "de": "Hallo? Ja, ich höre.",
        "en": "Hello? Yes, I am listening.",
    },
    "voicemail": {
        "fr": "Bonjour. Je ne peux pas vous répondre pour le moment. "
        "Laissez votre nom et votre numéro après le signal sonore. Merci, à bientôt.",
        "nl": "Dag. Ik kan nu niet opnemen. "
        "Laat uw naam en nummer achter na de pieptoon. Bedankt, tot later.",
        "de": "Guten Tag. Ich bin im Augenblick nicht zu erreichen. "
        "Bitte hinterlassen Sie Namen und Nummer nach dem Signalton. Danke, bis bald.",
        "en": "Hello. I cannot take your call at the moment. "
        "Please leave your name and your number after the tone. Thank you, goodbye.",
    },
    "service": {
        "fr": "Ceci est un exercice : aucun vrai service de secours n'est en ligne. Je note.",
        "nl": "Dit is een oefening: geen echte hulpdienst is aan de lijn. Ik noteer.",
        "de": "Dies ist eine Übung: kein echter Notdienst ist am Apparat. Ich notiere.",
        "en": "This is an exercise: no real emergency service is on the line. I am noting.",
    },
}
PITCH = {
    "caller": "+f3",
    "operator": "+m3",
    "keyholder": "+m1",
    "voicemail": "+f2",
    "service": "+m5",
}
"espeak-ng's voices, so that who speaks is told apart."


def make(role: str, language: str) -> str:
    """Make one file; return a line about it."""
    wav = speak(WORDS[role][language], f"{VOICES[language]}{PITCH[role]}")
    path = FOLDER / f"{role}_{language}.wav"
    path.write_bytes(wav)
    return f"{path.relative_to(REPOSITORY)}: {len(wav) / 16000:.1f} s"


def main() -> None:
    """Make those of the roles named on the command line, or all."""
    if shutil.which("espeak-ng") is None:
        raise SystemExit("espeak-ng is not installed (Debian: apt-get install espeak-ng)")
    for role in sys.argv[1:] or WORDS:
        for language in WORDS[role]:
            sys.stdout.write(make(role, language) + "\n")


if __name__ == "__main__":
    main()
