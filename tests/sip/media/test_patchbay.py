"""Legs on real sockets: who is heard, by whom, and who is not."""

import gc
import os
import select
import socket
import time
from collections.abc import Iterator
from typing import Any

import pytest

from sip.media.patchbay import FLOOD, MUTE_TIME, RECEIVE_SIZE, Patchbay
from sip.media.playback import SILENT_FRAME
from sip.media.ports import PortPool
from sip.media.protocol import FirstAudio, FromLeg, LegFailed, LegSpec, Prompts, Tone
from sip.media.rtp import RtpPacket, parse
from sip.media.tap import ANSWER, CALLER
from tests.sip.media.packets import FRAME_A, FRAME_B, Events, FakeTap, packet
from tests.sip.media.test_ports import free_range


class Phone:
    """A peer's RTP socket on loopback."""

    def __init__(self, address: str = "127.0.0.1") -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((address, 0))
        self.socket.settimeout(5)
        self.sequence = 0

    @property
    def address(self) -> tuple[str, int]:
        host, port = self.socket.getsockname()
        return host, port

    def speak(self, port: int, payload: bytes = FRAME_A, count: int = 1) -> None:
        for _ in range(count):
            self.sequence += 1
            self.raw(port, packet(self.sequence, payload=payload))

    def raw(self, port: int, data: bytes) -> None:
        self.socket.sendto(data, ("127.0.0.1", port))

    def packets(self) -> list[RtpPacket]:
        """Everything that has arrived."""
        self.socket.setblocking(False)
        packets = []
        try:
            while True:
                found = parse(self.socket.recv(RECEIVE_SIZE))
                assert found is not None
                packets.append(found)
        except BlockingIOError:
            return packets

    def heard(self) -> bytes:
        """The payload of everything that has arrived."""
        return b"".join(each.payload for each in self.packets())


class Bay:
    """A patchbay and the loop around it, with pretend time."""

    def __init__(self, certificate: Any = None) -> None:
        low, high = free_range(16)
        self.events: Events = []
        self.poll = select.epoll()
        self.pool = PortPool("127.0.0.1", low, high, 8)
        self.pool.top_up()
        self.bay = Patchbay(
            self.poll,
            self.pool,
            self.events.append,
            lambda name, language: FRAME_B * 50,
            certificate=certificate,
        )
        self.now = 1000.0
        self.phones: dict[str, Phone] = {}
        self.ports: dict[str, int] = {}

    def put(self, leg_id: str, **changes: Any) -> int:
        if leg_id not in self.phones:
            self.phones[leg_id] = Phone()
        if leg_id not in self.ports:
            self.ports[leg_id] = self.pool.ready[0]
        port = self.ports[leg_id]
        values: dict[str, Any] = {"remote": self.phones[leg_id].address, **changes}
        self.bay.put(LegSpec(leg_id=leg_id, call_id="call", port=port, **values), self.now)
        return port

    def bridge(self, one: str = "caller", other: str = "operator") -> None:
        self.put(one, source=FromLeg(other))
        self.put(other, source=FromLeg(one))

    def turn(self) -> None:
        """What the worker does with packets; loopback has delivered them already."""
        for number, _ in self.poll.poll(0):
            receive, take = self.bay.lines[number]
            try:
                while True:
                    take(receive(RECEIVE_SIZE), self.now)
            except OSError:
                continue

    def doors(self) -> None:
        for _ in range(5):
            self.bay.serve_doors(self.now)

    def strangers(self, leg_id: str) -> int:
        return self.bay.legs[leg_id].incoming.statistics.strangers

    def close(self) -> None:
        self.bay.close()
        self.pool.close()
        self.poll.close()
        for phone in self.phones.values():
            phone.socket.close()


@pytest.fixture
def bay() -> Iterator[Bay]:
    bay = Bay()
    yield bay
    bay.close()


