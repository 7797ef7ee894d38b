"""What the clock showed reaches operators as cases, and actions reach the far end once."""

import json
from dataclasses import replace

import pytest

from callflows import events as e
from callflows.action import ActionState
from callflows.commands import PerformAction, PlanCallTree
from callflows.events import IncidentId, OperatorId
from callflows.switchboard import Switchboard
from tests.stories.alarms import ANN, HOLDUP, INTRUSION, AlarmLine

MARC = e.CallBack(who="contact", name="Marc", number="+32470000002")


def lost(path: str, site: str = "hq", group: str = "g1") -> e.PathLost:
    return e.PathLost(
        organisation="acme",
        site=site,
        site_name="Head office",
        path=path,
        account="1234",
        limit_time=20.0,
        heard_at=0.0,
        group=group,
    )


def back(path: str, site: str = "hq", group: str = "g1") -> e.PathRestored:
    return e.PathRestored(
        organisation="acme", site=site, path=path, account="1234", lost_time=9.0, group=group
    )


def raised(*, is_silent: bool = False, **values: object) -> e.SafetyTimerRaised:
    given = {"urgency": 1, "reason": "duress PIN" if is_silent else "no sign of life"}
    return e.SafetyTimerRaised(
        organisation="acme",
        site="hq",
        timer_id="t1",
        person="luc",
        name="Luc",
        is_silent=is_silent,
        numbers=("+32470000009",),
        **(given | values),  # type: ignore[arg-type]
    )


def lapsed() -> e.SafetyTimerLapsed:
    return e.SafetyTimerLapsed(
        organisation="acme", site="hq", timer_id="t1", person="luc", name="Luc", red_at=60.0
    )


def test_lines_lost_together_are_one_case_and_their_return_closes_nothing() -> None:
    line = AlarmLine()
    line.tell(lost("ip"))
    line.tell(lost("4g"))
    line.tell(lost("other", site="shop"))
    [case] = line.open_cases
    assert line.in_front == [case]
    assert line.case(case).kind == "communication"
    assert line.case(case).source == "alarm"
    assert "no sign of life (3 lines, the last other)" in line.case(case).attention
    for event in (back("ip"), back("4g"), back("other", site="shop")):
        assert any(isinstance(x, e.WatchNoted) for x in line.tell(event))
    assert line.open_cases == [case]
    assert line.switchboard.alarms.cases[IncidentId(case)].unrestored == ()


def test_another_group_at_another_site_is_another_case() -> None:
    line = AlarmLine()
    line.tell(lost("ip"))
    line.tell(lost("x", site="shop", group="g2"))
    assert len(line.open_cases) == 2


def test_a_lost_line_joins_the_alarm_of_its_site() -> None:
    line = AlarmLine()
    line.alarm("holdup")
    line.tell(lost("ip"))
    assert len(line.open_cases) == 1
    assert line.case(line.open_cases[0]).urgency == 1


def test_a_lost_line_is_not_held_for_a_cancelling_code() -> None:
    line = AlarmLine()
    line.tell(replace(lost("ip"), procedure=INTRUSION))
    assert line.in_front == line.open_cases != []
    [case] = line.open_cases
    assert line.switchboard.alarms.cases[IncidentId(case)].held_until is None
    assert line.trees_asked_for == 1


def test_an_early_opening_says_whom_to_call_back_and_calls_the_keyholders() -> None:
    line = AlarmLine()
    line.tell(
        e.EarlyOpenSeen(
            organisation="acme",
            site="hq",
            user="3",
            name="Pia",
            call_back=(MARC,),
            procedure=INTRUSION,
        )
    )
    [case] = line.in_front
    assert line.case(case).urgency == 1
    assert "opened outside the hours by Pia (ask Marc +32470000002)" in (
        line.case(case).attention
    )
    assert line.trees_asked_for == 1


def test_a_site_that_stays_open_is_shown_twice_in_one_case() -> None:
    line = AlarmLine()
    line.tell(e.LateToCloseSeen(organisation="acme", site="hq", closes_at=1.0))
    [case] = line.in_front
    assert line.case(case).urgency == 3
    line.tell(e.FailedToCloseSeen(organisation="acme", site="hq", closes_at=1.0))
    assert line.in_front == [case]
    assert line.case(case).urgency == 2
    assert any("did not close" in said for said in line.case(case).attention)


def test_amber_turns_red_in_the_same_case() -> None:
    line = AlarmLine()
    line.tell(lapsed())
    [case] = line.in_front
    assert line.case(case).urgency == 2
    line.tell(raised())
    assert line.in_front == [case]
    assert line.case(case).urgency == 1
    assert not line.case(case).is_under_duress
    line.tell(
        e.SafetyTimerCancelled(
            organisation="acme", site="hq", timer_id="t1", person="luc", stage="red"
        )
    )
    assert line.in_front == [case], "an alarm that was raised stays with the operators"


