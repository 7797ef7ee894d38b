"""Conferences on real sockets: who hears whom, and what is recorded of it."""

import gc
from collections.abc import Iterator
from itertools import pairwise

import pytest

from sip.media.g711 import ALAW_SILENCE, alaw_to_pcm, pcm_to_alaw, pcm_to_ulaw, ulaw_to_pcm
from sip.media.protocol import ConversationHeard, FromLeg, Mix, Silence, Tone
from sip.media.rtp import PCMU
from sip.media.tap import ANSWER, CALLER
from tests.securityline.sound import strength
from tests.sip.media.packets import FakeTap, event_payload, packet
from tests.sip.media.sounds import frames, noise, pcm, sine
from tests.sip.media.test_patchbay import Bay

PITCH = {"caller": 500, "operator": 900, "keyholder": 1300, "supervisor": 1700}
QUIET = ALAW_SILENCE * 160


class Conference(Bay):
    """Every party speaks a tone of its own, so that it is known who is heard."""

    def __init__(self) -> None:
        super().__init__()
        self.laws = {"supervisor": PCMU}
        self.said: dict[str, list[bytes]] = {}
        for name, pitch in PITCH.items():
            sound = pcm(sine(pitch, 4.0, -18.0))
            encode = pcm_to_ulaw if self.laws.get(name) == PCMU else pcm_to_alaw
            self.said[name] = [encode(each) for each in frames(sound)]

    def join(self, leg_id: str, *others: str) -> None:
        law = self.laws.get(leg_id, 8)
        self.put(leg_id, source=Mix(others), payload_type=law)

    def beat(self, *speaking: str) -> None:
        for name in speaking:
            phone = self.phones[name]
            phone.sequence += 1
            payload = self.said[name][phone.sequence % 200]
            kind = self.laws.get(name, 8)
            phone.raw(self.ports[name], packet(phone.sequence, payload=payload, kind=kind))
        self.turn()
        self.bay.tick(self.now)
        self.now += 0.02

    def talk(self, beats: int, *speaking: str) -> None:
        for _ in range(beats):
            self.beat(*speaking)

    def hears(self, leg_id: str) -> set[str]:
        """Whose tones are in what a phone has received since the last time."""
        heard = self.phones[leg_id].heard()
        sound = ulaw_to_pcm(heard) if self.laws.get(leg_id) == PCMU else alaw_to_pcm(heard)
        sound = sound[640:]
        return {name for name, pitch in PITCH.items() if strength(sound, pitch) > 0.1}


@pytest.fixture
def hall() -> Iterator[Conference]:
    hall = Conference()
    yield hall
    hall.close()


def meet(hall: Conference, *names: str) -> None:
    for name in names:
        hall.join(name, *(other for other in names if other != name))


def test_three_parties_hear_each_other_and_not_themselves(hall: Conference) -> None:
    meet(hall, "caller", "operator", "keyholder")
    hall.talk(20, "caller", "operator", "keyholder")
    assert hall.hears("caller") == {"operator", "keyholder"}
    assert hall.hears("operator") == {"caller", "keyholder"}
    assert hall.hears("keyholder") == {"caller", "operator"}


def test_a_supervisor_listens_and_nobody_hears_him(hall: Conference) -> None:
    hall.bridge()
    hall.join("supervisor", "caller", "operator")
    hall.talk(20, "caller", "operator", "supervisor")
    assert hall.hears("supervisor") == {"caller", "operator"}
    assert hall.hears("caller") == {"operator"}
    assert hall.hears("operator") == {"caller"}


def test_a_supervisor_whispers_to_the_operator_alone(hall: Conference) -> None:
    hall.put("caller", source=FromLeg("operator"))
    hall.join("operator", "caller", "supervisor")
    hall.join("supervisor", "caller", "operator")
    hall.talk(20, "caller", "operator", "supervisor")
    assert hall.hears("operator") == {"caller", "supervisor"}
    assert hall.hears("caller") == {"operator"}


