"""A new kind of alarm says whether the police may be called for it at once."""

import ast
import inspect
from typing import get_args

import pytest

from callflows import alarm_kinds, watched
from callflows.events.watch import TimerKind
from client_directory.verification import (
    PROPERTY_KINDS,
    SEEN_KINDS,
    TOLD_KINDS,
    VERIFIED_KINDS,
)
from securityline.alarms.codes import Kind
from securityline.web.vocabulary import ALARM_KINDS

CLASSES = (VERIFIED_KINDS, PROPERTY_KINDS, TOLD_KINDS, SEEN_KINDS)


def of_the_clock() -> set[str]:
    """Return the kinds that `watched` names for what the clock showed."""
    return {
        node.value.value
        for node in ast.parse(inspect.getsource(watched)).body
        if isinstance(node, ast.AnnAssign)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    } | set(get_args(TimerKind))


def every_kind() -> set[str]:
    """Return what the tables of codes, the clock, the rules and the desk can make."""
    of_the_rules = {*alarm_kinds.NEVER_SUPPRESSED, *alarm_kinds.CONFIRMABLE}
    of_the_rules |= {alarm_kinds.CAMERA_OFFLINE, alarm_kinds.OTHER}
    return {str(kind) for kind in Kind} | of_the_clock() | of_the_rules | set(ALARM_KINDS)


def test_the_clock_s_kinds_are_all_seen() -> None:
    assert of_the_clock() >= {"communication", "not_closed", "early_open", "task", "welfare"}


@pytest.mark.parametrize("kind", sorted(every_kind()))
def test_every_kind_stands_in_one_class(kind: str) -> None:
    assert [kind in one for one in CLASSES].count(True) == 1


def test_what_is_never_held_back_is_verified_by_its_kind() -> None:
    assert alarm_kinds.NEVER_SUPPRESSED <= VERIFIED_KINDS
