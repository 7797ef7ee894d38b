"""Alarm units on the telephone line: what they send, what they hear, whose call is whose."""

from collections.abc import Callable, Sequence
from typing import Any
from xml.sax.saxutils import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callflows.events import IncidentId
from securityline.alarms import scaip_xml as xml
from securityline.alarms.door import Taken
from securityline.alarms.scaip import Answer, Status, parse_answer
from securityline.alarms.signal import Signal
from securityline.logbook.document import Document
from securityline.telephony.expected import (
    EXPECTED_TIME,
    MOST_EXPECTED,
    Expected,
    ExpectedCalls,
    names_of_caller,
    names_of_sender,
)
from securityline.telephony.scaip import HOLD_AFTER, ScaipReceiver, ScaipSettings
from sip.endpoint import Endpoint, Peer
from sip.events import MessageAnswered, MessageReceived
from sip.message import Request, parse
from tests.shared import shared

UNIT = Endpoint("udp", "192.0.2.77", 5070)
OURS = Endpoint("udp", "192.0.2.1", 5060)
TRUNK = Peer("trunk", "provider")
PHONE = Peer("phone", "unit7")
ALARM = b"<mrq><ref>a1</ref><cid>0032478</cid><dty>0007</dty>%s</mrq>"


class Book:
    """A door whose disk is as slow as the test wants."""

    def __init__(self) -> None:
        self.admitted: list[Signal] = []
        self.heard: list[Signal] = []
        self.waiting: list[Callable[[], None]] = []
        self.written: list[Document] = []
        self.fails = False

    def hear(self, signal: Signal) -> None:
        self.heard.append(signal)

    def admit(
        self,
        signal: Signal,
        then: Callable[[Taken], None],
        *,
        documents: Sequence[Document] = (),
    ) -> IncidentId | None:
        if self.fails:
            raise RuntimeError("no room")
        self.admitted.append(signal)
        self.written += documents
        self.waiting.append(lambda: then(Taken("n-1", is_repeat=False, seq=1)))
        return IncidentId("n-1")

    def becomes_durable(self) -> None:
        waiting, self.waiting = self.waiting, []
        for then in waiting:
            then()


class Agent:
    """Notes what would be sent."""

    def __init__(self) -> None:
        self.sent: list[dict[str, Any]] = []

    def message(
        self, destination: Endpoint, target: Any, now: float, token: str, **more: Any
    ) -> None:
        where = {"to_address": destination, "target": str(target), "token": token}
        self.sent.append(where | more)

    @property
    def answers(self) -> list[Answer]:
        return [parse_answer(each["body"]) for each in self.sent]


class Wire:
    """What the receiver needs of the exchange."""

    def __init__(self) -> None:
        self.now = 1_000.0
        self.ua = Agent()
        self.registrar = self
        self.credentials: dict[str, Any] = {"provider": "ours"}
        self.default_country = "BE"
        self.due: list[tuple[float, Callable[[], None]]] = []
        self.at: list[Any] = []
        self.noted: list[tuple[str, Any]] = []

    def clock(self) -> float:
        return self.now

    def note(self, what: str, data: Any) -> None:
        self.noted.append((what, data))

    def pump(self) -> None:
        pass

    def later(self, delay: float, do: Callable[[], None]) -> None:
        self.due.append((self.now + delay, do))

    def bindings(self, user: str, now: float) -> list[Any]:
        return self.at

    def wait(self, seconds: float) -> None:
        self.now += seconds
        ripe = [do for at, do in self.due if at <= self.now]
        self.due = [(at, do) for at, do in self.due if at > self.now]
        for do in ripe:
            do()


class Bench:
    def __init__(self, **settings: Any) -> None:
        self.wire = Wire()
        self.book = Book()
        self.open: IncidentId | None = IncidentId("n-1")
        self.expected = ExpectedCalls(lambda _source, _source_id: self.open)
        self.receiver = ScaipReceiver(
            self.wire,  # type: ignore[arg-type]
            self.book,
            self.expected,
            ScaipSettings(**settings),
        )

    def takes(self, body: bytes, peer: Peer = TRUNK, **more: str) -> list[Answer]:
        event = MessageReceived(message(body, **more), UNIT, OURS, peer)
        assert self.receiver.take_sip(event)
        return self.wire.ua.answers