@pytest.fixture
def stranger() -> Iterator[Phone]:
    phone = Phone("127.0.0.66")
    yield phone
    phone.socket.close()


def test_a_bridge_carries_both_ways(bay: Bay) -> None:
    bay.bridge()
    bay.phones["caller"].speak(bay.ports["caller"], FRAME_A, 3)
    bay.phones["operator"].speak(bay.ports["operator"], FRAME_B, 2)
    bay.turn()
    assert bay.phones["operator"].heard() == FRAME_A * 3
    assert bay.phones["caller"].heard() == FRAME_B * 2
    assert bay.bay.ticking == {}


def test_a_bridge_to_a_leg_that_comes_later_begins_with_it(bay: Bay) -> None:
    bay.put("caller", source=FromLeg("operator"))
    bay.put("operator", source=FromLeg("caller"))
    bay.phones["operator"].speak(bay.ports["operator"])
    bay.turn()
    assert bay.phones["caller"].heard() == FRAME_A


def test_one_leg_may_be_heard_by_several(bay: Bay) -> None:
    bay.bridge()
    bay.put("supervisor", source=FromLeg("caller"))
    bay.phones["caller"].speak(bay.ports["caller"])
    bay.turn()
    assert bay.phones["operator"].heard() == FRAME_A
    assert bay.phones["supervisor"].heard() == FRAME_A


def test_hold_parts_the_bridge_and_nobody_hears_the_operator(bay: Bay) -> None:
    bay.bridge()
    bay.put("caller", source=Tone("hold_music"))
    bay.phones["operator"].speak(bay.ports["operator"], FRAME_B)
    bay.turn()
    assert bay.phones["caller"].heard() == b""
    bay.bay.tick(bay.now)
    assert len(bay.phones["caller"].heard()) == 160
    bay.put("caller", source=FromLeg("operator"))
    bay.phones["operator"].speak(bay.ports["operator"], FRAME_B)
    bay.turn()
    assert bay.phones["caller"].heard() == FRAME_B
    bay.bay.tick(bay.now)
    assert bay.phones["caller"].heard() == b""


def test_another_operator_takes_the_place_of_the_first(bay: Bay) -> None:
    bay.bridge()
    bay.bridge("caller", "second")
    bay.phones["operator"].speak(bay.ports["operator"], FRAME_B)
    bay.phones["second"].speak(bay.ports["second"], FRAME_A)
    bay.turn()
    assert bay.phones["caller"].heard() == FRAME_A


def test_a_dropped_leg_is_neither_heard_nor_hears(bay: Bay) -> None:
    bay.bridge()
    leg = bay.bay.drop("operator", bay.now)
    assert leg is not None
    assert bay.bay.drop("operator", bay.now) is None
    bay.phones["operator"].speak(bay.ports["operator"])
    bay.phones["caller"].speak(bay.ports["caller"])
    bay.turn()
    bay.doors()
    assert bay.phones["caller"].heard() == bay.phones["operator"].heard() == b""
    assert len(bay.bay.lines) == 1


def test_the_operator_may_come_back_on_the_same_port(bay: Bay) -> None:
    bay.bridge()
    bay.bay.drop("operator", bay.now)
    bay.put("operator", source=FromLeg("caller"))
    bay.phones["operator"].speak(bay.ports["operator"])
    bay.turn()
    assert bay.phones["caller"].heard() == FRAME_A


def test_without_permission_nothing_is_sent(bay: Bay) -> None:
    bay.bridge()
    bay.put("operator", source=FromLeg("caller"), can_send=False)
    bay.phones["caller"].speak(bay.ports["caller"])
    bay.turn()
    assert bay.phones["operator"].heard() == b""
    bay.put("operator", source=FromLeg("caller"))
    bay.phones["caller"].speak(bay.ports["caller"])
    bay.turn()
    assert bay.phones["operator"].heard() == FRAME_A


