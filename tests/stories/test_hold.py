"""The operator puts the caller on hold: a voice and music, never silence."""

import pytest

from callflows import commands as c
from callflows import events as e
from tests.stories.line import Line

HOLD = (("please_hold",), "hold_music")


@pytest.fixture
def line() -> Line:
    line = Line(is_cloned=True)
    line.ready("ann", "bob")
    line.calls()
    line.picks_up("ann")
    return line


def test_hold_and_resume_at_the_desk(line: Line) -> None:
    ann = line.leg_of("ann")
    line.presses(e.HoldPressed, "ann", "call-1")
    assert line.call("call-1").state == "held"
    assert line.hears("call-1") == HOLD
    quiet = line.phones[ann].hears
    assert (quiet.prompts, quiet.then) == ((), "silence")
    assert line.last(e.CallHeld) == e.CallHeld(
        incident_id=line.call("call-1").incident_id,
        call_id=line.call("call-1").call_id,
        operator=e.OperatorId("ann"),
    )
    line.fast_forward(600)
    assert line.hears("call-1") == HOLD

    line.presses(e.ResumePressed, "ann", "call-1")
    assert line.call("call-1").state == "talking"
    assert line.hears("call-1") == ann
    assert line.last(e.CallResumed).operator == "ann"


def test_hold_and_resume_at_his_own_phone(line: Line) -> None:
    ann = line.leg_of("ann")
    line.tell(e.LegHeld(leg_id=ann))
    assert line.hears("call-1") == HOLD
    line.tell(e.LegResumed(leg_id=ann))
    assert line.hears("call-1") == ann


def test_held_at_both_the_caller_hears_music_until_both_let_go(line: Line) -> None:
    ann = line.leg_of("ann")
    line.presses(e.HoldPressed, "ann", "call-1")
    assert line.tell(e.LegHeld(leg_id=ann)) == []
    assert line.presses(e.ResumePressed, "ann", "call-1") == []
    assert line.hears("call-1") == HOLD
    line.tell(e.LegResumed(leg_id=ann))
    assert line.hears("call-1") == ann
    assert len(line.all(e.CallHeld)) == len(line.all(e.CallResumed)) == 1


def test_held_at_the_phone_first(line: Line) -> None:
    ann = line.leg_of("ann")
    line.tell(e.LegHeld(leg_id=ann))
    assert line.presses(e.HoldPressed, "ann", "call-1") == []
    line.tell(e.LegResumed(leg_id=ann))
    assert line.call("call-1").state == "held"
    line.presses(e.ResumePressed, "ann", "call-1")
    assert line.call("call-1").state == "talking"


@pytest.mark.parametrize("who", ["bob", "nobody"])
def test_only_his_operator_holds_and_resumes(line: Line, who: str) -> None:
    assert [type(x) for x in line.presses(e.HoldPressed, who, "call-1")] == [e.Ignored]
    line.presses(e.HoldPressed, "ann", "call-1")
    assert [type(x) for x in line.presses(e.ResumePressed, who, "call-1")] == [e.Ignored]
    assert line.call("call-1").state == "held"


def test_pressing_twice_is_noted(line: Line) -> None:
    line.presses(e.HoldPressed, "ann", "call-1")
    assert line.presses(e.HoldPressed, "ann", "call-1") == [
        e.Ignored(event="HoldPressed", state="held")
    ]
    line.presses(e.ResumePressed, "ann", "call-1")
    assert line.presses(e.ResumePressed, "ann", "call-1") == [
        e.Ignored(event="ResumePressed", state="talking")
    ]


def test_a_phone_that_resumes_what_it_did_not_hold_is_noted(line: Line) -> None:
    ann = line.leg_of("ann")
    assert [type(x) for x in line.tell(e.LegResumed(leg_id=ann))] == [e.Ignored]
    line.presses(e.HoldPressed, "ann", "call-1")
    assert [type(x) for x in line.tell(e.LegResumed(leg_id=ann))] == [e.Ignored]
    line.tell(e.LegHeld(leg_id=ann))
    line.presses(e.ResumePressed, "ann", "call-1")
    assert [type(x) for x in line.presses(e.ResumePressed, "ann", "call-1")] == [e.Ignored]
    assert line.call("call-1").state == "held"


