"""The room as a wallboard shows it: who is there, what waits, how soon callers are answered.

A board hangs on a wall. No caller, client or person of a client is named on it, and duress is
not told: whoever is forced may see it, and whoever forces him. What is outside the clearance
of whoever signed the board in is a number.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from callflows.attention import place, waiting_cases
from callflows.call import InboundCall
from callflows.operators import DeskState, OperatorDesk
from securityline.answering import HOUR, AnswerBook, Figure, figures, percentile
from securityline.web.board import Audience, Board
from securityline.web.discretion import tells_of_duress
from securityline.web.visits import visit_of
from securityline.web.vocabulary import state_of

READERS: Final = frozenset({"supervisor", "auditor"})
"Roles that may see the room."
ENOUGH_READY: Final = 2
"Operators who must be ready: one alone takes a call, and nobody is left."
MOST_ROWS: Final = 6


class Seat(NamedTuple):
    """Somebody who is signed in."""

    operator: str
    name: str
    state: str
    "A state of his desk, or `dead`: his phone cannot be rung."
    since: float


class Waiting(NamedTuple):
    """A call or a case that waits, without a name."""

    urgency: int
    since: float
    state: str


class AlertRow(NamedTuple):
    """A case in which something is late."""

    urgency: int
    since: float
    alerts: tuple[str, ...]
    incident_id: str
    organisation_name: str
    owner_name: str


class Span(NamedTuple):
    """Answer times of a stretch of time."""

    name: str
    "`hour` or `today`."
    callers: int
    "Callers."
    figures: list[Figure]
    slowest: float | None
    "Seconds within which nine of ten answered callers were."


class Room(NamedTuple):
    """Everything on the board."""

    seats: list[Seat]
    ready: int
    is_short: bool
    calls: list[Waiting]
    call_count: int
    cases: list[Waiting]
    case_count: int
    alerts: list[AlertRow]
    alert_count: int
    spans: list[Span]


def draw_room(
    board: Board, audience: Audience, answers: AnswerBook, now: float, zone: ZoneInfo
) -> Room:
    """Look at the room with the eyes of an audience."""
    desks, ready = board.operators()
    waiting = board.switchboard.waiting()
    calls = [call for call in waiting if _is_shown(board, call, audience)]
    cases = [
        (case.ordinary_urgency or case.urgency, *place(case), case.attention_since or now)
        for case in waiting_cases(board.switchboard.incidents.values())
        if case.clearance in audience.clearances
        and not case.is_silent
        and not all(tells_of_duress(why) for why in case.attention)
    ]
    late = alerts(board, audience, is_wall=True)
    return Room(
        seats=[seat(board, desk, audience) for desk in desks],
        ready=ready,
        is_short=ready < ENOUGH_READY,
        calls=[_call(call) for call in calls[:MOST_ROWS]],
        call_count=len(waiting),
        cases=[Waiting(at[0], at[-1], "") for at in sorted(cases)[:MOST_ROWS]],
        case_count=len(cases),
        alerts=late[:MOST_ROWS],
        alert_count=len(late),
        spans=spans(answers, waiting, now, zone),
    )


def alerts(board: Board, audience: Audience, *, is_wall: bool = False) -> list[AlertRow]:
    """Return the cases in which something is late, most urgent first.

    :param is_wall: duress is left out.
    """
    found = []
    for watch in board.switchboard.case_watches.values():
        incident = board.incident(watch.incident_id) if watch.raised else None
        if incident is None or incident.clearance not in audience.clearances:
            continue
        if incident.incident_id in audience.unseen or (is_wall and incident.is_silent):
            continue
        ordinary = incident.ordinary_urgency if is_wall else None
        found.append(
            AlertRow(
                ordinary or incident.urgency,
                min(watch.raised.values()),
                tuple(kind.value for kind in watch.raised),
                incident.incident_id,
                incident.organisation_name,
                board.name_of(incident.owner),
            )
        )
    return sorted(found)


def seat(board: Board, desk: OperatorDesk, audience: Audience) -> Seat:
    """Say where somebody stands; a dead phone before everything else."""
    state = desk.state.value if desk.has_station else "dead"
    visit = visit_of(board, desk.operator)
    if state == DeskState.VISITING.value and visit is not None and not visit.is_shown:
        state = state if audience.may_visit else DeskState.TALKING.value
    return Seat(desk.operator, desk.name or desk.operator, state, desk.since)


def _is_shown(board: Board, call: InboundCall, audience: Audience) -> bool:
    incident = board.incident(call.incident_id)
    is_silent = incident is not None and incident.is_silent
    return call.clearance in audience.clearances and not is_silent


def _call(call: InboundCall) -> Waiting:
    return Waiting(call.ordinary_urgency or call.urgency, call.offered_at, state_of(call))


def spans(
    answers: AnswerBook, waiting: Iterable[InboundCall], now: float, zone: ZoneInfo
) -> list[Span]:
    """Return the figures of the last hour and of today, which begins at the room's midnight."""
    midnight = datetime.fromtimestamp(now, zone).replace(hour=0, minute=0, second=0)
    waits = [now - call.offered_at for call in waiting if not call.is_outbound]
    return [
        _span("hour", answers, now - HOUR, waits),
        _span("today", answers, midnight.timestamp(), waits),
    ]


def _span(name: str, answers: AnswerBook, since: float, waits: Sequence[float]) -> Span:
    found = answers.since(since)
    return Span(name, len(found), figures(found, waits), percentile(found, 0.9))