def test_a_held_address_ends_sending_and_keeps_the_socket(bay: Bay) -> None:
    bay.put("caller", source=Tone("busy"))
    bay.put("caller", source=Tone("busy"), remote=None)
    bay.bay.tick(bay.now)
    assert bay.phones["caller"].heard() == b""
    bay.put("caller", source=Tone("busy"))
    bay.bay.tick(bay.now)
    assert len(bay.phones["caller"].heard()) == 160


# ---------------------------------------------------------------- strangers


def hostile_packets() -> list[bytes]:
    sender_report = packet(1, kind=72, marker=True, payload=bytes(24))
    return [
        b"",
        b"\x80",
        packet(1)[:11],
        packet(1),
        packet(1, kind=101, payload=b"\x05\x8a\x03\x20"),
        packet(1, payload=b"\x55" * 1400),
        sender_report,
        b"\xff" * 1400,
        b"INVITE sip:x SIP/2.0\r\n\r\n",
        bytes(n * 7 % 251 for n in range(172)),
    ]


@pytest.mark.parametrize("data", hostile_packets(), ids=lambda data: repr(data[:16]))
@pytest.mark.parametrize("is_spoken", [True, False], ids=["locked", "not yet locked"])
def test_a_stranger_changes_nothing(
    bay: Bay, stranger: Phone, data: bytes, is_spoken: bool
) -> None:
    bay.bridge()
    if is_spoken:
        bay.phones["caller"].speak(bay.ports["caller"])
        bay.turn()
        bay.phones["operator"].heard()
    for _ in range(20):
        stranger.raw(bay.ports["caller"], data)
    bay.turn()
    bay.doors()
    assert bay.strangers("caller") > 0
    assert bay.phones["operator"].heard() == b""
    bay.phones["caller"].speak(bay.ports["caller"], FRAME_A, 2)
    bay.phones["operator"].speak(bay.ports["operator"], FRAME_B, 2)
    bay.turn()
    assert bay.phones["operator"].heard() == FRAME_A * 2
    assert bay.phones["caller"].heard() == FRAME_B * 2
    assert stranger.heard() == b"", "not one packet goes to him"
    assert bay.bay.legs["caller"].latch.peer == bay.phones["caller"].address


def test_a_flood_of_strangers_costs_a_bounded_number_of_looks(
    bay: Bay, stranger: Phone
) -> None:
    port = bay.put("caller")
    for _ in range(500):
        stranger.raw(port, packet(1))
    bay.bay.serve_doors(bay.now)
    assert 0 < bay.strangers("caller") <= 64


def test_a_flood_at_one_door_leaves_the_others_their_turn(bay: Bay, stranger: Phone) -> None:
    flooded = bay.put("flooded")
    nat = Phone("127.0.0.9")
    port = bay.put("caller", also_from=("127.0.0.9",))
    for _ in range(500):
        stranger.raw(flooded, packet(1))
    nat.speak(port)
    bay.bay.serve_doors(bay.now)
    assert bay.bay.legs["caller"].latch.peer == nat.address
    nat.socket.close()


def scan(bay: Bay) -> None:
    for leg in tuple(bay.bay.legs.values()):
        bay.bay.scan(leg, bay.now)


@pytest.mark.parametrize(
    "data", [packet(1), b"junk", packet(1, ssrc=5)], ids=["audio", "junk", "ssrc"]
)
def test_a_peer_who_floods_is_not_heard_for_a_second_and_the_others_are(
    bay: Bay, data: bytes
) -> None:
    bay.bridge()
    bay.phones["caller"].speak(bay.ports["caller"])
    bay.turn()
    scan(bay)
    for _ in range(FLOOD + 1):
        bay.phones["caller"].raw(bay.ports["caller"], data)
        bay.turn()
    scan(bay)
    heard = bay.bay.legs["caller"].incoming.count
    assert heard > FLOOD
    bay.phones["operator"].heard()
    for _ in range(50):
        bay.phones["caller"].raw(bay.ports["caller"], data)
    bay.phones["operator"].speak(bay.ports["operator"], FRAME_B)
    bay.turn()
    assert bay.bay.legs["caller"].incoming.count == heard
    assert bay.phones["caller"].heard() == FRAME_B
    bay.now += MUTE_TIME - 0.1
    scan(bay)
    assert bay.bay._muted
    bay.now += 0.2
    scan(bay)
    bay.phones["caller"].speak(bay.ports["caller"], FRAME_A, 3)
    bay.turn()
    assert bay.bay.legs["caller"].incoming.count == heard + 3, "what came meanwhile is gone"


