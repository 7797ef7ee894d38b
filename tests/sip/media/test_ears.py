"""Keys in a leg's sound, and who answered, as the leg's events."""

from typing import Any

import pytest

from sip.media.g711 import pcm_to_alaw, pcm_to_ulaw
from sip.media.leg import Leg
from sip.media.mixer import Mixer
from sip.media.protocol import DigitHeard, HumanSuspected, LegSpec
from tests.sip.media.packets import Events, event_payload, no_prompt, packet
from tests.sip.media.sounds import SPEECH, Sound, frames, key, noise, pcm, recorded, silence


class Peer:
    """A leg and the phone that speaks to it."""

    def __init__(self, **changes: Any) -> None:
        self.events: Events = []
        self.spec: dict[str, Any] = {
            "leg_id": "leg",
            "call_id": "call",
            "port": 20_000,
            "remote": ("192.0.2.1", 4000),
            "dtmf_payload_type": 101,
            **changes,
        }
        self.now = 100.0
        self.leg = Leg(
            LegSpec(**self.spec),
            self.now,
            self.events.append,
            no_prompt,
            Mixer(lambda leg_id: None),
        )
        self.sequence = 0
        self.ssrc = 1
        self.listen()

    def listen(self) -> None:
        """What the patchbay does."""
        self.leg.incoming.listeners = self.leg.ears

    def order(self, **changes: Any) -> None:
        self.spec.update(changes)
        self.leg.apply(LegSpec(**self.spec), self.now)
        self.listen()

    def send(self, payload: bytes, kind: int = 8, timestamp: int | None = None) -> None:
        self.sequence += 1
        data = packet(self.sequence, timestamp, kind=kind, payload=payload, ssrc=self.ssrc)
        self.leg.incoming.receive(data, self.now)
        self.now += 0.02

    def say(self, sound: Sound, kind: int = 8) -> None:
        encode = pcm_to_alaw if kind == 8 else pcm_to_ulaw
        for frame in frames(encode(pcm(sound)), 160):
            self.send(frame, kind)

    def press(self, code: int, packets: int = 5) -> None:
        start = (self.sequence + 1) * 160
        for i in range(packets):
            payload = event_payload(code, 160 * (i + 1), is_end=i == packets - 1)
            self.send(payload, 101, start)

    @property
    def digits(self) -> str:
        return "".join(each.digit for each in self.events if isinstance(each, DigitHeard))


@pytest.mark.parametrize("kind", [0, 8])
def test_keys_in_the_sound_are_told_where_asked_for(kind: int) -> None:
    peer = Peer(hears_keys_in_band=True)
    peer.say(key("1", 0.1) + silence(0.1) + key("#", 0.06) + silence(0.1), kind)
    assert peer.digits == "1#"


def test_keys_in_the_sound_are_nothing_where_not_asked_for() -> None:
    peer = Peer()
    peer.say(key("1", 0.1) + silence(0.2))
    assert peer.digits == ""


def test_it_may_be_asked_for_later_and_no_more() -> None:
    peer = Peer()
    peer.order(hears_keys_in_band=True)
    peer.say(key("1", 0.1) + silence(0.2))
    peer.order(hears_keys_in_band=False)
    peer.say(key("2", 0.1) + silence(0.2))
    assert peer.digits == "1"


def test_an_order_in_the_middle_of_a_key_does_not_lose_it() -> None:
    peer = Peer(hears_keys_in_band=True)
    peer.say(key("6", 0.1))
    peer.order(is_expected_to_speak=False)
    peer.say(silence(0.2))
    assert peer.digits == "6"


def test_a_key_that_comes_as_packets_and_as_sound_counts_once() -> None:
    peer = Peer(hears_keys_in_band=True)
    for code, name in ((1, "1"), (5, "5"), (5, "5")):
        peer.say(key(name, 0.06))
        peer.press(code)
        peer.say(key(name, 0.04) + silence(0.2))
    assert peer.digits == "155"


def test_a_packet_that_lags_behind_its_sound_counts_once() -> None:
    peer = Peer(hears_keys_in_band=True)
    peer.say(key("9", 0.08) + silence(0.1))
    assert peer.digits == "9"
    peer.press(9)
    assert peer.digits == "9"
    peer.press(9)
    assert peer.digits == "99", "the next press is another one"


def test_after_one_event_the_same_source_is_not_listened_to() -> None:
    peer = Peer(hears_keys_in_band=True)
    peer.say(silence(0.1))
    peer.press(3)
    peer.say(silence(3.0) + key("4", 0.1) + silence(0.2))
    assert peer.digits == "3"


def test_another_source_is_listened_to_again() -> None:
    peer = Peer(hears_keys_in_band=True)
    peer.say(silence(0.1))
    peer.press(3)
    peer.ssrc, peer.now = 2, peer.now + 1
    peer.say(silence(0.1) + key("4", 0.1) + silence(0.2))
    assert peer.digits == "34"


def test_a_lost_packet_does_not_join_two_presses() -> None:
    peer = Peer(hears_keys_in_band=True)
    peer.say(key("7", 0.1))
    peer.sequence += 3
    peer.say(key("7", 0.1) + silence(0.2))
    assert peer.digits == "77"


def test_who_answers_is_judged_by_the_time_since_the_order() -> None:
    peer = Peer()
    peer.now += 30.0
    peer.order(is_screened=True)
    peer.say(silence(0.5) + list(recorded(SPEECH[0]))[: 8000 + 4000] + noise(2.0, -65.0))
    found = [event for event in peer.events if isinstance(event, HumanSuspected)]
    assert len(found) == 1
    assert 2.0 < found[0].at < 3.6


def test_silence_without_packets_is_silence() -> None:
    peer = Peer(is_screened=True)
    peer.say(silence(0.3) + list(recorded(SPEECH[0]))[:10_000])
    for _ in range(20):
        peer.now += 0.1
        peer.leg.scan(peer.now)
    assert any(isinstance(event, HumanSuspected) for event in peer.events)
