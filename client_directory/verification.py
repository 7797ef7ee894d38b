"""No alarm of a thing reaches the police before somebody verified it (levée de doute).

An intrusion alarm is no burglary yet: in Belgium and France the police may be called only
after a verification. A hold-up, panic or duress signal is verified by its kind, and so is
what a person on the line says.

Every kind that the engine or a table of codes can make stands here once; what stands nowhere
is no person as far as anybody knows, and is verified like a thing.
"""

import re
from collections import defaultdict
from collections.abc import Collection, Iterator
from typing import Final

from client_directory.model import Procedure

VERIFIED_KINDS: Final = frozenset(
    {
        "duress",
        "fire",
        "hold_up",
        "holdup",
        "lone_worker",
        "medical",
        "panic",
        "welfare",
    }
)
"Kinds that are verified by what they are: a person, or a danger to one."

PROPERTY_KINDS: Final = frozenset(
    {
        "access",
        "bypass",
        "camera_offline",
        "cancel",
        "communication",
        "early_open",
        "failed_to_close",
        "intrusion",
        "late_close",
        "late_to_close",
        "not_closed",
        "open_close",
        "other",
        "path_lost",
        "power",
        "tamper",
        "task",
        "technical",
        "test",
    }
)
"Kinds that a thing, or the clock, tells of; `other` is also what nobody understood."

TOLD_KINDS: Final = frozenset(
    {"aggression", "bomb_threat", "psychosocial", "suspicious_package", "verbal_aggression"}
)
"Kinds of which only people tell: verified under a consigne that names them and no thing."

SEEN_KINDS: Final = frozenset({"theft", "vandalism"})
"""Kinds that a person tells of, and a detector too (a zone whose `kind` says so): then they
are of property."""

_VERIFIED_CODES: Final = re.compile(r"1[012].|[FHMPQ].")
"""Contact ID 100 to 129 (medical, fire, panic and duress) and the like of SIA (fire,
hold-up, medical, panic, emergency assistance): a person, or a danger to one."""


def is_of_property(
    procedure: Procedure, signalled: Collection[str] = (), *, is_fallback: bool = False
) -> bool:
    """Say whether a consigne is followed for alarms of things.

    A kind of the client's own is what its alarm codes are; without any it is of property.

    :param signalled: kinds that the zones of the client make of a burglary.
    :param is_fallback: it is followed for what has no consigne of its own.
    """
    if is_fallback or not all(map(_VERIFIED_CODES.fullmatch, procedure.alarm_codes)):
        return True
    are_codes_verified = bool(procedure.alarm_codes)
    return any(
        _is_kind_of_property(kind, signalled, are_codes_verified=are_codes_verified)
        for kind in procedure.incident_kinds
    )


def _is_kind_of_property(
    kind: str, signalled: Collection[str], *, are_codes_verified: bool
) -> bool:
    if kind in VERIFIED_KINDS or kind in TOLD_KINDS:
        return False
    if kind in PROPERTY_KINDS or kind in signalled:
        return True
    return kind not in SEEN_KINDS and not are_codes_verified


def is_verified_by_kind(
    kind: str, procedure: Procedure | None, *, is_signalled: bool = True
) -> bool:
    """Say whether an alarm of this kind, under this consigne, needs no verification.

    :param is_signalled: an alarm had this kind; otherwise a person gave it to the case.
    """
    if kind in VERIFIED_KINDS:
        return True
    if procedure is None or kind not in procedure.incident_kinds:
        return False
    if is_of_property(procedure):
        return False
    return kind in TOLD_KINDS or bool(procedure.alarm_codes) or not is_signalled


def unverified_police_steps(
    procedure: Procedure, signalled: Collection[str] = (), *, is_fallback: bool = False
) -> Iterator[int]:
    """Give the places of steps that would call the police on an unverified alarm.

    Parameters as of `is_of_property`.
    """
    if not is_of_property(procedure, signalled, is_fallback=is_fallback):
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