def test_a_busy_phone_is_no_flood(bay: Bay) -> None:
    bay.bridge()
    bay.phones["caller"].speak(bay.ports["caller"], FRAME_A, FLOOD)
    bay.turn()
    scan(bay)
    assert not bay.bay._muted


def test_a_muted_leg_may_be_turned_and_dropped(bay: Bay) -> None:
    bay.bridge()
    for _ in range(2):
        for _ in range(FLOOD + 1):
            bay.phones["caller"].speak(bay.ports["caller"])
            bay.turn()
        scan(bay)
        assert bay.bay._muted
        bay.phones["caller"].socket.close()
        bay.phones["caller"] = Phone()
        bay.put("caller", source=FromLeg("operator"))
        assert not bay.bay._muted
        bay.phones["caller"].speak(bay.ports["caller"], FRAME_B)
        bay.turn()
        assert bay.phones["operator"].heard().endswith(FRAME_B)
    for _ in range(FLOOD + 1):
        bay.phones["caller"].speak(bay.ports["caller"])
        bay.turn()
    scan(bay)
    bay.bay.drop("caller", bay.now)
    assert not bay.bay._muted


def test_a_phone_behind_nat_is_found_and_kept(bay: Bay, stranger: Phone) -> None:
    nat = Phone("127.0.0.9")
    port = bay.put("caller", also_from=("127.0.0.9",), source=FromLeg("operator"))
    bay.put("operator", source=FromLeg("caller"))
    nat.speak(port, FRAME_A, 1)
    bay.doors()
    nat.speak(port, FRAME_A, 2)
    bay.turn()
    assert bay.phones["operator"].heard() == FRAME_A * 3
    host, source_port = nat.address
    assert FirstAudio("caller", f"{host}:{source_port}") in bay.events
    bay.phones["operator"].speak(bay.ports["operator"], FRAME_B)
    bay.turn()
    assert nat.heard() == FRAME_B
    assert bay.phones["caller"].heard() == b""
    second = Phone("127.0.0.9")
    second.speak(port, FRAME_B, 5)
    bay.turn()
    bay.doors()
    assert bay.phones["operator"].heard() == b""
    assert bay.strangers("caller") == 5
    nat.socket.close()
    second.socket.close()


def test_noise_from_a_vouched_address_moves_nothing(bay: Bay) -> None:
    nat = Phone("127.0.0.9")
    port = bay.put("caller", also_from=("127.0.0.9",), dtmf_payload_type=101)
    for data in hostile_packets():
        if data != packet(1) and data[1:2] not in (b"\x65", b"\x08"):
            nat.raw(port, data)
    bay.doors()
    assert bay.bay.legs["caller"].latch.peer == bay.phones["caller"].address
    nat.socket.close()


def test_the_negotiated_address_wins_back_its_leg(bay: Bay) -> None:
    nat = Phone("127.0.0.9")
    port = bay.put("caller", also_from=("127.0.0.9",), source=FromLeg("operator"))
    bay.put("operator", source=FromLeg("caller"))
    nat.speak(port)
    bay.doors()
    bay.phones["caller"].speak(port, FRAME_B, 1)
    bay.doors()
    bay.phones["operator"].speak(bay.ports["operator"], FRAME_A)
    bay.turn()
    assert bay.phones["caller"].heard() == FRAME_A
    nat.speak(port, FRAME_A, 3)
    bay.turn()
    bay.doors()
    assert bay.bay.legs["caller"].latch.peer == bay.phones["caller"].address
    nat.socket.close()


