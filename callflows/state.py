"""The whole board as plain JSON values, and back: exact, so that a restart goes on."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from callflows.action import Action
from callflows.alarm_state import book_from_plain, book_to_plain
from callflows.alerting import CaseWatch
from callflows.board import Board
from callflows.call import CallBack, CallState, InboundCall
from callflows.call_tree import CallTree
from callflows.check_call import CheckCall
from callflows.codec import from_plain, to_plain
from callflows.events import IncidentId, LegId
from callflows.incident import Incident
from callflows.operators import OperatorDesk
from callflows.self_service import SelfService
from callflows.service_call import ServiceCall
from callflows.shift_list import ShiftList
from callflows.visit import Visit
from client_directory.model import AlertLimits, Procedure

VERSION: Final = 1
"Raised when an older reader would misread it."


def board_to_state(board: Board) -> dict[str, Any]:
    """Describe the board. Each consigne stands in it once, however many cases follow it.

    What has an order is a list: a store may sort the keys of objects.
    """
    procedures: list[Any] = []
    places: dict[int, int] = {}

    def refer(holder: dict[str, Any]) -> None:
        """Put a number in the place of the consigne."""
        procedure = holder["procedure"]
        if procedure is None:
            return
        place = places.get(id(procedure))  # the codec encodes each consigne once
        if place is None:
            if procedure not in procedures:
                procedures.append(procedure)
            place = places[id(procedure)] = procedures.index(procedure)
        holder["procedure"] = place

    incidents, calls = [], []
    for incident in board.incidents.values():
        plain = to_plain(incident)
        for run in (plain["run"], *plain["earlier_runs"]):
            refer(run)
            run["records"] = list(run["records"].values())
        incidents.append(plain)
    for call in board.calls.values():
        plain = to_plain(call)
        refer(plain["offer"])
        plain["legs"] = list(plain["legs"].values())
        calls.append(plain)
    backs = [to_plain(back) for back in board.call_backs.values()]
    for plain in backs:
        refer(plain["offer"])
    return {
        "version": VERSION,
        "now": board.now,
        "is_draining": board.is_draining,
        "incidents": incidents,
        "calls": calls,
        "trees": [to_plain(tree) for tree in board.trees.values()],
        "call_backs": backs,
        "alarms": book_to_plain(board.alarms),
        "service_calls": [to_plain(service) for service in board.service_calls.values()],
        "actions": [to_plain(action) for action in board.actions.values()],
        "checks": [to_plain(check) for check in board.checks.values()],
        "check_legs": dict(board.check_legs),
        "self_services": [to_plain(call) for call in board.self_services.values()],
        "pin_misses": {key: list(times) for key, times in board.pin_misses.items()},
        "tree_dials": {name: list(times) for name, times in board.tree_dials.items()},
        "case_watches": [to_plain(watch) for watch in board.case_watches.values()],
        "wrap_up_time": board.wrap_up_time,
        "rung_on": sorted(board.rung_on),
        "alert_limits": {name: to_plain(x) for name, x in board.alert_limits.items()},
        "visits": [to_plain(visit) for visit in board.visits.values()],
        "shift_lists": [to_plain(known) for known in board.shift_lists.values()],
        "watched": [list(entry) for entry in board.watched.items()],
        "operators": [to_plain(desk) for desk in board.roster],
        "procedures": procedures,
        "legs": dict(board.legs),
        "tree_legs": dict(board.tree_legs),
        "closed": [list(entry) for entry in board.closed],
    }


def board_from_state(state: Mapping[str, Any]) -> Board:
    """Build the board that was described.

    :raises ValueError: it is not one of ours, or a later version's.
    """
    if state.get("version") != VERSION:
        raise ValueError(f"cannot read state of version {state.get('version')!r:.20}")
    try:
        return _build(state)
    except (KeyError, IndexError, TypeError, ValueError, AttributeError) as error:
        raise ValueError(f"state: {type(error).__name__}: {error}") from error


def _build(state: Mapping[str, Any]) -> Board:
    procedures = [from_plain(Procedure, plain) for plain in state["procedures"]]
    board = Board(now=state["now"], is_draining=state["is_draining"])
    for plain in state["operators"]:
        desk = from_plain(OperatorDesk, plain)
        board.operators[desk.operator] = desk
        board.roster.append(desk)
    for plain in state["incidents"]:
        incident = from_plain(Incident, _incident(plain))
        runs = zip(
            (incident.run, *incident.earlier_runs),
            (plain["run"], *plain["earlier_runs"]),
            strict=True,
        )
        for run, described in runs:
            if described["procedure"] is not None:
                run.procedure = procedures[described["procedure"]]
        board.incidents[incident.incident_id] = incident
        if incident.parking is not None:
            board.keep_timed(incident.parking)
        if incident.handover is not None:
            board.keep_timed(incident.handover)
    for plain in state["calls"]:
        call = from_plain(InboundCall, _call(plain))
        if plain["offer"]["procedure"] is not None:
            procedure = procedures[plain["offer"]["procedure"]]
            call.offer = replace(call.offer, procedure=procedure)
        board.calls[call.call_id] = call
        if call.is_queued:
            board.seeking[call.call_id] = call
        is_his_own = call.dialled_by is not None and not call.has_caller
        if is_his_own and call.state is CallState.OFFERED:
            board.summoning[call.call_id] = call
    board.legs.update(state["legs"])
    for plain in state.get("trees", ()):
        tree = from_plain(CallTree, plain)
        board.trees[tree.tree_id] = tree
        board.keep_timed(tree)
    for plain in state.get("call_backs", ()):
        back = from_plain(CallBack, plain | {"offer": plain["offer"] | {"procedure": None}})
        if plain["offer"]["procedure"] is not None:
            back.offer = replace(back.offer, procedure=procedures[plain["offer"]["procedure"]])
        board.call_backs[back.call_id] = back
        board.keep_timed(back)
    board.tree_legs.update(state.get("tree_legs", {}))
    if "alarms" in state:
        board.alarms = book_from_plain(state["alarms"])
        for case in board.alarms.cases.values():
            if case.deadline is not None:
                board.keep_timed(case)
        board.keep_timed(board.alarms.times)
    for plain in state.get("service_calls", ()):
        service = from_plain(ServiceCall, plain)
        board.service_calls[service.service_call_id] = service
        if service.deadline is not None:
            board.keep_timed(service)
    for plain in state.get("actions", ()):
        action = from_plain(Action, plain)
        board.actions[action.action_id] = action
        if action.deadline is not None:
            board.keep_timed(action)
    for plain in state.get("checks", ()):
        check = from_plain(CheckCall, plain)
        board.checks[check.watch_id] = check
        if check.deadline is not None:
            board.keep_timed(check)
    board.check_legs.update(state.get("check_legs", {}))
    for plain in state.get("self_services", ()):
        himself = from_plain(SelfService, plain)
        board.self_services[himself.leg_id] = himself
        if himself.deadline is not None:
            board.keep_timed(himself)
    board.pin_misses = {key: list(x) for key, x in state.get("pin_misses", {}).items()}
    board.tree_dials = {name: list(x) for name, x in state.get("tree_dials", {}).items()}
    for plain in state.get("case_watches", ()):
        watch = from_plain(CaseWatch, plain)
        board.case_watches[watch.incident_id] = watch
        if watch.deadline is not None:
            board.keep_timed(watch)
    board.rung_on = {LegId(leg_id) for leg_id in state.get("rung_on", ())}
    board.wrap_up_time = state.get("wrap_up_time", board.wrap_up_time)
    board.alert_limits = {
        name: from_plain(AlertLimits, plain)
        for name, plain in state.get("alert_limits", {}).items()
    }
    for plain in state.get("visits", ()):
        visit = from_plain(Visit, plain)
        board.visits[visit.leg_id] = visit
        if visit.deadline is not None:
            board.keep_timed(visit)
    for plain in state.get("shift_lists", ()):
        known = from_plain(ShiftList, plain)
        board.shift_lists[known.operator] = known
        if known.deadline is not None:
            board.keep_timed(known)
    board.watched = {key: IncidentId(case) for key, case in state.get("watched", ())}
    board.closed = [(at, IncidentId(incident_id)) for at, incident_id in state["closed"]]
    return board


def _call(plain: Mapping[str, Any]) -> dict[str, Any]:
    return {
        **plain,
        "offer": plain["offer"] | {"procedure": None},
        "legs": {leg["leg_id"]: leg for leg in plain["legs"]},
    }


def _incident(plain: Mapping[str, Any]) -> dict[str, Any]:
    return {
        **plain,
        "run": _run(plain["run"]),
        "earlier_runs": [_run(run) for run in plain["earlier_runs"]],
    }


def _run(plain: Mapping[str, Any]) -> dict[str, Any]:
    records = {record["step"]: record for record in plain["records"]}
    return {**plain, "procedure": None, "records": records}
