"""What a screen may see, as rows for the templates.

The rules' own objects are read, never changed. Who lacks a case's clearance sees neither
it nor its call; only that there is one, so that an empty list is never a lie.
"""

from collections.abc import Iterable, Sequence
from typing import Any, Final, NamedTuple

from callflows.action import Action
from callflows.attention import at_most, waiting_cases
from callflows.call import CallBack, InboundCall
from callflows.call_tree import AttemptState, CallTree
from callflows.events import CallId, IncidentId, OperatorId, TreeId
from callflows.incident import Incident, IncidentState
from callflows.operators import DeskState, OperatorDesk
from callflows.service_call import ServiceCall
from securityline.switchboard_port import SwitchboardPort
from securityline.web.case_limits import CaseLimit, limits_of
from securityline.web.ports import DirectoryHolderPort, EnginePort
from securityline.web.vocabulary import state_of

MOST_CALLS: Final = 25
MOST_CASES: Final = 60
"Rows in a list; the rest is a number and a page of its own."


class Audience(NamedTuple):
    """Screens that get the very same fragments."""

    language: str
    clearances: frozenset[str]
    may_visit: bool = False
    "Supervisors: they may come onto operators' calls, and see who does."
    unseen: frozenset[str] = frozenset()
    "Silent cases that these screens must not show now (`unseen`)."


class CallRow(NamedTuple):
    """A call that nobody has answered yet, or one at an operator's phone."""

    call_id: str
    incident_id: str
    state: str
    urgency: int
    offered_at: float
    identification: Any
    caller: str | None
    is_withheld: bool
    ringing_names: str
    is_call_back: bool
    "Whoever answers it calls the caller back."


class CaseRow(NamedTuple):
    """A case in the list."""

    incident_id: str
    state: str
    urgency: int
    kind: str
    opened_at: float
    organisation_name: str
    site_name: str
    person_name: str
    has_call: bool
    "Somebody called; a case of alarms alone has no number to show."
    caller: str | None
    is_withheld: bool
    owner_name: str
    call_state: str
    "State of its call that still lives, else empty."
    is_abandoned: bool
    missing_count: int
    disposition: str
    is_under_duress: bool
    attention: tuple[str, ...]
    "Why it waits for an operator, in English."
    attention_since: float | None
    tree_count: int
    "Call trees that run or wait."
    calls_back_at: float | None
    "When its caller is called back next."
    parked_until: float | None
    offered_to: str
    "Whom it is offered to, by name or role."
    offered_until: float | None
    limits: tuple[CaseLimit, ...] = ()
    "What is late in it, or will be next."


class OnTheLine(NamedTuple):
    """A keyholder on the line whom an operator can take into his call."""

    tree_id: str
    leg_id: str
    name: str


JOINABLE: Final = (AttemptState.ASKING, AttemptState.PIN, AttemptState.MINUTES)
"States of a keyholder's call in which he can be taken out of it."


