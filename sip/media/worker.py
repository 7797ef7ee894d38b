"""The media process's one loop: packets at once, everything else on a beat of 20 ms.

Plain epoll on connected sockets. Measured against asyncio and uvloop it is both the cheapest
and the steadiest way to relay in Python. Nothing here waits for a disk or for the engine.
"""

from __future__ import annotations

import gc
import logging
import os
import select
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from sip.media import wire
from sip.media.control import Control
from sip.media.leg import Leg
from sip.media.machine import EnergyActivity, VoiceActivity
from sip.media.patchbay import RECEIVE_SIZE, Patchbay
from sip.media.playback import PromptLoader
from sip.media.ports import PortPool
from sip.media.priority import raise_priority, resident_bytes, settle_process
from sip.media.protocol import LegMeasured, MediaEvent, MediaReport, RecordingSpec
from sip.media.tap import Studio, Tap
from sip.media.ticker import Ticker

if TYPE_CHECKING:
    from sip.media.dtls import Certificate

_log = logging.getLogger(__name__)

IDLE_TIME: Final = 0.5
"Seconds between two looks around while there is neither leg nor recording."
_BATCH: Final = 128
"Sockets served before the beat gets its turn: 2 ms of work."
_SCAN_BEATS: Final = 5
"A leg is looked after every 100 ms."
_FLUSH_BEATS: Final = 100
"A recording's block goes to the disk writer every 2 s, not all in the same beat."
_REPORT_BEATS: Final = 250
_IDLE_BEATS: Final = 25
_MAX_FAULTS_LOGGED: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerSettings:
    """Where to listen, and how long to live without an engine."""

    socket_path: Path
    address: str
    low_port: int
    high_port: int
    ready_ports: int = 256
    orphan_time: float = 60.0
    "Seconds without engine and without any packet of a leg after which the process ends."
    orphan_limit: float = 600.0
    "Seconds without engine after which it ends in any case."


@dataclass(slots=True)
class _Recording:
    spec: RecordingSpec
    tap: Tap
    past_legs: dict[str, dict[str, float]] = field(default_factory=dict)
    "Statistics of legs that left the call before its end."


