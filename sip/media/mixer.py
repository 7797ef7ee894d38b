"""Several legs heard at once: conference, listening, whispering, barging in. Pure.

Each leg that somebody hears in a mix has one :class:`Voice`, a small buffer that gives 20 ms
at every beat to whoever hears it. All mixes are made on the same beat, in linear samples, so
that legs of either law can talk with each other.
"""

from collections.abc import Callable
from typing import Final

from sip.media.g711 import ALAW_SILENCE, add_pcm, alaw_to_pcm, pcm_to_alaw, ulaw_to_pcm
from sip.media.playback import PlayerEvent
from sip.media.rtp import PCMA, timestamp_step
from sip.media.tones import FRAME

_FRAME_SIZE: Final = 2 * FRAME
_SILENT_FRAME: Final = ALAW_SILENCE * FRAME
_AHEAD: Final = bytes(_FRAME_SIZE)
"20 ms of delay at the start, so that a packet that is a beat late is still heard."
MAX_BUFFERED: Final = 2 * 800
"Octets (100 ms). A peer whose clock is faster, or who sent a burst, is cut down."
_KEPT: Final = 2 * _FRAME_SIZE
_FAR: Final = 800
"Samples (100 ms) by which a timestamp must be off to be no loss but a new place in time."


class Voice:
    """What one leg says, ready for the next beats."""

    __slots__ = ("_buffer", "_next", "_stream", "frame", "hearers")

    def __init__(self) -> None:
        self.hearers = 0
        self.frame: bytes | None = None
        "This beat's 320 octets of linear samples; `None`: he is silent."
        self._buffer = bytearray()
        self._next = 0
        "RTP timestamp of what comes after the buffer."
        self._stream = 0

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
        """Take a packet of the leg; see :class:`sip.media.incoming.Listener`."""
        pcm = alaw_to_pcm(payload) if kind == PCMA else ulaw_to_pcm(payload)
        buffer = self._buffer
        ahead = timestamp - self._next
        if ahead or stream != self._stream:
            ahead = timestamp_step(timestamp, self._next)
            if step < 0 and stream == self._stream:
                self._fit_in(pcm, 2 * ahead)
                return
            if buffer and stream == self._stream and 0 < ahead < _FAR:
                # Lost packets between this one and the last: silence in their place.
                buffer += bytes(2 * ahead)
            else:
                self._stream = stream
                if not buffer:
                    buffer += _AHEAD
        self._next = (timestamp + len(payload)) & 0xFFFFFFFF
        buffer += pcm
        if len(buffer) > MAX_BUFFERED and len(buffer) > 2 * len(pcm) + _KEPT:
            del buffer[: len(buffer) - max(_KEPT, len(pcm))]

    def _fit_in(self, pcm: bytes, behind: int) -> None:
        """Put a packet that was overtaken where silence stands for it, if that is to come."""
        start = len(self._buffer) + behind
        skipped = max(0, -start)
        end = start + len(pcm)
        if 0 < end <= len(self._buffer):
            self._buffer[start + skipped : end] = pcm[skipped:]

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
        """Ignore a key: it is no voice.

        Whose key goes on to others, the engine decides; what a caller presses is meant for us.
        """

    def advance(self) -> None:
        """Go on to the next beat."""
        buffer = self._buffer
        if not buffer:
            self.frame = None
            return
        frame = bytes(buffer[:_FRAME_SIZE])
        del buffer[:_FRAME_SIZE]
        self.frame = frame if len(frame) == _FRAME_SIZE else frame.ljust(_FRAME_SIZE, b"\0")


class Mixer:
    """All voices that are heard in mixes.

    :param on_change: told the id of a leg whose voice is needed from now on, or no more.
    """

    def __init__(self, on_change: Callable[[str], None]) -> None:
        self.voices: dict[str, Voice] = {}
        self._on_change = on_change

    def advance(self) -> None:
        """Begin a beat: every voice gives its next 20 ms."""
        for voice in self.voices.values():
            voice.advance()

    def player(self, hearer: str, leg_ids: tuple[str, ...]) -> "MixPlayer":
        """Return what plays the sum of some legs to another, who never hears himself."""
        wanted = tuple(dict.fromkeys(each for each in leg_ids if each != hearer))
        return MixPlayer(self, wanted, tuple(self._claim(each) for each in wanted))

    def _claim(self, leg_id: str) -> Voice:
        voice = self.voices.get(leg_id)
        if voice is None:
            voice = self.voices[leg_id] = Voice()
            self._on_change(leg_id)
        voice.hearers += 1
        return voice

    def release(self, leg_id: str) -> None:
        """Know that one hearer less needs a voice."""
        voice = self.voices[leg_id]
        voice.hearers -= 1
        if not voice.hearers:
            del self.voices[leg_id]
            self._on_change(leg_id)


class MixPlayer:
    """Plays the sum of some voices; see :class:`sip.media.playback.Player`."""

    __slots__ = ("_leg_ids", "_mixer", "_voices")

    def __init__(
        self, mixer: Mixer, leg_ids: tuple[str, ...], voices: tuple[Voice, ...]
    ) -> None:
        self._mixer: Mixer | None = mixer
        self._leg_ids = leg_ids
        self._voices = voices

    def next_frame(self) -> bytes:
        """Return this beat's 160 octets of A-law."""
        total: bytes | None = None
        for voice in self._voices:
            frame = voice.frame
            if frame is not None:
                total = frame if total is None else add_pcm(total, frame)
        return _SILENT_FRAME if total is None else pcm_to_alaw(total)

    def take_events(self) -> list[PlayerEvent]:
        """Return nothing: a conversation is no prompt."""
        return []

    def cut(self) -> None:
        """Let go of the voices."""
        mixer, self._mixer = self._mixer, None
        if mixer is not None:
            for leg_id in self._leg_ids:
                mixer.release(leg_id)
        self._voices = ()
