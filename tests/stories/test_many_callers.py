"""One queue for everybody: who is served first, by whom, and why."""

from typing import Any

import pytest

from callflows import commands as c
from callflows import events as e
from callflows.events import OperatorId
from tests.stories.line import FALLBACK, Line

CALM = (("all_busy_calm",), "repeat")


def order(line: Line) -> list[str]:
    return [call.call_id for call in line.switchboard.waiting()]


def test_with_nobody_free_the_caller_is_queued_at_once_and_the_reason_written() -> None:
    line = Line()
    line.ready("ann")
    line.signs_in("bob")
    line.calls()
    line.picks_up("ann")
    call = line.calls(while_ringing="ringback")
    assert line.hears(call) == CALM
    assert line.call(call).state == "waiting"
    assert line.last(e.CallQueued).reason == "no operator is free: 1 in a call, 1 on break"


def test_with_nobody_at_all_the_reason_says_so() -> None:
    line = Line()
    line.calls()
    assert line.last(e.CallQueued).reason == "no operator is free: nobody"


def test_the_fallback_number_rings_after_half_a_minute_in_the_queue() -> None:
    line = Line()
    line.calls()
    line.fast_forward(29.9)
    assert line.ringing() == []
    line.fast_forward(0.1)
    assert line.ringing() == [FALLBACK]


def test_an_operator_who_becomes_ready_is_rung_in_the_same_event() -> None:
    line = Line()
    line.signs_in("ann")
    call = line.calls()
    outcomes = line.ready("ann")
    assert any(isinstance(x, c.RingOperator) and x.call_id == call for x in outcomes)
    assert line.last(e.OperatorChosen).reason.endswith("urgency 2, free while the caller waits")


def test_a_phone_that_registers_again_is_rung_in_the_same_event() -> None:
    line = Line()
    line.ready("ann")
    line.station_down("ann")
    call = line.calls()
    assert line.ringing() == []
    outcomes = line.station_up("ann")
    assert any(isinstance(x, c.RingOperator) and x.call_id == call for x in outcomes)


def test_an_operator_who_becomes_ready_is_rung_beside_the_fallback_number() -> None:
    line = Line()
    line.signs_in("ann")
    call = line.calls()
    line.fast_forward(31)
    line.ready("ann")
    assert line.ringing() == [FALLBACK, "ann"]
    assert line.call(call).state == "offered"


def test_urgency_first_then_age_then_number() -> None:
    line = Line(is_cloned=True)
    line.calls(urgency=3, call_id="c")
    line.calls(urgency=2, call_id="b")
    line.calls(urgency=2, call_id="a")
    line.fast_forward(1)
    line.calls(urgency=1, call_id="late")
    line.calls(urgency=2, call_id="0-late")
    assert order(line) == ["late", "a", "b", "0-late", "c"]
    line.ready("ann")
    assert line.ringing("late") == ["ann"]


def test_waiting_raises_a_call_one_class_every_three_minutes() -> None:
    line = Line()
    line.calls(urgency=3, call_id="old")
    line.fast_forward(179.9)
    line.calls(urgency=2, call_id="new")
    assert order(line) == ["new", "old"]
    line.fast_forward(0.1)
    line.tell(e.TrunkStateChanged(trunk="a", is_up=True))
    assert order(line) == ["old", "new"]
    line.ready("ann")
    chosen = line.last(e.OperatorChosen)
    assert "urgency 3 served as 2 after 180 s" in chosen.reason
    assert line.call("old").urgency == 3, "the case itself is no more urgent"


def test_nobody_starves_behind_an_endless_stream_of_urgent_calls() -> None:
    line = Line()
    line.ready("ann")
    line.calls(urgency=1, call_id="first")
    line.picks_up("ann")
    line.calls(urgency=4, call_id="patient", fallback_number=None)
    for n in range(60):
        line.calls(urgency=1, call_id=f"u{n:02}")
        line.fast_forward(30)
        current = line.switchboard.operators[OperatorId("ann")].call_id
        assert current is not None
        if current == "patient":
            break
        line.gives_up(current)
        line.ready("ann")
        line.picks_up("ann")
    assert current == "patient"
    assert 540 <= line.call("patient").waiting_time(line.now) < 1200


