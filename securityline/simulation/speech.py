"""What pretend people say: short WAV files, one a language; a tone where there is none."""

from pathlib import Path
from typing import Final, Literal

from securityline.simulation.handset_audio import RATE, read_wav, tone

FOLDER: Final = Path(__file__).with_name("speech")
LANGUAGES: Final = ("fr", "nl", "de", "en")
PAUSE: Final = {
    "caller": (2.0, 6.0),
    "operator": (0.2, 9.0),
    "keyholder": (0.3, 12.0),
    "voicemail": (0.4, 0.3),
    "service": (0.3, 9.0),
}
"Seconds of silence before and after the words, so that two who repeat themselves converse."
TONES: Final = {
    "caller": 660.0,
    "operator": 440.0,
    "keyholder": 550.0,
    "voicemail": 495.0,
    "service": 330.0,
}
BEEP: Final = 1000.0  # Hz
BEEP_TIME: Final = 0.5

Role = Literal["caller", "operator", "keyholder", "voicemail", "service"]


def speech_file(role: Role, language: str) -> Path | None:
    """Return the file with these words, `None` when there is none in that language."""
    path = FOLDER / f"{role}_{language}.wav"
    return path if path.exists() else None


def speech_of(role: Role, language: str) -> bytes:
    """Return what to say over and over, 16-bit PCM at 8 kHz."""
    path = speech_file(role, language)
    if path is None:
        return tone(TONES[role])
    before, after = PAUSE[role]
    return bytes(2 * int(before * RATE)) + read_wav(path) + bytes(2 * int(after * RATE))


def greeting(language: str) -> bytes:
    """Return what an answering machine says once: its words, then its beep."""
    return speech_of("voicemail", language) + tone(BEEP)[: 2 * int(BEEP_TIME * RATE)]
