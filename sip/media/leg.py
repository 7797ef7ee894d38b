"""One party of a call: its order, its peer, its two streams. No socket, no clock of its own."""

from collections.abc import Callable
from typing import Final

from sip.media.dtmf import Digit
from sip.media.ears import KeyEar, ScreeningEar
from sip.media.incoming import IncomingStream, Listener
from sip.media.latch import Latch
from sip.media.machine import EnergyActivity, VoiceActivity
from sip.media.mixer import Mixer
from sip.media.outgoing import OutgoingStream
from sip.media.playback import Player, PromptLoader, player_for
from sip.media.protocol import (
    AudioBack,
    AudioLost,
    DigitHeard,
    FirstAudio,
    FromLeg,
    LegSpec,
    MediaEvent,
    Mix,
)
from sip.media.tap import ANSWER, CALLER, Tap

LOST_TIME: Final = 2.7
"""Seconds without a packet after which a leg that should speak is one-way.

The operator is to be warned within 3 s: up to 0.1 s pass until the leg is looked at again,
and the rest is for the line in the log and the way to his screen."""
SILENT_PEER_TIME: Final = 1.0
"Seconds without a packet after which a new negotiation lets go of the locked source."


class Leg:
    """Joins what an order says to the two streams that carry it out.

    :param emit: takes the leg's events.
    :param load: finds prompts.
    :param mixer: joins the voices that it hears in a :class:`~sip.media.protocol.Mix`.
    :param activity: makes what tells a screened leg's speech.
    """

    __slots__ = (
        "_activity",
        "_emit",
        "_expected_since",
        "_is_lost",
        "_key_ear",
        "_load",
        "_mixer",
        "_screening_ear",
        "heard_at_scan",
        "incoming",
        "latch",
        "outgoing",
        "spec",
        "tap",
    )

    def __init__(
        self,
        spec: LegSpec,
        now: float,
        emit: Callable[[MediaEvent], None],
        load: PromptLoader,
        mixer: Mixer,
        activity: Callable[[], VoiceActivity] = EnergyActivity,
    ) -> None:
        self.spec = spec
        self.latch = Latch()
        self.incoming = IncomingStream(now, self._tell_first, self._tell_digit)
        self.outgoing = OutgoingStream(spec.leg_id, now)
        self.tap: Tap | None = None
        "The recording of which this is the caller's leg."
        self.heard_at_scan = 0
        "Datagrams of the peer up to the last scan."
        self._emit = emit
        self._load = load
        self._mixer = mixer
        self._activity = activity
        self._key_ear: KeyEar | None = None
        self._screening_ear: ScreeningEar | None = None
        self._expected_since: float | None = None
        self._is_lost = False
        self._play(spec)
        self._settle(now)

    def apply(self, spec: LegSpec, now: float) -> bool:
        """Be as `spec` says from now on; what it does not change goes on undisturbed.

        :returns: whether the peer changed, so that the socket must turn to him.
        """
        was, self.spec = self.spec, spec
        if spec.heard != was.heard:
            before = self.outgoing.player
            self._play(spec)
            self._cut(before)
            self.outgoing.forwarded_at = now
        return self._settle(now)

    def _play(self, spec: LegSpec) -> None:
        source = spec.heard
        outgoing = self.outgoing
        outgoing.is_filling = False
        if isinstance(source, FromLeg):
            outgoing.player = None
        elif isinstance(source, Mix):
            outgoing.player = self._mixer.player(spec.leg_id, source.leg_ids)
        else:
            outgoing.player = player_for(spec.leg_id, source, self._load)

    def _cut(self, player: Player | None) -> None:
        if player is not None:
            player.cut()
            for event in player.take_events():
                self._emit(event)

    def _settle(self, now: float) -> bool:
        spec = self.spec
        self._settle_ears(now)
        self.incoming.is_deaf = not spec.can_receive
        self.incoming.dtmf_payload_type = spec.dtmf_payload_type
        self.outgoing.payload_type = spec.payload_type
        self.outgoing.dtmf_payload_type = spec.dtmf_payload_type
        if spec.is_covert:
            self.outgoing.stop_pressing()
        is_silent = now - self.incoming.heard_at > SILENT_PEER_TIME
        is_turned = self.latch.negotiate(spec.remote, spec.also_from, is_silent=is_silent)
        if not (is_turned or self.latch.is_locked) and self.incoming.was_heard:
            # Let go of, and towards the same peer: his next packet locks the leg again.
            self.incoming.forget_source()
        if not self.is_expected:
            self._expected_since, self._is_lost = None, False
        elif self._expected_since is None:
            self._expected_since = now
        return is_turned

    def _settle_ears(self, now: float) -> None:
        spec = self.spec
        if not spec.hears_keys_in_band:
            self._key_ear = None
        elif self._key_ear is None:
            self._key_ear = KeyEar(spec.leg_id, self._emit)
        if not spec.is_screened:
            self._screening_ear = None
        elif self._screening_ear is None:
            self._screening_ear = ScreeningEar(spec.leg_id, now, self._emit, self._activity)

    @property
    def ears(self) -> tuple[Listener, ...]:
        """What listens to the peer on our own behalf."""
        return tuple(ear for ear in (self._key_ear, self._screening_ear) if ear is not None)

    @property
    def other_ears(self) -> tuple[Listener, ...]:
        """What listens to the leg that this one hears, to know whether they talk."""
        return () if self._screening_ear is None else (self._screening_ear.other,)

    @property
    def is_expected(self) -> bool:
        """Whether the peer should be heard."""
        spec = self.spec
        return spec.can_receive and spec.is_expected_to_speak and self.has_peer

    @property
    def may_send(self) -> bool:
        """Whether the negotiation lets us send, and there is somebody to send to."""
        return self.spec.can_send and self.has_peer

    @property
    def has_peer(self) -> bool:
        """Whether it is known who the peer is: an address, or a browser's line."""
        return self.spec.remote is not None or self.spec.line_id is not None

    @property
    def hears(self) -> str | None:
        """The id of the leg this one hears, if it hears one."""
        source = self.spec.heard
        return source.leg_id if isinstance(source, FromLeg) else None

    def record(self, tap: Tap | None) -> None:
        """Let a recording hear this leg both ways, or no recording any more."""
        self.tap = self.incoming.tap = self.outgoing.tap = tap

    def tell_tap(self, heard: "Leg | None", now: float) -> None:
        """Tell the recording who should be heard: the caller, and `heard` by him."""
        if self.tap is not None:
            self.tap.expect(CALLER, self.is_expected, now)
            self.tap.expect(ANSWER, heard is not None and heard.is_expected, now)

    def scan(self, now: float) -> None:
        """Do what need not be done at every packet; called every 100 ms or so."""
        self.incoming.expire(now)
        self._take_player_events()
        self.outgoing.fill(now)
        if self._screening_ear is not None:
            self._screening_ear.expire(now)
        if self._expected_since is not None:
            self._check_loss(now, self._expected_since)

    def end(self, now: float) -> None:
        """Tell what was cut short; the leg is gone, and its recording waits for nobody."""
        if self.tap is not None:
            self.tap.expect(CALLER, False, now)
            self.tap.expect(ANSWER, False, now)
        self._cut(self.outgoing.player)
        # No garbage collector runs in the media process: leave it no cycle.
        self.incoming.close()

    def _check_loss(self, now: float, expected_since: float) -> None:
        heard_at = self.incoming.heard_at
        if not self._is_lost:
            if now - max(heard_at, expected_since) >= LOST_TIME:
                self._is_lost = True
                self._emit(AudioLost(self.spec.leg_id))
        elif now - heard_at < LOST_TIME:
            self._is_lost = False
            self._emit(AudioBack(self.spec.leg_id))

    def _take_player_events(self) -> None:
        if self.outgoing.player is not None:
            for event in self.outgoing.player.take_events():
                self._emit(event)

    def _tell_first(self) -> None:
        peer = self.latch.peer
        self.latch.lock()
        self._emit(FirstAudio(self.spec.leg_id, f"{peer[0]}:{peer[1]}" if peer else ""))

    def _tell_digit(self, digit: Digit) -> None:
        if self._key_ear is not None and self._key_ear.has_just_told(digit.digit):
            return
        self._emit(DigitHeard(self.spec.leg_id, digit.digit, digit.duration_ms))
