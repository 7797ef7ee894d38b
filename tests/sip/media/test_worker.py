"""The loop itself, turned by hand: real sockets, nobody recording, no process."""

import gc
import json
import select
import socket
import struct
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from sip.media import wire
from sip.media.protocol import (
    FromLeg,
    LegSpec,
    MediaEvent,
    Prompts,
    RecordingSpec,
    RecordingStarted,
    Tone,
)
from sip.media.tap import Tap
from sip.media.tones import tone
from sip.media.worker import Worker, WorkerSettings
from tests.sip.media.packets import FRAME_A, FakeTap
from tests.sip.media.test_control import Engine
from tests.sip.media.test_patchbay import Phone
from tests.sip.media.test_ports import free_range

TURNS = 2000
"Turns after which something awaited will not come: 40 s of beats."


class FakeStudio:
    """Records into lists."""

    def __init__(self) -> None:
        self.taps: dict[str, FakeTap] = {}
        self.events: list[MediaEvent] = []
        self.is_refusing = False
        self.is_finished = False
        self.unwritten_bytes = 17

    def open(self, spec: RecordingSpec, now: float) -> Tap | None:
        if self.is_refusing:
            return None
        self.taps[spec.recording_id] = FakeTap()
        self.events.append(RecordingStarted(spec.recording_id, spec.call_id))
        return self.taps[spec.recording_id]

    def take_events(self) -> list[MediaEvent]:
        events, self.events = self.events, []
        return events

    def finish(self) -> None:
        self.is_finished = True


class Media:
    """A worker, the engine's end of its socket, and phones."""

    def __init__(self, folder: Path, certificate: Any = None, **settings: Any) -> None:
        low, high = free_range(16)
        self.studio = FakeStudio()
        self.skipped = 0.0
        self.worker = Worker(
            WorkerSettings(
                socket_path=folder / "media.sock",
                address="127.0.0.1",
                low_port=low,
                high_port=high,
                ready_ports=6,
                **settings,
            ),
            self.studio,
            lambda name, language: None,
            lambda: time.monotonic() + self.skipped,
            certificate=certificate,
        )
        self.engine = Engine(folder / "media.sock")
        self.lines: list[dict[str, Any]] = []
        self.phones: list[Phone] = []

    def turn(self) -> None:
        self.worker._turn()
        self.lines += self.engine.lines()

    def until(self, is_so: Callable[[], bool]) -> None:
        for _ in range(TURNS):
            if is_so():
                return
            self.turn()
        pytest.fail(f"it did not happen; heard {self.lines[-5:]}")

    def saw(self, what: str, **fields: Any) -> bool:
        return any(
            line["what"] == what and all(line[name] == value for name, value in fields.items())
            for line in self.lines
        )

    def hello(self, ports: list[int] | None = None) -> dict[str, Any]:
        self.lines.clear()
        self.engine.send({"do": "hello", "ports": ports or []})
        self.until(lambda: self.saw("Welcome"))
        assert self.lines[0]["what"] == "Welcome", "the greeting comes before anything else"
        return self.lines[0]

    def phone(self) -> Phone:
        self.phones.append(Phone())
        return self.phones[-1]

    def put(self, leg_id: str, port: int, phone: Phone, **changes: Any) -> None:
        spec = LegSpec(
            leg_id=leg_id, call_id="call", port=port, remote=phone.address, **changes
        )
        self.engine.send({"do": "leg", **wire.leg_to_plain(spec)})

    def sync(self) -> None:
        """Wait until the worker has read all orders so far."""
        self.lines.clear()
        self.engine.send({"do": "ping"})
        self.until(lambda: self.saw("Pong"))

    def close(self) -> None:
        self.worker._finish()
        self.engine.socket.close()
        for phone in self.phones:
            phone.socket.close()


@pytest.fixture
def media(tmp_path: Path) -> Iterator[Media]:
    media = Media(tmp_path)
    yield media
    media.close()


def test_it_greets_with_ports_and_says_how_it_is(media: Media) -> None:
    welcome = media.hello()
    assert len(welcome["ready"]) == 6
    assert welcome["legs"] == welcome["recordings"] == []
    media.until(lambda: media.saw("MediaReport", legs=0, unwritten_bytes=17))


def test_a_taken_port_is_replaced_by_another(media: Media) -> None:
    port = media.hello()["ready"][0]
    media.engine.send({"do": "take", "port": port})
    media.until(lambda: media.saw("Ready"))
    assert port not in media.worker._ports.ready


