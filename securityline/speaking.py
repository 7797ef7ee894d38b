"""Words made ready ahead of their use: between the loop, which never waits, and the speaker."""

import asyncio
from typing import Final

import structlog

from securityline.speech import CannotSpeak, Speaker

MOST_KEPT: Final = 4_096
"Sentences whose files are remembered; the files themselves stay on disk."

log = structlog.get_logger()


class Speaking:
    """Ask the speaker for files, and know which are there.

    Belongs to one event loop.
    """

    def __init__(self, speaker: Speaker) -> None:
        self._speaker = speaker
        self._ready: dict[tuple[str, str], str] = {}
        self._asked: dict[tuple[str, str], asyncio.Task[None]] = {}

    def prepare(self, words: str, language: str) -> None:
        """Begin to make the file. Asking twice does no harm."""
        key = (words, language)
        if key in self._ready or key in self._asked:
            return
        self._asked[key] = asyncio.get_running_loop().create_task(self._make(words, language))

    def ready(self, words: str, language: str) -> str | None:
        """Return the prompt's name once its file is whole; asks for it otherwise."""
        name = self._ready.get((words, language))
        if name is None:
            self.prepare(words, language)
        return name

    async def start(self) -> None:
        """Get the speaker ready, before anybody calls."""
        await self._speaker.start()

    async def stop(self) -> None:
        """Wait for nobody any more."""
        for task in tuple(self._asked.values()):
            task.cancel()
        await asyncio.gather(*self._asked.values(), return_exceptions=True)
        await self._speaker.stop()

    async def _make(self, words: str, language: str) -> None:
        key = (words, language)
        try:
            name = await self._speaker.prompt_for(words, language)
        except CannotSpeak as error:
            # Fixed prompts say what matters; names are left out.
            log.warning("words cannot be spoken", reason=str(error))
        else:
            if len(self._ready) >= MOST_KEPT:
                self._ready.pop(next(iter(self._ready)))
            self._ready[key] = name
        finally:
            self._asked.pop(key, None)
