"""What lines of the log change on the screens: which cases, whose desks, which calls pop up."""

from collections.abc import Iterable
from typing import Final

from securityline.web.ports import Line

PRESENCE: Final = frozenset({"OperatorSignedIn", "OperatorSignedOut"})
"What makes a case of his one of a colleague's, or anybody's (`callflows.site_lock`)."


def came_or_went(lines: Iterable[Line]) -> set[str]:
    """Tell who signed in or out."""
    return {str(line.data.get("operator")) for line in lines if line.what in PRESENCE}


def changes(
    lines: Iterable[Line],
) -> tuple[set[str], set[str], dict[str, list[str]]]:
    """Tell which cases and operators these lines touch, and which calls pop up for whom."""
    incidents: set[str] = set()
    operators: set[str] = set()
    popped: dict[str, list[str]] = {}
    for line in lines:
        if line.incident_id:
            incidents.add(line.incident_id)
        if line.what == "SiteShared" and isinstance(line.data.get("other_case"), str):
            incidents.add(line.data["other_case"])  # its owner learns that he is not alone
        operator = line.data.get("operator")
        if isinstance(operator, str):
            operators.add(operator)
        if line.what == "CallOffered":
            popped.setdefault(line.incident_id, [])
        elif line.what == "OperatorRang" and isinstance(operator, str):
            popped.setdefault(line.incident_id, []).append(operator)
    return incidents, operators, popped