def test_a_bridge_through_the_whole_loop(media: Media) -> None:
    one, two, *_ = media.hello()["ready"]
    caller, operator = media.phone(), media.phone()
    media.put("caller", one, caller, source=FromLeg("operator"))
    media.put("operator", two, operator, source=FromLeg("caller"))
    media.sync()
    caller.speak(one, FRAME_A, 5)
    heard = b""
    for _ in range(TURNS):
        media.turn()
        heard += operator.heard()
        if heard.count(FRAME_A) == 5:
            break
    assert heard.count(FRAME_A) == 5
    media.until(lambda: media.saw("FirstAudio", leg_id="caller"))


def test_a_tone_comes_with_the_beat_and_whole(media: Media) -> None:
    port, caller = media.hello()["ready"][0], media.phone()
    media.put("caller", port, caller, source=Tone("busy"))
    heard = b""
    for _ in range(TURNS):
        media.turn()
        heard += caller.heard()
        if len(heard) > 60 * 160:
            break
    assert heard[: 50 * 160] == tone("busy")
    assert heard[50 * 160 :] == tone("busy")[: len(heard) - 50 * 160]


def test_prompts_that_are_missing_are_told(media: Media) -> None:
    port = media.hello()["ready"][0]
    spec = LegSpec(leg_id="a", call_id="c", port=port, remote=media.phone().address)
    order = {**wire.leg_to_plain(spec), "source": ["prompts", ["nope"], "fr", "silence", 0]}
    media.engine.send({"do": "leg", **order})
    media.until(lambda: media.saw("PromptMissing", leg_id="a", prompt="nope"))


def test_a_recording_lives_from_order_to_order(media: Media) -> None:
    one, two, *_ = media.hello()["ready"]
    caller, operator = media.phone(), media.phone()
    spec = RecordingSpec(recording_id="r1", call_id="call", path="/r1.wav", caller_leg="caller")
    for _ in range(2):
        media.engine.send({"do": "record", **wire.recording_to_plain(spec)})
    media.put("caller", one, caller, source=FromLeg("operator"))
    media.put("operator", two, operator, source=FromLeg("caller"))
    media.sync()
    assert len(media.studio.taps) == 1
    tap = media.studio.taps["r1"]
    caller.speak(one, FRAME_A, 3)
    media.until(lambda: len(tap.heard) == 3)
    media.until(lambda: bool(tap.flushed))
    media.engine.send({"do": "drop", "leg_id": "operator"})
    media.engine.send({"do": "end_recording", "recording_id": "r1"})
    media.engine.send({"do": "end_recording", "recording_id": "r1"})
    media.until(lambda: tap.closed is not None)
    assert tap.closed is not None
    assert {leg_id: leg["packets"] for leg_id, leg in tap.closed.items()} == {
        "caller": 3,
        "operator": 0,
    }, "the operator who had left is in it too"


def test_a_recording_that_is_refused_is_no_recording(media: Media) -> None:
    media.hello()
    media.studio.is_refusing = True
    spec = RecordingSpec(recording_id="r1", call_id="call", path="/r1.wav", caller_leg="caller")
    media.engine.send({"do": "record", **wire.recording_to_plain(spec)})
    media.sync()
    assert media.hello()["recordings"] == []


def test_every_recording_is_flushed_within_two_seconds_and_not_at_once(media: Media) -> None:
    media.hello()
    for n in range(10):
        spec = RecordingSpec(
            recording_id=f"r{n}", call_id="call", path="/r.wav", caller_leg=f"leg-{n}"
        )
        media.engine.send({"do": "record", **wire.recording_to_plain(spec)})
    media.sync()
    for _ in range(100):
        media.worker._beat(media.worker._clock())
    for tap in media.studio.taps.values():
        tap.flushed.clear()
    flushes = []
    for _ in range(100):
        before = sum(len(tap.flushed) for tap in media.studio.taps.values())
        media.worker._beat(media.worker._clock())
        flushes.append(sum(len(tap.flushed) for tap in media.studio.taps.values()) - before)
    assert [len(tap.flushed) for tap in media.studio.taps.values()] == [1] * 10
    assert max(flushes) == 1


