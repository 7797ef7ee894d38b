"""What supervisors are told because time passed, told once, and over when it was done."""

from dataclasses import replace
from typing import Any

import pytest

from callflows import events as e
from callflows.events import CallId, Cause, IncidentId, OperatorId
from client_directory.model import DEFAULT_ALERTS, AlertLimits, Step
from tests.stories.line import AGGRESSION, CONSIGNE, Line
from tests.stories.services import Room

CASE = IncidentId("inc-call-1")
ANN = OperatorId("ann")
SHORT = AlertLimits(
    not_taken=(5.0, 10.0, 15.0, 20.0),
    not_worked=(50.0, 60.0, 70.0, 80.0),
    overdue_step=(25.0, 30.0, 35.0, 40.0),
)


def told(line: Line) -> list[str]:
    """Every alert that was raised, in order."""
    return [fact.alert for fact in line.all(e.AlertRaised)]


def standing(line: Line, case: str = CASE) -> list[str]:
    """What is late in a case now."""
    return [kind.value for kind in line.switchboard.case_watches[IncidentId(case)].raised]


def worked_on(**changes: Any) -> Line:
    """Ann spoke with a caller, who has hung up; the case is hers and open."""
    line = Line()
    line.ready("ann")
    line.calls(**{"urgency": 2, "procedure": None} | changes)
    line.picks_up("ann")
    line.gives_up("call-1", Cause.HUNG_UP)
    return line


# ---------------------------------------------------------------- offered and not taken


@pytest.mark.parametrize("urgency", [1, 2, 3, 4])
def test_a_caller_whom_nobody_answers(urgency: int) -> None:
    line = Line()
    line.signs_in("ann")
    line.calls(urgency=urgency)
    limit = DEFAULT_ALERTS.not_taken[urgency - 1]
    line.fast_forward(limit - 0.5)
    assert told(line) == []
    line.fast_forward(0.5)
    assert told(line) == ["not_taken"]
    assert line.last(e.AlertRaised).urgency == urgency


def test_it_is_told_once_and_over_when_somebody_answers() -> None:
    line = Line()
    line.signs_in("ann")
    line.calls(urgency=1)
    line.fast_forward(300)
    assert told(line) == ["not_taken"]
    assert standing(line) == ["not_taken"]
    line.ready("ann")
    line.picks_up("ann")
    assert standing(line) == []
    over = line.last(e.AlertOver)
    assert (over.alert, over.late_time) == ("not_taken", 270.0)


def test_a_caller_who_is_answered_in_time_alerts_nobody() -> None:
    line = Line()
    line.ready("ann")
    line.calls(urgency=1)
    line.fast_forward(9)
    line.picks_up("ann")
    line.fast_forward(100)
    assert "not_taken" not in told(line)


def test_an_alarm_that_nobody_takes_and_then_somebody_does() -> None:
    room = Room()
    room.signs_in("ann")
    case = room.alarm()
    room.fast_forward(61)
    assert told(room) == ["not_taken"]
    room.tell(e.CaseTaken(incident_id=IncidentId(case), operator=ANN))
    assert standing(room, case) == []


# ---------------------------------------------------------------- taken and not worked


def test_a_case_in_which_nothing_is_written_after_the_call() -> None:
    line = worked_on()
    line.fast_forward(DEFAULT_ALERTS.not_worked[1] - 1)
    assert told(line) == []
    line.fast_forward(1)
    assert told(line) == ["not_worked"]
    assert line.last(e.AlertRaised).operator == "ann"
    line.tell(e.NoteWritten(incident_id=CASE, operator=ANN, text="he is safe"))
    assert standing(line) == []
    line.fast_forward(DEFAULT_ALERTS.not_worked[1])
    assert told(line) == ["not_worked", "not_worked"], "and once more when it lies again"


def test_a_note_begins_the_time_anew() -> None:
    line = worked_on()
    for _ in range(5):
        line.fast_forward(DEFAULT_ALERTS.not_worked[1] - 10)
        line.tell(e.NoteWritten(incident_id=CASE, operator=ANN, text="still at it"))
    assert told(line) == []


def test_whoever_is_on_the_line_works() -> None:
    line = Line()
    line.ready("ann")
    line.calls(urgency=1, procedure=None)
    line.picks_up("ann")
    line.fast_forward(1200)
    assert told(line) == []


def test_a_case_that_nobody_has_is_not_called_unworked() -> None:
    line = Line()
    line.ready("ann")
    line.calls(procedure=None, caller=None)
    line.gives_up("call-1")
    line.fast_forward(DEFAULT_ALERTS.total[0] - 1)
    assert "not_worked" not in told(line)


def test_a_parked_case_is_not_called_unworked_before_its_time() -> None:
    line = worked_on()
    line.parks("ann", "call-1", 800.0)
    line.fast_forward(799)
    assert told(line) == []


# ---------------------------------------------------------------- a step that is late


def test_the_step_to_do_now_is_late_also_while_they_talk() -> None:
    line = Line()
    line.ready("ann")
    line.calls(urgency=1, procedure=AGGRESSION)
    line.picks_up("ann")
    line.fast_forward(DEFAULT_ALERTS.overdue_step[0])
    assert told(line) == ["overdue_step"]
    assert line.last(e.AlertRaised).step == "safe"
    line.tell(e.StepAnswered(incident_id=CASE, operator=ANN, step="safe", answer="no"))
    assert standing(line) == []
    line.fast_forward(DEFAULT_ALERTS.overdue_step[0])
    assert line.last(e.AlertRaised).step == "police"


