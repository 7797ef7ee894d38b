"""Signs that an answering machine has answered, and not a person. Pure; time comes in.

Hints, never verdicts. A person says a word or two and waits. A machine speaks on, beeps, and
records. Whoever is mistaken here has only said so: a key alone accepts an alarm.
"""

from __future__ import annotations

from collections import deque
from typing import Final, Protocol

from sip.media.protocol import (
    BeepHeard,
    BusyToneHeard,
    Evidence,
    FaxHeard,
    GreetingEnded,
    HumanSuspected,
    MachineSuspected,
    ScreeningEvent,
)
from sip.media.spectrum import decibels, loudness
from sip.media.tone_detector import CALL_PROGRESS, FRAME_TIME, HeardTone, ToneDetector

LONG_GREETING: Final = 2.8
"Seconds of speech without a real pause that hardly any person says into a telephone."
PAUSE: Final = 0.75
"Seconds of silence that interrupt speech; between a machine's sentences there are less."
GREETING_END: Final = 1.0
"Seconds of silence after which a greeting is over."
MIN_SPEECH: Final = 0.16
"Seconds; a click or a breath is no greeting."
BEEP_BAND: Final = (390.0, 2150.0)
MIN_BEEP: Final = 0.12
MAX_BEEP: Final = 2.5
"Seconds."
HELD_TIME: Final = 0.85
"Seconds after a beep of a busy tone's pitch in which another one would make it that."
_TONE_FRAMES: Final = 4
"Frames of a tone that still goes on after which it is no speech."


class VoiceActivity(Protocol):
    """Tells whether somebody speaks. Another one than ours may be put in its place."""

    def is_speech(self, pcm: bytes) -> bool:
        """Take the next 20 ms of 16-bit samples; whether somebody speaks in them."""


class EnergyActivity:
    """Somebody speaks where it is louder than it was at its quietest just now."""

    HISTORY: Final = 60
    "Frames (1.2 s): in speech the quietest of as many is a pause, in noise it is the noise."
    ABOVE: Final = 8.0
    "Decibels above the quietest."
    LOWEST: Final = -48.0
    "dBFS of the quietest speech."

    __slots__ = ("_levels",)

    def __init__(self) -> None:
        self._levels: deque[float] = deque(maxlen=self.HISTORY)

    def is_speech(self, pcm: bytes) -> bool:
        """See :class:`VoiceActivity`."""
        level = decibels(loudness(pcm))
        self._levels.append(level)
        return level > self.LOWEST and level > min(self._levels) + self.ABOVE