def test_whoever_leaves_or_falls_silent_is_not_missed(hall: Conference) -> None:
    meet(hall, "caller", "operator", "keyholder")
    hall.talk(10, "caller", "operator", "keyholder")
    hall.talk(5, "caller", "operator")
    hall.hears("caller")
    hall.talk(20, "caller", "operator")
    assert hall.hears("caller") == {"operator"}
    hall.bay.drop("keyholder", hall.now)
    hall.talk(20, "caller", "operator")
    assert hall.hears("operator") == {"caller"}
    assert hall.hears("caller") == {"operator"}


def test_a_party_that_comes_later_is_heard_at_once(hall: Conference) -> None:
    hall.join("caller", "operator", "keyholder")
    hall.talk(5)
    hall.phones["caller"].heard()
    hall.join("keyholder", "caller")
    hall.talk(20, "keyholder")
    assert hall.hears("caller") == {"keyholder"}


def test_everybody_gets_a_packet_every_beat_whoever_speaks(hall: Conference) -> None:
    meet(hall, "caller", "operator", "keyholder")
    hall.talk(10)
    for name in ("caller", "operator", "keyholder"):
        assert hall.phones[name].heard() == QUIET * 10


def test_one_more_party_does_not_disturb_those_who_talk(hall: Conference) -> None:
    meet(hall, "caller", "operator")
    hall.talk(10, "caller", "operator")
    hall.phones["caller"].heard()
    meet(hall, "caller", "operator", "keyholder")
    hall.talk(10, "caller", "operator")
    said = [alaw_to_pcm(each) for each in hall.said["operator"][10:20]]
    heard = alaw_to_pcm(hall.phones["caller"].heard())
    assert heard == b"".join(said)


def test_another_ssrc_in_a_conference_is_heard_at_once(hall: Conference) -> None:
    meet(hall, "caller", "operator")
    hall.talk(5, "caller")
    hall.phones["operator"].heard()
    for i in range(20):
        hall.now += 0.02
        payload = hall.said["caller"][i]
        sent = packet(40_000 + i, 5_000_000 + 160 * i, payload=payload, ssrc=0x9999)
        hall.phones["caller"].raw(hall.ports["caller"], sent)
        hall.turn()
        hall.bay.tick(hall.now)
    assert hall.hears("operator") == {"caller"}


def test_a_key_in_a_conference_is_told_and_not_heard(hall: Conference) -> None:
    meet(hall, "caller", "operator")
    hall.put("caller", source=Mix(("operator",)), dtmf_payload_type=101)
    hall.put("operator", source=Mix(("caller",)), dtmf_payload_type=101)
    hall.talk(3, "caller")
    hall.phones["operator"].heard()
    for i in range(5):
        payload = event_payload(5, 160 * (i + 1), is_end=i == 4)
        event = packet(10 + i, 9000, kind=101, payload=payload)
        hall.phones["caller"].raw(hall.ports["caller"], event)
        hall.beat()
    assert [getattr(event, "digit", "") for event in hall.events][-1] == "5"
    heard = hall.phones["operator"].heard()
    assert len(heard) == 5 * 160, "frames of sound alone, no event of four octets"


def test_a_key_is_pressed_in_a_conference_and_the_recording_misses_no_word(
    hall: Conference,
) -> None:
    tap = FakeTap()
    meet(hall, "caller", "operator", "keyholder")
    hall.put("caller", source=Mix(("operator", "keyholder")), dtmf_payload_type=101)
    hall.bay.record("caller", tap, hall.now)
    hall.talk(10, "operator", "keyholder")
    hall.phones["caller"].heard()
    hall.bay.press("caller", "5")
    hall.talk(11, "operator", "keyholder")
    keyed = [each for each in hall.phones["caller"].packets() if each.payload_type == 101]
    assert [each.payload[0] for each in keyed] == [5] * 8
    hall.talk(20, "operator", "keyholder")
    assert hall.hears("caller") == {"operator", "keyholder"}, "as before"
    answer = [each for each in tap.heard if each[0] == ANSWER]
    assert {after[2] - before[2] for before, after in pairwise(answer)} == {160}
    meanwhile = alaw_to_pcm(b"".join(each[3] for each in answer[11:20]))
    assert strength(meanwhile, PITCH["operator"]) > 0.3
    assert strength(meanwhile, PITCH["keyholder"]) > 0.3


