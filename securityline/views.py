"""Calls and incidents in the shapes that the API publishes."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, Protocol

from callflows.action import Action
from callflows.call import CallState, InboundCall
from callflows.call_tree import CallTree
from callflows.events import CallId, Event, IncidentId, ServiceCallId, TreeId
from callflows.incident import Incident
from callflows.procedure_run import ProcedureRun
from callflows.service_call import ServiceCall
from securityline.logbook.document import Document
from securityline.logbook.entry import show_time
from securityline.served_calls import Served, ServedCalls

MOST_REMEMBERED: Final = 1_000
"Documents remembered above those of the switchboard, before the others are forgotten."


class Board(Served, Protocol):
    """What is running (`callflows.switchboard.Switchboard`)."""

    @property
    def incidents(self) -> Mapping[IncidentId, Incident]:
        """Open cases, and those closed within the hour."""

    @property
    def calls(self) -> Mapping[CallId, InboundCall]:
        """Their calls."""

    @property
    def trees(self) -> Mapping[TreeId, CallTree]:
        """Their call trees."""

    @property
    def actions(self) -> Mapping[str, Action]:
        """Their actions with consequences."""

    @property
    def service_calls(self) -> Mapping[ServiceCallId, ServiceCall]:
        """Their calls to emergency services."""


def call_view(call: InboundCall) -> dict[str, Any]:
    """Describe a call as `GET /api/v1/calls` does."""
    who = call.offer.identification
    return {
        "call_id": call.call_id,
        "direction": "outbound" if call.is_outbound else "inbound",
        "did": call.offer.did,
        "organisation": who.organisation,
        "site": who.site,
        "person": who.person,
        "caller": None if call.offer.is_withheld else call.offer.caller,
        "withheld": call.offer.is_withheld,
        "diverted_from": call.offer.diverted_from,
        "state": call.state.value,
        "incident_id": call.incident_id,
        "started_at": show_time(call.offered_at),
        "answered_at": show_time(call.answered_at),
        "ended_at": show_time(call.ended_at),
        "operator": call.operator,
        "urgency": call.urgency,
        "ordinary_urgency": call.ordinary_urgency,
        "trunk": call.offer.trunk,
        "ended_by": call.ended_by or None,
        "recording_id": call.recording_id,
    }


def incident_view(
    incident: Incident,
    trees: Sequence[CallTree] = (),
    actions: Sequence[Action] = (),
    services: Sequence[ServiceCall] = (),
) -> dict[str, Any]:
    """Describe an incident as `GET /api/v1/incidents/{id}` does.

    :param trees: its call trees, first one first; `actions` likewise.
    :param services: its calls to emergency services, first one first.
    """
    return {
        "incident_id": incident.incident_id,
        "organisation": incident.organisation,
        "organisation_name": incident.organisation_name,
        "site": incident.site,
        "site_name": incident.site_name or None,
        "title": incident.title,
        "source": incident.source,
        "kind": incident.kind,
        "urgency": incident.urgency,
        "ordinary_urgency": incident.ordinary_urgency,
        "clearance": incident.clearance,
        "state": incident.state.value,
        "owner": incident.owner,
        "opened_at": show_time(incident.opened_at),
        "closed_at": show_time(incident.closed_at),
        "closed_by": incident.closed_by,
        "disposition": incident.disposition or None,
        "closing_text": incident.closing_text,
        "call_ids": list(incident.call_ids),
        "attention": list(incident.attention),
        "attention_since": show_time(incident.attention_since),
        "is_under_duress": incident.is_under_duress,
        "is_silent": incident.is_silent,
        "trees": [tree_view(tree) for tree in trees],
        "actions": [action_view(action) for action in actions],
        "services": [service_view(service) for service in services],
        "procedure": _run_view(incident.run),
        "earlier_procedures": [_run_view(run) for run in incident.earlier_runs],
        "notes": [
            {"at": show_time(note.at), "operator": note.operator, "text": note.text}
            for note in incident.notes
        ],
    }


def service_view(service: ServiceCall) -> dict[str, Any]:
    """Describe a call to an emergency service. Its number stands nowhere in it."""
    return {
        "service_call_id": service.service_call_id,
        "service": service.service,
        "kind": service.service_kind,
        "name": service.name,
        "state": service.state.value,
        "attempt": service.attempt,
        "is_simulated": service.is_simulated,
        "operator": service.operator,
        "call_id": service.call_id,
        "pressed_at": show_time(service.pressed_at),
        "verified_at": show_time(service.verified_at),
        "asked_at": show_time(service.asked_at),
        "rang_at": show_time(service.rang_at),
        "answered_at": show_time(service.answered_at),
        "ended_at": show_time(service.ended_at),
        "cause": service.cause,
        "is_cut_off": service.is_cut,
        "reference": service.reference or None,
        "accepted_at": show_time(service.accepted_at),
        "accepted": service.accepted or None,
        "eta": service.eta or None,
    }


def tree_view(tree: CallTree) -> dict[str, Any]:
    """Describe a call tree. A PIN stands nowhere in it, nor whether it was given in duress."""
    return {
        "tree_id": tree.tree_id,
        "call_tree": tree.plan.call_tree,
        "state": tree.state.value,
        "why": tree.why,
        "asked_by": tree.asked_by,
        "started_at": show_time(tree.started_at),
        "promise_at": show_time(tree.promise_at),
        "level": tree.level,
        "levels": len(tree.plan.levels),
        "round": tree.round,
        "rounds": tree.plan.rounds,
        "accepted": list(tree.accepted),
        "attempts": [
            {
                "person": attempt.person,
                "name": attempt.name,
                "number": attempt.number or None,
                "level": attempt.level,
                "round": attempt.round,
                "outcome": attempt.outcome or None,
                "minutes": attempt.minutes,
                "dialled_at": show_time(attempt.dialled_at),
                "answered_at": show_time(attempt.answered_at),
                "ended_at": show_time(attempt.ended_at),
            }
            for attempt in tree.attempts
        ],
    }


def action_view(action: Action) -> dict[str, Any]:
    """Describe an action with consequences: who wanted it, who agreed, what came of it."""
    request = action.request
    return {
        "action_id": action.action_id,
        "action": request.action,
        "kind": request.kind,
        "site": request.site,
        "state": action.state.value,
        "operator": request.operator,
        "reason": request.reason,
        "needs_two_people": request.needs_two_people,
        "approved_by": action.approved_by,
        "tries": action.tries,
        "why": action.why,
        "answer": action.answer,
    }


def _run_view(run: ProcedureRun) -> dict[str, Any] | None:
    if run.procedure is None:
        return None
    return {
        "procedure": run.procedure.procedure,
        "version": run.procedure.version,
        "steps": [
            {
                "step": record.step,
                "outcome": record.outcome.value,
                "operator": record.operator,
                "at": show_time(record.at),
                "answer": record.answer,
                "text": record.text,
                "left_path": record.left_path or None,
                "otherwise": record.otherwise or None,
                "confidence": record.confidence or None,
            }
            for record in run.records.values()
        ],
        "missing": [step.step for step in run.missing()],
    }


class StateDocuments:
    """Notice which calls and incidents an event changed."""

    def __init__(self, board: Board) -> None:
        self._board = board
        self._written: dict[str, tuple[Any, ...]] = {}
        "What was written of each document, in short."
        self._served = ServedCalls(board)

    def changed(self, event: Event, outcomes: Sequence[Any], now: float) -> list[Document]:
        """Return the documents to write for this event.

        :param now: engine time, seconds.
        """
        touched = {event.incident_id, *[outcome.incident_id for outcome in outcomes]}
        documents = self._served.changed(outcomes, now)
        for incident_id in sorted(touched) if len(touched) > 1 else touched:
            incident = self._board.incidents.get(incident_id)
            if incident is not None:
                self._add(incident, now, documents)
        if len(self._written) > 4 * len(self._board.calls) + MOST_REMEMBERED:
            self._forget()
        return documents

    def _add(self, incident: Incident, now: float, documents: list[Document]) -> None:
        trees = [t for i in incident.tree_ids if (t := self._board.trees.get(i)) is not None]
        key = incident.incident_id
        actions = [a for a in self._board.actions.values() if a.incident_id == key]
        made = self._board.service_calls.values()
        services = [one for one in made if one.incident_id == key]
        mark = (
            *_incident_mark(incident),
            *(_tree_mark(tree) for tree in trees),
            *((a.state, a.tries, a.approved_by, a.why, a.answer) for a in actions),
            *(_service_mark(service) for service in services),
        )
        if self._written.get(key) != mark:
            self._written[key] = mark
            view = incident_view(incident, trees, actions, services)
            state = incident.state.value
            documents.append(Document(kind="incident", id=key, data=view, state=state, at=now))
        for call_id in incident.call_ids:
            call = self._board.calls.get(call_id)
            if call is not None and self._written.get(call_id) != (mark := _call_mark(call)):
                self._written[call_id] = mark
                state = "ended" if call.state is CallState.ENDED else "active"
                documents.append(
                    Document(kind="call", id=call_id, data=call_view(call), state=state, at=now)
                )

    def _forget(self) -> None:
        """Drop what is over; should it change all the same, it is written once more."""
        alive = {*self._board.incidents, *self._board.calls}
        self._written = {key: mark for key, mark in self._written.items() if key in alive}


def _call_mark(call: InboundCall) -> tuple[Any, ...]:
    """Name what can change in a call's view; much quicker than drawing it."""
    return (
        call.state,
        call.answered_at,
        call.ended_at,
        call.operator,
        call.urgency,
        call.ordinary_urgency,
        call.ended_by,
        call.recording_id,
    )


def _incident_mark(incident: Incident) -> tuple[Any, ...]:
    """Name what can change in an incident's view. Records are replaced, never altered."""
    return (
        incident.title,
        incident.kind,
        incident.urgency,
        incident.ordinary_urgency,
        incident.state,
        incident.owner,
        incident.organisation,
        incident.disposition,
        incident.closed_at,
        len(incident.call_ids),
        len(incident.notes),
        tuple(incident.attention),
        incident.attention_since,
        incident.is_under_duress,
        incident.is_silent,
        len(incident.earlier_runs),
        *incident.run.records.values(),
    )


def _service_mark(service: ServiceCall) -> tuple[Any, ...]:
    """Name what can change in the view of a call to a service."""
    return (
        service.state,
        service.call_id,
        service.cause,
        service.reference,
        service.accepted_at,
        service.accepted,
        service.eta,
    )


def _tree_mark(tree: CallTree) -> tuple[Any, ...]:
    """Name what can change in a call tree's view."""
    return (
        tree.state,
        tree.why,
        tree.level,
        tree.round,
        tree.promise_at,
        len(tree.accepted),
        *(
            (attempt.outcome, attempt.minutes, attempt.answered_at, attempt.ended_at)
            for attempt in tree.attempts
        ),
    )
