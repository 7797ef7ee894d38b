"""Words that the flows want spoken, and the files that say them."""

from collections.abc import Sequence
from typing import Protocol

from callflows.events import LegId
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
        self._words: dict[tuple[LegId, str], str] = {}

    def prepare(self, words: str, language: str) -> None:
        """Have words spoken ahead of their use."""
        if self._speaker is not None:
            self._speaker.prepare(words, language)

    def names_of(self, leg_id: LegId, prompts: Sequence[str], language: str) -> tuple[str, ...]:
        """Return what the media process calls these prompts, without those that have no sound.

        The flow waits for the end of its last prompt; when that has no sound, the end of the
        last one that has is told in its place.
        """
        names = []
        for prompt in prompts:
            name = self._name_of(prompt, language)
            if name is not None:
                names.append(name)
                self._words[leg_id, name] = prompt
        if names:
            self._words[leg_id, names[-1]] = prompts[-1]
        return tuple(names)

    def _name_of(self, prompt: str, language: str) -> str | None:
        if not prompt.startswith(SAY):
            return prompt
        words = prompt.removeprefix(SAY)
        return self._speaker.ready(words, language) if self._speaker is not None else None

    def words_of(self, leg_id: LegId, name: str) -> str:
        """Return what the flow called a prompt that was played to this leg."""
        return self._words.get((leg_id, name), name)

    def forget(self, leg_id: LegId) -> None:
        """Drop what was played to a leg that is gone."""
        self._words = {key: words for key, words in self._words.items() if key[0] != leg_id}