def test_a_more_urgent_kind_moves_the_call_in_the_queue() -> None:
    line = Line()
    line.calls(urgency=3, call_id="a")
    line.calls(urgency=3, call_id="b")
    line.tell(
        e.UrgencySet(
            incident_id=line.call("b").incident_id,
            operator=OperatorId("ann"),
            urgency=1,
            reason="he whispers",
        )
    )
    assert order(line) == ["b", "a"]
    assert line.last(e.IncidentReprioritised) == e.IncidentReprioritised(
        incident_id=line.call("b").incident_id, urgency=1, previous=3, reason="he whispers"
    )


def test_an_operator_is_rung_for_one_call_at_a_time() -> None:
    line = Line()
    line.ready("ann", "bob")
    line.calls()
    line.calls()
    assert line.ringing("call-1") == ["ann"]
    assert line.ringing("call-2") == ["bob"]
    line.calls()
    assert line.call("call-3").state == "waiting"


def test_a_more_urgent_call_takes_the_phone_that_rings_for_a_less_urgent_one() -> None:
    line = Line()
    line.ready("ann")
    line.calls(urgency=3)
    line.calls(urgency=1)
    assert line.ringing("call-2") == ["ann"]
    assert line.ringing("call-1") == []
    assert (
        "Ann rang for call-1, urgency 3, with 0 other phones ringing, and is offered this call"
        in line.last(e.OperatorChosen).reason
    )
    assert not line.all(e.OperatorMissed), "being taken away is no miss"
    assert not line.last(c.HangUp).is_answered_elsewhere
    assert line.call("call-1").state == "waiting"
    assert line.last(e.CallQueued).reason == "no operator is free: 1 rung for another call"
    line.fast_forward(15)
    assert line.hears("call-1") == CALM


@pytest.mark.parametrize("urgency", [2, 3, 4])
def test_a_call_that_is_no_more_urgent_takes_nobody_away(urgency: int) -> None:
    line = Line()
    line.ready("ann")
    line.calls(urgency=2)
    line.calls(urgency=urgency)
    assert line.ringing("call-1") == ["ann"]
    assert line.ringing("call-2") == []


def test_the_call_that_lost_its_phone_gets_the_next_free_one() -> None:
    line = Line()
    line.ready("ann")
    line.calls(urgency=3)
    line.calls(urgency=1)
    line.ready("bob")
    assert line.ringing("call-1") == ["bob"]


def test_the_least_urgent_call_is_the_one_that_loses_its_phone() -> None:
    line = Line()
    line.ready("ann", "bob")
    line.calls(urgency=3)
    line.calls(urgency=4)
    line.calls(urgency=1)
    assert line.ringing("call-1") == ["ann"]
    assert line.ringing("call-3") == ["bob"]


def test_a_phone_that_someone_asked_for_himself_is_not_taken_away() -> None:
    line = Line()
    line.ready("ann")
    line.calls(urgency=3)
    line.presses(e.AnswerPressed, "ann", "call-1")
    line.calls(urgency=1)
    assert line.ringing("call-1") == ["ann"]


def test_a_call_for_which_several_ring_spares_one_for_a_caller_who_has_nobody() -> None:
    line = Line()
    line.ready("ann", "bob", "cas")
    line.calls(urgency=2)
    line.fast_forward(20)
    assert line.ringing("call-1") == ["ann", "bob", "cas"]
    line.calls(urgency=2)
    assert len(line.ringing("call-1")) == 2
    assert len(line.ringing("call-2")) == 1
    line.calls(urgency=3)
    assert line.ringing("call-3") == [], "it is less urgent"


def test_of_two_phones_that_ring_for_one_call_one_is_spared() -> None:
    line = Line()
    line.ready("ann", "bob")
    line.calls(urgency=2)
    line.fast_forward(20)
    assert line.ringing("call-1") == ["ann", "bob"]
    line.calls(urgency=2)
    assert line.ringing("call-1") == ["ann"], "she let it ring out ten seconds ago"
    assert line.ringing("call-2") == ["bob"], "he is idle longest: his phone has rung on"


def test_whoever_is_not_rung_does_not_hide_those_who_are() -> None:
    line = Line()
    line.ready("ann", "bob")
    line.on_break("ann")
    line.calls(urgency=3)
    assert line.ringing("call-1") == ["bob"]
    line.calls(urgency=1)
    assert line.ringing("call-2") == ["bob"]


