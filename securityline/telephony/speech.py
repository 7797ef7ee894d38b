"""Words that the flows want spoken, and the files that say them."""

from typing import Protocol

from ivr.prompts import SAY


class Speaker(Protocol):
    """What makes speech of words (`securityline.speech`)."""

    def prepare(self, words: str, language: str) -> None:
        """Begin to make the file, away from the loop. Asking twice does no harm."""

    def ready(self, words: str, language: str) -> str | None:
        """Return the prompt's name once its file is whole."""


class Speech:
    """Turn `say:` prompts into prompts that the media process can play, and back.

    Words that are not spoken yet, or cannot be on this machine, are left out: the fixed
    prompts around them say what matters, and nobody waits for a name.
    """

    def __init__(self, speaker: Speaker | None) -> None:
        self._speaker = speaker
        self._words: dict[str, str] = {}

    def prepare(self, words: str, language: str) -> None:
        """Have words spoken ahead of their use."""
        if self._speaker is not None:
            self._speaker.prepare(words, language)

    def name_of(self, prompt: str, language: str) -> str | None:
        """Return what the media process calls this prompt; `None` when it has no sound."""
        if not prompt.startswith(SAY):
            return prompt
        words = prompt.removeprefix(SAY)
        name = self._speaker.ready(words, language) if self._speaker is not None else None
        if name is not None:
            self._words[name] = prompt
        return name

    def words_of(self, name: str) -> str:
        """Return what the flows called a prompt."""
        return self._words.get(name, name)
