"""Whatever happens, in whatever order, what is watched is lost nowhere and told once."""

import tempfile
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from callflows import events as e
from callflows.events import OperatorId
from securityline.watch_refusal import NotDone
from tests.securityline.test_watching import ACME, TIMER, Watch

DIRECTORY = (
    ACME.replace('pin: "4821"', 'pin: "4821", duress_pin: "4822"')
    + """
welfare_checks:
  - {person: ann, every: 2h, amber_after: 2m, red_after: 5m, site: hq}
"""
)
BOB = OperatorId("op-bob")
ALL = ("standard",)
ACTS = st.one_of(
    st.sampled_from(["start", "prolong", "end", "restart", "reload", "opening", "closing"]),
    st.sampled_from(["4821", "4822", "0000", ""]),
    st.sampled_from(["in_order", "finding", "not_done", "close", "heard"]),
    st.sampled_from([60.0, 901.0, 1_400.0, 7_300.0, 20_000.0]),
    st.sampled_from(["start", 1_400.0, "close"]),
)


def act(watch: Watch, what: Any) -> None:
    with suppress(NotDone):
        _act(watch, what)


def _act(watch: Watch, what: Any) -> None:
    door = watch.door
    if isinstance(what, float):
        watch.until(watch.now + what)
    elif what == "start":
        door.start_timer("acme", "ann", run_time=900.0)
    elif what == "prolong":
        door.prolong_timer(TIMER, 600.0, BOB)
    elif what == "end":
        door.end_timer(TIMER, BOB, "seen")
    elif what == "restart":
        watch.begin()
    elif what == "reload":
        watch.watching.reload()
    elif what in ("opening", "closing"):
        watch.panel(what)
    elif what == "heard":
        watch.watching.heard(watch.signal())
    elif what == "close":
        for case in [one for one in watch.rules.incidents.values() if one.is_open]:
            ending = "duress_resolved" if case.is_under_duress else "handled"
            watch.close(case.incident_id, BOB, ending, "seen")
    elif what in ("in_order", "finding", "not_done"):
        for row in door.tasks(ALL)[:1]:
            door.task_done(row.task.task_id, BOB, what, "seen")
    else:
        for row in door.timers(ALL)[:1]:
            before = row.timer
            outcome = door.check_in(before.who.timer_id, what)
            assert outcome == {"4821": "good", "4822": "duress", "0000": "wrong"}.get(
                what, "none"
            )


@settings(max_examples=150, suppress_health_check=list(HealthCheck))
@given(st.lists(ACTS, max_size=25))
def test_whatever_happens(steps: list[Any]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        watch = Watch(Path(folder), DIRECTORY)
        for what in steps:
            told = len(watch.told)
            act(watch, what)
            _holds(watch, watch.told[told:], what)
        _once(watch)
        _nobody_is_forgotten(watch)


def _holds(watch: Watch, news: list[tuple[float, Any]], what: Any) -> None:
    """Only a good PIN cancels; what waits is shown; what is kept is what is in memory."""
    cancelled = [one for _, one in news if isinstance(one, e.SafetyTimerCancelled)]
    assert not cancelled or what == "4821"
    silent = [one for _, one in news if isinstance(one, e.SafetyTimerRaised) and one.is_silent]
    assert not silent or what == "4822"
    red = [row for row in watch.door.timers(ALL) if row.timer.stage == "red"]
    assert all(row.incident_id is not None for row in red), "a red timer has its open case"
    shown = {row.task.task_id for row in watch.door.tasks(ALL)}
    assert shown == {one.task_id for one in watch.watching.tasks.waiting()}
    due = watch.watching.next_due()
    assert due is None or due > watch.now - 1.0, "nothing is overdue"
    for name in ("timers", "tasks", "welfare"):
        state = getattr(watch.watching, name).to_state()
        kept = watch.kept[name].data
        assert kept is not None
        assert {**kept, "now": 0} == {**state, "now": 0}, f"{name}: durable as it stands"


def _once(watch: Watch) -> None:
    for kind in (e.TaskDue, e.TaskLate, e.TaskDone):
        counted = Counter(one.task_id for _, one in watch.all(kind))
        assert not counted or max(counted.values()) == 1, kind
    done = {one.task_id: when for when, one in watch.all(e.TaskDone)}
    for when, late in watch.all(e.TaskLate):
        assert when <= done.get(late.task_id, when), "what was done is not late afterwards"


def _nobody_is_forgotten(watch: Watch) -> None:
    """A timer that runs, and is left alone from now on, becomes an alarm."""
    running = [row for row in watch.door.timers(ALL) if row.timer.stage != "red"]
    raised = len(watch.all(e.SafetyTimerRaised))
    watch.begin()
    watch.until(watch.now + 13 * 3600)
    assert len(watch.all(e.SafetyTimerRaised)) >= raised + len(running)
