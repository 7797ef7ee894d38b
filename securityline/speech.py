"""Words that are no fixed prompt, spoken: who calls, for which site, what happened.

A speech program of the system says them (espeak-ng, run as a program of its own, never part
of the product), for a process of ours that was started with the engine: nothing is forked
while alarms come in (`speech_helper`). What was said once is kept as a file named by its
content, so a name is spoken before its keyholder is called and lies ready when he answers.
Where no such program is, callers have the fixed prompts alone.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import re
import shutil
import unicodedata
from collections.abc import Mapping
from pathlib import Path
from typing import Final, Protocol

from ivr.prompts import file_name
from securityline.speech_helper import MARGIN_TIME, CannotSpeak, SpeechHelper

__all__ = ["CannotSpeak", "EspeakSpeaker", "NoSpeaker", "Speaker", "clean", "speaker_for"]

VOICES: Final = {"fr": "fr-be", "nl": "nl", "de": "de", "en": "en-gb"}
"Language to espeak-ng's voice."
WORDS_A_MINUTE: Final = 145
MAX_CHARACTERS: Final = 400
"About half a minute; nobody listens longer, and nothing longer is meant."
SPEAK_TIME: Final = 10.0
"Seconds that the program may take."
MAX_BYTES: Final = 200 * 2**20
"Of all files together: an hour and a half of speech a language."
_LETTERS: Final = ("L", "M", "N")


class Speaker(Protocol):
    """Turns words into a prompt's name."""

    async def start(self) -> None:
        """Get ready: whatever must be forked is forked now, and not during an alarm."""

    async def stop(self) -> None:
        """Begin nothing more, and end what was begun."""

    async def prompt_for(self, words: str, language: str) -> str:
        """Return the name under which the media process finds these words.

        :param language: BCP 47 tag of the words; of `nl-BE` only `nl` counts.
        :raises CannotSpeak: it cannot be done, now or ever.
        """


class NoSpeaker:
    """Speaks nothing, and says why."""

    def __init__(self, reason: str = "no speech program is installed") -> None:
        self.reason = reason

    async def start(self) -> None:
        """See :class:`Speaker`."""

    async def stop(self) -> None:
        """See :class:`Speaker`."""

    async def prompt_for(self, words: str, language: str) -> str:
        """See :class:`Speaker`."""
        raise CannotSpeak(self.reason)


def speaker_for(folder: Path, pronunciations: Mapping[str, str] | None = None) -> Speaker:
    """Return a speaker that this machine can have, writing below a folder."""
    program = shutil.which("espeak-ng")
    if program is None:
        return NoSpeaker("espeak-ng is not installed")
    return EspeakSpeaker(folder, program, pronunciations or {})


def clean(words: str) -> str:
    """Return what may be read aloud: letters, figures, plain punctuation, single spaces.

    The program understands commands in control characters and phonemes in brackets; whoever
    names a site must not command it.
    """
    kept = []
    for character in unicodedata.normalize("NFC", words[: 4 * MAX_CHARACTERS]):
        is_letter = unicodedata.category(character)[0] in _LETTERS
        kept.append(character if is_letter or character in ".,;:!?'’-+&%€°" else " ")
    return " ".join("".join(kept).split())


class EspeakSpeaker:
    """Speaks with espeak-ng.

    :param folder: for the sound, one folder a language below it.
    :param program: espeak-ng's path.
    :param pronunciations: whole words, of whatever case, and how to write them so that they
        are said rightly.
    """

    def __init__(
        self,
        folder: Path,
        program: str,
        pronunciations: Mapping[str, str],
        *,
        max_bytes: int = MAX_BYTES,
        speak_time: float = SPEAK_TIME,
    ) -> None:
        self._folder = folder
        self._program = program
        self._sayings = {word.casefold(): said for word, said in pronunciations.items()}
        self._max_bytes = max_bytes
        self._speak_time = speak_time
        self._under_way: dict[str, asyncio.Task[None]] = {}
        self._helper = SpeechHelper(speak_time + MARGIN_TIME)

    async def prompt_for(self, words: str, language: str) -> str:
        """See :class:`Speaker`."""
        tongue = language.lower().replace("_", "-").partition("-")[0]
        voice = VOICES.get(tongue)
        if voice is None:
            raise CannotSpeak(f"no voice for {language[:20]!r}")
        text = self._written(words)
        key = f"{voice}\0{WORDS_A_MINUTE}\0{text}"
        name = hashlib.sha256(key.encode()).hexdigest()
        path = self._folder / file_name(name, tongue)
        if name not in self._under_way:
            job = asyncio.create_task(self._provide(text, voice, path))
            self._under_way[name] = job
            job.add_done_callback(lambda _: self._under_way.pop(name, None))
        # Whoever else waits for the same words must not lose them when one gives up.
        await asyncio.shield(self._under_way[name])
        return name

    async def start(self) -> None:
        """See :class:`Speaker`."""
        await self._helper.start()

    async def stop(self) -> None:
        """See :class:`Speaker`."""
        await self._helper.stop()

    def _written(self, words: str) -> str:
        """Return the words as the program shall read them.

        :raises CannotSpeak: there are none, or too many.
        """
        text = clean(words)
        if self._sayings:
            text = re.sub(r"[\w'’]+", self._saying, text)
            text = clean(text)
        if not any(unicodedata.category(character)[0] in "LN" for character in text):
            raise CannotSpeak("there is no word in it")
        if len(words) > MAX_CHARACTERS or len(text) > MAX_CHARACTERS:
            raise CannotSpeak(f"more than {MAX_CHARACTERS} characters")
        return text

    def _saying(self, word: re.Match[str]) -> str:
        return self._sayings.get(word[0].casefold(), word[0])

    async def _provide(self, text: str, voice: str, path: Path) -> None:
        if await asyncio.to_thread(_touch, path):
            return
        command = [self._program, "-v", voice, "-s", str(WORDS_A_MINUTE), "-b", "1"]
        await self._helper.do(
            {
                "words": text,
                "command": [*command, "--stdin", "--stdout"],
                "path": str(path),
                "folder": str(self._folder),
                "time": self._speak_time,
                "max_bytes": self._max_bytes,
            }
        )


def _touch(path: Path) -> bool:
    """Say whether a file is there, and that it was used just now."""
    try:
        os.utime(path)
    except OSError:
        return False
    return True
