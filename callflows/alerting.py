"""What supervisors are told because time passed: not taken, not worked, a step too late.

Each open case is looked at when the nearest of its limits is reached, and not before. An
alert is said once; it is over when somebody does what was missing.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from callflows.board import Board
from callflows.events import (
    AlertLimitsSet,
    AlertOver,
    AlertRaised,
    Event,
    IncidentId,
    OperatorId,
)
from callflows.incident import Incident
from callflows.procedure_run import ProcedureRun
from client_directory.model import DEFAULT_ALERTS, AlertLimits

WAITS_BY_ITSELF: Final = ("await_restore", "start_call_tree")
"Steps that wait for the world; their own limits are watched elsewhere."
LIVE: Final = ("running", "paused")
"States of a call tree that is at work."


Seen = tuple[int, float | None, str | None, float | bool | None]
"""Urgency, since when the case waits, whose it is, since when a caller of it waits.

Whether one waits, in snapshots of before."""


class AlertKind(StrEnum):
    """What is late."""

    NOT_TAKEN = "not_taken"
    "A caller, or a case, was offered to the operators and nobody takes it."
    NOT_WORKED = "not_worked"
    "Somebody took the case, and nothing is recorded or written in it."
    OVERDUE_STEP = "overdue_step"
    "The step to do now has been it for too long."
    TOTAL = "total"
    "The case has been open for too long, parked or not."


@dataclass(slots=True, kw_only=True)
class CaseWatch:
    """One open case, and what is late in it."""

    incident_id: IncidentId
    raised: dict[AlertKind, float] = field(default_factory=dict)
    "What was told and is not over: engine time since when it is late."
    seen: Seen | None = None
    "What decided which limits run, when it was looked at last."
    deadline: float | None = None
    "When it is looked at next, engine time."

    @property
    def timer_id(self) -> str:
        """Its name among whatever waits for a time."""
        return f"watch {self.incident_id}"


# ---------------------------------------------------------------- after every event


def follow(board: Board, event: Event) -> None:
    """Watch the cases that are new, and look at those in which something else is missing now.

    Cheap where nothing changed: it runs after every event.
    """
    if len(board.incidents) != len(board.case_watches):
        _begin(board)
    own = event.incident_id
    if own:
        _follow(board, own)
    if others := {x.incident_id for x in board.outcomes if x.incident_id != own}:
        for incident_id in sorted(others):
            _follow(board, incident_id)


def _follow(board: Board, incident_id: IncidentId) -> None:
    watch = board.case_watches.get(incident_id)
    if watch is None:
        return
    if watch.raised or watch.seen != _seen(board, board.incidents[incident_id]):
        _look(board, watch)


def _begin(board: Board) -> None:
    """Watch the new cases: they stand last."""
    for incident_id in reversed(board.incidents):
        if incident_id in board.case_watches:
            break
        board.case_watches[incident_id] = watch = CaseWatch(incident_id=incident_id)
        _look(board, watch)


def due(board: Board, watch: CaseWatch) -> None:
    """Look at a case whose time has come."""
    _look(board, watch)


def _look(board: Board, watch: CaseWatch) -> None:
    """End what is over, tell what is late, and say when to look again."""
    incident = board.incidents[watch.incident_id]
    times = late_times(board, incident)
    watch.seen = _seen(board, incident)
    for kind in [kind for kind in watch.raised if times.get(kind, board.now + 1) > board.now]:
        _end(board, incident, watch, kind)
    for kind, at in times.items():
        if at <= board.now and kind not in watch.raised:
            _raise(board, incident, watch, kind, at)
    later = [at for at in times.values() if at > board.now]
    _wait(board, watch, min((*later, _again(board, incident))) if incident.is_open else None)


def _seen(board: Board, incident: Incident) -> Seen:
    """Return what decides which limits run."""
    seeking, since = board.seeking, None
    if seeking and not seeking.keys().isdisjoint(incident.call_ids):
        mine = (seeking[call_id] for call_id in incident.call_ids if call_id in seeking)
        since = min(call.waits_since for call in mine)
    return incident.urgency, incident.attention_since, incident.owner, since


def closed(board: Board, incident: Incident) -> None:
    """Look at a closed case no more; what was late in it is over."""
    watch = board.case_watches.get(incident.incident_id)
    if watch is not None:
        _look(board, watch)


def _raise(
    board: Board, incident: Incident, watch: CaseWatch, kind: AlertKind, at: float
) -> None:
    watch.raised[kind] = at
    step = incident.run.current if kind is AlertKind.OVERDUE_STEP else None
    board.say(
        AlertRaised(
            incident_id=incident.incident_id,
            alert=kind.value,
            urgency=incident.urgency,
            operator=OperatorId(incident.owner) if incident.owner else None,
            step=step.step if step is not None else "",
        )
    )


def _end(board: Board, incident: Incident, watch: CaseWatch, kind: AlertKind) -> None:
    since = watch.raised.pop(kind)
    board.say(
        AlertOver(
            incident_id=incident.incident_id, alert=kind.value, late_time=board.now - since
        )
    )


def _wait(board: Board, watch: CaseWatch, deadline: float | None) -> None:
    watch.deadline = deadline
    if deadline is None:
        board.drop_timed(watch)
    else:
        board.keep_timed(watch)


# ---------------------------------------------------------------- what is late when


def late_times(board: Board, incident: Incident) -> dict[AlertKind, float]:
    """Return when each thing that is missing now is, or was, late: engine time."""
    if not incident.is_open:
        return {}
    limits, place = limits_of(board, incident), _place(incident)
    found = {AlertKind.TOTAL: incident.opened_at + limits.total[place]}
    waits = list(_waits(board, incident))
    if waits:
        found[AlertKind.NOT_TAKEN] = min(waits) + limits.not_taken[place]
    is_parked = incident.parking is not None and not incident.parking.is_back
    if incident.owner is None or incident.attention_since is not None or is_parked:
        return found
    taken = _taken_at(board, incident)
    recorded = max((taken, *(r.at for run in _runs(incident) for r in run.records.values())))
    if not waits and not _is_at_work(board, incident):
        noted = max((recorded, *(note.at for note in incident.notes), *_talks(board, incident)))
        found[AlertKind.NOT_WORKED] = noted + limits.not_worked[place]
    step = incident.run.current
    if step is not None and not any(name in (step.do or {}) for name in WAITS_BY_ITSELF):
        found[AlertKind.OVERDUE_STEP] = recorded + limits.overdue_step[place]
    return found


def limits_of(board: Board, incident: Incident) -> AlertLimits:
    """Return the limits of a case's client, else those of the installation."""
    own = board.alert_limits.get(incident.organisation or "")
    return own or board.alert_limits.get("") or DEFAULT_ALERTS


