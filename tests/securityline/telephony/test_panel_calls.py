"""A panel dials a receiver line: keys in, tones out, and a human for whoever is no panel."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, get_args

import pytest

from callflows import events as e
from callflows.events import CallId, Cause, IncidentId, LegId
from client_directory.model import ServiceOfDid
from securityline.alarms.contact_id import encode
from securityline.alarms.door import Taken
from securityline.alarms.signal import Signal
from securityline.logbook.document import Document
from securityline.telephony import panel_calls
from securityline.telephony.receipts import AGAIN_TIME, MOST_KEPT, RECEIPT, Receipts
from securityline.telephony.takeover import Takeover
from securityline.telephony.telephony import Telephony
from sip import events as s
from sip.media import protocol as m
from sip.uri import Uri
from sip.values import NameAddr
from tests.securityline.telephony import bench as table
from tests.securityline.telephony.bench import (
    CALLER,
    CARRIER,
    DID,
    INCIDENT,
    OFFER,
    OURS,
    Bench,
    MediaNotebook,
)

PANIC = encode("1234", "1", "120", "01", "015")
RESTORE = encode("1234", "3", "120", "01", "015")
LISTEN = encode("1234", "1", "606", "00", "000")
CASE = IncidentId("20261122-0009")
HANDSHAKE, KISS_OFF = m.Tone("contact_id_handshake"), m.Tone("contact_id_kissoff")


class Door:
    """A door whose disk answers when the test says so."""

    def __init__(self, bench: "Panels") -> None:
        self._bench = bench
        self.signals: list[Signal] = []
        self.heard: list[Signal] = []
        self.waiting: list[Callable[[], None]] = []
        self.is_quick = True
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
        self.signals.append(signal)
        for document in documents:
            self._bench.write(document)
        self.waiting.append(lambda: then(Taken(CASE, is_repeat=False, seq=1)))
        if self.is_quick:
            self._bench.due.append((self._bench.now + 0.01, self.becomes_durable))
        return CASE

    def becomes_durable(self) -> None:
        waiting, self.waiting = self.waiting, []
        for then in waiting:
            then()


class Notebook(MediaNotebook):
    """Notes also which tones were ordered, and when."""

    def __init__(self, bench: "Panels", **kept: Any) -> None:
        super().__init__(**kept)
        self._bench = bench

    def put_leg(self, spec: m.LegSpec) -> None:
        before = self.legs.get(spec.leg_id)
        super().put_leg(spec)
        is_new = before is None or before.source != spec.source
        if isinstance(spec.source, m.Tone) and is_new:
            self._bench.played.append((self._bench.now, spec.source))


class Panels(Bench):
    """The table, with a receiver line and a notebook of what the caller hears, and when."""

    def __init__(self) -> None:
        self.played: list[tuple[float, m.Tone]] = []
        self.calls = 0
        super().__init__()

    def build(self) -> Telephony:
        self.door = Door(self)
        self.media = Notebook(self, legs=self.media.legs, taken=self.media.taken)
        exchange = super().build().exchange

        def admit(event: Any, leg_id: LegId) -> e.CallOffered:
            offered = table.admit(event, leg_id)
            call_id = CallId(f"{INCIDENT}-c{self.calls}")
            return replace(offered, service="alarm_receiver", call_id=call_id)

        return Telephony(
            exchange, admit=admit, recording_path=lambda name: name, door=self.door
        )

    def dials(self) -> LegId:
        """Let somebody dial the receiver line; return his leg."""
        self.calls += 1
        self.peers[CARRIER].invite(
            self.caller,
            Uri(scheme="sip", user=DID, host=OURS.host, port=OURS.port),
            self.now,
            destination=OURS,
            from_=NameAddr("", Uri(scheme="sip", user=CALLER, host="trunk.example")),
            sdp=OFFER,
        )
        self.travel()
        [leg] = self.telephony.exchange.legs
        return leg.leg_id

    @property
    def caller(self) -> str:
        """The carrier's name of the latest call."""
        return f"panel-{self.calls}"

    def hangs_up(self) -> None:
        """Let the caller go."""
        self.peers[CARRIER].hang_up(self.caller, self.now)
        self.travel()

    def presses(self, leg: LegId, keys: str, every: float = 0.11) -> None:
        for key in keys:
            self.pass_time(every)
            self.telephony.take_media(m.DigitHeard(leg, key, 55))

    @property
    def tones(self) -> list[m.Tone]:
        return [tone for _, tone in self.played]