class MachineDetector:
    """Listens to who answered. Feed it every frame since then."""

    __slots__ = (
        "_activity",
        "_has_spoken",
        "_heard_at",
        "_held",
        "_is_long",
        "_is_suspected",
        "_leg_id",
        "_rhythm_end",
        "_speech_end",
        "_speech_start",
        "_spoken",
        "_tones",
        "_was_ended",
        "is_speech",
    )

    def __init__(self, leg_id: str, activity: VoiceActivity | None = None) -> None:
        self._leg_id = leg_id
        self._activity: VoiceActivity = EnergyActivity() if activity is None else activity
        self._tones = ToneDetector()
        self._speech_start: float | None = None
        "When the speech began that goes on, pauses shorter than PAUSE included."
        self._speech_end = 0.0
        self._spoken = 0.0
        "Seconds of it in which somebody spoke."
        self._has_spoken = False
        self._held: HeardTone | None = None
        "What is a beep unless it comes again."
        self._rhythm_end = 0.0
        "Until when one more of these tones belongs to the last."
        self._is_long = False
        self._was_ended = True
        self._is_suspected = False
        self._heard_at = 0.0
        self.is_speech = False
        "Whether somebody spoke in the last frame."

    def feed(self, pcm: bytes, at: float) -> list[ScreeningEvent]:
        """Take 20 ms.

        :param pcm: 160 samples of 16 bits.
        :param at: seconds since he answered; never goes back.
        """
        events: list[ScreeningEvent] = []
        self._heard_at = at
        tone = self._tones.feed(pcm, at)
        self._take_signals(at, events)
        if tone is not None:
            self._take_tone(tone, at, events)
        # Asked of every frame: it remembers those before.
        is_loud = self._activity.is_speech(pcm)
        self.is_speech = is_loud and self._tones.frames < _TONE_FRAMES
        if self.is_speech:
            self._speak(at, events)
        else:
            if self._tones.frames == _TONE_FRAMES:
                self._take_back()
            if self._tones.frames < _TONE_FRAMES:
                self._be_silent(at, events)
        return events

    def wait(self, at: float) -> list[ScreeningEvent]:
        """Know that time passes; a peer may send no packets while he is silent."""
        events: list[ScreeningEvent] = []
        if at - self._heard_at > 2 * FRAME_TIME:
            self._be_silent(at, events)
        return events

    def _speak(self, at: float, events: list[ScreeningEvent]) -> None:
        if self._speech_start is None or at - self._speech_end > PAUSE:
            self._speech_start, self._spoken = at, 0.0
        self._speech_end = at + FRAME_TIME
        self._spoken += FRAME_TIME
        if self._spoken >= MIN_SPEECH:
            self._has_spoken = True
            self._was_ended = False
        if not self._is_long and self._speech_end - self._speech_start >= LONG_GREETING:
            self._is_long = True
            evidence: Evidence = "long_speech" if self._is_suspected else "long_greeting"
            self._suspect(MachineSuspected(self._leg_id, evidence, at), events)

    def _take_back(self) -> None:
        """Know that the last frames were no speech but the start of a tone."""
        self._spoken -= (_TONE_FRAMES - 1) * FRAME_TIME
        if self._spoken < FRAME_TIME:
            self._speech_start = None

    def _be_silent(self, at: float, events: list[ScreeningEvent]) -> None:
        if self._held is not None:
            if at - self._held.end > HELD_TIME:
                self._beep(self._held, at, events)
            return
        if self._was_ended or at - self._speech_end < GREETING_END:
            return
        self._was_ended = True
        if self._is_long:
            events.append(GreetingEnded(self._leg_id))
        elif not self._is_suspected:
            self._is_suspected = True
            events.append(HumanSuspected(self._leg_id, at))

    def _suspect(self, machine: MachineSuspected, events: list[ScreeningEvent]) -> None:
        self._is_suspected = True
        events.append(machine)

    def _take_tone(self, tone: HeardTone, at: float, events: list[ScreeningEvent]) -> None:
        # At the edges of a tone there are frames that are not wholly filled by it.
        is_long_enough = tone.seconds > MIN_BEEP - 1.5 * FRAME_TIME
        if not (self._has_spoken and tone.is_within(BEEP_BAND) and is_long_enough):
            return
        if tone.seconds > MAX_BEEP:
            return
        if not tone.is_within(CALL_PROGRESS):
            self._beep(tone, at, events)
        elif self._held is None and tone.start > self._rhythm_end:
            self._held = tone
        else:
            self._held, self._rhythm_end = None, tone.end + HELD_TIME

    def _beep(self, tone: HeardTone, at: float, events: list[ScreeningEvent]) -> None:
        self._held = None
        if not self._is_long:
            self._is_long = True
            self._suspect(MachineSuspected(self._leg_id, "beep", at), events)
        self._was_ended = True
        events.append(BeepHeard(self._leg_id, round(tone.frequency)))

    def _take_signals(self, at: float, events: list[ScreeningEvent]) -> None:
        signals = self._tones.signals
        while signals:
            match signals.pop(0):
                case "fax_calling" | "fax_answering":
                    events.append(FaxHeard(self._leg_id))
                case "busy":
                    events.append(BusyToneHeard(self._leg_id))
                case "not_in_service":
                    self._suspect(MachineSuspected(self._leg_id, "tones", at), events)
                case "ringback":
                    # A call that was answered and rings on: a switchboard. Nobody yet.
                    pass
