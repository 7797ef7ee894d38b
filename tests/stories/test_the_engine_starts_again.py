"""`kill -9`: who lives goes on, who does not is told apart, and nobody is forgotten."""

import json

import pytest

from callflows import commands as c
from callflows import events as e
from callflows.switchboard import Switchboard
from tests.stories.line import FALLBACK, Line

CALM = (("all_busy_calm",), "repeat")


def legs_but(line: Line, *whose: str) -> list[e.LegId]:
    return [leg for leg, phone in line.phones.items() if phone.whose not in whose]


def talking() -> Line:
    line = Line()
    line.ready("ann", "bob")
    line.calls()
    line.picks_up("ann")
    line.fast_forward(30)
    return line


def test_a_call_that_survived_goes_on() -> None:
    line = talking()
    outcomes = line.restart()
    assert [type(x) for x in outcomes] == [c.AnswerCaller, c.Bridge], "repeated: no harm"
    line.fast_forward(30)
    line.gives_up("call-1")
    assert line.last(e.CallEnded).talk_time == 60.0


def test_a_caller_whose_operator_was_lost_is_offered_to_another_at_once() -> None:
    line = talking()
    line.restart(surviving=legs_but(line, "ann"))
    assert line.ringing() == ["bob"]
    assert line.hears("call-1") == CALM
    assert "did not survive" in line.last(e.CallRequeued).reason
    assert line.state_of("ann") == "ready"


def test_a_caller_who_was_lost_while_talking_ends_as_a_fault() -> None:
    line = talking()
    line.restart(surviving=legs_but(line, "call-1"))
    assert line.last(e.CallEnded).ended_by == "fault"
    assert line.phones == {}
    assert line.state_of("ann") == "wrap_up"


def test_a_caller_who_was_lost_while_waiting_was_abandoned() -> None:
    line = Line()
    line.ready("ann")
    line.calls()
    line.fast_forward(3)
    line.restart(surviving=[])
    assert line.last(e.CallAbandoned).waiting_time == 3.0
    assert line.state_of("ann") == "ready"
    line.calls()
    assert line.ringing() == ["ann"], "his phone is free"


def test_phones_that_rang_and_were_lost_ring_again_and_nobody_is_blamed() -> None:
    line = Line()
    line.ready("ann")
    line.calls()
    line.restart(surviving=legs_but(line, "ann"))
    assert line.ringing() == ["ann"]
    assert not line.all(e.OperatorMissed)


def test_phones_that_rang_and_survived_go_on_ringing() -> None:
    line = Line()
    line.ready("ann")
    line.calls()
    line.restart()
    assert line.ringing() == ["ann"]
    assert len(line.all(c.RingOperator)) == 1
    line.picks_up("ann")
    assert line.call("call-1").state == "talking"


def test_a_fallback_number_that_rang_and_was_lost_is_tried_again_later() -> None:
    line = Line()
    line.calls()
    line.fast_forward(31)
    line.restart(surviving=legs_but(line, FALLBACK))
    assert line.ringing() == []
    line.fast_forward(60)
    assert line.ringing() == [FALLBACK]


def test_a_fallback_number_that_was_talking_and_was_lost() -> None:
    line = Line()
    line.calls()
    line.fast_forward(31)
    line.picks_up(FALLBACK)
    line.ready("ann")
    line.restart(surviving=legs_but(line, FALLBACK))
    assert line.ringing() == ["ann"]
    assert line.hears("call-1") == CALM


def test_a_fallback_number_lost_in_its_own_stage_leads_to_hold() -> None:
    line = Line()
    line.ready("ann")
    line.calls()
    line.rejects("ann")
    assert line.ringing() == [FALLBACK]
    line.restart(surviving=legs_but(line, FALLBACK))
    assert line.call("call-1").stage == "hold"