def message(body: bytes, headers: str = "", sender: str = "sip:unit7@scaip.example") -> Request:
    text = (
        "MESSAGE sip:arc@line.example SIP/2.0\r\n"
        "Via: SIP/2.0/UDP 192.0.2.77:5070;branch=z9hG4bK1\r\n"
        f"Max-Forwards: 70\r\nFrom: <{sender}>;tag=1\r\nTo: <sip:arc@line.example>\r\n"
        f"Call-ID: 1\r\nCSeq: 1 MESSAGE\r\n{headers}"
        f"Content-Type: application/scaip+xml\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    found = parse(text.encode() + body)
    assert isinstance(found, Request)
    return found


@pytest.fixture
def bench() -> Bench:
    return Bench()


# ---------------------------------------------------------------- stored before answered


def test_nothing_is_answered_before_the_alarm_is_on_the_disk(bench: Bench) -> None:
    assert bench.takes(ALARM % b"") == []
    bench.book.becomes_durable()
    [answer] = bench.wire.ua.answers
    assert (answer.ref, answer.status, answer.media) == ("a1", Status.OK, 1)


def test_the_answer_goes_the_way_the_request_came(bench: Bench) -> None:
    bench.takes(ALARM % b"")
    bench.book.becomes_durable()
    [sent] = bench.wire.ua.sent
    assert (sent["to_address"], sent["local"]) == (UNIT, OURS)
    assert sent["target"] == "sip:unit7@scaip.example"
    assert str(sent["to"].uri) == "sip:unit7@scaip.example"
    assert str(sent["from_"].uri) == "sip:arc@line.example"
    assert sent["content_type"] == "application/scaip+xml"
    assert sent["credentials"] == "ours"


def test_a_registered_unit_is_answered_where_it_registered(bench: Bench) -> None:
    class At:
        source, contact = UNIT, "sip:unit7@10.0.0.7:5070"

    bench.wire.at = [At()]
    bench.takes(ALARM % b"", PHONE)
    bench.book.becomes_durable()
    [sent] = bench.wire.ua.sent
    assert sent["target"] == At.contact
    assert sent["credentials"] is None, "a trunk's password is for the trunk"


def test_a_unit_with_a_trunk_s_name_gets_no_trunk_s_password(bench: Bench) -> None:
    bench.takes(ALARM % b"", Peer("phone", "provider"))
    bench.book.becomes_durable()
    assert bench.wire.ua.sent[0]["credentials"] is None


def test_a_repeat_is_answered_again(bench: Bench) -> None:
    for _ in range(2):
        bench.takes(ALARM % b"")
        bench.book.becomes_durable()
    assert [a.status for a in bench.wire.ua.answers] == [Status.OK, Status.OK]
    first, second = bench.book.admitted
    assert first.source_id == second.source_id, "so that it makes no second case"


def test_a_slow_disk_has_the_unit_hold_and_is_answered_when_it_is_done(bench: Bench) -> None:
    bench.takes(ALARM % b"")
    bench.wire.wait(HOLD_AFTER)
    assert [a.status for a in bench.wire.ua.answers] == [Status.HOLD]
    bench.book.becomes_durable()
    assert [a.status for a in bench.wire.ua.answers] == [Status.HOLD, Status.OK]


def test_a_quick_disk_has_nobody_hold(bench: Bench) -> None:
    bench.takes(ALARM % b"")
    bench.book.becomes_durable()
    bench.wire.wait(10 * HOLD_AFTER)
    assert [a.status for a in bench.wire.ua.answers] == [Status.OK]


def test_what_cannot_be_taken_is_refused_so_that_the_unit_tries_elsewhere(
    bench: Bench,
) -> None:
    bench.book.fails = True
    [answer] = bench.takes(ALARM % b"")
    assert (answer.ref, answer.status) == ("a1", Status.NOT_TREATED)


def test_a_request_that_is_refused_leaves_a_line(bench: Bench) -> None:
    [answer] = bench.takes(b"<mrq><ref>a1</ref><dty>0003</dty></mrq>")
    assert answer.status is Status.MANDATORY_TAG_MISSING
    [(what, data)] = bench.wire.noted
    assert (what, data["ref"], data["peer"]) == ("ScaipRefused", "a1", TRUNK.name)
    assert data["reason"] == "cid is missing"
    bench.takes(ALARM % b"")
    assert len(bench.wire.noted) == 1


def test_a_signal_names_its_session_and_the_call_that_was_promised(bench: Bench) -> None:
    bench.takes(ALARM % b"")
    bench.takes(ALARM % b"<cha>1</cha>")
    bench.takes(ALARM % b"<mty>RE</mty><cha>1</cha>")
    assert [one.session for one in bench.book.admitted] == ["a1"] * 3
    assert [one.call_time for one in bench.book.admitted] == [None, 300.0, None]


def test_a_heartbeat_is_heard_answered_at_once_and_no_alarm() -> None:
    bench = Bench(heartbeat_minutes=60)
    [answer] = bench.takes(ALARM % b"<mty>PI</mty>")
    assert (answer.status, answer.heartbeat_minutes) == (Status.OK, 60)
    assert bench.book.admitted == []
    [signal] = bench.book.heard
    assert (signal.account, signal.path, signal.is_heartbeat) == ("0032478", "scaip", True)


def test_an_alarm_too_shows_that_its_path_works(bench: Bench) -> None:
    bench.takes(ALARM % b"")
    assert [signal.path for signal in bench.book.heard] == ["scaip"]


def test_an_undelivered_answer_is_counted(bench: Bench) -> None:
    bench.takes(ALARM % b"")
    bench.book.becomes_durable()
    [sent] = bench.wire.ua.sent
    assert bench.receiver.take_sip(MessageAnswered(sent["token"], None))
    assert bench.receiver.undelivered == 1


# ---------------------------------------------------------------- samples, and worse


EXPECT = {
    "req-alarm-voice": (Status.OK, 1),
    "req-minimal": (Status.OK, 1),
    "req-mandown-gps": (Status.OK, None),
    "req-heartbeat": (Status.OK, None),
    "req-reset": (Status.OK, None),
    "req-info": (Status.OK, None),
    "req-callback": (Status.OK, 1),
    "bad-missing-dty": (Status.MANDATORY_TAG_MISSING, None),
    "bad-missing-ref": (Status.REFERENCE_MISSING, None),
    "bad-cid-letters": (Status.WRONG_CONTENT, None),
    "bad-truncated": (Status.INVALID_FORMAT, None),
    "bad-entity": (Status.INVALID_FORMAT, None),
    "quirk-root-scaip": (Status.OK, None),
    "quirk-namespace": (Status.OK, None),
}


@pytest.mark.parametrize("name", EXPECT)
def test_each_sample_has_its_answer(bench: Bench, name: str) -> None:
    status, media = EXPECT[name]
    body = (shared("alarm-data") / "scaip" / f"{name}.xml").read_bytes()
    bench.receiver.take_sip(MessageReceived(message(body), UNIT, OURS, TRUNK))
    bench.book.becomes_durable()
    [sent] = bench.wire.ua.sent
    said = dict(xml.read(sent["body"])[1])
    assert int(said["snu"]) == status
    assert media is None or said["mre"] == str(media)
    assert name != "req-callback" or said["cre"] == "05"


@given(st.binary(max_size=400))
def test_no_octets_make_it_fall_over(body: bytes) -> None:
    bench = Bench()
    bench.receiver.take_sip(MessageReceived(message(body), UNIT, OURS, TRUNK))
    bench.book.becomes_durable()
    assert len(bench.wire.ua.sent) == 1


@given(st.text(max_size=200), st.sampled_from(["did", "lte", "ite", "crd", "x", "lge"]))
def test_no_text_of_a_unit_reaches_people_on_two_lines(text: str, where: str) -> None:
    bench = Bench()
    inside = f"<{where}>{escape(text)}</{where}>".encode("utf-8", "replace")
    request = message(ALARM % inside)
    bench.receiver.take_sip(MessageReceived(request, UNIT, OURS, TRUNK))
    bench.book.becomes_durable()
    for signal in bench.book.admitted:
        assert signal.text.isprintable()
        assert signal.zone.isprintable()


# ---------------------------------------------------------------- the voice call


def test_the_unit_s_call_belongs_to_its_alarm(bench: Bench) -> None:
    bench.takes(ALARM % b"<crd>gsm:+32 470 00 00 04</crd><crd>sip:me@unit.example</crd>")
    for name in ("sip:unit7@scaip.example", "+32470000004", "sip:me@unit.example"):
        assert bench.expected.find([name], bench.wire.now + 59) == Expected(
            IncidentId("n-1"), "0032478"
        )
    assert bench.expected.find(["sip:unit8@scaip.example"], bench.wire.now) is None


def test_a_unit_that_has_proved_its_name_is_known_by_that_alone(bench: Bench) -> None:
    bench.takes(ALARM % b"", PHONE, sender="sip:somebody.else@scaip.example")
    assert bench.expected.find(["phone:unit7"], bench.wire.now) is not None
    assert bench.expected.find(["sip:somebody.else@scaip.example"], bench.wire.now) is None


def test_later_or_when_the_case_is_closed_it_is_another_matter(bench: Bench) -> None:
    bench.takes(ALARM % b"")
    name = ["sip:unit7@scaip.example"]
    assert bench.expected.find(name, bench.wire.now + EXPECTED_TIME + 1) is None
    bench.open = None
    assert bench.expected.find(name, bench.wire.now) is None


@pytest.mark.parametrize(
    "inside", [b"<crd>no-voice:</crd>", b"<mty>IN</mty>", b"<mty>PI</mty>"]
)
def test_nobody_is_expected_who_will_not_call(bench: Bench, inside: bytes) -> None:
    bench.takes(ALARM % inside)
    assert len(bench.expected) == 0


def test_what_is_expected_survives_a_restart(bench: Bench) -> None:
    bench.takes(ALARM % b"<crd>gsm:+32470000004</crd>")
    after = ExpectedCalls(lambda _source, _source_id: IncidentId("n-1"))
    after.adopt(bench.book.written)
    assert after.find(["+32470000004"], bench.wire.now) is not None


def test_what_is_kept_is_bounded_and_the_oldest_goes_first() -> None:
    calls = ExpectedCalls(lambda _source, _source_id: IncidentId("n-1"))
    gone: list[Document] = []
    for number in range(MOST_EXPECTED + 10):
        gone += calls.expect([f"sip:{number}@x"], "scaip", str(number), "1", 1000.0)
    assert len(calls) == MOST_EXPECTED
    assert sum(document.data is None for document in gone) == 10
    assert calls.find(["sip:0@x"], 1000.0) is None
    assert calls.find([f"sip:{MOST_EXPECTED}@x"], 1000.0) is not None
    calls.expect(["sip:last@x"], "scaip", "last", "1", 1000.0 + EXPECTED_TIME + 1)
    assert len(calls) == 1, "what is long past needs no room"


def test_a_caller_s_number_counts_where_a_trunk_vouches_for_him() -> None:
    request = message(b"", sender="sip:+32470000004@trunk.example")
    names = names_of_caller(request, TRUNK, "+32470000004")
    assert names == ["sip:+32470000004@trunk.example", "+32470000004"]
    assert names_of_caller(request, PHONE, "+32470000004") == ["phone:unit7"]
    assert names_of_sender(request, PHONE, ("tel:x", "no-voice:"), "BE") == ["phone:unit7"]
