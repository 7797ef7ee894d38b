"""Makes the shipped prompts from `ivr.prompts` with espeak-ng.

Drafts, to be replaced by a speaker: `python tools/make_prompts.py` writes every file anew,
`python tools/make_prompts.py recording_notice` one prompt. The product needs no espeak-ng.
How its sound is made fit for a telephone: :mod:`securityline.speech_audio`.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(REPOSITORY))

from ivr.prompts import LANGUAGES, PROMPTS, file_name  # noqa: E402
from securityline.speech_audio import telephone_wav  # noqa: E402

FOLDER = REPOSITORY / "securityline" / "prompts"
VOICES = {"fr": "fr-be", "nl": "nl", "de": "de", "en": "en-gb"}
WORDS_A_MINUTE = 145
"Calm, yet short: a person in danger listens."
WAV_SECOND = 16_000


def speak(words: str, voice: str) -> bytes:
    """Let espeak-ng speak; return a WAV file fit for a telephone."""
    command = ["espeak-ng", "-v", voice, "-s", str(WORDS_A_MINUTE), "--stdout", "--", words]
    run = subprocess.run(command, check=True, capture_output=True)  # noqa: S603
    return telephone_wav(run.stdout)


def make(name: str, language: str) -> str:
    """Make one prompt; return a line about it."""
    wav = speak(PROMPTS[name].words[language], VOICES[language])
    path = FOLDER / file_name(name, language)
    path.write_bytes(wav)
    return f"{path.relative_to(REPOSITORY)}: {len(wav) / WAV_SECOND:.1f} s"


def main() -> None:
    """Make the prompts named on the command line, or all."""
    if shutil.which("espeak-ng") is None:
        raise SystemExit("espeak-ng is not installed (Debian: apt-get install espeak-ng)")
    for name in sys.argv[1:] or PROMPTS:
        for language in LANGUAGES:
            sys.stdout.write(make(name, language) + "\n")


if __name__ == "__main__":
    main()
