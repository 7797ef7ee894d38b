"""No alarm of a thing reaches the police before somebody verified it (levée de doute).

An intrusion alarm is no burglary yet: in Belgium and France the police may be called only
after a verification. A hold-up, panic or duress signal is verified by its kind, and so is
what a person on the line says.
"""

import re
from collections import defaultdict
from collections.abc import Iterator
from typing import Final

from client_directory.model import Procedure

PROPERTY_KINDS: Final = frozenset(
    {
        "intrusion",
        "early_open",
        "late_to_close",
        "late_close",
        "failed_to_close",
        "technical",
        "tamper",
        "camera_offline",
        "path_lost",
    }
)
"Kinds of incident that an alarm of a thing opens."

VERIFIED_KINDS: Final = frozenset(
    {"panic", "holdup", "hold_up", "duress", "fire", "medical", "lone_worker"}
)
"Kinds that are verified by what they are: a person, or a danger to one."

_VERIFIED_CODES: Final = re.compile(r"1[012].|[FHMPQ].")
"""Contact ID 100 to 129 (medical, fire, panic and duress) and the like of SIA (fire,
hold-up, medical, panic, emergency assistance): a person, or a danger to one."""


def is_of_property(procedure: Procedure) -> bool:
    """Say whether a consigne is opened by alarms of things."""
    return not PROPERTY_KINDS.isdisjoint(procedure.incident_kinds) or any(
        not _VERIFIED_CODES.fullmatch(code) for code in procedure.alarm_codes
    )


def unverified_police_steps(procedure: Procedure) -> Iterator[int]:
    """Give the places of steps that would call the police on an unverified alarm."""
    if not is_of_property(procedure):
        return
    waiting = _waiting_steps(procedure)
    for index, step in enumerate(procedure.steps):
        is_police = (step.do or {}).get("call_service") == "police"
        if is_police and step.step not in waiting:
            yield index


def _waiting_steps(procedure: Procedure) -> set[str]:
    """Return the steps that stay shut until a verification is recorded.

    Those that require one, those that require these, and so on.
    """
    behind: dict[str, set[str]] = defaultdict(set)
    for step in procedure.steps:
        if step.requires is not None:
            behind[step.requires].add(step.step)
    waiting: set[str] = set()
    fresh = {step.step for step in procedure.steps if step.verify}
    while fresh:
        fresh = {name for start in fresh for name in behind[start]} - waiting
        waiting |= fresh
    return waiting
