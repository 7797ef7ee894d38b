"""Keys heard as sound: dual-tone multi-frequency (ITU-T Q.23, accepted as Q.24 asks). Pure.

Windows of 20 ms follow each other every 10 ms. In each, the strongest of the row and of the
column frequencies must together be nearly all there is, must be about equally loud, and must
be where a key's frequency is: the phase between two windows 5 ms apart tells that to a few
hertz, which no filter as short as a key press could. Three windows in a row make a key.

Contact ID (SIA DC-05) sends keys of 50 ms with 50 ms between them, A to F included as
telephones' `*`, `#`, A to D.
"""

from __future__ import annotations

from cmath import phase
from math import pi, sqrt
from typing import Final

from sip.media.dtmf import Digit
from sip.media.spectrum import amplitude, decibels, loudness, probe
from sip.media.tones import COLUMNS, PAD, RATE, ROWS

WINDOW: Final = 160
HOP: Final = 80
MIN_WINDOWS: Final = 3
"A tone of 40 ms fills as many whatever the grid; one of 20 ms fills two."
_OFF_WINDOWS: Final = 3
"A gap of 10 ms spoils two windows and does not end a key; a pause of 40 ms spoils four."
MAX_DEVIATION: Final = 0.024
"Q.24: 1.5 % off is accepted, 3.5 % is not."
MIN_LEVEL: Final = -36.0
"dBFS of the weaker of the two; quieter is crosstalk, not a key."
MAX_TWIST: Final = 6.0
"Decibels by which the column may be louder (Q.24: at least 4) ..."
MAX_REVERSE_TWIST: Final = 10.0
"... and softer (Q.24: at least 8: lines lose high frequencies) than the row."
MIN_PURITY: Final = 0.8
"The two tones' part of all that is heard. A voice stays below."

_SHIFT: Final = RATE // 200
"Samples (5 ms) between the two windows that tell the frequency."
_SILENCE: Final = 150.0
"Root mean square below which no window is looked into."
_KEPT: Final = 2 * (WINDOW + _SHIFT)
_PROBES: Final = {frequency: probe(frequency, WINDOW) for frequency in (*ROWS, *COLUMNS)}


def _strongest(pcm: bytes, frequencies: tuple[int, ...]) -> tuple[int, complex]:
    best, found = 0, 0j
    for frequency in frequencies:
        here = amplitude(pcm, _PROBES[frequency])
        if abs(here) > abs(found):
            best, found = frequency, here
    return best, found


def _is_near(pcm: bytes, frequency: int, now: complex) -> bool:
    """Whether the tone is where the key's frequency is, by its phase 5 ms before."""
    before = amplitude(pcm, _PROBES[frequency])
    if not before or not now:
        return False
    turn = 2 * pi * frequency * _SHIFT / RATE
    off = phase(now / before) - turn
    off = (off + pi) % (2 * pi) - pi
    return abs(off) * RATE / (2 * pi * _SHIFT) <= MAX_DEVIATION * frequency


def key_in(pcm: bytes) -> str | None:
    """Return the key whose tones fill 25 ms of sound, `None` when it is something else.

    :param pcm: 200 samples of 16 bits.
    """
    latest = pcm[2 * _SHIFT :]
    loud = loudness(latest)
    if loud < _SILENCE:
        return None
    row, low = _strongest(latest, ROWS)
    column, high = _strongest(latest, COLUMNS)
    low_power, high_power = abs(low) ** 2 / 2, abs(high) ** 2 / 2
    if low_power + high_power < MIN_PURITY * loud * loud:
        return None
    row_level, column_level = decibels(sqrt(low_power)), decibels(sqrt(high_power))
    if min(row_level, column_level) < MIN_LEVEL:
        return None
    if not -MAX_REVERSE_TWIST <= column_level - row_level <= MAX_TWIST:
        return None
    earlier = pcm[: 2 * WINDOW]
    if not (_is_near(earlier, row, low) and _is_near(earlier, column, high)):
        return None
    return PAD[4 * ROWS.index(row) + COLUMNS.index(column)]


class DtmfDetector:
    """Turns 16-bit samples of one peer into keys, each told once, when it is let go."""

    __slots__ = ("_key", "_off", "_on", "_pending", "_pending_count", "_sound")

    def __init__(self) -> None:
        self._sound = bytearray(bytes(_KEPT - 2 * HOP))
        self._key: str | None = None
        "The key that was heard last."
        self._on = 0
        self._off = 0
        self._pending: str | None = None
        "Another key that begins before the last one has ended."
        self._pending_count = 0

    def feed(self, pcm: bytes) -> list[Digit]:
        """Take what comes next, any length; return the keys that were let go."""
        over: list[Digit] = []
        sound = self._sound
        sound += pcm
        start = 0
        while len(sound) - start >= _KEPT:
            self._judge(key_in(bytes(sound[start : start + _KEPT])), over)
            start += 2 * HOP
        del sound[:start]
        return over

    def _judge(self, key: str | None, over: list[Digit]) -> None:
        if key is not None and key == self._key:
            self._on += 1 + self._off
            self._off = self._pending_count = 0
            return
        if key is None or self._key is None:
            self._pending_count = 0
        else:
            self._pending_count = self._pending_count + 1 if key == self._pending else 1
        self._pending = key
        if self._key is None:
            self._key, self._on, self._off = key, 1, 0
            return
        self._off += 1
        if self._off >= _OFF_WINDOWS:
            self._end(over)

    def _end(self, over: list[Digit]) -> None:
        if self._key is not None and self._on >= MIN_WINDOWS:
            over.append(Digit(self._key, self._on * 1000 * HOP // RATE))
        begun = self._pending if self._pending_count else None
        self._key, self._on, self._off = begun, self._pending_count, 0
        self._pending, self._pending_count = None, 0
