"""Tones that machines send: beeps, busy, ring-back, fax, "no such number". Pure.

Sound comes in frames of 20 ms, so times are right to one frame. Two-tone signals (keys, North
American busy) are none of these.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, Literal

from sip.media.spectrum import pure_tone

FRAME_TIME: Final = 0.02
"Seconds a frame."
QUIETEST: Final = 120.0
"Root mean square (-49 dBFS) below which no tone is heard."
SAME: Final = 0.03
"Relative difference of two frames of one tone, noise included."

Signal = Literal["busy", "ringback", "fax_calling", "fax_answering", "not_in_service"]

CALL_PROGRESS: Final = (380.0, 480.0)
"Hz: ITU-T E.180 recommends 425; France uses 440, some exchanges 400 or 450."
_CNG: Final = (1062.0, 1138.0)
"Hz: T.30 says 1100 ± 38 ..."
_CED: Final = (2070.0, 2130.0)
"... and 2100 ± 15, to which our own error is added."
_SIT: Final = ((890.0, 1010.0), (1340.0, 1460.0), (1740.0, 1815.0))
"Special information tone (ITU-T E.180): three rising tones of 330 ms."


@dataclass(frozen=True, slots=True)
class HeardTone:
    """One tone that is over."""

    frequency: float
    "Hz."
    start: float
    seconds: float

    def is_within(self, band: tuple[float, float]) -> bool:
        """Whether its frequency is in a band."""
        return band[0] <= self.frequency <= band[1]

    @property
    def end(self) -> float:
        """When it was over."""
        return self.start + self.seconds


class ToneDetector:
    """Finds single tones in one peer's sound and says which signals they form."""

    __slots__ = ("_frames", "_last", "_misses", "_start", "_sum", "signals")

    def __init__(self) -> None:
        self._frames = 0
        self._misses = 0
        self._sum = 0.0
        self._start = 0.0
        self._last: deque[HeardTone] = deque(maxlen=4)
        self.signals: list[Signal] = []
        "What was recognised since the list was last emptied."

    @property
    def frames(self) -> int:
        """For how many frames a tone has been heard that is not over; 0: none is."""
        return self._frames

    def feed(self, pcm: bytes, at: float) -> HeardTone | None:
        """Take the 20 ms that begin at `at`; return the tone that is over with them."""
        found = pure_tone(pcm, QUIETEST)
        if found is not None and self._is_same(found):
            self._frames += 1 + self._misses
            self._sum += found * (1 + self._misses)
            self._misses = 0
            if self._frames == round(1.5 / FRAME_TIME) and self._mean_is_within(_CED):
                self.signals.append("fax_answering")
            return None
        if found is None and self._frames and not self._misses:
            # One frame may be spoilt by noise; two are an end.
            self._misses = 1
            return None
        over = self._end()
        if found is not None:
            self._start, self._frames, self._sum = at, 1, found
        return over

    def _is_same(self, frequency: float) -> bool:
        if not self._frames:
            return False
        mean = self._sum / self._frames
        return abs(frequency - mean) <= SAME * mean

    def _mean_is_within(self, band: tuple[float, float]) -> bool:
        return band[0] <= self._sum / self._frames <= band[1]

    def _end(self) -> HeardTone | None:
        frames, self._frames, self._misses = self._frames, 0, 0
        if frames < 3:
            return None
        tone = HeardTone(self._sum / frames, self._start, frames * FRAME_TIME)
        self._last.append(tone)
        signal = _signal_of(tuple(self._last))
        if signal is not None:
            self.signals.append(signal)
            self._last.clear()
        return tone


def _signal_of(tones: tuple[HeardTone, ...]) -> Signal | None:
    """Return the signal that ends with the last of some tones."""
    last = tones[-1]
    if last.is_within(_CNG) and 0.38 <= last.seconds <= 0.64:
        return "fax_calling"
    if len(tones) >= 3 and _is_not_in_service(tones[-3:]):
        return "not_in_service"
    if len(tones) < 2 or not all(tone.is_within(CALL_PROGRESS) for tone in tones[-3:]):
        return None
    pauses = [after.start - before.end for before, after in pairwise(tones[-3:])]
    if all(0.7 <= tone.seconds <= 2.1 for tone in tones[-2:]) and 2.4 <= pauses[-1] <= 5.1:
        return "ringback"
    is_steady = all(0.14 <= tone.seconds <= 0.8 for tone in tones[-3:])
    if len(tones) >= 3 and is_steady and all(0.14 <= pause <= 0.8 for pause in pauses):
        return "busy"
    return None


def _is_not_in_service(tones: tuple[HeardTone, ...]) -> bool:
    return all(
        tone.is_within(band) and 0.2 <= tone.seconds <= 0.46
        for tone, band in zip(tones, _SIT, strict=True)
    ) and all(after.start - before.end <= 0.12 for before, after in pairwise(tones))
