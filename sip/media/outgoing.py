"""What goes to a leg's peer. No socket, no clock of its own.

Towards its peer a leg is one RTP source for its whole life: own SSRC, own sequence numbers,
own timestamps that follow the clock, whatever it hears (prompt, bridge, hold music, bridge to
somebody else). SSRC, numbers and timestamps follow from leg id and clock, so that a restarted
media process goes on nearly where the dead one was.

:meth:`OutgoingStream.forward` runs a hundred times a second and call: it is flat on purpose.
"""

from collections.abc import Callable
from hashlib import blake2b
from typing import Final

from sip.media.dtmf import DigitSender
from sip.media.g711 import ALAW_TO_ULAW, ULAW_TO_ALAW
from sip.media.mixer import MixPlayer
from sip.media.playback import SILENT_FRAME, Player
from sip.media.rtp import MARKER, PCMA, PCMU, PLAIN, pack_header, timestamp_step
from sip.media.tap import ANSWER, Tap
from sip.media.tones import FRAME, RATE, dtmf_tone

FILL_TIME: Final = 0.2
"Seconds after which silence is sent in place of a bridged leg that sends nothing."
_PLAYED: Final = -1
"In place of a stream's number: the last packet was made by the tick."
_TICK_DRIFT: Final = 10 * FRAME


def identity(leg_id: str) -> tuple[int, int, int]:
    """Return SSRC and the origins of sequence number and timestamp for a leg."""
    digest = blake2b(leg_id.encode(), digest_size=10).digest()
    return (
        int.from_bytes(digest[:4]),
        int.from_bytes(digest[4:6]),
        int.from_bytes(digest[6:]),
    )


