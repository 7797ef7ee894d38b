"""What a program learns of somebody who is being forced: nothing, unless its token may.

A silent signal is worth nothing when a wallboard, or a client's own portal, tells of it.
Operators see it at the desk. A program needs the scope `duress:read`; for all others the
case, its log and the event stream read as if the ordinary PIN had been given. A case that
duress alone opened does not exist for them.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, NamedTuple

from securityline.web.board import Board
from securityline.web.ports import LogbookPort

SCOPE: Final = "duress:read"
RESOLVED: Final = "duress_resolved"
_HIDDEN: Final = frozenset({"DuressSignalled"})
_BY_A_TIMER: Final = re.compile(r"DURESS, alarm about (?P<who>.*): duress PIN")
"Why a timer's own case wants attention: `callflows.watched`."
_MORE_URGENT: Final = ("duress", "kind duress")
"Why a case is more urgent than its document says to whom may not know."
_FACTS_OF_A_KIND: Final = frozenset({"AlarmJoined", "ConsigneKept"})
Hides = Callable[[str], bool] | None
"Which cases are hidden from a reader; `None`: none is."
MOST_KEPT: Final = 10_000
"Cases of which is remembered whether they are hidden."


def discreet_call(data: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out of a call's document what tells of duress in its case."""
    shown = {name: value for name, value in data.items() if name != "ordinary_urgency"}
    if (ordinary := data.get("ordinary_urgency")) is not None:
        shown["urgency"] = ordinary
    return shown


class Shown(NamedTuple):
    """A line of the log as a program may read it."""

    what: str
    data: Mapping[str, Any]
    incident_id: str


class Discretion:
    """Knows which cases duress alone opened. The newest are in memory, older ones on disk."""

    def __init__(self, board: Board, logbook: LogbookPort) -> None:
        self._board = board
        self._logbook = logbook
        self._known: dict[str, bool] = {}

    def hides(self, incident_id: str) -> bool:
        """Say whether a case is for operators alone. May touch the disk; any thread."""
        if not incident_id:
            return False
        incident = self._board.incident(incident_id)
        if incident is not None:
            return incident.is_silent
        if incident_id not in self._known:
            found = self._logbook.documents("incident", None, incident_id, 1)
            data = found[0].data if found else None
            if len(self._known) >= MOST_KEPT:
                self._known.clear()
            self._known[incident_id] = bool(data and data.get("is_silent"))
        return self._known[incident_id]


def discreet_calls(
    found: Iterable[Mapping[str, Any]], hides: Callable[[str], bool]
) -> list[Mapping[str, Any]]:
    """Leave out the calls of hidden cases, and of the others what tells of duress."""
    return [discreet_call(call) for call in found if not hides(call["incident_id"] or "")]


def discreet_incident(data: Mapping[str, Any]) -> dict[str, Any] | None:
    """Leave out of a case's document what tells of duress; `None` when that is all of it."""
    if data.get("is_silent"):
        return None
    hidden = ("is_under_duress", "is_silent")
    shown = {k: value for k, value in discreet_call(data).items() if k not in hidden}
    shown["attention"] = [why for why in data.get("attention", ()) if not tells_of_duress(why)]
    if not shown["attention"]:
        shown["attention_since"] = None
    if shown.get("disposition") == RESOLVED:
        shown["disposition"] = "handled"
    return shown


def discreet_line(
    what: str, data: Mapping[str, Any], incident_id: str, hides: Callable[[str], bool]
) -> Shown | None:
    """Return a log line without what tells of duress; `None` when nothing is left.

    :param hides: says whether a case is for operators alone.
    """
    is_raised = what == "SafetyTimerRaised" and data.get("is_silent")
    if is_raised or what == "SafetyTimerCancelled":
        return _sign_of_life(data)
    found = _BY_A_TIMER.match(str(data.get("reason"))) if what == "AttentionWanted" else None
    if found is not None and not hides(incident_id):
        noted = {"event": "SafetyTimerCancelled", "text": found["who"]}
        return Shown("WatchNoted", {"incident_id": incident_id, **noted}, incident_id)
    if what == "TestPretended":
        what = "TestByPhone"
    if hides(incident_id) or what in _HIDDEN or _is_about_duress(what, data):
        return None
    shown = dict(data)
    if what == "PressRefused":
        shown.pop("call", None)  # a hidden case may have calls; its number does not say so
        if hides(str(data.get("case", ""))):
            del shown["case"]
    if what == "IncidentReprioritised":
        if data.get("reason") in _MORE_URGENT:
            return None
        shown.pop("previous", None)  # it would tell of a change that is left out
    if data.get("outcome") == "duress":
        shown["outcome"] = "good"
    if data.get("reason") in _MORE_URGENT:
        shown["reason"] = ""
    if data.get("disposition") == RESOLVED:
        shown["disposition"] = "handled"
    if "duress" in (data.get("missing") or ()):
        shown["missing"] = [one for one in data["missing"] if one != "duress"]
    return Shown(what, shown, incident_id)


def _sign_of_life(data: Mapping[str, Any]) -> Shown:
    """Read a good PIN, and the alarm of a duress PIN, as one and the same line.

    It has no case: the duress PIN, too, is noted in that of the timer by a line of its own.
    """
    kept = ("organisation", "organisation_name", "site", "site_name", "clearance",
            "timer_id", "person", "name", "kind")  # fmt: skip
    shown = {name: data[name] for name in kept if name in data}
    return Shown("SafetyTimerCancelled", shown | {"stage": data.get("stage", "running")}, "")


def _is_about_duress(what: str, data: Mapping[str, Any]) -> bool:
    if what in _FACTS_OF_A_KIND and data.get("kind") == "duress":
        return True
    return what in ("AttentionWanted", "SafetyTimerRefused") and tells_of_duress(
        data.get("reason")
    )


def tells_of_duress(reason: object) -> bool:
    """Whether a reason, in the rules' own English, says that somebody is being forced."""
    return isinstance(reason, str) and "duress" in reason.lower()
