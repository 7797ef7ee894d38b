"""One call's recording as the media thread sees it: two tracks, one clock, no disk. Pure."""

from collections.abc import Mapping
from typing import Final, Protocol

from recordings.model import CALLER, OPERATOR, SIDES, Gap
from recordings.track import Track
from recordings.wav import RATE, interleave

RESERVE: Final = RATE // 2
"Samples kept back from the disk, so that packets up to half a second late find their place."


class Sink(Protocol):
    """Where blocks go; nothing here waits."""

    def begin(self, started_at: float) -> None:
        """Begin: the first sample was spoken at `started_at`, on the recorder's clock."""

    def write(self, position: int, block: bytes) -> None:
        """Put samples of both channels at a position."""

    def report(self, gap: Gap) -> None:
        """Tell of missing audio, in order with the blocks."""

    def close(self, legs: Mapping[str, Mapping[str, float]]) -> None:
        """Complete the file."""


class Recorder:
    """Aligns both sides by the clock, from the first packet of either to the end.

    Hold, re-INVITE, another operator, another SSRC: all of them are packets that stop coming
    and others that come. The clock goes on.
    """

    __slots__ = ("_sink", "_started_at", "_tracks", "_waiting")

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self._tracks = tuple(Track(side, sink.report) for side in SIDES)
        self._started_at: float | None = None
        self._waiting = [False, False]
        "Sides that were expected before the first packet came."

    def _position(self, now: float) -> int:
        return 0 if self._started_at is None else int((now - self._started_at) * RATE + 0.5)

    def hear(
        self,
        side: int,
        stream: int,
        timestamp: int,
        alaw: bytes,
        now: float,
        step: int,
        has_marker: int,
    ) -> None:
        """Take one packet's audio; see `sip.media.tap.Tap`."""
        started_at = self._started_at
        if started_at is None:
            started_at = self._start(now - len(alaw) / RATE, now)
        self._tracks[side].hear(
            stream, timestamp, alaw, int((now - started_at) * RATE + 0.5), step, has_marker
        )

    def _start(self, started_at: float, now: float) -> float:
        self._started_at = started_at
        self._sink.begin(started_at)
        for side in (CALLER, OPERATOR):
            self.expect(side, self._waiting[side], now)
        return started_at

    def cover(self, side: int, stream: int, timestamp: int, samples: int) -> None:
        """Know that a key was pressed in place of audio."""
        self._tracks[side].cover(stream, timestamp, samples)

    def expect(self, side: int, is_expected: bool, now: float) -> None:
        """Know whether a side should be heard from now on."""
        self._waiting[side] = is_expected
        if self._started_at is not None:
            self._tracks[side].expect(is_expected, self._position(now))

    def flush(self, now: float) -> None:
        """Hand over what is old enough."""
        self._write_until(self._position(now) - RESERVE)

    def _write_until(self, end: int) -> None:
        left, right = self._tracks
        start = left.written
        if end > start:
            count = end - start
            self._sink.write(start, interleave(left.take(count), right.take(count)))

    def close(self, now: float, legs: Mapping[str, Mapping[str, float]]) -> None:
        """End the recording with the last packet that was heard."""
        if self._started_at is not None:
            for track in self._tracks:
                track.close(self._position(now))
            self._write_until(max(track.end for track in self._tracks))
        self._sink.close(legs)
