from typing import Any

import pytest

from sip.media.leg import LOST_TIME, SILENT_PEER_TIME, Leg
from sip.media.mixer import Mixer
from sip.media.protocol import (
    AudioBack,
    AudioLost,
    DigitHeard,
    FirstAudio,
    FromLeg,
    LegSpec,
    PromptEnded,
    Prompts,
    Silence,
    Source,
    Tone,
)
from sip.media.tap import ANSWER, CALLER
from tests.sip.media.packets import Events, FakeTap, event_payload, packet

PEER = ("192.0.2.1", 4000)
PROMPT = b"\x11" * 1600


def spec(**changes: Any) -> LegSpec:
    values: dict[str, Any] = {
        "leg_id": "leg-1",
        "call_id": "call-1",
        "port": 20_000,
        "remote": PEER,
        "dtmf_payload_type": 101,
    }
    return LegSpec(**{**values, **changes})


def make(events: Events, now: float = 0.0, **changes: Any) -> Leg:
    mixer = Mixer(lambda leg_id: None)
    return Leg(spec(**changes), now, events.append, lambda name, language: PROMPT, mixer)


@pytest.fixture
def events() -> Events:
    return []


def test_the_first_packet_is_told_and_locks_the_peer(events: Events) -> None:
    leg = make(events)
    assert not leg.latch.is_locked
    leg.incoming.receive(packet(1), 0.5)
    leg.incoming.receive(packet(2), 0.52)
    assert events == [FirstAudio("leg-1", "192.0.2.1:4000")]
    assert leg.latch.is_locked


def test_digits_carry_the_legs_name(events: Events) -> None:
    leg = make(events)
    leg.incoming.receive(packet(1, kind=101, payload=event_payload(11, 800, is_end=True)), 0)
    assert events[1:] == [DigitHeard("leg-1", "#", 100)]


def test_one_way_audio_is_told_once_and_its_end_too(events: Events) -> None:
    leg = make(events)
    leg.incoming.receive(packet(1), 1.0)
    leg.scan(1.0 + LOST_TIME - 0.01)
    assert AudioLost("leg-1") not in events
    leg.scan(1.01 + LOST_TIME)
    leg.scan(20.0)
    assert events.count(AudioLost("leg-1")) == 1
    assert AudioBack("leg-1") not in events
    leg.incoming.receive(packet(2), 20.0)
    leg.scan(20.1)
    leg.scan(20.2)
    assert events[-1] == AudioBack("leg-1")
    assert events.count(AudioBack("leg-1")) == 1


def test_a_leg_that_never_spoke_is_one_way_before_three_seconds(events: Events) -> None:
    leg = make(events, now=100.0)
    leg.scan(102.5)
    assert events == []
    leg.scan(102.71)
    assert events == [AudioLost("leg-1")]


@pytest.mark.parametrize("first_look", [0.0, 0.02, 0.04, 0.06, 0.08, 0.0999])
def test_whenever_a_leg_is_looked_at_the_warning_leaves_time_to_be_shown_within_three_seconds(
    events: Events, first_look: float
) -> None:
    leg = make(events, now=100.0)
    leg.incoming.receive(packet(1), 100.0)
    looks = (100.0 + first_look + number / 10 for number in range(60))
    told_at = next(now for now in looks if leg.scan(now) or AudioLost("leg-1") in events)
    assert 102.5 < told_at < 102.85


@pytest.mark.parametrize(
    "changes", [{"remote": None}, {"can_receive": False}, {"is_expected_to_speak": False}]
)
def test_a_leg_that_need_not_speak_is_not_missed(
    events: Events, changes: dict[str, Any]
) -> None:
    leg = make(events, **changes)
    leg.scan(60.0)
    assert events == []


def test_the_three_seconds_begin_when_he_is_expected(events: Events) -> None:
    leg = make(events, can_receive=False)
    leg.apply(spec(), 60.0)
    leg.scan(62.5)
    assert events == []
    leg.scan(63.1)
    assert events == [AudioLost("leg-1")]


def test_hold_ends_the_watch_and_resuming_begins_it_anew(events: Events) -> None:
    leg = make(events)
    leg.scan(4.0)
    leg.apply(spec(can_receive=False), 5.0)
    leg.scan(60.0)
    leg.apply(spec(), 61.0)
    leg.scan(62.0)
    assert events == [AudioLost("leg-1")]
    leg.scan(64.1)
    assert events == [AudioLost("leg-1")] * 2


def test_the_same_order_again_does_not_restart_a_prompt(events: Events) -> None:
    source = Prompts(("notice",), "fr")
    leg = make(events, source=source)
    leg.outgoing.send = lambda data: len(data)
    for n in range(5):
        leg.outgoing.tick(n * 0.02)
        leg.apply(spec(source=Prompts(("notice",), "fr"), can_receive=n % 2 == 0), n * 0.02)
    for n in range(5, 10):
        leg.outgoing.tick(n * 0.02)
    leg.scan(0.2)
    assert events == [PromptEnded("leg-1", "notice", 0.2, True)]