def test_a_phone_that_was_told_to_stop_rings_for_the_next_call_once_it_is_free() -> None:
    line = Line(is_slow_to_end=True)
    line.ready("ann")
    line.calls(urgency=3)
    line.calls(urgency=1)
    assert line.ringing("call-2") == []
    assert line.call("call-2").state == "offered"
    line.settles()
    assert line.ringing("call-2") == ["ann"]


def test_a_phone_that_never_says_it_is_free_is_rung_after_two_seconds() -> None:
    line = Line(is_slow_to_end=True)
    line.ready("ann")
    line.calls(urgency=3)
    line.calls(urgency=1)
    line.fast_forward(1.9)
    assert line.ringing("call-2") == []
    line.fast_forward(0.1)
    assert line.ringing("call-2") == ["ann"]
    line.fast_forward(0.1)
    line.settles()
    assert line.ringing("call-2") == ["ann"]
    assert len([x for x in line.all(c.RingOperator) if x.call_id == "call-2"]) == 1


def test_a_phone_counts_as_free_two_seconds_after_it_was_told_to_stop() -> None:
    line = Line(is_slow_to_end=True)
    line.ready("ann")
    line.gives_up(line.calls())
    line.fast_forward(2)
    line.calls()
    assert line.ringing("call-2") == ["ann"]


def test_every_caller_gets_his_best_operator_before_anybody_gets_a_second() -> None:
    line = Line()
    for number in range(3):
        line.calls(urgency=2, call_id=f"c{number}")
    line.fast_forward(31)
    line.ready("ann", "bob", "cas")
    assert [len(line.ringing(f"c{n}")) - 1 for n in range(3)] == [1, 1, 1]
    line.ready("dan")
    assert [len(line.ringing(f"c{n}")) - 1 for n in range(3)] == [2, 1, 1]


# ---------------------------------------------------------------- who is chosen


def choose(line: Line, **offer: Any) -> str:
    line.calls(**offer)
    return line.last(e.OperatorChosen).operators[0]


def test_language_before_idle_time() -> None:
    line = Line()
    line.signs_in("ann", {"fr": 3})
    line.signs_in("bob", {"nl": 1})
    line.ready("ann")
    line.fast_forward(100)
    line.ready("bob")
    assert choose(line, languages=("nl", "fr")) == "bob"
    assert choose(line, languages=("nl", "fr")) == "ann", "a language keeps nobody waiting"


def test_the_second_language_counts_between_equals_in_the_first() -> None:
    line = Line()
    line.signs_in("ann", {"nl": 2})
    line.signs_in("bob", {"nl": 2, "fr": 1})
    line.ready("ann", "bob")
    assert choose(line, languages=("nl", "fr")) == "bob"


def test_the_longest_idle_then_the_first_by_name() -> None:
    line = Line()
    line.ready("bob")
    line.ready("ann")
    assert choose(line) == "ann", "equals: by id"
    line = Line()
    line.ready("bob")
    line.fast_forward(1)
    line.ready("ann")
    assert choose(line) == "bob"


def test_idle_time_begins_when_the_last_work_ended() -> None:
    line = Line()
    line.ready("ann")
    line.fast_forward(100)
    line.calls()
    line.picks_up("ann")
    line.gives_up("call-1")
    line.fast_forward(37)
    line.calls()
    assert line.last(e.OperatorChosen).considered[0]["idle"] == 7.0


def test_being_rung_in_vain_keeps_one_s_place_and_missing_does_not() -> None:
    line = Line()
    line.ready("ann")
    line.fast_forward(5)
    line.ready("bob")
    assert choose(line) == "ann"
    line.gives_up("call-1")
    assert choose(line) == "ann"
    line.fast_forward(1)
    line.rejects("ann")
    line.gives_up("call-2")
    assert choose(line) == "bob"


