"""What people do with timers and tasks, and what closing a case does to them."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from callflows import events as e
from callflows.codec import encode
from callflows.events import (
    CallId,
    CallOffered,
    Identification,
    IncidentId,
    LegId,
    OperatorId,
)
from securityline import pin_check
from securityline.alone_callers import AloneCallers
from securityline.logbook.entry import Entry
from securityline.watch_door import WatchDoor
from securityline.watch_refusal import NotDone
from tests.callflows.watch.moments import at
from tests.securityline.test_watching import ACME, MONDAY, TIMER, Watch

ANN, BOB = OperatorId("op-ann"), OperatorId("op-bob")
ALL = ("standard", "high_security")


@pytest.fixture
def watch(tmp_path: Path) -> Watch:
    return Watch(tmp_path, ACME.replace('pin: "4821"', 'pin: "4821", duress_pin: "4822"'))


def close(watch: Watch, incident_id: IncidentId, disposition: str = "handled") -> None:
    """An operator records what the consigne wants and closes the case."""
    watch.close(incident_id, BOB, disposition, "seen to")


# ---------------------------------------------------------------- timers


def test_a_timer_is_started_for_a_place_a_time_and_a_reason(watch: Watch) -> None:
    assert watch.door.start_timer("acme", "ann", run_time=600.0, note="boiler", by="op-bob")
    [row] = watch.door.timers(ALL)
    assert (row.timer.stage, row.timer.note) == ("running", "boiler")
    assert row.timer.amber_at == MONDAY + 600
    assert (row.organisation_name, row.site_name, row.clearance) == (
        "Acme", "Head office", "standard",
    )  # fmt: skip
    assert row.incident_id is None
    [(_, started)] = watch.all(e.SafetyTimerStarted)
    assert (started.note, started.by) == ("boiler", "op-bob")


def test_what_is_running_is_no_longer_to_be_started(watch: Watch) -> None:
    assert [plan.who.person for _, plan in watch.door.startable(ALL)] == ["ann"]
    watch.door.start_timer("acme", "ann")
    assert watch.door.startable(ALL) == []
    assert watch.door.startable(()) == []


@pytest.mark.parametrize(
    ("reason", "ask"),
    [
        ("no such person", lambda door: door.start_timer("acme", "nobody")),
        ("no such person", lambda door: door.start_timer("nobody", "ann")),
        ("no such site", lambda door: door.start_timer("acme", "ann", site="moon")),
        ("no such time", lambda door: door.start_timer("acme", "ann", run_time=59.0)),
        ("no such time", lambda door: door.start_timer("acme", "ann", run_time=43_201.0)),
        ("no such time", lambda door: door.start_timer("acme", "ann", run_time=float("nan"))),
        ("no such timer", lambda door: door.prolong_timer("x", 60.0, "op-bob")),
        ("no such timer", lambda door: door.end_timer("x", "op-bob", "why")),
        ("no such timer", lambda door: door.check_in("x", "4821")),
        ("no such task", lambda door: door.task_done("x", BOB, "in_order")),
    ],
)
def test_what_cannot_be_is_refused_and_changes_nothing(
    watch: Watch, reason: str, ask: Callable[[WatchDoor], object]
) -> None:
    with pytest.raises(NotDone, match=f"^{reason}$"):
        ask(watch.door)
    assert watch.told == []
    assert watch.door.timers(ALL) == []


def test_one_that_runs_is_not_started_anew(watch: Watch) -> None:
    watch.door.start_timer("acme", "ann", run_time=600.0)
    with pytest.raises(NotDone, match="runs already"):
        watch.door.start_timer("acme", "ann", run_time=7_200.0)
    assert watch.door.timers(ALL)[0].timer.amber_at == MONDAY + 600


def test_an_operator_ends_what_runs_and_never_what_lapsed(watch: Watch) -> None:
    watch.door.start_timer("acme", "ann", run_time=600.0)
    watch.until(MONDAY + 601)
    for ask in (
        lambda: watch.door.end_timer(TIMER, "op-bob", "he said so"),
        lambda: watch.door.prolong_timer(TIMER, 600.0, "op-bob"),
    ):
        with pytest.raises(NotDone, match="only his PIN ends it"):
            ask()
    assert watch.door.check_in(TIMER, "4821") == "good"
    assert watch.door.timers(ALL)[0].timer.stage == "running", "her PIN arms it anew"
    watch.door.end_timer(TIMER, "op-bob", "he said so")
    assert watch.door.timers(ALL) == []
    [(_, ended)] = watch.all(e.SafetyTimerEnded)
    assert (ended.by, ended.reason) == ("op-bob", "he said so")


@pytest.mark.parametrize(("pin", "outcome"), [("0000", "wrong"), ("", "none")])
def test_only_the_pin_checks_in(watch: Watch, pin: str, outcome: str) -> None:
    watch.door.start_timer("acme", "ann", run_time=600.0)
    assert watch.door.check_in(TIMER, pin) == outcome
    watch.until(MONDAY + 601)
    assert watch.door.timers(ALL)[0].timer.stage == "amber"


def test_duress_raises_an_alarm_that_nobody_beside_him_can_tell(watch: Watch) -> None:
    watch.door.start_timer("acme", "ann", run_time=600.0)
    assert watch.door.check_in(TIMER, "4822") == "duress"
    [row] = watch.door.timers(ALL)
    assert row.timer.is_silent
    assert row.incident_id is not None
    case = watch.rules.incidents[row.incident_id]
    assert case.is_under_duress
    assert case.urgency == 1
    # As after the good PIN: it runs on, and may be ended.
    assert watch.door.check_in(TIMER, "4821") == "good"
    watch.door.prolong_timer(TIMER, 60.0, "x")
    with pytest.raises(NotDone, match="runs already"):
        watch.door.start_timer("acme", "ann")
    shown = watch.door.timers(ALL)[0].timer.as_shown()
    assert shown is not None
    assert (shown.stage, shown.amber_at, shown.is_silent) == ("running", MONDAY + 660, False)
    watch.door.end_timer(TIMER, "x", "y")
    for ask in (
        lambda: watch.door.check_in(TIMER, "4821"),
        lambda: watch.door.prolong_timer(TIMER, 60.0, "x"),
        lambda: watch.door.end_timer(TIMER, "x", "y"),
    ):
        with pytest.raises(NotDone, match="no such timer"):
            ask()
    assert watch.door.timers(ALL)[0].timer.stage == "red", "operators see what it is"
    assert watch.rules.incidents[row.incident_id].is_open


def test_no_pin_is_compared_more_often_than_another(
    watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What takes time is the comparing; how much, `benchmarks/duress_timing.py` measures."""
    compared: list[str] = []
    really = pin_check.is_secret

    def is_secret(attempt: str, stored: str) -> bool:
        compared.append(attempt)
        return really(attempt, stored)

    monkeypatch.setattr(pin_check, "is_secret", is_secret)
    for pin in ("4821", "4822", "0000", ""):
        compared.clear()
        watch.forget_timers()
        watch.door.start_timer("acme", "ann", run_time=600.0)
        watch.door.check_in(TIMER, pin)
        assert compared == [pin, pin]


