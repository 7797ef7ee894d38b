"""What the clock showed becomes cases: lost lines, doors, people alone, tasks, stalled cases.

Each goes the way of an alarm, so it joins what else happens at the same place, and a site on
test stays on test. What belongs to one thing (lines lost together, one timer, one task) stays
one case for as long as that case is open.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from callflows import check_call
from callflows.alarm_cases import follow_urgent, note_zone
from callflows.alarm_intake import alarm_received
from callflows.alarm_kinds import WATCH
from callflows.alarm_restore import restored
from callflows.attention import attend, attend_anew
from callflows.authentication import by_hand
from callflows.board import Board
from callflows.closing import close, missing
from callflows.events import (
    AlarmReceived,
    CallBack,
    CaseStalled,
    EarlyOpenSeen,
    Event,
    FailedToCloseSeen,
    IncidentId,
    LateToCloseSeen,
    OpeningAgreed,
    PathLost,
    PathRestored,
    RestoreReceived,
    SafetyTimerCancelled,
    SafetyTimerEnded,
    SafetyTimerLapsed,
    SafetyTimerProlonged,
    SafetyTimerRaised,
    SafetyTimerRefused,
    SafetyTimerStarted,
    SiteClosed,
    SiteOpened,
    TaskDone,
    TaskDue,
    TaskLate,
    WatchNoted,
    WelfareCallDue,
)
from callflows.events.watch import TaskEvent, TimerEvent, WatchEvent
from callflows.incident import Incident
from client_directory.alarm_model import zone_key

COMMUNICATION: Final = "communication"
EARLY_OPEN: Final = "early_open"
NOT_CLOSED: Final = "not_closed"
TASK: Final = "task"
DURESS: Final = "duress"


# ---------------------------------------------------------------- lines


def path_lost(board: Board, event: PathLost) -> None:
    """Show a lost line; lines lost together are one case."""
    incident = _case(
        board,
        f"lines/{event.group}",
        _alarm(event, COMMUNICATION, f"lost/{event.path}/{event.heard_at}", zone=event.path),
    )
    if incident is not None:
        case = board.alarms.cases[incident.incident_id]
        silent = [key for key in case.unrestored if key != "?"]
        count = f"{len(silent)} lines, the last {event.path}" if len(silent) > 1 else event.path
        attend_anew(board, incident, "no sign of life", count)


def path_restored(board: Board, event: PathRestored) -> None:
    """Note the return in the case of its loss; closing that is an operator's."""
    incident = _known(board, f"lines/{event.group}")
    if incident is None:
        return
    place = (event.organisation, event.site)
    at_place = (incident.organisation, incident.site) == place
    case = board.alarms.cases[incident.incident_id]
    if at_place:
        values = _values(event, COMMUNICATION, f"back/{event.path}/{board.now}")
        restored(board, RestoreReceived(**values, zone=event.path))
    elif (zone := case.zones.get(zone_key(event.path))) is not None:
        zone.restored_at = board.now
    _note(board, incident, event, f"{event.path} is heard again")


# ---------------------------------------------------------------- opening and closing


def early_open(board: Board, event: EarlyOpenSeen) -> None:
    """Show an opening outside the hours, with whom to ask, in which order."""
    alarm = _alarm(
        event,
        EARLY_OPEN,
        f"early/{event.organisation}/{event.site}/{board.now}",
        urgency=1,
        user=event.user,
    )
    incident = _case(board, f"early/{event.organisation}/{event.site}", alarm)
    if incident is not None:
        incident.to_ask = event.call_back
        who = event.name or f"user {event.user}"
        attend_anew(
            board, incident, f"opened outside the hours by {who}", _ask(event.call_back)
        )


def not_closed(board: Board, event: LateToCloseSeen | FailedToCloseSeen) -> None:
    """Show a site that is late to close, and again when it does not close."""
    has_failed = isinstance(event, FailedToCloseSeen)
    number = f"{'failed' if has_failed else 'late'}/{event.site}/{event.closes_at}"
    alarm = _alarm(
        event, NOT_CLOSED, f"{event.organisation}/{number}", urgency=2 if has_failed else 3
    )
    incident = _case(board, f"closing/{event.organisation}/{event.site}", alarm)
    if incident is not None:
        incident.to_ask = event.call_back
        said = "did not close" if has_failed else "is late to close"
        attend_anew(board, incident, f"the site {said}", _ask(event.call_back))


