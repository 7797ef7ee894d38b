"""An alarm panel on the telephone: our user agent, an ear for tones, keys made as sound.

It does what SIA DC-05 has a panel do: waits for the handshake, presses sixteen keys, waits
for the kiss-off, says it again when none comes. What it heard is measured, not assumed.
"""

import asyncio
import contextlib
import time
from array import array
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from itertools import pairwise
from math import pi, sin
from typing import Any, Final, NamedTuple

from securityline.simulation.handset_audio import FRAME, RATE, HandsetAudio
from securityline.simulation.phone_call import CallState, PhoneCall
from sip.endpoint import Endpoint, Peer
from sip.events import Answered, Cancelled, Ended, OfferAnswered, Offered, Refused
from sip.media import g711
from sip.media.rtp import PCMA
from sip.media.spectrum import pure_tone
from sip.media.tones import COLUMNS, PAD, ROWS
from sip.settings import UserAgentSettings
from sip.transport.shell import SipShell
from sip.uri import Uri
from sip.user_agent import UserAgent
from sip.values import NameAddr
from tests.interop.peers import PATIENCE

KEY_TIME: Final = 0.055  # seconds on, and off: the standard has 50 to 60 ms
HOP: Final = 80  # samples


class Heard(NamedTuple):
    """A tone that was heard. Times in seconds."""

    hertz: float
    at: float
    length: float


def tones_in(pcm: bytes, known: list[float | None]) -> list[Heard]:
    """Return the tones in 8 kHz sound, by windows of 20 ms every 10 ms.

    :param known: what earlier windows held, to be kept: only new ones are looked into.
    """
    found: list[Heard] = []
    run: list[float] = []
    count = len(pcm) // 2
    for place, start in enumerate(range(0, count - FRAME + 1, HOP)):
        if place == len(known):
            known.append(pure_tone(pcm[2 * start : 2 * (start + FRAME)], 300.0))
        hertz = known[place]
        is_same = bool(run) and hertz is not None and abs(hertz - run[-1]) < 60
        if not is_same and run:
            length = (len(run) - 1) * HOP + FRAME
            begin = start - HOP - (len(run) - 1) * HOP
            found.append(Heard(sum(run) / len(run), begin / RATE, length / RATE))
            run = []
        if hertz is not None:
            run.append(hertz)
    if run:
        length = (len(run) - 1) * HOP + FRAME
        found.append(Heard(sum(run) / len(run), (count - length) / RATE, length / RATE))
    return [tone for tone in found if tone.length >= 0.04]


def is_near(hertz: float, wanted: float) -> bool:
    """Say whether a panel takes a tone for the one it waits for: SIA DC-05 has 3 %."""
    return abs(hertz - wanted) <= 0.03 * wanted


def handshakes(tones: list[Heard]) -> list[Heard]:
    """Return the second tone of each handshake."""
    return [
        second
        for first, second in pairwise(tones)
        if is_near(first.hertz, 1400)
        and is_near(second.hertz, 2300)
        and second.at - first.at < 0.4
    ]


def kiss_offs(tones: list[Heard]) -> list[Heard]:
    """Return the tones that are long enough for a kiss-off."""
    return [tone for tone in tones if is_near(tone.hertz, 1400) and tone.length >= 0.4]


def sound_of(keys: str) -> bytes:
    """Return keys as sound."""
    sound = array("h")
    for key in keys:
        row, column = divmod(PAD.index(key), 4)
        low, high = 2 * pi * ROWS[row] / RATE, 2 * pi * COLUMNS[column] / RATE
        samples = int(KEY_TIME * RATE)
        sound.extend(int(4000 * (sin(low * n) + sin(high * n))) for n in range(samples))
        sound.extend([0] * samples)
    return sound.tobytes()