def test_after_the_case_of_an_alarm_is_closed_the_timer_is_forgotten(watch: Watch) -> None:
    watch.door.start_timer("acme", "ann", run_time=600.0)
    watch.until(MONDAY + 601 + 480)
    [row] = watch.door.timers(ALL)
    assert (row.timer.stage, bool(row.incident_id)) == ("red", True)
    assert row.incident_id is not None
    close(watch, row.incident_id)
    assert watch.door.timers(ALL) == []
    watch.begin()
    assert watch.door.timers(ALL) == []


def test_closing_the_case_of_amber_does_not_stop_the_alarm(watch: Watch) -> None:
    watch.door.start_timer("acme", "ann", run_time=600.0)
    watch.until(MONDAY + 601)
    amber = watch.door.timers(ALL)[0].incident_id
    assert amber is not None
    close(watch, amber)
    watch.until(MONDAY + 601 + 480)
    [row] = watch.door.timers(ALL)
    assert row.timer.stage == "red"
    assert row.incident_id not in (None, amber)


# ---------------------------------------------------------------- tasks


def test_closing_its_case_is_doing_the_task(watch: Watch) -> None:
    watch.until(at("2026-06-01 22:05"))
    [row] = watch.door.tasks(ALL)
    assert (row.task.state, row.site_name) == ("due", "Head office")
    assert row.incident_id is not None
    close(watch, row.incident_id)
    [(_, done)] = watch.all(e.TaskDone)
    assert (done.operator, done.outcome, done.text) == ("op-bob", "in_order", "seen to")
    watch.until(at("2026-06-01 23:00"))
    assert watch.all(e.TaskLate) == []