def _ask(people: tuple[CallBack, ...]) -> str:
    if not people:
        return "nobody is registered to be asked"
    return "ask " + ", ".join(f"{one.name} {one.number}".strip() for one in people)


# ---------------------------------------------------------------- people alone


def welfare_due(board: Board, event: WelfareCallDue) -> None:
    """Have somebody called and asked for his PIN: by the engine, else by an operator."""
    if not check_call.begin(board, event):
        _show_due(board, event)


def show_unanswered(board: Board) -> None:
    """Put in front of the operators, at once, whom the engine could not ask."""
    unanswered, board.unanswered = board.unanswered, []
    for event in unanswered:
        _show_due(board, event)


def _show_due(board: Board, event: WelfareCallDue) -> None:
    _person(board, event, 3, f"call {_who(event)} and ask for the PIN", event.numbers)


def timer_lapsed(board: Board, event: SafetyTimerLapsed) -> None:
    """Amber: warn an operator, and ring him meanwhile."""
    _person(board, event, 2, f"no sign from {_who(event)}", event.numbers)
    check_call.begin(board, event)


def timer_raised(board: Board, event: SafetyTimerRaised) -> None:
    """Red. Under duress only operators act: nothing begins that he could hear of."""
    if event.is_silent:
        event = replace(event, procedure=by_hand(event.procedure))
    reason = f"{'DURESS, ' if event.is_silent else ''}alarm about {_who(event)}: {event.reason}"
    is_new = _known(board, _timer(event)) is None
    known = frozenset(board.incidents)
    check_call.heard(board, event.timer_id)
    if event.is_silent:  # in the order in which a good PIN does it: the feed tells neither
        check_call.stand_down(board, event.timer_id)
    incident = _person(board, event, event.urgency, reason, event.numbers)
    if incident is not None and event.is_silent:
        incident.is_under_duress = True
        incident.is_silent = is_new and incident.incident_id not in known


def _person(
    board: Board, event: TimerEvent, urgency: int, reason: str, numbers: tuple[str, ...]
) -> Incident | None:
    is_silent = isinstance(event, SafetyTimerRaised) and event.is_silent
    alarm = _alarm(
        event,
        DURESS if is_silent else event.kind,
        f"{type(event).__name__}/{event.timer_id}/{board.now}",
        urgency=urgency,
        never_suppress=True,
    )
    incident = _case(board, _timer(event), alarm)
    if incident is not None:
        attend_anew(board, incident, reason, ", ".join(numbers))
    return incident


def timer_noted(board: Board, event: TimerEvent) -> None:
    """Note in the timer's case, if it has one, that it was moved, ended or left as it is."""
    check_call.heard(board, event.timer_id)
    if isinstance(event, SafetyTimerCancelled | SafetyTimerEnded):
        check_call.stand_down(board, event.timer_id)
    incident = _known(board, _timer(event))
    if incident is not None:
        _note(board, incident, event, _who(event))


def _timer(event: TimerEvent) -> str:
    return f"timer/{event.timer_id}"


def _who(event: TimerEvent) -> str:
    return event.name or event.person


# ---------------------------------------------------------------- tasks, stalled cases


def task_due(board: Board, event: TaskDue) -> None:
    """Put a task on the operators' list."""
    _task(board, event, "to be done")


def task_late(board: Board, event: TaskLate) -> None:
    """Say that it was not done in time."""
    _task(board, event, "late: it was not done in time")


def task_done(board: Board, event: TaskDone) -> None:
    """Note what an operator found, and close the case unless something in it remains to do.

    What he found may need more than a line: such a case stays open, and so does one whose
    consigne wants steps that nobody recorded.
    """
    incident = _known(board, f"task/{event.task_id}")
    if incident is None:
        return
    if incident.kind == TASK:
        incident.attention.clear()
        incident.attention_since = None
    _note(board, incident, event, f"{event.operator}: {event.outcome} {event.text}".strip())
    is_over = incident.kind == TASK and event.outcome != "finding"
    if is_over and not missing(board, incident, "handled", event.text):
        close(board, incident, event.operator, "handled", event.text)


