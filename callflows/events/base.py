"""What happened, in words that owe nothing to SIP.

Two kinds. An `Event` comes in through a door (phone, desk, clock, media) and drives the
flows; a `Fact` is what a flow concluded from it, written to the logbook beside the event
and never fed back. Both are frozen and hold only plain values, so every one of them can
be written to the logbook and read back years later. Engine time is not in them: it stands
on the logbook line.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal, NewType

IncidentId = NewType("IncidentId", str)
CallId = NewType("CallId", str)
LegId = NewType("LegId", str)
OperatorId = NewType("OperatorId", str)
TreeId = NewType("TreeId", str)
"A running call tree."
ServiceCallId = NewType("ServiceCallId", str)
"One call to a police, fire or medical service."

NO_INCIDENT = IncidentId("")
"Incident of what belongs to none: an operator's shift, a trunk, a restart."

Certainty = Literal["known", "guessed", "unknown"]


class Cause(StrEnum):
    """Why a leg ended, in the words of the field."""

    HUNG_UP = "hung_up"
    "The far end ended it after it was answered."
    CANCELLED = "cancelled"
    "The far end gave up before it was answered."
    RELEASED = "released"
    "We ended it."
    NO_ANSWER = "no_answer"
    BUSY = "busy"
    REFUSED = "refused"
    "The far end said no: 603, 403, a reject key."
    UNREACHABLE = "unreachable"
    "No phone registered, no route, no reply at all."
    FAILED = "failed"
    "Broke while it was up: no ACK, dead peer, lost media, expired session."


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Base of every event."""

    incident_id: IncidentId = NO_INCIDENT


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """Base of what a flow concluded."""

    incident_id: IncidentId = NO_INCIDENT


@dataclass(frozen=True, slots=True, kw_only=True)
class Identification:
    """What we believe about the caller, and how much."""

    organisation: str | None = None
    organisation_name: str = ""
    organisation_certainty: Certainty = "unknown"
    site: str | None = None
    site_name: str = ""
    site_certainty: Certainty = "unknown"
    person: str | None = None
    person_name: str = ""
    person_certainty: Certainty = "unknown"
    why: str = ""
    "One sentence for the operator: from which number, which of several matches."
    organisation_why: str = ""
    "Why just this part is known, guessed or unknown; empty in old logs."
    site_why: str = ""
    person_why: str = ""
