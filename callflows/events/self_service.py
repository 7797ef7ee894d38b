"""Calls that people serve themselves by key: installers, and whoever works alone."""

from dataclasses import dataclass
from typing import Literal

from callflows.events.base import CallId, Fact, LegId
from callflows.events.tree import PinOutcome


@dataclass(frozen=True, slots=True, kw_only=True)
class SelfServiceBegan(Fact):
    """The engine picked up by itself, and asks the caller what he wants."""

    call_id: CallId
    leg_id: LegId
    service: str
    did: str
    caller: str | None = None
    "E.164; `None`: withheld or not known."
    name: str = ""
    "Who it is, where his number says so."


@dataclass(frozen=True, slots=True, kw_only=True)
class SelfServiceHandedOver(Fact):
    """It became a call like any other: operators are rung."""

    call_id: CallId
    reason: str
    "For people."


@dataclass(frozen=True, slots=True, kw_only=True)
class SelfServiceEnded(Fact):
    """It is over without an operator."""

    call_id: CallId
    outcome: str
    "What came of it; `nothing` when he hung up before."


@dataclass(frozen=True, slots=True, kw_only=True)
class InstallerChecked(Fact):
    """Somebody named a site and gave a PIN. Neither PIN nor number stand here."""

    call_id: CallId
    outcome: PinOutcome
    organisation: str = ""
    site: str = ""
    "Empty: no site has the number."
    person: str = ""
    name: str = ""
    tries: int = 0
    "Wrong ones for this site, or from this caller, within the hour."


@dataclass(frozen=True, slots=True, kw_only=True)
class TestByPhone(Fact):
    """An installer put a site or a zone on test by key, or ended its tests."""

    call_id: CallId
    organisation: str
    site: str
    zone: str = ""
    "Empty: the whole site."
    who: str = ""
    until: float | None = None
    "Engine time; `None`: ended."


@dataclass(frozen=True, slots=True, kw_only=True)
class TestPretended(TestByPhone):
    """He is being forced: he heard that it is on test, and it is not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TimerAsked(Fact):
    """Somebody who works alone wants his timer started, or more time."""

    call_id: CallId
    timer_id: str
    organisation: str
    person: str
    site: str | None
    what: Literal["start", "prolong"]
    run_time: float
    "Seconds."