def test_a_party_may_come_from_a_bridge_and_go_back_to_one(hall: Conference) -> None:
    tap = FakeTap()
    hall.bridge()
    hall.bay.record("caller", tap, hall.now)
    hall.talk(20, "caller", "operator")
    meet(hall, "caller", "operator", "keyholder")
    hall.talk(20, "caller", "operator", "keyholder")
    hall.bridge()
    hall.talk(20, "caller", "operator")
    answer = [each for each in tap.heard if each[0] == ANSWER]
    assert all(samples == 160 for samples in (len(each[3]) for each in answer))
    steps = [after[2] - before[2] for before, after in pairwise(answer)]
    assert set(steps) <= {160}, "one timeline through bridge, mix and bridge"
    assert len(answer) == 60
    middle = alaw_to_pcm(b"".join(each[3] for each in answer[23:40]))
    assert strength(middle, PITCH["operator"]) > 0.3
    assert strength(middle, PITCH["keyholder"]) > 0.3
    assert strength(middle, PITCH["caller"]) < 0.01, "left is the caller, right what he hears"
    assert sum(each[0] == CALLER for each in tap.heard) == 60


def test_what_a_held_caller_would_hear_is_recorded(hall: Conference) -> None:
    tap = FakeTap()
    meet(hall, "caller", "operator", "keyholder")
    hall.bay.record("caller", tap, hall.now)
    hall.put("caller", source=Mix(("operator", "keyholder")), can_send=False)
    hall.talk(10, "operator", "keyholder")
    assert hall.phones["caller"].heard() == b""
    assert sum(each[0] == ANSWER for each in tap.heard) == 10


def test_the_same_order_again_changes_nothing(hall: Conference) -> None:
    meet(hall, "caller", "operator")
    hall.talk(5, "operator")
    hall.phones["caller"].heard()
    meet(hall, "caller", "operator")
    hall.talk(5, "operator")
    assert alaw_to_pcm(hall.phones["caller"].heard()) == alaw_to_pcm(
        b"".join(hall.said["operator"][5:10])
    )


def test_when_a_conference_ends_nothing_of_it_is_left(hall: Conference) -> None:
    meet(hall, "caller", "operator", "keyholder")
    hall.talk(3, "caller")
    hall.put("caller", source=Silence())
    hall.put("operator", source=Tone("busy"))
    hall.bay.drop("keyholder", hall.now)
    assert hall.bay._mixer.voices == {}
    assert [leg.incoming.listeners for leg in hall.bay.legs.values()] == [(), ()]


def test_conferences_leave_no_garbage_behind(hall: Conference) -> None:
    meet(hall, "caller", "operator", "keyholder")
    hall.talk(3, "caller", "operator")
    gc.collect()
    gc.disable()
    try:
        for name in ("caller", "operator", "keyholder"):
            hall.put(name, source=Silence(), hears_keys_in_band=True, is_screened=True)
            hall.talk(2, "caller", "operator")
            hall.bay.drop(name, hall.now)
        hall.events.clear()
        assert gc.collect() == 0
    finally:
        gc.enable()


def test_a_screened_leg_and_the_one_it_hears_are_heard_to_talk(hall: Conference) -> None:
    said = list(frames(pcm_to_alaw(pcm(noise(1.0, -18.0))), 160))
    hall.said |= {"caller": said * 4, "operator": said * 4}
    hall.put("caller", source=FromLeg("operator"))
    hall.put("operator", source=FromLeg("caller"), is_screened=True)

    def speaks(name: str, beats: int) -> None:
        for _ in range(beats):
            for phone in ("caller", "operator"):
                hall.said[phone] = said * 4 if phone == name else [QUIET] * 200
            hall.beat("caller", "operator")

    for _ in range(6):
        speaks("operator", 90)
        speaks("caller", 90)
        speaks("", 20)
    assert [x for x in hall.events if isinstance(x, ConversationHeard)] == [
        ConversationHeard("operator")
    ]
