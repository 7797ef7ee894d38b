"""The limits that run in a case, as its row and its card show them: in words and in colour."""

from typing import Final, NamedTuple

from callflows.incident import Incident
from securityline.switchboard_port import SwitchboardPort
from securityline.web.words import N_

WARNED_TIME: Final = 60.0
"Seconds before a limit from which it is shown as near."

LIMITS: Final = {
    "not_taken": N_("to be taken in"),
    "not_worked": N_("to be worked on in"),
    "overdue_step": N_("step due in"),
    "total": N_("to be finished in"),
}
"What runs, before its limit; the words after it are those of the alert."


class CaseLimit(NamedTuple):
    """One limit that runs in a case."""

    kind: str
    at: float
    "When it is late, engine time."
    is_late: bool
    "Supervisors were told."


def limits_of(switchboard: SwitchboardPort, incident: Incident) -> tuple[CaseLimit, ...]:
    """Return the limits that run, what is late first, then the nearest."""
    watch = switchboard.case_watches.get(incident.incident_id)
    raised = watch.raised if watch is not None else {}
    found = [
        CaseLimit(kind.value, at, kind in raised)
        for kind, at in switchboard.late_times(incident).items()
    ]
    return tuple(sorted(found, key=lambda one: (not one.is_late, one.at, one.kind)))