def test_duress_is_for_operators_alone() -> None:
    line = AlarmLine()
    automatic = replace(HOLDUP, steps=INTRUSION.steps)
    line.tell(raised(is_silent=True, procedure=automatic))
    [case] = line.in_front
    assert line.case(case).is_under_duress
    assert line.all(PlanCallTree) == []
    assert line.case(case).procedure is not None


def test_a_person_s_alarm_passes_a_test_of_the_site() -> None:
    line = AlarmLine()
    line.on_test()
    line.tell(lost("ip"))
    assert line.open_cases == []
    line.tell(raised())
    assert len(line.in_front) == 1


EARLY = e.EarlyOpenSeen(organisation="acme", site="hq", user="3", name="Pia")
LATE = e.LateToCloseSeen(organisation="acme", site="hq", closes_at=1.0)
FAILED = e.FailedToCloseSeen(organisation="acme", site="hq", closes_at=1.0)


@pytest.mark.parametrize("seen", [EARLY, LATE, FAILED])
def test_opening_and_closing_at_odd_hours_stays_on_test_with_its_site(
    seen: e.EarlyOpenSeen | e.LateToCloseSeen | e.FailedToCloseSeen,
) -> None:
    line = AlarmLine()
    line.on_test()
    assert any(isinstance(x, e.AlarmOnTest) for x in line.tell(seen))
    assert line.open_cases == []
    assert line.switchboard.alarms.tests["acme/hq/"].signals == 1
    line.alarm("duress", zone="")
    assert len(line.in_front) == 1, "who is forced is heard, test or not"


def test_unless_the_consigne_says_that_it_is_never_suppressed() -> None:
    line = AlarmLine()
    line.on_test()
    line.tell(replace(EARLY, procedure=replace(INTRUSION, never_suppress=True)))
    assert len(line.in_front) == 1


def test_a_task_is_a_case_of_its_own_and_is_said_to_be_late() -> None:
    line = AlarmLine()
    line.alarm("holdup")
    about = {"organisation": "acme", "site": "hq", "task_id": "p/1", "task": "patrol"}
    line.tell(e.TaskDue(**about, due_at=0.0, late_at=9.0))  # type: ignore[arg-type]
    assert len(line.open_cases) == 2
    case = line.open_cases[1]
    assert line.case(case).urgency == 4
    line.tell(e.TaskLate(**about, due_at=0.0))  # type: ignore[arg-type]
    assert len(line.open_cases) == 2
    assert any("late" in said for said in line.case(case).attention)
    line.tell(
        e.TaskDone(**about, due_at=0.0, operator=ANN, outcome="in_order")  # type: ignore[arg-type]
    )
    assert case not in line.in_front


def test_a_case_that_stalled_is_put_in_front_again() -> None:
    line = AlarmLine()
    line.alarm("holdup")
    [case] = line.open_cases
    line.takes(case)
    assert line.in_front == []
    line.tell(e.CaseStalled(incident_id=IncidentId(case), what="tree", reason="it stands"))
    assert line.in_front == [case]


# ---------------------------------------------------------------- actions


def wish(case: str, **values: object) -> e.ActionRequested:
    given = {"incident_id": IncidentId(case), "action_id": "a", "operator": ANN}
    told = {"reason": "fire brigade waits", "organisation": "acme", "action": "barrier"}
    return e.ActionRequested(**(given | told | values))  # type: ignore[arg-type]


def test_an_action_waits_for_a_second_person_and_is_sent_once() -> None:
    line = AlarmLine()
    line.alarm("holdup")
    [case] = line.open_cases
    line.tell(wish(case, needs_two_people=True))
    assert line.all(PerformAction) == []
    about = {"incident_id": IncidentId(case), "action_id": "a"}
    line.tell(e.ActionApproved(**about, operator=ANN))  # type: ignore[arg-type]
    assert line.all(PerformAction) == []
    bob = OperatorId("bob")
    line.tell(e.ActionApproved(**about, operator=bob))  # type: ignore[arg-type]
    line.tell(wish(case))
    assert len(line.all(PerformAction)) == 1
    line.tell(e.ActionAnswered(**about, tries=1, outcome="done"))  # type: ignore[arg-type]
    assert len(line.all(e.ActionDone)) == 1


def test_an_action_under_way_is_sent_again_under_its_key_after_a_restart() -> None:
    line = AlarmLine()
    line.alarm("holdup")
    [case] = line.open_cases
    line.tell(lost("ip"))
    line.tell(wish(case))
    [first] = line.all(PerformAction)
    state = json.loads(json.dumps(line.switchboard.to_state(), sort_keys=True))
    restored = Switchboard.from_state(state)
    assert restored.to_state() == line.switchboard.to_state()
    assert restored.next_deadline() == line.switchboard.next_deadline()
    outcomes = restored.handle(e.EngineStarted(version="x"), line.now + 1)
    assert [x for x in outcomes if isinstance(x, PerformAction)] == [first]
    assert restored._board.actions["a"].state is ActionState.PERFORMING
    restored.handle(back("ip"), line.now + 2)
    assert restored.alarms.cases[IncidentId(case)].unrestored == ("1",)