@pytest.mark.parametrize(
    ("disposition", "outcome"),
    [("services_called", "finding"), ("duplicate", "not_done"), ("false_alarm", "finding")],
)
def test_how_the_case_ended_says_what_was_found(
    watch: Watch, disposition: str, outcome: str
) -> None:
    watch.until(at("2026-06-01 22:05"))
    [row] = watch.door.tasks(ALL)
    assert row.incident_id is not None
    close(watch, row.incident_id, disposition)
    [(_, done)] = watch.all(e.TaskDone)
    assert done.outcome == outcome


def test_a_kill_between_the_closing_and_the_task_loses_nothing(watch: Watch) -> None:
    watch.until(at("2026-06-01 22:05"))
    [row] = watch.door.tasks(ALL)
    assert row.incident_id is not None
    watch.is_deaf = True  # the engine dies before it has read its own line
    close(watch, row.incident_id)
    assert watch.all(e.TaskDone) == []
    watch.begin()
    assert len(watch.all(e.TaskDone)) == 1
    watch.begin()
    assert len(watch.all(e.TaskDone)) == 1, "once"


def test_doing_the_task_closes_its_case(watch: Watch) -> None:
    watch.until(at("2026-06-01 22:05"))
    [row] = watch.door.tasks(ALL)
    assert row.incident_id is not None
    watch.door.task_done(row.task.task_id, BOB, "in_order", "all dark")
    case = watch.rules.incidents[row.incident_id]
    assert (case.is_open, case.closed_by, case.closing_text) == (False, "op-bob", "all dark")
    assert watch.door.tasks(ALL) == []


def test_a_finding_keeps_the_case_open_for_whoever_follows_it_up(watch: Watch) -> None:
    watch.until(at("2026-06-01 22:05"))
    [row] = watch.door.tasks(ALL)
    assert row.incident_id is not None
    watch.door.task_done(row.task.task_id, BOB, "finding", "a window is open")
    case = watch.rules.incidents[row.incident_id]
    assert case.is_open
    assert case.attention_since is None
    assert watch.door.tasks(ALL) == []


def test_what_nobody_did_is_late_and_then_missed(watch: Watch) -> None:
    watch.until(at("2026-06-01 22:16"))
    [row] = watch.door.tasks(ALL)
    assert row.task.state == "late"
    watch.until(at("2026-06-02 22:05"))
    assert [row.task.state for row in watch.door.tasks(ALL)] == ["missed", "due"]
    assert len(watch.all(e.TaskLate)) == 1, "flagged once"


def test_who_is_not_cleared_sees_neither(watch: Watch) -> None:
    watch.door.start_timer("acme", "ann")
    watch.until(at("2026-06-01 22:05"))
    assert watch.door.timers(()) == []
    assert watch.door.tasks(()) == []


# ---------------------------------------------------------------- by telephone