def limits_set(board: Board, event: AlertLimitsSet) -> None:
    """Take the limits in force from now on; what was told already stays told."""
    board.alert_limits = {"": event.default, **event.clients}


def _place(incident: Incident) -> int:
    return min(4, max(1, incident.urgency)) - 1


def _runs(incident: Incident) -> list[ProcedureRun]:
    return [*incident.earlier_runs, incident.run]


def _waits(board: Board, incident: Incident) -> Iterator[float]:
    """Since when a caller of the case, or the case itself, waits for somebody."""
    if incident.attention_since is not None:
        yield incident.attention_since
    for call_id in incident.call_ids:
        if (call := board.seeking.get(call_id)) is not None:
            yield call.waits_since


def _is_at_work(board: Board, incident: Incident) -> bool:
    """Whether somebody is on the line for it, or the engine calls its keyholders."""
    calls = (board.calls.get(call_id) for call_id in incident.call_ids)
    if any(call is not None and not call.is_over for call in calls):
        return True
    return any(tree.state in LIVE for tree in board.trees_of(incident))


def _talks(board: Board, incident: Incident) -> Iterator[float]:
    """When the calls of the case ended."""
    for call_id in incident.call_ids:
        call = board.calls.get(call_id)
        if call is not None and call.ended_at is not None:
            yield call.ended_at


def _taken_at(board: Board, incident: Incident) -> float:
    """When its owner got it: by a press, by speaking with its caller, from a colleague."""
    calls = (board.calls.get(call_id) for call_id in incident.call_ids)
    answered = [c.answered_at for c in calls if c is not None and c.answered_at is not None]
    first = min(answered, default=incident.opened_at)
    return max(first, incident.taken_at or first, incident.owner_since or first)


def _again(board: Board, incident: Incident) -> float:
    """When a case in which nothing is late is looked at again."""
    limits, place = limits_of(board, incident), _place(incident)
    return board.now + min(limits.not_worked[place], limits.overdue_step[place])
