"""Makes what the demo's pretend people say, with espeak-ng, as `tools/make_prompts.py` does.

`python tools/make_demo_speech.py` writes every file anew. The demo needs no espeak-ng.
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
}
PITCH = {"caller": "+f3", "operator": "+m3"}
"espeak-ng's voices, so that the two are told apart."


def make(role: str, language: str) -> str:
    """Make one file; return a line about it."""
    wav = speak(WORDS[role][language], f"{VOICES[language]}{PITCH[role]}")
    path = FOLDER / f"{role}_{language}.wav"
    path.write_bytes(wav)
    return f"{path.relative_to(REPOSITORY)}: {len(wav) / 16000:.1f} s"


def main() -> None:
    """Make all of them."""
    if shutil.which("espeak-ng") is None:
        raise SystemExit("espeak-ng is not installed (Debian: apt-get install espeak-ng)")
    for role, words in WORDS.items():
        for language in words:
            sys.stdout.write(make(role, language) + "\n")


if __name__ == "__main__":
    main()
