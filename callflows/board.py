"""What the switchboard holds: every call, operator, case and leg. Rules move it."""

from bisect import insort
from collections.abc import Sequence
from dataclasses import dataclass, field
from operator import attrgetter
from typing import TYPE_CHECKING, Protocol

from callflows.alarm_book import AlarmBook
from callflows.call import CallBack, InboundCall
from callflows.call_tree import CallTree
from callflows.commands import Command
from callflows.events import (
    CallId,
    Event,
    Fact,
    Ignored,
    IncidentId,
    LegId,
    OperatorId,
    ServiceCallId,
    TreeId,
    WelfareCallDue,
)
from callflows.incident import Incident
from callflows.operators import OperatorDesk
from callflows.service_call import ServiceCall
from client_directory.model import AlertLimits

if TYPE_CHECKING:
    from callflows.action import Action
    from callflows.alerting import CaseWatch
    from callflows.check_call import CheckCall
    from callflows.self_service import SelfService
    from callflows.shift_list import ShiftList
    from callflows.visit import Visit

Outcome = Command | Fact


class Timed(Protocol):
    """Something besides calls and operators that wants to be told when a time has come."""

    @property
    def timer_id(self) -> str:
        """Its name, unlike any other's."""

    @property
    def incident_id(self) -> IncidentId:
        """Whose `DeadlineReached` it takes; `NO_INCIDENT` when it belongs to no case."""

    @property
    def deadline(self) -> float | None:
        """Engine time at which it wants to be told."""