def test_a_new_negotiation_turns_the_leg(bay: Bay) -> None:
    bay.bridge()
    bay.phones["caller"].speak(bay.ports["caller"])
    bay.turn()
    bay.phones["operator"].heard()
    elsewhere = Phone()
    bay.put("caller", remote=elsewhere.address, source=FromLeg("operator"))
    elsewhere.speak(bay.ports["caller"], FRAME_B)
    bay.turn()
    assert bay.phones["operator"].heard() == FRAME_B
    bay.phones["caller"].speak(bay.ports["caller"], FRAME_A)
    bay.turn()
    bay.doors()
    assert bay.phones["operator"].heard() == b""
    elsewhere.socket.close()


@pytest.mark.parametrize("host", ["255.255.255.255", "peer.example", "::1", ""])
def test_a_peer_that_cannot_be_is_told_and_harms_nobody(bay: Bay, host: str) -> None:
    bay.bridge()
    bay.put("caller", remote=(host, 4000), source=FromLeg("operator"))
    (event,) = bay.events
    assert isinstance(event, LegFailed)
    assert event.leg_id == "caller"
    bay.phones["operator"].speak(bay.ports["operator"])
    bay.turn()
    bay.bay.tick(bay.now)


def test_a_port_of_somebody_else_is_told(bay: Bay) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.1", 0))
        bay.ports["caller"] = other.getsockname()[1]
        bay.put("caller")
    (event,) = bay.events
    assert isinstance(event, LegFailed)
    assert "in use" in event.reason
    assert bay.bay.legs == {}


def test_another_port_for_the_same_leg_is_a_new_leg(bay: Bay) -> None:
    bay.bridge()
    before = bay.ports["caller"]
    bay.ports["caller"] = bay.pool.ready[-1]
    bay.put("caller", source=FromLeg("operator"))
    bay.phones["operator"].speak(bay.ports["operator"])
    bay.turn()
    assert bay.phones["caller"].heard() == FRAME_A
    assert before != bay.ports["caller"]


# ---------------------------------------------------------------- beat and recordings


def test_a_prompt_goes_out_with_the_beat_only(bay: Bay) -> None:
    bay.put("caller", source=Prompts(("notice",), "fr"))
    assert bay.phones["caller"].heard() == b""
    for _ in range(3):
        bay.bay.tick(bay.now)
    assert bay.phones["caller"].heard() == FRAME_B * 3


def test_keys_are_pressed_in_the_beat_and_then_it_rests(bay: Bay) -> None:
    bay.bridge()
    bay.put("operator", source=FromLeg("caller"), dtmf_payload_type=101)
    bay.bay.press("operator", "5")
    bay.bay.press("nobody", "5")
    for _ in range(20):
        bay.bay.tick(bay.now)
    assert bay.phones["operator"].heard().count(b"\x05") >= 8
    assert bay.bay.ticking == {}


def test_a_silent_bridge_is_filled_after_a_scan(bay: Bay) -> None:
    bay.bridge()
    bay.now += 1
    for leg in bay.bay.legs.values():
        bay.bay.scan(leg, bay.now)
    bay.bay.tick(bay.now)
    assert bay.phones["caller"].heard() == SILENT_FRAME


def test_scanning_a_leg_that_was_dropped_is_nothing(bay: Bay) -> None:
    bay.bridge()
    leg = bay.bay.legs["caller"]
    bay.bay.drop("caller", bay.now)
    bay.bay.scan(leg, bay.now + 99)
    assert bay.events == []


