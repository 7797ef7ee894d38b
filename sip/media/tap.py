"""Where the media process lets a recording hear a call. `sip` knows no recorder: see Tap."""

from collections.abc import Mapping
from typing import Final, Protocol

from sip.media.protocol import MediaEvent, RecordingSpec

CALLER: Final = 0
"Left: what the caller says."
ANSWER: Final = 1
"Right: what answers him."


class Tap(Protocol):
    """One call's recording, as the media thread sees it. No method may wait for a disk."""

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
        """Take one packet's audio.

        :param side: :data:`CALLER` or :data:`ANSWER`.
        :param stream: changes when `timestamp` starts from a new origin.
        :param timestamp: RTP timestamp of the first sample.
        :param now: when it arrived, seconds.
        :param step: how far its sequence number is ahead; 1 when none is missing.
        :param has_marker: not 0 when the sender began to speak after a silence of his own.
        """

    def cover(self, side: int, stream: int, timestamp: int, samples: int) -> None:
        """Know that a digit was pressed in place of audio for `samples`."""

    def expect(self, side: int, is_expected: bool, now: float) -> None:
        """Know whether that side should be heard from now on; silence is no gap otherwise."""

    def flush(self, now: float) -> None:
        """Hand complete blocks over to whoever writes."""

    def close(self, now: float, legs: Mapping[str, Mapping[str, float]]) -> None:
        """End the recording; statistics of its legs come along."""


class Studio(Protocol):
    """Who records. `sip` knows no recorder; whoever starts the worker hands one in."""

    def open(self, spec: RecordingSpec, now: float) -> Tap | None:
        """Begin or continue a recording; `None` and an event when that cannot be."""

    def take_events(self) -> list[MediaEvent]:
        """Return what the disk has to say since the last time."""

    @property
    def unwritten_bytes(self) -> int:
        """What waits for the disk."""

    def finish(self) -> None:
        """Wait until everything handed over is on disk, for a bounded time."""
