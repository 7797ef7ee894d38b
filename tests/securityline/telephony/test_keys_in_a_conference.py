"""An operator's telephone keys in a call of three: they go where his voice goes."""

from dataclasses import replace

import pytest

from callflows import commands as c
from callflows import events as e
from callflows.events import LegId
from sip.media import protocol as m
from tests.securityline.telephony.bench import INCIDENT, OFFER, PHONE, PHONE_ANSWER, Bench
from tests.securityline.telephony.test_keyholder_calls import LEG, called, picks_up
from tests.securityline.telephony.test_telephony import connected, ring

OPERATOR = ring().leg_id
NO_EVENTS = b"\r\n".join(
    line.replace(b" 8 0 101", b" 8 0")
    for line in OFFER.split(b"\r\n")
    if b"telephone-event" not in line
)
SUPERVISOR = LegId("20261122-0001-c1-v2")


def of_three(offer: bytes = OFFER) -> tuple[Bench, LegId]:
    """Caller, operator and somebody whom we called hear each other."""
    bench = Bench()
    caller = bench.call_in(offer)
    bench.do(ring())
    bench.peers[PHONE].answer(bench.incoming_at(PHONE).leg, PHONE_ANSWER, bench.now)
    bench.travel()
    bench.do(c.AnswerCaller(incident_id=INCIDENT, leg_id=caller))
    called(bench)
    picks_up(bench)
    bench.do(c.Conference(incident_id=INCIDENT, leg_ids=(caller, OPERATOR, LEG)))
    return bench, caller


def press(bench: Bench, leg_id: LegId, digit: str = "5") -> list[tuple[str, str]]:
    bench.telephony.take_media(m.DigitHeard(leg_id, digit, 100))
    return bench.media.pressed


def test_an_operator_s_key_goes_to_every_outside_party_once() -> None:
    bench, caller = of_three()
    assert sorted(press(bench, OPERATOR)) == sorted([(caller, "5"), (LEG, "5")])
    assert bench.last(e.DigitPressed).leg_id == OPERATOR


def test_what_an_outside_party_presses_goes_to_nobody() -> None:
    bench, caller = of_three()
    assert press(bench, caller) == []
    assert press(bench, LEG) == []


def test_no_key_goes_to_a_covert_caller() -> None:
    bench, caller = of_three()
    bench.do(c.SetCovert(incident_id=INCIDENT, leg_id=caller, is_covert=True))
    assert press(bench, OPERATOR) == [(LEG, "5")]


def test_between_two_the_media_process_hands_it_on_and_nobody_gets_it_twice() -> None:
    bench = Bench()
    connected(bench)
    assert press(bench, OPERATOR) == []


def test_who_agreed_on_no_telephone_event_gets_no_key() -> None:
    bench, caller = of_three(NO_EVENTS)
    assert bench.media.legs[caller].dtmf_payload_type is None
    assert press(bench, OPERATOR) == [(LEG, "5")]


@pytest.mark.parametrize("is_muted", [True, False])
def test_a_supervisor_whom_the_caller_does_not_hear_sends_him_no_key(is_muted: bool) -> None:
    """Listening he is heard by nobody; whispering by the operator alone."""
    bench, caller = of_three()
    bench.do(replace(ring(auto=True), leg_id=SUPERVISOR, is_muted=True))
    bench.peers[PHONE].answer(bench.incoming_at(PHONE).leg, PHONE_ANSWER, bench.now)
    bench.travel()
    others = (caller, OPERATOR, LEG)
    bench.do(c.Hear(incident_id=INCIDENT, leg_id=SUPERVISOR, leg_ids=others, is_muted=is_muted))
    if not is_muted:
        heard = (caller, LEG, SUPERVISOR)
        bench.do(c.Hear(incident_id=INCIDENT, leg_id=OPERATOR, leg_ids=heard))
    assert press(bench, SUPERVISOR) == []
