"""Is the other end alive? OPTIONS at intervals, and a state that does not flap.

Sans-IO, and ignorant of SIP messages: the owner turns each :class:`ProbeOrder` into an
OPTIONS request (RFC 3261, section 11) and gives the answer back. Any answer proves life,
404 and 405 included: a phone which refuses OPTIONS is a phone which is there.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple

from sip.endpoint import Endpoint


class Reachability(Enum):
    """What is known of a target."""

    UNKNOWN = "unknown"
    UP = "up"
    DOWN = "down"


@dataclass(frozen=True, slots=True)
class ProbeSettings:
    """How eagerly to ask. All times in seconds."""

    interval: float = 10.0
    "Between two probes of a target that answers, or that is known to be down."
    answer_time: float = 2.0
    "Silence after which a probe has failed; three copies of it went out by then over UDP."
    retry_interval: float = 0.5
    "Before the next probe while the state is in doubt."
    failures_to_fall: int = 2
    answers_to_rise: int = 2
    "Answers in a row before a target that was down counts as up again."
    close_silence: float = 0.8
    """With no sign of life for so long a target that is watched closely is down. It is asked
    after half of that time, and while it says nothing at each sixth: one lost packet, or two,
    are not enough."""


class ProbeOrder(NamedTuple):
    """Send OPTIONS to `destination` and bring the answer back under `token`."""

    token: str
    target: str
    destination: Endpoint


class ReachabilityChanged(NamedTuple):
    """A target went up or down; the first answer of all is a change too."""

    target: str
    destination: Endpoint
    is_up: bool


class _Watched:
    """One target: its state, its row of failures or answers, its next moment."""

    __slots__ = (
        "answers",
        "close_since",
        "destination",
        "due_at",
        "failures",
        "pending",
        "state",
    )

    def __init__(self, destination: Endpoint, due_at: float) -> None:
        self.destination = destination
        self.due_at = due_at
        self.state = Reachability.UNKNOWN
        self.pending = ""
        self.failures = 0
        self.answers = 0
        self.close_since: float | None = None  # moved on by each answer


class Probe:
    """Watches any number of targets by name.

    Call :meth:`handle_timer` at :meth:`next_timer`, carry out :meth:`orders_to_send`, and
    report every answer by :meth:`answered` and any other sign of life by :meth:`heard`.
    The methods that can change a state return the changes.
    """

    def __init__(self, settings: ProbeSettings | None = None) -> None:
        self._settings = settings or ProbeSettings()
        self._watched: dict[str, _Watched] = {}
        self._orders: list[ProbeOrder] = []
        self._count = 0
        self._next_at: float | None = None  # never later than the earliest due_at

    def watch(
        self, target: str, destination: Endpoint, now: float, *, is_heard: bool = False
    ) -> list[ReachabilityChanged]:
        """Begin to watch, or follow a target that moved.

        :param is_heard: it has just spoken (a REGISTER came from it), so it is up and the
            first probe may wait for an interval.
        """
        watched = self._watched.get(target)
        if watched is None:
            watched = self._watched[target] = _Watched(destination, now)
            self._due(watched, now)
        elif watched.destination != destination:
            watched.destination, watched.pending = destination, ""
            self._due(watched, now)
        return self._alive(target, watched, now, is_certain=True) if is_heard else []

    def forget(self, target: str) -> None:
        """Stop watching; unknown names are fine."""
        self._watched.pop(target, None)

    def watch_closely(self, target: str, now: float) -> None:
        """Ask a target whenever it says nothing for a moment: it must not die unnoticed.

        A target that is down, unknown or watched closely already is left as it is.
        """
        watched = self._watched.get(target)
        if watched and watched.state is Reachability.UP and watched.close_since is None:
            watched.close_since, watched.pending = now, ""
            self._due(watched, now + self._settings.close_silence / 2)

    def relax(self, target: str, now: float) -> None:
        """Ask a target at the usual interval again."""
        watched = self._watched.get(target)
        if watched and watched.close_since is not None:
            watched.close_since, watched.pending = None, ""
            self._due(watched, now + self._settings.interval)

    def state_of(self, target: str) -> Reachability:
        """Return what is known of a target; `UNKNOWN` also for one nobody watches."""
        watched = self._watched.get(target)
        return watched.state if watched else Reachability.UNKNOWN

    def targets(self) -> Iterable[str]:
        """Return the names that are watched."""
        return self._watched.keys()

    def answered(self, token: str, status: int | None, now: float) -> list[ReachabilityChanged]:
        """Take what became of an order.

        :param status: of the final response; `None` if the transaction timed out or the
            transport failed. A late answer to an older probe proves life as well; a late
            failure proves nothing.
        """
        target = token.rpartition("#")[0]
        watched = self._watched.get(target)
        if watched is None:
            return []
        if status is not None:
            return self._alive(target, watched, now)
        if watched.close_since is not None:
            return []  # the next one goes out anyhow
        return self._failed(target, watched, now) if token == watched.pending else []

    def heard(self, target: str, now: float) -> list[ReachabilityChanged]:
        """Take any message from the target as a sign of life."""
        watched = self._watched.get(target)
        return self._alive(target, watched, now) if watched else []

    def next_timer(self) -> float | None:
        """Return when to call :meth:`handle_timer`, or `None` if nothing is watched.

        It may be earlier than the first probe due: this is asked after every packet, so it
        must not look at every target.
        """
        return self._next_at if self._watched else None

    def handle_timer(self, now: float) -> list[ReachabilityChanged]:
        """Send the probes that are due and give up those that had their time."""
        changes: list[ReachabilityChanged] = []
        for target, watched in self._watched.items():
            if watched.due_at <= now:
                if watched.close_since is not None:
                    changes += self._look_closely(target, watched, now)
                elif watched.pending:
                    changes += self._failed(target, watched, now)
                else:
                    self._order(target, watched, now)
        self._next_at = min((w.due_at for w in self._watched.values()), default=None)
        return changes

    def orders_to_send(self) -> list[ProbeOrder]:
        """Hand over the probes waiting to be sent."""
        orders, self._orders = self._orders, []
        return orders

    def _due(self, watched: _Watched, at: float) -> None:
        watched.due_at = at
        if self._next_at is None or at < self._next_at:
            self._next_at = at

    def _order(self, target: str, watched: _Watched, now: float) -> None:
        self._count += 1
        watched.pending = f"{target}#{self._count}"
        self._due(watched, now + self._settings.answer_time)
        self._orders.append(ProbeOrder(watched.pending, target, watched.destination))

    def _look_closely(
        self, target: str, watched: _Watched, now: float
    ) -> list[ReachabilityChanged]:
        # Time in which we slept ourselves is no silence of theirs: their answers wait unread.
        silent_since = (watched.close_since or 0.0) + now - watched.due_at
        watched.close_since = silent_since
        ask_at = silent_since + self._settings.close_silence / 2
        if now < ask_at:
            self._due(watched, ask_at)
            return []
        if now < silent_since + self._settings.close_silence:
            self._order_closely(target, watched, now)
            return []
        watched.close_since, watched.answers, watched.pending = None, 0, ""
        watched.failures = self._settings.failures_to_fall
        watched.state = Reachability.DOWN
        self._due(watched, now + self._settings.retry_interval)
        return [ReachabilityChanged(target, watched.destination, False)]

    def _order_closely(self, target: str, watched: _Watched, now: float) -> None:
        self._order(target, watched, now)
        end = (watched.close_since or 0.0) + self._settings.close_silence
        self._due(watched, min(now + self._settings.close_silence / 6, max(end, now)))

    def _alive(
        self, target: str, watched: _Watched, now: float, *, is_certain: bool = False
    ) -> list[ReachabilityChanged]:
        watched.failures, watched.pending = 0, ""
        watched.answers += 1
        if watched.close_since is not None:
            watched.close_since = now
            return []
        self._due(watched, now + self._settings.interval)
        if watched.state is Reachability.UP:
            return []
        was_down = watched.state is Reachability.DOWN
        if was_down and not is_certain and watched.answers < self._settings.answers_to_rise:
            self._due(watched, now + self._settings.retry_interval)
            return []
        watched.state = Reachability.UP
        return [ReachabilityChanged(target, watched.destination, True)]

    def _failed(self, target: str, watched: _Watched, now: float) -> list[ReachabilityChanged]:
        watched.answers, watched.pending = 0, ""
        watched.failures += 1
        if watched.failures < self._settings.failures_to_fall:
            self._due(watched, now + self._settings.retry_interval)
            return []
        self._due(watched, now + self._settings.interval)
        if watched.state is Reachability.DOWN:
            return []
        watched.state = Reachability.DOWN
        return [ReachabilityChanged(target, watched.destination, False)]
