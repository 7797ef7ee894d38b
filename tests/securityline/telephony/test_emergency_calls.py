"""Calls to emergency services on the wire: simulated unless all says live, never twice."""

import ast
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from callflows import commands as c
from callflows import events as e
from callflows.events import CallId, Cause, LegId
from securityline.telephony.emergency import NotInTable
from sip import events as s
from tests.securityline.telephony.bench import (
    CARRIER,
    DID,
    INCIDENT,
    OFFER,
    POLICE_LINE,
    SECOND_CARRIER,
    Bench,
)
from tests.securityline.telephony.test_telephony import restart

ROOT = Path(__file__).resolve().parents[3]
PRODUCT = ("securityline", "callflows", "client_directory", "ivr", "recordings", "sip")
LEG = LegId("20261122-0001-s1-e")
ORDER = c.DialService(
    incident_id=INCIDENT,
    call_id=CallId("20261122-0001-s1"),
    leg_id=LEG,
    service="pz",
    line="direct",
    presented_number=DID,
    is_simulated=True,
)
REAL = re.compile(rb"<?(?:sip|tel):(?:\+?3225550801|101|112)[@;>]|3225550801")


def came_to(bench: Bench, carrier: object = CARRIER) -> list[s.IncomingCall]:
    return [x for x in bench.heard[carrier] if isinstance(x, s.IncomingCall)]  # type: ignore[index]


@pytest.mark.parametrize("is_live", [False, True])
@pytest.mark.parametrize("is_simulated", [False, True])
@pytest.mark.parametrize("line", ["direct", "public"])
def test_no_real_number_is_on_the_wire_unless_settings_and_press_are_live(
    is_live: bool, is_simulated: bool, line: str
) -> None:
    bench = Bench()
    bench.is_emergency_live = is_live
    bench.telephony = bench.build()
    bench.do(replace(ORDER, is_simulated=is_simulated, line=line))  # type: ignore[arg-type]
    dialled = bench.incoming_at(CARRIER).request.uri.user
    is_real = is_live and not is_simulated
    expected = {"direct": POLICE_LINE, "public": "101"}[line] if is_real else None
    assert dialled == (expected or f"simulated-police-{line}")
    assert bool(REAL.search(b"\n".join(bench.wire))) == is_real


def test_the_client_s_number_is_shown_so_that_they_can_call_back() -> None:
    bench = Bench()
    bench.do(ORDER)
    headers = bench.incoming_at(CARRIER).request.headers
    assert DID in str(headers.get("P-Asserted-Identity"))
    assert DID in str(headers.get("From"))


def test_the_service_rings_answers_and_hangs_up() -> None:
    bench = Bench()
    bench.do(ORDER)
    leg = bench.incoming_at(CARRIER).leg
    bench.peers[CARRIER].ring(leg, bench.now)
    bench.travel()
    assert bench.last(e.LegRinging).leg_id == LEG
    bench.peers[CARRIER].answer(leg, OFFER, bench.now)
    bench.travel()
    assert bench.last(e.LegAnswered).leg_id == LEG
    bench.peers[CARRIER].hang_up(leg, bench.now)
    bench.travel()
    assert bench.last(e.LegEnded).cause is Cause.HUNG_UP


def test_nothing_is_ever_played_to_it() -> None:
    bench = Bench()
    bench.do(ORDER)
    bench.peers[CARRIER].answer(bench.incoming_at(CARRIER).leg, OFFER, bench.now)
    bench.travel()
    play = c.Play(incident_id=INCIDENT, leg_id=LEG, prompts=("please_hold",), language="fr")
    with pytest.raises(ValueError, match="nothing is ever played"):
        bench.telephony.execute(play)
    bench.do(replace(play, prompts=()))


@pytest.mark.parametrize(
    ("status", "cause"),
    [(486, Cause.BUSY), (603, Cause.REFUSED), (404, Cause.UNREACHABLE)],
)
def test_a_service_that_cannot_be_reached_is_told_at_once(status: int, cause: Cause) -> None:
    bench = Bench()
    bench.do(ORDER)
    bench.peers[CARRIER].refuse(bench.incoming_at(CARRIER).leg, status, bench.now)
    bench.travel()
    assert bench.last(e.LegEnded).cause is cause
    assert not came_to(bench, SECOND_CARRIER)


def test_a_carrier_that_says_no_is_replaced_by_the_next() -> None:
    bench = Bench()
    bench.do(ORDER)
    bench.peers[CARRIER].refuse(bench.incoming_at(CARRIER).leg, 503, bench.now)
    bench.travel()
    assert len(came_to(bench, SECOND_CARRIER)) == 1
    assert bench.count(e.LegEnded) == 0


