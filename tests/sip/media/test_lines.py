"""Browsers' lines on real sockets: kept up between calls, and closed to everybody else."""

import select
import socket
from collections.abc import Iterator
from dataclasses import replace

import pytest

pytest.importorskip("OpenSSL", reason="the extra `browser` is not installed")
pytest.importorskip("pylibsrtp", reason="the extra `browser` is not installed")

from sip.media.dtls import Certificate, datagrams_of
from sip.media.line import LineDown, LineUp
from sip.media.lines import FLOOD
from sip.media.protocol import DigitHeard, FromLeg
from sip.media.rtp import parse
from sip.media.secure_line import CONNECT_TIME, MAX_HANDSHAKE_PACKETS, SILENT_TIME
from tests.sip.media.browser_peer import BrowserPeer, check
from tests.sip.media.packets import FRAME_A, FRAME_B, FakeTap, event_payload, packet
from tests.sip.media.test_patchbay import Bay, Phone

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")
TURNS = 400


class House(Bay):
    """A patchbay that takes browsers."""

    def __init__(self) -> None:
        super().__init__(Certificate())
        self.browsers: list[BrowserPeer] = []

    def browser(self, line_id: str = "line") -> BrowserPeer:
        """A browser whose line is put."""
        peer = BrowserPeer(self.pool.ready[-1 - len(self.browsers)], line_id)
        self.browsers.append(peer)
        self.bay.browsers.put(peer.spec, self.now)
        return peer

    def round(self) -> None:
        self.doors()
        self.turn()
        for peer in self.browsers:
            peer.read()

    def connect(self, peer: BrowserPeer) -> BrowserPeer:
        """Check, handshake, first audio."""
        peer.check()
        self.round()
        peer.shake_hands()
        for _ in range(TURNS):
            if peer.srtp is not None:
                break
            self.round()
        assert peer.srtp is not None, "the handshake came to nothing"
        peer.speak(FRAME_A)
        self.round()
        return peer

    def operator(
        self, line_id: str = "line", leg_id: str = "operator", **changes: object
    ) -> None:
        """The leg of who sits at the browser."""
        self.ports[leg_id] = 0
        self.put(leg_id, remote=None, line_id=line_id, **changes)

    def pass_time(self, seconds: float) -> None:
        self.now += seconds
        self.bay.browsers.scan(self.now)

    def close(self) -> None:
        for peer in self.browsers:
            peer.close()
        super().close()


@pytest.fixture
def home() -> Iterator[House]:
    house = House()
    yield house
    house.close()


# ---------------------------------------------------------------- a call


def test_a_line_comes_up_before_any_call(home: House) -> None:
    peer = home.connect(home.browser())
    assert home.events == [LineUp("line")]
    assert peer.answers, "its check was answered"


def test_browser_and_caller_hear_each_other_in_order(home: House) -> None:
    peer = home.connect(home.browser())
    home.put("caller", source=FromLeg("operator"))
    home.operator(source=FromLeg("caller"))
    peer.speak(FRAME_A, 3)
    home.phones["caller"].speak(home.ports["caller"], FRAME_B, 4)
    home.round()
    home.round()
    assert home.phones["caller"].heard() == FRAME_A * 3
    packets = [parse(data) for data in peer.heard]
    assert [p.payload for p in packets if p] == [FRAME_B] * 4


def test_the_recording_hears_the_browser(home: House) -> None:
    peer = home.connect(home.browser())
    tap = FakeTap()
    home.put("caller", source=FromLeg("operator"))
    home.operator(source=FromLeg("caller"))
    home.bay.record("caller", tap, home.now)
    peer.speak(FRAME_B, 2)
    home.round()
    assert b"".join(heard[3] for heard in tap.heard if heard[0] == 1) == FRAME_B * 2


def test_keys_pressed_in_the_browser_are_keys(home: House) -> None:
    peer = home.connect(home.browser())
    home.operator(dtmf_payload_type=126)
    peer.speak(event_payload(5, 800, is_end=True), kind=126, timestamp=1600)
    home.round()
    assert [e.digit for e in home.events if isinstance(e, DigitHeard)] == ["5"]