LINE = Identification(organisation="acme", person="ann", person_name="Ann")


def rings(watch: Watch, **values: Any) -> CallOffered:
    """Ann rings the number for those who work alone, as the telephone would offer it."""
    known = {"service": "lone_worker", "identification": LINE, "languages": ("fr",)}
    known |= {"call_id": CallId("c1"), "leg_id": LegId("c1-a"), "did": "+3225554003"}
    offered = CallOffered(**(known | values))
    callers = AloneCallers(watch.directory, watch.watching.timers.view)
    return replace(offered, alone=callers(offered))


def keyed(watch: Watch, offered: CallOffered, *events: e.Event) -> None:
    """Each event goes the whole way: the rules, their lines, and whoever reads them."""
    blank = dict.fromkeys(Entry._fields, "")
    for event in (offered, *events):
        for said in watch.rules.handle(event, watch.now):
            assert not isinstance(said, e.FlowFailed)
            name = type(said).__name__
            line = {"seq": 1, "kind": "fact", "what": name, "data": encode(said)}
            if not watch.is_deaf:
                watch.door.take([Entry(**(blank | line))])  # type: ignore[arg-type]


def key(digit: str) -> e.DigitPressed:
    return e.DigitPressed(leg_id=LegId("c1-a"), digit=digit)


def pin(outcome: Any) -> e.PinChecked:
    return e.PinChecked(leg_id=LegId("c1-a"), outcome=outcome)


def test_she_is_known_by_her_number_and_her_timer_by_how_it_stands(watch: Watch) -> None:
    alone = rings(watch).alone
    assert alone is not None
    assert (alone.timer_id, alone.stage, alone.run_time, alone.has_pin) == (
        TIMER, "idle", 3720.0, True,
    )  # fmt: skip
    watch.door.start_timer("acme", "ann", run_time=600.0)
    assert rings(watch).alone.stage == "running"  # type: ignore[union-attr]
    watch.until(MONDAY + 601)
    assert rings(watch).alone.stage == "amber"  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "values",
    [
        {"service": "security_line"},
        {"identification": Identification(organisation="acme")},
        {"identification": Identification(organisation="acme", person="bob")},
        {"identification": Identification(person="ann")},
        {"identification": Identification(organisation="gone", person="ann")},
    ],
)
def test_nobody_else_is(watch: Watch, values: dict[str, Any]) -> None:
    assert rings(watch, **values).alone is None


@pytest.mark.parametrize(("is_last", "stage"), [(False, "running"), (True, "idle")])
def test_a_timer_that_is_silent_looks_as_the_good_pin_would_leave_it(
    watch: Watch, is_last: bool, stage: str
) -> None:
    watch.door.start_timer("acme", "ann", run_time=600.0)
    watch.door.check_in(TIMER, "4822", is_last=is_last)
    assert rings(watch).alone.stage == stage  # type: ignore[union-attr]


def test_who_is_forced_and_prolongs_by_key_hears_what_she_always_hears(watch: Watch) -> None:
    watch.door.start_timer("acme", "ann", run_time=600.0)
    watch.door.check_in(TIMER, "4822")
    keyed(watch, rings(watch), key("1"), key("5"), key("#"), pin("good"))
    [call] = watch.rules.self_services.values()
    assert (call.state.value, call.is_told) == ("ending", True)


def test_she_starts_it_by_key(watch: Watch) -> None:
    keyed(watch, rings(watch), key("1"), key("5"), key("#"))
    [row] = watch.door.timers(ALL)
    assert row.timer.amber_at == MONDAY + 300
    [call] = watch.rules.self_services.values()
    assert (call.state.value, call.is_told) == ("ending", True)