def test_another_number_plays_it_again(events: Events) -> None:
    leg = make(events, source=Prompts(("notice",), "fr"))
    leg.outgoing.tick(0.0)
    leg.apply(spec(source=Prompts(("notice",), "fr", number=1)), 0.02)
    assert events == [PromptEnded("leg-1", "notice", 0.02, False)]


@pytest.mark.parametrize("source", [Silence(), Tone("busy"), FromLeg("leg-2")])
def test_another_source_cuts_the_prompt_and_says_so(events: Events, source: Source) -> None:
    leg = make(events, source=Prompts(("notice",), "fr"))
    for n in range(3):
        leg.outgoing.tick(n * 0.02)
    leg.apply(spec(source=source), 0.06)
    assert events == [PromptEnded("leg-1", "notice", 0.06, False)]
    assert (leg.outgoing.player is None) == isinstance(source, FromLeg)


def test_the_end_cuts_the_prompt_and_says_so(events: Events) -> None:
    leg = make(events, source=Prompts(("notice",), "fr"))
    leg.outgoing.tick(0.0)
    leg.end(0.02)
    assert events == [PromptEnded("leg-1", "notice", 0.02, False)]


def test_a_leg_without_a_prompt_ends_quietly(events: Events) -> None:
    leg = make(events, source=FromLeg("leg-2"))
    leg.end(0.02)
    assert events == []


def test_what_was_negotiated_is_in_force_at_once(events: Events) -> None:
    leg = make(events)
    leg.apply(spec(payload_type=0, dtmf_payload_type=96, can_receive=False), 1.0)
    assert leg.outgoing.payload_type == 0
    assert leg.outgoing.dtmf_payload_type == leg.incoming.dtmf_payload_type == 96
    assert leg.incoming.is_deaf


def test_only_another_peer_turns_the_leg(events: Events) -> None:
    leg = make(events)
    leg.incoming.receive(packet(1), 0.9)
    assert not leg.apply(spec(can_send=False), 1.0)
    assert leg.apply(spec(remote=("192.0.2.2", 4000)), 1.0)
    assert not leg.apply(spec(remote=None), 1.0)


def test_renegotiating_frees_a_leg_from_a_silent_nat(events: Events) -> None:
    leg = make(events, also_from=("198.51.100.1",))
    leg.latch.turn_to(("198.51.100.1", 5000))
    leg.incoming.receive(packet(1), 1.0)
    again = spec(also_from=("198.51.100.1",))
    assert not leg.apply(again, 1.0 + SILENT_PEER_TIME / 2)
    assert leg.apply(again, 1.1 + SILENT_PEER_TIME)
    assert leg.latch.peer == PEER


def test_a_peer_who_was_silent_at_a_negotiation_is_locked_by_his_next_packet(
    events: Events,
) -> None:
    leg = make(events)
    leg.incoming.receive(packet(1), 1.0)
    assert leg.latch.is_locked
    assert not leg.apply(spec(), 1.1 + SILENT_PEER_TIME)
    leg.incoming.receive(packet(2), 2.2 + SILENT_PEER_TIME)
    assert leg.latch.is_locked
    assert not leg.latch.admits((PEER[0], PEER[1] + 1))


def test_sending_needs_permission_and_an_address(events: Events) -> None:
    assert make(events).may_send
    assert not make(events, can_send=False).may_send
    assert not make(events, remote=None).may_send


def test_whom_it_hears(events: Events) -> None:
    assert make(events, source=FromLeg("leg-2")).hears == "leg-2"
    assert make(events).hears is None


def test_the_recording_knows_who_should_speak(events: Events) -> None:
    caller, operator, tap = make(events), make(events), FakeTap()
    caller.record(tap)
    caller.tell_tap(operator, 0.0)
    caller.tell_tap(None, 0.0)
    caller.apply(spec(can_receive=False), 1.0)
    operator.apply(spec(remote=None), 1.0)
    caller.tell_tap(operator, 1.0)
    assert tap.expected == [
        (CALLER, True),
        (ANSWER, True),
        (CALLER, True),
        (ANSWER, False),
        (CALLER, False),
        (ANSWER, False),
    ]


def test_both_directions_are_recorded_or_none(events: Events) -> None:
    leg, tap = make(events), FakeTap()
    leg.record(tap)
    assert leg.incoming.tap is leg.outgoing.tap is tap
    leg.record(None)
    leg.tell_tap(None, 0.0)
    assert leg.incoming.tap is leg.outgoing.tap is None


def test_a_bridge_to_a_silent_leg_begins_to_fill_at_a_scan(events: Events) -> None:
    leg = make(events, source=FromLeg("leg-2"))
    leg.outgoing.send = lambda data: len(data)
    leg.scan(0.1)
    assert not leg.outgoing.is_ticked
    leg.scan(0.3)
    assert leg.outgoing.is_ticked