class Board:
    """The switchboard, as screens see it."""

    def __init__(self, engine: EnginePort, directory: DirectoryHolderPort) -> None:
        self._engine = engine
        self._directory = directory

    @property
    def switchboard(self) -> SwitchboardPort:
        """The rules' state, read only."""
        return self._engine.switchboard

    # ------------------------------------------------------------ one thing

    def incident(self, incident_id: str) -> Incident | None:
        """Find an open case, or one closed within the hour."""
        return self.switchboard.incidents.get(IncidentId(incident_id))

    def call(self, call_id: str) -> InboundCall | None:
        """Find a call."""
        return self.switchboard.calls.get(CallId(call_id))

    def desk(self, operator: str) -> OperatorDesk:
        """Return an operator's desk; a blank one when the rules have not heard of him yet."""
        found = self.switchboard.operators.get(OperatorId(operator))
        return found or OperatorDesk(operator=OperatorId(operator), name=operator)

    def name_of(self, operator: str | None) -> str:
        """Name of an operator, or his id."""
        if not operator:
            return ""
        desk = self.switchboard.operators.get(OperatorId(operator))
        if desk is not None and desk.name:
            return desk.name
        person = self._directory.current.operators.get(operator)
        return person.name if person else operator

    def call_of(self, incident: Incident) -> InboundCall | None:
        """Pick a case's call that matters now: the newest that lives, else the newest.

        Never one that was made to an emergency service: it says nothing of who called.
        """
        calls = self._calls_in(incident)
        living = [call for call in calls if not call.is_over]
        found = living or calls
        return found[-1] if found else None

    def lives(self, incident: Incident) -> bool:
        """Whether any call of a case is up, one to a service included."""
        known = self.switchboard.calls
        return any(not c.is_over for i in incident.call_ids if (c := known.get(i)))

    def is_forced(self, incident: Incident) -> bool:
        """Whether only *Duress resolved* closes a case (`callflows.closing.is_forced`)."""
        silent = self.incident(incident.silent_id or "")
        is_told = silent is not None and silent.is_open and not self.lives(incident)
        return incident.is_under_duress or is_told

    def _calls_in(self, incident: Incident) -> list[InboundCall]:
        """Return the calls of people, first one first."""
        known = self.switchboard.calls
        calls = [c for i in incident.call_ids if (c := known.get(i)) is not None]
        return [call for call in calls if not _is_of_service(call)]

    def services_of(self, incident: Incident) -> list[ServiceCall]:
        """Return the calls to emergency services that were made for a case, in order."""
        made = self.switchboard.service_calls.values()
        return [one for one in made if one.incident_id == incident.incident_id]

    def service_in(self, call: InboundCall) -> ServiceCall | None:
        """Find the service that is being called in a call, or is on the line in it."""
        made = self.switchboard.service_calls.values()
        legs = (call.consulted, call.leg_id, *call.guests)
        return next((x for x in made if x.leg_id in legs and not x.is_over), None)

    def is_calling_service(self, operator: str) -> bool:
        """Whether an operator's own phone rings because he calls a service."""
        call = self.call(self.desk(operator).call_id or "")
        return call is not None and call.service_call is not None

    def why_no_service(self, incident: Incident) -> str:
        """Say, in English, why no service may be called for a case yet; empty: one may."""
        return self.switchboard.why_no_service(incident)

    def tree(self, tree_id: str) -> CallTree | None:
        """Find a call tree."""
        return self.switchboard.trees.get(TreeId(tree_id))

    def trees_of(self, incident: Incident) -> list[CallTree]:
        """Call trees of a case, first one first."""
        trees = self.switchboard.trees
        return [tree for i in incident.tree_ids if (tree := trees.get(i)) is not None]

    def person_name(self, incident_id: str, person: str) -> str:
        """Name of a person whom a call tree of the case calls, or his id."""
        incident = self.incident(incident_id)
        for tree in self.trees_of(incident) if incident else ():
            target = tree.target(person)
            if target is not None:
                return target.name
        return person

    def actions_of(self, incident: Incident) -> list[Action]:
        """Actions with consequences of a case, first one first."""
        actions = self.switchboard.actions.values()
        return [one for one in actions if one.incident_id == incident.incident_id]

    def call_backs(self, incident: Incident) -> list[CallBack]:
        """Who of a case's callers is to be called back."""
        backs = self.switchboard.call_backs
        return [back for i in incident.call_ids if (back := backs.get(i)) is not None]

    def joinable(self, call: InboundCall) -> list[OnTheLine]:
        """Keyholders of the case who are on the line and could join this call."""
        incident = self.incident(call.incident_id)
        trees = self.trees_of(incident) if incident else []
        found = [
            OnTheLine(tree.tree_id, attempt.leg_id, attempt.name)
            for tree in trees
            for attempt in tree.live
            if attempt.state in JOINABLE
        ]
        calls = [self.call(call_id) for call_id in (incident.call_ids if incident else ())]
        found += [
            OnTheLine(one.tree_id, one.leg_id, self.person_name(one.incident_id, one.keyholder))
            for one in calls
            if one is not None and one.tree_id and one.seeks and one.is_caller_answered
        ]
        return found

    # ------------------------------------------------------------ lists

    def waiting(self, clearances: Iterable[str]) -> tuple[list[CallRow], int]:
        """Return calls in queue order, and how many more are not for these clearances."""
        waiting = self.switchboard.waiting()
        seen = [call for call in waiting if call.clearance in clearances]
        return [self.call_row(call) for call in seen[:MOST_CALLS]], len(waiting) - len(seen)

    def call_row(self, call: InboundCall) -> CallRow:
        """One call as a row."""
        return CallRow(
            call.call_id,
            call.incident_id,
            state_of(call),
            call.urgency,
            call.offered_at,
            call.identification,
            call.caller,
            call.is_withheld,
            ", ".join(self.name_of(leg.operator) for leg in call.legs.values()),
            call.calls_back is not None,
        )

    def attention(
        self, clearances: Iterable[str], unseen: frozenset[str] = frozenset()
    ) -> tuple[list[CaseRow], int]:
        """Return cases that wait for an operator, first one first; how many are hidden.

        However long the list, none is left out whose call tree failed.
        """
        waiting = waiting_cases(self.switchboard.incidents.values())
        waiting = [one for one in waiting if one.incident_id not in unseen]
        seen = [one for one in waiting if one.clearance in clearances]
        return self._rows(at_most(seen, MOST_CASES)), len(waiting) - len(seen)

    def open_cases(
        self, clearances: Iterable[str], unseen: frozenset[str] = frozenset()
    ) -> tuple[list[CaseRow], list[CaseRow], int]:
        """Abandoned ones, then the others; how many there are of the others in all.

        A case whose caller still waits, or that wants an operator, stands in another list.
        """
        incidents = [
            incident
            for incident in self.switchboard.incidents.values()
            if incident.state is IncidentState.OPEN
            and incident.clearance in clearances
            and incident.attention_since is None
            and incident.incident_id not in unseen
        ]
        waiting = {call.incident_id for call in self.switchboard.waiting()}
        incidents = [one for one in incidents if one.incident_id not in waiting]
        incidents.sort(key=lambda one: (one.urgency, one.opened_at, one.incident_id))
        abandoned: list[Incident] = []
        others: list[Incident] = []
        for incident in incidents:
            (abandoned if self.is_abandoned(incident) else others).append(incident)
        rows = self._rows(abandoned[:MOST_CASES]), self._rows(others[:MOST_CASES])
        return *rows, len(others)

    def _rows(self, incidents: Sequence[Incident]) -> list[CaseRow]:
        return [self.case_row(incident) for incident in incidents]

    def is_abandoned(self, incident: Incident) -> bool:
        """Whether nobody ever spoke to the caller of this open case."""
        calls = self._calls_in(incident)
        if not calls:
            return False
        return all(call.is_over and call.answered_at is None for call in calls)

    def case_row(self, incident: Incident) -> CaseRow:
        """One case as a row."""
        call = self.call_of(incident)
        known, parking = call.identification if call else None, incident.parking
        return CaseRow(
            incident.incident_id,
            incident.state.value,
            incident.urgency,
            incident.kind,
            incident.opened_at,
            incident.organisation_name,
            known.site_name if known else incident.site_name,
            known.person_name if known else "",
            call is not None,
            call.caller if call else None,
            call.is_withheld if call else False,
            self.name_of(incident.owner),
            state_of(call) if call and not call.is_over else "",
            self.is_abandoned(incident),
            len(incident.run.missing()),
            incident.disposition,
            incident.is_under_duress,
            tuple(incident.attention),
            incident.attention_since,
            sum(not tree.is_over for tree in self.trees_of(incident)),
            min((b.next_at for b in self.call_backs(incident) if b.next_at), default=None),
            parking.until if parking and not parking.is_back else None,
            self.name_of(incident.handover.to) if incident.handover else "",
            incident.handover.until if incident.handover else None,
            limits_of(self.switchboard, incident)[:1],
        )

    def operators(self) -> tuple[list[OperatorDesk], int]:
        """Everybody who is signed in, and how many of them may be rung now."""
        desks = [
            desk
            for desk in self.switchboard.operators.values()
            if desk.state is not DeskState.SIGNED_OUT
        ]
        desks.sort(key=lambda desk: (desk.name, desk.operator))
        ready = sum(desk.state is DeskState.READY and desk.has_station for desk in desks)
        return desks, ready


def _is_of_service(call: InboundCall) -> bool:
    """Whether a call was made to a service, and nobody else was ever in it."""
    return call.service_call is not None and str(call.offer.call_id) == call.service_call
