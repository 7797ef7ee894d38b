"""An operator's phone dies, his audio stops, two answer at once: nobody is lost."""

import pytest

from callflows import commands as c
from callflows import events as e
from callflows.events import Cause
from tests.stories.line import Line

CALM = (("all_busy_calm",), "repeat")


def talking(*others: str, **offer: object) -> Line:
    line = Line(is_cloned=True)
    line.ready("ann", *others)
    line.calls(**offer)
    line.fast_forward(2)
    line.picks_up("ann")
    line.fast_forward(10)
    return line


@pytest.mark.parametrize("cause", sorted(set(Cause) - {Cause.HUNG_UP}))
def test_a_leg_that_breaks_puts_the_caller_in_front_of_another_at_once(cause: Cause) -> None:
    line = talking("bob")
    outcomes = line.hangs_up("ann", cause)
    assert line.ringing() == ["bob"]
    assert any(isinstance(x, c.RingOperator) for x in outcomes), "within the same event"
    assert line.hears("call-1") == CALM
    assert line.last(e.CallRequeued).reason == f"the leg to the operator broke: {cause.value}"
    assert line.call("call-1").operator is None
    line.fast_forward(3)
    line.picks_up("bob")
    assert line.call("call-1").state == "talking"
    line.fast_forward(20)
    line.gives_up("call-1")
    assert line.last(e.CallEnded).talk_time == 30.0, "with both operators"


def test_the_search_for_another_begins_anew() -> None:
    line = Line(is_cloned=True)
    line.ready("ann", "bob", "cas")
    line.calls()
    line.fast_forward(10)
    line.picks_up("bob")
    line.fast_forward(60)
    line.hangs_up("bob", Cause.FAILED)
    line.station_down("bob")
    assert line.ringing() == ["cas"]
    assert "urgency 2, cut off before, first offer" in line.last(e.OperatorChosen).reason
    line.rejects("cas")
    assert line.ringing() == ["ann"]
    line.rejects("ann")
    assert "ann" not in line.ringing(), "what he missed before counts no more"


def test_the_reason_of_a_broken_leg_is_kept() -> None:
    line = talking("bob")
    line.tell(
        e.LegEnded(leg_id=line.leg_of("ann"), cause=Cause.FAILED, reason="session expired")
    )
    assert line.last(e.CallRequeued).reason.endswith("session expired")


def test_a_caller_who_was_cut_off_comes_before_everybody() -> None:
    line = Line(is_cloned=True)
    line.ready("ann")
    line.calls(urgency=4)
    line.picks_up("ann")
    line.calls(urgency=1)
    line.hangs_up("ann", Cause.FAILED)
    assert [x.call_id for x in line.switchboard.waiting()] == ["call-1", "call-2"]
    line.ready("bob")
    assert line.ringing("call-1") == ["bob"]
    assert "cut off before" in line.last(e.OperatorChosen).reason


def test_nobody_s_phone_is_taken_from_a_caller_who_was_cut_off() -> None:
    line = talking("bob", urgency=4)
    line.hangs_up("ann", Cause.FAILED)
    assert line.ringing("call-1") == ["bob"]
    line.station_down("ann")
    line.calls(urgency=1)
    assert line.ringing("call-1") == ["bob"]
    assert line.ringing("call-2") == []


def test_his_own_operator_is_rung_again_after_a_moment() -> None:
    line = talking()
    line.hangs_up("ann", Cause.FAILED)
    assert line.ringing() == []
    assert line.state_of("ann") == "ready"
    line.fast_forward(4.9)
    assert line.ringing() == []
    line.fast_forward(0.1)
    assert line.ringing() == ["ann"]


def test_his_own_operator_is_rung_at_once_when_his_phone_is_back() -> None:
    line = talking()
    line.hangs_up("ann", Cause.FAILED)
    line.station_up("ann")
    assert line.ringing() == ["ann"]


