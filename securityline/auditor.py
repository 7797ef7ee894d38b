"""Looks every few seconds for anything that should have moved and did not.

It trusts none of the timers that move things: it compares the switchboard's state with the
clock. And it is watched itself: how long ago it last looked is a figure and, when too long,
a reason why the engine is not ready.
"""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Literal, Protocol

import structlog

from callflows.call import CallState, InboundCall
from callflows.events import NO_INCIDENT, CallId, CaseStalled, IncidentId, TreeId

INTERVAL: Final = 2.0
"Seconds between two looks."
SILENT_TIME: Final = 10.0
"Seconds without a look after which the auditor itself is a reason not to be ready."
OVERDUE_TIME: Final = 2.0
"Seconds by which a deadline may pass; timers are milliseconds late, not seconds."
CALL_BACK_TIME: Final = 60.0
"Seconds from a caller's leaving unheard to our calling him back."
RECORDING_TIME: Final = 5.0
"Seconds from an answer to a recording being under way."
ATTENTION_TIMES: Final[Mapping[int, float]] = {1: 30.0, 2: 60.0, 3: 90.0, 4: 180.0}
"""Seconds that a case may wait for an operator, by urgency: the reaction times that EN 50518
asks of 80 % and of 98.5 % of the urgent signals, and of all others."""

What = Literal["deadline", "tree", "call_back", "attention", "recording"]

log = structlog.get_logger()


class Attempt(Protocol):
    """A call to a keyholder."""

    @property
    def is_live(self) -> bool:
        """Whether it rings or somebody is on the line."""


class Tree(Protocol):
    """A call tree."""

    @property
    def incident_id(self) -> IncidentId:
        """Whose it is."""

    @property
    def state(self) -> str:
        """`running`, `paused`, `taken`, `exhausted` or `stopped`."""

    @property
    def deadline(self) -> float | None:
        """Engine time at which it wants to be told."""

    @property
    def attempts(self) -> Iterable[Attempt]:
        """Its calls."""


class Case(Protocol):
    """A case."""

    @property
    def is_open(self) -> bool:
        """Whether it waits for its disposition."""

    @property
    def urgency(self) -> int:
        """1 life in danger … 4 for information."""

    @property
    def attention_since(self) -> float | None:
        """Engine time since when it waits for an operator."""


class Switchboard(Protocol):
    """The rules' state, read only."""

    @property
    def incidents(self) -> Mapping[IncidentId, Case]:
        """Cases."""

    @property
    def calls(self) -> Mapping[CallId, InboundCall]:
        """Their calls."""

    @property
    def trees(self) -> Mapping[TreeId, Tree]:
        """Their call trees."""

    def next_deadline(self) -> tuple[float, IncidentId] | None:
        """Return the nearest deadline of all, and whose it is."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that should have moved."""

    what: What
    subject: str
    "The call, tree or case; with `what`, its identity."
    incident_id: IncidentId
    since: float
    "Engine time at which it should have moved."
    reason: str


Check = Callable[[float], Iterator[Finding]]


