"""Between the wire and the disk: signals handed on, answers that wait until they are stored."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, NamedTuple

import structlog

from securityline.alarms.dc09 import Fault, Outcome, Received, Settings, receive
from securityline.alarms.dc09_frame import Frame
from securityline.alarms.signal import Signal

Answer = Callable[[Outcome], None]
Take = Callable[[tuple[Signal, ...], Answer], None]
"""Takes the signals of one frame; calls back once they are durable, or cannot be. Until then
nothing is answered: the panel repeats, and the repeat is handed on with the same `source_id`.
"""

PATIENCE: Final = 60.0
"Seconds after which nobody waits for an answer any more: the panel has repeated long ago."

log = structlog.get_logger()


class FaultSeen(NamedTuple):
    """Something came that was not taken as it should be."""

    fault: Fault
    account: str
    "Empty if it cannot be known."
    peer: str
    path: str


@dataclass(eq=False, slots=True, frozen=True)
class _Waiting:
    """A frame whose signals are on their way to the disk."""

    received: Received
    reply: Callable[[bytes], None]
    on_over: Callable[[], None]
    since: float


class Intake:
    """Reads frames, hands their signals on, answers when they are stored.

    :param clock: engine time, seconds since 1970.
    """

    def __init__(
        self,
        take: Take,
        settings: Settings,
        clock: Callable[[], float],
        on_fault: Callable[[FaultSeen], None],
    ) -> None:
        self.settings = settings
        self.frames = 0
        "Whole frames seen, good or bad, since the start."
        self.faults: Counter[tuple[str, Fault]] = Counter()
        "By path and fault."
        self.forgotten = 0
        "Frames whose signals were taken and never said to be stored."
        self._take = take
        self._clock = clock
        self._on_fault = on_fault
        self._waiting: dict[_Waiting, None] = {}  # oldest first

    def __len__(self) -> int:
        """Return how many frames wait for their answer."""
        return len(self._waiting)

    def take(
        self,
        frame: Frame,
        path: str,
        peer: str,
        reply: Callable[[bytes], None],
        on_over: Callable[[], None],
    ) -> bool:
        """Take a frame.

        :param reply: sends octets to whoever sent the frame.
        :param on_over: called once when the frame waits no more; may be before this returns.
        :return: whether the frame has to wait, and `on_over` is or was called.
        """
        now = self._clock()
        self.frames += 1
        moment = datetime.fromtimestamp(now, UTC)
        received = receive(frame, moment, self.settings, path=path, peer=peer)
        if received.fault is not None:
            self.faults[path, received.fault] += 1
            self._on_fault(FaultSeen(received.fault, received.account, peer, path))
        if received.immediate:
            reply(received.immediate)
        if not received.signals:
            return False
        self._hand_on(_Waiting(received, reply, on_over, now))
        return True

    def give_up(self, now: float) -> None:
        """Forget frames that nobody said anything about for `PATIENCE`."""
        while self._waiting:
            oldest = next(iter(self._waiting))
            if now - oldest.since < PATIENCE:
                break
            self.forgotten += 1
            self._end(oldest)

    def _hand_on(self, waiting: _Waiting) -> None:
        self._waiting[waiting] = None

        def answer(outcome: Outcome) -> None:
            """Say what became of the signals; a second call does nothing."""
            if waiting in self._waiting:
                moment = datetime.fromtimestamp(self._clock(), UTC)
                waiting.reply(waiting.received.answer(outcome, moment))
                self._end(waiting)

        try:
            self._take(waiting.received.signals, answer)
        except Exception:
            # No answer: the panel will repeat. The next frame must get in all the same.
            log.exception("alarm not taken", account=waiting.received.account)
            self._end(waiting)

    def _end(self, waiting: _Waiting) -> None:
        if self._waiting.pop(waiting, waiting) is None:
            waiting.on_over()
