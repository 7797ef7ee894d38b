"""All browsers' lines: their sockets, and which leg speaks through which."""

import select
import socket
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Final

from sip.media.doors import Doors
from sip.media.leg import Leg
from sip.media.line import LineDown, LineSpec
from sip.media.ports import PortPool, drain
from sip.media.protocol import MediaEvent
from sip.media.secure_line import SecureLine

if TYPE_CHECKING:
    from sip.media.dtls import Certificate

Served = dict[int, tuple[Callable[[int], bytes], Callable[[bytes, float], None]]]
"By number of a connected socket: how to take a datagram, and whom to give it to."

FLOOD: Final = 200
"Datagrams of one browser between two scans (100 ms; it sends 5 to 10) that are too many."
MUTE_TIME: Final = 1.0


class Lines:
    """Carries out what the engine orders for browsers' lines.

    :param served: what the loop waits for; connected sockets are put there.
    :param certificate: ours; `None` where the extra `browser` is not installed.
    :param changed: is told of a leg whose line came, went, or was given to another leg.
    """

    def __init__(
        self,
        poll: select.epoll,
        ports: PortPool,
        doors: Doors,
        served: Served,
        emit: Callable[[MediaEvent], None],
        certificate: "Certificate | None",
        changed: Callable[[Leg, float], None],
    ) -> None:
        self._poll = poll
        self._ports = ports
        self._doors = doors
        self._served = served
        self._emit = emit
        self._certificate = certificate
        self._changed = changed
        self._lines: dict[str, SecureLine] = {}
        self._sockets: dict[str, tuple[socket.socket, tuple[str, int]]] = {}
        self._speaking: dict[str, Leg] = {}
        "By line: the leg that has it."
        self._counts: dict[str, int] = {}
        self._muted: dict[str, float] = {}
        self._was_up: dict[str, bool] = {}

    def __len__(self) -> int:
        return len(self._lines)

    @property
    def specs(self) -> list[LineSpec]:
        """The lines that may still carry audio."""
        return [line.spec for line in self._lines.values() if not line.is_over]

    @property
    def ports(self) -> set[int]:
        """Their ports."""
        return {line.spec.port for line in self._lines.values()}

    # ------------------------------------------------------------ orders

    def put(self, spec: LineSpec, now: float) -> None:
        """Wait for a browser on a port; the same line again changes nothing."""
        if spec.line_id in self._lines:
            return
        if self._certificate is None:
            self._emit(LineDown(spec.line_id, "handshake", "the extra `browser` is missing"))
            return
        try:
            door = self._ports.take(spec.port)
        except OSError as error:
            self._emit(LineDown(spec.line_id, "port", str(error.strerror)))
            return
        line = SecureLine(spec, self._certificate, self._emit, now)
        self._lines[spec.line_id] = line
        self._was_up[spec.line_id] = False
        self._doors.open(door, partial(self._judge, line))
        if (leg := self._speaking.get(spec.line_id)) is not None:
            self._give(line, leg, now)

    def drop(self, line_id: str, now: float) -> None:
        """End a line; its port stays taken until it is released."""
        line = self._lines.pop(line_id, None)
        if line is None:
            return
        line.close()
        self._unplug(line)
        self._doors.shut(self._ports.door(line.spec.port))
        self._counts.pop(line_id, None)
        self._was_up.pop(line_id, None)
        if (leg := self._speaking.get(line_id)) is not None:
            self._changed(leg, now)

    # ------------------------------------------------------------ legs

    def attach(self, line_id: str, leg: Leg, now: float) -> None:
        """Let a leg speak through a line, there already or not; it takes it from another."""
        before = self._speaking.get(line_id)
        if before is leg:
            return
        if before is not None:
            self.detach(line_id, before)
            self._changed(before, now)
        self._speaking[line_id] = leg
        if (line := self._lines.get(line_id)) is not None:
            self._give(line, leg, now)

    def detach(self, line_id: str, leg: Leg) -> None:
        """Let a leg speak no more through a line."""
        if self._speaking.get(line_id) is not leg:
            return
        del self._speaking[line_id]
        if (line := self._lines.get(line_id)) is not None:
            line.deliver = None
            line.sequence = leg.outgoing.next_sequence

    def sender(self, line_id: str, leg: Leg) -> Callable[[bytes], object] | None:
        """How a leg sends through a line, as long as it has it and it is up."""
        line = self._lines.get(line_id)
        is_his = self._speaking.get(line_id) is leg
        return line.send if line is not None and line.is_up and is_his else None

    def _give(self, line: SecureLine, leg: Leg, now: float) -> None:
        """Whoever speaks, to the browser it is one source: SRTP counts its packets."""
        leg.incoming.forget_source()
        leg.outgoing.continue_as(line.ssrc, line.sequence, line.timestamp_origin, now)
        line.deliver = leg.incoming.receive

    # ------------------------------------------------------------ sockets

    def _judge(
        self, line: SecureLine, data: bytes, source: tuple[str, int], now: float
    ) -> None:
        """Take a check from an address that is not (yet) the line's."""
        answer = line.answer_check(data, source)
        if answer is None or line.is_over:
            return
        try:
            self._ports.door(line.spec.port).sendto(answer[0], source)
        except OSError:
            return
        known = self._sockets.get(line.spec.line_id)
        if known is None or answer[1]:
            self._turn(line, source)

    def _turn(self, line: SecureLine, source: tuple[str, int]) -> None:
        """Connect to the path the browser chose."""
        self._unplug(line)
        try:
            connected = self._ports.connect(line.spec.port, source)
        except (OSError, ValueError, OverflowError):
            return
        self._sockets[line.spec.line_id] = connected, source
        line.send_raw = connected.send
        self._served[connected.fileno()] = (
            connected.recv,
            partial(self._receive, line, source),
        )
        self._poll.register(connected.fileno(), select.EPOLLIN)

    def _receive(
        self, line: SecureLine, source: tuple[str, int], data: bytes, now: float
    ) -> None:
        if data and data[0] < 4:
            answer = line.answer_check(data, source)
            if answer is not None and line.send_raw is not None:
                line.send_raw(answer[0])
            return
        line.receive(data, now)
        self._settle(line, now)

    def _settle(self, line: SecureLine, now: float) -> None:
        """Tell the leg when its line came up or went down."""
        line_id = line.spec.line_id
        if self._was_up.get(line_id) == line.is_up:
            return
        self._was_up[line_id] = line.is_up
        if (leg := self._speaking.get(line_id)) is not None:
            self._changed(leg, now)

    def _unplug(self, line: SecureLine) -> None:
        line.send_raw = None
        connected, _ = self._sockets.pop(line.spec.line_id, (None, None))
        if connected is not None:
            del self._served[connected.fileno()]
            if self._muted.pop(line.spec.line_id, None) is None:
                self._poll.unregister(connected.fileno())
            connected.close()

    # ------------------------------------------------------------ every 100 ms

    def scan(self, now: float) -> None:
        """Look after all lines."""
        for line_id, line in self._lines.items():
            line.scan(now)
            self._settle(line, now)
            self._check_flood(line_id, line, now)

    def _check_flood(self, line_id: str, line: SecureLine, now: float) -> None:
        since, self._counts[line_id] = line.count - self._counts.get(line_id, 0), line.count
        connected, _ = self._sockets.get(line_id, (None, None))
        if connected is None:
            return
        if line_id in self._muted:
            if now >= self._muted[line_id]:
                del self._muted[line_id]
                drain(connected)
                self._poll.register(connected.fileno(), select.EPOLLIN)
        elif since > FLOOD:
            self._muted[line_id] = now + MUTE_TIME
            self._poll.unregister(connected.fileno())

    def close(self) -> None:
        """End all lines, and tell the browsers."""
        for line in self._lines.values():
            line.close()
            connected, _ = self._sockets.pop(line.spec.line_id, (None, None))
            if connected is not None:
                connected.close()
        self._lines.clear()