@dataclass(slots=True)
class Board:
    """State of the whole switchboard, and the outcomes of the event at hand."""

    incidents: dict[IncidentId, Incident] = field(default_factory=dict)
    calls: dict[CallId, InboundCall] = field(default_factory=dict)
    operators: dict[OperatorId, OperatorDesk] = field(default_factory=dict)
    legs: dict[LegId, CallId] = field(default_factory=dict)
    "Every leg that may still say something, and whose it is."
    roster: list[OperatorDesk] = field(default_factory=list)
    "The operators by id: whatever goes through all of them does so in this order."
    seeking: dict[CallId, InboundCall] = field(default_factory=dict)
    "Calls for which operators are looked for: their caller waits, or may be with a machine."
    closed: list[tuple[float, IncidentId]] = field(default_factory=list)
    "Closed cases by the time of closing, to be forgotten after a while."
    now: float = 0.0
    "Engine time of the event at hand."
    is_draining: bool = False
    is_unsettled: bool = False
    "Something changed that may let an operator ring for another call."
    outcomes: list[Outcome] = field(default_factory=list)
    touched_calls: dict[CallId, InboundCall] = field(default_factory=dict)
    "Calls whose deadline may have changed."
    touched_desks: dict[OperatorId, OperatorDesk] = field(default_factory=dict)
    trees: dict[TreeId, CallTree] = field(default_factory=dict)
    "Call trees of open cases, running or over."
    tree_legs: dict[LegId, TreeId] = field(default_factory=dict)
    "Every keyholder's leg that may still say something, and whose tree it is of."
    call_backs: dict[CallId, CallBack] = field(default_factory=dict)
    "Callers to be called back, by the call that they gave up."
    rung_on: set[LegId] = field(default_factory=set)
    "Legs that ring longer because the engine was started again; each once."
    summoning: dict[CallId, InboundCall] = field(default_factory=dict)
    "Calls that an operator makes from a case, while his own phone rings."
    service_calls: dict[ServiceCallId, ServiceCall] = field(default_factory=dict)
    "Calls to emergency services for those cases, first one first."
    alarms: AlarmBook = field(default_factory=AlarmBook)
    "What is remembered of alarms: signals seen, places, floods, tests."
    actions: "dict[str, Action]" = field(default_factory=dict)
    "Actions with consequences of those cases, by their id."
    checks: "dict[str, CheckCall]" = field(default_factory=dict)
    "Calls to people who are alone, the latest of each timer, by its name."
    check_legs: dict[LegId, str] = field(default_factory=dict)
    "Every leg of theirs that may still say something, and whose timer it is for."
    self_services: "dict[LegId, SelfService]" = field(default_factory=dict)
    "Callers who serve themselves by key, by their leg."
    pin_misses: dict[str, list[float]] = field(default_factory=dict)
    "When wrong PINs were given on the line for installers, by site and by caller."
    tree_dials: dict[str, list[float]] = field(default_factory=dict)
    "When call trees made calls in the last hour, by client."
    visits: "dict[LegId, Visit]" = field(default_factory=dict)
    "Supervisors on colleagues' calls, by the leg at their own phone."
    case_watches: "dict[IncidentId, CaseWatch]" = field(default_factory=dict)
    "What is late in each case, in the order of the cases."
    shift_lists: "dict[OperatorId, ShiftList]" = field(default_factory=dict)
    "What operators hand over at the end of their shift."
    wrap_up_time: float = 30.0
    "Seconds after a call in which its operator is not rung, unless he says he is ready."
    alert_limits: dict[str, AlertLimits] = field(default_factory=dict)
    "By client; under the empty name, the installation's."
    unanswered: list[WelfareCallDue] = field(default_factory=list)
    "Of the event at hand: who could not be asked by telephone."
    watched: dict[str, IncidentId] = field(default_factory=dict)
    "The case of whatever the clock showed: lines lost together, a timer, a task."
    timed: dict[IncidentId, dict[str, Timed]] = field(default_factory=dict)
    "Call trees and whatever else waits for a time, by case."
    touched_timed: dict[str, Timed] = field(default_factory=dict)
    "Those whose deadline may have changed."

    def say(self, *outcomes: Outcome) -> None:
        """Conclude a fact or order a command."""
        self.outcomes.extend(outcomes)

    def ignore(self, event: Event, state: str) -> None:
        """Note an event that means nothing here."""
        self.say(
            Ignored(incident_id=event.incident_id, event=type(event).__name__, state=state)
        )

    def tree_of(self, leg_id: LegId) -> CallTree | None:
        """Find the call tree of a keyholder's leg."""
        tree_id = self.tree_legs.get(leg_id)
        return None if tree_id is None else self.trees.get(tree_id)

    def tree_asking(self, leg_id: LegId) -> CallTree | None:
        """Find the tree that dialled a leg, also when that leg is over or in a call now."""
        trees = self.trees.values()
        return self.tree_of(leg_id) or next((t for t in trees if t.attempt(leg_id)), None)

    def trees_of(self, incident: Incident) -> list[CallTree]:
        """Find the call trees of a case, first one first."""
        return [self.trees[t] for t in incident.tree_ids if t in self.trees]

    def actions_of(self, incident_id: IncidentId) -> "list[Action]":
        """Find the actions with consequences of a case, first one first."""
        return [one for one in self.actions.values() if one.incident_id == incident_id]

    def tree_at(self, organisation: str | None, number: str | None) -> CallTree | None:
        """Find the tree that a keyholder who rings in is most likely called by."""
        return next(iter(self.trees_at(organisation, number)), None)

    def trees_at(self, organisation: str | None, number: str | None) -> list[CallTree]:
        """Find the trees of open cases in which this number stands.

        Those that run come before those that are over, then those that called him, then the
        latest.

        :param number: E.164, or `None` when withheld.
        """
        if organisation is None or number is None:
            return []
        found = [
            tree
            for tree in reversed(self.trees.values())
            if (incident := self.incidents.get(tree.incident_id)) is not None
            and incident.is_open
            and tree.plan.organisation == organisation
            and tree.person_at(number)
        ]
        return sorted(found, key=lambda tree: (tree.is_over, not tree.has_called(number)))

    def is_line_held(self, number: str, tree: CallTree) -> bool:
        """Whether another tree's call to this number goes on, or he speaks with an operator.

        The latter also in a call that this very tree waits for: an operator may let it go on.

        A second call would find it busy, or ring into the first.
        """
        for leg_id, tree_id in self.tree_legs.items():
            other = self.trees.get(tree_id)
            attempt = other.attempt(leg_id) if other is not None and other is not tree else None
            if (
                attempt is not None
                and attempt.number == number
                and attempt.holds_line(self.now)
            ):
                return True
        return any(number in one.on_line.values() for one in self.trees.values())

    def touch(self, call: InboundCall) -> None:
        """Have the call's deadline worked out again after this event."""
        self.touched_calls[call.call_id] = call

    def keep_timed(self, timed: Timed) -> None:
        """Watch its deadline from now on."""
        self.timed.setdefault(timed.incident_id, {})[timed.timer_id] = timed
        self.touched_timed[timed.timer_id] = timed

    def drop_timed(self, timed: Timed) -> None:
        """Watch it no longer."""
        self.touched_timed.pop(timed.timer_id, None)
        kept = self.timed.get(timed.incident_id, {})
        kept.pop(timed.timer_id, None)
        if not kept:
            self.timed.pop(timed.incident_id, None)

    def call_of(self, leg_id: LegId) -> InboundCall | None:
        """Find the call of a leg."""
        call_id = self.legs.get(leg_id)
        return None if call_id is None else self.calls.get(call_id)

    def calls_of(self, incident_id: IncidentId) -> list[InboundCall]:
        """Find the calls of a case, first one first."""
        incident = self.incidents.get(incident_id)
        return [] if incident is None else [self.calls[c] for c in incident.call_ids]

    def services_of(self, incident_id: IncidentId) -> list[ServiceCall]:
        """Find the calls to services that were made for a case, first one first."""
        found = self.service_calls.values()
        return [service for service in found if service.incident_id == incident_id]

    def services_in(self, call: InboundCall) -> list[ServiceCall]:
        """Find the calls to services that are under way in a call."""
        found = self.service_calls.values()
        return [x for x in found if x.call_id == call.call_id and not x.is_over]

    def service_at(self, leg_id: LegId) -> ServiceCall | None:
        """Find the call to a service, under way, that this is the leg of."""
        found = self.service_calls.values()
        return next((x for x in found if x.leg_id == leg_id and not x.is_over), None)

    def desk(self, operator: OperatorId) -> OperatorDesk:
        """Find an operator, or keep a place for one not heard of before."""
        desk = self.operators.get(operator)
        if desk is None:
            desk = OperatorDesk(operator=operator, since=self.now, idle_since=self.now)
            self.operators[operator] = desk
            insort(self.roster, desk, key=attrgetter("operator"))
        return desk

    def add_call(self, call: InboundCall) -> None:
        """Keep a new call."""
        if incident := self.incidents.get(call.incident_id):
            call.ordinary_urgency = incident.ordinary_urgency
        self.calls[call.call_id] = call
        self.legs[call.leg_id] = call.call_id
        if call.seeks:
            self.seeking[call.call_id] = call
        self.touch(call)

    def forget(self, incident_id: IncidentId) -> None:
        """Drop a case that was closed long enough ago, with its calls."""
        incident = self.incidents.pop(incident_id, None)
        for tree_id in incident.tree_ids if incident else ():
            if (tree := self.trees.pop(tree_id, None)) is not None:
                self.drop_timed(tree)
                for attempt in tree.attempts:
                    self.tree_legs.pop(attempt.leg_id, None)
        self.alarms.forget(incident_id)
        if (watch := self.case_watches.pop(incident_id, None)) is not None:
            self.drop_timed(watch)
        for action in self.actions_of(incident_id):
            self.drop_timed(action)
            del self.actions[action.action_id]
        for service in self.services_of(incident_id):
            self.drop_timed(service)
            del self.service_calls[service.service_call_id]
        for key in [key for key, case in self.watched.items() if case == incident_id]:
            del self.watched[key]
        for call_id in incident.call_ids if incident else ():
            if (back := self.call_backs.pop(call_id, None)) is not None:
                self.drop_timed(back)
            call = self.calls.pop(call_id)
            for leg_id in (call.leg_id, *call.given_up):
                self.legs.pop(leg_id, None)


def names(desks: Sequence[OperatorDesk]) -> str:
    """Return the operators' names for a sentence."""
    return ", ".join(desk.name or desk.operator for desk in desks)
