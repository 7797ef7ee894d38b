"""The engine's side of the media process: orders out, events in, never waiting.

Orders are remembered as specs. When the process dies it is started again and told them all,
so the rest of the engine sees two events and a short silence.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from sip.media import launch, wire
from sip.media.line import LineSpec
from sip.media.line_orders import LineOrders
from sip.media.outbox import Outbox
from sip.media.protocol import (
    Carried,
    LegSpec,
    MediaBack,
    MediaDied,
    MediaEvent,
    MediaReport,
    RecordingEnded,
    RecordingSpec,
)

_log = logging.getLogger(__name__)

PING_TIME: Final = 1.0
"Seconds between two questions whether the process is well."
MAX_UNANSWERED: Final = 4
"Pings without an answer after which the process hangs and is killed."
START_TIME: Final = 10.0
"Seconds a media process may take until it can be spoken to."
_RETRY_TIMES: Final = (0.0, 0.05, 0.2, 0.5, 1.0, 2.0)
_MAX_WELCOME: Final = 64 * 2**20


class MediaError(Exception):
    """Our media process cannot be started or spoken to."""


class NoPortLeft(MediaError):
    """All RTP ports of the configured range are in use: `media.ports` is too small."""


class MediaClient:
    """Orders for the media process, and its events.

    Every order is synchronous and returns at once. While the process is being restarted
    orders are kept as specs and carried out as soon as it is back.

    :param command: the program and its arguments, the socket's path included.
    :param socket_path: where that program listens.
    :param on_event: called on the loop for every event, in order.
    """

    def __init__(
        self,
        command: Sequence[str],
        socket_path: Path,
        on_event: Callable[[MediaEvent], None],
        *,
        log_path: Path | None = None,
    ) -> None:
        self._command = tuple(command)
        self._socket_path = socket_path
        self._log_path = log_path or socket_path.with_suffix(".log")
        self._on_event = on_event
        self._legs: dict[str, LegSpec] = {}
        self._recordings: dict[str, RecordingSpec] = {}
        self._ending: set[str] = set()
        self._ready: deque[int] = deque()
        self._taken: set[int] = set()
        self._writer: asyncio.StreamWriter | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._carried: Carried | None = None
        self._unanswered = 0
        self._is_stopping = False
        self._outbox = Outbox(lambda: asyncio.get_running_loop().call_soon(self._flush))
        self.pid: int | None = None
        self.report: MediaReport | None = None
        "The process's last word on itself; a few seconds old."
        self.lines = LineOrders(self._send, self._tell)

    # ------------------------------------------------------------ orders

    def reserve_port(self) -> int:
        """Return a port that is bound for us already.

        :raises NoPortLeft: none is free.
        """
        if not self._ready:
            raise NoPortLeft("no RTP port is free")
        port = self._ready.popleft()
        self._taken.add(port)
        self._send({"do": "take", "port": port})
        return port

    def release_port(self, port: int) -> None:
        """Give a port back; it rests some seconds, so that late packets find nobody."""
        if port in self._taken:
            self._taken.discard(port)
            self._send({"do": "release", "port": port})

    def put_leg(self, spec: LegSpec) -> None:
        """Make a leg be as `spec` says; the same spec again changes nothing."""
        self._legs[spec.leg_id] = spec
        if spec.line_id is None:
            self._taken.add(spec.port)
        if self._writer is not None:
            self._outbox.add_leg(spec)

    def drop_leg(self, leg_id: str) -> None:
        """Forget a leg. Its port stays reserved until `release_port`."""
        if self._legs.pop(leg_id, None) is not None:
            self._send({"do": "drop", "leg_id": leg_id})

    def put_line(self, spec: LineSpec) -> None:
        """Wait for a browser; `LineUp` follows, or `LineDown` with the reason."""
        self.lines.put(spec)

    def drop_line(self, line_id: str) -> None:
        """End a line. Its port stays reserved until `release_port`."""
        self.lines.drop(line_id)

    def put_recording(self, spec: RecordingSpec) -> None:
        """Record a call from now on; a file that is there already is continued."""
        self._recordings[spec.recording_id] = spec
        self._send({"do": "record", **wire.recording_to_plain(spec)})

    def end_recording(self, recording_id: str) -> None:
        """Close a recording; `RecordingEnded` follows once it is on disk and hashed."""
        if recording_id in self._recordings:
            self._ending.add(recording_id)
            self._send({"do": "end_recording", "recording_id": recording_id})

    def send_digits(self, leg_id: str, digits: str) -> None:
        """Press keys towards a leg's peer, 220 ms each."""
        self._send({"do": "digits", "leg_id": leg_id, "digits": digits})

    @property
    def fingerprint(self) -> str:
        """Of its certificate towards browsers; empty when it takes none."""
        return self.lines.fingerprint

    def adopt(self) -> Carried:
        """Return what the process carried when we found it, to be kept or dropped."""
        return self._carried or Carried({}, {})

    @property
    def legs(self) -> Mapping[str, LegSpec]:
        """The legs as last ordered."""
        return self._legs

    @property
    def is_up(self) -> bool:
        """Whether a media process listens to us now."""
        return self._writer is not None

    def not_ready(self) -> list[str]:
        """Return why no call's audio can be carried now, for `/readyz`."""
        reasons = []
        if not self.is_up:
            reasons.append("the media process is being restarted")
        elif not self._ready:
            reasons.append("no RTP port is free")
        return reasons

    # ------------------------------------------------------------ life

    async def start(self) -> None:
        """Find the media process or start one.

        :raises MediaError: it cannot be started; the text says where its log is.
        """
        self._tasks = [asyncio.create_task(self._watch())]
        reader = await self._connect()
        self._tasks.append(asyncio.create_task(self._serve(reader)))

    async def stop(self, *, is_process_ended: bool = True) -> None:
        """Let go of the media process; end it as well unless it shall carry on alone."""
        self._is_stopping = True
        if not self._tasks:
            return
        watch, *others = self._tasks
        watch.cancel()
        if is_process_ended and self._writer is not None:
            self._send({"do": "stop"})
            await asyncio.wait(others, timeout=START_TIME)
            if self.pid is not None and not launch.is_dead(self.pid):
                await launch.bury(self.pid, START_TIME)
        for task in others:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._close()

    async def _connect(self) -> asyncio.StreamReader:
        """Connect to a living process or start one; exchange greetings."""
        streams = await launch.find(self._socket_path, _MAX_WELCOME)
        if streams is None:
            if self.pid is not None:
                # It may still be dying with our ports bound.
                launch.kill(self.pid)
                await launch.bury(self.pid, START_TIME)
            try:
                streams = await launch.start(
                    self._command, self._log_path, self._socket_path, START_TIME, _MAX_WELCOME
                )
            except launch.LaunchFailed as error:
                raise MediaError(f"the media process {error}") from error
        reader, writer = streams
        self._writer, self._unanswered = writer, 0
        self.pid = launch.peer_pid(writer.get_extra_info("socket"))
        self._send({"do": "hello", "ports": sorted(self._taken)})
        for leg in self._legs.values():
            self._send({"do": "leg", **wire.leg_to_plain(leg)})
        for recording in self._recordings.values():
            self._send({"do": "record", **wire.recording_to_plain(recording)})
        for recording_id in self._ending:
            self._send({"do": "end_recording", "recording_id": recording_id})
        try:
            line = await asyncio.wait_for(reader.readline(), START_TIME)
            self._take_welcome(wire.from_line(line))
        except (OSError, ValueError, KeyError, TypeError) as error:
            self._close()
            raise MediaError(f"the media process gives no sense: {error!r}") from error
        return reader

    def _take_welcome(self, welcome: Mapping[str, Any]) -> None:
        self._take_ports(welcome["ready"], is_all=True)
        lines = self.lines.compare(welcome, is_found=self._carried is None)
        legs = [wire.leg_from_plain(plain) for plain in welcome["legs"]]
        recordings = [wire.recording_from_plain(plain) for plain in welcome["recordings"]]
        if self._carried is not None:
            # The same process after a broken connection: what we dropped meanwhile must go.
            for leg in legs:
                if leg.leg_id not in self._legs:
                    self._send({"do": "drop", "leg_id": leg.leg_id})
            return
        self._carried = Carried(
            {leg.leg_id: leg for leg in legs},
            {recording.recording_id: recording for recording in recordings},
            {line.line_id: line for line in lines},
        )
        self._taken.update(leg.port for leg in legs if leg.line_id is None)
        self._taken.update(line.port for line in lines)
        self._legs = {**self._carried.legs, **self._legs}
        self._recordings = {**self._carried.recordings, **self._recordings}

    def _take_ports(self, ports: Sequence[int], *, is_all: bool) -> None:
        kept = () if is_all else self._ready
        self._ready = deque([*kept, *(port for port in ports if port not in self._taken)])

    async def _serve(self, reader: asyncio.StreamReader) -> None:
        """Read events for ever; when the process dies, start another."""
        while True:
            reason = await self._read(reader)
            self._close()
            if self._is_stopping:
                return
            died_at = asyncio.get_running_loop().time()
            self._tell(MediaDied(reason))
            reader = await self._restart()
            self._tell(MediaBack(asyncio.get_running_loop().time() - died_at))

    async def _read(self, reader: asyncio.StreamReader) -> str:
        try:
            while line := await reader.readline():
                self._receive(line)
        except (OSError, ValueError) as error:
            return f"its connection broke: {error}"
        return "its connection was closed"

    async def _restart(self) -> asyncio.StreamReader:
        attempt = 0
        while True:
            await asyncio.sleep(_RETRY_TIMES[min(attempt, len(_RETRY_TIMES) - 1)])
            try:
                return await self._connect()
            except MediaError as error:
                _log.error("media process: %s", error)
                attempt += 1

    async def _watch(self) -> None:
        """Ask now and then whether the process is well; a hung one is killed."""
        while True:
            await asyncio.sleep(PING_TIME)
            if self._writer is None:
                continue
            if self._unanswered >= MAX_UNANSWERED and self.pid is not None:
                _log.error("media process %d does not answer: killed", self.pid)
                launch.kill(self.pid)
                continue
            self._unanswered += 1
            self._send({"do": "ping"})

    # ------------------------------------------------------------ wire

    def _send(self, message: Mapping[str, Any]) -> None:
        """Queue a line; all of one turn of the loop go out in one write."""
        if self._writer is not None:
            self._outbox.add(message)

    def _flush(self) -> None:
        lines = self._outbox.take()
        if self._writer is not None and not self._writer.is_closing():
            self._writer.write(lines)

    def _receive(self, line: bytes) -> None:
        try:
            message = wire.from_line(line)
            match message.get("what"):
                case "Pong":
                    self._unanswered = 0
                case "Ready":
                    self._take_ports(message["ports"], is_all=False)
                case _:
                    self._take_event(message)
        except (KeyError, TypeError, ValueError) as error:
            _log.error("media process sent a line without sense: %s", error)

    def _take_event(self, message: Mapping[str, Any]) -> None:
        event = wire.event_from_plain(message)
        if isinstance(event, MediaReport):
            self.report = event
        elif event is not None:
            if isinstance(event, RecordingEnded):
                self._recordings.pop(event.recording_id, None)
                self._ending.discard(event.recording_id)
            self._tell(event)

    def _tell(self, event: MediaEvent) -> None:
        try:
            self._on_event(event)
        except Exception:
            # The owner's fault must not cut the owner off from all later events.
            _log.exception("an event of the media process was not taken: %r", event)

    def _close(self) -> None:
        self._flush()
        if self._writer is not None:
            self._writer.close()
            self._writer = None