def _task(board: Board, event: TaskEvent, what: str) -> None:
    """Tasks are cases of their own: a patrol is none of an alarm at the same site."""
    key = f"task/{event.task_id}"
    if key not in board.watched:
        number = f"{type(event).__name__}/{event.task_id}"
        alarm = _alarm(event, TASK, number, urgency=4)
        alarm = replace(alarm, rules=replace(alarm.rules, confirm_window_time=-1.0))
        incident = _case(board, key, alarm)
    else:
        incident = _known(board, key)
    if incident is not None:
        title = next(iter(event.title.values()), event.task)
        attend_anew(board, incident, f"task {title}", what)


def case_stalled(board: Board, event: CaseStalled) -> None:
    """Put a case in front of the operators that should have moved and did not."""
    incident = board.incidents.get(event.incident_id)
    if incident is None:
        board.ignore(event, "unknown incident")
    else:
        attend(board, incident, f"should have moved and did not: {event.reason}")


def only_noted(board: Board, event: WatchEvent) -> None:
    """Leave it to its line in the logbook."""


# ---------------------------------------------------------------- one case each


def _known(board: Board, key: str) -> Incident | None:
    incident_id = board.watched.get(key)
    incident = board.incidents.get(incident_id) if incident_id is not None else None
    return incident if incident is not None and incident.is_open else None


def _case(board: Board, key: str, alarm: AlarmReceived) -> Incident | None:
    """Return the case of a thing, opened or joined now; `None` when its site is on test."""
    incident = _known(board, key)
    if incident is not None:
        case = board.alarms.cases[incident.incident_id]
        case.count, case.last_at = case.count + 1, board.now
        is_news = note_zone(board, case, alarm)
        follow_urgent(board, incident, alarm, is_news=is_news)
        return incident
    alarm_received(board, alarm)
    incident_id = board.alarms.case_of(alarm.source, alarm.source_id)
    incident = board.incidents.get(incident_id) if incident_id is not None else None
    if incident is not None and incident.is_open:
        board.watched[key] = incident.incident_id
        return incident
    return None


def _alarm(event: WatchEvent, kind: str, source_id: str, **values: Any) -> AlarmReceived:
    made = _values(event, kind, source_id) | {
        "procedure": event.procedure,
        "rules": event.rules,
        "never_suppress": event.procedure is not None and event.procedure.never_suppress,
    }
    return AlarmReceived(**(made | values))


def _values(event: WatchEvent, kind: str, source_id: str) -> dict[str, Any]:
    return {
        "incident_id": event.incident_id or IncidentId(f"inc-{WATCH}-{source_id}"),
        "source": WATCH,
        "source_id": source_id,
        "organisation": event.organisation,
        "organisation_name": event.organisation_name,
        "site": event.site,
        "site_name": event.site_name,
        "clearance": event.clearance,
        "code": kind,
        "code_format": "kind",
        "kind": kind,
    }


def _note(board: Board, incident: Incident, event: Event, text: str) -> None:
    board.say(
        WatchNoted(incident_id=incident.incident_id, event=type(event).__name__, text=text)
    )


ROUTES: Final[dict[type[Event], Callable[[Board, Any], None]]] = {
    PathLost: path_lost,
    PathRestored: path_restored,
    EarlyOpenSeen: early_open,
    LateToCloseSeen: not_closed,
    FailedToCloseSeen: not_closed,
    SiteOpened: only_noted,
    SiteClosed: only_noted,
    OpeningAgreed: only_noted,
    WelfareCallDue: welfare_due,
    SafetyTimerLapsed: timer_lapsed,
    SafetyTimerRaised: timer_raised,
    SafetyTimerStarted: timer_noted,
    SafetyTimerProlonged: timer_noted,
    SafetyTimerCancelled: timer_noted,
    SafetyTimerEnded: timer_noted,
    SafetyTimerRefused: timer_noted,
    TaskDue: task_due,
    TaskLate: task_late,
    TaskDone: task_done,
    CaseStalled: case_stalled,
}
"What each thing that the clock showed does."
