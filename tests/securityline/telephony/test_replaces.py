"""A call is nobody's to take who knows its names (Replaces, RFC 3891)."""

import pytest

from callflows import commands as c
from callflows import events as e
from callflows.events import LegId
from sip import events as s
from sip.endpoint import Endpoint
from sip.uri import Uri
from sip.values import NameAddr
from tests.securityline.telephony.bench import (
    CARRIER,
    DID,
    INCIDENT,
    OFFER,
    OURS,
    PHONE,
    SECOND_CARRIER,
    Bench,
)
from tests.securityline.telephony.test_telephony import OP_LEG, connected


def asks_for(bench: Bench, source: Endpoint, wanted: LegId, *more: tuple[str, str]) -> None:
    """Send an INVITE from somewhere that names the dialog of one of our legs."""
    kept = bench.written["leg", wanted].data
    assert kept is not None
    dialog = kept["branches"][0]["dialog"]["dialog"]
    names = f"{dialog['call_id']};to-tag={dialog['local_tag']};from-tag={dialog['remote_tag']}"
    bench.peers[source].invite(
        "second",
        Uri(scheme="sip", user=DID, host=OURS.host, port=OURS.port),
        bench.now,
        destination=OURS,
        from_=NameAddr("", Uri(scheme="sip", user="+32470000666", host="x.example")),
        sdp=OFFER,
        headers=(("Replaces", names), *more),
    )
    bench.travel()


def talk_on(bench: Bench, caller: LegId) -> bool:
    """Whether caller and operator hear each other, and each can still be hung up on."""
    assert bench.count(e.LegEnded) == 0
    bench.do(c.HangUp(incident_id=INCIDENT, leg_id=caller))
    bench.do(c.HangUp(incident_id=INCIDENT, leg_id=OP_LEG))
    ends = [bench.heard[at] for at in (CARRIER, PHONE)]
    return all(any(isinstance(x, s.Ended) for x in heard) for heard in ends)


@pytest.mark.parametrize("is_callers", [True, False])
@pytest.mark.parametrize("source", [CARRIER, SECOND_CARRIER])
def test_a_carrier_that_names_a_call_has_placed_another(
    source: Endpoint, is_callers: bool
) -> None:
    bench = Bench()
    caller = connected(bench)
    before = bench.media.legs[caller], bench.media.legs[OP_LEG]
    asks_for(bench, source, caller if is_callers else OP_LEG)
    assert bench.count(e.CallOffered) == 2
    assert bench.last(e.CallOffered).leg_id != caller
    assert (bench.media.legs[caller], bench.media.legs[OP_LEG]) == before
    assert talk_on(bench, caller)


@pytest.mark.parametrize("is_callers", [True, False])
@pytest.mark.parametrize("required", [(), (("Require", "replaces"),)])
def test_an_operator_s_phone_that_names_a_call_gets_none(
    required: tuple[tuple[str, str], ...], is_callers: bool
) -> None:
    """His phone takes calls and places none: not even one to fetch what rings elsewhere."""
    bench = Bench()
    caller = connected(bench)
    told = len(bench.told)
    before = bench.media.legs[caller], bench.media.legs[OP_LEG]
    asks_for(bench, PHONE, caller if is_callers else OP_LEG, *required)
    assert any(isinstance(x, s.Refused) and x.leg == "second" for x in bench.heard[PHONE])
    assert len(bench.told) == told
    assert (bench.media.legs[caller], bench.media.legs[OP_LEG]) == before
    assert talk_on(bench, caller)


def test_a_carrier_that_requires_it_is_refused_and_a_case_says_why() -> None:
    bench = Bench()
    caller = connected(bench)
    asks_for(bench, CARRIER, caller, ("Require", "replaces"))
    [refused] = [x for x in bench.heard[CARRIER] if isinstance(x, s.Refused)]
    assert refused.status == 420
    ended = bench.last(e.LegEnded)
    assert ended.leg_id != caller
    assert "Unsupported: replaces" in ended.reason