@pytest.fixture
def bench() -> Panels:
    return Panels()


# ---------------------------------------------------------------- a panel


def test_the_line_is_answered_by_the_engine_and_no_operator_hears_of_it(bench: Panels) -> None:
    leg = bench.dials()
    assert any(isinstance(x, s.Answered) for x in bench.heard[CARRIER])
    assert bench.count(e.CallOffered) == 0
    taken = bench.last(e.PanelCallTaken)
    assert (taken.did, taken.caller) == (DID, CALLER)
    assert bench.media.legs[leg].hears_keys_in_band, "panels send keys as sound"


def test_a_keyholder_who_is_being_called_and_rings_that_line_is_no_panel(
    bench: Panels,
) -> None:
    asked = []

    def is_called(organisation: str | None, number: str | None) -> bool:
        asked.append((organisation, number))
        return True

    bench.telephony.exchange.is_keyholder_called = is_called
    bench.dials()
    assert asked == [(bench.last(e.CallOffered).identification.organisation, CALLER)]
    assert bench.count(e.PanelCallTaken) == 0
    bench.pass_time(5)
    assert bench.tones == [], "no handshake in his ear"


def test_the_call_is_in_the_log_before_it_is_answered(bench: Panels) -> None:
    bench.is_durable = False
    bench.dials()
    assert bench.count(e.PanelCallTaken) == 1
    assert not any(isinstance(x, s.Answered) for x in bench.heard[CARRIER])


def test_handshake_message_kiss_off_and_good_bye(bench: Panels) -> None:
    leg = bench.dials()
    begin = bench.now
    bench.pass_time(1.1)
    assert bench.tones == [HANDSHAKE]
    assert 0.5 <= bench.played[0][0] - begin <= 2.0
    bench.presses(leg, PANIC)
    bench.pass_time(0.05)
    assert bench.tones == [HANDSHAKE, KISS_OFF]
    [signal] = bench.door.signals
    assert (signal.source, signal.account, signal.code, signal.zone) == (
        "contact_id_call",
        "1234",
        "120",
        "015",
    )
    assert [x.path for x in bench.door.heard] == ["telephone"], "its path is supervised"
    bench.pass_time(10)
    assert any(isinstance(x, s.Ended) for x in bench.heard[CARRIER]), "we hang up"
    ended = bench.last(e.PanelCallEnded)
    assert (ended.incident_id, ended.messages) == (CASE, 1)
    assert bench.count(e.CallOffered) == bench.count(e.LegEnded) == 0
    assert bench.media.taken == set()
    assert not [key for key in bench.written if key[0] in ("leg", RECEIPT)]


def test_no_kiss_off_before_the_alarm_is_stored(bench: Panels) -> None:
    bench.door.is_quick = False
    leg = bench.dials()
    bench.pass_time(1.1)
    bench.presses(leg, PANIC)
    bench.pass_time(0.5)
    assert KISS_OFF not in bench.tones
    bench.door.becomes_durable()
    assert bench.tones[-1] == KISS_OFF


def test_what_is_stored_late_is_no_receipt_for_what_was_said_after_it(bench: Panels) -> None:
    bench.door.is_quick = False
    leg = bench.dials()
    bench.pass_time(1.1)
    bench.presses(leg, PANIC)
    bench.pass_time(1.3)
    bench.presses(leg, RESTORE)
    first, second = bench.door.waiting
    first()
    assert KISS_OFF not in bench.tones, "the second is on no disk yet"
    second()
    assert bench.tones[-1] == KISS_OFF