def test_the_caller_s_own_hold_is_only_noted(line: Line) -> None:
    caller = line.call("call-1").leg_id
    assert line.tell(e.LegHeld(leg_id=caller)) == []
    assert line.call("call-1").is_holding
    assert line.call("call-1").state == "talking"
    assert line.tell(e.LegResumed(leg_id=caller)) == []
    assert not line.call("call-1").is_holding


def test_what_a_leg_that_was_given_up_says_is_noted() -> None:
    line = Line(is_slow_to_end=True)
    line.ready("ann", "bob")
    line.calls()
    line.fast_forward(20)
    bob = line.leg_of("bob")
    line.picks_up("ann")
    for kind in (e.LegHeld, e.LegResumed, e.AudioLost, e.AudioBack):
        assert [type(x) for x in line.tell(kind(leg_id=bob))] == [e.Ignored]
    caller = line.call("call-1").leg_id
    assert [type(x) for x in line.tell(e.LegAnswered(leg_id=caller))] == [e.Ignored]
    assert line.call("call-1").state == "talking"


def test_the_caller_s_own_hold_while_he_waits() -> None:
    line = Line()
    call = line.calls()
    line.tell(e.LegHeld(leg_id=line.call(call).leg_id))
    assert line.call(call).is_holding
    line.tell(e.LegResumed(leg_id=line.call(call).leg_id))
    assert not line.call(call).is_holding


def test_the_caller_leaves_while_held(line: Line) -> None:
    line.presses(e.HoldPressed, "ann", "call-1")
    line.fast_forward(30)
    line.gives_up("call-1")
    assert line.last(e.CallEnded).ended_by == "caller"
    assert line.last(e.CallEnded).talk_time == 30.0
    assert line.state_of("ann") == "wrap_up"
    assert line.phones == {}


def test_the_operator_s_phone_hangs_up_while_holding(line: Line) -> None:
    line.presses(e.HoldPressed, "ann", "call-1")
    line.hangs_up("ann")
    assert line.last(e.CallEnded).ended_by == "operator"


def test_the_operator_hangs_up_at_the_desk_while_holding(line: Line) -> None:
    line.presses(e.HoldPressed, "ann", "call-1")
    line.presses(e.HangUpPressed, "ann", "call-1")
    assert line.last(e.CallEnded).ended_by == "operator"


def test_the_operator_s_phone_breaks_while_holding(line: Line) -> None:
    line.presses(e.HoldPressed, "ann", "call-1")
    line.hangs_up("ann", e.Cause.FAILED)
    assert line.ringing() == ["bob"]
    call = line.call("call-1")
    assert not call.is_held_at_desk
    line.picks_up("bob")
    assert line.call("call-1").state == "talking"


def test_a_phone_that_is_silent_while_it_holds_is_not_dead(line: Line) -> None:
    ann = line.leg_of("ann")
    line.tell(e.LegHeld(leg_id=ann))
    line.tell(e.AudioLost(leg_id=ann))
    line.fast_forward(300)
    assert line.call("call-1").state == "held"
    line.tell(e.LegResumed(leg_id=ann))
    line.fast_forward(19)
    assert line.call("call-1").state == "talking", "the silence counts from the resume"
    line.fast_forward(1)
    assert line.ringing() == ["bob"]


def test_after_a_restart_the_caller_still_hears_the_music(line: Line) -> None:
    line.presses(e.HoldPressed, "ann", "call-1")
    line.restart()
    assert line.hears("call-1") == HOLD
    plays = [x for x in line.all(c.Play) if x.leg_id == line.leg_of("ann")]
    assert plays[-1].prompts == ()
    line.presses(e.ResumePressed, "ann", "call-1")
    assert line.hears("call-1") == line.leg_of("ann")
