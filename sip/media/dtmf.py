"""Digits as telephone-event packets (RFC 4733), both ways. Pure; time comes in.

A digit is a run of packets with one RTP timestamp. It counts once: at the first packet that
carries the end bit or, when all of those were lost, at the next digit or after a pause.
"""

from dataclasses import dataclass
from typing import Final

from sip.media.rtp import timestamp_step

DIGITS: Final = "0123456789*#ABCD"
"By event code, 0 to 15 (RFC 4733, section 3.2)."
END_BIT: Final = 0x80
SILENT_END_TIME: Final = 0.15
"Seconds without a packet after which a digit whose end was lost is over."
MAX_DURATION: Final = 0xFFFF
LATE_WINDOW: Final = 80_000
"Samples (10 s) within which an older timestamp is a late packet, not a new source."

FRAME: Final = 160
"Samples a tick of 20 ms."
TONE_FRAMES: Final = 6
PAUSE_FRAMES: Final = 5
END_REPEATS: Final = 3
"The final packet is sent three times (RFC 4733, section 2.5.1.4)."
VOLUME: Final = 10
"-10 dBm0."


@dataclass(frozen=True, slots=True)
class Digit:
    """One key that was pressed and let go."""

    digit: str
    duration_ms: int


class DigitReceiver:
    """Turns the telephone-event packets of one leg into digits, each once."""

    __slots__ = ("_before", "_code", "_duration", "_heard_at", "_is_open", "_timestamp")

    def __init__(self) -> None:
        self._timestamp: int | None = None
        self._code = 0
        self._before = 0
        "Samples of a long tone's earlier segments."
        self._duration = 0
        self._heard_at = 0.0
        self._is_open = False

    def receive(self, payload: bytes, timestamp: int, now: float) -> list[Digit]:
        """Take one packet's payload; return the digits that are over with it, at most two."""
        if len(payload) < 4 or payload[0] >= len(DIGITS):
            return []
        code, flags = payload[0], payload[1]
        duration = payload[2] << 8 | payload[3]
        over: list[Digit] = []
        if self._timestamp is None:
            self._open(code, timestamp)
        elif step := timestamp_step(timestamp, self._timestamp):
            if -LATE_WINDOW < step < 0:
                return []
            if self._is_continued(code, step):
                self._before += MAX_DURATION
                self._timestamp, self._duration = timestamp, 0
            else:
                over = self._close()
                self._open(code, timestamp)
        elif not self._is_open:
            return []
        self._heard_at = now
        self._duration = max(self._duration, duration)
        return over + self._close() if flags & END_BIT else over

    def _is_continued(self, code: int, step: int) -> bool:
        """Tell the next segment of a tone longer than 8 s (RFC 4733, section 2.5.1.3)."""
        return (
            self._is_open
            and code == self._code
            and self._duration == MAX_DURATION
            and step == MAX_DURATION
        )

    def _open(self, code: int, timestamp: int) -> None:
        self._timestamp, self._code, self._is_open = timestamp, code, True
        self._before = self._duration = 0

    def _close(self) -> list[Digit]:
        if not self._is_open:
            return []
        self._is_open = False
        return [Digit(DIGITS[self._code], (self._before + self._duration) // 8)]

    def expire(self, now: float) -> list[Digit]:
        """Return the digit whose end was lost, once nothing more was heard of it."""
        if self._is_open and now - self._heard_at >= SILENT_END_TIME:
            return self._close()
        return []

    def forget_source(self) -> None:
        """Start anew: the leg's SSRC changed, old timestamps mean nothing."""
        self._timestamp = None


@dataclass(frozen=True, slots=True)
class EventFrame:
    """What to send in one tick."""

    payload: bytes
    timestamp: int
    has_marker: bool


class DigitSender:
    """Sends digits, one packet a tick, with a pause after each."""

    __slots__ = ("_frame", "_timestamp", "digits")

    def __init__(self, digits: str) -> None:
        self.digits = "".join(digit for digit in digits.upper() if digit in DIGITS)
        self._frame = 0
        self._timestamp = 0

    def next_frame(self, timestamp: int) -> EventFrame | None:
        """Return this tick's packet, `None` in a pause; `timestamp` is the leg's own clock."""
        if not self.digits:
            return None
        frame = self._frame
        self._frame += 1
        if frame == 0:
            self._timestamp = timestamp
        if frame >= TONE_FRAMES + END_REPEATS - 1:
            if self._frame >= TONE_FRAMES + PAUSE_FRAMES:
                self.digits, self._frame = self.digits[1:], 0
            return None
        flags = VOLUME | (END_BIT if frame >= TONE_FRAMES - 1 else 0)
        duration = min(frame + 1, TONE_FRAMES) * FRAME
        payload = bytes((DIGITS.index(self.digits[0]), flags)) + duration.to_bytes(2)
        return EventFrame(payload, self._timestamp, frame == 0)

    @property
    def is_done(self) -> bool:
        """Whether all digits are sent, with their pauses."""
        return not self.digits
