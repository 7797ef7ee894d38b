"""What arrives on a leg, counted as RFC 3550 does (sections 6.4.1, A.1, A.3, A.8). Pure."""

from typing import Final

from sip.media.rtp import timestamp_step

MAX_DROPOUT: Final = 3000
"A jump further ahead than this is a restarted source, not a loss (RFC 3550, A.1)."
MAX_MISORDER: Final = 100
"A packet further behind than this belongs to a restarted source (RFC 3550, A.1)."
RESTARTED: Final = 0x10000
"Step that says: first packet of a source, or of a source that started anew."
MAX_TRANSIT_STEP: Final = 80_000
"10 s in samples: beyond this the sender's clock was set, which is not jitter."


class ReceiveStatistics:
    """Loss and jitter of one leg, across changes of SSRC and sequence wraps."""

    __slots__ = (
        "_base",
        "_earlier_lost",
        "_highest",
        "_jitter",
        "_received",
        "_ssrc",
        "_transit",
        "duplicates",
        "late",
        "malformed",
        "packets",
        "sources",
        "strangers",
    )

    def __init__(self) -> None:
        self.packets = 0
        self.late = 0
        self.duplicates = 0
        self.malformed = 0
        self.strangers = 0
        "Packets from elsewhere than the leg's peer; they had no effect."
        self.sources = 0
        "SSRCs and restarts of one, in sequence."
        self._ssrc = -1
        self._base = 0
        self._highest = 0
        self._received = 0
        self._earlier_lost = 0
        self._jitter = 0.0
        self._transit: int | None = None

    def receive(self, sequence: int, ssrc: int) -> int:
        """Count one packet.

        :returns: its place: 1 the next, more than 1 after a loss, 0 a duplicate, negative
            late, :data:`RESTARTED` the first of a source.
        """
        self.packets += 1
        if ssrc == self._ssrc:
            highest = self._highest
            step = ((sequence - highest + 0x8000) & 0xFFFF) - 0x8000
            if step == 1:
                self._highest = highest + 1
                self._received += 1
                return 1
            if 0 < step <= MAX_DROPOUT:
                self._highest = highest + step
                self._received += 1
                return step
            if -MAX_MISORDER < step <= 0:
                return self._count_old(step)
        self._start(sequence, ssrc)
        return RESTARTED

    def _count_old(self, step: int) -> int:
        if step:
            self.late += 1
            self._received += 1
        else:
            self.duplicates += 1
        return step

    def _start(self, sequence: int, ssrc: int) -> None:
        self._earlier_lost = self.lost
        self._ssrc, self._base, self._highest, self._received = ssrc, sequence, sequence, 1
        self._transit = None
        self.sources += 1

    def forget_source(self) -> None:
        """Let the next packet be the first of a source, whatever its SSRC."""
        self._earlier_lost = self.lost
        self._ssrc = -1

    def measure(self, arrival: int, timestamp: int) -> None:
        """Take an audio packet into the jitter; `arrival` in samples of any steady clock."""
        transit = arrival - timestamp
        last = self._transit
        self._transit = transit
        if last is None:
            return
        step = transit - last
        if step < 0:
            step = -step
        if step > MAX_TRANSIT_STEP:
            # Either the 32-bit timestamp wrapped, or the sender set his clock.
            step = abs(timestamp_step(transit & 0xFFFFFFFF, last & 0xFFFFFFFF))
            if step > MAX_TRANSIT_STEP:
                return
        self._jitter += (step - self._jitter) * 0.0625

    @property
    def lost(self) -> int:
        """Packets that never came; never negative, unlike RFC 3550's cumulative number."""
        if self._ssrc < 0:
            return self._earlier_lost
        expected = self._highest - self._base + 1
        return self._earlier_lost + max(0, expected - self._received)

    @property
    def jitter_time(self) -> float:
        """Interarrival jitter in seconds."""
        return self._jitter / 8000

    def summary(self) -> dict[str, float]:
        """Return plain numbers for a report or the logbook."""
        return {
            "packets": self.packets,
            "lost": self.lost,
            "late": self.late,
            "duplicates": self.duplicates,
            "malformed": self.malformed,
            "strangers": self.strangers,
            "jitter_ms": round(self._jitter / 8, 2),
        }
