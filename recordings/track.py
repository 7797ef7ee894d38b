"""One channel of a recording: packets laid out on the call's clock. Pure.

A packet's place follows from its RTP timestamp, so that jitter does not tear words apart; the
clock decides where a stream begins, and again when the timestamps leave it: another origin, a
sender whose crystal drifts, a first packet that came late.
"""

from collections.abc import Callable
from typing import Final

from recordings.model import Gap, Side
from recordings.wav import RATE, SILENCE

GAP: Final = RATE // 10
"100 ms: shorter holes are not worth a line in a logbook."
MAX_EARLY: Final = RATE // 2
"Nobody sends audio half a second before it is spoken: the timestamps jumped."
MAX_LATE: Final = 2 * RATE
"What comes two seconds late has other timestamps than we think."
DRIFT: Final = RATE // 25
"40 ms off the clock during a whole window: the sender's clock is not ours."
WINDOW: Final = 100
"Packets over which the smallest delay is taken."
NEVER: Final = RATE
"""1 s: a side that was expected so long and never spoke, or no more, is a gap of its own.

Shorter silence before an end is how calls end: the last packet comes before the BYE."""


class Track:
    """Audio of one side, from `written` on; what came before is on disk."""

    __slots__ = (
        "_buffer",
        "_count",
        "_covered",
        "_expected_at",
        "_least_delay",
        "_on_gap",
        "_position",
        "_side",
        "_stream",
        "_timestamp",
        "late",
        "written",
    )

    def __init__(self, side: Side, on_gap: Callable[[Gap], None]) -> None:
        self._side = side
        self._on_gap = on_gap
        self._buffer = bytearray()
        self.written = 0
        "Position of the buffer's first sample."
        self.late = 0
        "Packets that came after their block was written."
        self._stream = -1
        self._timestamp = 0
        self._position = 0
        self._least_delay = MAX_LATE
        self._count = 0
        self._expected_at: int | None = None
        self._covered: int | None = None
        "Up to where the side was heard, while it is expected."

    def hear(
        self, stream: int, timestamp: int, alaw: bytes, now: int, step: int, has_marker: int
    ) -> None:
        """Lay a packet down.

        :param now: position on the call's clock at which it arrived.
        """
        size = len(alaw)
        position = self._locate(stream, timestamp, now - size)
        buffer = self._buffer
        offset = position - self.written
        held = len(buffer)
        if offset == held:
            buffer += alaw
        elif offset > held:
            buffer += SILENCE * (offset - held)
            buffer += alaw
        elif offset >= 0:
            buffer[offset : offset + size] = alaw
        elif offset + size > 0:
            buffer[: offset + size] = alaw[-offset:]
        else:
            self.late += 1
        if self._expected_at is not None:
            covered = self._covered
            end = position + size
            if covered is None:
                self._covered = end
            elif end > covered:
                if position - covered >= GAP:
                    self._report(covered, position, step, has_marker)
                self._covered = end

    def _locate(self, stream: int, timestamp: int, arrived: int) -> int:
        """Return a packet's position: after the last one by its timestamp, if that is true."""
        if stream == self._stream:
            ahead = ((timestamp - self._timestamp + 0x80000000) & 0xFFFFFFFF) - 0x80000000
            position = self._position + ahead
            delay = arrived - position
            if -MAX_EARLY <= delay <= MAX_LATE:
                self._count += 1
                if delay < self._least_delay:
                    self._least_delay = delay
                if self._count >= WINDOW:
                    position += self._drift()
                self._timestamp, self._position = timestamp, position
                return position
        self._stream, self._timestamp, self._position = stream, timestamp, max(0, arrived)
        self._restart_window()
        return self._position

    def _drift(self) -> int:
        """Return how far the stream has left the clock, and begin another window."""
        off = self._least_delay
        self._restart_window()
        return off if off > DRIFT or off < -DRIFT else 0

    def _restart_window(self) -> None:
        self._least_delay, self._count = MAX_LATE, 0

    def cover(self, stream: int, timestamp: int, samples: int) -> None:
        """Know that a key was pressed: that time has no audio, and is no gap."""
        if stream != self._stream or self._covered is None:
            return
        ahead = ((timestamp - self._timestamp + 0x80000000) & 0xFFFFFFFF) - 0x80000000
        if -MAX_LATE <= ahead <= MAX_LATE:
            self._covered = max(self._covered, self._position + ahead + samples)

    def expect(self, is_expected: bool, now: int) -> None:
        """Count silence as a gap from now on, or no longer."""
        if is_expected and self._expected_at is None:
            self._expected_at, self._covered = now, None
        elif not is_expected and self._expected_at is not None:
            self.close(now)
            self._expected_at = self._covered = None

    def close(self, now: int) -> None:
        """Report what is missing up to now."""
        if self._expected_at is None:
            return
        if self._covered is not None:
            if now - self._covered >= NEVER:
                self._tell(self._covered, now, "the sender fell silent")
        elif now - self._expected_at >= NEVER:
            self._tell(self._expected_at, now, "nothing was ever heard")

    def _report(self, start: int, end: int, step: int, has_marker: int) -> None:
        if step != 1:
            self._tell(start, end, "packets were lost")
        elif not has_marker:
            self._tell(start, end, "the sender fell silent")
        # Nothing lost and a marker: he suppresses silence (RFC 3551, section 4.1).

    def _tell(self, start: int, end: int, cause: str) -> None:
        seconds = round((end - start) / RATE, 3)
        self._on_gap(Gap(self._side, round(start / RATE, 3), seconds, cause))

    def take(self, count: int) -> bytes:
        """Return the next `count` samples for the disk, silence where nothing came."""
        buffer = self._buffer
        block = bytes(buffer[:count])
        del buffer[:count]
        self.written += count
        return block if len(block) == count else block.ljust(count, SILENCE)

    @property
    def end(self) -> int:
        """Position after the last sample heard."""
        return self.written + len(self._buffer)