def test_several_messages_in_one_call(bench: Panels) -> None:
    leg = bench.dials()
    bench.pass_time(1.1)
    for keys in (PANIC, RESTORE):
        bench.presses(leg, keys)
        bench.pass_time(1.5)
    assert bench.tones == [HANDSHAKE, KISS_OFF, KISS_OFF]
    bench.pass_time(10)
    assert bench.last(e.PanelCallEnded).messages == 2


def test_a_panel_that_hangs_up_after_its_receipt_is_done(bench: Panels) -> None:
    leg = bench.dials()
    bench.pass_time(1.1)
    bench.presses(leg, PANIC)
    bench.pass_time(1.2)
    bench.hangs_up()
    assert bench.last(e.PanelCallEnded).messages == 1
    assert bench.count(e.CallOffered) == 0
    assert not [key for key in bench.written if key[0] == RECEIPT]


# ---------------------------------------------------------------- the next call


def test_without_a_receipt_the_next_call_brings_the_same_alarm(bench: Panels) -> None:
    bench.door.is_quick = False
    leg = bench.dials()
    bench.pass_time(1.1)
    bench.presses(leg, PANIC)
    bench.hangs_up()
    bench.pass_time(20)
    leg = bench.dials()
    bench.pass_time(1.1)
    bench.presses(leg, PANIC)
    first, again = bench.door.signals
    assert first.source_id == again.source_id
    bench.door.becomes_durable()
    assert bench.tones[-1] == KISS_OFF, "and gets its receipt"


def test_a_kiss_off_that_was_cut_short_is_no_receipt(bench: Panels) -> None:
    for _ in range(2):
        leg = bench.dials()
        bench.pass_time(1.1)
        bench.presses(leg, PANIC)
        bench.pass_time(0.3)
        assert bench.tones[-1] == KISS_OFF
        bench.hangs_up()
        bench.pass_time(20)
    first, again = bench.door.signals
    assert first.source_id == again.source_id


def test_with_a_receipt_the_next_call_brings_another(bench: Panels) -> None:
    sources = []
    for _ in range(2):
        leg = bench.dials()
        bench.pass_time(1.1)
        bench.presses(leg, PANIC)
        bench.pass_time(12)
        sources.append(bench.door.signals[-1].source_id)
    assert sources[0] != sources[1]


def test_receipts_survive_a_restart_and_are_bounded() -> None:
    receipts, after = Receipts(), Receipts()
    after.adopt(receipts.begin(DID, PANIC, "call-1", 1000.0))
    assert after.first_call(DID, PANIC, "call-2", 1000.0 + AGAIN_TIME) == "call-1"
    assert after.first_call(DID, PANIC, "call-2", 1001.0 + AGAIN_TIME) == "call-2"
    assert after.first_call(DID, RESTORE, "call-2", 1000.0) == "call-2"
    assert [d.data for d in after.heard(DID, PANIC, 1000.0)] == [None]
    assert after.first_call(DID, PANIC, "call-2", 1000.0) == "call-2"
    for number in range(MOST_KEPT + 5):
        after.begin(DID, str(number), "x", 2000.0)
    assert len(after) == MOST_KEPT


# ---------------------------------------------------------------- whoever is none


def test_a_silent_caller_is_an_operator_s_after_five_seconds(bench: Panels) -> None:
    leg = bench.dials()
    bench.pass_time(5.1)
    offered = bench.last(e.CallOffered)
    assert (offered.leg_id, offered.is_answered) == (leg, True)
    assert not offered.is_listening_in
    handed = bench.last(e.PanelHandedOver)
    assert (handed.incident_id, handed.found) == (INCIDENT, "silent")
    assert bench.media.legs[leg].source == m.Silence()
    assert not bench.media.legs[leg].hears_keys_in_band
    kept = bench.written["leg", leg].data
    assert kept is not None
    assert kept["order"] == {}, "after a restart it is a caller like any other"
    bench.telephony.take_media(m.DigitHeard(leg, "1", 100))
    assert bench.last(e.DigitPressed).digit == "1"


