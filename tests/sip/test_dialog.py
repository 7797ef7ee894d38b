"""Dialogs alone: parties, routes, targets, order, who may speak, snapshots."""

from __future__ import annotations

import json

import pytest

from sip.dialog import Dialog, contact_host, endpoint_of, ip_literal
from sip.endpoint import Endpoint, Peer
from sip.errors import ParseError
from sip.message import Request, Response, parse
from sip.outgoing import OutgoingRequest
from sip.uri import Uri
from tests.sip.far_end import Caller, reply
from tests.sip.pretend import CARRIER, STRANGER, US
from tests.sip.test_transaction import outgoing

TRUNK = Peer("trunk", "carrier-a")
PHONE = Peer("phone", "op1")


def callee_side(headers: str = "", peer: Peer = TRUNK, **changes: str) -> Dialog:
    request = parse(Caller().invite(headers=headers, **changes))
    assert isinstance(request, Request)
    return Dialog.from_request(
        request, "ours", peer=peer, source=CARRIER, local=US, local_contact="<sip:us>"
    )


def caller_side(headers: str = "", contact: str = "<sip:op@198.51.100.1>") -> Dialog:
    sent = outgoing()
    request = parse(bytes(sent))
    assert isinstance(request, Request)
    response = parse(reply(request, 200, "theirs", headers=headers, contact=contact))
    assert isinstance(response, Response)
    return Dialog.from_response(
        sent, response, "b", peer=TRUNK, source=CARRIER, local=US, local_contact="<sip:us>"
    )


def write(dialog: Dialog, method: str = "BYE") -> OutgoingRequest:
    return dialog.request(method, branch="z9hG4bKx", sent_by="192.0.2.1:5060", transport="udp")


# ---------------------------------------------------------------- making


def test_the_callee_turns_from_and_to_round() -> None:
    dialog = callee_side()
    bye = write(dialog)
    assert bye.from_ == "<sip:+3222001234@line.example>;tag=ours"
    assert bye.to == "<sip:+32478123456@trunk.example>;tag=a1"
    assert bye.uri == "sip:gw@198.51.100.1:5060"
    assert (dialog.remote_tag, dialog.remote_cseq, dialog.is_caller) == ("a1", 1, False)


def test_the_caller_keeps_from_and_takes_their_tag() -> None:
    dialog = caller_side()
    bye = write(dialog)
    assert bye.from_ == "<sip:b@192.0.2.1>;tag=b"
    assert bye.to == "<sip:a@198.51.100.1>;tag=theirs"
    assert (bye.cseq, bye.call_id) == (8, "call@192.0.2.1")
    assert dialog.is_caller
    assert dialog.remote_cseq is None


def test_numbers_rise_by_one_and_the_ack_takes_that_of_its_invite() -> None:
    dialog = callee_side()
    assert [write(dialog).cseq for _ in range(3)] == [1, 2, 3]
    ack = dialog.request("ACK", branch="z", sent_by="x", transport="udp", cseq=2)
    assert ack.cseq == 2
    assert write(dialog).cseq == 4


def test_routes_keep_their_order_for_the_callee_and_turn_round_for_the_caller() -> None:
    lines = "Record-Route: <sip:p1;lr>, <sip:p2;lr>\nRecord-Route: <sip:p3;lr>"
    assert callee_side(lines).route_set == ("<sip:p1;lr>", "<sip:p2;lr>", "<sip:p3;lr>")
    assert caller_side(lines).route_set == ("<sip:p3;lr>", "<sip:p2;lr>", "<sip:p1;lr>")


def test_a_strict_router_gets_the_request_uri_and_the_target_comes_last() -> None:
    """RFC 3261 section 12.2.1.1, for proxies of RFC 2543."""
    bye = write(callee_side("Record-Route: <sip:192.0.2.50:5070>, <sip:p2;lr>"))
    assert bye.uri == "sip:192.0.2.50:5070"
    assert bye.routes == ("<sip:p2;lr>", "<sip:gw@198.51.100.1:5060>")


def test_a_loose_router_does_not() -> None:
    bye = write(callee_side("Record-Route: <sip:192.0.2.50;lr>"))
    assert (bye.uri, bye.routes) == ("sip:gw@198.51.100.1:5060", ("<sip:192.0.2.50;lr>",))


def test_a_record_route_that_cannot_be_read_stops_an_incoming_call_only() -> None:
    with pytest.raises(ParseError):
        callee_side("Record-Route: <sip:")
    assert caller_side("Record-Route: <sip:").route_set == ()


@pytest.mark.parametrize("contact", ["", "<sip:", "<tel:+32>", "*"])
def test_without_a_usable_contact_the_target_is_where_we_called(contact: str) -> None:
    assert caller_side(contact=contact).remote_target == "sip:a@198.51.100.1"


def test_of_several_contacts_the_first_counts() -> None:
    dialog = caller_side(contact="<sip:one@192.0.2.5>, <sip:two@192.0.2.6>")
    assert dialog.remote_target == "sip:one@192.0.2.5"


# ---------------------------------------------------------------- order


def test_each_number_is_taken_once_and_only_upwards() -> None:
    dialog = callee_side()
    assert not dialog.accepts_order(1)
    assert dialog.accepts_order(2)
    assert not dialog.accepts_order(2)
    assert dialog.accepts_order(1000)
    assert not dialog.accepts_order(999)


def test_the_first_number_of_a_callee_may_be_anything() -> None:
    dialog = caller_side()
    assert dialog.accepts_order(0)
    assert not dialog.accepts_order(0)