class Auditor:
    """Find what stands still. Belongs to one event loop.

    :param report: takes each finding once, as an event for the engine.
    :param is_called_back: says whether a caller who left unheard was rung since.
    """

    def __init__(
        self,
        switchboard: Switchboard,
        clock: Callable[[], float],
        report: Callable[[CaseStalled], None],
        *,
        is_called_back: Callable[[CallId], bool],
        interval: float = INTERVAL,
    ) -> None:
        self._switchboard = switchboard
        self._clock = clock
        self._report = report
        self._is_called_back = is_called_back
        self._interval = interval
        self._began_at = clock()
        self._looked_at: float | None = None
        self._found: dict[tuple[What, str], Finding] = {}
        self._blind: dict[str, str] = {}
        self._reported = 0
        self._checks: Mapping[str, Check] = {
            "deadline": self._deadlines,
            "tree": self._trees,
            "call_back": self._call_backs,
            "attention": self._attention,
            "recording": self._recordings,
        }

    @property
    def findings(self) -> list[Finding]:
        """What stands still now, the oldest first."""
        return sorted(self._found.values(), key=lambda one: (one.since, one.what, one.subject))

    async def run(self) -> None:
        """Look until cancelled. Nothing that a look meets ends it."""
        while True:
            self.look()
            await asyncio.sleep(self._interval)

    def look(self) -> list[Finding]:
        """Look once; return, and report, what was not known before."""
        now = self._clock()
        is_awake = self._looked_at is not None and now - self._looked_at <= 2 * self._interval
        seen = {(one.what, one.subject): one for one in self._all(now)}
        self._settle(seen)
        # After a pause of the whole process the timers may only be about to run. A case
        # that has really stopped will still stand there at the next look.
        new = [one for key, one in seen.items() if key not in self._found] if is_awake else []
        for one in new:
            self._tell(one)
        self._looked_at = self._clock()
        return new

    # ------------------------------------------------------------ who watches it

    def heartbeat_age(self) -> float:
        """Seconds since the last look that came to its end."""
        last = self._began_at if self._looked_at is None else self._looked_at
        return max(self._clock() - last, 0.0)

    def reasons(self) -> list[str]:
        """Say what stands still, under `degraded` of `/readyz`. No client's name is in it."""
        reasons = []
        age = self.heartbeat_age()
        if age > SILENT_TIME:
            reasons.append(f"the auditor has not looked for {age:.0f} s")
        reasons += [f"the auditor cannot check: {what}" for what in self._blind]
        stuck: dict[str, int] = {}
        for one in self._found.values():
            stuck[one.what] = stuck.get(one.what, 0) + 1
        reasons += [f"should have moved and did not: {w} ({n})" for w, n in stuck.items()]
        return reasons

    def gauges(self) -> Mapping[str, float]:
        """Return figures for `/metrics`; a hook of `securityline.metrics`."""
        return {
            "heartbeat_age_seconds": self.heartbeat_age(),
            "findings": float(len(self._found)),
            "reported": float(self._reported),
            "checks_failing": float(len(self._blind)),
        }

    # ------------------------------------------------------------ telling

    def _all(self, now: float) -> Iterator[Finding]:
        """Make every check; one that breaks does not keep the others from being made."""
        for what, check in self._checks.items():
            try:
                found = list(check(now))
            except Exception as error:
                if what not in self._blind:
                    log.exception("the auditor cannot check", what=what)
                self._blind[what] = type(error).__name__
                found = [one for one in self._found.values() if one.what == what]
            else:
                self._blind.pop(what, None)
            yield from found

    def _tell(self, one: Finding) -> None:
        self._found[one.what, one.subject] = one
        self._reported += 1
        log.error(
            "should have moved", what=one.what, incident=one.incident_id, reason=one.reason
        )
        try:
            self._report(
                CaseStalled(incident_id=one.incident_id, what=one.what, reason=one.reason)
            )
        except Exception:
            log.exception("a finding could not be reported")

    def _settle(self, seen: Mapping[tuple[What, str], Finding]) -> None:
        for key in [key for key in self._found if key not in seen]:
            one = self._found.pop(key)
            log.info("moved after all", what=one.what, incident=one.incident_id)

    # ------------------------------------------------------------ what should move

    def _deadlines(self, now: float) -> Iterator[Finding]:
        """Find deadlines that passed: of calls, of trees, and the nearest of all others."""
        board = self._switchboard
        late = now - OVERDUE_TIME
        owners: set[IncidentId] = set()
        waiting = [(id_, c.incident_id, c.deadline) for id_, c in board.calls.items()]
        waiting += [
            (CallId(id_), tree.incident_id, tree.deadline)
            for id_, tree in board.trees.items()
            if tree.state == "running"
        ]
        for subject, incident_id, deadline in waiting:
            if deadline is not None and deadline < late:
                owners.add(incident_id)
                yield _overdue(subject, incident_id, deadline)
        nearest = board.next_deadline()
        if nearest is not None and nearest[0] < late and nearest[1] not in owners:
            yield _overdue(nearest[1] or "the shift", nearest[1], nearest[0])

    def _trees(self, now: float) -> Iterator[Finding]:
        """Find trees that run and wait for nothing: no call is up and no time is set."""
        for tree_id, tree in self._switchboard.trees.items():
            if tree.state != "running" or tree.deadline is not None:
                continue
            if not any(attempt.is_live for attempt in tree.attempts):
                yield Finding(
                    "tree", tree_id, tree.incident_id, now, "a call tree runs and calls nobody"
                )

    def _call_backs(self, now: float) -> Iterator[Finding]:
        """Find callers who left before anybody spoke to them and were not called back."""
        board = self._switchboard
        for call_id, call in board.calls.items():
            if call.ended_by != "abandoned" or call.ended_at is None:
                continue
            case = board.incidents.get(call.incident_id)
            due = call.ended_at + CALL_BACK_TIME
            if case is None or not case.is_open or due >= now or self._is_called_back(call_id):
                continue
            yield Finding(
                "call_back",
                call_id,
                call.incident_id,
                due,
                f"nobody was called back within {CALL_BACK_TIME:.0f} s of leaving",
            )

    def _attention(self, now: float) -> Iterator[Finding]:
        """Find cases that wait for an operator for longer than their urgency allows."""
        for incident_id, case in self._switchboard.incidents.items():
            if not case.is_open or case.attention_since is None:
                continue
            limit = ATTENTION_TIMES.get(case.urgency, min(ATTENTION_TIMES.values()))
            due = case.attention_since + limit
            if due < now:
                reason = f"it has waited for an operator for more than {limit:.0f} s"
                yield Finding("attention", incident_id, incident_id, due, reason)

    def _recordings(self, now: float) -> Iterator[Finding]:
        """Find answered calls that should be recorded and are not."""
        for call_id, call in self._switchboard.calls.items():
            if call.recording_id is None or call.is_recording or call.answered_at is None:
                continue
            due = call.answered_at + RECORDING_TIME
            if call.state in _RECORDED and due < now:
                yield Finding(
                    "recording", call_id, call.incident_id, due, "the call is not recorded"
                )


_RECORDED: Final = frozenset(
    {CallState.TALKING, CallState.HELD, CallState.PARKED, CallState.FORWARDED}
)
"States in which somebody has been answered and is still there."


def _overdue(subject: str, incident_id: IncidentId, deadline: float) -> Finding:
    reason = "a time limit passed and nothing followed"
    return Finding("deadline", subject, incident_id or NO_INCIDENT, deadline, reason)