def test_a_garbled_panel_is_shown_with_what_was_heard(bench: Panels) -> None:
    leg = bench.dials()
    bench.pass_time(1.1)
    for _ in range(4):
        bench.presses(leg, PANIC[:-2] + "**")
        bench.pass_time(1.3)
    handed = bench.last(e.PanelHandedOver)
    assert handed.found == "garbled"
    assert handed.keys.count("/") == 3


def test_a_caller_who_hangs_up_before_is_an_abandoned_caller(bench: Panels) -> None:
    leg = bench.dials()
    bench.pass_time(2)
    bench.hangs_up()
    assert bench.last(e.CallOffered).leg_id == leg
    assert bench.last(e.PanelHandedOver).found == "hung_up"
    ended = bench.last(e.LegEnded)
    assert (ended.leg_id, ended.cause) == (leg, Cause.HUNG_UP)
    assert ("leg", leg) not in bench.written
    assert bench.media.taken == set()


def test_a_panel_whose_second_message_is_cut_off_is_not_forgotten(bench: Panels) -> None:
    leg = bench.dials()
    bench.pass_time(1.1)
    bench.presses(leg, PANIC)
    bench.pass_time(1.5)
    bench.presses(leg, RESTORE[:9])
    bench.hangs_up()
    handed = bench.last(e.PanelHandedOver)
    assert (handed.incident_id, handed.keys) == (CASE, RESTORE[:9])


def test_a_disk_that_refuses_brings_an_operator(bench: Panels) -> None:
    bench.door.fails = True
    leg = bench.dials()
    bench.pass_time(1.1)
    for _ in range(4):
        bench.presses(leg, PANIC)
        bench.pass_time(1.3)
    bench.pass_time(3)
    assert bench.tones == [HANDSHAKE]
    assert bench.last(e.PanelHandedOver).found == "not_stored"


def test_a_panel_that_lets_us_listen_is_put_through_to_the_case_of_its_alarm(
    bench: Panels,
) -> None:
    leg = bench.dials()
    bench.pass_time(1.1)
    bench.presses(leg, PANIC)
    bench.pass_time(1.5)
    bench.presses(leg, LISTEN)
    bench.pass_time(4)
    offered = bench.last(e.CallOffered)
    assert offered.incident_id == CASE
    assert offered.is_listening_in
    assert bench.last(e.PanelHandedOver).found == "listen_in"


def test_a_dead_audio_path_tells_no_flow_of_a_leg_it_does_not_know(bench: Panels) -> None:
    leg = bench.dials()
    for event in (m.AudioLost(leg), m.AudioBack(leg), m.LegFailed(leg, "gone")):
        bench.telephony.take_media(event)
    assert not any(
        isinstance(x, e.AudioLost | e.AudioBack | e.CommandFailed) for x in bench.told
    )


# ---------------------------------------------------------------- a restart


def test_a_restarted_engine_goes_on_with_the_panel_s_call(bench: Panels) -> None:
    leg = bench.dials()
    bench.pass_time(1.1)
    bench.presses(leg, PANIC[:7])
    documents = [d for (kind, _), d in bench.written.items() if kind == "leg"]
    carried = dict(bench.media.legs)
    bench.ours = bench.agent(OURS)
    bench.telephony = bench.build()
    survivors = Takeover(bench.telephony.exchange, bench.telephony.dialling, carried).adopt(
        documents
    )
    assert survivors == (leg,)
    bench.telephony.adopt_panels([])
    bench.travel()
    assert len(bench.telephony.panels) == 1
    bench.pass_time(1.2)
    bench.presses(leg, PANIC)
    bench.pass_time(0.1)
    assert bench.tones[-1] == KISS_OFF
    assert [signal.code for signal in bench.door.signals] == ["120"]


def test_the_name_of_the_service_is_the_directory_s() -> None:
    assert panel_calls.RECEIVER in get_args(ServiceOfDid)