def test_a_caller_who_leaves_after_being_cut_off_was_not_abandoned_but_wronged() -> None:
    line = talking()
    line.hangs_up("ann", Cause.FAILED)
    line.fast_forward(3)
    line.gives_up("call-1")
    assert line.last(e.CallEnded).ended_by == "fault"
    assert line.last(e.CallEnded).talk_time == 10.0
    assert not line.all(e.CallAbandoned)


def test_no_audio_from_the_operator_for_twenty_seconds_gives_the_caller_to_another() -> None:
    line = talking("bob")
    line.tell(e.AudioLost(leg_id=line.leg_of("ann")))
    line.fast_forward(19.9)
    assert line.call("call-1").state == "talking"
    line.fast_forward(0.1)
    assert line.ringing() == ["bob"]
    assert line.last(e.CallRequeued).reason == "no audio from the operator's phone"
    assert line.state_of("ann") == "ready"


def test_audio_that_comes_back_in_time_changes_nothing() -> None:
    line = talking("bob")
    line.tell(e.AudioLost(leg_id=line.leg_of("ann")))
    line.fast_forward(15)
    line.tell(e.AudioBack(leg_id=line.leg_of("ann")))
    line.fast_forward(100)
    assert line.call("call-1").state == "talking"


@pytest.mark.parametrize("first", ["audio", "station"])
def test_no_audio_and_no_phone_is_a_dead_phone(first: str) -> None:
    line = talking("bob")
    leg_id = line.leg_of("ann")
    if first == "audio":
        line.tell(e.AudioLost(leg_id=leg_id))
        line.station_down("ann")
    else:
        line.station_down("ann")
        line.tell(e.AudioLost(leg_id=leg_id))
    assert line.last(e.CallRequeued).reason == "the operator's phone is gone"
    assert line.ringing() == ["bob"]
    assert line.state_of("ann") == "ready"
    line.fast_forward(60)
    assert "ann" not in line.ringing()


def test_a_registration_that_lapses_cuts_nobody_off_who_is_heard() -> None:
    line = talking("bob")
    line.station_down("ann")
    line.fast_forward(300)
    assert line.call("call-1").state == "talking"
    line.station_up("ann")
    line.tell(e.AudioLost(leg_id=line.leg_of("ann")))
    assert line.call("call-1").state == "talking", "the phone is back: an ordinary pause"


def test_a_phone_that_dies_while_it_holds_the_caller_is_noticed() -> None:
    line = talking("bob")
    line.tell(e.LegHeld(leg_id=line.leg_of("ann")))
    line.station_down("ann")
    line.fast_forward(19.9)
    assert line.call("call-1").state == "held"
    line.fast_forward(0.1)
    assert line.ringing() == ["bob"]
    assert line.hears("call-1") == CALM


def test_a_phone_that_comes_back_while_it_holds_the_caller_is_waited_for() -> None:
    line = talking("bob")
    line.tell(e.LegHeld(leg_id=line.leg_of("ann")))
    line.station_down("ann")
    line.fast_forward(10)
    line.station_up("ann")
    line.fast_forward(100)
    assert line.call("call-1").state == "held"


def test_cut_off_while_the_notice_would_still_be_read() -> None:
    line = Line(is_cloned=True)
    call = line.calls()
    line.fast_forward(2)
    line.ready("ann")
    line.picks_up("ann")
    line.fast_forward(2)
    line.hangs_up("ann", Cause.FAILED)
    assert line.hears(call) == CALM
    line.fast_forward(60)
    assert line.hears(call) == CALM


def test_a_bridge_that_cannot_be_made_gives_the_caller_to_another() -> None:
    line = talking("bob")
    line.tell(
        e.CommandFailed(command="Bridge", reason="no media", leg_id=line.call("call-1").leg_id)
    )
    assert line.last(e.CallRequeued).reason == "caller and operator were not joined: no media"
    assert line.ringing() == ["bob"]