@pytest.mark.parametrize("while_ringing", ["notice", "ringback"])
def test_a_caller_who_waits_hears_again_what_he_heard(while_ringing: str) -> None:
    line = Line()
    line.ready("ann")
    call = line.calls(while_ringing=while_ringing)
    heard = line.hears(call)
    line.phones[line.call(call).leg_id].hears = "nothing"
    line.restart()
    assert line.hears(call) == heard


def test_a_phone_that_was_told_to_stop_before_the_restart_is_free_after_it() -> None:
    line = Line(is_slow_to_end=True)
    line.ready("ann")
    line.calls(urgency=3)
    line.calls(urgency=1)
    assert line.ringing() == []
    line.restart(surviving=legs_but(line, "ann"))
    assert line.ringing("call-2") == ["ann"]


def test_a_leg_that_survived_its_own_end_is_still_hung_up_when_it_speaks() -> None:
    line = Line(is_slow_to_end=True)
    line.ready("ann")
    call = line.calls()
    leg_id = line.leg_of("ann")
    line.gives_up(call)
    line.restart()
    assert [type(x) for x in line.tell(e.LegAnswered(leg_id=leg_id))] == [c.HangUp]


def test_a_leg_that_was_hung_up_and_died_is_nobody_s() -> None:
    line = Line(is_slow_to_end=True)
    line.ready("ann")
    call = line.calls()
    leg_id = line.leg_of("ann")
    line.gives_up(call)
    line.restart(surviving=[])
    assert line.tell(e.LegAnswered(leg_id=leg_id)) == [
        e.Ignored(event="LegAnswered", state="unknown leg")
    ]


def test_who_loses_his_phone_to_a_more_urgent_caller_by_the_restart_waits() -> None:
    line = Line()
    line.ready("ann")
    line.calls(urgency=3, fallback_number=None)
    line.presses(e.AnswerPressed, "ann", "call-1")
    line.calls(urgency=1)
    line.restart(surviving=legs_but(line, "ann"))
    assert line.ringing() == ["ann"]
    assert line.call("call-2").state == "offered"
    assert line.call("call-1").state == "waiting"


def test_nothing_is_ordered_for_a_caller_who_was_lost() -> None:
    line = Line()
    line.tell(e.EngineDraining())
    line.calls(while_ringing="ringback")
    assert line.ringing() == [FALLBACK]
    outcomes = line.restart(surviving=[])
    assert [type(x) for x in outcomes] == [
        c.StopRecording,
        e.CallAbandoned,
        e.CallBackPlanned,
    ]


def test_an_engine_that_was_stopping_takes_calls_again() -> None:
    line = Line()
    line.ready("ann")
    line.tell(e.EngineDraining())
    line.restart()
    line.calls()
    assert line.ringing() == ["ann"]


def test_open_cases_survive_and_calls_that_ended_stay_ended() -> None:
    line = talking()
    line.gives_up("call-1")
    line.restart()
    assert line.switchboard.incidents[line.call("call-1").incident_id].is_open
    assert line.call("call-1").state == "ended"


def test_the_longest_waiting_is_served_first_after_the_restart() -> None:
    line = Line()
    line.ready("ann")
    for number in range(2):
        line.calls(call_id=f"c{1 - number}")
        line.fast_forward(1)
    line.restart(surviving=legs_but(line, "ann"))
    assert line.ringing("c1") == ["ann"]


def test_replaying_the_log_gives_the_same_board_as_the_snapshot() -> None:
    line = talking()
    line.calls()
    line.fast_forward(200)
    line.hangs_up("ann", e.Cause.FAILED)
    line.fast_forward(50)
    replayed = Switchboard()
    for now, what in line.said:
        if isinstance(what, e.Event):
            replayed.handle(what, now)
    assert json.dumps(replayed.to_state()) == json.dumps(line.switchboard.to_state())
    assert replayed.next_deadline() == line.switchboard.next_deadline()


def test_a_deadline_that_passed_while_nobody_ran_is_due_at_once() -> None:
    line = Line()
    line.ready("ann", "bob")
    line.calls()
    line.now += 3600
    line.switchboard = line._clone()
    line.fast_forward(0)
    assert line.ringing() == ["bob"]
