"""Makes the shipped prompts from `ivr.prompts` with espeak-ng.

Drafts, to be replaced by a speaker: `python tools/make_prompts.py` writes every file anew,
`python tools/make_prompts.py recording_notice` one prompt. The product needs no espeak-ng.

espeak-ng speaks at 22,050 Hz with a peak level of its own. Each file is brought to 8 kHz
mono, trimmed of silence, and levelled to -20 dBFS over what is spoken, below the loudness at
which A-law gets rough and near what telephones carry.
"""

from __future__ import annotations

import math
import shutil
import subprocess
import sys
import tempfile
import wave
from array import array
from itertools import pairwise
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(REPOSITORY))

from ivr.prompts import LANGUAGES, PROMPTS, file_name  # noqa: E402

FOLDER = REPOSITORY / "securityline" / "prompts"
VOICES = {"fr": "fr-be", "nl": "nl", "de": "de", "en": "en-gb"}
WORDS_A_MINUTE = 145
"Calm, yet short: a person in danger listens."
RATE = 8000
LEVEL = -20.0
"dBFS, root mean square over the spoken parts."
PEAK = -3.0
"dBFS, at most."
SILENT = 10 ** (-45 / 20) * 32768
EDGE = RATE // 20
"Samples (50 ms) of silence before and after the words."
FADE = RATE // 200
TAPS = 65


def speak(words: str, voice: str, path: Path) -> None:
    """Let espeak-ng write a WAV file."""
    command = ["espeak-ng", "-v", voice, "-s", str(WORDS_A_MINUTE), "-w", str(path), words]
    subprocess.run(command, check=True, capture_output=True)  # noqa: S603


def read(path: Path) -> tuple[array[float], int]:
    """Return samples from -32768 to 32767 and their rate."""
    with wave.open(str(path)) as file:
        if (file.getnchannels(), file.getsampwidth()) != (1, 2):
            raise SystemExit(f"{path}: not 16-bit mono")
        samples = array("h", file.readframes(file.getnframes()))
        return array("d", samples), file.getframerate()


def resample(samples: array[float], rate: int) -> array[float]:
    """Bring samples down to 8 kHz through a windowed sinc, cut off at 3.5 kHz."""
    cutoff = 2 * 3500 / rate
    half = TAPS * rate // RATE // 2
    count = len(samples) * RATE // rate
    result = array("d", bytes(8 * count))
    for i in range(count):
        centre = i * rate / RATE
        first, last = (
            max(0, math.ceil(centre - half)),
            min(len(samples) - 1, int(centre + half)),
        )
        total = weight = 0.0
        for j in range(first, last + 1):
            x = centre - j
            sinc = 1.0 if x == 0 else math.sin(math.pi * cutoff * x) / (math.pi * cutoff * x)
            tap = sinc * (0.5 + 0.5 * math.cos(math.pi * x / (half + 1)))
            total += tap * samples[j]
            weight += tap
        result[i] = total / weight
    return result


def trim(samples: array[float]) -> array[float]:
    """Cut silence off both ends, and begin and end softly."""
    spoken = [i for i, sample in enumerate(samples) if abs(sample) > SILENT]
    if not spoken:
        raise SystemExit("espeak-ng said nothing")
    words = samples[spoken[0] : spoken[-1] + 1]
    for i in range(FADE):
        words[i] *= i / FADE
        words[-1 - i] *= i / FADE
    edge = array("d", bytes(8 * EDGE))
    return edge + words + edge


def decibels(samples: array[float]) -> float:
    """Return the level of the spoken parts: frames of 20 ms above -45 dBFS."""
    frames = [samples[a:b] for a, b in pairwise(range(0, len(samples), RATE // 50))]
    power = [sum(s * s for s in frame) / len(frame) for frame in frames]
    loud = [p for p in power if p > SILENT**2] or [1.0]
    return 10 * math.log10(sum(loud) / len(loud)) - 20 * math.log10(32768)


def level(samples: array[float]) -> array[float]:
    """Bring the spoken parts to :data:`LEVEL`, peaks bent below :data:`PEAK`."""
    gain = 10 ** ((LEVEL - decibels(samples)) / 20)
    ceiling = 10 ** (PEAK / 20) * 32768
    return array("d", (ceiling * math.tanh(s * gain / ceiling) for s in samples))


def write(samples: array[float], path: Path) -> None:
    """Write a 16-bit mono WAV file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(array("h", map(round, samples)).tobytes())


def make(name: str, language: str) -> str:
    """Make one prompt; return a line about it."""
    with tempfile.TemporaryDirectory() as folder:
        draft = Path(folder) / "draft.wav"
        speak(PROMPTS[name].words[language], VOICES[language], draft)
        samples = level(trim(resample(*read(draft))))
    path = FOLDER / file_name(name, language)
    write(samples, path)
    seconds = len(samples) / RATE
    return f"{path.relative_to(REPOSITORY)}: {seconds:.1f} s, {decibels(samples):.1f} dBFS"


def main() -> None:
    """Make the prompts named on the command line, or all."""
    if shutil.which("espeak-ng") is None:
        raise SystemExit("espeak-ng is not installed (Debian: apt-get install espeak-ng)")
    for name in sys.argv[1:] or PROMPTS:
        for language in LANGUAGES:
            sys.stdout.write(make(name, language) + "\n")


if __name__ == "__main__":
    main()
