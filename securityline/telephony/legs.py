"""Which call leg is which SIP dialog, and what it needs to come back after a crash.

A leg is what the flows talk about: the caller, an operator's phone, a number we dialled.
A branch is one SIP dialog of it: an operator with two registered phones has two branches
until one of them answers.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

from callflows.events import CallId, IncidentId, LegId
from securityline.telephony.audio import AudioSession
from sip.media.protocol import FromLeg, Mix, Silence, Source

Role = Literal["caller", "operator", "number"]


@dataclass(slots=True)
class Branch:
    """One SIP dialog of a leg with its RTP port, or one call at a browser."""

    sip_leg: str
    "Handle of the dialog in the user agent."
    audio: AudioSession
    signalling_host: str
    "Where its SIP comes from: its RTP may come from there too, whatever the SDP says (NAT)."
    is_answered: bool = False
    line_id: str | None = None
    "The browser's line it goes by, in the place of SIP and a port of its own."


@dataclass(slots=True)
class Leg:
    """One party of a call."""

    leg_id: LegId
    call_id: CallId
    incident_id: IncidentId
    role: Role
    branches: dict[str, Branch] = field(default_factory=dict)
    "By SIP handle. One, except while an operator's several phones ring."
    hears: Source = field(default_factory=Silence)
    "What the party hears now."
    is_covert: bool = False
    "The party hears silence, whatever `hears` says."
    is_up: bool = False
    "Answered, by either side."
    is_ringing: bool = False
    is_released: bool = False
    "We ended it; what its dialogs still say is only awaited."
    is_late_answer_told: bool = False
    "Should it be answered although we ended it, that is told instead of cut off."
    is_held: bool = False
    "The far end put us on hold by its own phone."
    branches_made: int = 0
    order: dict[str, Any] = field(default_factory=dict)
    "How to place it again with the very same packets, for a leg we dialled."

    @property
    def is_muted(self) -> bool:
        """Whether what comes from the far end is dropped unheard: a supervisor who listens.

        It stands in the order, and so in the leg's document: a restarted engine opens nobody.
        """
        return bool(self.order.get("is_muted", False))

    @property
    def talking(self) -> Branch | None:
        """The branch that carries audio: the answered one, or the only one."""
        for branch in self.branches.values():
            if branch.is_answered:
                return branch
        return next(iter(self.branches.values()), None) if self.role == "caller" else None


class LegTable:
    """Every leg that lives, found by its own name or by its SIP handle."""

    def __init__(self) -> None:
        self._legs: dict[LegId, Leg] = {}
        self._by_sip_leg: dict[str, Leg] = {}

    def __len__(self) -> int:
        return len(self._legs)

    def __iter__(self) -> Iterator[Leg]:
        return iter(tuple(self._legs.values()))

    def add(self, leg: Leg) -> Leg:
        """Keep a leg."""
        self._legs[leg.leg_id] = leg
        for sip_leg in leg.branches:
            self._by_sip_leg[sip_leg] = leg
        return leg

    def add_branch(self, leg: Leg, branch: Branch) -> None:
        """Keep a further dialog of a leg."""
        leg.branches[branch.sip_leg] = branch
        self._by_sip_leg[branch.sip_leg] = leg

    def get(self, leg_id: LegId) -> Leg | None:
        """Find a leg by the name the flows use."""
        return self._legs.get(leg_id)

    def of(self, sip_leg: str) -> Leg | None:
        """Find the leg of a SIP dialog."""
        return self._by_sip_leg.get(sip_leg)

    def hearing(self, leg_id: LegId) -> list[Leg]:
        """Return the legs that hear this one alone."""
        return [
            leg
            for leg in self._legs.values()
            if type(leg.hears) is FromLeg and leg.hears.leg_id == leg_id
        ]

    def mixing(self, leg_id: LegId) -> list[Leg]:
        """Return the other legs that hear this one among several."""
        return [
            leg
            for leg in self._legs.values()
            if leg.leg_id != leg_id and type(leg.hears) is Mix and leg_id in leg.hears.leg_ids
        ]

    def drop_branch(self, leg: Leg, sip_leg: str) -> Branch | None:
        """Forget one dialog."""
        self._by_sip_leg.pop(sip_leg, None)
        return leg.branches.pop(sip_leg, None)

    def drop(self, leg: Leg) -> None:
        """Forget a leg and all its dialogs."""
        for sip_leg in tuple(leg.branches):
            self.drop_branch(leg, sip_leg)
        self._legs.pop(leg.leg_id, None)