def test_a_recording_that_ended_while_its_turn_came_is_flushed_no_more(media: Media) -> None:
    media.hello()
    for n in range(10):
        spec = RecordingSpec(
            recording_id=f"r{n}", call_id="call", path="/r.wav", caller_leg=f"leg-{n}"
        )
        media.engine.send({"do": "record", **wire.recording_to_plain(spec)})
    media.sync()
    taps = media.studio.taps
    while not taps["r0"].flushed:  # the round has begun, and the last one's turn is to come
        media.worker._beat(media.worker._clock())
    assert not taps["r9"].flushed
    media.worker._end_recording({"recording_id": "r9"})
    for _ in range(200):
        media.worker._beat(media.worker._clock())
    assert taps["r9"].closed is not None
    assert not taps["r9"].flushed, "a block for a file that is closed is a fault of the disk"
    assert len(taps["r8"].flushed) >= 2, "the others have their turns"


def test_the_next_engine_learns_what_is_carried(media: Media, tmp_path: Path) -> None:
    one, two, *_ = media.hello()["ready"]
    phone = media.phone()
    media.engine.send({"do": "take", "port": one}, {"do": "take", "port": two})
    media.put("caller", one, phone, source=Tone("busy"))
    media.sync()
    leg = wire.leg_to_plain(media.worker._bay.legs["caller"].spec)
    media.engine.socket.close()
    media.turn()
    phone.speak(one)
    media.until(lambda: media.worker._bay.legs["caller"].incoming.was_heard)
    media.engine = Engine(tmp_path / "media.sock")
    welcome = media.hello()
    assert welcome["legs"] == [json.loads(json.dumps(leg))]
    assert one not in welcome["ready"]
    assert two not in media.worker._ports.taken, "reserved by the dead engine for nothing"
    media.until(lambda: media.saw("FirstAudio", leg_id="caller"))


def test_an_engine_takes_its_ports_to_another_process(media: Media) -> None:
    free = media.worker._settings.low_port + 20
    welcome = media.hello([free, free + 2])
    assert media.worker._ports.taken == {free, free + 2}
    assert not {free, free + 2} & set(welcome["ready"])


def test_a_port_that_cannot_be_had_is_logged(
    media: Media, caplog: pytest.LogCaptureFixture
) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.1", 0))
        media.hello([other.getsockname()[1]])
    assert "cannot be had" in caplog.text


def test_a_shortage_of_ports_is_mended_when_others_go(media: Media) -> None:
    ready = media.hello()["ready"]
    for port in ready:
        media.worker._ports._doors.pop(port).close()
        media.worker._ports._ready.discard(port)
    media.lines.clear()
    media.worker._beats = 225
    media.until(lambda: media.saw("Ready"))
    assert len(media.worker._ports.ready) == 6


def test_a_port_released_before_its_leg_is_dropped_waits_for_that(media: Media) -> None:
    port = media.hello()["ready"][0]
    media.put("caller", port, media.phone())
    media.engine.send({"do": "release", "port": port})
    media.sync()
    assert port in media.worker._ports.taken
    media.engine.send({"do": "drop", "leg_id": "caller"})
    media.sync()
    assert port not in media.worker._ports.taken


def test_a_released_port_comes_back_after_its_rest(media: Media) -> None:
    port = media.hello()["ready"][0]
    media.engine.send({"do": "take", "port": port}, {"do": "release", "port": port})
    media.sync()
    media.lines.clear()
    media.skipped += 6
    media.until(lambda: any(port in line.get("ports", []) for line in media.lines))


def test_keys_are_pressed(media: Media) -> None:
    port, phone = media.hello()["ready"][0], media.phone()
    media.put("caller", port, phone, dtmf_payload_type=101, source=FromLeg("nobody"))
    media.engine.send({"do": "digits", "leg_id": "caller", "digits": "7"})
    media.sync()
    heard = b""
    for _ in range(TURNS):
        media.turn()
        heard += phone.heard()
        if b"\x07\x8a\x03\xc0" * 3 in heard:
            return
    pytest.fail("no key was heard")


NONSENSE = [
    {},
    {"do": "fly"},
    {"do": "leg"},
    {"do": "leg", "leg_id": 5},
    {"do": "drop"},
    {"do": "drop", "leg_id": "nobody"},
    {"do": "record", "recording_id": "r"},
    {"do": "end_recording"},
    {"do": "end_recording", "recording_id": "nothing"},
    {"do": "digits", "leg_id": "nobody", "digits": "1"},
    {"do": "digits"},
    {"do": "take", "port": "x"},
    {"do": "take", "port": 99_999_999},
    {"do": "release", "port": None},
    {"do": "hello"},
    {"do": "hello", "ports": 5},
    {"do": ["leg"]},
]


