"""Words that are no fixed prompt, spoken: who calls, for which site, what happened.

A speech program of the system says them (espeak-ng, run as a program of its own, never part
of the product), in threads beside the loop and at the lowest priority. What was said once is
kept as a file named by its content, so a name is spoken before its keyholder is called and
lies ready when he answers. Where no such program is, callers have the fixed prompts alone.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unicodedata
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Final, Protocol

from ivr.prompts import file_name

VOICES: Final = {"fr": "fr-be", "nl": "nl", "de": "de", "en": "en-gb"}
"Language to espeak-ng's voice."
WORDS_A_MINUTE: Final = 145
MAX_CHARACTERS: Final = 400
"About half a minute; nobody listens longer, and nothing longer is meant."
SPEAK_TIME: Final = 10.0
"Seconds a program may take for each of the two steps."
MAX_BYTES: Final = 200 * 2**20
"Of all files together: an hour and a half of speech a language."
_LOWEST_PRIORITY: Final = 19
_LETTERS: Final = ("L", "M", "N")


class CannotSpeak(Exception):
    """These words cannot be spoken; the text says why. Use fixed prompts alone."""


class Speaker(Protocol):
    """Turns words into a prompt's name."""

    async def prompt_for(self, words: str, language: str) -> str:
        """Return the name under which the media process finds these words.

        :param language: BCP 47 tag of the words; of `nl-BE` only `nl` counts.
        :raises CannotSpeak: it cannot be done, now or ever.
        """


class NoSpeaker:
    """Speaks nothing, and says why."""

    def __init__(self, reason: str = "no speech program is installed") -> None:
        self.reason = reason

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
        self._under_way: dict[str, asyncio.Future[None]] = {}
        self._threads = ThreadPoolExecutor(2, thread_name_prefix="speech")

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
            loop = asyncio.get_running_loop()
            job = loop.run_in_executor(self._threads, self._provide, text, voice, path)
            self._under_way[name] = job
            job.add_done_callback(lambda _: self._under_way.pop(name, None))
        # Whoever else waits for the same words must not lose them when one gives up.
        await asyncio.shield(self._under_way[name])
        return name

    def close(self) -> None:
        """Begin nothing more; what is being spoken ends by itself."""
        self._threads.shutdown(wait=False, cancel_futures=True)

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

    # ------------------------------------------------------------ in a thread

    def _provide(self, text: str, voice: str, path: Path) -> None:
        try:
            if path.is_file():
                os.utime(path)
                return
            command = [self._program, "-v", voice, "-s", str(WORDS_A_MINUTE), "-b", "1"]
            # By standard input: an argument could be an option, and is seen by every user.
            draft = self._run([*command, "--stdin", "--stdout"], text.encode())
            wav = self._run([sys.executable, "-m", "securityline.speech_audio"], draft)
            _write(path, wav)
            self._make_room(path)
        except (OSError, subprocess.SubprocessError) as error:
            raise CannotSpeak(f"{type(error).__name__}: {error}"[:200]) from error

    def _run(self, command: list[str], given: bytes) -> bytes:
        """Return what a program answers.

        :raises CannotSpeak: it failed, or took too long.
        """
        with subprocess.Popen(  # noqa: S603
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        ) as run:
            with suppress(OSError):
                os.setpriority(os.PRIO_PROCESS, run.pid, _LOWEST_PRIORITY)
            try:
                answer, _ = run.communicate(given, self._speak_time)
            except subprocess.TimeoutExpired:
                run.kill()
                raise CannotSpeak(f"it took more than {self._speak_time:g} s") from None
        if run.returncode or not answer:
            raise CannotSpeak(f"{Path(command[0]).name} ended with {run.returncode}")
        return answer

    def _make_room(self, newest: Path) -> None:
        """Remove what was not said for longest when there is too much."""
        files = []
        for path in self._folder.glob("*/*.wav"):
            with suppress(OSError):
                about = path.stat()
                files.append((about.st_mtime_ns, about.st_size, path))
        total = sum(size for _, size, _ in files)
        for _, size, path in sorted(files):
            if total <= self._max_bytes:
                return
            if path != newest:
                with suppress(OSError):
                    path.unlink()
                    total -= size


def _write(path: Path, wav: bytes) -> None:
    """Write a file so that it is there whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    number, draft = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".draft")
    try:
        with os.fdopen(number, "wb") as file:
            file.write(wav)
            file.flush()
            os.fsync(file.fileno())
        Path(draft).replace(path)
    except BaseException:
        with suppress(OSError):
            Path(draft).unlink()
        raise
