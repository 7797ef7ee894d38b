"""Virtual patrols: due by the wall, flagged when late, never lost and never twice."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callflows.events import OperatorId, TaskDone, TaskDue, TaskLate
from callflows.watch.tasks import MOST_AT_ONCE, TaskPlan, TaskWatch
from tests.callflows.watch.moments import CHANGES, at, told, wall

ANN = OperatorId("ann")
TITLE = {"fr": "Ronde vidéo", "en": "Virtual patrol"}


def patrol(*times, task="patrol", **more):
    return TaskPlan(
        organisation="acme", site="depot", task=task, title=TITLE, times=times, **more
    )


def moments(plan, since, until):
    """When it is due between two times on the wall."""
    watch = TaskWatch([plan], at(since))
    return [wall(when) for when, event in told(watch, at(until)) if type(event) is TaskDue]


# ---------------------------------------------------------------- the story


def test_two_patrols_a_night_one_done_in_time_one_late():
    watch = TaskWatch([patrol("23:00", "03:00")], at("2026-11-23 20:00"))
    assert wall(watch.next_due()) == "2026-11-23 23:00+0100"
    [due] = watch.due(at("2026-11-23 23:00"))
    assert due == TaskDue(
        organisation="acme",
        site="depot",
        task_id="acme/patrol@2026-11-23T23:00",
        task="patrol",
        title=TITLE,
        due_at=at("2026-11-23 23:00"),
        late_at=at("2026-11-23 23:15"),
    )
    assert watch.waiting() == [due]
    [done] = watch.done(due.task_id, ANN, "in_order", "", at("2026-11-23 23:10"))
    assert type(done) is TaskDone
    assert (done.operator, done.outcome, done.is_late) == (ANN, "in_order", False)
    assert watch.waiting() == []
    (_, second), (late_at, late) = told(watch, at("2026-11-24 08:00"))
    assert type(late) is TaskLate
    assert late.task_id == second.task_id == "acme/patrol@2026-11-24T03:00"
    assert wall(late_at) == "2026-11-24 03:15+0100"
    [done] = watch.done(second.task_id, ANN, "finding", "gate open", at("2026-11-24 08:00"))
    assert (done.outcome, done.text, done.is_late) == ("finding", "gate open", True)


def test_a_task_is_done_once():
    watch = TaskWatch([patrol("23:00")], at("2026-11-23 20:00"))
    [due] = watch.due(at("2026-11-23 23:00"))
    assert watch.done("acme/patrol@1999-01-01T00:00", ANN, "in_order", "", due.due_at) == []
    assert len(watch.done(due.task_id, ANN, "in_order", "", due.due_at)) == 1
    assert watch.done(due.task_id, ANN, "not_done", "", due.due_at) == []


# ---------------------------------------------------------------- when


def test_only_on_the_days_of_its_schedule():
    plan = patrol("09:00", during="Mo-Fr; PH off")
    assert moments(plan, "2026-12-24 00:00", "2026-12-29 00:00") == [
        "2026-12-24 09:00+0100",
        "2026-12-28 09:00+0100",
    ]


def test_only_at_the_hours_of_its_schedule():
    plan = patrol("08:00", "20:00", "02:00", during="Mo-Fr 18:00-06:00; Sa,Su,PH 00:00-24:00")
    assert moments(plan, "2026-11-27 00:00", "2026-11-28 12:00") == [
        "2026-11-27 02:00+0100",
        "2026-11-27 20:00+0100",
        "2026-11-28 02:00+0100",
        "2026-11-28 08:00+0100",
    ]


@pytest.mark.parametrize("plan", [patrol("09:00", during="off"), patrol()])
def test_what_is_never_due(plan):
    assert TaskWatch([plan], at("2026-11-23 00:00")).next_due() is None


@pytest.mark.parametrize("bad", ["25:00", "noon", "", "09:00+02:00"])
def test_a_time_that_is_none_is_refused(bad):
    with pytest.raises(ValueError):  # noqa: PT011
        patrol(bad)


@pytest.mark.parametrize(("forward", "back"), CHANGES.values(), ids=CHANGES)
def test_half_past_two_in_the_odd_nights(forward, back):
    plan = patrol("02:30")
    assert moments(plan, f"{back} 00:00", f"{back} 12:00") == [f"{back} 02:30+0200"]
    assert moments(plan, f"{forward} 00:00", f"{forward} 12:00") == [f"{forward} 03:00+0200"]


@pytest.mark.parametrize(("forward", "back"), CHANGES.values(), ids=CHANGES)
def test_every_hour_of_the_odd_nights(forward, back):
    plan = patrol("01:00", "02:00", "02:30", "03:00", "04:00", during="Mo-Su 00:00-03:30")
    assert moments(plan, f"{back} 00:00", f"{back} 12:00") == [
        f"{back} 01:00+0200",
        f"{back} 02:00+0200",
        f"{back} 02:30+0200",
        f"{back} 03:00+0100",
    ]
    # What the clock jumps over falls on the jump, together: one patrol, not three.
    assert moments(plan, f"{forward} 00:00", f"{forward} 12:00") == [
        f"{forward} 01:00+0100",
        f"{forward} 03:00+0200",
    ]


def test_a_schedule_of_the_jumped_hour_alone_still_counts():
    plan = patrol("02:30", during="Mo-Su 02:00-03:00")
    assert moments(plan, "2026-03-28 12:00", "2026-03-30 12:00") == [
        "2026-03-29 03:00+0200",
        "2026-03-30 02:30+0200",
    ]


@pytest.mark.parametrize(("zone", "country"), [("Europe/Paris", "FR"), ("UTC", "BE")])
def test_each_client_has_his_own_wall(zone, country):
    plan = patrol("09:00", during="Mo-Su; PH off", time_zone=zone, country=country)
    watch = TaskWatch([plan], at("2026-07-13 12:00"))
    first = watch.next_due()
    assert (
        wall(first)
        == {
            "Europe/Paris": "2026-07-15 09:00+0200",  # the 14th is a holiday in France
            "UTC": "2026-07-14 11:00+0200",
        }[zone]
    )


# ---------------------------------------------------------------- restart


def copy(watch):
    again = TaskWatch.from_state(json.loads(json.dumps(watch.to_state(), sort_keys=True)))
    assert again.to_state() == watch.to_state()
    return again


def test_what_fell_due_while_we_were_away_is_told_and_flagged():
    plan = patrol("23:00", "03:00")
    watch = TaskWatch([plan], at("2026-11-23 20:00"))
    watch.due(at("2026-11-23 23:00"))
    again = copy(watch)
    again.watch([plan], at("2026-11-24 08:00"))
    events = again.due(at("2026-11-24 08:00"))
    assert [(type(e), wall(e.due_at)[8:16]) for e in events] == [
        (TaskLate, "23 23:00"),
        (TaskDue, "24 03:00"),
        (TaskLate, "24 03:00"),
    ]
    assert [wall(one.due_at)[8:16] for one in again.waiting()] == ["23 23:00", "24 03:00"]
    assert wall(again.next_due()) == "2026-11-24 23:00+0100"


def test_a_restart_between_the_two_half_past_twos_makes_no_second_patrol():
    watch = TaskWatch([patrol("02:30")], at("2026-10-25 00:00"))
    assert len(watch.due(at("2026-10-25 02:30"))) == 1
    again = copy(watch)
    assert [type(e) for _, e in told(again, at("2026-10-25 23:00"))] == [TaskLate]


def test_a_restart_tells_no_lateness_twice():
    watch = TaskWatch([patrol("23:00")], at("2026-11-23 20:00"))
    told(watch, at("2026-11-23 23:20"))
    assert told(copy(watch), at("2026-11-24 20:00")) == []


def test_after_a_very_long_stop_everything_is_told_in_portions():
    watch = TaskWatch([patrol(*(f"{h:02}:00" for h in range(24)))], at("2026-01-01 00:30"))
    now, seen = at("2026-03-30 00:30"), []
    while (due := watch.next_due()) is not None and due <= now:
        portion = watch.due(now)
        assert 0 < len(portion) <= MOST_AT_ONCE + 1
        seen += portion
    ids = [event.task_id for event in seen if type(event) is TaskDue]
    assert len(ids) == len(set(ids)) == 88 * 24 - 1  # one hour was jumped over


def test_the_plan_changes_and_what_waits_still_waits():
    watch = TaskWatch([patrol("23:00"), patrol("23:30", task="gone")], at("2026-11-23 20:00"))
    told(watch, at("2026-11-23 23:31"))
    watch.watch([patrol("22:00")], at("2026-11-23 23:40"))
    assert [wall(one.due_at)[11:16] for one in watch.waiting()] == ["23:00", "23:30"]
    assert [(type(e), wall(t)[8:16]) for t, e in told(watch, at("2026-11-24 23:59"))] == [
        (TaskLate, "23 23:45"),
        (TaskDue, "24 22:00"),
        (TaskLate, "24 22:15"),
    ]


def test_a_plan_that_changed_while_we_were_away_loses_nothing():
    watch = TaskWatch([patrol("23:00", "03:00")], at("2026-11-23 20:00"))
    again, changed = copy(watch), patrol("23:00", "04:00")
    again.watch([changed], at("2026-11-24 08:00"))
    due = [e for e in again.due(at("2026-11-24 08:00")) if type(e) is TaskDue]
    assert [wall(e.due_at)[8:16] for e in due] == ["23 23:00", "24 04:00"]


def test_what_is_no_state_is_refused():
    with pytest.raises(ValueError, match="State"):
        TaskWatch.from_state({"now": 0.0, "planned": [{}], "waiting": []})


def test_a_clock_set_back_repeats_nothing():
    watch = TaskWatch([patrol("23:00")], at("2026-11-23 20:00"))
    assert len(watch.due(at("2026-11-23 23:00"))) == 1
    assert watch.due(at("2026-11-23 22:00")) == []
    watch.watch([patrol("23:00", late_time=60.0)], at("2026-11-23 22:00"))
    assert wall(watch.next_due()) == "2026-11-23 23:15+0100"


@given(
    st.lists(st.times().map(lambda t: f"{t:%H:%M}"), max_size=4, unique=True),
    st.lists(st.integers(1, 40 * 60), max_size=8),
    st.sampled_from([day for pair in CHANGES.values() for day in pair]),
)
def test_each_time_of_each_day_is_due_exactly_once_whatever_the_restarts(times, pauses, day):
    now = start = at(f"{day} 00:00") - 86_400
    watch, seen = TaskWatch([patrol(*times)], start), []
    for pause in pauses:
        now += pause * 60
        seen += [e for e in watch.due(now) if type(e) is TaskDue]
        watch = copy(watch)
    assert len({e.task_id for e in seen}) == len(seen)
    expected = {first_or_after_the_jump(d, t) for d in days(start, now) for t in times}
    assert {e.due_at for e in seen} == {when for when in expected if start < when <= now}


def days(start, end):
    hours = range(int(end - start) // 3600 + 2)
    return {wall(start + hour * 3600)[:10] for hour in hours}


def first_or_after_the_jump(day, time):
    moment = at(f"{day} {time}")
    return moment if wall(moment)[11:16] == time else at(f"{day} 03:00")