@pytest.mark.parametrize("order", NONSENSE, ids=repr)
def test_an_order_without_sense_changes_nothing(media: Media, order: dict[str, Any]) -> None:
    media.hello()
    media.engine.send(order)
    media.sync()
    assert media.worker._bay.legs == {}
    assert media.worker._recordings == {}
    assert media.worker._faults == 0


def test_a_fault_of_ours_is_survived(media: Media, caplog: pytest.LogCaptureFixture) -> None:
    port, phone = media.hello()["ready"][0], media.phone()
    media.put("caller", port, phone, source=Tone("busy"))
    media.sync()
    leg = media.worker._bay.legs["caller"]
    leg.outgoing.player = None
    leg.outgoing.send = None
    media.worker._bay.tick = lambda now: 1 / 0  # type: ignore[assignment,return-value]
    turns = 0

    def turn_then_stop() -> None:
        nonlocal turns
        turns += 1
        if turns > 3:
            media.worker.stop()
        raise ZeroDivisionError

    media.worker._turn = turn_then_stop  # type: ignore[method-assign]
    media.worker._finish = lambda: None  # type: ignore[method-assign]
    _run_quietly(media.worker)
    assert media.worker._faults == 4
    assert "fault 1 in the media loop" in caplog.text
    del media.worker._finish, media.worker._turn, media.worker._bay.tick


def _run_quietly(worker: Worker) -> None:
    """`run`, without what it does to the whole process."""
    from sip.media import worker as module

    raised, settled = module.raise_priority, module.settle_process
    module.raise_priority, module.settle_process = lambda: "normal", lambda: None
    try:
        worker.run()
    finally:
        module.raise_priority, module.settle_process = raised, settled
    assert gc.isenabled()


def test_stopping_ends_recordings_and_prompts(media: Media) -> None:
    port = media.hello()["ready"][0]
    spec = RecordingSpec(recording_id="r1", call_id="call", path="/r1.wav", caller_leg="caller")
    media.engine.send({"do": "record", **wire.recording_to_plain(spec)})
    media.put("caller", port, media.phone(), source=Prompts(("notice",), "fr"))
    media.sync()
    media.engine.send({"do": "stop"})
    _run_quietly(media.worker)
    media.lines += media.engine.lines()
    assert media.studio.taps["r1"].closed is not None
    assert media.studio.is_finished
    assert media.saw("PromptEnded", prompt="notice", is_complete=False)
    media.worker._finish = lambda: None  # type: ignore[method-assign]


def alone(media: Media) -> None:
    media.engine.socket.close()
    media.until(lambda: not media.worker._control.is_connected)


def is_ending(media: Media, after: float) -> bool:
    media.skipped += after
    for _ in range(3):
        media.worker._look_around(media.worker._clock())
    return media.worker._is_stopping


def test_without_engine_and_legs_it_ends_after_a_minute(media: Media) -> None:
    media.hello()
    alone(media)
    assert not is_ending(media, 59)
    assert is_ending(media, 2)


def test_a_leg_that_speaks_keeps_it_alive_for_ten_minutes(media: Media) -> None:
    port, phone = media.hello()["ready"][0], media.phone()
    media.put("caller", port, phone)
    media.sync()
    alone(media)
    statistics = media.worker._bay.legs["caller"].incoming.statistics
    for n in range(11):
        assert not is_ending(media, 50)
        phone.speak(port)
        media.until(lambda n=n: statistics.packets == n + 1)  # type: ignore[misc]
    assert is_ending(media, 60)


def test_a_silent_leg_does_not_keep_it_alive(media: Media) -> None:
    media.put("caller", media.hello()["ready"][0], media.phone())
    media.sync()
    alone(media)
    assert is_ending(media, 61)


def test_an_engine_that_comes_back_in_time_finds_it(media: Media, tmp_path: Path) -> None:
    media.hello()
    alone(media)
    assert not is_ending(media, 50)
    media.engine = Engine(tmp_path / "media.sock")
    media.hello()
    assert not is_ending(media, 50)