def test_she_prolongs_it_with_her_pin_and_ends_it(watch: Watch) -> None:
    watch.door.start_timer("acme", "ann", run_time=600.0)
    keyed(watch, rings(watch), key("1"), key("5"), key("#"), pin("good"))
    assert watch.door.timers(ALL)[0].timer.amber_at == MONDAY + 900
    again = rings(watch, call_id=CallId("c2"), leg_id=LegId("c2-a"))
    keyed(
        watch,
        again,
        e.DigitPressed(leg_id=LegId("c2-a"), digit="2"),
        e.PinChecked(leg_id=LegId("c2-a"), outcome="good"),
    )
    assert watch.door.timers(ALL) == []


def test_under_duress_nothing_is_prolonged_and_a_silent_case_stands(watch: Watch) -> None:
    watch.door.start_timer("acme", "ann", run_time=600.0)
    keyed(watch, rings(watch), key("1"), key("5"), key("#"), pin("duress"))
    [call] = watch.rules.self_services.values()
    assert call.last_prompt == "goodbye", "she hears that she has more time"
    assert [case.is_silent for case in watch.rules.incidents.values()] == [True]
    assert watch.all(e.SafetyTimerProlonged) == []


def test_what_the_timer_refuses_is_a_person_s(watch: Watch) -> None:
    watch.door.start_timer("acme", "ann", run_time=43_200.0)
    keyed(watch, rings(watch), key("1"), key("5"), key("#"), pin("good"))
    assert watch.rules.self_services == {}
    assert len(watch.rules.calls) == 1


@pytest.mark.parametrize("outcome", [None, "good", "duress"])
def test_a_start_after_a_kill_does_what_was_keyed_and_not_yet_done(
    watch: Watch, outcome: str | None
) -> None:
    if outcome is not None:
        watch.door.start_timer("acme", "ann", run_time=600.0)
    offered = rings(watch)
    watch.is_deaf = True
    if outcome is None:
        keyed(watch, offered, key("1"), key("5"), key("#"))
    else:
        keyed(watch, offered, key("2"), pin(outcome))
    watch.is_deaf = False
    watch.begin()
    timers = watch.watching.timers.view()
    if outcome is None:
        assert [timer.amber_at for timer in timers] == [MONDAY + 300]
    elif outcome == "good":
        assert timers == []
    else:
        assert [timer.is_silent for timer in timers] == [True]
    assert all(call.is_told for call in watch.rules.self_services.values())


# ---------------------------------------------------------------- openings


def test_an_opening_that_was_agreed_is_none_outside_the_hours(watch: Watch) -> None:
    watch.panel("opening")
    [case] = watch.rules.incidents
    until = MONDAY + 2 * 3600
    watch.door.openings.agree("acme", "hq", until, "op-bob", "stocktaking", case=case)
    [(_, agreed)] = watch.all(e.OpeningAgreed)
    assert (agreed.incident_id, agreed.by, agreed.reason) == (case, "op-bob", "stocktaking")
    watch.begin()
    watch.panel("opening")
    assert len(watch.all(e.EarlyOpenSeen)) == 1, "also after a restart it is known"
    watch.until(until + 1799)
    assert watch.all(e.LateToCloseSeen) == []
    watch.until(until + 1801)
    assert len(watch.all(e.LateToCloseSeen)) == 1, "it should have closed by then"


@pytest.mark.parametrize(
    ("site", "hours", "reason"),
    [
        ("elsewhere", 2, "not watched"),
        ("hq", 25, "no such time"),
        ("hq", -1, "no such time"),
    ],
)
def test_what_cannot_be_agreed_is_refused(
    watch: Watch, site: str, hours: int, reason: str
) -> None:
    with pytest.raises(NotDone, match=reason):
        watch.door.openings.agree("acme", site, MONDAY + hours * 3600, "op-bob", "x")


def test_a_case_of_another_site_gets_no_line_of_it(watch: Watch) -> None:
    watch.door.openings.agree("acme", "hq", MONDAY + 3600, "op-bob", "x", case="nobody's")
    [(_, agreed)] = watch.all(e.OpeningAgreed)
    assert agreed.incident_id == ""