def test_a_bridge_to_the_fallback_number_that_cannot_be_made() -> None:
    line = Line()
    call = line.calls()
    line.fast_forward(31)
    line.picks_up("+3225550199")
    line.tell(
        e.CommandFailed(command="Bridge", reason="no media", leg_id=line.call(call).leg_id)
    )
    assert line.call(call).state == "waiting"
    assert "fallback number were not joined" in line.last(e.CallRequeued).reason


def test_a_leg_command_that_fails_in_a_call_is_the_end_of_that_leg() -> None:
    line = talking("bob")
    leg_id = line.leg_of("ann")
    line.phones.pop(leg_id)
    line.tell(e.CommandFailed(command="RingOperator", reason="gone", leg_id=leg_id))
    assert line.ringing() == ["bob"]


# ---------------------------------------------------------------- two at once


def test_two_answer_at_once_the_first_wins() -> None:
    line = Line(is_cloned=True, is_slow_to_end=True)
    line.ready("ann", "bob")
    call = line.calls()
    line.fast_forward(20)
    ann, bob = line.leg_of("ann"), line.leg_of("bob")
    for leg_id in (bob, ann):
        line.phones[leg_id].is_up = True
    line.tell(e.LegAnswered(leg_id=bob))
    hang_up = line.last(c.HangUp)
    assert (hang_up.leg_id, hang_up.is_answered_elsewhere) == (ann, True)

    outcomes = line.tell(e.LegAnswered(leg_id=ann))

    assert [type(x) for x in outcomes] == [c.HangUp]
    assert line.last(c.HangUp).is_answered_elsewhere
    assert line.call(call).operator == "bob"
    line.settles()
    assert line.hears(call) == bob
    assert line.state_of("ann") == "ready"
    assert not [x for x in line.all(e.OperatorMissed) if x.operator == "bob"]


def test_who_answers_after_the_caller_left_is_hung_up() -> None:
    line = Line(is_slow_to_end=True)
    line.ready("ann")
    call = line.calls()
    leg_id = line.leg_of("ann")
    line.gives_up(call)
    outcomes = line.tell(e.LegAnswered(leg_id=leg_id))
    assert outcomes == [c.HangUp(incident_id=line.call(call).incident_id, leg_id=leg_id)], (
        "nobody answered it elsewhere"
    )
    line.settles()
    assert line.tell(e.LegEnded(leg_id=leg_id, cause=Cause.RELEASED)) == [
        e.Ignored(event="LegEnded", state="unknown leg")
    ]


def test_a_fallback_number_that_answers_too_late_is_hung_up() -> None:
    line = Line(is_slow_to_end=True)
    call = line.calls()
    line.fast_forward(31)
    line.ready("ann")
    fallback = line.leg_of("+3225550199")
    line.picks_up("ann")
    assert line.last(c.HangUp) == c.HangUp(
        incident_id=line.call(call).incident_id, leg_id=fallback, is_answered_elsewhere=True
    )
    outcomes = line.tell(e.LegAnswered(leg_id=fallback))
    assert [type(x) for x in outcomes] == [c.HangUp]
    assert line.call(call).state == "talking"


def test_the_end_of_a_leg_that_was_hung_up_is_expected() -> None:
    line = Line(is_slow_to_end=True)
    line.ready("ann")
    call = line.calls()
    line.picks_up("ann")
    leg_id = line.leg_of("ann")
    line.gives_up(call)
    assert line.tell(e.LegEnded(leg_id=leg_id, cause=Cause.RELEASED)) == []


def test_a_hang_up_that_cannot_be_carried_out_means_the_leg_is_gone() -> None:
    line = Line(is_slow_to_end=True)
    line.ready("ann")
    call = line.calls()
    leg_id = line.leg_of("ann")
    line.gives_up(call)
    line.phones.pop(leg_id)
    assert line.tell(e.CommandFailed(command="HangUp", reason="gone", leg_id=leg_id)) == []
    line.ready("ann")
    line.calls()
    assert line.ringing() == ["ann"], "his phone counts as free"