def test_a_recording_may_be_ordered_before_its_leg(bay: Bay) -> None:
    tap = FakeTap()
    bay.bay.record("caller", tap, bay.now)
    bay.bridge()
    bay.phones["caller"].speak(bay.ports["caller"], FRAME_A)
    bay.phones["operator"].speak(bay.ports["operator"], FRAME_B)
    bay.turn()
    assert sorted((side, audio) for side, _, _, audio, *_ in tap.heard) == [
        (CALLER, FRAME_A),
        (ANSWER, FRAME_B),
    ]


def test_a_recording_that_ended_hears_nothing(bay: Bay) -> None:
    tap = FakeTap()
    bay.bridge()
    bay.bay.record("caller", tap, bay.now)
    bay.bay.unrecord("caller", tap)
    bay.phones["caller"].speak(bay.ports["caller"])
    bay.turn()
    assert tap.heard == []


def test_the_end_of_one_recording_is_not_that_of_the_next(bay: Bay) -> None:
    first, second = FakeTap(), FakeTap()
    bay.bridge()
    bay.bay.record("caller", first, bay.now)
    bay.bay.record("caller", second, bay.now)
    bay.bay.unrecord("caller", first)
    bay.phones["caller"].speak(bay.ports["caller"])
    bay.turn()
    assert (len(first.heard), len(second.heard)) == (0, 1)


def test_a_recording_waits_for_nobody_when_the_caller_is_gone(bay: Bay) -> None:
    tap = FakeTap()
    bay.bridge()
    bay.bay.record("caller", tap, bay.now)
    assert tap.expected[-2:] == [(CALLER, True), (ANSWER, True)]
    bay.bay.drop("caller", bay.now)
    assert tap.expected[-2:] == [(CALLER, False), (ANSWER, False)]
    bay.bay.unrecord("caller", tap)
    assert bay.bay._taps == {}


def test_the_recording_is_told_when_the_operator_comes_and_goes(bay: Bay) -> None:
    tap = FakeTap()
    bay.put("caller", source=Tone("ringback"))
    bay.bay.record("caller", tap, bay.now)
    assert tap.expected[-1] == (ANSWER, False)
    bay.bridge()
    assert tap.expected[-1] == (ANSWER, True)
    bay.put("operator", source=FromLeg("caller"), can_receive=False)
    assert tap.expected[-1] == (ANSWER, False)
    bay.put("operator", source=FromLeg("caller"))
    assert tap.expected[-1] == (ANSWER, True)
    bay.bay.drop("operator", bay.now)
    assert tap.expected[-1] == (ANSWER, False)


def test_many_legs_leave_no_socket_behind(bay: Bay) -> None:
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(50):
        bay.bridge()
        bay.phones["caller"].speak(bay.ports["caller"])
        bay.turn()
        bay.bay.drop("caller", bay.now)
        bay.bay.drop("operator", bay.now)
    phones = len(bay.phones)
    assert len(os.listdir("/proc/self/fd")) <= before + phones
    assert bay.bay.lines == {}
    assert bay.bay._hearers == {}


def test_calls_that_end_leave_no_garbage_behind(bay: Bay) -> None:
    """In the media process no collector runs: what forms a cycle stays for ever."""
    bay.bridge()
    gc.collect()
    gc.disable()
    try:
        for n in range(20):
            tap = FakeTap()
            bay.bay.record("caller", tap, bay.now)
            bay.put("caller", source=Prompts(("notice",), "fr", number=n))
            bay.bay.tick(bay.now)
            bay.bridge()
            bay.bay.press("operator", "1")
            bay.phones["caller"].speak(bay.ports["caller"])
            bay.turn()
            bay.bay.unrecord("caller", tap)
            bay.bay.drop("caller", bay.now)
            bay.bay.drop("operator", bay.now)
        assert gc.collect() == 0
    finally:
        gc.enable()


def test_time_is_not_read_by_the_patchbay(bay: Bay, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "monotonic", lambda: pytest.fail("it read the clock"))
    bay.bridge()
    bay.bay.tick(bay.now)
