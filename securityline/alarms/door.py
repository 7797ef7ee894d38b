"""The one door for alarms: what a receiver understood becomes an event, and is answered for.

Whoever sent an alarm hears "stored" only after the lines are on disk. Signs of life are no
events: they go to whoever supervises the paths, and leave no line.
"""

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple, Protocol

import structlog

from callflows.events import Event, IncidentId
from client_directory.directory import Directory
from securityline.alarms.admission import admit
from securityline.alarms.codes import meaning_of
from securityline.alarms.dc09 import Outcome
from securityline.alarms.intake import FaultSeen
from securityline.alarms.signal import Signal

MOST_REMEMBERED: Final = 1_000
"Accounts whose faults were told; further ones are told again."

log = structlog.get_logger()


class Taken(NamedTuple):
    """What became of a signal."""

    incident_id: str
    "The case; empty when the signal is for information and opened none."
    is_repeat: bool
    seq: int
    "Number of its last line in the logbook."


class Holder(Protocol):
    """Where the directory is swapped."""

    @property
    def current(self) -> Directory:
        """The one in force."""


class Book(Protocol):
    """What the flow remembers of signals (`callflows.alarm_book.AlarmBook`)."""

    def case_of(self, source: str, source_id: str) -> IncidentId | None:
        """Return the case of a signal that was seen."""

    def first_case_of(self, source: str, source_id: str, now: float) -> IncidentId | None:
        """Return it if the same source and id still mean the same signal."""


class Tell(Protocol):
    """The engine's door (`securityline.engine.Engine.handle`)."""

    def __call__(
        self,
        event: Event,
        documents: Sequence[object] = (),
        *,
        when_safe: Callable[[], None] | None = None,
    ) -> None:
        """Run one event; `when_safe` is called once it is durable, and never before."""


class AlarmDoor:
    """Admit signals.

    :param next_number: makes a fresh incident number, at an engine time.
    :param head: returns the number of the logbook's last line.
    :param book: returns what the flow remembers of signals.
    :param is_case: says whether a number is that of a case; a signal's own need not be.
    :param heard: told of every signal, heartbeats too: its path works.
    """

    def __init__(
        self,
        tell: Callable[..., None],
        directory: Holder,
        *,
        clock: Callable[[], float],
        next_number: Callable[[float], IncidentId],
        head: Callable[[], int],
        book: Callable[[], Book],
        is_case: Callable[[IncidentId], bool],
        heard: Callable[[Signal], None] = lambda _signal: None,
    ) -> None:
        self._tell = tell
        self._directory = directory
        self._clock = clock
        self._next_number = next_number
        self._head = head
        self._book = book
        self._is_case = is_case
        self._heard = heard
        self._told_faults: set[tuple[str, str]] = set()

    def take(self, signals: tuple[Signal, ...], answer: Callable[[Outcome], None]) -> None:
        """Take the signals of one frame; answer once the last of them is durable."""
        events = []
        for signal in signals:
            self.hear(signal)
            if not signal.is_heartbeat:
                events.append(signal)
        if not events:
            answer(Outcome.STORED)
            return
        last = len(events) - 1
        for place, signal in enumerate(events):
            done = (lambda _taken: answer(Outcome.STORED)) if place == last else _nothing
            self.admit(signal, done)

    def admit(
        self,
        signal: Signal,
        then: Callable[[Taken], None],
        *,
        site: str = "",
        organisation: str = "",
        documents: Sequence[object] = (),
    ) -> IncidentId | None:
        """Tell the flow of one signal; `then` is called once its lines are durable.

        :param site: named by a sender that has no account, such as a program.
        :param documents: to be durable together with the signal.
        :return: the case it belongs to, durable or not; `None`: it opened none.
        """
        now, book = self._clock(), self._book()
        is_repeat = book.first_case_of(signal.source, signal.source_id, now) is not None
        event = admit(
            signal,
            meaning_of(signal),
            self._directory.current,
            self._next_number(now),
            site=site,
            organisation=organisation,
        )
        taken: list[Taken] = []
        self._tell(event, documents, when_safe=lambda: then(taken[0]))
        case = self._book().case_of(signal.source, signal.source_id)
        is_case = case is not None and self._is_case(case)
        taken.append(Taken(case if case and is_case else "", is_repeat, self._head()))
        return case if is_case else None

    def note_fault(self, seen: FaultSeen) -> None:
        """Write down, once an account, that a panel sends what cannot be taken as it is."""
        key = (seen.account or seen.peer, seen.fault.value)
        if key in self._told_faults:
            return
        if len(self._told_faults) >= MOST_REMEMBERED:
            self._told_faults.clear()
        self._told_faults.add(key)
        log.warning("frame not taken as it should be", **seen._asdict())

    def hear(self, signal: Signal) -> None:
        """Take a signal as a sign of life of the path it came by; `take` does it itself."""
        try:
            self._heard(signal)
        except Exception:
            # Supervision is one thing; an alarm must get in whatever happens to it.
            log.exception("sign of life not noted", account=signal.account)


def _nothing(_taken: Taken) -> None:
    """Wait for the last signal of the frame."""