# ---------------------------------------------------------------- where to, from whom


@pytest.mark.parametrize(
    ("target", "headers", "destination"),
    [
        ("<sip:gw@198.51.100.9:5080>", "", ("udp", "198.51.100.9", 5080)),
        ("<sip:gw@198.51.100.9>", "", ("udp", "198.51.100.9", 5060)),
        ("<sip:gw@198.51.100.9;transport=tcp>", "", ("tcp", "198.51.100.9", 5060)),
        ("<sip:gw@[2001:db8::9]:5070>", "", ("udp", "2001:db8::9", 5070)),
        ("<sip:gw@gw.example>", "", CARRIER),
        ("<sips:gw@198.51.100.9>", "", CARRIER),
        ("<sip:gw@198.51.100.9;transport=sctp>", "", CARRIER),
        (
            "<sip:gw@198.51.100.9>",
            "Record-Route: <sip:192.0.2.50:5070;lr>",
            ("udp", "192.0.2.50", 5070),
        ),
        ("<sip:gw@198.51.100.9>", "Record-Route: <sip:proxy.example;lr>", CARRIER),
    ],
)
def test_a_trunk_is_sent_to_where_it_says(
    target: str, headers: str, destination: tuple[str, str, int]
) -> None:
    dialog = callee_side(headers)
    dialog.remote_target = target.strip("<>")
    assert dialog.next_hop() == destination


def test_a_phone_is_sent_to_where_it_speaks_from() -> None:
    dialog = callee_side(peer=PHONE)
    dialog.remote_target = "sip:op1@10.0.0.7:5060"
    assert dialog.next_hop() == CARRIER


def test_a_live_connection_is_used_again_by_anybody() -> None:
    dialog = callee_side()
    dialog.source = Endpoint("tcp", "198.51.100.1", 41000)
    assert dialog.next_hop() == dialog.source
    dialog.is_flow_lost = True
    assert dialog.next_hop() == ("tcp", "198.51.100.1", 5060)


def test_a_phone_whose_connection_broke_is_tried_at_its_contact_on_the_same_host_only() -> None:
    dialog = callee_side(peer=PHONE)
    dialog.source = Endpoint("tcp", "203.0.113.7", 41000)
    dialog.is_flow_lost = True
    dialog.remote_target = "sip:op1@203.0.113.7:5062"
    assert dialog.next_hop() == ("tcp", "203.0.113.7", 5062)
    dialog.remote_target = "sip:op1@192.0.2.66:5062"  # a victim's
    assert dialog.next_hop() == dialog.source


def test_who_may_speak_in_a_dialog() -> None:
    stranger, other_trunk = Peer("stranger"), Peer("trunk", "carrier-b")
    for dialog in (callee_side(), callee_side(peer=PHONE)):
        assert dialog.may_come_from(CARRIER._replace(port=9), stranger)
        assert dialog.may_come_from(STRANGER, other_trunk)
        assert not dialog.may_come_from(STRANGER, stranger)
        assert not dialog.may_come_from(STRANGER, Peer("phone", "op2"))
        dialog.remote_target = f"sip:x@{STRANGER.host}"
        assert dialog.may_come_from(STRANGER, stranger)
    assert callee_side(peer=PHONE).may_come_from(STRANGER, PHONE)


# ---------------------------------------------------------------- addresses


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("sip:a@192.0.2.1", Endpoint("udp", "192.0.2.1", 5060)),
        ("sip:192.0.2.1:5070", Endpoint("udp", "192.0.2.1", 5070)),
        ("sip:a@192.0.2.1;transport=TCP", Endpoint("tcp", "192.0.2.1", 5060)),
        ("sip:a@192.0.2.1;transport=ws", None),
        ("sip:a@[2001:db8::1]", Endpoint("udp", "2001:db8::1", 5060)),
        ("sip:a@example.com", None),
        ("sip:a@999.1.1.1", None),
        ("sips:a@192.0.2.1", None),
        ("tel:+3222001234", None),
        ("urn:service:sos", None),
    ],
)
def test_where_a_uri_says_to_send(text: str, found: Endpoint | None) -> None:
    assert endpoint_of(Uri.parse(text)) == found


def test_the_transport_at_hand_is_used_when_the_uri_names_none() -> None:
    assert endpoint_of(Uri.parse("sip:192.0.2.1"), "tcp") == ("tcp", "192.0.2.1", 5060)


def test_ip_literals() -> None:
    assert ip_literal("[2001:db8::1]") == "2001:db8::1"
    assert ip_literal("192.0.2.1") == "192.0.2.1"
    assert ip_literal("192.0.2.1.example") is None
    assert contact_host("sip:a@[2001:db8::1]:99") == "2001:db8::1"
    assert contact_host("nonsense") is None


# ---------------------------------------------------------------- snapshots


@pytest.mark.parametrize("dialog", [callee_side("Record-Route: <sip:p;lr>"), caller_side()])
def test_a_snapshot_makes_the_same_dialog_with_fresh_numbers(dialog: Dialog) -> None:
    twin = Dialog.adopt(json.loads(json.dumps(dialog.export())))
    ours, theirs = write(twin), write(dialog)
    assert ours.cseq > theirs.cseq + 500
    for name in ("uri", "from_", "to", "call_id", "routes"):
        assert getattr(ours, name) == getattr(theirs, name)
    assert (twin.peer, twin.source, twin.local) == (dialog.peer, dialog.source, dialog.local)
    assert twin.remote_cseq == dialog.remote_cseq
    assert twin.may_come_from(CARRIER, Peer("stranger"))
