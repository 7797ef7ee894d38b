"""What listens to a peer on our own behalf: for keys sent as sound, for machines. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from sip.media.conversation import Conversation
from sip.media.dtmf_detector import DtmfDetector
from sip.media.g711 import alaw_to_pcm, ulaw_to_pcm
from sip.media.machine import MachineDetector, VoiceActivity
from sip.media.protocol import ConversationHeard, DigitHeard, MediaEvent
from sip.media.rtp import PCMA
from sip.media.tone_detector import FRAME_TIME
from sip.media.tones import FRAME

ECHO_TIME: Final = 0.4
"Seconds within which the same key by packet is the one that was heard as sound."
JERK_TIME: Final = 0.15
"Seconds by which a packet may come late before it counts as a pause of the sender's."
_FRAME_SIZE: Final = 2 * FRAME
_MAX_GAP: Final = 10
"Lost packets in whose place silence is heard; after more, sound begins anew."


class KeyEar:
    """Tells keys heard in a peer's sound, unless he sends them as packets as well.

    A gateway that sends telephone-events may leave the tones in the sound, wholly or their
    beginning. Once a peer has sent one event, his sound is not listened to any more.
    """

    __slots__ = ("_detector", "_emit", "_has_events", "_leg_id", "_now", "_stream", "_told")

    def __init__(self, leg_id: str, emit: Callable[[MediaEvent], None]) -> None:
        self._leg_id = leg_id
        self._emit = emit
        self._detector = DtmfDetector()
        self._stream = -1
        self._has_events = False
        self._now = 0.0
        self._told: tuple[str, float] | None = None

    def forward(
        self,
        stream: int,
        payload: bytes,
        kind: int,
        sequence: int,
        timestamp: int,
        marker: int,
        step: int,
        now: float,
    ) -> None:
        """Take a packet; see :class:`sip.media.incoming.Listener`."""
        self._now = now
        if stream != self._stream:
            self._stream, self._has_events, self._detector = stream, False, DtmfDetector()
        if self._has_events or step < 0:
            return
        pcm = alaw_to_pcm(payload) if kind == PCMA else ulaw_to_pcm(payload)
        if 1 < step <= _MAX_GAP:
            pcm = bytes(len(pcm) * (step - 1)) + pcm
        for digit in self._detector.feed(pcm):
            self._told = (digit.digit, now)
            self._emit(DigitHeard(self._leg_id, digit.digit, digit.duration_ms))

    def forward_digit(
        self,
        stream: int,
        payload: bytes,
        sequence: int,
        timestamp: int,
        marker: int,
        step: int,
        now: float,
    ) -> None:
        """Know that this peer sends keys as packets."""
        self._now = now
        self._stream, self._has_events = stream, True

    def has_just_told(self, digit: str) -> bool:
        """Whether a key that came by packet was told already, as sound; true once."""
        told, self._told = self._told, None
        return told is not None and told[0] == digit and self._now - told[1] < ECHO_TIME


class _Frames:
    """Makes frames of 20 ms of what comes in packets, on the sound's own clock.

    :param start: when that clock begins; packets come in jerks.
    """

    __slots__ = ("_at", "_sound", "_start")

    def __init__(self, start: float) -> None:
        self._start = start
        self._sound = bytearray()
        self._at = 0.0
        "When the next frame is."

    def take(self, payload: bytes, kind: int, now: float) -> Iterator[tuple[bytes, float]]:
        """Yield the frames that are full now, each with its time."""
        sound = self._sound
        sound += alaw_to_pcm(payload) if kind == PCMA else ulaw_to_pcm(payload)
        frames = len(sound) // _FRAME_SIZE
        arrived = now - self._start - frames * FRAME_TIME
        if arrived - self._at > JERK_TIME:
            self._at = arrived
        whole = bytes(sound[: frames * _FRAME_SIZE])
        del sound[: frames * _FRAME_SIZE]
        for i in range(frames):
            at, self._at = self._at, self._at + FRAME_TIME
            yield whole[i * _FRAME_SIZE : (i + 1) * _FRAME_SIZE], at


class ScreeningEar:
    """Lets a :class:`~sip.media.machine.MachineDetector` hear who answered.

    :param activity: makes what tells speech, his and that of whom he hears.
    """

    __slots__ = ("_emit", "_frames", "_leg_id", "_machine", "_start", "_talk", "other")

    def __init__(
        self,
        leg_id: str,
        answered_at: float,
        emit: Callable[[MediaEvent], None],
        activity: Callable[[], VoiceActivity],
    ) -> None:
        self._leg_id = leg_id
        self._machine = MachineDetector(leg_id, activity())
        self._start = answered_at
        self._emit = emit
        self._frames = _Frames(answered_at)
        self._talk = Conversation()
        self.other = OtherEar(answered_at, self._talk, activity())
        "Listens to the leg that he hears, if it is one."

    def forward(
        self,
        stream: int,
        payload: bytes,
        kind: int,
        sequence: int,
        timestamp: int,
        marker: int,
        step: int,
        now: float,
    ) -> None:
        """Take a packet; see :class:`sip.media.incoming.Listener`."""
        if step < 0:
            return
        for frame, at in self._frames.take(payload, kind, now):
            for event in self._machine.feed(frame, at):
                self._emit(event)
            if self._machine.is_speech and not self._talk.is_one:
                self._talk.answered_speaks(at)
                if self._talk.is_one:
                    self._emit(ConversationHeard(self._leg_id))

    def forward_digit(
        self,
        stream: int,
        payload: bytes,
        sequence: int,
        timestamp: int,
        marker: int,
        step: int,
        now: float,
    ) -> None:
        """Ignore a key: the flow that rings him hears of it by itself."""

    def expire(self, now: float) -> None:
        """Know that time passes; called every 100 ms or so."""
        for event in self._machine.wait(now - self._start):
            self._emit(event)


class OtherEar:
    """Lets a conversation hear the one whom the answered leg hears, until it is known."""

    __slots__ = ("_activity", "_frames", "_talk")

    def __init__(self, start: float, talk: Conversation, activity: VoiceActivity) -> None:
        self._frames = _Frames(start)
        self._talk = talk
        self._activity = activity

    def forward(
        self,
        stream: int,
        payload: bytes,
        kind: int,
        sequence: int,
        timestamp: int,
        marker: int,
        step: int,
        now: float,
    ) -> None:
        """Take a packet; see :class:`sip.media.incoming.Listener`."""
        if step < 0 or self._talk.is_one:
            return
        for frame, at in self._frames.take(payload, kind, now):
            if self._activity.is_speech(frame):
                self._talk.caller_speaks(at)

    def forward_digit(
        self,
        stream: int,
        payload: bytes,
        sequence: int,
        timestamp: int,
        marker: int,
        step: int,
        now: float,
    ) -> None:
        """Ignore a key: it is no word."""
