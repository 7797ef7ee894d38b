"""What a program learns of somebody who is being forced: nothing, unless its token may.

A silent signal is worth nothing when a wallboard, or a client's own portal, tells of it.
Operators see it at the desk. A program needs the scope `duress:read`; for all others the
case, its log and the event stream read as if the ordinary PIN had been given.
"""

from collections.abc import Mapping
from typing import Any, Final

SCOPE: Final = "duress:read"
RESOLVED: Final = "duress_resolved"
_SIGNALLED: Final = " signalled duress"
_HIDDEN: Final = frozenset({"DuressSignalled"})


def discreet_call(data: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out of a call's document what tells of duress in its case."""
    shown = {name: value for name, value in data.items() if name != "ordinary_urgency"}
    if (ordinary := data.get("ordinary_urgency")) is not None:
        shown["urgency"] = ordinary
    return shown


def discreet_incident(data: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out of a case's document what tells of duress."""
    shown = {k: value for k, value in discreet_call(data).items() if k != "is_under_duress"}
    shown["attention"] = [why for why in data.get("attention", ()) if not _tells(why)]
    if not shown["attention"]:
        shown["attention_since"] = None
    if shown.get("disposition") == RESOLVED:
        shown["disposition"] = "handled"
    return shown


def discreet_line(what: str, data: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Return a log line's values without what tells of duress; `None` when nothing is left."""
    if what in _HIDDEN or (what == "AttentionWanted" and _tells(data.get("reason"))):
        return None
    if what == "IncidentReprioritised":
        # What it was before would tell of a change that is left out.
        shown = {name: value for name, value in data.items() if name != "previous"}
        return None if data.get("reason") == "duress" else shown
    if data.get("outcome") == "duress":
        return {**data, "outcome": "good"}
    if data.get("reason") == "duress":
        return {**data, "reason": ""}
    if data.get("disposition") == RESOLVED:
        return {**data, "disposition": "handled"}
    if "duress" in (data.get("missing") or ()):
        return {**data, "missing": [one for one in data["missing"] if one != "duress"]}
    return data


def _tells(reason: object) -> bool:
    return isinstance(reason, str) and reason.endswith(_SIGNALLED)