class Worker:
    """Runs the media process until it is told to stop or nobody wants it any more."""

    def __init__(
        self,
        settings: WorkerSettings,
        studio: Studio,
        load: PromptLoader,
        clock: Callable[[], float] = time.monotonic,
        activity: Callable[[], VoiceActivity] = EnergyActivity,
        certificate: Certificate | None = None,
    ) -> None:
        self._settings = settings
        self._studio = studio
        self._clock = clock
        self._poll = select.epoll()
        self._ports = PortPool(
            settings.address, settings.low_port, settings.high_port, settings.ready_ports
        )
        self._ports.top_up(most_refused=settings.high_port)
        self._bay = Patchbay(self._poll, self._ports, self._emit, load, activity, certificate)
        self._fingerprint = str(certificate.fingerprint) if certificate else ""
        self._control = Control(settings.socket_path, self._poll, self._take_order)
        self._recordings: dict[str, _Recording] = {}
        self._to_scan: deque[Leg] = deque()
        self._to_flush: deque[str] = deque()
        self._released: set[int] = set()
        "Ports that were given back while a leg still stood on them."
        self._beats = 0
        self._ticker = Ticker(clock())
        self._alone_since = clock()
        self._is_stopping = False
        self._faults = 0
        self._priority = "normal"
        self._past_counts = dict.fromkeys(("packets", "lost", "strangers", "malformed"), 0.0)
        self._orders: dict[str, Callable[[dict[str, Any]], None]] = {
            "hello": self._hello,
            "leg": self._put_leg,
            "drop": self._drop_leg,
            "line": self._put_line,
            "drop_line": self._drop_line,
            "record": self._record,
            "end_recording": self._end_recording,
            "digits": self._press,
            "take": self._take_port,
            "release": self._release_port,
            "ping": lambda _: self._control.send({"what": "Pong"}),
            "stop": lambda _: self.stop(),
        }

    # ------------------------------------------------------------ loop

    def run(self) -> None:
        """Serve until stopped; then close every recording."""
        self._priority = raise_priority()
        settle_process()
        try:
            while not self._is_stopping:
                try:
                    self._turn()
                except Exception:
                    self._survive()
        finally:
            self._finish()

    def _survive(self) -> None:
        """Go on after a fault of ours: one leg's trouble must not end the others' calls."""
        self._faults += 1
        if self._faults <= _MAX_FAULTS_LOGGED:
            _log.exception("fault %d in the media loop", self._faults)

    def stop(self) -> None:
        """End :meth:`run` soon; safe in a signal handler."""
        self._is_stopping = True

    def _turn(self) -> None:
        clock = self._clock
        if self._bay.legs or self._recordings or len(self._bay.browsers):
            timeout = self._ticker.next_at - clock()
        else:
            timeout = IDLE_TIME
        lines = self._bay.lines
        events = self._poll.poll(timeout if timeout > 0 else 0, _BATCH)
        now = clock()
        for number, _ in events:
            line = lines.get(number)
            if line is None:
                self._control.serve(number)
                continue
            receive, take = line
            try:
                take(receive(RECEIVE_SIZE), now)
            except OSError:
                # Nothing there after all, or an ICMP error of an earlier packet.
                continue
        if timeout == IDLE_TIME:
            self._idle(now)
        elif now >= self._ticker.next_at:
            self._beat(self._clock())

    def _idle(self, now: float) -> None:
        self._ticker.rest(now)
        self._beats += _IDLE_BEATS - self._beats % _IDLE_BEATS
        if self._beats % _REPORT_BEATS == 0:
            gc.collect()
            self._report()
        self._look_around(now)

    def _beat(self, now: float) -> None:
        bay = self._bay
        for _ in range(self._ticker.due(now)):
            bay.tick(now)
        bay.serve_doors(now)
        beats = self._beats = self._beats + 1
        if beats % _SCAN_BEATS == 0:
            self._to_scan.extend(bay.legs.values())
            bay.browsers.scan(now)
        for _ in range(-(-len(self._to_scan) // (_SCAN_BEATS - beats % _SCAN_BEATS))):
            bay.scan(self._to_scan.popleft(), now)
        if beats % _FLUSH_BEATS == 0:
            self._to_flush.extend(self._recordings)
        for _ in range(-(-len(self._to_flush) // (_FLUSH_BEATS - beats % _FLUSH_BEATS))):
            if recording := self._recordings.get(self._to_flush.popleft()):  # not ended since
                recording.tap.flush(now)
        if beats % _REPORT_BEATS == 0:
            self._report()
        self._look_around(now)

    def _look_around(self, now: float) -> None:
        for event in self._studio.take_events():
            self._emit(event)
        fresh = self._ports.wake(now)
        if self._ports.is_short and self._beats % _REPORT_BEATS == 0:
            fresh += self._ports.top_up()
        if fresh:
            self._control.send({"what": "Ready", "ports": fresh})
        self._control.flush()
        if self._control.is_connected:
            self._alone_since = now
        elif now - self._alone_since > self._settings.orphan_time:
            self._check_orphaned(now)

    def _check_orphaned(self, now: float) -> None:
        settings = self._settings
        if now - self._alone_since <= settings.orphan_limit and any(
            now - leg.incoming.heard_at < settings.orphan_time
            for leg in self._bay.legs.values()
        ):
            return
        _log.warning("no engine for %.0f s: ending", now - self._alone_since)
        self.stop()

    def _finish(self) -> None:
        now = self._clock()
        for recording_id in tuple(self._recordings):
            self._end_recording({"recording_id": recording_id})
        for leg_id in tuple(self._bay.legs):
            self._bay.drop(leg_id, now)
        self._studio.finish()
        for event in self._studio.take_events():
            self._emit(event)
        self._control.flush()
        self._control.close()
        self._bay.close()
        self._ports.close()
        self._poll.close()

    def _emit(self, event: MediaEvent) -> None:
        self._control.report(wire.event_to_plain(event))

    def _counts(self) -> dict[str, float]:
        counts = dict(self._past_counts)
        for leg in self._bay.legs.values():
            _add(counts, leg.incoming.statistics.summary())
        return counts

    def _report(self) -> None:
        counts = self._counts()
        times = os.times()
        report = MediaReport(
            pid=os.getpid(),
            priority=self._priority,
            legs=len(self._bay.legs),
            recordings=len(self._recordings),
            packets=int(counts["packets"]),
            lost=int(counts["lost"]),
            strangers=int(counts["strangers"]),
            malformed=int(counts["malformed"]),
            late_ticks=self._ticker.late_ticks,
            cpu_time=round(times.user + times.system, 3),
            resident_bytes=resident_bytes(),
            unwritten_bytes=self._studio.unwritten_bytes,
        )
        self._control.send(wire.event_to_plain(report))

    # ------------------------------------------------------------ orders

    def _take_order(self, message: dict[str, Any]) -> None:
        order = self._orders.get(str(message.pop("do", "")))
        if order is None:
            raise wire.ProtocolError("no such order")
        order(message)

    def _hello(self, message: dict[str, Any]) -> None:
        """Agree on the ports: what neither the engine nor a leg holds is free again."""
        now = self._clock()
        held = set(message["ports"]) | self._ports_in_use
        for port in self._ports.taken - held:
            self._ports.release(port, now)
        for port in held - self._ports.taken:
            self._hold(port)
        self._ports.top_up()
        self._control.greet(
            {
                "what": "Welcome",
                "ready": self._ports.ready,
                "fingerprint": self._fingerprint,
                "lines": [wire.line_to_plain(spec) for spec in self._bay.browsers.specs],
                "legs": [wire.leg_to_plain(leg.spec) for leg in self._bay.legs.values()],
                "recordings": [
                    wire.recording_to_plain(recording.spec)
                    for recording in self._recordings.values()
                ],
            }
        )
        self._report()

    def _put_leg(self, message: dict[str, Any]) -> None:
        spec = wire.leg_from_plain(message)
        self._released.discard(spec.port)
        self._bay.put(spec, self._clock())

    def _drop_leg(self, message: dict[str, Any]) -> None:
        now = self._clock()
        if (leg := self._bay.drop(str(message["leg_id"]), now)) is None:
            return
        summary = leg.incoming.statistics.summary()
        _add(self._past_counts, summary)
        if leg.spec.remote is not None:
            self._emit(LegMeasured(leg.spec.leg_id, leg.spec.call_id, summary))
        for recording in self._recordings.values():
            if recording.spec.call_id == leg.spec.call_id:
                recording.past_legs[leg.spec.leg_id] = summary
        if leg.spec.port in self._released:
            self._released.discard(leg.spec.port)
            self._ports.release(leg.spec.port, now)

    def _put_line(self, message: dict[str, Any]) -> None:
        spec = wire.line_from_plain(message)
        self._released.discard(spec.port)
        self._bay.browsers.put(spec, self._clock())

    def _drop_line(self, message: dict[str, Any]) -> None:
        self._bay.browsers.drop(str(message["line_id"]), self._clock())

    def _record(self, message: dict[str, Any]) -> None:
        spec = wire.recording_from_plain(message)
        if spec.recording_id in self._recordings:
            return
        now = self._clock()
        tap = self._studio.open(spec, now)
        if tap is not None:
            self._recordings[spec.recording_id] = _Recording(spec, tap)
            self._bay.record(spec.caller_leg, tap, now)

    def _end_recording(self, message: dict[str, Any]) -> None:
        recording = self._recordings.pop(str(message["recording_id"]), None)
        if recording is None:
            return
        self._bay.unrecord(recording.spec.caller_leg, recording.tap)
        legs = dict(recording.past_legs)
        for leg in self._bay.legs.values():
            if leg.spec.call_id == recording.spec.call_id:
                legs[leg.spec.leg_id] = leg.incoming.statistics.summary()
        recording.tap.close(self._clock(), legs)

    def _press(self, message: dict[str, Any]) -> None:
        self._bay.press(str(message["leg_id"]), str(message["digits"]))

    def _take_port(self, message: dict[str, Any]) -> None:
        self._hold(int(message["port"]))
        if new := self._ports.top_up():
            self._control.send({"what": "Ready", "ports": new})

    def _hold(self, port: int) -> None:
        try:
            self._ports.take(port)
        except (OSError, OverflowError) as error:
            _log.error("port %d cannot be had: %s", port, error)

    @property
    def _ports_in_use(self) -> set[int]:
        legs = {leg.spec.port for leg in self._bay.legs.values()} - {0}
        return legs | self._bay.browsers.ports

    def _release_port(self, message: dict[str, Any]) -> None:
        port = int(message["port"])
        if port in self._ports_in_use:
            self._released.add(port)
        else:
            self._ports.release(port, self._clock())


def _add(total: dict[str, float], summary: Mapping[str, float]) -> None:
    for name in total:
        total[name] += summary[name]