@pytest.mark.parametrize("what", ["await_restore", "start_call_tree"])
def test_a_step_that_waits_for_the_world_is_not_late(what: str) -> None:
    waits = replace(
        CONSIGNE, steps=(Step(step="w", do={what: "x"}, is_required=True, go_to="end"),)
    )
    line = Line()
    line.ready("ann")
    line.calls(urgency=1, procedure=waits)
    line.picks_up("ann")
    line.fast_forward(DEFAULT_ALERTS.total[0] - 1)
    assert told(line) == []


# ---------------------------------------------------------------- ends, limits, restarts


def test_a_closed_case_alerts_nobody_any_more() -> None:
    line = worked_on()
    line.fast_forward(300)
    assert standing(line) == ["not_worked"]
    line.tell(e.CloseRequested(incident_id=CASE, operator=ANN, disposition="handled"))
    assert line.last(e.AlertOver).alert == "not_worked"
    assert standing(line) == []
    line.fast_forward(3599)
    assert told(line) == ["not_worked"]
    line.fast_forward(60)
    line.calls()
    assert CASE not in line.switchboard.case_watches, "forgotten with its case"


def test_the_limits_are_the_installation_s_or_the_client_s_own() -> None:
    line = Line()
    line.tell(e.AlertLimitsSet(default=DEFAULT_ALERTS, clients={"acme": SHORT}))
    line.signs_in("ann")
    line.calls(urgency=1)
    line.calls(
        urgency=1, identification=e.Identification(organisation="other"), call_id="call-2"
    )
    line.fast_forward(5)
    assert [x.incident_id for x in line.all(e.AlertRaised)] == [CASE]
    line.fast_forward(25)
    assert len(line.all(e.AlertRaised)) == 2


def test_a_more_urgent_case_is_late_sooner() -> None:
    line = worked_on(urgency=4)
    line.fast_forward(60)
    line.tell(e.UrgencySet(incident_id=CASE, operator=ANN, urgency=1, reason="knife"))
    line.fast_forward(DEFAULT_ALERTS.not_worked[0] - 61)
    assert told(line) == []
    line.fast_forward(1)
    assert told(line) == ["not_worked"], "at its new limit, and not when the old one is reached"


def test_an_old_case_that_waits_anew_is_late_after_the_limit_for_waiting() -> None:
    line = worked_on(urgency=4)
    line.fast_forward(300)
    line.on_break("ann")
    line.calls(incident_id=CASE, caller="+32470000009", urgency=4)
    assert line.call("call-2").incident_id == CASE
    line.fast_forward(DEFAULT_ALERTS.not_taken[3] - 1)
    assert told(line) == []
    line.fast_forward(1)
    assert told(line) == ["not_taken"]


def test_a_restart_tells_nothing_twice_and_forgets_nothing() -> None:
    line = worked_on()
    line.fast_forward(300)
    line.restart()
    line.fast_forward(600)
    assert told(line) == ["not_worked"]
    line.tell(e.NoteWritten(incident_id=CASE, operator=ANN, text="seen"))
    assert line.last(e.AlertOver).late_time == 600.0
    line.restart()
    line.fast_forward(300)
    assert told(line) == ["not_worked", "not_worked"]


def test_a_case_of_before_is_watched_from_now_on() -> None:
    """A snapshot of an earlier version knows no watches."""
    line = worked_on()
    state = line.switchboard.to_state()
    for name in ("case_watches", "alert_limits"):
        del state[name]
    line.switchboard = type(line.switchboard).from_state(state)
    line.ready("bob")
    line.fast_forward(DEFAULT_ALERTS.not_worked[1] + 1)
    assert told(line) == ["not_worked"]
    assert line.call(CallId("call-1")).is_over


# ---------------------------------------------------------------- open for too long


@pytest.mark.parametrize("urgency", [1, 2, 3, 4])
def test_a_case_that_is_open_for_too_long_is_told_whatever_is_done_in_it(urgency: int) -> None:
    line = worked_on(urgency=urgency)
    limit = DEFAULT_ALERTS.total[urgency - 1]
    for _ in range(int(limit // 100) - 1):
        line.fast_forward(100)
        line.tell(e.NoteWritten(incident_id=CASE, operator=ANN, text="still at it"))
    assert "total" not in told(line)
    line.fast_forward(101)
    assert told(line)[-1] == "total"
    line.tell(e.CloseRequested(incident_id=CASE, operator=ANN, disposition="handled"))
    assert standing(line) == []


def test_a_parked_case_is_told_at_its_limit_and_still_comes_back_at_its_own_time() -> None:
    line = worked_on(urgency=1)
    limit = DEFAULT_ALERTS.total[0]
    line.tell(e.CaseParked(incident_id=CASE, operator=ANN, until=line.now + limit + 600))
    line.fast_forward(limit - 1)
    assert told(line) == [], "nothing else is late while it rests"
    line.fast_forward(1)
    assert told(line) == ["total"]
    assert line.switchboard.incidents[CASE].parking is not None, "it is parked all the same"
    assert not line.all(e.ParkEnded)
    line.restart()
    line.fast_forward(600)
    assert line.last(e.ParkEnded).reason == "its time is over"
    assert told(line).count("total") == 1, "once, also over a restart"
