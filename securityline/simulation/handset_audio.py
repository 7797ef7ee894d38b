"""The ear and the mouth of a pretend phone: RTP with G.711, a tone out, a WAV in."""

import asyncio
import contextlib
import math
import secrets
import socket
import wave
from array import array
from collections.abc import Callable
from pathlib import Path
from typing import Final

from sip.media import g711, rtp
from sip.media.dtmf import Digit, DigitReceiver, DigitSender
from sip.media.rtp import PCMA, RtpPacket
from sip.media.ticker import Ticker
from sip.media.tones import dtmf_tone
from sip.offer_answer import Negotiated

RATE: Final = 8000
FRAME: Final = 160
_LONGEST_MEMORY: Final = 2 * RATE * 600  # octets; ten minutes are enough for a pretend phone
_JUMP: Final = 5 * RATE  # samples; timestamps that leap further have begun anew
_DATAGRAMS_A_TURN: Final = 64


def tone(frequency: float, amplitude: int = 8000) -> bytes:
    """Return one second of a sine as 16-bit PCM, which loops without a click.

    :param frequency: in Hz, taken to the next whole number.
    """
    turn = 2 * math.pi * round(frequency) / RATE
    return array("h", (round(amplitude * math.sin(turn * n)) for n in range(RATE))).tobytes()


def read_wav(path: Path) -> bytes:
    """Return the samples of a WAV file as PCM.

    :raises ValueError: it is not 8 kHz, mono, 16 bits; `wave.Error`: it is no WAV file.
    """
    with wave.open(str(path), "rb") as file:
        if (file.getframerate(), file.getnchannels(), file.getsampwidth()) != (RATE, 1, 2):
            raise ValueError(f"{path}: a pretend phone speaks 8 kHz, mono, 16 bits only")
        return file.readframes(file.getnframes())


