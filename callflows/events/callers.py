"""What is known of a caller who serves himself by key: copies, as they stood when he rang."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from client_directory.alarm_model import AlarmRules
from client_directory.model import Clearance, Procedure


@dataclass(frozen=True, slots=True, kw_only=True)
class AloneCaller:
    """The timer of a caller who may work alone: a copy, as it stood when he rang."""

    timer_id: str
    organisation: str
    person: str
    name: str = ""
    site: str | None = None
    stage: Literal["idle", "running", "amber", "red"] = "idle"
    run_time: float = 3600.0
    "Seconds that he gets when he names none."
    has_pin: bool = True
    "Without one nobody could end his timer by key."


@dataclass(frozen=True, slots=True, kw_only=True)
class TestRight:
    """Whom an installer's PIN belongs to, and what he may put on test: a copy."""

    organisation: str
    organisation_name: str
    site: str
    site_name: str
    person: str
    name: str
    zones: Mapping[str, str] = field(default_factory=dict)
    "Of the site, by the number that the panel sends: their names."
    clearance: Clearance = "standard"
    rules: AlarmRules = field(default_factory=AlarmRules)
    procedure: Procedure | None = None
    "Copy of the consigne for duress, whichever PIN he gave: nobody may tell by it."
