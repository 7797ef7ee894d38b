"""A plan says who is available for six hours; a tree that runs on after that gets another."""

from dataclasses import replace

import pytest

from callflows import commands as c
from callflows import events as e
from client_directory.call_plan import HORIZON_TIME, PlannedLevel
from tests.stories.keyholders import CASE, TREE, Night, level, person, plan


def for_six_hours(night: Night, *levels: PlannedLevel, rounds: int = 1) -> e.CallTreeRequested:
    """What the directory says now: everybody's hours, six hours on and no further."""
    until = night.now + HORIZON_TIME
    known = []
    for one in levels:
        spans = ((night.now, until),)
        targets = tuple(replace(target, windows=spans) for target in one.targets)
        known.append(replace(one, targets=targets))
    wanted = replace(plan(*known, rounds=rounds), until=until)
    return e.CallTreeRequested(incident_id=CASE, tree_id=TREE, plan=wanted)


def waits_for_seven_hours(*levels: PlannedLevel) -> Night:
    """Ann rang out; then an operator let the tree wait for most of the night."""
    night = Night()
    night.ready("op")
    night.calls()
    night.picks_up("op")
    night.gives_up("call-1")
    night.on_break("op")
    night.tell(for_six_hours(night, *levels))
    night.press(e.PauseTreePressed)
    night.fast_forward(7 * 3600)
    assert night.called() == ["ann"]
    return night


def test_a_tree_that_goes_on_after_seven_hours_is_worked_out_anew() -> None:
    night = waits_for_seven_hours(level("ann", "ben"))
    night.press(e.ResumeTreePressed)
    order = night.last(c.PlanCallTree)
    assert (order.tree_id, order.call_tree, order.organisation, order.site) == (
        TREE,
        "intrusion",
        "acme",
        "hq",
    )
    assert night.state == "running", "it waits for the answer, and gives nobody up"
    night.tell(for_six_hours(night, level("ann", "ben")))
    assert night.rings() == ["ann"]
    assert night.last(e.CallTreeReplanned).until == night.now + HORIZON_TIME
    assert night.tree.promise_at > night.now
    night.fast_forward(30)
    assert night.rings() == ["ben"]
    assert len(night.all(c.PlanCallTree)) == 1


def test_without_an_answer_an_operator_has_the_case_within_seconds() -> None:
    night = waits_for_seven_hours(level("ann", "ben"))
    night.press(e.ResumeTreePressed)
    night.fast_forward(8)
    assert night.state == "exhausted"
    assert any("reached nobody" in why for why in night.wants_an_operator())


def test_a_tree_that_the_directory_does_not_hold_any_more_is_told_to_a_human() -> None:
    night = waits_for_seven_hours(level("ann", "ben"))
    night.press(e.ResumeTreePressed)
    gone = "the directory has no such tree"
    night.tell(
        e.CallTreeUnplanned(incident_id=CASE, tree_id=TREE, call_tree="intrusion", reason=gone)
    )
    assert night.state == "exhausted"
    assert f"call tree intrusion cannot run: {gone}" in night.wants_an_operator()


def test_the_question_outlives_the_engine() -> None:
    night = waits_for_seven_hours(level("ann", "ben"))
    night.press(e.ResumeTreePressed)
    night.restart()
    assert len(night.all(c.PlanCallTree)) == 2
    night.tell(for_six_hours(night, level("ben")))
    night.tell(for_six_hours(night, level("ben")))  # the first answer was not lost
    assert night.called() == ["ann", "ben"]


def test_who_declined_before_is_not_called_by_the_new_plan() -> None:
    night = Night()
    night.begins(level("ann", "ben"))
    night.tree.plan = for_six_hours(night, level("ann", "ben")).plan
    night.answers("ann")
    night.keys("ann", "2")
    night.press(e.PauseTreePressed)
    night.fast_forward(7 * 3600)
    night.press(e.ResumeTreePressed)
    night.tell(for_six_hours(night, level("ann", "cas")))
    assert night.rings() == ["cas"]


@pytest.mark.parametrize("levels", [(), (level("cas"),)])
def test_whoever_is_on_the_line_when_the_plan_changes_is_asked_as_before(
    levels: tuple[PlannedLevel, ...],
) -> None:
    night = Night()
    night.begins(level("cas"), level("ann", accept="pin"))
    night.fast_forward(30)
    night.answers("ann")
    night.tree.plan = replace(night.tree.plan, until=night.now)
    night.fast_forward(44)
    night.keys("ann", "*")
    night.tell(for_six_hours(night, *levels))
    night.keys("ann", "1")
    assert night.told("ann") == ("keyholder_ask_pin",)
    night.gives_pin("ann", "good")
    assert night.tree.accepted == ["ann"]


def test_the_same_plan_told_again_changes_nothing() -> None:
    night = Night()
    night.begins(level("ann", person("ben")))
    night.tell(for_six_hours(night, level("cas")))
    assert night.rings() == ["ann"]
    assert not night.all(e.CallTreeReplanned)
