"""The messages of RFC 4475 and RFC 5118 at the door of a user agent.

From a trunk each gets what `expected.json` says; from a stranger only a challenge, or
silence. The messages are not copied here: they are read where they stand.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from sip.digest import make_ha1
from sip.digest_server import DigestServer
from sip.endpoint import Endpoint, Packet
from sip.events import IncomingCall
from sip.registrar import Registrar
from tests.shared import shared
from tests.sip.pretend import CARRIER, SECRET, STRANGER, US, Alone, make_settings, responses

SILENCE: frozenset[int] = frozenset()
CALL = frozenset({100})
REFUSED = frozenset({400})

# What the words of `expected.json` (field "ua") come to, as statuses that are right. A
# REGISTER from a trunk is challenged: trunks have no accounts here.
VERDICTS: dict[str, frozenset[int]] = {
    "wsinv": CALL,
    "intmeth": frozenset({405, 501}),
    "esc01": CALL,
    "escnull": frozenset({401}),
    "esc02": frozenset({405, 501}),
    "lwsdisp": frozenset({200}),
    "longreq": CALL,
    "dblreq": frozenset({401}),
    "semiuri": frozenset({200}),
    "transports": frozenset({200}),
    "mpart01": frozenset({405}),
    "unreason": SILENCE,
    "noreason": SILENCE,
    "badinv01": REFUSED,
    "clerr": REFUSED,
    "ncl": REFUSED,
    "scalar02": REFUSED,
    "scalarlg": SILENCE,
    "quotbal": REFUSED,
    "ltgtruri": REFUSED | CALL,
    "lwsruri": REFUSED,
    "lwsstart": REFUSED | CALL,
    "trws": REFUSED | {200},
    "escruri": REFUSED | CALL,
    "baddate": REFUSED | CALL,
    "regbadct": REFUSED,
    "badaspec": REFUSED | {200},
    "baddn": REFUSED | {200},
    "badvers": frozenset({505}),
    "mismatch01": REFUSED,
    "mismatch02": frozenset({400, 501}),
    "bigcode": SILENCE,
    "badbranch": frozenset({200, 400}),
    "insuf": REFUSED,
    "unkscm": frozenset({416}),
    "novelsc": frozenset({416}),
    "unksm2": REFUSED,
    "bext01": frozenset({420}),
    "invut": frozenset({415}),
    "regaut01": frozenset({401}),
    "multi01": REFUSED,
    "mcl01": REFUSED,
    "bcast": SILENCE,
    "zeromf": frozenset({200}),
    "cparam01": frozenset({401}),
    "cparam02": frozenset({401}),
    "regescrt": frozenset({401}),
    "sdp01": frozenset({406, 415, 488}),
    "inv2543": CALL,
}


@pytest.fixture
def us() -> Alone:
    def ha1_of(user: str, algorithm: str) -> str | None:
        return make_ha1(algorithm, user, "line.example", "x") if user == "op1" else None

    digest = DigestServer("line.example", SECRET, ha1_of)
    return Alone(make_settings(), registrar=Registrar(digest, SECRET), digest=digest)


def message(name: str) -> bytes:
    return shared(f"torture/rfc4475/{name}.dat").read_bytes()


def expected() -> dict[str, Any]:
    text = shared("torture/rfc4475_expected.json").read_text()
    cases: dict[str, Any] = json.loads(text)["cases"]
    return cases


def take(us: Alone, data: bytes, source: Endpoint) -> tuple[set[int], list[Packet]]:
    """What is answered to a broken request repeats its broken headers: read no further."""
    packets = us.take(data, source)
    assert all(packet.data.startswith(b"SIP/2.0 ") for packet in packets)
    return {int(packet.data[8:11]) for packet in packets}, packets


def test_every_message_of_the_rfc_has_its_verdict_here() -> None:
    assert set(expected()) == set(VERDICTS)


@pytest.mark.parametrize("name", VERDICTS)
def test_from_a_trunk(us: Alone, name: str) -> None:
    words = expected()[name]["ua"]
    got, packets = take(us, message(name), CARRIER)
    if VERDICTS[name] == SILENCE:
        assert got == set(), words
    else:
        assert len(got) == 1, words
        assert got <= VERDICTS[name], words
    assert bool(us.got(IncomingCall)) == (got == {100}), words
    assert {packet.destination for packet in packets} <= {CARRIER}


@pytest.mark.parametrize("name", VERDICTS)
def test_from_a_stranger(us: Alone, name: str) -> None:
    """A challenge for a well-formed INVITE or REGISTER, else silence; never a call."""
    got, packets = take(us, message(name), STRANGER)
    assert us.got(IncomingCall) == []
    assert got <= {401}
    assert {packet.destination for packet in packets} <= {STRANGER}
    assert us.agent.transactions == 0


@pytest.mark.parametrize("name", VERDICTS)
def test_twice_is_as_harmless_as_once(us: Alone, name: str) -> None:
    data = message(name)
    for source in (CARRIER, STRANGER, CARRIER):
        us.take(data, source)
    us.wait(1.0)
    assert len(us.got(IncomingCall)) <= 1


def test_what_the_specials_ask_for(us: Alone) -> None:
    (unsupported,) = responses(us.take(message("bext01")))
    assert (
        "nothingSupportsThis".lower() in (unsupported.headers.get("Unsupported") or "").lower()
    )
    (unreadable,) = responses(us.take(message("invut")))
    assert unreadable.headers.get("Accept") == "application/sdp"


def test_after_all_of_them_the_next_call_is_taken(us: Alone) -> None:
    from tests.sip.far_end import Caller

    for name in VERDICTS:
        us.take(message(name), CARRIER)
        us.take(message(name), STRANGER)
    for extra in ("test", "baddn.terminated"):
        us.take(message(extra), CARRIER)
    before = len(us.got(IncomingCall))
    us.take(Caller().invite())
    assert len(us.got(IncomingCall)) == before + 1


def test_a_reader_of_streams_is_not_needed_to_survive_a_lying_length(us: Alone) -> None:
    us.take(message("clerr"), CARRIER._replace(transport="tcp"), US._replace(transport="tcp"))
    assert us.got(IncomingCall) == []


RFC5118 = {
    "ipv6-good": {401},
    "ipv6-bad": {400},
    "port-ambiguous": {401},
    "port-unambiguous": {401},
    "via-received-param-with-delim": {405, 200, 481},
    "via-received-param-no-delim": {405, 200, 481},
    "ipv6-in-sdp": {100},
    "mult-ip-in-header": {405, 200, 481},
    "mult-ip-in-sdp": {100},
    "ipv4-mapped-ipv6": {100},
    "ipv6-bug-abnf-3-colons": {405, 200, 481, 401, 100},
    "ipv6-correct-abnf-2-colons": {405, 200, 481, 401, 100},
}


@pytest.mark.parametrize("name", RFC5118)
def test_rfc_5118_from_a_trunk(us: Alone, name: str) -> None:
    got, packets = take(us, shared(f"torture/rfc5118/{name}").read_bytes(), CARRIER)
    assert got <= RFC5118[name]
    assert len(got) == 1
    assert {packet.destination for packet in packets} == {CARRIER}