class OutgoingStream:
    """The packets towards one peer."""

    __slots__ = (
        "_tone",
        "anchor",
        "digits",
        "dtmf_payload_type",
        "forwarded_at",
        "is_filling",
        "next_sequence",
        "next_timestamp",
        "payload_type",
        "player",
        "send",
        "sequence_offset",
        "ssrc",
        "tap",
        "timestamp_offset",
        "timestamp_origin",
        "unsent",
    )

    def __init__(self, leg_id: str, now: float) -> None:
        self.send: Callable[[bytes], object] | None = None
        "Sends a packet to the peer; `None` while we may not or do not know where to."
        self.tap: Tap | None = None
        self.player: Player | None = None
        "What plays; `None` while another leg is heard."
        self.payload_type = PCMA
        self.dtmf_payload_type: int | None = None
        self.unsent = 0
        "Packets the kernel refused: nobody listens there (ICMP), or its buffers are full."
        self.ssrc, sequence, self.timestamp_origin = identity(leg_id)
        self.next_sequence = (sequence + int(now * 50)) & 0xFFFF
        self.next_timestamp = self._clock(now)
        self.sequence_offset = self.timestamp_offset = 0
        self.anchor = 0
        "The stream that the offsets are made for; 0: none, the next packet begins one."
        self.forwarded_at = now
        self.is_filling = False
        self.digits: DigitSender | None = None
        self._tone = b""

    def continue_as(self, ssrc: int, sequence: int, origin: int, now: float) -> None:
        """Be the next voice of a source that the peer knows already."""
        self.ssrc, self.next_sequence, self.timestamp_origin = ssrc, sequence, origin
        self.next_timestamp = self._clock(now)
        self.anchor = 0

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
        """Let the peer hear a packet of another leg."""
        if self.digits is not None:
            return
        if self.anchor != stream:
            self._anchor(stream, sequence, timestamp, now)
            marker = MARKER
        sequence = (sequence + self.sequence_offset) & 0xFFFF
        timestamp = (timestamp + self.timestamp_offset) & 0xFFFFFFFF
        if step > 0:
            self.next_sequence = sequence + 1
            self.next_timestamp = timestamp + len(payload)
            self.forwarded_at = now
        if self.tap is not None:
            alaw = payload if kind == PCMA else payload.translate(ULAW_TO_ALAW)
            self.tap.hear(ANSWER, 0, timestamp, alaw, now, step, marker)
        send = self.send
        if send is None:
            return
        if kind != self.payload_type:
            payload = payload.translate(ULAW_TO_ALAW if kind == PCMU else ALAW_TO_ULAW)
        second = marker | self.payload_type
        packet = pack_header(PLAIN, second, sequence, timestamp, self.ssrc) + payload
        try:
            send(packet)
        except OSError:
            self._send_again(packet)

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
        """Let the peer's phone have a digit that the other one pressed."""
        if self.digits is not None:
            return
        if self.anchor != stream:
            self._anchor(stream, sequence, timestamp, now)
        if self.dtmf_payload_type is None or self.send is None:
            # Not sent, so not numbered either: it is no loss.
            self.sequence_offset -= 1 if step > 0 else 0
            return
        sequence = (sequence + self.sequence_offset) & 0xFFFF
        timestamp = (timestamp + self.timestamp_offset) & 0xFFFFFFFF
        if step > 0:
            self.next_sequence = sequence + 1
        self.forwarded_at = now
        if self.tap is not None and len(payload) >= 4:
            self.tap.cover(ANSWER, 0, timestamp, payload[2] << 8 | payload[3])
        self._send(self.dtmf_payload_type | marker, sequence, timestamp, payload)

    def _anchor(self, stream: int, sequence: int, timestamp: int, now: float) -> None:
        """Let another stream go on where the last one ended, or at the clock if later."""
        self.sequence_offset = self.next_sequence - sequence
        self.timestamp_offset = self._next_timestamp(now) - timestamp
        self.anchor = stream
        self.is_filling = False

    def _clock(self, now: float) -> int:
        return (self.timestamp_origin + int(now * RATE)) & 0xFFFFFFFF

    def _next_timestamp(self, now: float) -> int:
        clock = self._clock(now)
        return clock if timestamp_step(clock, self.next_timestamp) > 0 else self.next_timestamp

    def _send(self, second: int, sequence: int, timestamp: int, payload: bytes) -> None:
        if self.send is None:
            return
        packet = pack_header(PLAIN, second, sequence, timestamp, self.ssrc) + payload
        try:
            self.send(packet)
        except OSError:
            self._send_again(packet)

    def _send_again(self, packet: bytes) -> None:
        """Send what the kernel gave back with the ICMP error of an earlier packet."""
        try:
            if self.send is not None:
                self.send(packet)
        except OSError:
            self.unsent += 1

    # ------------------------------------------------------------ the tick

    @property
    def is_ticked(self) -> bool:
        """Whether the leg takes part in the beat."""
        if self.digits is not None:
            return True
        if self.send is None:
            # What a held caller would hear of a conference is recorded, as of a bridge.
            return self.tap is not None and isinstance(self.player, MixPlayer)
        return self.player is not None or self.is_filling

    def tick(self, now: float) -> None:
        """Send 20 ms of what plays here."""
        if self.is_filling and now - self.forwarded_at < FILL_TIME:
            # The other leg speaks again; its packets and ours must not mix.
            self.is_filling = False
            if self.digits is None:
                return
        marker = 0
        timestamp = self.next_timestamp
        if self.anchor != _PLAYED or timestamp_step(self._clock(now), timestamp) > _TICK_DRIFT:
            marker = MARKER
            timestamp = self._next_timestamp(now)
            self.anchor = _PLAYED
        self.next_timestamp = (timestamp + FRAME) & 0xFFFFFFFF
        if self.digits is not None:
            self._record_meanwhile(timestamp, now, marker)
            self._tick_digit(self.digits, timestamp)
            return
        player = self.player
        if player is None:
            frame = SILENT_FRAME
        else:
            frame = player.next_frame()
            if self.tap is not None:
                self.tap.hear(ANSWER, 0, timestamp, frame, now, 1, marker)
        self._play(frame, timestamp, marker)

    def _play(self, frame: bytes, timestamp: int, marker: int) -> None:
        sequence = self.next_sequence & 0xFFFF
        self.next_sequence = sequence + 1
        if self.payload_type == PCMU:
            frame = frame.translate(ALAW_TO_ULAW)
        self._send(self.payload_type | marker, sequence, timestamp, frame)

    def press(self, digits: str) -> None:
        """Press keys towards the peer; what he hears otherwise pauses meanwhile."""
        if self.digits is not None:
            self.digits.digits += DigitSender(digits).digits
        else:
            self.digits = DigitSender(digits)
        self._tone = b""

    def stop_pressing(self) -> None:
        """Let go of keys that are not pressed yet: the peer must hear nothing any more."""
        if self.digits is not None:
            self.digits, self._tone, self.anchor = None, b"", 0

    def _record_meanwhile(self, timestamp: int, now: float, marker: int) -> None:
        """Keep what is said in a conference while a key takes its place on the wire."""
        if self.tap is not None and isinstance(self.player, MixPlayer):
            self.tap.hear(ANSWER, 0, timestamp, self.player.next_frame(), now, 1, marker)

    def _tick_digit(self, sender: DigitSender, timestamp: int) -> None:
        if self.dtmf_payload_type is None:
            self._tick_tone(sender, timestamp)
        else:
            frame = sender.next_frame(timestamp)
            if frame is not None:
                sequence = self.next_sequence & 0xFFFF
                self.next_sequence = sequence + 1
                second = self.dtmf_payload_type | (MARKER if frame.has_marker else 0)
                self._send(second, sequence, frame.timestamp, frame.payload)
        if sender.is_done and not self._tone:
            self.digits = None
            self.anchor = 0

    def _tick_tone(self, sender: DigitSender, timestamp: int) -> None:
        """Play the keys' frequencies: the peer negotiated no telephone-event."""
        if not self._tone and sender.digits:
            self._tone, sender.digits = dtmf_tone(sender.digits[0]), sender.digits[1:]
        frame, self._tone = self._tone[:FRAME], self._tone[FRAME:]
        if frame:
            self._play(frame, timestamp, 0)

    def fill(self, now: float) -> None:
        """Begin to send silence when the leg that is heard has sent nothing for a while.

        Carriers and phones end a call whose RTP dries up.
        """
        if self.player is None and now - self.forwarded_at > FILL_TIME:
            self.is_filling = True
