"""Whether the one who answered answers the caller: what a machine does not do. Pure.

A voicemail that greets shortly and does not beep sounds like somebody who waits for an
answer. What it says next, if anything, has nothing to do with what the caller says. Here a
person is known by that: he begins to speak when the caller has stopped, and does so twice.
"""

from typing import Final

from sip.media.machine import PAUSE
from sip.media.tone_detector import FRAME_TIME

GREETING_TIME: Final = 10.0
"""Seconds after the pick-up in which no answer counts.

Between a greeting's sentences there may be pauses, and a caller who says "Hello?" into one is
answered by the next. A greeting without a beep takes 3 to 8 s.
"""
ANSWER_TIME: Final = 2.0
"""Seconds within which an answer begins. People take 0.2 s (Stivers et al., PNAS 2009), a
mobile network's way there and back 0.5 s; a machine asks again after 3 to 5 s of silence."""
ANSWERS: Final = 2
"By one a machine that says something by itself might be taken for a person."
MIN_SAID: Final = 0.5
"""Seconds that the caller has to speak. An echo of him begins while he still speaks, unless
it comes later than this (ITU-T G.131 has echo control for less than a tenth of it)."""
MIN_ANSWER: Final = 0.2
"Seconds: a short yes."


class Voice:
    """What was said last in one direction, pauses shorter than `machine.PAUSE` included."""

    __slots__ = ("end", "spoken", "start", "was_end")

    def __init__(self) -> None:
        self.start = self.end = self.was_end = -PAUSE
        self.spoken = 0.0
        "Seconds of it in which somebody spoke."

    def speak(self, at: float) -> None:
        """Take 20 ms of speech; `at` never goes back."""
        if at - self.end > PAUSE:
            self.start, self.spoken, self.was_end = at, 0.0, self.end
        self.end = at + FRAME_TIME
        self.spoken += FRAME_TIME


class Conversation:
    """Listens to both. Tell it of every frame in which one of them speaks.

    Times are seconds since the pick-up, for both on the same clock.
    """

    __slots__ = ("_answered", "_answers", "_caller", "_judged")

    def __init__(self) -> None:
        self._caller = Voice()
        self._answered = Voice()
        self._judged = -PAUSE
        "Beginning of the last speech that was weighed."
        self._answers = 0

    @property
    def is_one(self) -> bool:
        """Whether a person is known to be there; once known, for good."""
        return self._answers >= ANSWERS

    def caller_speaks(self, at: float) -> None:
        """Take 20 ms in which the caller speaks."""
        self._caller.speak(at)

    def answered_speaks(self, at: float) -> None:
        """Take 20 ms in which whoever answered speaks."""
        voice = self._answered
        voice.speak(at)
        if voice.start != self._judged and voice.spoken >= MIN_ANSWER - FRAME_TIME / 2:
            self._judged = voice.start
            self._answers += self._is_answer()

    def _is_answer(self) -> bool:
        said, voice = self._caller, self._answered
        return (
            voice.start >= GREETING_TIME
            and said.spoken >= MIN_SAID
            and voice.was_end <= said.end <= voice.start <= said.end + ANSWER_TIME
        )
