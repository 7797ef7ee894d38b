"""What an event of the watchers takes along from the directory, so that a case needs none."""

from collections.abc import Mapping
from typing import Any, Final

from callflows.events import (
    EarlyOpenSeen,
    FailedToCloseSeen,
    LateToCloseSeen,
    PathLost,
    SafetyTimerLapsed,
    SafetyTimerRaised,
    WelfareCallDue,
)
from callflows.events.watch import TaskEvent, TimerEvent, WatchEvent
from callflows.watched import COMMUNICATION, DURESS, EARLY_OPEN, NOT_CLOSED, TASK
from client_directory.call_plan import presented_number
from client_directory.directory import Directory
from client_directory.model import Organisation

_KINDS: Final[Mapping[type[WatchEvent], str]] = {
    PathLost: COMMUNICATION,
    EarlyOpenSeen: EARLY_OPEN,
    LateToCloseSeen: NOT_CLOSED,
    FailedToCloseSeen: NOT_CLOSED,
}


def copies(directory: Directory, client: Organisation, event: WatchEvent) -> dict[str, Any]:
    """Return what a case of the client needs of this, as the directory says it now."""
    kind = _KINDS.get(type(event), "")
    if isinstance(event, TimerEvent):
        is_silent = isinstance(event, SafetyTimerRaised) and event.is_silent
        kind = DURESS if is_silent else event.kind
    elif isinstance(event, TaskEvent):
        kind = TASK
    ringing = _ringing(client, event) if isinstance(event, RINGS) else {}
    site = directory.site(client.organisation, event.site) if event.site else None
    is_named = kind in directory.kinds(client.organisation)
    return ringing | {
        "organisation_name": client.name,
        "site_name": site.name if site is not None else "",
        "clearance": client.clearance,
        "rules": client.alarm,
        "procedure": directory.procedure_for(client.organisation, kind) if is_named else None,
    }


RINGS: Final = (WelfareCallDue, SafetyTimerLapsed)
"What lets somebody be rung and asked for his PIN."


def _ringing(client: Organisation, event: WatchEvent) -> dict[str, Any]:
    """Say how to ring him; nothing when he has no PIN that could be asked for."""
    person = getattr(event, "person", "")
    he = next((one for one in client.people if one.person == person), None)
    if he is None or he.pin_hash is None:
        return {}
    languages = (*he.languages, *client.languages)
    return {"presented_number": presented_number(client), "languages": languages}