def test_two_calls_one_after_the_other_are_one_source_to_the_browser(home: House) -> None:
    peer = home.connect(home.browser())
    for call in ("one", "two"):
        home.put(f"caller-{call}", source=FromLeg(f"operator-{call}"))
        home.operator(leg_id=f"operator-{call}", source=FromLeg(f"caller-{call}"))
        home.phones[f"caller-{call}"].speak(home.ports[f"caller-{call}"], FRAME_B, 3)
        home.round()
        home.bay.drop(f"operator-{call}", home.now)
    packets = [p for data in peer.heard if (p := parse(data))]
    assert len(packets) == 6
    assert len({p.ssrc for p in packets}) == 1
    first = packets[0].sequence
    assert [p.sequence - first & 0xFFFF for p in packets] == list(range(6))


def test_a_new_leg_takes_the_line_and_the_old_one_is_silent(home: House) -> None:
    peer = home.connect(home.browser())
    home.put("caller", source=FromLeg("old"))
    home.operator(leg_id="old", source=FromLeg("caller"))
    home.operator(leg_id="new")
    home.phones["caller"].speak(home.ports["caller"], FRAME_B, 3)
    peer.speak(FRAME_A, 2)
    home.round()
    assert peer.heard == []
    assert home.phones["caller"].heard() == b""


def test_a_leg_may_come_before_its_line(home: House) -> None:
    """A reload in mid-call: the leg is told of the new line before the browser is there."""
    home.put("caller", source=FromLeg("operator"))
    home.operator("second", source=FromLeg("caller"))
    peer = home.connect(home.browser("second"))
    peer.speak(FRAME_A, 2)
    home.phones["caller"].speak(home.ports["caller"], FRAME_B, 1)
    home.round()
    assert home.phones["caller"].heard() == FRAME_A * 3  # the one that brought the line up, too
    assert len(peer.heard) == 1


def test_nothing_leaves_in_the_clear(home: House) -> None:
    """While the line is not up, what the leg would say goes nowhere."""
    peer = home.browser()
    home.put("caller", source=FromLeg("operator"))
    home.operator(source=FromLeg("caller"))
    peer.check()
    home.round()
    home.phones["caller"].speak(home.ports["caller"], FRAME_B, 3)
    home.round()
    with pytest.raises(BlockingIOError):
        peer.socket.recv(2048)


# ---------------------------------------------------------------- its life


def test_silence_is_told_within_a_second_and_audio_brings_it_back(home: House) -> None:
    peer = home.connect(home.browser())
    home.pass_time(SILENT_TIME + 0.1)
    assert home.events[-1] == LineDown("line", "silent")
    peer.speak(FRAME_A)
    home.round()
    assert home.events[-1] == LineUp("line")


def test_a_page_that_closes_says_goodbye(home: House) -> None:
    peer = home.connect(home.browser())
    peer.goodbye()
    home.round()
    assert home.events[-1] == LineDown("line", "closed")
    assert home.bay.browsers.specs == []


def test_a_browser_that_never_comes_is_told(home: House) -> None:
    home.browser()
    home.pass_time(CONNECT_TIME + 1)
    assert home.events == [LineDown("line", "unreachable")]


def test_lost_datagrams_of_the_handshake_are_sent_again(home: House) -> None:
    peer = home.browser()
    peer.check()
    home.round()
    peer.shake_hands()
    home.doors()
    home.turn()
    assert 20 <= peer.socket.recv(2048)[0] < 64, "our first flight, which is lost"
    line = home.bay.browsers._lines["line"]
    for _ in range(300):
        if peer.srtp is not None:
            break
        # OpenSSL's own clock decides when; 1 s at first (RFC 6347, section 4.2.4.1).
        select.select([peer.socket], [], [], 0.02)
        line.scan(home.now)
        home.round()
    assert peer.srtp is not None


def test_dropping_says_goodbye_and_frees_the_port(home: House) -> None:
    peer = home.connect(home.browser())
    home.bay.browsers.drop("line", home.now)
    data = peer.socket.recv(2048)
    assert 20 <= data[0] < 64, "an alert: close_notify"
    assert home.bay.browsers.ports == set()
    home.pool.release(peer.spec.port, home.now)


# ---------------------------------------------------------------- hostile


def test_who_does_not_know_the_password_gets_no_answer(home: House) -> None:
    peer = home.browser()
    peer.check(password="a" * 48)
    peer.check(username="other:theirs")
    peer.send(b"\x16\xfe\xfd" + b"\0" * 60)
    peer.send(b"")
    peer.send(b"\x80" * 200)
    home.round()
    with pytest.raises(BlockingIOError):
        peer.socket.recv(2048)
    assert home.events == []