def test_the_report_counts_legs_that_have_gone(media: Media) -> None:
    port, phone = media.hello()["ready"][0], media.phone()
    media.put("caller", port, phone)
    media.sync()
    phone.speak(port, FRAME_A, 3)
    phone.raw(port, b"junk")
    media.until(lambda: media.worker._bay.legs["caller"].incoming.statistics.packets == 3)
    media.engine.send({"do": "drop", "leg_id": "caller"})
    media.sync()
    counts = media.worker._counts()
    assert counts["packets"] == 3


def test_a_leg_that_ends_tells_what_arrived_on_it_whether_recorded_or_not(
    media: Media,
) -> None:
    port, phone = media.hello()["ready"][0], media.phone()
    media.put("caller", port, phone)
    media.sync()
    phone.speak(port, FRAME_A, 3)
    media.until(lambda: media.worker._bay.legs["caller"].incoming.statistics.packets == 3)
    media.engine.send({"do": "drop", "leg_id": "caller"})
    media.until(lambda: media.saw("LegMeasured", leg_id="caller", call_id="call"))
    told = next(line for line in media.lines if line["what"] == "LegMeasured")
    assert (told["statistics"]["packets"], told["statistics"]["lost"]) == (3, 0)


def test_a_batch_may_name_a_socket_that_is_gone(media: Media) -> None:
    """The order that drops a leg and the leg's packet come out of one poll."""
    port, phone = media.hello()["ready"][0], media.phone()
    media.put("caller", port, phone)
    media.sync()
    media.engine.send({"do": "drop", "leg_id": "caller"})
    phone.speak(port, FRAME_A, 3)
    media.sync()
    assert media.worker._faults == 0


def test_an_icmp_error_neither_ends_nor_spins_the_loop(media: Media) -> None:
    port, phone = media.hello()["ready"][0], media.phone()
    media.put("caller", port, phone, source=Tone("busy"))
    media.sync()
    phone.socket.close()
    for _ in range(20):
        media.turn()
    assert media.worker._faults == 0


def test_packets_of_any_size_pass_the_loop(media: Media) -> None:
    port, phone = media.hello()["ready"][0], media.phone()
    media.put("caller", port, phone)
    media.sync()
    for size in (0, 1, 11, 12, 13, 172, 1500, 2048, 9000, 60_000):
        phone.raw(port, struct.pack("!BB", 0x80, 8)[:size] + bytes(max(0, size - 2)))
    statistics = media.worker._bay.legs["caller"].incoming.statistics
    media.until(lambda: statistics.malformed + statistics.packets >= 9)
    assert media.worker._faults == 0


def test_nothing_is_polled_while_nothing_is_up(media: Media) -> None:
    media.hello()
    timeouts: list[float] = []

    class Recorded:
        def __init__(self, poll: select.epoll) -> None:
            self.poll_ = poll

        def poll(self, timeout: float, most: int) -> list[tuple[int, int]]:
            timeouts.append(timeout)
            return []

    real = media.worker._poll
    media.worker._poll = Recorded(real)  # type: ignore[assignment]
    media.worker._turn()
    media.worker._poll = real
    assert timeouts == [0.5]


def test_a_line_is_ordered_listed_and_ended_through_the_whole_loop(tmp_path: Path) -> None:
    pytest.importorskip("OpenSSL", reason="the extra `browser` is not installed")
    pytest.importorskip("pylibsrtp", reason="the extra `browser` is not installed")
    from sip.media.dtls import Certificate
    from tests.sip.media.browser_peer import BrowserPeer

    media = Media(tmp_path, certificate=Certificate())
    welcome = media.hello()
    assert welcome["fingerprint"].startswith("sha-256 ")
    assert welcome["lines"] == []
    peer = BrowserPeer(welcome["ready"][0])
    media.engine.send({"do": "line", **wire.line_to_plain(peer.spec)})

    def is_up() -> bool:
        peer.read()
        if peer.srtp is not None:
            peer.speak(FRAME_A)
        elif peer.answers:
            peer.shake_hands()
        return media.saw("LineUp", line_id="line")

    media.sync()
    peer.check()
    media.until(is_up)
    assert [line["line_id"] for line in media.hello([peer.spec.port])["lines"]] == ["line"]
    media.engine.send({"do": "drop_line", "line_id": "line"})
    media.engine.send({"do": "release", "port": peer.spec.port})
    media.until(lambda: peer.spec.port not in media.worker._ports.taken)
    media.close()
    peer.close()