def test_a_silent_carrier_is_told_and_nothing_is_tried_behind_its_back() -> None:
    bench = Bench()
    gone = bench.peers.pop(CARRIER)
    bench.do(ORDER)
    bench.pass_time(4.0)
    ended = bench.last(e.LegEnded)
    assert (ended.cause, ended.reason) == (Cause.UNREACHABLE, "the carrier does not answer")
    assert not came_to(bench, SECOND_CARRIER), "it might have arrived all the same"
    bench.peers[CARRIER] = gone
    bench.do(replace(ORDER, leg_id=LegId("20261122-0001-s2-e")))
    assert len(came_to(bench, SECOND_CARRIER)) == 1, "the next press takes another way"


def test_a_carrier_that_is_at_work_is_given_its_time() -> None:
    bench = Bench()
    bench.do(ORDER)  # 100 Trying came, and nothing else
    bench.pass_time(20.0)
    assert bench.count(e.LegEnded) == 0
    assert not came_to(bench, SECOND_CARRIER)
    bench.peers[CARRIER].answer(bench.incoming_at(CARRIER).leg, OFFER, bench.now)
    bench.travel()
    assert bench.count(e.LegAnswered) == 1


def test_no_carrier_at_all_is_told_at_once() -> None:
    bench = Bench()
    for trunk in bench.trunks.trunks:
        trunk._targets.clear()
    bench.do(ORDER)
    assert bench.last(e.LegEnded).cause is Cause.UNREACHABLE


def test_a_service_that_left_the_table_is_not_guessed() -> None:
    bench = Bench()
    with pytest.raises(NotInTable):
        bench.telephony.dialling.prepare(replace(ORDER, service="gone"))
    bench.is_emergency_live = True
    bench.telephony = bench.build()
    with pytest.raises(NotInTable):
        bench.telephony.dialling.prepare(
            replace(ORDER, service="gone", is_simulated=False, line="direct")
        )


# ---------------------------------------------------------------- after a kill


def test_the_next_engine_repeats_the_very_same_invite() -> None:
    bench = Bench()
    bench.do(ORDER)
    assert restart(bench) == (LEG,)
    assert len(came_to(bench)) == 1, "the same INVITE again is a retransmission"
    bench.peers[CARRIER].answer(bench.incoming_at(CARRIER).leg, OFFER, bench.now)
    bench.travel()
    assert bench.last(e.LegAnswered).leg_id == LEG


def test_an_old_attempt_is_not_repeated() -> None:
    bench = Bench()
    bench.do(ORDER)
    bench.now += 31.0
    assert restart(bench) == ()
    assert len(came_to(bench)) == 1


def test_the_order_is_not_repeated_from_the_log() -> None:
    bench = Bench()
    restart(bench)
    bench.telephony.repeat([ORDER], over=())
    bench.travel()
    assert not came_to(bench)


def test_a_live_call_is_not_repeated_by_a_run_that_is_not_live() -> None:
    bench = Bench()
    bench.is_emergency_live = True
    bench.telephony = bench.build()
    bench.do(replace(ORDER, is_simulated=False))
    bench.is_emergency_live = False
    sent = len(bench.wire)
    assert restart(bench) == ()
    assert not REAL.search(b"\n".join(bench.wire[sent:]))


# ---------------------------------------------------------------- no other way


def calls_in_product() -> Iterator[tuple[str, str]]:
    """Every place of the product where something is called, with the name of what is."""
    for package in PRODUCT:
        for path in sorted((ROOT / package).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Call):
                    name = getattr(node.func, "id", getattr(node.func, "attr", ""))
                    yield str(path.relative_to(ROOT)), name


def test_one_place_orders_the_call_and_one_makes_the_press() -> None:
    found: dict[str, set[str]] = {"DialService": set(), "ServicePressed": set()}
    for path, name in calls_in_product():
        if name in found:
            found[name].add(path)
    assert found["DialService"] == {"callflows/service_calls.py"}
    assert found["ServicePressed"] <= {"securityline/web/service_presses.py"}


def test_the_numbers_of_the_table_are_read_where_they_are_dialled_and_shown_only() -> None:
    """`direct` is reserved: it leaves the table towards the wire, and towards nothing else."""
    readers = {
        path
        for package in PRODUCT
        for path in (ROOT / package).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute) and node.attr == "direct"
    }
    assert {str(path.relative_to(ROOT)) for path in readers} <= {
        "client_directory/builder.py",
        "client_directory/directory.py",
        "securityline/telephony/emergency.py",
        "securityline/web/service_presses.py",
    }