class PanelAudio(HandsetAudio):
    """Speaks what it is given, once; silence otherwise, as a gateway sends it."""

    def __init__(self, host: str) -> None:
        super().__init__(host, b"")
        self._saying = b""

    def say(self, pcm: bytes) -> None:
        """Say something, after what is being said."""
        self._saying += pcm

    def _next_frame(self, payload_type: int) -> bytes:
        frame, self._saying = self._saying[: 2 * FRAME], self._saying[2 * FRAME :]
        frame = frame.ljust(2 * FRAME, b"\0")
        return g711.pcm_to_alaw(frame) if payload_type == PCMA else g711.pcm_to_ulaw(frame)


@dataclass
class Panel:
    """One panel behind a carrier."""

    engine: Endpoint
    did: str
    caller: str = "+3225550210"
    by_packet: bool = False
    "Keys by RFC 4733 instead of sound."
    call: PhoneCall = field(init=False)
    audio: PanelAudio = field(init=False)
    _known: list[float | None] = field(default_factory=list)

    @contextlib.asynccontextmanager
    async def calling(self, local: Endpoint) -> AsyncIterator["Panel"]:
        """Call the engine, and be on the line for the length of a block."""
        self.ua = UserAgent(
            UserAgentSettings(
                listen=(local,),
                domain="panel.example",
                secret=b"a panel for tests only",
                classify=lambda _source: Peer("trunk", "engine"),
            )
        )
        self.shell = SipShell(self.ua, time.monotonic, self._take)
        self.ua.listen_on(await self.shell.start((local,)))
        self.audio = PanelAudio("127.0.0.1")
        self.leg = f"panel-{time.monotonic()}"
        self.call = PhoneCall(self.leg, False, self.did, self.audio)
        self.ua.invite(
            self.leg,
            Uri(scheme="sip", user=self.did, host=self.engine.host, port=self.engine.port),
            time.monotonic(),
            destination=self.engine,
            from_=NameAddr("", Uri(scheme="sip", user=self.caller, host="trunk.example")),
            sdp=self.call.make_offer(),
        )
        self.shell.pump()
        try:
            async with asyncio.timeout(PATIENCE):
                await self.call.until(CallState.TALKING)
            yield self
        finally:
            self.ua.hang_up(self.leg, time.monotonic())
            self.shell.pump()
            await self.shell.stop()
            self.audio.close()

    def _take(self, event: Any) -> None:
        now = time.monotonic()
        match event:
            case Answered():
                assert self.call.take_answer(event.sdp)
                self.ua.acknowledge(self.leg, now)
                self.call.move(CallState.TALKING)
            case Offered():
                sdp = self.call.make_answer(event.sdp) if event.sdp else self.call.make_offer()
                self.ua.accept_offer(self.leg, sdp, now)
            case OfferAnswered():
                self.call.take_answer(event.sdp)
            case Refused() | Ended() | Cancelled():
                self.call.move(CallState.ENDED, getattr(event, "why", type(event).__name__))
        self.shell.pump()

    @property
    def tones(self) -> list[Heard]:
        """All tones that were heard so far."""
        return tones_in(self.audio.heard, self._known)

    def press(self, keys: str) -> None:
        """Press keys, as a panel does."""
        if self.by_packet:
            self.audio.press(keys)
        else:
            self.audio.say(sound_of(keys))

    async def until(self, what: str, is_so: Any, patience: float = PATIENCE) -> bool:
        """Wait until something was heard; `False` when it did not come in time."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(patience):
                await self.audio.until(is_so)
            return True
        assert patience < PATIENCE, f"never heard {what}: {self.tones}"
        return False

    async def greeted(self) -> None:
        """Wait for the handshake."""
        await self.until("a handshake", lambda: handshakes(self.tones))
        await asyncio.sleep(0.25)  # not a wait: the standard's pause before the first key

    async def reports(self, keys: str, tries: int = 4) -> int:
        """Say a message until its kiss-off comes; return how often it was said."""
        for attempt in range(1, tries + 1):
            before = len(kiss_offs(self.tones))
            self.press(keys)
            spoken = 0.22 * len(keys) if self.by_packet else 2 * KEY_TIME * len(keys)
            if await self.until(
                "a kiss-off",
                lambda before=before: len(kiss_offs(self.tones)) > before,
                spoken + 1.25 + 0.4,
            ):
                return attempt
        return 0