class HandsetAudio:
    """One RTP port. Speaks while it is told where to; hears, always.

    :param speech: 16-bit PCM at 8 kHz.
    :param is_said_once: silence follows it; else it is repeated for ever.
    """

    def __init__(self, host: str, speech: bytes, *, is_said_once: bool = False) -> None:
        self._loop = asyncio.get_running_loop()
        self._socket = _bind_even(host)
        self._loop.add_reader(self._socket.fileno(), self._read)
        self.host, self.port = self._socket.getsockname()[:2]
        self._speech = speech or bytes(2 * FRAME)
        self._is_said_once = is_said_once
        self._companded: dict[int, bytes] = {}
        self._position = 0
        self._keys = bytearray()  # keys pressed as sound, A-law, not yet sent
        self._session: Negotiated | None = None
        self._ticker = Ticker(self._loop.time())
        self._timer: asyncio.TimerHandle | None = None
        self._ssrc = secrets.randbits(32)
        self._sequence = secrets.randbits(16)
        self._timestamp = secrets.randbits(32)
        self._sender = DigitSender("")
        self._receiver = DigitReceiver()
        self._pcm = bytearray()
        self._began_at: float | None = None
        self._origin: tuple[int, int] | None = None  # SSRC and timestamp of sample 0
        self._heard_more = asyncio.Event()
        self.digits = ""
        "Keys heard, by RFC 4733."
        self.packets_heard = 0

    def talk(self, session: Negotiated) -> None:
        """Begin to speak, or go on as newly agreed: elsewhere, held, resumed."""
        self._session = session
        if self._timer is None:
            self._ticker.rest(self._loop.time())
            self._tick()

    def press(self, digits: str) -> None:
        """Press keys; the speech pauses meanwhile."""
        more = DigitSender(digits)
        if self._sender.is_done:
            self._sender = more
        else:  # the key that is being pressed is not pressed anew
            self._sender.digits += more.digits

    def press_as_sound(self, digits: str) -> None:
        """Press keys of a phone that knows no telephone-event: they are heard, as tones."""
        for digit in digits:
            self._keys += dtmf_tone(digit)

    def close(self) -> None:
        """Hang up the ear; what was heard stays. A second call does nothing."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._socket.fileno() >= 0:
            self._loop.remove_reader(self._socket.fileno())
            self._socket.close()

    async def until(self, is_so: Callable[[], bool]) -> None:
        """Wait until something that was heard makes `is_so()` true."""
        while not is_so():
            self._heard_more.clear()
            await self._heard_more.wait()

    @property
    def is_speaking(self) -> bool:
        """Whether packets leave: there is somewhere to send to, and nobody holds us."""
        session = self._session
        return (
            session is not None
            and session.remote is not None
            and session.direction in ("sendrecv", "sendonly")
        )

    @property
    def heard(self) -> bytes:
        """What was heard, PCM at 8 kHz from the first packet on, gaps silent."""
        return bytes(self._pcm)

    def write_wav(self, path: Path) -> None:
        """Write what was heard."""
        with wave.open(str(path), "wb") as file:
            file.setparams((1, 2, RATE, 0, "NONE", ""))
            file.writeframes(self.heard)

    def _tick(self) -> None:
        now = self._loop.time()
        for _ in range(self._ticker.due(now)):
            self._speak()
        self._timer = self._loop.call_at(max(self._ticker.next_at, now), self._tick)

    def _speak(self) -> None:
        session = self._session
        if session is None or session.remote is None or not self.is_speaking:
            self._timestamp += FRAME
            return
        payload_type, timestamp, marker = session.payload_type, self._timestamp, False
        payload: bytes | None = self._next_frame(payload_type)
        if self._sender.digits and session.dtmf_payload_type is not None:
            frame = self._sender.next_frame(timestamp & rtp.TIMESTAMP_MASK)
            payload = None if frame is None else frame.payload
            if frame is not None:
                payload_type = session.dtmf_payload_type
                timestamp, marker = frame.timestamp, frame.has_marker
        if payload is not None:
            self._sequence += 1
            packet = RtpPacket(
                payload_type, marker, self._sequence, timestamp, self._ssrc, payload
            )
            with contextlib.suppress(OSError):  # a lost packet is nothing to a phone
                self._socket.sendto(rtp.build(packet), session.remote)
        self._timestamp += FRAME

    def _next_frame(self, payload_type: int) -> bytes:
        compand = g711.pcm_to_alaw if payload_type == PCMA else g711.pcm_to_ulaw
        if self._keys:
            key = bytes(self._keys[:FRAME]).ljust(FRAME, g711.ALAW_SILENCE)
            del self._keys[:FRAME]
            return key if payload_type == PCMA else g711.alaw_to_ulaw(key)
        speech = self._companded.get(payload_type)
        if speech is None:
            speech = self._companded[payload_type] = compand(self._speech)
        if self._is_said_once and self._position >= len(speech):
            return FRAME * (g711.ALAW_SILENCE if payload_type == PCMA else g711.ULAW_SILENCE)
        start = self._position % len(speech)
        self._position = start + FRAME
        frame = speech[start : start + FRAME]
        while len(frame) < FRAME:
            frame += speech[: FRAME - len(frame)]
        return frame

    def _read(self) -> None:
        for _ in range(_DATAGRAMS_A_TURN):
            try:
                data, address = self._socket.recvfrom(2048)
            except OSError:
                return
            remote = self._session.remote if self._session is not None else None
            if remote is None or address[0] == remote[0]:
                self._hear(data)
                self._heard_more.set()

    def _hear(self, data: bytes) -> None:
        packet = rtp.parse(data)
        if packet is None:
            return
        session = self._session
        if session is not None and packet.payload_type == session.dtmf_payload_type:
            now = self._loop.time()
            self._hear_digits(self._receiver.receive(packet.payload, packet.timestamp, now))
        elif packet.payload_type in (rtp.PCMU, rtp.PCMA):
            self.packets_heard += 1
            expand = g711.alaw_to_pcm if packet.payload_type == PCMA else g711.ulaw_to_pcm
            self._place(packet, expand(packet.payload))

    def _hear_digits(self, digits: list[Digit]) -> None:
        self.digits += "".join(digit.digit for digit in digits)

    def _place(self, packet: RtpPacket, pcm: bytes) -> None:
        """Lay a packet where it belongs in time, so that a gap stays as long as it was."""
        now = self._loop.time()
        if self._began_at is None:
            self._began_at = now
        at_clock = int((now - self._began_at) * RATE)
        if self._origin is not None and self._origin[0] == packet.ssrc:
            at = rtp.timestamp_step(packet.timestamp, self._origin[1])
            if abs(at - at_clock) > _JUMP:
                self._origin = None
        if self._origin is None or self._origin[0] != packet.ssrc:
            at = at_clock
            self._origin = packet.ssrc, (packet.timestamp - at) & rtp.TIMESTAMP_MASK
        start = 2 * at
        if start < 0 or start + len(pcm) > _LONGEST_MEMORY:
            return
        if start > len(self._pcm):
            self._pcm += bytes(start - len(self._pcm))
        self._pcm[start : start + len(pcm)] = pcm


def _bind_even(host: str) -> socket.socket:
    """Bind a UDP socket to a free even port, as RTP likes it (RFC 3550, section 11)."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    refused: list[socket.socket] = []
    try:
        while True:
            sock = socket.socket(family, socket.SOCK_DGRAM)
            sock.setblocking(False)
            sock.bind((host, 0))
            if sock.getsockname()[1] % 2 == 0 or len(refused) == 100:
                return sock
            refused.append(sock)  # kept open meanwhile, so that it is not given again
    finally:
        for odd in refused:
            odd.close()