def test_the_decision_is_written_down_with_everybody_considered() -> None:
    line = Line()
    line.signs_in("ann", {"nl": 3}, ("standard", "high_security"))
    line.signs_in("bob", {"nl": 2}, ("standard",))
    line.signs_in("cas", {"nl": 1}, ("standard", "high_security"))
    line.ready("ann", "bob", "cas")
    line.on_break("cas")
    line.station_up("dan")
    line.fast_forward(41)
    line.calls(languages=("nl",), clearance="high_security", urgency=2)
    chosen = line.last(e.OperatorChosen)
    assert chosen.operators == ("ann",)
    assert chosen.reason == (
        "Ann: nl 3, high_security, idle 41 s; Bob excluded: clearance; Cas excluded: on break;"
        " dan excluded: signed out; urgency 2, first offer"
    )
    both, there = "standard high_security", {"has_station": True, "rests": False}
    there |= {"is_promised": False}
    assert [dict(x) for x in chosen.considered] == [
        {"operator": "ann", "state": "ready", "skill": 3, "idle": 41.0, "excluded": "",
         "clearances": both},
        {"operator": "bob", "excluded": "clearance", "state": "ready",
         "clearances": "standard"} | there,
        {"operator": "cas", "excluded": "on break", "state": "on_break",
         "clearances": both} | there,
        {"operator": "dan", "excluded": "signed out", "state": "signed_out",
         "clearances": ""} | there,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("busy", "because"),
    [("talking", "in a call"), ("wrap_up", "in wrap-up"), ("no phone", "no phone")],
)
def test_why_somebody_was_left_out(busy: str, because: str) -> None:
    line = Line()
    line.ready("ann")
    if busy == "no phone":
        line.station_down("ann")
    else:
        line.calls()
        line.picks_up("ann")
        if busy == "wrap_up":
            line.gives_up("call-1")
    line.ready("bob")
    line.calls()
    considered = line.last(e.OperatorChosen).considered[-1]
    assert (considered["operator"], considered["excluded"]) == ("ann", because)
    assert considered["has_station"] is (busy != "no phone")
    assert f"Ann excluded: {because}" in line.last(e.OperatorChosen).reason


# ---------------------------------------------------------------- clearance


def test_who_is_not_cleared_is_never_rung_not_even_as_the_last() -> None:
    line = Line(is_cloned=True)
    line.ready("ann", "bob")
    call = line.calls(clearance="high_security")
    assert line.ringing() == []
    assert line.last(e.CallQueued).reason == "no operator is free: 2 clearance"
    line.fast_forward(30)
    assert line.ringing() == [FALLBACK]
    line.fast_forward(1800)
    assert not line.all(c.RingOperator)
    assert line.call(call).seeks
    assert line.hears(call) == CALM


def test_who_is_cleared_for_high_security_takes_standard_calls_too() -> None:
    line = Line()
    line.signs_in("ann", clearances=("high_security",))
    line.ready("ann")
    line.calls()
    assert line.ringing() == ["ann"]


def test_who_is_not_cleared_cannot_take_the_call_at_his_desk() -> None:
    line = Line()
    line.ready("ann")
    call = line.calls(clearance="high_security")
    line.presses(e.AnswerPressed, "ann", call)
    assert line.last(e.AnswerRefused).reason == "clearance"
    assert line.ringing() == []


def test_a_clearance_that_is_withdrawn_stops_the_phone_that_rings() -> None:
    line = Line()
    line.signs_in("ann", clearances=("standard", "high_security"))
    line.ready("ann")
    line.calls(clearance="high_security")
    assert line.ringing() == ["ann"]
    line.signs_in("ann", clearances=("standard",))
    assert line.ringing() == [FALLBACK]
    assert line.state_of("ann") == "ready"


def test_a_clearance_that_is_given_lets_the_waiting_call_through() -> None:
    line = Line()
    line.ready("ann")
    line.calls(clearance="high_security")
    line.signs_in("ann", clearances=("high_security",))
    assert line.ringing() == ["ann"]


def test_two_who_become_free_at_once_are_given_to_two_callers() -> None:
    line = Line(is_cloned=True)
    line.ready("ann", "bob")
    for call in (line.calls(), line.calls()):
        line.picks_up(line.ringing(call)[0])
    line.calls(call_id="a")
    line.calls(call_id="b")
    line.gives_up("call-1")
    line.gives_up("call-2")
    line.fast_forward(29)
    assert line.ringing() == []
    line.now += 1
    line.tell(e.DeadlineReached())
    assert (line.ringing("a"), line.ringing("b")) == (["ann"], ["bob"])


def test_a_held_caller_who_becomes_more_urgent_takes_the_phone_of_another() -> None:
    line = Line(is_cloned=True)
    line.calls(urgency=3, call_id="held")
    line.calls(urgency=2, call_id="rung")
    line.ready("ann")
    assert line.ringing("rung") == ["ann"]
    line.tell(
        e.UrgencySet(
            incident_id=line.call("held").incident_id, operator=OperatorId("ann"), urgency=1
        )
    )
    assert line.ringing("held") == ["ann"]
    assert line.ringing("rung") == []
