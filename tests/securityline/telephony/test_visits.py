"""A supervisor's leg on the wire and in the media process: closed until the rules open it."""

from dataclasses import replace

from callflows import commands as c
from callflows.events import LegId
from sip.media.protocol import FromLeg, LegSpec, Mix, Silence
from tests.securityline.telephony.bench import INCIDENT, PHONE, PHONE_ANSWER, Bench
from tests.securityline.telephony.test_telephony import connected, restart, ring

SUPERVISOR = LegId("20261122-0001-c1-v2")


def hear(leg_id: LegId, *leg_ids: LegId, is_muted: bool = False) -> c.Hear:
    return c.Hear(incident_id=INCIDENT, leg_id=leg_id, leg_ids=leg_ids, is_muted=is_muted)


def visited() -> tuple[Bench, LegId, LegId]:
    """Caller and operator talk; a supervisor's phone has just picked up."""
    bench = Bench()
    caller = connected(bench)
    operator = ring().leg_id
    bench.do(replace(ring(auto=True), leg_id=SUPERVISOR, is_muted=True))
    bench.peers[PHONE].answer(bench.incoming_at(PHONE).leg, PHONE_ANSWER, bench.now)
    bench.travel()
    return bench, caller, operator


def spec(bench: Bench, leg_id: LegId) -> LegSpec:
    return bench.media.legs[leg_id]


def test_his_phone_is_closed_from_the_first_packet() -> None:
    bench, caller, operator = visited()
    assert not spec(bench, SUPERVISOR).can_receive
    assert spec(bench, SUPERVISOR).can_send
    assert spec(bench, caller).can_receive
    assert spec(bench, operator).can_receive


def test_listening_names_him_in_nobody_s_mix() -> None:
    bench, caller, operator = visited()
    bench.do(hear(SUPERVISOR, caller, operator, is_muted=True))
    assert spec(bench, SUPERVISOR).source == Mix((caller, operator))
    assert not spec(bench, SUPERVISOR).can_receive
    assert spec(bench, caller).source == FromLeg(operator)
    assert spec(bench, operator).source == FromLeg(caller)


def test_a_whisper_opens_him_to_the_operator_alone() -> None:
    bench, caller, operator = visited()
    bench.do(hear(SUPERVISOR, caller, operator), hear(operator, caller, SUPERVISOR))
    assert spec(bench, SUPERVISOR).can_receive
    assert spec(bench, operator).source == Mix((caller, SUPERVISOR))
    assert spec(bench, caller).source == FromLeg(operator)


def test_a_bridge_and_a_conference_open_him() -> None:
    bench, caller, operator = visited()
    bridge = c.Bridge(incident_id=INCIDENT, leg_id=caller, other_leg_id=SUPERVISOR)
    bench.do(bridge)
    assert spec(bench, SUPERVISOR).can_receive
    bench.do(hear(SUPERVISOR, is_muted=True))
    assert not spec(bench, SUPERVISOR).can_receive
    assert spec(bench, SUPERVISOR).source == Silence()
    bench.do(c.Conference(incident_id=INCIDENT, leg_ids=(caller, operator, SUPERVISOR)))
    assert spec(bench, SUPERVISOR).can_receive


def test_a_restarted_engine_opens_nobody() -> None:
    bench, caller, operator = visited()
    bench.do(hear(SUPERVISOR, caller, operator, is_muted=True))
    assert SUPERVISOR in restart(bench)
    assert not spec(bench, SUPERVISOR).can_receive
    assert spec(bench, SUPERVISOR).source == Mix((caller, operator))


def test_a_restarted_engine_closes_nobody_who_was_open() -> None:
    bench, caller, operator = visited()
    bench.do(hear(SUPERVISOR, caller, operator), hear(operator, caller, SUPERVISOR))
    restart(bench)
    assert spec(bench, SUPERVISOR).can_receive


def test_who_is_gone_is_heard_by_nobody_and_hears_nobody() -> None:
    bench, caller, operator = visited()
    bench.do(hear(LegId("gone"), caller))
    bench.do(hear(operator, caller, LegId("gone")))
    assert spec(bench, operator).source == Mix((caller,))
