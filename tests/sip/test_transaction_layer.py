from __future__ import annotations

import pytest

from sip.endpoint import Endpoint
from sip.message import Request, parse
from sip.server_transaction import InviteServerTransaction, ServerTransaction
from sip.transaction import Wire
from sip.transaction_layer import TransactionLayer, server_key
from tests.sip.pretend import CARRIER, US, wire
from tests.sip.test_transaction import outgoing, response

TEXT = """{method} sip:us@192.0.2.1 SIP/2.0
Via: SIP/2.0/UDP {via}
From: <sip:a@198.51.100.1>;tag={tag}
To: <sip:us@192.0.2.1>{to}
Call-ID: {call_id}
CSeq: {number} {cseq_method}

"""


def request(method: str = "INVITE", **changes: object) -> Request:
    values: dict[str, object] = {
        "method": method,
        "cseq_method": method,
        "via": "198.51.100.1:5060;branch=z9hG4bKabc",
        "tag": "a",
        "to": "",
        "call_id": "c1",
        "number": 1,
    }
    found = parse(wire(TEXT.format(**(values | changes))))
    assert isinstance(found, Request)
    return found


def test_branch_sent_by_and_method_make_the_transaction() -> None:
    base = server_key(request())
    assert server_key(request(call_id="c2", tag="z", number=9)) == base
    assert server_key(request(via="198.51.100.1:5060;rport;branch=z9hG4bKabc")) == base
    assert server_key(request("OPTIONS")) != base
    assert server_key(request(via="198.51.100.1:5061;branch=z9hG4bKabc")) != base
    assert server_key(request(via="198.51.100.2:5060;branch=z9hG4bKabc")) != base
    assert server_key(request(via="198.51.100.1:5060;branch=z9hG4bKabd")) != base


def test_sent_by_is_compared_without_case() -> None:
    upper = server_key(request(via="GW.example;branch=z9hG4bKabc"))
    assert server_key(request(via="gw.EXAMPLE;branch=z9hG4bKabc")) == upper


def test_ack_and_cancel_find_their_invite() -> None:
    assert server_key(request("ACK", to=";tag=ours")) == server_key(request())
    assert server_key(request("CANCEL"), "INVITE") == server_key(request())
    assert server_key(request("CANCEL")) != server_key(request())


@pytest.mark.parametrize("branch", ["", ";branch=1", ";branch=z9hG4bK"])
def test_without_a_real_branch_the_rest_of_the_message_decides(branch: str) -> None:
    via = f"198.51.100.1:5060{branch}"
    base = server_key(request(via=via))
    assert server_key(request(via=via)) == base
    assert server_key(request("ACK", via=via, to=";tag=ours")) == base
    for other in ({"call_id": "c2"}, {"tag": "b"}, {"number": 2}):
        assert server_key(request(via=via, **other)) != base


def begin(layer: TransactionLayer, text: Request, now: float = 0.0) -> ServerTransaction:
    merge_key = ("c1", "a", 1, text.method)
    return layer.answer(server_key(text), merge_key, CARRIER, CARRIER, US, now)


def test_a_transaction_is_found_until_it_is_over() -> None:
    shared = Wire()
    layer = TransactionLayer(shared)
    options = request("OPTIONS")
    transaction = begin(layer, options)
    assert layer.find_server(server_key(options)) is transaction
    assert layer.is_merged(("c1", "a", 1, "OPTIONS"))
    transaction.respond(200, b"SIP/2.0 200 OK", 0.0)
    shared.timers.run(32.0)
    assert layer.find_server(server_key(options)) is None
    assert not layer.is_merged(("c1", "a", 1, "OPTIONS"))
    assert len(layer) == 0


def test_only_an_invite_is_acknowledged_or_cancelled() -> None:
    layer = TransactionLayer(Wire())
    begin(layer, request("OPTIONS"))
    assert layer.find_invite(server_key(request("OPTIONS"))) is None
    invite = begin(layer, request())
    assert isinstance(invite, InviteServerTransaction)
    assert layer.find_invite(server_key(request("ACK"))) is invite


def ask(layer: TransactionLayer, heard: list[object], to: Endpoint = CARRIER) -> None:
    layer.ask(
        outgoing(),
        bytes(outgoing()),
        to,
        US,
        0.0,
        lambda _t, found, _n: heard.append(found.status),
        lambda _t, why, _n: heard.append(why),
    )


def test_responses_find_their_request_by_branch_and_method() -> None:
    layer, heard = TransactionLayer(Wire()), []
    ask(layer, heard)
    found = layer.find_client(response(200))
    assert found is not None
    assert layer.find_client(response(200, "CANCEL")) is None
    other = parse(bytes(response(200)).replace(b"z9hG4bKtest", b"z9hG4bKelse"))
    assert layer.find_client(other) is None  # type: ignore[arg-type]


def test_a_cut_reaches_just_those_that_send_there() -> None:
    layer, heard = TransactionLayer(Wire()), []
    ask(layer, heard)
    layer.cut(US, 1.0)
    assert heard == []
    layer.cut(CARRIER, 1.0)
    assert heard == ["transport"]
    assert len(layer) == 0


def test_the_same_request_by_another_transport_takes_the_place_of_the_first() -> None:
    """What the first transaction leaves behind must not take the second with it."""
    shared = Wire()
    layer, heard = TransactionLayer(shared), []
    ask(layer, heard, CARRIER._replace(transport="tcp"))
    first = layer.find_client(response(200))
    ask(layer, heard)
    second = layer.find_client(response(200))
    assert first is not None
    assert second is not first
    first.cut(1.0)
    assert layer.find_client(response(200)) is second