def test_a_wrong_fingerprint_is_refused_and_said(home: House) -> None:
    peer = BrowserPeer(home.pool.ready[0])
    peer.spec = replace(peer.spec, fingerprint="00" * 32)
    home.browsers.append(peer)
    home.bay.browsers.put(peer.spec, home.now)
    home.put("caller", source=FromLeg("operator"))
    home.operator(source=FromLeg("caller"))
    peer.check()
    home.round()
    peer.shake_hands()
    for _ in range(TURNS):
        if home.events:
            break
        home.round()
    [told] = [event for event in home.events if isinstance(event, LineDown)]
    assert told.why == "fingerprint"
    if peer.srtp is not None:  # the browser itself believes that it is connected
        peer.speak(FRAME_A, 3)
    home.phones["caller"].speak(home.ports["caller"], FRAME_B, 3)
    home.round()
    assert home.phones["caller"].heard() == b""
    assert peer.heard == []


def test_forged_and_repeated_audio_is_not_heard(home: House) -> None:
    peer = home.connect(home.browser())
    home.put("caller", source=FromLeg("operator"))
    home.operator(source=FromLeg("caller"))
    assert peer.srtp is not None
    genuine = peer.srtp.protect(packet(50, payload=FRAME_A))
    assert genuine is not None
    for data in (genuine, genuine, genuine[:-1] + b"\0", packet(51), b"\x80", b"\x90" * 2000):
        peer.send(data)
    home.round()
    assert home.phones["caller"].heard() == FRAME_A
    assert home.bay.browsers._lines["line"].refused == 5


def test_audio_from_another_address_is_not_heard(home: House) -> None:
    peer = home.connect(home.browser())
    home.put("caller", source=FromLeg("operator"))
    home.operator(source=FromLeg("caller"))
    thief = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    thief.bind(("127.0.0.66", 0))
    assert peer.srtp is not None
    data = peer.srtp.protect(packet(60, payload=FRAME_A))
    assert data is not None
    thief.sendto(data, ("127.0.0.1", peer.spec.port))
    thief.sendto(check(peer.spec, password="b" * 48), ("127.0.0.1", peer.spec.port))
    home.round()
    assert home.phones["caller"].heard() == b""
    peer.speak(FRAME_B)
    home.round()
    assert home.phones["caller"].heard() == FRAME_B
    thief.close()


def test_noise_in_the_handshake_ends_it_or_is_ignored_but_breaks_nothing(home: House) -> None:
    peer = home.browser()
    peer.check()
    home.round()
    for number in range(MAX_HANDSHAKE_PACKETS + 2):
        peer.send(bytes((22, 254, 253)) + bytes((number,)) * 80)
        home.round()
    assert [type(event) for event in home.events] == [LineDown]
    assert home.bay.browsers.specs == []


def test_a_flooding_browser_is_muted_for_a_while(home: House) -> None:
    peer = home.connect(home.browser())
    home.pass_time(0.1)
    for _ in range(FLOOD + 50):
        peer.send(b"\x80" * 40)
        home.turn()
    home.pass_time(0.1)
    taken = home.bay.browsers._lines["line"].count
    peer.speak(FRAME_A, 5)
    home.turn()
    assert home.bay.browsers._lines["line"].count == taken


def test_a_flight_is_cut_between_its_records() -> None:
    def record(size: int) -> bytes:
        return bytes(11) + size.to_bytes(2) + b"x" * size

    flight = record(500) + record(500) + record(500) + record(20)
    cut = list(datagrams_of(flight))
    assert b"".join(cut) == flight
    assert [len(datagram) for datagram in cut] == [1026, 546]
    assert list(datagrams_of(b"")) == []


def test_without_the_extra_a_line_is_refused_and_legs_go_on() -> None:
    bay = Bay()
    try:
        peer = BrowserPeer(bay.pool.ready[0])
        bay.bay.browsers.put(peer.spec, bay.now)
        [told] = bay.events
        assert isinstance(told, LineDown)
        assert "browser" in told.text
        peer.close()
        bay.bridge()
        phone: Phone = bay.phones["caller"]
        phone.speak(bay.ports["caller"], FRAME_A, 1)
        bay.turn()
        assert bay.phones["operator"].heard() == FRAME_A
    finally:
        bay.close()
